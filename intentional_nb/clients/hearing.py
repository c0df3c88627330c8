"""What of the bot's speech has reached the user, and what is told of it: to people, and to the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from intentional_nb.clients.dialogue import Dialogue
from intentional_nb.events import Event, ReplyHeard, ReplyInterrupted
from intentional_nb.wire.realtime.client import ClientHalf
from intentional_nb.wire.realtime.interruption import Interruption, heard_text, plan

__all__ = ["Hearing"]


@dataclass(slots=True)
class _Carried:
    """Speech of a lost session that is still being played; the open session knows its words only."""

    text: str
    received_ms: int
    heard_ms: int | None


class Hearing:
    """Follows every spoken item until it was played to its end or cut.

    Attributes:
        turns: The turn of each spoken item that is not settled yet.
    """

    def __init__(self, dialogue: Dialogue, emit: Callable[[Event], None]) -> None:
        self.turns: dict[str, int] = {}
        self._dialogue = dialogue
        self._emit = emit
        self._carried: dict[str, _Carried] = {}  # in the order in which they are played
        self._playing_id = ""  # the item that a player has reported last

    def note_played(self, item_id: str, played_ms: int) -> None:
        """Take a player's report of how much of an item was played so far."""
        self._playing_id = item_id
        carried = self._carried.get(item_id)
        if carried is not None:
            carried.heard_ms = max(carried.heard_ms or 0, min(played_ms, carried.received_ms))
        else:
            self._dialogue.half.note_played(item_id, played_ms)
        self.check(item_id)

    def check(self, item_id: str) -> None:
        """Tell when an item was played to its end: all of it has come, and all that came was played."""
        carried = self._carried.get(item_id)
        if carried is not None:
            if carried.heard_ms == carried.received_ms:
                del self._carried[item_id]
                self._heard(item_id, carried.received_ms)
            return
        item = self._dialogue.half.item(item_id)
        speech = item.speech if item is not None else None
        if speech is None or not speech.is_complete or speech.heard_ms is None:
            return
        received_ms = self._dialogue.half.received_ms(item_id)
        if speech.heard_ms >= received_ms:
            self._heard(item_id, received_ms)

    def check_all(self) -> None:
        """The same for every item that is not settled."""
        for item_id in tuple(self.turns):
            self.check(item_id)

    def _heard(self, item_id: str, heard_ms: int) -> None:
        turn = self.turns.pop(item_id, None)
        if turn is not None:
            self._emit(ReplyHeard(turn=turn, item_id=item_id, heard_ms=heard_ms))

    def interrupt(self, played_ms: int | None, *, keep_response: bool = False) -> bool:
        """Playing stopped: the model forgets what was not heard, and its response is cancelled.

        Args:
            played_ms: How much was played of the item that was playing; None when all that came was.
            keep_response: Leave the response that is being made alone: it came after what was playing.

        Returns:
            Whether there was anything to stop.
        """
        carried_id = self._carried_item(played_ms)
        if carried_id is not None:
            self._cut_carried(carried_id, played_ms)
            played_ms = 0  # nothing of what the open session made has been played yet
        elif played_ms is None:
            self._carried.clear()
        half = self._dialogue.half
        before = {item_id: half.received_ms(item_id) for item_id in self.turns}
        done = half.interrupt(played_ms, keep_response=keep_response)
        self._dialogue.flush()  # before anything else: the server goes on speaking until then
        if done is not None:
            self._tell(done, before)
        return done is not None or carried_id is not None

    def stop(self) -> None:
        """The reply that is being made is not wanted any more; what a player reported counts as heard."""
        played_ms = None
        if self._playing_id in self.turns:
            played_ms = self._dialogue.half.heard_ms(self._playing_id)
        elif self._playing_id:
            played_ms = 0  # there is a player, and it has not come to this reply
        self.interrupt(played_ms)

    def take_back(self, from_turn: int) -> None:
        """What was said in this turn and later does not count."""
        gone = [item_id for item_id, turn in self.turns.items() if turn >= from_turn]
        for item_id in gone:
            del self.turns[item_id]
            self._carried.pop(item_id, None)

    def _carried_item(self, played_ms: int | None) -> str | None:
        """The item of a lost session that is playing, if one is."""
        if not self._carried or played_ms is None:
            return None
        if self._playing_id in self._carried:
            return self._playing_id
        is_newer = self._dialogue.half.item(self._playing_id) is not None
        return None if is_newer or self._dialogue.half.has_spoken else next(iter(self._carried))

    def _cut_carried(self, item_id: str, played_ms: int | None) -> None:
        ids = list(self._carried)
        for number, later_id in enumerate(ids[ids.index(item_id) :]):
            carried = self._carried.pop(later_id)
            action, heard_ms = plan(0 if number else played_ms, carried.received_ms, is_complete=True)
            if action == "kept":
                self._heard(later_id, heard_ms)
                continue
            heard = heard_text(carried.text, heard_ms, carried.received_ms)
            self._dialogue.correct_reply(later_id, heard)
            self._interrupted(later_id, heard_ms, carried.received_ms, heard)

    def _tell(self, done: Interruption, before: dict[str, int]) -> None:
        if done.item_id and done.action == "kept":
            self._heard(done.item_id, done.heard_ms)
        elif done.item_id:
            self._interrupted(done.item_id, done.heard_ms, done.received_ms, done.heard_text)
        for item_id in done.unheard_item_ids:
            self._interrupted(item_id, 0, before.get(item_id, 0), "")

    def _interrupted(self, item_id: str, heard_ms: int, received_ms: int, heard: str) -> None:
        turn = self.turns.pop(item_id, None)
        if turn is not None:
            self._emit(
                ReplyInterrupted(
                    turn=turn, item_id=item_id, heard_ms=heard_ms, received_ms=received_ms, heard_text=heard
                )
            )

    def carry_over(self, old: ClientHalf) -> None:
        """The session is lost, but what it has sent may still be playing: the latest turn's speech, that is.

        Args:
            old: The lost session's half.
        """
        first = self.turns.get(self._playing_id, max(self.turns.values(), default=0))
        for item_id, turn in tuple(self.turns.items()):
            item = old.item(item_id)
            speech = item.speech if item is not None else None
            if turn < first or (item_id not in self._carried and (speech is None or speech.is_closed)):
                del self.turns[item_id]
            elif item is not None and speech is not None:
                self._carried[item_id] = _Carried(item.text, old.received_ms(item_id), speech.heard_ms)
                self.check(item_id)
