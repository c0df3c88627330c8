"""How alike two texts are: by meaning when the model is there, by words when it is not."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Protocol

from intentional_nb.local.language.embedding import Encoder, load

__all__ = ["Matcher", "MeaningMatcher", "WordMatcher", "content_words", "default_matcher", "stem"]

_EVERYDAY_TEXT = """
a an the and or but if of to in on at for with from by as is are was were be been am do does did has have had
having i me my mine you your yours he him his she her it its we us our they them their theirs this that these
those there here what which who whom whose when where why how not no nor so than too very can could will would
shall should may might must just about into over under again then once please user users customer customers
person says say said asks ask asked wants want wanted would like likes s t d m re ve ll don doesn didn isn aren
won something anything some any get got let one give gives gave going go
"""
_EVERYDAY = frozenset(_EVERYDAY_TEXT.split())

_ENDINGS_TEXT = "ations ation ments ment ings ing ied ies ers ed es er ly s e y"
_ENDINGS = _ENDINGS_TEXT.split()


class Matcher(Protocol):
    """Tells how alike texts are; the numbers of one matcher are not those of another, hence its own thresholds."""

    threshold: float
    """A choice whose likeness is below this says too little to act on."""
    with_examples: float
    """Added to the threshold where examples say what is meant: a good match is closer there."""
    spread: float
    """How much likeness differs between a good and a bad match: the unit for every other piece of evidence."""

    def alike(self, one: str, other: str) -> float:
        """From 0 (nothing in common) to 1 (the same): how much of ``one`` is found in ``other``."""
        ...


class MeaningMatcher:
    """Sentence embeddings, compared as wholes and token by token.

    The whole catches what a sentence is about; the tokens catch the one word that decides it and that the mean of
    a long description drowns.
    """

    threshold = 0.15
    with_examples = 0.03
    spread = 1.0

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def alike(self, one: str, other: str) -> float:
        """Near 0 for unrelated sentences, above 0.5 for sentences about the same thing."""
        left, right = self._encoder.embed(one), self._encoder.embed(other)
        whole = float(left.whole @ right.whole)
        nearest = (left.tokens @ right.tokens.T).max(axis=1)
        return 0.5 * whole + 0.5 * float(nearest @ left.weights)


class WordMatcher:
    """Cosine of word stems and letter groups: blind to meaning, but it needs nothing installed."""

    threshold = 0.05
    with_examples = 0.0
    spread = 1.0

    def alike(self, one: str, other: str) -> float:
        """0 for texts without a common word stem or spelling."""
        return 0.75 * _cosine(_stems(one), _stems(other)) + 0.25 * _cosine(_letters(one), _letters(other))


@lru_cache(maxsize=1)
def default_matcher() -> Matcher:
    """Meaning when its weights can be had, words otherwise; decided once."""
    encoder = load()
    return MeaningMatcher(encoder) if encoder else WordMatcher()


def stem(word: str) -> str:
    """A word without its English endings, so that "moving", "moved" and "moves" meet.

    >>> {stem(word) for word in ("moving", "moved", "moves", "move")}
    {'mov'}
    """
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def content_words(text: str) -> list[str]:
    """The stems of the words that carry the subject."""
    plain = text.lower().replace("’", "'").replace("_", " ")
    words = re.findall(r"[^\W_]+", plain)
    return [stem(word) for word in words if word not in _EVERYDAY]


@lru_cache(maxsize=8192)
def _stems(text: str) -> Mapping[str, float]:
    words = content_words(text)
    return Counter(words + [f"{one} {two}" for one, two in pairwise(words)])


@lru_cache(maxsize=8192)
def _letters(text: str) -> Mapping[str, float]:
    spaced = f" {' '.join(content_words(text))} "
    return Counter(spaced[i : i + 3] for i in range(len(spaced) - 2))


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    shared = sum(count * other[key] for key, count in one.items() if key in other)
    if not shared:
        return 0.0
    return shared / math.sqrt(sum(v * v for v in one.values()) * sum(v * v for v in other.values()))
