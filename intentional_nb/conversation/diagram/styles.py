"""The style sheet of a drawing: colours and dashes by class, for light, dark, or whichever the reader prefers."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Literal

from intentional_nb.conversation.diagram.palette import DARK, LIGHT, Palette

__all__ = ["PAGE_NAMES", "Theme", "page_sheet", "style_sheet", "theme_of"]

Theme = Literal["light", "dark", "auto"]

PAGE_NAMES = "inb-g-"
"""How names of classes begin in a drawing that is part of a page, where panels have names of their own."""


def theme_of(dark: bool | None) -> Theme:
    """The name of a choice: None lets the reader's preference decide."""
    if dark is None:
        return "auto"
    return "dark" if dark else "light"


def style_sheet(theme: Theme) -> str:
    """All rules, each bound to drawings of this theme, so that drawings on one page do not mix."""
    if theme == "auto":
        return f"{_rules('auto', LIGHT)}\n@media (prefers-color-scheme: dark) {{\n{_rules('auto', DARK)}\n}}"
    return _rules(theme, DARK if theme == "dark" else LIGHT)


def page_sheet() -> str:
    """The rules for drawings that are part of a page: light or dark by the ``color-scheme`` of what they lie in."""
    pairs = ((item.name, getattr(LIGHT, item.name), getattr(DARK, item.name)) for item in fields(Palette))
    both = Palette(**{name: f"light-dark({light}, {dark})" for name, light, dark in pairs})
    rules = _rules("page", both).replace("url(#inb-hatching-page)", both.muted)
    return re.sub(r"\.inb-", f".{PAGE_NAMES}", rules)


def _rules(theme: str, c: Palette) -> str:
    return "\n".join(
        f"{', '.join(f'.inb-{theme} {selector}' for selector in selectors.split(', '))} {{ {declarations} }}"
        for selectors, declarations in (*_boxes(theme, c), *_lines(c), *_badges(c))
    )


def _boxes(theme: str, c: Palette) -> list[tuple[str, str]]:
    return [
        (".inb-card", f"fill: {c.card}; stroke: {c.rim}"),
        (".inb-box", f"fill: {c.stage}; stroke: {c.border}; stroke-width: 1.2"),
        (".inb-name", f"fill: {c.name}"),
        (".inb-small", f"fill: {c.goal}"),
        (".inb-any .inb-small, .inb-some .inb-small", f"fill: {c.jump}"),
        (".is-visited .inb-box", f"fill: {c.visited}"),
        (".is-unreachable .inb-box", f"fill: url(#inb-hatching-{theme}); stroke-dasharray: 4 3"),
        (".inb-muted", f"fill: {c.muted}"),
        (".inb-hatch", f"fill: {c.hatch}"),
        (".has-warnings .inb-box", f"stroke: {c.warning}"),
        (".has-errors .inb-box", f"stroke: {c.error}"),
        (".is-trail .inb-box", f"stroke: {c.trail}; stroke-width: 2"),
        (".inb-start .inb-box", f"fill: {c.start}; stroke: {c.start}"),
        (".inb-end .inb-box", f"fill: {c.end}; stroke: {c.end}"),
        (".inb-end .inb-rim", f"fill: none; stroke: {c.end}; stroke-width: 1.6"),
        (".inb-start .inb-name, .inb-end .inb-name", f"fill: {c.on_dark}"),
        (".inb-any .inb-box, .inb-some .inb-box", f"fill: {c.card}; stroke: {c.jump}; stroke-dasharray: 5 4"),
        (".inb-any .inb-name, .inb-some .inb-name", f"fill: {c.jump}"),
        (".inb-back .inb-box", f"fill: {c.card}; stroke: {c.back}; {_DOTTED}"),
        (".inb-back .inb-name", f"fill: {c.back}"),
        (".inb-unknown .inb-box", f"fill: {c.card}; stroke: {c.error}; stroke-dasharray: 5 4"),
        (".inb-unknown .inb-name", f"fill: {c.error}"),
        (".inb-halo", "fill: none; stroke: none"),
        (".is-now .inb-halo", f"stroke: {c.halo}; stroke-width: 5"),
        (".is-now .inb-box", f"fill: {c.now}; stroke: {c.now}; stroke-dasharray: none"),
        (".is-now .inb-rim", f"stroke: {c.now}"),
        (".is-now .inb-name, .is-now .inb-small", f"fill: {c.on_dark}"),
    ]


_DOTTED = "stroke-dasharray: 0.1 4; stroke-linecap: round; stroke-width: 1.8"


def _lines(c: Palette) -> list[tuple[str, str]]:
    rules = [
        (".inb-path", "fill: none; stroke-width: 1.3"),
        (".is-gone .inb-path", "stroke-width: 2.8"),
        (".inb-jump .inb-path", "stroke-dasharray: 6 4"),
        (".inb-backtrack .inb-path", _DOTTED),
        (".inb-backtrack.is-gone .inb-path", "stroke-width: 3"),
        (".inb-ground", f"fill: {c.card}; fill-opacity: 0.88"),
        (".inb-label", f"fill: {c.label}"),
        (".inb-jump .inb-label", f"fill: {c.jump}"),
        (".inb-backtrack .inb-label", f"fill: {c.back}"),
    ]
    colours = {"start": c.start, "outcome": c.outcome, "jump": c.jump, "backtrack": c.back, "broken": c.error}
    for kind, colour in colours.items():
        rules += [
            (f".inb-{kind} .inb-path", f"stroke: {colour}"),
            (f".inb-{kind} .inb-tip", f"fill: {colour}; stroke: {colour}"),
        ]
    return [*rules, (".inb-broken .inb-path", "stroke-dasharray: 5 4"), (".inb-broken .inb-label", f"fill: {c.error}")]


def _badges(c: Palette) -> list[tuple[str, str]]:
    return [
        (".inb-badge", f"stroke: {c.card}; stroke-width: 1.5"),
        (".inb-badge-text", f"fill: {c.on_dark}"),
        (".inb-now-badge .inb-badge", f"fill: {c.now}"),
        (".inb-trail-badge .inb-badge", f"fill: {c.trail}"),
        (".inb-error-badge .inb-badge", f"fill: {c.error}"),
        (".inb-warning-badge .inb-badge", f"fill: {c.warning}"),
        (".inb-visits-badge .inb-badge", f"fill: {c.stage}; stroke: {c.border}; stroke-width: 1"),
        (".inb-visits-badge .inb-badge-text", f"fill: {c.name}"),
    ]
