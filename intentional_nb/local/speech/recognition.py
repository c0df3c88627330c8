"""Recognising: speech as words, the same words for the same sound."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from intentional_nb.audio.pcm import RATE_HZ
from intentional_nb.audio.resample import resample
from intentional_nb.local.speech.loading import engines

if TYPE_CHECKING:
    from intentional_nb.local.speech.silero import Samples
    from intentional_nb.local.speech.whisper import Heard

__all__ = ["recognise"]

_SILENT, _GUESSED = 0.6, -1.0
"""Bounds of Whisper's authors: more silence and less confidence than these are no words."""
_TWICE_MS = 600
"""Nobody says a word twice in less: "yes, yes" takes 640 ms and more, "yes" 540 ms at most."""
_LOUD, _MOST_GAIN = 0.3, 100.0


def recognise(
    pcm: bytes, *, prompt: str = "", language: str = "en", is_wanted: Callable[[], bool] = lambda: True
) -> str:
    """The words in some sound.

    Args:
        pcm: 24 kHz PCM. Any length: long speech is cut at its pauses.
        prompt: Words that may come up, such as names; they are then spelt so.
        language: As in "en" or "en-GB"; one that the model does not know is taken as English.
        is_wanted: Asked now and then, about every 100 ms; once it says no, the rest is not listened to.

    Returns:
        The words with the model's own capitals, digits and punctuation; empty when nobody speaks or no longer wanted.

    Raises:
        AudioError: An odd number of bytes.
        ServerError: Speech is not installed or cannot be loaded; the message says what to do.
    """
    from intentional_nb.local.speech.pauses import SPEECH, pieces
    from intentional_nb.local.speech.silero import FRAME_MS, to_samples
    from intentional_nb.local.speech.silero import RATE_HZ as HEARING_HZ
    from intentional_nb.local.speech.whisper import LONGEST_MS

    speech = engines()
    samples = to_samples(resample(pcm, RATE_HZ, HEARING_HZ))
    probabilities = speech.silero.probabilities(_loud(samples))
    words: list[str] = []
    for start_ms, end_ms in pieces(probabilities, LONGEST_MS):
        piece = samples[start_ms * 16 : end_ms * 16]
        heard = speech.whisper.hear(piece, prompt=prompt, language=language, is_wanted=is_wanted)
        if heard is None:
            return ""
        spoken = sum(one >= SPEECH for one in probabilities[start_ms // FRAME_MS : end_ms // FRAME_MS])
        words += _trusted(heard, spoken * FRAME_MS)
    return " ".join(words)


def _loud(samples: Samples) -> Samples:
    """Faint sound made louder: Silero hears no whisper far from the microphone, Whisper does."""
    peak = float(abs(samples).max(initial=0))
    return samples * samples.dtype.type(min(_LOUD / peak, _MOST_GAIN)) if 0 < peak < _LOUD else samples


def _trusted(heard: Heard, spoken_ms: int) -> list[str]:
    """The words, without what the model makes up: any where there are none, and a second one after a short one."""
    if heard.silence > _SILENT and heard.confidence < _GUESSED:
        return []
    words = heard.text.split()
    first, second = words[: len(words) // 2], words[len(words) // 2 :]
    is_echo = spoken_ms < _TWICE_MS and _bare(first) == _bare(second)
    return first if is_echo else words


def _bare(words: list[str]) -> list[str]:
    return [word.strip(".,!?").lower() for word in words]
