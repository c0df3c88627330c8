"""What a voice script can do: what a model says, calls and hears, and when.

Each function makes one action; a step plays its actions one after the other. What belongs to a response begins one, and
at the end of the step it is complete unless an action has ended it, or left it open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from intentional_nb.local.realtime.acting import Stage
from intentional_nb.local.realtime.sounds import spoken_tone
from intentional_nb.local.realtime.speaking import Pace, spoken_frames
from intentional_nb.local.replies import Arguments, call, in_words
from intentional_nb.local.reply import Call, shortened
from intentional_nb.wire.realtime.server_frames import transcription_failed
from intentional_nb.wire.realtime.server_items import BYTES_PER_MS
from intentional_nb.wire.realtime.server_response import ARGUMENTS_PIECE, Failure

__all__ = [
    "Played",
    "begin",
    "calls",
    "done",
    "fails",
    "incomplete",
    "pause",
    "say",
    "silence",
    "speech_started",
    "speech_stopped",
    "stays_open",
    "stays_silent",
    "transcript",
    "transcript_fails",
    "until",
]


@dataclass(frozen=True, slots=True)
class Played:
    """An action, with the words for it."""

    words: str
    work: Callable[[Stage], Awaitable[None]]
    begins: bool = False

    async def play(self, stage: Stage) -> None:
        """Do it."""
        await self.work(stage)

    def __str__(self) -> str:
        return self.words


# ---- a response


def say(
    text: str,
    *,
    audio: bool | bytes | None = None,
    times_real_time: float | None = None,
    breaks_off_after_ms: float | None = None,
) -> Played:
    """Say something, as one message.

    Args:
        text: The words.
        audio: Whether it is spoken; by default as the response's settings have it. Bytes are the sound itself (24 kHz
            PCM); otherwise it is a tone that lasts as long as speech would.
        times_real_time: How fast the sound is sent, as a multiple of the speed of playing it; None at once.
        breaks_off_after_ms: Where in the sound to stop, without ending the message or the response.
    """

    async def work(stage: Stage) -> None:
        response = stage.response()
        is_spoken = response.settings.has_audio if audio is None else bool(audio)
        response.open_message(has_audio=is_spoken)
        stage.session.flush()
        if not is_spoken:
            for word in in_words(text):
                response.write(word)
        else:
            pcm = audio if isinstance(audio, bytes) else spoken_tone(text)
            await _speak(stage, pcm, text, Pace(times_real_time), breaks_off_after_ms)
        if breaks_off_after_ms is None:
            response.close_item()
        else:
            stage.is_left_open = True
        stage.session.flush()

    return Played(f"say {shortened(text)!r}", work, begins=True)


async def _speak(stage: Stage, pcm: bytes, text: str, pace: Pace, stop_ms: float | None) -> None:
    spoken_ms = 0.0
    for frame, words in spoken_frames(pcm, text):
        if stop_ms is not None and spoken_ms >= stop_ms:
            return
        stage.response().speak(frame, words)
        stage.session.flush()
        spoken_ms += len(frame) / BYTES_PER_MS
        await stage.session.outbox.room()
        await pace.sent(len(frame) / BYTES_PER_MS)


def calls(*made: Call | tuple[str, Arguments], pace_ms: float = 0.0, breaks_off_after: int | None = None) -> Played:
    """Call functions, all in one response.

    Args:
        made: Name and arguments of each call. Arguments given as a string are sent as they are, valid JSON or not.
        pace_ms: Pause before each piece of the arguments.
        breaks_off_after: Pieces of the arguments after which to stop, without ending the call or the response.
    """
    all_made = tuple(one if isinstance(one, Call) else call(*one) for one in made)

    async def work(stage: Stage) -> None:
        pieces = 0
        for one in all_made:
            response = stage.response()
            response.open_call(one.name, one.id)
            for at in range(0, len(one.arguments), ARGUMENTS_PIECE):
                if pieces == breaks_off_after:
                    stage.is_left_open = True
                    break
                pieces += 1
                stage.session.flush()
                await asyncio.sleep(pace_ms / 1000)
                response.argue(one.arguments[at : at + ARGUMENTS_PIECE])
            if stage.is_left_open:
                break
            response.close_item()
        stage.session.flush()

    return Played(f"call {', '.join(repr(one.name) for one in all_made)}", work, begins=True)


def begin() -> Played:
    """Begin the response and say nothing yet."""

    async def work(stage: Stage) -> None:
        stage.response()

    return Played("begin to respond", work, begins=True)


def done() -> Played:
    """End the response now, where the step goes on with something else."""

    async def work(stage: Stage) -> None:
        stage.response()
        stage.is_left_open = False
        stage.finish()

    return Played("end the response", work, begins=True)


def stays_open() -> Played:
    """Leave the response as it is, for ever: nothing more comes."""

    async def work(stage: Stage) -> None:
        stage.response()
        stage.is_left_open = True

    return Played("leave the response open", work, begins=True)


def fails(message: str, *, code: str = "server_error", type: str = "server_error") -> Played:
    """End the response as ``failed``; ``code="insufficient_quota"`` means that trying again will not help."""

    async def work(stage: Stage) -> None:
        stage.session.finish(stage.response(), "failed", error=Failure(message, code=code, type=type))

    return Played(f"fail with {shortened(message)!r}", work, begins=True)


def incomplete(reason: str = "max_output_tokens") -> Played:
    """End the response as ``incomplete``: ``max_output_tokens`` or ``content_filter``."""

    async def work(stage: Stage) -> None:
        stage.session.finish(stage.response(), "incomplete", reason)

    return Played(f"break off because of {reason}", work, begins=True)


def silence() -> Played:
    """Do nothing at all: whoever asked waits."""

    async def work(stage: Stage) -> None:
        """There is nothing to do."""

    return Played("silence", work)


# ---- the order of things


def pause(length_ms: float) -> Played:
    """Wait."""

    async def work(stage: Stage) -> None:
        await asyncio.sleep(length_ms / 1000)

    return Played(f"wait {length_ms:g} ms", work)


def until(type: str) -> Played:
    """Wait until the client has sent an event of this type since the step became due."""

    async def work(stage: Stage) -> None:
        await stage.until(type)

    return Played(f"wait for {type}", work)


# ---- hearing


def speech_started(at_ms: float | None = None) -> Played:
    """Hear the user begin to speak, which breaks off what is being said.

    Args:
        at_ms: When, in all audio that came; by default now.
    """

    async def work(stage: Stage) -> None:
        half = stage.session.half
        stage.session.interrupt(half.buffer.clock_ms if at_ms is None else at_ms)

    return Played("the user begins to speak", work)


def speech_stopped(at_ms: float | None = None) -> Played:
    """Hear the user fall silent, which makes an item, and asks for a response where the session wants it so.

    Args:
        at_ms: When, in all audio that came; by default now.
    """

    async def work(stage: Stage) -> None:
        half = stage.session.half
        if not half.is_speaking:
            raise Failure("the script wants the user to fall silent, who is not speaking", code="script_error")
        item, asked = half.speech_stopped(half.buffer.clock_ms if at_ms is None else at_ms)
        stage.session.take_speech(item, asked)

    return Played("the user falls silent", work)


def stays_silent(for_ms: float = 5000) -> Played:
    """Notice that the user has said nothing for so long."""

    async def work(stage: Stage) -> None:
        half = stage.session.half
        item, asked = half.stayed_silent(max(half.buffer.clock_ms - for_ms, 0))
        stage.session.take_speech(item, asked)

    return Played(f"the user stays silent for {for_ms:g} ms", work)


def transcript(text: str, *, item: int = -1, in_pieces: bool = True) -> Played:
    """Tell what the user said.

    Args:
        text: The words.
        item: Which of their spoken items; -1 is the last, 0 the first.
        in_pieces: Whether the words come one by one before they come whole.
    """

    async def work(stage: Stage) -> None:
        heard = stage.heard(item)
        stage.session.half.understood(heard, text)
        stage.session.half.transcribe(heard, text, in_words(text) if in_pieces else ())
        stage.session.flush()

    return Played(f"understand {shortened(text)!r}", work)


def transcript_fails(message: str = "the audio could not be understood", *, item: int = -1) -> Played:
    """Tell that nobody knows what the user said."""

    async def work(stage: Stage) -> None:
        stage.session.half.tell(transcription_failed(stage.heard(item).id, message))
        stage.session.flush()

    return Played("understand nothing", work)
