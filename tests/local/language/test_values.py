from __future__ import annotations

import pytest

from intentional_nb.local.language.parameters import parameters
from intentional_nb.local.language.request import Function
from intentional_nb.local.language.values import Said, find_value
from tests.local.language.requests import TODAY


def value(text, question="", required=True, name="thing", **schema):
    function = Function("f", "", {"properties": {name: schema}, "required": [name] if required else []})
    wanted = parameters(function)
    return find_value(wanted[0], Said(text, question), TODAY, wanted)


def test_the_longest_listed_value_wins():
    assert value("a very large one", enum=["large", "very large"]) == "very large"


def test_a_listed_value_may_be_an_everyday_word():
    assert value("no", enum=["yes", "no"]) == "no"
    assert value("size s please", enum=["s", "m"]) == "s"


def test_listed_values_keep_their_type():
    assert value("2 please", enum=[1, 2]) == 2


def test_a_number_outside_the_limits_is_none():
    assert value("20", type="integer", maximum=8) is None
    assert value("20 or 5", type="integer", maximum=8) == 5


def test_an_optional_number_needs_a_word_that_points_at_it():
    assert value("I have 3 dogs", required=False, name="guests", type="integer") is None
    assert value("we are 3 guests", required=False, name="guests", type="integer") == 3


def test_a_time_may_be_wanted_with_seconds():
    assert value("at noon", name="time", type="string", description="As HH:MM:SS") == "12:00:00"


@pytest.mark.parametrize(("text", "switched"), [("turn it on", True), ("switch it off", False), ("hello", None)])
def test_a_switch_is_on_or_off(text, switched):
    assert value(text, name="enabled", type="boolean") is switched


def test_a_duration_is_told_in_the_unit_of_the_parameter():
    assert value("90 minutes", name="duration_hours", type="number") == 1.5
    assert value("two weeks", name="days", description="How long, in days", type="integer") == 14


def test_a_length_of_time_has_a_format_of_its_own():
    assert value("half an hour", type="string", format="duration") == "PT1800S"


def test_a_refusal_is_no_free_text():
    assert value("I'd rather not say", "What is the reason?", name="reason", type="string") is None
