from __future__ import annotations

import json

import pytest

from intentional_nb.local.incoming import (
    last_user_text,
    prompt_tokens,
    read_chat_request,
    system_text,
    tool_names,
    tool_outputs,
)
from intentional_nb.local.reply import ErrorReply, RefusedRequest
from tests.local.asking import chat

USER = {"role": "user", "content": "hello"}
BOOK = {"type": "function", "function": {"name": "book", "parameters": {"type": "object"}}}


def called(*ids):
    calls = [{"id": id, "type": "function", "function": {"name": "book", "arguments": "{}"}} for id in ids]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def returned(id, content="done"):
    return {"role": "tool", "tool_call_id": id, "content": content}


def refusal(body: object) -> ErrorReply:
    with pytest.raises(RefusedRequest) as refused:
        read_chat_request(body if isinstance(body, bytes) else json.dumps(body).encode())
    return refused.value.reply


def test_everything_that_current_clients_send_is_accepted_unchanged():
    request = chat(
        messages=[
            {"role": "developer", "content": "Be brief."},
            {
                "role": "user",
                "content": [{"type": "text", "text": "hi"}, {"type": "image_url", "image_url": {"url": "x"}}],
            },
            called("call_1", "call_2") | {"refusal": None, "annotations": [], "audio": None},
            returned("call_2", [{"type": "text", "text": "two"}]),
            returned("call_1"),
            {"role": "assistant", "content": "Booked."},
            {"role": "user", "content": "thanks", "name": "ada"},
        ],
        stream=True,
        stream_options={"include_usage": True, "include_obfuscation": False},
        n=1,
        max_tokens=100,
        max_completion_tokens=None,
        temperature=1,
        top_p=0.5,
        frequency_penalty=0,
        presence_penalty=-2,
        stop=["\n"],
        seed=7,
        logprobs=False,
        logit_bias={"50256": -100},
        user="u",
        store=False,
        metadata={"lesson": "1"},
        tools=[BOOK, {"type": "custom", "custom": {"name": "shell"}}],
        tool_choice={"type": "function", "function": {"name": "book"}},
        parallel_tool_calls=False,
        response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": {}}},
        reasoning_effort="none",
        verbosity="low",
        service_tier="auto",
        modalities=["text"],
        prompt_cache_key="k",
        safety_identifier="s",
        field_of_tomorrow={"a": [1]},
    )

    assert read_chat_request(json.dumps(request).encode()) == request


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"a": NaN}', b'"\xff"', b"[" * 100_000, b'{"model": "m"} x', b"\xef\xbb\xbf{}"],
    ids=["empty", "cut", "NaN", "not UTF-8", "too deep", "trailing", "mark"],
)
def test_what_is_not_json_is_refused(body):
    reply = refusal(body)

    assert reply.status == 400
    assert reply.message.startswith("the request's body is not valid JSON: ")
    assert reply.param is None


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ([], None, "invalid_type"),
        ({"messages": [USER]}, "model", "missing_required_parameter"),
        ({"model": "m"}, "messages", "missing_required_parameter"),
        (chat(model=3), "model", "invalid_type"),
        (chat(messages=[]), "messages", "invalid_value"),
        (chat(messages="hello"), "messages", "invalid_type"),
        (chat(messages=[{"content": "hello"}]), "messages[0].role", "missing_required_parameter"),
        (chat(messages=[{"role": "king", "content": "hello"}]), "messages[0].role", "invalid_value"),
        (chat(messages=[USER, {"role": "user", "content": None}]), "messages[1].content", "invalid_type"),
        (chat(messages=[{"role": "user", "content": [{"text": "x"}]}]), "messages[0].content[0].type", None),
        (chat(messages=[{"role": "tool", "content": "x"}]), "messages[0].tool_call_id", None),
        (chat(messages=[{"role": "assistant", "content": None}]), "messages[0].content", "invalid_value"),
        (chat(messages=[{"role": "assistant", "tool_calls": []}]), "messages[0].tool_calls", "invalid_value"),
        (chat(stream="yes"), "stream", "invalid_type"),
        (chat(n=0), "n", "invalid_value"),
        (chat(temperature=2.5), "temperature", "invalid_value"),
        (chat(max_completion_tokens="5"), "max_completion_tokens", "invalid_type"),
        (chat(metadata={"a": 1}), "metadata", "invalid_type"),
        (chat(tools=[]), "tools", "invalid_value"),
        (chat(tools=[{"type": "function"}]), "tools[0].function", "missing_required_parameter"),
        (chat(tools=[{"type": "function", "function": {"name": "a b"}}]), "tools[0].function.name", "invalid_value"),
        (chat(tools=[BOOK], tool_choice="always"), "tool_choice", "invalid_value"),
        (chat(tools=[BOOK], tool_choice={"type": "function", "function": {"name": "x"}}), "tool_choice", None),
        (chat(tools=[BOOK], tool_choice={"type": "function"}), "tool_choice", None),
        (chat(tool_choice="required"), "tool_choice", None),
        (chat(parallel_tool_calls=True), "parallel_tool_calls", None),
        (chat(stream_options={"include_usage": True}), "stream_options", None),
        (chat(modalities=["text", "audio"]), "modalities", None),
        (chat(reasoning_effort="huge"), "reasoning_effort", "invalid_value"),
        (chat(response_format={"type": "yaml"}), "response_format.type", "invalid_value"),
    ],
)
def test_a_wrong_request_is_refused_with_the_field_to_blame(body, param, code):
    reply = refusal(body)

    assert reply.status == 400
    assert reply.param == param
    assert code is None or reply.code == code
    assert param is None or param.split(".")[-1] in reply.message


@pytest.mark.parametrize(
    ("messages", "param"),
    [
        ([USER, called("a")], "messages"),
        ([USER, called("a", "b"), returned("a"), USER], "messages"),
        ([USER, called("a"), USER, returned("a")], "messages"),
        ([USER, returned("a")], "messages[1].tool_call_id"),
        ([USER, called("a"), returned("b")], "messages[2].tool_call_id"),
        ([USER, called("a"), returned("a"), returned("a")], "messages[3].tool_call_id"),
    ],
    ids=["no answer", "one missing", "too late", "no call", "another's answer", "answered twice"],
)
def test_a_history_in_which_calls_and_answers_do_not_match_is_refused(messages, param):
    assert refusal(chat(messages=messages)).param == param


def test_what_was_said_is_found_in_plain_text_and_in_parts():
    parts = [{"type": "text", "text": "one"}, {"type": "image_url"}, {"type": "text", "text": "two"}]
    request = chat(
        messages=[
            {"role": "system", "content": "Be kind."},
            {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]},
            {"role": "user", "content": "first"},
            {"role": "user", "content": parts},
            called("a", "b"),
            returned("a", "it is done"),
            returned("b", "not that"),
        ],
        tools=[BOOK, {"type": "custom", "custom": {"name": "shell"}}],
    )

    assert last_user_text(request) == "one\ntwo"
    assert system_text(request) == "Be kind.\nBe brief."
    assert tool_names(request) == ("book",)
    assert tool_outputs(request) == ("it is done", "not that")
    assert prompt_tokens(request) == 2 + 2 + 1 + 2 + 3 + 2


def test_what_is_not_there_is_not_found():
    request = {"messages": [{"role": "assistant", "content": "Welcome!"}], "tools": None}

    assert last_user_text(request) is None
    assert system_text(request) == ""
    assert tool_names(request) == ()
    assert tool_outputs(request) == ()
