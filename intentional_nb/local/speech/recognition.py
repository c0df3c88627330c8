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
_LOUD, _MOST_GAIN = 0.3, 100.0


def recognise(
    pcm: bytes, *, prompt: str = "", language: str = "en", is_wanted: Callable[[], bool] = lambda: True
) -> str:
    """The words in some sound.

    Args:
        pcm: 24 kHz PCM. Any length: long speech is cut at its pauses.
        prompt: Words that may come up, such as names; they are then spelt so.
        language: Two letters; a language that the model does not know is taken as English.
        is_wanted: Asked now and then, about every 100 ms; once it says no, the rest is not listened to.

    Returns:
        The words with the model's own capitals, digits and punctuation; empty when nobody speaks or no longer wanted.

    Raises:
        AudioError: An odd number of bytes.
        ServerError: Speech is not installed or cannot be loaded; the message says what to do.
    """
    from intentional_nb.local.speech.pauses import pieces
    from intentional_nb.local.speech.silero import RATE_HZ as HEARING_HZ
    from intentional_nb.local.speech.silero import to_samples
    from intentional_nb.local.speech.whisper import LONGEST_MS

    speech = engines()
    samples = to_samples(resample(pcm, RATE_HZ, HEARING_HZ))
    words = []
    for start_ms, end_ms in pieces(speech.silero.probabilities(_loud(samples)), LONGEST_MS):
        piece = samples[start_ms * 16 : end_ms * 16]
        heard = speech.whisper.hear(piece, prompt=prompt, language=language, is_wanted=is_wanted)
        if heard is None:
            return ""
        words.append(_trusted(heard))
    return " ".join(filter(None, words))


def _loud(samples: Samples) -> Samples:
    """Faint sound made louder: Silero hears no whisper far from the microphone, Whisper does."""
    peak = float(abs(samples).max(initial=0))
    return samples * samples.dtype.type(min(_LOUD / peak, _MOST_GAIN)) if 0 < peak < _LOUD else samples


def _trusted(heard: Heard) -> str:
    """The words, unless they are what the model makes up where there are none."""
    is_made_up = heard.silence > _SILENT and heard.confidence < _GUESSED
    return "" if is_made_up else " ".join(heard.text.split())
