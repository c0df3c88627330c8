"""The server's half of Chat Completions: every frame that a chat server sends, as plain dicts.

A reply is told as a stream of chunks (`ReplyFrames.chunk`, whose deltas are made by the ``…_delta`` functions) or as
one completion (`ReplyFrames.completion`). Field for field it is what OpenAI sends; nothing here does I/O, and ids and
times come from the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

__all__ = [
    "DONE",
    "Frame",
    "ReplyFrames",
    "arguments_delta",
    "assistant_message",
    "call_delta",
    "error_frame",
    "model_frame",
    "models_frame",
    "reasoning_delta",
    "refusal_delta",
    "role_delta",
    "text_delta",
    "tool_call",
    "usage_frame",
]

Frame = dict[str, Any]
"""One JSON object on its way to the client."""

DONE: Final = b"[DONE]"
"""The payload of a stream's last event; it is not JSON."""


@dataclass(frozen=True, slots=True)
class ReplyFrames:
    """The frames of one reply, which all carry the same id, model and time."""

    id: str
    """Starts with ``chatcmpl-``."""
    model: str
    """As the request named it."""
    created: int
    """Seconds since 1970."""
    usage_asked: bool = False
    """``stream_options.include_usage``: every chunk then has a ``usage`` field, null but in the last one."""
    fingerprint: str = "fp_local"

    def chunk(self, delta: Frame | None, *, choice: int = 0, finish_reason: str | None = None) -> Frame:
        """Tell what one choice goes on with, or that it is finished."""
        told = {"index": choice, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return self._chunk([told])

    def usage_chunk(self, usage: Frame) -> Frame:
        """Tell what the whole reply cost: the last chunk, without choices, sent only when asked for."""
        return self._chunk([]) | {"usage": usage}

    def completion(self, message: Frame, *, finish_reason: str | None, usage: Frame, choices: int = 1) -> Frame:
        """Tell the whole reply at once, the same in each of `choices`."""
        return {
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "service_tier": "default",
            "system_fingerprint": self.fingerprint,
            "choices": [
                {"index": index, "message": message, "logprobs": None, "finish_reason": finish_reason}
                for index in range(choices)
            ],
            "usage": usage,
        }

    def _chunk(self, choices: list[Frame]) -> Frame:
        frame = {
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "service_tier": "default",
            "system_fingerprint": self.fingerprint,
            "choices": choices,
        }
        if self.usage_asked:
            frame["usage"] = None
        return frame


def role_delta(*, has_text: bool) -> Frame:
    """Open a choice; the content is null from the start when only tool calls will follow."""
    return {"role": "assistant", "content": "" if has_text else None, "refusal": None}


def text_delta(text: str) -> Frame:
    """Go on speaking."""
    return {"content": text}


def refusal_delta(text: str) -> Frame:
    """Go on declining to answer."""
    return {"refusal": text}


def reasoning_delta(text: str) -> Frame:
    """Go on thinking aloud, in the field that several compatible servers use and OpenAI does not have."""
    return {"reasoning_content": text}


def call_delta(position: int, call_id: str, name: str, arguments: str = "") -> Frame:
    """Begin the tool call at `position`; its arguments follow in pieces."""
    function = {"name": name, "arguments": arguments}
    return {"tool_calls": [{"index": position, "id": call_id, "type": "function", "function": function}]}


def arguments_delta(position: int, piece: str) -> Frame:
    """Go on with the arguments of the tool call at `position`."""
    return {"tool_calls": [{"index": position, "function": {"arguments": piece}}]}


def tool_call(call_id: str, name: str, arguments: str) -> Frame:
    """Make one whole tool call of a message; `arguments` is JSON text, as the model wrote it."""
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def assistant_message(
    text: str | None,
    *,
    tool_calls: Sequence[Frame] = (),
    refusal: str | None = None,
    reasoning: str | None = None,
) -> Frame:
    """Make the message of a whole completion; `text` is None when there is nothing but tool calls."""
    message: Frame = {"role": "assistant", "content": text, "refusal": refusal, "annotations": []}
    if tool_calls:
        message["tool_calls"] = list(tool_calls)
    if reasoning is not None:
        message["reasoning_content"] = reasoning
    return message


def usage_frame(prompt_tokens: int, completion_tokens: int, *, reasoning_tokens: int = 0) -> Frame:
    """Make the bill of a reply; reasoning is part of the completion."""
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def error_frame(
    message: str,
    *,
    type: str = "invalid_request_error",
    param: str | None = None,
    code: str | None = None,
) -> Frame:
    """Make an error, for the body of a refusal or for an event inside a stream.

    Args:
        message: What is wrong, for people.
        type: The broad class, such as ``invalid_request_error`` or ``server_error``.
        param: The request's field to blame, such as ``messages[2].role``.
        code: The machine-readable reason, such as ``invalid_api_key``.
    """
    return {"error": {"message": message, "type": type, "param": param, "code": code}}


def model_frame(name: str, *, created: int, owner: str) -> Frame:
    """Describe one model that can be asked."""
    return {"id": name, "object": "model", "created": created, "owned_by": owner, "shutdown_date": None}


def models_frame(models: Sequence[Frame]) -> Frame:
    """List the models that can be asked."""
    return {"object": "list", "data": list(models)}
