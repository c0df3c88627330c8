"""The shipped spoken interview with the local voice: real speech is heard, understood, routed and answered."""

from __future__ import annotations

import re

import pytest

from intentional_nb import examples
from intentional_nb.audio import Clip
from intentional_nb.bots.loading import load_bot
from intentional_nb.bots.transcript import ToolEntry
from intentional_nb.local import speech

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not speech.is_installed(), reason=f"the local voice is not installed: {speech.notice()}"),
]


@pytest.fixture(scope="module")
def interview():
    """A whole conversation, of shipped clips alone."""
    with load_bot(examples.path("interview_spoken")) as bot:
        bot.start()
        for name in ("thursday", "friday", "thanks", "available", "name", "age", "correct"):
            bot.speak(examples.path(f"{name}.wav"))
        yield bot


def test_speech_leads_through_the_stages_to_the_end(interview):
    route = [(move.kind, move.source, move.target) for turn in interview.transcript for move in turn.route]

    assert route == [
        ("jump", "availability", "reschedule"),
        ("backtrack", "reschedule", "availability"),
        ("outcome", "availability", "name"),
        ("outcome", "name", "age"),
        ("outcome", "age", "confirm"),
        ("end", "confirm", "_end_"),
    ]
    assert {turn.status for turn in interview.transcript} == {"completed"}


def test_what_was_said_is_written_down(interview):
    said = [turn.user_text for turn in interview.transcript]

    assert said[0] is None
    assert [" ".join(words_of(text)) for text in said[1:]] == [
        "i'm sorry i can't come on thursday",
        "how about friday afternoon at 3",
        "yes thank you",
        "yes i can make it",
        "my name is daniel baker",
        "i am 27 years old",
        "yes that's all correct",
    ]


def words_of(text):
    return re.findall(r"[\w']+", text.lower())


def test_a_tool_is_called_with_what_was_said(interview):
    calls = [entry for turn in interview.transcript for entry in turn.entries if isinstance(entry, ToolEntry)]

    assert (calls[0].name, calls[0].status) == ("reschedule_interview", "ok")
    assert dict(calls[0].arguments) == {"date": "2026-11-27", "time": "15:00"}


def test_what_the_bot_says_can_be_understood_again(interview):
    from intentional_nb.local.speech.recognition import recognise

    heard = recognise(interview.audio(1).pcm)

    assert {"robin", "bakery", "interview", "thursday"} <= set(words_of(heard))


def test_both_sides_are_on_one_timeline(interview, tmp_path):
    import numpy as np

    whole = Clip.read(interview.export_audio(tmp_path / "interview.wav"))
    sides = [interview.audio(turn, who) for turn in interview.transcript for who in ("user", "bot")]

    assert whole.duration_ms == pytest.approx(sum(side.duration_ms for side in sides), rel=0.05)
    assert np.abs(whole.array).max() > 1000
