"""Turns that route: what the model is asked, what it remembers, what people are told."""

import asyncio
import contextlib

import pytest

from intentional_nb.errors import ClientError
from intentional_nb.events import (
    ConversationEnded,
    ErrorOccurred,
    PromptUpdated,
    ReplyEnded,
    ReplyText,
    RouteDecision,
    ToolArguments,
    ToolCallEnded,
    ToolCallStarted,
)
from intentional_nb.local.script import Step, call, calls, dropped, failed, offers, offers_only, prompted, text
from intentional_nb.tools.function import tool
from tests.clients.test_faults import double, one_stage


def route(outcome, **options):
    return calls(("classify_response", {"outcome": outcome}), **options)


async def test_a_routed_turn_is_asked_again_under_the_new_prompt_and_leaves_no_trace(scene):
    stage = scene(
        Step(expect=prompted("Find out what to drink"), reply=route("chosen")),
        Step(expect=prompted("Ask how to pay"), reply=text("Cash or card?")),
    )

    await stage.say("a coffee")

    assert stage.router.current_stage_name == "pay"
    assert stage.history == [("user", "a coffee"), ("assistant", "Cash or card?")]
    assert [message["role"] for message in stage.script.requests[1]["messages"]] == ["system", "user"]
    assert stage.listener.shapes() == [
        "turn_started",
        "reply_started",
        "request_started",
        "model_connected",
        "tool_arguments",
        "usage_reported",
        "route_decision",
        "prompt_updated",
        "request_started",
        "reply_text",
        "usage_reported",
        "reply_ended",
        "turn_ended",
    ]


async def test_a_decision_tells_all_that_a_person_wants_to_know(scene):
    stage = scene(route("chat"), text("Lovely weather."))

    await stage.say("nice day, isn't it")

    [decision] = stage.listener.of(RouteDecision)
    assert (decision.source, decision.target, decision.kind, decision.choice) == ("order", "chat", "jump", "chat")
    assert (decision.options, decision.trail) == (("chosen", "nothing", "chat"), ("order",))
    assert (decision.user_text, decision.turn) == ("nice day, isn't it", 1)
    assert decision.duration_ms > 0


async def test_an_illegal_choice_is_told_to_the_model_and_not_to_the_user(scene):
    stage = scene(route("choosen"), route("chosen"), text("Cash or card?"))

    await stage.say("a coffee")

    told = stage.script.requests[1]["messages"][-1]
    assert told["role"] == "tool"
    assert "'chosen', 'nothing', 'chat'" in told["content"]
    assert [decision.kind for decision in stage.listener.of(RouteDecision)] == ["refused", "outcome"]
    assert not stage.listener.of(ErrorOccurred)
    assert [role for role, _ in stage.history] == ["user", "assistant"]


@pytest.mark.parametrize("arguments", ["{", "[]", "{}", '{"outcome": 3}', '{"outcome": null}'])
async def test_a_call_without_a_choice_is_refused_too(scene, arguments):
    stage = scene(calls(("classify_response", arguments)), text("Pardon?"))

    await stage.say("hm")

    [decision] = stage.listener.of(RouteDecision)
    assert (decision.kind, decision.source, decision.target) == ("refused", "order", "order")
    assert stage.history == [("user", "hm"), ("assistant", "Pardon?")]


async def test_a_model_that_insists_on_nonsense_is_left_without_the_router(scene):
    stage = scene(route("a"), route("b"), route("c"), Step(expect=offers_only(), reply=text("Sorry.")))

    await stage.say("hm")

    assert stage.history[-1] == ("assistant", "Sorry.")


async def test_a_turn_may_move_twice_but_never_back(scene):
    stage = scene(
        Step(expect=offers("classify_response"), reply=route("chosen")),
        Step(expect=offers("classify_response"), reply=route("chat")),
        Step(expect=offers_only(), reply=text("Hm.")),  # the only way on would lead back to 'pay'
    )

    await stage.say("coffee, and what weather")

    assert stage.router.current_stage_name == "chat"
    assert stage.router.backtracking_stack == ["pay"]


async def test_text_before_a_routing_call_is_shown_and_remembered_once(scene):
    stage = scene(route("chosen", text="Good choice."), text("Cash or card?"))

    await stage.say("a coffee")

    parts = [(event.part, event.delta) for event in stage.listener.of(ReplyText)]
    assert "".join(delta for part, delta in parts if part == 0) == "Good choice."
    assert "".join(delta for part, delta in parts if part == 1) == "Cash or card?"
    assert stage.script.requests[1]["messages"][-1] == {"role": "assistant", "content": "Good choice."}
    assert stage.history == [("user", "a coffee"), ("assistant", "Good choice.\n\nCash or card?")]


async def test_tools_beside_a_routing_call_run_first_and_are_remembered(scene):
    both = calls(call("double", {"x": 2}, id="a"), call("classify_response", {"outcome": "done"}, id="b"))
    conversation = one_stage("double")
    conversation["stages"]["only"]["outcomes"]["done"]["move_to"] = "next"
    conversation["stages"]["next"] = {
        "goal": "Go on.",
        "outcomes": {"bye": {"description": "the user leaves", "move_to": "_end_"}},
    }
    stage = scene(both, text("Four."), tools=(double,), conversation=conversation)

    await stage.say("double two")

    names = [c["function"]["name"] for m in stage.client.history.messages for c in m.get("tool_calls", [])]
    assert names == ["double"]
    assert stage.listener.shapes().index("tool_call_ended") < stage.listener.shapes().index("route_decision")
    assert stage.router.current_stage_name == "next"


async def test_a_second_routing_call_in_one_reply_is_refused_in_sight(scene):
    twice = calls(("classify_response", {"outcome": "chosen"}), ("classify_response", {"outcome": "nothing"}))
    stage = scene(twice, text("Cash?"))

    await stage.say("a coffee")

    assert [decision.kind for decision in stage.listener.of(RouteDecision)] == ["outcome", "refused"]
    assert stage.router.current_stage_name == "pay"


async def test_the_end_says_goodbye_and_starts_afresh(scene):
    stage = scene(
        route("nothing"),
        Step(expect=offers_only("end_conversation"), reply=calls(("end_conversation", {}), text="Goodbye!")),
        text("Welcome again."),
    )

    await stage.say("nothing, thanks")

    assert stage.listener.text == "Goodbye!"
    assert len(stage.listener.of(ConversationEnded)) == 1
    assert (stage.router.current_stage_name, stage.router.backtracking_stack) == ("order", [])
    assert stage.history == []
    await stage.say("hello")
    assert [message["role"] for message in stage.script.requests[2]["messages"]] == ["system", "user"]


async def test_an_end_without_a_word_is_asked_for_one(scene):
    stage = scene(route("nothing"), calls(("end_conversation", {})), Step(expect=offers_only(), reply=text("Bye.")))

    await stage.say("nothing")

    assert stage.listener.text == "Bye."
    assert stage.history == []


async def test_a_goodbye_that_is_interrupted_is_an_end_all_the_same(scene):
    stage = scene(route("nothing"), calls(("end_conversation", {})), text("bye and " * 500, pace_ms=20))
    talk = asyncio.create_task(stage.say("nothing"))
    await stage.listener.until(lambda: stage.listener.text)

    await stage.client.handle_interruption()
    await talk

    assert stage.listener.shapes()[-4:] == ["conversation_ended", "prompt_updated", "reply_ended", "turn_ended"]
    assert stage.listener.of(ReplyEnded)[0].status == "cancelled"
    assert (stage.router.current_stage_name, stage.history) == ("order", [])


async def test_a_goodbye_that_never_comes_is_an_end_all_the_same(scene):
    stage = scene(route("nothing"), calls(("end_conversation", {})), failed(400, "no more words"))

    with pytest.raises(ClientError, match="no more words"):
        await stage.say("nothing")

    assert len(stage.listener.of(ConversationEnded)) == 1
    assert (stage.router.current_stage_name, stage.history) == ("order", [])


async def test_a_conversation_that_the_model_tried_to_end_in_a_wrong_way_goes_on(scene):
    wrong = calls(("end_conversation", {"reason": "bye"}))
    stage = scene(route("nothing"), wrong, Step(expect=offers_only("end_conversation"), reply=text("Bye.")))

    await stage.say("nothing")

    assert stage.listener.of(ConversationEnded) == []
    assert stage.router.current_stage_name == "_end_"
    assert "reason: Extra inputs" in stage.listener.of(ToolCallEnded)[0].output


async def test_an_interruption_before_anything_was_done_takes_no_word_away(scene):
    stage = scene()
    talk = asyncio.create_task(stage.say("hello"))
    await asyncio.sleep(0)  # the turn is made, and has not taken its first step

    await stage.client.handle_interruption()
    await talk

    assert stage.listener.shapes()[-2:] == ["reply_ended", "turn_ended"]
    assert stage.listener.of(ReplyEnded)[0].status == "cancelled"
    assert stage.history == [("user", "hello")]


async def test_a_failing_tool_is_told_to_the_model_and_to_people(scene):
    @tool
    def fail() -> None:
        """Fail."""
        raise LookupError("no such table")

    stage = scene(calls(("fail", {})), text("That did not work."), tools=(fail,), conversation=one_stage("fail"))

    await stage.say("fail")

    [ended], [error] = stage.listener.of(ToolCallEnded), stage.listener.of(ErrorOccurred)
    assert ended.status == "error"
    assert error.where == "tool fail"
    assert "LookupError: no such table" in stage.script.requests[1]["messages"][-1]["content"]


async def test_ids_that_start_again_in_each_reply_still_run_each_call(scene):
    again = calls(call("double", {"x": 2}, id="call_0"))
    first = calls(call("double", {"x": 1}, id="call_0"))
    stage = scene(first, again, again, text("Done."), tools=(double,), conversation=one_stage("double"))

    await stage.say("double")

    messages = stage.client.history.messages
    ids = [message["tool_call_id"] for message in messages if message["role"] == "tool"]
    outputs = [message["content"] for message in messages if message["role"] == "tool"]
    assert (ids[0], outputs[0]) == ("call_0", "2")
    assert outputs[1:] == ["4", "4"]
    assert ids[1] != "call_0"
    assert len(stage.listener.of(ToolCallEnded)) == 2, "the third call is the second one again"


async def test_a_model_that_never_stops_calling_is_made_to_speak(scene):
    endless = [calls(call("double", {"x": number}, id=f"c{number}")) for number in range(11)]
    stage = scene(
        *endless, Step(expect=offers_only(), reply=text("Enough.")), tools=(double,), conversation=one_stage("double")
    )

    await stage.say("go on")

    assert stage.history[-1] == ("assistant", "Enough.")


async def test_a_prompt_change_names_the_tools(scene):
    stage = scene(route("nothing"), text("Bye."))

    await stage.say("nothing")

    [updated] = stage.listener.of(PromptUpdated)
    assert (updated.stage, updated.tools) == ("_end_", ("end_conversation",))
    assert stage.client.system_prompt == updated.prompt
    assert stage.client.conversation[0] == {"role": "system", "content": updated.prompt}


def told_of(events, call_id):
    """The arguments of a call as they came, and whether all came before the call began."""
    types = [event for event in events if getattr(event, "call_id", None) == call_id]
    pieces = [event for event in types if isinstance(event, ToolArguments)]
    began = next((index for index, event in enumerate(types) if isinstance(event, ToolCallStarted)), len(types))
    return "".join(piece.delta for piece in pieces), types[:began] == pieces


async def test_the_arguments_of_calls_are_told_while_the_model_writes_them(scene):
    made = calls(call("double", {"x": 21}, id="a"), call("double", {"x": 4}, id="b"))
    stage = scene(made, text("42 and 8."), tools=(double,), conversation=one_stage("double"))

    await stage.say("double both")

    events = stage.listener.events
    assert {name: told_of(events, name) for name in "ab"} == {"a": ('{"x": 21}', True), "b": ('{"x": 4}', True)}
    assert {(event.turn, event.name) for event in stage.listener.of(ToolArguments)} == {(1, "double")}


async def test_the_arguments_of_a_routing_call_are_told_before_its_decision(scene):
    stage = scene(route("chosen"), text("Cash or card?"))

    await stage.say("a coffee")

    pieces = stage.listener.of(ToolArguments)
    assert "".join(piece.delta for piece in pieces) == '{"outcome": "chosen"}'
    assert {piece.name for piece in pieces} == {"classify_response"}
    [decision] = stage.listener.of(RouteDecision)
    assert stage.listener.events.index(pieces[-1]) < stage.listener.events.index(decision)


async def test_an_id_that_comes_again_is_told_under_the_id_that_its_call_gets(scene):
    stage = scene(
        calls(call("double", {"x": 1}, id="call_1")),
        calls(call("double", {"x": 2}, id="call_1")),
        calls(call("double", {"x": 1}, id="call_1")),
        text("2 and 4."),
        tools=(double,),
        conversation=one_stage("double"),
    )

    await stage.say("double")

    assert [event.call_id for event in stage.listener.of(ToolCallStarted)] == ["call_1", "call_1-2"]
    assert told_of(stage.listener.events, "call_1") == ('{"x": 1}', True)
    assert told_of(stage.listener.events, "call_1-2") == ('{"x": 2}', True)


async def test_a_call_that_is_cut_is_told_and_never_made(scene):
    cut = dropped(calls(call("double", '{"x": 1', id="a")))
    stage = scene(cut, tools=(double,), conversation=one_stage("double"), max_retries=0)

    with contextlib.suppress(ClientError):
        await stage.say("double")

    assert stage.listener.of(ToolArguments)
    assert not stage.listener.of(ToolCallStarted)
