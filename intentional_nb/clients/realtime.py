"""The client for OpenAI's Realtime API and every server that speaks it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from intentional_nb.clients.base import ContinuousStreamModelClient, Emitter
from intentional_nb.clients.conductor import Conductor
from intentional_nb.clients.memory import Chapter
from intentional_nb.clients.options import base_url_option
from intentional_nb.clients.recent_audio import BYTES_PER_MS
from intentional_nb.clients.session_keeper import SessionKeeper
from intentional_nb.clients.voice_settings import VoiceSettings
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.errors import AudioError, ClientError, SessionClosedError
from intentional_nb.tools.tool import Tool

if TYPE_CHECKING:
    from intentional_nb.audio.clip import Clip

__all__ = ["RealtimeAPIClient"]

CHUNK_BYTES = 4_800
"""A clip is sent in pieces of 100 ms."""
SAY_THIS = "Say this, word for word, and nothing else:\n\n"
"""How the model is told to speak a line that is not its own."""


class RealtimeAPIClient(ContinuousStreamModelClient):
    """Talks with a model over the Realtime API; in conversation files it is called ``openai_realtime``.

    All methods belong to one event loop. The session is kept from `connect` to `disconnect`: when it is lost another
    one is opened, and told what was said and heard.
    """

    name: ClassVar[str] = "openai_realtime"

    def __init__(
        self,
        parent: Emitter | None,
        intent_router: IntentRouter,
        config: Mapping[str, Any],
        *,
        api_key: str | None = None,
    ) -> None:
        """Prepare the client; nothing is sent yet.

        Args:
            parent: Is told of every event.
            intent_router: Knows the stage, its prompt and its tools.
            config: ``name`` (the model, required), ``api_key_name``, ``base_url``, ``voice``, ``system_prompt``,
                ``turn_detection``, ``transcription_model``, ``language``, ``speed``, ``output_modalities``,
                ``noise_reduction``, ``timeout`` (seconds), ``max_retries``, ``close_after`` (seconds without a word; 0,
                the default, for never); every other entry is a field of the session, such as ``max_output_tokens``.
            api_key: The key itself; without it the environment variable is read.

        Raises:
            ConfigError: A setting is missing or wrong, the model is not a realtime one, or there is no key.
        """
        super().__init__(parent, intent_router, config)
        settings = VoiceSettings.read(config, api_key=api_key)
        self._conductor = Conductor(settings, intent_router, self.emit)
        self._keeper = SessionKeeper(settings, self._conductor, self.emit)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(model={self.model_name!r}, base_url={self._settings.base_url!r})"

    # What is known.

    @property
    def _settings(self) -> VoiceSettings:
        return self._keeper.settings

    @property
    def model_name(self) -> str:
        """The model that is talked with."""
        return self._settings.model

    @property
    def api_key_name(self) -> str:
        """The environment variable that holds the key."""
        return self._settings.api_key_name

    @property
    def voice(self) -> str:
        """The voice that speaks."""
        return self._settings.voice

    @property
    def system_prompt(self) -> str:
        """What the model has been told of the stage; before it is connected, what it will be told."""
        return self._conductor.prompt.current.text

    @property
    def tools(self) -> dict[str, Tool]:
        """What the model may call, by name; the router is among them where there is a choice."""
        return dict(self._conductor.prompt.current.tools)

    @property
    def turn(self) -> int:
        """Number of the latest turn; 0 before the first."""
        return self._conductor.turns.number

    @property
    def is_connected(self) -> bool:
        """Whether a session is open at this moment."""
        return self._conductor.session is not None

    @property
    def input_ms(self) -> int:
        """How much audio of the user was sent so far, in milliseconds."""
        return self._conductor.listening.input_bytes // BYTES_PER_MS

    @property
    def conversation(self) -> list[dict[str, Any]]:
        """The conversation as the model has it, in order: ``id``, ``turn``, ``type``, ``role``, ``text``.

        ``heard_text`` is what of a spoken reply has reached the user. Calls have ``name`` and ``arguments``, their
        answers ``output``.
        """
        dialogue = self._conductor.dialogue
        return [
            {
                "id": item.item_id,
                "turn": dialogue.past.turns.get(item.item_id),
                "type": item.kind,
                "role": item.role,
                "text": item.text,
                "heard_text": dialogue.heard_text(item),
                **{key: item.facts[key] for key in ("name", "arguments", "output") if key in item.facts},
            }
            for item in dialogue.items
        ]

    def key_at(self, settings: Mapping[str, Any]) -> str | None:
        """The key, for another client that asks at the same address."""
        return self._settings.api_key if base_url_option(settings) == base_url_option(self.config) else None

    # The session.

    async def connect(self) -> None:
        """Open a session and wait until the server has confirmed prompt, tools and voice; harmless when one is open.

        Raises:
            ConnectError: Nobody answers.
            RefusedError: The server said no, in its own words: a wrong key, an unknown model, a setting.
            ReplyTimeoutError: The server does not confirm the session.
            SessionClosedError: The server closed it before it was open.
        """
        if not self._keeper.is_open and self._conductor.turns.running is None:
            self._conductor.turns.expect_user()
        await self._keeper.connect()

    async def disconnect(self) -> None:
        """Close the session, and end the turn that runs; harmless when there is none."""
        await self._keeper.disconnect()

    async def run(self) -> None:
        """Stay until the session is closed, opening one first where there is none.

        Raises:
            ClientError: It cannot be opened, or it was lost for good.
        """
        await self.connect()
        await self._keeper.finished()

    async def close(self) -> None:
        """Let go of the model."""
        await self.disconnect()

    async def warm_up(self) -> None:
        """Load what the session needs, so that it does not wait for imports."""
        await asyncio.to_thread(__import__, "websockets.asyncio.client")

    # What the user says.

    async def send(self, data: Mapping[str, Any]) -> None:
        """Give the model something; what comes of it is told by events.

        Args:
            data: ``{"audio_stream": pcm}`` with the latest piece of the user's audio, 24 000 Hz;
                ``{"audio_message": clip}`` with all that they say, in any form that `Clip.read` takes; or
                ``{"text_message": {"role": "user", "content": "…"}}``, which begins a turn at once.

        Raises:
            ValueError: It is none of these.
            AudioError: The audio cannot be used.
            SessionClosedError: There is no session; `connect` opens one.
        """
        if "audio_stream" in data:
            self.append_audio(data["audio_stream"])
        elif "audio_message" in data:
            await self._send_clip(data["audio_message"])
        else:
            self._send_text(_text_of(data))

    def append_audio(self, pcm: bytes) -> None:
        """Send the latest piece of the user's audio; returns at once.

        While a lost session is opened again, the latest 30 seconds are kept for it.

        Args:
            pcm: 16-bit little-endian mono samples, 24 000 Hz.

        Raises:
            AudioError: It is half a sample too long.
            SessionClosedError: There is no session.
        """
        self._must_be_open()
        self._conductor.listening.append(pcm)
        self._conductor.dialogue.flush()

    async def _send_clip(self, source: Any) -> None:
        self._must_be_open()
        clip = await asyncio.to_thread(_read_clip, source)
        is_manual = self._settings.turn_detection is None
        if is_manual and clip.duration_ms < 100:
            text = f"the clip is {clip.duration_ms:.0f} ms long; a server takes no speech under 100 ms"
            raise AudioError(text, expected="100 ms or more", found=f"{clip.duration_ms:.0f} ms")
        # The server's turn detection needs silence to notice that the clip is over.
        pcm = clip.pcm + bytes(BYTES_PER_MS * self._settings.closing_silence_ms)
        self._conductor.listening.hold()
        for start in range(0, len(pcm), CHUNK_BYTES):
            self.append_audio(pcm[start : start + CHUNK_BYTES])
            if self._conductor.session is not None:
                await self._conductor.session.room()
        if is_manual:
            await self.commit_audio()

    def _send_text(self, text: str) -> None:
        self._must_be_open()
        conductor = self._conductor
        if conductor.turns.running is not None:
            conductor.hearing.stop()
        conductor.turns.begin(text)
        conductor.dialogue.past.note(conductor.dialogue.say(text), conductor.turns.number)
        conductor.turns.ask()
        self._conductor.dialogue.flush()

    async def commit_audio(self) -> bool:
        """The user has finished speaking: the audio since the last commit becomes what they said, and is answered.

        For push to talk, where no turn detection is set.

        Returns:
            False when there were less than 100 ms, of which no server makes anything; nothing happens then.
        """
        self._must_be_open()
        is_enough = self._conductor.listening.commit()
        self._conductor.dialogue.flush()
        return is_enough

    async def clear_audio(self) -> None:
        """The audio sent since the last commit does not count."""
        self._must_be_open()
        self._conductor.listening.clear()
        self._conductor.dialogue.flush()

    async def set_turn_detection(self, value: Any) -> None:
        """Change who finds out that the user has finished.

        Args:
            value: ``server_vad``, ``semantic_vad``, ``none``, or a mapping with the server's own fields.

        Raises:
            ConfigError: It cannot be used.
            ClientError: The server does not take it; nothing has changed.
        """
        await self._keeper.set_turn_detection(self._settings.with_turn_detection(value))

    # What the model says.

    async def open(self, text: str) -> int:
        """Let the bot speak first: a turn in which it says ``text``, word for word.

        Returns:
            The turn's number, once it is over; what became of it was told by events.

        Raises:
            SessionClosedError: There is no session.
        """
        self._must_be_open()
        turn = self._conductor.turns.begin(None)
        self._conductor.turns.ask(instructions=f"{SAY_THIS}{text}", tools=[], tool_choice="none")
        self._conductor.dialogue.flush()
        await turn.over.wait()
        return turn.number

    async def update_system_prompt(self) -> None:
        """Take the prompt and the tools of the router's current stage, and wait until the model has them.

        Raises:
            ClientError: The server does not take them.
        """
        self._conductor.prompt.refresh()
        if self._conductor.turns.running is None:
            self._conductor.turns.expect_user()
        if self._keeper.is_open:
            await self._conductor.prompt.settle()
        else:
            self._conductor.prompt.current = self._conductor.prompt.wanted()

    async def go_on_in(self, trial: IntentRouter, change: Callable[[], None]) -> None:
        """Let the conversation go on in another graph, once the server has confirmed what the model would be told.

        While a lost session is opened again nobody can be asked: the next one is opened with what holds then.

        Raises:
            ClientError: The server does not take it; ``change`` was not called, and the model has what it had.
            GraphError: What ``change`` raised; the model has, or gets back, what it had.
        """
        prompt = self._conductor.prompt
        try:
            await prompt.propose(prompt.told_by(trial), change)
        except SessionClosedError:
            change()
            prompt.refresh()
            prompt.current = prompt.wanted()
            return
        sent = prompt.push()  # where the conversation has moved meanwhile
        if sent is not None:
            with contextlib.suppress(ClientError):  # it was told, and what was asked for is done
                await asyncio.shield(sent)

    async def handle_interruption(self, length_to_interruption: int | None = None, *, turn: int | None = None) -> None:
        """Stop the reply that is being made or played, and let the model forget what was not heard; harmless else.

        Whoever interrupts because the user speaks asks a player how far it has come. Meanwhile a short utterance may
        have become a turn of its own, which the model answers already: then ``turn`` says that the one before is meant.

        Args:
            length_to_interruption: Milliseconds that were really played of the item that is playing; None for all that
                was received.
            turn: The turn that was interrupted, where that is known; the response to a later one is left alone.
        """
        running = self._conductor.turns.running
        is_late = turn is not None and running is not None and turn < running.number
        self._conductor.hearing.interrupt(length_to_interruption, keep_response=is_late)
        if not is_late:
            self._conductor.turns.cut("the user interrupted")

    def note_played(self, item_id: str, played_ms: int) -> None:
        """Take a player's report of how much of an item was really played so far, in milliseconds."""
        self._conductor.hearing.note_played(item_id, played_ms)

    # Going back.

    def mark(self) -> int:
        """What `go_back` goes back to: the moment before the latest turn began."""
        return self.turn

    async def go_back(self, mark: int | None = None) -> None:
        """Let the model know only what it knew at a mark, or nothing at all; a turn that runs is stopped first.

        The router stays where it is.
        """
        self._conductor.take_back(mark if mark is not None else 0)
        self._conductor.dialogue.flush()

    @property
    def memory(self) -> tuple[Chapter, ...]:
        """What the model knows, and knew in conversations that are over, in writing."""
        return self._conductor.dialogue.memory()

    def learn(self, memory: Sequence[Chapter], turn: int) -> None:
        """Let the model know what another one did; before the first word.

        Args:
            memory: What the other one knew.
            turn: Number of its latest turn.
        """
        self._conductor.dialogue.learn(memory)
        self._conductor.turns.number = turn

    # Inside.

    def _must_be_open(self) -> None:
        if not self._keeper.is_open:
            raise SessionClosedError("there is no session with the model; call connect() first")


def _read_clip(source: Any) -> Clip:
    from intentional_nb.audio.clip import Clip

    return Clip.read(source)


def _text_of(data: Mapping[str, Any]) -> str:
    message = data.get("text_message")
    content = message.get("content") if isinstance(message, Mapping) else None
    if not isinstance(content, str):
        raise ValueError(
            "send takes {'audio_stream': pcm}, {'audio_message': clip} or "
            f"{{'text_message': {{'role': 'user', 'content': '…'}}}}, got {dict(data)!r:.200}"
        )
    return content
