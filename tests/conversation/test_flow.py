from __future__ import annotations

from hypothesis import given

from intentional_nb.conversation.flow import flow_of
from intentional_nb.conversation.graph import END, ConversationGraph
from intentional_nb.conversation.loading import load_graph
from intentional_nb.conversation.position import Position, advance, options, start_position
from tests.conversation.graphs import TRAVEL, conversations

DEEPEST_TRAIL = 6
"""More than the stages of a generated graph: a longer trail shows nothing new."""


def walked(graph: ConversationGraph) -> dict[Position, list[Position]]:
    """Every position with the ones that follow it, found by trying."""
    found: dict[Position, list[Position]] = {}
    waiting = [start_position(graph)]
    while waiting:
        position = waiting.pop()
        if position in found:
            continue
        following = [advance(graph, position, option.name) for option in options(graph, position)]
        found[position] = [other for other in following if len(other.trail) <= DEEPEST_TRAIL]
        waiting += found[position]
    return found


def finishing(moves: dict[Position, list[Position]]) -> set[str]:
    done = {position for position in moves if position.stage == END}
    while True:
        more = {position for position, following in moves.items() if done & set(following)} - done
        if not more:
            return {position.stage for position in done}
        done |= more


@given(conversations(most=4))
def test_the_flow_is_what_walking_everywhere_finds(config):
    graph = load_graph(config)
    flow = flow_of(graph)

    moves = walked(graph)

    assert flow.reached == {position.stage for position in moves}
    assert flow.never_jumped == {position.stage for position in moves if not position.trail}
    assert flow.finishing & flow.reached == finishing(moves)
    for name, exits in flow.exits.items():
        assert exits == {other.stage for position in moves if position.stage == name for other in moves[position]}


def test_a_stage_that_only_backtracks_finishes_through_the_stages_that_it_returns_to():
    flow = flow_of(load_graph(TRAVEL))

    assert "timetable" in flow.finishing
    assert flow.exits["timetable"] == {"where", "pay", "complaint"}
    assert flow.never_jumped == {"where", "pay", END}


def test_two_starts_are_both_walked_from():
    graph = load_graph({"stages": {name: {"goal": "g", "accessible_from": "_start_"} for name in "ab"}}, strict=False)

    assert flow_of(graph).reached == {"a", "b"}


def test_a_stage_does_not_finish_through_a_jump_that_only_leads_back_to_it():
    stage = {"goal": "g", "description": "d"}
    back = {"back": {"description": "b", "move_to": "_backtrack_"}}
    graph = load_graph(
        {
            "stages": {
                "a": {
                    **stage,
                    "accessible_from": "_start_",
                    "outcomes": {"over": {"description": "o", "move_to": "_end_"}},
                },
                "help": {**stage, "accessible_from": "_all_", "outcomes": back},
                "trap": {**stage, "accessible_from": "a"},
            }
        }
    )

    assert flow_of(graph).finishing == {"a", "help", END}
