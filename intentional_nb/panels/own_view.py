"""What a panel of one's own shows, as data for its page and as HTML for the notebook's file."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from intentional_nb.markup import escape, visible
from intentional_nb.panels.entries import shortened

__all__ = ["changed_parts", "parts_of", "table_html"]

MOST_ROWS = 200
"""Rows that stand in a notebook's file; of more, the last."""
LONGEST_CELL = 2_000

_ROOT = "max-width:860px;font-size:14px;line-height:1.5"
_HEAD = "padding:2px 0 6px;border-bottom:1px solid rgba(128,128,128,.35);margin-bottom:8px"
_CELL = "padding:2px 14px 2px 0;text-align:left;vertical-align:top;overflow-wrap:anywhere"
_NOTE = "margin:6px 0;font-size:12px;opacity:.85"


def parts_of(view: object) -> dict[str, Any]:
    """A view as the page is told of it: each part by its name, so that only those that changed need be sent.

    >>> parts_of({"count": 3})
    {'names': ['count'], 'own_count': 3}

    Raises:
        TypeError: The view is no dict, or something in it is not plain data; the text says what and where.
    """
    if not isinstance(view, Mapping):
        raise TypeError(f"view() must return a dict, not {view!r:.80}")
    plain = _plain(view, "view()")
    return {"names": list(plain), **{f"own_{name}": value for name, value in plain.items()}}


def changed_parts(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """What of ``new`` was not so in ``old``."""
    return {name: value for name, value in new.items() if name not in old or old[name] != value}


def _plain(value: Any, place: str) -> Any:
    """A copy that only JSON's types are in, and nothing hidden in its texts; what changes later is not this one."""
    match value:
        case None | bool() | int():
            return value
        case float() if math.isfinite(value):
            return value
        case str():
            return visible(value)
        case Mapping():
            return {_key(key, place): _plain(item, f"{place}[{key!r:.40}]") for key, item in value.items()}
        case list() | tuple():
            return [_plain(item, f"{place}[{index}]") for index, item in enumerate(value)]
    raise TypeError(
        f"{place} must be text, a number, a list or a dict for the page to understand it, not {value!r:.80}"
    )


def _key(key: object, place: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"{place} has the key {key!r:.40}: a key must be text for the page to understand it")
    return visible(key)


def table_html(rows: Iterable[Iterable[Any]], *, title: str) -> str:
    """Rows as a table that any page can hold: inline styles only, all text escaped.

    Args:
        rows: The first cell of each is its heading.
        title: Stands above them.
    """
    kept = [list(row) for row in rows]
    head = f'<div style="{_HEAD}"><b>{_written(title)}</b></div>'
    if len(kept) > MOST_ROWS:
        head += f'<div style="{_NOTE}">… {len(kept) - MOST_ROWS:,} earlier rows are left out</div>'
    body = "".join(_row(row) for row in kept[-MOST_ROWS:])
    table = f"<table>{body}</table>" if body else f'<div style="{_NOTE}">Nothing to show yet.</div>'
    return f'<div class="inb-static" style="{_ROOT}">{head}{table}</div>'


def _row(cells: list[Any]) -> str:
    heading = "".join(f'<th scope="row" dir="auto" style="{_CELL}">{_written(cell)}</th>' for cell in cells[:1])
    rest = "".join(f'<td dir="auto" style="{_CELL}">{_written(cell)}</td>' for cell in cells[1:])
    return f"<tr>{heading}{rest}</tr>"


def _written(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return escape(visible(shortened(text, LONGEST_CELL)))
