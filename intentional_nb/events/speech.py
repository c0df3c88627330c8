"""What a spoken conversation has besides: speech of both sides, and what was heard of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from intentional_nb.events.base import Event

__all__ = [
    "ReplyAudio",
    "ReplyHeard",
    "ReplyInterrupted",
    "ReplyTranscribed",
    "SpeechEnded",
    "SpeechStarted",
    "UserTranscribed",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechStarted(Event):
    """The server hears the user speak.

    Attributes:
        item_id: The conversation item that the speech will become.
        at_ms: Where in the audio sent in this session the speech begins, in milliseconds.
    """

    handler_name: ClassVar[str] = "on_vad_detects_user_speech_started"
    item_id: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechEnded(Event):
    """The server hears that the user has stopped; the fields are those of `SpeechStarted`."""

    handler_name: ClassVar[str] = "on_vad_detects_user_speech_ended"
    item_id: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTranscribed(Event):
    """What the user said, as far as it has been recognised.

    Attributes:
        turn: The turn that the speech began; it may have ended.
        item_id: The conversation item.
        text: All that is known of it so far, not only what is new.
        is_final: Whether nothing more will come.
        error: Why nothing was recognised, where that failed.
    """

    handler_name: ClassVar[str] = "on_user_speech_transcribed"
    turn: int
    item_id: str
    text: str
    is_final: bool
    error: str = ""

    @property
    def transcript(self) -> str:
        """The text, under the name that Intentional gave it."""
        return self.text

    def keys(self) -> list[str]:
        """The fields, and ``transcript``."""
        return [*Event.keys(self), "transcript"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyAudio(Event):
    """A piece of the reply's speech, which comes faster than it can be played.

    Attributes:
        item_id: The conversation item that it is part of.
        pcm: 16-bit little-endian mono samples; never empty.
        rate_hz: Samples per second.
        part: As in `ReplyText`.
    """

    handler_name: ClassVar[str] = "on_audio_message_from_model"
    turn: int
    item_id: str
    pcm: bytes = field(repr=False)
    rate_hz: int = 24_000
    part: int = 0

    @property
    def delta(self) -> bytes:
        """The samples, under the name that Intentional gave them."""
        return self.pcm

    def keys(self) -> list[str]:
        """The fields, and ``delta``."""
        return [*Event.keys(self), "delta"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyTranscribed(Event):
    """All words of one spoken item of the reply; `ReplyText` gave them piece by piece."""

    handler_name: ClassVar[str] = "on_model_speech_transcribed"
    turn: int
    item_id: str
    text: str
    part: int = 0

    @property
    def transcript(self) -> str:
        """The text, under the name that Intentional gave it."""
        return self.text

    def keys(self) -> list[str]:
        """The fields, and ``transcript``."""
        return [*Event.keys(self), "transcript"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyHeard(Event):
    """A spoken item of the reply was played to its end.

    Attributes:
        heard_ms: How long it is, in milliseconds.
    """

    handler_name: ClassVar[str] = "on_reply_heard"
    turn: int
    item_id: str
    heard_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyInterrupted(Event):
    """The user spoke, or pressed stop, while a spoken item of the reply was being played.

    Attributes:
        heard_ms: How much of it was really played, in milliseconds.
        received_ms: How much the model had made.
        heard_text: About what the user heard: the transcript in proportion to the time.
    """

    handler_name: ClassVar[str] = "on_reply_interrupted"
    turn: int
    item_id: str
    heard_ms: int
    received_ms: int
    heard_text: str = ""
