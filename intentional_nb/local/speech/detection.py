"""Hearing that somebody speaks: a stream of audio in, the edges of what they say out."""

from __future__ import annotations

from intentional_nb.audio.pcm import BYTES_PER_MS, BYTES_PER_SAMPLE, RATE_HZ, byte_count
from intentional_nb.audio.resample import Resampler
from intentional_nb.local.speech.loading import engines
from intentional_nb.local.speech.turns import Edge, EdgeKind, Turns

__all__ = ["Edge", "EdgeKind", "SpeechDetector"]


class SpeechDetector:
    """Listens to one stream. What it finds does not depend on how the stream is cut into chunks.

    It hears with a delay of up to 70 ms: 32 ms of a frame and what waits in the resampler.
    """

    def __init__(
        self, threshold: float = 0.5, prefix_padding_ms: float = 300, silence_duration_ms: float = 500
    ) -> None:
        """Get ready to listen.

        Args:
            threshold: How likely speech must be, from 0 to 1; higher in noisy places.
            prefix_padding_ms: Audio before speech that belongs to it.
            silence_duration_ms: Silence after which somebody has stopped speaking.

        Raises:
            ServerError: Speech is not installed or cannot be loaded; the message says what to do.
        """
        self._silero = engines().silero
        self._settings = (threshold, prefix_padding_ms, silence_duration_ms)
        self._fed_bytes = self._heard_ms = 0
        self.reset()

    @property
    def is_speech(self) -> bool:
        """Whether somebody started to speak and has not stopped."""
        return self._turns.is_open

    def feed(self, pcm: bytes) -> list[Edge]:
        """Listen to the next chunk, of any length.

        Args:
            pcm: 24 kHz PCM.

        Returns:
            What changed, in order.

        Raises:
            AudioError: An odd number of bytes; the stream is as it was before.
        """
        from intentional_nb.local.speech.silero import FRAME_MS, FRAME_SAMPLES, to_samples

        self._fed_bytes += byte_count(pcm)
        self._waiting += self._resampler.feed(pcm)
        ready = len(self._waiting) - len(self._waiting) % (FRAME_SAMPLES * BYTES_PER_SAMPLE)
        frames = to_samples(bytes(self._waiting[:ready])).reshape(-1, FRAME_SAMPLES)
        del self._waiting[:ready]
        edges = []
        for frame in frames:
            start_ms, self._heard_ms = self._heard_ms, self._heard_ms + FRAME_MS
            edges += self._turns.hear(self._listener.hear(frame), start_ms, self._heard_ms)
        return edges

    def reset(self) -> None:
        """Forget what was heard, as after a turn was taken from the buffer by hand. The clock goes on."""
        from intentional_nb.local.speech.silero import RATE_HZ as HEARING_HZ

        self._resampler = Resampler(RATE_HZ, HEARING_HZ)
        self._listener = self._silero.listener()
        self._waiting = bytearray()
        self._heard_ms = self._fed_bytes // BYTES_PER_MS
        self._turns: Turns = Turns(*self._settings, at_ms=self._heard_ms)
