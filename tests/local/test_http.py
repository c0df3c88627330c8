from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from http.client import IncompleteRead

import pytest
from openai.types import Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.shared import ErrorObject

from intentional_nb.local.http import BODY_LIMIT_BYTES
from intentional_nb.local.script import (
    Script,
    calls,
    dropped,
    error_in_stream,
    failed,
    malformed,
    rate_limited,
    stalled,
    text,
)
from intentional_nb.local.server import LocalServer
from tests.local.asking import address, ask, chat, eventually, open_chat, read_until_broken
from tests.official import is_official

MODELS = "/v1/models"


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    """A server whose script answers any number of requests, none of them too late."""
    with LocalServer(Script([text("Good morning, Ada.")] * 200, strict=False)) as server:
        yield server


def serving(*replies) -> LocalServer:
    return LocalServer(Script(*replies))


def test_a_whole_reply_is_an_official_completion(server):
    answer = ask(server, chat(model="gpt-x"))

    assert answer.status == 200
    assert answer.headers["content-type"].startswith("application/json")
    assert is_official(answer.frame, ChatCompletion)
    assert answer.frame["id"].startswith("chatcmpl-")
    assert answer.frame["model"] == "gpt-x"
    assert answer.frame["choices"][0]["message"]["content"] == "Good morning, Ada."
    assert answer.frame["usage"] == answer.frame["usage"] | {"prompt_tokens": 1, "completion_tokens": 3}


def test_a_stream_is_official_chunks_that_share_one_id(server):
    answer = ask(server, chat(stream=True, stream_options={"include_usage": True}, n=2))
    *payloads, done = answer.payloads
    frames = [json.loads(payload) for payload in payloads]

    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert done == b"[DONE]"
    assert all(is_official(frame, ChatCompletionChunk) for frame in frames)
    assert len({frame["id"] for frame in frames}) == 1
    assert frames[-1]["usage"]["completion_tokens"] == 6


def test_the_models_are_listed_and_described(server):
    listed = ask(server, method="GET", path=MODELS)
    names = ["local-chat", "local-realtime"]
    described = [ask(server, method="GET", path=f"{MODELS}/{name}").frame for name in names]

    assert listed.frame["object"] == "list"
    assert listed.frame["data"] == described
    assert all(is_official(frame, Model) for frame in described)
    assert [frame["id"] for frame in described] == names


def test_every_answer_has_an_id_of_its_own(server):
    answers = [ask(server, chat()), ask(server, chat(stream=True)), ask(server, b"{"), ask(server, path="/x")]

    ids = {answer.headers["x-request-id"] for answer in answers}
    assert len(ids) == 4
    assert all(id.startswith("req_") for id in ids)


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"headers": {"authorization": None}}, 401, "invalid_api_key"),
        ({"headers": {"authorization": "Bearer wrong"}}, 401, "invalid_api_key"),
        ({"headers": {"authorization": "Bearer"}}, 401, "invalid_api_key"),
        ({"headers": {"authorization": "Basic YTpi"}}, 401, "invalid_api_key"),
        ({"headers": {"authorization": "Bearer \xff"}}, 401, "invalid_api_key"),
        ({"headers": {"authorization": None}, "path": "/nowhere"}, 401, "invalid_api_key"),
        ({"headers": {"host": "evil.example"}}, 403, "forbidden_host"),
        ({"headers": {"host": "127.0.0.1.evil.example:80"}}, 403, "forbidden_host"),
        ({"headers": {"host": "\xff"}}, 403, "forbidden_host"),
        ({"headers": {"origin": "http://evil.example"}}, 403, "forbidden_origin"),
        ({"headers": {"origin": "http://localhost:1"}}, 403, "forbidden_origin"),
        ({"headers": {"origin": "null"}}, 403, "forbidden_origin"),
        ({"headers": {"origin": "http://evil.example"}, "method": "OPTIONS"}, 403, "forbidden_origin"),
        ({"path": "/v1/nothing"}, 404, None),
        ({"path": "/chat/completions"}, 404, None),
        ({"path": f"{MODELS}/gpt-x", "method": "GET"}, 404, "model_not_found"),
        ({"method": "GET"}, 405, "method_not_supported"),
        ({"path": MODELS}, 405, "method_not_supported"),
        ({"headers": {"content-type": "text/plain"}}, 415, "unsupported_media_type"),
        ({"headers": {"content-type": None}}, 415, "unsupported_media_type"),
        ({"body": b"{"}, 400, None),
        ({"body": {}}, 400, "missing_required_parameter"),
        ({"headers": {"content-encoding": "gzip"}}, 400, None),
    ],
)
def test_a_request_that_is_not_in_order_is_refused_in_the_official_shape(server, asked, status, code):
    answer = ask(server, asked.pop("body", chat()), **asked)

    assert answer.status == status
    assert list(answer.frame) == ["error"]
    assert is_official(answer.error, ErrorObject)
    assert answer.error["code"] == code
    assert server.api_key not in answer.error["message"]


@pytest.mark.parametrize("host", ["localhost:80", "localhost", "127.0.0.1", "[::1]:9"])
def test_any_name_of_this_machine_will_do_also_behind_another_port(server, host):
    assert ask(server, chat(), headers={"host": host}).status == 200


def test_a_page_that_this_server_served_itself_may_ask(server):
    host = server.base_url.removesuffix("/v1")

    assert ask(server, chat(), headers={"origin": host}).status == 200


def test_the_refusal_of_a_method_names_those_allowed(server):
    assert ask(server, method="DELETE").headers["allow"] == "POST"


def test_a_wrong_field_is_named(server):
    assert ask(server, chat(n="two")).error["param"] == "n"


def test_a_body_that_announces_too_much_is_refused_before_it_is_read(server):
    request = (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {server.api_key}\r\n"
        f"content-type: application/json\r\ncontent-length: {BODY_LIMIT_BYTES + 1}\r\n\r\n"
    )
    with socket.create_connection(address(server)) as peer:
        peer.sendall(request.encode())

        assert peer.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_grows_too_long_is_refused(server):
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {server.api_key}\r\n"
        f"content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    piece = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    with socket.create_connection(address(server)) as peer:
        peer.sendall(head.encode())
        for _ in range(33):
            peer.sendall(piece)
        answer = peer.recv(2000)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"request_too_large"' in answer


@pytest.mark.parametrize("stream", [False, True])
def test_an_error_reply_is_sent_with_its_status_and_headers(stream):
    with serving(rate_limited(retry_after_s=0.1), failed(418, "tea only", code="teapot")) as server:
        limited, teapot = ask(server, chat(stream=stream)), ask(server, chat(stream=stream))

    assert (limited.status, limited.headers["retry-after"]) == (429, "0.1")
    assert (teapot.status, teapot.error["code"], teapot.error["message"]) == (418, "teapot", "tea only")


def test_a_plain_completion_can_answer_a_request_for_a_stream():
    with serving(text("Hi", quirks="plain_json")) as server:
        assert is_official(ask(server, chat(stream=True)).frame, ChatCompletion)


@pytest.mark.parametrize("stream", [False, True])
def test_a_connection_can_break_before_the_headers(stream):
    with serving(dropped()) as server, pytest.raises(ConnectionError):
        ask(server, chat(stream=stream))


def test_a_connection_can_break_in_the_middle_of_a_stream():
    with serving(dropped(after="Hello, Ada.")) as server:
        _, response = open_chat(server, stream=True)
        got = read_until_broken(response)

    assert b'"Hello,"' in got
    assert b'" Ada."' in got
    assert not got.endswith(b"\n\n")


def test_a_connection_can_break_in_the_middle_of_a_completion():
    with serving(dropped(after="Hello, Ada.")) as server:
        _, response = open_chat(server)
        with pytest.raises(IncompleteRead):
            response.read()


@pytest.mark.parametrize("stream", [False, True])
def test_a_stalled_reply_stays_open_until_the_client_goes(stream):
    with serving(stalled(after="Hello, Ada.")) as server:
        connection, response = open_chat(server, stream=stream)
        begun = response.read1()
        was_active = server.active_replies
        connection.close()
        response.close()

        assert begun
        assert was_active == 1
        assert eventually(lambda: server.active_replies == 0)


def test_a_reply_can_stall_before_its_headers():
    body = json.dumps(chat()).encode()
    with serving(stalled()) as server, socket.create_connection(address(server), timeout=0.2) as peer:
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(body)}\r\n"
            f"authorization: Bearer {server.api_key}\r\ncontent-type: application/json\r\n\r\n"
        )
        peer.sendall(head.encode() + body)

        with pytest.raises(TimeoutError):
            peer.recv(1)
        assert server.active_replies == 1


def test_a_malformed_completion_is_not_json():
    with serving(malformed("Hi")) as server:
        answer = ask(server, chat())

    assert answer.status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.body)


def test_an_error_inside_a_stream_leaves_the_status_at_200_and_is_a_refusal_without_a_stream():
    with serving(error_in_stream(after="Hi"), error_in_stream(after="Hi")) as server:
        streamed, whole = ask(server, chat(stream=True)), ask(server, chat())

    assert streamed.status == 200
    assert json.loads(streamed.payloads[-1])["error"]["type"] == "server_error"
    assert whole.status == 500


def test_a_client_that_goes_stops_a_paced_reply():
    with serving(text(["word "] * 100_000, pace_ms=1)) as server:
        connection, response = open_chat(server, stream=True)
        response.read1()
        connection.close()
        response.close()

        assert eventually(lambda: server.active_replies == 0)


def test_a_client_that_goes_stops_a_reply_that_comes_at_once():
    with serving(text(["word "] * 500_000)) as server:
        connection, response = open_chat(server, stream=True)
        response.read1()
        connection.close()
        response.close()

        assert eventually(lambda: server.active_replies == 0)


def test_others_are_answered_while_replies_stall_or_take_long():
    long = text(["word "] * 100_000, pace_ms=1)
    with serving([stalled(after="a")] * 20, long, text("Here you are.")) as server:
        waiting = [open_chat(server, stream=True) for _ in range(21)]

        answer = ask(server, chat())

        assert answer.frame["choices"][0]["message"]["content"] == "Here you are."
        assert server.active_replies == 21
        assert len(waiting) == 21


def test_a_paced_stream_arrives_piece_by_piece():
    with serving(text("one two three four", pace_ms=200)) as server:
        _, response = open_chat(server, stream=True)
        pieces = []
        while piece := response.read1():
            pieces.append(piece)

    # A slow reader may find two pieces together, but never all of them.
    assert len(pieces) >= 3


def test_noise_on_the_port_is_answered_and_disturbs_nobody(server, capfd, caplog):
    with socket.create_connection(address(server)) as peer:
        peer.sendall(b"GET /v1/models HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n")

        assert peer.recv(100).startswith(b"HTTP/1.0 400 ")
    assert ask(server, chat()).status == 200
    assert capfd.readouterr().err == ""
    assert caplog.text == ""


def test_a_mistake_inside_the_model_is_told_and_the_next_request_works():
    class Forgetful(Script):
        def answer(self, request):
            if request["seed"] == 1:
                raise KeyError("nothing")
            return super().answer(request)

    with LocalServer(Forgetful(text("Hi"))) as server:
        broken, well = ask(server, chat(seed=1)), ask(server, chat(seed=2))

    assert (broken.status, well.status) == (500, 200)
    assert broken.error["message"] == "the local model could not answer: KeyError: 'nothing'"


def test_tool_calls_are_told_in_both_ways():
    reply = calls(("book", {"day": "Tuesday"}))
    tools = [{"type": "function", "function": {"name": "book"}}]
    with serving(reply, reply) as server:
        whole, streamed = ask(server, chat(tools=tools)), ask(server, chat(tools=tools, stream=True))

    choice = whole.frame["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None
    assert choice["message"]["tool_calls"][0]["function"]["arguments"] == '{"day": "Tuesday"}'
    assert b'"name":"book"' in streamed.body
