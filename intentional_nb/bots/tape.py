"""The sound of a conversation: what the user sent and what the bot said, turn by turn and on one timeline."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator

from intentional_nb.audio.clip import Clip
from intentional_nb.audio.pcm import BYTES_PER_SAMPLE, RATE_HZ, SAMPLES_PER_MS
from intentional_nb.audio.resample import resample
from intentional_nb.audio.timeline import Piece, write_stereo
from intentional_nb.bots.layout import Item, Stretch, laid_out
from intentional_nb.bots.sent import SentAudio, position
from intentional_nb.bots.spool import Spool
from intentional_nb.events import (
    ConversationReset,
    ConversationRewound,
    Event,
    ReplyAudio,
    ReplyHeard,
    ReplyInterrupted,
)

__all__ = ["Tape"]

ROUNDING = 2 * SAMPLES_PER_MS
"""By how much the position of a chunk, which is told in whole milliseconds, may differ from where it is."""
SILENT_MICROPHONE = 1000 * SAMPLES_PER_MS
"""When a player is so far ahead of the microphone, that one has been switched off."""


class Tape:
    """Keeps the sound, in files, as it comes. It may be used from any thread.

    When it can be kept no longer, such as on a full disk, that is told once, and the conversation goes on without.

    Attributes:
        has_player: Whether what the bot says is played, so that its reports tell when that sounds.
    """

    def __init__(self, on_failure: Callable[[OSError], None] = lambda _: None) -> None:
        """Start an empty one.

        Args:
            on_failure: Told why nothing is kept any more; must not use the tape.
        """
        self.has_player = False
        self._on_failure = on_failure
        self._is_broken = False
        self._user, self._bot = Spool(), Spool()
        self._sent = SentAudio()
        self._sounds: list[Stretch | Item] = []  # in the order in which they began
        self._items: dict[str, Item] = {}
        self._latest: Item | None = None  # of those that have begun
        self._running: Stretch | None = None  # what a microphone gives that still runs
        self._lock = threading.RLock()

    # -- what the user sends

    def add_user(self, pcm: bytes, *, at_ms: float, is_live: bool) -> None:
        """Keep what is sent.

        Args:
            pcm: The samples.
            at_ms: How much was sent before, in all sessions.
            is_live: Whether it comes from a microphone, in pieces, rather than as a whole clip.
        """
        sent_at = position(at_ms)
        with self._lock:
            self._sent.samples = max(self._sent.samples, sent_at + len(pcm) // BYTES_PER_SAMPLE)
            if self._is_broken:
                return
            stretch = self._running if is_live else None
            if stretch is None or self._was_overtaken(stretch) or abs(stretch.sent_until - sent_at) > ROUNDING:
                stretch = self._new_stretch(sent_at, is_live=is_live)
            if self._keep(self._user, pcm) is not None:
                stretch.samples += len(pcm) // BYTES_PER_SAMPLE

    def _keep(self, spool: Spool, pcm: bytes) -> int | None:
        """Where it begins in the file; None when it is not kept."""
        if self._is_broken:
            return None
        try:
            return spool.append(pcm)
        except OSError as error:
            self._is_broken = True
            self._on_failure(error)
            return None

    def skip_to(self, at_ms: float) -> None:
        """So much was sent by now, in all sessions, of which the last was silence that nobody needs to hear."""
        with self._lock:
            self._sent.samples = max(self._sent.samples, position(at_ms))

    def _was_overtaken(self, stretch: Stretch) -> bool:
        """Whether a player has gone so far since the last sample that the microphone must have been off."""
        item = self._playing()
        if item is None or item.during is None or item.during[0] is not stretch:
            return False
        return item.during[1] + item.played - stretch.samples > SILENT_MICROPHONE

    def _playing(self) -> Item | None:
        """The item of which a player has reported a part, but not the end."""
        item = self._latest
        return item if item is not None and 0 < item.played < item.sounding else None

    def _new_stretch(self, sent_at: int, *, is_live: bool) -> Stretch:
        before, item = self._running, self._playing()
        stretch = Stretch(sent_at, self._user.samples, is_live)
        if is_live and before is not None and not self._was_overtaken(before):
            stretch.follows = True  # something else was sent in between, which the clock does not know of
        elif is_live and item is not None:
            stretch.during = (item, item.played)
        self._sounds.append(stretch)
        self._running = stretch if is_live else None
        return stretch

    def commit(self) -> None:
        """The user has finished speaking, and says so: what was sent since the last time is one message."""
        with self._lock:
            self._sent.commit()
            self._running = None

    def clear(self) -> None:
        """What was sent and not taken over is thrown away by the server; it was said all the same."""
        with self._lock:
            self._sent.clear()
            self._running = None

    # -- what the bot says

    def turn_of(self, item_id: str) -> int | None:
        """The turn in which the bot said an item; None for one that is not known."""
        item = self._items.get(item_id)
        return item.turn if item is not None else None

    def note_played(self, item_id: str, played_ms: float) -> None:
        """A player has rendered so much of an item."""
        with self._lock:
            item = self._items.get(item_id)
            if item is not None and played_ms > 0:
                item.played = max(item.played, round(played_ms * SAMPLES_PER_MS))
                self._begin(item)

    def note(self, event: Event) -> None:
        """Take note of what happened."""
        with self._lock:
            match event:
                case ReplyAudio():
                    self._add_bot(event)
                case ReplyHeard() | ReplyInterrupted():
                    self._hear(event)
                case ConversationReset():
                    self._forget()
                case ConversationRewound():
                    self._rewind(event.turn)
                case _:
                    self._sent.note(event)

    def _add_bot(self, event: ReplyAudio) -> None:
        item = self._items.get(event.item_id)
        if item is None:
            item = self._items[event.item_id] = Item(event.turn)
        pcm = event.pcm if event.rate_hz == RATE_HZ else resample(event.pcm, event.rate_hz, RATE_HZ)
        offset = self._keep(self._bot, pcm)
        if offset is not None:
            item.add(offset, len(pcm) // BYTES_PER_SAMPLE)
        if not self.has_player:
            self._begin(item)

    def _hear(self, event: ReplyHeard | ReplyInterrupted) -> None:
        item = self._items.get(event.item_id)
        if item is None:
            return
        heard = round(event.heard_ms * SAMPLES_PER_MS)
        if isinstance(event, ReplyInterrupted):
            item.heard = heard
        if heard:
            item.played = max(item.played, item.sounding if self.has_player else 0)
            self._begin(item)

    def _begin(self, item: Item) -> None:
        """The item sounds, if it did not before."""
        if item.has_begun:
            return
        stretch = self._running
        if stretch is not None:
            clock = stretch.samples - item.played if self.has_player else self._end_of_speech(item.turn, stretch)
            item.during = (stretch, clock)
        item.has_begun = True
        self._sounds.append(item)
        self._latest = item

    def _end_of_speech(self, turn: int, stretch: Stretch) -> int:
        start, end = self._sent.speech(turn)
        return min(max(end - stretch.sent_at, 0), stretch.samples) if start < end else stretch.samples

    # -- what is taken back

    def _forget(self) -> None:
        self._user.clear()
        self._bot.clear()
        self._sent.forget()
        self._sounds, self._items = [], {}
        self._latest = self._running = None

    def _rewind(self, turn: int) -> None:
        cut = self._sent.take_back(turn)
        for sound in self._sounds:
            if isinstance(sound, Stretch):
                sound.samples = min(sound.samples, max(cut - sound.sent_at, 0))
        self._sounds = [
            sound for sound in self._sounds if (sound.turn < turn if isinstance(sound, Item) else sound.samples)
        ]
        self._items = {key: item for key, item in self._items.items() if item.turn < turn}
        self._latest = self._running = None

    def close(self) -> None:
        """Forget everything; the files are gone."""
        with self._lock:
            self._forget()

    # -- what can be heard

    def user_audio(self, turn: int) -> Clip:
        """What the user said in a turn; empty for what was typed."""
        with self._lock:
            return Clip(b"".join(self._sent_between(*self._sent.speech(turn))))

    def _sent_between(self, start: int, end: int) -> Iterator[bytes]:
        for sound in self._sounds:
            if isinstance(sound, Stretch):
                first, last = max(start, sound.sent_at), min(end, sound.sent_until)
                if first < last:
                    yield from self._user.chunks(sound.offset + first - sound.sent_at, last - first)

    def bot_audio(self, turn: int, *, as_heard: bool = True) -> Clip:
        """What the bot said in a turn, as far as it was heard, or all that the model made."""
        with self._lock:
            items = [item for item in self._items.values() if item.turn == turn]
            return Clip(b"".join(self._said(item, as_heard=as_heard) for item in items))

    def _said(self, item: Item, *, as_heard: bool) -> bytes:
        pcm = b"".join(self._chunks(item.extents))
        return pcm[: item.sounding * BYTES_PER_SAMPLE] if as_heard else pcm

    def _chunks(self, extents: list[tuple[int, int]]) -> Iterator[bytes]:
        for offset, samples in extents:
            yield from self._bot.chunks(offset, samples)

    def export(self, path: str | os.PathLike[str]) -> int:
        """Write all of it as a stereo WAV, the user on the left and the bot on the right, as it was heard.

        Returns:
            How many samples long it is.

        Raises:
            AudioError: The path ends like that of another kind of file.
            OSError: The file cannot be written.
        """
        with self._lock:
            pieces = [self._piece(place.at, place.what) for place in laid_out(self._sounds)]
        return write_stereo(path, pieces)

    def _piece(self, at: int, sound: Stretch | Item) -> Piece:
        if isinstance(sound, Item):
            extents = list(sound.extents)
            return Piece(at, "bot", lambda: self._chunks(extents), sound.sounding)
        offset, samples = sound.offset, sound.samples
        return Piece(at, "user", lambda: self._user.chunks(offset, samples), samples)
