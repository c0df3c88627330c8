"""Audio that the tests of this folder share."""

from __future__ import annotations

import struct

import numpy as np
from hypothesis import strategies as st

__all__ = ["GUID_TAIL", "chunk", "fmt", "noise", "pcms", "riff", "sine"]

GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")


def pcms(max_samples: int = 200) -> st.SearchStrategy[bytes]:
    """PCM of any samples, the extreme ones among them."""
    return st.lists(st.integers(-32768, 32767), max_size=max_samples).map(lambda s: np.array(s, "<i2").tobytes())


def noise(samples: int, seed: int = 0) -> bytes:
    """Loud noise, with samples that reach full scale."""
    values = np.random.default_rng(seed).standard_normal(samples) * 12_000
    return values.clip(-32768, 32767).astype("<i2").tobytes()


def sine(hz: float, rate_hz: int, ms: int = 500, peak: float = 0.5) -> np.ndarray:
    """A sine as floats."""
    return peak * np.sin(2 * np.pi * hz * np.arange(rate_hz * ms // 1000) / rate_hz)


def chunk(name: bytes, body: bytes, size: int | None = None) -> bytes:
    """A RIFF chunk, padded; with a size that is not true where one is given."""
    return struct.pack("<4sI", name, len(body) if size is None else size) + body + bytes(len(body) % 2)


def fmt(bits: int, channels: int = 1, rate_hz: int = 24_000, kind: int = 1, extra: bytes = b"") -> bytes:
    frame = channels * ((bits + 7) // 8)
    layout = struct.pack("<HHIIHH", kind, channels, rate_hz, rate_hz * frame, frame, bits)
    return chunk(b"fmt ", layout + extra)


def riff(*chunks: bytes, size: int | None = None, magic: bytes = b"RIFF") -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return struct.pack("<4sI", magic, len(body) if size is None else size) + body
