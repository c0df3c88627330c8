"""The small marks on a stage: that the conversation is there, where it stands on the trail, how often, and trouble."""

from __future__ import annotations

from collections.abc import Iterator

from intentional_nb.conversation.diagram.elements import group, rect, words
from intentional_nb.conversation.diagram.lettering import width_of
from intentional_nb.conversation.diagram.picture import Box

__all__ = ["badge", "badge_width", "badges_of"]

SIZE = 10.0
HEIGHT = 17.0


def badges_of(box: Box, x: float, y: float) -> Iterator[str]:
    """The badges of a box whose centre is at ``x``, ``y``: on its corners and its upper edge."""
    left, right = x - box.width / 2, x + box.width / 2
    upper, lower = y - box.height / 2, y + box.height / 2
    marks = box.marks
    if marks.is_now:
        yield badge("now", "now", left + 14, upper, "The conversation stands here.")
    if marks.trail:
        places = ", ".join(map(str, marks.trail))
        at = left + (44 if marks.is_now else 6)
        yield badge("trail", places, at, upper, f"On the trail, place {places}: a backtrack can return here.")
    if marks.errors:
        yield badge("error", "!", right - 4, upper, "\n".join((*marks.errors, *marks.warnings)))
    elif marks.warnings:
        yield badge("warning", "!", right - 4, upper, "\n".join(marks.warnings))
    if marks.visits:
        times = "once" if marks.visits == 1 else f"{marks.visits} times"
        yield badge("visits", f"×{marks.visits}", right - 6, lower, f"Entered {times}.")


def badge(kind: str, text: str, x: float, y: float, tooltip: str = "") -> str:
    """A pill with a word or a number, its centre at ``x``, ``y``."""
    pill = rect("inb-badge", x, y, badge_width(text), HEIGHT, HEIGHT / 2)
    return group([pill, words(text, x, y, SIZE, "inb-badge-text", is_bold=True)], tooltip, class_=f"inb-{kind}-badge")


def badge_width(text: str) -> float:
    """How wide a badge with this text is."""
    return max(width_of(text, SIZE, is_bold=True) + 10 + len(text) / 2, HEIGHT)
