"""What the user says on its way to the model: whole clips, and a microphone's pieces with what is done between them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future

from intentional_nb.audio.clip import Clip
from intentional_nb.bots.expecting import Expectation, Expectations
from intentional_nb.bots.live_input import LiveInput
from intentional_nb.bots.local_model import voice_is_loading
from intentional_nb.bots.tape import Tape
from intentional_nb.clients.realtime import RealtimeAPIClient
from intentional_nb.errors import AudioError
from intentional_nb.events import ErrorOccurred, Event

__all__ = ["UserAudio"]

NO_SPEECH_S = 10.0
"""How long a server may take to hear speech in what it has got."""
LOADING_S = 60.0
"""How long it may take when the local voice is still being made ready, before which it hears nothing."""
TRANSCRIPT_S = 3.0
"""How long the end of a spoken turn waits for the user's words, which come when they come."""


class UserAudio:
    """Sends the user's sound, keeps it on the tape, and waits for what comes of it.

    Attributes:
        is_off: Whether the session has ended, or could not be opened: a microphone that runs on must not open another.
    """

    def __init__(
        self,
        llm: RealtimeAPIClient,
        tape: Tape,
        expectations: Expectations,
        *,
        emit: Callable[[Event], None],
        open_session: Callable[[], Awaitable[None]],
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            llm: Gets the audio.
            tape: Keeps it.
            expectations: Are told of events.
            emit: Told of what goes wrong with a microphone's pieces, for which nobody waits.
            open_session: Opens the session, if none is open, unless somebody else has just tried in vain.
        """
        self.is_off = False
        self._llm, self._tape, self._expectations = llm, tape, expectations
        self._emit, self._open_session = emit, open_session
        self._live = LiveInput(self._send_piece, self._tell_loss, self.tell_failure)

    async def say(self, clip: Clip, expected: Expectation) -> int:
        """Send a whole clip.

        Returns:
            The number of the turn that came of it, once it has ended.

        Raises:
            AudioError: There is no speech in it.
            ClientError: The model gave no usable answer, or the session ended.
        """
        # In its place among the microphone's pieces, which would tear it apart if they came in between.
        await asyncio.wrap_future(self._live.then(lambda: self._send_clip(clip)))
        return await self._answered(expected, repr(clip))

    async def _send_clip(self, clip: Clip) -> None:
        self._tape.add_user(clip.pcm, at_ms=self._llm.input_ms, is_live=False)
        await self._llm.send({"audio_message": clip})
        self._tape.skip_to(self._llm.input_ms)

    def put(self, pcm: bytes) -> None:
        """Send a microphone's piece; returns at once."""
        if not self.is_off:
            self._live.put(pcm)

    async def _send_piece(self, pcm: bytes) -> None:
        if self.is_off:
            return
        await self._open_session()
        if self.is_off:  # it could not be opened, and that was told
            return
        at_ms = self._llm.input_ms
        await self._llm.send({"audio_stream": pcm})
        self._tape.add_user(pcm, at_ms=at_ms, is_live=True)

    def _tell_loss(self, lost_ms: float) -> None:
        text = f"{lost_ms / 1000:.1f} s of the microphone were lost: the session does not take them fast enough"
        self._emit(ErrorOccurred(error=text, where="microphone"))

    def tell_failure(self, error: BaseException) -> None:
        """Something went wrong for which nobody waits."""
        text = str(error) or type(error).__name__
        self._emit(ErrorOccurred(error=text, where="microphone", exception=error))

    def commit(self) -> tuple[Future[bool], Expectation]:
        """What was put since the last turn is a message; returns at once.

        Returns:
            Whether it was long enough, once that is known; and what waits for the turn.
        """
        expected = self._expectations.expect("spoken")
        return self._live.then(self._commit_sent), expected

    async def _commit_sent(self) -> bool:
        is_enough = await self._llm.commit_audio()
        if is_enough:
            self._tape.commit()
        return is_enough

    async def committed(self, commit: tuple[Future[bool], Expectation]) -> int:
        """Wait for the turn that comes of a commit.

        Returns:
            Its number, once it has ended.

        Raises:
            AudioError: Less than 100 ms were sent.
            ClientError: The model gave no usable answer, or the session ended.
        """
        is_enough, expected = commit
        try:
            if not await asyncio.wrap_future(is_enough):
                text = "less than 100 ms of audio were streamed, of which no server makes anything"
                raise AudioError(text, expected="100 ms or more", found="less")
            return await self._answered(expected, "what was streamed")
        finally:
            self._expectations.drop(expected)

    def clear(self) -> None:
        """What was put since the last turn does not count; returns at once."""
        self._live.drop()
        self._live.then(self._clear_sent)

    async def _clear_sent(self) -> None:
        await self._llm.clear_audio()
        self._tape.clear()

    def drop(self) -> None:
        """Forget what was not sent yet."""
        self._live.drop()

    async def _answered(self, expected: Expectation, what: str) -> int:
        """Wait for the turn that comes of speech, and a little longer for its words."""
        began = asyncio.wrap_future(expected.began)
        began.add_done_callback(lambda done: done.cancelled() or done.exception())  # `last` raises it
        waited_s = 0.0
        while not began.done():
            await asyncio.wait({began}, timeout=NO_SPEECH_S)
            waited_s += NO_SPEECH_S
            is_deaf = waited_s < LOADING_S and voice_is_loading(str(self._llm.config.get("base_url", "")))
            if self._llm.is_connected and not expected.has_heard and not began.done() and not is_deaf:
                began.cancel()
                raise AudioError(f"no speech was heard in {what}", expected="speech", found=what)
        number = await expected.last()
        if self._llm.config.get("transcription_model", "") not in (None, "none"):
            await expected.transcribed(TRANSCRIPT_S)
        return number
