"""Speaking: a text in sentences, and a sentence as sound. The same text is always the same bytes."""

from __future__ import annotations

import re

from intentional_nb.audio.pcm import from_array
from intentional_nb.local.speech.loading import engines
from intentional_nb.local.speech.sentences import sentences

__all__ = ["VOICE", "sentences", "synthesise"]

VOICE = "heart"
"""The one voice there is without a download, a woman's, in American English."""

_MISREAD = re.compile(r"(?i)\b(no|nos|ed|fig|mar|sat|sun|\d+)\.(?=[\"”’')\]]*$)")
"""Ends of sentences that the voice takes for abbreviations (“number”, “Sunday”) or that hide a phone number."""
_LONG_NUMBER = re.compile(r"\d(?:[,'’]?\d){15,}")
"""Nobody understands quintillions, and the voice has no words for what comes long after them: digit by digit."""
_LIST_NUMBER = re.compile(r"^(\d{1,3})[.)]\s+")


def synthesise(sentence: str, *, speed: float = 1.0, voice: str = VOICE) -> bytes:
    """A sentence as sound.

    Args:
        sentence: One of `sentences`. English; letters that the voice cannot read are passed over.
        speed: 1 is the voice's own; clamped to what it can be understood at, 0.25 to 1.5.
        voice: Any name, such as OpenAI's ``marin`` or ``alloy``: there is only `VOICE`, and it speaks for all of them.

    Returns:
        24 kHz PCM, with a little silence at both ends; nothing when there is nothing to say.

    Raises:
        ServerError: The voice is not installed or cannot be loaded; the message says what to do.
    """
    if not any(map(str.isalnum, sentence)):
        return b""  # of marks alone the voice makes a noise
    return from_array(engines().voice.speak(_read_aloud(sentence), speed))


def _read_aloud(sentence: str) -> str:
    spelt = _LONG_NUMBER.sub(lambda number: " ".join(filter(str.isdigit, number[0])), sentence.strip())
    return _MISREAD.sub(r"\1 .", _LIST_NUMBER.sub(r"\1, ", spelt))
