"""Tools in spoken turns: side by side, each call answered once, and never for a response that was not completed."""

import asyncio

import pytest

from intentional_nb.events import (
    ErrorOccurred,
    ReplyEnded,
    RouteDecision,
    SpeechStarted,
    ToolArguments,
    ToolCallEnded,
    ToolCallStarted,
    TurnEnded,
    TurnStarted,
)
from intentional_nb.local.realtime.script import (
    VoiceStep,
    calls,
    fails,
    frame,
    incomplete,
    pause,
    returned,
    say,
    speech_stopped,
    stays_open,
    transcript,
)
from intentional_nb.local.script import call
from intentional_nb.tools.function import tool
from tests.clients.spoken import tone
from tests.clients.test_faults import double, one_stage


def outputs(stage):
    """The answers that the server had, by call id."""
    items = [event["item"] for event in stage.script.sent("conversation.item.create")]
    return {item["call_id"]: item["output"] for item in items if item["type"] == "function_call_output"}


async def test_two_calls_at_once_run_side_by_side_and_lead_to_one_response(spoken):
    both = asyncio.Barrier(2)

    @tool
    async def fetch(what: str) -> str:
        """Fetch something."""
        await both.wait()
        return what.upper()

    made = calls(call("fetch", {"what": "a"}, id="1"), call("fetch", {"what": "b"}, id="2"))
    stage = spoken(
        VoiceStep([transcript("Both."), made]),
        VoiceStep(say("Here."), expect=returned("A", "B")),
        tools=(fetch,),
        conversation=one_stage("fetch"),
    )
    await stage.client.connect()

    await stage.speak()
    await stage.turn_over(1)

    assert outputs(stage) == {"1": "A", "2": "B"}
    assert [event.arguments for event in stage.told.of(ToolCallStarted)] == [{"what": "a"}, {"what": "b"}]
    assert {(event.call_id, event.status, event.output) for event in stage.told.of(ToolCallEnded)} == {
        ("1", "ok", "A"),
        ("2", "ok", "B"),
    }
    assert len(stage.script.sent("response.create")) == 1
    assert stage.told.of(ReplyEnded)[0].text == "Here."


async def test_the_outputs_come_before_the_one_response_that_is_asked_for(spoken):
    made = calls(call("double", {"x": 1}, id="1"), call("double", {"x": 2}, id="2"))
    stage = spoken(made, say("Two, four."), tools=(double,), conversation=one_stage("double"))
    await stage.client.connect()

    await stage.say("double one and two")

    assert [event["type"] for event in stage.script.events] == [
        "session.update",
        "conversation.item.create",
        "response.create",
        "conversation.item.create",
        "conversation.item.create",
        "response.create",
    ]


@pytest.mark.parametrize(
    ("name", "arguments", "told", "status"),
    [
        ("duoble", {"x": 1}, "Did you mean 'double'?", "unknown"),
        ("double", "{", "not valid JSON", "invalid"),
        ("double", {"x": "many"}, "the arguments do not fit", "invalid"),
        ("fail", {}, "LookupError: no such table", "error"),
    ],
)
async def test_a_call_that_cannot_be_done_is_answered_all_the_same(spoken, name, arguments, told, status):
    @tool
    def fail() -> None:
        """Fail."""
        raise LookupError("no such table")

    stage = spoken(
        calls((name, arguments)),
        VoiceStep(say("Sorry."), expect=returned(told)),
        tools=(double, fail),
        conversation=one_stage("double", "fail"),
    )
    await stage.client.connect()

    await stage.say("do it")

    [ended] = stage.told.of(ToolCallEnded)
    assert ended.status == status
    assert [error.where for error in stage.told.of(ErrorOccurred)] == (["tool fail"] if status == "error" else [])


@pytest.mark.parametrize("end", [incomplete(), fails("no", code="insufficient_quota")], ids=["incomplete", "failed"])
async def test_a_call_of_a_response_that_was_not_completed_does_not_run(spoken, end):
    stage = spoken([VoiceStep([calls(("double", {"x": 1})), end])], tools=(double,), conversation=one_stage("double"))
    await stage.client.connect()

    await stage.say("double one")

    assert not stage.told.of(ToolCallStarted)
    assert outputs(stage) == {}


async def test_a_call_of_a_response_that_the_user_cut_does_not_run(spoken):
    stage = spoken(
        VoiceStep([transcript("Double."), calls(("double", {"x": 1})), stays_open()]),
        VoiceStep([transcript("Stop.", item=1), say("Fine.")]),
        tools=(double,),
        conversation=one_stage("double"),
    )
    await stage.client.connect()
    await stage.speak()
    await stage.told.until(lambda: "request_started" in stage.told.shapes())

    await stage.speak()
    await stage.turn_over(2)

    assert not stage.told.of(ToolCallStarted)
    assert [event.status for event in stage.told.of(ReplyEnded)] == ["cancelled", "completed"]


async def test_the_reader_goes_on_while_a_tool_blocks_its_thread(spoken):
    import threading

    go_on = threading.Event()

    @tool
    def block() -> str:
        """Block."""
        go_on.wait(10)
        return "done"

    stage = spoken(calls(("block", {})), say("Done."), tools=(block,), conversation=one_stage("block"))
    await stage.client.connect()
    turn = asyncio.create_task(stage.say("block"))
    await stage.told.count(ToolCallStarted)

    await stage.client.send({"audio_stream": tone(40)})
    await stage.holds(lambda: stage.script.audio == tone(40))

    assert not stage.told.of(ToolCallEnded)
    go_on.set()
    await turn
    assert stage.told.text == "Done."


async def slow_turn(spoken, waiting, *, on_interrupt):
    """A turn in which a tool runs, until ``waiting`` is set."""
    running = asyncio.Event()

    @tool(on_interrupt=on_interrupt)
    async def wait() -> str:
        """Wait."""
        running.set()
        await waiting.wait()
        return "waited"

    made = calls(call("wait", id="slow"), call("double", {"x": 2}, id="quick"))
    stage = spoken(
        VoiceStep([transcript("Wait."), made]),
        VoiceStep([transcript("Never mind.", item=1), say("Fine.")]),
        VoiceStep(say("Yes?")),
        tools=(wait, double),
        conversation=one_stage("wait", "double"),
    )
    await stage.client.connect()
    await stage.speak()
    await running.wait()
    await stage.told.until(lambda: [e for e in stage.told.of(ToolCallEnded) if e.call_id == "quick"])
    return stage


async def test_speech_during_a_tool_cancels_it_and_leaves_no_call_unanswered(spoken):
    stage = await slow_turn(spoken, asyncio.Event(), on_interrupt="cancel")

    await stage.speak()
    await stage.turn_over(2)

    assert {event.call_id: event.status for event in stage.told.of(ToolCallEnded)} == {
        "slow": "cancelled",
        "quick": "ok",
    }
    shapes = [(event.type, event.get("turn")) for event in stage.told.events]
    assert shapes.index(("tool_call_ended", 1)) < shapes.index(("reply_ended", 1)) < shapes.index(("turn_started", 2))
    await stage.holds(lambda: len(outputs(stage)) == 2)
    given = outputs(stage)
    assert (given["quick"], "interrupted" in given["slow"]) == ("4", True)
    assert len(stage.script.sent("response.create")) == 0, "the server answers speech by itself"
    await stage.say("go on")


async def test_a_tool_that_says_keep_outlives_the_interruption_and_its_result_is_told(spoken):
    waiting = asyncio.Event()
    stage = await slow_turn(spoken, waiting, on_interrupt="keep")

    await stage.speak()
    await stage.turn_over(2)
    await stage.holds(lambda: "slow" in outputs(stage))
    assert "still running" in outputs(stage)["slow"]
    waiting.set()
    ended = await stage.told.until(lambda: [e for e in stage.told.of(ToolCallEnded) if e.call_id == "slow"])

    assert [(event.turn, event.status, event.output) for event in ended] == [(1, "ok", "waited")]
    await stage.say("and now?")
    told = [item for item in stage.client.conversation if item["type"] == "function_call_output"]
    await stage.holds(lambda: len([i for i in stage.client.conversation if i["type"] == "function_call_output"]) == 2)
    assert {item["output"] for item in told} >= {"waited"}


async def test_a_stop_during_a_tool_ends_the_turn_and_the_session_goes_on(spoken):
    stage = await slow_turn(spoken, asyncio.Event(), on_interrupt="cancel")

    await stage.client.handle_interruption()

    [ended] = stage.told.of(ReplyEnded)
    assert (ended.turn, ended.status) == (1, "cancelled")
    await stage.speak()
    await stage.turn_over(2)
    await stage.say("hello")


async def test_nothing_is_asked_for_while_the_user_speaks(spoken):
    go_on = asyncio.Event()

    @tool
    async def wait() -> str:
        """Wait."""
        await go_on.wait()
        return "waited"

    stage = spoken(
        VoiceStep([transcript("Wait."), calls(("wait", {}))]),
        VoiceStep([pause(30), speech_stopped(), transcript("And quickly.", item=1)], on="conversation.item.create"),
        say("I am."),
        tools=(wait,),
        conversation=one_stage("wait"),
    )
    await stage.client.connect()
    await stage.speak()
    await stage.told.count(ToolCallStarted)
    await stage.speak(tone(400))
    await stage.told.count(SpeechStarted, 2)

    go_on.set()
    await stage.turn_over(2)

    assert stage.script.sent("response.create") == []
    assert stage.told.of(TurnStarted)[1].item_id == stage.told.of(SpeechStarted)[1].item_id


async def test_speech_that_comes_to_nothing_does_not_end_the_turn(spoken, monkeypatch):
    monkeypatch.setattr("intentional_nb.clients.turns.UNDECIDED_S", 0.05)
    go_on = asyncio.Event()

    @tool
    async def wait() -> str:
        """Wait."""
        await go_on.wait()
        return "waited"

    false_alarm = {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 900, "item_id": "item_noise"}
    stage = spoken(
        VoiceStep([transcript("Wait."), calls(("wait", {}))]),
        VoiceStep(frame(false_alarm), on="conversation.item.create"),
        VoiceStep(say("Done."), expect=returned("waited")),
        tools=(wait,),
        conversation=one_stage("wait"),
    )
    await stage.client.connect()
    await stage.speak()
    await stage.told.count(ToolCallStarted)
    await stage.speak(tone(200))
    await stage.told.count(SpeechStarted, 2)

    go_on.set()
    await stage.turn_over(1)

    assert stage.told.of(ReplyEnded)[0].text == "Done."


async def test_the_arguments_of_calls_are_told_while_the_model_writes_them(spoken):
    made = calls(call("double", {"x": 21}, id="1"), call("double", {"x": 4}, id="2"))
    stage = spoken(made, say("42 and 8."), tools=(double,), conversation=one_stage("double"))
    await stage.client.connect()

    await stage.say("double both")

    pieces = stage.told.of(ToolArguments)
    written = {name: "".join(piece.delta for piece in pieces if piece.call_id == name) for name in "12"}
    assert written == {"1": '{"x": 21}', "2": '{"x": 4}'}
    assert {(piece.turn, piece.name) for piece in pieces} == {(1, "double")}
    began = [event for event in stage.told.events if isinstance(event, ToolArguments | ToolCallStarted)]
    assert began[: len(pieces)] == pieces


async def test_the_arguments_of_a_routing_call_are_told_before_its_decision(spoken):
    stage = spoken(calls(("classify_response", {"outcome": "chosen"})), say("Cash or card?"))
    await stage.client.connect()

    await stage.say("a coffee")

    pieces = stage.told.of(ToolArguments)
    assert "".join(piece.delta for piece in pieces) == '{"outcome": "chosen"}'
    assert {piece.name for piece in pieces} == {"classify_response"}
    [decision] = stage.told.of(RouteDecision)
    assert stage.told.events.index(pieces[-1]) < stage.told.events.index(decision)


async def test_a_mistake_of_ours_while_tools_run_ends_the_turn_in_order(spoken, monkeypatch):
    stage = spoken(calls(("double", {"x": 2})), say("Hi."), tools=(double,), conversation=one_stage("double"))
    await stage.client.connect()

    async def run(follow_up):
        raise ZeroDivisionError("ours")

    with monkeypatch.context() as patch:
        patch.setattr("intentional_nb.clients.follow_up.FollowUp.run", run)
        await stage.say("double it")

    [ended] = stage.told.of(TurnEnded)
    assert (ended.status, [event.error for event in stage.told.of(ErrorOccurred)]) == (
        "failed",
        ["ZeroDivisionError: ours"],
    )
    await stage.say("and now?")
    assert stage.told.text == "Hi."
