from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from intentional_nb import examples
from intentional_nb.audio.clip import Clip
from intentional_nb.audio.resample import resample
from intentional_nb.local.speech import mel
from intentional_nb.local.speech.loading import engines
from intentional_nb.local.speech.recognition import recognise
from intentional_nb.local.speech.silero import to_samples
from intentional_nb.local.speech.whisper import LONGEST_MS, Whisper
from tests.local.speech.sounds import needs_speech, noise, said

pytestmark = [needs_speech, pytest.mark.timeout(600)]


def hear(pcm, **options):
    return engines().whisper.hear(to_samples(resample(pcm, 24_000, 16_000)), **options)


def test_it_is_surer_of_speech_than_of_noise():
    speech, sound = hear(said("What time is it?")), hear(noise("white"))

    assert speech.text.strip() == "What time is it?"
    assert speech.confidence > -0.5 > -1 > sound.confidence
    assert speech.silence < 0.3 < 0.5 < sound.silence


def test_what_is_too_long_is_cut_off():
    sentence = said("What time is it?")
    pcm = sentence + bytes(48 * LONGEST_MS)

    assert hear(pcm + sentence) == hear(pcm)


def test_what_is_not_wanted_is_not_written():
    assert hear(said("What time is it?"), is_wanted=lambda: False) is None


def test_the_language_is_told_to_a_model_that_knows_several():
    whisper = engines().whisper

    assert whisper._task("de") == whisper._task("de-AT") == [50258, 50261, 50359, 50363]
    assert whisper._task("") == whisper._task("xx") == whisper._task("en") == [50258, 50259, 50359, 50363]


def test_an_english_model_is_told_no_language():
    english = object.__new__(Whisper)
    english._tokenizer, english._model = engines().whisper._tokenizer, SimpleNamespace(is_multilingual=False)

    assert english._task("de") == [50258, 50363]


@pytest.mark.parametrize("name", examples.clips())
def test_the_shipped_clips_are_heard_alike_where_a_processor_computes_a_little_differently(name, monkeypatch):
    pcm = Clip.read(examples.path(name)).pcm
    exact = recognise(pcm)
    errors = np.random.default_rng(7)

    def inexact(*sound):
        picture = mel.log_mel(*sound)
        return (picture + errors.normal(0, 0.02, picture.shape)).astype(np.float32)

    monkeypatch.setattr("intentional_nb.local.speech.whisper.log_mel", inexact)

    assert exact
    assert {recognise(pcm) for _ in range(3)} == {exact}
