"""The ways of a picture: which label or line a choice goes by, for whatever follows a conversation on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from intentional_nb.conversation.diagram.drafting import draft
from intentional_nb.conversation.graph import BACKTRACK, END

if TYPE_CHECKING:
    from intentional_nb.conversation.diagram.picture import Line
    from intentional_nb.conversation.graph import ConversationGraph, Stage

__all__ = ["Way", "Ways", "ways_of"]

WayKind = Literal["outcome", "jump", "backtrack", "end"]


@dataclass(frozen=True, slots=True)
class Way:
    """What can be chosen, and where it is drawn.

    Attributes:
        key: The id of what shows it: of an outcome its label, of a jump its line.
        line: The id of its line, which others may share.
        kind: What sort of move it makes.
        choice: What the model reports to take it.
        sources: Names of the stages in which it can be chosen.
        target: Name of the stage that it leads to; `BACKTRACK` where that depends on the trail.
    """

    key: str
    line: str
    kind: WayKind
    choice: str
    sources: tuple[str, ...]
    target: str


@dataclass(frozen=True, slots=True)
class Ways:
    """All ways of a picture.

    Attributes:
        boxes: The ids of stages, by name; of stages that have one name, that of the first.
        all: In the order of drawing.
    """

    boxes: dict[str, str]
    all: tuple[Way, ...]

    def by_choice(self) -> dict[tuple[str, str], Way]:
        """The ways by a stage's name and what is chosen there."""
        return {(source, way.choice): way for way in reversed(self.all) for source in way.sources}


def ways_of(graph: ConversationGraph) -> Ways:
    """The ways of the picture of ``graph``, which every drawing of it shows under the same ids."""
    picture = draft(graph, problems=())
    stages = {box.key: box.stage for box in picture.boxes if box.stage is not None}
    boxes: dict[str, str] = {}
    for key, name in stages.items():
        boxes.setdefault(name, key)
    return Ways(boxes, tuple(way for line in picture.lines for way in _of_line(line, stages, graph)))


def _of_line(line: Line, stages: dict[str, str], graph: ConversationGraph) -> list[Way]:
    source, target = stages.get(line.source), stages.get(line.target)
    if line.kind == "jump":
        stage = graph.by_name[target] if target is not None else None
        sources = _jump_sources(stage, source, graph) if stage is not None else ()
        return [Way(line.key, line.key, "jump", stage.name, sources, stage.name)] if stage and sources else []
    if source is None:
        return []
    kind: WayKind = "backtrack" if line.kind == "backtrack" else "end" if target == END else "outcome"
    # What leads to a stage that does not exist can be chosen by nobody: such a graph carries no conversation.
    leads_to = BACKTRACK if line.kind == "backtrack" else target
    named = [label for label in line.labels if label.choice is not None]
    return [Way(label.key, line.key, kind, str(label.choice), (source,), leads_to) for label in named if leads_to]


def _jump_sources(stage: Stage, source: str | None, graph: ConversationGraph) -> tuple[str, ...]:
    """The stages from which one can jump to ``stage`` by a line that comes from ``source``, or from a mark."""
    return tuple(
        other.name
        for other in graph.stages
        if source in (None, other.name)
        and stage.can_be_jumped_to_from(other.name)
        and stage.name not in {outcome.name for outcome in other.outcomes}
    )
