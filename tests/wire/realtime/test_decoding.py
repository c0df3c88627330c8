import contextlib
import json
from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.errors import RemoteProtocolError
from intentional_nb.wire.realtime.decoding import (
    ArgumentsFrame,
    AudioFrame,
    TextFrame,
    TranscriptFrame,
    decode,
    from_base64,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.binary(), st.sampled_from(["response.output_audio.delta", "response.audio.delta"]))
def test_audio_comes_out_as_the_bytes_that_went_in(pcm, name):
    frame = json.dumps({"event_id": "e", "delta": b64encode(pcm).decode(), "item_id": "i", "type": name})

    told = decode(frame.encode())

    assert isinstance(told, AudioFrame)
    assert (told.delta, told.item_id, told.response_id, told.content_index) == (pcm, "i", "", 0)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("response.output_text.delta", TextFrame),
        ("response.text.delta", TextFrame),
        ("response.output_audio_transcript.delta", TranscriptFrame),
        ("response.audio_transcript.delta", TranscriptFrame),
        ("response.function_call_arguments.delta", ArgumentsFrame),
    ],
)
def test_the_frequent_frames_are_typed_in_both_dialects(name, kind):
    told = decode(json.dumps({"type": name, "delta": "Hi", "item_id": "i", "response_id": "r", "output_index": 0}))

    assert isinstance(told, kind)
    assert (told.delta, told.item_id, told.response_id) == ("Hi", "i", "r")


@pytest.mark.parametrize("frame", [{"type": "response.done"}, {"type": "no.such.thing", "x": [1]}, {"type": ""}])
def test_every_other_frame_is_a_dict(frame):
    assert decode(json.dumps(frame)) == frame


@pytest.mark.parametrize("change", [{"delta": None}, {"delta": "AA=A"}, {"item_id": None}, {"content_index": "0"}])
def test_a_delta_that_does_not_fit_its_type_is_a_dict(change):
    frame = {"type": "response.output_audio.delta", "delta": "AAAA", "item_id": "i", **change}

    assert decode(json.dumps(frame)) == frame


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (b"", "cannot be read"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b'{"type": "a\xff"}', "cannot be read"),
        ("nonsense", "cannot be read"),
        ('{"type": "x"', "cannot be read"),
        ('{"type": "x", "n": NaN}', "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ('{"a":' * 100_000, "cannot be read"),
        ("[]", "no JSON object"),
        ("null", "no JSON object"),
        ('"session.created"', "no JSON object"),
        ("{}", "does not say its type"),
        ('{"type": 3}', "does not say its type"),
    ],
)
def test_what_is_no_object_with_a_type_breaks_the_protocol(frame, message):
    with pytest.raises(RemoteProtocolError, match=message) as raised:
        decode(frame)

    start = frame[:500]
    assert raised.value.frame == (start if isinstance(start, str) else start.decode("utf-8", "replace"))


@settings(deadline=None)
@given(st.binary() | st.text() | json_values.map(json.dumps))
def test_whatever_comes_is_understood_or_breaks_the_protocol(frame):
    with contextlib.suppress(RemoteProtocolError):
        told = decode(frame)
        assert not isinstance(told, dict) or isinstance(told["type"], str)


@settings(deadline=None)
@given(st.binary())
def test_base64_is_read_without_its_padding(data):
    assert from_base64(b64encode(data).decode().rstrip("=")) == data


@pytest.mark.parametrize("text", [None, 3, "A", "é", ["AAAA"]])
def test_what_is_no_base64_gives_nothing(text):
    assert from_base64(text) is None
