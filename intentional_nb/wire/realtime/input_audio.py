"""The audio that goes to the server: counted, so that no commit is sent that it would refuse."""

from __future__ import annotations

from intentional_nb.errors import AudioError
from intentional_nb.wire.realtime.client_frames import append_frames

__all__ = ["MIN_COMMIT_MS", "InputAudio"]

MIN_COMMIT_MS = 100
"""Below it a server answers ``input_audio_buffer_commit_empty``."""


class InputAudio:
    """How much was sent, and how much of it the server has not made an item of.

    Attributes:
        sent_bytes: In this session.
        bytes_per_ms: By the session's input format.
    """

    def __init__(self) -> None:
        self.sent_bytes = 0
        self.bytes_per_ms = 48.0
        self._taken_bytes = 0  # of those sent, up to the last commit or clear
        self._speech_end_bytes = 0  # where the server heard the last speech end
        self._commits = 0  # of ours, that are not confirmed yet

    @property
    def sent_ms(self) -> float:
        """How much was sent, in milliseconds."""
        return self.sent_bytes / self.bytes_per_ms

    @property
    def buffered_ms(self) -> float:
        """How much the server's buffer holds, as far as can be known from here."""
        return (self.sent_bytes - self._taken_bytes) / self.bytes_per_ms

    def append(self, audio: bytes) -> list[bytes]:
        """The frames that send audio.

        Raises:
            AudioError: Half a sample is left over.
        """
        if len(audio) % 2 and self.bytes_per_ms > _BYTES_PER_MS_OF_TELEPHONES:
            raise AudioError(
                f"{len(audio)} bytes are no whole number of 16-bit samples",
                expected="an even number of bytes",
                found=f"{len(audio)} bytes",
            )
        self.sent_bytes += len(audio)
        return append_frames(audio)

    def commit(self) -> bool:
        """Whether enough is there to be committed; if so, it counts as taken."""
        if self.buffered_ms < MIN_COMMIT_MS:
            return False
        self._taken_bytes = self.sent_bytes
        self._commits += 1
        return True

    def clear(self) -> None:
        """What was sent is thrown away."""
        self._taken_bytes = self.sent_bytes

    def speech_ended(self, at_ms: int) -> None:
        """The server heard speech end there."""
        self._speech_end_bytes = min(self.sent_bytes, round(at_ms * self.bytes_per_ms))

    def committed(self) -> None:
        """The server made an item: because we said so, or of its own accord, up to the end of the speech."""
        if self._commits:
            self._commits -= 1
        else:
            self._taken_bytes = max(self._taken_bytes, self._speech_end_bytes)

    def refused(self) -> None:
        """A commit of ours was refused."""
        self._commits = max(0, self._commits - 1)


_BYTES_PER_MS_OF_TELEPHONES = 8.0  # µ-law and A-law take one byte a sample
