from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.bots import prices
from intentional_nb.bots.timing import Span, Stopwatch, Tokens, TurnTimes
from intentional_nb.events import RequestStarted, TurnStarted
from intentional_nb.panels.timeline_html import MOST_TURNS, timeline_html
from intentional_nb.panels.timeline_view import (
    TimelineViews,
    Totals,
    bar_words,
    duration_words,
    extent,
    timeline_view,
    token_words,
    totals_words,
)
from tests.panels.samples import turn
from tests.panels.test_transcript_html import KEPT_ATTRIBUTES, KEPT_TAGS, Tags
from tests.panels.timeline_samples import CHAT, OPENING, RUNNING, VOICE, FakeWatch, walk_times


def bars(times):
    return [(bar["k"], bar["label"], bar["name"]) for bar in timeline_view(times)["entries"]]


# -- one turn


def test_a_written_turn_has_a_bar_for_each_request_routing_and_tool():
    assert bars(CHAT) == [
        ("routing", "Routing", "name_given"),
        ("request", "Request", ""),
        ("tool", "Tool", "current_date_time"),
        ("tool", "Tool", "look_up_calendar"),
        ("request", "Reply", ""),
    ]
    assert timeline_view(CHAT)["entries"][-1] == {
        "k": "request",
        "label": "Reply",
        "name": "",
        "from": 1895,
        "to": 3120,
        "first": 2304,
    }


def test_a_spoken_turn_begins_with_the_end_of_the_speech_and_ends_with_what_was_heard():
    assert [label for _, label, _ in bars(VOICE)] == ["End of speech", "Transcript", "Routing", "Reply", "Heard"]
    view = timeline_view(VOICE)
    assert (view["first"], view["waited"]) == (760, 1280)
    assert extent(view) == (-520, 4100)


def test_an_opening_line_is_called_so():
    assert bars(OPENING) == [("request", "Opening line", "")]


def test_a_running_turn_has_a_present_and_open_bars():
    view = timeline_view(RUNNING, now_ms=1234.56)

    assert (view["ms"], view["now"]) == (None, 1234.6)
    assert [bar["to"] for bar in view["entries"]] == [610, None]


def test_what_is_open_when_a_turn_ends_has_ended_with_it_but_speech_goes_on():
    spans = (Span("tool", "look", 5), Span("request", "request", 6), Span("transcript", "transcript", 0))

    view = timeline_view(TurnTimes(1, spans, duration_ms=100), now_ms=500)

    assert [(bar["k"], bar["to"]) for bar in view["entries"]] == [("transcript", None), ("tool", 100), ("request", 100)]
    assert view["now"] is None


def test_names_are_shown_with_what_is_hidden_in_them_and_not_longer_than_fits():
    view = timeline_view(TurnTimes(1, (Span("tool", "pay\u202epal" + "x" * 500, 0, 1),)))

    assert view["entries"][0]["name"].startswith("pay[U+202E]pal")
    assert len(view["entries"][0]["name"]) < 120


@st.composite
def spans(draw):
    start = draw(st.floats(-1e5, 1e5))
    end = draw(st.none() | st.floats(0, 1e6).map(lambda ms: start + ms))
    kind = draw(st.sampled_from(["listening", "transcript", "request", "routing", "tool", "playing"]))
    return Span(kind, kind, start, end, draw(st.none() | st.floats(-1e5, 1e5)))


@given(st.lists(spans(), max_size=8), st.none() | st.floats(0, 1e6))
def test_every_bar_lies_within_the_extent_and_they_come_in_order(made, duration):
    view = timeline_view(TurnTimes(1, tuple(made), duration_ms=duration), now_ms=0)

    start, end = extent(view)
    assert len(view["entries"]) == len(made)
    assert [bar["from"] for bar in view["entries"]] == sorted(bar["from"] for bar in view["entries"])
    assert all(start <= bar["from"] <= end and (bar["to"] is None or bar["to"] <= end) for bar in view["entries"])


# -- many turns


def test_a_turn_that_did_not_change_is_the_very_same_view():
    turns, times = walk_times()
    views = TimelineViews()
    first = views.of(turns, FakeWatch(times), 1.0)

    later = TurnTimes(4, (*RUNNING.spans, Span("tool", "more", 700)))
    second = views.of(turns, FakeWatch([*times[:3], later]), 2.0)

    assert [new is old for new, old in zip(second, first, strict=True)] == [True, True, True, False]
    assert (first[3]["now"], second[3]["now"]) == (1000, 2000)
    assert views.of(turns[:1], FakeWatch(times), 3.0) == first[:1]


def test_a_turn_tells_its_words_and_stages():
    turns, times = walk_times()

    told = TimelineViews().of(turns, FakeWatch(times), 0)

    assert [view["user"] for view in told][:2] == [None, "I am Ada, and could we talk on Thursday?"]
    assert [view["stages"] for view in told][:2] == [["here"], ["ask_name", "ask_age"]]
    assert [view["status"] for view in told] == ["completed", "completed", "cancelled", "running"]


def test_a_real_stopwatch_tells_the_present_of_a_running_turn():
    watch = Stopwatch()
    watch.apply(TurnStarted(turn=1, user_text="hi", stage="a"), 10.0)
    watch.apply(RequestStarted(turn=1, part=0), 10.5)

    (view,) = TimelineViews().of([turn(1, "hi", status="running")], watch, 12.0)

    assert (view["now"], view["entries"][0]["from"]) == (2000, 500)


# -- words


def test_tokens_are_told_with_what_is_special_of_them():
    assert token_words(Tokens()) == ""
    assert token_words(Tokens(1234, 5)) == "1,234 in · 5 out"
    assert token_words(Tokens(9, 8, 7, 6, 5, 4)) == "9 in (7 cached, 5 audio) · 8 out (6 reasoning, 4 audio)"


def test_totals_look_up_again_what_a_turn_cost_only_where_something_changed(monkeypatch):
    looked_up = []
    monkeypatch.setattr(prices, "cost_of_turn", lambda times, on: looked_up.append(times.turn) or 0.25)
    turns, times = walk_times()
    totals = Totals()

    first = totals.words(turns, FakeWatch(times))
    assert totals.words(turns, FakeWatch(times)) == first
    assert first.endswith("$1.00")
    assert looked_up == [1, 2, 3, 4]
    totals.words(turns, FakeWatch([*times[:3], replace(RUNNING, duration_ms=5)]))
    assert looked_up[4:] == [4]
    assert totals.words(turns[:2], FakeWatch(times)).startswith("2 turns")
    prices.set("a-model", input=1, output=1)
    prices.unset("a-model")
    totals.words(turns[:2], FakeWatch(times))

    assert looked_up[5:] == [1, 2]


def test_totals_tell_what_is_known_and_that_there_is_more():
    assert totals_words([CHAT], [0.5]) == "1 turn · 2,723 in (1,280 cached) · 173 out (32 reasoning) · $0.50"
    assert totals_words([OPENING, RUNNING], [0.5, None]).endswith("· $0.50 and what is not known")
    assert totals_words([RUNNING], [None]) == "1 turn · 900 in · 12 out"
    assert totals_words([OPENING, RUNNING], [0, None]) == "2 turns · 900 in · 12 out"


DURATIONS = [
    *((0.4, "0 ms"), (999, "999 ms"), (999.7, "1.0 s"), (1500, "1.5 s")),
    *((59_960, "1 min 0 s"), (90_000, "1 min 30 s"), (119_800, "2 min 0 s")),
]


@pytest.mark.parametrize(("ms", "words"), DURATIONS)
def test_durations_are_told_as_people_do(ms, words):
    assert duration_words(ms) == words


def test_a_bar_is_one_sentence():
    tool, reply = timeline_view(RUNNING)["entries"][-1], timeline_view(CHAT)["entries"][-1]

    assert bar_words(tool) == "Tool cancel_interview: from 612 ms, not ended"
    assert bar_words(reply) == "Reply: from 1.9 s, first words after 409 ms, took 1.2 s"


# -- for the notebook's file


def html(turns=None, times=None, **settings):
    if turns is None:
        turns, times = walk_times()
    views = TimelineViews().of(turns, FakeWatch(times), 1.4)
    return timeline_html(views, **{"title": "Interview", "totals": "4 turns", **settings})


def test_the_file_keeps_every_turn_with_its_bars_and_the_last_one_open():
    text = html(notes=["gpt-5-mini: dear"])

    assert text.count("<details") == 4
    assert text.index("<details style") < text.index(" open>") > text.index("Turn 4") - 60
    assert text.count(" open>") == 1
    for words in ("name_given", "look_up_calendar", "Opening line", "Heard", "cancelled", "cost not known", "dear"):
        assert words in text
    assert "first words after 1.3 s" in text


def test_the_file_keeps_only_what_an_untrusted_notebook_may_hold_whatever_was_said():
    hostile = "<script>alert(1)</script>\" onload='x' \u202e"
    times = TurnTimes(1, (Span("tool", hostile, 0, 1), Span("routing", hostile, 1, 2)), duration_ms=3)

    text = html([turn(1, hostile)], [times], title="a &amp; b")

    tags = Tags(text)
    assert {tag for tag, _ in tags.found} <= KEPT_TAGS
    assert {name for _, attributes in tags.found for name in attributes} <= {*KEPT_ATTRIBUTES, "open"}
    assert not tags.open
    assert "\u202e" not in text


def test_before_anything_is_said_the_file_says_so():
    assert "Nothing has been said yet." in html([], [])
    assert "4 turns" not in html([], [])


def test_of_very_many_turns_the_last_ones_are_kept():
    many = [turn(number, "x") for number in range(1, MOST_TURNS + 4)]

    text = html(many, [TurnTimes(one.number, duration_ms=1) for one in many])

    assert "… 3 earlier turns are left out" in text
    assert text.count("<details") == MOST_TURNS
