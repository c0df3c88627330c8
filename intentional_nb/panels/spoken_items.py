"""The bot's spoken items on their way to a page: small numbers for long ids, and which of them still sound."""

from __future__ import annotations

from collections import OrderedDict

__all__ = ["SpokenItems"]

REMEMBERED = 200
"""Items whose numbers are known: a page may report late."""


class SpokenItems:
    """Used under its owner's lock.

    Attributes:
        open: The number of the item of which more sound may come, or None.
        sounding: Numbers of the items that were sent and, as far as is known, not played to their end.
    """

    def __init__(self) -> None:
        self.open: int | None = None
        self.sounding: set[int] = set()
        self._numbers: OrderedDict[str, int] = OrderedDict()
        self._count = 0

    def number(self, item_id: str) -> int:
        """The number of an item; another one for one that is new."""
        if item_id not in self._numbers:
            self._count += 1
            self._numbers[item_id] = self._count
            if len(self._numbers) > REMEMBERED:
                self._numbers.popitem(last=False)
        return self._numbers[item_id]

    def item_id(self, number: object) -> str | None:
        """The item of this number; None when there is none, or it is long ago."""
        return next((item_id for item_id, known in reversed(self._numbers.items()) if known == number), None)

    def send(self, item_id: str) -> tuple[int, int | None]:
        """Sound of an item is sent: its number, and that of the item which is over by that."""
        number = self.number(item_id)
        over = self.open if self.open not in (None, number) else None
        self.open = number
        self.sounding.add(number)
        return number, over

    def close(self) -> int | None:
        """No more sound comes for now: the item that is over by that."""
        over, self.open = self.open, None
        return over

    def played(self, number: int) -> None:
        """An item was played to its end."""
        self.sounding.discard(number)

    def silence(self) -> bool:
        """Nothing sounds any more; whether anything did."""
        had_sound = bool(self.sounding)
        self.sounding.clear()
        self.open = None
        return had_sound
