"""Where the time of turns went as plain HTML that any page can hold, for a notebook's file.

What front ends leave of HTML that they do not trust is what `transcript_html` tells: tables and inline styles stay.
"""

from __future__ import annotations

from collections.abc import Sequence

from intentional_nb.markup import escape
from intentional_nb.panels.timeline_view import View, bar_words, duration_words, extent

__all__ = ["MOST_TURNS", "timeline_html"]

MOST_TURNS = 100
"""Turns that stand in a notebook's file; of more, the last."""

_ROOT = "max-width:860px;font-size:14px;line-height:1.5"
_HEAD = "padding:2px 0 6px;margin-bottom:8px;border-bottom:1px solid rgba(128,128,128,.35)"
_TURN = "margin:6px 0"
_TABLE = "width:100%;border-collapse:collapse;margin:4px 0 2px;font-size:12px"
_NAME = "width:26%;padding:2px 8px 2px 0;text-align:left;overflow-wrap:anywhere"
_TRACK = "width:60%;padding:2px 0;text-align:left;background:rgba(128,128,128,.10)"
_TOOK = "width:14%;padding:2px 0 2px 8px;text-align:right;white-space:nowrap"
_DIM = "font-size:12px;opacity:.85"
_COLOURS = {
    "listening": "128,128,128",
    "transcript": "0,131,133",
    "request": "46,117,200",
    "routing": "124,82,196",
    "tool": "196,118,0",
    "playing": "36,133,77",
}


def timeline_html(
    views: Sequence[View], *, title: str, totals: str, notes: Sequence[str] = (), earlier: int = 0
) -> str:
    """The turns with their bars, the last one open.

    Args:
        views: As `TimelineViews` gives them.
        title: Stands above them.
        totals: What all turns took together, in words.
        notes: Where the prices come from.
        earlier: How many turns were before these.
    """
    shown = views[-MOST_TURNS:]
    head = f"<b>{escape(title)}</b>" + (f" · {escape(totals)}" if views else "")
    left_out = earlier + len(views) - len(shown)
    parts = [_block("div", _DIM, f"… {left_out:,} earlier turns are left out")] if left_out else []
    parts += [_turn(view, is_open=view is shown[-1]) for view in shown]
    parts += [_block("div", _DIM, escape(note)) for note in notes]
    if not shown:
        parts.append(_block("div", _DIM, "Nothing has been said yet."))
    return f'<div class="inb-static" style="{_ROOT}">{_block("div", _HEAD, head)}{"".join(parts)}</div>'


def _turn(view: View, *, is_open: bool) -> str:
    words = "" if view["user"] is None else f' <span dir="auto">“{escape(view["user"])}”</span>'
    stages = " → ".join(f"<code>{escape(stage)}</code>" for stage in view["stages"])
    summary = f"<summary><b>Turn {view['n']}</b>{words} {stages} · {escape(facts(view))}</summary>"
    start, end = extent(view)
    rows = "".join(_row(bar, start, max(end - start, 1e-3)) for bar in view["entries"])
    table = f'<table style="{_TABLE}">{rows}</table>' if rows else ""
    return f'<details style="{_TURN}"{" open" if is_open else ""}>{summary}{table}</details>'


def facts(view: View) -> str:
    """A turn's figures in one line."""
    words = ["running" if view["ms"] is None else duration_words(view["ms"])]
    if view["waited"] is not None:
        words.append(f"first words after {duration_words(view['waited'])}")
    if view["tokens"]:
        words += [view["tokens"], view["cost"] if view["cost"] != "–" else "cost not known"]
    if view["status"] not in ("completed", "running"):
        words.append(view["status"])
    return " · ".join(words)


def _row(bar: View, start: float, span: float) -> str:
    end = start + span if bar["to"] is None else bar["to"]
    first = bar["from"] if bar["first"] is None else min(max(bar["first"], bar["from"]), end)
    left, waited, rest = ((value / span) * 100 for value in (bar["from"] - start, first - bar["from"], end - first))
    colour = _COLOURS[bar["k"]]
    pieces = [_piece(left, waited, f"rgba({colour},.4)")] if waited else []
    # In the flow of the text one after the other: what is not trusted may not be placed by position.
    pieces.append(_piece(0 if waited else left, max(rest, 0.4), f"rgb({colour})"))
    name = escape(bar["label"]) + (f" <code>{escape(bar['name'])}</code>" if bar["name"] else "")
    took = "…" if bar["to"] is None else duration_words(bar["to"] - bar["from"])
    return (
        f'<tr title="{escape(bar_words(bar))}"><td style="{_NAME}">{name}</td>'
        f'<td style="{_TRACK}">{"".join(pieces)}</td><td style="{_TOOK}">{took}</td></tr>'
    )


def _piece(left: float, width: float, colour: str) -> str:
    place = f"margin-left:{left:.2f}%;width:{min(width, 100 - left):.2f}%"
    return f'<span style="display:inline-block;height:9px;vertical-align:middle;{place};background:{colour}"></span>'


def _block(tag: str, style: str, inner: str) -> str:
    return f'<{tag} style="{style}">{inner}</{tag}>'
