from __future__ import annotations

import pytest

from intentional_nb.local.language.polarity import bare_answer, leading_answer, polarity


@pytest.mark.parametrize(
    "text",
    ["yes", "Yeah!", "sure", "of course I have", "Yes, please.", "go ahead", "that's right", "Great, thanks", "ok"],
)
def test_a_mere_yes_is_recognised(text):
    assert bare_answer(text) == 1


@pytest.mark.parametrize(
    "text", ["no", "Nope.", "not really", "no, thank you", "I don't think so", "unfortunately not"]
)
def test_a_mere_no_is_recognised(text):
    assert bare_answer(text) == -1


@pytest.mark.parametrize("text", ["yes, on Monday", "no problem with Tuesday", "Marco", "", "32", "I am 36"])
def test_what_says_more_is_no_bare_answer(text):
    assert bare_answer(text) == 0


@pytest.mark.parametrize(
    "text",
    [
        "no mistakes there",
        "I have no complaints",
        "no problem",
        "it works again",
        "I have nothing against it",
        "not bad",
    ],
)
def test_pleased_sentences_are_positive(text):
    assert polarity(text) > 0


@pytest.mark.parametrize(
    "text",
    [
        "that isn't correct",
        "it didn't help",
        "I can't speak now",
        "it's too expensive",
        "I'm not happy",
        "yes, but I can't",
    ],
)
def test_displeased_sentences_are_negative(text):
    assert polarity(text) < 0


@pytest.mark.parametrize(
    "text", ["I would like to book", "Milan", "could you help me", "the 5th of March", "right now"]
)
def test_other_sentences_are_neither(text):
    assert polarity(text) == 0


def test_the_first_word_may_answer_before_the_rest():
    assert leading_answer("Yes, I am free") == 1
    assert leading_answer("no, I'm working that day") == -1
    assert leading_answer("no problem") == 0
    assert leading_answer("Nobody knows") == 0
