from __future__ import annotations

import pytest

from intentional_nb.local.language.request import Function, Request
from intentional_nb.local.language.slots import Said, conversation, fill
from tests.local.language.requests import TODAY, bot, tool, user

DATE = {"type": "string", "format": "date"}
TIME = {"type": "string", "format": "time"}


def function(**properties):
    made = tool("f", **properties)["function"]
    return Function("f", "", made["parameters"])


def filled(text, question="", **properties):
    return fill(function(**properties), [Said(text, question)], TODAY).arguments


@pytest.mark.parametrize(
    ("properties", "text", "arguments"),
    [
        ({"date": DATE, "time": TIME}, "next Tuesday at half past three", {"date": "2026-12-01", "time": "15:30"}),
        ({"date": "string", "time": "string"}, "tomorrow morning", {"date": "2026-11-24", "time": "09:00"}),
        ({"at": {"type": "string", "format": "date-time"}}, "Friday at noon", {"at": "2026-11-27T12:00:00"}),
        ({"date": DATE}, "I can't on Monday, but Tuesday is fine", {"date": "2026-11-24"}),
        ({"date": DATE}, "Monday, no wait, Tuesday", {"date": "2026-11-24"}),
        (
            {"start_date": DATE, "end_date": DATE},
            "from Friday to Sunday",
            {"start_date": "2026-11-27", "end_date": "2026-11-29"},
        ),
        ({"city": "string"}, "What's the weather in Tokyo?", {"city": "Tokyo"}),
        (
            {"origin": "string", "destination": "string"},
            "from Paris to New York",
            {"origin": "Paris", "destination": "New York"},
        ),
        ({"name": "string"}, "my name is ada", {"name": "Ada"}),
        ({"email": "string"}, "write to ada@example.com", {"email": "ada@example.com"}),
        ({"phone_number": "string"}, "call +39 333 1234567", {"phone_number": "+39 333 1234567"}),
        ({"people": "integer", "date": DATE}, "four people on the 5th of March", {"people": 4, "date": "2027-03-05"}),
        ({"a": "number", "b": "number"}, "add 3 and 5.5", {"a": 3, "b": 5.5}),
        ({"nights": {"type": "integer", "description": "How many nights"}}, "for three nights", {"nights": 3}),
        ({"minutes": {"type": "integer", "description": "Duration in minutes"}}, "an hour and a half", {"minutes": 90}),
        ({"size": {"type": "string", "enum": ["small", "large"]}}, "the large one", {"size": "large"}),
        ({"on": "boolean"}, "turn off the light", {"on": False}),
        ({"query": "string"}, "search for cheap hotels", {"query": "cheap hotels"}),
        ({"sizes": {"type": "array", "items": {"enum": ["s", "m", "l"]}}}, "sizes s and l", {"sizes": ["s", "l"]}),
        ({"numbers": {"type": "array", "items": {"type": "integer"}}}, "1, 2 and 3", {"numbers": [1, 2, 3]}),
        ({"days": {"type": "array", "items": DATE}}, "Friday and Sunday", {"days": ["2026-11-27", "2026-11-29"]}),
    ],
)
def test_arguments_are_filled_by_name_and_type(properties, text, arguments):
    assert filled(text, **properties) == arguments


@pytest.mark.parametrize(
    ("properties", "text"),
    [
        ({"date": DATE}, "some day next month"),
        ({"time": TIME}, "later"),
        ({"city": "string"}, "what's the weather like?"),
        ({"name": "string"}, "I'd like a table"),
        ({"people": {"type": "integer", "maximum": 8}}, "twenty people"),
        ({"people": "integer"}, "two and a half of 2.5"),
        ({"size": {"type": "string", "enum": ["small", "large"]}}, "whatever"),
        ({"date": DATE}, "I'm busy on Thursday"),
        ({"note": "string"}, "hello there"),
        ({"thing": "object"}, "a thing"),
    ],
)
def test_what_was_not_said_is_missing_and_never_invented(properties, text):
    result = fill(function(**properties), [Said(text)], TODAY)

    if "people" in properties and "maximum" not in properties["people"]:
        assert result.arguments == {"people": 2}
    else:
        assert result.arguments == {}
        assert [parameter.name for parameter in result.missing] == list(properties)


@pytest.mark.parametrize(
    ("properties", "question", "text", "arguments"),
    [
        ({"age": "integer"}, "How old are you?", "32", {"age": 32}),
        ({"is_member": "boolean"}, "Are you a member?", "yes", {"is_member": True}),
        ({"is_member": "boolean"}, "Are you a member?", "no, I'm not", {"is_member": False}),
        ({"reason": "string"}, "What is the reason?", "Well, it's about my dog.", {"reason": "about my dog"}),
        (
            {"toppings": {"type": "array"}},
            "Which toppings would you like?",
            "ham, olives and corn",
            {"toppings": ["ham", "olives", "corn"]},
        ),
    ],
)
def test_an_answer_fills_what_was_asked(properties, question, text, arguments):
    assert filled(text, question, **properties) == arguments


def test_arguments_may_come_from_several_messages():
    said = [Said("at 3", "At what time?"), Said("next Tuesday please")]

    result = fill(function(date=DATE, time=TIME), said, TODAY)

    assert result.arguments == {"date": "2026-12-01", "time": "15:00"}
    assert result.is_news


def test_old_wishes_do_not_come_back_but_names_stay():
    said = [Said("a table, please"), *[Said("hm")] * 5, Said("I'm Ada, and Friday suits me")]

    result = fill(function(date=DATE, name="string"), said, TODAY)

    assert result.arguments == {"name": "Ada"}
    assert not result.is_news


def test_what_is_optional_need_not_be_told():
    made = Function(
        "f", "", {"properties": {"city": {"type": "string"}, "unit": {"enum": ["c", "f"]}}, "required": ["city"]}
    )

    result = fill(made, [Said("weather in Rome")], TODAY)

    assert (result.arguments, result.missing) == ({"city": "Rome"}, ())


def test_the_conversation_is_read_newest_first_with_its_questions():
    request = Request.read({"messages": [bot("Name?"), user("Ada"), bot("Age?"), user("36")]})

    assert conversation(request) == [Said("36", "Age?"), Said("Ada", "Name?")]
