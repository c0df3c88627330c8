from __future__ import annotations

import json
import threading

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from intentional_nb.panels.audio_line_outbox import FEW_BYTES, PIECE_BYTES, Outbox


def read(frame):
    return ("speech", *frame[12:]) if isinstance(frame, bytes) else json.loads(frame)["kind"]


def sent(outbox, limit_bytes=10**9):
    return [read(frame) for frame in outbox.take(limit_bytes)[1]]


def test_frames_go_out_once_in_order_with_the_number_of_the_first():
    outbox = Outbox()
    outbox.speak(1, b"aa")
    outbox.end(1)

    assert outbox.take(10**9)[0] == 1
    outbox.put({"kind": "note"})

    assert outbox.take(10**9)[0] == 3
    assert outbox.take(10**9) == (4, [])
    assert outbox.count == 3


def test_long_speech_is_cut_into_pieces():
    outbox = Outbox()
    pcm = bytes(range(256)) * 400

    outbox.speak(7, pcm)

    frames = outbox.take(10**9)[1]
    assert {len(frame) - 12 for frame in frames[:-1]} == {PIECE_BYTES}
    assert b"".join(frame[12:] for frame in frames) == pcm
    assert {frame[:12] for frame in frames} == {bytes.fromhex("02000000 01000000 07000000")}


def test_speech_without_sound_is_nothing():
    outbox = Outbox()

    outbox.speak(1, b"")

    assert outbox.take(1) == (1, [])


def test_a_flush_drops_speech_that_waits_and_keeps_what_else_does():
    outbox = Outbox()
    outbox.speak(1, b"aa")
    outbox.put({"kind": "note"})
    outbox.end(1)

    assert outbox.flush() == 2

    assert sent(outbox) == ["note", "flush"]


def test_flushing_again_and_again_leaves_one():
    outbox = Outbox()

    for _ in range(100):
        outbox.flush()

    assert outbox.take(10**9)[1] == ['{"kind":"flush","epoch":101}']


def test_speech_that_flew_at_a_flush_is_not_sent_again_but_its_number_is():
    outbox = Outbox()
    outbox.speak(1, b"aa")
    outbox.speak(1, b"bb")
    sent(outbox)
    outbox.flush()
    sent(outbox)

    assert outbox.rewind(1)

    assert sent(outbox) == ["skip", "flush"]
    assert outbox.count == 3


def test_speech_that_was_to_be_sent_again_at_a_flush_keeps_its_place():
    outbox = Outbox()
    outbox.speak(1, b"aa")
    outbox.speak(1, b"bb")
    sent(outbox)
    outbox.rewind_all()
    outbox.speak(1, b"cc")

    outbox.flush()

    assert sent(outbox) == ["skip", "skip", "flush"]


def test_a_page_that_had_more_than_it_was_thought_to_is_sent_only_the_rest():
    outbox = Outbox()
    for n in range(4):
        outbox.speak(1, bytes([n, n]))
    sent(outbox)
    outbox.rewind_all()

    assert outbox.rewind(3)

    assert outbox.take(10**9)[0] == 4
    assert outbox.acknowledge(4)


def test_what_flies_is_bounded_and_goes_on_when_it_is_acknowledged():
    outbox = Outbox(window_bytes=50)
    for letter in b"abcdef":
        outbox.speak(1, bytes([letter, letter]) * 5)

    assert len(sent(outbox)) == 3
    assert sent(outbox) == []
    assert outbox.acknowledge(2)
    assert len(sent(outbox)) == 2


def test_what_waits_is_full_at_some_time():
    outbox = Outbox(limit_bytes=100)
    outbox.speak(1, bytes(80))
    assert not outbox.is_full

    outbox.speak(1, bytes(80))

    assert outbox.is_full
    outbox.flush()
    assert not outbox.is_full


def test_an_acknowledgement_of_nothing_new_changes_nothing():
    outbox = Outbox()
    outbox.put({"kind": "note"})
    sent(outbox)

    assert outbox.acknowledge(1)
    assert not outbox.acknowledge(1)
    assert not outbox.acknowledge(0)
    assert not outbox.acknowledge(99)


@pytest.mark.parametrize("number", [-1, 0, 4])
def test_what_is_not_here_any_more_or_not_yet_cannot_be_sent_again(number):
    outbox = Outbox()
    for _ in range(3):
        outbox.put({"kind": "note"})
    sent(outbox)
    outbox.acknowledge(1)

    assert not outbox.rewind(number)
    assert outbox.count == 3


def test_a_restart_forgets_everything_and_goes_on_counting():
    outbox = Outbox()
    outbox.speak(1, b"aa")
    sent(outbox)
    outbox.speak(1, b"bb")

    outbox.restart()

    assert sent(outbox) == []
    outbox.put({"kind": "note"})
    assert outbox.take(1)[0] == 2
    assert outbox.epoch == 2


def test_a_little_speech_can_wait_and_anything_else_cannot():
    outbox = Outbox()
    assert outbox.can_wait
    outbox.speak(1, bytes(FEW_BYTES // 2))
    assert outbox.can_wait
    outbox.end(1)
    assert not outbox.can_wait

    outbox = Outbox()
    outbox.speak(1, bytes(FEW_BYTES))
    assert not outbox.can_wait


def test_threads_that_speak_at_once_lose_nothing():
    outbox = Outbox(window_bytes=10**9)
    threads = [
        threading.Thread(target=lambda letter=letter: [outbox.speak(letter, bytes([letter, n])) for n in range(200)])
        for letter in range(4)
    ]

    for thread in threads:
        thread.start()
    found = []
    while any(thread.is_alive() for thread in threads) or outbox.count < 800:
        found += outbox.take(1000)[1]

    for letter in range(4):
        assert [frame[13] for frame in found if frame[12] == letter] == list(range(200))


class Delivery(RuleBasedStateMachine):
    """A page behind a way that loses messages and is replaced: it gets everything once and in order."""

    def __init__(self):
        super().__init__()
        self.outbox = Outbox(window_bytes=200)
        self.said = []
        self.heard = []
        self.got = 0
        self.count = 0

    @rule(size=st.integers(1, 40))
    def say(self, size):
        self.count += 1
        self.outbox.put({"kind": "note", "n": self.count, "pad": "x" * size})
        self.said.append(self.count)

    @rule()
    def flush(self):
        self.outbox.flush()

    @rule(limit=st.integers(1, 300), arrives=st.booleans())
    def post(self, limit, arrives):
        first, frames = self.outbox.take(limit)
        if not arrives:
            return
        for number, frame in enumerate(frames, first):
            if number == self.got + 1:
                self.got = number
                self.heard += [message["n"]] if (message := json.loads(frame))["kind"] == "note" else []

    @rule(arrives=st.booleans())
    def acknowledge(self, arrives):
        if arrives:
            self.outbox.acknowledge(self.got)

    @rule()
    def ask_again(self):
        assert self.outbox.rewind(self.got)

    @rule()
    def start_over(self):
        self.outbox.rewind_all()

    @invariant()
    def nothing_is_missing_or_twice(self):
        assert self.heard == self.said[: len(self.heard)]

    def teardown(self):
        self.outbox.rewind(self.got)
        before = -1
        while before < self.got:
            before = self.got
            self.outbox.acknowledge(self.got)
            self.post(100, arrives=True)
        assert self.heard == self.said


TestDelivery = Delivery.TestCase
TestDelivery.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
