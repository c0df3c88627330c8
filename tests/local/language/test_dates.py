from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.local.language.dates import find_days, stated_today

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", "2026-11-23"),
        ("tonight at eight", "2026-11-23"),
        ("tomorrow morning", "2026-11-24"),
        ("the day after tomorrow", "2026-11-25"),
        ("Friday", "2026-11-27"),
        ("on monday", "2026-11-30"),
        ("this Monday", "2026-11-23"),
        ("next Tuesday at half past three", "2026-12-01"),
        ("Tuesday next week", "2026-12-01"),
        ("next week on Tuesday", "2026-12-01"),
        ("fri 10am", "2026-11-27"),
        ("in two weeks", "2026-12-07"),
        ("in a month", "2026-12-23"),
        ("in three days' time", "2026-11-26"),
        ("a week from now", "2026-11-30"),
        ("the 5th of March", "2027-03-05"),
        ("March 5th, 2028", "2028-03-05"),
        ("5 March", "2027-03-05"),
        ("the fifth of April", "2027-04-05"),
        ("Wednesday the 2nd of December", "2026-12-02"),
        ("Saturday, December 5", "2026-12-05"),
        ("on the 21st", "2026-12-21"),
        ("2026-12-01", "2026-12-01"),
        ("2026-12-01T09:30", "2026-12-01"),
        ("01/12/2026", "2026-12-01"),
        ("12/25/2026", "2026-12-25"),
        ("24.12.26", "2026-12-24"),
        ("Feb 29", "2028-02-29"),
    ],
)
def test_a_day_said_in_words_is_understood(text, day):
    assert [str(found.value) for found in find_days(text, MONDAY)] == [day]


@pytest.mark.parametrize(
    "text",
    ["I may come", "24/7", "I sat down", "the sun is out", "not until next month", "the second option", "31 February"],
)
def test_what_only_looks_like_a_day_is_none(text):
    assert find_days(text, MONDAY) == []


def test_several_days_come_in_order():
    found = find_days("from Friday until the 5th of December", MONDAY)

    assert [str(day.value) for day in found] == ["2026-11-27", "2026-12-05"]


@pytest.mark.parametrize(
    "prompt",
    [
        "Be kind. Today is Monday 23 November 2026.",
        "Current date: 2026-11-23",
        "Today's date is November 23, 2026",
        "The current date and time is Monday 23 November 2026, 18:05",
    ],
)
def test_a_prompt_may_state_the_day(prompt):
    assert stated_today(prompt) == MONDAY


def test_a_prompt_without_a_full_date_states_none():
    assert stated_today("Today is a nice day. Now: be brief.") is None


@given(st.text(), st.dates())
def test_no_text_breaks_the_search(text, today):
    assert all(text[day.start : day.end] or day.start < day.end for day in find_days(text, today))
