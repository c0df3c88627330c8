"""What responses make: speech and words piece by piece, items, and tool calls.

Whatever still comes of a response that is not wanted any more comes out as nothing.
"""

from __future__ import annotations

from msgspec.structs import replace

from intentional_nb.wire.realtime.call_ledger import CallLedger, ItemCall
from intentional_nb.wire.realtime.happenings import (
    ArgumentsDelta,
    AudioDelta,
    AudioDone,
    Happening,
    ItemDone,
    ResponseEnded,
    TextDelta,
    TextDone,
    TranscriptDelta,
    TranscriptDone,
)
from intentional_nb.wire.realtime.items import Conversation, Item, Speech
from intentional_nb.wire.realtime.reading import OutputAdded, OutputDone, PartAdded
from intentional_nb.wire.realtime.responses import Sequencer

__all__ = ["Outputs"]

_Happenings = tuple[Happening, ...]


class Outputs:
    """The outputs of a session's responses.

    Attributes:
        has_spoken: Whether there was any audio.
        bytes_per_ms: Of audio, by the session's output format.
    """

    def __init__(self, conversation: Conversation, responses: Sequencer) -> None:
        self.has_spoken = False
        self.bytes_per_ms = 48.0
        self.calls = CallLedger()
        self._conversation = conversation
        self._responses = responses

    # Pieces.

    def audio(self, response_id: str, item_id: str, pcm: bytes, content_index: int = 0) -> _Happenings:
        """Samples, counted and passed on."""
        if self._responses.is_cut(response_id):
            return ()
        item = self._conversation.get(item_id)
        speech = item.speech if item is not None else None
        if speech is None:
            item_id = item_id or self._latest(response_id)
            speech = self._begin_speech(response_id, item_id, content_index)
        if speech.is_closed:
            return ()
        if speech.odd or len(pcm) % 2:
            pcm = self._whole_samples(speech, pcm)
        if not pcm:
            return ()
        speech.received_bytes += len(pcm)
        return (AudioDelta(response_id, item_id, pcm),)

    def audio_delta(self, told: AudioDelta) -> _Happenings:
        """The same, of a frame that had to be read with patience."""
        return self.audio(told.response_id, told.item_id, told.pcm)

    def _latest(self, response_id: str) -> str:
        """The item that a delta belongs to that does not say it; made up where the server names none at all."""
        items = [item.item_id for item in self._conversation.known_items() if item.response_id == response_id]
        return items[-1] if items else response_id

    def _begin_speech(self, response_id: str, item_id: str, content_index: int) -> Speech:
        if self._conversation.is_gone(item_id):
            return Speech(is_closed=True)
        self.has_spoken = True
        item = self._item(response_id, item_id)
        item.speech = item.speech or Speech(content_index=content_index)
        return item.speech

    def _whole_samples(self, speech: Speech, pcm: bytes) -> bytes:
        """Samples that are complete; half of one waits for the next delta."""
        if self.bytes_per_ms <= 8.0:
            return pcm  # telephone formats: a byte is a sample
        pcm = speech.odd + pcm
        end = len(pcm) // 2 * 2
        speech.odd = pcm[end:]
        return pcm[:end]

    def _item(self, response_id: str, item_id: str) -> Item:
        """The item that a response makes; it has a place in the conversation unless the response is out of band."""
        item = self._conversation.known(item_id)
        item.response_id = item.response_id or response_id
        if not self._responses.is_out_of_band(response_id):
            self._conversation.place(item_id)
        if not item.facts:
            item.facts.update(type="message", role="assistant")
        return item

    def words(self, told: TextDelta | TranscriptDelta) -> _Happenings:
        """A piece of text or transcript."""
        item = self._item_with_words(told.response_id, told.item_id) if told.delta else None
        if item is None:
            return ()
        item.words.append(told.delta)
        return (told if told.item_id == item.item_id else replace(told, item_id=item.item_id),)

    def _item_with_words(self, response_id: str, item_id: str) -> Item | None:
        """The item that words belong to; None when they come too late."""
        if self._responses.is_cut(response_id):
            return None
        item = self._conversation.get(item_id)
        if item is None:
            item_id = item_id or self._latest(response_id)
            if self._conversation.is_gone(item_id):
                return None
            item = self._item(response_id, item_id)
        return None if item.speech is not None and item.speech.is_closed else item

    def words_done(self, told: TextDone | TranscriptDone) -> _Happenings:
        """All words of an item; those that came in no delta come out as one first."""
        item = self._item_with_words(told.response_id, told.item_id)
        if item is None:
            return ()
        known = item.text
        told = replace(told, item_id=item.item_id, text=told.text or known)
        item.words = [told.text]
        if not told.text.startswith(known) or told.text == known:
            return (told,)
        kind = TextDelta if isinstance(told, TextDone) else TranscriptDelta
        return kind(told.response_id, item.item_id, told.text[len(known) :]), told

    def arguments(self, told: ArgumentsDelta) -> _Happenings:
        """A piece of a call's arguments."""
        if not told.delta or self._responses.is_cut(told.response_id):
            return ()
        item = self._conversation.get(told.item_id)
        if item is None or not item.facts.get("name"):
            return (told,)
        call_id = str(item.facts.get("call_id") or told.call_id)
        return (replace(told, call_id=call_id, name=str(item.facts["name"])),)

    # Parts, items and the whole.

    def part_added(self, told: PartAdded) -> _Happenings:
        """Note which part of an item will be its audio."""
        item = self._conversation.get(told.item_id)
        if told.is_audio and item is not None and item.speech is None and item.role == "assistant":
            self.has_spoken = True
            item.speech = Speech(content_index=told.content_index)
        return ()

    def audio_done(self, told: AudioDone) -> _Happenings:
        """All of an item's audio has come."""
        if self._responses.is_cut(told.response_id):
            return ()
        item = self._conversation.get(told.item_id)
        if item is not None and item.speech is not None:
            item.speech.is_complete = True
        return (told,)

    def item_added(self, told: OutputAdded) -> _Happenings:
        """Note that a response has begun an item."""
        if not self._conversation.is_gone(told.item_id):
            self._item(told.response_id, told.item_id).learn(told.item)
        return ()

    def item_done(self, told: OutputDone) -> _Happenings:
        """An item is complete, and the call in it with it."""
        if self._conversation.is_gone(told.item_id):
            return ()
        item = self._item(told.response_id, told.item_id)
        happened: _Happenings = ()
        if self._responses.is_out_of_band(told.response_id):
            item.learn(told.item)
        elif self._conversation.finished(told.item_id, told.item):
            happened = (ItemDone(told.item, told.item_id),)
        if told.call is None or not self.calls.collect(told.response_id, told.call.call, told.item_id):
            return happened
        return happened if self._responses.is_cut(told.response_id) else (*happened, told.call)

    def ended(self, told: ResponseEnded) -> _Happenings:
        """A response that was live is over."""
        was_out_of_band = self._responses.is_out_of_band(told.response_id)
        ask_ids = self._responses.ended(told.response_id, is_completed=told.status == "completed")
        output = [ItemCall(call, told.call_item_ids[call.call_id]) for call in told.calls]
        calls = self.calls.hand_out(told.response_id, output, is_completed=told.status == "completed")
        for item in self._conversation.known_items():
            if item.response_id == told.response_id and item.speech is not None:
                item.speech.is_complete |= told.status in ("completed", "incomplete")
        if was_out_of_band:
            self._conversation.forget_unplaced(told.response_id)
        return (
            replace(
                told,
                calls=tuple(one.call for one in calls),
                call_item_ids={one.call.call_id: one.item_id for one in calls},
                is_out_of_band=was_out_of_band,
                was_ours=bool(ask_ids),
                ask_ids=ask_ids,
            ),
        )
