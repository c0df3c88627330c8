"""The server's half of Realtime: every event that a server sends, as plain dicts.

In the order in which a session meets them: the session, what is heard, the conversation's items, transcripts, a
response from its creation to its end, and what servers send beside these. Field for field it is what OpenAI sends.
Nothing here does I/O; `numbered` gives a frame the id that each one carries.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = [
    "Frame",
    "Place",
    "conversation_created",
    "dtmf_received",
    "error",
    "input_cleared",
    "input_committed",
    "item_added",
    "item_created",
    "item_deleted",
    "item_done",
    "item_retrieved",
    "item_truncated",
    "mcp_call",
    "mcp_list_tools",
    "numbered",
    "output_buffer",
    "rate_limits",
    "response_created",
    "response_done",
    "session_created",
    "session_updated",
    "speech_started",
    "speech_stopped",
    "timeout_triggered",
    "transcription_completed",
    "transcription_delta",
    "transcription_failed",
    "transcription_segment",
]

Frame = dict[str, Any]
"""One JSON object on its way to the client."""


def numbered(frame: Frame, event_id: str) -> Frame:
    """Put the server's own id on a frame, beside its type, where people look for it."""
    if frame["type"] == "input_audio_buffer.dtmf_event_received":
        return frame  # the one event that the protocol has no id for
    return {"type": frame["type"], "event_id": event_id, **frame}


# ---- the session


def session_created(session: Frame) -> Frame:
    """Greet: the first event of a session, with its settings."""
    return {"type": "session.created", "session": session}


def session_updated(session: Frame) -> Frame:
    """Confirm a change, with all settings as they are now."""
    return {"type": "session.updated", "session": session}


def conversation_created(conversation_id: str) -> Frame:
    """Tell the conversation's id; older servers send it after the session."""
    return {
        "type": "conversation.created",
        "conversation": {"id": conversation_id, "object": "realtime.conversation"},
    }


def error(
    message: str,
    *,
    type: str = "invalid_request_error",
    code: str | None = None,
    param: str | None = None,
    event_id: str | None = None,
) -> Frame:
    """Say that something is wrong; the session goes on.

    Args:
        message: What is wrong, for people.
        type: The broad class: ``invalid_request_error`` or ``server_error``.
        code: The machine-readable reason, such as ``unknown_parameter``.
        param: The field to blame, such as ``session.type``.
        event_id: The client's id of the event that is to blame, where it gave one.
    """
    told = {"type": type, "code": code, "message": message, "param": param, "event_id": event_id}
    return {"type": "error", "error": told}


# ---- what is heard


def speech_started(item_id: str, audio_start_ms: int) -> Frame:
    """Tell that the user begins to speak, from where on in all audio sent; the item will follow."""
    return {"type": "input_audio_buffer.speech_started", "audio_start_ms": audio_start_ms, "item_id": item_id}


def speech_stopped(item_id: str, audio_end_ms: int) -> Frame:
    """Tell that the user has fallen silent."""
    return {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": audio_end_ms, "item_id": item_id}


def input_committed(item_id: str, previous_item_id: str | None) -> Frame:
    """Tell that the buffer's audio becomes an item."""
    return {"type": "input_audio_buffer.committed", "previous_item_id": previous_item_id, "item_id": item_id}


def input_cleared() -> Frame:
    """Confirm that the buffer is empty."""
    return {"type": "input_audio_buffer.cleared"}


def timeout_triggered(item_id: str, audio_start_ms: int, audio_end_ms: int) -> Frame:
    """Tell that the user has been silent for too long."""
    return {
        "type": "input_audio_buffer.timeout_triggered",
        "audio_start_ms": audio_start_ms,
        "audio_end_ms": audio_end_ms,
        "item_id": item_id,
    }


def dtmf_received(key: str, received_at: int) -> Frame:
    """Tell of a telephone key; in calls by SIP only. `received_at` counts seconds since 1970."""
    return {"type": "input_audio_buffer.dtmf_event_received", "event": key, "received_at": received_at}


# ---- the conversation's items


def item_added(item: Frame, previous_item_id: str | None) -> Frame:
    """Tell that an item is in the conversation, after which other one."""
    return {"type": "conversation.item.added", "previous_item_id": previous_item_id, "item": item}


def item_done(item: Frame, previous_item_id: str | None) -> Frame:
    """Tell that an item has become what it will be."""
    return {"type": "conversation.item.done", "previous_item_id": previous_item_id, "item": item}


def item_created(item: Frame, previous_item_id: str | None) -> Frame:
    """Tell of a new item as servers of the beta did, instead of the two above."""
    return {"type": "conversation.item.created", "previous_item_id": previous_item_id, "item": item}


def item_retrieved(item: Frame) -> Frame:
    """Hand an item out, its audio included."""
    return {"type": "conversation.item.retrieved", "item": item}


def item_truncated(item_id: str, content_index: int, audio_end_ms: int) -> Frame:
    """Confirm that what comes after a point of an item's audio is forgotten."""
    return {
        "type": "conversation.item.truncated",
        "item_id": item_id,
        "content_index": content_index,
        "audio_end_ms": audio_end_ms,
    }


def item_deleted(item_id: str) -> Frame:
    """Confirm that an item is gone."""
    return {"type": "conversation.item.deleted", "item_id": item_id}


# ---- transcripts of what is heard

_TRANSCRIPTION = "conversation.item.input_audio_transcription"


def transcription_delta(item_id: str, delta: str) -> Frame:
    """Go on with the words that were heard in an item."""
    return {"type": f"{_TRANSCRIPTION}.delta", "item_id": item_id, "content_index": 0, "delta": delta}


def transcription_completed(item_id: str, transcript: str, usage: Frame) -> Frame:
    """Tell all the words that were heard in an item."""
    return {
        "type": f"{_TRANSCRIPTION}.completed",
        "item_id": item_id,
        "content_index": 0,
        "transcript": transcript,
        "usage": usage,
    }


def transcription_failed(item_id: str, message: str, *, code: str | None = None) -> Frame:
    """Tell that an item's words could not be made out, and why."""
    told = {"type": "transcription_error", "code": code, "message": message, "param": None}
    return {"type": f"{_TRANSCRIPTION}.failed", "item_id": item_id, "content_index": 0, "error": told}


def transcription_segment(
    item_id: str, segment_id: str, text: str, speaker: str, start_s: float, end_s: float
) -> Frame:
    """Tell who said what, where speakers are told apart."""
    return {
        "type": f"{_TRANSCRIPTION}.segment",
        "item_id": item_id,
        "content_index": 0,
        "id": segment_id,
        "speaker": speaker,
        "text": text,
        "start": start_s,
        "end": end_s,
    }


# ---- a response


def response_created(response: Frame) -> Frame:
    """Tell that a response begins."""
    return {"type": "response.created", "response": response}


def response_done(response: Frame) -> Frame:
    """Tell that a response is over, how, and what it holds."""
    return {"type": "response.done", "response": response}


def rate_limits(limits: Sequence[Frame]) -> Frame:
    """Tell what is left of each limit."""
    return {"type": "rate_limits.updated", "rate_limits": list(limits)}


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a response an item stands; every event about it names this."""

    response_id: str
    item_id: str
    output_index: int = 0
    content_index: int = 0

    def output_item(self, edge: str, item: Frame) -> Frame:
        """Open (``added``) or close (``done``) the item."""
        return {
            "type": f"response.output_item.{edge}",
            "response_id": self.response_id,
            "output_index": self.output_index,
            "item": item,
        }

    def part(self, edge: str, part: Frame) -> Frame:
        """Open (``added``) or close (``done``) the item's content."""
        return self._content(f"response.content_part.{edge}") | {"part": part}

    def text_delta(self, delta: str) -> Frame:
        """Go on writing."""
        return self._content("response.output_text.delta") | {"delta": delta}

    def text_done(self, text: str) -> Frame:
        """End writing; `text` is all of it."""
        return self._content("response.output_text.done") | {"text": text}

    def audio_delta(self, pcm: bytes) -> Frame:
        """Go on speaking."""
        return self._content("response.output_audio.delta") | {"delta": b64encode(pcm).decode("ascii")}

    def audio_done(self) -> Frame:
        """End speaking."""
        return self._content("response.output_audio.done")

    def transcript_delta(self, delta: str) -> Frame:
        """Go on with the words of what is spoken."""
        return self._content("response.output_audio_transcript.delta") | {"delta": delta}

    def transcript_done(self, transcript: str) -> Frame:
        """End the words of what is spoken; `transcript` is all of them."""
        return self._content("response.output_audio_transcript.done") | {"transcript": transcript}

    def arguments_delta(self, call_id: str, delta: str) -> Frame:
        """Go on with a call's arguments."""
        return self._output("response.function_call_arguments.delta") | {"call_id": call_id, "delta": delta}

    def arguments_done(self, call_id: str, name: str, arguments: str) -> Frame:
        """End a call's arguments; sent also when the call was broken off."""
        told = {"call_id": call_id, "name": name, "arguments": arguments}
        return self._output("response.function_call_arguments.done") | told

    def mcp_arguments_delta(self, delta: str) -> Frame:
        """Go on with the arguments of a call that the server itself makes."""
        return self._output("response.mcp_call_arguments.delta") | {"delta": delta}

    def mcp_arguments_done(self, arguments: str) -> Frame:
        """End the arguments of a call that the server itself makes."""
        return self._output("response.mcp_call_arguments.done") | {"arguments": arguments}

    def _output(self, type: str) -> Frame:
        return {
            "type": type,
            "response_id": self.response_id,
            "item_id": self.item_id,
            "output_index": self.output_index,
        }

    def _content(self, type: str) -> Frame:
        return self._output(type) | {"content_index": self.content_index}


# ---- what only other kinds of session have


def output_buffer(state: str, response_id: str) -> Frame:
    """Tell that the server's own playing has ``started``, ``stopped`` or been ``cleared``; over WebRTC and SIP only."""
    return {"type": f"output_audio_buffer.{state}", "response_id": response_id}


def mcp_list_tools(state: str, item_id: str) -> Frame:
    """Tell that listing a remote server's tools is ``in_progress``, ``completed`` or ``failed``."""
    return {"type": f"mcp_list_tools.{state}", "item_id": item_id}


def mcp_call(state: str, item_id: str, output_index: int) -> Frame:
    """Tell that a call to a remote server is ``in_progress``, ``completed`` or ``failed``."""
    return {"type": f"response.mcp_call.{state}", "output_index": output_index, "item_id": item_id}
