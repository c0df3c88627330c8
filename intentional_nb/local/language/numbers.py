"""Numbers in sentences, in digits and in English words."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Found", "find_numbers", "ordinal"]

_UNITS_TEXT = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen
"""
_UNITS = _UNITS_TEXT.split()
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_WORDS: dict[str, int] = {
    **{word: value for value, word in enumerate(_UNITS)},
    **{word: 10 * value for value, word in enumerate(_TENS, start=2)},
    "dozen": 12,
    "couple": 2,
}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_ORDINALS_TEXT = """
first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
fifteenth sixteenth seventeenth eighteenth nineteenth twentieth
"""
_ORDINALS = _ORDINALS_TEXT.split()

LONGEST = 15
"""Digits of a number; what is longer is a code, and would not survive as a float."""

_TOKEN = re.compile(r"[-+]?\d+(?:,\d{3})*(?:\.\d+)?|[a-z]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """A number and where it stands in the text."""

    value: float
    start: int
    end: int


def find_numbers(text: str) -> list[Found]:
    """Every number in the text, from left to right.

    >>> [found.value for found in find_numbers("thirty-two people, 1,500 euros and a dozen eggs")]
    [32, 1500, 12]
    """
    found: list[Found] = []
    run: list[re.Match[str]] = []
    for token in _TOKEN.finditer(text):
        word = token[0].lower()
        if word in _WORDS or (word in _SCALES and run) or (word == "and" and run and _last(run) in _SCALES):
            if run and not _continues(run, word):
                found.append(_closed(run))
                run = []
            run.append(token)
            continue
        if run:
            found.append(_closed(run))
            run = []
        if word[-1].isdigit() and len(word) <= LONGEST and not _inside_word(text, token):
            found.append(_digits(token))
    return [*found, _closed(run)] if run else found


def ordinal(word: str) -> int | None:
    """The rank that an English ordinal names: "third", "21st", "twenty-first"; None for another word."""
    plain = word.lower().replace("-", " ").strip()
    if found := re.fullmatch(r"(\d+)(st|nd|rd|th)", plain):
        return int(found[1])
    *tens, last = plain.split() or [""]
    base = _WORDS.get(tens[0], 0) if tens else 0
    if last in _ORDINALS:
        return base + _ORDINALS.index(last) + 1
    return 30 if plain == "thirtieth" else None


def _last(run: list[re.Match[str]]) -> str:
    return run[-1][0].lower()


def _continues(run: list[re.Match[str]], word: str) -> bool:
    # "thirty two" is one number, "two three" are two.
    if word in _SCALES or word == "and" or _last(run) in _SCALES or _last(run) == "and":
        return True
    return _last(run) in _TENS and 0 < _WORDS.get(word, 0) < 10


def _closed(run: list[re.Match[str]]) -> Found:
    words = [token[0].lower() for token in run]
    while words[-1] == "and":
        words.pop()
        run = run[:-1]
    total, current = 0, 0
    for word in words:
        if word in _SCALES:
            current = max(current, 1) * _SCALES[word]
            if _SCALES[word] > 100:
                total, current = total + current, 0
        elif word != "and":
            current += _WORDS[word]
    return Found(total + current, run[0].start(), run[-1].end())


def _digits(token: re.Match[str]) -> Found:
    plain = token[0].replace(",", "")
    value = float(plain)
    return Found(int(value) if value.is_integer() else value, token.start(), token.end())


def _inside_word(text: str, token: re.Match[str]) -> bool:
    # "B12" and "3D" are names, "32" and "32kg" and "10%" hold numbers.
    before = text[token.start() - 1 : token.start()]
    return before.isalnum() or before == "_"
