"""What can go wrong in a spoken session, as actions of a voice script: errors, bad frames, broken connections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from intentional_nb.local.realtime.acting import Stage
from intentional_nb.local.realtime.actions import Played
from intentional_nb.local.reply import shortened
from intentional_nb.wire.realtime import server_frames as frames
from intentional_nb.wire.realtime.server_errors import already_active

__all__ = [
    "close",
    "collision",
    "drop",
    "error",
    "expire",
    "frame",
    "huge",
    "limits",
    "malformed",
    "refuse_key",
    "unknown_event",
]

EXPIRED = "Your session hit the maximum duration of 60 minutes."


def error(
    message: str, *, code: str | None = None, type: str = "invalid_request_error", param: str | None = None
) -> Played:
    """Send an ``error``, which names the event that made the step due where it has an id."""

    async def work(stage: Stage) -> None:
        told = frames.error(message, code=code, type=type, param=param, event_id=stage.event_id)
        stage.session.half.tell(told)
        stage.session.flush()

    return Played(f"error {shortened(message)!r}", work)


def collision(response_id: str = "resp_other") -> Played:
    """Refuse a response because another one, which the client has not seen, is under way."""
    mistake = already_active(response_id)
    return error(mistake.message, code=mistake.code)


def frame(content: Mapping[str, Any] | str | bytes) -> Played:
    """Send a frame as it is: an object, or the text of one."""

    async def work(stage: Stage) -> None:
        stage.session.flush()
        if isinstance(content, Mapping):
            sent = msgspec.json.encode(content)
        else:
            sent = content.encode() if isinstance(content, str) else content
        stage.session.outbox.put(sent)

    told = content.get("type") if isinstance(content, Mapping) else shortened(str(content), 30)
    return Played(f"frame {told!r}", work)


def malformed() -> Played:
    """Send a frame that is cut in the middle of its JSON."""
    return frame('{"type": "response.output_audio.delta", "event_id": "event_1", "del')


def unknown_event(type: str = "response.mood.changed", **fields: Any) -> Played:
    """Send an event that no protocol has."""
    return frame({"type": type, "event_id": "event_1", **fields})


def huge(mebibytes: int = 64) -> Played:
    """Send one very large frame: an item with so much audio, as text."""

    async def work(stage: Stage) -> None:
        part = {"type": "input_audio", "transcript": None, "audio": "A" * (mebibytes * 1024 * 1024)}
        item = {"id": "item_huge", "object": "realtime.item", "type": "message", "status": "completed"}
        told = frames.item_retrieved(item | {"role": "user", "content": [part]})
        await frame(frames.numbered(told, "event_1")).play(stage)

    return Played(f"a frame of {mebibytes} MiB", work)


def limits(*told: Mapping[str, Any]) -> Played:
    """Tell of rate limits: ``limits({"name": "tokens", "limit": 100, "remaining": 3, "reset_seconds": 0.5})``."""

    async def work(stage: Stage) -> None:
        stage.session.half.tell(frames.rate_limits([dict(one) for one in told]))
        stage.session.flush()

    return Played("rate limits", work)


def drop() -> Played:
    """Break the connection off, without a closing frame, after what was sent before: a client sees 1006."""

    async def work(stage: Stage) -> None:
        await stage.session.hang_up()

    return Played("drop the connection", work)


def close(code: int = 1000, reason: str = "") -> Played:
    """Close the connection."""

    async def work(stage: Stage) -> None:
        stage.session.close(code, reason)

    return Played(f"close with {code}", work)


def expire() -> Played:
    """Close the connection as OpenAI does after an hour."""
    return close(1001, EXPIRED)


def refuse_key() -> tuple[Played, Played]:
    """Refuse the key as OpenAI does: an error on the open connection, then close 3000; for a step on ``connect``."""
    code = "invalid_api_key"
    return error("Incorrect API key provided.", code=code), close(3000, f"invalid_request_error.{code}")
