import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.errors import RateLimitError, RefusedError, RemoteProtocolError
from intentional_nb.wire.calls import ToolCall
from intentional_nb.wire.chat import ReplyAccumulator, Usage, error_from_body, request_body
from intentional_nb.wire.sse import SseDecoder


def chunk(delta=None, finish=None, **more):
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish}
    return json.dumps({"id": "c", "object": "chat.completion.chunk", "choices": [choice], **more}).encode()


def call(index=None, id=None, name=None, arguments=None):
    delta = {"index": index, "id": id, "function": {"name": name, "arguments": arguments}}
    if index is None:
        del delta["index"]
    return {"tool_calls": [delta]}


def reply(*payloads):
    accumulator = ReplyAccumulator()
    for payload in payloads:
        accumulator.receive(payload)
    return accumulator.result()


def test_text_comes_out_as_it_arrives():
    accumulator = ReplyAccumulator()

    deltas = [accumulator.receive(chunk({"content": text})) for text in ("Hel", "lo", "")]

    assert deltas == ["Hel", "lo", ""]
    assert accumulator.text == "Hello"


def test_a_reply_that_says_why_it_ends_is_complete():
    result = reply(chunk({"content": "Hi"}), chunk(finish="stop"), b"[DONE]")

    assert (result.status, result.text, result.calls) == ("completed", "Hi", ())


def test_a_stream_that_ends_without_a_reason_is_truncated_even_after_done():
    result = reply(chunk({"content": "Hi"}), b"[DONE]")

    assert result.status == "truncated"
    assert "ended before" in result.reason


@pytest.mark.parametrize(
    ("finish", "status"),
    [("length", "truncated"), ("content_filter", "filtered"), ("stop", "completed"), ("eos", "completed")],
)
def test_the_reason_tells_the_status(finish, status):
    assert reply(chunk({"content": "x"}), chunk(finish=finish)).status == status


def test_a_refusal_is_told_apart_and_its_words_are_kept():
    result = reply(chunk({"refusal": "I can't "}), chunk({"refusal": "do that."}), chunk(finish="stop"))

    assert (result.status, result.text) == ("refused", "I can't do that.")


def test_a_cut_tool_call_is_not_handed_out():
    result = reply(chunk(call(0, "a", "f", '{"x": ')), chunk(finish="length"))

    assert result.calls == ()


STRAIGHT = [
    chunk(call(0, "a", "f", "")),
    chunk(call(0, arguments='{"x"')),
    chunk(call(0, arguments=": 1}")),
    chunk(call(1, "b", "g", "{}")),
]
BENT = {
    "as OpenAI sends it": STRAIGHT,
    "without an index": [
        chunk(call(None, "a", "f", "")),
        chunk(call(None, arguments='{"x": 1}')),
        chunk(call(None, "b", "g", "{}")),
    ],
    "with ids and names on each delta": [
        chunk(call(0, "a", "f", '{"x"')),
        chunk(call(0, "a", "f", ": 1}")),
        chunk(call(1, "b", "g", "{}")),
    ],
    "with an index that starts at one": [
        chunk(call(1, "a", "f", '{"x": 1}')),
        chunk(call(2, "b", "g", "{}")),
    ],
    "whole calls, all at index zero": [
        chunk(call(0, "a", "f", '{"x": 1}')),
        chunk(call(0, "b", "g", "{}")),
    ],
    "arguments as an object": [
        chunk(call(0, "a", "f", {"x": 1})),
        chunk(call(1, "b", "g", {})),
    ],
    "interleaved": [
        chunk(call(0, "a", "f", '{"x"')),
        chunk(call(1, "b", "g", "")),
        chunk(call(0, arguments=": 1}")),
        chunk(call(1, arguments="{}")),
    ],
}


@pytest.mark.parametrize("payloads", BENT.values(), ids=BENT.keys())
def test_parallel_calls_come_out_the_same_however_they_are_sent(payloads):
    result = reply(*payloads, chunk(finish="tool_calls"))

    calls = [(item.call_id, item.name, json.loads(item.arguments or "{}")) for item in result.calls]
    assert calls == [("a", "f", {"x": 1}), ("b", "g", {})]


def test_two_whole_calls_without_ids_at_one_index_are_two_calls():
    result = reply(chunk(call(0, None, "f", "{}")), chunk(call(0, None, "g", "{}")), chunk(finish="tool_calls"))

    assert result.calls == (ToolCall("call_1", "f", "{}"), ToolCall("call_2", "g", "{}"))


def test_text_and_calls_can_come_in_one_reply():
    result = reply(chunk({"content": "One moment."}), *STRAIGHT, chunk(finish="tool_calls"))

    assert result.text == "One moment."
    assert len(result.calls) == 2


def test_a_plain_completion_is_understood_where_a_stream_was_asked_for():
    message = {"role": "assistant", "content": "Hi", "tool_calls": [{"id": "a", "function": {"name": "f"}}]}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}

    result = reply(json.dumps(body).encode())

    assert (result.text, result.calls) == ("Hi", (ToolCall("a", "f", ""),))


def test_usage_and_model_are_kept():
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 5}}

    result = reply(
        chunk({"content": "x"}, finish="stop", model="m"), json.dumps({"choices": [], "usage": usage}).encode()
    )

    assert (result.usage, result.model) == (Usage(7, 3, cached_tokens=5), "m")


@pytest.mark.parametrize(
    "payload", [b'{"choices": null}', b'{"choices": []}', b"{}", b'{"choices": [{"delta": null}]}']
)
def test_empty_chunks_are_passed_over(payload):
    assert reply(payload, chunk({"content": "x"}, finish="stop")).status == "completed"


@pytest.mark.parametrize("payload", [b"{oops", b"[]", b'"text"', b"", b"\xff", b'{"choices": 3}'])
def test_what_is_no_chunk_is_told_with_what_came(payload):
    with pytest.raises(RemoteProtocolError) as caught:
        ReplyAccumulator().receive(payload)

    assert caught.value.frame == payload.decode("utf-8", "replace")


def test_an_error_inside_the_stream_is_raised_as_the_servers():
    with pytest.raises(RefusedError, match="overloaded") as caught:
        ReplyAccumulator().receive(b'{"error": {"message": "overloaded", "code": "server_error"}}')

    assert (caught.value.code, caught.value.status) == ("server_error", None)


@pytest.mark.parametrize(
    "body", [{"error": "down"}, {"message": "down"}, {"detail": "down"}, "down", {"error": {"message": "down"}}]
)
def test_errors_of_other_shapes_keep_their_words(body):
    assert "down" in str(error_from_body(body, status=503))


def test_too_many_requests_have_a_type_of_their_own():
    assert isinstance(error_from_body({"error": {"message": "slow down"}}, status=429), RateLimitError)


def test_the_users_options_win_and_empty_tools_are_left_out():
    body = json.loads(request_body("m", [], [], {"temperature": 0, "stream_options": {"x": 1}}))

    assert body == {"model": "m", "messages": [], "stream": True, "temperature": 0, "stream_options": {"x": 1}}


pieces = st.lists(st.text(max_size=8), max_size=6)


def told(*payloads):
    """What is told of calls while a reply streams, and the reply."""
    grown = []
    accumulator = ReplyAccumulator(lambda *growth: grown.append(growth))
    for payload in payloads:
        accumulator.receive(payload)
    return grown, accumulator.result()


def test_arguments_are_told_as_they_come_once_id_and_name_are_known():
    payloads = [
        chunk(call(0, "a", "f", "")),
        chunk(call(0, arguments='{"x"')),
        chunk(call(1, "b", None, "{")),
        chunk(call(0, arguments=": 1}")),
        chunk(call(1, None, "g", "}")),
    ]

    grown, result = told(*payloads, chunk(finish="tool_calls"))

    assert grown == [("a", "f", '{"x"'), ("a", "f", ": 1}"), ("b", "g", "{}")]
    assert [call.arguments for call in result.calls] == ['{"x": 1}', "{}"]


def test_a_call_without_an_id_is_told_at_the_end_under_the_id_that_it_gets():
    grown, result = told(chunk(call(0, None, "f", "{}")), chunk(finish="tool_calls"))

    assert grown == [("call_1", "f", "{}")]
    assert result.calls[0].call_id == "call_1"


def test_of_a_cut_reply_nothing_is_told_at_its_end():
    assert told(chunk(call(0, None, "f", "{")), chunk(finish="length"))[0] == []


@given(
    calls=st.lists(st.tuples(st.sampled_from(["f", "g"]), st.lists(st.text(max_size=3), max_size=4)), max_size=4),
    have_ids=st.booleans(),
    order=st.randoms(use_true_random=False),
)
def test_what_is_told_of_a_call_is_what_it_holds_in_the_end(calls, have_ids, order):
    first = [chunk(call(index, f"id{index}" if have_ids else None, name, "")) for index, (name, _) in enumerate(calls)]
    rest = [(index, piece) for index, (_, written) in enumerate(calls) for piece in written]
    places = sorted(range(len(rest)), key=lambda _: order.random())
    ordered = sorted(zip(places, rest, strict=True), key=lambda item: (item[0], item[1][0]))
    mixed = [piece for _, piece in ordered]
    by_call = {index: iter(calls[index][1]) for index, _ in rest}
    payloads = [*first, *(chunk(call(index, arguments=next(by_call[index]))) for index, _ in mixed)]

    grown, result = told(*payloads, chunk(finish="tool_calls"))

    for made in result.calls:
        assert "".join(delta for call_id, _, delta in grown if call_id == made.call_id) == made.arguments
    assert all(delta for _, _, delta in grown)


@given(texts=pieces, arguments=st.dictionaries(st.text(max_size=4), st.integers()), cuts=st.lists(st.integers(0, 4000)))
def test_any_split_of_the_stream_gives_the_same_reply(texts, arguments, cuts):
    written = json.dumps(arguments)
    half = len(written) // 2
    payloads = [
        *(chunk({"content": text}) for text in texts),
        chunk(call(0, "a", "f", written[:half])),
        chunk(call(0, arguments=written[half:])),
        chunk(finish="tool_calls"),
        b"[DONE]",
    ]
    stream = b"".join(b"data: " + payload + b"\n\n" for payload in payloads)
    edges = sorted({0, *(cut % (len(stream) + 1) for cut in cuts), len(stream)})
    decoder = SseDecoder()

    accumulator = ReplyAccumulator()
    for start, end in itertools.pairwise(edges):
        for payload in decoder.feed(stream[start:end]):
            accumulator.receive(payload)

    assert accumulator.result() == reply(*payloads)
    assert accumulator.result().text == "".join(texts)
    assert json.loads(accumulator.result().calls[0].arguments) == arguments
