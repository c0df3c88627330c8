"""How the server asks the language, with a language that says what the test tells it; its own are tested elsewhere."""

from __future__ import annotations

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType, SimpleNamespace

import pytest
from openai.types.chat import ChatCompletionChunk

from intentional_nb.local.server import LocalServer
from tests.local.asking import ask, chat, eventually, open_chat
from tests.official import is_official


def saying(text, *calls, finish_reason="stop"):
    made = tuple(SimpleNamespace(name=name, arguments=arguments) for name, arguments in calls)
    return SimpleNamespace(text=text, tool_calls=made, finish_reason=finish_reason)


def test_the_real_language_speaks_in_official_frames_to_many_at_once():
    tools = [{"type": "function", "function": {"name": "book_table", "description": "Book a table for dinner."}}]
    asked = chat("Good morning!", tools=tools, stream=True, stream_options={"include_usage": True})
    with LocalServer(pace_ms=0) as server, ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: ask(server, asked), range(32)))

    streams = [[json.loads(payload) for payload in answer.payloads[:-1]] for answer in answers]
    assert all(is_official(frame, ChatCompletionChunk) for stream in streams for frame in stream)
    assert len({json.dumps([frame["choices"] for frame in stream]) for stream in streams}) == 1
    assert all(stream[-1]["usage"]["completion_tokens"] > 0 for stream in streams)


@pytest.fixture
def language(monkeypatch) -> ModuleType:
    told = ModuleType("intentional_nb.local.language")
    told.respond = lambda request: saying("One two three four.")
    told.load = lambda: None
    told.notice = lambda: "only words are understood"
    monkeypatch.setitem(sys.modules, told.__name__, told)
    monkeypatch.setattr("intentional_nb.local.language", told, raising=False)
    return told


def said(answer):
    choice = answer.frame["choices"][0]
    return choice["message"]["content"], choice["finish_reason"]


def test_the_language_answers_under_the_name_that_is_listed(language):
    with LocalServer(pace_ms=0) as server:
        assert said(ask(server, chat())) == ("One two three four.", "stop")
        assert server.notice == "only words are understood"


def test_another_name_is_unknown(language):
    with LocalServer() as server:
        refused = ask(server, chat(model="gpt-x"))

    assert refused.status == 404
    assert (refused.error["code"], refused.error["param"]) == ("model_not_found", "model")


@pytest.mark.parametrize("stream", [False, True])
def test_tool_calls_of_the_language_are_told(language, stream):
    language.respond = lambda request: saying("", ("book", {"day": "mañana"}), finish_reason="tool_calls")
    with LocalServer(pace_ms=0) as server:
        answer = ask(server, chat(stream=stream))

    assert b"book" in answer.body
    assert "mañana" in answer.body.decode()
    assert b'"tool_calls"' in answer.body


def test_a_stream_comes_in_words_each_after_a_pause(language):
    with LocalServer(pace_ms=40) as server:
        _, response = open_chat(server, stream=True)
        pieces = []
        while piece := response.read1():
            pieces.append(piece)

    assert len(pieces) >= 3
    assert b'" three"' in b"".join(pieces)


def test_others_are_answered_while_the_language_thinks(language):
    thinking, may_go_on = threading.Event(), threading.Event()

    def respond(request):
        thinking.set()
        may_go_on.wait()
        return saying("At last.")

    language.respond = respond
    with LocalServer(pace_ms=0) as server:
        slow = threading.Thread(target=ask, args=(server, chat()))
        slow.start()
        thinking.wait()

        listed = ask(server, method="GET", path="/v1/models")

        assert server.active_replies == 1
        may_go_on.set()
        slow.join()
    assert listed.status == 200


def test_closing_does_not_wait_for_the_language(language):
    may_go_on = threading.Event()
    thinking = threading.Event()

    def respond(request):
        thinking.set()
        may_go_on.wait()

    language.respond = respond
    before = set(threading.enumerate())
    server = LocalServer().start()
    with ThreadPoolExecutor() as pool:
        lost = pool.submit(ask, server, chat())
        thinking.wait()

        server.close()

        assert isinstance(lost.exception(), ConnectionError)
    may_go_on.set()
    left = "intentional-local"
    assert eventually(lambda: not [t for t in set(threading.enumerate()) - before if t.name.startswith(left)])


def test_an_error_of_the_language_is_told(language):
    def respond(request):
        raise RuntimeError("lost for words")

    language.respond = respond
    with LocalServer() as server:
        answer = ask(server, chat())

    assert answer.status == 500
    assert answer.error["message"] == "the local model could not answer: RuntimeError: lost for words"
