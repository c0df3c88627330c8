from __future__ import annotations

from datetime import date

from intentional_nb.local.language.request import READ_CHARACTERS, Prompt, Request, ToolCall
from tests.local.language.requests import bot, called, stage, tool, user


def test_content_parts_are_joined_to_one_text():
    parts = [
        {"type": "text", "text": "one"},
        {"type": "image_url", "image_url": {"url": "x"}},
        {"type": "text", "text": "two"},
    ]

    read = Request.read({"messages": [{"role": "user", "content": parts}]})

    assert read.user_texts == ["one\ntwo"]


def test_calls_and_their_answers_are_read():
    read = Request.read({"messages": [user("hi"), *called("look", {"a": 1}, "done")]})

    assert read.talk[1].calls == (ToolCall("look", {"a": 1}),)
    assert (read.talk[2].answers, read.talk[2].text) == ("call_1", "done")


def test_the_question_is_what_the_bot_said_before_the_user_spoke():
    read = Request.read({"messages": [bot("How old are you?"), user("32"), bot("Thank you.")]})

    assert read.question == "How old are you?"


def test_sections_of_the_prompt_are_found_by_their_headings():
    request = stage(goal="Ask the name.", say=['What is "it"?'], background="You are Ada.", just_entered=True)

    prompt = Request.read(request).prompt

    assert (prompt.goal, prompt.background, prompt.is_just_entered) == ("Ask the name.", "You are Ada.", True)
    assert prompt.lines == ('What is "it"?',)


def test_a_prompt_without_sections_is_all_background():
    prompt = Prompt("You are kind.")

    assert (prompt.background, prompt.goal, prompt.lines) == ("You are kind.", "", ())


def test_only_a_function_that_is_offered_can_be_forced():
    choice = {"type": "function", "function": {"name": "look"}}

    assert Request.read({"tools": [tool("look")], "tool_choice": choice}).tool_choice == "look"
    assert Request.read({"tools": [tool("other")], "tool_choice": choice}).tool_choice == "auto"
    assert Request.read({"tool_choice": "required"}).tool_choice == "auto"


def test_tools_may_come_in_older_and_flatter_forms():
    flat = {"type": "function", "name": "flat", "parameters": {}}

    read = Request.read({"tools": [flat], "functions": [{"name": "old", "description": "x"}]})

    assert [function.name for function in read.functions] == ["flat", "old"]


def test_references_within_a_schema_are_followed():
    schema = {"$defs": {"City": {"type": "string"}}, "properties": {"city": {"$ref": "#/$defs/City", "title": "C"}}}

    function = Request.read({"tools": [{"function": {"name": "f", "parameters": schema}}]}).functions[0]

    assert function.resolve(function.properties["city"]) == {"type": "string", "title": "C"}


def test_a_schema_that_refers_to_itself_ends():
    schema = {"properties": {"a": {"$ref": "#/properties/a"}}}

    function = Request.read({"tools": [{"function": {"name": "f", "parameters": schema}}]}).functions[0]

    assert isinstance(function.resolve(function.properties["a"]), dict)


def test_the_day_may_come_from_the_prompt_or_a_tool():
    prompt = {"role": "system", "content": "Today is 2026-11-23."}
    told = called("get_date", {}, "Current date: 2027-01-02")

    assert Request.read({"messages": [prompt]}).today == date(2026, 11, 23)
    assert Request.read({"messages": [prompt, user("x"), *told]}).today == date(2027, 1, 2)
    assert Request.read({"messages": [user("today is 2026-11-23")]}).today is None


def test_of_a_long_message_the_beginning_and_the_end_are_read():
    text = Request.read({"messages": [user("first " + "x" * 5000 + " last")]}).user_texts[0]

    assert text.startswith("first")
    assert text.endswith("last")
    assert len(text) <= READ_CHARACTERS + 3


def test_whatever_is_malformed_counts_as_not_said():
    read = Request.read(
        {"messages": [None, 3, {"content": {"a": 1}}], "tools": "x", "stop": 7, "seed": "s", "max_tokens": -1}
    )

    assert read.user_texts == [""]
    assert (read.functions, read.stop, read.seed, read.max_tokens) == ((), (), 0, None)
