"""Words that are sought while the end of a turn is not sure yet, with an ear whose edges the test foretells."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from intentional_nb.local.realtime.script import VoiceScript, VoiceStep, say, says
from intentional_nb.local.realtime.scripted import ScriptedVoice
from intentional_nb.local.realtime.sounds import LevelEdge
from intentional_nb.local.server import LocalServer
from intentional_nb.wire.realtime.server_response import Failure
from tests.local.realtime.talking import talk, updating, words_of

SHOWN = updating(transcription={"model": "whisper-1"})


@dataclass
class Ear:
    """Finds each edge once so much audio has come."""

    edges: list[LevelEdge]
    fed_ms: float = 0.0

    def feed(self, pcm):
        self.fed_ms += len(pcm) / 48
        due = [edge for edge in self.edges if edge.at_ms <= self.fed_ms]
        self.edges = self.edges[len(due) :]
        return due


@dataclass
class Listener:
    """Takes note of what is to be understood."""

    lengths_ms: list[float] = field(default_factory=list)
    given_up: list[float] = field(default_factory=list)
    slow_ms: tuple[float, ...] = ()

    async def recognise(self, pcm):
        length_ms = len(pcm) / 48
        self.lengths_ms.append(length_ms)
        try:
            if length_ms in self.slow_ms:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.given_up.append(length_ms)
            raise
        return f"heard {length_ms:.0f} ms"


@pytest.fixture
def listener(monkeypatch) -> Listener:
    listener = Listener()

    async def detector(self, detection):
        return Ear(list(self.edges))

    async def recognise(self, pcm, transcription):
        return await listener.recognise(pcm)

    monkeypatch.setattr(ScriptedVoice, "detector", detector)
    monkeypatch.setattr(ScriptedVoice, "recognise", recognise)
    return listener


async def hear(monkeypatch, *edges):
    """Send audio in which the ear finds these edges; what was understood, and the frames."""
    monkeypatch.setattr(ScriptedVoice, "edges", [LevelEdge(*edge) for edge in edges], raising=False)
    with LocalServer(VoiceScript(say("Yes."))) as server:
        async with talk(server) as client:
            await client.send("session.update", **SHOWN)
            await client.append(bytes(48 * 2000))
            frames = await client.until("conversation.item.input_audio_transcription.completed")
            return frames[-1]["transcript"], frames


async def test_words_are_sought_as_soon_as_the_user_pauses(monkeypatch, listener):
    heard, _ = await hear(monkeypatch, ("started", 200), ("paused", 1200), ("stopped", 1600))

    assert heard == "heard 1000 ms"
    assert listener.lengths_ms == [1000]


async def test_a_pause_that_was_none_is_given_up(monkeypatch, listener):
    listener.slow_ms = (600.0,)
    heard, _ = await hear(
        monkeypatch, ("started", 200), ("paused", 800), ("resumed", 1300), ("paused", 1400), ("stopped", 1800)
    )

    assert heard == "heard 1200 ms"
    assert listener.given_up == [600]


async def test_without_a_pause_the_whole_turn_is_listened_to(monkeypatch, listener):
    heard, _ = await hear(monkeypatch, ("started", 200), ("stopped", 1600))

    assert heard == "heard 1400 ms"


async def test_what_was_sought_for_a_turn_that_was_forgotten_is_given_up(monkeypatch, listener):
    listener.slow_ms = (600.0,)
    monkeypatch.setattr(ScriptedVoice, "edges", [LevelEdge("started", 0), LevelEdge("paused", 600)], raising=False)
    with LocalServer(VoiceScript()) as server:
        async with talk(server) as client:
            await client.append(bytes(48 * 1000))
            await client.find("input_audio_buffer.speech_started")
            while not listener.lengths_ms:
                await asyncio.sleep(0.001)
            await client.send("input_audio_buffer.clear")
            await client.find("input_audio_buffer.cleared")
            while not listener.given_up:
                await asyncio.sleep(0.001)

    assert listener.given_up == [600]


async def test_a_failure_to_understand_is_told_and_the_next_turn_is_heard(monkeypatch, listener):
    async def recognise(self, pcm, transcription):
        raise Failure("too dark to hear", code="dark")

    monkeypatch.setattr(ScriptedVoice, "recognise", recognise)
    monkeypatch.setattr(ScriptedVoice, "edges", [LevelEdge("started", 0), LevelEdge("stopped", 600)], raising=False)
    with LocalServer(VoiceScript(VoiceStep(say("Yes."), expect=says("")))) as server:
        async with talk(server) as client:
            await client.send("session.update", **SHOWN)
            await client.append(bytes(48 * 1000))
            failed = await client.find("conversation.item.input_audio_transcription.failed")

    assert (failed["error"]["code"], failed["error"]["message"]) == ("dark", "too dark to hear")


async def test_a_response_is_asked_for_before_the_words_are_there(monkeypatch, listener):
    listener.slow_ms = (600.0,)
    monkeypatch.setattr(ScriptedVoice, "edges", [LevelEdge("started", 0), LevelEdge("stopped", 600)], raising=False)
    with LocalServer(VoiceScript(say("Yes."))) as server:
        async with talk(server) as client:
            await client.append(bytes(48 * 1000))

            assert words_of(await client.until("response.done")) == "Yes."
