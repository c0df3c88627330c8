from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.errors import AudioError
from intentional_nb.local.speech.detection import SpeechDetector
from tests.local.speech.sounds import NOISES, mixed, needs_speech, noise, quiet, said

pytestmark = needs_speech

LEAD_MS = 400


@cache
def two_sentences() -> bytes:
    """Silence, a sentence, a pause, another sentence, and silence enough to end."""
    return quiet(LEAD_MS) + said("Hello there.") + quiet(300) + said("It is me.") + quiet(700)


def edges(pcm, chunk_bytes=4800, **options):
    detector = SpeechDetector(**options)
    return [
        edge for start in range(0, len(pcm), chunk_bytes) for edge in detector.feed(pcm[start : start + chunk_bytes])
    ]


def kinds(found):
    return [edge.kind for edge in found]


@cache
def expected():
    return edges(two_sentences(), len(two_sentences()))


def test_a_pause_and_the_end_are_told_apart():
    assert kinds(expected()) == ["started", "paused", "resumed", "paused", "stopped"]


@given(st.lists(st.integers(1, 9000), min_size=1, max_size=30))
@settings(max_examples=12, deadline=None)
def test_how_a_stream_is_cut_into_chunks_changes_nothing(samples):
    detector, pcm, found, start, number = SpeechDetector(), two_sentences(), [], 0, 0

    while start < len(pcm):
        length = 2 * samples[number % len(samples)]
        found += detector.feed(pcm[start : start + length])
        start, number = start + length, number + 1

    assert found == expected()


def test_edges_lie_where_speech_begins_and_ends():
    sentence = said("I would like to book a table for two people.")
    started, paused, stopped = edges(quiet(LEAD_MS) + sentence + quiet(800))
    speech_ends_ms = LEAD_MS + len(sentence) / 48 - 200  # the voice leaves 200 ms of silence

    assert abs(started.at_ms + 300 - LEAD_MS) < 100
    assert abs(paused.at_ms - 160 - speech_ends_ms) < 150
    assert stopped.at_ms - paused.at_ms == 500 - 160


def test_padding_and_silence_are_as_they_were_asked_for():
    started, paused, stopped = edges(
        quiet(1000) + said("Hello there.") + quiet(1500), prefix_padding_ms=700, silence_duration_ms=1000
    )

    assert (started.at_ms - edges(quiet(1000) + said("Hello there."))[0].at_ms) == 300 - 700
    assert stopped.at_ms - paused.at_ms == 1000 - 160


@pytest.mark.parametrize("kind", NOISES)
def test_noise_starts_no_turn(kind):
    assert edges(noise(kind)) == []


@pytest.mark.parametrize("kind", ["pink", "white"])
def test_speech_in_noise_is_found(kind):
    sentence = said("I would like to book a table for two people.")
    pcm = mixed(quiet(LEAD_MS) + sentence + quiet(900), noise(kind, 6000, 0.01))

    assert kinds(edges(pcm)) == ["started", "paused", "stopped"]


def test_nothing_is_speech_above_the_highest_threshold():
    assert edges(two_sentences(), threshold=1.0) == []


def test_the_clock_goes_on_after_a_reset():
    detector = SpeechDetector()
    before = detector.feed(quiet(LEAD_MS) + said("Hello there."))
    assert detector.is_speech
    fed_ms = LEAD_MS + len(said("Hello there.")) // 48

    detector.reset()
    after = detector.feed(two_sentences())

    assert kinds(before)[0] == "started"
    assert not detector.is_speech
    assert kinds(after) == kinds(expected())
    assert [edge.at_ms - fed_ms for edge in after] == [edge.at_ms for edge in expected()]


def test_half_a_sample_is_refused_and_the_stream_goes_on():
    detector = SpeechDetector()

    with pytest.raises(AudioError, match="3 bytes"):
        detector.feed(b"abc")

    assert detector.feed(two_sentences()) == expected()


def test_nothing_is_nothing():
    assert SpeechDetector().feed(b"") == []
