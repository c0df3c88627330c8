"""The client's ear: each frame of the server changes what is known, and comes out as what happened.

`reading` says what a frame means by itself; here it meets what was known before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from intentional_nb.wire.realtime import faults, happenings, reading
from intentional_nb.wire.realtime.decoding import ArgumentsFrame, AudioFrame, TextFrame, TranscriptFrame, decode
from intentional_nb.wire.realtime.happenings import (
    ArgumentsDelta,
    AudioCommitted,
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
    TranscriptDelta,
    Unrecognised,
    UserTranscript,
    UserTranscriptDelta,
)
from intentional_nb.wire.realtime.input_audio import InputAudio
from intentional_nb.wire.realtime.items import Conversation
from intentional_nb.wire.realtime.names import KEPT, ga_name
from intentional_nb.wire.realtime.outbox import Outbox
from intentional_nb.wire.realtime.outputs import Outputs
from intentional_nb.wire.realtime.responses import Sequencer
from intentional_nb.wire.realtime.session import bytes_per_ms, ends_turns_itself
from intentional_nb.wire.realtime.session_state import SessionState

__all__ = ["Receiver"]

_Happenings = tuple[Happening, ...]


class Receiver:
    """Takes the server's frames in.

    Attributes:
        session: The settings.
        conversation: The items.
        responses: Which response is active, and which waits.
        outputs: What the responses make.
        incoming: The audio sent.
    """

    def __init__(self, outbox: Outbox, send_update: Callable[[Mapping[str, Any]], object]) -> None:
        self.session = SessionState()
        self.conversation = Conversation()
        self.responses = Sequencer(outbox.send, outbox.new_id)
        self.outputs = Outputs(self.conversation, self.responses)
        self.incoming = InputAudio()
        self._outbox = outbox
        self._send_update = send_update
        self._handlers = self._all_handlers()

    def _all_handlers(self) -> Mapping[type[Happening], Callable[[Any], _Happenings]]:
        """What changes when something happened; happenings that are not here change nothing."""
        outputs = self.outputs
        return {
            happenings.ArgumentsDelta: outputs.arguments,
            happenings.AudioDelta: outputs.audio_delta,
            happenings.AudioDone: outputs.audio_done,
            happenings.TextDelta: outputs.words,
            happenings.TextDone: outputs.words_done,
            happenings.TranscriptDelta: outputs.words,
            happenings.TranscriptDone: outputs.words_done,
            reading.OutputAdded: outputs.item_added,
            reading.OutputDone: outputs.item_done,
            reading.PartAdded: outputs.part_added,
            AudioCommitted: self._committed,
            ErrorTold: self._error,
            IdleTimedOut: self._speech_stopped,
            ItemAdded: self._item_added,
            reading.ItemCreated: self._item_created,
            ItemDeleted: self._item_deleted,
            ItemDone: self._item_done,
            ItemTruncated: self._item_truncated,
            ResponseBegan: self._response_began,
            ResponseEnded: self._response_ended,
            SessionCreated: self._session_created,
            SessionUpdated: self._session_updated,
            SpeechStopped: self._speech_stopped,
            UserTranscript: self._user_transcript,
            UserTranscriptDelta: self._user_words,
        }

    def receive(self, frame: str | bytes) -> _Happenings:
        """Take one frame in; see `ClientHalf.receive`."""
        told = decode(frame)
        if isinstance(told, AudioFrame):
            return self.outputs.audio(told.response_id, told.item_id, told.delta, told.content_index)
        if isinstance(told, dict):
            return self._object(told)
        return self._typed(told)

    def _typed(self, told: TextFrame | TranscriptFrame | ArgumentsFrame) -> _Happenings:
        if isinstance(told, ArgumentsFrame):
            call_id = told.call_id or told.item_id
            return self.outputs.arguments(ArgumentsDelta(told.response_id, call_id, told.delta, told.item_id))
        kind = TranscriptDelta if isinstance(told, TranscriptFrame) else TextDelta
        return self.outputs.words(kind(told.response_id, told.item_id, told.delta))

    def _object(self, frame: dict[str, Any]) -> _Happenings:
        name = ga_name(frame["type"])
        if name not in reading.READERS:
            return (Unrecognised(frame["type"], frame, KEPT.get(name, "an unknown type of event")),)
        reader = reading.READERS[name]
        if reader is None:
            return ()
        told = reader(frame)
        if told is None:
            return (Unrecognised(frame["type"], frame, "its content cannot be read"),)
        handle = self._handlers.get(type(told))
        return handle(told) if handle is not None else (told,)

    # The session, and the audio sent.

    def _session_created(self, told: SessionCreated) -> _Happenings:
        self.session.created(told.session, told.session_id, told.expires_at)
        self._take_formats()
        return (told,)

    def _session_updated(self, told: SessionUpdated) -> _Happenings:
        event_id = self.session.updated(told.session)
        self._take_formats()
        return (replace(told, session=self.session.settings, event_id=event_id),)

    def _take_formats(self) -> None:
        self.incoming.bytes_per_ms = bytes_per_ms(self.session.settings, "input")
        self.outputs.bytes_per_ms = bytes_per_ms(self.session.settings, "output")

    def _speech_stopped(self, told: SpeechStopped | IdleTimedOut) -> _Happenings:
        self.incoming.speech_ended(told.audio_end_ms)
        return (told,)

    def _committed(self, told: AudioCommitted) -> _Happenings:
        self.incoming.committed()
        item = self.conversation.place(told.item_id, told.previous_item_id)
        item.facts = {"type": "message", "role": "user", **item.facts}
        return (told,)

    # The conversation.

    def _item_added(self, told: ItemAdded) -> _Happenings:
        return (told,) if self.conversation.added(told.item_id, told.item, told.previous_item_id) else ()

    def _item_created(self, told: reading.ItemCreated) -> _Happenings:
        added = self._item_added(ItemAdded(told.item, told.item_id, told.previous_item_id))
        return added + self._item_done(ItemDone(told.item, told.item_id)) if told.is_done else added

    def _item_done(self, told: ItemDone) -> _Happenings:
        return (told,) if self.conversation.finished(told.item_id, told.item, told.previous_item_id) else ()

    def _item_deleted(self, told: ItemDeleted) -> _Happenings:
        self.conversation.remove(told.item_id)
        return (told,)

    def _item_truncated(self, told: ItemTruncated) -> _Happenings:
        item = self.conversation.get(told.item_id)
        if item is not None and item.speech is not None:
            item.speech.heard_ms = told.audio_end_ms
            item.speech.is_closed = True
        return (told,)

    def _user_words(self, told: UserTranscriptDelta) -> _Happenings:
        if not told.delta:
            return ()
        if not self.conversation.is_gone(told.item_id):
            self.conversation.known(told.item_id).words.append(told.delta)
        return (told,)

    def _user_transcript(self, told: UserTranscript) -> _Happenings:
        if not self.conversation.is_gone(told.item_id):
            self.conversation.known(told.item_id).words = [told.text]
        return (told,)

    # Responses, and errors.

    def _response_began(self, told: ResponseBegan) -> _Happenings:
        ask_ids = self.responses.began(told.response_id, told.metadata, is_detached=told.is_out_of_band)
        if ask_ids is None:
            return ()
        return (replace(told, is_out_of_band=self.responses.is_out_of_band(told.response_id), ask_ids=ask_ids),)

    def _response_ended(self, told: ResponseEnded) -> _Happenings:
        began: _Happenings = ()
        if not self.responses.is_live(told.response_id):
            # Some servers tell only the end of a response that fails at once.
            began = self._response_began(ResponseBegan(told.response_id, told.is_out_of_band, told.metadata))
            if not began:
                return ()
        ended = self.outputs.ended(told)
        if not self.responses.is_busy and self.session.held_back:
            self._send_update(self.session.take_held_back())
        return began + ended

    def _error(self, told: ErrorTold) -> _Happenings:
        """Trace an error to what it answers, and let that take its consequences."""
        event_id = told.event_id if self._outbox.command(told.event_id).name else ""
        if not event_id and told.param.startswith("session"):  # some servers do not say which event they mean
            event_id = self.session.oldest_update
        command = self._outbox.command(event_id)
        is_harmless = faults.is_harmless(
            told.kind, told.code, told.message, command.name, listens=ends_turns_itself(self.session.settings)
        )
        ask_ids: tuple[str, ...] = ()
        if faults.is_collision(told.kind, told.code):
            ask_ids, is_harmless = self.responses.collided(event_id, told.message)
        elif command.name == "response.create" or (not is_harmless and self._may_answer_create(told, event_id)):
            ask_ids = self.responses.refused(event_id)
        elif is_harmless and command.name in ("response.cancel", ""):
            self.responses.not_active()
        elif command.name == "session.update":
            self.session.update_refused(event_id)
        elif command.name == "input_audio_buffer.commit":
            self.incoming.refused()
        return (
            replace(
                told,
                event_id=event_id,
                command=command.name,
                is_fatal=faults.is_fatal(told.kind, told.code),
                is_harmless=is_harmless,
                ask_ids=ask_ids,
                item_id=command.item_id,
            ),
        )

    def _may_answer_create(self, told: ErrorTold, event_id: str) -> bool:
        """Whether an error that names no event of ours is taken as the answer to a create on its way.

        All our events but appends carry an id. A server that does not give it back would keep us waiting for ever.
        """
        is_waiting = not event_id and self.responses.create in ("sent", "doomed")
        return is_waiting and told.kind != "server_error" and not told.code.startswith("input_audio_buffer")
