"""Waiting for the turn that something said will make: turns begin when the server says so, not when one asks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future

from intentional_nb.errors import SessionClosedError
from intentional_nb.events import ErrorOccurred, Event, ModelDisconnected, SpeechStarted, TurnEnded, TurnStarted

__all__ = ["Expectation", "Expectations"]


class Expectation:
    """One turn, or several that follow from one piece of speech, that somebody waits for.

    Attributes:
        began: The number of the first turn, once it has begun.
        ended: The number of the last one, once it has ended; or the error that ended it.
    """

    def __init__(self, is_spoken: bool, on_number: Callable[[int], None]) -> None:
        self.began: Future[int] = Future()
        self.ended: Future[int] = Future()
        self._is_spoken = is_spoken
        self._on_number = on_number
        self._turn: int | None = None
        self._speech: set[str] = set()  # begun, and not taken over yet
        self._error: BaseException | None = None

    @property
    def has_heard(self) -> bool:
        """Whether the server has heard any speech."""
        return bool(self._speech) or self.began.done()

    def note(self, event: Event) -> None:
        """Take note of what happened; True when there is nothing more to wait for."""
        match event:
            case SpeechStarted() if self._is_spoken:
                self._speech.add(event.item_id)
            case TurnStarted() if event.user_text is not None and (event.item_id is not None) == self._is_spoken:
                self._begin(event)
            case ErrorOccurred() if event.turn == self._turn and event.where == "model":
                self._error = event.exception
            case TurnEnded() if event.turn == self._turn:
                self._end(event)
            case ModelDisconnected():
                reason = event.reason or "closed"
                self.fail(
                    SessionClosedError(
                        f"the session ended before the turn did: {reason}", close_code=event.close_code, reason=reason
                    )
                )

    def _begin(self, event: TurnStarted) -> None:
        self._speech.discard(event.item_id or "")
        self._turn, self._error = event.turn, None
        self._on_number(event.turn)
        if not self.began.done():
            self.began.set_result(event.turn)

    def _end(self, event: TurnEnded) -> None:
        if event.status == "cancelled" and self._speech:
            return  # the user went on speaking, and what comes of that is what one waits for
        if event.status == "failed" and self._error is not None:
            self.fail(self._error)
        elif not self.ended.done():
            self.ended.set_result(event.turn)

    def fail(self, error: BaseException) -> None:
        """There is no turn to wait for any more."""
        for future in (self.began, self.ended):
            if not future.done():
                future.set_exception(error)


class Expectations:
    """All that is waited for; told of every event, in the thread where it happens."""

    def __init__(self) -> None:
        self._all: list[Expectation] = []
        self._lock = threading.Lock()

    def expect(self, *, is_spoken: bool, on_number: Callable[[int], None] = lambda _: None) -> Expectation:
        """Wait for the next turn of the user, typed or spoken.

        Args:
            is_spoken: Which of the two.
            on_number: Told the number of each turn as it begins.
        """
        expectation = Expectation(is_spoken, on_number)
        expectation.ended.add_done_callback(lambda _: self.drop(expectation))
        with self._lock:
            self._all.append(expectation)
        return expectation

    def drop(self, expectation: Expectation) -> None:
        """Nobody waits for it any more."""
        with self._lock:
            self._all = [other for other in self._all if other is not expectation]

    def note(self, event: Event) -> None:
        """Tell all who wait."""
        for expectation in tuple(self._all):
            expectation.note(event)

    def fail(self, error: BaseException) -> None:
        """Nothing will come any more."""
        for expectation in tuple(self._all):
            expectation.fail(error)
