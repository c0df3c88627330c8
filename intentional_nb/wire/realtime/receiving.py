"""The client's ear: each frame of the server changes what is known, and comes out as what happened.

`reading` says what a frame means by itself; here it meets what was known before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from intentional_nb.wire.realtime import faults
from intentional_nb.wire.realtime import reading as read
from intentional_nb.wire.realtime.call_ledger import CallLedger
from intentional_nb.wire.realtime.decoding import ArgumentsFrame, AudioFrame, TextFrame, TranscriptFrame, decode
from intentional_nb.wire.realtime.happenings import (
    ArgumentsDelta,
    AudioCommitted,
    AudioDelta,
    AudioDone,
    ErrorTold,
    Happening,
    IdleTimedOut,
    ItemAdded,
    ItemDeleted,
    ItemDone,
    ItemTruncated,
    ResponseBegan,
    ResponseEnded,
    SessionCreated,
    SessionUpdated,
    SpeechStopped,
    TextDelta,
    TextDone,
    TranscriptDelta,
    TranscriptDone,
    Unrecognised,
    UserTranscript,
    UserTranscriptDelta,
)
from intentional_nb.wire.realtime.input_audio import InputAudio
from intentional_nb.wire.realtime.items import Conversation, Item, Speech
from intentional_nb.wire.realtime.names import KEPT, ga_name
from intentional_nb.wire.realtime.outbox import Outbox
from intentional_nb.wire.realtime.responses import Ended, Sequencer
from intentional_nb.wire.realtime.session import bytes_per_ms, ends_turns_itself
from intentional_nb.wire.realtime.session_state import SessionState

__all__ = ["Receiver"]

Happenings = tuple[Happening, ...]
Frame = Mapping[str, Any]


class Receiver:
    """Takes the server's frames in.

    Attributes:
        session: The settings.
        conversation: The items.
        responses: Which response is active, and which waits.
        calls: Tool calls on their way to be run.
        incoming: The audio sent.
        speech_bytes_per_ms: By the session's output format.
    """

    def __init__(self, outbox: Outbox, send_update: Callable[[Mapping[str, Any]], object]) -> None:
        self.session = SessionState()
        self.conversation = Conversation()
        self.responses = Sequencer(outbox.send, outbox.new_id)
        self.calls = CallLedger()
        self.incoming = InputAudio()
        self.speech_bytes_per_ms = 48.0
        self._outbox = outbox
        self._send_update = send_update

    def receive(self, frame: str | bytes) -> Happenings:
        """Take one frame in; see `ClientHalf.receive`."""
        told = decode(frame)
        if isinstance(told, AudioFrame):
            return self._audio(told.response_id, told.item_id, told.delta, told.content_index)
        if isinstance(told, dict):
            return self._object(told)
        return self._typed(told)

    # The frequent frames.

    def _audio(self, response_id: str, item_id: str, pcm: bytes, content_index: int) -> Happenings:
        if self.responses.is_cut(response_id):
            return ()
        item = self.conversation.get(item_id)
        if item is None or item.speech is None:
            item_id = item_id or self._latest_output(response_id)
            if self.conversation.is_gone(item_id):
                return ()
            item = self._output(response_id, item_id)
        speech = item.speech
        if speech is None:
            self.session.has_spoken = True
            speech = item.speech = Speech(content_index=content_index)
        if speech.is_closed:
            return ()
        if speech.odd or len(pcm) % 2:
            pcm = self._whole_samples(speech, pcm)
        if not pcm:
            return ()
        speech.received_bytes += len(pcm)
        return (AudioDelta(response_id, item_id, pcm),)

    def _latest_output(self, response_id: str) -> str:
        """The item that a delta belongs to that does not say it; made up where the server names none at all."""
        outputs = [item.item_id for item in self.conversation.known_items() if item.response_id == response_id]
        return outputs[-1] if outputs else response_id

    def _whole_samples(self, speech: Speech, pcm: bytes) -> bytes:
        """Samples that are complete; half of one waits for the next delta."""
        if self.speech_bytes_per_ms <= 8.0:
            return pcm  # telephone formats: a byte is a sample
        pcm = speech.odd + pcm
        end = len(pcm) // 2 * 2
        speech.odd = pcm[end:]
        return pcm[:end]

    def _output(self, response_id: str, item_id: str) -> Item:
        """The item that a response makes; it has a place in the conversation unless the response is out of band."""
        item = self.conversation.known(item_id)
        item.response_id = item.response_id or response_id
        if not self.responses.is_out_of_band(response_id) and not self.conversation.is_gone(item_id):
            self.conversation.place(item_id)
        if not item.facts:
            item.facts.update(type="message", role="assistant")
        return item

    def _typed(self, told: TextFrame | TranscriptFrame | ArgumentsFrame) -> Happenings:
        if isinstance(told, ArgumentsFrame):
            delta = ArgumentsDelta(told.response_id, told.call_id or told.item_id, told.delta)
            return self._arguments(delta, {})
        kind = TranscriptDelta if isinstance(told, TranscriptFrame) else TextDelta
        return self._words(kind(told.response_id, told.item_id, told.delta), {})

    def _words(self, told: TextDelta | TranscriptDelta, _: Frame) -> Happenings:
        if not told.delta or self.responses.is_cut(told.response_id):
            return ()
        item = self._words_of(told.response_id, told.item_id)
        if item.speech is not None and item.speech.is_closed:
            return ()
        item.words.append(told.delta)
        return (told if told.item_id == item.item_id else replace(told, item_id=item.item_id),)

    def _words_of(self, response_id: str, item_id: str) -> Item:
        item = self.conversation.get(item_id)
        if item is None:
            return self._output(response_id, item_id or self._latest_output(response_id))
        return item

    def _arguments(self, told: ArgumentsDelta, _: Frame) -> Happenings:
        is_wanted = bool(told.delta) and not self.responses.is_cut(told.response_id)
        return (told,) if is_wanted else ()

    # The rare ones.

    def _object(self, frame: dict[str, Any]) -> Happenings:
        name = ga_name(frame["type"])
        if name not in read.READERS:
            return (Unrecognised(frame["type"], frame, KEPT.get(name, "an unknown type of event")),)
        reader = read.READERS[name]
        if reader is None:
            return ()
        told = reader(frame)
        if told is None:
            return (Unrecognised(frame["type"], frame, "its content cannot be read"),)
        handle = _HANDLERS.get(type(told))
        return handle(self, told, frame) if handle is not None else (told,)

    def _session_created(self, told: SessionCreated, _: Frame) -> Happenings:
        self.session.created(told.session, told.session_id, told.expires_at)
        self._take_formats()
        return (told,)

    def _session_updated(self, told: SessionUpdated, _: Frame) -> Happenings:
        event_id = self.session.updated(told.session)
        self._take_formats()
        return (replace(told, session=self.session.settings, event_id=event_id),)

    def _take_formats(self) -> None:
        self.incoming.bytes_per_ms = bytes_per_ms(self.session.settings, "input")
        self.speech_bytes_per_ms = bytes_per_ms(self.session.settings, "output")

    def _speech_stopped(self, told: SpeechStopped | IdleTimedOut, _: Frame) -> Happenings:
        self.incoming.speech_ended(told.audio_end_ms)
        return (told,)

    def _committed(self, told: AudioCommitted, _: Frame) -> Happenings:
        self.incoming.committed()
        item = self.conversation.place(told.item_id, told.previous_item_id)
        item.facts = {"type": "message", "role": "user", **item.facts}
        return (told,)

    def _item_added(self, told: ItemAdded, frame: Frame) -> Happenings:
        if self.conversation.is_gone(told.item_id):
            return ()
        known = self.conversation.known(told.item_id)
        previous_item_id = told.previous_item_id or known.previous_id or None
        item = self.conversation.place(told.item_id, previous_item_id)
        item.learn(told.item)
        happened: list[Happening] = [] if item.is_added else [told]
        item.is_added = True
        if frame["type"] == "conversation.item.created" and told.item.get("status") == "completed":
            happened += self._item_done(ItemDone(told.item, told.item_id), frame)
        return tuple(happened)

    def _item_done(self, told: ItemDone, frame: Frame) -> Happenings:
        if self.conversation.is_gone(told.item_id):
            return ()
        item = self.conversation.place(told.item_id, read.maybe(frame, "previous_item_id"))
        item.learn(told.item)
        if item.is_done:
            return ()
        item.is_done = True
        return (told,)

    def _item_deleted(self, told: ItemDeleted, _: Frame) -> Happenings:
        self.conversation.remove(told.item_id)
        return (told,)

    def _item_truncated(self, told: ItemTruncated, _: Frame) -> Happenings:
        item = self.conversation.get(told.item_id)
        if item is not None and item.speech is not None:
            item.speech.heard_ms = told.audio_end_ms
            item.speech.is_closed = True
        return (told,)

    def _user_words(self, told: UserTranscriptDelta, _: Frame) -> Happenings:
        if not told.delta:
            return ()
        if not self.conversation.is_gone(told.item_id):
            self.conversation.known(told.item_id).words.append(told.delta)
        return (told,)

    def _user_transcript(self, told: UserTranscript, _: Frame) -> Happenings:
        if not self.conversation.is_gone(told.item_id):
            self.conversation.known(told.item_id).words = [told.text]
        return (told,)

    def _response_began(self, told: ResponseBegan, _: Frame) -> Happenings:
        live = self.responses.began(told.response_id, told.metadata, is_detached=told.is_out_of_band)
        if live is None:
            return ()
        return (replace(told, is_out_of_band=live.is_out_of_band, ask_ids=live.ask_ids),)

    def _output_added(self, told: read.OutputAdded, _: Frame) -> Happenings:
        self._output(told.response_id, told.item_id).learn(told.item)
        return ()

    def _part_added(self, told: read.PartAdded, _: Frame) -> Happenings:
        item = self.conversation.get(told.item_id)
        if told.is_audio and item is not None and item.speech is None and item.role == "assistant":
            self.session.has_spoken = True
            item.speech = Speech(content_index=told.content_index)
        return ()

    def _audio_delta(self, told: AudioDelta, frame: Frame) -> Happenings:
        return self._audio(told.response_id, told.item_id, told.pcm, read.number(frame, "content_index"))

    def _audio_done(self, told: AudioDone, _: Frame) -> Happenings:
        if self.responses.is_cut(told.response_id):
            return ()
        item = self.conversation.get(told.item_id)
        if item is not None and item.speech is not None:
            item.speech.is_complete = True
        return (told,)

    def _words_done(self, told: TextDone | TranscriptDone, _: Frame) -> Happenings:
        """All words of an item; those that came in no delta come out as one first."""
        if self.responses.is_cut(told.response_id):
            return ()
        item = self._words_of(told.response_id, told.item_id)
        known = item.text
        if not told.text or (item.speech is not None and item.speech.is_closed):
            return (replace(told, text=known),)
        item.words = [told.text]
        if not told.text.startswith(known) or told.text == known:
            return (told,)
        kind = TextDelta if isinstance(told, TextDone) else TranscriptDelta
        return kind(told.response_id, item.item_id, told.text[len(known) :]), told

    def _output_done(self, told: read.OutputDone, frame: Frame) -> Happenings:
        item = self._output(told.response_id, told.item_id)
        happened: Happenings = ()
        if self.responses.is_out_of_band(told.response_id):
            item.learn(told.item)
        else:
            happened = self._item_done(ItemDone(told.item, told.item_id), frame)
        if told.call is None or not self.calls.collect(told.response_id, told.call.call, told.item_id):
            return happened
        return happened if self.responses.is_cut(told.response_id) else (*happened, told.call)

    def _response_ended(self, told: ResponseEnded, frame: Frame) -> Happenings:
        began: Happenings = ()
        if not self.responses.is_live(told.response_id):
            began = self._response_began(read.response_began(frame), frame)
            if not began:
                return ()
        is_completed = told.status == "completed"
        ended = self.responses.ended(told.response_id, is_completed=is_completed) or Ended()
        calls = self.calls.hand_out(told.response_id, read.calls_in(frame), is_completed=is_completed)
        self._close_outputs(told.response_id, told.status, is_out_of_band=ended.is_out_of_band)
        if not self.responses.is_busy and self.session.held_back:
            self._send_update(self.session.take_held_back())
        return (
            *began,
            replace(
                told,
                calls=tuple(one.call for one in calls),
                call_item_ids={one.call.call_id: one.item_id for one in calls},
                is_out_of_band=ended.is_out_of_band,
                was_ours=bool(ended.ask_ids),
                ask_ids=ended.ask_ids,
            ),
        )

    def _close_outputs(self, response_id: str, status: str, *, is_out_of_band: bool) -> None:
        for item in self.conversation.known_items():
            if item.response_id == response_id and item.speech is not None and status in ("completed", "incomplete"):
                item.speech.is_complete = True
        if is_out_of_band:
            self.conversation.forget_unplaced(response_id)

    def _error(self, told: ErrorTold, _: Frame) -> Happenings:
        """Trace an error to what it answers, and let that take its consequences."""
        command = self._outbox.command(told.event_id)
        event_id = told.event_id if command is not None else ""
        name = command.name if command is not None else ""
        is_harmless = faults.is_harmless(
            told.kind, told.code, told.message, name, listens=ends_turns_itself(self.session.settings)
        )
        ask_ids: tuple[str, ...] = ()
        if faults.is_collision(told.kind, told.code):
            ask_ids, is_harmless = self.responses.collided(event_id, told.message)
        elif name == "response.create" or (not event_id and self._may_answer_create(told, is_harmless=is_harmless)):
            ask_ids = self.responses.refused(event_id)
        elif is_harmless and name in ("response.cancel", ""):
            self.responses.not_active()
        elif name == "session.update":
            self.session.update_refused(event_id)
        elif name == "input_audio_buffer.commit":
            self.incoming.refused()
        return (
            replace(
                told,
                event_id=event_id,
                command=name,
                is_fatal=faults.is_fatal(told.kind, told.code),
                is_harmless=is_harmless,
                ask_ids=ask_ids,
                item_id=command.item_id if command is not None else "",
            ),
        )

    def _may_answer_create(self, told: ErrorTold, *, is_harmless: bool) -> bool:
        """Whether an error that names no event of ours is taken as the answer to a create on its way.

        All our events but appends carry an id. A server that does not give it back would keep us waiting for ever.
        """
        if is_harmless or self.responses.state not in ("requested", "doomed"):
            return False
        return told.kind != "server_error" and not told.code.startswith("input_audio_buffer")


_HANDLERS: dict[type[Happening], Callable[[Receiver, Any, Frame], Happenings]] = {
    ArgumentsDelta: Receiver._arguments,
    AudioCommitted: Receiver._committed,
    AudioDelta: Receiver._audio_delta,
    AudioDone: Receiver._audio_done,
    ErrorTold: Receiver._error,
    IdleTimedOut: Receiver._speech_stopped,
    ItemAdded: Receiver._item_added,
    ItemDeleted: Receiver._item_deleted,
    ItemDone: Receiver._item_done,
    ItemTruncated: Receiver._item_truncated,
    read.OutputAdded: Receiver._output_added,
    read.OutputDone: Receiver._output_done,
    read.PartAdded: Receiver._part_added,
    ResponseBegan: Receiver._response_began,
    ResponseEnded: Receiver._response_ended,
    SessionCreated: Receiver._session_created,
    SessionUpdated: Receiver._session_updated,
    SpeechStopped: Receiver._speech_stopped,
    TextDelta: Receiver._words,
    TextDone: Receiver._words_done,
    TranscriptDelta: Receiver._words,
    TranscriptDone: Receiver._words_done,
    UserTranscript: Receiver._user_transcript,
    UserTranscriptDelta: Receiver._user_words,
}
"""What changes when something happened; the other happenings change nothing here."""
