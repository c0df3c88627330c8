"""Adding up what grows at its end: a long past is looked at once, and not again at each update."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import is_
from typing import Generic, TypeVar

__all__ = ["Total"]

LIVELY = 4
"""Values at the end that may still change, and are added anew each time."""

T = TypeVar("T")
S = TypeVar("S")


class Total(Generic[T, S]):
    """What all values of a sequence come to. Any thread may ask.

    A value counts as the same only if it is the very same object. When one of the older values is another, or is gone,
    everything is added up anew.
    """

    def __init__(self, nothing: S, add: Callable[[S, T], S]) -> None:
        """Add up nothing yet.

        Args:
            nothing: What no values come to.
            add: Makes a new total of one and the next value; it must change neither.
        """
        self._nothing = nothing
        self._add = add
        self._settled: tuple[tuple[T, ...], S] = (), nothing

    def of(self, values: Sequence[T]) -> S:
        """What these values come to."""
        known, total = self._settled
        settled = tuple(values[:-LIVELY])
        if len(settled) < len(known) or not all(map(is_, known, settled)):
            known, total = (), self._nothing
        for value in settled[len(known) :]:
            total = self._add(total, value)
        self._settled = settled, total
        for value in values[len(settled) :]:
            total = self._add(total, value)
        return total
