"""Ids for the parts of a drawing: from the names, so that they can be guessed, and no two alike."""

from __future__ import annotations

import re

__all__ = ["Keys"]

_LONGEST = 48


class Keys:
    """Hands out ids in the order of asking.

    >>> keys = Keys()
    >>> keys.new("stage", "ask name"), keys.new("stage", "ask name"), keys.new("stage", "年")
    ('stage-ask-name', 'stage-ask-name-2', 'stage-x')
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def new(self, *parts: str) -> str:
        """An id that begins with ``parts``, joined, with everything but letters, digits and underscores replaced."""
        wanted = "-".join(_slug(part) for part in parts)
        key, number = wanted, 1
        while key in self._taken:
            number += 1
            key = f"{wanted}-{number}"
        self._taken.add(key)
        return key


def _slug(part: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]+", "-", part[: 4 * _LONGEST]).strip("-")[:_LONGEST] or "x"
