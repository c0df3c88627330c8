"""An item of a conversation as the server keeps it: what it shows of itself, and what of it the model goes by.

The two differ for speech. The user's is shown with a transcript only where the session asks for one, and the model's
loses its transcript when it is truncated; the model goes by what it understood of the one and by what was heard of the
other.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from intentional_nb.wire.realtime.server_frames import Frame

__all__ = ["BYTES_PER_MS", "Part", "ServerItem", "Status", "read_item"]

BYTES_PER_MS = 48
"""Of PCM16 mono at 24 000 Hz."""

Status = Literal["in_progress", "completed", "incomplete"]

_TEXT = ("input_text", "output_text")
_AUDIO = ("input_audio", "output_audio")


@dataclass(slots=True)
class Part:
    """One piece of a message's content."""

    type: str
    """``input_text``, ``input_audio``, ``input_image``, ``output_text`` or ``output_audio``."""
    text: str = ""
    """Of a text; of speech, what the model goes by."""
    transcript: str | None = None
    """What is shown of the words of speech."""
    pcm: bytearray = field(default_factory=bytearray)
    audio_ms: float = 0.0
    """How long the audio is, also after its bytes have been let go."""
    words: list[tuple[float, str]] = field(default_factory=list)
    """Of what the model speaks: pieces of the text, each with the time in the audio from which it can be heard."""
    is_understood: bool = True
    """Whether `text` is there: the user's speech takes a while to be understood."""
    image: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def heard(cls, pcm: bytes, transcript: str | None = None) -> Part:
        """Make a part of the user's speech, which is still to be understood."""
        length_ms = len(pcm) / BYTES_PER_MS
        return cls("input_audio", transcript=transcript, pcm=bytearray(pcm), audio_ms=length_ms, is_understood=False)

    @property
    def is_audio(self) -> bool:
        """Whether this was spoken."""
        return self.type in _AUDIO

    def frame(self, *, with_audio: bool = False) -> Frame:
        """Show it; the audio itself only when it was asked for."""
        if self.type in _TEXT:
            return {"type": self.type, "text": self.text}
        if self.is_audio:
            shown: Frame = {"type": self.type, "transcript": self.transcript}
            if with_audio:
                shown["audio"] = b64encode(self.pcm).decode("ascii")
            return shown
        return {"type": self.type, **self.image}

    def speak(self, pcm: bytes, words: str) -> None:
        """Go on speaking: words that begin with these samples."""
        if words:
            self.words.append((self.audio_ms, words))
            self.text += words
            self.transcript = (self.transcript or "") + words
        self.pcm += pcm
        self.audio_ms += len(pcm) / BYTES_PER_MS

    def cut(self, end_ms: int) -> None:
        """Forget what comes after a point of the audio; what is shown of the words is forgotten whole."""
        self.words = [(at_ms, words) for at_ms, words in self.words if at_ms < end_ms]
        self.text = "".join(words for _, words in self.words)
        self.transcript = None
        del self.pcm[end_ms * BYTES_PER_MS :]
        self.audio_ms = min(self.audio_ms, end_ms)


@dataclass(slots=True)
class ServerItem:
    """A message, a function call, or the output of one."""

    id: str
    type: str
    """``message``, ``function_call`` or ``function_call_output``."""
    status: Status = "completed"
    role: str = ""
    parts: list[Part] = field(default_factory=list)
    name: str = ""
    call_id: str = ""
    arguments: str = ""
    output: str = ""
    is_silence: bool = False
    """Whether this is what came while the user said nothing for too long."""

    @property
    def speech(self) -> Part | None:
        """The first part that was spoken."""
        return next((part for part in self.parts if part.is_audio), None)

    @property
    def text(self) -> str:
        """What the model goes by."""
        return "\n".join(part.text for part in self.parts if part.text)

    def frame(self, *, with_audio: bool = False) -> Frame:
        """Show it."""
        shown: Frame = {"id": self.id, "object": "realtime.item", "type": self.type, "status": self.status}
        if self.type == "message":
            content = [part.frame(with_audio=with_audio) for part in self.parts]
            return shown | {"role": self.role, "content": content}
        if self.type == "function_call":
            return shown | {"name": self.name, "call_id": self.call_id, "arguments": self.arguments}
        return shown | {"call_id": self.call_id, "output": self.output}


def read_item(told: Mapping[str, Any], *, item_id: str, call_id: str) -> ServerItem:
    """Make an item of what a client sent, which has been checked.

    Args:
        told: The client's item.
        item_id: Its id where the client gave none.
        call_id: A call's id where the client gave none.
    """
    return ServerItem(
        id=told.get("id") or item_id,
        type=told["type"],
        role=told.get("role", ""),
        parts=[_read_part(part) for part in told.get("content") or ()],
        name=told.get("name", ""),
        call_id=told.get("call_id") or call_id,
        arguments=told.get("arguments", ""),
        output=told.get("output", ""),
    )


def _read_part(told: Mapping[str, Any]) -> Part:
    kind = told["type"]
    if kind in _TEXT:
        return Part(kind, text=told["text"])
    if kind in _AUDIO:
        return Part.heard(b64decode(told["audio"]), told.get("transcript"))
    image = {name: told[name] for name in ("image_url", "detail") if told.get(name) is not None}
    return Part(kind, image=image)
