"""Realtime: CPU of the client and how soon it reacts, against a bare socket and against others.

``raw`` is a socket with msgspec and nothing else; ``msgspec`` and ``json`` are `websockets` with each of them, by hand;
``sdk`` is ``client.realtime.connect`` of the `openai` package; ``ours`` is `RealtimeAPIClient` with its events. Every
one decodes the audio. Medians of interleaved rounds; CPU time is that of the measuring process alone.
"""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import os
import secrets
import statistics
import struct
import time
from collections.abc import Callable
from typing import Any

import msgspec

from intentional_nb.clients.realtime import RealtimeAPIClient
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.events import RateLimitsReported, ReplyAudio, SpeechStarted, TurnEnded
from tests.bench.realtime_peer import CHUNK, serving
from tests.clients.conftest import CONVERSATION

__all__ = ["rows"]

ROUNDS = 5
DELTAS = 2000
APPENDS = 1500
INTERRUPTIONS = 20
HOUR = 36_000
ANSWER = 100


class _Delta(msgspec.Struct, tag_field="type", tag="response.output_audio.delta"):
    delta: bytes
    item_id: str = ""
    response_id: str = ""


class _Other(msgspec.Struct):
    type: str
    rate_limits: list[dict[str, Any]] = []
    response: dict[str, Any] = {}


_decode_delta = msgspec.json.Decoder(_Delta).decode
_decode_other = msgspec.json.Decoder(_Other).decode
_IS_DELTA = b'"type": "response.output_audio.delta"'


def _by_msgspec(frame: bytes) -> tuple[str, bytes, Any]:
    if _IS_DELTA in frame[:60]:
        return "response.output_audio.delta", _decode_delta(frame).delta, None
    other = _decode_other(frame)
    return other.type, b"", other.rate_limits


def _by_json(frame: str | bytes) -> tuple[str, bytes, Any]:
    event = json.loads(frame)
    sound = base64.b64decode(event["delta"]) if event["type"] == "response.output_audio.delta" else b""
    return event["type"], sound, event.get("rate_limits")


def _append(pcm: bytes) -> bytes:
    return b'{"type":"input_audio_buffer.append","audio":"%b"}' % base64.b64encode(pcm)


def _create(instructions: str) -> bytes:
    return json.dumps({"type": "response.create", "response": {"instructions": instructions}}).encode()


_CANCEL = b'{"type":"response.cancel"}'
_TRUNCATE = b'{"type":"conversation.item.truncate","item_id":"item_1","content_index":0,"audio_end_ms":100}'


class Raw:
    """A socket, masks and msgspec."""

    async def open(self, port: int) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
        key = base64.b64encode(secrets.token_bytes(16))
        self.writer.write(
            b"GET /v1/realtime?model=m HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n"
        )
        await self.reader.readuntil(b"\r\n\r\n")
        await self._until("session.created")

    def _send(self, payload: bytes) -> None:
        size = len(payload)
        head = struct.pack("!BB", 0x81, 0x80 | size) if size < 126 else struct.pack("!BBH", 0x81, 0xFE, size)
        self.writer.write(head + b"\0\0\0\0" + payload)

    async def _receive(self) -> bytes:
        head = await self.reader.readexactly(2)
        size = head[1] if head[1] < 126 else int.from_bytes(await self.reader.readexactly(2), "big")
        return await self.reader.readexactly(size)

    async def _until(self, wanted: str) -> Any:
        while True:
            kind, _, limits = _by_msgspec(await self._receive())
            if kind == wanted:
                return limits

    async def burst(self, count: int) -> None:
        self._send(_create(f"BURST {count}"))
        await self._until("response.done")

    async def append(self, count: int) -> None:
        for _ in range(count):
            self._send(_append(CHUNK))
        await self.writer.drain()
        await self.burst(0)

    async def interrupt(self) -> float:
        self._send(_create("INTERRUPT"))
        await self._until("input_audio_buffer.speech_started")
        self._send(_CANCEL)
        self._send(_TRUNCATE)
        return float((await self._until("rate_limits.updated"))[0]["remaining"])

    async def close(self) -> None:
        self.writer.close()


class ByHand:
    """`websockets` and a decoder."""

    def __init__(self, decode: Callable[[Any], tuple[str, bytes, Any]], *, as_bytes: bool) -> None:
        self.decode, self.as_bytes = decode, as_bytes

    async def open(self, port: int) -> None:
        from websockets.asyncio.client import connect

        url = f"ws://127.0.0.1:{port}/v1/realtime?model=m"
        self.socket = await connect(url, proxy=None, compression=None, max_size=None, max_queue=None)
        await self._until("session.created")

    async def _until(self, wanted: str) -> Any:
        while True:
            frame = await self.socket.recv(decode=False) if self.as_bytes else await self.socket.recv()
            kind, _, limits = self.decode(frame)
            if kind == wanted:
                return limits

    async def burst(self, count: int) -> None:
        await self.socket.send(_create(f"BURST {count}"), text=True)
        await self._until("response.done")

    async def append(self, count: int) -> None:
        for _ in range(count):
            if self.as_bytes:
                await self.socket.send(_append(CHUNK), text=True)
            else:
                audio = base64.b64encode(CHUNK).decode()
                await self.socket.send(json.dumps({"type": "input_audio_buffer.append", "audio": audio}))
        await self.burst(0)

    async def interrupt(self) -> float:
        await self.socket.send(_create("INTERRUPT"), text=True)
        await self._until("input_audio_buffer.speech_started")
        await self.socket.send(_CANCEL, text=True)
        await self.socket.send(_TRUNCATE, text=True)
        return float((await self._until("rate_limits.updated"))[0]["remaining"])

    async def close(self) -> None:
        await self.socket.close()


class Sdk:
    """The `openai` package."""

    async def open(self, port: int) -> None:
        from openai import AsyncOpenAI

        self.client = AsyncOpenAI(api_key="k", base_url=f"http://127.0.0.1:{port}/v1")
        options = {"proxy": None, "max_queue": None}
        self.manager = self.client.realtime.connect(model="m", websocket_connection_options=options)
        self.connection = await self.manager.enter()
        await self._until("session.created")

    async def _until(self, wanted: str) -> Any:
        while True:
            event = await self.connection.recv()
            if event.type == "response.output_audio.delta":
                base64.b64decode(event.delta)
            if event.type == wanted:
                return event

    async def burst(self, count: int) -> None:
        await self.connection.response.create(response={"instructions": f"BURST {count}"})
        await self._until("response.done")

    async def append(self, count: int) -> None:
        for _ in range(count):
            await self.connection.input_audio_buffer.append(audio=base64.b64encode(CHUNK).decode())
        await self.burst(0)

    async def interrupt(self) -> float:
        await self.connection.response.create(response={"instructions": "INTERRUPT"})
        await self._until("input_audio_buffer.speech_started")
        await self.connection.response.cancel()
        await self.connection.conversation.item.truncate(item_id="item_1", content_index=0, audio_end_ms=100)
        return float((await self._until("rate_limits.updated")).rate_limits[0].remaining)

    async def close(self) -> None:
        await self.connection.close()
        await self.client.close()


class Ours:
    """`RealtimeAPIClient`, and a listener that interrupts when the user speaks, as a bot does."""

    def __init__(self) -> None:
        self.turn_over = asyncio.Event()
        self.told = asyncio.Event()
        self.latency_us = 0.0
        self.sound_bytes = 0
        self.tasks: set[asyncio.Task[None]] = set()

    def emit(self, event: Any) -> None:
        kind = type(event)
        if kind is ReplyAudio:
            self.sound_bytes += len(event.pcm)
        elif kind is TurnEnded:
            self.turn_over.set()
        elif kind is SpeechStarted:
            task = asyncio.create_task(self.client.handle_interruption(100))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        elif kind is RateLimitsReported:
            self.latency_us = float(event.limits[0]["remaining"])
            self.told.set()

    async def open(self, port: int) -> None:
        config = {"name": "realtime", "base_url": f"http://127.0.0.1:{port}/v1"}
        self.client = RealtimeAPIClient(self, IntentRouter(CONVERSATION), config)
        await self.client.connect()

    async def _ask(self, instructions: str) -> None:
        self.turn_over.clear()
        self.client._conductor.turns.begin(None)
        self.client._conductor.turns.ask(instructions=instructions)
        await self.turn_over.wait()

    async def burst(self, count: int) -> None:
        await self._ask(f"BURST {count}")

    async def append(self, count: int) -> None:
        for _ in range(count):
            await self.client.send({"audio_stream": CHUNK})
        await self.burst(0)

    async def interrupt(self) -> float:
        self.told.clear()
        await self._ask("INTERRUPT")
        await self.told.wait()
        return self.latency_us

    async def close(self) -> None:
        await self.client.close()


def _peers() -> dict[str, Any]:
    return {
        "raw": Raw(),
        "msgspec": ByHand(_by_msgspec, as_bytes=True),
        "json": ByHand(_by_json, as_bytes=False),
        "sdk": Sdk(),
        "ours": Ours(),
    }


def _row(what: str, unit: str, found: dict[str, list[float]]) -> dict[str, Any]:
    middle = {name: statistics.median(values) for name, values in found.items()}
    ours = middle["ours"]
    ratios = {"ours/raw": ours / middle["raw"], "json/ours": middle["json"] / ours, "sdk/ours": middle["sdk"] / ours}
    return {"what": what, "unit": unit, **middle, **ratios}


async def _cpu_us(work: Any, count: int) -> float:
    gc.collect()
    started = time.process_time()
    await work(count)
    return (time.process_time() - started) * 1e6 / count


def _rss_mb() -> float:
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


async def _hour(peer: Any) -> tuple[float, float, float]:
    """CPU of a delta in the first minute and in the last one, and by how much memory grew, over an hour of speech."""
    await peer.burst(ANSWER)
    gc.collect()
    before = _rss_mb()
    minutes = [await _minute(peer) for _ in range(HOUR // 600)]
    gc.collect()
    return statistics.median(minutes[:5]), statistics.median(minutes[-5:]), _rss_mb() - before


async def _minute(peer: Any) -> float:
    started = time.process_time()
    for _ in range(600 // ANSWER):
        await peer.burst(ANSWER)
    return (time.process_time() - started) * 1e6 / 600


async def _measure(port: int) -> list[dict[str, Any]]:
    peers = _peers()
    for peer in peers.values():
        await peer.open(port)
    deltas: dict[str, list[float]] = {name: [] for name in peers}
    appends: dict[str, list[float]] = {name: [] for name in peers}
    latency: dict[str, list[float]] = {name: [] for name in peers}
    for round_number in range(ROUNDS + 1):
        for name, peer in peers.items():
            spent = await _cpu_us(peer.burst, DELTAS), await _cpu_us(peer.append, APPENDS)
            waited = [await peer.interrupt() for _ in range(INTERRUPTIONS)]
            if round_number:  # the first round warms up
                deltas[name].append(spent[0])
                appends[name].append(spent[1])
                latency[name] += waited
    hours = {name: await _hour(peer) for name, peer in peers.items()}
    for peer in peers.values():
        await peer.close()
    last, growth = ({name: [found[at]] for name, found in hours.items()} for at in (1, 2))
    flat = {name: [found[1] / found[0]] for name, found in hours.items()}
    return [
        _row("CPU of a piece of speech", "us", deltas),
        _row("CPU of a piece of microphone", "us", appends),
        _row("speech started -> first answer", "us", latency),
        _row("CPU of a piece in the last minute of an hour", "us", last),
        _row("that, against the first minutes", "x", flat),
        {"what": "memory after that hour", "unit": "MB more", **{name: found[0] for name, found in growth.items()}},
    ]


def rows() -> list[dict[str, Any]]:
    """One row for each kind of work."""
    with serving() as port:
        return asyncio.run(_measure(port))
