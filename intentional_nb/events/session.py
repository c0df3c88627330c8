"""The line to the model: opened, lost, slowed down, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from intentional_nb.events.base import Event

__all__ = [
    "ErrorOccurred",
    "FrameUnrecognised",
    "ModelConnected",
    "ModelDisconnected",
    "Notice",
    "RateLimitsReported",
    "RetryScheduled",
    "SessionReconnecting",
    "UsageReported",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConnected(Event):
    """The model answered for the first time, or a session was opened.

    Attributes:
        session_id: The server's id of the session; empty for a turn-based client.
        is_again: Whether an earlier session was lost, and this one was told what had been said.
    """

    handler_name: ClassVar[str] = "on_model_connection"
    model: str
    base_url: str
    session_id: str = ""
    is_again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDisconnected(Event):
    """The client let go of the model, or a session ended for good.

    Attributes:
        reason: Why, in the server's words where it gave any.
        close_code: The WebSocket's close code (RFC 6455 §7.4); None for a turn-based client.
        is_unused: Whether nothing was said for so long that the session was closed; the next word opens another.
    """

    handler_name: ClassVar[str] = "on_model_disconnection"
    reason: str = ""
    close_code: int | None = None
    is_unused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionReconnecting(Event):
    """A session was lost and another will be opened; position and what was said are kept.

    Attributes:
        attempt: The number of the coming try, from 1.
        wait_s: Seconds until then.
        reason: Why the session was lost.
        close_code: The WebSocket's close code, or None where there was none.
    """

    handler_name: ClassVar[str] = "on_session_reconnecting"
    attempt: int
    wait_s: float
    reason: str
    close_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryScheduled(Event):
    """A request failed in a way that may pass, and will be sent again.

    Attributes:
        attempt: The number of the try that failed, from 1.
        wait_s: Seconds until the next try.
        status: HTTP status, or None when there was no answer.
    """

    handler_name: ClassVar[str] = "on_retry"
    turn: int
    attempt: int
    wait_s: float
    reason: str
    status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageReported(Event):
    """The server said how many tokens a request took; one event a request, where it says so.

    What the user says is written down by a model of its own, which is billed apart: that is one event for each item.

    Attributes:
        item_id: The conversation item of the user's speech that was written down; None for a request.
        audio_seconds: How much speech that was, where the server counts it instead of tokens.
        input_audio_tokens: Those of ``input_tokens`` that are audio.
        output_audio_tokens: Those of ``output_tokens`` that are audio.
        cached_audio_tokens: Those of ``cached_tokens`` that are audio.
    """

    handler_name: ClassVar[str] = "on_usage"
    turn: int
    model: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    input_audio_tokens: int = 0
    output_audio_tokens: int = 0
    cached_audio_tokens: int = 0
    item_id: str | None = None
    audio_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitsReported(Event):
    """What the server still allows in this session.

    Attributes:
        limits: As the server tells them: ``name``, ``limit``, ``remaining``, ``reset_seconds``.
    """

    handler_name: ClassVar[str] = "on_rate_limits"
    limits: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameUnrecognised(Event):
    """The server sent a frame of a kind that is not known here; it changes nothing.

    Attributes:
        frame_type: The ``type`` that it has.
        frame: All of it.
    """

    handler_name: ClassVar[str] = "on_unrecognised_frame"
    frame_type: str
    frame: Mapping[str, Any] = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Event):
    """A sentence that people should read, such as that the local model is used."""

    handler_name: ClassVar[str] = "on_notice"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorOccurred(Event):
    """Something failed; the conversation can go on.

    Attributes:
        error: The message, safe to show: no key in it.
        where: What was being done: ``model``, ``tool NAME``, ``handler NAME``, ``graph`` for a file that is followed.
        turn: The turn it belongs to, or None.
        exception: The exception itself, for programs.
    """

    handler_name: ClassVar[str] = "on_error"
    error: str
    where: str
    turn: int | None = None
    exception: BaseException | None = field(default=None, compare=False)
