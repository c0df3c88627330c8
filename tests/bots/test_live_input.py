import asyncio
import threading

import pytest

from intentional_nb.bots.live_input import MOST_MS, LiveInput

CHUNK = b"\1\0" * 24  # 1 ms


class Line:
    """Takes what is sent; it can be held up, or broken."""

    def __init__(self):
        self.sent, self.lost, self.failures = [], [], []
        self.is_open, self.is_held_up = threading.Event(), threading.Event()
        self.is_open.set()
        self.error = None
        self.input = LiveInput(self.send, self.lost.append, self.failures.append)

    async def send(self, pcm):
        while not self.is_open.is_set():
            self.is_held_up.set()
            await asyncio.sleep(0.001)
        if self.error is not None:
            raise self.error
        self.sent.append(pcm)

    def hold_up(self, pcm):
        """Have a chunk on its way, and all that follows wait behind it."""
        self.is_open.clear()
        self.input.put(pcm)
        assert self.is_held_up.wait(10)

    async def note(self, what):
        self.sent.append(what)
        return what


@pytest.fixture
def line():
    return Line()


def test_chunks_and_what_is_done_between_them_keep_their_order(line):
    line.input.put(b"aa")
    first = line.input.then(lambda: line.note("commit"))
    line.input.put(b"bb")
    second = line.input.then(lambda: line.note("clear"))

    assert (first.result(10), second.result(10)) == ("commit", "clear")
    assert line.sent == [b"aa", "commit", b"bb", "clear"]


def test_many_threads_may_put_at_once_and_each_keeps_its_order(line):
    def put(name):
        for index in range(50):
            line.input.put(bytes([name, index]))

    threads = [threading.Thread(target=put, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    line.input.then(lambda: line.note("end")).result(10)

    for name in range(4):
        assert [pcm[1] for pcm in line.sent[:-1] if pcm[0] == name] == list(range(50))


def test_of_too_much_the_oldest_is_lost_and_told_once(line):
    line.hold_up(b"on its way")
    marker = line.input.then(lambda: line.note("commit"))
    for number in range(MOST_MS + 500):
        line.input.put(CHUNK[:-2] + number.to_bytes(2, "little"))
    line.is_open.set()
    marker.result(10)
    line.input.then(lambda: line.note("end")).result(10)

    chunks = [item for item in line.sent if isinstance(item, bytes)][1:]
    assert len(chunks) == MOST_MS
    assert chunks[-1].endswith((MOST_MS + 499).to_bytes(2, "little"))
    assert line.lost == [500]


def test_a_failure_is_told_once_until_it_has_passed(line):
    for error, count in ((RuntimeError("one"), 3), (None, 1), (RuntimeError("two"), 2)):
        line.error = error
        for _ in range(count):
            line.input.put(CHUNK)
        line.input.then(lambda: line.note("end")).result(10)

    assert [str(error) for error in line.failures] == ["one", "two"]


def test_what_fails_between_chunks_is_told_to_who_waits_and_the_rest_goes_on(line):
    async def fail():
        raise ValueError("no")

    failing = line.input.then(fail)
    line.input.put(CHUNK)

    with pytest.raises(ValueError, match="no"):
        failing.result(10)
    line.input.then(lambda: line.note("end")).result(10)
    assert line.sent == [CHUNK, "end"]


def test_what_waits_can_be_dropped(line):
    line.hold_up(b"on its way")
    held = line.input.then(lambda: line.note("kept"))
    line.input.put(b"dropped")
    line.input.drop()
    line.is_open.set()

    held.result(10)

    assert line.sent == [b"on its way", "kept"]
