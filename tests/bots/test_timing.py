"""Where the time of a turn went, from events with their moments."""

from __future__ import annotations

import pytest

from intentional_nb.bots.timing import Span, Stopwatch, Tokens
from intentional_nb.events import (
    ConversationReset,
    ConversationRewound,
    ModelConnected,
    ReplyAudio,
    ReplyEnded,
    ReplyHeard,
    ReplyInterrupted,
    ReplyText,
    RequestStarted,
    RouteDecision,
    SpeechEnded,
    ToolCallEnded,
    ToolCallStarted,
    TurnEnded,
    TurnStarted,
    UsageReported,
    UserTranscribed,
)


def started(turn=1, item_id=None):
    return TurnStarted(turn=turn, user_text="hi", stage="a", item_id=item_id)


def ended(turn=1):
    return TurnEnded(turn=turn, status="completed", stage="a", duration_ms=0)


def decided(choice="chosen"):
    return RouteDecision(
        turn=1, source="a", target="b", kind="outcome", options=(choice,), choice=choice, user_text="hi"
    )


def timed(*moments):
    """A stopwatch that saw these events, each at so many seconds after a second."""
    watch = Stopwatch()
    for at_s, event in moments:
        watch.apply(event, 1 + at_s)
    return watch


def test_times_that_are_asked_for_again_are_the_same_object_until_something_happens():
    moments = [
        (0.00, SpeechEnded(item_id="i1", at_ms=900)),
        (0.01, started(item_id="i1")),
        (0.02, RequestStarted(turn=1, part=0)),
        (0.03, UserTranscribed(turn=1, item_id="i1", text="hi", is_final=True)),
        (0.04, ReplyText(turn=1, delta="a", part=0)),
        (0.05, ToolCallStarted(turn=1, call_id="c1", name="book", arguments={})),
        (0.06, ToolCallEnded(turn=1, call_id="c1", name="book", status="ok", output="", duration_ms=9)),
        (0.07, RequestStarted(turn=1, part=1)),
        (0.08, decided()),
        (0.09, ReplyEnded(turn=1, status="completed", text="a")),
        (0.10, ended()),
        (0.11, ReplyHeard(turn=1, item_id="r1", heard_ms=40)),
    ]
    watched = Stopwatch()

    for index, (at_s, event) in enumerate(moments, 1):
        watched.apply(event, 1 + at_s)
        assert watched.of(1) == timed(*moments[:index]).of(1), event
        if index > 1:
            assert watched.of(1) is watched.of(1)


def test_what_it_took_to_write_down_the_users_speech_stands_apart_from_the_requests():
    used = {"turn": 1, "output_tokens": 1}
    times = timed(
        (0.0, started(item_id="i1")),
        (0.1, UsageReported(model="voice", input_tokens=9, **used)),
        (0.2, UsageReported(model="scribe", input_tokens=7, item_id="i1", audio_seconds=2.5, **used)),
    ).of(1)

    assert times.usage == (("voice", Tokens(9, 1)),)
    assert times.transcriptions == (("scribe", Tokens(7, 1), 2.5),)
    assert times.tokens == Tokens(9, 1)


def test_a_chat_turn_is_made_of_its_requests_and_tools():
    watch = timed(
        (0.000, started()),
        (0.010, RequestStarted(turn=1, part=0)),
        (0.030, decided()),
        (0.031, RequestStarted(turn=1, part=1)),
        (0.040, ToolCallStarted(turn=1, call_id="c1", name="book", arguments={})),
        (0.041, ToolCallStarted(turn=1, call_id="c2", name="look", arguments={})),
        (0.050, ToolCallEnded(turn=1, call_id="c2", name="look", status="ok", output="", duration_ms=9)),
        (0.060, ToolCallEnded(turn=1, call_id="c1", name="book", status="ok", output="", duration_ms=20)),
        (0.061, RequestStarted(turn=1, part=2)),
        (0.070, ReplyText(turn=1, delta="Do", part=2)),
        (0.080, ReplyText(turn=1, delta="ne", part=2)),
        (0.090, ReplyEnded(turn=1, status="completed", text="Done")),
        (0.091, ended()),
    )

    times = watch.of(1)
    spans = [
        (s.kind, s.name, round(s.start_ms), round(s.end_ms), s.first_ms and round(s.first_ms)) for s in times.spans
    ]
    assert spans == [
        ("routing", "chosen", 10, 30, None),
        ("request", "request", 31, 40, None),
        ("tool", "book", 40, 60, None),
        ("tool", "look", 41, 50, None),
        ("request", "request", 61, 90, 70),
    ]
    assert (round(times.first_ms), round(times.duration_ms)) == (70, 91)


def test_a_spoken_turn_is_counted_from_the_moment_its_speech_was_taken_over():
    watch = timed(
        (-0.5, SpeechEnded(item_id="i1", at_ms=900)),
        (0.0, started(item_id="i1")),
        (0.1, RequestStarted(turn=1, part=0)),
        (0.2, ReplyAudio(turn=1, item_id="o1", pcm=b"\0\0")),
        (0.3, UserTranscribed(turn=1, item_id="i1", text="he", is_final=False)),
        (0.4, UserTranscribed(turn=1, item_id="i1", text="hello", is_final=True)),
        (0.5, ReplyEnded(turn=1, status="completed", text="Hi")),
        (0.6, ended()),
        (2.0, ReplyHeard(turn=1, item_id="o1", heard_ms=1500)),
    )

    times = watch.of(1)
    assert [(s.kind, round(s.start_ms), round(s.end_ms)) for s in times.spans] == [
        ("listening", -500, 0),
        ("transcript", 0, 400),
        ("request", 100, 500),
        ("playing", 500, 2000),
    ]
    assert round(times.first_ms) == 200


def test_what_was_heard_of_an_interrupted_reply_is_a_span_too():
    interrupted = ReplyInterrupted(turn=1, item_id="o1", heard_ms=300, received_ms=2000)
    watch = timed((0, started()), (0.1, RequestStarted(turn=1, part=0)), (0.9, interrupted))

    assert [(s.name, round(s.duration_ms)) for s in watch.of(1).of("playing")] == [("heard", 300)]


def test_an_opening_line_has_no_request_and_still_a_first_word():
    watch = timed((0, started()), (0.01, ReplyText(turn=1, delta="Hello!")), (0.02, ended()))

    assert [(s.name, s.end_ms) for s in watch.of(1).spans] == [("opening line", None)]


def test_tokens_are_added_up_and_kept_by_model():
    usage = UsageReported(turn=1, model="m", input_tokens=10, output_tokens=2, cached_tokens=4)
    other = UsageReported(turn=1, model="n", input_tokens=1, output_tokens=1, output_audio_tokens=1)
    watch = timed((0, started()), (0.1, usage), (0.2, other))

    assert watch.of(1).tokens == Tokens(input=11, output=3, cached=4, output_audio=1)
    assert [model for model, _ in watch.of(1).usage] == ["m", "n"]


def test_a_turn_knows_where_its_model_was_reached_also_when_another_is_reached_later():
    usage = UsageReported(turn=1, model="m", input_tokens=1, output_tokens=1)
    here, there = ModelConnected(model="m", base_url="http://here"), ModelConnected(model="m", base_url="http://there")

    watch = timed((0, started()), (0.1, here), (0.2, usage), (0.3, ended()), (0.4, there))

    assert watch.of(1).address == "http://here"


def test_requests_are_those_that_were_sent():
    asked = (0.1, RequestStarted(turn=1, part=0)), (0.2, decided()), (0.3, RequestStarted(turn=1, part=1))

    assert [span.kind for span in timed((0, started()), *asked).of(1).requests] == ["routing", "request"]
    assert timed((0, started()), (0.01, ReplyText(turn=1, delta="Hello!"))).of(1).requests == ()


def test_a_moment_is_told_from_the_beginning_of_a_turn():
    watch = timed((0, started()))

    assert watch.now_ms(1, 1.25) == pytest.approx(250)
    assert watch.now_ms(2, 1.25) is None


def test_a_running_turn_can_be_read():
    watch = timed((0, started()), (0.01, RequestStarted(turn=1, part=0)))

    [times] = watch
    assert times.duration_ms is None
    assert times.spans[0] == Span("request", "request", pytest.approx(10), key="0")
    assert times.spans[0].duration_ms == 0


def test_turns_that_were_taken_back_are_forgotten():
    moments = [(0, started(1)), (1, ended(1)), (2, started(2)), (3, ended(2)), (4, started(3))]

    assert [times.turn for times in timed(*moments, (5, ConversationRewound(turn=2)))] == [1]
    assert [*timed(*moments, (5, ConversationReset()))] == []


def test_events_of_unknown_turns_change_nothing():
    watch = timed((0, RequestStarted(turn=7, part=0)), (0.1, ReplyText(turn=7, delta="x")), (0.2, ended(7)))

    assert [*watch] == []
    assert watch.of(7).spans == ()


def test_ends_of_speech_that_never_become_a_turn_do_not_pile_up():
    watch = timed(*((number, SpeechEnded(item_id=f"i{number}", at_ms=0)) for number in range(100)))

    assert len(watch._speech_ends) <= 8
