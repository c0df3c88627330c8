"""The conversation as the server orders it, and of each item what was said, how much came and how much was heard.

Audio passes through and is only counted; of an item there stays its words and a few numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from intentional_nb.wire.realtime.interruption import heard_text

__all__ = ["Conversation", "Item", "Speech"]

_DROPPED = ("content", "object", "audio")
_WORDS = ("text", "transcript")
_MANY = 256


@dataclass(slots=True)
class Speech:
    """The audio of an item of the assistant, counted.

    Attributes:
        received_bytes: How much was handed on; what was dropped after an interruption does not count.
        heard_ms: How much of it was played, as far as that was told; None when nothing was.
        content_index: Which part of the item is the audio.
        is_complete: Whether the server said that no more will come.
        is_closed: Whether it needs no more care: played to its end, truncated or deleted.
        odd: The first half of a sample whose second half is still to come.
    """

    received_bytes: int = 0
    heard_ms: int | None = None
    content_index: int = 0
    is_complete: bool = False
    is_closed: bool = False
    odd: bytes = b""


@dataclass(slots=True)
class Item:
    """An item of the conversation.

    Attributes:
        item_id: The server's id, or ours where we made it.
        facts: What the server tells of it, without its content: ``type``, ``role``, ``status``, ``call_id``, ….
        words: What it says, written or spoken, in pieces.
        response_id: The response that made it; empty for other items.
        speech: Its audio, when it is the assistant's and has some.
        previous_id: The item that it was put after, ``root``, or empty when that was not told.
        is_added: Whether the server has said that it stands in the conversation.
        is_done: Whether the server has said that it is complete.
        is_placed: Whether its place in the order is the server's word, and not a guess.
    """

    item_id: str
    facts: dict[str, Any] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    response_id: str = ""
    speech: Speech | None = None
    previous_id: str = ""
    is_added: bool = False
    is_done: bool = False
    is_placed: bool = False

    @property
    def kind(self) -> str:
        """``message``, ``function_call``, ``function_call_output``, …."""
        return str(self.facts.get("type") or "message")

    @property
    def role(self) -> str:
        """``user``, ``assistant`` or ``system``; empty for what is no message."""
        return str(self.facts.get("role") or "")

    @property
    def text(self) -> str:
        """All that it says, as far as it is known, heard or not."""
        return "".join(self.words)

    def heard_text(self, bytes_per_ms: float) -> str:
        """What of it reached the user: all, unless it is speech of which less was told to be played."""
        if self.speech is None or self.speech.heard_ms is None:
            return self.text
        return heard_text(self.text, self.speech.heard_ms, int(self.speech.received_bytes / bytes_per_ms))

    def learn(self, item: Mapping[str, Any]) -> None:
        """Take in what the server tells of the item; words that are known are not lost."""
        self.facts.update((key, value) for key, value in item.items() if key not in _DROPPED)
        content = item.get("content")
        parts = [part for part in content if isinstance(part, Mapping)] if isinstance(content, list) else []
        said = [part[key] for part in parts for key in _WORDS if isinstance(part.get(key), str) and part[key]]
        if said and not (self.speech is not None and self.speech.is_closed):
            self.words = ["\n".join(said)]


class Conversation:
    """Items in the order that the server gives them by ``previous_item_id``.

    An item whose predecessor is not known yet stands at the end until that one comes. Without a word about the
    predecessor, which some servers never give, an item is the last.
    """

    def __init__(self) -> None:
        self._order: list[str] = []
        self._items: dict[str, Item] = {}  # those of out-of-band responses too, which have no place in the order
        self._waiting: dict[str, str] = {}  # item id → the predecessor that it waits for
        self._gone: dict[str, None] = {}  # ids of deleted items, the latest

    def __iter__(self) -> Iterator[Item]:
        return iter([self._items[item_id] for item_id in self._order])

    def __len__(self) -> int:
        return len(self._order)

    def known_items(self) -> Collection[Item]:
        """All items, those without a place in the conversation included."""
        return self._items.values()

    def get(self, item_id: str) -> Item | None:
        """An item, in the order or not."""
        return self._items.get(item_id)

    def is_gone(self, item_id: str) -> bool:
        """Whether the item was deleted."""
        return item_id in self._gone

    def known(self, item_id: str) -> Item:
        """The item, made now if nothing was heard of it before; that alone gives it no place in the order."""
        item = self._items.get(item_id)
        if item is None:
            item = self._items[item_id] = Item(item_id)
        return item

    def place(self, item_id: str, previous_item_id: str | None = None) -> Item:
        """Give an item its place: after another, first when that is ``root``, last when it is None.

        The first word about its place counts: later frames repeat it when other items stand between already.
        """
        item = self.known(item_id)
        if item.is_placed or item_id in self._waiting or (previous_item_id is None and item_id in self._order):
            return item
        if item_id in self._order:
            self._order.remove(item_id)
        is_known = previous_item_id in (None, "root") or previous_item_id in self._order
        self._insert([item_id], previous_item_id if is_known else None)
        item.is_placed = previous_item_id is not None and is_known
        item.previous_id = previous_item_id or ""
        if previous_item_id is not None and not is_known:
            self._waiting[item_id] = previous_item_id
        self._bring_after(item_id)
        return item

    def added(self, item_id: str, item: Mapping[str, Any], previous_item_id: str | None) -> bool:
        """Take in that an item stands in the conversation; False when that was told before, or it is deleted."""
        if item_id in self._gone:
            return False
        known = self.place(item_id, previous_item_id or self.known(item_id).previous_id or None)
        known.learn(item)
        was_added, known.is_added = known.is_added, True
        return not was_added

    def finished(self, item_id: str, item: Mapping[str, Any], previous_item_id: str | None = None) -> bool:
        """Take in that an item is complete; False when that was told before, or it is deleted."""
        if item_id in self._gone:
            return False
        known = self.place(item_id, previous_item_id)
        known.learn(item)
        was_done, known.is_done = known.is_done, True
        return not was_done

    def _insert(self, item_ids: list[str], previous_item_id: str | None) -> None:
        place = len(self._order)
        if previous_item_id == "root":
            place = 0
        elif previous_item_id is not None and self._order[-1] != previous_item_id:
            place = self._order.index(previous_item_id) + 1
        self._order[place:place] = item_ids

    def _bring_after(self, item_id: str) -> None:
        """Move the items that waited for this one right after it, the latest nearest, and what follows them along."""
        for waiting_id in [waiting for waiting, previous in self._waiting.items() if previous == item_id]:
            del self._waiting[waiting_id]
            self._items[waiting_id].is_placed = True
            block = self._take_out(waiting_id)
            # Where items are said to follow each other in a ring, this one is among those that were taken out.
            self._insert(block, item_id if item_id in self._order else None)

    def _take_out(self, item_id: str) -> list[str]:
        """Cut an item and all that was put after it out of the order."""
        start = end = self._order.index(item_id)
        block = {item_id}
        while end + 1 < len(self._order) and self._items[self._order[end + 1]].previous_id in block:
            end += 1
            block.add(self._order[end])
        taken = self._order[start : end + 1]
        del self._order[start : end + 1]
        return taken

    def remove(self, item_id: str) -> None:
        """Forget an item."""
        item = self._items.pop(item_id, None)
        self._waiting.pop(item_id, None)
        if item is not None and item_id in self._order:
            self._order.remove(item_id)
            for other in self._items.values():
                if other.previous_id == item_id:
                    other.previous_id = item.previous_id
        self._gone[item_id] = None
        if len(self._gone) > _MANY:
            del self._gone[next(iter(self._gone))]

    def forget_unplaced(self, response_id: str) -> None:
        """Forget the items of an out-of-band response: nobody can refer to them any more."""
        for item in [item for item in self._items.values() if item.response_id == response_id]:
            if item.item_id not in self._order:
                del self._items[item.item_id]
