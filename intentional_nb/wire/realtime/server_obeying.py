"""What a server does about each event of a client, once it has been checked.

A change of the state is made and confirmed here; what is left for hearing, thinking and speaking is returned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from intentional_nb.wire.realtime import server_frames as frames
from intentional_nb.wire.realtime.server_checks import decoded_audio
from intentional_nb.wire.realtime.server_errors import Mistake, missing, not_one_of, wrong_session
from intentional_nb.wire.realtime.server_items import read_item
from intentional_nb.wire.realtime.server_requests import (
    AudioAppended,
    AudioCleared,
    AudioCommitted,
    ItemCreated,
    ItemDeleted,
    ItemTruncated,
    Request,
    ResponseCancelled,
    SessionChanged,
)
from intentional_nb.wire.realtime.server_shapes import CLIENT_EVENTS

if TYPE_CHECKING:
    from intentional_nb.wire.realtime.server import ServerHalf

__all__ = ["obey"]

Event = Mapping[str, Any]
Requests = tuple[Request, ...]


def obey(half: ServerHalf, event: Any) -> Requests:
    """Check a decoded event, and do what it says.

    Raises:
        Mistake: It is none, or cannot be done.
    """
    if not isinstance(event, dict):
        raise Mistake("Invalid event: expected a JSON object.", "invalid_event")
    kind = event.get("type")
    if kind is None:
        raise missing("type")
    check = CLIENT_EVENTS.get(kind) if isinstance(kind, str) else None
    if check is None:
        raise not_one_of("type", kind, tuple(CLIENT_EVENTS))
    if kind == "session.update" and _says_transcription(event):
        raise wrong_session()
    check(event, "")
    return _OBEYED[kind](half, event)


def _update_session(half: ServerHalf, event: Event) -> Requests:
    before = half.settings.turn_detection
    half.settings.update(event["session"], has_spoken=half.conversation.has_spoken)
    detection_changed = half.settings.turn_detection != before
    if detection_changed:
        half.forget_speech()
    half.tell(frames.session_updated(half.settings.frame))
    return (SessionChanged(detection_changed),)


def _append(half: ServerHalf, event: Event) -> Requests:
    pcm = decoded_audio(event["audio"], "audio")
    half.buffer.append(pcm)
    return (AudioAppended(pcm),) if pcm else ()


def _commit(half: ServerHalf, event: Event) -> Requests:
    return (AudioCommitted(half.commit()),)


def _clear(half: ServerHalf, event: Event) -> Requests:
    half.buffer.clear()
    half.forget_speech()
    half.tell(frames.input_cleared())
    return (AudioCleared(),)


def _create_item(half: ServerHalf, event: Event) -> Requests:
    item = read_item(event["item"], item_id=half.new_id("item"), call_id=half.new_id("call"))
    half.add_item(item, event.get("previous_item_id"))
    return (ItemCreated(item),)


def _truncate_item(half: ServerHalf, event: Event) -> Requests:
    item_id, index, end_ms = event["item_id"], event["content_index"], event["audio_end_ms"]
    half.conversation.truncate(item_id, index, end_ms)
    half.tell(frames.item_truncated(item_id, index, end_ms))
    return (ItemTruncated(item_id, end_ms),)


def _delete_item(half: ServerHalf, event: Event) -> Requests:
    half.conversation.delete(event["item_id"])
    half.tell(frames.item_deleted(event["item_id"]))
    return (ItemDeleted(event["item_id"]),)


def _retrieve_item(half: ServerHalf, event: Event) -> Requests:
    item = half.conversation.find(event["item_id"], "retrieving")
    half.tell(frames.item_retrieved(item.frame(with_audio=True)))
    return ()


def _create_response(half: ServerHalf, event: Event) -> Requests:
    return (half.ask(event.get("response") or {}, event.get("event_id")),)


def _cancel_response(half: ServerHalf, event: Event) -> Requests:
    return (ResponseCancelled(half.cancel(event.get("response_id"))),)


_OBEYED: Final[dict[str, Callable[[ServerHalf, Event], Requests]]] = {
    "session.update": _update_session,
    "input_audio_buffer.append": _append,
    "input_audio_buffer.commit": _commit,
    "input_audio_buffer.clear": _clear,
    "conversation.item.create": _create_item,
    "conversation.item.truncate": _truncate_item,
    "conversation.item.delete": _delete_item,
    "conversation.item.retrieve": _retrieve_item,
    "response.create": _create_response,
    "response.cancel": _cancel_response,
}


def _says_transcription(event: Event) -> bool:
    session = event.get("session")
    return isinstance(session, dict) and session.get("type") == "transcription"
