from __future__ import annotations

import pytest

from intentional_nb.local.language.free_text import bare_text, find_name, find_place, find_text, is_bare_answer, join


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Hi, I'm marco", "Marco"),
        ("My name is Maria Rossi and I have time", "Maria Rossi"),
        ("I'm Marco, 32, from Milan", "Marco"),
        ("wei zhang", "Wei Zhang"),
        ("people call me Bob.", "Bob"),
        ("my name is john smith", "John Smith"),
        ("I'm fine", None),
        ("hello", None),
    ],
)
def test_a_name_is_taken_out_of_a_sentence(text, name):
    assert find_name(text) == name


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("I live in New York now", "New York"),
        ("in london", "London"),
        ("Torino, in Italy", "Torino"),
        ("I'm from Rio de Janeiro", "Rio de Janeiro"),
        ("from a small town near Leeds", "Leeds"),
        ("What's the weather in Tokyo?", "Tokyo"),
        ("weather in san francisco please", "San Francisco"),
        ("Milan", "Milan"),
        ("book a table in March", None),
        ("what's the weather like?", None),
    ],
)
def test_a_place_is_taken_out_of_a_sentence(text, place):
    assert find_place(text) == place


def test_a_journey_has_two_places():
    text = "I'd like to fly from Paris to New York"

    assert find_place(text, r"\bfrom\s+") == "Paris"
    assert find_place(text, r"\bto\s+") == "New York"


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("Remind me to buy milk", "task", "buy milk"),
        ('Note: "call Ada"', "note", "call Ada"),
        ("search for cheap hotels in Rome", "query", "cheap hotels in Rome"),
        ("the subject is holidays", "subject", "holidays"),
        ("what is 17 times 4?", "expression", "17 times 4"),
        ("hello there", "query", None),
    ],
)
def test_free_text_is_what_follows_the_words_that_announce_it(text, name, found):
    assert find_text(text, name) == found


def test_an_answer_is_freed_of_its_opening():
    assert bare_text("Well, it's about my dog.") == "about my dog"


def test_questions_and_refusals_are_no_answers():
    assert is_bare_answer("about my dog")
    assert not any(map(is_bare_answer, ["", "why?", "I'd rather not say", "what"]))


def test_items_are_listed_as_people_do():
    assert join(["a", "b", "c"], "or") == "a, b or c"
    assert (join(["a"]), join([])) == ("a", "")
