"""The transcript as a page shows it: plain dicts, and the operations that lead from one state of them to the next.

Pure: nothing here knows of a kernel, a thread or a widget. The shapes are the ones that the header of ``page/store.js``
describes; what is HTML in them stands under ``html`` and comes from `markdown_to_html`, everything else is text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from intentional_nb.bots.transcript import Entry, ErrorEntry, NoticeEntry, RouteEntry, TextEntry, ToolEntry, Turn
from intentional_nb.markup import blocks, markdown_to_html, visible

__all__ = [
    "LONGEST_RESULT",
    "LONGEST_TEXT",
    "GrowingText",
    "Operation",
    "TurnViews",
    "View",
    "arguments_text",
    "entry_view",
    "shortened",
    "turn_changes",
    "turn_view",
]

View = dict[str, Any]
"""A turn or an entry as the page knows it."""
Operation = list[Any]
"""A change: its name, then what it needs."""

LONGEST_TEXT = 100_000
"""Characters of one message that a panel shows; the transcript keeps them all."""
LONGEST_RESULT = 20_000
"""Characters of a tool's arguments or result that a panel shows."""
LONGEST_PREVIEW = 80
"""Characters of a call's arguments in its one-line heading."""


class GrowingText:
    """The HTML of one text that grows at its end: what is finished is neither parsed nor drawn again."""

    def __init__(self) -> None:
        self._finished = ""
        self._html: list[str] = []

    def html(self, text: str, *, is_growing: bool) -> list[str]:
        """The blocks of ``text`` as HTML; any text may be given, one that continues the last is quick."""
        if not text.startswith(self._finished):
            self._finished, self._html = "", []
        parts = blocks(text[len(self._finished) :])
        for part in parts[:-1]:
            self._finished += part
            self._html.append(markdown_to_html(part))
        return self._html + [markdown_to_html(part, is_growing=is_growing) for part in parts[-1:]]


class TurnViews:
    """Views of a growing transcript, made anew only where it changed."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Turn, View]] = {}
        self._growing = GrowingText()

    def of(self, turns: Sequence[Turn]) -> list[View]:
        """The views of these turns; those of turns and entries that did not change are the very same objects."""
        known, self._known = self._known, {}
        for turn in turns:
            before = known.get(turn.number)
            if before is not None and before[0] is turn:
                self._known[turn.number] = before
            else:
                self._known[turn.number] = (turn, self._view(turn, *(before or (None, None))))
        return [view for _, view in self._known.values()]

    def _view(self, turn: Turn, before: Turn | None, known: View | None) -> View:
        entries = []
        for index, entry in enumerate(turn.entries):
            if known is not None and before is not None and _is_settled(before, turn, index):
                entries.append(known["entries"][index])
            elif _is_growing(turn, index):
                entries.append(entry_view(entry, is_growing=True, text=self._growing))
            else:
                entries.append(entry_view(entry))
        return turn_view(turn, entries)


def turn_view(turn: Turn, entries: list[View]) -> View:
    """A turn as the page shows it, given the views of its entries."""
    view: View = {
        "n": turn.number,
        "user": turn.user_text,
        "status": turn.status,
        "at": round(turn.started_at.timestamp() * 1000),
        "ms": round(turn.duration_ms),
        "entries": entries,
    }
    if turn.user_text is not None and (shown := visible(turn.user_text)) != turn.user_text:
        view["shown"] = shown
    if turn.item_id is not None:
        view["speech"] = _speech(turn)
        if turn.transcription_error:
            view["why"] = visible(turn.transcription_error)
    return view


def _speech(turn: Turn) -> Literal["waiting", "partial", "final", "nothing", "failed"]:
    """How much is known of what the user said."""
    if turn.transcription_error:
        return "failed"
    if turn.user_text:
        return "final" if turn.is_transcribed else "partial"
    return "nothing" if turn.is_transcribed else "waiting"


def _is_growing(turn: Turn, index: int) -> bool:
    return turn.status == "running" and index == len(turn.entries) - 1


def _is_settled(before: Turn, now: Turn, index: int) -> bool:
    if index >= len(before.entries) or before.entries[index] is not now.entries[index]:
        return False
    return _is_growing(before, index) == _is_growing(now, index)


def entry_view(entry: Entry, *, is_growing: bool = False, text: GrowingText | None = None) -> View:
    """One thing in a turn as the page shows it.

    Args:
        entry: The entry.
        is_growing: More of it is to come.
        text: Remembers what was drawn of a growing text.
    """
    match entry:
        case TextEntry():
            return _text_view(entry, is_growing, text or GrowingText())
        case ToolEntry():
            return _tool_view(entry)
        case RouteEntry():
            return _route_view(entry)
        case ErrorEntry():
            return {"k": "error", "text": visible(entry.error), "where": visible(entry.where)}
        case NoticeEntry():
            return {"k": "notice", "text": visible(entry.text)}


def _text_view(entry: TextEntry, is_growing: bool, text: GrowingText) -> View:
    more = len(entry.heard) - LONGEST_TEXT
    html = text.html(entry.heard[:LONGEST_TEXT], is_growing=is_growing and more <= 0)
    view: View = {"k": "text", "html": html}
    if more > 0:
        view["more"] = more
    if entry.is_interrupted:
        unheard = visible(shortened(entry.unheard, LONGEST_TEXT))
        view["cut"] = {"ms": entry.heard_ms or 0, "unheard": unheard}
    return view


def _tool_view(entry: ToolEntry) -> View:
    written = arguments_text(entry.arguments)
    preview = " ".join(_pair(name, value) for name, value in entry.arguments.items())
    return {
        "k": "tool",
        "name": visible(entry.name),
        "preview": visible(shortened(preview.replace("\n", " "), LONGEST_PREVIEW)),
        "arguments": visible(shortened(written, LONGEST_RESULT)),
        "status": entry.status,
        "output": visible(shortened(_laid_out(entry.output), LONGEST_RESULT)),
        "ms": round(entry.duration_ms),
    }


def _route_view(entry: RouteEntry) -> View:
    decision = entry.decision
    return {
        "k": "route",
        "kind": decision.kind,
        "source": visible(decision.source),
        "target": visible(decision.target),
        "choice": visible(shortened(decision.choice, LONGEST_PREVIEW)),
        "options": [visible(option) for option in decision.options],
        "trail": [visible(stage) for stage in decision.trail],
        "ms": round(decision.duration_ms),
    }


def arguments_text(arguments: Mapping[str, Any]) -> str:
    """A call's arguments as indented JSON; nothing for none, and what the model wrote when it was not JSON."""
    if not arguments:
        return ""
    if set(arguments) == {"_raw"}:
        return str(arguments["_raw"])
    return json.dumps(dict(arguments), indent=2, ensure_ascii=False, default=str)


def _laid_out(output: str) -> str:
    """A result that is a JSON object or array on one line, on several; any other as it is."""
    if not output.startswith(("{", "[")) or len(output) > LONGEST_RESULT:
        return output
    try:
        return json.dumps(json.loads(output), indent=2, ensure_ascii=False)
    except ValueError:
        return output


def _pair(name: str, value: Any) -> str:
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return str(shown) if name == "_raw" else f"{name}: {shown}"


def shortened(text: str, longest: int) -> str:
    """The text, or as much of its beginning as is allowed and how much more there is."""
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text) - longest:,} more characters)"


def turn_changes(old: Sequence[View], new: Sequence[View]) -> list[Operation]:
    """The operations that make ``new`` of ``old``.

    ``["drop", [n, …]]`` takes turns away, ``["turn", turn]`` adds one, ``["set", n, fields]`` changes a turn's own
    fields, ``["entry", n, index, entry]`` adds or replaces one of its entries, and ``["text", n, index, keep, html]``
    keeps the first blocks of a text and replaces the others.
    """
    before = {view["n"]: view for view in old}
    now = {view["n"] for view in new}
    operations: list[Operation] = []
    if gone := [number for number in before if number not in now]:
        operations.append(["drop", gone])
    for view in new:
        known = before.get(view["n"])
        if known is None:
            operations.append(["turn", view])
        elif known is not view:
            operations += _within_turn(known, view)
    return operations


def _within_turn(old: View, new: View) -> list[Operation]:
    if len(new["entries"]) < len(old["entries"]) or old.keys() - new.keys():
        return [["turn", new]]
    operations: list[Operation] = []
    fields = {name: value for name, value in new.items() if name != "entries" and old.get(name) != value}
    if fields:
        operations.append(["set", new["n"], fields])
    for index, entry in enumerate(new["entries"]):
        known = old["entries"][index] if index < len(old["entries"]) else None
        if known is not entry and known != entry:
            operations.append(_of_entry(new["n"], index, known, entry))
    return operations


def _of_entry(number: int, index: int, old: View | None, new: View) -> Operation:
    if old is None or not _is_plain_text(old) or not _is_plain_text(new):
        return ["entry", number, index, new]
    keep = 0
    for known, html in zip(old["html"], new["html"], strict=False):
        if known != html:
            break
        keep += 1
    return ["text", number, index, keep, new["html"][keep:]]


def _is_plain_text(view: View) -> bool:
    return view["k"] == "text" and view.keys() == {"k", "html"}
