from __future__ import annotations

import pytest
from hypothesis import given, settings

from intentional_nb.conversation.diagram import to_page_svg, ways_of
from intentional_nb.conversation.graph import BACKTRACK, END, ConversationGraph
from intentional_nb.conversation.loading import load_graph
from intentional_nb.conversation.position import Position, advance, options
from tests.conversation.diagram.drawings import BROKEN, HOSTILE, INTERVIEW, TRAVELLING, Drawing, any_graphs
from tests.conversation.graphs import conversations


def test_an_outcome_goes_by_its_label_and_a_jump_by_its_line():
    ways = ways_of(TRAVELLING).by_choice()

    paid, jump = ways["pay", "paid"], ways["pay", "timetable"]
    assert (paid.key, paid.line, paid.kind, paid.target) == (
        "outcome-pay-paid",
        "outcome-stage-pay-to-stage-_end_",
        "end",
        END,
    )
    assert (jump.key, jump.line, jump.kind, jump.target) == (
        "jump-stage-pay-to-stage-timetable",
        "jump-stage-pay-to-stage-timetable",
        "jump",
        "timetable",
    )
    assert ways["where", "place_named"].kind == "outcome"
    assert (ways["timetable", "told"].kind, ways["timetable", "told"].target) == ("backtrack", BACKTRACK)


def test_a_jump_from_anywhere_is_one_way_from_every_stage_that_may_take_it():
    ways = ways_of(INTERVIEW).by_choice()

    assert ways["name", "reschedule"] is ways["city", "reschedule"]
    assert ("withdraw", "reschedule") not in ways
    assert ("reschedule", "reschedule") not in ways


def test_outcomes_that_share_a_line_are_ways_of_their_own():
    ways = ways_of(INTERVIEW).by_choice()
    given, declined = ways["age", "age_given"], ways["age", "age_declined"]

    assert given.line == declined.line
    assert given.key != declined.key


def test_a_stage_that_an_outcome_is_named_after_is_not_jumped_to():
    stages = {
        "a": {"accessible_from": "_start_", "goal": "g", "outcomes": {"b": {"description": "d", "move_to": "_end_"}}},
        "b": {"accessible_from": "_all_", "description": "d", "goal": "g"},
    }
    ways = ways_of(load_graph({"stages": stages})).by_choice()

    assert [key for key in ways if key[0] == "a"] == [("a", "b")]
    assert ways["a", "b"].kind == "end"


@settings(max_examples=30)
@given(conversations())
def test_every_legal_choice_has_a_way_that_leads_where_the_move_does(config):
    graph = load_graph(config)
    ways, boxes = ways_of(graph).by_choice(), ways_of(graph).boxes
    positions = [Position(stage.name, trail) for stage in graph.stages for trail in ((), (graph.start.name,))]

    for position in positions:
        for option in options(graph, position):
            way = ways[position.stage, option.name]
            assert way.kind == option.kind
            assert way.target in (BACKTRACK, advance(graph, position, option.name).stage)
            assert option.target in boxes


@pytest.mark.parametrize("graph", [INTERVIEW, BROKEN, HOSTILE, ConversationGraph(())], ids=str)
def test_every_way_and_stage_is_in_the_drawing_under_its_id(graph):
    drawn = {group.get("id") for group in Drawing(to_page_svg(graph)).root.iter("{http://www.w3.org/2000/svg}g")}
    ways = ways_of(graph)

    assert {*ways.boxes.values(), *(way.key for way in ways.all)} <= drawn


@given(any_graphs)
def test_any_graph_has_ways_between_stages_that_it_has(graph):
    ways = ways_of(graph)

    for way in ways.all:
        assert {*way.sources} <= graph.by_name.keys()
        assert way.target in (BACKTRACK, *graph.by_name)
        assert way.sources
