from __future__ import annotations

import json

import pytest

from intentional_nb.local.incoming import read_chat_request
from intentional_nb.local.realtime.chatting import WAITING, chat_request, words_to_say
from intentional_nb.wire.realtime.server_items import Part, ServerItem
from intentional_nb.wire.realtime.server_settings import ResponseSettings, SessionSettings

BOOK = {"type": "function", "name": "book", "description": "Book a table.", "parameters": {"type": "object"}}


def settings(**asked) -> ResponseSettings:
    session = SessionSettings("local-realtime", session_id="s", expires_at=1)
    return ResponseSettings.of(session, {"instructions": "Be kind.", **asked})


def user(text):
    return ServerItem("u", "message", role="user", parts=[Part("input_text", text=text)])


def bot(text, status="completed"):
    return ServerItem("b", "message", status, role="assistant", parts=[Part("output_audio", text=text)])


def call(number):
    return ServerItem("c", "function_call", name="book", arguments="{}", call_id=f"call_{number}")


def output(number, text="done"):
    return ServerItem("o", "function_call_output", call_id=f"call_{number}", output=text)


def messages(*items):
    request = chat_request("local-realtime", settings(), items)
    read_chat_request(json.dumps(request).encode())
    return [_short(message) for message in request["messages"][1:]]


def _short(message):
    calls = [made["id"] for made in message.get("tool_calls", ())]
    return (
        message["role"],
        message["content"],
        *calls,
        *([message["tool_call_id"]] if "tool_call_id" in message else []),
    )


def test_a_request_holds_the_instructions_the_talk_and_the_tools():
    asked = settings(tools=[BOOK], tool_choice={"type": "function", "name": "book"}, max_output_tokens=9)

    request = chat_request("local-realtime", asked, [user("Hello"), bot("Hi!"), user("Book.")])

    assert request == {
        "model": "local-realtime",
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": "Hi!"},
            {"role": "user", "content": "Book."},
        ],
        "tools": [
            {
                "type": "function",
                "function": {"name": "book", "description": "Book a table.", "parameters": {"type": "object"}},
            }
        ],
        "tool_choice": {"type": "function", "function": {"name": "book"}},
        "max_completion_tokens": 9,
    }


def test_without_tools_nothing_is_said_of_them():
    assert set(chat_request("m", settings(), [user("Hello")])) == {"model", "messages"}


@pytest.mark.parametrize(
    ("items", "wanted"),
    [
        (
            [user("Book."), bot("One moment."), call(1), call(2), output(2, "two"), output(1, "one")],
            [
                ("user", "Book."),
                ("assistant", "One moment.", "call_2", "call_1"),
                ("tool", "two", "call_2"),
                ("tool", "one", "call_1"),
            ],
        ),
        (
            [user("Book."), call(1), user("Wait!"), output(1)],
            [("user", "Book."), ("user", "Wait!"), ("assistant", None, "call_1"), ("tool", "done", "call_1")],
        ),
        (
            [user("Book."), call(1), user("Hello?")],
            [("user", "Book."), ("assistant", None, "call_1"), ("tool", WAITING, "call_1"), ("user", "Hello?")],
        ),
        ([user("Book."), call(1)], [("user", "Book.")]),
        ([bot(""), user("")], [("user", "")]),
    ],
    ids=["parallel", "spoken in between", "unanswered", "unanswered at the end", "nothing heard"],
)
def test_calls_stand_beside_their_outputs(items, wanted):
    assert messages(*items) == wanted


def test_what_was_not_heard_of_the_model_is_not_there():
    item = bot("")
    for word in ("One ", "two ", "three."):
        item.parts[0].speak(bytes(4800), word)

    item.parts[0].cut(150)

    assert messages(item, user("Go on.")) == [("assistant", "One two "), ("user", "Go on.")]


@pytest.mark.parametrize(
    ("instructions", "words"),
    [
        ("Say this, word for word, and nothing else:\n\nHi there!\nAnd so on.", "Hi there!\nAnd so on."),
        ("Say this, word for word, and nothing else:\n\n", None),
        ("Be kind. Say this, word for word, and nothing else:\n\nHi", None),
        ("Be kind.", None),
    ],
)
def test_words_to_say_exactly_are_found(instructions, words):
    assert words_to_say(instructions) == words
