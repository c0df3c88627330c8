"""The voice: hibari, which says a sentence in a hundredth of the time that it lasts."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["FASTEST", "SLOWEST", "Voice"]

SLOWEST, FASTEST = 0.25, 1.5
"""Speeds that the Realtime API allows, all of which this voice can be understood at."""

_SAMPLES_PER_MS = 24
_SEED = 0
"""Of the breath in the voice, so that the same text is always the same sound."""
_AUDIBLE = 0.002
"""Quieter samples at the ends of a sentence are no part of its words: -54 dB."""
_BEFORE_MS, _AFTER_MS = 40, 200
"""Silence that is left at the ends; the voice itself leaves 300 and 450 ms."""
_FADE_IN_MS, _FADE_OUT_MS = 5, 30

Sound = npt.NDArray[np.float32]


class Voice:
    """A voice that any number of threads may speak with."""

    def __init__(self, model: Path) -> None:
        from hibari import Hibari

        self._engine: Any = Hibari(model=str(model))
        self._engine.g2p.oov("now")  # opens its dictionaries and the network for unknown words, which is slow
        self._reading = threading.Lock()  # the dictionaries grow while they are read

    def speak(self, text: str, speed: float = 1.0) -> Sound:
        """A sentence as sound at 24 000 Hz, beginning and ending in silence; nothing when it has no words.

        Args:
            text: In English, as it is to be said.
            speed: 1 is the voice's own; clamped to `SLOWEST` and `FASTEST`.
        """
        with self._reading:
            phonemes = self._engine.phonemize(text)
        randomness = np.random.default_rng(_SEED)
        speed = min(max(speed, SLOWEST), FASTEST)
        pieces = [self._engine.from_ids(self._engine.ids(piece), speed, randomness) for piece in phonemes]
        return _soft(np.concatenate(pieces)) if pieces else np.zeros(0, np.float32)


def _soft(sound: Sound) -> Sound:
    """The sound without the silence around it that makes listeners wait, and with ends that do not click."""
    audible = np.flatnonzero(np.abs(sound) > _AUDIBLE)
    if not len(audible):
        return sound[:0]
    start = max(int(audible[0]) - _BEFORE_MS * _SAMPLES_PER_MS, 0)
    soft = sound[start : int(audible[-1]) + _AFTER_MS * _SAMPLES_PER_MS].copy()
    rise, fall = (min(ms * _SAMPLES_PER_MS, len(soft)) for ms in (_FADE_IN_MS, _FADE_OUT_MS))
    soft[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)
    soft[len(soft) - fall :] *= np.linspace(1, 0, fall, dtype=np.float32)
    return soft
