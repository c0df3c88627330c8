"""Whether two descriptions say almost the same: a cheap look at their words, no model."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache

__all__ = ["are_alike"]

_EMPTY_WORDS = frozenset(
    # Words that nearly every description has.
    re.findall(
        r"\w+",
        """a an and any are as at be been by do does for from has have he her his if in is it its of on or she so some
        that the their them then there they this to user users was were when which who will with would you your""",
    )
)
_NEGATIONS = frozenset(
    re.findall(r"\w+", "no not never none nothing nobody neither nor without cannot refuse refuses decline declines")
)

_SHARED_WORDS = 0.85
_SHARED_ORDER = 0.92
_MOST_WORDS = 100


def are_alike(first: str, second: str) -> bool:
    """Whether a reader could hardly say what tells ``first`` from ``second``.

    Two descriptions of which only one negates are never alike, however many words they share.

    >>> are_alike("The user wants a table for tonight.", "the user wants tables for tonight")
    True
    >>> are_alike("the user is available", "the user is not available")
    False
    """
    one, other = _words(first), _words(second)
    if not one or not other:
        return False
    if _NEGATIONS & set(one) != _NEGATIONS & set(other):
        return False
    return _alike(*sorted((one, other)))


@lru_cache(maxsize=8192)
def _words(text: str) -> tuple[str, ...]:
    """The words that carry meaning, without endings."""
    words = re.findall(r"\w+", text.casefold().replace("n't", " not").replace("n’t", " not"))
    return tuple(_stem(word) for word in words[:_MOST_WORDS] if word not in _EMPTY_WORDS)


def _stem(word: str) -> str:
    if word in _NEGATIONS:
        return word
    for ending in ("s", "ing", "ed", "e"):
        if len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
    return word


@lru_cache(maxsize=8192)
def _alike(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    shared = len({*one} & {*other}) / len({*one} | {*other})
    if shared >= _SHARED_WORDS:
        return True
    # Word order costs more to compare, and cannot help texts with few words in common.
    return shared > 0.6 and SequenceMatcher(None, one, other, autojunk=False).ratio() >= _SHARED_ORDER
