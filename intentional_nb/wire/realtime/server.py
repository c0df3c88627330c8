"""The server's half of a Realtime session, without I/O: give it the client's frames, send what it has to say.

    half = ServerHalf("local-realtime", expires_at=…)
    for request in half.receive(frame):     # what is left to be done: hear, think, speak
        …
    for frame in half.frames_to_send():     # in order
        …

It checks the client's events, holds the settings, the input buffer, the conversation and the responses, and answers
what needs no model. Hearing is told to it (`speech_started`, `speech_stopped`, `understood`), and so is what the model
says (`begin`, then the `ServerResponse`). One thread at a time may use it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from intentional_nb.wire.realtime import server_frames as frames
from intentional_nb.wire.realtime.server_buffer import InputBuffer
from intentional_nb.wire.realtime.server_conversation import Conversation
from intentional_nb.wire.realtime.server_errors import (
    Mistake,
    already_active,
    no_such_item,
    not_cancellable,
    not_json,
    voice_is_settled,
)
from intentional_nb.wire.realtime.server_frames import Frame, numbered
from intentional_nb.wire.realtime.server_items import Part, ServerItem, read_item
from intentional_nb.wire.realtime.server_obeying import obey
from intentional_nb.wire.realtime.server_requests import Request, ResponseAsked
from intentional_nb.wire.realtime.server_response import ServerResponse
from intentional_nb.wire.realtime.server_settings import ResponseSettings, SessionSettings
from intentional_nb.wire.realtime.server_usage import transcription_usage

__all__ = ["ServerHalf", "new_id"]

_decode = msgspec.json.Decoder().decode

_PREFIXES = {"session": "sess", "conversation": "conv", "response": "resp"}


def new_id(kind: str) -> str:
    """Make up an id: ``item``, ``call``, ``event``, ``session``, ``conversation`` or ``response``."""
    return f"{_PREFIXES.get(kind, kind)}_{secrets.token_hex(10)}"


class ServerHalf:
    """One session.

    Args:
        model: The model's name.
        expires_at: Seconds since 1970 at which the session will end.
        speaks: Whether the model has a voice.
        new_id: Makes ids, of the kind that it is given.
    """

    def __init__(
        self, model: str, *, expires_at: int, speaks: bool = True, new_id: Callable[[str], str] = new_id
    ) -> None:
        self.settings = SessionSettings(model, session_id=new_id("session"), expires_at=expires_at, speaks=speaks)
        self.conversation = Conversation()
        self.buffer = InputBuffer()
        self._conversation_id = new_id("conversation")
        self._responses: list[ServerResponse] = []
        self._speech: tuple[str, float] | None = None
        """The item that the user is speaking, and the time at which it began."""
        self.new_id = new_id
        self._waiting: list[Frame] = []

    # ---- frames in and out

    def open(self) -> None:
        """Greet the client."""
        self.tell(frames.session_created(self.settings.frame))

    def receive(self, frame: str | bytes) -> tuple[Request, ...]:
        """Obey one frame of the client; whatever is wrong with it is answered with an ``error``."""
        try:
            event = _decode(frame)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.refuse(not_json())
            return ()
        event_id = event.get("event_id") if isinstance(event, dict) else None
        try:
            return obey(self, event)
        except Mistake as mistake:
            self.refuse(mistake, event_id if isinstance(event_id, str) else None)
            return ()

    def frames_to_send(self) -> list[Frame]:
        """Hand out what the client shall be told, in order."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def tell(self, frame: Frame) -> None:
        """Queue an event for the client, with an id of its own."""
        self._waiting.append(numbered(frame, self.new_id("event")))

    def refuse(self, mistake: Mistake, event_id: str | None = None) -> None:
        """Tell the client what it got wrong."""
        self.tell(frames.error(mistake.message, code=mistake.code, param=mistake.param, event_id=event_id))

    def add_item(self, item: ServerItem, previous_item_id: str | None = None) -> None:
        """Put a complete item into the conversation and show it.

        Raises:
            Mistake: The conversation does not take it.
        """
        previous = self.conversation.add(item, previous_item_id)
        self.tell(frames.item_added(item.frame(), previous))
        self.tell(frames.item_done(item.frame(), previous))

    # ---- hearing, in times of the buffer's clock

    @property
    def is_speaking(self) -> bool:
        """Whether the user is."""
        return self._speech is not None

    def commit(self) -> ServerItem:
        """End the user's turn by hand, with all that is in the buffer.

        Raises:
            Mistake: That is too little.
        """
        pcm = self.buffer.commit()
        item_id = self._speech[0] if self._speech else self.new_id("item")
        self._speech = None
        return self._add_speech(item_id, pcm)

    def forget_speech(self) -> None:
        """Nobody is speaking any more, whoever began."""
        self._speech = None

    def speech_started(self, at_ms: float) -> ServerResponse | None:
        """The user begins to speak; the response that this breaks off, if it does, is returned."""
        item_id = self.new_id("item")
        self._speech = (item_id, at_ms)
        self.tell(frames.speech_started(item_id, round(at_ms)))
        detection = self.settings.turn_detection or {}
        active = self.active_response
        if active is None or not detection.get("interrupt_response"):
            return None
        return self.cancel(reason="turn_detected")

    def speech_stopped(self, at_ms: float) -> tuple[ServerItem, ResponseAsked | None]:
        """The user has fallen silent: their item, and the response to it, where turns are answered by themselves."""
        assert self._speech is not None, "nobody was speaking"
        item_id, start_ms = self._speech
        self._speech = None
        self.tell(frames.speech_stopped(item_id, round(at_ms)))
        item = self._add_speech(item_id, self.buffer.take(start_ms, at_ms))
        return item, self._answer_turn()

    def stayed_silent(self, start_ms: float) -> tuple[ServerItem, ResponseAsked | None]:
        """The user has said nothing since `start_ms`: an item of silence, and the response to it."""
        end_ms = self.buffer.clock_ms
        item_id = self.new_id("item")
        self.tell(frames.timeout_triggered(item_id, round(start_ms), round(end_ms)))
        item = self._add_speech(item_id, self.buffer.take(start_ms, end_ms))
        item.is_silence = True
        return item, self._answer_turn()

    def understood(self, item: ServerItem, text: str) -> None:
        """The words of an item's speech are known."""
        for part in item.parts:
            if part.is_audio:
                part.text, part.is_understood = text, True
                text = ""  # of several parts the first stands for all

    def transcribe(self, item: ServerItem, text: str, pieces: tuple[str, ...] = ()) -> None:
        """Show the client an item's words, piece by piece and then whole."""
        for piece in pieces:
            self.tell(frames.transcription_delta(item.id, piece))
        if item.speech is not None:
            item.speech.transcript = text
        self.tell(frames.transcription_completed(item.id, text, transcription_usage(item, text)))

    # ---- responses

    @property
    def active_response(self) -> ServerResponse | None:
        """The response that is being written to the conversation."""
        return next((one for one in self._responses if one.is_active and not one.is_out_of_band), None)

    @property
    def active_responses(self) -> tuple[ServerResponse, ...]:
        """That one, and those beside the conversation."""
        return tuple(one for one in self._responses if one.is_active)

    def begin(self, asked: ResponseAsked) -> ServerResponse:
        """Begin to respond."""
        is_apart = asked.settings.is_out_of_band
        response = ServerResponse(
            self.new_id("response"),
            asked.settings,
            conversation=None if is_apart else self.conversation,
            conversation_id=None if is_apart else self._conversation_id,
            context=asked.context,
            send=self.tell,
            new_id=self.new_id,
        )
        self._responses = [*self.active_responses, response]
        self.conversation.let_audio_go()
        return response

    def ask(self, asked: Mapping[str, Any], event_id: str | None = None) -> ResponseAsked:
        """Make a response of what a ``response.create`` holds, or of nothing.

        Raises:
            Mistake: The conversation has one already, has another voice, or lacks an item that is named.
        """
        settings = ResponseSettings.of(self.settings, asked)
        if not settings.is_out_of_band:
            if active := self.active_response:
                raise already_active(active.id)
            if settings.voice != self.settings.voice and self.conversation.has_spoken:
                raise voice_is_settled()
        told = asked.get("input")
        context = tuple(self.conversation) if told is None else tuple(map(self._input_item, told))
        return ResponseAsked(settings, context, event_id)

    def cancel(self, response_id: str | None = None, reason: str = "client_cancelled") -> ServerResponse:
        """Break a response off: this one, or that of the conversation.

        Raises:
            Mistake: It is not going on.
        """
        found = next((one for one in self.active_responses if one.id == response_id), None)
        response = found if response_id else self.active_response
        if response is None:
            raise not_cancellable()
        response.finish("cancelled", reason)
        return response

    # ----

    def _input_item(self, told: Mapping[str, Any]) -> ServerItem:
        if told["type"] != "item_reference":
            return read_item(told, item_id=self.new_id("item"), call_id=self.new_id("call"))
        found = self.conversation.get(told["id"])
        if found is None:
            raise no_such_item("retrieving", told["id"])
        return found

    def _answer_turn(self) -> ResponseAsked | None:
        """The response that the end of a turn asks for; a turn that ends while one goes on gets an error instead."""
        if not (self.settings.turn_detection or {}).get("create_response"):
            return None
        try:
            return self.ask({})
        except Mistake as mistake:
            self.refuse(mistake)
            return None

    def _add_speech(self, item_id: str, pcm: bytes) -> ServerItem:
        item = ServerItem(item_id, "message", role="user", parts=[Part.heard(pcm)])
        self.tell(frames.input_committed(item_id, self.conversation.last_id))
        self.add_item(item)
        return item
