"""Changing the sample rate: a piece at once, or a stream chunk by chunk without seams.

soxr is given floats and its results are rounded here. Given 16-bit samples it adds noise before it rounds, which makes
silence crackle by the lowest bit, and a stream differ from the same audio at once. With floats the law is exact:
however audio is cut into chunks, the bytes that come out are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from intentional_nb.audio.pcm import BYTES_PER_SAMPLE, FULL_SCALE, Pcm, byte_count, checked_rate, to_array

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Resampler", "resample"]

STEP = 1 << 18
"""Samples converted at a time, so that an hour is never held as floats."""


def resample(pcm: Pcm, from_hz: int, to_hz: int) -> bytes:
    """Change the sample rate of PCM.

    Starts afresh at each call, so chunks resampled one by one click where they join; use `Resampler` for a stream.

    Args:
        pcm: n mono samples.
        from_hz: Samples a second of `pcm`.
        to_hz: Samples a second wanted.

    Returns:
        ``n * to_hz / from_hz`` samples, rounded to the nearest whole number.

    Raises:
        AudioError: An odd number of bytes, or a rate that audio does not have.

    >>> len(resample(bytes(320), 16_000, 24_000))  # 10 ms
    480
    """
    resampler = Resampler(from_hz, to_hz)
    if resampler.is_identity:
        return resampler.feed(pcm)
    samples = to_array(pcm)
    pieces = [resampler.feed(samples[start : start + STEP].data) for start in range(0, samples.size, STEP)]
    return b"".join([*pieces, resampler.flush()])


class Resampler:
    """Changes the sample rate of a stream.

    Output lags behind: at 16 to 48 kHz up to 40 ms of audio wait inside, at 8 kHz up to 80 ms; `waiting_ms` tells.
    The first chunks therefore give less, often nothing, and `flush` gives the rest.

    Attributes:
        from_hz: Samples a second fed.
        to_hz: Samples a second given.
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        """Prepare a stream.

        Args:
            from_hz: Samples a second that will be fed.
            to_hz: Samples a second wanted.

        Raises:
            AudioError: A rate that audio does not have.
        """
        self.from_hz = checked_rate(from_hz)
        self.to_hz = checked_rate(to_hz)
        self._fed = 0  # samples of this stream so far, in and out
        self._given = 0
        self._stream: Any = None if self.is_identity else _stream(self.from_hz, self.to_hz)

    @property
    def is_identity(self) -> bool:
        """Whether the rates are equal: what is fed comes out at once, unchanged."""
        return self.from_hz == self.to_hz

    @property
    def waiting_ms(self) -> float:
        """How much of the audio that was fed has not come out yet."""
        return (self._fed / self.from_hz - self._given / self.to_hz) * 1000

    def feed(self, pcm: Pcm) -> bytes:
        """Take a chunk of any length.

        Returns:
            The samples that are ready, perhaps none.

        Raises:
            AudioError: An odd number of bytes; the stream is as it was before.
        """
        if self._stream is None:
            byte_count(pcm)
            return bytes(pcm)
        samples = to_array(pcm)
        self._fed += samples.size
        return self._convert(samples, is_last=False)

    def flush(self) -> bytes:
        """End the stream; the next chunk begins another one.

        Returns:
            The samples that were waiting.
        """
        if self._stream is None:
            return b""
        rest = self._convert(to_array(b""), is_last=True)
        self._stream.clear()
        self._fed = self._given = 0
        return rest

    def _convert(self, samples: npt.NDArray[np.int16], *, is_last: bool) -> bytes:
        import numpy as np

        floats = self._stream.resample_chunk(samples.astype(np.float32), last=is_last)
        pcm = _rounded(floats).tobytes()
        self._given += len(pcm) // BYTES_PER_SAMPLE
        return pcm


def _stream(from_hz: int, to_hz: int) -> Any:
    import soxr

    return soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality="HQ")


def _rounded(floats: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
    """The nearest 16-bit samples; what the filter overshoots is clipped."""
    import numpy as np

    np.rint(floats, out=floats)
    return floats.clip(-FULL_SCALE, FULL_SCALE - 1, out=floats).astype("<i2")
