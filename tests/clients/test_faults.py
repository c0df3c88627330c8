"""Every fault that the scripted model can make: it is told, nothing is lost, and the next turn works."""

import asyncio
import socket
from typing import get_args

import pytest

from intentional_nb.clients.history import user_message
from intentional_nb.errors import (
    ConnectError,
    RateLimitError,
    RefusedError,
    RemoteProtocolError,
    ReplyTimeoutError,
)
from intentional_nb.events import ErrorOccurred, ReplyEnded, RetryScheduled, ToolCallStarted, UsageReported
from intentional_nb.local.script import (
    Quirk,
    call,
    calls,
    dropped,
    error_in_stream,
    failed,
    malformed,
    no_stream_options,
    no_tools_with_reasoning,
    rate_limited,
    refusal,
    server_error,
    stalled,
    text,
    unauthorized,
)
from intentional_nb.tools.function import tool
from tests.clients.conftest import KEY

FAULTS = {
    "a wrong key": (unauthorized(), RefusedError, ""),
    "no quota": (rate_limited(code="insufficient_quota"), RateLimitError, ""),
    "a pause that is too long": (rate_limited(retry_after_s=600), RateLimitError, ""),
    "a bad request": (failed(400, "no such field", param="x"), RefusedError, ""),
    "an error in the stream": (error_in_stream(after="Hel"), RefusedError, "Hel"),
    "a connection that breaks midway": (dropped("Hel lo"), ConnectError, "Hel"),
    "a chunk that is not JSON": (malformed("Hel"), RemoteProtocolError, "Hel"),
    "silence midway": (stalled("Hel"), ReplyTimeoutError, "Hel"),
    "silence before the headers": (stalled(), ReplyTimeoutError, ""),
}


@pytest.mark.parametrize(("fault", "error", "seen"), FAULTS.values(), ids=FAULTS.keys())
async def test_a_fault_is_told_and_the_next_turn_works(scene, fault, error, seen):
    stage = scene(fault, text("Welcome back."), timeout=2 if error is ReplyTimeoutError else 60)

    with pytest.raises(error) as caught:
        await stage.say("hello")

    [told] = stage.listener.of(ErrorOccurred)
    [ended] = stage.listener.of(ReplyEnded)
    assert (told.error, told.where, told.exception) == (str(caught.value), "model", caught.value)
    assert ended.status == "failed"
    assert ended.text.startswith(seen)
    assert stage.listener.events[-1].type == "turn_ended"

    await stage.say("again")

    roles = [role for role, _ in stage.history]
    assert roles in (["user", "user", "assistant"], ["user", "assistant", "user", "assistant"])
    assert stage.history[0] == ("user", "hello")
    assert stage.history[-1] == ("assistant", "Welcome back.")


PASSING = {
    "500": server_error(500),
    "503": server_error(503),
    "429": rate_limited(retry_after_s=0.01),
    "no answer": dropped(),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
async def test_a_passing_fault_is_tried_again_in_sight(scene, fault, monkeypatch):
    monkeypatch.setattr("intentional_nb.clients.connection.FIRST_WAIT_S", 0.01)
    stage = scene(fault, fault, text("Hi."))

    await stage.say("hello")

    retries = stage.listener.of(RetryScheduled)
    assert [retry.attempt for retry in retries] == [1, 2]
    assert all(retry.reason for retry in retries)
    assert stage.history == [("user", "hello"), ("assistant", "Hi.")]


async def test_retries_come_to_an_end(scene):
    stage = scene(*[rate_limited(retry_after_s=0.01)] * 3)

    with pytest.raises(RateLimitError) as caught:
        await stage.say("hello")

    assert caught.value.retry_after_s == 0.01
    assert len(stage.listener.of(RetryScheduled)) == 2


async def test_a_server_that_says_not_to_retry_is_believed(scene):
    stage = scene(failed(500, "broken for good", headers={"x-should-retry": "false"}))

    with pytest.raises(RefusedError, match="broken for good"):
        await stage.say("hello")

    assert not stage.listener.of(RetryScheduled)


async def test_nobody_at_the_address_is_explained(scene):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        stage = scene(base_url=url, max_retries=0)
        with pytest.raises(ConnectError, match="is the address right") as caught:
            await stage.say("hello")

    assert caught.value.url == url


ENDINGS = {
    "length": (text("Hel", finish_reason="length"), "truncated", "token limit"),
    "the filter": (text("Hel", finish_reason="content_filter"), "filtered", "filter"),
    "no reason": (text("Hel", finish_reason=None), "truncated", "before the model said"),
    "neither reason nor done": (text("Hel", finish_reason=None, quirks="no_done"), "truncated", "before"),
    "a refusal": (refusal("Hel"), "refused", "declined"),
}


@pytest.mark.parametrize(("reply", "status", "reason"), ENDINGS.values(), ids=ENDINGS.keys())
async def test_replies_that_are_not_complete_are_told_apart_and_kept(scene, reply, status, reason):
    stage = scene(reply)

    await stage.say("hello")

    [ended] = stage.listener.of(ReplyEnded)
    assert (ended.status, ended.text) == (status, "Hel")
    assert reason in ended.reason
    assert stage.listener.text == "Hel"
    assert stage.history == [("user", "hello"), ("assistant", "Hel")]


@pytest.mark.parametrize("cut", ["length", None])
async def test_a_tool_call_that_was_cut_off_does_not_run(scene, cut):
    ran = []

    @tool
    def pay(amount: int) -> None:
        """Pay."""
        ran.append(amount)

    conversation = one_stage("pay")
    reply = calls(("pay", '{"amount": 1}'), finish_reason=cut)
    stage = scene(reply, tools=(pay,), conversation=conversation)

    await stage.say("pay")

    assert ran == []
    assert stage.history == [("user", "pay")]


def one_stage(*tools: str):
    return {
        "stages": {
            "only": {
                "goal": "Help.",
                "accessible_from": "_start_",
                "tools": list(tools),
                "outcomes": {"done": {"description": "all is done", "move_to": "_end_"}},
            }
        }
    }


@tool
def double(x: int) -> int:
    """Double a number."""
    return 2 * x


@pytest.mark.parametrize("quirk", sorted({*get_args(Quirk)} - {"function_call"}))
async def test_servers_that_bend_the_protocol_are_understood(scene, quirk):
    both = calls(call("double", {"x": 1}, id="a"), call("double", {"x": 2}, id="b"), text="Let me see.", quirks=quirk)
    stage = scene(both, text("Two and four."), tools=(double,), conversation=one_stage("double"))

    await stage.say("double one and two")

    assert [event.arguments for event in stage.listener.of(ToolCallStarted)] == [{"x": 1}, {"x": 2}]
    assert [message["content"] for message in stage.client.history.messages if message["role"] == "tool"] == ["2", "4"]
    assert stage.history[-1] == ("assistant", "Two and four.")


async def test_the_field_for_calls_of_old_servers_is_understood(scene):
    old = calls(("double", {"x": 1}), quirks="function_call", finish_reason="function_call")
    stage = scene(old, text("Two."), tools=(double,), conversation=one_stage("double"))

    await stage.say("double one")

    assert [event.arguments for event in stage.listener.of(ToolCallStarted)] == [{"x": 1}]


async def test_a_server_that_refuses_stream_options_is_asked_without_them_from_then_on(scene):
    stage = scene(no_stream_options(), text("Hi."), text("Still here."))

    await stage.say("hello")
    await stage.say("again")

    assert ["stream_options" in request for request in stage.script.requests] == [True, False, False]
    assert stage.listener.text == "Hi.Still here."


async def test_a_reasoning_model_gets_tools_with_reasoning_off(scene):
    stage = scene(no_tools_with_reasoning(), text("Hi."), text("Still here."))

    await stage.say("hello")
    await stage.say("again")

    assert [request.get("reasoning_effort") for request in stage.script.requests] == [None, "none", "none"]


async def test_the_users_reasoning_effort_is_not_overruled(scene):
    stage = scene(no_tools_with_reasoning(), reasoning_effort="high")

    with pytest.raises(RefusedError, match="set reasoning_effort to 'none'"):
        await stage.say("hello")


async def test_a_model_without_tools_over_this_api_is_named_with_the_way_out(scene):
    message = "Unsupported value: 'reasoning_effort' does not support 'none' with this model."
    stage = scene(no_tools_with_reasoning(), failed(400, message, param="reasoning_effort"))

    with pytest.raises(RefusedError, match="choose a model that can"):
        await stage.say("hello")


async def test_usage_is_told_for_each_request(scene):
    stage = scene(calls(("classify_response", {"outcome": "chosen"}), usage=(10, 2)), text("Cash?", usage=(12, 3)))

    await stage.say("a coffee")

    assert [(used.input_tokens, used.output_tokens) for used in stage.listener.of(UsageReported)] == [(10, 2), (12, 3)]


async def test_a_key_that_the_server_repeats_is_not_shown(scene):
    stage = scene(failed(401, f"Incorrect API key provided: {KEY}", code="invalid_api_key"))

    with pytest.raises(RefusedError) as caught:
        await stage.say("hello")

    assert "[key]" in str(caught.value)
    shown = [str(caught.value), repr(stage.client), repr(vars(stage.client)), repr(stage.listener.events)]
    assert KEY not in "".join(shown)


async def test_an_interrupted_answer_keeps_what_the_user_saw(scene):
    stage = scene(text("one two three", pace_ms=300), text("Yes?"))
    turn = asyncio.create_task(stage.say("count"))
    while not stage.listener.text:
        await asyncio.sleep(0)

    await stage.client.handle_interruption()
    await turn

    seen = stage.listener.text
    [ended] = stage.listener.of(ReplyEnded)
    assert (ended.status, ended.text) == ("cancelled", seen)
    assert stage.history == [("user", "count"), ("assistant", seen)]
    await stage.say("go on")
    assert stage.script.requests[1]["messages"][1:3] == [user_message("count"), {"role": "assistant", "content": seen}]


async def test_only_what_was_heard_is_kept_when_the_length_is_known(scene):
    stage = scene(text(["abcdef", "ghi"], pace_ms=300))
    turn = asyncio.create_task(stage.say("spell"))
    while not stage.listener.text:
        await asyncio.sleep(0)

    await stage.client.handle_interruption(3)
    await turn

    assert stage.history == [("user", "spell"), ("assistant", "abc")]


async def test_interrupting_a_tool_leaves_no_call_without_an_answer(scene):
    running = asyncio.Event()

    @tool
    async def wait() -> None:
        """Wait."""
        running.set()
        await asyncio.Event().wait()

    both = calls(call("wait", id="a"), call("double", {"x": 2}, id="b"))
    stage = scene(both, text("Fine."), tools=(wait, double), conversation=one_stage("wait", "double"))
    turn = asyncio.create_task(stage.say("wait"))
    await running.wait()
    while "ok" not in [getattr(event, "status", "") for event in stage.listener.events]:
        await asyncio.sleep(0)

    await stage.client.handle_interruption()
    await turn
    await stage.say("never mind")

    sent = stage.script.requests[1]["messages"]
    answers = {message["tool_call_id"]: message["content"] for message in sent if message["role"] == "tool"}
    assert set(answers) == {"a", "b"}
    assert "interrupted" in answers["a"]
    assert answers["b"] == "4"


async def test_interrupting_when_nothing_runs_is_harmless(scene):
    stage = scene(text("Hi."))

    await stage.client.handle_interruption()
    await stage.say("hello")

    assert stage.history == [("user", "hello"), ("assistant", "Hi.")]


async def test_a_fault_of_our_own_side_is_told_and_the_turn_ends_in_order(scene):
    stage = scene(text("Hi."))
    real = stage.router.current_tools
    stage.router.current_tools = lambda: 1 / 0

    with pytest.raises(ZeroDivisionError):
        await stage.say("hello")

    [told] = stage.listener.of(ErrorOccurred)
    assert told.error.startswith("ZeroDivisionError")
    assert [event.type for event in stage.listener.events[-2:]] == ["reply_ended", "turn_ended"]
    stage.router.current_tools = real
    await stage.say("again")
    assert stage.history == [("user", "hello"), ("user", "again"), ("assistant", "Hi.")]
