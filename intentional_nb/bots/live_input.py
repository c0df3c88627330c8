"""A microphone's audio on its way to the session: taken from any thread at once, sent in order by the loop."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any

from intentional_nb.audio.pcm import BYTES_PER_MS
from intentional_nb.bots import runtime

__all__ = ["MOST_MS", "LiveInput"]

MOST_MS = 10_000
"""How much may wait to be sent: a session that is being opened takes a second or two."""

Action = Callable[[], Awaitable[Any]]


class LiveInput:
    """Chunks and what is done between them, such as a commit, in the order in which they came.

    When more than `MOST_MS` of audio waits, the oldest of it is lost, and told.
    """

    def __init__(
        self,
        send: Callable[[bytes], Awaitable[None]],
        on_loss: Callable[[float], None],
        on_failure: Callable[[BaseException], None],
    ) -> None:
        """Start with nothing waiting.

        Args:
            send: Sends a chunk.
            on_loss: Told how many milliseconds of audio were lost, once for all that are lost in a row.
            on_failure: Told of the error when a chunk could not be sent, once for all in a row.
        """
        self._send, self._on_loss, self._on_failure = send, on_loss, on_failure
        self._waiting: deque[bytes | tuple[Action, Future[Any]]] = deque()
        self._bytes = 0
        self._lost = 0
        self._is_failing = False
        self._is_sending = False
        self._lock = threading.Lock()

    def put(self, pcm: bytes) -> None:
        """Take a chunk."""
        with self._lock:
            self._waiting.append(pcm)
            self._bytes += len(pcm)
            while self._bytes > MOST_MS * BYTES_PER_MS:
                self._lose_oldest()
        self._wake()

    def _lose_oldest(self) -> None:
        index = next(index for index, item in enumerate(self._waiting) if isinstance(item, bytes))
        oldest = self._waiting[index]
        del self._waiting[index]
        self._bytes -= len(oldest)
        self._lost += len(oldest)

    def then(self, action: Action) -> Future[Any]:
        """Do something after all audio so far.

        Returns:
            What comes of it.
        """
        future: Future[Any] = Future()
        with self._lock:
            self._waiting.append((action, future))
        self._wake()
        return future

    def drop(self) -> None:
        """Forget the audio that waits."""
        with self._lock:
            self._waiting = deque(item for item in self._waiting if not isinstance(item, bytes))
            self._bytes = 0

    def _wake(self) -> None:
        with self._lock:
            if self._is_sending:
                return
            self._is_sending = True
        runtime.submit(self._serve())

    async def _serve(self) -> None:
        while (item := self._next()) is not None:
            if isinstance(item, bytes):
                await self._try_to_send(item)
            else:
                await _do(*item)

    def _next(self) -> bytes | tuple[Action, Future[Any]] | None:
        with self._lock:
            lost, self._lost = self._lost, 0
            item = self._waiting.popleft() if self._waiting else None
            self._is_sending = item is not None
            if isinstance(item, bytes):
                self._bytes -= len(item)
        if lost:
            self._on_loss(lost / BYTES_PER_MS)
        return item

    async def _try_to_send(self, pcm: bytes) -> None:
        try:
            await self._send(pcm)
        except (Exception, asyncio.CancelledError) as error:  # whatever broke: the microphone goes on
            if not self._is_failing:
                self._on_failure(error)
            self._is_failing = True
        else:
            self._is_failing = False


async def _do(action: Action, future: Future[Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = await action()
    except (Exception, asyncio.CancelledError) as error:  # whoever waits for it is told, and what follows goes on
        future.set_exception(error)
    else:
        future.set_result(result)
