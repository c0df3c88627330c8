"""A Realtime server that costs next to nothing: canned frames over a bare socket, so that the client is measured.

It confirms the session, and does what a ``response.create`` says in its instructions: ``BURST n`` sends n pieces of
100 ms of speech, with words beside each third; ``INTERRUPT`` sends a few, lets the user speak, and tells when the
client's first answer to that came: in microseconds, as the ``remaining`` of a rate limit.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator

__all__ = ["CHUNK", "serving"]

CHUNK = bytes(range(256)) * 18 + bytes(192)
"""100 ms of audio, 4800 bytes."""

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_IDS = {"response_id": "resp_1", "item_id": "item_1", "output_index": 0, "content_index": 0}
_ITEM = {"id": "item_1", "object": "realtime.item", "type": "message", "role": "assistant", "content": []}


def _frame(type: str, **fields: object) -> bytes:
    payload = json.dumps({"type": type, "event_id": "event_1", **fields}).encode()
    size = len(payload)
    head = bytes([0x81, size]) if size < 126 else bytes([0x81, 126]) + size.to_bytes(2, "big")
    return head + payload


def _response(number: int, status: str = "completed") -> dict:
    response = {"id": f"resp_{number}", "object": "realtime.response", "status": status, "output": []}
    return response | {"metadata": {}, "conversation_id": "conv_1"}


def _begin(number: int, metadata: dict) -> bytes:
    item = {**_ITEM, "id": f"item_{number}", "status": "in_progress"}
    ids = {**_IDS, "response_id": f"resp_{number}", "item_id": item["id"]}
    part = {"type": "audio", "transcript": ""}
    return (
        _frame("response.created", response={**_response(number, "in_progress"), "metadata": metadata})
        + _frame("conversation.item.added", previous_item_id=None, item=item)
        + _frame("response.output_item.added", response_id=f"resp_{number}", output_index=0, item=item)
        + _frame("response.content_part.added", part=part, **ids)
    )


def _pieces(number: int, count: int) -> bytes:
    ids = {**_IDS, "response_id": f"resp_{number}", "item_id": f"item_{number}"}
    sound = _frame("response.output_audio.delta", delta=base64.b64encode(CHUNK).decode(), **ids)
    words = _frame("response.output_audio_transcript.delta", delta=" word", **ids)
    return (sound * 3 + words) * (count // 3) + sound * (count % 3)


class _Peer(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.received = bytearray()
        self.is_open = False
        self.number = 0
        self.spoke_at = 0.0

    def data_received(self, data: bytes) -> None:
        self.received += data
        if not self.is_open:
            if b"\r\n\r\n" not in self.received:
                return
            key = re.search(rb"sec-websocket-key: *(\S+)", bytes(self.received), re.IGNORECASE)
            accept = base64.b64encode(hashlib.sha1(key[1] + _GUID).digest())
            self.transport.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n" + _frame("session.created", session={"id": "sess_1"})
            )
            self.received.clear()
            self.is_open = True
            return
        self._frames()

    def _frames(self) -> None:
        data, at = self.received, 0
        while len(data) >= at + 6:
            size, start = data[at + 1] & 0x7F, at + 2
            if size == 126:
                size, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            elif size == 127:
                size, start = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
            end = start + 4 + size
            if len(data) < end:
                break
            self._frame(data[at] & 0x0F, bytes(data[start : start + 4]), bytes(data[start + 4 : end]))
            at = end
        del data[:at]

    def _frame(self, opcode: int, mask: bytes, payload: bytes) -> None:
        if opcode == 8:
            self.transport.close()
            return
        size = len(payload)
        key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
        text = (int.from_bytes(payload, "big") ^ key).to_bytes(size, "big")
        if opcode == 9:
            self.transport.write(bytes([0x8A, size]) + text)
            return
        if b'"input_audio_buffer.append"' in text[:60]:
            return
        if b'"session.update"' in text:
            self.transport.write(_frame("session.updated", session={"id": "sess_1", "type": "realtime"}))
        elif b'"response.create"' in text:
            self._respond(json.loads(text).get("response") or {})
        elif self.spoke_at and (b'"response.cancel"' in text or b'"conversation.item.truncate"' in text):
            took_us = round((time.perf_counter() - self.spoke_at) * 1e6)
            self.spoke_at = 0.0
            limit = {"name": "latency", "limit": 0, "remaining": took_us, "reset_seconds": 0}
            self.transport.write(
                _frame("response.done", response=_response(self.number, "cancelled"))
                + _frame("rate_limits.updated", rate_limits=[limit])
            )

    def _respond(self, asked: dict) -> None:
        self.number += 1
        begin = _begin(self.number, asked.get("metadata") or {})
        burst = re.search(r"BURST (\d+)", asked.get("instructions", ""))
        if burst is not None:
            done = _frame("response.done", response=_response(self.number))
            self.transport.write(begin + _pieces(self.number, int(burst[1])) + done)
            return
        self.transport.write(begin + _pieces(self.number, 3))
        asyncio.get_running_loop().call_later(0.01, self._let_the_user_speak)

    def _let_the_user_speak(self) -> None:
        self.spoke_at = time.perf_counter()
        self.transport.write(
            _frame("input_audio_buffer.speech_started", item_id=f"item_u{self.number}", audio_start_ms=0)
        )


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
