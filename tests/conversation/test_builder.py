from __future__ import annotations

import copy

import pytest
import yaml
from hypothesis import given

from intentional_nb.conversation.builder import Conversation
from intentional_nb.conversation.graph import ToolUse
from intentional_nb.conversation.loading import load_graph
from intentional_nb.errors import GraphError
from intentional_nb.tools.function import tool
from tests.conversation.graphs import TRAVEL, conversations


def coffee() -> Conversation:
    return (
        Conversation("You work in a coffee bar.", initial_message="Hello!")
        .stage("order", goal="Find out which drink they want.", start=True, say="Coffee or tea?")
        .outcome("chosen", "they name a drink", to="pay", examples=["A tea, please"])
        .stage("pay", goal="Ask for two euros.", tools=["clock", {"id": "till", "currency": "EUR"}])
        .outcome("paid", "they pay", to="_end_")
        .stage(
            "help", goal="Help.", description="they ask for help", accessible_from="_all_", not_accessible_from="pay"
        )
        .outcome("helped", "they know enough", to="_backtrack_")
    )


def test_the_graph_is_what_was_written():
    graph = coffee().build()

    order, pay, rescue = graph.stages
    assert (graph.background, graph.initial_message) == ("You work in a coffee bar.", "Hello!")
    assert graph.start is order
    assert (order.say, order.outcomes[0].move_to) == (("Coffee or tea?",), "pay")
    assert pay.tools == (ToolUse("clock"), ToolUse("till", {"currency": "EUR"}))
    assert (rescue.accessible_from, rescue.not_accessible_from) == (("_all_",), ("pay",))


def test_the_dict_says_the_same_as_a_file_would():
    written = coffee().to_dict()

    assert written["stages"]["order"] == {
        "goal": "Find out which drink they want.",
        "accessible_from": ["_start_"],
        "say": ["Coffee or tea?"],
        "outcomes": {"chosen": {"description": "they name a drink", "move_to": "pay", "examples": ["A tea, please"]}},
    }
    assert load_graph(yaml.safe_dump(written, sort_keys=False)) == coffee().build()


def test_the_dict_is_a_copy():
    builder = coffee()
    before = copy.deepcopy(builder.to_dict())

    written = builder.to_dict()
    written["stages"]["order"]["say"].append("Milk?")
    del written["stages"]["pay"]["outcomes"]["paid"]

    assert builder.to_dict() == before


def test_tools_are_noted_by_their_id():
    @tool
    def look_up(word: str) -> str:
        """Look a word up."""
        return word

    graph = Conversation().stage("a", goal="g", start=True, tools=[look_up, ToolUse("x", {"y": 1})]).build()

    assert graph.start.tools == (ToolUse("look_up"), ToolUse("x", {"y": 1}))


def test_building_runs_the_checks():
    builder = Conversation().stage("a", goal="g", start=True).outcome("x", "d", to="aa")

    with pytest.raises(GraphError, match="unknown stage 'aa'; did you mean 'a'"):
        builder.build()

    assert [problem.code for problem in builder.build(strict=False).problems] == ["unknown-target", "dead-end"]


def test_a_value_of_the_wrong_type_is_told_like_in_a_file():
    with pytest.raises(GraphError, match="'goal' of stage 'a' must be text, not the number 3"):
        Conversation().stage("a", goal=3, start=True).build()


def test_a_name_is_given_once():
    with pytest.raises(GraphError, match="stage 'order' is defined twice"):
        coffee().stage("order", goal="again")
    with pytest.raises(GraphError, match="outcome 'helped' in stage 'help' is defined twice"):
        coffee().outcome("helped", "again", to="_end_")


def test_an_outcome_needs_a_stage_before_it():
    with pytest.raises(GraphError, match=r"call stage\(\.\.\.\) first"):
        Conversation().outcome("x", "d", to="_end_")


def test_a_builder_shows_how_far_it_is():
    assert repr(Conversation().stage("a", goal="g")) == "Conversation(1 stage)"
    assert repr(coffee()) == "Conversation(3 stages)"


def rebuilt(config: dict) -> Conversation:
    builder = Conversation(config["background"], initial_message=config["initial_message"])
    for name, stage in config["stages"].items():
        builder.stage(name, **{key: value for key, value in stage.items() if key != "outcomes"})
        for label, outcome in stage.get("outcomes", {}).items():
            builder.outcome(label, outcome["description"], to=outcome["move_to"], examples=outcome.get("examples", ()))
    return builder


@given(conversations())
def test_any_conversation_can_be_built_written_and_read_back(config):
    builder = rebuilt(config)

    assert builder.build() == load_graph(config) == load_graph(builder.to_dict()) == load_graph(builder)


def test_a_conversation_written_by_hand_can_be_rebuilt():
    assert rebuilt(TRAVEL).build() == load_graph(TRAVEL)
