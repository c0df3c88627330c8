"""Both halves of a session in one place, with what is between them: frames on their way, in two rows.

Nothing moves by itself. `to_client` and `to_server` let one frame arrive; `settle` lets everything come to its end.
Every frame, of either side, is held against the official types as it is sent.
"""

from __future__ import annotations

import json
from collections import deque
from itertools import count
from typing import Any

from intentional_nb.wire.realtime import happenings as happen
from intentional_nb.wire.realtime.client import ClientHalf
from intentional_nb.wire.realtime.server import ServerHalf
from intentional_nb.wire.realtime.server_requests import ResponseAsked
from intentional_nb.wire.realtime.server_response import ServerResponse
from tests.wire.realtime import serving, talking

MS = 48
"""Bytes of a millisecond."""


class WirePair:
    """A client and a server that are joined.

    Attributes:
        happened: All that the client was told, in order.
        microphone_ms: How much the user's microphone has recorded.
        answered: The calls that have their answer.
    """

    def __init__(self, *, turn_detection: dict[str, Any] | None = None) -> None:
        numbers = count(1)
        self.client = ClientHalf("c")
        self.server = ServerHalf(
            "local-realtime", expires_at=1_700_003_600, new_id=lambda kind: f"{kind}_s{next(numbers)}"
        )
        self.happened: list[Any] = []
        self.microphone_ms = 0
        self.answered: set[str] = set()
        self._to_server: deque[bytes] = deque()
        self._to_client: deque[str] = deque()
        self._speech_at = 0
        self.server.open()
        self.client.update_session({"audio": {"input": {"turn_detection": turn_detection}}})
        self.settle()

    def _post(self) -> None:
        """Put what either side has to say on its way."""
        for frame in self.client.frames_to_send():
            assert talking.foreign_fields(json.loads(frame)) == []
            self._to_server.append(frame)
        for told in self.server.frames_to_send():
            assert serving.foreign_fields(told) == []
            self._to_client.append(json.dumps(told))

    # The wire.

    def to_server(self) -> None:
        """Let the client's oldest frame arrive; a response that it asks for begins."""
        self._post()
        if self._to_server:
            for request in self.server.receive(self._to_server.popleft()):
                if isinstance(request, ResponseAsked):
                    self.server.begin(request)

    def to_client(self) -> None:
        """Let the server's oldest frame arrive."""
        self._post()
        if self._to_client:
            self.happened += self.client.receive(self._to_client.popleft())

    def settle_client(self) -> None:
        """Let every frame of the server arrive."""
        self._post()
        while self._to_client:
            self.to_client()

    def deliver(self) -> None:
        """Let all that is on its way arrive, and what it brings about."""
        for _ in range(1_000):
            self._post()
            if not (self._to_client or self._to_server):
                return
            self.to_client()
            self.to_server()
        raise AssertionError("the two never come to rest")

    def settle(self) -> None:
        """Let every frame arrive, and every response come to its end."""
        self.deliver()
        while self.server.active_responses:
            self.server.active_responses[0].finish()
            self.deliver()

    # The user, and the model.

    def record(self, ms: int) -> None:
        self.client.append_audio(b"\x01\x00" * (ms * MS // 2))
        self.microphone_ms += ms

    def user_begins(self) -> None:
        """The server hears the user speak, if it listens."""
        if self.server.settings.turn_detection and not self.server.is_speaking:
            self._speech_at = round(self.server.buffer.clock_ms)
            self.server.speech_started(self._speech_at)

    def user_stops(self) -> None:
        """The user's turn is over, and the server responds where it does so by itself."""
        if self.server.is_speaking:
            _, asked = self.server.speech_stopped(round(self.server.buffer.clock_ms))
            if asked is not None:
                self.server.begin(asked)

    def model_speaks(self, ms: int, words: str) -> None:
        response = self._response()
        if response is not None:
            if response._open is None or response._open.type != "message":
                response.open_message(has_audio=True)
            response.speak(b"\x02\x00" * (ms * MS // 2), words)

    def model_calls(self) -> None:
        response = self._response()
        if response is not None:
            response.call("look", '{"at": 1}')

    def model_ends(self) -> None:
        response = self._response()
        if response is not None:
            response.finish()

    def _response(self) -> ServerResponse | None:
        return self.server.active_response

    # What came of it.

    def told(self, kind: type) -> list[Any]:
        return [happening for happening in self.happened if type(happening) is kind]

    def errors(self) -> list[happen.ErrorTold]:
        """Complaints that are not harmless."""
        return [error for error in self.told(happen.ErrorTold) if not error.is_harmless]
