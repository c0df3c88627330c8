from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from intentional_nb.errors import AudioError
from intentional_nb.local.speech.detection import SpeechDetector
from intentional_nb.local.speech.recognition import _trusted, recognise
from intentional_nb.local.speech.whisper import Heard
from tests.local.speech.sounds import NOISES, OTHERS, louder, mixed, needs_speech, noise, quiet, said, said_by

pytestmark = [needs_speech, pytest.mark.timeout(600)]

TEXT = "I would like to book a table for two people."


def test_speech_becomes_words_with_capitals_and_marks():
    assert recognise(said(TEXT)) == TEXT


@pytest.mark.parametrize("voice", OTHERS)
def test_other_voices_are_understood(voice):
    assert "book a table for two" in recognise(said_by(voice, TEXT))


@pytest.mark.parametrize("kind", NOISES)
def test_noise_has_no_words(kind):
    assert recognise(noise(kind)) == ""


@pytest.mark.parametrize("pcm", [b"", quiet(20), quiet(3000)])
def test_silence_has_no_words(pcm):
    assert recognise(pcm) == ""


def test_speech_in_noise_is_understood():
    pcm = quiet(500) + said(TEXT) + quiet(500)

    assert recognise(mixed(pcm, noise("pink", 6000, 0.02))) == TEXT


@pytest.mark.parametrize("factor", [0.003, 0.05, 2.5])
def test_faint_and_loud_speech_is_understood(factor):
    assert recognise(louder(said(TEXT), factor)) == TEXT


def test_the_same_sound_is_the_same_text_in_every_thread():
    with ThreadPoolExecutor(3) as pool:
        texts = list(pool.map(recognise, [said(TEXT), said("What time is it?"), said(TEXT)]))

    assert texts == [TEXT, "What time is it?", TEXT]


@pytest.mark.parametrize("word", ["Yes.", "No.", "Stop."])
def test_a_single_word_is_heard_once_and_a_double_one_twice(word):
    assert recognise(said(word)) == word
    assert len(recognise(said(f"{word[:-1]}, {word.lower()}")).split()) == 2


@pytest.mark.parametrize(
    ("text", "spoken_ms", "words"),
    [
        (" Yes. Yes.", 400, ["Yes."]),
        (" two two", 384, ["two"]),
        (" Yes, yes.", 700, ["Yes,", "yes."]),
        (" Anna. Hannah.", 400, ["Anna.", "Hannah."]),
        (" bye", 100, ["bye"]),
        ("", 100, []),
    ],
)
def test_what_is_too_short_for_two_words_is_one(text, spoken_ms, words):
    assert _trusted(Heard(text, -0.5, 0.1), spoken_ms) == words


def test_a_guess_in_silence_is_no_word():
    assert _trusted(Heard(" Thank you.", -1.2, 0.7), 400) == []


def test_a_hint_tells_how_a_name_is_spelt():
    clip = said("My name is Siobhan Nguyen.")

    assert "Siobhan Nguyen" in recognise(clip, prompt="Siobhan Nguyen, Matteo Rossi")


def test_a_hint_of_any_length_is_taken():
    assert recognise(said(TEXT), prompt="hello world " * 500).lower().startswith("i would like")


def test_a_hint_does_not_become_words():
    assert recognise(noise("pink"), prompt=TEXT) == ""
    assert "table" not in recognise(said("What time is it?"), prompt=TEXT)


def test_a_language_that_is_unknown_is_english():
    assert recognise(said(TEXT), language="xx") == recognise(said(TEXT), language="EN") == TEXT


def test_long_speech_is_cut_at_its_pauses_and_nothing_is_lost():
    parts = [
        TEXT,
        "What are your opening hours on Sunday?",
        "I need a chair for the baby.",
        "Please cancel my appointment on Friday.",
    ]
    pcm = quiet(400).join(map(said, parts))

    assert len(pcm) / 48 > 9000
    assert recognise(pcm) == " ".join(parts)


def test_the_words_at_a_pause_are_those_at_the_end_of_the_turn():
    pcm = quiet(600) + said(TEXT) + quiet(900)
    started, paused, stopped = SpeechDetector().feed(pcm)

    early, late = (recognise(pcm[started.at_ms * 48 : end.at_ms * 48]) for end in (paused, stopped))

    assert early == late == TEXT


def test_what_is_no_longer_wanted_is_not_listened_to():
    asked = iter([True, False])
    pcm = quiet(400).join([said(TEXT)] * 4)

    assert recognise(pcm, is_wanted=lambda: next(asked)) == ""
    assert next(asked, None) is None


def test_half_a_sample_is_refused():
    with pytest.raises(AudioError, match="3 bytes"):
        recognise(b"abc")
