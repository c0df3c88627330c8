"""Between a bot that speaks and the page that has its sound: one for each bot, however many panels show it.

    microphone ──> page ──> AudioLine ──> bot.stream_audio
    loudspeaker <── page <── AudioLine <── ReplyAudio
         └─ played, flushed ──> AudioLine ──> the bot's player, which tells what was heard

The bot's items have long ids; on the line each has a small number.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from typing import Any, ClassVar, Protocol, runtime_checkable

from intentional_nb.audio.clip import Clip
from intentional_nb.audio.pcm import SAMPLES_PER_MS
from intentional_nb.errors import AudioError
from intentional_nb.events import (
    ConversationReset,
    ConversationRewound,
    Event,
    ModelDisconnected,
    ReplyAudio,
    ReplyEnded,
    ReplyInterrupted,
    RouteDecision,
    SpeechEnded,
    SpeechStarted,
    ToolCallStarted,
    TurnStarted,
)
from intentional_nb.panels.audio_line import AudioLine, LineAddress
from intentional_nb.panels.spoken_items import SpokenItems
from intentional_nb.panels.worker import Worker

__all__ = ["SpeakingBot", "VoiceBridge"]

TAIL_MS = 1200
"""Of silence, sent after the microphone was let go of in mid-speech: so the server hears that the user is done."""


class Player(Protocol):
    """Tells a bot what was heard of it."""

    def note_played(self, item_id: str, played_ms: float) -> None:
        """So much of an item was rendered so far."""

    def flushed(self, item_id: str | None, played_ms: float = 0) -> None:
        """The player fell silent, and had rendered so much of what it played."""

    def detach(self) -> None:
        """Nobody plays any more."""


@runtime_checkable
class SpeakingBot(Protocol):
    """What a bot must be able to do besides what every bot does."""

    @property
    def state(self) -> str:
        """What the spoken conversation is doing."""

    def connect(self) -> object:
        """Open a session, unless there is one, and let the bot begin."""

    def attach_player(self) -> Player:
        """Somebody plays what the bot says."""

    def stream_audio(self, pcm: bytes) -> None:
        """Take sound of the user; returns at once."""

    def expect_microphone(self) -> object:
        """A microphone was switched on; returns at once."""

    def commit_audio(self) -> Future[Any]:
        """The user is done; gives a future of the turn."""

    def clear_audio(self) -> object:
        """Forget what has not been committed."""

    def set_turn_detection(self, detection: Any) -> object:
        """Who says when the user is done."""


class Watcher(Protocol):
    """A panel that shows the conversation."""

    def sound_changed(self) -> None:
        """What the bridge tells has changed; called in any thread."""

    def sound_failed(self, error: Exception) -> None:
        """Something went wrong with the sound; called in any thread."""

    def send_sound(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        """Send on the panel's comm; called in any thread."""


class VoiceBridge:
    """One bot's sound. Any thread may use it; nothing here waits.

    Attributes:
        bot: The bot.
        line: Leads to the page that has the sound.
        is_hearing: Whether the user is speaking.
    """

    _all: ClassVar[weakref.WeakValueDictionary[int, VoiceBridge]] = weakref.WeakValueDictionary()
    _making = threading.Lock()

    def __init__(self, bot: Any) -> None:
        self.bot = bot
        self.is_hearing = False
        self._items = SpokenItems()
        self._player: Player | None = None
        self._is_talking = False  # the page has its microphone on
        self._is_held = False  # and its button to talk is down
        self._was_talking = self._was_held = False  # the page that is not heard of any more: it may come back
        self._silenced = 0  # the last epoch that was ended from here, with what then sounded
        self._unasked = 0  # the last one that was ended without asking what was heard
        self._watchers: tuple[Watcher, ...] = ()
        self._pages: dict[str, Watcher] = {}  # by client, those that speak over a comm
        self._lock = threading.RLock()  # never held while the bot is called
        self._worker = Worker("intentional-nb voice", self._fail)
        self.line = AudioLine(self._hear, self._take, self._lose, send_comm=self._send_comm, on_error=self._fail)
        self._unsubscribe: Callable[[], None] = bot.subscribe(self._note)

    @classmethod
    def of(cls, bot: Any, watcher: Watcher) -> VoiceBridge:
        """The bridge of a bot, watched by one panel more."""
        with cls._making:
            # It holds its bot, so that the id is the bot's as long as the bridge is there.
            bridge = cls._all.get(id(bot))
            if bridge is None or not bridge._watchers:
                bridge = cls._all[id(bot)] = cls(bot)
            bridge._watchers += (watcher,)
            return bridge

    def leave(self, watcher: Watcher) -> None:
        """A panel is closed; the last one closes the line."""
        with self._making:
            self._watchers = tuple(other for other in self._watchers if other is not watcher)
            self._pages = {client: other for client, other in self._pages.items() if other is not watcher}
            if self._watchers:
                return
        self._unsubscribe()
        self.line.close()
        self._detach()

    def open(self) -> LineAddress:
        """Where a page finds the line; it is opened if it was not."""
        return self.line.open()

    def is_played_on(self, client: str) -> bool:
        """Whether this page has the sound."""
        return self.line.client == client

    def silence(self) -> bool:
        """Silence the page; whether it owes an answer that interrupts the bot, because something was sounding."""
        with self._lock:
            is_owed = self._items.silence() and self.line.client is not None
            if is_owed:
                self._silenced = self.line.epoch
                self.line.flush()
            return is_owed

    def receive_comm(self, watcher: Watcher, message: Mapping[str, Any], buffers: Iterable[Any]) -> None:
        """Take in what a page sent over a panel's comm."""
        client = str(message.get("client", ""))[:64]
        if len(self._pages) > 50 and client not in self._pages:
            self._pages.clear()
        self._pages[client] = watcher
        self.line.receive_comm(message, buffers)

    # -- from the bot, in its own thread

    def _note(self, event: Event) -> None:
        match event:
            case ReplyAudio():
                self._speak(event)
                return  # many come, and none of them changes what is shown
            case SpeechStarted():
                self.is_hearing = True
                self.silence()
            case SpeechEnded() | TurnStarted():
                self.is_hearing = False
            case ToolCallStarted() | RouteDecision() | ReplyEnded():
                self._end_item()
            case ModelDisconnected():
                self._hang_up()
            case ReplyInterrupted() | ConversationReset() | ConversationRewound():
                self._fall_silent(event)

    def _speak(self, event: ReplyAudio) -> None:
        with self._lock:
            if self._player is None:
                return
            number, over = self._items.send(event.item_id)
            if over is not None:
                self.line.end(over)
            self.line.speak(number, event.pcm)

    def _end_item(self) -> None:
        with self._lock:
            over = self._items.close()
            if over is not None:
                self.line.end(over)

    def _fall_silent(self, event: Event) -> None:
        """The bot was interrupted in another way than by the page: what was heard is known, and not asked for."""
        with self._lock:
            if isinstance(event, ReplyInterrupted) and self._items.number(event.item_id) not in self._items.sounding:
                return
            if self._items.silence() and self.line.client is not None:
                self._silenced = self._unasked = self.line.epoch
                self.line.flush()

    # -- from the page, on the background loop

    def _hear(self, pcm: bytes) -> None:
        if self._is_talking:
            self.bot.stream_audio(pcm)

    def _take(self, message: Mapping[str, Any]) -> None:
        match message["kind"]:
            case "hello":
                self._greet(is_back=message["again"])
            case "played":
                self._note_played(message)
            case "flushed":
                self._note_flushed(message)
            case "start":
                self._start_talking()
            case "stop":
                self._stop_talking()
            case "talk":
                self._talk(is_down=bool(message["down"]))
            case _:
                return  # "mute" is the page's own affair, and "lost" is counted by the line
        self._changed()

    def _start_talking(self) -> None:
        self._is_talking = True
        self.bot.expect_microphone()  # what is said comes sooner than the session is open
        self._worker.submit(self._connect)

    def _connect(self) -> None:
        try:
            self.bot.connect()
        except Exception:  # of the client or the server: whatever it is, nobody listens
            self._hang_up()
            raise

    def _hang_up(self) -> None:
        """Nobody listens any more: the page shall let go of the microphone, and its lamp tell the truth."""
        is_talking, self._is_talking = self._is_talking, False
        self._is_held = self.is_hearing = False
        if is_talking:
            self.line.send({"kind": "release"})

    def _greet(self, *, is_back: bool) -> None:
        """A page has the sound; one that is back may know nothing of having been away, and its microphone is on."""
        if self._player is None or not is_back:
            with self._lock:
                self._items.silence()
        if self._player is None:
            self._player = self.bot.attach_player()
        was_talking, was_held = is_back and self._was_talking, is_back and self._was_held
        self._was_talking = self._was_held = False
        if was_talking:
            self._start_talking()
        if was_held:
            self._talk(is_down=True)

    def _note_played(self, report: Mapping[str, Any]) -> None:
        item_id = self._items.item_id(report["item"])
        if item_id is None or self._player is None:
            return
        if report.get("done"):
            self._items.played(report["item"])
        self._player.note_played(item_id, report["samples"] / SAMPLES_PER_MS)

    def _note_flushed(self, report: Mapping[str, Any]) -> None:
        item_id = self._items.item_id(report["item"])
        with self._lock:
            if report["epoch"] > self._silenced:  # else the bot may have begun to say something else
                self._items.silence()
        if self._player is None:
            return
        if report["epoch"] > self._unasked:
            self._player.flushed(item_id, report["samples"] / SAMPLES_PER_MS)
        elif item_id is not None:
            self._player.note_played(item_id, report["samples"] / SAMPLES_PER_MS)

    def _talk(self, *, is_down: bool) -> None:
        if is_down == self._is_held:
            return
        self._is_held = self.is_hearing = is_down
        if is_down:
            self.bot.clear_audio()
        else:
            self.bot.commit_audio().add_done_callback(self._committed)

    def _committed(self, turn: Future[Any]) -> None:
        error = None if turn.cancelled() else turn.exception()
        if isinstance(error, AudioError):  # too little was said; any other error is an event of the bot's
            self._fail(error)

    def _stop_talking(self) -> None:
        if not self._is_talking:
            return
        self._is_talking = False
        if self._is_held:
            self._talk(is_down=False)
        elif self.is_hearing:
            self.bot.stream_audio(Clip.silence(TAIL_MS).pcm)

    def _lose(self, reason: str) -> None:
        """No page has the sound any more: what it had not played by its last report was not heard."""
        self._silenced = self._unasked = self.line.epoch - 1  # should it come back, it will be silent, and tell
        is_away = reason == "silent"  # nothing is heard of it; any other page has let go of its microphone
        self._was_talking, self._was_held = is_away and self._is_talking, is_away and self._is_held
        self._stop_talking()
        self._detach()
        self._changed()

    def _detach(self) -> None:
        with self._lock:
            player, self._player = self._player, None
            had_sound = self._items.silence()
        if player is not None:
            if had_sound:
                player.flushed(None)
            player.detach()

    # -- panels

    def _send_comm(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        watcher = self._pages.get(message["to"])
        if watcher is not None:
            watcher.send_sound(message, buffers)

    def _changed(self) -> None:
        for watcher in self._watchers:
            watcher.sound_changed()

    def _fail(self, error: Exception) -> None:
        for watcher in self._watchers:
            watcher.sound_failed(error)
