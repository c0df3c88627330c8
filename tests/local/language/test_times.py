from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.local.language.times import find_durations, find_times


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("next Tuesday at half past three", "15:30"),
        ("3pm", "15:00"),
        ("3:30 pm", "15:30"),
        ("15:30", "15:30"),
        ("8:00", "08:00"),
        ("at 3", "15:00"),
        ("at 10.30", "10:30"),
        ("quarter to four", "15:45"),
        ("20 to six", "17:40"),
        ("ten past five", "17:10"),
        ("half seven", "19:30"),
        ("noon", "12:00"),
        ("midnight", "00:00"),
        ("12 am", "00:00"),
        ("9 in the evening", "21:00"),
        ("at 9 in the morning", "09:00"),
        ("tonight at 8", "20:00"),
        ("5 o'clock", "17:00"),
        ("at three thirty", "15:30"),
        ("tomorrow morning", "09:00"),
        ("2026-12-01T09:30", "09:30"),
    ],
)
def test_a_time_said_in_words_is_understood(text, clock):
    assert [f"{found.value:%H:%M}" for found in find_times(text)] == [clock]


@pytest.mark.parametrize("text", ["I am 25", "at least 3", "25:00", "good morning", "around 4 people", ""])
def test_what_only_looks_like_a_time_is_none(text):
    assert find_times(text) == []


def test_a_part_of_the_day_gives_way_to_an_exact_time():
    found = find_times("in the afternoon, at two")

    assert [(f"{clock.value:%H:%M}", clock.is_exact) for clock in found] == [("14:00", True)]


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("an hour and a half", timedelta(minutes=90)),
        ("half an hour", timedelta(minutes=30)),
        ("for three nights", timedelta(days=3)),
        ("90 minutes", timedelta(minutes=90)),
        ("two weeks", timedelta(weeks=2)),
    ],
)
def test_lengths_of_time_are_understood(text, length):
    assert find_durations(text) == [length]


def test_a_word_before_a_unit_is_no_amount():
    assert find_durations("a long week") == []


@given(st.text())
def test_no_text_breaks_the_search(text):
    assert find_times(text) == sorted(find_times(text), key=lambda clock: clock.start)
