"""Sound for scripts: a tone to say words with, and an ear that tells loud from quiet. No model, the same every time."""

from __future__ import annotations

import math
import sys
from array import array
from dataclasses import dataclass
from functools import cache
from typing import Final

from intentional_nb.wire.realtime.server_items import BYTES_PER_MS

__all__ = ["LETTER_MS", "LevelDetector", "LevelEdge", "spoken_tone", "tone"]

LETTER_MS: Final = 60
"""How long a letter of spoken text lasts, which is about how fast people speak."""

_RATE_HZ: Final = 24_000
_FRAME_MS: Final = 20
_LOUD: Final = 1000
"""The peak, of 32 767, from which sound counts as speech."""
_LEAST_SPEECH_MS: Final = 60


def tone(length_ms: float, hz: int = 200, *, peak: int = 8000) -> bytes:
    """Make a tone.

    Args:
        length_ms: How long.
        hz: How high; a divisor of 24 000 makes a whole number of samples, so that tones join without a click.
        peak: How loud, of 32 767.
    """
    size = round(length_ms * BYTES_PER_MS / 2) * 2
    period = _period(hz, peak)
    return (period * (size // len(period) + 1))[:size]


def spoken_tone(text: str) -> bytes:
    """Say a text as a tone that lasts as long as speech would."""
    return tone(len(text) * LETTER_MS)


@cache
def _period(hz: int, peak: int) -> bytes:
    count = max(_RATE_HZ // hz, 1)
    samples = array("h", (round(peak * math.sin(2 * math.pi * at / count)) for at in range(count)))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


@dataclass(frozen=True, slots=True)
class LevelEdge:
    """The beginning or the end of a sound."""

    kind: str
    at_ms: float


class LevelDetector:
    """Takes whatever is loud for speech.

    Args:
        prefix_padding_ms: Audio that belongs to a turn before its sound.
        silence_duration_ms: Quiet that ends a turn.
    """

    def __init__(self, *, prefix_padding_ms: float = 300, silence_duration_ms: float = 500) -> None:
        self._padding_ms = prefix_padding_ms
        self._silence_ms = silence_duration_ms
        self._rest = b""
        self._at_ms = 0
        self._loud_ms = 0
        self._quiet_ms = 0
        self._is_open = False

    def feed(self, pcm: bytes) -> list[LevelEdge]:
        """Take the next piece of audio."""
        self._rest += pcm
        size = _FRAME_MS * BYTES_PER_MS
        whole = len(self._rest) - len(self._rest) % size
        frames, self._rest = self._rest[:whole], self._rest[whole:]
        edges = []
        for at in range(0, whole, size):
            edge = self._hear(frames[at : at + size])
            if edge is not None:
                edges.append(edge)
        return edges

    def _hear(self, frame: bytes) -> LevelEdge | None:
        samples = array("h", frame)
        if sys.byteorder == "big":
            samples.byteswap()
        is_loud = max(max(samples), -min(samples)) >= _LOUD
        self._at_ms += _FRAME_MS
        self._loud_ms = self._loud_ms + _FRAME_MS if is_loud else 0
        self._quiet_ms = 0 if is_loud else self._quiet_ms + _FRAME_MS
        if not self._is_open and self._loud_ms >= _LEAST_SPEECH_MS:
            self._is_open = True
            return LevelEdge("started", max(self._at_ms - self._loud_ms - self._padding_ms, 0))
        if self._is_open and self._quiet_ms >= self._silence_ms:
            self._is_open = False
            return LevelEdge("stopped", self._at_ms)
        return None
