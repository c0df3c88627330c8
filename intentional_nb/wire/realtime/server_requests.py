"""What a client's event asks of whoever hears, thinks and speaks: the rest was done by the server's half itself."""

from __future__ import annotations

from dataclasses import dataclass

from intentional_nb.wire.realtime.server_items import ServerItem
from intentional_nb.wire.realtime.server_response import ServerResponse
from intentional_nb.wire.realtime.server_settings import ResponseSettings

__all__ = [
    "AudioAppended",
    "AudioCleared",
    "AudioCommitted",
    "ItemCreated",
    "ItemDeleted",
    "ItemTruncated",
    "Request",
    "ResponseAsked",
    "ResponseCancelled",
    "SessionChanged",
]


@dataclass(frozen=True, slots=True)
class SessionChanged:
    """The settings are other ones now."""

    detection_changed: bool
    """Whether turns are told apart in another way than before."""


@dataclass(frozen=True, slots=True)
class AudioAppended:
    """The microphone sent this; it is in the buffer."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class AudioCommitted:
    """The client ended a turn by hand: the item is in the conversation and wants to be understood."""

    item: ServerItem


@dataclass(frozen=True, slots=True)
class AudioCleared:
    """The buffer is empty; nobody is speaking any more."""


@dataclass(frozen=True, slots=True)
class ItemCreated:
    """The client put an item into the conversation; speech in it wants to be understood."""

    item: ServerItem


@dataclass(frozen=True, slots=True)
class ItemDeleted:
    """An item is gone."""

    item_id: str


@dataclass(frozen=True, slots=True)
class ItemTruncated:
    """The end of an item is forgotten."""

    item_id: str
    audio_end_ms: int


@dataclass(frozen=True, slots=True)
class ResponseAsked:
    """The model shall respond: `ServerHalf.begin` begins."""

    settings: ResponseSettings
    context: tuple[ServerItem, ...]
    """The items to respond to; speech among them may still have to be understood."""
    event_id: str | None = None
    """The client's event that asked; None when the end of a turn did."""


@dataclass(frozen=True, slots=True)
class ResponseCancelled:
    """The response is over, whatever was still to be said."""

    response: ServerResponse


Request = (
    SessionChanged
    | AudioAppended
    | AudioCommitted
    | AudioCleared
    | ItemCreated
    | ItemDeleted
    | ItemTruncated
    | ResponseAsked
    | ResponseCancelled
)
