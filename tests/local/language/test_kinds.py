from __future__ import annotations

import pytest

from intentional_nb.local.language.kinds import asked, called, given, gives_something, said, stranger_words
from tests.local.language.requests import TODAY


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Find out the user's name and age", {"name", "age"}),
        ("Which city do you live in?", {"place"}),
        ("Ask for their e-mail address", {"email"}),
        ("On what day would you like to come?", {"date"}),
        ("At what time?", {"time"}),
        ("How many guests will come?", {"number"}),
        ("The candidate has time", set()),
        ("Say hello", set()),
    ],
)
def test_a_text_asks_for_kinds_of_answer(text, kinds):
    assert asked(text) == kinds


@pytest.mark.parametrize(
    ("description", "kinds"),
    [
        ("The user said their name", {"name"}),
        ("The user gives their age", {"age"}),
        ("The user named the city where they live", {"place"}),
        ("The user does not want to say their name", set()),
        ("The user wants to correct their name", set()),
        ("The user asks what your name is", set()),
        ("The user is happy", set()),
    ],
)
def test_a_choice_may_be_about_an_answer_that_was_given(description, kinds):
    assert given(description) == kinds


def test_a_choice_may_be_about_an_answer_of_no_particular_kind():
    assert gives_something("The customer chose a pizza")
    assert not gives_something("The customer did not choose a pizza")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("name", "Marco"),
        ("name", "I'm Giulia Rossi"),
        ("name", "you can call me Tom"),
        ("name", "wei zhang"),
        ("place", "Milan"),
        ("place", "in london"),
        ("place", "I'm based in Buenos Aires"),
        ("place", "Torino, in Italy"),
        ("age", "32"),
        ("age", "I turned fifty last week"),
        ("age", "I'm Marco, 32, from Milan"),
        ("date", "next Friday"),
        ("time", "at noon"),
        ("email", "it's ada@example.com"),
        ("phone", "+39 333 1234567"),
        ("number", "five"),
        ("money", "20 euros"),
        ("code", "772 019"),
        ("duration", "two nights"),
        ("url", "https://example.com"),
    ],
)
def test_an_answer_is_recognised(kind, text):
    assert said(kind, text, TODAY) >= 0.9


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("name", "hello"),
        ("name", "I'm fine"),
        ("name", "what?"),
        ("name", "no names please"),
        ("place", "in the morning"),
        ("place", "what's the weather like?"),
        ("age", "tomorrow at 3"),
        ("age", "room three hundred and four"),
        ("email", "I have no mail"),
        ("date", "some day"),
    ],
)
def test_other_messages_are_no_answer(kind, text):
    assert said(kind, text, TODAY) == 0


def test_a_name_is_found_behind_other_words():
    assert called("no, my name is wrong, it's Lara") == "Lara"
    assert called("This is Anna from Rome") == "Anna"
    assert called("I am driving") is None


def test_everyday_words_are_no_strangers():
    assert stranger_words("I would like to see Carla tomorrow") == ["Carla"]
