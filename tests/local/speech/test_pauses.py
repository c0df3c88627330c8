from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.local.speech.pauses import pieces

MS = 32
LONGEST_MS = 7800
probabilities = st.lists(st.tuples(st.sampled_from([0.0, 0.3, 0.9, 1.0]), st.integers(1, 120)), max_size=15).map(
    lambda runs: [level for level, count in runs for _ in range(count)]
)


def test_short_speech_is_one_piece_with_a_little_silence_around_it():
    assert pieces([0] * 30 + [1] * 20 + [0] * 30, LONGEST_MS) == [(20 * MS, 54 * MS)]


def test_nobody_speaks_in_silence_or_a_click():
    assert pieces([], LONGEST_MS) == []
    assert pieces([0.4] * 100, LONGEST_MS) == []
    assert pieces([0] * 10 + [1] + [0] * 10, LONGEST_MS) == []


def test_what_follows_the_pause_that_ends_a_turn_changes_nothing():
    speech = [0] * 8 + [1] * 40

    assert pieces(speech + [0] * 5, LONGEST_MS) == pieces(speech + [0] * 16, LONGEST_MS)


def test_long_speech_is_cut_in_the_middle_of_its_longest_pause():
    speech = [1] * 100 + [0] * 6 + [1] * 40 + [0] * 20 + [1] * 150

    first, second = pieces(speech, LONGEST_MS)

    assert first == (0, 150 * MS)
    assert second[0] == (166 - 10) * MS


def test_speech_without_a_pause_is_cut_where_it_is_least_like_speech():
    speech = [0.95] * 150 + [0.6] + [0.95] * 200

    assert pieces(speech, LONGEST_MS)[0] == (0, 150 * MS)


def test_a_click_long_before_speech_is_no_piece():
    assert pieces([1] + [0] * 200 + [1] * 100, LONGEST_MS) == [(191 * MS, 301 * MS)]


@given(probabilities, st.integers(1000, 9000))
def test_pieces_are_short_in_order_and_hold_all_that_is_said(levels, longest_ms):
    found = pieces(levels, longest_ms)

    starts_and_ends = [moment for piece in found for moment in piece]
    assert starts_and_ends == sorted(starts_and_ends)
    assert all(0 < end - start <= longest_ms for start, end in found)
    assert all(0 <= end <= len(levels) * MS for _, end in found)
    spoken = {frame for frame, level in enumerate(levels) if level >= 0.5}
    held = {frame for start, end in found for frame in range(start // MS, end // MS)}
    # A single frame that a cut leaves on its own is no speech.
    assert all({frame - 1, frame + 1}.isdisjoint(spoken - held) for frame in spoken - held)
