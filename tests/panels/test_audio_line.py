from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time

import pytest
from websockets.exceptions import ConnectionClosed

from intentional_nb.bots import runtime
from intentional_nb.panels.audio_line import AudioLine
from tests.panels.line_page import Heard, RecordedComm, microphone, on_socket, until


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture
def make(heard):
    """Call it for a line that `heard` listens to."""
    made = []

    def make_line(**settings):
        made.append(heard.line(**settings))
        return made[-1]

    yield make_line
    for line in made:
        line.close()
    assert heard.errors == []


# -- over a socket


async def test_a_page_is_welcomed_and_its_microphone_is_heard_in_order(make, heard):
    line = make()

    async with on_socket(line.open()) as page:
        welcome = await page.hello("one")
        await page.speak(*[bytes([n, n]) for n in range(100)])
        await until(lambda: len(heard.audio) == 100)

    assert welcome == {"kind": "welcome", "epoch": line.epoch, "n": 0, "again": False, "got": 0}
    assert heard.audio == [bytes([n, n]) for n in range(100)]
    assert heard.messages == [{"kind": "hello", "client": "one", "way": "direct", "again": False}]
    assert heard.threads == {"intentional-nb"}
    assert line.counts.chunks == 100
    assert line.counts.lost_chunks == 0


async def test_speech_its_end_and_messages_reach_the_page_in_order(make):
    line = make()

    async with on_socket(line.open()) as page:
        await page.hello()
        line.speak(1, b"aabb")
        line.end(1)
        line.send({"kind": "note", "text": "…"})
        line.speak(2, b"cc")

        assert [await page.read() for _ in range(4)] == [
            (line.epoch, 1, b"aabb"),
            {"kind": "end", "epoch": line.epoch, "item": 1},
            {"kind": "note", "text": "…"},
            (line.epoch, 2, b"cc"),
        ]


async def test_a_flush_goes_before_what_was_to_be_said(make):
    line = make()

    async with on_socket(line.open()) as page:
        before = (await page.hello())["epoch"]
        for _ in range(200):
            line.speak(1, bytes(24_000))
        await page.read()
        assert line.flush() == before + 1
        line.speak(2, b"cc")

        frames = []
        while not frames or frames[-1] != (before + 1, 2, b"cc"):
            frames.append(await page.read())

    assert frames[-2] == {"kind": "flush", "epoch": before + 1}
    assert len(frames) < 100


async def test_urgent_words_of_the_page_are_handed_on(make, heard):
    line = make()

    async with on_socket(line.open()) as page:
        await page.hello()
        await page.say("talk", down=True)
        await page.say("played", epoch=1, item=1, samples=240, heard=200)
        await page.say("stop")
        await until(lambda: heard.kinds() == ["hello", "talk", "played", "stop"])

    assert heard.messages[2] == {"kind": "played", "epoch": 1, "item": 1, "samples": 240, "heard": 200}


async def test_a_page_that_went_silent_by_itself_begins_an_epoch(make, heard):
    line = make()

    async with on_socket(line.open()) as page:
        epoch = (await page.hello())["epoch"]
        await page.say("flushed", epoch=epoch, item=3, samples=240)
        assert await page.read() == {"kind": "flush", "epoch": epoch + 1}
        await page.say("flushed", epoch=epoch, item=None, samples=0)
        await until(lambda: heard.kinds() == ["hello", "flushed", "flushed"])

    assert line.epoch == epoch + 1


async def test_sound_that_is_missing_is_counted_and_told(make, heard):
    line = make()

    async with on_socket(line.open()) as page:
        await page.hello()
        for frame in (microphone(5), microphone(6), microphone(9), microphone(10, lost=480)):
            await page.socket.send(frame)
        await until(lambda: len(heard.audio) == 4)

    assert heard.messages[1:] == [
        {"kind": "lost", "chunks": 2, "samples": 0},
        {"kind": "lost", "chunks": 0, "samples": 480},
    ]
    assert (line.counts.lost_chunks, line.counts.lost_samples) == (2, 480)


async def test_nonsense_is_counted_and_changes_nothing(make, heard):
    line = make()

    async with on_socket(line.open()) as page:
        await page.hello()
        for frame in ("{", '{"kind": 1}', '{"kind": "talk"}', b"xx", b"\x07" + bytes(13)):
            await page.socket.send(frame)
        await page.speak(b"ab")
        await until(lambda: heard.audio == [b"ab"])

    assert line.counts.garbage == 5
    assert heard.kinds() == ["hello"]


async def test_a_listener_that_fails_is_told_of_and_does_not_cut_the_line(heard):
    errors, audio = [], []

    def fail_once(pcm):
        audio.append(pcm)
        if len(audio) == 1:
            raise KeyError("mine")

    line = AudioLine(fail_once, heard.messages.append, heard.lost.append, on_error=errors.append)
    async with on_socket(line.open()) as page:
        await page.hello()
        await page.speak(b"ab", b"cd")
        await until(lambda: audio == [b"ab", b"cd"])
    line.close()

    assert [repr(error) for error in errors] == ["KeyError('mine')"]


async def test_speech_of_several_threads_arrives_whole(make):
    line = make()

    async with on_socket(line.open()) as page:
        await page.hello()

        def speak(item):
            for n in range(100):
                line.speak(item, bytes([item, n]))

        threads = [threading.Thread(target=speak, args=(item,)) for item in range(4)]
        for thread in threads:
            thread.start()
        frames = [await page.read() for _ in range(400)]

    for item in range(4):
        assert [pcm[1] for _, of, pcm in frames if of == item] == list(range(100))


# -- ownership


async def test_without_a_page_nothing_is_kept_for_one(make):
    line = make()
    address = line.open()
    line.speak(1, b"old")
    line.end(1)
    line.send({"kind": "note"})

    async with on_socket(address) as page:
        await page.hello()
        line.send({"kind": "new"})

        assert await page.read() == {"kind": "new"}


async def test_a_page_that_says_nothing_for_long_is_lost_and_one_that_speaks_again_is_back(make, heard):
    line = make(silence_s=0.2)

    async with on_socket(line.open()) as page:
        epoch = (await page.hello())["epoch"]
        line.speak(1, b"aa")
        await until(lambda: heard.lost == ["silent"])
        assert (line.client, line.way) == (None, None)
        line.speak(1, b"bb")

        await page.say("ping", at=1, got=0)
        await until(lambda: line.client == "one")

        frames = [await page.read() for _ in range(3)]
    assert frames[0] == (epoch, 1, b"aa")
    assert {"kind": "flush", "epoch": epoch + 1} in frames
    assert heard.messages[-1] == {"kind": "hello", "client": "one", "way": "direct", "again": True}


async def test_microphone_sound_is_a_sign_of_life(make, heard):
    line = make(silence_s=1000)

    async with on_socket(line.open()) as page:
        await page.hello()
        line._reception._heard_s -= 900
        await page.speak(b"ab")
        await until(lambda: heard.audio)

    assert time.monotonic() - line._reception._heard_s < 500


async def test_a_page_that_goes_is_lost_at_once(make, heard):
    line = make()

    async with on_socket(line.open()) as page:
        await page.hello()
        await page.say("away")
        await until(lambda: heard.lost == ["away"])

    assert line.client is None


async def test_the_audio_belongs_to_one_page_until_another_takes_it(make, heard):
    line = make()
    address = line.open()

    async with on_socket(address) as first, on_socket(address) as second, on_socket(address) as third:
        await first.hello("first")
        refused = await second.hello("second")
        assert (refused["kind"], refused["reason"]) == ("bye", "owned")
        assert refused["silent_ms"] < 3000
        assert line.client == "first"
        epoch = line.epoch
        line.speak(1, b"old")
        assert await first.read() == (epoch, 1, b"old")

        welcome = await third.hello("third", take=True)
        assert welcome == {"kind": "welcome", "epoch": epoch + 1, "n": 1, "again": False, "got": 0}
        assert await first.read() == {"kind": "bye", "reason": "taken"}
        line.speak(2, b"new")
        assert await third.read() == (epoch + 1, 2, b"new")
        with pytest.raises(ConnectionClosed):
            await first.read()

    assert heard.lost == ["taken"]
    assert [message["client"] for message in heard.messages] == ["first", "third"]


async def test_what_a_page_says_that_does_not_own_the_audio_is_not_heard(make, heard):
    line = make()
    address = line.open()

    async with on_socket(address) as first, on_socket(address) as second:
        await first.hello("first")
        await second.speak(b"no")
        await second.say("stop")
        assert (await second.ping())["kind"] == "pong"
        await first.speak(b"ab")
        await until(lambda: heard.audio)

    assert heard.audio == [b"ab"]
    assert heard.kinds() == ["hello"]


async def test_a_page_that_was_reloaded_need_not_take_what_its_earlier_self_had(make, heard):
    line = make()
    address = line.open()
    async with on_socket(address) as page:
        await page.hello("before")

    async with on_socket(address) as page:
        # The old connection's end may not have been noticed yet: then the answer says how long it has been silent.
        answer = await page.hello("after")

    assert answer["kind"] in ("welcome", "bye")
    async with on_socket(address) as page:
        assert (await page.hello("after"))["kind"] == "welcome"


async def test_a_page_on_another_way_goes_on_where_it_was(make, heard):
    line = make()
    address = line.open()

    async with on_socket(address) as first:
        epoch = (await first.hello())["epoch"]
        await first.speak(b"m0", b"m1")
        line.speak(1, b"s1")
        line.speak(1, b"s2")
        line.speak(1, b"s3")
        assert await first.read() == (epoch, 1, b"s1")
        await until(lambda: len(heard.audio) == 2)
    line.speak(1, b"s4")

    async with on_socket(address) as second:
        welcome = await second.hello(got=1)
        assert welcome == {"kind": "welcome", "epoch": epoch, "n": 1, "again": True, "got": 2}
        assert [(await second.read())[2] for _ in range(3)] == [b"s2", b"s3", b"s4"]
        await second.socket.send(microphone(2, b"m2"))
        await until(lambda: heard.audio == [b"m0", b"m1", b"m2"])

    assert heard.lost == []
    assert [message["again"] for message in heard.messages] == [False, True]


# -- a page that does not read


async def test_what_is_on_the_way_to_a_page_is_bounded(make):
    line = make()

    async with on_socket(line.open()) as page:
        await page.hello()
        for _ in range(100):
            line.speak(1, bytes(24_000))
        for _ in range(20):
            await page.read()
        pong = await page.ping(got=0)

        assert pong["sent"] == 20  # ten seconds of speech
        await page.say("got", n=20)
        for _ in range(20):
            await page.read()
        assert (await page.ping(got=20))["sent"] == 40


async def test_a_page_that_takes_nothing_while_ever_more_is_said_is_lost(make, heard):
    line = make(silence_s=60)

    async with on_socket(line.open()) as page:
        await page.hello()
        for _ in range(1000):
            line.speak(1, bytes(24_000))
        await until(lambda: heard.lost == ["overflow"])

        frames = []
        while not frames or frames[-1] != {"kind": "flush", "epoch": line.epoch}:
            frames.append(await page.read())
        assert len(frames) <= 21  # a window full, and the flush


# -- the end


async def test_a_line_that_is_closed_says_so_and_lets_nobody_in(make, heard):
    line = make()
    address = line.open()

    async with on_socket(address) as page:
        await page.hello()
        line.close()
        assert await page.read() == {"kind": "bye", "reason": "closed"}
        with pytest.raises(ConnectionClosed):
            await page.read()

    await until(lambda: _refuses(address.port))
    with pytest.raises(RuntimeError, match="has been closed"):
        line.open()
    line.close()
    line.speak(1, b"aa")
    line.flush()


def _refuses(port):
    import socket

    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return False
    return True


def test_a_line_that_was_never_opened_is_closed_without_a_trace(make):
    threads = threading.active_count()

    line = make()
    line.close()

    assert threading.active_count() == threads


def test_opening_again_gives_the_same_address_and_its_token_is_not_shown(make):
    line = make()

    address = line.open()

    assert line.open() == address
    assert address.token not in repr(address)
    assert address.path == f"/?key={address.token}"
    assert len(address.token) >= 32


def test_every_line_has_a_token_of_its_own(make):
    assert make().open().token != make().open().token


async def test_a_line_may_be_used_on_the_background_loop_itself(make, heard):
    line = make()

    async def open_there():
        return line.open()

    address = await runtime.wait_async(runtime.submit(open_there()))

    async with on_socket(address) as page:
        assert (await page.hello())["kind"] == "welcome"


def test_without_sockets_the_comm_is_left(make, heard, monkeypatch):
    def refuse(*_):
        raise OSError("no sockets here")

    monkeypatch.setattr("intentional_nb.panels.audio_line.LineServer", refuse)
    line = make(send_comm=RecordedComm().send)

    assert line.open().port == 0

    assert [str(error) for error in heard.errors] == ["no sockets here"]
    heard.errors.clear()


# -- over the comm


class CommPage:
    """A page on a comm, which answers only when told to."""

    def __init__(self, line, comm, client="one"):
        self.line, self.comm, self.client = line, comm, client
        self.first = 1

    def post(self, *parts, urgent=(), first=None):
        frames = [part for part in parts if isinstance(part, bytes)]
        indexes = iter(range(len(frames)))
        message = {
            "kind": "line",
            "client": self.client,
            "first": self.first if first is None else first,
            "parts": [next(indexes) if isinstance(part, bytes) else part for part in parts],
            "urgent": list(urgent),
        }
        if first is None:
            self.first += len(parts)
        self.line.receive_comm(json.loads(json.dumps(message)), [memoryview(frame) for frame in frames])

    async def hello(self, **rest):
        before = len(self.comm.urgent("welcome"))
        self.post(urgent=[{"kind": "hello", "client": self.client, "got": 0, **rest}])
        await until(lambda: len(self.comm.urgent("welcome")) > before)
        return self.comm.urgent("welcome")[-1]


@pytest.fixture
def comm():
    return RecordedComm()


async def test_the_comm_carries_the_same(make, heard, comm):
    line = make(send_comm=comm.send)
    page = CommPage(line, comm)

    welcome = await page.hello()
    page.post(microphone(0, b"m0"), {"kind": "talk", "down": True}, microphone(1, b"m1"))
    line.speak(1, b"s1")
    line.end(1)
    await until(lambda: len(comm.parts()) == 2 and len(heard.audio) == 2)

    assert welcome["again"] is False
    assert line.way == "comm"
    assert heard.audio == [b"m0", b"m1"]
    assert heard.kinds() == ["hello", "talk"]
    number, speech = comm.parts()[0]
    assert (number, speech[12:]) == (welcome["n"] + 1, b"s1")
    assert comm.parts()[1] == (number + 1, {"kind": "end", "epoch": line.epoch, "item": 1})
    assert {message["to"] for _, message, _ in comm.sent} == {"one"}
    assert heard.threads == {"intentional-nb"}


async def test_a_message_of_the_comm_that_comes_twice_is_taken_once(make, heard, comm):
    line = make(send_comm=comm.send)
    page = CommPage(line, comm)
    await page.hello()

    page.post(microphone(0, b"m0"), microphone(1, b"m1"), first=1)
    page.post(microphone(1, b"m1"), microphone(2, b"m2"), first=2)

    await until(lambda: len(heard.audio) == 3)
    assert heard.audio == [b"m0", b"m1", b"m2"]


async def test_speech_that_comes_in_small_pieces_is_sent_in_few_messages(make, comm):
    line = make(send_comm=comm.send)
    page = CommPage(line, comm)
    await page.hello()
    comm.sent.clear()
    began = time.monotonic()

    for n in range(50):  # a second of speech, as a model gives it when it is slow
        line.speak(1, bytes([n]) * 960)
        await asyncio.sleep(0.02)
    await until(lambda: len(comm.parts()) == 50)

    assert b"".join(part[12:] for _, part in comm.parts()) == b"".join(bytes([n]) * 960 for n in range(50))
    # Each holds 80 ms of speech, or has waited a tenth of a second for more.
    assert len(comm.sent) <= 50 / 4 + (time.monotonic() - began) / 0.1


async def test_what_comes_in_many_messages_is_sent_in_few_of_the_comm(make, comm):
    line = make(send_comm=comm.send)
    page = CommPage(line, comm)
    await page.hello()
    comm.sent.clear()
    began = time.monotonic()

    for n in range(100):
        line.send({"kind": "new", "n": n})
        await asyncio.sleep(0.003)
    await until(lambda: len(comm.parts()) == 100)

    assert [part["n"] for _, part in comm.parts()] == list(range(100))
    assert len(comm.sent) <= 2 + (time.monotonic() - began) * 30


async def test_speech_that_comes_at_once_is_sent_as_far_as_it_is_taken(make, comm):
    line = make(send_comm=comm.send)
    page = CommPage(line, comm)
    await page.hello()

    line.speak(1, bytes(48_000 * 30))
    await until(lambda: len(comm.parts()) == 20)
    page.post(urgent=[{"kind": "ping", "at": 1, "got": 0}])
    await until(lambda: comm.urgent("pong"))
    assert len(comm.parts()) == 20

    page.post(urgent=[{"kind": "got", "n": 20}])
    await until(lambda: len(comm.parts()) == 40)
    assert max(sum(map(len, buffers)) for _, _, buffers in comm.sent) < 300_000


async def test_what_the_comm_lost_is_sent_again_when_the_page_asks(make, comm):
    line = make(send_comm=comm.send)
    page = CommPage(line, comm)
    await page.hello()
    for n in range(5):
        line.speak(1, bytes([n, n]))
    await until(lambda: len(comm.parts()) == 5)

    page.post(urgent=[{"kind": "got", "n": 2, "again": True}])

    await until(lambda: len(comm.parts()) == 8)
    assert [(number, part[12]) for number, part in comm.parts()[5:]] == [(3, 2), (4, 3), (5, 4)]


async def test_a_hello_that_is_said_twice_is_answered_twice_and_nothing_is_lost_by_it(make, heard, comm):
    line = make(send_comm=comm.send)
    page = CommPage(line, comm)
    first = await page.hello()
    line.speak(1, b"aa")
    await until(lambda: comm.parts())

    again = await page.hello()

    assert again == first
    await until(lambda: len(comm.parts()) == 2)
    assert comm.parts()[0] == comm.parts()[1]
    assert heard.kinds() == ["hello"]
    assert heard.lost == []


async def test_two_pages_on_one_comm_are_told_apart(make, heard, comm):
    line = make(send_comm=comm.send)
    first, second = CommPage(line, comm, "first"), CommPage(line, comm, "second")
    await first.hello()

    second.post(urgent=[{"kind": "hello", "client": "second", "got": 0}])
    await until(lambda: comm.urgent("bye"))
    await second.hello(take=True)
    first.post(microphone(0, b"no"))
    second.post(microphone(0, b"ab"))
    await until(lambda: heard.audio)
    CommPage(line, comm, "third").post(urgent=[{"kind": "hello", "client": "third", "got": 0}])
    await until(lambda: len(comm.urgent("bye")) == 3)

    assert heard.audio == [b"ab"]
    byes = [
        (message["to"], part["reason"])
        for _, message, _ in comm.sent
        for part in message["urgent"]
        if part["kind"] == "bye"
    ]
    assert byes == [("second", "owned"), ("first", "taken"), ("third", "owned")]


async def test_a_page_may_change_from_its_socket_to_the_comm_and_back(make, heard, comm):
    line = make(send_comm=comm.send)
    address = line.open()
    page = CommPage(line, comm, "one")

    async with on_socket(address) as socket:
        await socket.hello()
        await socket.speak(b"m0")
        line.speak(1, b"s1")
        await socket.read()
        await until(lambda: heard.audio)
    line.speak(1, b"s2")
    welcome = await page.hello(got=1)
    page.post(microphone(1, b"m1"), first=2)
    await until(lambda: len(heard.audio) == 2 and comm.parts())
    assert (welcome["again"], welcome["got"]) == (True, 1)
    assert [(number, part[12:]) for number, part in comm.parts()] == [(2, b"s2")]

    async with on_socket(address) as socket:
        assert (await socket.hello(got=2))["got"] == 2
        line.speak(1, b"s3")
        assert (await socket.read())[2] == b"s3"

    assert [message["way"] for message in heard.messages] == ["direct", "comm", "direct"]
    assert heard.lost == []


async def test_what_waits_for_a_page_goes_its_new_way_only(make, comm):
    line = make(send_comm=comm.send)
    page = CommPage(line, comm, "one")
    await page.hello()
    for n in range(30):
        line.speak(1, bytes([n]) * 24_000)
    await until(lambda: len(comm.parts()) == 20)

    async with on_socket(line.open()) as socket:
        await socket.hello(got=20)
        assert [(await socket.read())[2][0] for _ in range(10)] == list(range(20, 30))

    assert len(comm.parts()) == 20


async def test_a_comm_that_fails_is_told_of_and_its_page_is_lost(make, heard, comm):
    line = make(send_comm=comm.send, silence_s=0.3)
    page = CommPage(line, comm)
    await page.hello()

    comm.is_gone = True
    line.speak(1, bytes(9600))

    await until(lambda: heard.lost == ["silent"])
    assert [str(error) for error in heard.errors] == ["the comm is closed"]
    heard.errors.clear()


@pytest.mark.parametrize("message", [{}, {"client": "x"}, {"client": "x", "first": 1, "parts": [3], "urgent": []}])
def test_nonsense_on_the_comm_is_counted(make, comm, message):
    line = make(send_comm=comm.send)

    line.receive_comm(message, [])

    assert line.counts.garbage == 1


async def test_closing_tells_the_page_on_the_comm(make, comm):
    line = make(send_comm=comm.send)
    await CommPage(line, comm).hello()

    line.close()

    await until(lambda: comm.urgent("bye"))
    assert comm.urgent("bye") == [{"kind": "bye", "reason": "closed"}]


# -- our own mistakes


async def test_a_line_that_cannot_go_on_says_why_and_hangs_up(make, heard, monkeypatch):
    line = make()

    async with on_socket(line.open()) as page:
        await page.hello()
        monkeypatch.setattr(line, "_look", lambda: 1 / 0)
        await until(lambda: heard.errors)

        with contextlib.suppress(ConnectionClosed):
            while True:
                last = await page.read()
        assert last["kind"] == "bye"

    assert [repr(error) for error in heard.errors] == ["ZeroDivisionError('division by zero')"]
    heard.errors.clear()


async def test_what_cannot_be_dealt_with_is_told_and_the_line_goes_on(make, heard, monkeypatch):
    line = make()
    received, receive = [], line._reception.receive

    def receive_but_the_first(channel, frame, number=None):
        received.append(frame)
        if len(received) == 1:
            raise LookupError("ours")
        receive(channel, frame, number)

    monkeypatch.setattr(line._reception, "receive", receive_but_the_first)

    async with on_socket(line.open()) as page:
        await page.say("ping", at=1, got=0)
        assert (await page.hello())["kind"] == "welcome"

    assert [repr(error) for error in heard.errors] == ["LookupError('ours')"]
    heard.errors.clear()
