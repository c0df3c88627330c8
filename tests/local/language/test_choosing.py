from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.local.language.choosing import Situation, choose, rank
from intentional_nb.local.language.options import Option
from tests.local.language.requests import TODAY, WORDS

NAME = (
    Option("name_given", "The user said their name"),
    Option("refuses", "The user does not want to say their name"),
    Option("stop", "The user wants to end the conversation", is_jump=True),
)
AGREES = (Option("agrees", "The user agrees to the offer"), Option("declines", "The user declines the offer"))
AGE = (Option("adult", "The user is at least 18 years old"), Option("minor", "The user is under 18"))
PLANET = (Option("right", "The pupil says that it is Jupiter"), Option("wrong", "The pupil names another planet"))


def chosen(options, text, question="", **situation):
    option = choose(options, Situation(text, question, today=TODAY, **situation), WORDS)
    return option and option.name


@pytest.mark.parametrize("text", ["Marco", "I'm Marco", "my name is wei zhang"])
def test_a_bare_answer_is_the_outcome_about_it(text):
    assert chosen(NAME, text, "What's your name?") == "name_given"


@pytest.mark.parametrize("text", ["what?", "hello", "hold on a second", "who are you?", "I don't know", ""])
def test_what_settles_nothing_leads_nowhere(text):
    assert chosen(NAME, text, "What's your name?") is None


def test_a_refusal_is_the_outcome_about_refusing():
    assert chosen(NAME, "I'd rather not say", "What's your name?") == "refuses"


@pytest.mark.parametrize(
    ("text", "name"), [("yes", "agrees"), ("Sure!", "agrees"), ("no", "declines"), ("not really", "declines")]
)
def test_a_mere_yes_or_no_is_the_outcome_of_its_sign(text, name):
    assert chosen(AGREES, text, "Do you accept?") == name


def test_a_mere_yes_means_what_was_asked():
    options = (Option("pay", "The guest wants to pay the bill"), Option("dessert", "The guest wants a dessert"))

    assert chosen(options, "yes please", "Would you like a dessert?") == "dessert"
    assert chosen(options, "yes please", "Would you like to pay the bill?") == "pay"


@pytest.mark.parametrize(
    ("text", "name"), [("17", "minor"), ("I'm eighteen", "adult"), ("64", "adult"), ("twelve", "minor")]
)
def test_a_number_is_held_against_the_limit(text, name):
    assert chosen(AGE, text, "How old are you?") == name


def test_a_name_in_the_description_must_be_in_a_short_answer():
    assert chosen(PLANET, "Jupiter!", "Which one?") == "right"
    assert rank(PLANET, Situation("Mars", "Which one?"), WORDS)[0].option.name == "wrong"


def test_a_yes_is_not_taken_for_the_no_with_the_same_words():
    options = (
        Option("can", "Free then", ("Yes, I can make it",)),
        Option("cannot", "Not free then", ("I have no time",)),
    )

    assert chosen(options, "I can't make it then") == "cannot"


def test_an_outcome_wins_over_a_jump_that_fits_as_well():
    told = "The user orders a green tea"

    assert chosen((Option("away", told, is_jump=True), Option("here", told)), "a green tea") == "here"


def test_words_from_before_the_stage_count_only_when_they_leave_no_doubt():
    assert chosen(NAME, "my name is Ada, by the way", is_just_entered=True) == "name_given"
    assert chosen(NAME, "Ada", is_just_entered=True) is None
    assert chosen(AGREES, "yes", "Do you agree?", is_just_entered=True) is None


def test_an_option_for_everything_else_is_the_last_resort():
    options = (*AGREES, Option("other", "The answer is off-topic or unrelated"))

    assert chosen(options, "my cat is asleep") == "other"
    assert chosen(options, "yes", "Do you accept?") == "agrees"


def test_a_question_is_no_statement():
    options = (Option("tea", "The guest orders tea"), Option("asks", "The guest asks what tea there is"))

    assert chosen(options, "what tea do you have?") == "asks"


def test_when_asked_to_be_sure_nothing_doubtful_is_taken():
    situation = Situation("the offer, hm", today=TODAY)

    assert choose(AGREES, situation, WORDS, is_sure=True) is None


def test_without_options_nothing_is_chosen():
    assert choose((), Situation("yes"), WORDS) is None


@given(st.text(), st.text(max_size=30))
def test_all_options_are_ranked_best_first(text, question):
    scores = [choice.score for choice in rank(NAME, Situation(text, question, today=TODAY), WORDS)]

    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)


def test_who_says_an_example_word_for_word_means_its_outcome():
    agrees = Option("agrees", "The user agrees that everything is correct", ("Yes, all correct",))
    mends = Option("mends", "The user wants to change a detail", ("Wait, that needs to be correct",), is_jump=True)

    assert chosen([agrees, mends], "wait - that needs to be correct!", "Is everything correct?") == "mends"
