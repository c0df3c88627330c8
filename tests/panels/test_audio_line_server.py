from __future__ import annotations

import asyncio
import contextlib

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from intentional_nb.panels import audio_line_server
from intentional_nb.panels.audio_line_server import LineServer, is_from_own_page
from tests.panels.line_page import microphone

PORT = 4567


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:8888", f"127.0.0.1:{PORT}"),
        ("http://127.0.0.1:8888", f"127.0.0.1:{PORT}"),
        ("http://[::1]:8888", f"127.0.0.1:{PORT}"),
        ("https://localhost", f"localhost:{PORT}"),
        ("http://localhost:8888", "localhost:8888"),
        ("https://hub.example.org", "hub.example.org"),
        ("https://hub.example.org", "hub.example.org:443"),
    ],
)
def test_the_notebooks_own_page_may_come_in(origin, host):
    assert is_from_own_page(origin, host, PORT)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://evil.example.org", f"127.0.0.1:{PORT}"),
        ("https://evil.example.org", "hub.example.org"),
        (f"http://evil.example.org:{PORT}", f"evil.example.org:{PORT}"),  # a name that points to this machine
        ("http://localhost.evil.example.org", f"127.0.0.1:{PORT}"),
        ("http://127.0.0.1.evil.example.org", f"127.0.0.1:{PORT}"),
        ("http://localhost@evil.example.org", f"127.0.0.1:{PORT}"),
        ("http://localhost:8888", f"evil.example.org:{PORT}"),
        ("http://localhost:8888", "hub.example.org"),
        ("file://localhost", f"127.0.0.1:{PORT}"),
        ("null", f"127.0.0.1:{PORT}"),
        ("", f"127.0.0.1:{PORT}"),
        (None, f"127.0.0.1:{PORT}"),
        ("http://localhost", None),
        ("http://localhost", ""),
        ("http://localhost:x", "127.0.0.1:x"),
    ],
)
def test_any_other_page_may_not(origin, host):
    assert not is_from_own_page(origin, host, PORT)


@pytest.fixture
async def server():
    """A server that keeps the frames it gets."""
    frames = []
    made = LineServer("secret", lambda channel, frame: frames.append((channel, frame)))
    made.frames = frames
    await made.start()
    yield made
    await made.close()


def address(server, key="secret"):
    return f"ws://127.0.0.1:{server.port}/?key={key}"


async def refusal(url, **settings):
    with pytest.raises(InvalidStatus) as caught:
        async with connect(url, **settings):
            pass
    return caught.value.response.status_code


async def test_only_the_loopback_interface_listens(server):
    assert server._socket.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize("key", ["", "secre", "secret2", "Secret", "%00", "s%C3%A9cret", "%ff%fe"])
async def test_a_wrong_token_is_refused(server, key):
    assert await refusal(address(server, key), origin="http://localhost:8888") == 403


async def test_a_request_without_a_token_is_refused(server):
    assert await refusal(f"ws://127.0.0.1:{server.port}/", origin="http://localhost:8888") == 403


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"origin": "https://evil.example.org"},
        {"origin": "http://localhost", "additional_headers": {"Origin": "https://evil.example.org"}},
    ],
)
async def test_a_request_that_is_no_page_of_ours_is_refused_whatever_it_knows(server, settings):
    assert await refusal(address(server), **settings) == 403


async def test_a_page_behind_the_proxy_comes_in_by_the_name_it_was_asked_by(server):
    # As jupyter-server-proxy does: it passes on the headers that it got.
    async with connect(
        "ws://hub.example.org/?key=secret", host="127.0.0.1", port=server.port, origin="https://hub.example.org"
    ) as socket:
        await socket.send("{}")
        await socket.close()

    channel, frame = server.frames[0]
    assert (channel.way, frame) == ("proxy", "{}")


async def test_a_direct_page_is_known_as_one_and_its_end_is_noticed(server):
    async with connect(address(server), origin="http://127.0.0.1:8888") as socket:
        await socket.send(microphone(0))
        await socket.close()

    async with asyncio.timeout(5):
        while server.frames[0][0].is_open:
            await asyncio.sleep(0.005)
    assert server.frames[0][0].way == "direct"


@pytest.mark.parametrize("size", [audio_line_server.LARGEST_BYTES + 1, 64 * 1024 * 1024])
async def test_a_huge_frame_ends_the_connection_and_nothing_else(server, size):
    # Not as a context: at its end it would close a connection that the other side has torn down.
    socket = await connect(address(server), origin="http://localhost", compression=None)
    with contextlib.suppress(ConnectionClosed):
        await socket.send(bytes(size))
    with pytest.raises(ConnectionClosed):
        await socket.recv()

    async with connect(address(server), origin="http://localhost") as socket:
        await socket.send("{}")
        await socket.close()
    assert [frame for _, frame in server.frames] == ["{}"]


async def test_who_does_not_say_who_it_is_is_put_out(server, monkeypatch):
    monkeypatch.setattr(audio_line_server, "HELLO_S", 0.05)

    async with connect(address(server), origin="http://localhost") as socket:
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(socket.recv(), 5)


async def test_so_many_pages_and_no_more(server, monkeypatch):
    monkeypatch.setattr(audio_line_server, "PAGES", 1)

    async with connect(address(server), origin="http://localhost") as socket:
        await socket.send("{}")
        await socket.ping()
        assert await refusal(address(server), origin="http://localhost") == 503
    async with asyncio.timeout(5):
        while server._count:
            await asyncio.sleep(0.005)
    async with connect(address(server), origin="http://localhost"):
        pass


async def test_a_server_that_was_never_started_gives_its_port_back():
    made = LineServer("secret", lambda channel, frame: None)

    await made.close()

    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", made.port)
