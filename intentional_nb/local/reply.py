"""What a model answers a request with, as values: a reply, an error, or nothing at all.

The language mode and the scripted mode both make these; `intentional_nb.local.streaming` turns them into bytes.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Literal, get_args

__all__ = [
    "Answer",
    "Call",
    "Ending",
    "ErrorReply",
    "ModelReply",
    "Quirk",
    "RefusedRequest",
    "SilentReply",
    "shortened",
]

Quirk = Literal[
    "no_done",
    "no_role",
    "no_usage",
    "usage_unasked",
    "usage_with_finish",
    "finish_with_text",
    "finish_without_delta",
    "finish_repeats_role",
    "no_index",
    "repeated_id",
    "index_from_one",
    "same_index",
    "whole_calls",
    "interleaved",
    "function_call",
    "null_choices",
    "keep_alive",
    "crlf",
    "plain_json",
]
"""A way in which servers that call themselves compatible bend the protocol.

The stream: ``no_done`` ends it without ``[DONE]``, ``no_role`` leaves out the first chunk, ``null_choices`` puts chunks
whose choices are null between the others, ``keep_alive`` puts comments there, ``crlf`` ends lines with a carriage
return too, ``plain_json`` answers with one completion although a stream was asked for.

Its end: ``finish_with_text`` gives the finish reason with the last delta, ``finish_without_delta`` beside a null delta,
``finish_repeats_role`` beside the role and an empty text. ``usage_with_finish`` tells the usage there,
``usage_unasked`` without having been asked, ``no_usage`` not even when asked.

Tool calls: ``no_index`` leaves out their index, ``index_from_one`` starts it at 1, ``same_index`` gives 0 to each call,
``repeated_id`` repeats id, type and name on each delta, ``whole_calls`` sends each call in one chunk, ``interleaved``
lets the pieces of parallel calls alternate, ``function_call`` sends the first call in the field that tools replaced.
"""

Ending = Literal["done", "dropped", "stalled", "malformed", "error"]
"""What becomes of a stream after its deltas: all is well, the connection breaks, nothing more comes, a chunk is
not JSON, or an error stands where a chunk should."""


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call that the model makes."""

    name: str
    arguments: str
    """JSON text, or what the model took for it."""
    id: str = field(default_factory=lambda: f"call_{secrets.token_hex(12)}")


@dataclass(frozen=True, slots=True)
class ErrorReply:
    """The server refuses, with an HTTP status and an error in OpenAI's shape."""

    status: int
    message: str
    type: str = "invalid_request_error"
    param: str | None = None
    code: str | None = None
    headers: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"error {self.status} {shortened(self.message)!r}"


@dataclass(frozen=True, slots=True)
class SilentReply:
    """Not even headers come: the connection breaks, or stays open and quiet."""

    ending: Literal["dropped", "stalled"]

    def __str__(self) -> str:
        return f"{self.ending} before anything was sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReply:
    """What the model says and calls, and how it comes over the wire."""

    chunks: tuple[str, ...] = ()
    """The text, cut as it is streamed."""
    calls: tuple[Call, ...] = ()
    refusal: str | None = None
    reasoning: tuple[str, ...] = ()
    """Thinking aloud before the text, in the ``reasoning_content`` of compatible servers."""
    finish_reason: str | None = "stop"
    """None: the reply ends without saying why."""
    usage: tuple[int, int] | None = None
    """Tokens of the prompt and of the completion; None counts words instead."""
    pace_ms: float = 0.0
    """Pause before each chunk; 0 sends them as fast as the client reads."""
    quirks: frozenset[Quirk] = frozenset()
    ending: Ending = "done"
    error: ErrorReply | None = None
    """What stands in the stream when the ending is ``error``."""

    def __post_init__(self) -> None:
        if unknown := self.quirks - set(get_args(Quirk)):
            known = ", ".join(get_args(Quirk))
            raise ValueError(f"unknown quirk {min(unknown)!r} of a scripted reply; known: {known}")

    @property
    def text(self) -> str:
        """Everything said."""
        return "".join(self.chunks)

    def __str__(self) -> str:
        said = [f"text {shortened(self.text)!r}"] if self.chunks else []
        if self.refusal is not None:
            said.append(f"refusal {shortened(self.refusal)!r}")
        said += [f"call of {call.name!r}" for call in self.calls]
        if self.ending != "done":
            said.append(f"then {self.ending}")
        return ", ".join(said) or "empty text"


Answer = ModelReply | ErrorReply | SilentReply
"""Whatever a request can be answered with."""


class RefusedRequest(Exception):
    """Carries the error that a request is answered with: the client is at fault, not this program."""

    def __init__(self, reply: ErrorReply) -> None:
        self.reply = reply
        super().__init__(reply.message)


def shortened(text: str, limit: int = 60) -> str:
    """Cut a text for a message, with an ellipsis where something is missing."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
