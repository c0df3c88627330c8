"""The picture in the language of Graphviz: what is laid out, and a drawing of its own for whoever has another use for it."""

from __future__ import annotations

from intentional_nb.conversation.diagram.palette import Palette
from intentional_nb.conversation.diagram.picture import LABEL_SIZE, NAME_SIZE, Box, Line, Picture

__all__ = ["dot_of"]

FONT = "Helvetica,Arial,sans-serif"


def dot_of(picture: Picture, colours: Palette, direction: str) -> str:
    """One statement a line, always in the same order."""
    head = [
        f"rankdir={direction}",
        f"bgcolor={_quoted(colours.card)}",
        f"tooltip={_quoted(picture.title)}",
        "pad=0.2",
        "nodesep=0.35",
        "ranksep=0.45",
        "newrank=true",
    ]
    return "\n".join(
        [
            "digraph conversation {",
            f"  graph [{', '.join(head)}]",
            f'  node [shape=box, style="rounded,filled", fixedsize=true, fontname={_quoted(FONT)}, fontsize={NAME_SIZE:g}]',
            f"  edge [fontname={_quoted(FONT)}, fontsize={LABEL_SIZE:g}, arrowsize=0.7]",
            *(f"  {_quoted(box.key)} [{_attributes(_box(box, colours))}]" for box in picture.boxes),
            *(
                f"  {_quoted(line.source)} -> {_quoted(line.target)} [{_attributes(_line(line, colours))}]"
                for line in picture.lines
            ),
            *_ranks(picture),
            "}",
            "",
        ]
    )


def _ranks(picture: Picture) -> list[str]:
    first = [box.key for box in picture.boxes if box.kind in ("start", "any")]
    last = [box.key for box in picture.boxes if box.kind == "end"]
    return [
        f"  {{ rank={rank}; {'; '.join(map(_quoted, keys))} }}"
        for rank, keys in (("source", first), ("sink", last))
        if keys
    ]


def _box(box: Box, colours: Palette) -> dict[str, str]:
    fill, border, text, style = _look(box, colours)
    return {
        "id": box.key,
        "label": "\n".join([*box.name, *box.small]),
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


def _line(line: Line, colours: Palette) -> dict[str, str]:
    colour, style = {
        "start": (colours.start, "solid"),
        "outcome": (colours.outcome, "solid"),
        "jump": (colours.jump, "dashed"),
        "backtrack": (colours.back, "dotted"),
    }[line.kind]
    text = "\n".join(part for label in line.labels for part in label.text)
    return {
        "id": line.key,
        "color": colour,
        "style": style,
        "penwidth": "2" if line.visits else "1.2",
        **({"weight": "3"} if line.kind in ("outcome", "start") else {}),
        **({"label": text, "fontcolor": colours.label if line.kind == "outcome" else colour} if text else {}),
        **({"labeltooltip": "\n".join(label.tooltip for label in line.labels)} if text else {}),
    }


def _attributes(attributes: dict[str, str]) -> str:
    return ", ".join(f"{name}={_quoted(value)}" for name, value in attributes.items())


def _quoted(text: str) -> str:
    r"""A double-quoted string of the language: ``\n`` and the like would be read as commands."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    # A label is also searched for HTML entities.
    return f'"{escaped.replace("&", "&amp;")}"'
