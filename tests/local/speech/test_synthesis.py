from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from intentional_nb.audio.pcm import to_array
from intentional_nb.errors import ServerError
from intentional_nb.local.speech import loading
from intentional_nb.local.speech.recognition import recognise
from intentional_nb.local.speech.synthesis import VOICE, sentences, synthesise
from tests.local.speech.sounds import needs_speech, said

TEXT = "I would like to book a table for two people."


@needs_speech
def test_the_same_text_is_the_same_sound_in_every_thread():
    others = ["What time is it?", TEXT, "Hello.", TEXT] * 3

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(synthesise, others))

    assert {pcm for text, pcm in zip(others, made, strict=True) if text == TEXT} == {synthesise(TEXT)}


@needs_speech
@pytest.mark.slow
def test_the_same_text_is_the_same_sound_in_every_process():
    program = f"""
import hashlib
from intentional_nb.local.speech.synthesis import synthesise
print(hashlib.sha256(synthesise({TEXT!r})).hexdigest())
"""

    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert run.stdout.strip() == hashlib.sha256(synthesise(TEXT)).hexdigest()


@needs_speech
def test_speech_is_whole_samples_of_a_sensible_length_and_loudness():
    samples = to_array(said(TEXT))

    assert 1.5 < len(samples) / 24_000 < 4
    assert 0.1 < np.abs(samples).max() / 32_768 < 0.95


@needs_speech
@pytest.mark.parametrize("text", [TEXT, "Yes.", "No!", "Shush."])
def test_edges_are_soft_and_silence_is_short(text):
    samples = np.abs(to_array(said(text)).astype(np.int32))

    assert samples[0] == samples[-1] == 0
    assert samples[:120].max() < 100
    audible = np.flatnonzero(samples > 0.002 * 32_768)
    assert audible[0] <= 41 * 24
    assert len(samples) - audible[-1] == pytest.approx(200 * 24, abs=24)


@needs_speech
def test_faster_is_shorter():
    lengths = [len(said(TEXT, speed)) for speed in (0.25, 0.5, 1.0, 1.5)]

    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] > 3 * lengths[2]


@needs_speech
@pytest.mark.parametrize(("speed", "clamped"), [(0.1, 0.25), (9.0, 1.5)])
def test_speed_is_clamped_to_what_can_be_understood(speed, clamped):
    assert said("Hello.", speed) == said("Hello.", clamped)


@needs_speech
def test_every_name_of_a_voice_is_the_one_voice_there_is():
    assert {synthesise("Hello.", voice=voice) for voice in ("alloy", "marin", "cedar", VOICE)} == {said("Hello.")}


@needs_speech
@pytest.mark.parametrize("text", ["", " ", "…", "日本語"])
def test_nothing_to_say_is_no_sound(text):
    assert synthesise(text) == b""


@needs_speech
@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("Please call 555-1234.", "555-1234"),
        ("Would you say yes or no.", "yes or no"),
        ("We met on 12/24/2025 at 10 pm.", "december 24"),
        ("1. Milk and bread", "milk and bread"),
        ("Dr. Rossi lives at 5 Main St. in Boston.", "Boston"),
    ],
)
def test_marks_and_numbers_are_read_as_people_read_them(text, heard):
    assert heard.lower() in recognise(said(text)).lower()


@needs_speech
@pytest.mark.parametrize("number", ["9" * 40, ",".join(["999"] * 20), "'".join(["999"] * 20)])
def test_a_number_too_long_for_words_is_read_digit_by_digit(number):
    assert len(synthesise(f"It is {number}.", speed=1.5)) > len(said("It is nine.", 1.5)) * 4


@needs_speech
@pytest.mark.parametrize("speed", [0.4, 1.5])
def test_slow_and_fast_speech_can_be_understood(speed):
    words = recognise(said(TEXT, speed)).lower()

    assert "table for two people" in words


@needs_speech
def test_sentences_one_by_one_are_a_text():
    text = "Hello. **I am the waiter.** What would you like, Dr. Rossi?"

    heard = [recognise(said(sentence)).lower() for sentence in sentences(text)]

    # Commas are a matter of the processor: a voice's last bits, and what is heard in them, differ from one to another.
    assert [re.findall(r"[\w']+", sentence) for sentence in heard] == [
        ["hello"],
        ["i", "am", "the", "waiter"],
        ["what", "would", "you", "like", "dr", "rossi"],
    ]


def test_without_a_voice_the_error_says_what_to_do(monkeypatch):
    monkeypatch.setattr(loading, "_once", loading._Once())
    monkeypatch.setattr(loading.weights, "missing", lambda: "hibari-tts is not installed")

    with pytest.raises(ServerError, match=r'hibari-tts is not installed; .*: pip install "intentional-nb\[voice\]"'):
        synthesise("Hello.")
