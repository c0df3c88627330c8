"""A Realtime client with nothing between the test and the wire but `websockets`."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from intentional_nb.local.server import LocalServer
from tests.wire.realtime.serving import foreign_fields

Frame = dict[str, Any]
PATIENCE_S = 60


class Talk:
    """One session; every frame that comes is checked against the official types, unless told otherwise."""

    def __init__(self, socket: ClientConnection, *, checked: bool = True) -> None:
        self.socket = socket
        self.frames: list[Frame] = []
        self._checked = checked

    async def send(self, type: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"type": type, **fields}))

    async def say(self, text: str, **fields: Any) -> None:
        """Type something and ask for a response."""
        content = [{"type": "input_text", "text": text}]
        await self.send("conversation.item.create", item={"type": "message", "role": "user", "content": content})
        await self.send("response.create", **fields)

    async def append(self, pcm: bytes, chunk_ms: int = 40) -> None:
        """Send sound as a microphone does, only faster."""
        for at in range(0, len(pcm), chunk_ms * 48):
            await self.send("input_audio_buffer.append", audio=b64encode(pcm[at : at + chunk_ms * 48]).decode())

    async def next(self) -> Frame:
        async with asyncio.timeout(PATIENCE_S):
            frame = json.loads(await self.socket.recv())
        if self._checked:
            assert foreign_fields(frame) == []
        self.frames.append(frame)
        return frame

    async def until(self, type: str, count: int = 1) -> list[Frame]:
        """The frames up to the next one of a type, or the next but so many, that one included."""
        found: list[Frame] = []
        while count:
            found.append(await self.next())
            count -= found[-1]["type"] == type
        return found

    async def find(self, type: str) -> Frame:
        return (await self.until(type))[-1]

    async def closed(self) -> tuple[int | None, str]:
        """The close code and the reason, once the server has closed; what comes before is kept."""
        try:
            while True:
                await self.next()
        except ConnectionClosed:
            return self.socket.close_code, self.socket.close_reason or ""


def url(server: LocalServer, model: str | None = "local-realtime") -> str:
    address = server.base_url.replace("http", "ws", 1) + "/realtime"
    return address if model is None else f"{address}?model={model}"


@asynccontextmanager
async def talk(
    server: LocalServer,
    model: str | None = "local-realtime",
    *,
    headers: dict[str, str] | None = None,
    checked: bool = True,
    greeted: bool = True,
    **options: Any,
) -> AsyncIterator[Talk]:
    sent = {"authorization": f"Bearer {server.api_key}"} if headers is None else headers
    usual: dict[str, Any] = {"max_size": None, "max_queue": None, "proxy": None, "close_timeout": 1}
    async with connect(url(server, model), additional_headers=sent, **usual | options) as socket:
        client = Talk(socket, checked=checked)
        if greeted:
            await client.find("session.created")
        yield client


def audio_of(frames: list[Frame]) -> bytes:
    return b"".join(b64decode(frame["delta"]) for frame in frames if frame["type"] == "response.output_audio.delta")


def words_of(frames: list[Frame]) -> str:
    kinds = ("response.output_audio_transcript.delta", "response.output_text.delta")
    return "".join(frame["delta"] for frame in frames if frame["type"] in kinds)


def updating(**heard: Any) -> Frame:
    """A session update of what concerns the input."""
    return {"session": {"type": "realtime", "audio": {"input": heard}}}
