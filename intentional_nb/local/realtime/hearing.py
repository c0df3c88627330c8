"""The ears of a session: turns found in the microphone's audio, and the words of what was said.

Whatever computes runs in threads; audio waits here meanwhile, and what became of it when the buffer was cleared or
committed by hand is forgotten. Recognition begins as soon as the user pauses. If they go on it was for nothing, and if
they do not, the words are there when the pause is long enough to end the turn.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from intentional_nb.local.realtime.model import Detector, Edge
from intentional_nb.local.realtime.tasks import ahead
from intentional_nb.wire.realtime.server_frames import transcription_failed
from intentional_nb.wire.realtime.server_items import BYTES_PER_MS, ServerItem
from intentional_nb.wire.realtime.server_response import Failure

if TYPE_CHECKING:
    from intentional_nb.local.realtime.session import VoiceSession

__all__ = ["Hearing"]

_SLICE_BYTES: Final = 500 * BYTES_PER_MS
"""Fed to the detector at once: a whole clip may come in one event, and its first turn should not wait for its last."""

_KEPT_MS: Final = 1000
"""Of silence in the buffer beyond what may still become the beginning of a turn."""


class Hearing:
    """Hears one session.

    Args:
        session: Whose buffer is heard, and who is told.
    """

    def __init__(self, session: VoiceSession) -> None:
        self._session = session
        self._waiting: deque[bytes] = deque()
        self._has_audio = asyncio.Event()
        self._detector: Detector | None = None
        self._origin_ms = 0.0
        """Where the detector's time begins on the buffer's clock."""
        self._epoch = 0
        """Counts how often everything was forgotten."""
        self._speech_start_ms: float | None = None
        self._early: asyncio.Task[str | None] | None = None
        self._words: dict[str, asyncio.Task[None]] = {}
        """What is being understood, by item."""
        self._failures: dict[str, Failure] = {}
        """What could not be understood, by item."""
        self._is_deaf = False

    def hear(self, pcm: bytes) -> None:
        """Take what the microphone sent."""
        if self._session.half.settings.turn_detection is None:
            return
        if self._is_deaf:
            self._trim()
            return
        self._waiting.extend(pcm[at : at + _SLICE_BYTES] for at in range(0, len(pcm), _SLICE_BYTES))
        self._has_audio.set()

    def forget(self) -> None:
        """Begin afresh: whoever was speaking, and in whatever way turns were told apart."""
        self._epoch += 1
        self._waiting.clear()
        self._detector = None
        self._origin_ms = self._session.half.buffer.clock_ms
        self._speech_start_ms = None
        self._drop_early()

    async def run(self) -> None:
        """Find turns, for as long as the session lasts.

        Raises:
            Failure: The model cannot hear; told once, and not for each piece of audio that still comes.
        """
        try:
            while True:
                await self._has_audio.wait()
                self._has_audio.clear()
                while self._waiting:
                    await self._feed()
        finally:
            self._is_deaf = True
            self.forget()

    def understand(self, item: ServerItem, early: asyncio.Task[str | None] | None = None) -> None:
        """Find the words of an item's speech, or take those that are being found already."""
        if item.speech is None or item.speech.is_understood or item.id in self._words:
            return
        task = self._session.start(self._understand(item, early))
        self._words[item.id] = task
        task.add_done_callback(lambda _: self._words.pop(item.id, None))

    async def wait_for(self, items: Iterable[ServerItem]) -> None:
        """Wait until all speech in these items is understood.

        Raises:
            Failure: The last of them cannot be, so that there is nothing to respond to.
        """
        items = list(items)
        for item in items:
            self.understand(item)
        waited_for = [self._words[item.id] for item in items if item.id in self._words]
        if waited_for:
            await asyncio.wait(waited_for)
        if items and items[-1].id in self._failures:
            raise self._failures[items[-1].id]

    async def _feed(self) -> None:
        epoch, session = self._epoch, self._session
        detection = session.half.settings.turn_detection
        if self._detector is None and detection is not None:
            detector = await session.model.detector(detection)
            if epoch != self._epoch:
                return
            self._detector = detector
        if self._detector is None:
            self._waiting.clear()
            return
        edges = await session.model.detect(self._detector, self._waiting.popleft())
        for edge in edges:
            if epoch != self._epoch:
                return
            self._take(edge)
        self._trim()
        session.flush()

    def _take(self, edge: Edge) -> None:
        at_ms = max(self._origin_ms + edge.at_ms, 0.0)
        if edge.kind == "started":
            self._speech_start_ms = at_ms
            self._session.interrupt(at_ms)
        elif edge.kind == "paused" and self._speech_start_ms is not None:
            pcm = self._session.half.buffer.between(self._speech_start_ms, at_ms)
            self._drop_early()
            self._early = ahead(self._recognise(pcm))
        elif edge.kind == "resumed":
            self._drop_early()
        elif edge.kind == "stopped" and self._speech_start_ms is not None:
            self._speech_start_ms = None
            early, self._early = self._early, None
            item, asked = self._session.half.speech_stopped(at_ms)
            self._session.take_speech(item, asked, early)

    async def _recognise(self, pcm: bytes) -> str | None:
        return await self._session.model.recognise(pcm, self._session.half.settings.transcription or {})

    async def _understand(self, item: ServerItem, early: asyncio.Task[str | None] | None) -> None:
        half = self._session.half
        is_shown = half.settings.transcription is not None
        try:
            text = await (early or self._recognise(b"".join(part.pcm for part in item.parts)))
        except Failure as failure:
            told = item.speech.transcript if item.speech else None
            half.understood(item, told or "")
            if told is None:
                self._failures[item.id] = failure
            if is_shown:
                half.tell(transcription_failed(item.id, failure.message, code=failure.code))
        else:
            half.understood(item, text or "")
            if text is not None and is_shown:
                half.transcribe(item, text, _pieces(text))
        finally:
            # Whatever else went wrong is told by whoever supervises this, once: nobody is to try again.
            if item.speech is not None and not item.speech.is_understood:
                half.understood(item, "")
        self._session.flush()

    def _drop_early(self) -> None:
        if self._early is not None:
            self._early.cancel()
            self._early = None

    def _trim(self) -> None:
        """Let silence go that nobody will ask for, so that a microphone left open fills no memory."""
        if self._speech_start_ms is None:
            half = self._session.half
            kept_ms = _KEPT_MS + (half.settings.turn_detection or {}).get("prefix_padding_ms", 300)
            waiting_ms = sum(map(len, self._waiting)) / BYTES_PER_MS
            half.buffer.forget_before(half.buffer.clock_ms - waiting_ms - kept_ms)


def _pieces(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\s*\S+|\s+$", text))
