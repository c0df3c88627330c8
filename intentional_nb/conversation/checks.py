"""Whether a graph makes sense: every finding about stages, outcomes and the ways between them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, islice, product
from typing import NamedTuple

from intentional_nb.conversation.flow import Flow, flow_of
from intentional_nb.conversation.graph import (
    ALL,
    BACKTRACK,
    END,
    START,
    ConversationGraph,
    Outcome,
    Stage,
)
from intentional_nb.conversation.likeness import are_alike
from intentional_nb.conversation.problems import Problem, found, nearest, shown, sorted_problems

__all__ = ["check"]

_RESERVED = (START, END, ALL, BACKTRACK)
_MOST_COMPARISONS = 100_000


def check(graph: ConversationGraph) -> tuple[Problem, ...]:
    """Everything that is wrong with the graph, errors first; files and lines are for the loader to add."""
    problems = [*_starts(graph), *_names(graph)]
    for stage in graph.stages:
        problems += [*_stage(graph, stage), *_access(graph, stage), *_shadowed(graph, stage)]
        for outcome in stage.outcomes:
            problems += _outcome(graph, stage, outcome)
    problems += [*_ways(graph, flow_of(graph)), *_likeness(graph)]
    return sorted_problems(problems)


def _starts(graph: ConversationGraph) -> Iterator[Problem]:
    if not graph.stages:
        yield found("no-stages", "The conversation must have at least one stage.", field="stages")
        return
    starts = [stage.name for stage in graph.stages if START in stage.accessible_from]
    if not starts:
        message = f"No start stage found! One stage must have {START!r} in its 'accessible_from'"
        yield found("no-start", message, field="stages")
    if len(starts) > 1:
        names = ", ".join(shown(name) for name in starts)
        message = f"Multiple start stages found! Only one of {names} may have {START!r} in its 'accessible_from'"
        yield found("several-starts", message, field="stages", value=names)


def _names(graph: ConversationGraph) -> Iterator[Problem]:
    seen: set[str] = set()
    for stage in graph.stages:
        name = stage.name
        if name in seen:
            yield found("duplicate-stage", f"stage {shown(name)} is defined twice", stage=name, value=name)
        seen.add(name)
        if name in _RESERVED:
            message = f"stage {name!r} has a reserved name; {', '.join(_RESERVED)} have meanings of their own"
            yield found("reserved-name", message, stage=name, value=name)
        elif not _is_good_name(name):
            message = f"stage {shown(name)} needs a name of visible characters on one line"
            yield found("bad-name", message, stage=name, value=name)


def _is_good_name(name: str) -> bool:
    return name.isprintable() and name == name.strip() and name != ""


def _stage(graph: ConversationGraph, stage: Stage) -> Iterator[Problem]:
    if stage.custom_template is not None:
        return
    where = f"Stage {shown(stage.name)}"
    if not stage.goal.strip():
        yield found("missing-goal", f"{where} is missing a goal.", stage=stage.name, field="goal")
    is_jumped_to = any(name != START for name in stage.accessible_from)
    if is_jumped_to and not stage.description.strip():
        message = f"{where} is missing a description. The model needs it to know when to jump there"
        yield found("missing-description", message, stage=stage.name, field="description")


def _access(graph: ConversationGraph, stage: Stage) -> Iterator[Problem]:
    stages = [other.name for other in graph.stages]
    for field, names, valid in (
        ("accessible_from", stage.accessible_from, [*stages, START, ALL]),
        ("not_accessible_from", stage.not_accessible_from, stages),
    ):
        for name in names:
            if name not in valid:
                message = f"stage {shown(stage.name)} has an unknown stage {shown(name)} in {field!r}"
                close = nearest(name, valid)
                yield found("unknown-stage", message, stage=stage.name, field=field, value=name, suggestion=close)


def _outcome(graph: ConversationGraph, stage: Stage, outcome: Outcome) -> Iterator[Problem]:
    field = f"outcomes.{outcome.name}"
    where = f"Outcome {shown(outcome.name)} in stage {shown(stage.name)}"
    if not _is_good_name(outcome.name):
        message = (
            f"outcome {shown(outcome.name)} in stage {shown(stage.name)} needs a name of visible characters on one line"
        )
        yield found("bad-name", message, stage=stage.name, field=field, value=outcome.name)
    if not outcome.description.strip() and stage.custom_template is None:
        message = f"{where} is missing a description."
        yield found("missing-description", message, stage=stage.name, field=f"{field}.description")
    yield from _target(graph, stage, outcome, where, f"{field}.move_to")


def _target(graph: ConversationGraph, stage: Stage, outcome: Outcome, where: str, field: str) -> Iterator[Problem]:
    target = outcome.move_to
    if not target:
        yield found("missing-move-to", f"{where} is missing a 'move_to' field.", stage=stage.name, field=field)
    elif target == stage.name:
        message = (
            f"outcome {shown(outcome.name)} in stage {shown(stage.name)} leads back to its own stage and is never "
            "offered; to stay, the model reports nothing"
        )
        yield found("self-move", message, stage=stage.name, field=field, value=target)
    elif target != BACKTRACK and target not in graph.by_name:
        message = f"Stage {shown(stage.name)} has an outcome leading to an unknown stage {shown(target)}"
        close = nearest(target, [*graph.by_name, BACKTRACK])
        yield found("unknown-target", message, stage=stage.name, field=field, value=target, suggestion=close)


def _ways(graph: ConversationGraph, flow: Flow) -> Iterator[Problem]:
    """What only shows when the whole graph is walked through; needs a start."""
    if not any(START in stage.accessible_from for stage in graph.stages):
        return
    for stage in graph.stages:
        name = stage.name
        if name not in flow.reached:
            message = f"stage {shown(name)} cannot be reached from the start"
            yield found("unreachable", message, stage=name, value=name)
            continue
        if not flow.exits.get(name):
            message = f"stage {shown(name)} is a dead end: no outcome and no jump leads out of it"
            yield found("dead-end", message, stage=name, value=name)
        elif name not in flow.finishing:
            message = f"stage {shown(name)} has no path to the end of the conversation"
            yield found("no-end", message, stage=name, value=name)
        yield from _empty_trail(stage, flow)


def _empty_trail(stage: Stage, flow: Flow) -> Iterator[Problem]:
    if stage.name not in flow.never_jumped:
        return
    for outcome in stage.outcomes:
        if outcome.move_to == BACKTRACK:
            message = (
                f"outcome {shown(outcome.name)} in stage {shown(stage.name)} backtracks, but the stage can be reached "
                "without a jump: the outcome is not offered then, as there is nothing to return to"
            )
            field = f"outcomes.{outcome.name}.move_to"
            yield found("empty-trail", message, stage=stage.name, field=field, value=BACKTRACK)


def _shadowed(graph: ConversationGraph, stage: Stage) -> Iterator[Problem]:
    jumps = {other.name for other in graph.jumps_from(stage.name)}
    for outcome in stage.outcomes:
        if outcome.name in jumps:
            message = (
                f"outcome {shown(outcome.name)} in stage {shown(stage.name)} is named like a stage that can be jumped "
                "to from there, and hides it"
            )
            field = f"outcomes.{outcome.name}"
            yield found("shadowed-stage", message, stage=stage.name, field=field, value=outcome.name)


def _likeness(graph: ConversationGraph) -> Iterator[Problem]:
    """Options of one stage that the model can hardly tell apart; in a huge graph not all of them are compared."""
    for one, other in islice(_pairs(graph), _MOST_COMPARISONS):
        if not are_alike(one.description, other.description):
            continue
        if one.outcome is None and not _are_offered_together(graph, one.stage, other.stage):
            continue
        message = f"{one} is described almost like {other}; the model can hardly tell them apart"
        field = "description" if one.outcome is None else f"outcomes.{one.outcome}.description"
        yield found("similar-descriptions", message, stage=one.stage, field=field, value=one.description)


class _Described(NamedTuple):
    """An outcome, or the jump to a stage."""

    stage: str
    outcome: str | None
    description: str

    def __str__(self) -> str:
        if self.outcome is None:
            return f"stage {shown(self.stage)}"
        return f"outcome {shown(self.outcome)} in stage {shown(self.stage)}"


def _pairs(graph: ConversationGraph) -> Iterator[tuple[_Described, _Described]]:
    """What may be offered side by side: outcomes of one stage, outcomes and jumps, and jumps."""
    for stage in graph.stages:
        outcomes = [_Described(stage.name, item.name, item.description) for item in stage.outcomes]
        jumps = [_Described(item.name, None, item.description) for item in graph.jumps_from(stage.name)]
        yield from ((one, other) for other, one in combinations(outcomes, 2))
        yield from ((one, other) for one, other in product(outcomes, jumps) if one.outcome != other.stage)
    entrances = [_Described(item.name, None, item.description) for item in graph.stages if item.accessible_from]
    yield from ((one, other) for other, one in combinations(entrances, 2))


def _are_offered_together(graph: ConversationGraph, one: str, other: str) -> bool:
    first, second = graph.by_name[one], graph.by_name[other]
    return any(
        first.can_be_jumped_to_from(origin.name) and second.can_be_jumped_to_from(origin.name)
        for origin in graph.stages
    )
