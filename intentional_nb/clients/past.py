"""Which turn said what, so that turns can be taken back, also those of a conversation that is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["Past"]


class Past:
    """The turns behind a conversation.

    Attributes:
        turns: The turn of each item, by its id.
    """

    def __init__(self) -> None:
        self.turns: dict[str, int] = {}
        self._finished: list[tuple[int, list[Mapping[str, Any]]]] = []  # conversations: their last turn, their items

    def note(self, item_id: str, turn: int) -> None:
        """An item belongs to a turn; the first word counts."""
        self.turns.setdefault(item_id, turn)

    def finish(self, turn: int, items: Iterable[Mapping[str, Any]]) -> None:
        """A conversation is over with this turn; the model forgets it."""
        self._finished.append((turn, list(items)))

    @property
    def finished(self) -> tuple[tuple[int, list[Mapping[str, Any]]], ...]:
        """The conversations that are over: the last turn of each, and what the model knew of it."""
        return tuple(self._finished)

    def take_back(self, from_turn: int) -> tuple[list[str], list[Mapping[str, Any]]]:
        """Take back a turn and all after it.

        Returns:
            The items that the model must forget, and those that it must be told again, because the conversation that
            they belong to is not over any more.
        """
        finished = [number for number, (last, _) in enumerate(self._finished) if last >= from_turn]
        again: list[Mapping[str, Any]] = []
        if finished:
            items = self._finished[finished[0]][1]
            again = [item for item in items if self.turns.get(item["id"], from_turn) < from_turn]
            del self._finished[finished[0] :]
        gone = [item_id for item_id, turn in self.turns.items() if turn >= from_turn]
        for item_id in gone:
            del self.turns[item_id]
        return gone, again
