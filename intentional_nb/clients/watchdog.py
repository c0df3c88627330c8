"""Nobody waits for a silent server for ever."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

__all__ = ["Watchdog"]


class Watchdog:
    """Calls when a server that owes a word has said nothing for too long.

    Attributes:
        last_word_at: When the server last said anything, by `time.monotonic`; whoever listens keeps it up to date.
        timeout_s: How long is too long.
    """

    def __init__(self, timeout_s: float, is_owed: Callable[[], bool], on_silence: Callable[[], None]) -> None:
        """Prepare it; it sleeps until `watch`.

        Args:
            timeout_s: How long is too long.
            is_owed: Whether the server owes a word at the moment.
            on_silence: Called when it does and says nothing.
        """
        self.last_word_at = 0.0
        self.timeout_s = timeout_s
        self._is_owed = is_owed
        self._on_silence = on_silence
        self._timer: asyncio.TimerHandle | None = None

    def watch(self) -> None:
        """From now on."""
        self.last_word_at = time.monotonic()
        self._wake_in(self.timeout_s)

    def sleep(self) -> None:
        """Until the next `watch`."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wake_in(self, seconds: float) -> None:
        self.sleep()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        rest_s = self.timeout_s - (time.monotonic() - self.last_word_at)
        if not self._is_owed():
            self._wake_in(self.timeout_s)
        elif rest_s > 0:
            self._wake_in(rest_s)
        else:
            self.sleep()
            self._on_silence()
