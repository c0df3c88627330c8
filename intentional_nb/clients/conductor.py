"""What the server tells, led to whom it concerns: turns, the user's words, the bot's speech, and people.

Nothing here waits. Each happening is dealt with before the next one is read, so events come in the order of what they
tell.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any

from intentional_nb.clients.dialogue import Dialogue
from intentional_nb.clients.hearing import Hearing
from intentional_nb.clients.listening import Listening
from intentional_nb.clients.session_prompt import SessionPrompt, StagePrompt
from intentional_nb.clients.turns import Turns
from intentional_nb.clients.voice_session import VoiceSession, as_error
from intentional_nb.clients.voice_settings import VoiceSettings
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.errors import ClientError
from intentional_nb.events import (
    ErrorOccurred,
    Event,
    FrameUnrecognised,
    RateLimitsReported,
    ReplyAudio,
    ReplyTranscribed,
    UsageReported,
)
from intentional_nb.wire.realtime import happenings as told
from intentional_nb.wire.realtime.session import bytes_per_ms

__all__ = ["Conductor"]


class Conductor:
    """Hears the server.

    Attributes:
        dialogue: What is said to the model.
        prompt: What the model has been told of the stage.
        turns: The turns.
        hearing: What of the bot's speech was heard.
        listening: What the user says.
        session: The session that is open; None while none is.
        on_fatal: Called when the server says that the session is of no more use, with its error.
        on_stuck: Called when the model does not react any more.
    """

    def __init__(self, settings: VoiceSettings, router: IntentRouter, emit: Callable[[Event], None]) -> None:
        self.dialogue = Dialogue()
        self.prompt = SessionPrompt(router, settings.system_prompt, emit)
        self.hearing = Hearing(self.dialogue, emit)
        self.turns = Turns(
            router,
            self.dialogue,
            self.prompt,
            emit,
            timeout_s=settings.timeout_s,
            max_retries=settings.max_retries,
            before_forgetting=self._before_forgetting,
            on_stuck=lambda: self.on_stuck(),
        )
        self.listening = Listening(settings, self.dialogue, self.turns, emit)
        self.session: VoiceSession | None = None
        self.on_fatal: Callable[[told.ErrorTold], None] = lambda _: None
        self.on_stuck: Callable[[], None] = lambda: None
        self._emit = emit
        self._model = settings.model
        self._rate_hz = 24_000
        listening, turns = self.listening, self.turns
        self._handlers: dict[type[Any], Callable[[Any], None]] = {
            told.AudioDelta: self._sound,
            told.TextDelta: self._words,
            told.TranscriptDelta: self._words,
            told.TranscriptDone: self._transcript,
            told.ArgumentsDelta: self._arguments,
            told.CallCompleted: self._call,
            told.AudioDone: lambda done: self.hearing.check(done.item_id),
            told.ResponseBegan: turns.began,
            told.ResponseEnded: self._response_ended,
            told.SpeechBegan: listening.speech_began,
            told.SpeechStopped: listening.speech_stopped,
            told.AudioCommitted: listening.committed,
            told.IdleTimedOut: listening.idle,
            told.UserTranscriptDelta: listening.words_grew,
            told.UserTranscript: listening.words_complete,
            told.UserTranscriptFailed: listening.words_failed,
            told.ItemAdded: self._item_added,
            told.RateLimits: lambda news: emit(RateLimitsReported(limits=news.limits)),
            told.ErrorTold: self._error,
            told.Unrecognised: lambda odd: emit(FrameUnrecognised(frame_type=odd.frame_type, frame=odd.frame)),
        }

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being said, done or waited for."""
        return self.turns.running is None and not self.turns.is_user_speaking and not self.listening.words.pending()

    @property
    def use(self) -> object | None:
        """Something else after every use of the session; None while a turn runs.

        What the server owes, such as a transcript, is no use: some servers owe it for ever.
        """
        return (self.turns.number, self.listening.input_bytes) if self.turns.running is None else None

    def happened(self, happening: told.Happening) -> None:
        """The server told something."""
        self.turns.watchdog.last_word_at = time.monotonic()
        handle = self._handlers.get(type(happening))
        if handle is None:
            return
        try:
            handle(happening)
        except Exception as error:  # one thing gone wrong must be seen, and must not end the session
            text = f"{type(happening).__name__} could not be dealt with: {type(error).__name__}: {error}"
            self._emit(ErrorOccurred(error=text, where="client", exception=error))

    # What the model says.

    def _sound(self, delta: told.AudioDelta) -> None:
        turn = self.turns.running
        if turn is None or delta.response_id != turn.response_id:
            return
        if delta.item_id not in self.hearing.turns:
            self.hearing.turns[delta.item_id] = turn.number
            turn.said.sound()
        self._emit(
            ReplyAudio(
                turn=turn.number, item_id=delta.item_id, pcm=delta.pcm, rate_hz=self._rate_hz, part=turn.said.part
            )
        )

    def _words(self, delta: told.TextDelta | told.TranscriptDelta) -> None:
        turn = self.turns.running
        if turn is not None and delta.response_id == turn.response_id:
            turn.say(delta.delta, delta.item_id)

    def _transcript(self, done: told.TranscriptDone) -> None:
        turn = self.turns.running
        if turn is not None and done.response_id == turn.response_id:
            self._emit(ReplyTranscribed(turn=turn.number, item_id=done.item_id, text=done.text, part=turn.said.part))

    def _arguments(self, delta: told.ArgumentsDelta) -> None:
        turn = self.turns.running
        # Of a call without a name the arguments are told when it is complete.
        if turn is not None and delta.response_id == turn.response_id and delta.name:
            turn.write(delta.call_id, delta.name, delta.delta)

    def _call(self, completed: told.CallCompleted) -> None:
        turn = self.turns.running
        if turn is not None and completed.response_id == turn.response_id:
            turn.wrote(completed.call)

    def _response_ended(self, ended: told.ResponseEnded) -> None:
        usage = ended.usage
        if usage is not None:
            turn = self.turns.running
            self._emit(
                UsageReported(
                    turn=turn.number if turn is not None else self.turns.number,
                    model=self._model,
                    input_tokens=usage.input_tokens,
                    output_tokens=usage.output_tokens,
                    cached_tokens=usage.cached_tokens,
                    input_audio_tokens=usage.input_audio_tokens,
                    output_audio_tokens=usage.output_audio_tokens,
                    cached_audio_tokens=usage.cached_audio_tokens,
                )
            )
        self.hearing.check_all()
        self.turns.ended(ended)

    def _item_added(self, added: told.ItemAdded) -> None:
        self.dialogue.confirmed(added.item_id)
        self.dialogue.past.note(added.item_id, self.turns.number)

    def _before_forgetting(self) -> Collection[str]:
        self.hearing.carry_over(self.dialogue.half)
        return self.listening.words.pending()

    def take_back(self, from_turn: int) -> None:
        """Take back a turn and all after it; one that runs is stopped first."""
        self.turns.cut("the turn was taken back")
        self.listening.clear()
        self.hearing.take_back(from_turn)
        self.dialogue.take_back(from_turn)

    # What goes wrong.

    def _error(self, complaint: told.ErrorTold) -> None:
        if complaint.is_harmless or self.session is None:  # while a session is opened, whoever opens it is told
            return
        if complaint.command == "conversation.item.create":
            self.dialogue.confirmed(complaint.item_id)
        turn = self.turns.running
        error = as_error(complaint)
        self._emit(
            ErrorOccurred(
                turn=turn.number if turn is not None else None, error=str(error), where="model", exception=error
            )
        )
        self.turns.refused(complaint.ask_ids, error)
        if complaint.is_fatal:
            self.on_fatal(complaint)

    # Sessions come and go.

    def opened(self, session: VoiceSession, prompt: StagePrompt) -> None:
        """A session is open: it takes up where an earlier one was lost."""
        self.session = session
        self.dialogue.flush = session.flush
        self._rate_hz = round(bytes_per_ms(session.half.session, "output") * 500)
        self.prompt.opened(session, prompt)
        self.turns.found(is_heard_again=self.listening.replay())
        session.flush()

    def lost(self) -> None:
        """The session is lost; what is said until there is another one is kept for it."""
        was_deaf = self.session is not None and self.session.was_deaf
        if self.session is not None:
            self.session.mute()
        self.session, self.dialogue.flush = None, lambda: None
        self.turns.lost()
        self.listening.lost(was_deaf=was_deaf)
        self.prompt.lost()
        self.carry_over()

    def carry_over(self) -> None:
        """Prepare the next session: it will be told what was said and heard."""
        unheard = self.listening.unheard_item()
        self.hearing.carry_over(self.dialogue.carry_over(without=[unheard] if unheard is not None else []))

    def over(self, error: ClientError) -> None:
        """There will be no other session."""
        self.session = None
        self.prompt.over(error)
        if self.turns.running is not None:
            self.turns.fail(error)
        else:
            self._emit(ErrorOccurred(error=str(error), where="model", exception=error))
