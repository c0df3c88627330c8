"""SVG written by hand: elements and groups, with everything that comes from outside escaped."""

from __future__ import annotations

from collections.abc import Iterable

from intentional_nb.markup import escape, visible

__all__ = ["Attribute", "element", "group", "number", "path", "rect", "title", "words"]

Attribute = str | float | None


def element(tag: str, inner: str = "", /, **attributes: Attribute) -> str:
    """One element around what is already SVG; attributes that are None are left out.

    >>> element("path", class_="a", stroke_width=1.25, id=None)
    '<path class="a" stroke-width="1.2"/>'
    """
    written = "".join(f' {_name(name)}="{_value(value)}"' for name, value in attributes.items() if value is not None)
    return f"<{tag}{written}>{inner}</{tag}>" if inner else f"<{tag}{written}/>"


def group(parts: Iterable[str], /, tooltip: str = "", **attributes: Attribute) -> str:
    """The parts together, with what is shown when the pointer rests on them."""
    return element("g", "".join([title(tooltip), *parts]), **attributes)


def title(text: str) -> str:
    """What a drawing or a group of it is called; nothing for nothing."""
    return element("title", _safe(text)) if text else ""


def rect(class_: str, x: float, y: float, width: float, height: float, round_: float, **more: Attribute) -> str:
    """A rectangle with round corners and its centre at ``x``, ``y``."""
    return element(
        "rect", class_=class_, x=x - width / 2, y=y - height / 2, width=width, height=height, rx=round_, **more
    )


def path(class_: str, d: str) -> str:
    """A line or a shape."""
    return element("path", class_=class_, d=d)


def words(
    text: str, x: float, y: float, size: float, class_: str, *, is_bold: bool = False, anchor: str = "middle"
) -> str:
    """One line of text; the middle of its letters is at the height ``y``."""
    return element(
        "text",
        _safe(text),
        class_=class_,
        x=x,
        y=y + size * 0.35,
        font_size=size,
        font_weight="bold" if is_bold else None,
        text_anchor=anchor,
    )


def number(value: float) -> str:
    """At most one digit after the point: finer differences cannot be seen.

    >>> number(3.0), number(2.345), number(-0.01), number(123456.78)
    ('3', '2.3', '0', '123456.8')
    """
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")


def _name(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


def _value(value: str | float) -> str:
    return _safe(value) if isinstance(value, str) else number(value)


def _safe(text: str) -> str:
    # Most of what cannot be seen cannot stand in XML either.
    return escape(visible(text))
