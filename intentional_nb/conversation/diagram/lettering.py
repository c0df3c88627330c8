"""Words on a diagram: how wide they come out, and how they are cut into lines that fit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from intentional_nb.markup import visible

__all__ = ["balanced", "one_line", "width_of", "wrapped"]

_WIDTHS = {
    22: "ijl'|",
    28: " !,./:;I[\\]ft",
    33: '"()-`r{}',
    39: "*^",
    50: "Jcksvxyz",
    61: "+<=>FTZ~",
    67: "&ABEKPSVXY",
    72: "CDHNRUw",
    78: "GOQ",
    84: "Mm",
    89: "%",
    95: "W",
    102: "@",
}
_WIDTH_BY_LETTER = {letter: width / 100 for width, letters in _WIDTHS.items() for letter in letters}
_USUAL = 0.56
_BOLD = 1.08

_JOINS_THE_LETTER_BEFORE = re.compile("[\u200c\u200d\ufe0e\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_WORD = re.compile(r"\S+ ?")
_PART = re.compile(r"[^_\-./:,;|]*(?:[_\-./:,;|]+ ?|$)")


def one_line(text: str, longest: int = 2_000) -> str:
    """The text with nothing hidden in it, on one line, and cut where it is absurdly long."""
    shown = " ".join(visible(text[:longest]).split())
    return shown + "…" if len(text) > longest else shown


def width_of(text: str, size: float, *, is_bold: bool = False) -> float:
    """About how many units ``text`` takes in Helvetica, Arial or a face like them; rather too many than too few.

    Args:
        text: On one line.
        size: Of the letters, in the same units.
        is_bold: Whether they are bold.
    """
    return sum(map(_letter_width, text)) * size * (_BOLD if is_bold else 1)


def _letter_width(letter: str) -> float:
    if letter < "\x7f":
        return _WIDTH_BY_LETTER.get(letter, _USUAL)
    if unicodedata.category(letter)[0] == "M" or _JOINS_THE_LETTER_BEFORE.match(letter):
        return 0
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.05 if letter < "\U0001f000" else 1.3
    return 0.95 if letter in "…—№" else 0.72


def wrapped(text: str, size: float, widest: float, most_lines: int, *, is_bold: bool = False) -> list[str]:
    """The text in lines of at most ``widest`` units; what does not fit into ``most_lines`` is an ellipsis.

    Lines end between words; a word that is too long for a line ends one after an underscore or the like, or anywhere.
    """

    def fits(line: str) -> bool:
        return width_of(line.rstrip(), size, is_bold=is_bold) <= widest

    lines = [""]
    for piece in _pieces(one_line(text), fits):
        if lines[-1] and not fits(lines[-1] + piece):
            if len(lines) == most_lines:
                return [*(line.strip() for line in lines[:-1]), _with_ellipsis(lines[-1] + piece, fits)]
            lines.append("")
        lines[-1] += piece
    return [line.strip() for line in lines]


def _pieces(text: str, fits: Callable[[str], bool]) -> Iterator[str]:
    """The text in pieces that need not be cut: words with the space after them, parts of words, or letters."""
    for word in _WORD.findall(text):
        for part in [word] if fits(word) else _PART.findall(word):
            yield from [part] if fits(part) else _letters(part)


def _with_ellipsis(line: str, fits: Callable[[str], bool]) -> str:
    letters = _letters(line)
    while letters and not fits("".join(letters) + "…"):
        letters.pop()
    return "".join(letters).rstrip(" _-./:,;|") + "…"


def balanced(text: str, size: float, widest: float, most_lines: int) -> list[str]:
    """Bold text in as few lines as `wrapped` would make, but of much the same width."""
    lines = wrapped(text, size, widest, most_lines, is_bold=True)
    if len(lines) == 1 or lines[-1].endswith("…"):
        return lines
    narrow = width_of(one_line(text), size, is_bold=True) / len(lines)
    tries = (wrapped(text, size, narrow + step * size / 2, most_lines, is_bold=True) for step in range(20))
    fitting = (attempt for attempt in tries if len(attempt) == len(lines) and not attempt[-1].endswith("…"))
    return next(fitting, lines)


def _letters(text: str) -> list[str]:
    """The text as readers see its letters: with the accents and joiners that belong to them."""
    letters: list[str] = []
    for char in text:
        is_joined = bool(letters) and (letters[-1].endswith("\u200d") or _is_part(char))
        if is_joined:
            letters[-1] += char
        else:
            letters.append(char)
    return letters


def _is_part(char: str) -> bool:
    return unicodedata.category(char)[0] == "M" or _JOINS_THE_LETTER_BEFORE.match(char) is not None
