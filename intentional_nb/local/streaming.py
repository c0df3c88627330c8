"""From a model's reply to the frames that tell it: a stream in pieces, or one completion.

A well-behaved reply is told as OpenAI tells it: a chunk with the role, the text, each tool call with its name first and
its arguments in pieces, a chunk with the finish reason, the usage when asked for, ``[DONE]``. Quirks and endings of a
scripted reply (`intentional_nb.local.reply`) bend that. Nothing here does I/O: pauses are told to whoever sends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from typing import NamedTuple

import msgspec

from intentional_nb.local.incoming import token_count
from intentional_nb.local.reply import Call, ErrorReply, ModelReply, Quirk
from intentional_nb.wire.chat_frames import (
    DONE,
    Frame,
    ReplyFrames,
    arguments_delta,
    assistant_message,
    call_delta,
    error_frame,
    reasoning_delta,
    refusal_delta,
    role_delta,
    text_delta,
    tool_call,
    usage_frame,
)
from intentional_nb.wire.sse import encode_event

__all__ = ["Piece", "completion", "encode", "error_body", "stream"]

encode = msgspec.json.Encoder().encode

_ARGUMENTS_PIECE = 16
"""Characters of a tool call's arguments in one delta."""


class Piece(NamedTuple):
    """Bytes of a stream, and how long to wait before they are sent."""

    sent: bytes
    pause_ms: float = 0.0


def stream(reply: ModelReply, frames: ReplyFrames, *, prompt_tokens: int, choices: int = 1) -> Iterator[Piece]:
    """Tell a reply as server-sent events, up to where its ending leaves the regular path.

    What a dropped or stalled reply does after the last piece is up to the sender.
    """
    if "crlf" in reply.quirks:
        for piece in _pieces(reply, frames, prompt_tokens, choices):
            yield Piece(piece.sent.replace(b"\n", b"\r\n"), piece.pause_ms)
    else:
        yield from _pieces(reply, frames, prompt_tokens, choices)


def completion(reply: ModelReply, frames: ReplyFrames, *, prompt_tokens: int, choices: int = 1) -> Frame:
    """Tell a reply at once."""
    has_text = bool(reply.chunks) or not (reply.calls or reply.refusal)
    message = assistant_message(
        reply.text if has_text else None,
        tool_calls=[tool_call(call.id, call.name, call.arguments) for call in reply.calls],
        refusal=reply.refusal,
        reasoning="".join(reply.reasoning) if reply.reasoning else None,
    )
    usage = _usage(reply, prompt_tokens, choices)
    return frames.completion(message, finish_reason=reply.finish_reason, usage=usage, choices=choices)


def error_body(error: ErrorReply) -> Frame:
    """Put an error in the shape that OpenAI gives it."""
    return error_frame(error.message, type=error.type, param=error.param, code=error.code)


def _pieces(reply: ModelReply, frames: ReplyFrames, prompt_tokens: int, choices: int) -> Iterator[Piece]:
    deltas = list(_deltas(reply))
    is_cut = reply.ending in ("dropped", "stalled", "error")
    finishes_with_text = "finish_with_text" in reply.quirks and bool(deltas) and not is_cut
    if "no_role" not in reply.quirks:
        for choice in range(choices):
            delta = role_delta(has_text=bool(reply.chunks or reply.reasoning) or not reply.calls)
            yield _event(frames.chunk(delta, choice=choice))
    for number, delta in enumerate(deltas, 1):
        reason = _reason(reply) if finishes_with_text and number == len(deltas) else None
        for choice in range(choices):
            frame = frames.chunk(delta, choice=choice, finish_reason=reason)
            yield _event(frame, 0.0 if choice else reply.pace_ms)
        yield from _interludes(reply, frames)
    yield from _cut(reply, frames)
    if not is_cut:
        bill = _usage(reply, prompt_tokens, choices)
        yield from _finish(reply, frames, bill, 0 if finishes_with_text else choices)


def _event(frame: Frame, pause_ms: float = 0.0) -> Piece:
    return Piece(encode_event(encode(frame)), pause_ms)


def _interludes(reply: ModelReply, frames: ReplyFrames) -> Iterator[Piece]:
    if "null_choices" in reply.quirks:
        yield _event(frames.chunk({}) | {"choices": None})
    if "keep_alive" in reply.quirks:
        yield Piece(b": keep-alive\n\n")


def _cut(reply: ModelReply, frames: ReplyFrames) -> Iterator[Piece]:
    """End the regular stream: connections break in the middle of an event, where it hurts."""
    if reply.ending in ("dropped", "malformed"):
        whole = encode(frames.chunk(text_delta("never read")))
        half = b"data: " + whole[: len(whole) // 2]
        yield Piece(half if reply.ending == "dropped" else half + b"\n\n")
    if reply.error is not None:
        yield _event(error_body(reply.error))


def _finish(reply: ModelReply, frames: ReplyFrames, bill: Frame, choices: int) -> Iterator[Piece]:
    quirks = reply.quirks
    for choice in range(choices if reply.finish_reason is not None else 0):
        frame = frames.chunk(_finish_delta(quirks), choice=choice, finish_reason=_reason(reply))
        if "usage_with_finish" in quirks:
            frame["usage"] = bill
        yield _event(frame)
    is_asked = frames.usage_asked or "usage_unasked" in quirks
    if is_asked and not quirks & {"no_usage", "usage_with_finish"}:
        yield _event(frames.usage_chunk(bill))
    if "no_done" not in quirks:
        yield Piece(encode_event(DONE))


def _finish_delta(quirks: frozenset[Quirk]) -> Frame | None:
    if "finish_without_delta" in quirks:
        return None
    if "finish_repeats_role" in quirks:
        return {"role": "assistant", "content": ""}
    return {}


def _reason(reply: ModelReply) -> str | None:
    is_legacy = "function_call" in reply.quirks and reply.finish_reason == "tool_calls"
    return "function_call" if is_legacy else reply.finish_reason


def _usage(reply: ModelReply, prompt_tokens: int, choices: int) -> Frame:
    if reply.usage is not None:
        return usage_frame(*reply.usage)
    thought = token_count("".join(reply.reasoning))
    spoken = token_count(reply.text) + token_count(reply.refusal or "")
    called = sum(1 + token_count(call.arguments) for call in reply.calls)
    return usage_frame(prompt_tokens, choices * (thought + spoken + called), reasoning_tokens=choices * thought)


def _deltas(reply: ModelReply) -> Iterator[Frame]:
    yield from map(reasoning_delta, reply.reasoning)
    yield from map(text_delta, reply.chunks)
    if reply.refusal is not None:
        yield refusal_delta(reply.refusal)
    if "function_call" in reply.quirks:
        yield from _legacy_call(reply.calls[:1])
        return
    calls = [list(_call_deltas(call, position, reply.quirks)) for position, call in enumerate(reply.calls)]
    if "interleaved" in reply.quirks:
        yield from (delta for row in zip_longest(*calls) for delta in row if delta is not None)
    else:
        yield from chain.from_iterable(calls)


def _call_deltas(call: Call, position: int, quirks: frozenset[Quirk]) -> Iterator[Frame]:
    for delta in _indexed_call(call, _shown_index(position, quirks), quirks):
        if "no_index" in quirks:
            delta["tool_calls"][0].pop("index")
        yield delta


def _shown_index(position: int, quirks: frozenset[Quirk]) -> int:
    if "same_index" in quirks:
        return 0
    return position + 1 if "index_from_one" in quirks else position


def _indexed_call(call: Call, index: int, quirks: frozenset[Quirk]) -> Iterator[Frame]:
    if "whole_calls" in quirks:
        yield call_delta(index, call.id, call.name, call.arguments)
        return
    yield call_delta(index, call.id, call.name)
    for piece in _in_pieces(call.arguments):
        if "repeated_id" in quirks:
            yield call_delta(index, call.id, call.name, piece)
        else:
            yield arguments_delta(index, piece)


def _legacy_call(calls: Sequence[Call]) -> Iterator[Frame]:
    for call in calls:
        yield {"function_call": {"name": call.name, "arguments": ""}}
        for piece in _in_pieces(call.arguments):
            yield {"function_call": {"arguments": piece}}


def _in_pieces(arguments: str) -> list[str]:
    return [arguments[at : at + _ARGUMENTS_PIECE] for at in range(0, len(arguments), _ARGUMENTS_PIECE)]
