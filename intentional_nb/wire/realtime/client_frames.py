"""What the client says: each of its events as a plain dict, and as the bytes that go on the wire.

All are JSON objects for WebSocket *text* frames, given as UTF-8 bytes. Names and shapes are those of GA.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

__all__ = [
    "MAX_APPEND_BYTES",
    "Frame",
    "append_frames",
    "clear_audio",
    "commit_audio",
    "create_item",
    "create_response",
    "delete_item",
    "encode",
    "retrieve_item",
    "truncate_item",
    "update_session",
    "withdraw_response",
]

Frame = dict[str, Any]

encode = msgspec.json.Encoder().encode

# "The client may choose how much audio to place in each event up to a maximum of 15 MiB": of base64, here.
MAX_APPEND_BYTES = 15 * 1024 * 1024 // 4 * 3
"""The most audio that one event carries; an even number, so that no sample is cut."""


class _Append(msgspec.Struct, tag_field="type", tag="input_audio_buffer.append", gc=False):
    """The frequent event: its audio becomes base64 while it is written."""

    audio: bytes


def append_frames(audio: bytes) -> list[bytes]:
    """The events that add audio to the server's buffer: one, or more when there is too much for one."""
    if len(audio) <= MAX_APPEND_BYTES:
        return [encode(_Append(audio))]
    starts = range(0, len(audio), MAX_APPEND_BYTES)
    return [encode(_Append(audio[start : start + MAX_APPEND_BYTES])) for start in starts]


def update_session(event_id: str, session: Mapping[str, Any]) -> Frame:
    """Change settings; those left out stay as they are, and ``type`` is put there."""
    return _event("session.update", event_id, session={**session, "type": session.get("type", "realtime")})


def commit_audio(event_id: str) -> Frame:
    """Make an item of the audio sent."""
    return _event("input_audio_buffer.commit", event_id)


def clear_audio(event_id: str) -> Frame:
    """Throw the audio sent away."""
    return _event("input_audio_buffer.clear", event_id)


def create_item(event_id: str, item: Mapping[str, Any], previous_item_id: str | None = None) -> Frame:
    """Put an item into the conversation: at its end, after an item, or at its head after ``root``."""
    frame = _event("conversation.item.create", event_id, item=item)
    if previous_item_id is not None:
        frame["previous_item_id"] = previous_item_id
    return frame


def delete_item(event_id: str, item_id: str) -> Frame:
    """Take an item out of the conversation."""
    return _event("conversation.item.delete", event_id, item_id=item_id)


def retrieve_item(event_id: str, item_id: str) -> Frame:
    """Ask what the server holds of an item, audio included."""
    return _event("conversation.item.retrieve", event_id, item_id=item_id)


def truncate_item(event_id: str, item_id: str, audio_end_ms: int, content_index: int = 0) -> Frame:
    """Make the server forget what a spoken item says after a time."""
    return _event(
        "conversation.item.truncate",
        event_id,
        item_id=item_id,
        content_index=content_index,
        audio_end_ms=audio_end_ms,
    )


def create_response(event_id: str, params: Mapping[str, Any]) -> Frame:
    """Ask the model to respond."""
    frame = _event("response.create", event_id)
    if params:
        frame["response"] = params
    return frame


def withdraw_response(event_id: str, response_id: str) -> Frame:
    """Cancel a response; the running one when its id is not known."""
    frame = _event("response.cancel", event_id)
    if response_id:
        frame["response_id"] = response_id
    return frame


def _event(name: str, event_id: str, **fields: Any) -> Frame:
    return {"type": name, "event_id": event_id, **fields}
