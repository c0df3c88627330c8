"""How far the local voice has come with making itself ready, for those who wait for it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from intentional_nb.markup import visible
from intentional_nb.panels.worker import Worker

__all__ = ["LoadingWatch", "loading_view"]

LOOK_S = 0.2
"""Between two looks."""
PATIENCE_S = 3.0
"""How long it may take until there is something to see."""

_PROGRESS = re.compile(r"(?P<what>.*?),? (?P<percent>\d+)%$", re.DOTALL)


class LoadingWatch:
    """Looks at it from time to time, as long as there is something to see.

    Attributes:
        value: What the page is told; None when nothing is being loaded.
    """

    def __init__(
        self,
        ask: Callable[[], str | None],
        changed: Callable[[], object],
        *,
        patience_s: float = PATIENCE_S,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Start with nothing known.

        Args:
            ask: Gives a sentence that ends in a percentage while something is loaded, else anything else or nothing.
            changed: Called, in a thread of its own, when `value` has changed.
            patience_s: How long a look may go on with nothing to be seen yet.
            clock: The present, in seconds.
            sleep: Waits for so many seconds.
        """
        self.value: dict[str, Any] | None = None
        self._ask, self._changed = ask, changed
        self._patience_s, self._clock, self._sleep = patience_s, clock, sleep
        self._worker = Worker("intentional-nb loading", lambda error: None)

    def look(self) -> None:
        """Begin to look, unless somebody does; returns at once, from any thread."""
        self._worker.submit(self._follow)

    def _follow(self) -> None:
        deadline_s = self._clock() + self._patience_s
        while (seen := loading_view(self._ask())) is not None or self._clock() < deadline_s:
            self._set(seen)
            if seen is not None:
                deadline_s = 0.0
            self._sleep(LOOK_S)
        self._set(None)

    def _set(self, value: dict[str, Any] | None) -> None:
        if value != self.value:
            self.value = value
            self._changed()


def loading_view(sentence: str | None) -> dict[str, Any] | None:
    """The sentence as a page shows it: ``text``, and ``share`` from 0 to 1; None when it tells of no progress.

    >>> loading_view("the local voice is being made ready: its ears, 40%")
    {'text': 'The local voice is being made ready: its ears', 'share': 0.4}
    """
    found = _PROGRESS.fullmatch(sentence or "")
    if found is None:
        return None
    what = visible(found["what"])
    return {"text": what[:1].upper() + what[1:], "share": min(int(found["percent"]), 100) / 100}
