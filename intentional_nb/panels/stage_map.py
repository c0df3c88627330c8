"""A graph and a conversation in it as the page of `StageGraph` knows them: plain dicts, made of ids of what is drawn.

Pure: nothing here knows of a kernel, a thread or a widget. The shapes are the ones that the header of
``stage_graph.js`` describes; every string is text, and safe to show.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from intentional_nb.conversation.diagram import Way, ways_of
from intentional_nb.conversation.flow import flow_of
from intentional_nb.conversation.graph import BACKTRACK, END, START, ConversationGraph, Stage
from intentional_nb.conversation.position import Position, options
from intentional_nb.markup import visible
from intentional_nb.panels.entries import shortened

__all__ = ["LONGEST_WORDS", "StageMap", "View", "reachable_view", "text_view"]

View = dict[str, Any]
"""Something as the page knows it."""

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
            "renamed": {text_view(old): text_view(self.name(old)) for old in self._renamed},
            "problems": [
                {
                    "severity": problem.severity,
                    "text": text_view(problem.message),
                    "stage": boxes.get(problem.stage or ""),
                }
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
            "choice": text_view(way.choice),
            "from": [boxes[source] for source in way.sources],
            "to": None if way.target == BACKTRACK else boxes.get(way.target),
            "when": text_view(tells.description) if tells is not None else "",
            "examples": [text_view(example) for example in tells.examples] if tells is not None else [],
        }


def _stage_view(stage: Stage) -> View:
    view: View = {"name": text_view(stage.name), "goal": text_view(stage.goal)}
    if stage.description:
        view["description"] = text_view(stage.description)
    if stage.examples:
        view["examples"] = [text_view(example) for example in stage.examples]
    if stage.tools:
        view["tools"] = [text_view(tool.id) for tool in stage.tools]
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


def text_view(text: str, longest: int = LONGEST_TEXT) -> str:
    """A text as the page shows it: nothing in it hides, and it is not too long."""
    return visible(shortened(text, longest))
