import json
from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.wire.calls import ToolCall
from intentional_nb.wire.realtime import happenings as happen
from intentional_nb.wire.realtime.client import ClientHalf
from intentional_nb.wire.realtime.happenings import RealtimeUsage, ResponseEnded
from intentional_nb.wire.realtime.names import BETA_NAMES, SERVER_EVENTS
from intentional_nb.wire.realtime.reading import READERS, ItemCreated, OutputAdded, OutputDone, PartAdded
from tests.wire.realtime.talking import call_item
from tests.wire.realtime.test_decoding import json_values

MESSAGE = {"id": "i", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}
WHERE = {"response_id": "r", "item_id": "i", "output_index": 0, "content_index": 0}
CALL = ToolCall("c", "look", '{"at": 1}')
TRANSCRIPTION = "conversation.item.input_audio_transcription"

MEANINGS = [
    (
        {"type": "session.created", "session": {"id": "s", "expires_at": 9}},
        happen.SessionCreated({"id": "s", "expires_at": 9}, "s", 9),
    ),
    ({"type": "session.updated", "session": {"tools": []}}, happen.SessionUpdated({"tools": []})),
    (
        {"type": "input_audio_buffer.speech_started", "item_id": "i", "audio_start_ms": 20},
        happen.SpeechBegan("i", 20),
    ),
    (
        {"type": "input_audio_buffer.speech_stopped", "item_id": "i", "audio_end_ms": 90},
        happen.SpeechStopped("i", 90),
    ),
    (
        {"type": "input_audio_buffer.committed", "item_id": "i", "previous_item_id": "h"},
        happen.AudioCommitted("i", "h"),
    ),
    ({"type": "input_audio_buffer.committed", "item_id": "i"}, happen.AudioCommitted("i", None)),
    ({"type": "input_audio_buffer.cleared"}, happen.AudioCleared()),
    (
        {"type": "input_audio_buffer.timeout_triggered", "item_id": "i", "audio_start_ms": 1, "audio_end_ms": 2},
        happen.IdleTimedOut("i", 1, 2),
    ),
    (
        {"type": "conversation.item.added", "item": MESSAGE, "previous_item_id": "h"},
        happen.ItemAdded(MESSAGE, "i", "h"),
    ),
    ({"type": "conversation.item.created", "item": MESSAGE}, ItemCreated(MESSAGE, "i", None)),
    ({"type": "conversation.item.done", "item": MESSAGE}, happen.ItemDone(MESSAGE, "i")),
    ({"type": "conversation.item.retrieved", "item": MESSAGE}, happen.ItemRetrieved(MESSAGE, "i")),
    ({"type": "conversation.item.deleted", "item_id": "i"}, happen.ItemDeleted("i")),
    (
        {"type": "conversation.item.truncated", "item_id": "i", "content_index": 1, "audio_end_ms": 70},
        happen.ItemTruncated("i", 1, 70),
    ),
    ({"type": f"{TRANSCRIPTION}.delta", "item_id": "i", "delta": "He"}, happen.UserTranscriptDelta("i", "He")),
    (
        {"type": f"{TRANSCRIPTION}.completed", "item_id": "i", "transcript": "Hey", "usage": {"seconds": 1}},
        happen.UserTranscript("i", "Hey", {"seconds": 1}),
    ),
    (
        {"type": f"{TRANSCRIPTION}.failed", "item_id": "i", "error": {"message": "too quiet"}},
        happen.UserTranscriptFailed("i", "too quiet"),
    ),
    (
        {"type": f"{TRANSCRIPTION}.failed", "item_id": "i", "error": {"code": "audio_unintelligible"}},
        happen.UserTranscriptFailed("i", "audio_unintelligible"),
    ),
    (
        {"type": "response.created", "response": {"id": "r", "conversation_id": "c", "metadata": {"a": "b"}}},
        happen.ResponseBegan("r", False, {"a": "b"}),
    ),
    ({"type": "response.created", "response": {"id": "r", "conversation_id": None}}, happen.ResponseBegan("r", True)),
    ({"type": "response.output_text.delta", **WHERE, "delta": "He"}, happen.TextDelta("r", "i", "He")),
    ({"type": "response.output_text.done", **WHERE, "text": "Hey"}, happen.TextDone("r", "i", "Hey")),
    (
        {"type": "response.output_audio.delta", **WHERE, "delta": b64encode(b"ab").decode()},
        happen.AudioDelta("r", "i", b"ab"),
    ),
    ({"type": "response.output_audio.done", **WHERE}, happen.AudioDone("r", "i")),
    (
        {"type": "response.output_audio_transcript.delta", **WHERE, "delta": "He"},
        happen.TranscriptDelta("r", "i", "He"),
    ),
    (
        {"type": "response.output_audio_transcript.done", **WHERE, "transcript": "Hey"},
        happen.TranscriptDone("r", "i", "Hey"),
    ),
    (
        {"type": "response.function_call_arguments.delta", **WHERE, "call_id": "c", "delta": "{"},
        happen.ArgumentsDelta("r", "c", "{", "i"),
    ),
    (
        {"type": "response.output_item.added", **WHERE, "item": MESSAGE},
        OutputAdded("r", MESSAGE, "i"),
    ),
    (
        {"type": "response.output_item.done", **WHERE, "item": MESSAGE},
        OutputDone("r", MESSAGE, "i", None),
    ),
    (
        {"type": "response.output_item.done", **WHERE, "item": call_item("i", "c")},
        OutputDone("r", call_item("i", "c"), "i", happen.CallCompleted("r", CALL, "i")),
    ),
    (
        {"type": "response.output_item.done", **WHERE, "item": call_item("i", "c", "incomplete")},
        OutputDone("r", call_item("i", "c", "incomplete"), "i", None),
    ),
    (
        {"type": "response.content_part.added", **WHERE, "content_index": 2, "part": {"type": "audio"}},
        PartAdded("i", 2, True),
    ),
    (
        {"type": "response.content_part.added", **WHERE, "part": {"type": "output_text"}},
        PartAdded("i", 0, False),
    ),
    (
        {"type": "rate_limits.updated", "rate_limits": [{"name": "tokens", "remaining": 3}, "?"]},
        happen.RateLimits(({"name": "tokens", "remaining": 3},)),
    ),
    ({"type": "rate_limits.updated"}, happen.RateLimits(())),
]


@pytest.mark.parametrize(("frame", "meaning"), MEANINGS, ids=[frame["type"] for frame, _ in MEANINGS])
def test_a_frame_means(frame, meaning):
    assert READERS[frame["type"]](frame) == meaning


def test_every_frame_that_is_read_is_in_the_table_above_or_below():
    read = {name for name, reader in READERS.items() if reader is not None}

    assert read - {frame["type"] for frame, _ in MEANINGS} == {"response.done", "error"}


def ended(**response):
    return READERS["response.done"]({"type": "response.done", "response": {"id": "r", **response}})


def test_a_completed_response_has_its_calls_and_its_usage():
    usage = {
        "input_tokens": 30,
        "output_tokens": 20,
        "input_token_details": {
            "audio_tokens": 12,
            "cached_tokens": 8,
            "cached_tokens_details": {"audio_tokens": 5},
        },
        "output_token_details": {"audio_tokens": 15},
    }
    output = [MESSAGE, call_item("i2", "c"), call_item("i3", "d", "incomplete"), None]

    told = ended(status="completed", conversation_id="x", output=output, usage=usage, metadata={"a": "b"})

    assert told == ResponseEnded(
        response_id="r",
        status="completed",
        calls=(CALL,),
        call_item_ids={"c": "i2"},
        usage=RealtimeUsage(30, 20, 8, 12, 15, 5),
        metadata={"a": "b"},
    )


@pytest.mark.parametrize(
    ("status", "details", "meaning"),
    [
        ("cancelled", {"type": "cancelled", "reason": "turn_detected"}, ("cancelled", "turn_detected", "", "", False)),
        ("canceled", {}, ("cancelled", "", "", "", False)),
        ("incomplete", {"reason": "max_output_tokens"}, ("incomplete", "max_output_tokens", "", "", False)),
        (
            "failed",
            {"error": {"type": "server_error", "code": "inference_rate_limit_exceeded", "message": "busy"}},
            ("failed", "", "inference_rate_limit_exceeded", "busy", False),
        ),
        ("failed", {"error": {"type": "insufficient_quota"}}, ("failed", "", "insufficient_quota", "", True)),
        ("failed", None, ("failed", "", "", "", False)),
        ("exploded", {}, ("failed", "", "", "", False)),
        (None, None, ("completed", "", "", "", False)),
    ],
)
def test_the_status_of_a_response_comes_with_its_reason(status, details, meaning):
    told = ended(status=status, status_details=details)

    assert (told.status, told.reason, told.error_code, told.error_message, told.is_fatal) == meaning


@pytest.mark.parametrize(
    ("frame", "meaning"),
    [
        (
            {"error": {"type": "t", "code": "c", "message": "m", "param": "p", "event_id": "e"}, "event_id": "srv"},
            ("m", "t", "c", "p", "e"),
        ),
        ({"error": {"message": "m", "code": None}, "event_id": "e"}, ("m", "", "", "", "e")),
        ({"error": {"code": "c"}}, ("c", "", "c", "", "")),
        ({"error": "plain words"}, ("plain words", "", "", "", "")),
        ({"message": "flat", "code": 401}, ("flat", "", "401", "", "")),
        ({}, ("the server gave no explanation", "", "", "", "")),
    ],
)
def test_an_error_is_found_wherever_a_server_puts_it(frame, meaning):
    told = READERS["error"]({"type": "error", **frame})

    assert (told.message, told.kind, told.code, told.param, told.event_id) == meaning


def test_ids_are_found_in_other_places():
    assert READERS["conversation.item.deleted"]({"item": {"id": "i"}}).item_id == "i"
    assert READERS["response.output_audio.done"]({"response": {"id": "r"}, "item_id": "i"}).response_id == "r"
    assert READERS["conversation.item.added"]({"item": {}, "item_id": "i"}).item_id == "i"


def test_a_call_without_an_id_has_that_of_its_item():
    item = {**call_item("i", "c"), "call_id": None}

    assert READERS["response.output_item.done"]({"item": item}).call.call.call_id == "i"


@pytest.mark.parametrize(("told", "meaning"), [(1.6, 2), (10**400, 0), (-(10**400), 0), ("5", 0), (None, 0)])
def test_a_number_that_cannot_be_meant_is_none(told, meaning):
    frame = {"type": "input_audio_buffer.speech_stopped", "item_id": "i", "audio_end_ms": told}

    assert READERS[frame["type"]](frame).audio_end_ms == meaning


def test_audio_that_cannot_be_read_means_nothing():
    assert READERS["response.output_audio.delta"]({**WHERE, "delta": "%"}) is None


fields = st.sampled_from(
    [
        *("item", "item_id", "response", "response_id", "delta", "error", "session", "previous_item_id", "event_id"),
        *("rate_limits", "content_index", "audio_end_ms", "audio_start_ms", "part", "call_id", "transcript", "text"),
    ]
)
objects = st.dictionaries(
    st.sampled_from(["id", "type", "role", "status", "content", "output", "usage", "metadata", "call_id", "error"]),
    json_values,
)
names = st.sampled_from(sorted(SERVER_EVENTS | BETA_NAMES.keys()))


@settings(deadline=None)
@given(names, st.dictionaries(fields, json_values | objects))
def test_no_frame_of_a_known_type_is_too_broken_to_be_taken(name, broken):
    client = ClientHalf("")

    for happening in client.receive(json.dumps({**broken, "type": name})):
        assert isinstance(happening, happen.Happening)
