"""Whisper: the words of up to eight seconds of speech.

The model was made for pieces of 30 s; given 8 s it needs a third of the time and makes no more mistakes. Below 6 s it
begins to repeat itself, which is also why a run of three tokens never comes twice and why their number has a limit.
The most likely token each time is the quickest way to write, and right where the model is sure; where it is not, as in
noise, a beam makes a quarter fewer mistakes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from intentional_nb.local.speech.mel import HOP, log_mel
from intentional_nb.local.speech.silero import Samples

__all__ = ["LONGEST_MS", "Heard", "Whisper"]

_WINDOW_MS = 8000
"""Sound that the model sees at once."""
LONGEST_MS = 7800
"""Speech that it is given at once: it wants to see the end."""

_TOKENS_A_SECOND = 10
"""More than anybody says."""
_SPARE_TOKENS = 12
_PROMPT_TOKENS = 160
"""The model's memory holds 448, of which a prompt may take half."""
_SURE = -0.25
"""Mean logarithm of the tokens' probabilities above which a beam finds nothing better."""
_BEAM = 5


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Heard:
    """What the model makes of some sound.

    Attributes:
        text: The words as it writes them.
        confidence: Mean logarithm of the tokens' probabilities: 0 is sure, -1 is a guess.
        silence: How likely it finds it that nobody speaks, from 0 to 1.
    """

    text: str
    confidence: float
    silence: float


def _threads() -> int:
    """Half of the processors, two at most: two threads that wait for each other and a browser are slower than one.

    The words are the same with any number.
    """
    return min(2, max(1, (os.cpu_count() or 1) // 2))


class Whisper:
    """The model. Any number of threads may ask it; it answers one after the other, in a thread or two of its own."""

    def __init__(self, folder: Path) -> None:
        import ctranslate2
        import tokenizers

        self._storage = ctranslate2.StorageView
        self._tokenizer: Any = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._model: Any = ctranslate2.models.Whisper(
            str(folder), device="cpu", compute_type="int8", inter_threads=1, intra_threads=_threads()
        )

    def hear(
        self, samples: Samples, *, prompt: str = "", language: str = "en", is_wanted: Callable[[], bool] = _always
    ) -> Heard | None:
        """The words in a sound.

        Args:
            samples: What lasts longer than `LONGEST_MS` is cut off.
            prompt: Words that may come up, such as names.
            language: As in "en" or "en-GB"; one that the model does not know is taken as English.
            is_wanted: Asked between looking and writing; when it says no, nothing is written.
        """
        picture = log_mel(samples[: LONGEST_MS * 16], _WINDOW_MS * 16 // HOP, self._model.n_mels)
        encoded = self._model.encode(self._storage.from_array(picture[None]))
        tokens = [*self._hint(prompt), *self._task(language)]
        seconds = min(len(samples) / 16_000, LONGEST_MS / 1000)
        longest = len(tokens) + _SPARE_TOKENS + int(seconds * _TOKENS_A_SECOND)
        heard = self._written(encoded, tokens, longest, beam=1) if is_wanted() else None
        if heard is not None and heard.confidence < _SURE and is_wanted():
            return self._written(encoded, tokens, longest, beam=_BEAM)
        return heard

    def _written(self, encoded: Any, tokens: list[int], longest: int, *, beam: int) -> Heard:
        result = self._model.generate(
            encoded,
            [tokens],
            beam_size=beam,
            no_repeat_ngram_size=3,
            max_length=longest,
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        return Heard(self._tokenizer.decode(result.sequences_ids[0]), result.scores[0], result.no_speech_prob)

    def _hint(self, prompt: str) -> list[int]:
        if not prompt.strip():
            return []
        words = self._tokenizer.encode(f" {prompt.strip()}", add_special_tokens=False).ids
        return [self._special("startofprev"), *words[-_PROMPT_TOKENS:]]

    def _task(self, language: str) -> list[int]:
        start, end = self._special("startoftranscript"), self._special("notimestamps")
        if not self._model.is_multilingual:
            return [start, end]
        code = language.split("-")[0].lower()
        spoken = self._tokenizer.token_to_id(f"<|{code}|>") or self._special("en")
        return [start, spoken, self._special("transcribe"), end]

    def _special(self, name: str) -> int:
        return int(self._tokenizer.token_to_id(f"<|{name}|>"))
