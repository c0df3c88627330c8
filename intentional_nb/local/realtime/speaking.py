"""Saying a text: sentence by sentence, each turned into sound while the one before it is sent.

Sound goes out in frames of a tenth of a second, the words that begin in each of them first, faster than it is played
and slower than it could be sent, so that a client that breaks in is not already behind what was said.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from intentional_nb.local.realtime.tasks import ahead
from intentional_nb.wire.realtime.server_items import BYTES_PER_MS

if TYPE_CHECKING:
    from intentional_nb.local.realtime.session import VoiceSession
    from intentional_nb.wire.realtime.server_response import ServerResponse

__all__ = ["FRAME_MS", "Pace", "say", "spoken_frames", "write"]

FRAME_MS: Final = 100
"""Of sound in one event."""

_HEAD_START_MS: Final = 400
"""Of sound that is sent at once: what a player wants to have before it begins."""

Synthesise = Callable[[str], Coroutine[Any, Any, bytes]]


class Pace:
    """Holds sending back, so that sound goes out at a multiple of the speed of playing it.

    Args:
        times_real_time: The multiple; None holds nothing back.
    """

    def __init__(self, times_real_time: float | None) -> None:
        self._times = times_real_time
        self._sent_ms = -float(_HEAD_START_MS)
        self._began: float | None = None

    async def sent(self, length_ms: float) -> None:
        """Wait as long as this much sound should take."""
        now = asyncio.get_running_loop().time()
        if self._began is None:
            self._began = now
        self._sent_ms += length_ms
        ahead_s = self._sent_ms / 1000 / self._times - (now - self._began) if self._times else 0.0
        # Also without a pause: others get their turn between the frames of a long answer.
        await asyncio.sleep(max(ahead_s, 0.0))


async def say(
    session: VoiceSession,
    response: ServerResponse,
    sentences: Sequence[str],
    synthesise: Synthesise,
    pace: Pace,
) -> None:
    """Speak sentences as one message."""
    response.open_message()
    session.flush()
    next_pcm = ahead(synthesise(sentences[0])) if sentences else None
    try:
        for at, sentence in enumerate(sentences):
            assert next_pcm is not None
            pcm = await next_pcm
            next_pcm = ahead(synthesise(sentences[at + 1])) if at + 1 < len(sentences) else None
            words = sentence if at == 0 else f" {sentence}"
            for frame, begun in spoken_frames(pcm, words):
                response.speak(frame, begun)
                session.flush()
                await session.outbox.room()
                await pace.sent(len(frame) / BYTES_PER_MS)
    finally:
        if next_pcm is not None:
            next_pcm.cancel()
    response.close_item()


async def write(session: VoiceSession, response: ServerResponse, words: Sequence[str], pause_ms: float) -> None:
    """Write words as one message, each after a pause."""
    response.open_message(has_audio=False)
    for word in words:
        await asyncio.sleep(pause_ms / 1000)
        response.write(word)
        session.flush()
        await session.outbox.room()
    response.close_item()


def spoken_frames(pcm: bytes, text: str) -> Iterator[tuple[bytes, str]]:
    """Cut the sound of a text into frames, each with the words that begin in it.

    Nobody knows when a word begins; a letter is taken to last as long as any other.

    >>> [(len(frame) // 48, words) for frame, words in spoken_frames(bytes(48 * 250), "Hi there, Ada.")]
    [(100, 'Hi there,'), (100, ' Ada.'), (50, '')]
    """
    length_ms = len(pcm) / BYTES_PER_MS
    words = re.findall(r"\s*\S+|\s+$", text)
    starts_ms = []
    letters = 0
    for word in words:
        starts_ms.append(letters / max(len(text), 1) * length_ms)
        letters += len(word)
    said = 0
    for at in range(0, max(len(pcm), 1), FRAME_MS * BYTES_PER_MS):
        end_ms = at / BYTES_PER_MS + FRAME_MS
        upto = next((n for n in range(said, len(words)) if starts_ms[n] >= end_ms), len(words))
        yield pcm[at : at + FRAME_MS * BYTES_PER_MS], "".join(words[said:upto])
        said = upto
