from __future__ import annotations

import typing

import pytest
from openai.types.realtime import RealtimeServerEvent
from pydantic import ValidationError

from intentional_nb.wire.realtime import server_frames as frames
from intentional_nb.wire.realtime.server_frames import Place, numbered
from intentional_nb.wire.realtime.server_items import Part, ServerItem
from intentional_nb.wire.realtime.server_settings import SessionSettings
from intentional_nb.wire.realtime.server_usage import transcription_usage, usage_frame
from tests.wire.realtime.serving import foreign_fields

SESSION = SessionSettings("local-realtime", session_id="sess_1", expires_at=1_700_000_000).frame
HEARD = ServerItem("item_1", "message", role="user", parts=[Part.heard(bytes(9600))])
SPOKEN = ServerItem("item_2", "message", "in_progress", "assistant", [Part("output_audio", text="Hi", transcript="Hi")])
WRITTEN = ServerItem("item_3", "message", "incomplete", "assistant", [Part("output_text", text="Hi")])
CALL = ServerItem("item_4", "function_call", name="book", call_id="call_1", arguments="{}")
OUTPUT = ServerItem("item_5", "function_call_output", call_id="call_1", output="done")
PLACE = Place("resp_1", "item_2", 1)
RESPONSE = {
    "object": "realtime.response",
    "id": "resp_1",
    "status": "failed",
    "status_details": {"type": "failed", "reason": None, "error": {"type": "t", "code": "c", "message": "m"}},
    "output": [item.frame() for item in (SPOKEN, WRITTEN, CALL)],
    "conversation_id": "conv_1",
    "output_modalities": ["audio"],
    "max_output_tokens": "inf",
    "audio": {"output": {"format": {"type": "audio/pcm", "rate": 24_000}, "voice": "marin"}},
    "usage": usage_frame("Be brief.", [HEARD, OUTPUT], [SPOKEN, CALL]),
    "metadata": {"for": "a test"},
}
ALL = [
    frames.session_created(SESSION),
    frames.session_updated(SESSION),
    frames.conversation_created("conv_1"),
    frames.error("no", code="c", param="p", event_id="e"),
    frames.error("no"),
    frames.speech_started("item_1", 120),
    frames.speech_stopped("item_1", 990),
    frames.input_committed("item_1", None),
    frames.input_cleared(),
    frames.timeout_triggered("item_1", 0, 5000),
    frames.dtmf_received("5", 1_700_000_000),
    *(
        make(item.frame(), None)
        for make in (frames.item_added, frames.item_done, frames.item_created)
        for item in (HEARD, CALL)
    ),
    *(frames.item_retrieved(item.frame(with_audio=True)) for item in (HEARD, SPOKEN, WRITTEN, CALL, OUTPUT)),
    frames.item_truncated("item_2", 0, 700),
    frames.item_deleted("item_2"),
    frames.transcription_delta("item_1", "Hel"),
    frames.transcription_completed("item_1", "Hello", transcription_usage(HEARD, "Hello")),
    frames.transcription_completed("item_1", "Hello", {"type": "duration", "seconds": 1.5}),
    frames.transcription_failed("item_1", "too quiet", code="c"),
    frames.transcription_segment("item_1", "seg_1", "Hello", "A", 0.1, 0.9),
    frames.response_created(RESPONSE | {"status": "in_progress", "status_details": None, "usage": None}),
    frames.response_done(RESPONSE),
    frames.rate_limits([{"name": "tokens", "limit": 9, "remaining": 3, "reset_seconds": 0.5}]),
    PLACE.output_item("added", SPOKEN.frame()),
    PLACE.output_item("done", CALL.frame()),
    PLACE.part("added", {"type": "audio", "transcript": ""}),
    PLACE.part("done", {"type": "text", "text": "Hi"}),
    PLACE.text_delta("H"),
    PLACE.text_done("Hi"),
    PLACE.audio_delta(b"\0\0"),
    PLACE.audio_done(),
    PLACE.transcript_delta("H"),
    PLACE.transcript_done("Hi"),
    PLACE.arguments_delta("call_1", "{"),
    PLACE.arguments_done("call_1", "book", "{}"),
    PLACE.mcp_arguments_delta("{"),
    PLACE.mcp_arguments_done("{}"),
    *(frames.output_buffer(state, "resp_1") for state in ("started", "stopped", "cleared")),
    *(frames.mcp_list_tools(state, "item_1") for state in ("in_progress", "completed", "failed")),
    *(frames.mcp_call(state, "item_1", 0) for state in ("in_progress", "completed", "failed")),
]


@pytest.mark.parametrize("frame", ALL, ids=lambda frame: frame["type"])
def test_every_frame_is_of_the_official_type_with_no_field_of_its_own(frame):
    assert foreign_fields(numbered(frame, "event_1")) == []


def test_there_is_a_frame_for_every_event_that_a_server_may_send():
    union = typing.get_args(typing.get_args(RealtimeServerEvent)[0])
    official = {typing.get_args(event.model_fields["type"].annotation)[0] for event in union}

    assert {frame["type"] for frame in ALL} == official
    assert len(official) == 46


def test_a_frame_carries_the_servers_id_beside_its_type():
    assert list(numbered(frames.input_cleared(), "event_7")) == ["type", "event_id"]


def test_the_check_of_these_tests_notices_wrong_types_and_foreign_fields():
    frame = numbered(frames.item_deleted("item_1"), "event_1")

    assert foreign_fields(frame | {"mood": "glad"}) == [".mood"]
    with pytest.raises(ValidationError):
        foreign_fields(frame | {"item_id": 3})
