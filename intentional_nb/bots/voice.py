"""The bot to speak with: the same conversation graph, over a session that listens and speaks at the same time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from intentional_nb.audio.clip import Clip, ClipSource
from intentional_nb.audio.pcm import byte_count
from intentional_nb.bots import runtime
from intentional_nb.bots.expecting import Expectation, Expectations, TurnKind
from intentional_nb.bots.playing import Player, Playing
from intentional_nb.bots.recorded import RecordedBotStructure
from intentional_nb.bots.structure import DRAIN_S
from intentional_nb.bots.transcript import Turn
from intentional_nb.bots.user_audio import UserAudio
from intentional_nb.bots.voice_state import Phase, Step, VoiceState, after
from intentional_nb.clients.memory import Chapter
from intentional_nb.clients.realtime import RealtimeAPIClient
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.events import (
    ConversationReset,
    ConversationRewound,
    Event,
    ModelDisconnected,
    ReplyHeard,
    ReplyInterrupted,
    ReplyText,
    SpeechStarted,
    TurnStarted,
)

__all__ = ["VoiceBotStructure"]

CLOSE_AFTER_S = 600
"""A session in which nothing is said, and to which no microphone sends, is closed after ten minutes. The next word
opens another, and nobody pays for one that was forgotten. ``close_after`` in the file says otherwise."""


class VoiceBotStructure(RecordedBotStructure):
    """A bot to speak with, and to type to; in conversation files it is ``direct_to_llm`` with a client that speaks.

    Anything said to it opens the session, which is closed when nothing is said for ten minutes. A player, such as the
    voice panel, attaches itself, plays what `ReplyAudio` brings and reports what it has rendered; without one, all that
    the bot says counts as heard.

    Attributes:
        llm: The client of the model.
    """

    is_spoken = True

    llm: RealtimeAPIClient

    def __init__(self, config: Mapping[str, Any], intent_router: IntentRouter, *, api_key: str | None = None) -> None:
        """Make the bot and its client; nothing is sent yet.

        Args:
            config: The ``bot`` section of the conversation file, with ``llm``.
            intent_router: Knows the graph.
            api_key: The key itself, for callers that have it; the environment is not asked then.

        Raises:
            ConfigError: The ``llm`` section cannot be used.
        """
        super().__init__(config, intent_router)
        self._phase = Phase()
        self._expected = Expectations()
        self._connecting = asyncio.Lock()
        llm = {"close_after": CLOSE_AFTER_S, **config.get("llm", {})}
        self.llm = RealtimeAPIClient(self, intent_router, llm, api_key=api_key)
        self._user = UserAudio(
            self.llm, self._tape, self._expected, emit=self.emit, open_session=self._open_for_microphone
        )
        self._playing = Playing(
            self.llm,
            turn_of=self._tape.turn_of,
            on_played=self._tape.note_played,
            on_players=self._note_players,
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}(stage={self.stage!r}, model={self.llm.model_name!r}, state={self.state!r})"

    @property
    def state(self) -> VoiceState:
        """What the conversation is doing: ``idle``, ``listening``, ``speaking`` and so on."""
        return self._phase.state

    @property
    def is_busy(self) -> bool:
        """Whether a turn is running or waiting."""
        return super().is_busy or self._phase.turn is not None

    # -- events

    def emit(self, event: Event) -> None:
        """Take note of an event and tell everybody."""
        if type(event) is ReplyText:  # many come, and the transcript alone wants them
            super().emit(event)
            return
        with self._telling:
            # Before anybody is told: a player that is quick answers at once.
            asks = isinstance(event, SpeechStarted) and self._playing.ask(is_sounding=bool(self._phase.sounding))
            self._phase = after(self._phase, event)
            if isinstance(event, TurnStarted):
                self._expected.note(event)  # who waits for the turn wants to be told of its first event too
                super().emit(event)
            else:
                super().emit(event)
                self._expected.note(event)
        if asks:
            runtime.submit(self._playing.user_speaks(self.llm.turn))
        elif isinstance(event, ReplyHeard | ReplyInterrupted):
            self._playing.settle(event.item_id)
        elif isinstance(event, ConversationReset | ConversationRewound):
            self._playing.forget()
        elif isinstance(event, ModelDisconnected):
            self._user.is_off = not event.is_unused  # then no microphone was running

    def _step(self, step: Step) -> None:
        with self._telling:
            self._phase = after(self._phase, step)

    # -- the session

    def connect(self) -> Turn | None:
        """Open the session, if none is open, and let the bot say its opening line; the same as `start`."""
        return self.start()

    async def aconnect(self) -> Turn | None:
        """Like `connect`, to await."""
        return await self.astart()

    def disconnect(self) -> None:
        """Close the session; the conversation can go on in another one. Harmless when there is none."""
        _wait(self._disconnect())

    async def adisconnect(self) -> None:
        """Like `disconnect`, to await."""
        await runtime.wait_async(runtime.submit(self._disconnect()))

    async def _disconnect(self) -> None:
        self._user.drop()
        self._user.is_off = True
        await self.llm.disconnect()

    async def _prepare(self) -> None:
        """Open the session, if none is open."""
        async with self._connecting:
            await self._connect()

    async def _connect(self) -> None:
        if self.state not in ("idle", "connecting"):
            return
        self._user.is_off = False
        self._step("connecting")
        try:
            await self.llm.connect()
        except BaseException:  # also when the cell is interrupted: nobody is connecting any more
            self._user.is_off = True  # a microphone that runs on must not try again, and again
            self._step("failed")
            raise

    async def _open_for_microphone(self) -> None:
        if self.state not in ("idle", "connecting"):
            return
        async with self._connecting:
            if self._user.is_off:  # somebody else has just tried in vain
                return
            await self._connect()
        if not self._is_open:  # in a task of its own: the user need not wait with speaking until the line has been said
            runtime.submit(self._open()).add_done_callback(self._tell_of_opening)

    def _tell_of_opening(self, opening: Future[Any]) -> None:
        error = None if opening.cancelled() else opening.exception()
        if error is not None:
            self._user.tell_failure(error)

    def set_turn_detection(self, value: str | Mapping[str, Any] | None) -> None:
        """Choose who finds out that the user has finished.

        Args:
            value: ``server_vad``, ``semantic_vad``, a mapping with the server's fields, or ``none``: then nothing is
                answered until `commit_audio`.

        Raises:
            ConfigError: It is something else.
            ClientError: The server does not take it.
        """
        _wait(self.llm.set_turn_detection(value))

    # -- typing

    async def _converse(self, text: str, on_number: Callable[[int], None]) -> Turn:
        async with self._expecting("typed", on_number) as expected:
            await self.llm.send({"text_message": {"role": "user", "content": text}})
            return self.transcript.turn(await expected.last())

    async def _speak_first(self, line: str) -> Turn:
        async with self._expecting("opening") as expected:
            await self.llm.open(line)
            return self.transcript.turn(await expected.last())

    @contextlib.asynccontextmanager
    async def _expecting(
        self, kind: TurnKind, on_number: Callable[[int], None] = lambda _: None
    ) -> AsyncIterator[Expectation]:
        expected = self._expected.expect(kind, on_number)
        try:
            yield expected
        except asyncio.CancelledError:  # the caller gave up: settle the turn first
            await self._stop()
            raise
        finally:
            self._expected.drop(expected)

    # -- speaking

    def submit_audio(self, clip: ClipSource) -> Future[Turn]:
        """Say a clip and return at once; messages wait for each other.

        Args:
            clip: What the user says: a clip, the bytes or the path of a WAV, or ``(array, rate_hz)``.

        Returns:
            A future of the turn; cancelling it interrupts the turn. It raises what `speak` raises.

        Raises:
            AudioError: It is no audio.
            BotClosedError: The bot was closed.
        """
        said = Clip.read(clip)
        self._check_open()
        return runtime.submit(self._take_spoken_turn(said))

    async def _take_spoken_turn(self, clip: Clip) -> Turn:
        async with self._my_turn():
            await self._say_opening_line()
            async with self._expecting("spoken") as expected:
                return self.transcript.turn(await self._user.say(clip, expected))

    def speak(self, clip: ClipSource) -> Turn:
        """Say a clip and wait until the bot has answered; interrupting the cell cancels the turn.

        Returns:
            The turn, with what was understood and what the bot said.

        Raises:
            AudioError: It is no audio, or there is no speech in it.
            ClientError: The model gave no usable answer, or the session ended.
            BotClosedError: The bot was closed.
        """
        turn = runtime.wait(self.submit_audio(clip))
        self._listeners.drain(DRAIN_S)
        return turn

    async def send_audio(self, clip: ClipSource) -> Turn:
        """Like `speak`, to await."""
        turn = await runtime.wait_async(self.submit_audio(clip))
        if self._listeners.handlers:
            await asyncio.to_thread(self._listeners.drain, DRAIN_S)
        return turn

    def stream_audio(self, pcm: bytes) -> None:
        """Send a piece of what a microphone hears; returns at once, from any thread.

        The first piece opens the session; ten seconds wait while that takes time. When it could not be opened, or has
        ended in another way than by not being used, nothing is sent until `expect_microphone`, or until it is opened in
        another way.

        Args:
            pcm: 16-bit little-endian mono samples, 24 000 a second; 20 to 100 ms at a time are best.

        Raises:
            AudioError: Half a sample is left over.
            BotClosedError: The bot was closed.
        """
        self._check_open()
        byte_count(pcm)
        self._user.put(bytes(pcm))

    def expect_microphone(self) -> None:
        """A microphone was switched on: what it hears may open a session, also after one could not be opened."""
        self._user.is_off = False

    def commit_audio(self) -> Future[Turn]:
        """What was streamed since the last turn is a message: push to talk, with turn detection ``none``.

        Returns:
            At once, a future of the turn. It raises `AudioError` when less than 100 ms were streamed.
        """
        self._check_open()
        commit = self._user.commit()

        async def wait() -> Turn:
            return self.transcript.turn(await self._user.committed(commit))

        return runtime.submit(wait())

    def clear_audio(self) -> None:
        """What was streamed since the last turn does not count; returns at once."""
        self._check_open()
        self._user.clear()

    # -- being heard

    def attach_player(self) -> Player:
        """Say that somebody plays what the bot says, and will report what was heard.

        From now on `SpeechStarted` is followed by the player's `Player.flushed`: it falls silent at once and tells what
        it had rendered, and exactly that is what the model remembers having said.

        Returns:
            Takes the reports; calling it, or its ``detach``, ends this.
        """
        return self._playing.attach()

    def _note_players(self, there_are: bool) -> None:
        self._tape.has_player = there_are
        self._step("player attached" if there_are else "player detached")

    def note_played(self, item_id: str, played_ms: float) -> None:
        """Take a player's report: so much of an item was rendered so far."""
        self._playing.note_played(item_id, played_ms)

    def flushed(self, item_id: str | None, played_ms: float = 0) -> None:
        """Take a player's last report: it fell silent, and had rendered so much of the item that was playing."""
        self._playing.flushed(item_id, played_ms)

    def interrupt(self, heard_ms: int | None = None) -> None:
        """Stop the reply that is being given; returns at once, harmless when there is none.

        Args:
            heard_ms: How much was heard of the item that was playing; None for the player's last report, or, without a
                player, for all that came.
        """
        runtime.submit(self._playing.interrupt(heard_ms))

    async def _stop(self) -> None:
        await self._playing.interrupt()

    # -- going back, and the end

    def _memory(self) -> int:
        return self.llm.mark()

    async def _remember(self, memory: int | None) -> None:
        await self.llm.go_back(memory)

    def _remembered(self) -> tuple[Chapter, ...]:
        return self.llm.memory

    def _learn(self, chapters: Sequence[Chapter], turns: Iterable[int]) -> Mapping[int, int]:
        marks = {turn: turn for turn in turns}
        self.llm.learn(chapters, max(marks, default=0))
        return marks

    async def _shut_down(self) -> None:
        self._user.drop()
        await self.llm.close()
        self._step("closed")
        self._tape.close()


def _wait(coroutine: Coroutine[Any, Any, Any]) -> None:
    future = runtime.submit(coroutine)
    if not runtime.is_background_thread():  # there, waiting would never end: what was asked is done all the same
        runtime.wait(future)
