"""The picture as Mermaid text, which GitHub and JupyterLab draw, and which can be read as it is."""

from __future__ import annotations

import re

from intentional_nb.conversation.diagram.naming import Keys
from intentional_nb.conversation.diagram.palette import LIGHT
from intentional_nb.conversation.diagram.picture import Box, Line, Picture

__all__ = ["mermaid_of"]

_SHAPES = {
    "stage": '("{}")',
    "end": '((("{}")))',
    "start": '(["{}"])',
    "any": '(["{}"])',
    "some": '(["{}"])',
    "back": '(["{}"])',
    "unknown": '["{}"]',
}
_ARROWS = {"start": "-->", "outcome": "-->", "jump": "-.->", "backtrack": "-.->", "broken": "-.->"}
_CLASSES = {
    "first": f"fill:{LIGHT.start},stroke:{LIGHT.start},color:{LIGHT.on_dark}",
    "last": f"fill:{LIGHT.end},stroke:{LIGHT.end},color:{LIGHT.on_dark}",
    "jump": f"fill:{LIGHT.card},stroke:{LIGHT.jump},color:{LIGHT.jump},stroke-dasharray:5 4",
    "back": f"fill:{LIGHT.card},stroke:{LIGHT.back},color:{LIGHT.back},stroke-dasharray:1 4",
    "unknown": f"fill:{LIGHT.card},stroke:{LIGHT.error},color:{LIGHT.error},stroke-dasharray:5 4",
    "unreachable": f"fill:{LIGHT.muted},stroke:{LIGHT.border},color:{LIGHT.name},stroke-dasharray:4 3",
    "trail": f"stroke:{LIGHT.trail},stroke-width:3px",
    "now": f"fill:{LIGHT.now},stroke:{LIGHT.halo},color:{LIGHT.on_dark},stroke-width:4px",
}
_LINE_COLOURS = {"jump": LIGHT.jump, "backtrack": LIGHT.back, "broken": LIGHT.error}

_PLAIN = re.compile(r"[^\W_]|[^\x00-\x7f]|[ ,'!?]|(?<=[^\W_])[_-]+(?=[^\W_])")


def mermaid_of(picture: Picture) -> str:
    """A flowchart; names are kept on one line, and colours are given to what is not an ordinary stage or outcome."""
    keys = Keys()
    ids = {box.key: keys.new(box.key.replace("-", "_")) for box in picture.boxes}
    used = {name for box in picture.boxes if (name := _class(box))}
    return "\n".join(
        [
            "flowchart TD",
            *(f"  {ids[box.key]}{_shape(box)}" for box in picture.boxes),
            *(f"  {ids[line.source]} {_arrow(line)} {ids[line.target]}" for line in picture.lines),
            *_line_styles(picture),
            *(f"  classDef {name} {style}" for name, style in _CLASSES.items() if name in used),
            "",
        ]
    )


def _shape(box: Box) -> str:
    name = _class(box)
    return _SHAPES[box.kind].format(_safe(box.text)) + (f":::{name}" if name else "")


def _class(box: Box) -> str:
    if box.marks.is_now:
        return "now"
    if box.marks.trail:
        return "trail"
    if box.marks.is_unreachable:
        return "unreachable"
    # A class cannot be called `end`: to Mermaid that is a word of its own.
    return {"stage": "", "start": "first", "end": "last", "any": "jump", "some": "jump"}.get(box.kind, box.kind)


def _arrow(line: Line) -> str:
    names = ", ".join(label.text for label in line.labels)
    return _ARROWS[line.look] + (f'|"{_safe(names)}"|' if names else "")


def _line_styles(picture: Picture) -> list[str]:
    styles = []
    for look, colour in _LINE_COLOURS.items():
        places = [str(place) for place, line in enumerate(picture.lines) if line.look == look]
        if places:
            styles.append(f"  linkStyle {','.join(places)} stroke:{colour}")
    return styles


def _safe(text: str) -> str:
    """The text with everything that could mean something to Mermaid, its Markdown or HTML written by its number."""
    parts = []
    at = 0
    while at < len(text):
        plain = _PLAIN.match(text, at)
        parts.append(plain[0] if plain else f"#{ord(text[at])};")
        at += len(plain[0]) if plain else 1
    return "".join(parts)
