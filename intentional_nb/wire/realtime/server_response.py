"""One response while it is made: what the model says and calls becomes events in the order that OpenAI sends them.

    response.open_message()            output_item.added, item.added, content_part.added
    response.speak(pcm, "Hello ")      output_audio_transcript.delta, output_audio.delta
    response.close_item()              output_audio.done, …transcript.done, content_part.done, item.done, …
    response.call("book", "{}")        the same for a function call
    response.finish()                  response.done, rate_limits.updated

Broken off, it closes what is open with exactly what was sent of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from intentional_nb.wire.realtime import server_frames as frames
from intentional_nb.wire.realtime.server_conversation import Conversation
from intentional_nb.wire.realtime.server_frames import Frame, Place
from intentional_nb.wire.realtime.server_items import Part, ServerItem, Status
from intentional_nb.wire.realtime.server_settings import ResponseSettings
from intentional_nb.wire.realtime.server_usage import limits_frame, usage_frame

__all__ = ["Failure", "FinalStatus", "ServerResponse"]

FinalStatus = Literal["completed", "cancelled", "incomplete", "failed"]

ARGUMENTS_PIECE = 16
"""Characters of a call's arguments in one delta."""


class Failure(Exception):
    """A response that cannot be given; it ends as ``failed``, with this as its error."""

    def __init__(self, message: str, *, code: str = "server_error", type: str = "server_error") -> None:
        self.message, self.code, self.type = message, code, type
        super().__init__(message)

    @property
    def frame(self) -> Frame:
        """The error as a response's status details show it."""
        return {"type": self.type, "code": self.code, "message": self.message}


class ServerResponse:
    """One response, from its creation on.

    Args:
        response_id: Its id.
        settings: What it goes by.
        conversation: Where its items go; None when it is out of band.
        conversation_id: The conversation's id, likewise.
        context: The items that it answers.
        send: Takes each event.
        new_id: Makes ids, of the kind that it is given.
    """

    def __init__(
        self,
        response_id: str,
        settings: ResponseSettings,
        *,
        conversation: Conversation | None,
        conversation_id: str | None,
        context: Iterable[ServerItem],
        send: Callable[[Frame], None],
        new_id: Callable[[str], str],
    ) -> None:
        self.id = response_id
        self.settings = settings
        self.context = tuple(context)
        self.output: list[ServerItem] = []
        self.status: FinalStatus | Literal["in_progress"] = "in_progress"
        self._conversation = conversation
        self._conversation_id = conversation_id
        self._send, self._new_id = send, new_id
        self._open: ServerItem | None = None
        send(frames.response_created(self._frame()))

    @property
    def is_active(self) -> bool:
        """Whether it goes on."""
        return self.status == "in_progress"

    @property
    def is_out_of_band(self) -> bool:
        """Whether it stays outside the conversation."""
        return self._conversation is None

    @property
    def audio_ms(self) -> float:
        """How long what it has said lasts."""
        return sum(part.audio_ms for item in self.output for part in item.parts)

    # ---- what the model says

    def open_message(self, *, has_audio: bool | None = None) -> ServerItem:
        """Begin a message, spoken or written as the response's settings have it unless said otherwise."""
        is_spoken = self.settings.has_audio if has_audio is None else has_audio
        item = ServerItem(self._new_id("item"), "message", "in_progress", role="assistant")
        self._add(item)
        item.parts.append(Part("output_audio", transcript="") if is_spoken else Part("output_text"))
        self._send(self._place.part("added", _shown(item.parts[0])))
        return item

    def write(self, text: str) -> None:
        """Go on with a written message."""
        self._part.text += text
        self._send(self._place.text_delta(text))

    def speak(self, pcm: bytes, words: str = "") -> None:
        """Go on with a spoken message: samples, and the words that begin with them."""
        self._part.speak(pcm, words)
        if words:
            self._send(self._place.transcript_delta(words))
        if pcm:
            self._send(self._place.audio_delta(pcm))

    def call(self, name: str, arguments: str, call_id: str | None = None) -> ServerItem:
        """Call a function."""
        item = self.open_call(name, call_id)
        for at in range(0, len(arguments), ARGUMENTS_PIECE):
            self.argue(arguments[at : at + ARGUMENTS_PIECE])
        self.close_item()
        return item

    def open_call(self, name: str, call_id: str | None = None) -> ServerItem:
        """Begin to call a function; its arguments follow in pieces."""
        call_id = call_id or self._new_id("call")
        item = ServerItem(self._new_id("item"), "function_call", "in_progress", name=name, call_id=call_id)
        self._add(item)
        return item

    def argue(self, piece: str) -> None:
        """Go on with a call's arguments."""
        assert self._open is not None
        self._open.arguments += piece
        self._send(self._place.arguments_delta(self._open.call_id, piece))

    def close_item(self, status: Status = "completed") -> None:
        """End the message or the call that is open, if one is."""
        item = self._open
        if item is None:
            return
        item.status = status
        for frame in _closing(item, self._place):
            self._send(frame)
        if self._conversation is not None and item.id in self._conversation:
            self._send(frames.item_done(item.frame(), self._conversation.previous_of(item.id)))
        self._send(self._place.output_item("done", item.frame()))
        self._open = None

    # ---- the end

    def finish(
        self, status: FinalStatus = "completed", reason: str | None = None, error: Failure | None = None
    ) -> None:
        """End the response.

        Args:
            status: How it ends.
            reason: Why, where it is ``cancelled`` or ``incomplete``.
            error: What went wrong, where it ``failed``.
        """
        self.close_item("completed" if status == "completed" else "incomplete")
        self.status = status
        usage = usage_frame(self.settings.instructions, self.context, self.output)
        details: Frame | None = None
        if status != "completed":
            details = {"type": status, "reason": reason, "error": error.frame if error else None}
        self._send(frames.response_done(self._frame(details, usage)))
        self._send(frames.rate_limits(limits_frame(usage["total_tokens"])))

    # ----

    @property
    def _place(self) -> Place:
        assert self._open is not None, "nothing is open in this response"
        return Place(self.id, self._open.id, len(self.output) - 1)

    @property
    def _part(self) -> Part:
        assert self._open is not None, "no message is open in this response"
        return self._open.parts[0]

    def _add(self, item: ServerItem) -> None:
        self.close_item()
        self.output.append(item)
        self._open = item
        self._send(self._place.output_item("added", item.frame()))
        if self._conversation is not None:
            self._send(frames.item_added(item.frame(), self._conversation.add(item)))

    def _frame(self, details: Frame | None = None, usage: Frame | None = None) -> Frame:
        settings = self.settings
        voice = settings.voice["id"] if isinstance(settings.voice, Mapping) else settings.voice
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": self.status,
            "status_details": details,
            "output": [item.frame() for item in self.output],
            "conversation_id": self._conversation_id,
            "output_modalities": settings.output_modalities,
            "max_output_tokens": settings.max_output_tokens,
            "audio": {"output": {"format": settings.format, "voice": voice}},
            "usage": usage,
            "metadata": settings.metadata,
        }


def _closing(item: ServerItem, place: Place) -> Iterable[Frame]:
    if item.type == "function_call":
        yield place.arguments_done(item.call_id, item.name, item.arguments)
        return
    part = item.parts[0]
    if part.is_audio:
        yield place.audio_done()
        yield place.transcript_done(part.text)
    else:
        yield place.text_done(part.text)
    yield place.part("done", _shown(part))


def _shown(part: Part) -> Frame:
    """A part as the events about parts name it, which is not as items do."""
    return {"type": "audio", "transcript": part.text} if part.is_audio else {"type": "text", "text": part.text}
