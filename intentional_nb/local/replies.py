"""The replies that a script can give: what a model says, and everything that can go wrong on the way.

Each function makes one reply. Text comes word by word, unless it is given as a list: then each item is one chunk.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from intentional_nb.local.reply import Answer, Call, ErrorReply, ModelReply, Quirk, SilentReply

__all__ = [
    "call",
    "calls",
    "dropped",
    "error_in_stream",
    "failed",
    "in_words",
    "malformed",
    "no_stream_options",
    "no_tools_with_reasoning",
    "rate_limited",
    "refusal",
    "server_error",
    "stalled",
    "text",
    "unauthorized",
]

Text = str | Sequence[str]
Arguments = Mapping[str, Any] | str


def in_words(said: str) -> tuple[str, ...]:
    """Cut a text as models do: each piece a word with the blanks before it; joined, they are the text again.

    >>> in_words("Good  morning, Ada.")
    ('Good', '  morning,', ' Ada.')
    """
    return tuple(re.findall(r"\s*\S+|\s+$", said))


def text(
    said: Text,
    *,
    finish_reason: str | None = "stop",
    reasoning: Text = (),
    usage: tuple[int, int] | None = None,
    pace_ms: float = 0.0,
    quirks: Quirk | Iterable[Quirk] = (),
) -> ModelReply:
    """Say something.

    Args:
        said: The text; a list gives the chunks exactly.
        finish_reason: ``stop``, ``length``, ``content_filter``, any other word, or None to end without one.
        reasoning: Thinking aloud before it, as some compatible servers tell it.
        usage: Tokens of the prompt and of the completion; counted in words when not given.
        pace_ms: Pause before each chunk; 0 sends as fast as the client reads.
        quirks: Ways to bend the protocol, by name; `Quirk` lists them.
    """
    return ModelReply(
        chunks=_chunks(said),
        reasoning=_chunks(reasoning),
        finish_reason=finish_reason,
        usage=usage,
        pace_ms=pace_ms,
        quirks=_quirks(quirks),
    )


def calls(
    *made: Call | tuple[str, Arguments],
    text: Text = (),
    finish_reason: str | None = "tool_calls",
    reasoning: Text = (),
    usage: tuple[int, int] | None = None,
    pace_ms: float = 0.0,
    quirks: Quirk | Iterable[Quirk] = (),
) -> ModelReply:
    """Call tools, all in one reply, after saying `text`.

    Args:
        made: Name and arguments of each call. Arguments given as a string are sent as they are, valid JSON or not.
        text: Said before the calls.
        finish_reason: As in `text`; some servers say ``stop`` here.
        reasoning: As in `text`.
        usage: As in `text`.
        pace_ms: As in `text`.
        quirks: As in `text`.
    """
    return ModelReply(
        chunks=_chunks(text),
        calls=tuple(item if isinstance(item, Call) else call(*item) for item in made),
        finish_reason=finish_reason,
        reasoning=_chunks(reasoning),
        usage=usage,
        pace_ms=pace_ms,
        quirks=_quirks(quirks),
    )


def call(name: str, arguments: Arguments = "{}", *, id: str | None = None) -> Call:
    """Make one tool call for `calls`, with an id of your own when a test needs to know it."""
    told = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return Call(name, told) if id is None else Call(name, told, id)


def refusal(said: str, *, pace_ms: float = 0.0, quirks: Quirk | Iterable[Quirk] = ()) -> ModelReply:
    """Decline to answer, in the field that the protocol has for it."""
    return ModelReply(refusal=said, pace_ms=pace_ms, quirks=_quirks(quirks))


def failed(
    status: int,
    message: str,
    *,
    type: str = "invalid_request_error",
    param: str | None = None,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> ErrorReply:
    """Refuse the request with any HTTP status."""
    return ErrorReply(status, message, type, param, code, tuple((headers or {}).items()))


def rate_limited(retry_after_s: float | None = None, *, code: str = "rate_limit_exceeded") -> ErrorReply:
    """Refuse with 429; ``code="insufficient_quota"`` means that waiting will not help."""
    headers = {} if retry_after_s is None else {"retry-after": f"{retry_after_s:g}"}
    message = "too many requests in too short a time"
    kind = "insufficient_quota" if code == "insufficient_quota" else "requests"
    return failed(429, message, type=kind, code=code, headers=headers)


def server_error(status: int = 500) -> ErrorReply:
    """Refuse with a status from 500 on."""
    return failed(status, "the server had an error while it was working on the request", type="server_error")


def unauthorized() -> ErrorReply:
    """Refuse the key with 401."""
    return failed(401, "the API key is not valid", code="invalid_api_key")


def no_stream_options() -> ErrorReply:
    """Refuse ``stream_options``, as older compatible servers do."""
    return failed(400, "unrecognized request argument supplied: stream_options", param="stream_options")


def no_tools_with_reasoning(model: str = "local-chat") -> ErrorReply:
    """Refuse tools as OpenAI's reasoning models do in Chat Completions, in OpenAI's words, which clients look for."""
    message = (
        f"Function tools with reasoning_effort are not supported for {model} in /v1/chat/completions. "
        "To use function tools, use /v1/responses or set reasoning_effort to 'none'."
    )
    return failed(400, message, param="reasoning_effort")


def dropped(after: Text | ModelReply | None = None, *, pace_ms: float = 0.0) -> Answer:
    """Break the connection: before any header, or in the middle of the chunk that follows `after`.

    Args:
        after: Text, or a whole reply such as ``calls(("book", '{"day": '))``; ``""`` sends the headers alone.
        pace_ms: Pause before each chunk of a text.
    """
    return SilentReply("dropped") if after is None else _cut(after, pace_ms, ending="dropped")


def stalled(after: Text | ModelReply | None = None, *, pace_ms: float = 0.0) -> Answer:
    """Send nothing more after `after` (as in `dropped`), but keep the connection open until the client gives up."""
    return SilentReply("stalled") if after is None else _cut(after, pace_ms, ending="stalled")


def malformed(after: Text | ModelReply = "", *, pace_ms: float = 0.0) -> ModelReply:
    """Send a chunk that is not JSON after `after` (as in `dropped`), then end as if nothing had been."""
    return _cut(after, pace_ms, ending="malformed")


def error_in_stream(error: ErrorReply | None = None, *, after: Text | ModelReply = "") -> ModelReply:
    """Start well, then put an error where a chunk should be: the HTTP status stays 200."""
    return _cut(after, 0.0, ending="error", error=error or server_error())


def _cut(after: Text | ModelReply, pace_ms: float, **ending: Any) -> ModelReply:
    begun = after if isinstance(after, ModelReply) else text(after, pace_ms=pace_ms)
    return replace(begun, **ending)


def _chunks(said: Text) -> tuple[str, ...]:
    return in_words(said) if isinstance(said, str) else tuple(said)


def _quirks(quirks: Quirk | Iterable[Quirk]) -> frozenset[Quirk]:
    return frozenset({quirks} if isinstance(quirks, str) else quirks)
