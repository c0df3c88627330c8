"""The voice model itself: hears with the speech of this machine, thinks with the chat model, and speaks.

Without the speech extra it writes instead, and says of audio that it cannot hear it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from intentional_nb.local.model import ChatModel
from intentional_nb.local.realtime.chatting import chat_request, words_to_say
from intentional_nb.local.realtime.model import REALTIME_MODEL, Detector, Edge
from intentional_nb.local.realtime.speaking import Pace, say, write
from intentional_nb.local.realtime.speech import LocalSpeech
from intentional_nb.local.replies import in_words, text
from intentional_nb.local.reply import ErrorReply, ModelReply, SilentReply
from intentional_nb.wire.realtime.server_items import ServerItem
from intentional_nb.wire.realtime.server_requests import ResponseAsked
from intentional_nb.wire.realtime.server_response import Failure, ServerResponse

if TYPE_CHECKING:
    from intentional_nb.local.realtime.session import VoiceSession

__all__ = ["SpokenModel"]

NOT_UNDERSTOOD: Final = "Sorry, I did not catch that. Could you say it again?"
STILL_THERE: Final = "Are you still there?"


class SpokenModel:
    """Answers in speech what the chat model answers in words.

    Args:
        chat: Thinks; it is asked under the name of the voice model.
        speech: Hears and speaks.
        takes_any_name: Whether a session may name any model, as scripts allow.
        times_real_time: How fast speech is sent; None as fast as the client reads.
        pace_ms: Pause before each written word.
    """

    def __init__(
        self,
        chat: ChatModel,
        speech: LocalSpeech,
        *,
        takes_any_name: bool = False,
        times_real_time: float | None = 4.0,
        pace_ms: float = 0.0,
    ) -> None:
        self._chat = chat
        self._speech = speech
        self._takes_any_name = takes_any_name
        self._times_real_time = times_real_time
        self._pace_ms = pace_ms

    @property
    def speaks(self) -> bool:
        """Whether it has a voice."""
        return self._speech.is_installed

    @property
    def notice(self) -> str | None:
        """What is missing, or still being made ready."""
        return self._speech.notice

    def knows(self, name: str) -> bool:
        """There is one, unless any name will do."""
        return self._takes_any_name or name == REALTIME_MODEL

    def prepare(self) -> None:
        """Begin to load the speech models."""
        self._speech.prepare()

    async def greet(self, session: VoiceSession) -> None:
        """Nothing comes before the session's first event."""

    def received(self, session: VoiceSession, frame: str) -> None:
        """The session has seen to it."""

    def obeyed(self, session: VoiceSession, frame: str) -> None:
        """The session has seen to it."""

    def committed(self, session: VoiceSession, item: ServerItem) -> None:
        """The session has seen to it."""

    async def detector(self, detection: Mapping[str, Any]) -> Detector:
        """Make a detector for a session's ``turn_detection``."""
        return await self._speech.detector(detection)

    async def detect(self, detector: Detector, pcm: bytes) -> Sequence[Edge]:
        """Feed a detector."""
        return await self._speech.detect(detector, pcm)

    async def recognise(self, pcm: bytes, transcription: Mapping[str, Any]) -> str | None:
        """Find the words of speech."""
        language, prompt = transcription.get("language") or "en", transcription.get("prompt") or ""
        return await self._speech.recognise(pcm, language=language, prompt=prompt)

    def ask(self, session: VoiceSession, asked: ResponseAsked) -> None:
        """Begin to respond at once, so that a cancel finds what it is to cancel."""
        response = session.begin(asked)
        session.start(self._respond(session, response), response)

    def close(self) -> None:
        """Let the threads of speech end; the chat model is its owner's."""
        self._speech.close()

    async def _respond(self, session: VoiceSession, response: ServerResponse) -> None:
        await session.hearing.wait_for(response.context)
        reply = await self._reply(response)
        if reply.text or not reply.calls:
            await self._tell(session, response, reply.text)
        for call in reply.calls:
            response.call(call.name, call.arguments, call.id)
            session.flush()
        await _end(session, response, reply)

    async def _reply(self, response: ServerResponse) -> ModelReply:
        settings = response.settings
        words = words_to_say(settings.instructions) or _said_of_silence(response)
        if words is not None:
            return text(words)
        answer = await self._chat.answer(chat_request(REALTIME_MODEL, settings, response.context))
        if isinstance(answer, ErrorReply):
            raise Failure(answer.message, code=answer.code or "server_error", type=answer.type)
        if isinstance(answer, SilentReply):
            return ModelReply(ending=answer.ending)
        return answer

    async def _tell(self, session: VoiceSession, response: ServerResponse, said: str) -> None:
        if not response.settings.has_audio:
            await write(session, response, in_words(said), self._pace_ms)
            return
        from intentional_nb.local.speech.synthesis import sentences

        speed = response.settings.speed

        async def synthesise(sentence: str) -> bytes:
            return await self._speech.synthesise(sentence, speed=speed)

        await say(session, response, sentences(said) or [said], synthesise, Pace(self._times_real_time))


def _said_of_silence(response: ServerResponse) -> str | None:
    """What to say where the user was not understood; None where they were, or a function must be called."""
    last = response.context[-1] if response.context else None
    if last is None or last.role != "user" or last.text or last.speech is None:
        return None
    if response.settings.tool_choice not in ("auto", "none"):
        return None
    return STILL_THERE if last.is_silence else NOT_UNDERSTOOD


async def _end(session: VoiceSession, response: ServerResponse, reply: ModelReply) -> None:
    if reply.ending == "stalled":
        await asyncio.Event().wait()
    if reply.ending == "dropped":
        session.drop()
    elif reply.error is not None:
        raise Failure(reply.error.message, code=reply.error.code or "server_error", type=reply.error.type)
    elif reply.finish_reason == "length":
        session.finish(response, "incomplete", "max_output_tokens")
    elif reply.finish_reason == "content_filter":
        session.finish(response, "incomplete", "content_filter")
    else:
        session.finish(response)
