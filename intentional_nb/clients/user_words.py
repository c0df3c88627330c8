"""Whose words are whose: what the user said comes late and in any order, and finds its turn by its item."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from intentional_nb.events import Event, UsageReported, UserTranscribed
from intentional_nb.wire.realtime.reading import mapping, number

__all__ = ["UserWords"]

MOST_SECONDS = 86_400
"""What a server says of longer speech cannot be meant."""


class UserWords:
    """Transcripts of the user's speech.

    Each item's words are told as they grow and end with one final event, whatever the server says afterwards. Words
    that come before it is known whose turn they begin are told then.
    """

    def __init__(self, emit: Callable[[Event], None], model: str = "") -> None:
        """Begin with no words.

        Args:
            emit: Told of every event.
            model: The model that writes the words down.
        """
        self._emit = emit
        self._model = model
        self._turns: dict[str, int] = {}  # of items whose transcript is not final
        self._words: dict[str, str] = {}
        self._early: dict[str, tuple[bool, str]] = {}  # what came before the item: whether that was all, and why not
        self._usage: dict[str, Mapping[str, Any]] = {}  # what it took, until that is told
        self._settled: set[str] = set()

    def __contains__(self, item_id: str) -> bool:
        """Whether the item's transcript is still to come."""
        return item_id in self._turns

    def pending(self) -> tuple[str, ...]:
        """The items whose transcripts are still to come."""
        return tuple(self._turns)

    def known(self, item_id: str) -> str:
        """What is known of an item's words."""
        return self._words.get(item_id, "")

    def expect(self, item_id: str, turn: int) -> None:
        """The item began this turn."""
        if item_id in self._settled:
            return
        self._turns[item_id] = turn
        if item_id in self._early:
            is_final, error = self._early.pop(item_id)
            self._tell(item_id, is_final=is_final, error=error)

    def ignore(self, item_id: str) -> None:
        """Nobody spoke: whatever is recognised there is not told."""
        self._settled.add(item_id)

    def replaced(self, item_id: str, new_id: str) -> None:
        """The user's speech is another item now: a lost session had the first one."""
        turn = self._turns.pop(item_id, None)
        self._words.pop(item_id, None)
        if turn is not None:
            self.expect(new_id, turn)

    def grew(self, item_id: str, delta: str) -> None:
        """A piece of the words."""
        if not self._is_final(item_id):
            self._words[item_id] = self.known(item_id) + delta
            self._tell(item_id, is_final=False)

    def complete(self, item_id: str, text: str, usage: Mapping[str, Any] | None = None) -> None:
        """All of the words, and what it took to write them down, as the server tells it."""
        if not self._is_final(item_id):
            self._words[item_id] = text
            if usage is not None:
                self._usage[item_id] = usage
            self._tell(item_id, is_final=True)

    def failed(self, item_id: str, error: str) -> None:
        """No more words will come, and why."""
        if not self._is_final(item_id):
            self._tell(item_id, is_final=True, error=error)

    def _is_final(self, item_id: str) -> bool:
        return item_id in self._settled or self._early.get(item_id, (False, ""))[0]

    def _tell(self, item_id: str, *, is_final: bool, error: str = "") -> None:
        if item_id not in self._turns:
            self._early[item_id] = is_final, error
            return
        turn, text = self._turns[item_id], self.known(item_id)
        if is_final:
            del self._turns[item_id]
            self._words.pop(item_id, None)
            self._settled.add(item_id)
            self._tell_usage(item_id, turn)
        self._emit(UserTranscribed(turn=turn, item_id=item_id, text=text, is_final=is_final, error=error))

    def _tell_usage(self, item_id: str, turn: int) -> None:
        usage = self._usage.pop(item_id, {})
        said = usage.get("seconds")
        seconds = float(said) if isinstance(said, int | float) and 0 < said < MOST_SECONDS else 0.0
        tokens = number(usage, "input_tokens")
        if tokens > 0 or seconds:
            self._emit(
                UsageReported(
                    turn=turn,
                    model=self._model,
                    input_tokens=tokens,
                    output_tokens=number(usage, "output_tokens"),
                    input_audio_tokens=number(mapping(usage, "input_token_details"), "audio_tokens"),
                    item_id=item_id,
                    audio_seconds=seconds,
                )
            )
