import json
from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.wire.realtime import client_frames as say
from intentional_nb.wire.realtime.names import CLIENT_EVENTS
from tests.wire.realtime.talking import foreign_fields

ITEM = {"id": "i", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Grüße"}]}

FRAMES = [
    say.update_session("e", {"instructions": "Be kind.", "audio": {"input": {"turn_detection": None}}}),
    say.commit_audio("e"),
    say.clear_audio("e"),
    say.create_item("e", ITEM),
    say.create_item("e", ITEM, "root"),
    say.delete_item("e", "i"),
    say.retrieve_item("e", "i"),
    say.truncate_item("e", "i", 120),
    say.create_response("e", {}),
    say.create_response("e", {"conversation": "none", "output_modalities": ["text"], "metadata": {"a": "b"}}),
    say.withdraw_response("e", "r"),
    say.withdraw_response("e", ""),
]


@pytest.mark.parametrize("frame", FRAMES, ids=[frame["type"] for frame in FRAMES])
def test_a_frame_is_official(frame):
    sent = json.loads(say.encode(frame))

    assert foreign_fields(sent) == []
    assert sent["event_id"] == "e"


def test_everything_that_a_client_may_say_over_a_websocket_can_be_said():
    sent = {frame["type"] for frame in FRAMES} | {"input_audio_buffer.append"}

    assert CLIENT_EVENTS - sent == {"output_audio_buffer.clear"}


def test_a_session_always_says_its_type():
    assert say.update_session("e", {})["session"] == {"type": "realtime"}
    assert say.update_session("e", {"type": "transcription"})["session"] == {"type": "transcription"}


def test_a_response_without_an_id_is_cancelled_without_naming_it():
    assert "response_id" not in say.withdraw_response("e", "")


def test_a_response_without_parameters_has_none():
    assert "response" not in say.create_response("e", {})


@given(st.binary(min_size=1, max_size=300))
def test_audio_goes_out_as_it_is(audio):
    [frame] = say.append_frames(audio)

    sent = json.loads(frame)
    assert foreign_fields(sent) == []
    assert b64decode(sent["audio"], validate=True) == audio


def test_an_event_carries_no_more_audio_than_allowed():
    audio = bytes(range(256)) * 2 * (say.MAX_APPEND_BYTES // 512) + b"ab" * 400_000

    frames = [json.loads(frame) for frame in say.append_frames(audio)]

    assert [len(frame["audio"]) <= 15 * 1024 * 1024 for frame in frames] == [True, True]
    assert b"".join(b64decode(frame["audio"]) for frame in frames) == audio
    assert say.MAX_APPEND_BYTES % 2 == 0
