"""Audio: CPU of one chunk of 40 ms, against the bare numpy or soxr call.

``bare`` is what one writes by hand with nothing checked and no bytes at either end: for the level the root of the mean
square and the peak of an int16 array, for resampling soxr's stream on an array of floats. ``ours`` goes from bytes to
a `Level`, or from bytes to rounded and clipped bytes. Best of interleaved rounds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import soxr

from intentional_nb.audio import Resampler, level
from intentional_nb.audio.pcm import RATE_HZ

__all__ = ["rows"]

ROUNDS = 30
REPEATS = 300
CHUNK_MS = 40
PAIRS = [(48_000, 24_000), (44_100, 24_000), (24_000, 16_000)]


def rows() -> list[dict[str, Any]]:
    """One row for each kind of work."""
    return [_row("level", *_levels()), *(_row(f"{a} to {b} Hz", *_streams(a, b)) for a, b in PAIRS)]


def _chunk(rate_hz: int) -> np.ndarray:
    samples = np.random.default_rng(0).standard_normal(rate_hz * CHUNK_MS // 1000) * 8_000
    return samples.clip(-32768, 32767).astype("<i2")


def _levels() -> tuple[Callable[[], Any], Callable[[], Any]]:
    samples = _chunk(RATE_HZ)
    pcm = samples.tobytes()

    def bare() -> tuple[float, int]:
        return np.sqrt(np.mean(samples.astype(np.float32) ** 2)), np.abs(samples).max()

    return bare, lambda: level(pcm)


def _streams(from_hz: int, to_hz: int) -> tuple[Callable[[], Any], Callable[[], Any]]:
    samples = _chunk(from_hz)
    floats, pcm = samples.astype(np.float32), samples.tobytes()
    stream = soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32")
    resampler = Resampler(from_hz, to_hz)
    return lambda: stream.resample_chunk(floats), lambda: resampler.feed(pcm)


def _row(what: str, bare: Callable[[], Any], ours: Callable[[], Any]) -> dict[str, Any]:
    best = {"bare": float("inf"), "ours": float("inf")}
    for _ in range(ROUNDS):
        for name, work in (("bare", bare), ("ours", ours)):
            best[name] = min(best[name], _us(work))
    return {
        "CPU of 40 ms": what,
        "bare us": best["bare"],
        "ours us": best["ours"],
        "ours/bare": best["ours"] / best["bare"],
    }


def _us(work: Callable[[], Any]) -> float:
    started = time.process_time()
    for _ in range(REPEATS):
        work()
    return (time.process_time() - started) * 1e6 / REPEATS
