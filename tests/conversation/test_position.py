from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.conversation.graph import BACKTRACK
from intentional_nb.conversation.loading import load_graph
from intentional_nb.conversation.position import Position, advance, options, start_position
from intentional_nb.errors import RoutingError
from tests.conversation.graphs import TRAVEL, conversations

GRAPH = load_graph(TRAVEL)


def names(position: Position, **kwargs: object) -> list[str]:
    return [option.name for option in options(GRAPH, position, **kwargs)]


def test_outcomes_are_offered_before_jumps():
    assert names(Position("where")) == ["place_named", "timetable", "complaint"]


def test_an_option_says_where_it_leads_and_when_to_take_it():
    outcome, jump, _ = options(GRAPH, Position("where"))

    assert (outcome.kind, outcome.target, outcome.examples) == ("outcome", "pay", ("to Basel",))
    assert (jump.kind, jump.target, jump.description) == ("jump", "timetable", "the traveller asks when trains leave")
    assert jump.examples == ("when is the next one?",)


def test_a_backtrack_is_offered_only_with_something_on_the_trail():
    assert names(Position("complaint")) == ["furious"]
    assert names(Position("complaint", ("pay",))) == ["calmed", "furious"]


def test_nothing_is_offered_at_the_end():
    assert names(Position("_end_", ("where",))) == []


def test_stages_can_be_left_out():
    assert names(Position("where"), without={"pay", "timetable"}) == ["complaint"]


def test_an_outcome_hides_a_jump_of_its_name_even_while_it_is_not_offered():
    stage = {"goal": "g", "accessible_from": "_start_"}
    outcome = {"description": "d", "move_to": "_backtrack_"}
    other = {"goal": "g", "accessible_from": "_all_", "description": "d"}
    graph = load_graph({"stages": {"a": {**stage, "outcomes": {"b": outcome}}, "b": other}})

    assert options(graph, start_position(graph)) == ()


def test_an_outcome_keeps_the_trail_a_jump_adds_to_it_and_a_backtrack_takes_from_it():
    asked = advance(GRAPH, start_position(GRAPH), "timetable")
    complained = advance(GRAPH, asked, "complaint")
    calmed = advance(GRAPH, complained, "calmed")
    told = advance(GRAPH, calmed, "told")

    assert [asked.trail, complained.trail] == [("where",), ("where", "timetable")]
    assert (calmed, told) == (asked, Position("where"))
    assert advance(GRAPH, Position("where", ("pay",)), "place_named") == Position("pay", ("pay",))


def test_an_unknown_choice_names_the_legal_ones():
    with pytest.raises(RoutingError, match="Unknown outcome 'paid' for stage 'where'") as caught:
        advance(GRAPH, Position("where"), "paid")

    assert caught.value.options == ("place_named", "timetable", "complaint")


@given(conversations(), st.data())
def test_a_walk_never_leaves_the_graph_and_its_replay_ends_in_the_same_place(config, data):
    graph = load_graph(config)
    position = start_position(graph)
    choices = []

    for _ in range(data.draw(st.integers(0, 12))):
        legal = options(graph, position)
        if not legal:
            break
        option = data.draw(st.sampled_from(legal))
        before, position = position, advance(graph, position, option.name)
        choices.append(option.name)
        assert position.stage == option.target
        assert {position.stage, *position.trail} <= graph.by_name.keys()
        assert len(position.trail) - len(before.trail) == {"jump": 1, "backtrack": -1}.get(option.kind, 0)

    replayed = start_position(graph)
    for choice in choices:
        replayed = advance(graph, replayed, choice)
    assert replayed == position


@given(conversations(), st.data())
def test_exactly_the_offered_names_can_be_chosen(config, data):
    graph = load_graph(config)
    stage = data.draw(st.sampled_from(sorted(graph.by_name)))
    position = Position(stage, tuple(data.draw(st.lists(st.sampled_from(sorted(graph.by_name)), max_size=2))))
    without = data.draw(st.sets(st.sampled_from(sorted(graph.by_name))))
    legal = {option.name for option in options(graph, position, without=without)}
    named = {outcome.name for outcome in graph.by_name[stage].outcomes} | graph.by_name.keys() | {BACKTRACK, ""}

    for name in named:
        if name in legal:
            assert advance(graph, position, name, without=without).stage not in without
        else:
            with pytest.raises(RoutingError):
                advance(graph, position, name, without=without)
