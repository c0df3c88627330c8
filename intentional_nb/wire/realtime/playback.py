"""What of the assistant's speech was heard, and cutting off what was not.

A player reports how much of which item it has really played. Where none does, what came counts as heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from intentional_nb.wire.realtime import client_frames as say
from intentional_nb.wire.realtime.interruption import Interruption, heard_text, plan
from intentional_nb.wire.realtime.items import Item, Speech
from intentional_nb.wire.realtime.outbox import Outbox
from intentional_nb.wire.realtime.receiving import Receiver

__all__ = ["Playback"]


class Playback:
    """The client's mouth of one session, as far as the server must know of it."""

    def __init__(self, receiver: Receiver, outbox: Outbox) -> None:
        self._in = receiver
        self._out = outbox
        self._playing_id = ""  # the item that a player has reported last

    def received_ms(self, item: Item | None) -> int:
        """How much audio of an item was handed on."""
        if item is None or item.speech is None:
            return 0
        return int(item.speech.received_bytes / self._in.outputs.bytes_per_ms)

    def heard_ms(self, item: Item | None) -> int:
        """How much of an item was played; all that came when nobody tells."""
        if item is None or item.speech is None or item.speech.heard_ms is None:
            return self.received_ms(item)
        return item.speech.heard_ms

    def note(self, item_id: str, played_ms: int) -> None:
        """Take a player's report; one that goes back, or beyond what came, is put right."""
        item = self._in.conversation.get(item_id)
        if item is not None and item.speech is not None and not item.speech.is_closed:
            self._playing_id = item_id
            item.speech.heard_ms = max(item.speech.heard_ms or 0, min(played_ms, self.received_ms(item)))

    def at_stake(self, item_id: str | None, response_id: str) -> tuple[Item | None, list[Item]]:
        """The item that is being played, and the items of which nothing was heard.

        Args:
            item_id: The item that is being played, where that is known.
            response_id: The active response; empty when none is.
        """
        items = [item for item in self._in.conversation if item.speech is not None or self._is_empty(item, response_id)]
        return self._split(items, item_id, response_id)

    def at_stake_before(self, item_id: str | None, response_id: str) -> tuple[Item | None, list[Item]]:
        """The same, but for the items of the active response, which came after what is being played."""
        item = self._in.conversation.get(self._playing_id)
        if response_id and item_id is None and item is not None and item.response_id == response_id:
            return None, []  # the player has come to it already
        items = [item for item in self._in.conversation if item.speech is not None]
        return self._split([item for item in items if not response_id or item.response_id != response_id], item_id, "")

    def _split(self, items: Sequence[Item], item_id: str | None, response_id: str) -> tuple[Item | None, list[Item]]:
        place = self._playing(items, item_id)
        if place is None:
            active = [item for item in items if response_id and item.response_id == response_id]
            return None, [item for item in active if not _is_over(item.speech)]
        later = [item for item in items[place + 1 :] if not _is_over(item.speech)]
        return (None if _is_closed(items[place]) else items[place]), later

    def _is_empty(self, item: Item, response_id: str) -> bool:
        """Whether it is a message that the active response has begun, and not more."""
        is_active = bool(response_id) and item.response_id == response_id
        return is_active and item.kind == "message" and not item.words

    def _playing(self, items: Sequence[Item], item_id: str | None) -> int | None:
        """Where the item is that is being played; None when everything was played to its end, or nothing was begun."""
        back = range(len(items) - 1, -1, -1)  # what is played is near the end, however long the conversation
        wanted = item_id or self._playing_id
        told = next((place for place in back if items[place].item_id == wanted), None) if wanted else None
        if item_id is not None:
            return told
        if told is not None:
            return next((place for place in range(told, len(items)) if not self._is_finished(items[place])), None)
        last = next((place for place in back if not self._is_finished(items[place])), None)
        if last is None:
            return None
        same = (place for place, item in enumerate(items) if item.response_id == items[last].response_id)
        return next(place for place in same if not self._is_finished(items[place]))

    def _is_finished(self, item: Item) -> bool:
        speech = item.speech
        if speech is None or speech.is_closed:
            return True
        return speech.is_complete and speech.heard_ms is not None and speech.heard_ms >= self.received_ms(item)

    def cut(self, playing: Item | None, unheard: Sequence[Item], played_ms: int | None) -> Interruption:
        """Make the server forget the end of the item that is being played, and the unheard ones as a whole.

        Args:
            playing: What `at_stake` gave.
            unheard: What `at_stake` gave.
            played_ms: How much of ``playing`` was played; None when all that came was.
        """
        result = Interruption() if playing is None else self._cut_playing(playing, played_ms)
        for item in unheard:
            self._out.send(say.delete_item(self._out.new_id(), item.item_id))
            _close(item, 0)
        return replace(result, unheard_item_ids=tuple(item.item_id for item in unheard))

    def _cut_playing(self, item: Item, played_ms: int | None) -> Interruption:
        speech = item.speech or Speech()
        received_ms = self.received_ms(item)
        action, heard_ms = plan(played_ms, received_ms, is_complete=speech.is_complete)
        event_id = self._out.new_id()
        if action == "truncated":
            self._out.send(say.truncate_item(event_id, item.item_id, heard_ms, speech.content_index))
        elif action == "deleted":
            self._out.send(say.delete_item(event_id, item.item_id))
        _close(item, heard_ms)
        text = heard_text(item.text, heard_ms, received_ms)
        return Interruption(item.item_id, action, heard_ms, received_ms, text)


def _is_over(speech: Speech | None) -> bool:
    """Whether there is nothing to be done about an item's speech: it was dealt with, or some of it was played."""
    return speech is not None and (speech.is_closed or bool(speech.heard_ms))


def _is_closed(item: Item) -> bool:
    return item.speech is None or item.speech.is_closed


def _close(item: Item, heard_ms: int) -> None:
    speech = item.speech = item.speech or Speech()
    speech.heard_ms = heard_ms
    speech.is_closed = True
