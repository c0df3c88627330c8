"""What a frame from the server means, as frozen values.

`ClientHalf.receive` makes one of these, or none, or a few, from each frame. Ids are the server's, and the empty text
where a server leaves one out. Audio is 16-bit little-endian mono, as the server sends it: 24 000 Hz unless the session
says otherwise. They are msgspec structs rather than dataclasses because they are made fifty times a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from intentional_nb.wire.calls import ToolCall

__all__ = [
    "ArgumentsDelta",
    "AudioCleared",
    "AudioCommitted",
    "AudioDelta",
    "AudioDone",
    "CallCompleted",
    "ErrorTold",
    "Happening",
    "IdleTimedOut",
    "ItemAdded",
    "ItemDeleted",
    "ItemDone",
    "ItemRetrieved",
    "ItemTruncated",
    "RateLimits",
    "RealtimeUsage",
    "ResponseBegan",
    "ResponseEnded",
    "ResponseStatus",
    "SessionCreated",
    "SessionUpdated",
    "SpeechBegan",
    "SpeechStopped",
    "TextDelta",
    "TextDone",
    "TranscriptDelta",
    "TranscriptDone",
    "Unrecognised",
    "UserTranscript",
    "UserTranscriptDelta",
    "UserTranscriptFailed",
]

ResponseStatus = Literal["completed", "cancelled", "failed", "incomplete"]
"""How a response ended; a status that is not known counts as ``failed``."""


class Happening(msgspec.Struct, frozen=True):
    """Something that the server told."""


class SessionCreated(Happening, frozen=True):
    """The session is open; nothing was set yet.

    Attributes:
        session: Its settings in the GA shape, also where the server speaks the beta's.
        session_id: The server's id of it.
        expires_at: When the server will close it, in seconds since 1970, where it says so.
    """

    session: Mapping[str, Any]
    session_id: str
    expires_at: int | None = None


class SessionUpdated(Happening, frozen=True):
    """A ``session.update`` took effect; all settings are told, in the GA shape.

    Attributes:
        event_id: What `ClientHalf.update_session` returned for it; empty when the server tells unasked.
    """

    session: Mapping[str, Any]
    event_id: str = ""


class SpeechBegan(Happening, frozen=True):
    """The server hears speech; ``audio_start_ms`` counts all audio sent in this session."""

    item_id: str
    audio_start_ms: int


class SpeechStopped(Happening, frozen=True):
    """The server hears that the speech is over; ``audio_end_ms`` counts all audio sent in this session."""

    item_id: str
    audio_end_ms: int


class AudioCommitted(Happening, frozen=True):
    """The audio sent became the item ``item_id``; the buffer is empty.

    Attributes:
        previous_item_id: The item before it; None where it is the first, or the server does not say.
    """

    item_id: str
    previous_item_id: str | None = None


class AudioCleared(Happening, frozen=True):
    """The audio sent since the last commit was thrown away, as asked."""


class IdleTimedOut(Happening, frozen=True):
    """Nobody spoke for the session's ``idle_timeout_ms``: the silence was committed, and a response comes by itself."""

    item_id: str
    audio_start_ms: int
    audio_end_ms: int


class ItemAdded(Happening, frozen=True):
    """An item stands in the conversation, perhaps still without its content; told once an item.

    Attributes:
        item: As the server sends it, in the GA shape.
        previous_item_id: The item before it; None where it is the first, or the server does not say.
    """

    item: Mapping[str, Any]
    item_id: str
    previous_item_id: str | None = None


class ItemDone(Happening, frozen=True):
    """An item is complete; told once an item."""

    item: Mapping[str, Any]
    item_id: str
    previous_item_id: str | None = None


class ItemRetrieved(Happening, frozen=True):
    """The answer to ``retrieve_item``, audio included."""

    item: Mapping[str, Any]
    item_id: str


class ItemDeleted(Happening, frozen=True):
    """An item is gone from the conversation."""

    item_id: str


class ItemTruncated(Happening, frozen=True):
    """The server forgot what the item says after ``audio_end_ms``, its transcript included."""

    item_id: str
    content_index: int
    audio_end_ms: int


class UserTranscriptDelta(Happening, frozen=True):
    """A piece of what the user said; it may come long after the response to it."""

    item_id: str
    delta: str


class UserTranscript(Happening, frozen=True):
    """All that the user said in an item.

    Attributes:
        usage: What recognising it took, as the server tells it, or None.
    """

    item_id: str
    text: str
    usage: Mapping[str, Any] | None = None


class UserTranscriptFailed(Happening, frozen=True):
    """What the user said in an item could not be recognised; the model has heard it all the same."""

    item_id: str
    message: str


class ResponseBegan(Happening, frozen=True):
    """The model begins a response.

    Attributes:
        is_out_of_band: Whether it stands beside the conversation (``conversation: "none"``).
        metadata: What the request for it carried.
        ask_ids: What `ClientHalf.ask` returned for it, more than once when asks were joined; empty for a response that
            the server makes by itself. A collision that is told later takes the claim back: `ResponseEnded` has the
            last word.
    """

    response_id: str
    is_out_of_band: bool = False
    metadata: Mapping[str, Any] = {}
    ask_ids: tuple[str, ...] = ()


class TextDelta(Happening, frozen=True):
    """A piece of written reply; never empty."""

    response_id: str
    item_id: str
    delta: str


class TextDone(Happening, frozen=True):
    """All of a written item of the reply."""

    response_id: str
    item_id: str
    text: str


class AudioDelta(Happening, frozen=True):
    """A piece of spoken reply; never empty, and always whole samples."""

    response_id: str
    item_id: str
    pcm: bytes

    def __repr__(self) -> str:
        return f"AudioDelta({self.response_id!r}, {self.item_id!r}, <{len(self.pcm)} bytes>)"


class AudioDone(Happening, frozen=True):
    """No more audio will come for the item."""

    response_id: str
    item_id: str


class TranscriptDelta(Happening, frozen=True):
    """A piece of the words of a spoken reply; never empty."""

    response_id: str
    item_id: str
    delta: str


class TranscriptDone(Happening, frozen=True):
    """All words of a spoken item of the reply."""

    response_id: str
    item_id: str
    text: str


class ArgumentsDelta(Happening, frozen=True):
    """A piece of a tool call's arguments, to show; never empty.

    Attributes:
        item_id: The item that the call is.
        name: The tool's name; empty as long as the server has not told it.
    """

    response_id: str
    call_id: str
    delta: str
    item_id: str = ""
    name: str = ""


class CallCompleted(Happening, frozen=True):
    """The model has written a tool call to its end. To show only: it runs when `ResponseEnded` hands it out."""

    response_id: str
    call: ToolCall
    item_id: str


class RealtimeUsage(msgspec.Struct, frozen=True):
    """Tokens of one response; those of audio and those from the cache are part of the sums."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    input_audio_tokens: int = 0
    output_audio_tokens: int = 0
    cached_audio_tokens: int = 0


class ResponseEnded(Happening, frozen=True):
    """A response is over; told once a response.

    Attributes:
        reason: The server's word for why, such as ``turn_detected`` or ``max_output_tokens``; often empty.
        error_code: Of a failed response.
        error_message: Of a failed response.
        calls: The tool calls to run now, in the model's order; empty unless the response is completed.
        call_item_ids: The conversation item of each call, by call id.
        usage: Tokens, where the server tells.
        was_ours: Whether `ClientHalf.ask` brought it about.
        ask_ids: What `ask` returned for it; empty where it was not ours.
        is_fatal: Whether it failed for a reason that will not pass, such as a used-up quota.
        metadata: What the request for it carried.
    """

    response_id: str
    status: ResponseStatus
    reason: str = ""
    error_code: str = ""
    error_message: str = ""
    calls: tuple[ToolCall, ...] = ()
    call_item_ids: Mapping[str, str] = {}
    usage: RealtimeUsage | None = None
    is_out_of_band: bool = False
    was_ours: bool = False
    ask_ids: tuple[str, ...] = ()
    is_fatal: bool = False
    metadata: Mapping[str, Any] = {}


class RateLimits(Happening, frozen=True):
    """What the server still allows: ``name``, ``limit``, ``remaining`` and ``reset_seconds`` of each limit."""

    limits: tuple[Mapping[str, Any], ...]


class ErrorTold(Happening, frozen=True):
    """The server complains; the session goes on unless ``is_fatal``.

    Attributes:
        kind: The error's ``type``, such as ``invalid_request_error``.
        code: Its machine-readable code, often empty.
        param: The field that it complains about, or empty.
        event_id: Which of our events it answers, or empty.
        command: The type of that event, such as ``response.create``; empty when it is not known.
        is_fatal: Whether the session is of no more use: key, quota, model, beta shape, expired.
        is_harmless: Whether nothing is lost: a cancel that came too late, a create that will be sent again.
        ask_ids: What `ClientHalf.ask` returned for the response that will not come because of it.
        item_id: The item that the event was about, or empty.
    """

    message: str
    kind: str = ""
    code: str = ""
    param: str = ""
    event_id: str = ""
    command: str = ""
    is_fatal: bool = False
    is_harmless: bool = False
    ask_ids: tuple[str, ...] = ()
    item_id: str = ""


class Unrecognised(Happening, frozen=True):
    """A frame that means nothing here: of an unknown type, for another transport, or too broken to be read.

    Attributes:
        frame: All of it.
        reason: Why it is only kept.
    """

    frame_type: str
    frame: Mapping[str, Any]
    reason: str = ""
