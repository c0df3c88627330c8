"""One Realtime session from its opening to its close: a socket, the client's half of the protocol, and what goes out.

Nothing that comes in is waited for here: what the server tells is handed on at once, and whoever is told must be quick.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from intentional_nb.clients.session_socket import SessionSocket
from intentional_nb.clients.voice_settings import VoiceSettings
from intentional_nb.errors import (
    ClientError,
    RefusedError,
    RemoteProtocolError,
    ReplyTimeoutError,
    SessionClosedError,
)
from intentional_nb.wire.realtime.client import ClientHalf
from intentional_nb.wire.realtime.happenings import (
    AudioDelta,
    ErrorTold,
    Happening,
    SessionCreated,
    SessionUpdated,
)

__all__ = ["VoiceSession", "as_error"]

ANSWER_TIMEOUT_S = 20.0
"""How long a server may take to open a session, and to confirm new settings."""
SECRET_BYTES = 16
"""Keys are longer than that; what stands in for one where none is needed may be an ordinary word."""
MAX_GARBLED = 8
"""After so many frames in a row that are not the protocol, whoever is there does not speak it."""


class VoiceSession:
    """A session; it is opened once and closed once.

    Attributes:
        half: What is known of the session, and what is said in it.
        opened_at: When its settings were confirmed, by `time.monotonic`; 0 before.
    """

    def __init__(self, settings: VoiceSettings, half: ClientHalf, on_happening: Callable[[Happening], None]) -> None:
        """Prepare a session; nothing is sent yet.

        Args:
            settings: Where and how.
            half: Commands that were given to it before are sent once the session is open.
            on_happening: Told of all that the server tells.
        """
        self.half = half
        self.opened_at = 0.0
        self._settings = settings
        self._on_happening = on_happening
        self._socket: SessionSocket | None = None
        self._outgoing: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._closed: asyncio.Future[SessionClosedError] = asyncio.get_running_loop().create_future()
        self._waiting: dict[str, tuple[asyncio.Future[None], Callable[[], None]]] = {}  # by our event's id
        self._tasks: list[asyncio.Task[None]] = []
        self._secret = settings.api_key.encode() if len(settings.api_key) >= SECRET_BYTES else b"\0"
        self._refusal: ErrorTold | None = None  # what it last complained of while opening
        self._garbled = 0

    async def open(self, session: Mapping[str, Any]) -> None:
        """Connect, set the session up, and wait until the server has confirmed that.

        Args:
            session: Its settings, in the shape of the session object.

        Raises:
            ConnectError: Nobody answers.
            RefusedError: The server said no, to the connection or to the settings; says which, in its own words.
            ReplyTimeoutError: The server does not confirm.
            SessionClosedError: The session was closed before it was open.
        """
        self._socket = await SessionSocket.open(self._settings)
        created = self._expect("")  # what a server tells unasked
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]
        for task in self._tasks:
            task.add_done_callback(self._supervise)
        try:
            await self._answered(created, "did not open the session")
            held_back = self.half.frames_to_send()
            updated = self._expect(self.half.update_session(session))
            self._send(self.half.frames_to_send())
            await self._answered(updated, "did not confirm the session's settings")
        except BaseException:  # also when the caller gives up: nobody else would hang up
            await self.close()
            raise
        self.opened_at = time.monotonic()
        self._send(held_back)
        self.flush()

    async def _answered(self, answer: asyncio.Future[None], what_not: str) -> None:
        """Wait for an answer of the server, or for the end of the session."""
        timeout_s = min(ANSWER_TIMEOUT_S, self._settings.timeout_s)
        either: list[asyncio.Future[Any]] = [answer, self._closed]
        await asyncio.wait(either, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            answer.result()
        elif self._refusal is not None:
            raise as_error(self._refusal)
        elif self._closed.done():
            raise self._closed.result()
        else:
            url = self._settings.base_url
            text = f"the model at {url} {what_not} within {timeout_s:g} seconds; 'timeout' sets how long to wait"
            raise ReplyTimeoutError(text, seconds=timeout_s)

    @property
    def was_deaf(self) -> bool:
        """Whether it ended because the server had not answered for long: then it may have heard nothing either."""
        return self._socket is not None and self._socket.was_deaf

    async def closed(self) -> SessionClosedError:
        """Wait for the session's end; says why it ended."""
        return await asyncio.shield(self._closed)

    def mute(self) -> None:
        """Nobody listens to the session any more; what still comes of it is not told."""
        self._on_happening = lambda _: None

    async def close(self, reason: str = "") -> None:
        """End the session, within a second whatever the server does; harmless when it has ended."""
        if self._socket is not None:
            await self._socket.close(1000, reason)
        # The reader goes last: somebody has to read for the closing handshake to be seen.
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._end(SessionClosedError("the session was closed", close_code=1000, reason=reason or "closed"))

    def update(self, session: Mapping[str, Any], then: Callable[[], None] = lambda: None) -> asyncio.Task[None]:
        """Change settings; they are sent at once.

        Args:
            session: Them, in the shape of the session object.
            then: Called as soon as the server has confirmed them, before anything else that it tells.

        Returns:
            Ends when the server has confirmed them, or raises `RefusedError` when it said no, `ReplyTimeoutError` when
            it says nothing, `SessionClosedError` when the session ended before.
        """
        updated = self._expect(self.half.update_session(session), then)
        self.flush()
        return asyncio.create_task(self._answered(updated, "did not confirm the new settings"))

    def _expect(self, event_id: str, then: Callable[[], None] = lambda: None) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody may be waiting any more
        self._waiting[event_id] = future, then
        return future

    # Going out.

    def flush(self) -> None:
        """Send what was said to `half`, as soon as the session is open; returns at once."""
        if self.opened_at:
            self._send(self.half.frames_to_send())

    def _send(self, frames: list[bytes]) -> None:
        if frames:
            self._outgoing.extend(frames)
            self._wake.set()

    async def room(self, frames: int = 64) -> None:
        """Wait until no more than so many frames wait for the network, or the session has ended."""
        while len(self._outgoing) > frames and not self._closed.done():
            await asyncio.sleep(0.005)

    async def _write(self) -> None:
        assert self._socket is not None
        send, outgoing, wake = self._socket.send, self._outgoing, self._wake
        try:
            while True:
                await wake.wait()
                wake.clear()
                while outgoing:
                    await send(outgoing.popleft())
        except self._socket.gone:
            return  # the reader tells

    # Coming in.

    async def _read(self) -> None:
        assert self._socket is not None
        receive, take = self._socket.receive, self._take
        try:
            while True:
                take(await receive())
        except self._socket.gone as closed:
            self._end(self._socket.why(closed))
        except RemoteProtocolError as error:
            reason = f"{MAX_GARBLED} frames in a row were not the protocol"
            self._end(SessionClosedError(f"the session was closed: {reason}; {error}", close_code=1002, reason=reason))
            await self._socket.close(1002, reason)

    def _take(self, frame: bytes) -> None:
        if self._secret in frame:  # a server that repeats the key must not make it known
            frame = frame.replace(self._secret, b"[key]")
        try:
            happenings = self.half.receive(frame)
        except RemoteProtocolError as error:
            self._garbled += 1
            if self._garbled >= MAX_GARBLED:
                raise
            self._on_happening(ErrorTold(str(error), kind="garbled_frame"))
            return
        self._garbled = 0
        for happening in happenings:
            if type(happening) is AudioDelta:  # the hot path: nobody waits for it, and it leads to no frame
                self._on_happening(happening)
            else:
                self._note(happening)
                self._on_happening(happening)
                self.flush()

    def _note(self, happening: Happening) -> None:
        match happening:
            case SessionCreated():
                self._settle("", None)
            case SessionUpdated():
                self._settle(happening.event_id, None)
            case ErrorTold():
                if happening.event_id in self._waiting:
                    self._settle(happening.event_id, as_error(happening))
                elif not self.opened_at:
                    self._refusal = happening
                    if happening.is_fatal:  # perhaps the server leaves it to us to hang up
                        self._settle("", as_error(happening))

    def _settle(self, event_id: str, error: ClientError | None) -> None:
        future, then = self._waiting.pop(event_id, (None, None))
        if future is None or then is None:
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(None)
            then()

    def _supervise(self, task: asyncio.Task[None]) -> None:
        """A reader or writer that fails for a reason of our own ends the session in sight."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            reason = f"{type(error).__name__}: {error}"
            self._end(SessionClosedError(f"the session was given up: {reason}", reason=reason))

    def _end(self, closed: SessionClosedError) -> None:
        if not self._closed.done():
            self._closed.set_result(closed)


def as_error(told: ErrorTold) -> RefusedError:
    """What the server complains of, as an exception."""
    return RefusedError(
        f"the model's server refused: {told.message}", code=told.code or told.kind or None, param=told.param or None
    )
