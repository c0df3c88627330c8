"""A client's half with ids that can be foretold, frames as a server sends them, and what comes of both."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

from openai.types.realtime import RealtimeClientEvent
from pydantic import TypeAdapter

from intentional_nb.wire.realtime.client import ClientHalf
from tests.official import unknown_fields

OFFICIAL: TypeAdapter[Any] = TypeAdapter(RealtimeClientEvent)


class Talk:
    """One session: what the server says goes in by name, what the client says comes out checked."""

    def __init__(self, **session: Any) -> None:
        self.client = ClientHalf("")
        self.hear("session.created", session={"type": "realtime", "id": "sess_1", **session})

    def hear(self, kind: str, **fields: Any) -> list[Any]:
        """What came of a frame."""
        return list(self.client.receive(json.dumps({"type": kind, **fields})))

    def said(self) -> list[dict[str, Any]]:
        """All that the client has to send, held against the official types."""
        frames = [json.loads(frame) for frame in self.client.frames_to_send()]
        assert [name for frame in frames for name in foreign_fields(frame)] == []
        return frames

    def kinds(self) -> list[str]:
        return [frame["type"] for frame in self.said()]

    # What servers say.

    def begins(self, response_id: str, **fields: Any) -> list[Any]:
        return self.hear("response.created", response={"id": response_id, "conversation_id": "conv_1", **fields})

    def speaks(self, response_id: str, item_id: str, ms: int, words: str = "") -> list[Any]:
        """Audio, and its words."""
        happened = []
        if words:
            where = {"response_id": response_id, "item_id": item_id}
            happened += self.hear("response.output_audio_transcript.delta", delta=words, **where)
        return happened + self.hear("response.output_audio.delta", **audio(response_id, item_id, ms))

    def adds(self, item_id: str, previous: str | None = None, role: str = "assistant", **fields: Any) -> list[Any]:
        item = {"id": item_id, "type": "message", "role": role, "status": "in_progress", "content": [], **fields}
        return self.hear("conversation.item.added", item=item, previous_item_id=previous)

    def outputs(self, response_id: str, item_id: str, **fields: Any) -> list[Any]:
        """A response begins a message."""
        item = {"id": item_id, "type": "message", "role": "assistant", "content": [], **fields}
        return self.hear("response.output_item.added", response_id=response_id, output_index=0, item=item)

    def calls(self, response_id: str, item_id: str, call_id: str, status: str = "completed") -> list[Any]:
        item = call_item(item_id, call_id, status)
        return self.hear("response.output_item.done", response_id=response_id, output_index=0, item=item)

    def ends(self, response_id: str, status: str = "completed", **fields: Any) -> list[Any]:
        return self.hear("response.done", response={"id": response_id, "status": status, **fields})

    def errs(self, code: str, event_id: str | None = None, message: str = "no", kind: str = "") -> list[Any]:
        error = {"type": kind or "invalid_request_error", "code": code, "message": message, "event_id": event_id}
        return self.hear("error", error=error)

    def collides(self, event_id: str | None, response_id: str) -> list[Any]:
        message = f"Conversation already has an active response in progress: {response_id}. Wait until …"
        return self.errs("conversation_already_has_active_response", event_id, message)


def audio(response_id: str, item_id: str, ms: int) -> dict[str, Any]:
    samples = b64encode(bytes(48 * ms)).decode()
    return {"response_id": response_id, "item_id": item_id, "content_index": 0, "delta": samples}


def call_item(item_id: str, call_id: str, status: str = "completed", name: str = "look") -> dict[str, Any]:
    kind = {"type": "function_call", "object": "realtime.item", "status": status}
    return {"id": item_id, "call_id": call_id, "name": name, "arguments": '{"at": 1}', **kind}


def foreign_fields(frame: dict[str, Any]) -> list[str]:
    """The fields of a client's frame that the official types do not know; wrong types raise."""
    event = OFFICIAL.validate_python(frame, strict=True)
    assert event.type == frame["type"]
    return unknown_fields(event)
