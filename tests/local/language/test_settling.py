from __future__ import annotations

from intentional_nb.local.language.options import Option
from intentional_nb.local.language.settling import settled_by
from tests.local.language.requests import WORDS

OPTIONS = (
    Option("rescheduled", "The interview was rescheduled"),
    Option("not_rescheduled", "The interview could not be rescheduled"),
    Option("thanks", "The user is happy that the interview was rescheduled"),
)
DONE = '{"status": "rescheduled"}'


def test_a_result_settles_what_is_about_it():
    assert settled_by("reschedule_interview", DONE, OPTIONS, WORDS) == OPTIONS[0]


def test_a_failure_settles_what_is_about_failing():
    output = "Error: the interview could not be rescheduled"

    assert settled_by("reschedule_interview", output, OPTIONS, WORDS) == OPTIONS[1]


def test_what_depends_on_the_user_waits_for_them():
    assert settled_by("reschedule_interview", DONE, OPTIONS[2:], WORDS) is None


def test_a_result_settles_nothing_that_is_about_something_else():
    assert settled_by("get_weather", "sunny", OPTIONS, WORDS) is None
