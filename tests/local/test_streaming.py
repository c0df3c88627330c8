from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from intentional_nb.local.reply import ModelReply, Quirk
from intentional_nb.local.script import (
    call,
    calls,
    dropped,
    error_in_stream,
    malformed,
    rate_limited,
    refusal,
    stalled,
    text,
)
from intentional_nb.local.streaming import completion, stream
from intentional_nb.wire.chat_frames import ReplyFrames
from intentional_nb.wire.sse import SseDecoder
from tests.official import is_official

TWO_CALLS = (call("book", '{"day": "Tuesday"}', id="a"), call("ring", {}, id="b"))


def told(reply: ModelReply, *, usage: bool = False, choices: int = 1) -> list[Any]:
    """Decode a reply's stream, frame by frame; what is not JSON stays text."""
    frames = ReplyFrames("chatcmpl-1", "local-chat", 1, usage_asked=usage)
    decoder = SseDecoder()
    sent = b"".join(piece.sent for piece in stream(reply, frames, prompt_tokens=3, choices=choices))
    payloads = decoder.feed(sent) + decoder.flush()
    return [json.loads(p) if p.endswith(b"}") else p.decode() for p in payloads]


def deltas(frames: list[Any]) -> list[Any]:
    return [frame["choices"][0]["delta"] for frame in frames if frame.get("choices")]


def finish_reasons(frames: list[Any]) -> list[str]:
    choices = [choice for frame in frames if isinstance(frame, dict) for choice in frame["choices"] or ()]
    return [choice["finish_reason"] for choice in choices if choice["finish_reason"]]


def test_text_comes_after_the_role_and_ends_with_a_reason_and_done():
    frames = told(text("Hello, Ada."))

    assert frames.pop() == "[DONE]"
    assert deltas(frames) == [
        {"role": "assistant", "content": "", "refusal": None},
        {"content": "Hello,"},
        {"content": " Ada."},
        {},
    ]
    assert finish_reasons(frames) == ["stop"]


def test_tool_calls_come_one_after_the_other_with_the_name_first():
    *frames, _ = told(calls(*TWO_CALLS))

    function = {"name": "book", "arguments": ""}
    assert deltas(frames) == [
        {"role": "assistant", "content": None, "refusal": None},
        {"tool_calls": [{"index": 0, "id": "a", "type": "function", "function": function}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"day": "Tuesday'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '"}'}}]},
        {"tool_calls": [{"index": 1, "id": "b", "type": "function", "function": {"name": "ring", "arguments": ""}}]},
        {"tool_calls": [{"index": 1, "function": {"arguments": "{}"}}]},
        {},
    ]
    assert finish_reasons(frames) == ["tool_calls"]


@pytest.mark.parametrize("choices", [1, 2])
@pytest.mark.parametrize("usage", [False, True])
@pytest.mark.parametrize(
    "reply",
    [text("Hello, Ada."), text(""), calls(*TWO_CALLS), calls(*TWO_CALLS, text="One moment."), refusal("No.")],
    ids=str,
)
def test_every_frame_of_a_regular_reply_is_official(reply, usage, choices):
    *frames, done = told(reply, usage=usage, choices=choices)
    whole = completion(reply, ReplyFrames("chatcmpl-1", "m", 1), prompt_tokens=3, choices=choices)

    assert done == "[DONE]"
    assert all(is_official(frame, ChatCompletionChunk) for frame in frames)
    assert is_official(whole, ChatCompletion)
    assert len(finish_reasons(frames)) == len(finish_reasons([whole])) == choices


def test_usage_is_told_in_a_chunk_of_its_own_when_asked_for():
    *_, bill, _ = told(text("Hello, dear Ada.", reasoning="think hard"), usage=True)

    assert bill["choices"] == []
    assert (bill["usage"]["prompt_tokens"], bill["usage"]["completion_tokens"]) == (3, 5)
    assert bill["usage"]["completion_tokens_details"]["reasoning_tokens"] == 2


def test_given_usage_is_told_as_it_is():
    *_, bill, _ = told(text("Hello", usage=(1000, 7)), usage=True)

    assert bill["usage"]["total_tokens"] == 1007


def test_a_whole_completion_says_what_the_stream_says():
    reply = calls(*TWO_CALLS, text="One moment.", reasoning="hm")
    message = completion(reply, ReplyFrames("chatcmpl-1", "m", 1), prompt_tokens=3)["choices"][0]["message"]

    assert message["content"] == "One moment."
    assert message["reasoning_content"] == "hm"
    assert [made["function"]["arguments"] for made in message["tool_calls"]] == ['{"day": "Tuesday"}', "{}"]


def test_the_pause_comes_before_each_delta_of_the_first_choice():
    frames = ReplyFrames("chatcmpl-1", "m", 1)
    pauses = [piece.pause_ms for piece in stream(text("a b", pace_ms=5), frames, prompt_tokens=0, choices=2)]

    assert pauses == [0, 0, 5, 0, 5, 0, 0, 0, 0]


def indices(frames: list[Any]) -> list[Any]:
    return [(made["tool_calls"][0].get("index"), made["tool_calls"][0].get("id")) for made in deltas(frames)[1:-1]]


@pytest.mark.parametrize(
    ("quirk", "seen"),
    [
        ("no_index", [(None, "a"), (None, None), (None, None), (None, "b"), (None, None)]),
        ("index_from_one", [(1, "a"), (1, None), (1, None), (2, "b"), (2, None)]),
        ("same_index", [(0, "a"), (0, None), (0, None), (0, "b"), (0, None)]),
        ("repeated_id", [(0, "a"), (0, "a"), (0, "a"), (1, "b"), (1, "b")]),
        ("whole_calls", [(0, "a"), (1, "b")]),
        ("interleaved", [(0, "a"), (1, "b"), (0, None), (1, None), (0, None)]),
    ],
)
def test_tool_calls_can_be_indexed_as_compatible_servers_do(quirk, seen):
    *frames, _ = told(calls(*TWO_CALLS, quirks=quirk))

    assert indices(frames) == seen


def test_quirks_of_tool_calls_add_up():
    *frames, _ = told(calls(*TWO_CALLS, quirks=["no_index", "whole_calls"]))

    assert indices(frames) == [(None, "a"), (None, "b")]


def test_a_call_can_come_in_the_field_that_tools_replaced():
    *frames, _ = told(calls(*TWO_CALLS, quirks="function_call"))

    pieces = [delta["function_call"] for delta in deltas(frames)[1:-1]]
    assert "".join(piece["arguments"] for piece in pieces) == '{"day": "Tuesday"}'
    assert pieces[0]["name"] == "book"
    assert finish_reasons(frames) == ["function_call"]


@pytest.mark.parametrize(
    ("quirk", "delta", "reason"),
    [
        ("finish_with_text", {"content": "Hi"}, "stop"),
        ("finish_without_delta", None, "stop"),
        ("finish_repeats_role", {"role": "assistant", "content": ""}, "stop"),
    ],
)
def test_the_finish_reason_can_come_in_other_ways(quirk, delta, reason):
    *frames, _ = told(text("Hi", quirks=quirk))

    assert deltas(frames)[-1] == delta
    assert finish_reasons(frames) == [reason]


def test_the_finish_reason_may_be_unknown_or_missing():
    assert finish_reasons(told(text("Hi", finish_reason="tired"))) == ["tired"]
    assert finish_reasons(told(text("Hi", finish_reason=None))) == []


def usages(frames: list[Any]) -> list[bool]:
    return [bool(frame.get("usage")) for frame in frames if isinstance(frame, dict)]


def test_usage_can_come_where_it_does_not_belong():
    assert usages(told(text("Hi", quirks="usage_unasked"))) == [False, False, False, True]
    assert usages(told(text("Hi", quirks="usage_with_finish"), usage=True)) == [False, False, True]
    assert usages(told(text("Hi", quirks="no_usage"), usage=True)) == [False, False, False]


def test_the_stream_can_be_bent_around_the_deltas():
    frames = ReplyFrames("chatcmpl-1", "m", 1)

    def sent(quirk: Quirk) -> bytes:
        return b"".join(piece.sent for piece in stream(text("Hi", quirks=quirk), frames, prompt_tokens=0))

    assert b"[DONE]" not in sent("no_done")
    assert b"role" not in sent("no_role")
    assert sent("keep_alive").count(b": keep-alive\n\n") == 1
    assert sent("null_choices").count(b'"choices":null') == 1
    assert b"\n" not in sent("crlf").replace(b"\r\n", b"")
    assert SseDecoder().feed(sent("crlf"))[-1] == b"[DONE]"


def test_every_quirk_changes_something():
    reply = {"text": "Hi there", "reasoning": "hm"}
    plain = told(calls(*TWO_CALLS, **reply), usage=True)
    unchanged = {
        quirk for quirk in get_args(Quirk) if told(calls(*TWO_CALLS, **reply, quirks=quirk), usage=True) == plain
    }

    # Two of them show only in the bytes, one only without being asked, one to the HTTP side.
    assert unchanged == {"crlf", "keep_alive", "usage_unasked", "plain_json"}


def test_an_unknown_quirk_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"unknown quirk 'no_indx' .* known: no_done, .*no_index"):
        text("Hi", quirks="no_indx")


@pytest.mark.parametrize("reply", [dropped(after="Hi you"), dropped(after=text("Hi you", quirks="finish_with_text"))])
def test_a_dropped_stream_ends_inside_a_chunk(reply):
    *frames, cut = told(reply)

    assert deltas(frames)[1:] == [{"content": "Hi"}, {"content": " you"}]
    assert finish_reasons(frames) == []
    assert cut.startswith('{"id"')
    assert not cut.endswith("}")


def test_a_stalled_stream_just_stops():
    assert deltas(told(stalled(after="Hi")))[-1] == {"content": "Hi"}


def test_a_malformed_chunk_stands_between_regular_ones():
    frames = told(malformed(after="Hi"))

    assert [isinstance(frame, dict) for frame in frames] == [True, True, False, True, False]
    assert frames[-1] == "[DONE]"


def test_an_error_can_end_a_stream_that_began_well():
    *frames, error = told(error_in_stream(rate_limited(), after="Hi"))

    assert deltas(frames)[-1] == {"content": "Hi"}
    assert error["error"]["code"] == "rate_limit_exceeded"
    assert told(error_in_stream())[-1]["error"]["type"] == "server_error"


def test_a_stream_can_end_inside_a_tool_call():
    *frames, _ = told(dropped(after=calls(("book", '{"day": '), text="One moment.")))

    assert deltas(frames)[-1] == {"tool_calls": [{"index": 0, "function": {"arguments": '{"day": '}}]}
