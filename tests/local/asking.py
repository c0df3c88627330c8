"""A client without any library between the test and the wire."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from intentional_nb.local.server import LocalServer
from intentional_nb.wire.sse import SseDecoder

CHAT = "/v1/chat/completions"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def frame(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        return self.frame["error"]

    @property
    def payloads(self) -> list[bytes]:
        decoder = SseDecoder()
        return decoder.feed(self.body) + decoder.flush()


def chat(said: str = "hello", **fields: Any) -> dict[str, Any]:
    return {"model": "local-chat", "messages": [{"role": "user", "content": said}], **fields}


def open_chat(server: LocalServer, said: str = "hello", **fields: Any) -> tuple[HTTPConnection, HTTPResponse]:
    """Send a chat request and return as soon as the headers of the answer are there."""
    connection = _send(server, "POST", CHAT, chat(said, **fields), {})
    return connection, connection.getresponse()


def ask(
    server: LocalServer,
    body: Any = None,
    *,
    method: str = "POST",
    path: str = CHAT,
    headers: dict[str, str | None] | None = None,
) -> Answer:
    connection = _send(server, method, path, body, headers or {})
    try:
        response = connection.getresponse()
        told = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, told, response.read())
    finally:
        connection.close()


def _send(server: LocalServer, method: str, path: str, body: Any, headers: dict[str, str | None]) -> HTTPConnection:
    connection = HTTPConnection(urlsplit(server.base_url).netloc, timeout=30)
    usual = {"authorization": f"Bearer {server.api_key}", "content-type": "application/json"}
    sent = {name: value for name, value in (usual | headers).items() if value is not None}
    encoded = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    connection.request(method, path, encoded, sent)
    return connection


def read_until_broken(response: HTTPResponse) -> bytes:
    """Return what came before the connection broke; an answer that ends well is a failure."""
    got = b""
    try:
        while piece := response.read1():
            got += piece
    except (IncompleteRead, ConnectionError):
        return got
    raise AssertionError(f"the answer ended well: {got!r}")


def address(server: LocalServer) -> tuple[str, int]:
    host, port = urlsplit(server.base_url).netloc.split(":")
    return host, int(port)


def eventually(holds: Callable[[], bool]) -> bool:
    """Wait until something holds; False when it does not for very long."""
    deadline = time.monotonic() + 20
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True
