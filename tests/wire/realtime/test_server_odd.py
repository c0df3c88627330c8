"""Clients that send odd things in odd orders: each event is obeyed or refused, and every answer is the protocol's."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.wire.realtime.server import ServerHalf
from intentional_nb.wire.realtime.server_requests import Request, ResponseAsked
from tests.wire.realtime.serving import make_half, said, typed

SOUND = b64encode(bytes(9600)).decode()
DETECTION = {"type": "server_vad", "threshold": 0.5, "idle_timeout_ms": 6000, "create_response": True}
SESSION = {
    "type": "realtime",
    "model": "local-realtime",
    "instructions": "Be brief.",
    "output_modalities": ["audio"],
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24_000},
            "transcription": {"model": "whisper-1", "language": "en"},
            "noise_reduction": {"type": "near_field"},
            "turn_detection": DETECTION,
        },
        "output": {"voice": "marin", "speed": 1.0},
    },
    "tools": [{"type": "function", "name": "book", "parameters": {}}],
    "tool_choice": {"type": "function", "name": "book"},
    "max_output_tokens": "inf",
    "truncation": {"type": "retention_ratio", "retention_ratio": 0.5, "token_limits": {"post_instructions": 3}},
    "tracing": {"workflow_name": "a"},
    "prompt": {"id": "p", "variables": {"day": "Friday"}},
    "reasoning": {"effort": "low"},
}
MESSAGE = typed("hello", id="i1", status="completed")
SPOKEN = {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": "AAAA", "transcript": "t"}]}
RESPONSE = {
    "conversation": "none",
    "input": [{"type": "item_reference", "id": "i1"}, typed("hello")],
    "metadata": {"for": "a test"},
    "output_modalities": ["text"],
    "audio": {"output": {"voice": {"id": "v"}, "format": {"type": "audio/pcm"}}},
}
EVENTS: list[dict[str, Any]] = [
    {"type": "session.update", "session": SESSION},
    {"type": "input_audio_buffer.append", "audio": SOUND},
    {"type": "input_audio_buffer.commit"},
    {"type": "input_audio_buffer.clear"},
    {"type": "output_audio_buffer.clear"},
    {"type": "conversation.item.create", "item": MESSAGE, "previous_item_id": "root"},
    {"type": "conversation.item.create", "item": SPOKEN},
    {
        "type": "conversation.item.create",
        "item": {"type": "function_call", "name": "a", "arguments": "", "call_id": "c"},
    },
    {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c", "output": ""}},
    {"type": "conversation.item.delete", "item_id": "i1"},
    {"type": "conversation.item.retrieve", "item_id": "i1"},
    {"type": "conversation.item.truncate", "item_id": "item_9", "content_index": 0, "audio_end_ms": 30},
    {"type": "response.create", "event_id": "mine", "response": RESPONSE},
    {"type": "response.create"},
    {"type": "response.cancel"},
]
ODD = [None, True, -1, 0, 2**70, 1e300, 1.5, "", "root", "i1", "é" * 600, [], {}, [None], {"": None}, {"type": "a"}]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something can be put into an event."""
    yield path
    if isinstance(value, Mapping | list):
        for key in value if isinstance(value, Mapping) else range(len(value)):
            yield from places(value[key], (*path, key))


def replaced(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    if not path:
        return odd
    copy = dict(value) if isinstance(value, Mapping) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], odd)
    return copy


@st.composite
def odd_events(draw: st.DrawFn) -> Any:
    event = draw(st.sampled_from(EVENTS))
    return replaced(event, draw(st.sampled_from(list(places(event)))), draw(st.sampled_from(ODD)))


def answer(half: ServerHalf, request: Request, share: int) -> None:
    """Respond to what asks for it, as far as that."""
    if not isinstance(request, ResponseAsked):
        return
    response = half.begin(request)
    if share > 0:
        response.open_message()
        response.speak(bytes(4800), "Hi ") if response.settings.has_audio else response.write("Hi ")
    if share > 1:
        response.call("book", "{}")
    if share > 2:
        response.finish()


def hear(half: ServerHalf) -> None:
    """Let the user begin to speak, or fall silent."""
    if not half.is_speaking:
        half.speech_started(half.buffer.clock_ms)
        return
    item, asked = half.speech_stopped(half.buffer.clock_ms)
    half.understood(item, "hello")
    half.transcribe(item, "hello", ("hello",))
    if asked is not None:
        half.begin(asked)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(EVENTS) | odd_events(), st.integers(0, 3), st.booleans()), max_size=25))
def test_no_run_of_events_is_too_odd_and_every_answer_is_the_protocols(run):
    half = make_half()
    half.open()
    for event, share, hears in run:
        for request in half.receive(json.dumps(event)):
            answer(half, request, share)
        if hears:
            hear(half)
        assert all(frame["event_id"] for frame in said(half))  # each of them checked against the official types
