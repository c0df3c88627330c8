from __future__ import annotations

import pytest

from intentional_nb.local.language.phrasing import as_statement, in_first_person, phrasings, to_user


def test_a_description_is_also_said_as_the_user_would():
    assert phrasings("The user wants to change their address")[-1] == "change my address"
    assert phrasings("Somebody stole the card") == ("Somebody stole the card", "Somebody stole the card")[:1]


@pytest.mark.parametrize(
    ("question", "statement"),
    [
        ("Do you have time?", "I have time"),
        ("Hello! Are you free on Monday?", "I am free on monday"),
        ("Would you like to change your booking?", "I would like to change my booking"),
        ("Shall we go on?", "please go on"),
        ("Is that right?", "that is right"),
        ("Is the internet back now?", "the internet is back now"),
        ("What is your name?", ""),
        ("Fine.", ""),
    ],
)
def test_a_yes_to_a_question_is_a_statement(question, statement):
    assert as_statement(question) == statement


def test_them_becomes_me():
    assert in_first_person("they lost their card, help them") == "I lost my card, help me"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("the user's name", "your name"),
        ("where the customer lives", "where you live"),
        ("how old they are", "how old you are"),
        ("whether the guest has a car", "whether you have a car"),
    ],
)
def test_a_text_about_the_user_is_said_to_them(text, said):
    assert to_user(text) == said
