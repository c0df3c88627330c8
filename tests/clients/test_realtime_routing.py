"""Spoken turns that route: what the model is told, what it remembers, what people are told."""

import pytest

from intentional_nb.events import (
    ConversationEnded,
    ErrorOccurred,
    PromptUpdated,
    ReplyAudio,
    ReplyEnded,
    ReplyHeard,
    ReplyText,
    RequestStarted,
    RouteDecision,
    ToolCallEnded,
    TurnStarted,
    UserTranscribed,
)
from intentional_nb.local.realtime.script import (
    VoiceStep,
    calls,
    done,
    offers,
    offers_only,
    prompted,
    say,
    sent,
    transcript,
    until,
    updated,
)
from intentional_nb.local.script import call
from tests.clients.test_faults import double, one_stage


def route(outcome):
    return calls(("classify_response", {"outcome": outcome}))


async def test_a_routed_turn_is_asked_again_under_the_new_prompt_and_leaves_no_trace(spoken):
    stage = spoken(
        VoiceStep([transcript("A coffee."), route("chosen")], expect=prompted("Find out what to drink")),
        VoiceStep(say("Cash or card?"), expect=[prompted("Ask how to pay"), offers("classify_response")]),
    )
    await stage.client.connect()

    await stage.speak()
    await stage.turn_over(1)

    assert stage.router.current_stage_name == "pay"
    await stage.holds(lambda: stage.said_to_model == [("user", "A coffee."), ("assistant", "Cash or card?")])
    steps = [kind for kind in stage.told.shapes() if kind in ("route_decision", "prompt_updated", "request_started")]
    assert steps[:4] == ["request_started", "route_decision", "prompt_updated", "request_started"]
    assert [event.part for event in stage.told.of(RequestStarted)] == [0, 1]


async def test_the_order_on_the_wire_is_prompt_confirmation_answer_removal_and_one_ask(spoken):
    stage = spoken(route("chosen"), say("Cash or card?"))
    await stage.client.connect()

    await stage.say("a coffee")
    await stage.sent("session.update", 3)

    types = [event["type"] for event in stage.script.events[3:9]]
    assert types == [
        "session.update",
        "conversation.item.create",
        "conversation.item.delete",
        "conversation.item.delete",
        "response.create",
        "session.update",
    ], "the last update takes back that the stage is new, for whatever the user says next"
    [answer] = [e["item"] for e in stage.script.sent("conversation.item.create") if "call_id" in e["item"]]
    assert answer["type"] == "function_call_output"
    deleted = {event["item_id"] for event in stage.script.sent("conversation.item.delete")}
    assert answer["id"] in deleted


async def test_a_decision_tells_all_that_a_person_wants_to_know(spoken):
    stage = spoken(VoiceStep([transcript("Nice day, isn't it?"), route("chat")]), say("Lovely weather."))
    await stage.client.connect()

    await stage.speak()
    await stage.turn_over(1)

    [decision] = stage.told.of(RouteDecision)
    assert (decision.source, decision.target, decision.kind, decision.choice) == ("order", "chat", "jump", "chat")
    assert (decision.options, decision.trail) == (("chosen", "nothing", "chat"), ("order",))
    assert (decision.user_text, decision.turn) == ("Nice day, isn't it?", 1)
    assert decision.duration_ms > 0


async def test_an_illegal_choice_is_told_to_the_model_and_forgotten_after_the_turn(spoken):
    stage = spoken(
        route("choosen"),
        VoiceStep([route("chosen")], expect=sent("conversation.item.create")),
        say("Cash or card?"),
    )
    await stage.client.connect()

    await stage.say("a coffee")

    outputs = [e["item"]["output"] for e in stage.script.sent("conversation.item.create") if "output" in e["item"]]
    assert "'chosen', 'nothing', 'chat'" in outputs[0]
    assert [decision.kind for decision in stage.told.of(RouteDecision)] == ["refused", "outcome"]
    assert not stage.told.of(ErrorOccurred)
    await stage.holds(lambda: [role for role, _ in stage.said_to_model] == ["user", "assistant"])


async def test_a_choice_that_stays_refused_is_forgotten_at_the_end_of_the_turn(spoken):
    stage = spoken(route("choosen"), say("Pardon?"))
    await stage.client.connect()

    await stage.say("hm")

    assert await stage.holds(lambda: [role for role, _ in stage.said_to_model] == ["user", "assistant"])


@pytest.mark.parametrize("arguments", ["{", "[]", "{}", '{"outcome": 3}', '{"outcome": null}'])
async def test_a_call_without_a_choice_is_refused_too(spoken, arguments):
    stage = spoken(calls(("classify_response", arguments)), say("Pardon?"))
    await stage.client.connect()

    await stage.say("hm")

    [decision] = stage.told.of(RouteDecision)
    assert (decision.kind, decision.source, decision.target) == ("refused", "order", "order")


async def test_a_model_that_insists_on_nonsense_is_left_without_the_router(spoken):
    stage = spoken(route("a"), route("b"), route("c"), VoiceStep(say("Sorry."), expect=offers_only()))
    await stage.client.connect()

    await stage.say("hm")

    assert stage.told.text == "Sorry."


async def test_a_turn_may_move_twice_but_never_back(spoken):
    stage = spoken(
        route("chosen"),
        VoiceStep(route("chat"), expect=offers("classify_response")),
        VoiceStep(say("Hm."), expect=offers_only()),
    )
    await stage.client.connect()

    await stage.say("coffee, and what weather")

    assert stage.router.current_stage_name == "chat"
    assert stage.router.backtracking_stack == ["pay"]


async def test_the_next_turn_starts_with_all_choices_and_no_newness(spoken):
    stage = spoken(
        route("chosen"),
        VoiceStep(say("Cash or card?"), expect=prompted("Just entered")),
        VoiceStep(say("Thanks."), expect=[offers("classify_response"), lambda r: "Just entered" not in str(r)]),
    )
    await stage.client.connect()
    await stage.say("a coffee")
    # Nobody answers within no time at all, as this test could.
    await stage.told.until(lambda: "Just entered" not in stage.told.of(PromptUpdated)[-1].prompt)

    await stage.speak()
    await stage.turn_over(2)

    assert stage.told.of(ReplyEnded)[1].text == "Thanks."


async def test_words_before_a_routing_call_are_another_part(spoken):
    stage = spoken(VoiceStep([say("Good choice."), route("chosen")]), say("Cash or card?"))
    await stage.client.connect()

    await stage.say("a coffee")

    parts = {part: "".join(e.delta for e in stage.told.of(ReplyText) if e.part == part) for part in (0, 1)}
    assert parts == {0: "Good choice.", 1: "Cash or card?"}
    assert stage.told.of(ReplyEnded)[0].text == "Good choice.\n\nCash or card?"
    assert {event.part for event in stage.told.of(ReplyAudio)} == {0, 1}


async def test_tools_beside_a_routing_call_run_first_and_are_remembered(spoken):
    conversation = one_stage("double")
    conversation["stages"]["only"]["outcomes"]["done"]["move_to"] = "next"
    conversation["stages"]["next"] = {
        "goal": "Go on.",
        "outcomes": {"bye": {"description": "the user leaves", "move_to": "_end_"}},
    }
    both = calls(("double", {"x": 2}), ("classify_response", {"outcome": "done"}))
    stage = spoken(both, VoiceStep(say("Four."), expect=prompted("Go on.")), tools=(double,), conversation=conversation)
    await stage.client.connect()

    await stage.say("double two")

    assert stage.router.current_stage_name == "next"
    assert stage.told.shapes().index("tool_call_ended") < stage.told.shapes().index("route_decision")
    assert len(stage.script.sent("response.create")) == 2
    kinds = ["function_call", "function_call_output"]
    await stage.holds(lambda: [i["type"] for i in stage.client.conversation if i["type"] != "message"] == kinds)
    assert [i["name"] for i in stage.client.conversation if i["type"] == "function_call"] == ["double"]


async def test_a_second_routing_call_in_one_response_is_refused_in_sight(spoken):
    twice = calls(("classify_response", {"outcome": "chosen"}), ("classify_response", {"outcome": "nothing"}))
    stage = spoken(twice, say("Cash?"))
    await stage.client.connect()

    await stage.say("a coffee")

    assert [decision.kind for decision in stage.told.of(RouteDecision)] == ["outcome", "refused"]
    assert stage.router.current_stage_name == "pay"
    await stage.holds(lambda: [role for role, _ in stage.said_to_model] == ["user", "assistant"])


async def test_the_end_says_goodbye_and_starts_afresh(spoken):
    stage = spoken(
        route("nothing"),
        VoiceStep([say("Goodbye!"), calls(("end_conversation", {}))], expect=offers_only("end_conversation")),
        VoiceStep(say("Welcome again."), expect=prompted("Find out what to drink")),
    )
    await stage.client.connect()

    await stage.say("nothing, thanks")

    assert stage.told.text == "Goodbye!"
    assert stage.told.between("conversation_ended", "turn_ended") == ["conversation_ended", "reply_ended", "turn_ended"]
    assert (stage.router.current_stage_name, stage.router.backtracking_stack) == ("order", [])
    await stage.say("hello")
    assert stage.said_to_model == [("user", "hello"), ("assistant", "Welcome again.")]
    assert [event.stage for event in stage.told.of(PromptUpdated)] == ["_end_", "order"]


async def test_an_end_without_a_word_is_asked_for_one(spoken):
    stage = spoken(
        route("nothing"), calls(("end_conversation", {})), VoiceStep(say("Bye."), expect=sent("response.create"))
    )
    await stage.client.connect()

    await stage.say("nothing")

    asked = [event["response"].get("tool_choice") for event in stage.script.sent("response.create")]
    assert asked == [None, None, "none"]
    assert stage.told.text == "Bye."
    assert stage.told.of(ConversationEnded)[0].turn == 1
    await stage.holds(lambda: stage.said_to_model == [])


async def test_a_conversation_that_the_model_tried_to_end_in_a_wrong_way_goes_on(spoken):
    stage = spoken(route("nothing"), calls(("end_conversation", {"reason": "bye"})), say("Bye."))
    await stage.client.connect()

    await stage.say("nothing")

    assert stage.told.of(ConversationEnded) == []
    assert stage.router.current_stage_name == "_end_"


async def test_a_goodbye_that_is_interrupted_is_an_end_all_the_same(spoken):
    stage = spoken(
        route("nothing"),
        calls(("end_conversation", {})),
        say("Goodbye, and " * 50, times_real_time=4),
        VoiceStep(say("Welcome."), expect=prompted("Find out what to drink")),
    )
    await stage.client.connect()
    await stage.client.send({"text_message": {"role": "user", "content": "nothing"}})
    await stage.told.count(ReplyAudio, 2)

    await stage.say("wait")

    assert [event.turn for event in stage.told.of(ConversationEnded)] == [1]
    assert [event.status for event in stage.told.of(ReplyEnded)] == ["cancelled", "completed"]
    await stage.holds(lambda: stage.said_to_model == [("user", "wait"), ("assistant", "Welcome.")])


async def test_the_last_words_of_a_user_are_waited_for_before_they_are_forgotten(spoken):
    ending = VoiceStep([say("Bye."), calls(("end_conversation", {})), done(), until("conversation.item.delete")])
    stage = spoken(
        route("nothing"),
        ending,
        VoiceStep(transcript("Nothing, thanks."), on="session.update", expect=updated()),
        say("Hello again."),
    )
    await stage.client.connect()

    await stage.speak()
    await stage.told.until(
        lambda: [e.text for e in stage.told.of(UserTranscribed) if e.is_final] == ["Nothing, thanks."]
    )
    await stage.holds(lambda: stage.said_to_model == [])
    await stage.say("hello")

    assert stage.told.of(TurnStarted)[0].item_id in {
        e["item_id"] for e in stage.script.sent("conversation.item.delete")
    }


async def test_a_goodbye_is_heard_though_the_model_has_forgotten_it(spoken):
    stage = spoken(route("nothing"), VoiceStep([say("Goodbye!"), calls(("end_conversation", {}))]))
    await stage.client.connect()
    await stage.say("nothing")
    await stage.holds(lambda: stage.said_to_model == [])

    [item_id] = {event.item_id for event in stage.told.of(ReplyAudio)}
    stage.client.note_played(item_id, stage.heard_ms())

    [heard] = stage.told.of(ReplyHeard)
    assert (heard.turn, heard.item_id, heard.heard_ms) == (1, item_id, 60 * len("Goodbye!"))


async def test_a_model_that_never_stops_calling_is_made_to_speak(spoken):
    endless = [calls(("double", {"x": number})) for number in range(11)]
    stage = spoken(*endless, say("Enough."), tools=(double,), conversation=one_stage("double"))
    await stage.client.connect()

    await stage.say("go on")

    asked = [event["response"].get("tool_choice") for event in stage.script.sent("response.create")]
    assert asked == [None] * 11 + ["none"]
    assert stage.told.of(ReplyEnded)[0].text == "Enough."


async def test_a_model_that_calls_even_then_is_told_no_and_the_turn_ends(spoken):
    endless = [calls(call("double", {"x": number}, id=f"c{number}")) for number in range(12)]
    stage = spoken(*endless, say("Hi."), tools=(double,), conversation=one_stage("double"))
    await stage.client.connect()

    await stage.say("go on")

    [ended] = stage.told.of(ReplyEnded)
    assert (ended.status, "12 responses" in ended.reason) == ("truncated", True)
    assert len(stage.told.of(ToolCallEnded)) == 11
    await stage.say("hello")
    outputs = [e["item"] for e in stage.script.sent("conversation.item.create") if "output" in e["item"]]
    assert [output["call_id"] for output in outputs] == [f"c{number}" for number in range(12)]
    assert "no tools can be used" in outputs[-1]["output"]
