"""WAV files as bytes: writing PCM, and reading what programs, browsers and models write.

Read are PCM of 8, 16, 24 and 32 bits and floats of 32 and 64, plain or under WAVE_FORMAT_EXTENSIBLE, with any number of
channels, also with sizes that were never filled in because the file was streamed. All else is an error that says what
it is.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from intentional_nb.audio.formats import name_of
from intentional_nb.audio.pcm import MOST_CHANNELS, RATE_HZ, Pcm, byte_count, checked_rate, from_array, mismatch
from intentional_nb.audio.resample import Resampler

if TYPE_CHECKING:
    import numpy.typing as npt

    from intentional_nb.audio.clip import Clip

__all__ = ["HEADER_BYTES", "WavFormat", "from_wav", "parse_wav", "to_wav", "wav_header", "wav_path"]

HEADER_BYTES = 44
"""Bytes before the samples in the files that are written here."""
UNKNOWN_SIZE = 0xFFFF_FFFF
STREAMED_SIZE = 0x7FFF_0000
"""Sizes from here on stand for "until the end": programs that stream write 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, …"""
STEP = 1 << 18
"""Frames decoded at a time, so that an hour is never held as floats."""

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
_OTHER_FORMATS = {
    2: "MS ADPCM",
    6: "A-law",
    7: "µ-law",
    0x11: "IMA ADPCM",
    0x31: "GSM 6.10",
    0x50: "MPEG",
    0x55: "MP3",
    0x161: "WMA",
}
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")
"""What follows the format number in the GUIDs of WAVE_FORMAT_EXTENSIBLE."""
_READABLE = "a WAV of PCM with 8, 16, 24 or 32 bits, or floats"


def wav_header(size_bytes: int, rate_hz: int = RATE_HZ, channels: int = 1) -> bytes:
    """The beginning of a WAV of 16-bit samples.

    Args:
        size_bytes: Bytes of samples that follow; past what 32 bits hold, the header says that the size is not known.
        rate_hz: Frames a second.
        channels: Samples a frame.
    """
    frame = 2 * channels
    layout = struct.pack("<HHIIHH", PCM, channels, rate_hz, rate_hz * frame, frame, 16)
    riff = min(size_bytes + HEADER_BYTES - 8, UNKNOWN_SIZE)
    data = UNKNOWN_SIZE if riff == UNKNOWN_SIZE else size_bytes
    return struct.pack("<4sI4s4sI", b"RIFF", riff, b"WAVE", b"fmt ", 16) + layout + struct.pack("<4sI", b"data", data)


def to_wav(pcm: Pcm, rate_hz: int = RATE_HZ, channels: int = 1) -> bytes:
    """A WAV file of PCM.

    Args:
        pcm: 16-bit samples, those of a frame next to each other.
        rate_hz: Frames a second.
        channels: Samples a frame.

    Raises:
        AudioError: The bytes are not whole frames, or the rate or the number of channels is none that a WAV can have.

    >>> to_wav(bytes(4))[:4], len(to_wav(bytes(4)))
    (b'RIFF', 48)
    """
    rate = checked_rate(rate_hz)
    if not 1 <= channels <= 0xFFFF:
        raise mismatch("at least one channel", f"{channels}")
    size = byte_count(pcm)
    if size % (2 * channels):
        raise mismatch(f"whole frames of {2 * channels} bytes for {channels} channels", f"{size} bytes")
    return b"".join((wav_header(size, rate, channels), pcm))


def wav_path(path: str | os.PathLike[str]) -> Path:
    """The path of a WAV to write.

    Raises:
        AudioError: It is named like another kind of file, which players would then take it for.
    """
    found = Path(path)
    if found.suffix.lower() not in ("", ".wav", ".wave"):
        raise mismatch("a file name that ends in .wav", repr(os.fspath(path)))
    return found


@dataclass(frozen=True, slots=True)
class WavFormat:
    """How the samples of a WAV are written.

    Attributes:
        channels: Samples a frame.
        rate_hz: Frames a second.
        sample_bytes: Bytes a sample.
        is_float: Floats, else integers.
    """

    channels: int
    rate_hz: int
    sample_bytes: int
    is_float: bool

    @property
    def frame_bytes(self) -> int:
        """Bytes that belong to one moment."""
        return self.channels * self.sample_bytes


def from_wav(data: Pcm) -> Clip:
    """The audio of a WAV file as a clip: 24 kHz, channels mixed down.

    A file whose header does not know its own size is read to the end; bytes after the last whole frame are left out.

    Raises:
        AudioError: No WAV, one that is cut off, or one whose samples are compressed. Says what it is.
    """
    from intentional_nb.audio.clip import Clip

    found, body = parse_wav(data)
    resampler = Resampler(found.rate_hz, RATE_HZ)
    pieces = [resampler.feed(from_array(frames)) for frames in _frames(found, body)]
    return Clip(b"".join([*pieces, resampler.flush()]))


def parse_wav(data: Pcm) -> tuple[WavFormat, memoryview]:
    """The format and the bytes of the samples of a WAV.

    Raises:
        AudioError: As `from_wav`.
    """
    if not isinstance(data, bytes):
        if not isinstance(data, bytearray | memoryview):
            raise mismatch("WAV bytes", f"{type(data).__name__} (Clip.read takes more than bytes)")
        data = bytes(data)
    if data[:4] not in (b"RIFF", b"RF64", b"BW64") or data[8:12] != b"WAVE":
        raise mismatch("WAV bytes", _cut_header(data) or name_of(data))
    found: WavFormat | None = None
    long_size: int | None = None
    for name, start, size in _chunks(data):
        if name == b"fmt ":
            found = _format(data[start : start + size])
        elif name == b"ds64":  # the sizes of a file of more than 4 GiB
            long_size = int.from_bytes(data[start + 8 : start + 16], "little")
        elif name == b"data":
            if found is None:
                raise mismatch(_READABLE, "a WAV that does not say how its samples are written (no fmt chunk)")
            size = long_size if long_size is not None and size == UNKNOWN_SIZE else size
            return found, _body(data, start, size)
    raise mismatch(_READABLE, f"a WAV of {len(data)} bytes without samples (no data chunk): it is cut off or broken")


def _cut_header(data: bytes) -> str | None:
    is_cut = data[:4] == b"RIFF" and len(data) < 12
    return f"the first {len(data)} bytes of a WAV: it is cut off" if is_cut else None


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, place and size of each chunk; the size is the one that stands there, true or not."""
    offset = 12
    while offset + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, offset)
        yield name, offset + 8, size
        offset += 8 + size
        # A chunk of odd size is followed by a zero, which some programs forget; no name begins with a zero.
        if size % 2 and data[offset : offset + 1] == b"\0":
            offset += 1


def _format(chunk: bytes) -> WavFormat:
    if len(chunk) < 16:
        raise mismatch(_READABLE, f"a WAV whose fmt chunk has {len(chunk)} bytes, not 16: it is cut off or broken")
    kind, channels, rate_hz, _, frame_bytes, bits = struct.unpack_from("<HHIIHH", chunk)
    if kind == EXTENSIBLE:
        if len(chunk) < 40 or chunk[26:40] != _GUID_TAIL:
            raise mismatch(_READABLE, "a WAV of an unknown kind of WAVE_FORMAT_EXTENSIBLE")
        kind = int.from_bytes(chunk[24:26], "little")
    sample_bytes = frame_bytes // channels if 0 < channels <= MOST_CHANNELS and not frame_bytes % channels else 0
    sizes: tuple[int, ...] = {PCM: (1, 2, 3, 4), FLOAT: (4, 8)}.get(kind, ())
    if not sizes:
        raise mismatch(_READABLE, f"a WAV of {_OTHER_FORMATS.get(kind, f'format {kind:#06x}')}")
    if sample_bytes not in sizes or not 0 < bits <= 8 * sample_bytes:
        kinds = "floats" if kind == FLOAT else "integers"
        layout = f"{bits}-bit {kinds} in frames of {frame_bytes} bytes for {channels} channels"
        raise mismatch(_READABLE, f"a WAV of {layout}")
    return WavFormat(channels, checked_rate(rate_hz), sample_bytes, is_float=kind == FLOAT)


def _body(data: bytes, start: int, size: int) -> memoryview:
    there = len(data) - start
    riff_size = int.from_bytes(data[4:8], "little")
    # A size of 0 was left by a program that streamed, unless the size of the whole says that there is nothing.
    is_streamed = size >= STREAMED_SIZE if size else riff_size + 8 != len(data)
    if is_streamed and not 0 < size <= there:
        size = there
    if size > there:
        raise mismatch("a whole WAV", f"one that is cut off: {there} of {size} bytes of samples are there")
    return memoryview(data)[start : start + size]


def _frames(found: WavFormat, body: memoryview) -> Iterator[npt.NDArray[Any]]:
    """The samples as arrays of shape ``(n, channels)``, int16 or floats, piece by piece."""
    size = len(body) - len(body) % found.frame_bytes
    step = STEP * found.frame_bytes
    for start in range(0, size, step):
        yield _decode(found, body[start : min(start + step, size)]).reshape(-1, found.channels)


def _decode(found: WavFormat, raw: memoryview) -> npt.NDArray[Any]:
    import numpy as np

    if found.is_float:
        return np.frombuffer(raw, f"<f{found.sample_bytes}")
    if found.sample_bytes == 2:
        return np.frombuffer(raw, "<i2")
    if found.sample_bytes == 1:  # the only size without a sign
        return (np.frombuffer(raw, "u1").astype(np.float32) - 128) / 128
    if found.sample_bytes == 4:
        return np.frombuffer(raw, "<i4").astype(np.float64) / 2**31
    wide = np.zeros((len(raw) // 3, 4), "u1")
    wide[:, 1:] = np.frombuffer(raw, "u1").reshape(-1, 3)
    return wide.view("<i4")[:, 0].astype(np.float64) / 2**31
