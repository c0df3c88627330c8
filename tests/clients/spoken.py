"""A Realtime client in front of a scripted server, and what tests of it wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from intentional_nb.clients.realtime import RealtimeAPIClient
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.events import (
    ConversationEnded,
    Event,
    ReplyAudio,
    ReplyEnded,
    ReplyHeard,
    ReplyInterrupted,
    ReplyStarted,
    ReplyText,
    ReplyTranscribed,
    RequestStarted,
    RetryScheduled,
    RouteDecision,
    ToolArguments,
    ToolCallEnded,
    ToolCallStarted,
    TurnEnded,
    TurnStarted,
    UserTranscribed,
)
from intentional_nb.local.realtime.script import VoiceScript, tone
from intentional_nb.local.server import LocalServer
from tests.clients.conftest import CONVERSATION, Listener

PATIENCE_S = 20

__all__ = ["SPEECH", "Spoken", "assert_in_order", "said", "silence_ms"]

_WITHIN = (ConversationEnded, ReplyAudio, ReplyText, ReplyTranscribed, RequestStarted)
_WITHIN = (*_WITHIN, RetryScheduled, RouteDecision, ToolArguments, ToolCallStarted)


def silence_ms(length_ms: int) -> bytes:
    return bytes(48 * length_ms)


def said(length_ms: int = 600) -> bytes:
    """Somebody speaks, and then is silent for long enough."""
    return silence_ms(200) + tone(length_ms) + silence_ms(800)


SPEECH = said()


class Told(Listener):
    """Keeps every event, and wakes who waits for one."""

    def __init__(self) -> None:
        super().__init__()
        self.news = asyncio.Event()

    def emit(self, event: Event) -> None:
        super().emit(event)
        self.news.set()

    async def until(self, check: Callable[[], Any]) -> Any:
        """Wait until something holds after an event."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not (found := check()):
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            raise AssertionError(f"it never came; there was: {self.shapes()}") from None
        return found

    async def count(self, kind: type[Event], number: int = 1) -> list[Any]:
        """Wait for so many events of a kind."""
        await self.until(lambda: len(self.of(kind)) >= number)
        return self.of(kind)

    def between(self, first: str, last: str) -> list[str]:
        """The types of events, from one type to another, without those of the session."""
        types = self.shapes()
        return types[types.index(first) : len(types) - types[::-1].index(last)]


class Spoken:
    """A client, a script, and what was told."""

    def __init__(
        self,
        server: LocalServer,
        script: VoiceScript,
        tools: tuple = (),
        conversation: Any = None,
        **config: Any,
    ) -> None:
        self.server = server
        self.script = script
        self.told = Told()
        self.router = IntentRouter(conversation or CONVERSATION, tools=tools)
        settings = {"name": "gpt-realtime", "base_url": server.base_url, **config}
        self.client = RealtimeAPIClient(self.told, self.router, settings, api_key=server.api_key)

    async def say(self, text: str) -> None:
        """Type something and wait for the end of its turn."""
        await self.client.send({"text_message": {"role": "user", "content": text}})
        await self.turn_over(self.client.turn)

    async def speak(self, pcm: bytes = SPEECH) -> None:
        """Speak, as a microphone sends it."""
        for at in range(0, len(pcm), 1920):
            await self.client.send({"audio_stream": pcm[at : at + 1920]})

    async def turn_over(self, number: int) -> TurnEnded:
        return await self.told.until(lambda: next((e for e in self.told.of(TurnEnded) if e.turn == number), None))

    async def holds(self, check: Callable[[], Any]) -> Any:
        """Wait until something holds that no event tells of, such as at the server, which runs in another thread."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not (found := check()):
                    await asyncio.sleep(0.005)
        except TimeoutError:
            events = [event["type"] for event in self.script.events if "append" not in event["type"]]
            raise AssertionError(f"it never came; the server had: {events}") from None
        return found

    async def sent(self, type: str, number: int = 1) -> list[Mapping[str, Any]]:
        """Wait until the server has had so many events of a type."""
        await self.holds(lambda: len(self.script.sent(type)) >= number)
        return self.script.sent(type)

    @property
    def said_to_model(self) -> list[tuple[str, str]]:
        """The conversation: who, and what."""
        return [(item["role"] or item["type"], item["text"]) for item in self.client.conversation]

    def heard_ms(self, item_id: str | None = None) -> int:
        return sum(len(e.pcm) // 48 for e in self.told.of(ReplyAudio) if item_id in (None, e.item_id))


def assert_in_order(events: list[Event]) -> None:
    """What `events.py` promises of any conversation, whatever happened in it."""
    running, has_reply, number = None, False, 0
    for event in events:
        if isinstance(event, TurnStarted):
            assert running is None, f"turn {event.turn} began in turn {running}"
            assert event.turn > number, "a number is never used twice"
            running = number = event.turn
        elif isinstance(event, ReplyStarted):
            assert (event.turn, has_reply) == (running, False)
            has_reply = True
        elif isinstance(event, _WITHIN):
            assert (event.turn, has_reply) == (running, True), f"{event.type} stands outside of its turn's reply"
        elif isinstance(event, ReplyEnded):
            assert (event.turn, has_reply) == (running, True)
            has_reply = False
        elif isinstance(event, TurnEnded):
            assert (event.turn, has_reply) == (running, False)
            running = None
    _assert_once(events)


def _assert_once(events: list[Event]) -> None:
    """Calls, spoken items and transcripts are settled once each, and not before they began."""
    began, ended, settled, known = [], [], [], []
    turns = {event.turn: event for event in events if isinstance(event, TurnStarted)}
    for event in events:
        if isinstance(event, ToolCallStarted):
            began.append((event.turn, event.call_id))
        elif isinstance(event, ToolArguments):
            assert event.delta
            assert (event.turn, event.call_id) not in began, "arguments came after the call had begun"
        elif isinstance(event, ToolCallEnded):
            assert (event.turn, event.call_id) in began
            ended.append((event.turn, event.call_id))
        elif isinstance(event, ReplyHeard | ReplyInterrupted):
            assert event.heard_ms >= 0
            settled.append(event.item_id)
        elif isinstance(event, UserTranscribed):
            assert events.index(turns[event.turn]) < events.index(event)
            assert event.item_id not in known, "nothing comes after what is final"
            known += [event.item_id] if event.is_final else []
    for told in (ended, settled, known):
        assert len(told) == len(set(told)), f"told twice: {told}"
