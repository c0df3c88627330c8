"""The conversation: its items in order, and what may be done to them."""

from __future__ import annotations

import math
from collections.abc import Iterator

from intentional_nb.wire.realtime.server_errors import (
    Mistake,
    item_exists,
    no_such_call,
    no_such_item,
    no_such_previous,
    not_audio,
    truncated_too_late,
)
from intentional_nb.wire.realtime.server_items import ServerItem

__all__ = ["AUDIO_KEPT_BYTES", "Conversation"]

AUDIO_KEPT_BYTES = 32 * 1024 * 1024
"""How much audio of items is kept for retrieval, about eleven minutes; what is older is let go, its length kept."""

ROOT = "root"
"""What a client calls the place before the first item."""


class Conversation:
    """The items of one session."""

    def __init__(self) -> None:
        self._items: dict[str, ServerItem] = {}
        self._order: list[str] = []

    def __iter__(self) -> Iterator[ServerItem]:
        return (self._items[item_id] for item_id in self._order)

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._items

    def __len__(self) -> int:
        return len(self._order)

    @property
    def last_id(self) -> str | None:
        """The item that the next one follows."""
        return self._order[-1] if self._order else None

    @property
    def has_spoken(self) -> bool:
        """Whether the model has been heard, which settles its voice."""
        return any(item.role == "assistant" and item.speech is not None for item in self)

    def find(self, item_id: str, doing: str) -> ServerItem:
        """Look an item up.

        Raises:
            Mistake: It is not there.
        """
        if item_id not in self._items:
            raise no_such_item(doing, item_id)
        return self._items[item_id]

    def get(self, item_id: str) -> ServerItem | None:
        """Look an item up; None when it is not there."""
        return self._items.get(item_id)

    def previous_of(self, item_id: str) -> str | None:
        """The item before this one."""
        at = self._order.index(item_id)
        return self._order[at - 1] if at else None

    def add(self, item: ServerItem, previous_item_id: str | None = None) -> str | None:
        """Add an item at the end, after another, or first (``root``); the id of the one before it is returned.

        Raises:
            Mistake: Its id is taken, there is no item to put it after, or it answers no call.
        """
        if item.id in self._items:
            raise item_exists(item.id)
        # Some clients that want the end send an empty text.
        if previous_item_id and previous_item_id != ROOT and previous_item_id not in self._items:
            raise no_such_previous(previous_item_id)
        if item.type == "function_call_output" and not self._has_call(item.call_id):
            raise no_such_call(item.call_id)
        self._items[item.id] = item
        self._order.insert(self._place_after(previous_item_id), item.id)
        return self.previous_of(item.id)

    def delete(self, item_id: str) -> None:
        """Remove an item.

        Raises:
            Mistake: It is not there.
        """
        self.find(item_id, "deleting")
        del self._items[item_id]
        self._order.remove(item_id)

    def truncate(self, item_id: str, content_index: int, audio_end_ms: int) -> None:
        """Forget what the user has not heard of an item.

        Raises:
            Mistake: It is not there, was not spoken by the model, is shorter, or nothing of it was heard.
        """
        item = self.find(item_id, "truncating")
        speech = item.speech if item.role == "assistant" else None
        if speech is None or not speech.audio_ms or not audio_end_ms:
            raise not_audio()
        if content_index != 0:
            message = f"Invalid 'content_index': item '{item_id}' has no audio at index {content_index}."
            raise Mistake(message, "invalid_value", "content_index")
        length_ms = math.ceil(speech.audio_ms)
        if audio_end_ms > length_ms:
            raise truncated_too_late(length_ms, audio_end_ms)
        speech.cut(audio_end_ms)

    def let_audio_go(self) -> None:
        """Forget the sound of old items, so that hours of talk fit into memory."""
        kept = 0
        for item in reversed(list(self)):
            for part in item.parts:
                kept += len(part.pcm)
                if kept > AUDIO_KEPT_BYTES:
                    part.pcm = bytearray()

    def _has_call(self, call_id: str) -> bool:
        return any(item.type == "function_call" and item.call_id == call_id for item in self)

    def _place_after(self, previous_item_id: str | None) -> int:
        if not previous_item_id:
            return len(self._order)
        return 0 if previous_item_id == ROOT else self._order.index(previous_item_id) + 1
