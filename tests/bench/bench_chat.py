"""Chat: CPU of the client, against a bare socket and against the `openai` package used by hand.

``raw`` is an asyncio socket with msgspec and nothing else; ``sdk`` the loop that one writes with
``client.chat.completions.create(stream=True)``; ``ours`` is `ChatCompletionAPIClient` with its events; ``bot`` the same
inside a bot that keeps a transcript. Medians of interleaved rounds, CPU time of the measuring process alone.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from intentional_nb.bots.transcript import Transcript
from intentional_nb.clients.chat_completion import ChatCompletionAPIClient
from intentional_nb.clients.history import assistant_message, user_message
from intentional_nb.conversation.router import IntentRouter
from tests.bench.peer import serving
from tests.clients.conftest import CONVERSATION

__all__ = ["rows"]

ROUNDS = 7
DELTAS = 2000
EARLIER = 1000
PROMPTS = ["Find out what to drink.", "Ask how to pay."]
EARLIER_TEXT = "Something of the usual length that people and bots say to each other, " * 2


class _Silent:
    def emit(self, event: Any) -> None:
        pass


class _Keeping:
    def __init__(self) -> None:
        self.transcript = Transcript()

    def emit(self, event: Any) -> None:
        self.transcript.apply(event)


class Ours:
    def __init__(self, port: int, parent: Any) -> None:
        self.router = IntentRouter(CONVERSATION)
        config = {"name": "m", "base_url": f"http://127.0.0.1:{port}/v1"}
        self.client = ChatCompletionAPIClient(parent, self.router, config)

    async def turn(self, text: str, earlier: list[dict]) -> None:
        self.router.reset()
        self.client.history.messages = list(earlier)
        await self.client.send({"text_message": {"role": "user", "content": text}})


class Sdk:
    """The loop that one writes by hand."""

    def __init__(self, port: int) -> None:
        from openai import AsyncOpenAI

        self.client = AsyncOpenAI(api_key="k", base_url=f"http://127.0.0.1:{port}/v1")
        self.tools = [{"type": "function", "function": {"name": "classify_response", "parameters": _schema()}}]

    async def turn(self, text: str, earlier: list[dict]) -> None:
        for prompt in PROMPTS:
            messages = [{"role": "system", "content": prompt}, *earlier, user_message(text)]
            stream = await self.client.chat.completions.create(
                model="m", messages=messages, tools=self.tools, stream=True
            )
            said, arguments = [], []
            async for chunk in stream:
                for choice in chunk.choices:
                    said.append(choice.delta.content or "")
                    arguments += [call.function.arguments for call in choice.delta.tool_calls or ()]
            if not arguments:
                return
            json.loads("".join(arguments))


class Raw:
    """A socket and msgspec."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.decode = msgspec.json.Decoder().decode
        self.streams: Any = None

    async def turn(self, text: str, earlier: list[dict]) -> None:
        self.streams = self.streams or await asyncio.open_connection("127.0.0.1", self.port, limit=2**24)
        reader, writer = self.streams
        for prompt in PROMPTS:
            messages = [{"role": "system", "content": prompt}, *earlier, user_message(text)]
            body = msgspec.json.encode({"model": "m", "messages": messages, "stream": True})
            writer.write(b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
            head = await reader.readuntil(b"\r\n\r\n")
            payload = await reader.readexactly(int(head.rpartition(b"content-length: ")[2]))
            frames = [self.decode(frame[6:]) for frame in payload.split(b"\n\n") if frame[6:7] == b"{"]
            if not any("tool_calls" in frame["choices"][0]["delta"] for frame in frames):
                return


def _schema() -> dict:
    choices = {"type": "string", "enum": ["chosen", "nothing", "chat"]}
    return {"type": "object", "properties": {"outcome": choices}, "required": ["outcome"]}


async def _median_ms(work: Callable[[], Awaitable[None]], repeats: int) -> float:
    started = time.process_time()
    for _ in range(repeats):
        await work()
    return (time.process_time() - started) * 1000 / repeats


async def _measure(port: int) -> list[dict[str, Any]]:
    peers = {"raw": Raw(port), "sdk": Sdk(port), "ours": Ours(port, _Silent()), "bot": Ours(port, _Keeping())}
    said = EARLIER_TEXT
    earlier = [message for _ in range(EARLIER) for message in (user_message(said), assistant_message(said))]
    tasks = {
        "text delta": ("us", 1, 1000 / DELTAS, f"BURST {DELTAS}", []),
        "routed turn, 40 deltas": ("ms", 10, 1, "ROUTE BURST 40", []),
        "routed turn, 5 deltas": ("ms", 10, 1, "ROUTE", []),
        f"one turn on top of {EARLIER}": ("ms", 1, 1, "hello", earlier),
    }
    found: list[dict[str, Any]] = []
    for what, (unit, repeats, scale, text, past) in tasks.items():
        times: dict[str, list[float]] = {name: [] for name in peers}
        for round_number in range(ROUNDS + 1):
            for name, peer in peers.items():
                spent = await _median_ms(lambda peer=peer, text=text, past=past: peer.turn(text, past), repeats)
                if round_number:  # the first round warms up
                    times[name].append(spent * scale)
        middle = {name: statistics.median(values) for name, values in times.items()}
        found.append(
            {"CPU of": what, "unit": unit, **middle}
            | {"ours/raw": middle["ours"] / middle["raw"], "sdk/ours": middle["sdk"] / middle["ours"]}
        )
    for name in ("ours", "bot"):
        await peers[name].client.close()
    await peers["sdk"].client.close()
    peers["raw"].streams[1].close()
    return found


def rows() -> list[dict[str, Any]]:
    """One row for each kind of work."""
    with serving() as port:
        return asyncio.run(_measure(port))
