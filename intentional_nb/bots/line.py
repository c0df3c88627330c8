"""Who talks to the model next: one at a time, in the order in which they came, unless somebody must go first."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable

__all__ = ["Line"]


class Line:
    """People who wait for their turn; all methods belong to one event loop."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_taken = False

    @contextlib.asynccontextmanager
    async def turn(
        self, *, goes_first: bool = False, meanwhile: Callable[[], Awaitable[None]] | None = None
    ) -> AsyncIterator[None]:
        """Wait for one's turn, and have it.

        Args:
            goes_first: Whether to come before all who wait already.
            meanwhile: Done while waiting; may see to it that the turn of now ends.
        """
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._waiting.appendleft if goes_first else self._waiting.append)(place)
        self._call_next()
        try:
            if meanwhile is not None:
                await meanwhile()
            await place
            yield
        finally:
            if not place.done():
                place.cancel()
            elif not place.cancelled():  # it was called, though perhaps nobody came any more
                self._is_taken = False
                self._call_next()

    def _call_next(self) -> None:
        while self._waiting and not self._is_taken:
            place = self._waiting.popleft()
            if not place.done():
                self._is_taken = True
                place.set_result(None)
