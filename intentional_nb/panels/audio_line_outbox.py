"""What is on its way from the kernel to the page: waiting to be sent, or sent and not yet acknowledged.

    speak, put ──> waiting ── take ──> flying ── acknowledge ──> gone
                      ^                  │
                      └───── rewind ─────┘   the page missed something, or its way to the kernel was replaced

Frames are numbered when they are sent. What flies is bounded by a window, so that a page that does not read lets
nothing pile up on the way, wherever that is; what waits is bounded too, and reaching that bound loses the page.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from intentional_nb.panels.audio_line_frames import Frame, speech_frame

__all__ = ["Outbox"]

WINDOW_BYTES = 480_000
"""Sent and not acknowledged, at most: ten seconds of speech."""
LIMIT_BYTES = 16 * 1024 * 1024
"""Waiting, at most: almost six minutes of speech."""
PIECE_BYTES = 24_000
"""Longer speech is cut into pieces: half a second."""
FEW_BYTES = 3_840
"""Less speech than this, 80 ms, is worth waiting for more where each message is dear."""
SKIP = '{"kind":"skip"}'
"""Stands in the place of a frame that is not wanted any more, so that the numbers go on."""


@dataclass(frozen=True, slots=True)
class _Entry:
    frame: Frame
    is_of_epoch: bool = False  # of no use once another epoch has begun


class Outbox:
    """Frames for the page, in order. Any thread may use it.

    Attributes:
        epoch: Counts how often the page was told to be silent; speech of an earlier epoch is not played.
        count: The number of the latest frame that was sent.
    """

    def __init__(self, *, window_bytes: int = WINDOW_BYTES, limit_bytes: int = LIMIT_BYTES) -> None:
        self.epoch = 1
        self.count = 0
        self._window_bytes = window_bytes
        self._limit_bytes = limit_bytes
        self._waiting: deque[_Entry] = deque()
        self._flying: deque[_Entry] = deque()  # the last one has the number `count`
        self._highest = 0  # that `count` ever was: so many at the front of those waiting have a number already
        self._waiting_bytes = 0
        self._flying_bytes = 0
        self._lock = threading.Lock()

    def speak(self, item: int, pcm: bytes) -> None:
        """Add speech of the present epoch."""
        with self._lock:
            for start in range(0, len(pcm), PIECE_BYTES):
                frame = speech_frame(self.epoch, item, pcm[start : start + PIECE_BYTES])
                self._add(_Entry(frame, is_of_epoch=True))

    def end(self, item: int) -> None:
        """Add that no more speech of this item will come."""
        with self._lock:
            self._add(_text({"kind": "end", "epoch": self.epoch, "item": item}, is_of_epoch=True))

    def put(self, message: Mapping[str, Any]) -> None:
        """Add a message."""
        with self._lock:
            self._add(_text(message))

    def flush(self) -> int:
        """Drop all speech, tell the page to be silent, and return the epoch that begins."""
        with self._lock:
            self.epoch += 1
            self._drop_epoch()
            self._add(_text({"kind": "flush", "epoch": self.epoch}, is_of_epoch=True))
            return self.epoch

    def take(self, limit_bytes: int) -> tuple[int, list[Frame]]:
        """Send the next frames: the number of the first, and as many as the window and ``limit_bytes`` allow."""
        frames: list[Frame] = []
        with self._lock:
            first = self.count + 1
            taken = 0
            while self._waiting and self._flying_bytes < self._window_bytes and taken < limit_bytes:
                frames.append(self._send())
                taken += len(frames[-1])
        return first, frames

    def acknowledge(self, number: int) -> bool:
        """The page has everything up to this number; whether that was news."""
        with self._lock:
            self._advance(number)
            is_news = False
            while self._flying and self.count - len(self._flying) < number:
                self._flying_bytes -= len(self._flying.popleft().frame)
                is_news = True
            return is_news

    def rewind(self, number: int) -> bool:
        """Send again what comes after this number; False when that is not here any more."""
        with self._lock:
            if not self.count - len(self._flying) <= number <= self._highest:
                return False
            self._advance(number)
            self._rewind(number)
            return True

    def rewind_all(self) -> None:
        """Send again everything that is not acknowledged."""
        with self._lock:
            self._rewind(self.count - len(self._flying))

    def _send(self) -> Frame:
        entry = self._waiting.popleft()
        self._waiting_bytes -= len(entry.frame)
        self._flying.append(entry)
        self._flying_bytes += len(entry.frame)
        self.count += 1
        self._highest = max(self._highest, self.count)
        return entry.frame

    def _advance(self, number: int) -> None:
        """The page has what was to be sent again."""
        while self.count < min(number, self._highest):
            self._send()

    def _rewind(self, number: int) -> None:
        while self.count > number:
            entry = self._flying.pop()
            self._flying_bytes -= len(entry.frame)
            self._waiting.appendleft(entry)
            self._waiting_bytes += len(entry.frame)
            self.count -= 1

    def restart(self) -> None:
        """Forget everything, for a page that knows of nothing; a new epoch begins."""
        with self._lock:
            self.epoch += 1
            self.count = self._highest
            self._waiting.clear()
            self._flying.clear()
            self._waiting_bytes = self._flying_bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether too much waits for a page that does not take it."""
        return self._waiting_bytes > self._limit_bytes

    @property
    def can_wait(self) -> bool:
        """Whether all that waits is a little speech, to which more will be added at any moment."""
        with self._lock:
            return self._waiting_bytes < FEW_BYTES and all(isinstance(entry.frame, bytes) for entry in self._waiting)

    def _add(self, entry: _Entry) -> None:
        self._waiting.append(entry)
        self._waiting_bytes += len(entry.frame)

    def _drop_epoch(self) -> None:
        numbered = self._highest - self.count
        self._waiting = deque(
            _Entry(SKIP) if entry.is_of_epoch else entry
            for index, entry in enumerate(self._waiting)
            if index < numbered or not entry.is_of_epoch
        )
        self._waiting_bytes = sum(len(entry.frame) for entry in self._waiting)
        self._flying = deque(_Entry(SKIP) if entry.is_of_epoch else entry for entry in self._flying)
        self._flying_bytes = sum(len(entry.frame) for entry in self._flying)


def _text(message: Mapping[str, Any], *, is_of_epoch: bool = False) -> _Entry:
    return _Entry(json.dumps(message, separators=(",", ":")), is_of_epoch)
