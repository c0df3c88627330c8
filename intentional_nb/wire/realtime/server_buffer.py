"""The input audio buffer: what the user's microphone has sent and nobody has made an item of yet.

Its clock counts all audio of the session, so that a moment has one time whatever is committed or cleared.
"""

from __future__ import annotations

from intentional_nb.wire.realtime.server_errors import buffer_too_small
from intentional_nb.wire.realtime.server_items import BYTES_PER_MS

__all__ = ["LEAST_COMMIT_MS", "InputBuffer"]

LEAST_COMMIT_MS = 100


class InputBuffer:
    """Audio, and the time at which it begins."""

    def __init__(self) -> None:
        self._pcm = bytearray()
        self._start = 0
        """Bytes of the session's audio before the first one here."""

    @property
    def clock_ms(self) -> float:
        """How much audio has come in the session."""
        return (self._start + len(self._pcm)) / BYTES_PER_MS

    @property
    def length_ms(self) -> float:
        """How much is in the buffer."""
        return len(self._pcm) / BYTES_PER_MS

    def append(self, pcm: bytes) -> None:
        """Take what the microphone sent."""
        self._pcm += pcm

    def clear(self) -> None:
        """Throw everything away; the clock goes on."""
        self._start += len(self._pcm)
        self._pcm.clear()

    def commit(self) -> bytes:
        """Hand everything out and start afresh.

        Raises:
            Mistake: There is less than a tenth of a second.
        """
        if self.length_ms < LEAST_COMMIT_MS:
            raise buffer_too_small(self.length_ms)
        pcm = bytes(self._pcm)
        self.clear()
        return pcm

    def take(self, start_ms: float, end_ms: float) -> bytes:
        """Hand out what lies between two times; what came before is thrown away, what came after stays."""
        pcm = self.between(start_ms, end_ms)
        self.forget_before(end_ms)
        return pcm

    def between(self, start_ms: float, end_ms: float) -> bytes:
        """Show what lies between two times, as far as it is here."""
        return bytes(self._pcm[self._offset(start_ms) : self._offset(end_ms)])

    def forget_before(self, time_ms: float) -> None:
        """Throw away what came before a time."""
        offset = self._offset(time_ms)
        del self._pcm[:offset]
        self._start += offset

    def _offset(self, time_ms: float) -> int:
        samples = round(time_ms * BYTES_PER_MS / 2)
        return min(max(samples * 2 - self._start, 0), len(self._pcm))
