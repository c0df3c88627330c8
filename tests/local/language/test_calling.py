from __future__ import annotations

from intentional_nb.local.language.calling import ends_conversation, forced_call, plan, results
from intentional_nb.local.language.request import Request, ToolCall
from tests.local.language.requests import TODAY, WORDS, bot, called, stage, tool, user

WEATHER = tool("get_weather", "Get the weather in a city.", city="string")
BOOK = tool("book_table", "Book a table.", date="string", time="string")
NOW = tool("get_current_date_and_time", "Get the current date and time.")


def planned(*messages, tools, goal=""):
    request = Request.read(stage(*messages, goal=goal, tools=tools))
    return plan(request, request.functions, TODAY, WORDS)


def test_a_tool_is_called_when_the_words_fit_and_nothing_is_missing():
    found = planned(user("what's the weather in Tokyo?"), tools=[WEATHER, BOOK])

    assert found.call == ToolCall("get_weather", {"city": "Tokyo"})


def test_what_is_missing_is_known():
    found = planned(user("book a table tomorrow"), tools=[WEATHER, BOOK])

    assert found.call is None
    assert (found.missing.name, found.is_news) == ("time", True)


def test_a_statement_calls_nothing():
    assert planned(user("I like Tokyo"), tools=[WEATHER]) is None
    assert planned(user("Marco"), tools=[NOW]) is None


def test_the_tool_of_the_goal_is_called_as_soon_as_its_arguments_are_told():
    goal = "Agree on a day and time, then call book_table."

    found = planned(bot("When?"), user("tomorrow at noon"), goal=goal, tools=[BOOK])

    assert found.call == ToolCall("book_table", {"date": "2026-11-24", "time": "12:00"})
    assert found.is_meant


def test_a_tool_without_parameters_is_called_when_the_user_asks_for_it():
    assert planned(user("what is the current date and time?"), tools=[NOW]).call == ToolCall(
        NOW["function"]["name"], {}
    )


def test_a_call_that_has_its_answer_is_not_made_again():
    history = [user("weather in Rome"), *called("get_weather", {"city": "Rome"}, "sunny"), bot("Sunny.")]

    assert planned(*history, user("weather in Rome"), tools=[WEATHER]) is None
    assert planned(*history, user("weather in Oslo"), tools=[WEATHER]).call == ToolCall("get_weather", {"city": "Oslo"})


def test_after_a_failure_what_was_right_is_kept():
    history = [user("tomorrow at 19:00"), *called("book_table", {}, "Error: closed at that time"), bot("Closed. When?")]

    found = planned(*history, user("at noon then"), goal="Call book_table.", tools=[BOOK])

    assert found.call.arguments == {"date": "2026-11-24", "time": "12:00"}


def test_after_a_success_what_was_told_is_settled():
    history = [user("tomorrow at 19:00"), *called("book_table", {"x": 1}, "booked"), bot("Booked.")]

    found = planned(*history, user("and another one at noon"), goal="Call book_table.", tools=[BOOK])

    assert found.missing.name == "date"


def test_a_forced_call_is_made_with_what_is_known():
    request = Request.read(stage(user("weather in Rome"), tools=[BOOK, WEATHER]))

    assert forced_call(request, request.functions, TODAY, WORDS) == ToolCall("get_weather", {"city": "Rome"})
    assert forced_call(request, (), TODAY, WORDS) is None


def test_calls_are_paired_with_their_answers():
    request = Request.read(stage(user("x"), *called("look", {"a": 1}, "seen")))

    assert [(call.name, answer.text) for call, answer in results(request)] == [("look", "seen")]


def test_the_tool_that_ends_is_known_by_what_it_does():
    ending = Request.read({"tools": [tool("end_conversation", "End the conversation."), WEATHER]}).functions

    assert [ends_conversation(function) for function in ending] == [True, False]
