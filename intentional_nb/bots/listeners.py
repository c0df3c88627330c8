"""Who is told of events: quick subscribers at once, users' handlers in order on a thread of their own."""

from __future__ import annotations

import asyncio
import inspect
import queue
import threading
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

from intentional_nb.events import ErrorOccurred, Event, event_name, handler_names

__all__ = ["Handler", "Listeners"]

Handler = Callable[[Any], Any]
"""Takes an event; may be ``async def``."""
_Job = Callable[[asyncio.Runner], object]


class Listeners:
    """Passes events on.

    A handler may be slow or fail: the bot goes on, and the error becomes an `ErrorOccurred` event.

    Attributes:
        handlers: Users' handlers by handler name, in the order in which they were added.
    """

    def __init__(self, on_failure: Callable[[Event], None]) -> None:
        """Start with nobody listening.

        Args:
            on_failure: Is given the `ErrorOccurred` of a handler that failed.
        """
        self.handlers: dict[str, list[Handler]] = {}
        self._subscribers: tuple[Callable[[Event], None], ...] = ()
        self._on_failure = on_failure
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def add(self, name: str, handler: Handler) -> None:
        """Let ``handler`` be told of events of this name; ``*`` for all.

        Raises:
            ValueError: No event has this handler name; names near to it are given.
            TypeError: ``handler`` cannot be called.
        """
        if not callable(handler):
            raise TypeError(f"a handler must be callable, got {handler!r}")
        name = event_name(name)
        if name not in handler_names():
            raise ValueError(f"no event has the handler name {name!r}; there are: {', '.join(sorted(handler_names()))}")
        with self._lock:
            self.handlers.setdefault(name, []).append(handler)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=_serve, args=(self._queue,), name="intentional-nb handlers", daemon=True
                )
                self._thread.start()
                weakref.finalize(self, self._queue.put, None)  # a bot that nobody has any more needs no thread

    def remove(self, name: str, handler: Handler) -> None:
        """Undo `add`; harmless when it was never added."""
        with self._lock:
            handlers = self.handlers.get(event_name(name), [])
            if handler in handlers:
                handlers.remove(handler)

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call ``callback`` for each event in the thread where it happens; it must be quick and must not raise.

        Returns:
            A function that ends the subscription.
        """
        with self._lock:
            self._subscribers = (*self._subscribers, callback)

        def unsubscribe() -> None:
            with self._lock:
                self._subscribers = tuple(other for other in self._subscribers if other is not callback)

        return unsubscribe

    def tell(self, event: Event) -> None:
        """Pass an event on."""
        for callback in self._subscribers:
            callback(event)
        if self.handlers:
            self._queue.put(partial(self._deal_with, event))

    def drain(self, timeout_s: float) -> bool:
        """Wait until the handlers have dealt with all events so far.

        Returns:
            False when they need longer, and at once when called by a handler, which cannot wait for itself.
        """
        if self._thread is None or not self._thread.is_alive():
            return True
        if threading.current_thread() is self._thread:
            return False
        done = threading.Event()
        self._queue.put(lambda _: done.set())
        return done.wait(timeout_s)

    def close(self) -> None:
        """End the handlers' thread once it has dealt with what is waiting."""
        self._queue.put(None)

    def _deal_with(self, event: Event, runner: asyncio.Runner) -> None:
        for handler in (*self.handlers.get(event.handler_name, ()), *self.handlers.get("*", ())):
            self._call(runner, handler, event)

    def _call(self, runner: asyncio.Runner, handler: Handler, event: Event) -> None:
        name = getattr(handler, "__qualname__", repr(handler))
        try:
            result = handler(event)
            if inspect.isawaitable(result):
                runner.run(_finish(result))
        except BaseException as error:  # the user's code: whatever it raises is shown and harms nothing
            # An error in a handler of errors would call that handler again, for ever.
            if not (isinstance(event, ErrorOccurred) and event.where.startswith("handler ")):
                text = f"handler {name} for {event.handler_name} failed: {type(error).__name__}: {error}"
                self._on_failure(ErrorOccurred(error=text, where=f"handler {name}", exception=error))


def _serve(jobs: queue.SimpleQueue[_Job | None]) -> None:
    """Do what is waiting; between two jobs the thread holds nothing that would keep a bot."""
    with asyncio.Runner() as runner:
        while (job := jobs.get()) is not None:
            job(runner)
            del job


async def _finish(awaitable: Any) -> None:
    await awaitable
