"""When somebody begins and ceases to speak, from how likely speech is in each frame: rules only, no sound.

A turn begins when speech has lasted long enough to be no click, and reaches back by the prefix padding. It pauses early
in a silence, so that recognition may begin before the end is sure, and resumes or stops. Between the threshold and the
lower one that ends speech, nothing changes: that is the hysteresis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Edge", "EdgeKind", "Turns"]

EdgeKind = Literal["started", "paused", "resumed", "stopped"]

MIN_SPEECH_MS = 96
"""Shorter sounds are no speech."""
MIN_RESUMING_MS = 64
"""Shorter sounds in a pause do not end it."""
PAUSE_MS = 160
"""Silence after which recognition may begin."""
HYSTERESIS = 0.15
"""How far below the threshold speech ends."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A change in a stream: ``started``, then any number of ``paused`` and ``resumed``, then ``paused``, ``stopped``.

    Attributes:
        kind: What changed.
        at_ms: Where in the audio, counted from the first byte fed. The audio of a turn lies between the `at_ms` of its
            ``started``, which has the prefix padding, and of its ``stopped``, which has the silence. All that is said
            before a pause lies before the `at_ms` of its ``paused``.
    """

    kind: EdgeKind
    at_ms: int


class Turns:
    """The rules, frame by frame.

    Attributes:
        threshold: How likely speech must be, from 0 to 1.
        prefix_padding_ms: Audio that belongs to a turn before its speech.
        silence_duration_ms: Silence that ends a turn.
        is_open: Whether a turn has started and not stopped.
    """

    def __init__(
        self, threshold: float, prefix_padding_ms: float, silence_duration_ms: float, *, at_ms: int = 0
    ) -> None:
        self.threshold = threshold
        self.prefix_padding_ms = prefix_padding_ms
        self.silence_duration_ms = silence_duration_ms
        self.is_open = False
        self._is_paused = False
        self._earliest_ms = at_ms  # audio before it belongs to an earlier turn, or is gone
        self._sound_ms: int | None = None  # where the sound began that may become speech
        self._silence_ms: int | None = None  # where speech ceased

    def hear(self, probability: float, start_ms: int, end_ms: int) -> list[Edge]:
        """Take the next frame.

        Args:
            probability: How likely speech is in it.
            start_ms: Where the frame begins.
            end_ms: Where the next one begins.
        """
        is_speech = probability >= self.threshold
        is_silence = not is_speech and probability < max(self.threshold - HYSTERESIS, 0.01)
        if is_speech:
            self._sound_ms = start_ms if self._sound_ms is None else self._sound_ms
            return self._speech(end_ms - self._sound_ms)
        if is_silence:
            self._sound_ms = None
            return self._silence(start_ms, end_ms) if self.is_open else []
        return []

    def _speech(self, lasting_ms: int) -> list[Edge]:
        assert self._sound_ms is not None, "a sound has a beginning"
        if not self.is_open and lasting_ms >= MIN_SPEECH_MS:
            self.is_open, self._is_paused, self._silence_ms = True, False, None
            return [Edge("started", max(int(self._sound_ms - self.prefix_padding_ms), self._earliest_ms))]
        if self.is_open and lasting_ms >= MIN_RESUMING_MS:
            was_paused, self._is_paused, self._silence_ms = self._is_paused, False, None
            return [Edge("resumed", self._sound_ms)] if was_paused else []
        return []

    def _silence(self, start_ms: int, end_ms: int) -> list[Edge]:
        self._silence_ms = start_ms if self._silence_ms is None else self._silence_ms
        lasting_ms, edges = end_ms - self._silence_ms, []
        pause_ms = min(PAUSE_MS, self.silence_duration_ms)
        if not self._is_paused and lasting_ms >= pause_ms:
            self._is_paused = True
            edges.append(Edge("paused", int(self._silence_ms + pause_ms)))
        if lasting_ms >= self.silence_duration_ms:
            self.is_open = False
            self._earliest_ms = int(self._silence_ms + self.silence_duration_ms)
            edges.append(Edge("stopped", self._earliest_ms))
        return edges
