import asyncio
import threading

import pytest

from intentional_nb.bots import runtime
from intentional_nb.bots.playing import Playing


class Log:
    """What a client would be told, in order."""

    def __init__(self):
        self.told = []
        self.news = threading.Event()

    def note_played(self, item_id, played_ms):
        self.told.append(("played", item_id, played_ms))

    async def handle_interruption(self, length_to_interruption=None, *, turn=None):
        self.told.append(("interrupted", length_to_interruption))
        self.turn = turn
        self.news.set()


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def players():
    return []


@pytest.fixture
def playing(log, players):
    turns = {"a": 1, "b": 2}
    return Playing(log, turn_of=turns.get, on_played=lambda *_: None, on_players=players.append)


def spoken_over(playing, *, is_sounding=True, turn=1):
    """The user begins to speak; gives what waits for the player's report."""
    assert playing.ask(is_sounding=is_sounding)
    waiting = runtime.submit(playing.user_speaks(turn))
    caught_up()
    return waiting


def on_loop(work):
    return runtime.wait(runtime.submit(work))


def caught_up():
    """Everything that was handed to the loop has been done."""
    on_loop(asyncio.sleep(0))


def test_without_a_player_all_that_came_was_heard(playing, log):
    spoken_over(playing, turn=3).result(10)

    assert log.told == [("interrupted", None)]
    assert log.turn == 3, "what the user says may be answered already"


def test_a_players_report_interrupts_with_exactly_that(playing, log):
    player = playing.attach()
    player.note_played("a", 100)
    waiting = spoken_over(playing)

    player.flushed("a", 140.5)
    waiting.result(10)

    assert log.told == [("played", "a", 100), ("played", "a", 140), ("interrupted", 140)]


def test_a_player_that_says_nothing_is_taken_at_its_last_word(playing, log, monkeypatch):
    monkeypatch.setattr("intentional_nb.bots.playing.REPORT_S", 0.01)
    playing.attach().note_played("a", 100)

    spoken_over(playing).result(10)

    assert log.told[-1] == ("interrupted", 100)


@pytest.mark.parametrize("item", ["a", None])
def test_a_report_that_comes_late_leaves_later_turns_alone(playing, log, monkeypatch, item):
    monkeypatch.setattr("intentional_nb.bots.playing.REPORT_S", 0.01)
    player = playing.attach()
    spoken_over(playing, turn=1).result(10)
    log.news.clear()

    player.flushed(item, 100)

    assert log.news.wait(10)
    assert log.turn == 1


def test_a_player_that_is_quick_may_answer_before_it_is_waited_for(playing, log):
    player = playing.attach()
    assert playing.ask(is_sounding=True)
    player.flushed("a", 70)
    caught_up()

    on_loop(asyncio.wait_for(playing.user_speaks(1), 5))

    assert log.told == [("played", "a", 70), ("interrupted", 70)]


def test_with_nothing_to_play_nobody_is_waited_for(playing, log):
    playing.attach()

    spoken_over(playing, is_sounding=False).result(5)

    assert log.told == [("interrupted", 0)]


def test_a_player_that_fell_silent_by_itself_interrupts_too(playing, log):
    playing.attach().flushed("b", 70)

    assert log.news.wait(10)
    assert log.told == [("played", "b", 70), ("interrupted", 70)]
    assert log.turn == 2, "the turn that was playing is the one that is meant"


def test_one_report_is_enough_for_speech_that_begins_twice(playing, log):
    player = playing.attach()
    waiting = spoken_over(playing)

    assert not playing.ask(is_sounding=True)
    player.flushed("a", 70)
    waiting.result(10)

    assert log.told.count(("interrupted", 70)) == 1


def test_an_item_that_is_settled_counts_no_more(playing, log):
    player = playing.attach()
    player.note_played("a", 900)
    playing.settle("a")
    player.note_played("a", 900)

    on_loop(playing.interrupt())

    assert log.told[-1] == ("interrupted", 0)


def test_what_was_taken_back_counts_no_more(playing, log):
    playing.attach().note_played("a", 900)
    playing.forget()

    on_loop(playing.interrupt())

    assert log.told[-1] == ("interrupted", 0)


def test_who_knows_better_how_much_was_heard_may_say_so(playing, log):
    playing.attach().note_played("a", 900)

    on_loop(playing.interrupt(300))

    assert log.told[-1] == ("interrupted", 300)


def test_the_last_player_that_leaves_is_told_of(playing, players):
    first, second = playing.attach(), playing.attach()

    first.detach()
    first.detach()
    assert playing.has_player
    second()

    assert players == [True, True, False]
