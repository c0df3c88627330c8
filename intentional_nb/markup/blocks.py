"""Markdown cut into its top-level blocks, so that of a growing message only the last one has to be looked at again."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock

__all__ = ["blocks", "mended", "parser"]

DEEPEST = 60
"""Levels of nesting; a list and its items count as two."""
MOST_CELLS = 4_000
"""Of a table: a short row is filled up with empty cells, so a few bytes could make a page full of them."""

WINDOW = 60_000
"""In characters. A block that does not end within as many is one with all that follows it."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_ITEM_BEGUN = re.compile(r" {0,3}(?:\d{1,9}|[-*+](?:[ \t]*[-*+])*)[ \t]*")


def parser() -> MarkdownIt:
    """A parser of what is understood here: CommonMark, tables and strikethrough, but no HTML and no references."""
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST})
    markdown.enable(["table", "strikethrough"]).disable(["reference", "html_block", "html_inline"])
    markdown.block.ruler.at("table", _bounded_table, {"alt": ["paragraph", "reference"]})
    return markdown


def blocks(text: str) -> list[str]:
    """The text cut at its top-level blocks: paragraphs, lists, code, tables and so on.

    Joined they are the text again, each with the empty lines after it. Whatever is appended to the text changes only
    the last: the others are final. So a message that grows needs no more than::

        *finished, tail = blocks(tail + delta)
    """
    found: list[str] = []
    while len(text) > WINDOW:
        # What is final in a part of the text is final in all of it.
        *final, _ = _cut(text[:WINDOW])
        if not final:
            return [*found, text]
        found += final
        text = text[sum(map(len, final)) :]
    return found + _cut(text)


def _cut(text: str) -> list[str]:
    lines = _LINE.findall(text)
    starts = _starts(text)
    if len(starts) > 1 and _may_still_join(lines, *starts[-2:]):
        starts.pop()
    firsts = [0, *(line for line, _ in starts[1:])]
    ends = [*firsts[1:], len(lines)]
    return ["".join(lines[first:end]) for first, end in zip(firsts, ends, strict=True)] if lines else []


def _starts(text: str) -> list[tuple[int, str]]:
    """For each top-level block its first line and its kind."""
    from markdown_it.rules_core import StateCore

    markdown = _parser()
    state = StateCore(text, markdown, {})
    markdown.core.ruler.getRules("")[0](state)  # line ends and NUL, as for rendering
    markdown.block.parse(state.src, markdown, {}, state.tokens)
    return [(token.map[0], token.type) for token in state.tokens if token.level == 0 and token.map]


def _may_still_join(lines: list[str], before: tuple[int, str], last: tuple[int, str]) -> bool:
    """Whether the last line, not yet at its end, may turn the block it is in into a part of the one before.

    ``***`` under a paragraph is a rule, and with a letter more the paragraph's next line.
    """
    start, kind = last
    is_two_lines_of_a_table = kind == "table_open" and start == len(lines) - 2
    if lines[-1][-1] in "\r\n" or not (start == len(lines) - 1 or is_two_lines_of_a_table):
        return False
    if is_two_lines_of_a_table:
        return start not in [line for line, _ in _starts("".join(lines[:-1]))]
    if lines[start - 1].strip(" \t\r\n"):
        return True
    return before[1] in ("bullet_list_open", "ordered_list_open") and _ITEM_BEGUN.fullmatch(lines[-1]) is not None


@cache
def _parser() -> MarkdownIt:
    return parser()


def _bounded_table(state: StateBlock, start: int, end: int, is_silent: bool) -> bool:
    from markdown_it.rules_block.table import table

    if not table(state, start, end, True):
        return False
    columns = 1 + state.src.count("|", state.bMarks[start + 1], state.eMarks[start + 1])
    most_rows = MOST_CELLS // columns
    if start + most_rows < end and not any(map(state.isEmpty, range(start, start + most_rows))):
        return False
    return is_silent or table(state, start, end, False)


# ---- the end of a text that still grows ----

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})", re.MULTILINE)
_UNDERLINE_OR_BULLET = re.compile(r"\n {0,3}(?:-+|=+|[*+]|\d{1,9}[.)])[ \t]*\Z")
_CELLS_BEGUN = re.compile(r" {0,3}\|[^\n]*(?:\n[ \t|:-]*)?\Z")
_LINK_BEGUN = re.compile(r"!?\[([^\[\]\n]*)(?:\]\([^()\s]*)?\Z")
_MARKS = re.compile(r"\\.|`+|\*\*|~~|(?<![\w*])\*(?=[^\s*])|(?<=[^\s*])\*(?![\w*])", re.DOTALL)


def mended(block: str) -> str:
    """The last block of a growing text, with what was begun in it brought to an end.

    Otherwise a table is a line of bars until its second line is complete, a list flashes up as a heading when its first
    dash arrives, and bold text shows its stars until they are closed.
    """
    fences = _FENCE.findall(block)
    if len(fences) % 2:
        last = block.rpartition("\n")[2].strip()
        is_closing = bool(last) and len(last) < 3 and set(last) == {fences[0][0]}
        return block[: block.rindex("\n") + 1] if is_closing else block
    if fences and block.rstrip().endswith(fences[-1]):
        return block
    if _CELLS_BEGUN.match(block):
        return _table(block)
    return _closed(_UNDERLINE_OR_BULLET.sub("\n", block))


def _table(block: str) -> str:
    header = block.partition("\n")[0].rstrip()
    columns = header.strip().strip("|").count("|") + 1
    return f"{header}\n|{'---|' * columns}\n"


def _closed(block: str) -> str:
    """The block with its last paragraph's open marks closed, and a link that has only begun shown as its text."""
    head, gap, last = _last_paragraph(block)
    last = _LINK_BEGUN.sub(r"\1", last)
    # Marks at the very end close something, or are half of what will: those that are due are put back.
    last = last.rstrip(" \n\t*~`")
    open_marks: list[str] = []
    for mark in _MARKS.findall(last):
        if mark in open_marks:
            del open_marks[open_marks.index(mark) :]
        elif not mark.startswith("\\") and not any(earlier.startswith("`") for earlier in open_marks):
            open_marks.append(mark)
    return head + gap + last + "".join(reversed(open_marks))


def _last_paragraph(block: str) -> tuple[str, str, str]:
    gaps = list(re.finditer(r"\n[ \t]*\n|\n(?= *(?:[-*+>|]|\d{1,9}[.)]))", block))
    if not gaps:
        return "", "", block
    return block[: gaps[-1].start()], gaps[-1][0], block[gaps[-1].end() :]
