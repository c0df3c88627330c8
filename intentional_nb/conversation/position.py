"""Where a conversation stands, and where it may go: pure functions over the graph."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from intentional_nb.conversation.graph import BACKTRACK, END, ConversationGraph
from intentional_nb.errors import RoutingError
from intentional_nb.events import RouteKind

__all__ = ["Option", "Position", "advance", "options", "start_position"]


@dataclass(frozen=True, slots=True)
class Position:
    """The current stage and the stages to return to.

    Attributes:
        stage: Name of the current stage.
        trail: Stages that were left by a jump, oldest first; a backtrack returns to the last.
    """

    stage: str
    trail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """One legal choice.

    Attributes:
        name: What the model reports to take it.
        kind: ``outcome``, ``jump``, ``backtrack`` or ``end``.
        target: The stage that it leads to.
        description: Tells the model when to take it.
        examples: Things a user might say that mean it.
    """

    name: str
    kind: RouteKind
    target: str
    description: str
    examples: tuple[str, ...] = ()


def start_position(graph: ConversationGraph) -> Position:
    """The position before the first word: the start stage, with nothing to return to."""
    return Position(graph.start.name)


def options(graph: ConversationGraph, position: Position, *, without: Collection[str] = ()) -> tuple[Option, ...]:
    """The legal choices: the stage's outcomes first, then the jumps.

    A backtrack is offered only when there is a stage to return to. An outcome hides a jump of the same name.

    Args:
        graph: The graph.
        position: Where the conversation stands.
        without: Stages that must not be entered, such as those already visited in this turn.
    """
    stage = graph.by_name[position.stage]
    found: dict[str, Option] = {}
    for outcome in stage.outcomes:
        target, kind = _resolve(outcome.move_to, position)
        if target is not None:
            found[outcome.name] = Option(outcome.name, kind, target, outcome.description, outcome.examples)
    taken = {outcome.name for outcome in stage.outcomes}
    for other in graph.jumps_from(stage.name):
        if other.name not in taken:
            found[other.name] = Option(other.name, "jump", other.name, other.description, other.examples)
    return tuple(option for option in found.values() if option.target not in without)


def _resolve(move_to: str, position: Position) -> tuple[str | None, RouteKind]:
    if move_to == BACKTRACK:
        return (position.trail[-1] if position.trail else None), "backtrack"
    return move_to, ("end" if move_to == END else "outcome")


def advance(graph: ConversationGraph, position: Position, choice: str, *, without: Collection[str] = ()) -> Position:
    """The position after ``choice``.

    A jump leaves the current stage on the trail; a backtrack takes the last stage off it; an outcome leaves it alone.

    Raises:
        RoutingError: ``choice`` is not one of `options`.
    """
    legal = {option.name: option for option in options(graph, position, without=without)}
    option = legal.get(choice)
    if option is None:
        raise RoutingError(position.stage, choice, tuple(legal))
    if option.kind == "jump":
        return Position(option.target, (*position.trail, position.stage))
    if option.kind == "backtrack":
        return Position(option.target, position.trail[:-1])
    return Position(option.target, position.trail)
