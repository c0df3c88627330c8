"""A graph and a conversation in it as the page of `StageGraph` knows them: plain dicts, made of ids of what is drawn.

Pure: nothing here knows of a kernel, a thread or a widget. The shapes are the ones that the header of
``stage_graph.js`` describes; every string is text, and safe to show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from intentional_nb.bots.turn import Turn
from intentional_nb.conversation.diagram import Way, tally, ways_of
from intentional_nb.conversation.flow import flow_of
from intentional_nb.conversation.graph import BACKTRACK, END, START, ConversationGraph, Stage
from intentional_nb.conversation.position import Position, options
from intentional_nb.events import RouteDecision
from intentional_nb.markup import visible
from intentional_nb.panels.entries import shortened

__all__ = ["MOST_TURNS", "StageMap", "counts", "journey_view", "reachable_view"]

View = dict[str, Any]
"""Something as the page knows it."""

MOST_TURNS = 300
"""Turns with moves that a page is told of; the counts are of all."""
LONGEST_TEXT = 4_000
"""Characters of a goal, a description or an example that a panel shows."""
LONGEST_WORDS = 1_000
"""Characters of what the user said that a panel shows beside a move."""


class StageMap:
    """One graph, and what stands for its stages and ways in a drawing of it.

    Attributes:
        graph: The graph.
        view: All that the page is told of it.
    """

    def __init__(self, graph: ConversationGraph, renamed: Mapping[str, str] | None = None) -> None:
        """Find out what is drawn where.

        Args:
            graph: Any graph, sound or broken.
            renamed: New names of stages by old ones, for what happened before a swap.
        """
        self.graph = graph
        self._renamed = dict(renamed or {})
        self._ways = ways_of(graph)
        self._by_choice = self._ways.by_choice()
        self.view = self._view()

    def name(self, stage: str) -> str:
        """What a stage that had this name is called now."""
        seen = {stage}
        while stage not in self.graph.by_name and self._renamed.get(stage, stage) not in seen:
            stage = self._renamed[stage]
            seen.add(stage)
        return stage

    def box(self, stage: str) -> str | None:
        """The id of what stands for a stage; None for one that is not drawn."""
        return self._ways.boxes.get(self.name(stage))

    def stage(self, box: str) -> str | None:
        """The name of the stage that an id stands for; None for an id that stands for none."""
        return next((name for name, key in self._ways.boxes.items() if key == box), None)

    def way(self, source: str, choice: str) -> Way | None:
        """The way that was taken from a stage by a choice; None for one that is not drawn."""
        source = self.name(source)
        return self._by_choice.get((source, choice)) or self._by_choice.get((source, self.name(choice)))

    def _view(self) -> View:
        boxes = self._ways.boxes
        drawn = {name: self.graph.by_name[name] for name in boxes if name in self.graph.by_name}
        has_start = any(START in stage.accessible_from for stage in self.graph.stages)
        reached = {*flow_of(self.graph).reached, END} if has_start else boxes.keys()
        return {
            "stages": [
                {"id": boxes[name], **_stage_view(stage), **({} if name in reached else {"unreachable": True})}
                for name, stage in drawn.items()
            ],
            "ways": [self._way_view(way) for way in self._ways.all],
            "renamed": {_text(old): _text(self.name(old)) for old in self._renamed},
            "problems": [
                {"severity": problem.severity, "text": _text(problem.message), "stage": boxes.get(problem.stage or "")}
                for problem in self.graph.problems
            ],
        }

    def _way_view(self, way: Way) -> View:
        boxes = self._ways.boxes
        stage = self.graph.by_name[way.sources[0]]
        outcome = next((outcome for outcome in stage.outcomes if outcome.name == way.choice), None)
        tells = outcome or self.graph.by_name.get(way.target)
        return {
            "id": way.key,
            "line": way.line,
            "kind": way.kind,
            "choice": _text(way.choice),
            "from": [boxes[source] for source in way.sources],
            "to": None if way.target == BACKTRACK else boxes.get(way.target),
            "when": _text(tells.description) if tells is not None else "",
            "examples": [_text(example) for example in tells.examples] if tells is not None else [],
        }


def _stage_view(stage: Stage) -> View:
    view: View = {"name": _text(stage.name), "goal": _text(stage.goal)}
    if stage.description:
        view["description"] = _text(stage.description)
    if stage.examples:
        view["examples"] = [_text(example) for example in stage.examples]
    if stage.tools:
        view["tools"] = [_text(tool.id) for tool in stage.tools]
    if START in stage.accessible_from:
        view["start"] = True
    if stage.name == END:
        view["end"] = True
    return view


def reachable_view(stage_map: StageMap, position: Position) -> list[list[str | None]]:
    """The ways that the user's next message can lead, each with the stage that it leads to."""
    if position.stage not in stage_map.graph.by_name:
        return []
    legal = options(stage_map.graph, position, without={position.stage})
    ways = [(stage_map.way(position.stage, option.name), option.target) for option in legal]
    return [[way.key, stage_map.box(target)] for way, target in ways if way is not None]


def counts(turns: Sequence[Turn], stage: str, stage_map: StageMap) -> tuple[dict[str, int], dict[tuple[str, str], int]]:
    """How often each stage was entered and each choice taken, as a diagram's ``visits`` and ``moves``.

    Args:
        turns: The conversation so far.
        stage: Where it stands; it counts as entered, also where no decision led there.
        stage_map: Says what stages of earlier graphs are called now.
    """
    decisions = [_renamed(decision, stage_map) for turn in turns for decision in turn.route]
    visits, moves = tally(decisions)
    if not decisions or decisions[-1].target != stage:
        visits[stage] += 1
    return dict(visits), dict(moves)


def _renamed(decision: RouteDecision, stage_map: StageMap) -> RouteDecision:
    source, target = stage_map.name(decision.source), stage_map.name(decision.target)
    if (source, target) == (decision.source, decision.target):
        return decision
    fields = {name: decision[name] for name in decision}
    return RouteDecision(**{**fields, "source": source, "target": target})


def journey_view(turns: Sequence[Turn], stage: str, stage_map: StageMap) -> View:
    """Where the conversation has been: counts by ids, and the turns in which something was decided."""
    visits, moves = counts(turns, stage, stage_map)
    taken: dict[str, int] = {}
    for (source, choice), times in moves.items():
        way = stage_map.way(source, choice)
        if way is not None:
            taken[way.key] = taken.get(way.key, 0) + times
    deciding = [turn for turn in turns if turn.route]
    boxes = {name: stage_map.box(name) for name in visits}
    return {
        "visits": {box: visits[name] for name, box in boxes.items() if box is not None},
        "taken": taken,
        "hidden": max(0, len(deciding) - MOST_TURNS),
        "turns": [_turn_view(turn, stage_map) for turn in deciding[-MOST_TURNS:]],
    }


def _turn_view(turn: Turn, stage_map: StageMap) -> View:
    return {
        "n": turn.number,
        "user": None if turn.user_text is None else _text(turn.user_text, LONGEST_WORDS),
        "at": round(turn.started_at.timestamp() * 1000),
        "entries": [_move_view(decision, stage_map) for decision in turn.route],
    }


def _move_view(decision: RouteDecision, stage_map: StageMap) -> View:
    is_refused = decision.kind == "refused"
    way = None if is_refused else stage_map.way(decision.source, decision.choice)
    return {
        "k": "route",
        "kind": decision.kind,
        "source": _text(decision.source),
        "target": _text(decision.target),
        "choice": _text(decision.choice, 200),
        "from": stage_map.box(decision.source),
        "to": stage_map.box(decision.target),
        "way": way.key if way is not None else None,
        "options": [_text(option) for option in decision.options],
        "ms": round(decision.duration_ms),
    }


def _text(text: str, longest: int = LONGEST_TEXT) -> str:
    return visible(shortened(text, longest))
