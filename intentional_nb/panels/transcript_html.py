"""A conversation as plain HTML that any page can hold: inline styles only, no script, nothing fetched.

What front ends do to HTML from a notebook they do not trust decides what is used here: style sheets, scripts, SVG and
ARIA attributes are taken out; inline styles, ``<details>`` and the classes of elements stay. The colours are
translucent greys and tints over whatever is below, and text has the colour of the page, so that one text suits light
and dark.
"""

from __future__ import annotations

from collections.abc import Sequence

from intentional_nb.bots.transcript import Entry, ErrorEntry, NoticeEntry, RouteEntry, TextEntry, ToolEntry, Turn
from intentional_nb.markup import escape, markdown_to_html, visible
from intentional_nb.panels.entries import LONGEST_RESULT, LONGEST_TEXT, arguments_text, shortened
from intentional_nb.panels.sounds import Sounds

__all__ = ["WrittenTurns", "transcript_html"]

MOST_TURNS = 200
"""A notebook's file is read as a whole, by people and by programs; `Transcript` keeps all turns."""

_MOVES = {"outcome": "→", "jump": "↷", "backtrack": "↩", "end": "→", "refused": "⊘"}

_ROOT = "max-width:860px;font-size:14px;line-height:1.5"
_HEAD = "padding:2px 0 6px;border-bottom:1px solid rgba(128,128,128,.35);margin-bottom:8px"
_USER_ROW = "margin:10px 0;text-align:right"
_USER = (
    "display:inline-block;max-width:80%;padding:7px 13px;border-radius:14px 14px 4px 14px;text-align:left;"
    "white-space:pre-wrap;overflow-wrap:anywhere;background:rgba(66,133,244,.16)"
)
_BOT = "margin:10px 8% 10px 0;overflow-wrap:anywhere"
_MOVE = "margin:10px 0;padding:2px 0;text-align:center;font-size:12px;opacity:.85"
_TOOL = "margin:8px 0;padding:5px 10px;border:1px solid rgba(128,128,128,.4);border-radius:8px;font-size:13px"
_PRE = "margin:4px 0 6px;padding:6px 8px;white-space:pre-wrap;overflow-wrap:anywhere;background:rgba(128,128,128,.12)"
_ERROR = "margin:8px 0;padding:6px 10px;border-left:4px solid #d93025;background:rgba(217,48,37,.10)"
_NOTE = "margin:6px 0;font-size:12px;opacity:.85"
_CUT = "margin:2px 0 0;font-size:12px;opacity:.85"
_UNHEARD = "opacity:.6;text-decoration:line-through"
_UNSURE = "opacity:.75;font-style:italic"
_NOTHING = f'<div style="{_NOTE}">Nothing has been said yet.</div>'


class WrittenTurns:
    """The HTML of the turns of a growing transcript, made once for each. Any thread may ask."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Turn, str]] = {}

    def of(self, turns: Sequence[Turn]) -> str:
        """The turns as HTML, one after the other."""
        known = self._known
        now: dict[int, tuple[Turn, str]] = {}
        for turn in turns:
            before = known.get(turn.number)
            now[turn.number] = before if before and before[0] is turn else (turn, _turn(turn))
        self._known = now
        return "".join(html for _, html in now.values())


def transcript_html(
    turns: Sequence[Turn],
    *,
    title: str,
    stage: str,
    written: WrittenTurns | None = None,
    sounds: Sounds | None = None,
) -> str:
    """The conversation as HTML for a notebook's file.

    Args:
        turns: The turns, oldest first; of very many, the last are written.
        title: Stands above them.
        stage: Where the conversation stands.
        written: Remembers turns that were written before.
        sounds: What can be listened to; with it, nothing that was written before is used.
    """
    head = _block("div", _HEAD, f"<b>{_plain(title)}</b> · stage <code>{_plain(stage)}</code>")
    shown = turns[-MOST_TURNS:]
    if sounds is None:
        body = (written or WrittenTurns()).of(shown)
    else:
        body = "".join(_turn(turn, sounds) for turn in shown) + _block("div", _NOTE, _plain(sounds.note))
    if len(turns) > MOST_TURNS:
        body = _block("div", _NOTE, f"… {len(turns) - MOST_TURNS:,} earlier turns are left out") + body
    return f'<div class="inb-static" style="{_ROOT}">{head}{body or _NOTHING}</div>'


def _turn(turn: Turn, sounds: Sounds | None = None) -> str:
    entries = "".join(_entry(entry) for entry in turn.entries)
    if sounds is not None:
        entries += sounds.player(turn.number, "bot")
    if turn.user_text is None:
        return entries
    said = f'<div dir="auto" style="{_USER}">{_user_words(turn)}</div>'
    if sounds is not None:
        said += sounds.player(turn.number, "user")
    return _block("div", _USER_ROW, said) + entries


def _user_words(turn: Turn) -> str:
    words = _plain(turn.user_text or "")
    if turn.item_id is None:
        return words
    if turn.transcription_error:
        return words + _block("span", _UNSURE, f"(not recognised: {_plain(turn.transcription_error)})")
    if not turn.is_transcribed:
        return words + _block("span", _UNSURE, "…")
    return words or _block("span", _UNSURE, "(nothing was recognised)")


def _spoken(entry: TextEntry) -> str:
    heard = markdown_to_html(shortened(entry.heard, LONGEST_TEXT))
    if not entry.is_interrupted:
        return heard
    mark = f"interrupted after {(entry.heard_ms or 0) / 1000:.1f} s"
    if entry.unheard:
        unheard = _plain(shortened(entry.unheard, LONGEST_TEXT))
        mark += f"; not heard: {_block('span', _UNHEARD, unheard)}"
    return heard + _block("div", _CUT, mark)


def _entry(entry: Entry) -> str:
    match entry:
        case TextEntry():
            return f'<div dir="auto" style="{_BOT}">{_spoken(entry)}</div>'
        case ToolEntry():
            return _tool(entry)
        case RouteEntry():
            return _move(entry)
        case ErrorEntry():
            return _block("div", _ERROR, f"<b>Error</b> ({_plain(entry.where)}): {_plain(entry.error)}")
        case NoticeEntry():
            return _block("div", _NOTE, _plain(entry.text))


def _tool(entry: ToolEntry) -> str:
    arguments = arguments_text(entry.arguments)
    parts = [f"<summary>Tool <code>{_plain(entry.name)}</code>: {entry.status}</summary>"]
    if arguments:
        parts.append("<div>Arguments</div>" + _block("pre", _PRE, _plain(shortened(arguments, LONGEST_RESULT))))
    if entry.output:
        parts.append("<div>Result</div>" + _block("pre", _PRE, _plain(shortened(entry.output, LONGEST_RESULT))))
    return _block("details", _TOOL, "".join(parts))


def _move(entry: RouteEntry) -> str:
    decision = entry.decision
    source, target = f"<code>{_plain(decision.source)}</code>", f"<code>{_plain(decision.target)}</code>"
    choice = _plain(shortened(decision.choice, 80))
    if decision.kind == "refused":
        return _block("div", _MOVE, f"{_MOVES['refused']} {choice} is no way out of {source}")
    return _block("div", _MOVE, f"{source} {_MOVES[decision.kind]} {target} · {decision.kind} {choice}")


def _plain(text: str) -> str:
    return escape(visible(text))


def _block(tag: str, style: str, inner: str) -> str:
    return f'<{tag} style="{style}">{inner}</{tag}>'
