from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.local.language.goals import says_goodbye, sentence_for


@pytest.mark.parametrize(
    ("goal", "sentence"),
    [
        ("Find out the user's name", "What is your name?"),
        ("Ask which city they live in", "Which city do you live in?"),
        ("Find out how old the user is.", "How old are you?"),
        ("Learn in which city or town the candidate lives.", "In which city or town do you live?"),
        ("Find out whether the candidate has ten minutes.", "Do you have ten minutes?"),
        ("Find out if the user is satisfied", "Are you satisfied?"),
        ("Find out whether restarting the router helped.", "Did restarting the router help?"),
        ("Ask whether the user agreed to the terms", "Did you agree to the terms?"),
        ("Ask when they arrived", "When did you arrive?"),
        ("Ask how the customer would like to pay.", "How would you like to pay?"),
        ("Find out what happened to the customer's bank card.", "What happened to your bank card?"),
        ("Ask the user for their e-mail address.", "What is your e-mail address?"),
        ("Ask for the guest's name, to call it when the drink is ready.", "What is your name?"),
        ("Ask the user to describe the problem", "Could you please describe the problem?"),
        ("Ask for a new date and time", "Could you tell me a new date and time, please?"),
        ("Thank the user", "Thank you!"),
        ("Thank the user and find out which city they live in.", "Thank you! Which city do you live in?"),
        ("Greet the customer and ask what they would like", "Hello! What would you like?"),
        (
            "Say goodbye to the user, then call the end_conversation tool.",
            "Goodbye, and thank you for the conversation!",
        ),
        ("Help the customer choose a pizza.", "How can I help you choose a pizza?"),
        ("Repeat the user's answers and ask whether they are right.", "Is everything correct?"),
        ("Tell the user that the order is on its way.", "The order is on its way."),
        ("Explain how to restart the router", "Let me tell you how to restart the router."),
        ("Offer the user a cup of tea", "Would you like a cup of tea?"),
        ("Make sure that the user really wants to leave", "Do you really want to leave?"),
        ('Say "The shop is closed."', "The shop is closed."),
        ("Be nice", "Let us go on with this: be nice."),
        ("", ""),
    ],
)
def test_a_goal_becomes_a_sentence(goal, sentence):
    assert sentence_for(goal) == sentence


def test_parting_is_told_from_other_goals():
    assert says_goodbye("Say goodbye to the user.")
    assert not says_goodbye("Buy something")


@given(st.text(max_size=80))
def test_any_goal_can_be_said(goal):
    assert isinstance(sentence_for(goal), str)
