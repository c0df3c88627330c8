"""What was said by both sides on one timeline: the user on the left, the bot on the right.

A piece is some audio at its place. `one_after_another` moves pieces that cannot have sounded at the same time;
`stereo` mixes them block by block, reading each piece only as far as it has come, so that an hour that lies in files
never lies in memory; `write_stereo` makes a WAV of it.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple, Protocol, TypeAlias, get_args

from intentional_nb.audio.pcm import BYTES_PER_SAMPLE, FULL_SCALE, RATE_HZ, Pcm, byte_count, mismatch, to_array
from intentional_nb.audio.wav import wav_header, wav_path

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Channel", "Piece", "Reader", "Source", "one_after_another", "stereo", "write_stereo"]

Channel: TypeAlias = Literal["user", "bot"]
_SIDE = {name: side for side, name in enumerate(get_args(Channel))}

STEP_BYTES = 1 << 16
"""Bytes read from a piece at a time."""


class Reader(Protocol):
    """What a file opened for reading bytes can do."""

    def read(self, size: int, /) -> bytes:
        """At most so many of the next bytes; none at the end."""


Source: TypeAlias = Pcm | Reader | Iterable[bytes] | Callable[[], Pcm | Reader | Iterable[bytes]]
"""Audio of a piece: PCM, a reader or chunks of it, or a function that gives one of these when the piece begins.

What a function gives is closed when the piece has ended, so that pieces in many files need only few open ones.
"""


class Piece(NamedTuple):
    """Some audio of one side; a tuple ``(offset, channel, pcm)`` serves as well.

    Attributes:
        offset: Samples from the beginning of the timeline.
        channel: ``user`` or ``bot``.
        pcm: Its audio, at 24 kHz.
        samples: How many samples of it count at most; None for all there are.
    """

    offset: int
    channel: Channel
    pcm: Source
    samples: int | None = None

    @property
    def length(self) -> int | None:
        """Its samples; None where that shows only when it is read."""
        if isinstance(self.pcm, bytes | bytearray | memoryview):
            there = byte_count(self.pcm) // BYTES_PER_SAMPLE
            return there if self.samples is None else min(self.samples, there)
        return self.samples

    def heard(self, samples: int) -> Piece:
        """The piece cut to what was heard of it; cutting again never makes it longer."""
        shortest = samples if self.samples is None else min(samples, self.samples)
        return self._replace(samples=max(shortest, 0))


def one_after_another(pieces: Iterable[Piece]) -> list[Piece]:
    """Move pieces back so that each begins when the one before it on its channel has ended, or later.

    A reply arrives faster than it sounds, and the next one waits for it: with the time of arrival as the offset, this
    gives the time at which it sounded. What was not heard must be cut before, since it delays nothing.

    Args:
        pieces: In the order in which they sound; the length of each must be known.

    Returns:
        The same pieces in the same order.

    Raises:
        AudioError: A piece without a length.
    """
    moved: list[Piece] = []
    free = dict.fromkeys(_SIDE, 0)
    for piece in map(_checked, pieces):
        length = piece.length
        if length is None:
            raise mismatch("pieces whose samples are given", f"one without, at {piece.offset} on {piece.channel!r}")
        placed = piece._replace(offset=max(piece.offset, free[piece.channel]))
        if length:
            free[piece.channel] = placed.offset + length
        moved.append(placed)
    return moved


def stereo(pieces: Iterable[Piece | tuple[int, Channel, Source]], *, block_samples: int = RATE_HZ) -> Iterator[bytes]:
    """The timeline as PCM of two channels, block by block.

    It is as long as the piece that ends last; where nobody speaks there is silence, and what lies over one another on
    one channel is added and clipped once.

    Args:
        pieces: In any order. All pieces are held, their audio is not unless they hold it themselves.
        block_samples: Samples of each channel in a block, at most.

    Raises:
        AudioError: A piece before the beginning, on no channel, or with half a sample; raised while it is read.
    """
    waiting = deque(sorted(map(_checked, pieces), key=lambda piece: piece.offset))
    sounding: list[_Voice] = []
    silent = 0  # samples owed: silence counts only when something comes after it
    now = 0
    try:
        while waiting or sounding:
            while waiting and waiting[0].offset < now + block_samples:
                sounding.append(_Voice(waiting.popleft()))
            block, used = _mix(sounding, now, block_samples)
            if used:
                yield from _silence(silent, block_samples)
                yield block
            silent = block_samples - used + (0 if used else silent)
            sounding = [voice for voice in sounding if not voice.is_over]
            now += block_samples
    finally:
        for voice in sounding:
            voice.close()


def write_stereo(
    target: str | os.PathLike[str] | BinaryIO, pieces: Iterable[Piece | tuple[int, Channel, Source]]
) -> int:
    """Write the timeline as a stereo WAV.

    Args:
        target: A path, where a file appears when it is complete; or a file opened for writing that can seek.
        pieces: As for `stereo`.

    Returns:
        How many samples long it is.

    Raises:
        AudioError: As `stereo`; or the path ends like that of another kind of file.
    """
    if not isinstance(target, str | os.PathLike):
        return _write(target, pieces)
    path = wav_path(target)
    unfinished = path.with_name(path.name + ".part")
    try:
        with unfinished.open("wb") as file:
            samples = _write(file, pieces)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return samples


def _write(file: BinaryIO, pieces: Iterable[Piece | tuple[int, Channel, Source]]) -> int:
    start = file.tell()
    file.write(wav_header(0, RATE_HZ, channels=2))
    size = sum(file.write(block) for block in stereo(pieces))
    end = file.tell()
    file.seek(start)
    file.write(wav_header(size, RATE_HZ, channels=2))
    file.seek(end)
    return size // (2 * BYTES_PER_SAMPLE)


def _checked(given: Piece | tuple[int, Channel, Source]) -> Piece:
    piece = Piece(*given)
    if piece.channel not in _SIDE:
        raise mismatch(f"a piece on one of {', '.join(_SIDE)}", f"one on {piece.channel!r}")
    if piece.offset < 0:
        raise mismatch("a piece that begins at 0 samples or later", f"one at {piece.offset} on {piece.channel!r}")
    if piece.samples is not None and piece.samples < 0:
        raise mismatch("a piece of 0 samples or more", f"one of {piece.samples} on {piece.channel!r}")
    return piece


def _mix(voices: Iterable[_Voice], now: int, block_samples: int) -> tuple[bytes, int]:
    """The block from ``now`` on, cut after its last sample that a piece has, and its length."""
    import numpy as np

    mixed = np.zeros((block_samples, 2), np.int32)
    used = 0
    for voice in voices:
        at = max(voice.offset - now, 0)
        samples = voice.take(block_samples - at)
        mixed[at : at + samples.size, voice.side] += samples
        used = max(used, at + samples.size if samples.size else 0)
    return mixed[:used].clip(-FULL_SCALE, FULL_SCALE - 1).astype("<i2").tobytes(), used


def _silence(samples: int, block_samples: int) -> Iterator[bytes]:
    for start in range(0, samples, block_samples):
        yield bytes(min(block_samples, samples - start) * 2 * BYTES_PER_SAMPLE)


class _Voice:
    """A piece that is being read, from its beginning on."""

    def __init__(self, piece: Piece) -> None:
        self.offset = piece.offset
        self.side = _SIDE[piece.channel]
        self.is_over = False
        self._left = piece.samples
        self._buffer = bytearray()
        self._opened: Any = None
        source: Any = piece.pcm
        if callable(source):
            source = self._opened = source()
        self._chunks = _chunks_of(source)

    def take(self, samples: int) -> npt.NDArray[np.int16]:
        """The next samples; fewer when the piece ends."""
        wanted = samples if self._left is None else min(samples, self._left)
        while len(self._buffer) < wanted * BYTES_PER_SAMPLE and not self.is_over:
            chunk = next(self._chunks, None)
            if chunk is None:
                self.close()
                self._check_end()
            else:
                self._buffer += chunk
        taken = bytes(self._buffer[: wanted * BYTES_PER_SAMPLE])
        del self._buffer[: len(taken)]
        if self._left is not None:
            self._left -= len(taken) // BYTES_PER_SAMPLE
            if not self._left:
                self.close()
        return to_array(taken)

    def _check_end(self) -> None:
        if len(self._buffer) % BYTES_PER_SAMPLE:
            raise mismatch("pieces of whole 16-bit samples", f"half a sample at the end of the one at {self.offset}")

    def close(self) -> None:
        """No more is read."""
        self.is_over = True
        if hasattr(self._opened, "close"):
            self._opened.close()


def _chunks_of(source: Any) -> Iterator[Pcm]:
    if hasattr(source, "__array__") or isinstance(source, bytes | bytearray | memoryview):
        raw = to_array(source).view("u1")
        return (raw[start : start + STEP_BYTES].data for start in range(0, raw.size, STEP_BYTES))
    if hasattr(source, "read"):
        return iter(lambda: source.read(STEP_BYTES), b"")
    if isinstance(source, Iterable) and not isinstance(source, str):
        return iter(source)
    raise mismatch("PCM, a reader, or an iterable of chunks", type(source).__qualname__)
