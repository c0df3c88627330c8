"""A page of the audio line, in Python: what ``audio_line.js`` says, over a real WebSocket or a recorded comm."""

from __future__ import annotations

import asyncio
import itertools
import json
import struct
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from intentional_nb.panels.audio_line import AudioLine, LineAddress

__all__ = ["Heard", "RecordedComm", "SocketPage", "microphone", "on_socket", "until"]

ORIGIN = "http://localhost:8888"


def microphone(seq: int, pcm: bytes = b"ab", lost: int = 0) -> bytes:
    """A frame of microphone sound."""
    return struct.pack("<III", 1, seq, lost) + pcm


async def until(condition: Callable[[], Any], what: str = "it") -> Any:
    """The first true value of ``condition()``."""
    async with asyncio.timeout(30):
        while not (value := condition()):
            await asyncio.sleep(0.005)
    return value


class Heard:
    """Everything that a line tells the panel, and on which threads."""

    def __init__(self) -> None:
        self.audio: list[bytes] = []
        self.messages: list[dict[str, Any]] = []
        self.lost: list[str] = []
        self.errors: list[Exception] = []
        self.threads: set[str] = set()

    def line(self, **settings: Any) -> AudioLine:
        """A line that tells this object."""
        given = {"on_error": self.errors.append, **settings}
        return AudioLine(self._note(self.audio), self._note(self.messages), self._note(self.lost), **given)

    def _note(self, into: list[Any]) -> Callable[[Any], None]:
        def note(what: Any) -> None:
            self.threads.add(threading.current_thread().name)
            into.append(what)

        return note

    def kinds(self) -> list[str]:
        """The kinds of the messages so far."""
        return [message["kind"] for message in self.messages]


class SocketPage:
    """A page on a WebSocket."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self._numbers = itertools.count()

    async def say(self, kind: str, **rest: Any) -> None:
        """Send a message."""
        await self.socket.send(json.dumps({"kind": kind, **rest}))

    async def hello(self, client: str = "one", got: int = 0, **rest: Any) -> dict[str, Any]:
        """Say hello; the answer."""
        await self.say("hello", client=client, got=got, **rest)
        return await self.read()

    async def speak(self, *pcm: bytes) -> None:
        """Send microphone sound, a piece each."""
        for piece in pcm:
            await self.socket.send(microphone(next(self._numbers), piece))

    async def ping(self, got: int = 0) -> dict[str, Any]:
        """Ping; the next message."""
        await self.say("ping", at=1, got=got)
        return await self.read()

    async def read(self) -> Any:
        """The next frame: a message, or ``(epoch, item, pcm)``."""
        frame = await asyncio.wait_for(self.socket.recv(), 10)
        if isinstance(frame, str):
            return json.loads(frame)
        _, epoch, item = struct.unpack_from("<III", frame)
        return epoch, item, frame[12:]


@asynccontextmanager
async def on_socket(address: LineAddress, **settings: Any) -> AsyncIterator[SocketPage]:
    """A page connected to the line, as a browser on this machine connects."""
    from websockets.asyncio.client import connect

    given = {"origin": ORIGIN, "compression": None, "max_size": None, "ping_interval": None, **settings}
    async with connect(f"ws://127.0.0.1:{address.port}{address.path}", **given) as socket:
        yield SocketPage(socket)


class RecordedComm:
    """The comm of a panel: what the kernel sends is kept, and may be lost on the way."""

    def __init__(self) -> None:
        self.sent: list[tuple[float, dict[str, Any], list[bytes]]] = []
        self.is_gone = False

    def send(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        """What a line gets as its ``send_comm``."""
        if self.is_gone:
            raise RuntimeError("the comm is closed")
        self.sent.append((time.monotonic(), json.loads(json.dumps(message)), buffers))

    def urgent(self, kind: str) -> list[dict[str, Any]]:
        """The messages of this kind that have no number."""
        return [part for _, message, _ in list(self.sent) for part in message["urgent"] if part["kind"] == kind]

    def parts(self) -> list[tuple[int, Any]]:
        """Everything that has a number, with it."""
        found = []
        for _, message, buffers in list(self.sent):
            for number, part in enumerate(message["parts"], message["first"]):
                found.append((number, buffers[part] if isinstance(part, int) else part))
        return found
