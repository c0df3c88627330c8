from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from intentional_nb.errors import ServerError
from intentional_nb.local import speech
from intentional_nb.local.speech import loading
from tests.local.speech.sounds import needs_speech


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    """A process that has not loaded anything yet, and in which everything is installed."""
    monkeypatch.setattr(loading, "_once", loading._Once())
    monkeypatch.setattr(loading.weights, "missing", lambda: None)


def loads(monkeypatch, answer):
    """From now on loading is this, and the calls are noted."""
    calls = []

    def _engines(tell):
        calls.append(tell)
        return answer(tell)

    monkeypatch.setattr(loading, "_engines", _engines)
    return calls


def test_many_threads_load_once(monkeypatch):
    calls = loads(monkeypatch, lambda tell: object())

    with ThreadPoolExecutor(8) as pool:
        loaded = list(pool.map(lambda _: loading.engines(), range(16)))

    assert len(calls) == 1
    assert len(set(map(id, loaded))) == 1
    assert speech.load()
    assert speech.notice() is None


@needs_speech
def test_progress_goes_from_nothing_to_everything_in_steps_that_are_named():
    told = []

    assert speech.load(lambda what, done: told.append((what, done)))

    shares = [done for _, done in told]
    assert shares == sorted(shares)
    assert (shares[0], told[-1]) == (0, ("ready", 1))
    assert len({what for what, _ in told}) == 6


def test_loading_again_is_ready_at_once(monkeypatch):
    loads(monkeypatch, lambda tell: object())
    speech.load()
    told = []

    speech.load(lambda what, done: told.append((what, done)))

    assert told == [("ready", 1.0)]


def test_a_thread_that_waits_for_another_one_is_told_too(monkeypatch):
    has_begun, is_waiting, told = threading.Event(), threading.Event(), []

    def _slowly(tell):
        tell("half", 0.5)
        assert is_waiting.wait(10)
        tell("more", 0.75)
        return object()

    def _note(what, done):
        told.append(what)
        is_waiting.set()

    loads(monkeypatch, _slowly)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(speech.load, lambda what, done: has_begun.set())
        assert has_begun.wait(10)
        second = pool.submit(speech.load, _note)

        assert first.result(10)
        assert second.result(10)

    assert told == ["half", "more", "ready"]


def test_what_goes_wrong_is_told_and_tried_again(monkeypatch):
    def _broken(tell):
        raise ServerError("model.bin has sha256 0, expected 1")

    loads(monkeypatch, _broken)
    assert not speech.load()
    assert "because model.bin has sha256 0, expected 1; to add" in str(speech.notice())

    loads(monkeypatch, lambda tell: object())
    assert speech.load()
    assert speech.notice() is None


def test_an_error_of_a_library_is_told(monkeypatch):
    loads(monkeypatch, lambda tell: 1 / 0)

    with pytest.raises(ServerError, match="because it cannot be loaded: division by zero"):
        loading.engines()


def test_packages_that_came_later_are_found(monkeypatch):
    loads(monkeypatch, lambda tell: object())
    monkeypatch.setattr(loading.weights, "missing", lambda: "hibari-tts is not installed")
    assert not speech.load()
    assert not speech.is_installed()

    monkeypatch.setattr(loading.weights, "missing", lambda: None)

    assert speech.load()
