"""Speech: words that are heard wrong, how well speech is told from silence, and what both cost.

Each of the 25 utterances stands in silence, alone or with pink noise below it. "Words wrong" counts words put in, left
out or other than said; figures count as the words for their digits. "Recognising" and "detecting" are shares of the
time that the audio lasts. "Heard" is the share of the frames with speech that are found, "false" that of the frames
without any that are taken for it. "One turn" is the share of the utterances that are taken for exactly one. "Ready" is
how long after the end of a turn its words are known, when recognition begins at the end and when it begins at the pause
before, as a share of the silence that ends a turn: 0 is at once.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from intentional_nb.audio.pcm import to_array
from intentional_nb.local import speech
from intentional_nb.local.speech.detection import SpeechDetector
from intentional_nb.local.speech.recognition import recognise
from tests.local.speech.sounds import NOISES, OTHERS, mixed, noise, quiet, said, said_by

__all__ = ["errors", "rows", "words"]

UTTERANCES = Path(__file__).with_name("data") / "utterances.txt"
LEAD_MS, TAIL_MS = 700, 1200
SILENCE_MS = 500
FRAME_MS = 32
_DIGITS = "zero one two three four five six seven eight nine".split()  # noqa: SIM905 - a line of words reads better
_SPELT = {"i'm": "i am", "isn't": "is not", "don't": "do not", "that's": "that is", "o'clock": "oclock"}


def rows() -> list[dict[str, Any]]:
    """One row for each voice and noise, then one for each sound without speech."""
    if not speech.load():
        return [{"voice": str(speech.notice())}]
    utterances = UTTERANCES.read_text(encoding="utf-8").splitlines()
    recognise(said(utterances[0]))
    spoken = [_row(voice, say, level, utterances) for voice, say in _voices() for level in (None, 20, 10)]
    return [*spoken, *(_nobody(kind) for kind in NOISES)]


def _voices() -> Iterator[tuple[str, Callable[[str], bytes]]]:
    yield "hibari", said
    for voice, (program, *_) in OTHERS.items():
        if shutil.which(program):
            yield voice, lambda text, voice=voice: said_by(voice, text)


@dataclass
class _Sums:
    """What is counted over the utterances of a row."""

    wrong: int = 0
    words: int = 0
    audio_s: float = 0
    recognising_s: float = 0
    detecting_s: float = 0
    turns: list[int] = field(default_factory=list)
    heard: list[bool] = field(default_factory=list)
    false: list[bool] = field(default_factory=list)
    after_end: list[float] = field(default_factory=list)
    after_pause: list[float] = field(default_factory=list)


def _row(voice: str, say: Callable[[str], bytes], level: int | None, utterances: Sequence[str]) -> dict[str, Any]:
    sums = _Sums()
    for text in utterances:
        clip = say(text)
        pcm = quiet(LEAD_MS) + clip + quiet(TAIL_MS)
        _measure(sums, text, pcm if level is None else mixed(pcm, _below(clip, len(pcm) // 48, level)), pcm)
    return {
        "voice": voice,
        "noise": "none" if level is None else f"pink, {level} dB below",
        "words wrong %": 100 * sums.wrong / sums.words,
        "recognising": sums.recognising_s / sums.audio_s,
        "detecting": sums.detecting_s / sums.audio_s,
        "heard %": 100 * float(np.mean(sums.heard)),
        "false %": 100 * float(np.mean(sums.false)),
        "one turn %": 100 * float(np.mean([turns == 1 for turns in sums.turns])),
        "ready, from end": float(np.median(sums.after_end)) if sums.after_end else "",
        "ready, from pause": float(np.median(sums.after_pause)) if sums.after_pause else "",
    }


def _measure(sums: _Sums, text: str, pcm: bytes, clean: bytes) -> None:
    detector, edges = SpeechDetector(silence_duration_ms=SILENCE_MS), []
    began = time.perf_counter()
    for start in range(0, len(pcm), FRAME_MS * 48):
        edges += detector.feed(pcm[start : start + FRAME_MS * 48])
    sums.detecting_s += time.perf_counter() - began
    starts = [edge.at_ms for edge in edges if edge.kind == "started"]
    stops = [edge.at_ms for edge in edges if edge.kind == "stopped"]
    sums.turns.append(len(stops))
    _compare(sums, clean, [(start + 300, stop - SILENCE_MS) for start, stop in zip(starts, stops, strict=False)])
    turn = pcm[starts[0] * 48 : stops[-1] * 48] if stops else pcm
    began = time.perf_counter()
    heard = recognise(turn)
    lasting_s = time.perf_counter() - began
    sums.recognising_s += lasting_s
    sums.audio_s += len(turn) / 48_000
    if len(stops) == 1:
        paused_ms = [edge.at_ms for edge in edges if edge.kind == "paused"][-1]
        sums.after_end.append(lasting_s * 1000 / SILENCE_MS)
        sums.after_pause.append(max(lasting_s * 1000 - (stops[0] - paused_ms), 0) / SILENCE_MS)
    sums.wrong += errors(words(text), words(heard))
    sums.words += len(words(text))


def _compare(sums: _Sums, clean: bytes, turns: Sequence[tuple[int, int]]) -> None:
    """Frame by frame: is there sound in the clean clip, and was it taken for speech? Edges of 100 ms do not count."""
    frames = to_array(clean)[: len(clean) // 2 // 768 * 768].reshape(-1, 768)
    audible = np.abs(frames).max(axis=1) > 200
    near = np.convolve(audible, np.ones(7), "same") > 0
    inside = np.convolve(audible, np.ones(7), "same") == 7
    for number in range(len(frames)):
        taken = any(start <= number * FRAME_MS < stop for start, stop in turns)
        if inside[number]:
            sums.heard.append(taken)
        elif not near[number]:
            sums.false.append(taken)


def _below(clip: bytes, length_ms: int, level_db: int) -> bytes:
    """Pink noise so many decibels below the speech of a clip, its pauses not counted."""
    samples = to_array(clip) / 32_768
    loudness = float(np.sqrt((samples[np.abs(samples) > 0.01] ** 2).mean()))
    return noise("pink", length_ms + 1, loudness * 10 ** (-level_db / 20))


def _nobody(kind: str) -> dict[str, Any]:
    found = [edge for loudness in (0.01, 0.1, 0.3) for edge in SpeechDetector().feed(noise(kind, 5000, loudness))]
    words_heard = sum(len(words(recognise(noise(kind, 5000, loudness)))) for loudness in (0.01, 0.1, 0.3))
    return {
        "voice": "nobody",
        "noise": kind,
        "words wrong %": f"{words_heard} words",
        "one turn %": f"{sum(edge.kind == 'started' for edge in found)} turns",
    }


def words(text: str) -> list[str]:
    """The words of a text as they are compared.

    >>> words("Isn't it 10:05?")
    ['is', 'not', 'it', 'one', 'zero', 'zero', 'five']
    """
    plain = text.lower().replace("’", "'")
    for short, long in _SPELT.items():
        plain = plain.replace(short, long)
    plain = re.sub(r"\d", lambda digit: f" {_DIGITS[int(digit[0])]} ", plain)
    return re.findall(r"[a-z']+", plain)


def errors(said_words: Sequence[str], heard_words: Sequence[str]) -> int:
    """The fewest words that must be put in, left out or changed.

    >>> errors(["a", "table", "for", "two"], ["the", "table", "two"])
    2
    """
    costs = list(range(len(heard_words) + 1))
    for row, word in enumerate(said_words, 1):
        corner, costs[0] = costs[0], row
        for column, heard in enumerate(heard_words, 1):
            change = corner + (word != heard)
            corner = costs[column]
            costs[column] = min(corner + 1, costs[column - 1] + 1, change)
    return costs[-1]
