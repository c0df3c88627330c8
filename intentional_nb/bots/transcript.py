"""What was said and done, turn by turn, as plain values made from events.

A spoken turn goes on changing after it has ended: what the user said is recognised late, and what the bot said is heard
later than it is made. Each turn therefore keeps taking note, and is read as a `Turn` that stays the same object as long
as nothing changes.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from intentional_nb.bots.turn import (
    Entry,
    ErrorEntry,
    NoticeEntry,
    RouteEntry,
    TextEntry,
    ToolEntry,
    Turn,
    entry_of,
    lines,
)
from intentional_nb.events import (
    ConversationReset,
    ConversationRewound,
    Event,
    ReplyAudio,
    ReplyHeard,
    ReplyInterrupted,
    ReplyText,
    ReplyTranscribed,
    RequestStarted,
    ToolCallEnded,
    TurnEnded,
    TurnStarted,
    UserTranscribed,
)

__all__ = ["Entry", "ErrorEntry", "NoticeEntry", "RouteEntry", "TextEntry", "ToolEntry", "Transcript", "Turn"]

LateEvent = UserTranscribed | ReplyTranscribed | ReplyHeard | ReplyInterrupted | ToolCallEnded
"""What may come after its turn has ended."""


class _Record:
    """A turn that takes note: grows cheaply, and can be read as a `Turn` at any moment.

    The text of one request, or of one spoken item, is one entry, at the place where it began.
    """

    def __init__(self, event: TurnStarted) -> None:
        is_known = event.item_id is None or bool(event.user_text)
        stage = event.stage
        self._turn = Turn(event.turn, event.user_text, stage, stage, item_id=event.item_id, is_transcribed=is_known)
        self._entries: list[Entry] = []
        self._growing = _GrowingText()
        self._slot: int | None = None  # which entry the growing text is
        self._items: set[str] = set()
        self._marks: dict[str, dict[str, Any]] = {}  # what was heard of an item, by its id
        self._frozen: Turn | None = None
        self.part = 0  # the request that was sent last

    @property
    def number(self) -> int:
        return self._turn.number

    # -- the hot path

    def add_text(self, part: int, delta: str) -> None:
        if self._slot is None or part != self._growing.part:
            self._begin(part)
        self._growing.pieces.append(delta)
        self._frozen = None

    def note_audio(self, part: int, item_id: str) -> None:
        if item_id in self._items:
            return
        growing = self._growing
        if self._slot is None or part != growing.part or growing.item_id:
            self._begin(part)
        self._growing.item_id = item_id
        self._items.add(item_id)
        self._frozen = None

    # -- the rest

    def _begin(self, part: int) -> None:
        """What comes now is another text."""
        self._settle()
        self._growing, self._slot = _GrowingText(part), len(self._entries)
        self._entries.append(TextEntry("", part))

    def _settle(self) -> None:
        """Write what has grown into its entry."""
        if self._slot is None:
            return
        written, grown = self._entries[self._slot], self._growing.entry()
        # An entry that did not change stays the same object: whoever draws it need not draw it again.
        if not isinstance(written, TextEntry) or (written.text, written.item_id) != (grown.text, grown.item_id):
            self._put(self._slot, grown)

    def _put(self, index: int, entry: TextEntry) -> None:
        mark = self._marks.get(entry.item_id) if entry.item_id else None
        self._entries[index] = replace(entry, **mark) if mark else entry

    def add(self, entry: Entry) -> None:
        if isinstance(entry, ToolEntry | RouteEntry):
            entry = replace(entry, part=self.part)
        self._entries.append(entry)
        self._frozen = None

    def end(self, event: TurnEnded) -> None:
        self._turn = replace(self._turn, status=event.status, stage_after=event.stage, duration_ms=event.duration_ms)
        self._frozen = None

    def note(self, event: LateEvent) -> None:
        self._settle()
        self._frozen = None
        match event:
            case UserTranscribed():
                self._hear_user(event)
            case ReplyTranscribed():
                self._complete_text(event)
            case ReplyHeard():
                if not self._marks.get(event.item_id, {}).get("is_interrupted"):
                    self._mark(event.item_id, {"heard_ms": event.heard_ms, "received_ms": event.heard_ms})
            case ReplyInterrupted():
                mark = {"heard_ms": event.heard_ms, "received_ms": event.received_ms, "heard_text": event.heard_text}
                self._mark(event.item_id, {**mark, "is_interrupted": True})
            case ToolCallEnded():
                self._end_tool(event)

    def _hear_user(self, event: UserTranscribed) -> None:
        turn = self._turn
        known, text, error = turn.user_text or "", event.text, event.error
        if not event.is_final or error:
            if turn.is_transcribed and not turn.transcription_error:
                return  # all is known: this came late
            text = known if known.startswith(text) else text
            error = error or turn.transcription_error
        is_transcribed = turn.is_transcribed or event.is_final
        self._turn = replace(turn, user_text=text, is_transcribed=is_transcribed, transcription_error=error)

    def _complete_text(self, event: ReplyTranscribed) -> None:
        """The server has the whole text of an item: it counts, and the entry that it belongs to is known now."""
        index = self._entry_of(event)
        if index is None:
            index = len(self._entries)
            self._entries.append(TextEntry("", event.part))
        elif index == self._slot:
            self._slot = None  # more text of this request is another item
        entry = self._entries[index]
        if isinstance(entry, TextEntry):
            self._put(index, TextEntry(event.text or entry.text, entry.part, event.item_id))
        self._items.add(event.item_id)

    def _entry_of(self, event: ReplyTranscribed) -> int | None:
        texts = [(index, entry) for index, entry in enumerate(self._entries) if isinstance(entry, TextEntry)]
        own = [index for index, entry in texts if entry.item_id == event.item_id]
        free = [index for index, entry in texts if not entry.item_id and entry.part == event.part]
        return next(iter(own + free), None)

    def _mark(self, item_id: str, mark: dict[str, Any]) -> None:
        self._marks[item_id] = mark
        for index, entry in enumerate(self._entries):
            if isinstance(entry, TextEntry) and entry.item_id == item_id:
                self._put(index, entry)

    def _end_tool(self, event: ToolCallEnded) -> None:
        for index, entry in enumerate(self._entries):
            if isinstance(entry, ToolEntry) and entry.call_id == event.call_id:
                ended = replace(entry, status=event.status, output=event.output, duration_ms=event.duration_ms)
                self._entries[index] = ended

    def frozen(self) -> Turn:
        if self._frozen is None:
            self._settle()
            self._frozen = self._freeze()
        return self._frozen

    def copy(self) -> _Record:
        """A record that goes on by itself."""
        self._settle()
        twin = copy.copy(self)
        twin._growing = replace(self._growing, pieces=list(self._growing.pieces))
        twin._entries, twin._items, twin._marks = list(self._entries), set(self._items), dict(self._marks)
        return twin

    def _freeze(self) -> Turn:
        entries = tuple(entry for entry in self._entries if not _is_silent(entry))
        if self._turn.status != "running":
            return replace(self._turn, entries=entries)
        moves = [entry.decision.target for entry in entries if isinstance(entry, RouteEntry)]
        return replace(self._turn, entries=entries, stage_after=moves[-1] if moves else self._turn.stage_after)


@dataclass(slots=True)
class _GrowingText:
    part: int = 0
    item_id: str = ""
    pieces: list[str] = field(default_factory=list)

    def entry(self) -> TextEntry:
        self.pieces = ["".join(self.pieces)]
        return TextEntry(self.pieces[0], self.part, self.item_id)


def _is_silent(entry: Entry) -> bool:
    """Speech of which no word is known is only shown once somebody interrupted it."""
    return isinstance(entry, TextEntry) and not entry.text and not entry.is_interrupted


class Transcript:
    """The turns of a bot, oldest first. It can be read from any thread at any moment."""

    def __init__(self) -> None:
        self._records: list[_Record] = []
        self._open: _Record | None = None
        self._lock = threading.Lock()  # a reader must not see a turn while it takes note

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns; one that is running is the last."""
        with self._lock:
            return tuple(record.frozen() for record in self._records)

    def __iter__(self) -> Iterator[Turn]:
        return iter(self.turns)

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, index: int) -> Turn:
        return self.turns[index]

    def __repr__(self) -> str:
        return f"Transcript({len(self)} turns)"

    def __str__(self) -> str:
        return "\n".join(line for turn in self.turns for line in lines(turn))

    def copy(self) -> Transcript:
        """A transcript of its own with the same turns."""
        twin = Transcript()
        with self._lock:
            twin._records = [record.copy() for record in self._records]
        return twin

    def turn(self, number: int) -> Turn:
        """The turn of this number.

        Raises:
            KeyError: There is none, or it was taken back.
        """
        with self._lock:
            record = self._find(number)
            if record is not None:
                return record.frozen()
        raise KeyError(f"no turn {number!r}; there are turns {[record.number for record in self._records]}")

    def apply(self, event: Event) -> None:
        """Take note of an event; called by the bot before anybody else is told of it."""
        with self._lock:
            kind = type(event)  # the two kinds of which there are many come first, and are known by their type
            if kind is ReplyText:
                if self._open is not None:
                    self._open.add_text(event.part, event.delta)  # type: ignore[attr-defined]
            elif kind is ReplyAudio:
                if self._open is not None:
                    self._open.note_audio(event.part, event.item_id)  # type: ignore[attr-defined]
            elif kind is RequestStarted:
                if self._open is not None:
                    self._open.part = event.part  # type: ignore[attr-defined]
            else:
                self._apply(event)

    def _apply(self, event: Event) -> None:
        match event:
            case TurnStarted():
                self._open = _Record(event)
                self._records.append(self._open)
            case TurnEnded():
                if self._open is not None:
                    self._open.end(event)
                    self._open = None
            case UserTranscribed() | ReplyTranscribed() | ReplyHeard() | ReplyInterrupted() | ToolCallEnded():
                record = self._find(event.turn)
                if record is not None:
                    record.note(event)
            case ConversationReset():
                self._records, self._open = [], None
            case ConversationRewound():
                self._records = [record for record in self._records if record.number < event.turn]
                self._open = None
            case _:
                entry = entry_of(event)
                if entry is not None and self._open is not None:
                    self._open.add(entry)

    def _find(self, number: int) -> _Record | None:
        return next((record for record in reversed(self._records) if record.number == number), None)
