"""The picture in the language of Graphviz: what is laid out, and a drawing of its own for other programs."""

from __future__ import annotations

from collections.abc import Mapping

from intentional_nb.conversation.diagram.lettering import width_of
from intentional_nb.conversation.diagram.palette import Palette
from intentional_nb.conversation.diagram.picture import LABEL_SIZE, SMALL_SIZE, Box, Line, Picture
from intentional_nb.markup import escape

__all__ = ["dot_of"]

FONT = "Helvetica"
"""Graphviz knows by heart how wide its letters are, so no font file has a say in the layout."""

MOST_CURVES = 220


def dot_of(picture: Picture, colours: Palette, direction: str) -> str:
    """One statement a line, always in the same order."""
    boxes = {box.key: box for box in picture.boxes}
    statements = [
        f"graph [{_attributes(_sheet(picture, colours, direction))}]",
        f'node [shape=box, fixedsize=true, fontname="{FONT}"]',
        f'edge [fontname="{FONT}", fontsize={LABEL_SIZE:g}, arrowsize=0.7]',
        *(f"{_quoted(box.key)} [label={_words(box)}, {_attributes(_box(box, colours))}]" for box in picture.boxes),
        *(
            f"{_quoted(line.source)} -> {_quoted(line.target)} [{_attributes(_line(line, boxes, colours))}]"
            for line in picture.lines
        ),
        *_ranks(picture),
    ]
    return "\n".join(["digraph conversation {", *(f"  {statement}" for statement in statements), "}", ""])


def _sheet(picture: Picture, colours: Palette, direction: str) -> dict[str, str]:
    return {
        "rankdir": direction,
        "bgcolor": colours.card,
        "tooltip": picture.title,
        "nodesep": "0.35",
        "ranksep": "0.4",
        **_effort(len(picture.lines)),
    }


def _effort(lines: int) -> dict[str, str]:
    """A tangle is laid out with less care and straight lines: in seconds instead of minutes."""
    if lines <= MOST_CURVES:
        return {}
    is_hopeless = lines > 2 * MOST_CURVES
    return {"splines": "line", "nslimit": "0.1" if is_hopeless else "1", "mclimit": "0.01" if is_hopeless else "0.2"}


def _ranks(picture: Picture) -> list[str]:
    """The beginning on top and on the left of where jumps come from; the end below all."""
    first = [_quoted(box.key) for kind in ("start", "any") for box in picture.boxes if box.kind == kind]
    last = [_quoted(box.key) for box in picture.boxes if box.kind == "end"]
    return [
        *([f"{{ rank=source; {' -> '.join(first)} [style=invis] }}"] if len(first) > 1 else []),
        *([f"{{ rank=sink; {last[0]} }}"] if last else []),
    ]


def _box(box: Box, colours: Palette) -> dict[str, str]:
    fill, border, text, style = _look(box, colours)
    return {
        "id": box.key,
        "tooltip": box.tooltip,
        "width": f"{box.width / 72:.3f}",
        "height": f"{box.height / 72:.3f}",
        "fillcolor": fill,
        "color": border,
        "fontcolor": text,
        "style": style,
        "penwidth": "2" if box.marks.is_now or box.marks.trail else "1.2",
        **({"peripheries": "2"} if box.kind == "end" else {}),
    }


def _words(box: Box) -> str:
    """The words in a box, as Graphviz's own kind of HTML: it knows two sizes of letters only there."""
    rows = [f'<FONT POINT-SIZE="{box.size:g}"><B>{escape(row)}</B></FONT>' for row in box.name]
    rows += [f'<FONT POINT-SIZE="{SMALL_SIZE:g}">{escape(row)}</FONT>' for row in box.small]
    return f"<{'<BR/>'.join(rows)}>"


def _look(box: Box, colours: Palette) -> tuple[str, str, str, str]:
    """Inside, border, text and style."""
    marks = box.marks
    if marks.is_now:
        return colours.now, colours.halo, colours.on_dark, "rounded,filled"
    if box.kind == "stage":
        fill = colours.muted if marks.is_unreachable else colours.visited if marks.visits else colours.stage
        border = colours.trail if marks.trail else colours.error if marks.errors else colours.border
        return fill, border, colours.name, "rounded,filled,dashed" if marks.is_unreachable else "rounded,filled"
    if box.kind in ("start", "end"):
        colour = colours.start if box.kind == "start" else colours.end
        return colour, colour, colours.on_dark, "rounded,filled"
    colour = {"unknown": colours.error, "back": colours.back}.get(box.kind, colours.jump)
    return colours.card, colour, colour, "rounded,filled,dotted" if box.kind == "back" else "rounded,filled,dashed"


def _line(line: Line, boxes: Mapping[str, Box], colours: Palette) -> dict[str, str]:
    colour, style = {
        "start": (colours.start, "solid"),
        "outcome": (colours.outcome, "solid"),
        "jump": (colours.jump, "dashed"),
        "backtrack": (colours.back, "dotted"),
        "broken": (colours.error, "dashed"),
    }[line.look]
    text = "\n".join(_spaced(row) for label in line.labels for row in label.rows)
    return {
        "id": line.key,
        "color": colour,
        "style": style,
        "penwidth": "2" if line.visits else "1.2",
        "weight": str(_weight(line, boxes)),
        **({"label": text, "fontcolor": colours.label if line.look == "outcome" else colour} if text else {}),
        **({"labeltooltip": "\n".join(label.tooltip for label in line.labels)} if text else {}),
    }


def _spaced(row: str) -> str:
    """The row with spaces that keep it off the line, and with more of them where Graphviz thinks letters too narrow."""
    wide = sum(width_of(letter, 1) - width_of(" ", 1) for letter in row if letter > "\xff")
    more = " " * round(wide / width_of(" ", 1) / 2)
    return f"   {more}{row}{more} "


def _weight(line: Line, boxes: Mapping[str, Box]) -> int:
    """How hard a line pulls its ends into one column: the story hardest, a detour's way to the end least."""
    if boxes[line.source].is_main and line.kind == "outcome":
        return 20
    if boxes[line.target].kind == "end":
        return 1
    return {"start": 20, "outcome": 6, "jump": 8 if boxes[line.source].kind in ("any", "some") else 2, "backtrack": 4}[
        line.kind
    ]


def _attributes(attributes: dict[str, str]) -> str:
    return ", ".join(f"{name}={_quoted(value)}" for name, value in attributes.items())


def _quoted(text: str) -> str:
    r"""A double-quoted string of the language: ``\n`` and the like would be read as commands, and entities decoded."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("&", "&amp;")
    return f'"{escaped}"'
