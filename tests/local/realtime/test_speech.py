from __future__ import annotations

import asyncio
import threading

import pytest

from intentional_nb.local import speech
from intentional_nb.local.realtime.speech import LocalSpeech, detector_options
from intentional_nb.wire.realtime.server_response import Failure
from tests.local.asking import eventually
from tests.local.realtime.voices import needs_speech, quiet, spoken


@pytest.fixture
def local():
    local = LocalSpeech()
    yield local
    local.close()


@pytest.mark.parametrize(
    ("detection", "options"),
    [
        (
            {"type": "server_vad", "threshold": 0.7, "prefix_padding_ms": 10, "silence_duration_ms": 20, "x": 1},
            {"threshold": 0.7, "prefix_padding_ms": 10, "silence_duration_ms": 20},
        ),
        ({"type": "semantic_vad", "eagerness": "low"}, {"silence_duration_ms": 1500}),
    ],
)
def test_a_session_says_how_turns_are_detected(detection, options):
    assert detector_options(detection) == options


def test_loading_tells_how_far_it_is_and_is_done_once(monkeypatch, local):
    may_go_on, loads = threading.Event(), []

    def load(on_progress):
        loads.append(on_progress)
        on_progress("the voice", 0.4)
        may_go_on.wait(20)
        return True

    monkeypatch.setattr(speech, "is_installed", lambda: True)
    monkeypatch.setattr(speech, "notice", lambda: None)
    monkeypatch.setattr(speech, "load", load)
    assert local.notice is None
    local.prepare()
    local.prepare()

    assert eventually(lambda: local.notice == "the local voice is being made ready: the voice, 40%")
    may_go_on.set()
    assert eventually(lambda: local.notice is None)
    assert len(loads) == 1


async def test_what_cannot_be_loaded_is_told_and_tried_again(monkeypatch, local):
    loaded = [False, True]
    monkeypatch.setattr(speech, "is_installed", lambda: True)
    monkeypatch.setattr(speech, "notice", lambda: "the weights are broken")
    monkeypatch.setattr(speech, "load", lambda on_progress: loaded.pop(0))

    with pytest.raises(Failure, match="the weights are broken") as failed:
        await local.synthesise("Hi.")

    assert failed.value.code == "speech_not_usable"
    await local._ready()
    assert loaded == []


async def test_what_is_closed_hears_and_says_nothing(local):
    local.close()

    with pytest.raises(Failure):
        await local.recognise(quiet(100))


def test_preparing_what_is_not_installed_does_nothing(monkeypatch, local):
    monkeypatch.setattr(speech, "is_installed", lambda: False)
    before = set(threading.enumerate())  # threads of models that other tests have closed may still be ending

    local.prepare()

    started = set(threading.enumerate()) - before
    assert not [thread for thread in started if thread.name.startswith("intentional-local-words")]


@needs_speech
async def test_hearing_and_speaking_fit_together(local):
    said = await local.synthesise("Good morning, how are you?")
    detector = await local.detector({"type": "semantic_vad", "eagerness": "high"})
    edges = await local.detect(detector, said + quiet(800))

    assert [edge.kind for edge in edges] == ["started", "paused", "stopped"]
    assert "good morning" in (await local.recognise(said)).lower()


@needs_speech
async def test_recognition_that_is_not_wanted_any_more_ends(local):
    await local.recognise(quiet(200))
    long = asyncio.create_task(local.recognise(spoken("This is a long sentence, which goes on for a while.") * 20))
    await asyncio.sleep(0)
    long.cancel()
    await asyncio.wait([long])

    assert long.cancelled()
    assert await local.recognise(quiet(200)) == ""
