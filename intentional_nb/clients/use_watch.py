"""Noticing that a session is not used any more: a server may charge for one, or let nobody else have it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["UseWatch"]

LOOKS = 10
"""How often to look in the time that must pass: what is noticed is at most a tenth of it late."""


class UseWatch:
    """Calls when something has not been used for long. It only looks: whoever uses it need not tell."""

    def __init__(self, limit_s: float, use: Callable[[], object | None], on_unused: Callable[[], None]) -> None:
        """Prepare it; nothing is watched until `watch`.

        Args:
            limit_s: How long is long; 0 for never.
            use: Gives something else after every use, and None while it is being used.
            on_unused: Called once.
        """
        self._limit_s = limit_s
        self._use = use
        self._on_unused = on_unused
        self._timer: asyncio.TimerHandle | None = None

    def watch(self) -> None:
        """From now on."""
        self.stop()
        if self._limit_s:
            self._look_again(self._use(), 0)

    def stop(self) -> None:
        """Until the next `watch`."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look_again(self, use: object | None, unchanged: int) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._limit_s / LOOKS, self._look, use, unchanged)

    def _look(self, before: object | None, unchanged: int) -> None:
        use = self._use()
        unchanged = unchanged + 1 if use is not None and use == before else 0
        if unchanged < LOOKS:
            self._look_again(use, unchanged)
        else:
            self._timer = None
            self._on_unused()
