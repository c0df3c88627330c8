from __future__ import annotations

import pytest

from intentional_nb.local.expectations import as_expectations
from intentional_nb.local.script import matches, mentions, offers, offers_only, prompted, returned, says
from tests.local.asking import chat


def offering(*names):
    return chat("Hello there", tools=[{"type": "function", "function": {"name": name}} for name in names])


SILENT = {"messages": [{"role": "system", "content": "You are a shopkeeper."}]}
AFTER_TOOLS = {
    "messages": [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "tool_calls": []},
        {"role": "tool", "tool_call_id": "a", "content": "booked for Tuesday"},
        {"role": "tool", "tool_call_id": "b", "content": "42"},
    ]
}


@pytest.mark.parametrize(
    ("expected", "request_", "holds"),
    [
        (says("Hello there"), offering(), True),
        (says("Hello"), offering(), False),
        (says("Hello"), SILENT, False),
        (mentions("hello"), offering(), True),
        (mentions("THERE", "hello"), offering(), True),
        (mentions("hello", "you"), offering(), False),
        (mentions("hello"), SILENT, False),
        (matches(r"^Hel+o\b"), offering(), True),
        (matches(r"^there"), offering(), False),
        (matches("."), SILENT, False),
        (offers("a"), offering("a", "b"), True),
        (offers("a", "c"), offering("a", "b"), False),
        (offers_only("b", "a"), offering("a", "b"), True),
        (offers_only("a"), offering("a", "b"), False),
        (offers_only(), offering(), True),
        (offers_only(), offering("a"), False),
        (prompted("shopkeeper"), SILENT, True),
        (prompted("shopkeeper", "baker"), SILENT, False),
        (prompted("shopkeeper"), offering(), False),
        (returned(), AFTER_TOOLS, True),
        (returned("Tuesday", "42"), AFTER_TOOLS, True),
        (returned("Friday"), AFTER_TOOLS, False),
        (returned(), offering(), False),
    ],
)
def test_an_expectation_holds_or_not(expected, request_, holds):
    assert expected.holds(request_) is holds


@pytest.mark.parametrize(
    ("expected", "request_", "wanted", "came"),
    [
        (says("Hi"), offering(), "the user says 'Hi'", "the user says 'Hello there'"),
        (mentions("a", "b"), SILENT, "the user mentions 'a', 'b'", "the user has said nothing"),
        (matches("^x"), offering(), "the user says something that matches '^x'", "the user says 'Hello there'"),
        (offers("a"), offering("b", "c"), "it offers 'a'", "it offers 'b', 'c'"),
        (offers_only("a"), offering(), "it offers 'a' and nothing else", "it offers no tools"),
        (offers_only(), offering("a"), "it offers no tools", "it offers 'a'"),
        (
            prompted("baker"),
            SILENT,
            "the system prompt contains 'baker'",
            "the system prompt is 'You are a shopkeeper.'",
        ),
        (returned("x"), AFTER_TOOLS, "tools return 'x'", "tools return 'booked for Tuesday', '42'"),
        (returned(), offering(), "tools return something", "it brings no tool's answer"),
    ],
)
def test_both_sides_of_a_mismatch_are_told_in_the_same_words(expected, request_, wanted, came):
    assert expected.wanted == wanted
    assert expected.came(request_) == came


def test_a_function_is_an_expectation_and_tells_what_it_gave():
    def asks_small_model(request):
        return request["model"] == "small"

    [expected] = as_expectations(asks_small_model)

    assert expected.holds({"model": "small"})
    assert not expected.holds(chat())
    assert expected.wanted == "asks_small_model is true"
    assert expected.came(chat()) == "asks_small_model gives False"


def test_a_function_that_raises_does_not_hold_and_tells_the_error():
    def is_third(request):
        assert len(request["messages"]) == 3, "not the third"
        return True

    [expected] = as_expectations([is_third])

    assert not expected.holds(chat())
    assert expected.came(chat()).startswith("is_third raises AssertionError: not the third")


def test_a_bare_text_is_refused_with_what_to_write_instead():
    with pytest.raises(TypeError, match=r"write says\('hello'\) or mentions\('hello'\)"):
        as_expectations("hello")
