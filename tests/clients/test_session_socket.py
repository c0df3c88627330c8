"""How a session's socket is opened, and how it says why it is not, or not any more."""

import asyncio
import contextlib
import json
import socket

import pytest
from websockets.asyncio.server import serve

from intentional_nb.clients import session_socket
from intentional_nb.clients.session_socket import SessionSocket
from intentional_nb.clients.voice_settings import VoiceSettings
from intentional_nb.errors import ConnectError, RateLimitError, RefusedError, SessionClosedError
from tests.clients.conftest import KEY


def settings(port, **config):
    return VoiceSettings.read(
        {"name": "gpt-realtime", "base_url": f"http://127.0.0.1:{port}/v1", **config}, api_key=KEY
    )


@contextlib.asynccontextmanager
async def answering(status="401 Unauthorized", body="", headers=()):
    """A server that answers every request alike, and what it was asked."""
    asked = []

    async def answer(reader, writer):
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        lines = [f"HTTP/1.1 {status}", f"content-length: {len(body.encode())}", *headers, "connection: close"]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body.encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1], asked


@contextlib.asynccontextmanager
async def talking(handle, **options):
    """A WebSocket server, and what clients asked it with."""
    asked, tasks = [], []

    async def handler(connection):
        asked.append(connection.request)
        tasks.append(asyncio.current_task())
        await handle(connection)

    async with serve(handler, "127.0.0.1", 0, **options) as server:
        yield next(iter(server.sockets)).getsockname()[1], asked
        for task in tasks:
            task.cancel()


async def why_it_closed(client) -> SessionClosedError:
    with pytest.raises(client.gone) as gone:
        await client.receive()
    return client.why(gone.value)


async def test_the_request_carries_key_and_model_and_nothing_of_the_beta():
    async with talking(lambda connection: connection.wait_closed()) as (port, asked):
        client = await SessionSocket.open(settings(port, name="gpt-realtime 2/x"))
        await client.close()

    [request] = asked
    assert request.path == "/v1/realtime?model=gpt-realtime%202/x"
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert "OpenAI-Beta" not in request.headers
    assert "Sec-WebSocket-Extensions" not in request.headers, "nothing is compressed"


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (
            "401 Unauthorized",
            json.dumps({"error": {"message": "Incorrect API key"}}),
            RefusedError,
            "Incorrect API key",
        ),
        ("403 Forbidden", "not from here", RefusedError, "not from here"),
        ("404 Not Found", "", RefusedError, "404"),
        ("429 Too Many Requests", json.dumps({"error": {"message": "slow down"}}), RateLimitError, "slow down"),
        ("500 Internal Server Error", "[1", RefusedError, "500"),
    ],
)
async def test_a_server_that_says_no_is_quoted(status, body, kind, words):
    async with answering(status, body, ["x-request-id: req_7"]) as (port, _):
        with pytest.raises(kind, match=words) as refused:
            await SessionSocket.open(settings(port))

    assert type(refused.value) is kind
    assert refused.value.status == int(status[:3])
    assert refused.value.request_id == "req_7"


async def test_a_server_that_repeats_the_key_does_not_make_it_known():
    async with answering(body=json.dumps({"error": {"message": f"wrong key {KEY}", "param": KEY}})) as (port, _):
        with pytest.raises(RefusedError, match=r"wrong key \[key\]") as refused:
            await SessionSocket.open(settings(port))

    everything = f"{refused.value!r} {vars(refused.value)} {refused.value.__cause__!r} {refused.value.__context__!r}"
    assert KEY not in everything


async def test_the_key_is_not_carried_to_another_address():
    async with answering() as (elsewhere, asked):
        to = [f"location: http://127.0.0.1:{elsewhere}/v1/realtime"]
        async with answering("307 Temporary Redirect", headers=to) as (port, _):
            with pytest.raises(RefusedError, match="307"):
                await SessionSocket.open(settings(port))

    assert asked == []


async def test_nobody_at_the_address_is_explained():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(ConnectError, match="is the address right") as unreachable:
            await SessionSocket.open(settings(port))

    assert unreachable.value.url == f"http://127.0.0.1:{port}/v1"


async def test_whoever_answers_something_else_is_no_server():
    async def babble(reader, writer):
        writer.write(b"220 smtp ready\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(babble, "127.0.0.1", 0) as server:
        with pytest.raises(ConnectError, match="no model answers"):
            await SessionSocket.open(settings(server.sockets[0].getsockname()[1]))


async def test_a_server_that_never_answers_is_given_up():
    async with await asyncio.start_server(lambda *_: asyncio.sleep(1), "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConnectError, match="does not answer in time"):
            await SessionSocket.open(settings(port, timeout=0.1))


@pytest.mark.parametrize(
    ("code", "reason", "told"),
    [
        (1001, "Your session hit the maximum duration of 60 minutes.", "maximum duration of 60 minutes"),
        (1000, "", "the server closed it"),
        (1011, "", "the server failed"),
        (4000, "invalid_request_error.beta_api_shape_disabled", "beta_api_shape_disabled"),
        (4999, "", "no reason given"),
    ],
)
async def test_a_close_is_told_with_code_and_reason(code, reason, told):
    async with talking(lambda connection: connection.close(code, reason)) as (port, _):
        client = await SessionSocket.open(settings(port))
        closed = await why_it_closed(client)

    assert (closed.close_code, told in closed.reason) == (code, True)
    assert str(code) in str(closed)


async def test_a_connection_that_breaks_is_told_as_such():
    async def vanish(connection):
        connection.transport.abort()

    async with talking(vanish) as (port, _):
        client = await SessionSocket.open(settings(port))
        closed = await why_it_closed(client)

    assert (closed.close_code, closed.reason) == (1006, "the connection broke")


async def test_a_ping_without_an_answer_ends_the_session(monkeypatch):
    monkeypatch.setattr(session_socket, "PING_INTERVAL_S", 0.02)
    monkeypatch.setattr(session_socket, "PING_TIMEOUT_S", 0.05)

    async def freeze(connection):
        connection.transport.pause_reading()
        await asyncio.Event().wait()

    async with talking(freeze, close_timeout=0.1) as (port, _):
        client = await SessionSocket.open(settings(port))
        closed = await why_it_closed(client)

    assert (closed.close_code, "did not answer a ping" in closed.reason) == (1011, True)


async def test_closing_does_not_wait_for_a_server_that_talks_on_or_does_not_listen(monkeypatch):
    monkeypatch.setattr(session_socket, "CLOSE_TIMEOUT_S", 0.05)

    async def talk(connection):
        for _ in range(500):
            await connection.send("x" * 5000)
        connection.transport.pause_reading()
        await asyncio.Event().wait()

    async with talking(talk, close_timeout=0.1) as (port, _):
        client = await SessionSocket.open(settings(port))
        await client.receive()

        await asyncio.wait_for(client.close(), 5)
        await client.close()

        with pytest.raises(client.gone):
            await client.send(b"hello")


async def test_a_frame_of_64_mebibytes_comes_through():
    async def send(connection):
        await connection.send("x" * (64 * 1024 * 1024))

    async with talking(send) as (port, _):
        client = await SessionSocket.open(settings(port))
        frame = await client.receive()
        await client.close()

    assert len(frame) == 64 * 1024 * 1024
