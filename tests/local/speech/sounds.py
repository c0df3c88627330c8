"""Sounds for tests, made on the spot: speech by the local voice and by other programs, noise, tones and clicks."""

from __future__ import annotations

import shutil
import subprocess
import zlib
from functools import cache

import numpy as np
import pytest

from intentional_nb.audio.clip import Clip
from intentional_nb.audio.pcm import from_array, to_array
from intentional_nb.local import speech

__all__ = ["NOISES", "OTHERS", "louder", "mixed", "needs_speech", "noise", "quiet", "said", "said_by"]

RATE_HZ = 24_000

needs_speech = pytest.mark.skipif(not speech.is_installed(), reason=str(speech.notice()))

OTHERS = {
    "espeak-ng": ["espeak-ng", "-v", "en-us", "--stdout"],
    "flite slt": ["flite", "-voice", "slt", "-o", "/dev/stdout", "-t"],
    "flite rms": ["flite", "-voice", "rms", "-o", "/dev/stdout", "-t"],
}
"""Voices of other programs: how they are asked for a WAV file."""


@cache
def said(text: str, speed: float = 1.0) -> bytes:
    """A sentence in the local voice."""
    from intentional_nb.local.speech.synthesis import synthesise

    return synthesise(text, speed=speed)


@cache
def said_by(voice: str, text: str) -> bytes:
    """A sentence in another voice; skips the test where this machine has no such program."""
    program, *options = OTHERS[voice]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed: it is the other voice of this test")
    wav = subprocess.run([program, *options, text], capture_output=True, check=True, timeout=60).stdout
    return Clip.read(wav).pcm


def quiet(length_ms: int) -> bytes:
    """Digital silence."""
    return bytes(48 * length_ms)


def louder(pcm: bytes, factor: float) -> bytes:
    """The same, louder or softer."""
    return from_array(to_array(pcm) / 32_768 * factor)


def mixed(pcm: bytes, other: bytes) -> bytes:
    """Both at once, as long as the first."""
    return from_array(to_array(pcm) / 32_768 + to_array(other)[: len(pcm) // 2] / 32_768)


def noise(kind: str, length_ms: int = 3000, loudness: float = 0.1) -> bytes:
    """Sound that is no speech.

    Args:
        kind: One of `NOISES`.
        length_ms: How long.
        loudness: Root of the mean square, from 0 to 1.
    """
    count = RATE_HZ * length_ms // 1000
    randomness = np.random.default_rng(zlib.crc32(kind.encode()))
    samples = NOISES[kind](np.arange(count) / RATE_HZ, randomness)
    return from_array(samples * loudness / max(float(np.sqrt((samples**2).mean())), 1e-9))


def _pink(times, randomness):
    spectrum = np.fft.rfft(randomness.standard_normal(len(times)))
    return np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)), len(times))


def _clicks(times, randomness):
    samples = np.zeros(len(times))
    samples[:: RATE_HZ // 3] = 1
    return samples


def _keys(times, randomness):
    """Typing: a burst of noise four times a second."""
    return randomness.standard_normal(len(times)) * np.exp(-((times * 4) % 1) * 60)


NOISES = {
    "white": lambda times, randomness: randomness.standard_normal(len(times)),
    "pink": _pink,
    "hum": lambda times, randomness: np.sin(2 * np.pi * 50 * times) + 0.3 * np.sin(2 * np.pi * 150 * times),
    "tone": lambda times, randomness: np.sin(2 * np.pi * 440 * times),
    "chord": lambda times, randomness: sum(np.sin(2 * np.pi * pitch * times) for pitch in (262, 330, 392)),
    "clicks": _clicks,
    "keys": _keys,
}
