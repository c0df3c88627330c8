"""How the server asks the language, with a language that says what the test tells it; its own are tested elsewhere."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType, SimpleNamespace

import pytest

from intentional_nb.local.replies import in_words
from intentional_nb.local.server import LocalServer
from tests.local.asking import ask, chat, eventually, open_chat


def saying(text, *calls, finish_reason="stop"):
    made = tuple(SimpleNamespace(name=name, arguments=arguments) for name, arguments in calls)
    return SimpleNamespace(text=text, tool_calls=made, finish_reason=finish_reason)


@pytest.fixture
def language(monkeypatch) -> ModuleType:
    told = ModuleType("intentional_nb.local.language")
    told.respond = lambda request: saying("One two three four.")
    told.words = in_words
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


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"max_tokens": 2}, ("One two", "length")),
        ({"max_completion_tokens": 3, "max_tokens": 1}, ("One two three", "length")),
        ({"max_tokens": 4}, ("One two three four.", "stop")),
        ({"stop": "three"}, ("One two ", "stop")),
        ({"stop": ["four", "two", ""]}, ("One ", "stop")),
        ({"stop": None}, ("One two three four.", "stop")),
    ],
)
def test_the_limits_of_a_request_are_kept(language, limits, expected):
    with LocalServer() as server:
        assert said(ask(server, chat(**limits))) == expected


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
    server = LocalServer().start()
    with ThreadPoolExecutor() as pool:
        lost = pool.submit(ask, server, chat())
        thinking.wait()

        server.close()

        assert isinstance(lost.exception(), ConnectionError)
    may_go_on.set()
    assert eventually(lambda: not [t for t in threading.enumerate() if t.name.startswith("intentional-local")])


def test_an_error_of_the_language_is_told(language):
    def respond(request):
        raise RuntimeError("lost for words")

    language.respond = respond
    with LocalServer() as server:
        answer = ask(server, chat())

    assert answer.status == 500
    assert answer.error["message"] == "the local model could not answer: RuntimeError: lost for words"
