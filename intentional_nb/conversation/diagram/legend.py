"""The row below a picture that says what its lines and colours mean: those that are in the picture."""

from __future__ import annotations

from collections.abc import Iterator

from intentional_nb.conversation.diagram.badges import badge
from intentional_nb.conversation.diagram.elements import element, group, path, rect, words
from intentional_nb.conversation.diagram.lettering import width_of
from intentional_nb.conversation.diagram.picture import SMALL_SIZE, Picture

__all__ = ["legend_of"]

SAMPLE = 28.0
GAP = 18.0

_LINES = {"outcome": "outcome", "jump": "jump", "backtrack": "backtrack", "broken": "broken"}


def legend_of(picture: Picture) -> tuple[str, float]:
    """The row, beginning at 0, 0, and its width; nothing for a picture that needs none."""
    x = 0.0
    parts: list[str] = []
    for sample, text in _entries(picture):
        parts.append(element("g", sample, transform=f"translate({x:.1f} 0)"))
        parts.append(words(text, x + SAMPLE + 6, 0, SMALL_SIZE, "inb-small", anchor="start"))
        x += SAMPLE + 6 + width_of(text, SMALL_SIZE) + GAP
    return (group(parts, class_="inb-legend"), x - GAP) if parts else ("", 0)


def _entries(picture: Picture) -> Iterator[tuple[str, str]]:
    looks = {line.look for line in picture.lines}
    yield from ((_arrow(look), text) for look, text in _LINES.items() if look in looks)
    if picture.is_followed:
        # All three even where there is no trail yet: the row must not grow while somebody watches.
        yield badge("now", "now", SAMPLE / 2, 0), "where it stands"
        yield badge("trail", "1", SAMPLE / 2, 0), "to return to, oldest first"
        yield badge("visits", "×1", SAMPLE / 2, 0), "times entered"
    if any(box.marks.is_unreachable for box in picture.boxes):
        box = rect("inb-box", SAMPLE / 2, 0, SAMPLE - 6, 12, 4)
        yield group([box], class_="inb-stage is-unreachable"), "cannot be reached"


def _arrow(look: str) -> str:
    line = path("inb-path", f"M0 0H{SAMPLE - 8:g}")
    tip = path("inb-tip", f"M{SAMPLE - 8:g} -3.2L{SAMPLE:g} 0L{SAMPLE - 8:g} 3.2Z")
    return group([line, tip], class_=f"inb-line inb-{look}")
