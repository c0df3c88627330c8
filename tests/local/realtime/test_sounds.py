from __future__ import annotations

from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.local.realtime.sounds import LETTER_MS, LevelDetector, spoken_tone, tone


def quiet(length_ms: float) -> bytes:
    return bytes(round(length_ms * 24) * 2)


def edges(detector, pcm, cut=999_999_999):
    found = [edge for at in range(0, len(pcm), cut) for edge in detector.feed(pcm[at : at + cut])]
    return [(edge.kind, edge.at_ms) for edge in found]


@pytest.mark.parametrize("length_ms", [0, 0.5, 20, 1234])
def test_a_tone_is_as_long_as_asked_and_loud_enough_to_be_heard(length_ms):
    pcm = tone(length_ms)

    assert len(pcm) == round(length_ms * 24) * 2
    assert max(array("h", pcm), default=0) <= 8000
    if length_ms >= 20:
        assert max(array("h", pcm)) > 7900


def test_tones_join_without_a_click():
    assert tone(100) + tone(100) == tone(200)


def test_a_text_sounds_as_long_as_it_is():
    assert spoken_tone("Hi there.") == tone(9 * LETTER_MS)


def test_a_sound_begins_with_its_padding_and_ends_with_the_silence_after_it():
    detector = LevelDetector(prefix_padding_ms=200, silence_duration_ms=400)

    assert edges(detector, quiet(1000) + tone(500) + quiet(500)) == [("started", 800), ("stopped", 1900)]


def test_a_pause_that_is_short_belongs_to_the_turn():
    assert edges(LevelDetector(), tone(300) + quiet(400) + tone(300) + quiet(600)) == [
        ("started", 0),
        ("stopped", 1500),
    ]


def test_a_click_is_no_speech():
    assert edges(LevelDetector(), quiet(100) + tone(40) + quiet(1000)) == []


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 40)), max_size=6), st.integers(1, 400))
def test_what_is_found_does_not_depend_on_how_the_audio_is_cut(pieces, cut_samples):
    pcm = b"".join(tone(n * 20) if is_loud else quiet(n * 20) for is_loud, n in pieces)

    assert edges(LevelDetector(), pcm, cut_samples * 2) == edges(LevelDetector(), pcm)
