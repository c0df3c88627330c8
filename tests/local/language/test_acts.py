from __future__ import annotations

import pytest

from intentional_nb.local.language.acts import (
    acts,
    is_question,
    is_refusal,
    is_request,
    takes_questions,
    wants_something,
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("what?", "unclear"),
        ("Could you repeat that please?", "unclear"),
        ("I don't understand", "unclear"),
        ("hold on a second", "waiting"),
        ("let me think", "waiting"),
        ("I don't know", "unsure"),
        ("no idea", "unsure"),
        ("Hi there!", "greeting"),
        ("thank you so much", "thanks"),
        ("who are you?", "about_the_bot"),
        ("I'd rather not say", "refusing"),
        ("that's none of your business", "refusing"),
    ],
)
def test_a_message_does_what_it_does(text, name):
    assert name in [act.name for act in acts(text)]


@pytest.mark.parametrize("text", ["Marco", "yes", "I live in Milan", "I want to book a table", "it waited for me"])
def test_ordinary_messages_only_say_something(text):
    assert acts(text) == ()


@pytest.mark.parametrize("text", ["where do I park?", "how much is it", "is there a lift?"])
def test_asking_for_information_is_a_question(text):
    assert is_question(text)


@pytest.mark.parametrize("text", ["Could you send two towels?", "can I get a table, please?", "I park there"])
def test_asking_for_a_deed_is_no_question(text):
    assert not is_question(text)


def test_asking_for_a_deed_is_a_request():
    assert is_request("Could you send two towels?")
    assert not is_request("It rains")


def test_a_choice_may_be_about_questions():
    assert takes_questions("The user asks what it costs")
    assert takes_questions("Prices", ("What does it cost?", "How much is it?"))
    assert not takes_questions("The user wants to pay", ("Where do I pay?", "With my card"))


def test_a_choice_may_be_about_something_wanted():
    assert wants_something("The user wants to pay")
    assert not wants_something("The user is tired")


def test_refusing_is_told_from_answering():
    assert is_refusal("I won't tell you")
    assert not is_refusal("I will tell you")
