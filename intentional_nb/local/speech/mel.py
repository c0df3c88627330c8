"""What Whisper looks at: the energy of 80 bands of pitch, every 10 ms, on a logarithmic scale.

The numbers are those of Whisper's own front end: windows of 25 ms, bands spaced by the mel scale of Slaney, and levels
more than 80 dB below the loudest one cut off. They are computed with twice the digits that are kept, so that the order
in which a machine adds them up, which depends on its processors, does not show in the words.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from intentional_nb.local.speech.silero import Samples

__all__ = ["HOP", "bands", "log_mel"]

RATE_HZ = 16_000
HOP = 160
"""Samples from one column to the next: 10 ms."""
WINDOW = 400
"""Samples that a column sees."""

Picture = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]


def log_mel(samples: Samples, columns: int, band_count: int = 80) -> Picture:
    """The picture of a sound, cut off or filled up with silence to a width.

    Args:
        samples: The sound.
        columns: Width of the picture, 10 ms each.
        band_count: Height of the picture.

    Returns:
        One row for each band, the lowest first; numbers up to about 1.5, which span 2 at most.
    """
    wanted = columns * HOP
    sound = np.pad(samples[:wanted], (0, max(wanted - len(samples), 0)))
    sound = np.pad(sound, WINDOW // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::HOP][:columns] * _hann()
    spectrum = np.fft.rfft(windows, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    levels = np.log10(np.maximum(bands(band_count) @ power.T, 1e-10))
    return np.ascontiguousarray((np.maximum(levels, levels.max() - 8) + 4) / 4, dtype=np.float32)


@cache
def bands(count: int) -> Matrix:
    """How much each frequency of a spectrum counts in each band: triangles of equal area that overlap by half."""
    edges = _to_hz(np.linspace(0, _to_mel(RATE_HZ / 2), count + 2))
    frequencies = np.linspace(0, RATE_HZ / 2, WINDOW // 2 + 1)
    rising = (frequencies - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - frequencies) / np.diff(edges)[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    return triangles * (2 / (edges[2:] - edges[:-2]))[:, None]


def _to_mel(hz: float) -> float:
    """Slaney's scale: even up to 1000 Hz, which is 15 mel, and logarithmic above."""
    return hz * 3 / 200 if hz < 1000 else 15 + np.log(hz / 1000) / np.log(6.4) * 27


def _to_hz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))


@cache
def _hann() -> Matrix:
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
