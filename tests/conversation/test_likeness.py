from __future__ import annotations

import time

import pytest

from intentional_nb.conversation.likeness import are_alike


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("the user names a drink", "The user names drinks."),
        ("the user asked for the bill", "the user is asking for a bill"),
        ("Wants to pay by card", "wants, by card, to pay"),
    ],
)
def test_descriptions_of_the_same_words_are_alike(first, second):
    assert are_alike(first, second)
    assert are_alike(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("the user is available", "the user is not available"),
        ("the user can come", "the user can't come"),
        ("the user wants tea", "the user wants coffee"),
        ("the user says yes", "the user says no"),
        ("the guest eats here", "the guest takes it away"),
        ("the user", "the users"),
        ("", ""),
        ("?!", "?!"),
    ],
)
def test_descriptions_that_say_different_things_or_nothing_are_not_alike(first, second):
    assert not are_alike(first, second)


def test_long_descriptions_take_no_longer_than_short_ones_allow():
    long = " ".join(f"word{number}" for number in range(200_000))

    started = time.perf_counter()
    are_alike(long, long + " more")
    of_long = time.perf_counter() - started

    started = time.perf_counter()
    sorted(long.split())
    assert of_long < 50 * (time.perf_counter() - started)
