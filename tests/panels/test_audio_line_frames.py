from __future__ import annotations

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.panels.audio_line_frames import (
    Microphone,
    from_envelope,
    read_message,
    read_microphone,
    speech_frame,
    to_envelope,
)

NUMBERS = st.integers(0, 2**32 - 1)
SOUND = st.binary(max_size=50).map(lambda data: data[: len(data) // 2 * 2])


def test_speech_has_the_header_that_the_page_reads():
    assert speech_frame(3, 9, b"\x01\x00\xfe\xff") == bytes.fromhex("02000000 03000000 09000000 0100feff")


@given(NUMBERS, NUMBERS, SOUND)
def test_microphone_sound_is_read_as_the_page_packs_it(seq, lost, pcm):
    assert read_microphone(struct.pack("<III", 1, seq, lost) + pcm) == Microphone(seq, lost, pcm)


@pytest.mark.parametrize(
    ("frame", "problem"),
    [
        (b"", "12 and whole samples"),
        (struct.pack("<II", 1, 0), "12 and whole samples"),
        (struct.pack("<III", 1, 0, 0) + b"x", "12 and whole samples"),
        (struct.pack("<III", 2, 0, 0), "only 1, the microphone"),
    ],
)
def test_a_binary_frame_that_is_no_microphone_is_refused(frame, problem):
    with pytest.raises(ValueError, match=problem):
        read_microphone(frame)


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "hello", "client": "me", "got": 0},
        {"kind": "ping", "at": 12.5, "got": 3},
        {"kind": "played", "epoch": 1, "item": 2, "samples": 3, "heard": 2, "done": True},
        {"kind": "flushed", "epoch": 1, "item": None, "samples": 0},
        {"kind": "talk", "down": True},
        {"kind": "what_a_panel_invents", "with": [1, None]},
    ],
)
def test_a_message_is_read(message):
    assert read_message(json.dumps(message)) == message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        "null",
        '{"no": "kind"}',
        '{"kind": 3}',
        '{"kind": "hello", "got": 0}',
        '{"kind": "hello", "client": 3, "got": 0}',
        '{"kind": "hello", "client": "me", "got": -1}',
        '{"kind": "ping", "at": NaN, "got": 0}',
        '{"kind": "ping", "at": 1, "got": true}',
        '{"kind": "ping", "at": 1, "got": 1e400}',
        '{"kind": "played", "epoch": 1, "item": null, "samples": 3}',
        '{"kind": "played", "epoch": 1, "item": 1, "samples": 1.5}',
        '{"kind": "talk", "down": 1}',
        "[" * 100_000,
    ],
)
def test_a_message_that_lacks_something_is_refused(text):
    with pytest.raises(ValueError):
        read_message(text)


FRAMES = st.lists(st.binary(max_size=8) | st.builds(lambda n: json.dumps({"kind": "note", "n": n}), st.integers(0, 9)))


@given(NUMBERS, FRAMES, st.lists(st.integers(0, 9)))
def test_an_envelope_keeps_frames_their_order_and_what_is_urgent(first, frames, urgent):
    pings = [{"kind": "ping", "at": at, "got": 0} for at in urgent]

    message, buffers = to_envelope("page", first, frames, [json.dumps(ping) for ping in pings])

    assert message["to"] == "page"
    assert from_envelope(json.loads(json.dumps(message)), map(memoryview, buffers)) == (first, frames, pings)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"first": "1", "parts": [], "urgent": []},
        {"first": 1, "parts": {}, "urgent": []},
        {"first": 1, "parts": [0], "urgent": []},
        {"first": 1, "parts": [-1], "urgent": []},
        {"first": 1, "parts": [], "urgent": [{"kind": "ping"}]},
        {"first": 1, "parts": [], "urgent": "ping"},
    ],
)
def test_an_envelope_that_lacks_something_is_refused(message):
    with pytest.raises(ValueError):
        from_envelope(message, [])
