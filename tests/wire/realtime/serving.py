"""A server's half with ids that can be foretold, and short ways to talk to it."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

from openai.types.realtime import RealtimeServerEvent, RealtimeSessionCreateResponse
from pydantic import TypeAdapter

from intentional_nb.wire.realtime.server import ServerHalf
from tests.official import unknown_fields

TONE = b"\x10\x00" * 24
"""A millisecond of something that is not silence."""

OFFICIAL: TypeAdapter[Any] = TypeAdapter(RealtimeServerEvent)

# The session's events are typed as what a client may set; what a server adds is in the type of a session's creation.
ADDED = {".session.id", ".session.object", ".session.expires_at"}


def foreign_fields(frame: dict[str, Any]) -> list[str]:
    """The fields of a frame that the official types do not know; wrong types raise."""
    event = OFFICIAL.validate_python(frame, strict=True)
    assert event.type == frame["type"]
    if "session" not in frame:
        return unknown_fields(event)
    RealtimeSessionCreateResponse.model_validate(frame["session"], strict=True)
    return [name for name in unknown_fields(event) if name not in ADDED]


def make_half(**options: Any) -> ServerHalf:
    numbers = count(1)
    return ServerHalf(
        "local-realtime", expires_at=1_700_003_600, new_id=lambda kind: f"{kind}_{next(numbers)}", **options
    )


def ask(half: ServerHalf, kind: str, **fields: Any) -> list[dict[str, Any]]:
    """Send one event and return what the server says to it, checked."""
    requests(half, kind, **fields)
    return said(half)


def requests(half: ServerHalf, kind: str, **fields: Any) -> tuple[Any, ...]:
    return half.receive(json.dumps({"type": kind, **fields}))


def said(half: ServerHalf) -> list[dict[str, Any]]:
    frames = half.frames_to_send()
    assert [name for frame in frames for name in foreign_fields(frame)] == []
    return frames


def shapes(frames: list[dict[str, Any]]) -> list[str]:
    """The types in order, runs of one type as one with a star."""
    found: list[str] = []
    for frame in frames:
        kind = frame["type"]
        if found and found[-1].rstrip("*") == kind:
            found[-1] = f"{kind}*"
        else:
            found.append(kind)
    return found


def typed(text: str, **fields: Any) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}], **fields}


def error_of(frames: list[dict[str, Any]]) -> dict[str, Any]:
    assert [frame["type"] for frame in frames] == ["error"]
    return frames[0]["error"]
