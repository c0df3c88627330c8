from __future__ import annotations

import pytest

from intentional_nb.local.language.parameters import Parameter
from intentional_nb.local.language.request import Request
from intentional_nb.local.language.speaking import ask_for, goodbye, next_line, speak
from tests.local.language.requests import WORDS, bot, stage, user

LINES = ["What is your name?", "May I have your name?"]
BACKGROUND = "You are Robin, the assistant of a bakery. The bakery opens at eight in the morning. You promise nothing."


def said(*messages, **about):
    return speak(Request.read(stage(*messages, **about)), WORDS)


def test_a_stage_begins_with_its_first_line():
    assert said(bot("Hello!"), user("fine"), say=LINES, just_entered=True) == LINES[0]


def test_another_seed_begins_with_another_line():
    assert said(user("fine"), say=LINES, just_entered=True, seed=1) == LINES[1]


def test_asking_again_takes_another_line_and_says_that_it_was_not_understood():
    again = said(bot(LINES[0]), user("the moon"), say=LINES)

    assert again.endswith(LINES[1])
    assert again != LINES[1]


def test_the_lines_take_turns():
    request = Request.read(stage(bot(LINES[0]), user("a"), bot(f"Sorry. {LINES[1]}"), user("b"), say=LINES))

    assert next_line(request) == LINES[0]


def test_without_lines_the_goal_is_said():
    assert said(user("fine"), goal="Find out the user's name.", just_entered=True) == "What is your name?"


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ("what?", "Let me say it again."),
        ("hold on a second", "Take your time."),
        ("I don't know", "That is all right."),
        ("thanks", "You are welcome."),
        ("I'd rather not say", "That is fine."),
    ],
)
def test_what_the_message_does_is_answered_first(text, beginning):
    assert said(bot(LINES[0]), user(text), say=LINES) == f"{beginning} {LINES[1]}"


def test_a_greeting_is_returned_at_the_beginning():
    assert said(user("hi"), goal="Find out the user's name.") == "Hello! What is your name?"


def test_a_question_is_answered_from_the_background():
    answer = said(bot(LINES[0]), user("when does the bakery open in the morning?"), say=LINES, background=BACKGROUND)

    assert answer == f"The bakery opens at eight in the morning. {LINES[1]}"


def test_the_bot_says_who_it_is_as_itself():
    answer = said(bot(LINES[0]), user("who are you?"), say=LINES, background=BACKGROUND)

    assert answer == f"I am Robin, the assistant of a bakery. {LINES[1]}"


def test_a_question_beyond_the_background_is_not_answered():
    answer = said(bot(LINES[0]), user("how deep is the sea?"), say=LINES, background=BACKGROUND)

    assert answer == f"I cannot tell you that, I am afraid. {LINES[1]}"


def test_what_the_user_told_is_repeated_when_the_goal_says_so():
    talk = [
        bot("What is your name?"),
        user("Ada"),
        bot("How old are you?"),
        user("36"),
        bot("Which city?"),
        user("Milan"),
    ]

    line = said(*talk, goal="Repeat the name, the age and the city.", say=["Is that right?"], just_entered=True)

    assert line == "I have noted: Ada, 36 years old, from Milan. Is that right?"


def test_a_correction_replaces_what_was_told():
    talk = [bot("What is your name?"), user("Ada"), bot("Is that right?"), user("no, my name is Ida")]

    assert said(*talk, goal="Repeat the name.", say=["Right?"], just_entered=True) == "I have noted: Ida. Right?"


@pytest.mark.parametrize(
    ("text", "answer"),
    [("Hello", "Hello! What can I do for you?"), ("thank you", "You are welcome.")],
)
def test_a_request_without_a_stage_gets_a_sensible_answer(text, answer):
    assert said(user(text)) == answer


def test_somebody_who_wants_to_chat_is_told_what_this_is():
    assert "small model" in said(user("Tell me about the French revolution"))
    assert "small model" in said()


def test_the_words_to_part_with_may_be_the_stage_s_own():
    assert goodbye(Request.read(stage(say=["See you!"]))) == "See you!"
    assert "Goodbye" in goodbye(Request.read({}))


@pytest.mark.parametrize(
    ("name", "schema", "question"),
    [
        ("date", {"type": "string"}, "On which day?"),
        ("time", {"type": "string"}, "At what time?"),
        ("size", {"enum": ["s", "m", "l"]}, "Which size would you like: s, m or l?"),
        ("is_paid", {"type": "boolean", "description": "Is it paid"}, "Is it paid: yes or no?"),
        ("subject", {"type": "string"}, "What is the subject?"),
        ("people", {"type": "integer"}, "What people would you like?"),
    ],
)
def test_a_missing_argument_is_asked_for(name, schema, question):
    assert ask_for(Parameter(name, schema, is_required=True)) == question
