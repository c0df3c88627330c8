"""Chat Completions, the client's half: what a request says, and putting a streamed reply together.

OpenAI's own streams are regular; those of compatible servers bend in ways that `ReplyAccumulator` straightens: tool
deltas without an index, with an index that starts at 1 or is 0 for every call, ids and names repeated on each delta,
whole calls in one chunk, ``choices: null``, a plain completion where a stream was asked for. Nothing here does I/O.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from intentional_nb.errors import RateLimitError, RefusedError, RemoteProtocolError
from intentional_nb.events import ReplyStatus
from intentional_nb.wire.calls import ToolCall

__all__ = ["ChatReply", "OnArguments", "ReplyAccumulator", "Usage", "error_from_body", "request_body"]

OnArguments = Callable[[str, str, str], object]
"""Told of a call that grows: its id, the tool's name, and the new characters of its arguments."""


class _Function(msgspec.Struct):
    name: Any = None
    arguments: Any = None


class _ToolDelta(msgspec.Struct):
    index: Any = None
    id: Any = None
    function: _Function | None = None


class _Delta(msgspec.Struct):
    content: Any = None
    refusal: str | None = None
    tool_calls: list[_ToolDelta] | None = None
    function_call: _Function | None = None  # what servers of before November 2023 send instead


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    message: _Delta | None = None
    finish_reason: str | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: dict[str, Any] | None = None
    model: str | None = None
    error: Any = None


_decode_chunk = msgspec.json.Decoder(_Chunk).decode


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True)
class ChatReply:
    """One reply, complete or not.

    Attributes:
        status: ``completed``, ``truncated``, ``refused`` or ``filtered``.
        reason: Why, in a sentence, where it is not ``completed``.
        text: What was said; the refusal's words where the model declined.
        calls: Tool calls in the model's order; empty unless the reply is complete, since a cut call must not run.
        usage: Tokens, where the server told.
        model: The model's name as the server gives it, or None.
    """

    status: ReplyStatus
    text: str
    calls: tuple[ToolCall, ...] = ()
    reason: str = ""
    usage: Usage | None = None
    model: str | None = None


def request_body(
    model: str,
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]] = (),
    options: Mapping[str, Any] | None = None,
    *,
    include_usage: bool = True,
) -> bytes:
    """The JSON of a streaming request.

    Args:
        model: The model's name.
        messages: The conversation, system prompt first.
        tools: Tool definitions in the chat form; left out when empty, since servers refuse an empty list.
        options: More request fields; they win over the ones set here.
        include_usage: Ask for token counts at the end; some compatible servers refuse the field.
    """
    body: dict[str, Any] = {"model": model, "messages": messages, "stream": True}
    if include_usage:
        body["stream_options"] = {"include_usage": True}
    if tools:
        body["tools"] = tools
    body.update(options or {})
    return msgspec.json.encode(body)


@dataclass(slots=True)
class _Call:
    """A tool call that is still growing."""

    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)
    told: int = 0  # how many pieces of the arguments people know of

    def is_whole(self) -> bool:
        try:
            return isinstance(json.loads("".join(self.arguments)), dict)
        except ValueError:
            return False


class ReplyAccumulator:
    """Puts a streamed reply together, chunk by chunk.

    Attributes:
        model: The model's name as the server gives it, or None.
        usage: Tokens, once the server told.
    """

    def __init__(self, on_arguments: OnArguments | None = None) -> None:
        """Begin a reply.

        Args:
            on_arguments: Told of the arguments of calls as they grow, once a call's id and name are known.
        """
        self.model: str | None = None
        self.usage: Usage | None = None
        self._text: list[str] = []
        self._refusal: list[str] = []
        self._calls: list[_Call] = []
        self._by_index: dict[Any, _Call] = {}
        self._finish_reason: str | None = None
        self._on_arguments = on_arguments

    @property
    def text(self) -> str:
        """What was said so far."""
        return "".join(self._text)

    def receive(self, payload: bytes) -> str:
        """Take in the data of one server-sent event.

        Returns:
            The new characters of the reply's text; often empty.

        Raises:
            RefusedError: The server sent an error inside the stream.
            RemoteProtocolError: The payload is not a chunk.
        """
        if payload == b"[DONE]":
            return ""
        try:
            chunk = _decode_chunk(payload)
        except msgspec.MsgspecError as error:
            frame = payload.decode("utf-8", "replace")
            raise RemoteProtocolError(f"the model sent a chunk that cannot be read ({error})", frame=frame) from error
        if chunk.error is not None:
            raise error_from_body({"error": chunk.error}, status=None)
        if chunk.usage is not None:
            self.usage = _read_usage(chunk.usage)
        if self.model is None:
            self.model = chunk.model
        return self._take_choice(chunk.choices[0]) if chunk.choices else ""

    def _take_choice(self, choice: _Choice) -> str:
        if choice.finish_reason is not None:
            self._finish_reason = choice.finish_reason
        delta = choice.delta or choice.message
        if delta is None:
            return ""
        if delta.refusal:
            self._refusal.append(delta.refusal)
        for item in delta.tool_calls or ():
            self._take_call(item)
        if delta.function_call is not None:
            self._take_call(_ToolDelta(index=0, function=delta.function_call))
        text = delta.content if isinstance(delta.content, str) else _text_of_parts(delta.content)
        if text:
            self._text.append(text)
        return text

    def _take_call(self, item: _ToolDelta) -> None:
        function = item.function or _Function()
        call = self._call_for(item, function)
        if item.id and not call.id:
            call.id = str(item.id)
        if function.name and not call.name:
            call.name = str(function.name)
        if function.arguments:
            arguments = function.arguments
            call.arguments.append(arguments if isinstance(arguments, str) else json.dumps(arguments))
        self._tell(call)

    def _tell(self, call: _Call) -> None:
        """Tell what has come of a call's arguments since the last time."""
        if self._on_arguments is None or not (call.id and call.name) or call.told == len(call.arguments):
            return
        delta = "".join(call.arguments[call.told :])
        call.told = len(call.arguments)
        self._on_arguments(call.id, call.name, delta)

    def _call_for(self, item: _ToolDelta, function: _Function) -> _Call:
        """The call that a delta belongs to; a new one when it starts one."""
        if item.id:
            for call in self._calls:
                if call.id == item.id:
                    return call
        known = self._calls[-1] if item.index is None and self._calls else self._by_index.get(item.index)
        if known is None or _starts_another(item, function, known):
            known = _Call()
            self._calls.append(known)
        self._by_index[item.index] = known
        return known

    def result(self) -> ChatReply:
        """The reply as it stands; call it when the stream has ended."""
        status, reason = self._outcome()
        text = self.text or "".join(self._refusal)
        calls = self._whole_calls() if status == "completed" else ()
        return ChatReply(status, text, calls, reason, self.usage, self.model)

    def _whole_calls(self) -> tuple[ToolCall, ...]:
        for number, call in enumerate(self._calls, 1):
            call.id = call.id or f"call_{number}"
            self._tell(call)
        return tuple(ToolCall(call.id, call.name, "".join(call.arguments)) for call in self._calls)

    def _outcome(self) -> tuple[ReplyStatus, str]:
        if self._refusal:
            return "refused", "the model declined to answer"
        match self._finish_reason:
            case None:
                return "truncated", "the stream ended before the model said that it was done"
            case "length":
                return "truncated", "the reply reached the token limit"
            case "content_filter":
                return "filtered", "the provider's content filter stopped the reply"
        return "completed", ""


def _starts_another(item: _ToolDelta, function: _Function, known: _Call) -> bool:
    """Whether the delta opens a new call although ``known`` stands at its place."""
    if item.id and known.id:
        return True  # another id (the same one was found before) under a known index
    return bool(function.name and known.name and known.is_whole())


def _text_of_parts(content: Any) -> str:
    if not isinstance(content, list):
        return ""
    texts = (part.get("text") for part in content if isinstance(part, dict))
    return "".join(text for text in texts if isinstance(text, str))


def _read_usage(usage: Mapping[str, Any]) -> Usage:
    def count(group: Any, name: str) -> int:
        value = group.get(name) if isinstance(group, Mapping) else None
        return value if isinstance(value, int) else 0

    return Usage(
        input_tokens=count(usage, "prompt_tokens"),
        output_tokens=count(usage, "completion_tokens"),
        cached_tokens=count(usage.get("prompt_tokens_details"), "cached_tokens"),
        reasoning_tokens=count(usage.get("completion_tokens_details"), "reasoning_tokens"),
    )


def error_from_body(body: Any, *, status: int | None, request_id: str | None = None) -> RefusedError:
    """The error that a server describes in OpenAI's shape, or in one of the shapes that others use.

    Args:
        body: The decoded JSON, or the text when it is not JSON.
        status: HTTP status; None when the error came inside a stream.
        request_id: The server's id of the request.
    """
    error = body.get("error", body) if isinstance(body, Mapping) else body
    details: Mapping[str, Any] = error if isinstance(error, Mapping) else {}
    message = details.get("message") or details.get("detail") or (error if isinstance(error, str) else "")
    code, param = (str(details[key]) if details.get(key) is not None else None for key in ("code", "param"))
    start = f"the model's server answered {status}" if status else "the model's server broke off with an error"
    kind = RateLimitError if status == 429 or code == "rate_limit_exceeded" else RefusedError
    text = f"{start}: {str(message)[:500] or 'no explanation given'}"
    return kind(text, status=status, code=code, param=param, request_id=request_id)
