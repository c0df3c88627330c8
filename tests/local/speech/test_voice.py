from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.local.speech.voice import _soft

MS = 24


@given(st.integers(0, 900), st.integers(1, 900), st.integers(0, 900))
def test_silence_around_words_is_cut_to_what_is_needed(before_ms, words_ms, after_ms):
    words = np.full(words_ms * MS, 0.5, np.float32)
    sound = np.concatenate([np.zeros(before_ms * MS), words, np.zeros(after_ms * MS)]).astype(np.float32)

    soft = _soft(sound)

    assert len(soft) == (min(before_ms, 40) + words_ms + min(after_ms, 200)) * MS + (-1 if after_ms > 200 else 0)
    assert soft[0] == soft[-1] == 0
    assert np.abs(np.diff(soft)).max() <= 0.5


def test_a_sound_that_nobody_hears_is_none():
    assert len(_soft(np.full(1000, 0.001, np.float32))) == 0


@pytest.mark.parametrize("count", [1, 10, 100])
def test_very_short_sounds_are_softened_too(count):
    soft = _soft(np.ones(count, np.float32))

    assert len(soft) == count
    assert soft[-1] == 0
