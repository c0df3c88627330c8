from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb import examples
from intentional_nb.conversation.graph import END
from intentional_nb.conversation.loading import load_graph
from intentional_nb.conversation.position import Position, advance, start_position
from intentional_nb.conversation.prompt import JUST_ENTERED
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.errors import GraphError, RoutingError
from intentional_nb.tools.tool import to_openai_tool
from tests.conversation.graphs import TRAVEL, conversations


@pytest.fixture
def router() -> IntentRouter:
    return IntentRouter(TRAVEL)


def names(router: IntentRouter) -> list[str]:
    return [option.name for option in router.options()]


def ring(length: int) -> dict:
    """Stages that lead from one to the next, round in a circle."""
    stages = {
        f"s{n}": {"goal": "g", "outcomes": {"next": {"description": "on", "move_to": f"s{(n + 1) % length}"}}}
        for n in range(length)
    }
    stages["s0"]["accessible_from"] = "_start_"
    return {"stages": stages}


# What Intentional's users know.


def test_a_router_is_a_tool_with_one_text_to_fill_in(router):
    assert router.name == "classify_response"
    assert [(parameter.name, parameter.type) for parameter in router.parameters] == [("outcome", "string")]


def test_a_router_begins_at_the_start(router):
    assert router.initial_stage == router.current_stage_name == "where"
    assert router.current_stage is router.stages["where"]
    assert router.backtracking_stack == []
    assert list(router.stages) == ["where", "pay", "timetable", "complaint", "_end_"]
    assert router.graph == load_graph(TRAVEL)


def test_a_router_knows_where_it_can_jump(router):
    assert router.get_external_transitions() == ["timetable", "complaint"]


async def test_running_moves_and_tells_the_new_prompt_and_tools(router):
    prompt, tools = await router.run({"outcome": "place_named"})

    assert router.current_stage_name == "pay"
    assert "Get the ticket paid." in prompt
    assert tools == {"classify_response": router}


async def test_running_can_jump_and_come_back(router):
    await router.run({"outcome": "timetable"})
    assert router.backtracking_stack == ["where"]

    await router.run({"outcome": "told"})
    assert (router.current_stage_name, router.backtracking_stack) == ("where", [])


@pytest.mark.parametrize(
    "arguments", [{"outcome": "paid"}, {}, {"outcome": None}, {"outcome": 3}, {"choice": "timetable"}]
)
async def test_running_an_illegal_choice_raises_and_stays(router, arguments):
    with pytest.raises(RoutingError, match="for stage 'where'; legal choices: 'place_named', 'timetable', 'complaint'"):
        await router.run(arguments)

    assert router.position == Position("where")


async def test_without_turns_nothing_limits_the_moves():
    router = IntentRouter(ring(2))

    for _ in range(10):
        await router.run({"outcome": "next"})

    assert router.current_stage_name == "s0"


async def test_the_end_has_only_the_tool_that_ends_and_that_forgets_position_and_trail(router):
    await router.run({"outcome": "complaint"})
    _, tools = await router.run({"outcome": "furious"})
    assert list(tools) == ["end_conversation"]
    assert router.backtracking_stack == ["where"]

    await tools["end_conversation"].run({})

    assert router.position == Position("where")
    await router.run({"outcome": "place_named"})


async def test_an_end_tool_of_the_users_own_does_not_keep_the_router_from_starting_afresh():
    from intentional_nb.tools.end import EndConversationTool

    router = IntentRouter(TRAVEL, tools=[EndConversationTool(on_end=None)])
    router.restore(Position(END, ("where",)))

    await router.current_tools()["end_conversation"].run({})

    assert router.position == Position("where")


def test_a_wrong_conversation_is_refused():
    with pytest.raises(GraphError, match="No start stage found!"):
        IntentRouter({"stages": {"a": {"goal": "g"}}})


def test_unknown_tools_are_refused():
    stage = {"goal": "g", "accessible_from": "_start_", "tools": [{"id": "reschedule_intervew"}, "nonsense"]}

    with pytest.raises(GraphError) as caught:
        IntentRouter({"stages": {"a": stage}})

    errors = [problem for problem in caught.value.problems if problem.is_error]
    assert [problem.suggestion for problem in errors] == ["reschedule_interview", None]


# What the model is offered.


def test_the_definition_for_the_model_holds_the_legal_choices(router):
    function = to_openai_tool(router, api="chat")["function"]

    outcome = function["parameters"]["properties"]["outcome"]
    assert outcome["enum"] == ["place_named", "timetable", "complaint"]
    assert "- place_named: the traveller names a station" in outcome["description"]

    router.restore(Position("pay"))
    assert to_openai_tool(router)["parameters"]["properties"]["outcome"]["enum"] == ["paid", "timetable", "complaint"]


def test_the_router_is_the_last_tool():
    router = IntentRouter(examples.path("interview"))
    router.restore(Position("reschedule", ("name",)))

    assert list(router.current_tools()) == ["reschedule_interview", "classify_response"]


def test_a_stage_is_new_until_the_user_speaks(router):
    router.begin_turn("when is the next train?", turn=1)
    assert JUST_ENTERED not in router.get_prompt()

    router.route({"outcome": "timetable"})
    assert router.just_entered
    assert JUST_ENTERED in router.get_prompt()

    router.begin_turn("thanks", turn=2)
    assert JUST_ENTERED not in router.get_prompt()


# Decisions.


def test_a_decision_tells_the_whole_move(router):
    router.begin_turn("when is the next train?", turn=3)

    decision = router.route({"outcome": "timetable"})

    assert (decision.turn, decision.user_text) == (3, "when is the next train?")
    assert (decision.source, decision.target, decision.kind) == ("where", "timetable", "jump")
    assert decision.options == ("place_named", "timetable", "complaint")
    assert (decision.choice, decision.trail) == ("timetable", ("where",))


@pytest.mark.parametrize(
    ("position", "choice", "kind"),
    [
        (Position("where"), "place_named", "outcome"),
        (Position("timetable", ("where",)), "told", "backtrack"),
        (Position("pay"), "paid", "end"),
        (Position("pay"), "complaint", "jump"),
        (Position("pay"), "where", "refused"),
    ],
)
def test_a_decision_says_what_sort_of_move_it_was(router, position, choice, kind):
    router.restore(position)

    assert router.route({"outcome": choice}).kind == kind


@pytest.mark.parametrize(
    ("arguments", "choice"),
    [
        ({"outcome": "paid"}, "paid"),
        ({"outcome": " place_named"}, " place_named"),
        ({}, ""),
        ({"outcome": ["place_named"]}, '["place_named"]'),
        ({"_raw": "place_named"}, ""),
        ("place_named", ""),
        (None, ""),
    ],
)
def test_an_illegal_choice_is_refused_and_the_legal_ones_are_told(router, arguments, choice):
    router.begin_turn("hm", turn=1)

    decision = router.route(arguments)

    assert (decision.kind, decision.choice, decision.target) == ("refused", choice, "where")
    text = router.refusal_text(decision)
    assert "'place_named', 'timetable', 'complaint'" in text
    assert (repr(choice) if choice else "missing") in text


# Limits of a turn.


def test_a_turn_enters_no_stage_twice_nor_the_one_that_it_began_in(router):
    router.begin_turn("when is the next train?", turn=1)
    router.route({"outcome": "timetable"})

    assert names(router) == ["complaint"]  # and not "told", which leads back to where the turn began

    assert router.route({"outcome": "told"}).kind == "refused"
    router.begin_turn("thanks", turn=2)
    assert names(router) == ["told", "complaint"]


def test_a_stage_that_was_jumped_to_earlier_can_be_left_after_its_tool_was_used():
    router = IntentRouter(examples.path("interview"))
    router.restore(Position("name"))
    router.begin_turn("I need to move the interview", turn=1)
    router.route({"outcome": "reschedule"})

    router.begin_turn("Friday at 11", turn=2)
    decision = router.route({"outcome": "rescheduled"})  # after the tool's output, in the same turn

    assert (decision.kind, decision.target) == ("backtrack", "name")


def test_a_turn_has_no_more_moves_than_its_limit():
    router = IntentRouter(ring(9))
    router.begin_turn("go", turn=1)

    moves = [router.route({"outcome": "next"}).kind for _ in range(6)]

    assert moves == ["outcome"] * 4 + ["refused"] * 2
    assert router.current_stage_name == "s4"
    assert list(router.current_tools()) == []


def test_the_limits_can_be_changed():
    router = IntentRouter(ring(9))
    router.max_moves_per_turn = 1
    router.begin_turn("go", turn=1)

    router.route({"outcome": "next"})

    assert router.options() == ()


def test_after_three_refusals_nothing_more_is_offered_until_the_user_speaks(router):
    router.begin_turn("hm", turn=1)

    decisions = [router.route({"outcome": "nonsense"}) for _ in range(3)]

    assert router.options() == ()
    assert "answer the user" in router.refusal_text(decisions[-1])
    assert router.route({"outcome": "place_named"}).options == ()
    router.begin_turn("to Basel", turn=2)
    assert router.route({"outcome": "place_named"}).kind == "outcome"


async def test_nothing_is_offered_for_the_rest_of_the_turn_in_which_the_conversation_ended(router):
    router.restore(Position("pay"))
    router.begin_turn("here you are", turn=1)
    router.route({"outcome": "paid"})

    await router.current_tools()["end_conversation"].run({})

    assert router.position == Position("where")
    assert router.options() == ()
    router.begin_turn("hello again", turn=2)
    assert "place_named" in names(router)


# Going back.


def test_a_position_can_be_restored(router):
    router.begin_turn("when?", turn=1)
    router.route({"outcome": "timetable"})
    kept = router.position
    router.reset()

    router.restore(kept)

    assert (router.position, router.just_entered) == (kept, False)
    assert names(router) == ["told", "complaint"]


@pytest.mark.parametrize("position", [Position("nowhere"), Position("where", ("gone", "lost"))])
def test_a_position_of_another_graph_is_refused(router, position):
    with pytest.raises(GraphError, match=r"no stage 'nowhere'|no stage 'gone'.*\n.*no stage 'lost'"):
        router.restore(position)

    assert router.position == Position("where")


def test_a_reset_forgets_position_and_trail(router):
    router.begin_turn("when?", turn=1)
    router.route({"outcome": "timetable"})

    router.reset()

    assert (router.position, router.just_entered) == (Position("where"), False)


# Going on in another graph.


def edited(**stages):
    kept = {name: stage for name, stage in {**TRAVEL["stages"], **stages}.items() if stage is not None}
    return {**TRAVEL, "stages": kept}


def test_an_edited_stage_holds_from_the_next_request_on(router):
    changes = router.swap(edited(where={**TRAVEL["stages"]["where"], "goal": "Ask for the destination, politely."}))

    assert str(changes).startswith("~ stage 'where', goal")
    assert "politely" in router.get_prompt()
    assert router.position == Position("where")


def test_a_graph_that_is_wrong_changes_nothing(router):
    prompt, graph = router.get_prompt(), router.graph

    with pytest.raises(GraphError, match="missing a goal"):
        router.swap(edited(where={**TRAVEL["stages"]["where"], "goal": ""}))

    assert (router.get_prompt(), router.graph) == (prompt, graph)


def test_a_tool_that_is_not_there_changes_nothing(router):
    graph = router.graph

    with pytest.raises(GraphError, match="unknown tool 'fly'"):
        router.swap(edited(where={**TRAVEL["stages"]["where"], "tools": [{"id": "fly"}]}))

    assert router.graph is graph


def test_the_place_is_kept_or_given_or_refused(router):
    router.begin_turn("this is outrageous", turn=1)
    router.route({"outcome": "complaint"})

    with pytest.raises(GraphError, match="stands in stage 'complaint', which is gone"):
        router.swap(edited(complaint=None))
    router.swap(edited(complaint=None), stages={"complaint": "timetable"})

    assert router.position == Position("timetable", ("where",))
    assert names(router) == []  # the way back would enter the stage in which the turn began
    router.begin_turn("thanks", turn=2)
    assert names(router) == ["told"]


def test_a_swap_within_a_turn_keeps_the_turns_limits(router):
    router.begin_turn("when does it leave?", turn=1)
    router.route({"outcome": "timetable"})

    router.swap(edited(timetable={**TRAVEL["stages"]["timetable"], "goal": "Be quick."}))

    assert [option.name for option in router.options()] == ["complaint"]


@given(conversations(), conversations(), st.lists(st.integers(0, 5), max_size=6))
def test_after_any_edit_the_position_is_legal_or_nothing_has_changed(before, after, choices):
    router = IntentRouter(before)
    for number, choice in enumerate(choices, 1):
        router.begin_turn("…", turn=number)
        if legal := names(router):
            router.route({"outcome": legal[choice % len(legal)]})
    held = (router.graph, router.position, router.get_prompt(), list(router.current_tools()))

    try:
        router.swap(after)
    except GraphError:
        assert (router.graph, router.position, router.get_prompt(), list(router.current_tools())) == held
        return
    assert {router.position.stage, *router.position.trail} <= set(router.stages)
    assert all(option.target in router.stages for option in router.options())
    assert router.get_prompt()


@given(conversations(), conversations(), st.lists(st.integers(0, 5), max_size=4), st.integers(0, 5))
def test_a_choice_made_before_an_edit_leads_where_it_led_or_is_refused(before, after, choices, last):
    router = IntentRouter(before)
    for number, choice in enumerate(choices, 1):
        router.begin_turn("…", turn=number)
        if legal := names(router):
            router.route({"outcome": legal[choice % len(legal)]})
    router.begin_turn("…", turn=9)
    offered = router.options()
    if not offered:
        return
    chosen = offered[last % len(offered)]
    try:
        now_called = router.swap(after).renamed
    except GraphError:
        now_called = {}
    place = router.position

    decision = router.route({"outcome": chosen.name}, offered=offered)

    if decision.kind == "refused":
        assert router.position == place
        assert router.refusal_text(decision).startswith("Error: ")
    else:
        assert (decision.kind, decision.target) == (chosen.kind, now_called.get(chosen.target, chosen.target))
        assert {router.position.stage, *router.position.trail} <= set(router.stages)


# Looking ahead.


def test_a_preview_of_a_stage_is_what_the_model_gets_once_the_user_speaks_there(router):
    prompt, tools = router.preview("timetable")

    schema = to_openai_tool(tools["classify_response"])
    assert schema["parameters"]["properties"]["outcome"]["enum"] == ["told", "complaint"]
    router.route({"outcome": "timetable"})
    router.begin_turn("at noon?", turn=1)
    assert (prompt, schema) == (router.get_prompt(), to_openai_tool(router))


@pytest.mark.parametrize(("before", "offered"), [(("where",), True), ((), False)])
def test_a_preview_of_a_stage_far_back_on_the_trail_has_the_trail_that_was_there(before, offered):
    complaint = {**TRAVEL["stages"]["complaint"], "not_accessible_from": ["timetable"]}
    router = IntentRouter(edited(complaint=complaint))
    router.restore(Position("timetable", (*before, "complaint", "pay")))

    prompt, _ = router.preview("complaint")

    assert ("calmed" in prompt) == offered


def test_a_preview_of_a_stage_that_there_is_not_is_refused(router):
    with pytest.raises(GraphError, match="no stage 'nowhere'"):
        router.preview("nowhere")


@given(conversations(), st.lists(st.integers(0, 5), max_size=6))
def test_a_preview_is_the_next_turns_beginning_and_changes_nothing(config, choices):
    router = IntentRouter(config)
    for number, choice in enumerate(choices, 1):
        router.begin_turn("…", turn=number)
        if legal := names(router):
            router.route({"outcome": legal[choice % len(legal)]})
    held = (router.position, router.just_entered, names(router), router.get_prompt())

    previews = {stage: router.preview(stage) for stage in router.stages}

    assert (router.position, router.just_entered, names(router), router.get_prompt()) == held
    legal = {option.name: option.target for option in router.options()}
    for choice, target in {"": router.position.stage, **legal}.items():
        there = IntentRouter(config)
        there.restore(router.position)
        if choice:
            there.route({"outcome": choice})
        there.begin_turn("…", turn=1)
        if choice == "" or [*legal.values()].count(target) == 1:
            prompt, tools = previews[target]
            assert (prompt, list(tools)) == (there.get_prompt(), list(there.current_tools()))


# Any conversation, any model.


@given(conversations(), st.data())
def test_whatever_the_model_chooses_the_router_keeps_its_rules(config, data):
    router = IntentRouter(config)
    replayed = start_position(router.graph)
    for turn in range(1, data.draw(st.integers(1, 4)) + 1):
        router.begin_turn("…", turn=turn)
        visited = [router.position.stage]
        for _ in range(data.draw(st.integers(0, 7))):
            legal, before = names(router), router.position
            choice = data.draw(st.sampled_from([*legal, "nonsense"]))
            decision = router.route({"outcome": choice})
            assert decision.options == tuple(legal)
            assert ("classify_response" in router.current_tools()) == bool(router.options())
            if choice not in legal:
                assert (decision.kind, router.position) == ("refused", before)
                continue
            replayed = advance(router.graph, replayed, choice)
            visited.append(router.position.stage)
            assert (decision.source, decision.target) == (before.stage, router.position.stage)
            assert (len(router.position.trail) > len(before.trail)) == (decision.kind == "jump")
        assert len(visited) == len(set(visited)) <= 1 + router.max_moves_per_turn
        assert set(visited) <= router.stages.keys()
    assert router.position == replayed
