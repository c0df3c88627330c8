"""What changed between two graphs, and where a conversation stands in the new one.

`difference` compares, `carried_over` takes a position along. A stage that is gone, while one with the same content has
come, was renamed; everything else is told by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from intentional_nb.conversation.graph import END, ConversationGraph, Outcome, Stage, ToolUse
from intentional_nb.conversation.position import Position
from intentional_nb.conversation.problems import Problem, found, nearest, shown
from intentional_nb.errors import GraphError

__all__ = ["Change", "Difference", "carried_over", "difference"]

ChangeKind = Literal["added", "removed", "renamed", "changed", "replaced"]

_AROUND = 12
"""Characters told on either side of what differs in a long text."""

_WHOLE = ("background", "initial_message")
_OF_STAGES = tuple(item.name for item in fields(Stage) if item.name not in ("name", "outcomes"))
_OF_OUTCOMES = tuple(item.name for item in fields(Outcome) if item.name != "name")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was.

    Attributes:
        kind: What happened to it.
        stage: The stage that it belongs to, by its new name where it has one; None for what holds in every stage.
        field: What of the stage, such as ``goal`` or ``outcomes.paid.description``; empty for the stage itself.
        before: As it was; None when it is new.
        after: As it is; None when it is gone.
    """

    kind: ChangeKind
    stage: str | None
    field: str = ""
    before: Any = None
    after: Any = None

    def __str__(self) -> str:
        place = "conversation" if self.stage is None else f"stage {self.stage!r}"
        what = f"{place}, {self.field}" if self.field else place
        match self.kind:
            case "added":
                return f"+ {what}"
            case "removed":
                return f"- {what}"
            case "renamed":
                return f"~ stage {self.before!r} is now {self.after!r}"
            case "replaced":
                return f"~ {what} is another one"
        if self.field == "tools":
            return f"~ {what}: {_tools(self.before, self.after)}"
        before, after = _apart(self.before, self.after)
        return f"~ {what}: {shown(before)} -> {shown(after)}"


def _tools(before: Sequence[ToolUse], after: Sequence[ToolUse]) -> str:
    """The tools by their ids; their options are not told, since one may be a key."""
    old, new = [use.id for use in before], [use.id for use in after]
    if old != new:
        return f"{shown(old)} -> {shown(new)}"
    changed = [use.id for was, use in zip(before, after, strict=True) if was != use]
    return f"other options of {', '.join(map(repr, changed))}"


def _apart(before: object, after: object) -> tuple[object, object]:
    """Of two texts that are too long to be shown, the parts in which they differ, each with a few words around it."""
    if not (isinstance(before, str) and isinstance(after, str)):
        return before, after
    if (shown(before), shown(after)) == (repr(before), repr(after)):
        return before, after
    begin = _common(before, after)
    same = _common(before[begin:][::-1], after[begin:][::-1])
    return _around(before, begin, len(before) - same), _around(after, begin, len(after) - same)


def _common(one: str, other: str) -> int:
    """How many characters they begin with that are the same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (here, there) in pairs if here != there), min(len(one), len(other)))


def _around(text: str, start: int, end: int) -> str:
    first = max(0, start - _AROUND) if start > 2 * _AROUND else 0
    last = end + _AROUND if len(text) - end > 2 * _AROUND else len(text)
    return f"{'…' if first else ''}{text[first:last]}{'…' if last < len(text) else ''}"


@dataclass(frozen=True, slots=True)
class Difference:
    """All that changed from one graph to the next; as text it has a line for each change.

    Attributes:
        changes: What holds in every stage first, then the stages of the new graph, then those that are gone.
    """

    changes: tuple[Change, ...] = ()

    @property
    def renamed(self) -> dict[str, str]:
        """The new names of stages, by their old ones."""
        return {change.before: change.after for change in self.changes if change.kind == "renamed"}

    def __bool__(self) -> bool:
        return bool(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)

    def __str__(self) -> str:
        return "\n".join(map(str, self.changes)) or "no change"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def __repr__(self) -> str:
        return f"Difference({len(self.changes)} change{'' if len(self.changes) == 1 else 's'})"


def difference(old: ConversationGraph, new: ConversationGraph) -> Difference:
    """Compare two graphs.

    Args:
        old: As it was.
        new: As it is.

    Returns:
        Every change; none when a conversation cannot tell the two apart. The order of stages and of outcomes counts as
        no change.
    """
    renamed = _renamed(old, new)
    was_called = {after: before for before, after in renamed.items()}
    changes = [*_fields(None, "", old, new, _WHOLE)]
    for stage in new.stages:
        before = old.by_name.get(was_called.get(stage.name, stage.name))
        if stage.name in was_called:
            changes.append(Change("renamed", stage.name, "", was_called[stage.name], stage.name))
        if before is None:
            changes.append(Change("added", stage.name, after=stage))
        else:
            changes += _within(_with_new_names(before, renamed), stage)
    gone = (stage for stage in old.stages if stage.name not in new.by_name and stage.name not in renamed)
    return Difference((*changes, *(Change("removed", stage.name, before=stage) for stage in gone)))


def _renamed(old: ConversationGraph, new: ConversationGraph) -> dict[str, str]:
    """New names by old ones: a stage that is gone is the one new stage that says the same."""
    gone = [stage for stage in old.stages if stage.name not in new.by_name]
    come = [stage for stage in new.stages if stage.name not in old.by_name]
    renamed: dict[str, str] = {}
    for stage in gone:
        same = [other for other in come if _content(other) == _content(stage)]
        twins = [other for other in gone if _content(other) == _content(stage)]
        if len(same) == len(twins) == 1:
            renamed[stage.name] = same[0].name
    return renamed


def _content(stage: Stage) -> tuple[object, ...]:
    """What makes a stage the same under another name: what it says, not where its ways lead."""
    outcomes = tuple((outcome.name, outcome.description, outcome.examples) for outcome in stage.outcomes)
    return (stage.goal, stage.description, stage.custom_template, stage.tools, stage.say, stage.examples, outcomes)


def _with_new_names(stage: Stage, renamed: Mapping[str, str]) -> Stage:
    """The old stage as it would read if only names of stages had changed."""

    def called(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(renamed.get(name, name) for name in names)

    outcomes = tuple(replace(item, move_to=renamed.get(item.move_to, item.move_to)) for item in stage.outcomes)
    return replace(
        stage,
        accessible_from=called(stage.accessible_from),
        not_accessible_from=called(stage.not_accessible_from),
        outcomes=outcomes,
    )


def _within(old: Stage, new: Stage) -> Iterator[Change]:
    yield from _fields(new.name, "", old, new, _OF_STAGES)
    before = {outcome.name: outcome for outcome in old.outcomes}
    after = {outcome.name: outcome for outcome in new.outcomes}
    for name, outcome in after.items():
        if name in before:
            yield from _fields(new.name, f"outcomes.{name}.", before[name], outcome, _OF_OUTCOMES)
        else:
            yield Change("added", new.name, f"outcomes.{name}", after=outcome)
    for name, outcome in before.items():
        if name not in after:
            yield Change("removed", new.name, f"outcomes.{name}", before=outcome)


def _fields(stage: str | None, prefix: str, old: object, new: object, names: tuple[str, ...]) -> Iterator[Change]:
    for name in names:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield Change("changed", stage, prefix + name, before, after)


def carried_over(
    position: Position,
    old: ConversationGraph,
    new: ConversationGraph,
    *,
    stages: Mapping[str, str | None] | None = None,
) -> Position:
    """The position in the new graph that means what ``position`` meant in the old one.

    Args:
        position: Where the conversation stands in ``old``.
        old: As the graph was.
        new: As it is.
        stages: Where to stand instead, by the old stage's name, for stages that are gone; None takes a stage off the
            trail.

    Raises:
        GraphError: The current stage, or one on the trail, is gone and nothing says what is in its place.
    """
    places: dict[str, str | None] = {**difference(old, new).renamed, **(stages or {})}
    problems = [_gone(target, new) for target in places.values() if target is not None and target not in new.by_name]
    stage = places.get(position.stage, position.stage)
    if stage is None or (stage not in new.by_name and position.stage not in places):
        problems.append(_lost(position.stage, "the conversation stands in", new))
    trail = [places.get(name, name) for name in position.trail]
    kept = tuple(name for name in trail if name is not None)
    lost = [name for name in position.trail if name not in places and name not in new.by_name]
    problems += [_lost(name, "the conversation would return to", new) for name in dict.fromkeys(lost)]
    if problems or stage is None:
        raise GraphError(problems)
    return Position(stage, kept)


def _gone(name: str, graph: ConversationGraph) -> Problem:
    near = nearest(name, graph.by_name)
    return found("unknown-stage", f"there is no stage {shown(name)} to stand in instead", value=name, suggestion=near)


def _lost(name: str, role: str, graph: ConversationGraph) -> Problem:
    names = ", ".join(repr(stage) for stage in graph.by_name if stage != END)
    message = (
        f"{role} stage {shown(name)}, which is gone; say which stage takes its place, "
        f"stages={{{name!r}: NAME}}, with one of {names}"
    )
    return found("unknown-stage", message, stage=name, value=name, suggestion=nearest(name, graph.by_name))
