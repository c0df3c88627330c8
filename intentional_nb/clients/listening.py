"""The user's side of a spoken conversation: their audio on its way out, and what the server makes of it."""

from __future__ import annotations

from collections.abc import Callable

from intentional_nb.clients.dialogue import Dialogue
from intentional_nb.clients.recent_audio import BYTES_PER_MS, KEPT_MS, RecentAudio
from intentional_nb.clients.spoken_turn import SpokenTurn
from intentional_nb.clients.turns import Turns
from intentional_nb.clients.user_words import UserWords
from intentional_nb.clients.voice_settings import VoiceSettings
from intentional_nb.events import ErrorOccurred, Event, SpeechEnded, SpeechStarted
from intentional_nb.wire.realtime.happenings import (
    AudioCommitted,
    IdleTimedOut,
    SpeechBegan,
    SpeechStopped,
    UserTranscript,
    UserTranscriptDelta,
    UserTranscriptFailed,
)

__all__ = ["Listening"]


class Listening:
    """Takes the user's audio, and begins a turn when the server has made an item of it.

    Attributes:
        settings: Say who finds out that the user has finished; may change.
        words: What the user said.
        is_away: Whether no session is open: audio is only kept.
        input_bytes: How much audio the user has sent, in all sessions; what is told of speech counts from there.
    """

    def __init__(
        self, settings: VoiceSettings, dialogue: Dialogue, turns: Turns, emit: Callable[[Event], None]
    ) -> None:
        self.settings = settings
        self.words = UserWords(emit, settings.transcription_model or "")
        self.is_away = True
        self.input_bytes = 0
        self._base_ms = 0.0  # where the session's audio begins in all that the user has sent
        self._dialogue, self._turns, self._emit = dialogue, turns, emit
        self._recent = self._fresh()
        self._ends_ms: dict[str, int] = {}  # where the speech of an item ends in the session's audio
        self._silent: set[str] = set()  # items that the server made of silence
        self._resuming: SpokenTurn | None = None  # whose speech is said again to a new session
        self._owes_commit = False  # whether the user finished while no session was open
        self._pushed = 0  # commits of ours on their way

    def _fresh(self) -> RecentAudio:
        return RecentAudio(keeps_all=self.settings.turn_detection is None)

    # What the user sends.

    def append(self, pcm: bytes) -> None:
        """Audio of the user."""
        self.input_bytes += len(pcm)
        self._append(pcm)

    def _append(self, pcm: bytes) -> None:
        if not self.is_away:
            self._dialogue.half.append_audio(pcm)
        if pcm:
            self._recent.add(pcm)

    def _at_ms(self, session_ms: int) -> int:
        return round(self._base_ms) + session_ms

    def hold(self) -> None:
        """More audio will come at once than was spoken in that time: keep it until the server has heard it."""
        self._recent.hold()

    def commit(self) -> bool:
        """The user has finished; False when they had said less than a server takes, 100 ms."""
        if self.is_away:
            self._owes_commit = True
            return True
        return self._commit()

    def _commit(self) -> bool:
        is_enough = self._dialogue.half.commit_audio() is not None
        self._pushed += is_enough
        return is_enough

    def clear(self) -> None:
        """The user wants what they said since the last commit not to count."""
        self._owes_commit = False
        self._recent.cleared()
        self._turns.user_fell_silent()
        if not self.is_away:
            self._dialogue.half.clear_audio()

    def set_turn_detection(self, settings: VoiceSettings) -> None:
        """From now on another one finds out that the user has finished."""
        self.settings = settings
        self._recent.keeps_all = settings.turn_detection is None
        self._turns.user_fell_silent()

    # What the server hears.

    def speech_began(self, told: SpeechBegan) -> None:
        """The server hears speech."""
        self._turns.is_user_speaking = True
        self._recent.speech_began(told.audio_start_ms)
        self._emit(SpeechStarted(item_id=told.item_id, at_ms=self._at_ms(told.audio_start_ms)))

    def speech_stopped(self, told: SpeechStopped) -> None:
        """The server hears that the speech is over."""
        self._ends_ms[told.item_id] = told.audio_end_ms
        self._turns.user_fell_silent()
        self._emit(SpeechEnded(item_id=told.item_id, at_ms=self._at_ms(told.audio_end_ms)))

    def idle(self, told: IdleTimedOut) -> None:
        """Nobody spoke for so long that the server lets the model speak."""
        self._silent.add(told.item_id)
        self._ends_ms[told.item_id] = told.audio_end_ms

    def committed(self, told: AudioCommitted) -> None:
        """The audio became an item: a turn begins, or goes on whose speech a lost session had."""
        item_id = told.item_id
        ends_ms = self._ends_ms.pop(item_id, None)
        is_pushed = self._pushed > 0 and ends_ms is None  # such speech the server does not answer by itself
        self._pushed -= is_pushed
        self._recent.committed(item_id, ends_ms)
        self._turns.is_user_speaking = False
        if item_id in self._silent:
            self._silent.discard(item_id)
            self.words.ignore(item_id)
            self._recent.recognised(item_id)
            self._turns.begin(None, item_id=item_id)
        elif self._resuming is not None and self._resuming is self._turns.running:
            self._resume(self._resuming, item_id)
        else:
            turn = self._turns.begin("", item_id=item_id)
            self._expect_words(item_id, turn.number)
        if is_pushed or not self.settings.server_answers:
            self._turns.ask()

    def _expect_words(self, item_id: str, turn: int) -> None:
        if self.settings.transcription_model is None:
            self.words.ignore(item_id)
            self._recent.only(item_id)
        else:
            self.words.expect(item_id, turn)

    def _resume(self, turn: SpokenTurn, item_id: str) -> None:
        self._resuming = None
        if turn.item_id is not None:
            self.words.replaced(turn.item_id, item_id)
        turn.item_id = item_id

    def words_grew(self, told: UserTranscriptDelta) -> None:
        """A piece of what the user said."""
        self._note_words(told.item_id, self.words.known(told.item_id) + told.delta)
        self.words.grew(told.item_id, told.delta)

    def _note_words(self, item_id: str, text: str) -> None:
        """Let the running turn know its words, for the decisions that they lead to."""
        turn = self._turns.running
        if turn is not None and turn.item_id == item_id:
            turn.user_text = text

    def words_complete(self, told: UserTranscript) -> None:
        """All that the user said in an item."""
        self._note_words(told.item_id, told.text)
        self.words.complete(told.item_id, told.text, told.usage)
        self._settled(told.item_id)

    def words_failed(self, told: UserTranscriptFailed) -> None:
        """What the user said will not be known."""
        self.words.failed(told.item_id, told.message)
        self._settled(told.item_id)

    def _settled(self, item_id: str) -> None:
        self._recent.recognised(item_id)
        self._dialogue.settled(item_id)

    # When a session is lost.

    def unheard_item(self) -> str | None:
        """The speech that the running turn began with, when nobody knows yet what was said in it."""
        turn = self._turns.running
        item_id = turn.item_id if turn is not None and turn.waits_for == "model" else None
        return item_id if self._recent.holds(item_id) else None

    def lost(self, *, was_deaf: bool) -> None:
        """No session is open: what is said is kept until there is one.

        Args:
            was_deaf: The server had not heard anything for long when that was noticed.
        """
        self.is_away = True
        self._recent.hold(was_deaf=was_deaf)
        unheard = self.unheard_item()
        for item_id in self.words.pending():
            if item_id != unheard:
                self.words.failed(item_id, "the session was lost before the speech was recognised")

    def replay(self) -> bool:
        """A new session is open: it hears what the lost one had not understood, and what was said meanwhile.

        Returns:
            Whether the speech with which the running turn began is among that.
        """
        unheard = self.unheard_item()
        pcm, lost_ms = self._recent.unheard(unheard)
        if lost_ms:
            kept = f"{KEPT_MS / 1000:g} s are kept while a session is opened again"
            self._emit(ErrorOccurred(error=f"{lost_ms / 1000:.1f} s of what was said are lost; {kept}", where="audio"))
        self._base_ms = (self.input_bytes - len(pcm)) / BYTES_PER_MS
        if unheard is not None:
            self._resuming = self._turns.running
            pcm += bytes(self.settings.closing_silence_ms * BYTES_PER_MS)
        self._recent, self._ends_ms, self._pushed, self.is_away = self._fresh(), {}, 0, False
        self._append(pcm)
        is_finished = self._owes_commit or (unheard is not None and self.settings.turn_detection is None)
        self._owes_commit = False
        if is_finished:
            self._commit()
        return unheard is not None
