"""Silero VAD: how likely it is that someone speaks, every 32 ms."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from intentional_nb.audio.pcm import FULL_SCALE, Pcm, to_array

__all__ = ["FRAME_MS", "FRAME_SAMPLES", "RATE_HZ", "Listener", "Samples", "Silero", "to_samples"]

Samples: TypeAlias = npt.NDArray[np.float32]
"""Mono sound at 16 000 Hz, from -1 to 1."""

RATE_HZ = 16_000
"""What the networks listen at; audio elsewhere has 24 000 samples a second."""
FRAME_MS = 32
FRAME_SAMPLES = 512
_CONTEXT = 64
"""Samples of the frame before that the network sees again."""


def to_samples(pcm: Pcm) -> Samples:
    """The samples of PCM, whatever its rate, as floats."""
    return to_array(pcm).astype(np.float32) / np.float32(FULL_SCALE)


class Silero:
    """The network. It keeps no stream's state, so any number of threads may listen with one."""

    def __init__(self, weights: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(
            weights.read_bytes(), sess_options=options, providers=["CPUExecutionProvider"]
        )

    def listener(self) -> Listener:
        """An ear for one stream, which has heard nothing yet."""
        return Listener(self._session)

    def probabilities(self, samples: Samples) -> list[float]:
        """How likely speech is in each frame of a clip; silence fills up the last one."""
        listener = self.listener()
        padded = np.pad(samples, (0, -len(samples) % FRAME_SAMPLES))
        return [listener.hear(frame) for frame in padded.reshape(-1, FRAME_SAMPLES)]


class Listener:
    """The network's memory of one stream."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._rate = np.array(RATE_HZ, np.int64)
        self._state = np.zeros((2, 1, 128), np.float32)
        self._sound = np.zeros((1, _CONTEXT + FRAME_SAMPLES), np.float32)

    def hear(self, frame: Samples) -> float:
        """Take the next frame.

        Returns:
            How likely it is that someone speaks in it, from 0 to 1.
        """
        sound = self._sound
        sound[0, :_CONTEXT] = sound[0, -_CONTEXT:]
        sound[0, _CONTEXT:] = frame
        probability, self._state = self._session.run(None, {"input": sound, "state": self._state, "sr": self._rate})
        return float(probability[0, 0])
