"""What is said to the model, through whichever session is open; a lost one is told again to the next."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from intentional_nb.clients.memory import Chapter, as_items, as_messages
from intentional_nb.clients.past import Past
from intentional_nb.clients.reseeding import call_items, reply_item, reseeded, user_item
from intentional_nb.wire.calls import ToolCall
from intentional_nb.wire.realtime.client import ClientHalf
from intentional_nb.wire.realtime.items import Item

__all__ = ["Dialogue"]


class Dialogue:
    """The conversation with the model, whatever becomes of the sessions that hold it.

    Items keep their ids from session to session. While no session is open, what is said waits in `half`.

    Attributes:
        half: The client's half of the session that is open, or will be next.
        past: Which turn said what.
        flush: Sends what was said to `half`; does nothing while no session is open.
    """

    def __init__(self) -> None:
        self.half = ClientHalf()
        self.past = Past()
        self.flush: Callable[[], None] = lambda: None
        self._unconfirmed: dict[str, Mapping[str, Any]] = {}  # items of ours that the server has not confirmed yet
        self._gone: set[str] = set()  # items that were deleted in this session
        self._unsettled: set[str] = set()  # items that go once it is known what was said in them

    def add(self, item: Mapping[str, Any], *, after: str | None = None) -> str:
        """Put an item into the conversation: at its end, or after another; gives its id."""
        item_id = self.half.add_item(item, previous_item_id=after)
        self._unconfirmed[item_id] = {**item, "id": item_id}
        self.flush()
        return item_id

    def ask(self, params: Mapping[str, Any]) -> str:
        """Ask the model for a response; gives the id that `ClientHalf.ask` does."""
        ask_id = self.half.ask(**params)
        self.flush()
        return ask_id

    def cancel(self) -> None:
        """No response is wanted any more."""
        self.half.cancel()
        self.flush()

    def say(self, text: str) -> str:
        """Put in what the user has typed; gives the item's id."""
        return self.add(user_item(text))

    def confirmed(self, item_id: str) -> None:
        """The server has an item of ours, or has refused it."""
        self._unconfirmed.pop(item_id, None)

    def answer(self, call: ToolCall, output: str, *, made_in: ClientHalf) -> str:
        """Answer a tool call; gives the id of the item with the answer.

        Args:
            call: The call.
            output: The text for the model.
            made_in: The half of the session in which the model made the call; another one is told of the call too.
        """
        if made_in is not self.half:
            made, answer = call_items(call, output)
            self.add(made)
            return self.add(answer)
        item_id = self.half.answer_call(call.call_id, output)
        self._unconfirmed[item_id] = {**call_items(call, output)[1], "id": item_id}
        self.flush()
        return item_id

    def correct(self, item_id: str, item: Mapping[str, Any], *, after: str | None = None) -> str:
        """Put another item in the place of one; gives its id."""
        new_id = self.add(item, after=after or item_id)
        self.forget([item_id])
        return new_id

    def correct_reply(self, item_id: str, heard: str) -> None:
        """Let the model know that of a reply, told to it in writing, less was heard."""
        if heard and item_id not in self._gone:
            self.correct(item_id, reply_item(heard))
        else:
            self.forget([item_id])

    def forget(self, item_ids: Iterable[str]) -> None:
        """Take items out of the conversation; harmless for those that are gone."""
        for item_id in item_ids:
            is_known = item_id in self._unconfirmed or self.half.item(item_id) is not None
            if is_known and item_id not in self._gone:
                self._gone.add(item_id)
                self._unconfirmed.pop(item_id, None)
                self.half.delete_item(item_id)
        self.flush()

    def finish(self, turn: int, *, but: str | None = None, unsettled: Collection[str] = ()) -> None:
        """The conversation is over: the model forgets it.

        Args:
            turn: The turn with which it ended.
            but: An item that stays.
            unsettled: Items that go only when they are `settled`: who deletes speech before it was written down will
                never know what was said.
        """
        self.past.finish(turn, self._told(without=[but] if but is not None else []))
        self._unsettled |= set(unsettled)
        ids = [*(item.item_id for item in self.half.items), *self._unconfirmed]
        self.forget([item_id for item_id in ids if item_id != but and item_id not in self._unsettled])

    def take_back(self, from_turn: int) -> None:
        """The model forgets a turn and all after it; what it had forgotten because of them it is told again."""
        gone, again = self.past.take_back(from_turn)
        self.forget(gone)
        for item in again:
            turn = self.past.turns[item["id"]]
            self.past.note(self.add({key: value for key, value in item.items() if key != "id"}), turn)

    def settled(self, item_id: str) -> None:
        """It is known what was said in the item, or will never be."""
        if item_id in self._unsettled:
            self._unsettled.discard(item_id)
            self.forget([item_id])

    def carry_over(self, *, without: Iterable[str] = ()) -> ClientHalf:
        """Begin a new session: its half is given all that the old one knew, and takes its place.

        Args:
            without: Items that the new session will hear of in another way.

        Returns:
            The old session's half.
        """
        old, told = self.half, self._told(without=without)
        self.half, self._unconfirmed, self._gone, self._unsettled = ClientHalf(), {}, set(), set()
        for item in told:
            self.add(item)
        return old

    def memory(self) -> tuple[Chapter, ...]:
        """What the model knows, and knew in conversations that are over, in writing."""
        turns = self.past.turns
        over = [Chapter(as_messages(items, turns), last_turn) for last_turn, items in self.past.finished]
        return (*over, Chapter(as_messages(self._told(without=()), turns)))

    def learn(self, memory: Sequence[Chapter]) -> None:
        """Let the model know what another one did; before the first word."""
        *over, now = memory
        for chapter in over:
            items = [(turn, {**item, "id": f"past_{uuid4().hex[:20]}"}) for turn, item in as_items(chapter.messages)]
            for turn, item in items:
                self.past.note(item["id"], turn)
            self.past.finish(chapter.last_turn or 0, [item for _, item in items])
        for turn, item in as_items(now.messages):
            self.past.note(self.add(item), turn)

    @property
    def items(self) -> list[Item]:
        """The conversation in its order, whether the server has confirmed it or not."""
        known = {item.item_id for item in self.half.items}
        mine = [_unconfirmed(item) for item_id, item in self._unconfirmed.items() if item_id not in known]
        return [item for item in (*self.half.items, *mine) if item.item_id not in self._gone]

    def heard_text(self, item: Item) -> str:
        """What of an item has reached the user."""
        return self.half.heard_text(item.item_id) or ("" if item.speech is not None else item.text)

    def _told(self, *, without: Iterable[str]) -> list[dict[str, Any]]:
        """All that the model knows, as items to tell it again."""
        left_out = {*self._unsettled, *without}
        return reseeded([item for item in self.items if item.item_id not in left_out], self.heard_text)


def _unconfirmed(item: Mapping[str, Any]) -> Item:
    made = Item(str(item["id"]))
    made.learn(item)
    return made
