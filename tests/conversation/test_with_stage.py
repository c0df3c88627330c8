from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings

from intentional_nb.conversation.loading import load_graph, with_stage
from intentional_nb.errors import GraphError
from tests.conversation.graphs import conversations, visible_names

DOOR = load_graph(
    {
        "background": "You stand at a door.",
        "initial_message": "Who is there?",
        "stages": {
            "name": {
                "accessible_from": "_start_",
                "goal": "Ask for the name.",
                "outcomes": {"told": {"description": "The user tells a name.", "move_to": "why"}},
            },
            "why": {
                "goal": "Ask why they come.",
                "outcomes": {"said": {"description": "The user says why.", "move_to": "_end_"}},
            },
        },
    }
)
WHY = "goal: Ask whom they visit.\noutcomes:\n  said: {description: A person., move_to: _end_}\n"


@settings(max_examples=40)
@given(conversations(names=visible_names, most=3))
def test_a_stage_written_down_as_it_is_changes_nothing(conversation):
    graph = load_graph(conversation)

    for name, stage in conversation["stages"].items():
        assert with_stage(graph, name, yaml.safe_dump(stage, sort_keys=False)) == graph


def test_a_stage_takes_the_place_of_the_one_of_its_name():
    changed = with_stage(DOOR, "why", WHY)

    assert [stage.name for stage in changed.stages] == ["name", "why"]
    assert changed.by_name["why"].goal == "Ask whom they visit."
    assert changed.by_name["name"] == DOOR.by_name["name"]
    assert (changed.background, changed.initial_message) == (DOOR.background, DOOR.initial_message)


def test_a_new_stage_comes_last_with_the_warnings_that_it_brings():
    changed = with_stage(DOOR, "hall", WHY)

    assert [stage.name for stage in changed.stages] == ["name", "why", "hall"]
    assert [problem.code for problem in changed.problems] == ["unreachable"]


@pytest.mark.parametrize("ways", ["_start_", ["_start_", "why"]])
def test_the_start_stage_keeps_its_ways_in_where_the_text_leaves_them_out(ways):
    name = {"goal": "Ask.", "description": "A name.", "accessible_from": ways}
    why = {"goal": "Ask why.", "description": "A reason.", "accessible_from": "name"}
    graph = load_graph({"stages": {"name": name, "why": why}})

    changed = with_stage(graph, "name", "goal: Ask again.\ndescription: A name.\n")

    assert changed.start.goal == "Ask again."
    assert changed.start.accessible_from == graph.start.accessible_from


@pytest.mark.parametrize("ways", ["", "why"])
def test_a_start_stage_that_is_told_to_be_none_is_refused(ways):
    with pytest.raises(GraphError, match="No start stage found!"):
        with_stage(DOOR, "name", f"accessible_from: {ways}\n{WHY}")


def test_the_graph_stays_as_it_is():
    before = dict(DOOR.by_name)

    with_stage(DOOR, "why", WHY)

    assert dict(DOOR.by_name) == before


def test_lines_are_those_of_the_text():
    with pytest.raises(GraphError) as caught:
        with_stage(DOOR, "why", "goal: Ask.\noutcomes:\n  said: {description: x, move_to: nmae}\ngaol: x\n")

    assert [(problem.code, problem.line) for problem in caught.value.problems if problem.is_error] == [
        ("unknown-target", 3),
        ("unknown-key", 4),
    ]


@pytest.mark.parametrize(("text", "code"), [("goal: [", "bad-yaml"), ("- a\n- b", "wrong-type"), ("", "missing-goal")])
def test_what_is_no_stage_is_refused(text, code):
    with pytest.raises(GraphError) as caught:
        with_stage(DOOR, "why", text)

    assert caught.value.problems[0].code == code


@pytest.mark.parametrize("name", ["_end_", "_start_", ""])
def test_a_name_that_means_something_else_is_refused(name):
    with pytest.raises(GraphError):
        with_stage(DOOR, name, WHY)
