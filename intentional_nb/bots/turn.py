"""A turn of the transcript as plain values: one message of the user and all that followed, and how it is printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from intentional_nb.events import (
    ConversationEnded,
    ErrorOccurred,
    Event,
    ModelConnected,
    ModelDisconnected,
    ReplyEnded,
    ReplyStatus,
    RetryScheduled,
    RouteDecision,
    SessionReconnecting,
    ToolCallStarted,
    ToolStatus,
)

__all__ = ["Entry", "ErrorEntry", "NoticeEntry", "RouteEntry", "TextEntry", "ToolEntry", "Turn", "entry_of", "lines"]


@dataclass(frozen=True, slots=True)
class TextEntry:
    """What the bot said in one request of the turn; of a spoken reply, one entry for each item.

    Attributes:
        text: The words; of speech, its transcript as far as it was made.
        part: Which request of the turn they came from.
        item_id: The conversation item of speech; empty for what was only written.
        heard_ms: How much of the speech was played, in milliseconds; None while that is not known.
        received_ms: How much of it the model had made by then.
        heard_text: Of interrupted speech, about what the user heard.
        is_interrupted: Whether the user interrupted before the speech was played to its end.
    """

    text: str
    part: int = 0
    item_id: str = ""
    heard_ms: int | None = None
    received_ms: int | None = None
    heard_text: str | None = None
    is_interrupted: bool = False

    @property
    def heard(self) -> str:
        """What reached the user: of interrupted speech its beginning, else all."""
        return (self.heard_text or "") if self.is_interrupted else self.text

    @property
    def unheard(self) -> str:
        """The words of interrupted speech that did not reach the user."""
        return self.text[len(self.heard) :].strip() if self.text.startswith(self.heard) else ""


@dataclass(frozen=True, slots=True)
class ToolEntry:
    """A tool call; ``output`` and ``duration_ms`` are there once it has ended.

    Attributes:
        part: The request whose reply made the call, as in `RequestStarted`; calls of the same request run side by side.
    """

    call_id: str
    name: str
    arguments: Mapping[str, Any]
    status: ToolStatus | Literal["running"] = "running"
    output: str = ""
    duration_ms: float = 0.0
    part: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class RouteEntry:
    """A route decision, made in the reply to request ``part`` of the turn."""

    decision: RouteDecision
    part: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ErrorEntry:
    """Something that failed during the turn."""

    error: str
    where: str


@dataclass(frozen=True, slots=True)
class NoticeEntry:
    """Something that people should know: a retry, why a reply was cut, the end of the conversation."""

    text: str


Entry = TextEntry | ToolEntry | RouteEntry | ErrorEntry | NoticeEntry
"""One thing in a turn."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the user and all that followed.

    Attributes:
        number: From 1, never used twice by one bot.
        user_text: What the user said; None when the bot spoke first, empty for speech of which nothing is known yet.
        stage_before: Where the conversation stood when the turn began.
        stage_after: Where it stands now.
        status: How the reply ended, ``running`` until then.
        entries: What happened, in order.
        started_at: When the turn began, in UTC.
        duration_ms: How long it took; 0 while it runs.
        item_id: The conversation item of the user's speech; None for what was typed.
        is_transcribed: Whether ``user_text`` is final; speech is transcribed while the turn runs, or after it.
        transcription_error: Why the speech could not be transcribed; empty when it could.
    """

    number: int
    user_text: str | None
    stage_before: str
    stage_after: str
    status: ReplyStatus | Literal["running"] = "running"
    entries: tuple[Entry, ...] = ()
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC), compare=False)
    duration_ms: float = field(default=0.0, compare=False)
    item_id: str | None = None
    is_transcribed: bool = True
    transcription_error: str = ""

    @property
    def text(self) -> str:
        """All that the bot said in the turn, parts joined by a blank line."""
        return "\n\n".join(entry.text for entry in self.entries if isinstance(entry, TextEntry) and entry.text)

    @property
    def heard(self) -> str:
        """What of it reached the user: less than `text` where the user interrupted the bot's speech."""
        return "\n\n".join(entry.heard for entry in self.entries if isinstance(entry, TextEntry) and entry.heard)

    @property
    def is_interrupted(self) -> bool:
        """Whether the user interrupted the bot's speech."""
        return any(isinstance(entry, TextEntry) and entry.is_interrupted for entry in self.entries)

    @property
    def route(self) -> tuple[RouteDecision, ...]:
        """The turn's route decisions, in order."""
        return tuple(entry.decision for entry in self.entries if isinstance(entry, RouteEntry))

    def __repr__(self) -> str:
        return f"Turn({self.number}, user={self.user_text!r}, bot={self.text!r}, stage={self.stage_after!r})"

    def __str__(self) -> str:
        return self.text


def lines(turn: Turn) -> Iterator[str]:
    """The turn as lines to print."""
    if turn.user_text is not None:
        yield f"User: {turn.user_text or _without_words(turn)}"
    for entry in turn.entries:
        match entry:
            case TextEntry():
                yield f"Bot: {_spoken(entry)}"
            case ToolEntry():
                yield f"  [tool] {entry.name}({dict(entry.arguments)}) -> {entry.status}: {entry.output}"
            case RouteEntry():
                decision = entry.decision
                yield f"  [{decision.kind}] {decision.source} -> {decision.target} ({decision.choice})"
            case ErrorEntry():
                yield f"  [error] {entry.error}"
            case NoticeEntry():
                yield f"  [note] {entry.text}"


def _without_words(turn: Turn) -> str:
    if turn.item_id is None:
        return ""
    if turn.transcription_error:
        return f"(not recognised: {turn.transcription_error})"
    return "(nothing was recognised)" if turn.is_transcribed else "…"


def _spoken(entry: TextEntry) -> str:
    if not entry.is_interrupted:
        return entry.text
    after = f"interrupted after {(entry.heard_ms or 0) / 1000:.1f} s"
    mark = f"({after}; not heard: {entry.unheard})" if entry.unheard else f"({after})"
    return f"{entry.heard} — {mark}" if entry.heard else f"— {mark}"


def entry_of(event: Event) -> Entry | None:
    """What an event adds to the running turn; None for what adds nothing, or grows what is there."""
    match event:
        case ToolCallStarted():
            return ToolEntry(event.call_id, event.name, event.arguments)
        case RouteDecision():
            return RouteEntry(event)
        case ErrorOccurred():
            return ErrorEntry(event.error, event.where)
    text = _notice(event)
    return NoticeEntry(text) if text else None


def _notice(event: Event) -> str:
    match event:
        case RetryScheduled():
            return f"trying again in {event.wait_s:.1f} s: {event.reason}"
        case ReplyEnded() if event.status not in ("completed", "failed"):
            return f"{event.status}: {event.reason}" if event.reason else event.status
        case ConversationEnded():
            return "the conversation has ended; the next message begins a new one"
        case SessionReconnecting():
            return f"the session was lost ({event.reason}); opening another in {event.wait_s:.1f} s"
        case ModelConnected() if event.is_again:
            return "another session was opened; it was told what had been said"
        case ModelDisconnected():
            return f"the session has ended: {event.reason}" if event.reason else "the session has ended"
    return ""
