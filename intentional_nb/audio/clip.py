"""A clip: a piece of mono audio at 24 kHz as a value, whatever it was read from."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, Union

from intentional_nb.audio.pcm import (
    BYTES_PER_SAMPLE,
    RATE_HZ,
    SAMPLES_PER_MS,
    Level,
    byte_count,
    checked_rate,
    duration_ms,
    from_array,
    level,
    mismatch,
    to_array,
)
from intentional_nb.audio.resample import resample
from intentional_nb.audio.wav import from_wav, to_wav, wav_path

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Clip", "ClipSource", "duration_text", "size_text"]

ClipSource: TypeAlias = Union["Clip", bytes, bytearray, memoryview, str, os.PathLike[str], tuple["npt.ArrayLike", int]]
"""What a clip can be read from: another clip, the bytes or the path of a WAV, or an array with its rate."""

_SOURCES = "a clip, the bytes or the path of a WAV, or (array, rate_hz)"


@dataclass(frozen=True, slots=True, repr=False)
class Clip:
    """A piece of audio: 16-bit samples, mono, 24 000 a second.

    Clips are values: equal when their samples are, joined with ``+``, never changed. A clip that is the last line of a
    cell is shown as text and puts no audio into the notebook; `intentional_nb.audio.audio` does that.

    Attributes:
        pcm: The samples, 16-bit little-endian.

    >>> Clip.silence(1500) + Clip.silence(600)
    Clip(2.1 s, 101 kB, silent)
    """

    pcm: bytes

    def __post_init__(self) -> None:
        byte_count(self.pcm)
        if type(self.pcm) is not bytes:
            object.__setattr__(self, "pcm", bytes(self.pcm))

    @classmethod
    def read(cls, source: ClipSource) -> Clip:
        """A clip of what is there: mixed down to mono and resampled to 24 kHz where it is something else.

        Args:
            source: A clip (returned as it is); the bytes of a WAV; the path of one; or an array of samples with its
                rate, ``(array, rate_hz)``, the array as in `intentional_nb.audio.from_array`. Raw PCM at 24 kHz needs
                no reading: ``Clip(pcm)``.

        Raises:
            AudioError: It is something else, or cannot be read; the message says what came.
        """
        match source:
            case Clip():
                return source
            case bytes() | bytearray() | memoryview():
                return from_wav(bytes(source))
            case str() | os.PathLike():
                return _from_file(source)
            case tuple() if len(source) == 2:
                samples, rate_hz = source
                if hasattr(rate_hz, "__len__"):
                    raise mismatch("(array, rate_hz)", "the rate before the array, or two arrays")
                return cls(resample(from_array(samples), checked_rate(rate_hz), RATE_HZ))
        raise mismatch(_SOURCES, _in_words(source))

    @classmethod
    def silence(cls, ms: float) -> Clip:
        """Nothing, for a while."""
        if not 0 <= ms < float("inf"):
            raise mismatch("a length of 0 ms or more", f"{ms!r}")
        return cls(bytes(_samples_in(ms) * BYTES_PER_SAMPLE))

    @classmethod
    def joined(cls, clips: Iterable[Clip]) -> Clip:
        """The clips one after another."""
        return cls(b"".join(clip.pcm for clip in clips))

    def __add__(self, other: Clip) -> Clip:
        if not isinstance(other, Clip):
            return NotImplemented
        return Clip(self.pcm + other.pcm)

    def __repr__(self) -> str:
        loudest = self.level
        loudness = f"peak {round(loudest.peak_dbfs)} dB" if loudest.peak else "silent"
        return f"Clip({duration_text(self.duration_ms)}, {size_text(len(self.pcm))}, {loudness})"

    @property
    def duration_ms(self) -> float:
        """How long it lasts."""
        return duration_ms(self.pcm)

    @property
    def level(self) -> Level:
        """How loud it is."""
        return level(self.pcm)

    @property
    def array(self) -> npt.NDArray[np.int16]:
        """The samples as a read-only array; no copy."""
        return to_array(self.pcm)

    def part(self, from_ms: float = 0, to_ms: float | None = None) -> Clip:
        """What lies between two moments; up to the end when the second is None or later.

        Raises:
            AudioError: The first moment is negative or after the second.
        """
        end_ms = self.duration_ms if to_ms is None else to_ms
        start_ms = min(from_ms, self.duration_ms) if to_ms is None else from_ms
        if not 0 <= start_ms <= end_ms:
            raise mismatch("two moments, the earlier one first", f"from {from_ms} ms to {to_ms} ms")
        first, last = (_samples_in(min(ms, self.duration_ms)) * BYTES_PER_SAMPLE for ms in (start_ms, end_ms))
        return Clip(self.pcm[first:last])

    def to_wav(self) -> bytes:
        """The bytes of a WAV file."""
        return to_wav(self.pcm)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a WAV file.

        Returns:
            Its path.

        Raises:
            AudioError: The name ends like that of another kind of file, such as ``.mp3``.
        """
        target = wav_path(path)
        target.write_bytes(self.to_wav())
        return target


def _samples_in(ms: float) -> int:
    return round(ms * SAMPLES_PER_MS)


def _from_file(path: str | os.PathLike[str]) -> Clip:
    try:
        data = Path(path).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        reason = getattr(error, "strerror", None) or error
        raise mismatch(
            "the path of a WAV file", f"{os.fspath(path)[:200]!r}, which cannot be read: {reason}"
        ) from error
    return from_wav(data)


def _in_words(source: object) -> str:
    kind = f"{type(source).__module__}.{type(source).__qualname__}".removeprefix("builtins.")
    if hasattr(source, "__array__") or isinstance(source, list):
        return f"{kind} without its rate: (array, rate_hz)"
    return kind


def duration_text(ms: float) -> str:
    """A length of time for people.

    >>> duration_text(40), duration_text(2_140)
    ('40 ms', '2.1 s')
    """
    return f"{ms:.0f} ms" if ms < 999.5 else f"{ms / 1000:.1f} s"


def size_text(count: int) -> str:
    """A number of bytes for people.

    >>> size_text(960), size_text(100_800), size_text(2_880_044)
    ('960 bytes', '101 kB', '2.9 MB')
    """
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1000:.0f} kB" if count < 999_500 else f"{count / 1_000_000:.1f} MB"
