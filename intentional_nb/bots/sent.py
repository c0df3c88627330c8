"""Which of the audio that was sent is the user's speech of which turn: pure bookkeeping on samples."""

from __future__ import annotations

from dataclasses import dataclass

from intentional_nb.audio.pcm import SAMPLES_PER_MS
from intentional_nb.events import Event, SpeechEnded, SpeechStarted, TurnStarted

__all__ = ["SentAudio", "position"]


def position(at_ms: float) -> int:
    """A moment of the audio sent, as events and the client tell it, in samples."""
    return round(at_ms * SAMPLES_PER_MS)


@dataclass(slots=True)
class _Speech:
    start: int
    end: int | None = None  # until the speech has ended


class SentAudio:
    """Where in all audio sent the speech of each turn lies.

    Attributes:
        samples: How much was sent so far.
    """

    def __init__(self) -> None:
        self.samples = 0
        self._boundary = 0  # what was sent before became a message, or was thrown away
        self._commit: int | None = None  # where the user said that the message is complete
        self._speech: dict[str, _Speech] = {}  # by the item that it became
        self._items: dict[int, str] = {}  # by turn
        self._starts: dict[int, int] = {}  # where each turn began

    def commit(self) -> None:
        """What was sent since the last message is one."""
        self._commit = self.samples

    def clear(self) -> None:
        """What was sent since the last message will be none."""
        self._boundary = self.samples

    def note(self, event: Event) -> None:
        """Take note of what the server tells."""
        match event:
            case SpeechStarted():
                self._speech[event.item_id] = _Speech(position(event.at_ms))
            case SpeechEnded():
                end = position(event.at_ms)
                self._speech.setdefault(event.item_id, _Speech(min(self._boundary, end))).end = end
                self._boundary = max(self._boundary, end)
            case TurnStarted():
                self._begin_turn(event)

    def _begin_turn(self, event: TurnStarted) -> None:
        self._starts[event.turn] = self.samples
        if event.item_id is None:
            return
        if event.item_id not in self._speech:  # nobody listened for the user's pauses: the user pressed a button
            end = self.samples if self._commit is None else self._commit
            self._speech[event.item_id] = _Speech(self._boundary, end)
            self._boundary, self._commit = end, None
        self._items[event.turn] = event.item_id
        self._starts[event.turn] = self._speech[event.item_id].start

    def speech(self, turn: int) -> tuple[int, int]:
        """Begin and end of the user's speech in a turn; the same place twice where nothing was spoken."""
        speech = self._speech.get(self._items.get(turn, ""))
        if speech is None:
            return 0, 0
        return speech.start, self.samples if speech.end is None else max(speech.end, speech.start)

    def take_back(self, turn: int) -> int:
        """Forget a turn and all after it.

        Returns:
            Where the first of them began.
        """
        start = min((at for number, at in self._starts.items() if number >= turn), default=self.samples)
        self._starts = {number: at for number, at in self._starts.items() if number < turn}
        self._items = {number: item for number, item in self._items.items() if number < turn}
        return start

    def forget(self) -> None:
        """Forget all turns; the session goes on."""
        self.take_back(0)
        self._speech.clear()
        self._boundary, self._commit = self.samples, None
