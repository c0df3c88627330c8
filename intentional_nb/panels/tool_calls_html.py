"""Tool and routing calls as plain HTML that any page can hold: inline styles only, no script, nothing fetched.

What front ends leave of HTML that they do not trust is what `transcript_html` tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from intentional_nb.markup import escape, visible
from intentional_nb.panels.entries import View, shortened

__all__ = ["MOST_CALLS", "tool_calls_html"]

MOST_CALLS = 200
"""Calls that stand in a notebook's file; of more, about the latest."""

_ROOT = "max-width:900px;font-size:14px;line-height:1.5"
_HEAD = "padding:2px 0 6px;border-bottom:1px solid rgba(128,128,128,.35);margin-bottom:8px"
_TURN = "margin:12px 0 4px;overflow-wrap:anywhere"
_ROW = "display:flex;flex-wrap:wrap;gap:8px;align-items:flex-start;margin:6px 0"
_CARD = (
    "flex:1 1 260px;min-width:0;padding:5px 10px;border:1px solid rgba(128,128,128,.4);border-radius:8px;"
    "font-size:13px;overflow-wrap:anywhere"
)
_BAD = _CARD + ";border-left:4px solid #d93025"
_PRE = "margin:4px 0 6px;padding:6px 8px;white-space:pre-wrap;overflow-wrap:anywhere;background:rgba(128,128,128,.12)"
_NOTE = "margin:4px 0;font-size:12px;opacity:.85"
_NOTHING = f'<div style="{_NOTE}">No tool has been called yet.</div>'

_ARROWS = {"outcome": "→", "jump": "↷", "backtrack": "↩", "end": "→", "refused": "⊘"}
_WORDS = {
    "ok": "done",
    "error": "failed",
    "invalid": "wrong arguments",
    "unknown": "no such tool",
    "timeout": "timed out",
    "cancelled": "stopped",
    "dropped": "never made: the reply was cut while the model wrote it",
    "writing": "being written",
}
_GOOD = ("ok", "running", "writing", "dropped", "cancelled")


def tool_calls_html(turns: Sequence[View], *, hidden: int = 0, title: str, stage: str) -> str:
    """The calls of a conversation as HTML for a notebook's file.

    It has no times in it, so that a notebook executed again comes out the same.

    Args:
        turns: Views of turns, as `CallViews` makes them.
        hidden: How many calls came before them.
        title: Stands above them.
        stage: Where the conversation stands.
    """
    head = _block("div", _HEAD, f"<b>{_plain(title)}</b> · stage <code>{_plain(stage)}</code>")
    body = "".join(map(_turn, turns)) or _NOTHING
    if hidden:
        body = _block("div", _NOTE, f"… {hidden:,} earlier calls are left out") + body
    return f'<div class="inb-static" style="{_ROOT}">{head}{body}</div>'


def _turn(turn: View) -> str:
    words = turn["user"]
    said = "the bot speaks first" if words is None else f'<span dir="auto">“{_plain(shortened(words, 300))}”</span>'
    rows: dict[int, str] = {}
    for entry in turn["entries"]:
        rows[entry["part"]] = rows.get(entry["part"], "") + _card(entry)
    return _block("div", _TURN, f"<b>Turn {turn['n']}</b> {said}") + "".join(
        _block("div", _ROW, row) for row in rows.values()
    )


def _card(entry: View) -> str:
    inner = _route(entry) if entry["k"] == "route" else _call(entry)
    return _block("div", _CARD if entry["status"] in _GOOD else _BAD, inner)


def _route(entry: View) -> str:
    source, target = (f"<code>{_text(entry, name)}</code>" for name in ("source", "target"))
    kind, arrow = entry["kind"], _ARROWS[entry["kind"]]
    choice = f"<b>{_plain(shortened(entry['choice'], 300))}</b>" if entry["choice"] else "no choice"
    way = f"{source} {arrow} {choice}" if kind == "refused" else f"{source} {arrow} {target} · {kind} {choice}"
    lines = [f"<div>Routing: {way}</div>"]
    if "why" in entry:
        lines.append(_block("div", _NOTE, f"Refused. {_plain(entry['why'])}"))
    if entry["options"]:
        options = ", ".join(f"<code>{_plain(option)}</code>" for option in entry["options"])
        lines.append(_block("div", _NOTE, f"Options: {options}"))
    return "".join(lines)


def _call(entry: View) -> str:
    kind = "Routing" if entry.get("routing") else "Tool"
    status = _WORDS.get(entry["status"], entry["status"])
    lines = [f"<div>{kind} <b><code>{_text(entry, 'name')}</code></b>: {status}</div>"]
    if entry["arguments"]:
        lines.append("<div>Arguments</div>" + _pre(_text(entry, "arguments")))
    if entry.get("output"):
        lines.append("<div>Result</div>" + _pre(_text(entry, "output")))
    for run in entry.get("runs", ()):
        heading = f"Run again, for people only: {_WORDS.get(run['status'], run['status'])}"
        lines.append(f"<div>{heading}</div>" + _pre(_text(run, "output") or "(nothing)"))
    return "".join(lines)


def _text(view: dict[str, Any], name: str) -> str:
    return _plain(view[name])


def _plain(text: str) -> str:
    return escape(visible(text))


def _pre(inner: str) -> str:
    return f'<pre dir="auto" style="{_PRE}">{inner}</pre>'


def _block(tag: str, style: str, inner: str) -> str:
    return f'<{tag} style="{style}">{inner}</{tag}>'
