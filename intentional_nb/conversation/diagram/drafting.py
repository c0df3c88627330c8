"""From a graph, sound or broken, to the picture of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from intentional_nb.conversation.diagram.lettering import balanced, one_line, wrapped
from intentional_nb.conversation.diagram.naming import Keys
from intentional_nb.conversation.diagram.picture import (
    LABEL_SIZE,
    MARK_SIZE,
    NAME_SIZE,
    SMALL_SIZE,
    Box,
    BoxKind,
    Label,
    Line,
    LineKind,
    Marks,
    Picture,
)
from intentional_nb.conversation.flow import Flow, flow_of
from intentional_nb.conversation.graph import ALL, BACKTRACK, END, START, ConversationGraph, Outcome, Stage

if TYPE_CHECKING:
    from intentional_nb.conversation.position import Position
    from intentional_nb.conversation.problems import Problem

__all__ = ["draft"]

MOST_SOURCES_DRAWN = 3
"""A stage that can be jumped to from more stages gets one box that names them."""
MOST_STAGES_WITH_GOALS = 24
"""In a larger graph the boxes hold names alone; the goals are in the tooltips."""
MOST_LETTERS = 80
WIDEST_NAME = 165.0
WIDEST_SMALL = 160.0
WIDEST_LABEL = 130.0
WIDEST_MARK = 120.0


def draft(
    graph: ConversationGraph,
    *,
    position: Position | None = None,
    visits: Mapping[str, int] | None = None,
    moves: Mapping[tuple[str, str], int] | None = None,
    problems: Sequence[Problem] | None = None,
) -> Picture:
    """The picture of ``graph``; see `to_svg` for the arguments."""
    found = graph.problems if problems is None else problems
    flow = flow_of(graph)
    drawing = _Draft(graph, flow, moves or {})
    drawing.draw()
    marks = _marks(graph, flow, position, visits or {}, found)
    errors = sum(problem.severity == "error" for problem in found)
    counts = [_counted(errors, "error"), _counted(len(found) - errors, "warning")]
    elsewhere = [one_line(problem.message) for problem in found if problem.stage not in graph.by_name]
    return Picture(
        title=f"Conversation graph: {_counted(len(graph.stages), 'stage') or 'no stages'}",
        boxes=tuple(replace(box, marks=marks.get(box.stage, box.marks)) for box in drawing.boxes),
        lines=tuple(drawing.lines),
        notice=", ".join(count for count in counts if count),
        notice_tooltip="\n".join(elsewhere),
        has_errors=errors > 0,
        is_followed=position is not None or visits is not None or moves is not None,
    )


def _readable(name: str) -> str:
    return name if one_line(name) else "(no name)"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""


def _marks(
    graph: ConversationGraph,
    flow: Flow,
    position: Position | None,
    visits: Mapping[str, int],
    problems: Sequence[Problem],
) -> dict[str | None, Marks]:
    trail = position.trail if position else ()
    has_start = any(START in stage.accessible_from for stage in graph.stages)
    reached = flow.reached if has_start else graph.by_name.keys()
    return {
        name: Marks(
            is_now=position is not None and position.stage == name,
            trail=tuple(place for place, stage in enumerate(trail, 1) if stage == name),
            visits=visits.get(name, 0),
            errors=tuple(one_line(p.message) for p in problems if p.stage == name and p.severity == "error"),
            warnings=tuple(one_line(p.message) for p in problems if p.stage == name and p.severity != "error"),
            is_unreachable=name not in reached and name != END,
        )
        for name in graph.by_name
    }


class _Draft:
    """A picture in the making.

    Attributes:
        boxes: Drawn so far.
        lines: Likewise.
    """

    def __init__(self, graph: ConversationGraph, flow: Flow, moves: Mapping[tuple[str, str], int]) -> None:
        self.boxes: list[Box] = []
        self.lines: list[Line] = []
        self._graph = graph
        self._flow = flow
        self._moves = moves
        self._keys = Keys()
        self._by_name: dict[str, str] = {}  # a stage's name -> key of its box
        self._by_kind: dict[tuple[str, str], str] = {}  # kind and name of a mark -> key of its box

    def draw(self) -> None:
        """Draws every stage, then the ways between them."""
        has_goals = len(self._graph.stages) <= MOST_STAGES_WITH_GOALS
        drawn = [(stage, self._stage(stage, has_goals)) for stage in self._graph.stages]
        for stage, key in drawn:
            self._by_name.setdefault(stage.name, key)
        for stage, key in drawn:
            if START in stage.accessible_from:
                self._line("start", self._mark("start", "start", "The conversation begins here."), key)
        if not self._by_kind:
            text = "no stages" if not drawn else "no start stage"
            self._mark("unknown", text, "A conversation needs a stage in which it begins.")
        for stage, key in drawn:
            self._jumps_to(stage, key)
        for stage, key in drawn:
            self._outcomes_of(stage, key)

    # ---- boxes

    def _stage(self, stage: Stage, has_goals: bool) -> str:
        small: list[str] = []
        if has_goals and stage.goal.strip():
            small += wrapped(stage.goal, SMALL_SIZE, WIDEST_SMALL, 3)
        if has_goals and stage.tools:
            small += wrapped("uses " + ", ".join(tool.id for tool in stage.tools), SMALL_SIZE, WIDEST_SMALL, 1)
        name = balanced(_readable(stage.name), NAME_SIZE, WIDEST_NAME, 3)
        tooltip = "\n".join(one_line(part) for part in (stage.name, stage.goal, stage.description) if part)
        key = self._keys.new("stage", stage.name)
        is_main = stage.name in self._flow.never_jumped
        text = one_line(_readable(stage.name), MOST_LETTERS)
        self.boxes.append(Box(key, "stage", text, tuple(name), tuple(small), tooltip, stage.name, is_main))
        return key

    def _end(self) -> str:
        if END not in self._by_name:
            self._by_name[END] = self._keys.new("stage", END)
            self.boxes.append(Box(self._by_name[END], "end", "end", ("end",), (), "The conversation ends here.", END))
        return self._by_name[END]

    def _some(self, names: str, count: int) -> str:
        small = wrapped(names, SMALL_SIZE, WIDEST_SMALL, 3)
        return self._mark("some", f"from {count} stages", f"Jumps: from {names}", of=names, small=small)

    def _mark(self, kind: BoxKind, text: str, tooltip: str, *, of: str = "", small: Sequence[str] = ()) -> str:
        """The mark of that kind and text, and of the same stages; it is drawn once."""
        if (kind, text + of) not in self._by_kind:
            parts = {"unknown": ("unknown", text), "back": ("mark", kind, of)}.get(kind, ("mark", kind))
            key = self._keys.new(*parts)
            self._by_kind[kind, text + of] = key
            shown = tuple(balanced(text, MARK_SIZE, WIDEST_MARK, 3))
            self.boxes.append(Box(key, kind, one_line(text, MOST_LETTERS), shown, tuple(small), tooltip))
        return self._by_kind[kind, text + of]

    def _target(self, name: str) -> str:
        if name == END:
            return self._end()
        if name in self._by_name:
            return self._by_name[name]
        return self._mark("unknown", _readable(name), f"There is no stage {one_line(name)!r}.")

    # ---- ways

    def _jumps_to(self, stage: Stage, key: str) -> None:
        if ALL in stage.accessible_from:
            closed = [name for name in stage.not_accessible_from if name in self._by_name and name != stage.name]
            source = self._mark("any", "from any stage", "Jumps: the conversation can go there from any stage.")
            self._line("jump", source, key, self._except(closed), self._jumps(stage, self._by_name))
            return
        out = (START, END, stage.name, *stage.not_accessible_from)
        names = [name for name in dict.fromkeys(stage.accessible_from) if name not in out]
        if len(names) > MOST_SOURCES_DRAWN:
            source = self._some(", ".join(map(one_line, names)), len(names))
            self._line("jump", source, key, (), self._jumps(stage, names))
            names = [name for name in names if name not in self._by_name]
        for name in names:
            self._line("jump", self._target(name), key, (), self._jumps(stage, [name]))

    def _jumps(self, stage: Stage, sources: Iterable[str]) -> int:
        """How often it was jumped to from there; an outcome of the same name is no jump."""
        stages = (self._graph.by_name[name] for name in sources if name in self._graph.by_name)
        origins = [origin for origin in stages if stage.name not in {outcome.name for outcome in origin.outcomes}]
        return sum(self._moves.get((origin.name, stage.name), 0) for origin in origins)

    def _except(self, names: Sequence[str]) -> tuple[Label, ...]:
        if not names:
            return ()
        text = "except " + ", ".join(map(one_line, names))
        rows = tuple(wrapped(text, LABEL_SIZE, WIDEST_LABEL, 3))
        return (Label(self._keys.new("remark"), None, one_line(text, MOST_LETTERS), rows, text),)

    def _outcomes_of(self, stage: Stage, key: str) -> None:
        ways: dict[str, list[Outcome]] = {}
        for outcome in stage.outcomes:
            ways.setdefault(outcome.move_to, []).append(outcome)
        for move_to, outcomes in ways.items():
            labels = tuple(self._label(stage, outcome) for outcome in outcomes)
            visits = sum(label.visits for label in labels)
            if move_to == BACKTRACK:
                back = self._mark(
                    "back", "back to where it came from", "A backtrack: to the last stage on the trail.", of=key
                )
                self._line("backtrack", key, back, labels, visits)
            else:
                self._line("outcome", key, self._target(move_to), labels, visits)

    def _label(self, stage: Stage, outcome: Outcome) -> Label:
        return Label(
            self._keys.new("outcome", stage.name, outcome.name),
            outcome.name,
            one_line(_readable(outcome.name), MOST_LETTERS),
            tuple(wrapped(_readable(outcome.name), LABEL_SIZE, WIDEST_LABEL, 2)),
            one_line(f"{outcome.name}: {outcome.description}" if outcome.description else outcome.name),
            self._moves.get((stage.name, outcome.name), 0),
        )

    def _line(self, kind: LineKind, source: str, target: str, labels: tuple[Label, ...] = (), visits: int = 0) -> None:
        key = self._keys.new(kind, source, "to", target)
        is_broken = bool({source, target} & self._unknown)
        self.lines.append(Line(key, kind, source, target, labels, visits, is_broken))

    @property
    def _unknown(self) -> set[str]:
        return {key for (kind, _), key in self._by_kind.items() if kind == "unknown"}
