from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intentional_nb.local.language import Reply, respond, words
from intentional_nb.local.language.embedding import load, notice
from intentional_nb.local.language.matching import MeaningMatcher
from intentional_nb.local.language.request import ToolCall
from tests.local.language.requests import TODAY, WORDS, answer, bot, called, outcome, stage, tool, user

NAME = {"name_given": "The user said their name.", "refuses": "The user does not want to say their name."}
STOP = {"stop": "The user wants to end the conversation."}
END = tool("end_conversation", "End the conversation. Call it once you have said goodbye.")
MOVE = tool(
    "move_interview",
    "Move the interview.",
    date={"type": "string", "format": "date"},
    time={"type": "string", "format": "time"},
)
MOVE_GOAL = "Agree on another date and time, then move the interview with move_interview."
MOVED = {"moved": "The interview was moved.", "failed": "The interview could not be moved."}


def test_an_outcome_is_reported_before_anything_is_said():
    reply = answer(stage(bot("What's your name?"), user("Marco"), goal="Ask the name.", outcomes=NAME))

    assert reply == Reply("", (ToolCall("classify_response", {"outcome": "name_given"}),), "tool_calls")


def test_when_nothing_fits_it_stays_and_asks_again():
    reply = answer(stage(bot("Name?"), user("seven bananas"), say=["Name?", "Your name, please?"], outcomes=NAME))

    assert reply.tool_calls == ()
    assert reply.text.endswith("Your name, please?")
    assert reply.finish_reason == "stop"


def test_meaning_leads_where_no_word_is_shared():
    encoder = load()
    if encoder is None:
        pytest.skip(str(notice()))
    options = {"pay": "The guest wants to pay.", "complain": "The guest is unhappy with the food."}

    request = stage(bot("How was it?"), user("the soup was disgusting"), outcomes=options)

    assert outcome(answer(request, MeaningMatcher(encoder))) == "complain"


def test_a_jump_can_be_taken():
    reply = answer(stage(bot("Name?"), user("I want to end this conversation"), outcomes=NAME, jumps=STOP))

    assert outcome(reply) == "stop"


def test_in_a_stage_just_entered_it_speaks():
    request = stage(bot("Ready?"), user("yes"), say=["What is your name?"], outcomes=NAME, just_entered=True)

    assert answer(request) == Reply("What is your name?")


def test_after_its_own_words_it_goes_on_with_the_stage():
    request = stage(user("yes"), bot("Done."), say=["What is your name?"], outcomes=NAME, just_entered=True)

    assert answer(request) == Reply("What is your name?")


def test_the_end_says_goodbye_and_closes_in_one_reply():
    request = stage(user("thanks"), goal="Say goodbye to the user, then call the end_conversation tool.", tools=[END])

    reply = answer(request)

    assert "Goodbye" in reply.text
    assert reply.tool_calls == (ToolCall("end_conversation", {}),)


def test_a_tool_is_called_when_its_arguments_are_known():
    request = stage(bot("When?"), user("next Tuesday at half past three"), goal=MOVE_GOAL, tools=[MOVE], outcomes=MOVED)

    assert answer(request).tool_calls == (ToolCall("move_interview", {"date": "2026-12-01", "time": "15:30"}),)


def test_a_missing_argument_is_asked_for():
    request = stage(bot("When?"), user("next Tuesday"), goal=MOVE_GOAL, say=["When?"], tools=[MOVE], outcomes=MOVED)

    assert answer(request) == Reply("At what time?")


def test_relative_days_count_from_the_day_that_the_prompt_states():
    request = stage(user("tomorrow at noon"), goal=MOVE_GOAL, background="Today is 2030-05-01.", tools=[MOVE])

    assert respond(request, matcher=WORDS).tool_calls[0].arguments["date"] == "2030-05-02"


def test_a_result_that_settles_an_outcome_is_told_and_reported():
    history = [user("Friday at 9"), *called("move_interview", {"date": "x"}, '{"status": "moved"}')]

    reply = answer(stage(*history, goal=MOVE_GOAL, tools=[MOVE], outcomes=MOVED))

    assert (reply.text, outcome(reply)) == ("Done: the interview is moved.", "moved")


def test_a_result_that_the_user_must_approve_is_told():
    history = [user("Friday at 9"), *called("move_interview", {"date": "x"}, '{"status": "moved"}')]

    reply = answer(stage(*history, goal=MOVE_GOAL, tools=[MOVE], outcomes={"fine": "The user is happy with it."}))

    assert reply == Reply("Done: the interview is moved. Is that all right?")


def test_after_a_side_question_the_stage_goes_on():
    now = tool("get_current_date_and_time", "Get the current date and time.")
    history = [bot("Name?"), user("what time is it?"), *called("get_current_date_and_time", {}, "Monday, 18:05")]

    reply = answer(stage(*history, say=["Name?"], goal="Ask the name.", tools=[now], outcomes=NAME))

    assert reply == Reply("It is Monday, 18:05. Name?")


def test_answers_of_parallel_calls_are_told_together():
    first, second = called("look", {}, "it rains"), called("look", {}, "it snows")
    second[1]["tool_call_id"] = second[0]["tool_calls"][0]["id"] = "call_2"
    first[0]["tool_calls"] += second[0]["tool_calls"]

    reply = answer({"messages": [user("look twice"), first[0], first[1], second[1]]})

    assert reply.text == "It rains. It snows."


def test_a_refused_choice_is_made_again_among_the_legal_ones():
    refused = called("classify_response", {"outcome": "name"}, "Error: 'name' is not one of them; legal: 'name_given'.")

    assert outcome(answer(stage(bot("Name?"), user("Marco"), *refused, outcomes=NAME))) == "name_given"


def test_a_choice_that_was_refused_is_not_made_twice():
    refused = called("classify_response", {"outcome": "name_given"}, "Error: no outcome can be reported now.")

    reply = answer(stage(bot("Name?"), user("Marco"), *refused, say=["Name?"], outcomes=NAME))

    assert outcome(reply) != "name_given"


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "classify_response"}}])
def test_a_forced_choice_is_made_even_when_nothing_fits(choice):
    reply = answer(stage(bot("Name?"), user("seven bananas"), outcomes=NAME, tool_choice=choice))

    assert outcome(reply) in NAME


def test_a_forced_function_is_called():
    choice = {"type": "function", "function": {"name": "move_interview"}}

    reply = answer(stage(user("tomorrow"), tools=[MOVE], outcomes=NAME, tool_choice=choice))

    assert reply.tool_calls == (ToolCall("move_interview", {"date": "2026-11-24"}),)


def test_no_tool_is_called_when_none_may_be():
    reply = answer(stage(bot("Name?"), user("Marco"), say=["Name?"], outcomes=NAME, tool_choice="none"))

    assert reply.tool_calls == ()
    assert reply.text


def test_a_stranger_s_tools_work_too():
    weather = tool("get_weather", "Get the weather in a city.", city="string")
    asked = [user("What's the weather in Tokyo?")]

    call = answer({"messages": asked, "tools": [weather]}).tool_calls[0]
    told = answer({"messages": [*asked, *called("get_weather", call.arguments, "It is sunny.")], "tools": [weather]})

    assert call == ToolCall("get_weather", {"city": "Tokyo"})
    assert told == Reply("It is sunny.")


def test_json_is_answered_in_json():
    reply = answer({"messages": [user("hello")], "response_format": {"type": "json_object"}})

    assert json.loads(reply.text) == {"reply": "Hello! What can I do for you?"}


def test_json_follows_the_schema():
    schema = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}
    wanted = {"type": "json_schema", "json_schema": {"name": "person", "schema": schema}}

    reply = answer({"messages": [user("I'm 36")], "response_format": wanted})

    jsonschema.validate(json.loads(reply.text), schema)
    assert json.loads(reply.text) == {"age": 36}


def test_the_length_is_kept():
    reply = answer({"messages": [user("Tell me a story")], "max_tokens": 3})

    assert (reply.text, reply.finish_reason) == ("I am a", "length")


def test_it_stops_where_it_is_told_to():
    assert answer({"messages": [user("hello")], "stop": ["!"]}).text == "Hello"


def test_the_same_request_gets_the_same_answer():
    request = stage(bot("Name?"), user("the moon"), say=["Name?", "Your name?"], outcomes=NAME)

    assert answer(request) == answer(json.loads(json.dumps(request)))


@pytest.mark.parametrize("text", ["", " ", "a  b", "one two\nthree ", "你好 世界"])
def test_the_pieces_of_a_text_are_the_text(text):
    assert "".join(words(text)) == text


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
phrases = st.text(max_size=40) | st.sampled_from(
    [
        "yes",
        "Marco",
        "next Tuesday at half past three",
        "# Goal\n",
        '- a: b (for example: "x"; "y',
        '{"error": 1}',
        "\u202e\0",
        "你好",
    ]
)
kinds = st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "null"])
schemas = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "type": kinds | anything,
            "enum": st.lists(phrases, max_size=3) | anything,
            "format": st.sampled_from(["date", "time", "date-time"]) | anything,
            "description": phrases | anything,
            "$ref": st.sampled_from(["#", "#/properties/a", "#/x"]) | anything,
            "minimum": anything,
        },
    ),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(st.sampled_from(["a", "outcome", "date", "city", "number"]), inner)
            | anything,
            "required": st.lists(st.sampled_from(["a", "outcome", "date"])) | anything,
            "items": inner | anything,
            "anyOf": st.lists(inner, max_size=2) | anything,
        },
    ),
    max_leaves=6,
)
functions = st.fixed_dictionaries(
    {"name": st.sampled_from(["classify_response", "f", "end_conversation"]) | anything},
    optional={"description": phrases | anything, "parameters": schemas | anything},
)
messages = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["system", "user", "assistant", "tool", "developer"]) | anything,
        "content": phrases | anything,
    },
    optional={
        "tool_calls": st.lists(st.fixed_dictionaries({"id": anything, "function": functions}), max_size=2) | anything,
        "tool_call_id": anything,
    },
)
requests = st.fixed_dictionaries(
    {"messages": st.lists(messages | anything, max_size=5) | anything},
    optional={
        "tools": st.lists(st.fixed_dictionaries({"function": functions}) | anything, max_size=3) | anything,
        "tool_choice": st.sampled_from(["auto", "none", "required"]) | anything,
        "response_format": st.fixed_dictionaries({"type": st.just("json_schema"), "json_schema": anything}) | anything,
        "max_tokens": anything,
        "stop": anything,
        "seed": anything,
    },
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(requests)
def test_no_request_breaks_it(request: dict[str, Any]):
    reply = respond(request, today=TODAY, matcher=WORDS)

    assert "".join(words(reply.text)) == reply.text
    assert json.dumps([call.arguments for call in reply.tool_calls])
    assert reply.finish_reason in ("stop", "tool_calls", "length")


@pytest.mark.parametrize("text", ["a " * 50_000, "1" * 100_000, "book in " * 20_000, "no, " * 30_000, "\n" * 50_000])
@pytest.mark.timeout(20)
def test_a_very_long_message_is_answered(text):
    reply = answer(stage(bot("Name?"), user(text), goal=MOVE_GOAL, tools=[MOVE], outcomes=NAME))

    assert reply.text or reply.tool_calls
