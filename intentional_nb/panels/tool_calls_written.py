"""Calls that the model is still writing, or began to write and never made: what no transcript has."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from intentional_nb.bots.turn import RouteEntry, ToolEntry, Turn
from intentional_nb.events import (
    ConversationReset,
    ConversationRewound,
    Event,
    RequestStarted,
    RouteDecision,
    ToolArguments,
    ToolCallStarted,
    TurnEnded,
)
from intentional_nb.panels.entries import LONGEST_RESULT

__all__ = ["Written", "WrittenCall", "WrittenCalls"]

MOST_TURNS = 200
"""Turns of which calls are remembered that were never made."""


@dataclass(frozen=True, slots=True)
class WrittenCall:
    """A call as far as the model has written it.

    Attributes:
        call_id: The id that it will have.
        name: The name of the tool, or of the router.
        part: The request in whose reply it is.
        is_routing: Whether it is a call to the router.
        arguments: What there is of them, as text; of very long ones the beginning.
        is_dropped: Whether it was never made: the reply was cut, or nothing more could be called.
    """

    call_id: str
    name: str
    part: int
    is_routing: bool
    arguments: str
    is_dropped: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """What is known of one turn at one moment.

    Attributes:
        calls: The calls that are not made, in the order in which they were begun.
        decisions: How many route decisions of the turn were told by then: one that the transcript has besides is that
            of the first call to the router here.
    """

    calls: tuple[WrittenCall, ...] = ()
    decisions: int = 0


@dataclass(slots=True)
class _Growing:
    call_id: str
    name: str
    part: int
    is_routing: bool
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    is_dropped: bool = False

    def add(self, delta: str) -> None:
        if self.length < LONGEST_RESULT:
            self.pieces.append(delta)
        self.length += len(delta)

    def as_it_is(self) -> WrittenCall:
        text = "".join(self.pieces)
        self.pieces = [text]
        shown = text[:LONGEST_RESULT] + ("…" if self.length > LONGEST_RESULT else "")
        return WrittenCall(self.call_id, self.name, self.part, self.is_routing, shown, self.is_dropped)


@dataclass(slots=True)
class _Turn:
    part: int = 0
    decisions: int = 0
    calls: list[_Growing] = field(default_factory=list)

    def drop(self) -> None:
        for call in self.calls:
            call.is_dropped = True

    def write(self, event: ToolArguments, *, is_routing: bool) -> None:
        for call in self.calls:
            if (call.call_id, call.is_dropped) == (event.call_id, False):
                call.add(event.delta)
                return
        call = _Growing(event.call_id, event.name, self.part, is_routing)
        call.add(event.delta)
        self.calls.append(call)

    def settle(self, *, call_id: str | None) -> None:
        """A call is made: the one of this id, or the first to the router."""
        for call in self.calls:
            if not call.is_dropped and (call.is_routing if call_id is None else call.call_id == call_id):
                self.calls.remove(call)
                return


class WrittenCalls:
    """Takes note of the events of one bot. Any thread may read it."""

    def __init__(self, router_name: str, turn: Turn | None = None) -> None:
        """Start with nothing written.

        Args:
            router_name: The name under which the model calls the router.
            turn: The latest turn as it is now, which may go on.
        """
        self._router_name = router_name
        self._turns: dict[int, _Turn] = {}
        if turn is not None:
            parts = [entry.part for entry in turn.entries if isinstance(entry, ToolEntry | RouteEntry)]
            self._turns[turn.number] = _Turn(max(parts, default=0), len(turn.route))
        self._lock = threading.Lock()

    def note(self, event: Event) -> None:
        """Take note of an event."""
        with self._lock:
            match event:
                case ToolArguments():
                    self._of(event.turn).write(event, is_routing=event.name == self._router_name)
                case RequestStarted():
                    turn = self._of(event.turn)
                    turn.drop()
                    turn.part = event.part
                case ToolCallStarted():
                    self._of(event.turn).settle(call_id=event.call_id)
                case RouteDecision():
                    turn = self._of(event.turn)
                    turn.decisions += 1
                    turn.settle(call_id=None)
                case TurnEnded():
                    self._of(event.turn).drop()
                case ConversationReset():
                    self._turns.clear()
                case ConversationRewound():
                    self._turns = {number: turn for number, turn in self._turns.items() if number < event.turn}

    def _of(self, number: int) -> _Turn:
        turn = self._turns.get(number)
        if turn is None:
            turn = self._turns[number] = _Turn()
            while len(self._turns) > MOST_TURNS:
                del self._turns[next(iter(self._turns))]
        return turn

    def now(self) -> Mapping[int, Written]:
        """What there is of each turn, by its number; of turns of which nothing was noted there is nothing."""
        with self._lock:
            return {
                number: Written(tuple(call.as_it_is() for call in turn.calls), turn.decisions)
                for number, turn in self._turns.items()
            }
