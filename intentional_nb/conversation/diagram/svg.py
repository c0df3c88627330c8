"""The picture as SVG: one file with everything in it, that looks alike wherever it is shown.

Whatever follows a conversation finds its way by these: a stage's group has its name as ``data-stage``, an ``id`` made
from it, and the classes ``is-now``, ``is-trail`` and ``is-visited``; an outcome's label has ``data-choice``; the lines
and labels that were gone by have ``is-gone``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from intentional_nb.conversation.diagram.badges import badge, badge_width, badges_of
from intentional_nb.conversation.diagram.elements import element, group, number, path, rect, title, words
from intentional_nb.conversation.diagram.layout import Layout, Point
from intentional_nb.conversation.diagram.legend import legend_of
from intentional_nb.conversation.diagram.lettering import width_of
from intentional_nb.conversation.diagram.picture import LABEL_SIZE, LINE_HEIGHT, SMALL_SIZE, Box, Line, Picture
from intentional_nb.conversation.diagram.styles import PAGE_NAMES, Theme, style_sheet

__all__ = ["page_svg_of", "svg_of"]

MARGIN = 22.0
NOTICE = 28.0
LEGEND = 34.0
LABEL_HEIGHT = LABEL_SIZE * 1.2
"""As Graphviz reckons, which made room for them."""
LABEL_SHIFT = (3.0, 0.0)
"""To the right, off the line: room for three spaces was made on the left of a label, for one on its right."""
LABEL_RISE = (0.0, -3.0)
"""Likewise, where lines go sideways."""
FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"


def svg_of(
    picture: Picture, layout: Layout, *, theme: Theme, has_legend: bool = True, is_sideways: bool = False
) -> str:
    """The drawing of ``picture``, with everything where ``layout`` puts it."""
    legend, legend_width = legend_of(picture) if has_legend else ("", 0.0)
    top = MARGIN + (NOTICE if picture.notice else 0)
    width = round(max(layout.width, legend_width, 150) + 2 * MARGIN)
    height = round(top + layout.height + (LEGEND if legend else 0) + MARGIN)
    parts = [
        title(picture.title),
        element("style", f"\n{style_sheet(theme)}\n"),
        _hatching(theme) if any(box.marks.is_unreachable for box in picture.boxes) else "",
        rect("inb-card", width / 2, height / 2, width - 1, height - 1, 12),
        _notice(picture) if picture.notice else "",
        group(
            _drawn(picture, layout, LABEL_RISE if is_sideways else LABEL_SHIFT),
            transform=_moved((width - layout.width) / 2, top),
        ),
        element("g", legend, transform=_moved((width - legend_width) / 2, height - MARGIN)) if legend else "",
    ]
    drawing = element(
        "svg",
        "\n".join(["", *(part for part in parts if part), ""]),
        xmlns="http://www.w3.org/2000/svg",
        class_=f"inb-graph inb-{theme}",
        width=width,
        height=height,
        viewBox=f"0 0 {width} {height}",
        font_family=FONT,
        role="img",
    )
    return f"{drawing}\n"


def page_svg_of(picture: Picture, layout: Layout, *, is_sideways: bool = False) -> str:
    """The boxes, lines and labels alone, for a page that has a ground, a style sheet and a legend of its own.

    It is as large as the layout; what lies on the edges of boxes may stick out. Names of classes begin as `PAGE_NAMES`.
    """
    drawing = element(
        "svg",
        "".join(_drawn(picture, layout, LABEL_RISE if is_sideways else LABEL_SHIFT)),
        xmlns="http://www.w3.org/2000/svg",
        class_="inb-page",
        viewBox=f"0 0 {number(layout.width)} {number(layout.height)}",
        font_family=FONT,
    )
    # In text and in other attributes a quotation mark is written as an entity: this only finds classes.
    return re.sub(r'(?<= class=")[^"]*', lambda names: re.sub(r"\binb-", PAGE_NAMES, names[0]), drawing)


def _moved(x: float, y: float) -> str:
    return f"translate({number(x)} {number(y)})"


def _hatching(theme: Theme) -> str:
    ground = element("rect", class_="inb-muted", width=8, height=8)
    stripe = element("rect", class_="inb-hatch", width=3, height=8)
    pattern = element(
        "pattern",
        ground + stripe,
        id=f"inb-hatching-{theme}",
        width=8,
        height=8,
        patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )
    return element("defs", pattern)


def _notice(picture: Picture) -> str:
    width = badge_width(picture.notice)
    kind = "error" if picture.has_errors else "warning"
    tooltip = picture.notice_tooltip or "The stages that they are in are marked."
    return badge(kind, picture.notice, MARGIN + width / 2, MARGIN + 2, tooltip)


def _drawn(picture: Picture, layout: Layout, shift: Point) -> Iterator[str]:
    """Lines first, so that words lie on them and boxes on both."""
    for line in picture.lines:
        # Some programs give a line up in a tangle; the rest is still worth a look.
        if line.key in layout.lines:
            yield _line(line, layout)
    for line in picture.lines:
        yield _labels(line, layout, shift)
    for box in picture.boxes:
        yield _box(box, *layout.boxes[box.key])
    yield "\n"


# ---- lines


def _line(line: Line, layout: Layout) -> str:
    points = layout.lines[line.key]
    curve = path("inb-path", _curve(points))
    tip = path("inb-tip", _tip(points[-1], layout.tips[line.key]))
    classes = _classes("inb-line", f"inb-{line.look}", is_gone=line.visits > 0)
    tooltip = "\n".join(label.tooltip for label in line.labels)
    return "\n" + group([curve, tip], tooltip, id=line.key, class_=classes, data_from=line.source, data_to=line.target)


def _curve(points: tuple[Point, ...]) -> str:
    written = [f"{number(x)} {number(y)}" for x, y in points]
    pieces = [f"C{' '.join(written[at : at + 3])}" for at in range(1, len(written), 3)]
    return f"M{written[0]}{''.join(pieces)}"


def _tip(base: Point, tip: Point) -> str:
    """A triangle; ``base`` is where the line ends."""
    (x, y), (u, v) = base, tip
    across, down = (v - y) * 0.42, (u - x) * 0.42
    corners = [(x + across, y - down), (u, v), (x - across, y + down)]
    return "M" + "L".join(f"{number(a)} {number(b)}" for a, b in corners) + "Z"


def _labels(line: Line, layout: Layout, shift: Point) -> str:
    """The names of the outcomes on a line, one below the other, on a ground that keeps the line off them."""
    if line.key not in layout.labels:
        return ""
    x, y = map(sum, zip(layout.labels[line.key], shift, strict=True))
    y -= (sum(len(label.rows) for label in line.labels) - 1) * LABEL_HEIGHT / 2
    groups = []
    for label in line.labels:
        count = f" ×{label.visits}" if label.visits else ""
        parts = []
        for row, more in zip(label.rows, [*[""] * (len(label.rows) - 1), count], strict=True):
            # The count goes to the right, so that the name stays where it is.
            middle = x + width_of(more, LABEL_SIZE) / 2
            parts.append(rect("inb-ground", middle, y, width_of(row + more, LABEL_SIZE) + 5, LABEL_HEIGHT, 3))
            parts.append(words(row + more, middle, y, LABEL_SIZE, "inb-label"))
            y += LABEL_HEIGHT
        classes = _classes("inb-choice", is_gone=label.visits > 0)
        groups.append(group(parts, label.tooltip, id=label.key, class_=classes, data_choice=label.choice))
    return "\n" + group(groups, class_=f"inb-{line.look}", data_line=line.key)


# ---- boxes


def _box(box: Box, x: float, y: float) -> str:
    marks = box.marks
    classes = _classes(
        f"inb-{box.kind}",
        is_now=marks.is_now,
        is_trail=bool(marks.trail),
        is_visited=marks.visits > 0,
        is_unreachable=marks.is_unreachable,
        has_errors=bool(marks.errors),
        has_warnings=bool(marks.warnings),
    )
    parts = [*_shape(box, x, y), *_text(box, x, y), *badges_of(box, x, y)]
    return "\n" + group(parts, box.tooltip, id=box.key, class_=classes, data_stage=box.stage)


def _shape(box: Box, x: float, y: float) -> Iterator[str]:
    is_pill = box.kind not in ("stage", "unknown")
    corner = min(box.height / 2, 15) if is_pill else 10
    if box.kind in ("stage", "end"):
        yield rect("inb-halo", x, y, box.width + 7, box.height + 7, corner + 3.5)
    inset = 0
    if box.kind == "end":
        yield rect("inb-rim", x, y, box.width, box.height, corner)
        inset = 7
    yield rect("inb-box", x, y, box.width - inset, box.height - inset, corner - inset / 2)


def _text(box: Box, x: float, y: float) -> Iterator[str]:
    height = len(box.name) * box.size + len(box.small) * SMALL_SIZE
    top = y - height * LINE_HEIGHT / 2
    for row in box.name:
        yield words(row, x, top + box.size * LINE_HEIGHT / 2, box.size, "inb-name", is_bold=True)
        top += box.size * LINE_HEIGHT
    for row in box.small:
        yield words(row, x, top + SMALL_SIZE * LINE_HEIGHT / 2, SMALL_SIZE, "inb-small")
        top += SMALL_SIZE * LINE_HEIGHT


def _classes(*always: str, **sometimes: bool) -> str:
    return " ".join([*always, *(name.replace("_", "-") for name, applies in sometimes.items() if applies)])
