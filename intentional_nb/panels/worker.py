"""Work done beside the kernel: threads that exist only while there is something to do."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

__all__ = ["Coalescer", "Worker"]

LINGER_S = 0.5
"""How long a thread waits for another job: while a reply streams there are thirty a second, and to start a thread costs
more than most of them."""


class Worker:
    """Runs jobs one after another, in the order given, on a daemon thread.

    The thread ends when there has been nothing to do for a moment and is started again for the next job, so that the
    many panels of a long notebook session cost nothing while nobody uses them.
    """

    def __init__(self, name: str, on_error: Callable[[Exception], None]) -> None:
        """Start idle.

        Args:
            name: Name of the thread.
            on_error: Is given what a job raised; the next job runs all the same.
        """
        self._name = name
        self._on_error = on_error
        self._jobs: deque[Callable[[], object]] = deque()
        self._is_running = False
        self._arrived = threading.Condition()

    def submit(self, job: Callable[[], object]) -> None:
        """Run ``job`` after those already waiting; returns at once, from any thread."""
        with self._arrived:
            self._jobs.append(job)
            if self._is_running:
                self._arrived.notify()
                return
            self._is_running = True
        threading.Thread(target=self._serve, name=self._name, daemon=True).start()

    def _serve(self) -> None:
        while (job := self._next()) is not None:
            try:
                job()
            except Exception as error:  # whatever a job raises belongs in the panel: nobody sees this thread
                self._on_error(error)

    def _next(self) -> Callable[[], object] | None:
        with self._arrived:
            if self._jobs or self._arrived.wait_for(lambda: self._jobs, LINGER_S):
                return self._jobs.popleft()
            self._is_running = False
            return None


class Coalescer:
    """Turns any number of changes into few flushes: the first at once, the others at least an interval apart.

    A notebook server drops messages when there are too many of them, and a page that repaints for every word of
    a reply is slower than one that repaints for every few.
    """

    def __init__(
        self,
        flush: Callable[[], object],
        worker: Worker,
        *,
        interval_s: float = 1 / 30,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Start with nothing changed.

        Args:
            flush: Sends what has changed since it was last called; runs on the worker's thread.
            worker: Runs the flushes, and sleeps between them.
            interval_s: Least time from the start of one flush to the start of the next.
            clock: The present, in seconds.
            sleep: Waits for so many seconds.
        """
        self._flush = flush
        self._worker = worker
        self._interval_s = interval_s
        self._clock = clock
        self._sleep = sleep
        self._is_due = False
        self._last_s = float("-inf")
        self._lock = threading.Lock()

    def touch(self) -> None:
        """Something has changed; returns at once, from any thread."""
        with self._lock:
            if self._is_due:
                return
            self._is_due = True
        self._worker.submit(self._run)

    def _run(self) -> None:
        rest_s = self._last_s + self._interval_s - self._clock()
        if rest_s > 0:
            self._sleep(rest_s)
        # Lowered before the flush: a change that comes while it runs must bring about another.
        with self._lock:
            self._is_due = False
        self._last_s = self._clock()
        self._flush()
