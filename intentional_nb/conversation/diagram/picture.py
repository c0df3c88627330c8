"""What a diagram shows, before anything is laid out or drawn: boxes, lines between them, and the words on both.

A jump from everywhere is one line from one box, not a line from each stage; a backtrack leads to one box, wherever it
really leads. Where a conversation stands changes colours and numbers, never a size or a line, so that a picture that
follows a conversation holds still.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from intentional_nb.conversation.diagram.lettering import width_of

__all__ = [
    "LABEL_SIZE",
    "LINE_HEIGHT",
    "MARK_SIZE",
    "NAME_SIZE",
    "SMALL_SIZE",
    "Box",
    "BoxKind",
    "Label",
    "Line",
    "LineKind",
    "Marks",
    "Picture",
]

BoxKind = Literal["stage", "end", "start", "any", "some", "back", "unknown"]
"""A stage, the last stage, or a mark: the beginning, every stage, some stages, the way back, what does not exist."""
LineKind = Literal["start", "outcome", "jump", "backtrack"]

NAME_SIZE = 13.0
MARK_SIZE = 11.0
SMALL_SIZE = 10.5
LABEL_SIZE = 11.0
LINE_HEIGHT = 1.3


@dataclass(frozen=True, slots=True)
class Marks:
    """What the conversation and the checks say of a box.

    Attributes:
        is_now: The conversation stands here.
        trail: Places on the trail, from 1 for the oldest; a stage can be there more than once.
        visits: How often it was entered.
        errors: What the checks found, as sentences.
        warnings: Likewise.
        is_unreachable: No conversation comes here.
    """

    is_now: bool = False
    trail: tuple[int, ...] = ()
    visits: int = 0
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    is_unreachable: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A stage, or a mark that stands beside the stages.

    Attributes:
        key: Its id, the same in every drawing of the graph.
        kind: What it is.
        text: Its name, or what the mark says, on one line and not endless.
        name: The same in lines.
        small: The lines below it.
        tooltip: All of it in words.
        stage: The stage's full name; None for a mark.
        is_main: The conversation gets there without a jump.
        marks: Changes with the conversation.
    """

    key: str
    kind: BoxKind
    text: str
    name: tuple[str, ...]
    small: tuple[str, ...] = ()
    tooltip: str = ""
    stage: str | None = None
    is_main: bool = False
    marks: Marks = field(default_factory=Marks)

    @property
    def size(self) -> float:
        """Of the letters of its name."""
        return NAME_SIZE if self.kind in ("stage", "start", "end") else MARK_SIZE

    @property
    def width(self) -> float:
        """In points, with room for any face of letters."""
        widths = [width_of(line, self.size, is_bold=True) for line in self.name]
        widths += [width_of(line, SMALL_SIZE) for line in self.small]
        return float(round(max([*widths, 30]) * 1.04 + 26))

    @property
    def height(self) -> float:
        """In points."""
        lines = len(self.name) * self.size + len(self.small) * SMALL_SIZE
        return float(round(lines * LINE_HEIGHT + (18 if self.kind in ("stage", "end") else 12)))


@dataclass(frozen=True, slots=True)
class Label:
    """The name of an outcome on its line.

    Attributes:
        key: Its id.
        choice: The outcome's full name; None when it is only a remark.
        text: The same, or the remark, on one line and not endless.
        rows: The same in lines.
        tooltip: When the outcome holds.
        visits: How often it was chosen.
    """

    key: str
    choice: str | None
    text: str
    rows: tuple[str, ...]
    tooltip: str = ""
    visits: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A way from one box to another; outcomes that lead the same way share it.

    Attributes:
        key: Its id.
        kind: What it is.
        source: Key of the box it comes from.
        target: Key of the box it leads to.
        labels: What is written on it.
        visits: How often it was gone.
        is_broken: It comes from or leads to something that does not exist.
    """

    key: str
    kind: LineKind
    source: str
    target: str
    labels: tuple[Label, ...] = ()
    visits: int = 0
    is_broken: bool = False

    @property
    def look(self) -> str:
        """How it is drawn: by its kind, unless it is broken."""
        return "broken" if self.is_broken else self.kind


@dataclass(frozen=True, slots=True)
class Picture:
    """All that is to be drawn.

    Attributes:
        title: What it is a picture of.
        boxes: In the order of the file, marks last.
        lines: Likewise.
        notice: How many problems there are, or nothing.
        notice_tooltip: Those that belong to no stage.
        has_errors: Whether one of the problems is an error.
        is_followed: It follows a conversation, or tells of one.
    """

    title: str
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    notice: str = ""
    notice_tooltip: str = ""
    has_errors: bool = False
    is_followed: bool = False
