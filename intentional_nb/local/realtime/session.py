"""One conversation over one connection: the client's frames in, the server's frames out, and the tasks between.

The reader never waits: whatever takes time is a task, and what is to be sent waits in the outbox. A response's task
ends with its response, whoever cancels it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Final

import msgspec
from aiohttp import WSMsgType, web

from intentional_nb.local.realtime.hearing import Hearing
from intentional_nb.local.realtime.model import VoiceModel
from intentional_nb.local.realtime.outbox import Outbox
from intentional_nb.wire.realtime import server_frames as frames
from intentional_nb.wire.realtime.server import ServerHalf
from intentional_nb.wire.realtime.server_errors import Mistake
from intentional_nb.wire.realtime.server_frames import Frame
from intentional_nb.wire.realtime.server_items import ServerItem
from intentional_nb.wire.realtime.server_requests import (
    AudioAppended,
    AudioCleared,
    AudioCommitted,
    ItemCreated,
    Request,
    ResponseAsked,
    ResponseCancelled,
    SessionChanged,
)
from intentional_nb.wire.realtime.server_response import Failure, FinalStatus, ServerResponse

__all__ = ["Dialect", "VoiceSession"]

log = logging.getLogger(__name__)

_encode = msgspec.json.Encoder().encode

_BINARY: Final = "Expected a text WebSocket message; binary frames are not supported."

_LAST_WORD_S: Final = 5.0
"""How long a client may take to read to the end when its time is over."""

Dialect = Callable[[Frame], Frame | None]


class VoiceSession:
    """One conversation.

    Args:
        socket: The connection, already open.
        half: The protocol's state.
        model: Who hears, thinks and speaks.
        limit_s: How long the session may last.
        dialect: Turns each frame into another server's idea of it, or into None to leave it out.
    """

    def __init__(
        self,
        socket: web.WebSocketResponse,
        half: ServerHalf,
        model: VoiceModel,
        *,
        limit_s: float,
        dialect: Dialect | None = None,
    ) -> None:
        self.half = half
        self.model = model
        self.outbox = Outbox(socket)
        self.hearing = Hearing(self)
        self.ended = asyncio.Event()
        self._socket = socket
        self._transport: asyncio.Transport | None = None
        self._limit_s = limit_s
        self._dialect = dialect
        self._tasks: set[asyncio.Task[None]] = set()
        self._speakers: dict[str, asyncio.Task[None]] = {}
        """Each response's task, by its id."""
        self._silence: asyncio.TimerHandle | None = None
        """Runs out when the user has said nothing for too long."""
        self._is_cut = False
        """Whether nothing is sent or heard any more."""

    async def run(self, request: web.Request) -> None:
        """Hold the conversation until either side ends it."""
        self._transport = request.transport
        loop = asyncio.get_running_loop()
        limit = loop.call_later(self._limit_s, self._expire)
        sender = asyncio.create_task(self._send())
        try:
            await self.model.greet(self)
            self.half.open()
            self.flush()
            self.start(self.hearing.run())
            async for message in self._socket:
                if not self._is_cut:
                    self._receive(message.type, message.data)
        finally:
            limit.cancel()
            self._hush()
            for task in (*self._tasks, sender):
                task.cancel()
            await asyncio.gather(*self._tasks, sender, return_exceptions=True)
            self.ended.set()

    # ---- sending

    def flush(self) -> None:
        """Send what the protocol's state has to say."""
        for frame in self.half.frames_to_send():
            told = self._dialect(frame) if self._dialect else frame
            if told is not None and not self._is_cut:
                self.outbox.put(_encode(told))

    def close(self, code: int, reason: str = "") -> None:
        """End the session once everything is sent."""
        self.flush()
        self.outbox.close(code, reason)

    def drop(self) -> None:
        """Break the connection off, as a network does; what the client has not read yet may be lost with it."""
        if self._transport is not None:
            self._transport.abort()

    async def hang_up(self) -> None:
        """Break the connection off without a closing frame, when the client can read all that was sent."""
        self.flush()
        await self.outbox.sent()
        self._is_cut = True
        for task in self._tasks - {asyncio.current_task()}:
            task.cancel()
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write_eof()
            # The client closes its side when it has read that far; one that does not read would stay for ever.
            asyncio.get_running_loop().call_later(_LAST_WORD_S, self.drop)

    # ---- responses and other tasks

    def start(self, work: Coroutine[Any, Any, None], response: ServerResponse | None = None) -> asyncio.Task[None]:
        """Do something beside the reader, for a response if it is given; what goes wrong is told to the client."""
        task = asyncio.create_task(self._supervised(work, response))
        # Cancelled before it began, a task leaves its work as it is.
        task.add_done_callback(lambda _: work.close())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if response is not None:
            self.end_with(response, task)
        return task

    def end_with(self, response: ServerResponse, task: asyncio.Task[None]) -> None:
        """End a task when somebody cancels a response."""
        self._speakers[response.id] = task
        task.add_done_callback(lambda _: self._speakers.pop(response.id, None))

    def begin(self, asked: ResponseAsked) -> ServerResponse:
        """Begin a response and tell the client."""
        self._hush()
        response = self.half.begin(asked)
        self.flush()
        return response

    def finish(
        self,
        response: ServerResponse,
        status: FinalStatus = "completed",
        reason: str | None = None,
        error: Failure | None = None,
    ) -> None:
        """End a response, unless somebody else has, and tell the client."""
        if response.is_active:
            response.finish(status, reason, error)
            self.flush()
            if not response.is_out_of_band:
                self._wait_for_the_user(response)

    def interrupt(self, at_ms: float) -> None:
        """The user begins to speak."""
        self._hush()
        interrupted = self.half.speech_started(at_ms)
        if interrupted is not None:
            self._stop(interrupted)
        self.flush()

    def take_speech(
        self, item: ServerItem, asked: ResponseAsked | None, early: asyncio.Task[str | None] | None = None
    ) -> None:
        """The user has spoken: find the words, and respond if that is asked for."""
        self._hush()
        self.hearing.understand(item, early)
        self.model.committed(self, item)
        if asked is not None:
            self.model.ask(self, asked)
        self.flush()

    # ---- the client's frames

    def _receive(self, kind: WSMsgType, data: Any) -> None:
        if kind is not WSMsgType.TEXT:
            self.half.refuse(Mistake(_BINARY, "invalid_event"))
        else:
            self.model.received(self, data)
            for request in self.half.receive(data):
                self._do(request)
            self.model.obeyed(self, data)
        self.flush()

    def _do(self, request: Request) -> None:
        match request:
            case AudioAppended(pcm):
                self.hearing.hear(pcm)
            case AudioCommitted(item):
                self.hearing.forget()
                self.take_speech(item, None)
            case AudioCleared() | SessionChanged(detection_changed=True):
                self.hearing.forget()
            case ItemCreated(item):
                self._hush()
                self.hearing.understand(item)
            case ResponseAsked():
                self.model.ask(self, request)
            case ResponseCancelled(response):
                self._stop(response)

    # ----

    async def _send(self) -> None:
        try:
            await self.outbox.run()
        except ConnectionError:
            return  # the client has gone; the reader notices too

    async def _supervised(self, work: Coroutine[Any, Any, None], response: ServerResponse | None) -> None:
        try:
            await work
        except Failure as failure:
            self._tell_failure(failure, response)
        # Whatever goes wrong in the model must reach the client as an answer that says so, not as silence.
        except Exception as error:
            log.exception("the local voice could not go on")
            self._tell_failure(Failure(f"the local voice could not go on: {type(error).__name__}: {error}"), response)

    def _tell_failure(self, failure: Failure, response: ServerResponse | None) -> None:
        if response is not None and response.is_active:
            self.finish(response, "failed", error=failure)
        else:
            self.half.tell(frames.error(failure.message, type=failure.type, code=failure.code))
            self.flush()

    def _stop(self, response: ServerResponse) -> None:
        speaker = self._speakers.get(response.id)
        # A script may break its own response off and has more to do then.
        if speaker is not None and speaker is not asyncio.current_task():
            speaker.cancel()

    def _expire(self) -> None:
        minutes = max(round(self._limit_s / 60), 1)
        self.close(1001, f"Your session hit the maximum duration of {minutes} minutes.")
        # A client that does not read would never learn of it.
        asyncio.get_running_loop().call_later(_LAST_WORD_S, self.drop)

    # ---- the user's silence

    def _wait_for_the_user(self, response: ServerResponse) -> None:
        """Begin to count their silence, from where what was said has been played to its end."""
        self._hush()
        timeout_ms = (self.half.settings.turn_detection or {}).get("idle_timeout_ms")
        if timeout_ms is not None:
            loop = asyncio.get_running_loop()
            wait_ms = response.audio_ms + timeout_ms
            self._silence = loop.call_later(wait_ms / 1000, self._stayed_silent, timeout_ms)

    def _stayed_silent(self, timeout_ms: float) -> None:
        if self.half.is_speaking or self.half.active_response is not None:
            return
        start_ms = max(self.half.buffer.clock_ms - timeout_ms, 0.0)
        item, asked = self.half.stayed_silent(start_ms)
        self.half.understood(item, "")
        if self.half.settings.transcription is not None:
            self.half.transcribe(item, "")
        self.take_speech(item, asked)

    def _hush(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None
