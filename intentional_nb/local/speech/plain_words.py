"""What remains of a model's text when it is spoken: no marks of Markdown, no addresses, no emoji."""

from __future__ import annotations

import html
import re
import unicodedata

__all__ = ["blocks"]

_FENCE = re.compile(r"^\s*(```|~~~)")
_RULE = re.compile(r"^[\s|:*_=-]*$")
_STARTS_BLOCK = re.compile(r"^\s*(#{1,6}\s|>|[-*+•]\s|\d{1,3}[.)]\s|\|)")
_MARKER = re.compile(r"^\s*(#{1,6}\s+|>\s?|[-*+•]\s+(\[[ xX]\]\s+)?)+")
_HEADING = re.compile(r"^\s*(#{1,6}\s|\|)")

_TAGS = (
    "a|b|br|code|del|details|div|em|h[1-6]|hr|i|img|ins|kbd|li|mark|ol|p|pre|s|small|span|strong|su[bp]|summary|u|ul"
)
_REPLACED = [
    (re.compile(r"!?\[([^\]\n]*)\]\([^)\s]*(?:\s+\"[^\"]*\")?\)"), r"\1"),  # links and pictures: their text
    (re.compile(r"<((?:https?://|mailto:)[^>\s]+)>"), r"\1"),
    (re.compile(r"\b(?:https?://(?:www\.)?|mailto:)([^\s/?#<>]+)[^\s<>]*?(?=[.,;:!?)\]]*(?:\s|$))"), r"\1"),
    (re.compile(rf"(?i)</?(?:{_TAGS})\b[^<>]*>"), " "),
    (re.compile(r"(`+)(.+?)\1"), r"\2"),
    (re.compile(r"(\*\*\*|___)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(\*\*|__|~~)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*\\])([*_])(?=[^\s*_])(.+?)(?<=[^\s*_\\])\1(?![\w*])"), r"\2"),
    (re.compile(r"\\([!-/:-@\[-`{-~])"), r"\1"),
]

_LONELY = re.compile(r" (?=[.,;:!?…]+(?: |$))")
"""The blank before a mark, where an emoji was."""
_CELLS = re.compile(r"\s*\|\s*")
_PICTURES_FROM = "\u2190"
"""Symbols before it, such as a degree sign, are read; those after it are pictures, arrows apart."""


def blocks(text: str) -> list[str]:
    r"""The paragraphs, headings, list items and table rows of a text in Markdown, as plain words on one line each.

    >>> blocks("## Hours\n\n- **Monday:** [10:00](x) 🎉\n- _closed_ on\n  Sunday")
    ['Hours', 'Monday: 10:00', 'closed on Sunday']
    """
    return [words for block in _joined(text) if (words := _plain(block))]


def _joined(text: str) -> list[str]:
    """Lines that belong together, as one."""
    found: list[str] = []
    is_open = False
    for line in text.splitlines():
        if not line.strip() or _FENCE.match(line) or _RULE.match(line):
            is_open = False
        elif is_open and not _STARTS_BLOCK.match(line):
            found[-1] += f" {line.strip()}"
        else:
            found.append(line.strip())
            is_open = not _HEADING.match(line)
    return found


def _plain(block: str) -> str:
    words = _MARKER.sub("", block)
    if words.startswith("|"):
        words = _CELLS.sub(", ", words.strip("| \t"))
    for pattern, replacement in _REPLACED:
        words = pattern.sub(replacement, words)
    words = " ".join("".join(filter(_is_read, html.unescape(words))).split())
    return _LONELY.sub("", words)


def _is_read(character: str) -> bool:
    if character in "\u200d\u20e3\ufe0e\ufe0f" or "\U0001f3fb" <= character <= "\U0001f3ff":
        return False  # what joins, frames and colours emoji
    return character < _PICTURES_FROM or unicodedata.category(character) != "So"
