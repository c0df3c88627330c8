"""Waiting for the turn that something said will make: turns begin when the server says so, not when one asks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Literal

from intentional_nb.errors import SessionClosedError
from intentional_nb.events import (
    ErrorOccurred,
    Event,
    ModelDisconnected,
    SpeechEnded,
    SpeechStarted,
    TurnEnded,
    TurnStarted,
    UserTranscribed,
)

__all__ = ["Expectation", "Expectations", "TurnKind"]

TurnKind = Literal["opening", "typed", "spoken"]
"""How a turn begins: the bot speaks first, or the user writes or speaks."""

UNDECIDED_S = 3.0
"""How long speech that interrupted a turn may take to begin the next one, once it has ended."""
LOOK_AGAIN_S = 0.02


class Expectation:
    """One turn, or several that follow from one piece of speech, that somebody waits for.

    Attributes:
        began: The number of the first turn, once it has begun.
        ended: The number of the last one, once it has ended; or the error that ended it.
    """

    def __init__(self, kind: TurnKind, on_number: Callable[[int], None]) -> None:
        self.began: Future[int] = Future()
        self.ended: Future[int] = Future()
        self._kind = kind
        self._on_number = on_number
        self._turn: int | None = None
        self._speech: dict[str, bool] = {}  # not taken over yet, by item; whether it goes on
        self._cut: int | None = None  # a turn that ended because the user spoke
        self._is_transcribed = False
        self._error: BaseException | None = None

    @property
    def has_heard(self) -> bool:
        """Whether the server has heard any speech."""
        return bool(self._speech) or self.began.done()

    async def last(self) -> int:
        """Wait for the last turn's end, and give its number.

        Raises:
            ClientError: The model gave no usable answer, or the session ended.
        """
        ended = asyncio.wrap_future(self.ended)
        while not ended.done():
            await asyncio.wait({ended}, timeout=UNDECIDED_S)
            if self._cut is not None and not any(self._speech.values()) and not ended.done():
                ended.cancel()
                return self._cut  # what was heard was no speech after all
        return ended.result()

    async def transcribed(self, longest_s: float) -> None:
        """Wait until it is known what the user said, but not for ever."""
        loop = asyncio.get_running_loop()
        until = loop.time() + longest_s
        while not self._is_transcribed and loop.time() < until:
            await asyncio.sleep(LOOK_AGAIN_S)

    def note(self, event: Event) -> None:
        """Take note of what happened."""
        match event:
            case SpeechStarted() if self._kind == "spoken":
                self._speech[event.item_id] = True
            case SpeechEnded() if event.item_id in self._speech:
                self._speech[event.item_id] = False
            case TurnStarted() if _kind_of(event) == self._kind:
                self._begin(event)
            case UserTranscribed() if event.turn == self._turn and event.is_final:
                self._is_transcribed = True
            case ErrorOccurred() if event.where == "model":
                self._note_error(event)
            case TurnEnded() if event.turn == self._turn:
                self._end(event)
            case ModelDisconnected():
                reason = event.reason or "closed"
                text = f"the session ended before the turn did: {reason}"
                self._fail(SessionClosedError(text, close_code=event.close_code, reason=reason))

    def _begin(self, event: TurnStarted) -> None:
        if self.ended.done():
            return
        self._speech.pop(event.item_id or "", None)
        self._turn, self._error, self._cut = event.turn, None, None
        self._is_transcribed = bool(event.user_text)
        self._on_number(event.turn)
        if not self.began.done():
            self.began.set_result(event.turn)

    def _note_error(self, event: ErrorOccurred) -> None:
        if event.turn is not None and event.turn == self._turn:
            self._error = event.exception
        elif event.turn is None and self._turn is None and event.exception is not None:
            self._fail(event.exception)  # what was said was refused, and no turn will come of it

    def _end(self, event: TurnEnded) -> None:
        if event.status == "cancelled" and self._speech:
            self._cut = event.turn  # the user went on speaking: what comes of that is what one waits for
        elif event.status == "failed" and self._error is not None:
            self._fail(self._error)
        elif not self.ended.done():
            self.ended.set_result(event.turn)

    def _fail(self, error: BaseException) -> None:
        for future in (self.began, self.ended):
            if not future.done():
                future.set_exception(error)


def _kind_of(event: TurnStarted) -> TurnKind:
    if event.user_text is None:
        return "opening"
    return "typed" if event.item_id is None else "spoken"


class Expectations:
    """All that is waited for; told of every event, in the thread where it happens."""

    def __init__(self) -> None:
        self._all: tuple[Expectation, ...] = ()
        self._lock = threading.Lock()

    def expect(self, kind: TurnKind, on_number: Callable[[int], None] = lambda _: None) -> Expectation:
        """Wait for the next turn of this kind.

        Args:
            kind: How it begins.
            on_number: Told the number of each turn as it begins.
        """
        expectation = Expectation(kind, on_number)
        with self._lock:
            self._all = (*self._all, expectation)
        return expectation

    def drop(self, expectation: Expectation) -> None:
        """Nobody waits for it any more."""
        with self._lock:
            self._all = tuple(other for other in self._all if other is not expectation)

    def note(self, event: Event) -> None:
        """Tell all who wait."""
        for expectation in self._all:
            expectation.note(event)
