"""A model server that costs next to nothing: canned replies over a bare socket, so that the client is what is measured.

A request whose messages hold ``ROUTE`` is answered with a routing call until the prompt has changed; one that holds
``BURST n`` with n pieces of text; every other one with five pieces.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator

__all__ = ["serving"]

_CALL = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "classify_response", "arguments": ""}}
_ARGUMENTS = {"index": 0, "function": {"arguments": '{"outcome": "chosen"}'}}


def _frame(delta: dict, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return b"data: " + json.dumps({**head, "choices": [choice]}).encode() + b"\n\n"


def _text(pieces: int) -> bytes:
    frames = [_frame({"role": "assistant", "content": ""}), *[_frame({"content": " word"})] * pieces]
    return b"".join(frames) + _frame({}, "stop") + b"data: [DONE]\n\n"


_ROUTE = _frame({"tool_calls": [_CALL]}) + _frame({"tool_calls": [_ARGUMENTS]}) + _frame({}, "tool_calls")


class _Peer(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, rest = self.received.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
        if not found or length is None or len(rest) < int(length[1]):
            return
        self.received = b""
        body = self._reply(rest)
        self.transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n" % len(body) + body
        )

    def _reply(self, request: bytes) -> bytes:
        if b"ROUTE" in request and b"Ask how to pay" not in request:
            return _ROUTE + b"data: [DONE]\n\n"
        burst = re.search(rb"BURST (\d+)", request)
        return _text(int(burst[1]) if burst else 5)


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Peer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextlib.contextmanager
def serving() -> Iterator[int]:
    """Run the server in a process of its own; gives its port."""
    with subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


if __name__ == "__main__":
    asyncio.run(_serve())
