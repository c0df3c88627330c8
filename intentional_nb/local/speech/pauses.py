"""Which parts of a clip are speech, and where long speech is cut: rules only, from how likely speech is in a frame."""

from __future__ import annotations

from collections.abc import Sequence

from intentional_nb.local.speech.silero import FRAME_MS

__all__ = ["pieces"]

SPEECH = 0.5
"""How likely speech must be."""
_SHORTEST_FRAMES = 2
_BEFORE, _AFTER = 10, 4
"""Frames that are kept around speech. Those after it are fewer than make a pause for `SpeechDetector`, so that the same
piece is found at a pause as at the end of the turn."""


def pieces(probabilities: Sequence[float], longest_ms: int) -> list[tuple[int, int]]:
    """Cut a clip into pieces of speech, at its pauses.

    Args:
        probabilities: How likely speech is in each frame.
        longest_ms: No piece is longer.

    Returns:
        Start and end of each in ms, in order, without overlap; none when nobody speaks.
    """
    found = []
    start, end, longest = 0, len(probabilities), longest_ms // FRAME_MS
    while span := _speech(probabilities, start, end):
        start, last = span
        if last - start <= longest:
            found.append((start, last))
            break
        cut = _cut(probabilities, start + longest // 3, start + longest)
        if inner := _speech(probabilities, start, cut):
            found.append(inner)
        start = cut
    return [(first * FRAME_MS, last * FRAME_MS) for first, last in found]


def _speech(probabilities: Sequence[float], start: int, end: int) -> tuple[int, int] | None:
    """The first and last frame of speech, and what is kept around them."""
    spoken = [frame for frame in range(start, end) if probabilities[frame] >= SPEECH]
    if len(spoken) < _SHORTEST_FRAMES:
        return None
    return max(spoken[0] - _BEFORE, start), min(spoken[-1] + 1 + _AFTER, end)


def _cut(probabilities: Sequence[float], first: int, last: int) -> int:
    """The middle of the longest pause between two frames, else the frame that is least like speech."""
    best, run = (0, 0), 0
    for frame in range(first, last + 1):
        if frame < last and probabilities[frame] < SPEECH:
            run += 1
        elif run:
            best, run = max(best, (run, frame - run // 2)), 0
    if best[0]:
        return best[1]
    return min(range(first, last), key=lambda frame: (probabilities[frame], -frame))
