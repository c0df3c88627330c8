"""What was said and done, turn by turn, as plain values made from events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from intentional_nb.events import (
    ConversationEnded,
    ConversationReset,
    ConversationRewound,
    ErrorOccurred,
    Event,
    ReplyEnded,
    ReplyStatus,
    ReplyText,
    RetryScheduled,
    RouteDecision,
    ToolCallEnded,
    ToolCallStarted,
    ToolStatus,
    TurnEnded,
    TurnStarted,
)

__all__ = ["Entry", "ErrorEntry", "NoticeEntry", "RouteEntry", "TextEntry", "ToolEntry", "Transcript", "Turn"]


@dataclass(frozen=True, slots=True)
class TextEntry:
    """What the bot said in one request of the turn."""

    text: str
    part: int = 0


@dataclass(frozen=True, slots=True)
class ToolEntry:
    """A tool call; ``output`` and ``duration_ms`` are there once it has ended."""

    call_id: str
    name: str
    arguments: Mapping[str, Any]
    status: ToolStatus | Literal["running"] = "running"
    output: str = ""
    duration_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class RouteEntry:
    """A route decision."""

    decision: RouteDecision


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
        user_text: What the user said; None when the bot spoke first.
        stage_before: Where the conversation stood when the turn began.
        stage_after: Where it stands now.
        status: How the reply ended, ``running`` until then.
        entries: What happened, in order.
        started_at: When the turn began, in UTC.
        duration_ms: How long it took; 0 while it runs.
    """

    number: int
    user_text: str | None
    stage_before: str
    stage_after: str
    status: ReplyStatus | Literal["running"] = "running"
    entries: tuple[Entry, ...] = ()
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC), compare=False)
    duration_ms: float = field(default=0.0, compare=False)

    @property
    def text(self) -> str:
        """All that the bot said in the turn, parts joined by a blank line."""
        return "\n\n".join(entry.text for entry in self.entries if isinstance(entry, TextEntry))

    @property
    def route(self) -> tuple[RouteDecision, ...]:
        """The turn's route decisions, in order."""
        return tuple(entry.decision for entry in self.entries if isinstance(entry, RouteEntry))

    def __repr__(self) -> str:
        return f"Turn({self.number}, user={self.user_text!r}, bot={self.text!r}, stage={self.stage_after!r})"

    def __str__(self) -> str:
        return self.text


class _OpenTurn:
    """The turn that is running: grows cheaply, and can be read as a `Turn` at any moment."""

    def __init__(self, event: TurnStarted) -> None:
        self._turn = Turn(event.turn, event.user_text, event.stage, event.stage)
        self._entries: list[Entry] = []
        self._pieces: list[str] = []
        self._part = 0

    def add_text(self, event: ReplyText) -> None:
        if event.part != self._part:
            self._close_text()
            self._part = event.part
        self._pieces.append(event.delta)

    def _close_text(self) -> None:
        if self._pieces:
            self._entries.append(TextEntry("".join(self._pieces), self._part))
            self._pieces = []

    def add(self, entry: Entry) -> None:
        self._close_text()
        self._entries.append(entry)

    def frozen(self, **changes: Any) -> Turn:
        entries = tuple(self._entries)
        pieces = list(self._pieces)
        if pieces:
            entries = (*entries, TextEntry("".join(pieces), self._part))
        stage = next(
            (e.decision.target for e in reversed(entries) if isinstance(e, RouteEntry)), self._turn.stage_after
        )
        return replace(self._turn, **{"entries": entries, "stage_after": stage, **changes})

    def end_tool(self, event: ToolCallEnded) -> None:
        self._entries = list(_with_ended_tool(self._entries, event))


class Transcript:
    """The turns of a bot, oldest first. It can be read from any thread at any moment."""

    def __init__(self) -> None:
        self._closed: list[Turn] = []
        self._open: _OpenTurn | None = None

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns; one that is running is the last."""
        current = self._open
        return (*self._closed, current.frozen()) if current is not None else tuple(self._closed)

    def __iter__(self) -> Iterator[Turn]:
        return iter(self.turns)

    def __len__(self) -> int:
        return len(self.turns)

    def __getitem__(self, index: int) -> Turn:
        return self.turns[index]

    def __repr__(self) -> str:
        return f"Transcript({len(self.turns)} turns)"

    def __str__(self) -> str:
        return "\n".join(line for turn in self.turns for line in _lines(turn))

    def turn(self, number: int) -> Turn:
        """The turn of this number.

        Raises:
            KeyError: There is none, or it was taken back.
        """
        for turn in reversed(self.turns):
            if turn.number == number:
                return turn
        raise KeyError(f"no turn {number}; there are turns {[turn.number for turn in self.turns]}")

    def apply(self, event: Event) -> None:
        """Take note of an event; called by the bot before anybody else is told of it."""
        if type(event) is ReplyText:  # first, and by type: this is the hot path
            if self._open is not None:
                self._open.add_text(event)
        elif isinstance(event, TurnStarted):
            self._open = _OpenTurn(event)
        elif isinstance(event, TurnEnded):
            self._close(event)
        elif isinstance(event, ToolCallEnded):
            self._end_tool(event)
        elif isinstance(event, ConversationReset):
            self._closed, self._open = [], None
        elif isinstance(event, ConversationRewound):
            self._closed = [turn for turn in self._closed if turn.number < event.turn]
        else:
            entry = _entry(event)
            if entry is not None and self._open is not None:
                self._open.add(entry)

    def _close(self, event: TurnEnded) -> None:
        if self._open is not None:
            turn = self._open.frozen(status=event.status, stage_after=event.stage, duration_ms=event.duration_ms)
            self._closed = [*self._closed, turn]
            self._open = None

    def _end_tool(self, event: ToolCallEnded) -> None:
        if self._open is not None:
            self._open.end_tool(event)
            return
        # A tool that outlived an interruption has ended after its turn.
        self._closed = [
            replace(turn, entries=tuple(_with_ended_tool(turn.entries, event))) if turn.number == event.turn else turn
            for turn in self._closed
        ]


def _with_ended_tool(entries: Iterable[Entry], event: ToolCallEnded) -> Iterator[Entry]:
    for entry in entries:
        if isinstance(entry, ToolEntry) and entry.call_id == event.call_id:
            yield replace(entry, status=event.status, output=event.output, duration_ms=event.duration_ms)
        else:
            yield entry


def _entry(event: Event) -> Entry | None:
    match event:
        case ToolCallStarted():
            return ToolEntry(event.call_id, event.name, event.arguments)
        case RouteDecision():
            return RouteEntry(event)
        case ErrorOccurred():
            return ErrorEntry(event.error, event.where)
        case RetryScheduled():
            return NoticeEntry(f"trying again in {event.wait_s:.1f} s: {event.reason}")
        case ReplyEnded() if event.status not in ("completed", "failed"):
            return NoticeEntry(f"{event.status}: {event.reason}" if event.reason else event.status)
        case ConversationEnded():
            return NoticeEntry("the conversation has ended; the next message begins a new one")
    return None


def _lines(turn: Turn) -> Iterator[str]:
    if turn.user_text is not None:
        yield f"User: {turn.user_text}"
    for entry in turn.entries:
        match entry:
            case TextEntry():
                yield f"Bot: {entry.text}"
            case ToolEntry():
                yield f"  [tool] {entry.name}({dict(entry.arguments)}) -> {entry.status}: {entry.output}"
            case RouteEntry():
                decision = entry.decision
                yield f"  [{decision.kind}] {decision.source} -> {decision.target} ({decision.choice})"
            case ErrorEntry():
                yield f"  [error] {entry.error}"
            case NoticeEntry():
                yield f"  [note] {entry.text}"
