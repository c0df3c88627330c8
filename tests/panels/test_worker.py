from __future__ import annotations

import threading
from itertools import pairwise

from intentional_nb.panels.worker import Coalescer, Worker


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


class Hand:
    """A worker whose jobs run when the test says so."""

    def __init__(self):
        self.jobs = []

    def submit(self, job):
        self.jobs.append(job)

    def run(self):
        jobs, self.jobs = self.jobs, []
        for job in jobs:
            job()


def finish(worker):
    done = threading.Event()
    worker.submit(done.set)
    assert done.wait(10)


def test_jobs_run_in_the_order_given_whatever_thread_gives_them():
    done: list[int] = []
    worker = Worker("test", on_error=lambda error: None)

    for number in range(100):
        worker.submit(lambda number=number: done.append(number))
    finish(worker)

    assert done == list(range(100))


def test_an_error_is_told_and_the_next_job_runs():
    errors: list[Exception] = []
    done: list[str] = []
    worker = Worker("test", on_error=errors.append)

    worker.submit(lambda: 1 / 0)
    worker.submit(lambda: done.append("next"))
    finish(worker)

    assert [type(error) for error in errors] == [ZeroDivisionError]
    assert done == ["next"]


def test_the_thread_ends_when_there_is_nothing_to_do():
    threads: list[threading.Thread] = []
    worker = Worker("test", on_error=lambda error: None)

    for _ in range(2):
        worker.submit(lambda: threads.append(threading.current_thread()))
        finish(worker)
        threads[-1].join(10)

    assert not any(thread.is_alive() for thread in threads)
    assert all(thread.daemon for thread in threads)


def test_the_first_change_is_flushed_without_waiting():
    clock, hand, flushed = Clock(), Hand(), []
    coalescer = Coalescer(lambda: flushed.append(clock.now), hand, clock=clock, sleep=clock.sleep)

    coalescer.touch()
    hand.run()

    assert flushed == [100.0]


def test_a_thousand_changes_are_one_flush():
    clock, hand, flushed = Clock(), Hand(), []
    coalescer = Coalescer(lambda: flushed.append(clock.now), hand, clock=clock, sleep=clock.sleep)

    for _ in range(1000):
        coalescer.touch()
    hand.run()

    assert len(flushed) == 1


def test_flushes_keep_their_distance():
    clock, hand, flushed = Clock(), Hand(), []
    coalescer = Coalescer(lambda: flushed.append(clock.now), hand, interval_s=0.5, clock=clock, sleep=clock.sleep)

    for _ in range(5):
        coalescer.touch()
        hand.run()

    assert [later - earlier for earlier, later in pairwise(flushed)] == [0.5] * 4


def test_a_change_during_a_flush_brings_about_another():
    clock, hand, flushed = Clock(), Hand(), []

    def flush():
        flushed.append(clock.now)
        if len(flushed) == 1:
            coalescer.touch()

    coalescer = Coalescer(flush, hand, clock=clock, sleep=clock.sleep)

    coalescer.touch()
    hand.run()
    hand.run()

    assert len(flushed) == 2
