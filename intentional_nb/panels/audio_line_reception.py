"""Who owns the audio of a panel, and what becomes of the frames that pages send.

One page at a time has the microphone and the loudspeaker. It owns them from its ``hello`` until it says ``away``, until
another page takes them, or until nothing has been heard of it for some seconds; a page that is heard of again owns them
again, if nobody else does. Its way to the kernel may change meanwhile: frames are numbered on both sides, so that after
a change each side sends again what the other has not got.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from intentional_nb.panels.audio_line_channels import Channel
from intentional_nb.panels.audio_line_frames import Frame, read_message, read_microphone
from intentional_nb.panels.audio_line_outbox import Outbox

__all__ = ["LineCounts", "Listener", "Reception"]

UNNUMBERED = frozenset({"hello", "ping", "got", "away"})
"""What belongs to the line itself; everything else from a page is numbered, from 1."""


@dataclass(slots=True)
class LineCounts:
    """What has come in, for those who look for a fault.

    Attributes:
        chunks: Pieces of microphone sound.
        lost_chunks: Pieces that are missing between those.
        lost_samples: Samples that the page itself says it lost.
        garbage: Frames that made no sense.
    """

    chunks: int = 0
    lost_chunks: int = 0
    lost_samples: int = 0
    garbage: int = 0


@dataclass(frozen=True, slots=True)
class Listener:
    """Whom to tell; called on the background loop.

    Attributes:
        on_audio: Is given the microphone's sound.
        on_message: Is given what else the owner says, its ``hello`` too.
        on_lost: Is told why no page has the audio any more: ``away``, ``silent``, ``taken`` or ``overflow``.
        on_error: Is given what one of the others raised.
    """

    on_audio: Callable[[bytes], object]
    on_message: Callable[[dict[str, Any]], object]
    on_lost: Callable[[str], object]
    on_error: Callable[[Exception], object]


class Reception:
    """Used on the background loop only.

    Attributes:
        owner: The way to the page that has the audio, or had it last.
        is_owned: Whether it still has.
        counts: What has come in.
    """

    def __init__(self, listener: Listener, outbox: Outbox, *, silence_s: float) -> None:
        self.owner: Channel | None = None
        self.is_owned = False
        self.counts = LineCounts()
        self._listener = listener
        self._outbox = outbox
        self._silence_s = silence_s
        self._heard_s = 0.0
        self._received = 0  # the number of the owner's latest frame
        self._next_seq: int | None = None  # of the microphone's next piece
        self._goes_on = False  # whether the owner's latest hello went on from an earlier one
        self._tasks: set[asyncio.Task[None]] = set()

    def receive(self, channel: Channel, frame: Frame, number: int | None = None) -> None:
        """Take in a frame of any page.

        Args:
            channel: The way it came.
            frame: The frame.
            number: Its number, where the way tells it; one that came before is dropped.
        """
        try:
            read = read_message(frame) if isinstance(frame, str) else frame
        except ValueError:
            self.counts.garbage += 1
            return
        if isinstance(read, dict) and read["kind"] in UNNUMBERED:
            self._handle(channel, read)
        elif channel is self.owner:
            self._note_life()
            if number is None or number > self._received:
                self._received = self._received + 1 if number is None else number
                self._take(read)

    def urgent(self, channel: Channel, message: dict[str, Any]) -> None:
        """Take in a message without a number, already read."""
        if message["kind"] in UNNUMBERED:
            self._handle(channel, message)
        else:
            self.counts.garbage += 1

    def look(self) -> None:
        """See whether the owner still is there; to be called every now and then."""
        if self.is_owned and time.monotonic() - self._heard_s > self._silence_s:
            self._lose("silent")

    def give_up(self) -> None:
        """Lose the owner, for whom more waits than may wait."""
        if self.is_owned:
            self._lose("overflow")

    def close(self) -> None:
        """Tell the owner that it is over."""
        if self.owner is not None:
            self._dismiss(self.owner, {"kind": "bye", "reason": "closed"})
        self.owner, self.is_owned = None, False

    # -- what belongs to the line itself

    def _handle(self, channel: Channel, message: Mapping[str, Any]) -> None:
        match message["kind"]:
            case "hello":
                self._greet(channel, message)
            case "ping":
                if channel is self.owner:
                    self._note_life()
                    self._acknowledge(message["got"])
                channel.say({"kind": "pong", "at": message["at"], "sent": self._outbox.count, "got": self._received})
            case "got" if channel is self.owner:
                self._note_life()
                self._acknowledge(message["n"])
                if message.get("again") and self._outbox.rewind(message["n"]):
                    channel.wake()
            case "away" if channel is self.owner:
                if self.is_owned:
                    self._lose("away")
                self._dismiss(channel, None)
                self.owner = None

    def _acknowledge(self, number: int) -> None:
        if self._outbox.acknowledge(number) and self.owner is not None:
            self.owner.wake()

    def _greet(self, channel: Channel, hello: Mapping[str, Any]) -> None:
        channel.client = hello["client"][:64]
        owner = self.owner
        is_same = owner is not None and owner.client == channel.client
        if owner is not None and not is_same and self.is_owned and owner.is_open and not hello.get("take"):
            silent_ms = int((time.monotonic() - self._heard_s) * 1000)
            self._dismiss(channel, {"kind": "bye", "reason": "owned", "silent_ms": silent_ms})
            return
        if channel is owner and self.is_owned:
            self._outbox.rewind_all()  # the first answer was lost, and perhaps what followed it
        else:
            self._adopt(channel, hello["got"])
        channel.outbox = self._outbox
        welcome = {"kind": "welcome", "epoch": self._outbox.epoch, "n": self._outbox.count, "again": self._goes_on}
        channel.say({**welcome, "got": self._received})

    def _adopt(self, channel: Channel, got: int) -> None:
        owner = self.owner
        is_same = owner is not None and owner.client == channel.client
        # The same page on another way goes on where it was, if what it has not got is still here.
        self._goes_on = is_same and self._outbox.rewind(got)
        if self._goes_on:
            self._outbox.acknowledge(got)
        if owner is not None and owner is not channel:
            self._dismiss(owner, None if is_same else {"kind": "bye", "reason": "taken"})
        if not self._goes_on:
            if self.is_owned:
                self.is_owned = False
                self._tell(self._listener.on_lost, "silent" if is_same else "taken")
            self._outbox.restart()
            self._received = 0
            self._next_seq = None
        self.owner = channel
        self._note_life(is_hello=True)

    def _note_life(self, *, is_hello: bool = False) -> None:
        self._heard_s = time.monotonic()
        if (is_hello or not self.is_owned) and self.owner is not None:
            goes_on = self._goes_on if is_hello else True
            self.is_owned = True
            hello = {"kind": "hello", "client": self.owner.client, "way": self.owner.way, "again": goes_on}
            self._tell(self._listener.on_message, hello)

    def _lose(self, reason: str) -> None:
        # What was to be played is not played any more: whoever comes next hears only what is said then.
        self._outbox.flush()
        self._wake()
        self.is_owned = False
        self._tell(self._listener.on_lost, reason)

    def _dismiss(self, channel: Channel, bye: Mapping[str, Any] | None) -> None:
        if bye is not None and channel.is_open:
            channel.say(bye)
        channel.outbox = None
        task = asyncio.ensure_future(channel.close())
        self._tasks.add(task)
        task.add_done_callback(self._closed)

    def _closed(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # a connection that is gone already cannot be closed: nothing to tell

    # -- what the owner says

    def _take(self, content: bytes | dict[str, Any]) -> None:
        if isinstance(content, bytes):
            self._hear(content)
            return
        if content["kind"] == "skip":  # sound that is too old by now
            return
        if content["kind"] == "flushed" and content["epoch"] == self._outbox.epoch:
            # The page went silent by itself: what is still on its way belongs to what it does not play any more.
            self._outbox.flush()
            self._wake()
        self._tell(self._listener.on_message, content)

    def _hear(self, frame: bytes) -> None:
        try:
            piece = read_microphone(frame)
        except ValueError:
            self.counts.garbage += 1
            return
        missing = max(piece.seq - self._next_seq, 0) if self._next_seq is not None else 0
        self._next_seq = piece.seq + 1
        self.counts.chunks += 1
        if missing or piece.lost_samples:
            self.counts.lost_chunks += missing
            self.counts.lost_samples += piece.lost_samples
            self._tell(self._listener.on_message, {"kind": "lost", "chunks": missing, "samples": piece.lost_samples})
        self._tell(self._listener.on_audio, piece.pcm)

    def _wake(self) -> None:
        if self.owner is not None:
            self.owner.wake()

    def _tell(self, listener: Callable[[Any], object], what: Any) -> None:
        try:
            listener(what)
        except Exception as error:  # whatever a panel's listener raises must not cut the line
            self._listener.on_error(error)
