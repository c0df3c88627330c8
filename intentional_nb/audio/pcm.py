"""Samples as bytes: what PCM16 is, how long and how loud it is, and the way to numpy arrays and back.

``pcm`` is 16-bit little-endian; mono and 24 000 samples a second where nothing else is said. Full scale is 32 768, so
that the floats 1.0 and -1.0 are the loudest there is and every 16-bit sample survives the way to floats and back.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from intentional_nb.errors import AudioError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "BYTES_PER_MS",
    "BYTES_PER_SAMPLE",
    "FULL_SCALE",
    "HIGHEST_HZ",
    "LOWEST_HZ",
    "MOST_CHANNELS",
    "RATE_HZ",
    "SAMPLES_PER_MS",
    "SILENCE_DBFS",
    "Level",
    "Pcm",
    "byte_count",
    "checked_rate",
    "duration_ms",
    "from_array",
    "level",
    "mismatch",
    "to_array",
]

RATE_HZ = 24_000
"""Samples a second of all audio that names no other rate: what the Realtime API takes and gives."""
SAMPLES_PER_MS = RATE_HZ // 1000
BYTES_PER_SAMPLE = 2
BYTES_PER_MS = SAMPLES_PER_MS * BYTES_PER_SAMPLE
LOWEST_HZ, HIGHEST_HZ = 1_000, 768_000
"""Rates outside of these are mistakes."""
SILENCE_DBFS = -100.0
"""What silence is in decibels, and all that is quieter: the lowest bit alone is at -90."""

FULL_SCALE = 32_768
MOST_CHANNELS = 256
"""More columns than these are samples that were laid out the other way round."""
LOUDEST = 100.0
"""Floats above it are no overdriven sound but samples on another scale."""
STEP = 1 << 18
"""Frames converted at a time, so that an hour is never held as floats."""
LEVEL_STEP = 1 << 13
"""Samples squared at a time: a float64 then holds the sum exactly."""

Pcm: TypeAlias = bytes | bytearray | memoryview
"""What functions take as PCM; what they return is always ``bytes``."""

_SAMPLE_FORMATS = {"B", "b", "c", "h", "<h"}
"""Formats of a memoryview that hold bytes or 16-bit samples."""


def mismatch(expected: str, found: str) -> AudioError:
    """The error for audio that is something else than it should be."""
    return AudioError(f"expected {expected}, got {found}", expected=expected, found=found)


def byte_count(pcm: Pcm) -> int:
    """The bytes of some PCM, which must be whole 16-bit samples.

    Raises:
        AudioError: An odd number of bytes, or no bytes at all but text, floats, ….
    """
    try:
        view = memoryview(pcm)
    except TypeError:
        raise mismatch("PCM as bytes", f"{type(pcm).__name__} (from_array makes bytes of samples)") from None
    if view.format not in _SAMPLE_FORMATS or view.ndim != 1:
        raise mismatch("PCM as bytes", f"an array of format {view.format!r} (from_array makes bytes of samples)")
    return _whole(view.nbytes)


def _whole(count: int) -> int:
    if count % BYTES_PER_SAMPLE or count < 0:
        raise mismatch("16-bit PCM, two bytes a sample", f"{count} bytes")
    return count


def checked_rate(rate_hz: Any) -> int:
    """A sample rate as an int.

    Raises:
        AudioError: It is no whole number, or none that audio has.
    """
    try:
        rate = int(rate_hz) if isinstance(rate_hz, float) and rate_hz.is_integer() else operator.index(rate_hz)
    except TypeError:
        raise mismatch("a whole number of samples a second", repr(rate_hz)[:100]) from None
    if not LOWEST_HZ <= rate <= HIGHEST_HZ:
        raise mismatch(f"between {LOWEST_HZ} and {HIGHEST_HZ} samples a second", str(rate))
    return rate


def duration_ms(pcm: Pcm | int, rate_hz: int = RATE_HZ) -> float:
    """How long PCM lasts.

    Args:
        pcm: Mono PCM, or its number of bytes.
        rate_hz: Samples a second.

    Raises:
        AudioError: An odd number of bytes.

    >>> duration_ms(bytes(4800))
    100.0
    """
    count = _whole(pcm) if isinstance(pcm, int) else byte_count(pcm)
    return count * 1000 / (BYTES_PER_SAMPLE * rate_hz)


def to_array(pcm: Pcm) -> npt.NDArray[np.int16]:
    """The samples of PCM as a view, not a copy: read-only when `pcm` is ``bytes``.

    Raises:
        AudioError: An odd number of bytes.
    """
    import numpy as np

    if type(pcm) is not bytes or len(pcm) % BYTES_PER_SAMPLE:
        byte_count(pcm)  # says what is wrong
        if isinstance(pcm, memoryview) and not pcm.c_contiguous:
            pcm = pcm.tobytes()
    return np.frombuffer(pcm, "<i2")


def from_array(samples: npt.ArrayLike) -> bytes:
    """PCM of samples; several channels are mixed down to their mean.

    Args:
        samples: Floats, of which 1.0 and -1.0 are the loudest and louder ones are clipped, or int16; of shape ``(n,)``
            or ``(n, channels)``.

    Raises:
        AudioError: Another dtype or shape, values that are not finite, or floats on the scale of integers.

    >>> from_array([0.0, 0.5, -1.0, 7.0]).hex(" ", 2)
    '0000 0040 0080 ff7f'
    """
    frames = _frames(samples)
    return b"".join(_encode(frames[start : start + STEP]) for start in range(0, len(frames), STEP))


def _frames(samples: npt.ArrayLike) -> npt.NDArray[Any]:
    """The samples as floats or int16 of shape ``(n, channels)``."""
    import numpy as np

    try:
        array = np.asarray(samples)
    except (TypeError, ValueError) as error:
        raise mismatch("samples of shape (n,) or (n, channels)", f"what is no array ({error})") from error
    shape = f"shape {' x '.join(map(str, array.shape))}" if array.ndim else "a single value"
    if array.ndim not in (1, 2) or (array.ndim == 2 and not array.shape[1]):
        raise mismatch("samples of shape (n,) or (n, channels)", shape)
    if array.ndim == 2 and array.shape[1] > MOST_CHANNELS:
        raise mismatch("samples of shape (n, channels)", f"{shape}: transpose it, as with samples.T")
    if array.dtype.kind != "f" and (array.dtype.kind, array.dtype.itemsize) != ("i", 2):
        raise mismatch("floats between -1 and 1, or int16", f"samples of dtype {array.dtype}")
    return array.reshape(len(array), -1) if array.size else np.zeros((0, 1), np.int16)


def _encode(frames: npt.NDArray[Any]) -> bytes:
    import numpy as np

    if frames.dtype.kind == "f":
        _check_floats(frames)
        # Half precision ends at 65 504, too early for what follows.
        frames = frames.astype(np.result_type(frames.dtype, np.float32), copy=False)
    if frames.shape[1] == 1 and frames.dtype.kind == "i":
        return frames.astype("<i2", copy=False).tobytes()
    mono = frames.mean(axis=1) if frames.shape[1] > 1 else frames[:, 0]
    scaled = mono * FULL_SCALE if frames.dtype.kind == "f" else mono
    pcm: bytes = np.rint(scaled).clip(-FULL_SCALE, FULL_SCALE - 1).astype("<i2").tobytes()
    return pcm


def _check_floats(frames: npt.NDArray[Any]) -> None:
    import numpy as np

    wrong = int(np.count_nonzero(~np.isfinite(frames)))
    if wrong:
        raise mismatch("floats between -1 and 1", f"{wrong} samples that are not a number or infinite")
    loudest = float(np.abs(frames).max())
    if loudest > LOUDEST:
        hint = "for samples on a 16-bit scale use astype('int16')"
        raise mismatch("floats between -1 and 1", f"floats up to {loudest:g} ({hint})")


@dataclass(frozen=True, slots=True)
class Level:
    """How loud some audio is.

    Attributes:
        rms: Root of the mean square, from 0 to 1; a sine at full scale has 0.71.
        peak: The largest sample, from 0 to 1.
    """

    rms: float
    peak: float

    @property
    def rms_dbfs(self) -> float:
        """`rms` in decibels below full scale: 0 for a square wave, -3 for a sine, `SILENCE_DBFS` for silence."""
        return _dbfs(self.rms)

    @property
    def peak_dbfs(self) -> float:
        """`peak` in decibels below full scale, `SILENCE_DBFS` for silence."""
        return _dbfs(self.peak)


def _dbfs(value: float) -> float:
    return max(20 * math.log10(value), SILENCE_DBFS) if value else SILENCE_DBFS


def level(pcm: Pcm) -> Level:
    """How loud PCM is; no audio at all is as loud as silence.

    Raises:
        AudioError: An odd number of bytes.
    """
    import numpy as np

    samples = to_array(pcm)
    if not samples.size:
        return Level(0.0, 0.0)
    peak = max(int(samples.max()), -int(samples.min()))
    energy = 0.0
    for start in range(0, samples.size, LEVEL_STEP):
        piece = samples[start : start + LEVEL_STEP].astype(np.float64)
        energy += float(piece.dot(piece))
    return Level(math.sqrt(energy / samples.size) / FULL_SCALE, peak / FULL_SCALE)
