import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.wire.realtime.interruption import heard_text, plan

times = st.integers(-100, 5_000)


@pytest.mark.parametrize(
    ("played", "received", "complete", "expected"),
    [
        (700, 2_000, True, ("truncated", 700)),
        (700, 2_000, False, ("truncated", 700)),
        (2_000, 2_000, True, ("kept", 2_000)),
        (9_000, 2_000, True, ("kept", 2_000)),
        (9_000, 2_000, False, ("truncated", 2_000)),
        (None, 2_000, True, ("kept", 2_000)),
        (None, 2_000, False, ("truncated", 2_000)),
        (0, 2_000, True, ("deleted", 0)),
        (-5, 2_000, True, ("deleted", 0)),
        (700, 0, False, ("deleted", 0)),
        (None, 0, True, ("deleted", 0)),
    ],
)
def test_an_item_is_cut_where_playing_stopped(played, received, complete, expected):
    assert plan(played, received, is_complete=complete) == expected


@given(times | st.none(), st.integers(0, 5_000), st.booleans())
def test_a_truncation_is_never_at_zero_and_never_beyond_what_came(played, received, complete):
    action, heard = plan(played, received, is_complete=complete)

    assert 0 <= heard <= received
    assert (action == "deleted") == (heard == 0)
    assert heard <= max(0, played) if played is not None else heard == received


@given(st.text(max_size=200), st.integers(0, 3_000), st.integers(0, 3_000))
def test_what_was_heard_is_a_beginning_of_what_was_said(text, heard, received):
    found = heard_text(text, heard, received)

    assert text.startswith(found)
    assert (found == text) or heard < received or received == 0


@given(
    st.lists(st.text("abcdef", min_size=1, max_size=9), max_size=30),
    st.sampled_from([" ", "\n", "  "]),
    st.integers(0, 1_000),
)
def test_only_whole_words_count_as_heard(words, space, heard):
    found = heard_text(space.join(words), heard, 1_000)

    assert found.split() == words[: len(found.split())]


@given(st.integers(0, 1_000), st.integers(0, 1_000))
def test_who_listens_longer_hears_no_less(one, other):
    text = "It is a truth universally acknowledged, that a bot in possession of a voice must be in want of a listener."

    shorter, longer = (heard_text(text, heard, 1_000) for heard in sorted((one, other)))

    assert longer.startswith(shorter)


def test_a_language_without_spaces_is_cut_between_its_characters():
    text = "あ" * 100

    assert heard_text(text, 500, 1_000) == "あ" * 50


@pytest.mark.parametrize(("heard", "received"), [(0, 100), (-1, 100), (100, 0)])
def test_where_nothing_was_played_nothing_was_heard(heard, received):
    assert heard_text("Hello", heard, received) == ""
