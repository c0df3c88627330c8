"""What a session has to send, in order, so that nobody who speaks has to wait for the network."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from aiohttp import WSMsgType, web

__all__ = ["Outbox"]

_FULL_BYTES: Final = 1024 * 1024
"""Of frames waiting for a client that does not read; then speaking waits too."""


class Outbox:
    """The frames that wait for one client.

    Args:
        socket: The connection, already open.
    """

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._frames: deque[bytes] = deque()
        self._size = 0
        self._closing: tuple[int, str] | None = None
        self._changed = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._is_empty = asyncio.Event()

    def put(self, frame: bytes) -> None:
        """Send a frame when its turn comes; after `close` nothing is sent any more."""
        if self._closing is not None:
            return
        self._frames.append(frame)
        self._size += len(frame)
        if self._size > _FULL_BYTES:
            self._has_room.clear()
        self._changed.set()

    def close(self, code: int, reason: str = "") -> None:
        """Close the connection once all that waits is sent."""
        if self._closing is None:
            self._closing = (code, reason)
            self._changed.set()

    async def room(self) -> None:
        """Wait until the client has caught up."""
        await self._has_room.wait()

    async def sent(self) -> None:
        """Wait until everything is on its way."""
        while self._size and self._closing is None:
            self._is_empty.clear()
            await self._is_empty.wait()

    async def run(self) -> None:
        """Send, until the connection is closed from here or breaks."""
        while True:
            while self._frames:
                frame = self._frames.popleft()
                await self._socket.send_frame(frame, WSMsgType.TEXT)
                self._size -= len(frame)
                if self._size <= _FULL_BYTES:
                    self._has_room.set()
            self._is_empty.set()
            if self._closing is not None:
                code, reason = self._closing
                await self._socket.close(code=code, message=reason.encode())
                return
            self._changed.clear()
            await self._changed.wait()
