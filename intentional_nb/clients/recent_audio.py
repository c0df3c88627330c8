"""The user's latest audio, kept until what was said in it is known, so that a lost session costs nobody a sentence."""

from __future__ import annotations

from collections import deque

__all__ = ["KEPT_MS", "RecentAudio"]

BYTES_PER_MS = 48
KEPT_MS = 30_000
"""The most that is kept: 30 seconds, 1.4 MB."""
LEAD_MS = 1_000
"""What the next session hears of silence: speech begins before a server notices it."""
TIDY_MS = 500
"""How often what is not needed any more is dropped; so much more may be kept."""


class RecentAudio:
    """Audio sent in one session, as far as the next session would have to hear it again.

    Positions count all audio of the session, as the server's own times do. The next session hears the last second of
    silence; speech from its beginning until it was recognised; with push to talk, all since the last item was made.
    When the server has heard nothing for long, which is found out late, what was silence to it may have been speech:
    so that is kept too. Of more than `KEPT_MS` the oldest is dropped.

    Attributes:
        keeps_all: Whether the user, not the server, says when speech begins and ends.
    """

    def __init__(self, *, keeps_all: bool = False) -> None:
        self.keeps_all = keeps_all
        self._chunks: deque[bytes] = deque()
        self._first = 0  # position of the first byte kept
        self._end = 0
        self._tidy_at = 0
        self._open = 0  # where the audio begins of which no item was made yet
        self._is_speaking = False
        self._spoken: dict[str, int] = {}  # where speech begins that was not recognised yet, by item id

    def __len__(self) -> int:
        return self._end - self._first

    def add(self, pcm: bytes) -> None:
        """Take note of audio that was sent, or would have been."""
        self._chunks.append(pcm)
        self._end += len(pcm)
        if self._end >= self._tidy_at:
            self._tidy_at = self._end + TIDY_MS * BYTES_PER_MS
            self._tidy()

    def _tidy(self) -> None:
        needed = min(self._open, *self._spoken.values()) if self._spoken else self._open
        unneeded = max(needed, self._end - KEPT_MS * BYTES_PER_MS)
        while self._chunks and self._first + len(self._chunks[0]) <= unneeded:
            self._first += len(self._chunks.popleft())

    def _rest_from(self, silence_ms: int = LEAD_MS) -> int:
        if self.keeps_all or self._is_speaking:
            return self._open
        return max(self._open, self._end - silence_ms * BYTES_PER_MS)

    def speech_began(self, at_ms: int) -> None:
        """The server hears speech: keep it from its beginning."""
        self._open = min(self._end, at_ms * BYTES_PER_MS)
        self._is_speaking = True

    def hold(self, *, was_deaf: bool = False) -> None:
        """Speech may begin long before anybody hears it: keep everything until an item is made of it.

        Args:
            was_deaf: The server has heard nothing for long: what it did not notice counts too, as far as it is kept.
        """
        self._open = self._rest_from(KEPT_MS if was_deaf else LEAD_MS)
        self._is_speaking = True

    def committed(self, item_id: str, until_ms: int | None = None) -> None:
        """An item was made of the audio up to ``until_ms``, or of all of it; it is kept until `recognised`."""
        self._spoken[item_id] = max(self._open, self._first)
        self._open = self._end if until_ms is None else min(self._end, until_ms * BYTES_PER_MS)
        self._is_speaking = False

    def recognised(self, item_id: str) -> None:
        """It is known what was said in the item, or nobody will ever know: its audio is not needed any more."""
        self._spoken.pop(item_id, None)

    def holds(self, item_id: str | None) -> bool:
        """Whether the speech of the item is still kept."""
        return item_id in self._spoken

    def only(self, item_id: str) -> None:
        """Where nothing is recognised: what was said before this item has been answered, and is not needed any more."""
        self._spoken = {item_id: self._spoken[item_id]}

    def cleared(self) -> None:
        """The audio of which no item was made is thrown away, as asked."""
        self._open = self._end
        self._is_speaking = False

    def unheard(self, item_id: str | None = None) -> tuple[bytes, float]:
        """What a next session must be told.

        Args:
            item_id: An item that still matters; its speech comes first, when it was not recognised.

        Returns:
            The audio, and how much of it is lost because it was too long ago, in milliseconds.
        """
        self._tidy()
        begin = min(self._rest_from(), self._spoken.get(item_id or "", self._end))
        skipped = max(0, begin - self._first)
        return b"".join(self._chunks)[skipped:], max(0, self._first - begin) / BYTES_PER_MS
