from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from intentional_nb.conversation.checks import check
from intentional_nb.conversation.graph import ConversationGraph, Outcome, Stage
from intentional_nb.conversation.loading import load_graph
from intentional_nb.conversation.problems import Problem
from tests.conversation.graphs import TRAVEL, conversations

END: dict[str, Any] = {"description": "it is over", "move_to": "_end_"}


def problems(stages: dict[str, Any]) -> list[Problem]:
    return list(load_graph({"stages": stages}, strict=False).problems)


def only(stages: dict[str, Any], code: str) -> Problem:
    (problem,) = [problem for problem in problems(stages) if problem.code == code]
    return problem


def start(**more: Any) -> dict[str, Any]:
    return {"goal": "begin", "accessible_from": "_start_", "outcomes": {"over": END}, **more}


def test_a_graph_without_fault_has_no_problems():
    assert load_graph(TRAVEL).problems == ()


def test_there_must_be_a_stage():
    assert [str(problem) for problem in problems({})] == [
        "error [no-stages] The conversation must have at least one stage."
    ]


def test_one_stage_must_be_the_start():
    problem = only({"a": {"goal": "g"}}, "no-start")

    assert "No start stage found!" in problem.message


def test_only_one_stage_may_be_the_start():
    problem = only({"a": start(), "b": start()}, "several-starts")

    assert "Multiple start stages found!" in problem.message
    assert "'a', 'b'" in problem.message


def test_an_outcome_may_not_lead_to_an_unknown_stage():
    typo = {"description": "to pay", "move_to": "payd"}

    problem = only({"a": start(outcomes={"over": END, "x": typo}), "pay": {"goal": "g"}}, "unknown-target")

    assert problem.message == "Stage 'a' has an outcome leading to an unknown stage 'payd'"
    assert (problem.stage, problem.field) == ("a", "outcomes.x.move_to")
    assert (problem.value, problem.suggestion) == ("payd", "pay")


@pytest.mark.parametrize(("target", "close"), [("_back_", "_backtrack_"), ("end", "_end_"), ("zzz", None)])
def test_reserved_targets_are_suggested_too(target, close):
    problem = only({"a": start(outcomes={"x": {"description": "d", "move_to": target}})}, "unknown-target")

    assert problem.suggestion == close


@pytest.mark.parametrize("field", ["accessible_from", "not_accessible_from"])
def test_a_stage_may_not_be_accessible_from_an_unknown_one(field):
    stages = {"ask": start(), "b": {"goal": "g", "description": "d", field: ["aks", "_end_"]}}

    found = [problem for problem in problems(stages) if problem.code == "unknown-stage"]

    assert [(problem.value, problem.suggestion) for problem in found] == [("aks", "ask"), ("_end_", None)]
    assert {problem.field for problem in found} == {field}


@pytest.mark.parametrize("goal", [None, "", " \n"])
def test_a_stage_needs_a_goal(goal):
    assert only({"a": start(goal=goal)}, "missing-goal").message == "Stage 'a' is missing a goal."


def test_a_stage_that_can_be_jumped_to_needs_a_description():
    stages = {"a": start(), "b": {"goal": "g", "accessible_from": ["_start_", "a"]}}

    assert "Stage 'b' is missing a description." in only(stages, "missing-description").message


def test_the_start_needs_no_description():
    assert problems({"a": start()}) == []


def test_an_outcome_needs_a_description_and_a_target():
    found = {problem.code: problem for problem in problems({"a": start(outcomes={"x": {}, "over": END})})}

    assert found["missing-description"].message == "Outcome 'x' in stage 'a' is missing a description."
    assert found["missing-move-to"].message == "Outcome 'x' in stage 'a' is missing a 'move_to' field."
    assert found["missing-move-to"].field == "outcomes.x.move_to"


def test_a_stage_with_a_template_needs_nothing_else():
    stages = {
        "a": {"accessible_from": "_start_", "custom_template": "Hi", "outcomes": {"x": {"move_to": "b"}}},
        "b": {"accessible_from": "_all_", "custom_template": "Bye", "outcomes": {"y": {"move_to": "_end_"}}},
    }

    assert problems(stages) == []


@pytest.mark.parametrize("name", ["_start_", "_all_", "_end_", "_backtrack_"])
def test_reserved_names_cannot_name_a_stage(name):
    assert only({"a": start(), name: {"goal": "g"}}, "reserved-name").value == name


@pytest.mark.parametrize("name", ["", " a", "two\nlines", "hid\u200bden", "\u202erow"])
def test_names_are_visible_and_on_one_line(name):
    stages = {name: {"goal": "g", "outcomes": {name: END}}}

    assert [problem.value for problem in problems(stages) if problem.code == "bad-name"] == [name, name]


def test_a_stage_that_nothing_leads_to_is_unreachable():
    problem = only({"a": start(), "island": {"goal": "g", "outcomes": {"over": END}}}, "unreachable")

    assert (problem.stage, problem.severity) == ("island", "warning")


def test_a_stage_that_cannot_be_left_is_a_dead_end():
    onwards = {"description": "further", "move_to": "b"}

    found = problems({"a": start(outcomes={"go": onwards}), "b": {"goal": "g"}})

    assert [(problem.code, problem.stage) for problem in found] == [("no-end", "a"), ("dead-end", "b")]


def test_a_stage_that_can_be_left_by_a_jump_only_is_no_dead_end():
    stages = {
        "a": start(outcomes={}),
        "b": {"goal": "g", "description": "d", "accessible_from": "a", "outcomes": {"over": END}},
    }

    assert problems(stages) == []


def test_stages_that_lead_round_in_circles_have_no_path_to_the_end():
    there, back = ({"description": f"to {name}", "move_to": name} for name in "ba")

    found = problems({"a": start(outcomes={"there": there}), "b": {"goal": "g", "outcomes": {"back": back}}})

    assert [(problem.code, problem.stage) for problem in found] == [("no-end", "a"), ("no-end", "b")]


def test_a_backtrack_must_have_something_to_return_to():
    back = {"description": "back", "move_to": "_backtrack_"}
    onwards = {"description": "further", "move_to": "b"}
    stages = {
        "a": start(outcomes={"go": onwards, "over": END}),
        "b": {"goal": "g", "description": "d", "accessible_from": "_all_", "outcomes": {"back": back, "over": END}},
    }

    problem = only(stages, "empty-trail")

    assert (problem.stage, problem.field, problem.severity) == ("b", "outcomes.back.move_to", "warning")


def test_a_backtrack_behind_a_jump_has_something_to_return_to():
    back = {"description": "back", "move_to": "_backtrack_"}
    onwards = {"description": "further", "move_to": "c"}
    stages = {
        "a": start(),
        "b": {"goal": "g", "description": "d", "accessible_from": "a", "outcomes": {"go": onwards}},
        "c": {"goal": "g", "outcomes": {"back": back}},
    }

    assert problems(stages) == []


def test_an_outcome_should_not_hide_a_jump():
    stages = {"a": start(outcomes={"b": END}), "b": {**start(), "accessible_from": "_all_", "description": "help"}}

    assert only(stages, "shadowed-stage").field == "outcomes.b"


def test_an_outcome_may_be_named_like_a_stage_that_cannot_be_jumped_to():
    b = {"goal": "g", "outcomes": {"over": END}}

    assert problems({"a": start(outcomes={"b": {"description": "on", "move_to": "b"}}), "b": b}) == []


def test_an_outcome_that_leads_to_its_own_stage_is_never_offered():
    again = {"description": "once more", "move_to": "a"}

    assert only({"a": start(outcomes={"again": again, "over": END})}, "self-move").severity == "warning"


def test_outcomes_of_one_stage_should_not_read_alike():
    one, other = ({"description": text, "move_to": "_end_"} for text in ("wants a drink", "Wants drinks!"))

    problem = only({"a": start(outcomes={"x": one, "y": other})}, "similar-descriptions")

    assert (problem.field, problem.value) == ("outcomes.y.description", "Wants drinks!")
    assert "'x'" in problem.message


def test_an_outcome_and_a_jump_should_not_read_alike():
    b = {"goal": "g", "description": "it is over", "accessible_from": "a", "outcomes": {"back": END}}

    assert "stage 'b'" in only({"a": start(), "b": b}, "similar-descriptions").message


def test_jumps_that_read_alike_are_told_once_however_many_stages_offer_them():
    b, c = (
        {"goal": "g", "description": "asks for help", "accessible_from": "_all_", "outcomes": {"x": END}} for _ in "bc"
    )

    problem = only(
        {"a": start(), "d": start(accessible_from="a", description="more"), "b": b, "c": c}, "similar-descriptions"
    )

    assert (problem.stage, problem.field) == ("c", "description")


def test_everything_is_told_at_once():
    stages = {
        "a": {"accessible_from": "_start_", "outcomes": {"x": {"move_to": "nowhere"}}},
        "_all_": {"goal": "g", "accessible_from": ["nobody"]},
    }

    assert {problem.code for problem in problems(stages)} == {
        *("missing-goal", "missing-description", "unknown-target", "reserved-name", "unknown-stage"),
        *("dead-end", "unreachable"),
    }


def test_a_graph_made_by_hand_is_checked_like_a_file():
    stage = Stage("a", accessible_from=("_start_",), outcomes=(Outcome("x", "", "b"),))

    codes = {problem.code for problem in check(ConversationGraph((stage, stage)))}

    assert codes >= {"duplicate-stage", "missing-goal", "missing-description", "unknown-target", "several-starts"}


@given(conversations())
def test_a_valid_conversation_has_warnings_only(config):
    assert not any(problem.is_error for problem in load_graph(config).problems)
