import asyncio
import gc
import threading
import weakref

import pytest

from intentional_nb.bots.listeners import Listeners
from intentional_nb.events import ErrorOccurred, ModelConnected, ReplyText
from tests.bots.test_voice import settled


@pytest.fixture
def failures():
    return []


@pytest.fixture
def listeners(failures):
    made = Listeners(failures.append)
    yield made
    made.close()


def told(listeners, *events):
    for event in events:
        listeners.tell(event)
    assert listeners.drain(10)


def test_every_handler_of_a_name_is_told_in_order(listeners):
    seen = []
    listeners.add("on_text_message_from_model", lambda event: seen.append(("a", event["delta"])))
    listeners.add("on_text_message_from_model", lambda event: seen.append(("b", event["delta"])))

    told(listeners, ReplyText(turn=1, delta="x"), ReplyText(turn=1, delta="y"))

    assert seen == [("a", "x"), ("b", "x"), ("a", "y"), ("b", "y")]


def test_async_handlers_are_finished_before_the_next_event(listeners):
    seen = []

    async def handler(event):
        seen.append(event.delta)

    listeners.add("*", handler)
    told(listeners, ReplyText(turn=1, delta="x"), ReplyText(turn=1, delta="y"))

    assert seen == ["x", "y"]


def test_handlers_run_on_a_thread_of_their_own(listeners):
    threads = []
    listeners.add("*", lambda event: threads.append(threading.current_thread()))

    told(listeners, ReplyText(turn=1, delta="x"))

    assert threads[0] is not threading.current_thread()


def test_the_star_gets_everything_and_a_name_only_its_own(listeners):
    everything, connections = [], []
    listeners.add("*", lambda event: everything.append(event.type))
    listeners.add("on_model_connection", lambda event: connections.append(event.type))

    told(listeners, ReplyText(turn=1, delta="x"), ModelConnected(model="m", base_url="u"))

    assert everything == ["reply_text", "model_connected"]
    assert connections == ["model_connected"]


def test_names_of_other_versions_are_understood(listeners):
    seen = []
    listeners.add("on_text_message_from_llm", seen.append)

    told(listeners, ReplyText(turn=1, delta="x"))

    assert len(seen) == 1


def test_a_failing_handler_harms_nothing_and_is_told(listeners, failures):
    seen = []
    listeners.add("*", lambda event: 1 / 0)
    listeners.add("*", seen.append)

    told(listeners, ReplyText(turn=1, delta="x"))

    assert len(seen) == 1
    assert "ZeroDivisionError" in failures[0].error
    assert "on_text_message_from_model" in failures[0].error


@pytest.mark.parametrize("raised", [SystemExit("enough"), asyncio.CancelledError("no more")])
@pytest.mark.parametrize("is_async", [False, True])
def test_a_handler_that_wants_to_leave_ends_nobody_elses_handlers(listeners, failures, raised, is_async):
    seen = []

    def leave(event):
        raise raised

    async def leave_later(event):
        raise raised

    listeners.add("*", leave_later if is_async else leave)
    listeners.add("*", lambda event: seen.append(event.delta))

    told(listeners, ReplyText(turn=1, delta="x"), ReplyText(turn=1, delta="y"))

    assert seen == ["x", "y"]
    assert [failure.exception for failure in failures] == [raised, raised]


def test_a_failing_handler_of_errors_does_not_go_round_in_circles(listeners, failures):
    listeners.add("on_error", lambda event: 1 / 0)

    told(listeners, ErrorOccurred(error="x", where="model"), ErrorOccurred(error="y", where="handler z"))

    assert len(failures) == 1


def test_an_unknown_name_is_refused_with_those_there_are(listeners):
    with pytest.raises(ValueError, match="on_text_message_from_model"):
        listeners.add("on_text", print)


def test_what_cannot_be_called_is_refused(listeners):
    with pytest.raises(TypeError, match="'x'"):
        listeners.add("*", "x")


def test_a_handler_can_be_taken_away(listeners):
    seen = []
    listeners.add("*", seen.append)
    listeners.remove("*", seen.append)

    told(listeners, ReplyText(turn=1, delta="x"))

    assert seen == []


def test_subscribers_are_told_at_once_until_they_leave(listeners):
    seen = []
    leave = listeners.subscribe(seen.append)

    listeners.tell(ReplyText(turn=1, delta="x"))
    leave()
    listeners.tell(ReplyText(turn=1, delta="y"))

    assert [event.delta for event in seen] == ["x"]


def test_the_thread_of_handlers_does_not_keep_what_nobody_has_any_more():
    threads = []
    made = Listeners(lambda event: None)
    made.add("*", lambda event: threads.append(threading.current_thread()))
    told(made, ReplyText(turn=1, delta="x"))
    gone = weakref.ref(made)

    del made

    settled(lambda: gc.collect() >= 0 and gone() is None)
    threads[0].join(20)
    assert not threads[0].is_alive()


def test_nobody_waits_for_handlers_whose_thread_has_ended(failures):
    threads = []
    made = Listeners(failures.append)
    made.add("*", lambda event: threads.append(threading.current_thread()))
    told(made, ReplyText(turn=1, delta="x"))
    made.close()
    settled(lambda: not threads[0].is_alive())

    made.tell(ReplyText(turn=1, delta="y"))

    assert made.drain(60)
