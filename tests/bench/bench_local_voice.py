"""The local voice: from the end of the user's silence to the first sound of the answer on the wire.

A microphone sends a clip in real time to a server in this process. Recognition begins when the user pauses, so the
answer should come sooner after the turn's end than recognition alone takes; both are measured in the same run.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from typing import Any

from intentional_nb.local import speech
from intentional_nb.local.script import Script, text
from intentional_nb.local.server import LocalServer
from tests.local.realtime.talking import talk, updating
from tests.local.realtime.voices import quiet, recognised, spoken

REPEATS = 5
UTTERANCES = (
    "A table for two, please.",
    "I would like a table for two people, on Friday evening.",
    "I would like a table for two people on Friday evening, at eight o'clock, and one of us does not eat meat.",
)
CHUNK_MS = 40


def rows() -> Sequence[dict[str, Any]]:
    """One row for each length of an utterance; medians."""
    if not speech.is_installed():
        return [{"what": speech.notice()}]
    speech.load()
    return [_row(utterance) for utterance in UTTERANCES]


def _row(utterance: str) -> dict[str, Any]:
    clip = spoken(utterance)
    alone_ms = statistics.median(_timed(clip) for _ in range(REPEATS))
    answers = [asyncio.run(_answered(clip)) for _ in range(REPEATS)]
    words_ms, sound_ms = (statistics.median(times) for times in zip(*answers, strict=True))
    return {
        "utterance ms": round(len(clip) / 48),
        "recognition alone ms": round(alone_ms),
        "turn over to words ms": round(words_ms),
        "turn over to first sound ms": round(sound_ms),
        "of recognition alone": sound_ms / alone_ms,
    }


def _timed(clip: bytes) -> float:
    began = time.perf_counter()
    recognised(clip)
    return (time.perf_counter() - began) * 1000


async def _answered(clip: bytes) -> tuple[float, float]:
    """Speak once; how long after the turn's end the words and the first sound came."""
    at: dict[str, float] = {}
    with LocalServer(Script(text("For which day shall I book it? And at what time?"))) as server:
        async with talk(server, checked=False) as client:
            await client.send("session.update", **updating(transcription={"model": "whisper-1"}))
            microphone = asyncio.create_task(_send(client, clip + quiet(1000)))
            while "response.done" not in at:
                at.setdefault((await client.next())["type"], time.perf_counter())
            await microphone
    over = at["input_audio_buffer.speech_stopped"]
    words = at["conversation.item.input_audio_transcription.completed"]
    return (words - over) * 1000, (at["response.output_audio.delta"] - over) * 1000


async def _send(client: Any, pcm: bytes) -> None:
    began = time.perf_counter()
    for number, start in enumerate(range(0, len(pcm), CHUNK_MS * 48), 1):
        await asyncio.sleep(max(began + number * CHUNK_MS / 1000 - time.perf_counter(), 0))
        await client.append(pcm[start : start + CHUNK_MS * 48])
