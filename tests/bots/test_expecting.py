import asyncio

import pytest

from intentional_nb.bots.expecting import Expectations
from intentional_nb.errors import RefusedError, SessionClosedError
from intentional_nb.events import (
    ErrorOccurred,
    ModelDisconnected,
    SpeechEnded,
    SpeechStarted,
    TurnEnded,
    TurnStarted,
    UserTranscribed,
)

ITEMS = {"opening": (None, None), "typed": ("hi", None), "spoken": ("", "u")}


@pytest.fixture
def expectations():
    return Expectations()


def begins(kind="spoken", turn=1, item=None):
    text, own = ITEMS[kind]
    return TurnStarted(turn=turn, user_text=text, stage="a", item_id=item or own)


def ends(turn=1, status="completed"):
    return TurnEnded(turn=turn, status=status, stage="a", duration_ms=1.0)


def told(expectations, *events):
    for event in events:
        expectations.note(event)


@pytest.mark.parametrize("kind", ITEMS)
async def test_a_turn_is_known_by_how_it_begins(expectations, kind):
    numbers = []
    expected = expectations.expect(kind, numbers.append)

    others = [other for other in ITEMS if other != kind]
    told(expectations, *(event for turn, other in enumerate(others) for event in (begins(other, turn), ends(turn))))
    assert not expected.began.done()
    told(expectations, begins(kind, 7), ends(7))

    assert (await expected.last(), numbers) == (7, [7])


async def test_speech_that_goes_on_ends_with_its_last_turn(expectations):
    expected = expectations.expect("spoken")

    told(expectations, SpeechStarted(item_id="u", at_ms=0), SpeechEnded(item_id="u", at_ms=9), begins())
    told(expectations, SpeechStarted(item_id="v", at_ms=20), ends(status="cancelled"))
    assert not expected.ended.done()
    told(expectations, SpeechEnded(item_id="v", at_ms=30), begins(turn=2, item="v"), ends(2))

    assert await expected.last() == 2


async def test_a_noise_that_cut_the_turn_and_led_to_nothing_is_not_waited_for_long(expectations, monkeypatch):
    monkeypatch.setattr("intentional_nb.bots.expecting.UNDECIDED_S", 0.01)
    expected = expectations.expect("spoken")

    told(expectations, begins(), SpeechStarted(item_id="v", at_ms=20), ends(status="cancelled"))
    waiting = asyncio.create_task(expected.last())
    await asyncio.sleep(0.05)
    assert not waiting.done(), "the noise goes on"
    told(expectations, SpeechEnded(item_id="v", at_ms=30))

    assert await waiting == 1


async def test_a_stopped_turn_is_over(expectations):
    expected = expectations.expect("typed")

    told(expectations, begins("typed"), ends(status="cancelled"))

    assert await expected.last() == 1


async def test_the_error_of_a_failed_turn_is_raised(expectations):
    expected = expectations.expect("typed")
    error = RefusedError("no")

    told(expectations, begins("typed"), ErrorOccurred(turn=1, error="no", where="model", exception=error))
    told(expectations, ErrorOccurred(turn=1, error="other", where="handler f"), ends(status="failed"))

    with pytest.raises(RefusedError, match="no"):
        await expected.last()


async def test_an_error_before_the_turn_means_that_none_will_come(expectations):
    expected = expectations.expect("spoken")

    told(expectations, ErrorOccurred(error="deaf", where="model", exception=RefusedError("deaf")))

    with pytest.raises(RefusedError, match="deaf"):
        await expected.last()


async def test_the_end_of_the_session_is_the_end_of_the_wait(expectations):
    expected = expectations.expect("spoken")

    told(expectations, begins(), ModelDisconnected(reason="enough", close_code=4000))

    with pytest.raises(SessionClosedError, match="enough") as caught:
        await expected.last()
    assert caught.value.close_code == 4000


async def test_the_words_of_the_user_are_waited_for(expectations):
    expected = expectations.expect("spoken")
    told(expectations, begins(), ends())

    waiting = asyncio.create_task(expected.transcribed(30))
    told(expectations, UserTranscribed(turn=1, item_id="u", text="Yes.", is_final=True))
    await asyncio.wait_for(waiting, 10)

    await expected.transcribed(0)


def test_who_waits_no_more_is_told_no_more(expectations):
    expected = expectations.expect("spoken")
    expectations.drop(expected)

    told(expectations, begins())

    assert not expected.began.done()
