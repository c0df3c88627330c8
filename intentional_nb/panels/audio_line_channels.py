"""The two ways from the kernel to a page: a WebSocket on loopback, and the panel's comm.

Each sends what is urgent (answers, which have no number) before what stands in the outbox, if it is given one: only the
page that owns the audio is.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from intentional_nb.panels.audio_line_frames import Frame, to_envelope
from intentional_nb.panels.audio_line_outbox import Outbox

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

__all__ = ["Channel", "CommChannel", "SendComm", "SocketChannel"]

SendComm = Callable[[dict[str, Any], list[bytes]], None]

INTERVAL_S = 1 / 30
"""Between two messages of a comm: a notebook server drops what comes when there are too many."""
PATIENCE_S = 0.1
"""How long a little speech waits for more before a message of a comm is spent on it."""
ENVELOPE_BYTES = 240_000
"""In one message of a comm, about: five seconds of speech."""
CLOSE_S = 1.0
"""For the last words to a page."""


class Channel:
    """A way to one page. Everything here happens on the background loop.

    Attributes:
        way: ``direct``, ``proxy`` or ``comm``.
        client: The page's id; empty until it said hello.
        outbox: What to send, while this page owns the audio.
        is_open: Whether the page can still be reached this way.
    """

    def __init__(self, way: str) -> None:
        self.way = way
        self.client = ""
        self.outbox: Outbox | None = None
        self.is_open = True
        self._urgent: deque[str] = deque()
        self._wake = asyncio.Event()

    def say(self, message: Mapping[str, Any]) -> None:
        """Send a message that has no number, before all others."""
        self._urgent.append(json.dumps(message, separators=(",", ":")))
        self.wake()

    def wake(self) -> None:
        """There is something to send."""
        self._wake.set()

    @abstractmethod
    async def pump(self) -> None:
        """Send until the channel is closed or this task is cancelled."""

    @abstractmethod
    async def close(self) -> None:
        """Send what is urgent, and nothing after that; the outbox has been taken away before."""

    def _next(self, limit_bytes: int) -> tuple[int, list[Frame], list[str]]:
        urgent = list(self._urgent)
        self._urgent.clear()
        first, frames = self.outbox.take(limit_bytes) if self.outbox else (0, [])
        return first, frames, urgent


class SocketChannel(Channel):
    """A WebSocket that a page opened."""

    def __init__(self, connection: ServerConnection, way: str) -> None:
        super().__init__(way)
        self._connection = connection

    async def pump(self) -> None:
        """Send one frame after another, no faster than the page takes them."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            # One frame at a time: what becomes urgent meanwhile goes before the next.
            while any(found := self._next(1)[1:]):
                frames, urgent = found
                for frame in (*urgent, *frames):
                    await self._connection.send(frame)

    async def close(self) -> None:
        """Send what is urgent, for as long as a page that reads needs, and close the connection."""
        self.is_open = False
        with contextlib.suppress(TimeoutError):  # a page that does not read is not waited for
            async with asyncio.timeout(CLOSE_S):
                for text in self._next(0)[2]:
                    await self._connection.send(text)
        await self._connection.close()


class CommChannel(Channel):
    """The panel's comm, which leads to every page that shows the panel: each message names the one that is meant."""

    def __init__(self, client: str, send: SendComm) -> None:
        super().__init__("comm")
        self.client = client
        self.last_heard_s = 0.0
        self._send = send
        self._last_sent_s = float("-inf")

    async def pump(self) -> None:
        """Send what there is, in few messages."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(self._last_sent_s + INTERVAL_S - time.monotonic())
            await self._wait_for_more()
            if self._post():
                self.wake()  # there may be more than one message takes

    async def close(self) -> None:
        """Send what is urgent; the comm itself is the panel's."""
        self.is_open = False
        self._post()

    async def _wait_for_more(self) -> None:
        deadline_s = time.monotonic() + PATIENCE_S - INTERVAL_S
        while not self._urgent and self.outbox is not None and self.outbox.can_wait:
            rest_s = deadline_s - time.monotonic()
            if rest_s <= 0:
                return
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), rest_s)
            except TimeoutError:
                return

    def _post(self) -> bool:
        first, frames, urgent = self._next(ENVELOPE_BYTES)
        if not frames and not urgent:
            return False
        self._last_sent_s = time.monotonic()
        self._send(*to_envelope(self.client, first, frames, urgent))
        return True
