from __future__ import annotations

import pytest

from intentional_nb.local.language.embedding import load, notice
from intentional_nb.local.language.matching import MeaningMatcher, WordMatcher, content_words, default_matcher


def test_words_match_by_their_stems():
    words = WordMatcher()

    assert words.alike("moving the meeting", "we moved our meetings") > 0.5
    assert words.alike("moving the meeting", "red shoes") == 0


def test_words_match_when_they_are_spelt_nearly_alike():
    assert WordMatcher().alike("reschedule", "reschedulling") > 0.1


def test_texts_without_content_match_nothing():
    assert WordMatcher().alike("the", "the") == 0
    assert WordMatcher().alike("", "") == 0


def test_everyday_words_carry_no_subject():
    assert content_words("I would like to have some bread") == ["bread"]


def test_meaning_matches_without_a_common_word():
    encoder = load()
    if encoder is None:
        pytest.skip(str(notice()))
    meaning = MeaningMatcher(encoder)

    assert meaning.alike("I'm starving", "The guest is hungry") > meaning.alike("I'm starving", "The guest is early")


def test_meaning_is_preferred_when_it_can_be_had():
    assert isinstance(default_matcher(), MeaningMatcher if load() else WordMatcher)
