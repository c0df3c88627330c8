"""The official packages, unchanged, in a spoken conversation with a server in a process of its own.

They speak with a tone to a script, and with a voice to ``intentional-nb serve`` where speech is installed. Both times
they ask for the weather, have a tool called, hear its result, and break in on it.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner
from openai import AsyncOpenAI
from websockets.exceptions import InvalidStatus

from intentional_nb.local.realtime.sounds import tone
from tests.local.realtime.voices import needs_speech, recognised, spoken
from tests.loopback.scripted_voice import WEATHER

QUESTION = "What is the weather in Turin?"
THANKS = "Thank you, that is enough."
TOOL: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "Tell the weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
PATIENCE_S = 100


class Served(NamedTuple):
    base_url: str
    api_key: str
    speech: Callable[[str], bytes]
    """How to say something so that this server hears it."""
    is_real: bool

    @property
    def url(self) -> str:
        return f"{self.base_url.replace('http', 'ws', 1)}/realtime?model=local-realtime"

    def clip(self, text: str) -> bytes:
        return self.speech(text) + bytes(48 * 1000)


@contextmanager
def program(*arguments: str) -> Iterator[tuple[str, str]]:
    process = subprocess.Popen([sys.executable, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        yield process.stdout.readline().strip(), process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def scripted() -> Iterator[Served]:
    with program("-m", "tests.loopback.scripted_voice") as address:
        yield Served(*address, lambda text: tone(len(text) * 50), is_real=False)


@pytest.fixture
def real() -> Iterator[Served]:
    with program("-m", "intentional_nb", "serve") as address:
        yield Served(*address, spoken, is_real=True)


@pytest.fixture(params=["scripted", pytest.param("real", marks=needs_speech)])
def served(request: pytest.FixtureRequest) -> Served:
    return request.getfixturevalue(request.param)


async def test_the_sdk_holds_a_spoken_conversation_with_a_call_and_an_interruption(served):
    async with (
        asyncio.timeout(PATIENCE_S),
        AsyncOpenAI(base_url=served.base_url, api_key=served.api_key) as client,
        client.realtime.connect(model="local-realtime") as connection,
    ):
        heard: list[Any] = []

        async def until(kind: str, number: int = 1) -> Any:
            """The first event of a kind, or the one so many, which may have come already."""
            while len(found := [event for event in heard if event.type == kind]) < number:
                heard.append(await connection.recv())
                assert heard[-1].type != "error", heard[-1]
            return found[number - 1]

        async def speak(text: str) -> None:
            clip = served.clip(text)
            for at in range(0, len(clip), 4800):
                await connection.input_audio_buffer.append(audio=b64encode(clip[at : at + 4800]).decode())

        await connection.session.update(
            session={
                "type": "realtime",
                "tools": [TOOL],
                "audio": {"input": {"transcription": {"model": "whisper-1"}}},
            }
        )
        await until("session.updated")
        await speak(QUESTION)
        asked = (await until("response.done")).response
        [call] = asked.output
        output: Any = {"type": "function_call_output", "call_id": call.call_id, "output": WEATHER}
        await connection.conversation.item.create(item=output)
        await connection.response.create()
        item_id = (await until("response.output_audio.delta")).item_id  # a call makes no sound
        await speak(THANKS)
        cut = (await until("response.done", 2)).response
        await connection.conversation.item.truncate(item_id=item_id, content_index=0, audio_end_ms=300)
        await until("conversation.item.truncated")
        last = (await until("response.done", 3)).response

    assert (call.name, call.arguments) == ("get_weather", '{"city": "Turin"}')
    assert (cut.status, cut.status_details.reason) == ("cancelled", "turn_detected")
    assert WEATHER.startswith(cut.output[0].content[0].transcript)
    assert last.status == "completed"
    said = [event.transcript for event in heard if event.type.endswith("input_audio_transcription.completed")]
    assert "weather in Turin" in said[0]
    assert "thank you" in said[1].lower()
    sound = b"".join(b64decode(event.delta) for event in heard if event.type == "response.output_audio.delta")
    assert len(sound) > 0
    if served.is_real:
        assert "it is sunny" in recognised(sound[: 48 * 3000]).lower()


async def test_an_agent_holds_a_spoken_conversation_with_a_call_and_an_interruption(served):
    asked: list[str] = []

    @function_tool
    def get_weather(city: str) -> str:
        """Tell the weather of a city."""
        asked.append(city)
        return WEATHER

    agent = RealtimeAgent("guide", instructions="You are a helpful assistant.", tools=[get_weather])
    settings: Any = {"model_name": "local-realtime", "turn_detection": {"type": "semantic_vad", "eagerness": "high"}}
    config: Any = {"url": served.url, "api_key": served.api_key, "initial_model_settings": settings}
    session = await RealtimeRunner(agent).run(model_config=config)
    kinds: list[str] = []
    async with asyncio.timeout(PATIENCE_S), session:
        events = _events(session, kinds)
        await _send(session, served.clip(QUESTION))
        await _until(events, "tool_end")
        await _until(events, "audio")
        await _send(session, served.clip(THANKS))
        await _until(events, "audio_interrupted")
        await _until(events, "audio")
        await _until(events, "audio_end")
        history = [item for item in session._history if item.type == "message"]

    assert asked == ["Turin"]
    assert {"agent_start", "tool_start", "history_added", "history_updated"} <= set(kinds)
    assert "error" not in kinds
    words = [part.transcript or "" for item in history if item.role == "user" for part in item.content]
    assert "weather in Turin" in words[0]


async def test_an_agent_with_a_wrong_key_is_turned_away(scripted):
    config: Any = {"url": scripted.url, "api_key": "wrong"}
    session = await RealtimeRunner(RealtimeAgent("guide")).run(model_config=config)

    with pytest.raises(InvalidStatus, match="401"):
        await session.enter()


async def _send(session: Any, clip: bytes) -> None:
    for at in range(0, len(clip), 4800):
        await session.send_audio(clip[at : at + 4800])


async def _events(session: Any, kinds: list[str]) -> AsyncIterator[Any]:
    async for event in session:
        kinds.append(event.type)
        assert event.type != "error", event
        yield event


async def _until(events: AsyncIterator[Any], kind: str) -> Any:
    async for event in events:
        if event.type == kind:
            return event
    raise AssertionError(f"no {kind} came")
