"""The audio line of a voice panel, kernel side: sound and urgent messages, in both directions, to one page.

    page ── hello · ping · microphone · played · flushed · start · stop · talk · mute ──> kernel
    page <── welcome · pong · speech · end · flush · bye ─────────────────────────────── kernel

A WebSocket on loopback carries it where the page can reach that, directly or through Jupyter's proxy: there a busy
kernel disturbs nothing, since everything here runs on the background loop. Otherwise the panel's comm does. The page
tries and decides (`audio_line.js`), and may change in mid-speech; nothing is lost by that.

`audio_line_frames` says what the messages look like, `audio_line_reception` who owns the audio, `audio_line_outbox`
what is sent when, `audio_line_channels` and `audio_line_server` how.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from intentional_nb.bots import runtime
from intentional_nb.panels.audio_line_channels import Channel, CommChannel, SendComm
from intentional_nb.panels.audio_line_frames import Frame, from_envelope
from intentional_nb.panels.audio_line_outbox import Outbox
from intentional_nb.panels.audio_line_reception import LineCounts, Listener, Reception
from intentional_nb.panels.audio_line_server import LineServer

__all__ = ["AudioLine", "LineAddress"]

SILENCE_S = 3.0
"""After which a page that says nothing has lost the audio."""
LOOK_S = 0.25
"""Between two looks whether it still is there."""
COMM_PAGES = 8
"""Pages that may speak over the comm at the same time."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LineAddress:
    """Where a page finds the line.

    Attributes:
        port: On 127.0.0.1, as seen by the kernel; 0 when there is only the comm.
        token: Whoever connects must know it.
        path: What follows the port, or the proxy's path for that port, in the URL.
    """

    port: int
    token: str
    path: str

    def __repr__(self) -> str:
        return f"LineAddress(port={self.port})"  # the token opens a microphone


class AudioLine:
    """One panel's line. Any thread may use it; what it was given is called on the background loop and must be short."""

    def __init__(
        self,
        on_audio: Callable[[bytes], object],
        on_message: Callable[[dict[str, Any]], object],
        on_lost: Callable[[str], object],
        *,
        send_comm: SendComm | None = None,
        on_error: Callable[[Exception], object] | None = None,
        silence_s: float = SILENCE_S,
    ) -> None:
        """Make a line; nothing is opened yet.

        Args:
            on_audio: Is given the microphone's sound, piece by piece.
            on_message: Is given the owner's messages: ``hello`` (with its ``client``, its ``way``, and ``again`` when
                it goes on after a change of its way or a silence), ``played``, ``flushed``, ``start``, ``stop``,
                ``talk``, ``mute``, and ``lost`` (``chunks`` and ``samples`` of the microphone that did not arrive).
            on_lost: Is told that no page has the audio any more, and why: ``away`` (it said so), ``silent``, ``taken``
                (another page will say hello), ``overflow`` (it did not take what was sent).
            send_comm: Sends a message with buffers to all pages of the panel; without it there is no fallback.
            on_error: Is given what one of these, or the line itself, raised.
            silence_s: After which a page is lost.
        """
        self._outbox = Outbox()
        self._on_error = on_error or (lambda error: log.error("the audio line failed", exc_info=error))
        listener = Listener(on_audio, on_message, on_lost, self._on_error)
        self._reception = Reception(listener, self._outbox, silence_s=silence_s)
        self._send_comm = send_comm
        self._comms: dict[str, tuple[CommChannel, asyncio.Task[None]]] = {}
        self._server: LineServer | None = None
        self._address: LineAddress | None = None
        self._closing = asyncio.Event()
        self._is_closed = False
        self._is_waking = False
        self._lock = threading.Lock()

    # -- state

    @property
    def epoch(self) -> int:
        """Counts how often the page was told to be silent."""
        return self._outbox.epoch

    @property
    def client(self) -> str | None:
        """The page that has the audio, or None."""
        owner = self._reception.owner
        return owner.client if owner is not None and self._reception.is_owned else None

    @property
    def way(self) -> str | None:
        """How the page that has the audio is reached: ``direct``, ``proxy`` or ``comm``; None without one."""
        owner = self._reception.owner
        return owner.way if owner is not None and self._reception.is_owned else None

    @property
    def counts(self) -> LineCounts:
        """What has come in so far."""
        return self._reception.counts

    # -- life

    def open(self) -> LineAddress:
        """Open the line if it is not open yet, and say where; returns at once.

        Raises:
            RuntimeError: The line has been closed.
        """
        with self._lock:
            if self._is_closed:
                raise RuntimeError("this audio line has been closed")
            if self._address is None:
                token = secrets.token_urlsafe(24)
                self._server = self._make_server(token)
                self._address = LineAddress(self._server.port if self._server else 0, token, f"/?key={token}")
                runtime.submit(self._serve())
            return self._address

    def close(self) -> None:
        """Tell the page that it is over, and close everything; returns at once."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            if self._address is None:
                return
        runtime.call_soon(self._closing.set)

    def _make_server(self, token: str) -> LineServer | None:
        try:
            return LineServer(token, self._take)
        except OSError as error:  # no sockets here: the comm is left
            self._on_error(error)
            return None

    async def _serve(self) -> None:
        try:
            if self._server is not None:
                await self._server.start()
            while not self._closing.is_set():
                self._look()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), LOOK_S)
        except Exception as error:  # nobody waits for this task: the panel must show what went wrong
            self._on_error(error)
        finally:
            await self._shut_down()

    def _look(self) -> None:
        self._reception.look()
        silent_s = time.monotonic() - 60
        for client, (channel, task) in list(self._comms.items()):
            if channel.last_heard_s < silent_s or not channel.is_open:
                task.cancel()
                del self._comms[client]

    async def _shut_down(self) -> None:
        self._reception.close()
        await asyncio.sleep(0)
        for _, task in self._comms.values():
            task.cancel()
        self._comms.clear()
        if self._server is not None:
            await self._server.close()

    # -- to the page

    def speak(self, item: int, pcm: bytes) -> None:
        """Let the page play speech of the item; nothing happens when no page has the audio."""
        if self._has_room():
            self._outbox.speak(item, pcm)
            self._wake()

    def end(self, item: int) -> None:
        """Tell the page that no more speech of this item will come."""
        if self._reception.is_owned:
            self._outbox.end(item)
            self._wake()

    def flush(self) -> int:
        """Silence the page at once and drop what is on its way; gives the epoch that begins."""
        epoch = self._outbox.flush()
        self._wake()
        return epoch

    def send(self, message: Mapping[str, Any]) -> None:
        """Send the page a message of any other kind."""
        if self._has_room():
            self._outbox.put(message)
            self._wake()

    def _has_room(self) -> bool:
        if self._reception.is_owned and self._outbox.is_full:
            runtime.call_soon(self._reception.give_up)
            return False
        return self._reception.is_owned

    def _wake(self) -> None:
        if self._is_waking or self._address is None:
            return
        self._is_waking = True
        runtime.call_soon(self._wake_owner)

    def _wake_owner(self) -> None:
        self._is_waking = False
        if self._reception.owner is not None:
            self._reception.owner.wake()

    # -- from the page

    def _take(self, channel: Channel, frame: Frame, number: int | None = None) -> None:
        try:
            self._reception.receive(channel, frame, number)
        except Exception as error:  # ours: the server would only log it, and nobody would see why the line ended
            self._on_error(error)

    def receive_comm(self, message: Mapping[str, Any], buffers: Iterable[Any]) -> None:
        """Take in a message of kind ``line`` that came over the panel's comm."""
        try:
            client = str(message["client"])[:64]
            first, frames, urgent = from_envelope(message, buffers)
        except (KeyError, ValueError):
            self.counts.garbage += 1
            return
        if self._send_comm is None or self._is_closed:
            return
        self.open()
        runtime.call_soon(lambda: self._receive(client, first, frames, urgent))

    def _receive(self, client: str, first: int, frames: list[Frame], urgent: list[dict[str, Any]]) -> None:
        channel = self._comm_channel(client)
        if channel is None:
            return
        channel.last_heard_s = time.monotonic()
        for message in urgent:
            self._reception.urgent(channel, message)
        for number, frame in enumerate(frames, first):
            self._take(channel, frame, number)

    def _comm_channel(self, client: str) -> CommChannel | None:
        found = self._comms.get(client)
        if found is not None and found[0].is_open:
            return found[0]
        if found is not None:
            found[1].cancel()
            del self._comms[client]
        if self._send_comm is None or len(self._comms) >= COMM_PAGES:
            return None
        channel = CommChannel(client, self._send_comm)
        task = asyncio.ensure_future(self._pump(channel))
        self._comms[client] = (channel, task)
        return channel

    async def _pump(self, channel: Channel) -> None:
        try:
            await channel.pump()
        except Exception as error:  # the panel's own comm may be closed: then this page cannot be reached this way
            channel.is_open = False
            self._on_error(error)
