"""A client and a scripted server that really talk to each other."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from intentional_nb.clients.chat_completion import ChatCompletionAPIClient
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.events import Event, ReplyText
from intentional_nb.local.script import Script
from intentional_nb.local.server import LocalServer

KEY = "sk-a-secret-that-nobody-may-see"

CONVERSATION = {
    "background": "You work at a café.",
    "stages": {
        "order": {
            "goal": "Find out what to drink.",
            "accessible_from": "_start_",
            "outcomes": {
                "chosen": {"description": "the user named a drink", "move_to": "pay"},
                "nothing": {"description": "the user wants nothing", "move_to": "_end_"},
            },
        },
        "pay": {
            "goal": "Ask how to pay.",
            "outcomes": {"paid": {"description": "the user has paid", "move_to": "_end_"}},
        },
        "chat": {
            "goal": "Talk about the weather.",
            "description": "the user talks about the weather",
            "accessible_from": "_all_",
            "outcomes": {"enough": {"description": "the user is done", "move_to": "_backtrack_"}},
        },
    },
}


class Listener:
    """Keeps every event."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        self.events.append(event)

    async def until(self, check: Callable[[], Any]) -> None:
        """Wait until something holds."""
        async with asyncio.timeout(20):
            while not check():
                await asyncio.sleep(0.005)

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def text(self) -> str:
        return "".join(event.delta for event in self.of(ReplyText))

    def shapes(self) -> list[str]:
        """The types in order, runs of one type written once."""
        shapes: list[str] = []
        for event in self.events:
            if not shapes or shapes[-1] != event.type:
                shapes.append(event.type)
        return shapes


class Scene:
    """A client in front of a scripted model."""

    def __init__(self, server: LocalServer, script: Script, tools: tuple = (), conversation: Any = None, **config: Any):
        self.script = script
        self.listener = Listener()
        self.router = IntentRouter(conversation or CONVERSATION, tools=tools)
        settings = {"name": "local-chat", "base_url": server.base_url, **config}
        self.client = ChatCompletionAPIClient(self.listener, self.router, settings, api_key=server.api_key)

    async def say(self, text: str) -> None:
        await self.client.send({"text_message": {"role": "user", "content": text}})

    @property
    def history(self) -> list[tuple[str, str | None]]:
        return [(message["role"], message["content"]) for message in self.client.history.messages]


@pytest.fixture
async def scene() -> AsyncIterator[Any]:
    """Make a scene for a script; at the end every step must have been used."""
    with contextlib.ExitStack() as servers:
        scenes: list[Scene] = []

        def make(*steps: Any, **options: Any) -> Scene:
            script = Script(*steps)
            scenes.append(Scene(servers.enter_context(LocalServer(script, api_key=KEY)), script, **options))
            return scenes[-1]

        yield make
        for made in scenes:
            await made.client.close()


@pytest.fixture
async def spoken(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """Make a spoken scene for a script; at the end every step must have been used."""
    from intentional_nb.local.realtime.script import VoiceScript
    from tests.clients.spoken import Spoken, assert_in_order

    monkeypatch.setattr("intentional_nb.clients.patience.FIRST_WAIT_S", 0.02)
    monkeypatch.setattr("intentional_nb.clients.turns.FIRST_WAIT_S", 0.02)
    with contextlib.ExitStack() as servers:
        scenes: list[Spoken] = []

        def make(*steps: Any, script: Any = None, server: Any = None, **options: Any) -> Spoken:
            written = VoiceScript(*steps, **(script or {}))
            running = servers.enter_context(LocalServer(written, api_key=KEY, **(server or {})))
            scenes.append(Spoken(running, written, **options))
            return scenes[-1]

        yield make
        for made in scenes:
            await made.client.close()
            assert_in_order(made.told.events)
