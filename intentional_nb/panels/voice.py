"""The voice panel: a spoken conversation with a bot in a notebook cell, with everything that leads to its answers."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Literal

from intentional_nb.audio.clip import Clip, duration_text
from intentional_nb.bots.local_model import voice_notice
from intentional_nb.bots.structure import BotStructure
from intentional_nb.bots.transcript import ErrorEntry
from intentional_nb.events import (
    Event,
    ModelConnected,
    ModelDisconnected,
    ReplyAudio,
    SessionReconnecting,
    TurnStarted,
)
from intentional_nb.markup import visible
from intentional_nb.panels.bundle import bundle
from intentional_nb.panels.conversation import ConversationPanel
from intentional_nb.panels.saved import StaticTranscript
from intentional_nb.panels.sounds import Side, Sounds
from intentional_nb.panels.transcript_html import MOST_TURNS, transcript_html
from intentional_nb.panels.voice_bridge import SpeakingBot, VoiceBridge
from intentional_nb.panels.voice_clips import IncomingClips, NamedClip
from intentional_nb.panels.voice_loading import LoadingWatch

__all__ = ["VoicePanel"]

_FOLDER = Path(__file__).parent

Mode = Literal["open", "hold"]
"""The microphone stays open and the server finds out when the user has finished; or a button is held."""


class VoicePanel(ConversationPanel):
    """A live conversation by voice; the last expression of a cell, or ``display(panel)``, shows it.

    Microphone and loudspeaker are those of the browser. One page has them at a time; any number of panels and tabs may
    show the conversation. The saved notebook keeps a plain transcript.

    Attributes:
        bot: The bot.
    """

    _esm = bundle(_FOLDER / "voice.js")
    _css = bundle(_FOLDER / "voice.css")

    def __init__(
        self,
        bot: BotStructure,
        *,
        title: str | None = None,
        height: int | str = 620,
        placeholder: str = "Or write",
    ) -> None:
        """Make a panel; nothing is shown yet, and no microphone asked for.

        Args:
            bot: A bot that speaks.
            title: Stands above the conversation; by default the name of the conversation's file.
            height: Pixels, or a CSS length such as ``"60vh"``.
            placeholder: Stands in the empty text field.

        Raises:
            TypeError: ``bot`` is not a bot that speaks, or an argument's name is not known.
            ValueError: ``height`` is not a length.
        """
        if not isinstance(bot, BotStructure) or not isinstance(bot, SpeakingBot):
            how = "load_bot(…, modality='audio_stream')"
            raise TypeError(f"a voice panel needs a bot that speaks, as {how} makes it, got {bot!r:.100}")
        self._voice: Any = bot
        self._detection = _turn_detection(bot)
        self._mode: Mode = "hold" if self._detection in (None, "none") else "open"
        self._session: dict[str, Any] = {"again": None, "ended": None}
        self._clips = IncomingClips()
        self._waiting: dict[int, str] = {}  # clips that are not a turn yet, in words
        self._numbers = itertools.count(1)
        self._loading = LoadingWatch(lambda: voice_notice(_base_url(bot)), self.sound_changed)
        super().__init__(bot, {}, title=title, height=height, placeholder=placeholder)
        self._bridge = VoiceBridge.of(bot, self)
        self._at_close += (lambda: self._bridge.leave(self),)

    def freeze(self, *, audio: bool = False) -> StaticTranscript:
        """The conversation so far as plain HTML: what a saved notebook keeps, for a cell of its own.

        Args:
            audio: Put in what was said as well, as far as there is room for it; the transcript tells how much it takes.
        """
        if not audio:
            return super().freeze()
        turns = self.bot.transcript.turns
        sounds = Sounds.of((turn.number for turn in turns[-MOST_TURNS:]), self._clip_of)
        html = transcript_html(turns, title=self._title, stage=self.bot.stage, sounds=sounds)
        return StaticTranscript(html, f"{self!r}: {sounds.note}")

    def _clip_of(self, turn: int, side: Side) -> Clip | None:
        try:
            return self._voice.audio(turn, side)  # type: ignore[no-any-return]
        except KeyError:  # it was taken back meanwhile
            return None

    # -- what it shows

    def _state(self) -> dict[str, Any]:
        talk = {"state": self._voice.state, "hearing": self._bridge.is_hearing, "mode": self._mode}
        return {"talk": {**talk, **self._session, "loading": self._loading.value}, "address": self._address()}

    def _opened(self) -> None:
        self._loading.look()

    def _address(self) -> dict[str, Any] | None:
        # A program that executes the notebook says no hello, and needs no line.
        if not self._link.pages or self.bot.is_closed:
            return None
        address = self._bridge.open()
        return {"port": address.port, "path": address.path}

    def _queued(self) -> list[dict[str, str]]:
        return [{"command": f"clip-{number}", "text": words} for number, words in self._waiting.copy().items()]

    def _note(self, event: Event) -> None:
        match event:
            case ReplyAudio():
                return  # many come, and nothing of them is seen
            case SessionReconnecting():
                self._session = {"again": _lost(event), "ended": None}
            case ModelConnected():
                self._session = {"again": None, "ended": None}
            case ModelDisconnected():
                ended = {"reason": visible(event.reason), "code": event.close_code}
                self._session = {"again": None, "ended": ended}
            case TurnStarted(item_id=str()):
                self._waiting.pop(next(iter(self._waiting), 0), None)
        super()._note(event)

    def sound_changed(self) -> None:
        """Who has the sound, or what it does, has changed; called by the bridge, in any thread."""
        self._coalescer.touch()

    def sound_failed(self, error: Exception) -> None:
        """Something went wrong with the sound; called by the bridge, in any thread."""
        self._fail(error)

    def send_sound(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        """Send what goes over the comm; called by the bridge, in any thread."""
        self.send(message, buffers)

    # -- what people do

    def _receive(self, widget: Any, message: Any, buffers: Any) -> None:
        if isinstance(message, Mapping) and message.get("kind") == "line":
            self._bridge.receive_comm(self, message, buffers)
        else:
            super()._receive(widget, message, buffers)

    def _do(self, kind: str, message: Mapping[str, Any], buffers: Any) -> None:
        if kind == "mode":
            how: Mode = "hold" if message["how"] == "hold" else "open"
            self._commands.submit(lambda: self._use(how))
        elif kind == "clip":
            whole = self._clips.take(message, buffers or ())
            if whole is not None:
                self._commands.submit(lambda: self._play(whole))
        else:
            super()._do(kind, message, buffers)

    def _use(self, mode: Mode) -> None:
        before, self._mode = self._mode, mode
        self._coalescer.touch()
        is_ours = self._detection not in (None, "none")
        try:
            self._voice.set_turn_detection("none" if mode == "hold" else self._detection if is_ours else "server_vad")
        except Exception:  # of the client or the server: whatever it is, what was chosen does not hold
            self._mode = before
            raise

    def _play(self, named: NamedClip) -> None:
        number = next(self._numbers)
        self._waiting[number] = visible(f"{named.name}, {duration_text(named.clip.duration_ms)}")
        self._coalescer.touch()
        try:
            future = self._voice.submit_audio(named.clip)
        except Exception:  # of the bot: it is told, and the clip waits for nothing any more
            self._waiting.pop(number, None)
            raise
        future.add_done_callback(lambda done: self._played(number, done))

    def _played(self, number: int, done: Future[Any]) -> None:
        self._waiting.pop(number, None)
        error = None if done.cancelled() else done.exception()
        if error is not None and not self._is_told(str(error)):
            self._desk.alerts.add(str(error))
        self._coalescer.touch()

    def _is_told(self, text: str) -> bool:
        turns = self.bot.transcript.turns[-1:]
        return any(isinstance(entry, ErrorEntry) and entry.error == text for turn in turns for entry in turn.entries)

    def _interrupt(self, message: Mapping[str, Any]) -> None:
        # The page that has the sound falls silent by itself, and tells on the line what was heard.
        if not self._bridge.is_played_on(str(message["client"])) and not self._bridge.silence():
            self.bot.interrupt()

    def _cleared(self) -> None:
        if self._voice.state != "idle":
            self.bot.start()


def _turn_detection(bot: BotStructure) -> Any:
    """How the conversation's file lets the server find out that the user has finished."""
    return _llm(bot).get("turn_detection", "server_vad")


def _base_url(bot: BotStructure) -> str:
    return str(_llm(bot).get("base_url", ""))


def _llm(bot: BotStructure) -> Mapping[str, Any]:
    llm = bot.config.get("llm")
    return llm if isinstance(llm, Mapping) else {}


def _lost(event: SessionReconnecting) -> dict[str, Any]:
    return {"attempt": event.attempt, "reason": visible(event.reason), "code": event.close_code}
