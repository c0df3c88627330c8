"""What can happen in a graph, whoever talks: which stages are reached, how they are left, what lies on the trail.

All of it is exact for the moves that `position.options` offers over any number of turns. Moves to stages that do not
exist are left out, so that broken graphs can be looked at too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from intentional_nb.conversation.graph import BACKTRACK, END, START, ConversationGraph, Stage

__all__ = ["Flow", "flow_of"]


@dataclass(frozen=True, slots=True)
class Flow:
    """The moves that a graph allows.

    Attributes:
        reached: Stages that some conversation comes to.
        never_jumped: Stages that can be reached without ever jumping, so that there may be nothing to return to.
        exits: For each reached stage, the stages that a next move can lead to.
        finishing: Stages from which some conversation comes to the end.
    """

    reached: frozenset[str]
    never_jumped: frozenset[str]
    exits: Mapping[str, frozenset[str]]
    finishing: frozenset[str]


def flow_of(graph: ConversationGraph) -> Flow:
    """The moves of ``graph`` from its start stages, however many there are."""
    starts = {stage.name for stage in graph.stages if START in stage.accessible_from}
    by_outcome = {stage.name: _outcome_targets(graph, stage) for stage in graph.stages}
    by_jump = {stage.name: _jump_targets(graph, stage) for stage in graph.stages}
    forward = {name: by_outcome[name] | by_jump[name] for name in by_outcome}
    reached = _closure(starts, forward)
    last = _last_on_trail(reached, by_outcome, by_jump)
    backtracking = {
        stage.name for stage in graph.stages if any(outcome.move_to == BACKTRACK for outcome in stage.outcomes)
    }
    exits = {
        name: frozenset(forward[name] | (last[name] if name in backtracking else set()))
        for name in reached
        if name != END
    }
    # A stage finishes by moving on to the end, or by going back to a stage that finishes. Coming back from a jump of
    # its own only leads to itself, so it is the stage's own trail that has to be taken back, by it or by its outcomes.
    returning = _closure(backtracking, _reversed(by_outcome))
    ways_back = {name: callers for name, callers in last.items() if name in returning}
    moving_on = _closure([END], _reversed(forward))
    return Flow(reached, _closure(starts, by_outcome), exits, _closure(moving_on, _reversed(ways_back)))


def _outcome_targets(graph: ConversationGraph, stage: Stage) -> set[str]:
    return {outcome.move_to for outcome in stage.outcomes if outcome.move_to in graph.by_name}


def _jump_targets(graph: ConversationGraph, stage: Stage) -> set[str]:
    hidden = {outcome.name for outcome in stage.outcomes}
    return {other.name for other in graph.jumps_from(stage.name)} - hidden


def _closure(starts: Iterable[str], edges: Mapping[str, set[str]]) -> frozenset[str]:
    reached: set[str] = set()
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += edges.get(name, ())
    return frozenset(reached)


def _reversed(edges: Mapping[str, set[str]]) -> dict[str, set[str]]:
    sources: dict[str, set[str]] = {}
    for name, targets in edges.items():
        for target in targets:
            sources.setdefault(target, set()).add(name)
    return sources


def _last_on_trail(
    reached: Iterable[str], by_outcome: Mapping[str, set[str]], by_jump: Mapping[str, set[str]]
) -> dict[str, set[str]]:
    """For each reached stage, the stages that can be last on the trail there, to which a backtrack would lead.

    A jump from A puts A on the trail, and an outcome carries the trail along. A backtrack brings back a trail that its
    target had before, so it adds nothing.
    """
    last: dict[str, set[str]] = {name: set() for name in reached}
    waiting = [(target, name) for name in last for target in by_jump.get(name, ())]
    while waiting:
        name, caller = waiting.pop()
        if caller not in last[name]:
            last[name].add(caller)
            waiting += [(target, caller) for target in by_outcome.get(name, ())]
    return last
