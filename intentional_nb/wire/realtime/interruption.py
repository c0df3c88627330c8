"""The arithmetic of being interrupted: what of a spoken item the server must forget.

Times are milliseconds of the item's own audio that were really played, never of a clock. Nothing here sends anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Action", "Interruption", "heard_text", "plan"]

_LONGEST_WORD = 32
"""What is longer is no word, but written in a language without spaces."""

Action = Literal["truncated", "deleted", "kept"]
"""What was done with an item: its unheard end taken away, all of it, or nothing."""


@dataclass(frozen=True, slots=True)
class Interruption:
    """What `ClientHalf.interrupt` did.

    Attributes:
        item_id: The spoken item that was being played; empty when none was.
        action: What became of it.
        heard_ms: How much of it was played, never more than ``received_ms``.
        received_ms: How much of it had come.
        heard_text: About what the user heard of it.
        response_id: The response that was cancelled; empty when none was active.
        unheard_item_ids: Other items of which nothing had been played; they are deleted.
    """

    item_id: str = ""
    action: Action = "kept"
    heard_ms: int = 0
    received_ms: int = 0
    heard_text: str = ""
    response_id: str = ""
    unheard_item_ids: tuple[str, ...] = ()


def plan(played_ms: int | None, received_ms: int, *, is_complete: bool) -> tuple[Action, int]:
    """What to do with an item, and how much of it counts as heard.

    Args:
        played_ms: How much was played; None when all that came was.
        received_ms: How much came.
        is_complete: Whether all of the item's audio came.

    >>> plan(700, 2_000, is_complete=True)
    ('truncated', 700)
    >>> plan(2_100, 2_000, is_complete=True)
    ('kept', 2000)
    >>> plan(2_100, 2_000, is_complete=False)  # the server holds more than it has sent
    ('truncated', 2000)
    """
    heard_ms = received_ms if played_ms is None else min(max(0, played_ms), received_ms)
    if heard_ms == 0:
        # A truncation at 0 is refused, as is one of an item without audio: such an item goes as a whole.
        return "deleted", 0
    if is_complete and heard_ms == received_ms:
        return "kept", heard_ms
    return "truncated", heard_ms


def heard_text(text: str, heard_ms: int, received_ms: int) -> str:
    """About what was heard of ``text``: its share in proportion to the time, in whole words.

    >>> heard_text("one two three four", 500, 1_000)
    'one two'
    """
    if heard_ms <= 0 or received_ms <= 0:
        return ""
    if heard_ms >= received_ms:
        return text
    end = round(len(text) * heard_ms / received_ms)
    heard = text[:end]
    last = ["", *heard.split()][-1]
    is_cut = heard.endswith(last) and bool(text[end : end + 1].strip())
    if is_cut and len(last) <= _LONGEST_WORD:  # a word that was not heard to its end
        heard = heard[: end - len(last)]
    return heard.rstrip()
