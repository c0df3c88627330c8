from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.bots.transcript import Transcript
from intentional_nb.events import (
    ConversationReset,
    ConversationRewound,
    RequestStarted,
    RouteDecision,
    ToolArguments,
    ToolCallEnded,
    ToolCallStarted,
    TurnEnded,
    TurnStarted,
)
from intentional_nb.panels.entries import LONGEST_RESULT
from intentional_nb.panels.tool_calls_again import Run
from intentional_nb.panels.tool_calls_html import tool_calls_html
from intentional_nb.panels.tool_calls_view import (
    CallViews,
    call_changes,
    call_view,
    calls_of,
    latest,
    may_run_again,
    refusal,
)
from intentional_nb.panels.tool_calls_written import MOST_TURNS, Written, WrittenCalls
from tests.panels.call_samples import TALK, TOOLS, called, calls_view, moved, writing
from tests.panels.conftest import apply
from tests.panels.samples import turn

ROUTER = "classify_response"
HIDING = "pay\u202epal"


def views_of(one, written=None, **rest):
    return [call_view(call, **rest) for call in calls_of(one, written)]


def arguments(call_id, delta, name="f", turn=1):
    return ToolArguments(turn=turn, call_id=call_id, name=name, delta=delta)


def decision(kind="outcome", turn=1, choice="yes", options=("yes", "no")):
    return RouteDecision(
        turn=turn, source="a", target="b", kind=kind, options=options, choice=choice, user_text="said", duration_ms=5
    )


def note(*events):
    written = WrittenCalls(ROUTER)
    for event in events:
        written.note(event)
    return written


# -- calls of a turn


def test_a_turns_calls_keep_their_request_and_the_stage_they_were_made_in():
    calls = calls_of(TALK[2])

    assert [(call.key, call.part, call.stage) for call in calls] == [
        ("3.0", 0, "weather_talk"),
        ("3.1", 1, "weather_talk"),
        ("3.2", 2, "weather_talk"),
    ]


def test_the_stage_of_a_call_is_the_one_before_the_moves_that_follow_it():
    one = turn(1, "x", called("f", {}, id="a"), moved("jump", "here", "there", "go"), called("g", {}, id="b", part=1))

    assert [call.stage for call in calls_of(one)] == ["here", "here", "there"]


def test_what_is_written_stands_with_the_calls_of_its_request_tools_before_routing():
    one = turn(1, "x", called("f", {}, id="a"), status="running")
    calls = Written((writing(ROUTER, "{", id="r", part=1), writing("g", "{", id="g", part=1)))

    assert [(view["id"], view["k"], view["part"], view.get("name")) for view in views_of(one, calls)] == [
        ("1.0", "tool", 0, "f"),
        ("1.w0", "written", 1, "g"),
        ("1.w1", "written", 1, ROUTER),
    ]


def test_what_the_transcript_has_meanwhile_is_not_told_twice():
    one = turn(1, "x", called("f", {}, id="a"), moved("jump", "here", "there", "go"), status="running")
    calls = Written((writing("f", "{}", id="a"), writing(ROUTER, "{", id="r"), writing(ROUTER, "{", id="s")), 0)

    assert [(view["k"], view.get("call")) for view in views_of(one, calls)] == [
        ("tool", "a"),
        ("route", None),
        ("written", "s"),
    ]


def test_a_call_that_was_never_made_stays_where_it_was_written():
    one = turn(1, "x", called("f", {}, id="a", part=1))
    calls = Written((writing("f", '{"x"', id="a", is_dropped=True),))

    assert [(view["id"], view["status"]) for view in views_of(one, calls)] == [("1.w0", "dropped"), ("1.0", "ok")]


# -- what is being written


def test_arguments_grow_until_the_call_is_made():
    written = note(RequestStarted(turn=1, part=2), arguments("a", '{"x"'), arguments("b", "{"), arguments("a", ": 1}"))
    [first, second] = written.now()[1].calls

    assert (first.call_id, first.part, first.arguments, second.arguments) == ("a", 2, '{"x": 1}', "{")

    written.note(ToolCallStarted(turn=1, call_id="a", name="f", arguments={"x": 1}))
    assert [call.call_id for call in written.now()[1].calls] == ["b"]


def test_decisions_are_those_of_the_calls_to_the_router_in_their_order():
    written = note(arguments("r", "{", ROUTER), arguments("f", "{"), arguments("s", "{", ROUTER), decision())

    assert [(call.call_id, call.is_routing) for call in written.now()[1].calls] == [("f", False), ("s", True)]
    assert written.now()[1].decisions == 1


@pytest.mark.parametrize(
    "event",
    [RequestStarted(turn=1, part=1), TurnEnded(turn=1, status="cancelled", stage="a", duration_ms=1)],
    ids=["another request", "the end"],
)
def test_what_was_not_called_by_then_never_will_be(event):
    written = note(arguments("a", "{"), event)

    assert [call.is_dropped for call in written.now()[1].calls] == [True]


def test_the_same_id_in_another_request_is_another_call():
    written = note(arguments("a", "{"), RequestStarted(turn=1, part=1), arguments("a", "["))

    assert [(call.part, call.arguments, call.is_dropped) for call in written.now()[1].calls] == [
        (0, "{", True),
        (1, "[", False),
    ]


def test_what_is_taken_back_is_forgotten():
    written = note(arguments("a", "{", turn=1), arguments("b", "{", turn=2), ConversationRewound(turn=2))
    assert set(written.now()) == {1}

    written.note(ConversationReset())
    assert not written.now()


def test_a_long_conversation_and_long_arguments_are_bounded():
    written = note(*(arguments("a", "{", turn=number) for number in range(MOST_TURNS + 5)))
    assert len(written.now()) == MOST_TURNS

    written = note(*(arguments("a", "x" * 1000) for _ in range(30)))
    [call] = written.now()[1].calls
    assert len(call.arguments) == LONGEST_RESULT + 1


@given(
    kinds=st.lists(st.sampled_from(["f", "g", ROUTER]), min_size=1, max_size=4),
    lag=st.integers(0, 20),
    cuts=st.integers(0, 3),
)
def test_at_every_moment_each_call_is_told_once(kinds, lag, cuts):
    """Whether the transcript is ahead or not, and however far the reply came."""
    ids = [f"c{index}" for index in range(len(kinds))]
    events = [TurnStarted(turn=1, user_text="x", stage="a"), RequestStarted(turn=1, part=0)]
    events += [arguments(call_id, "{}", name) for call_id, name in zip(ids, kinds, strict=True)]
    made = [item for item in zip(ids, kinds, strict=True) if item[1] != ROUTER]
    events += [ToolCallStarted(turn=1, call_id=call_id, name=name, arguments={}) for call_id, name in made]
    events += [
        ToolCallEnded(turn=1, call_id=call_id, name=name, status="ok", output="", duration_ms=1)
        for call_id, name in made
    ]
    events += [decision() for kind in kinds if kind == ROUTER]
    events = events[: max(len(events) - cuts, 2 + len(kinds))]  # all is written by then
    transcript = Transcript()
    for event in events:
        transcript.apply(event)
    written = note(*events[: max(len(events) - lag, 0)])

    calls = calls_of(transcript.turn(1), written.now().get(1))

    told = [call.entry.call_id for call in calls if hasattr(call.entry, "call_id")]
    assert len(told) == len(set(told))
    assert len(calls) <= len(kinds)
    if lag == 0:
        assert len(calls) == len(kinds)


# -- views


def test_a_tools_call_is_told_with_all_that_is_known_of_it():
    [view] = views_of(turn(1, "x", called("weather", {"city": "Oslo"}, "snow", id="c1", ms=12.4)))

    assert view == {
        "k": "tool",
        "id": "1.0",
        "part": 0,
        "stage": "here",
        "status": "ok",
        "ms": 12,
        "call": "c1",
        "name": "weather",
        "arguments": '{\n  "city": "Oslo"\n}',
        "output": "snow",
    }


def test_a_routing_call_is_told_with_options_choice_words_and_way():
    [view] = views_of(turn(1, "x", moved("jump", "here", "menu", "menu", ("menu", "paid"), said="What is there?")))

    assert (view["k"], view["kind"], view["status"]) == ("route", "jump", "ok")
    assert (view["source"], view["target"], view["choice"], view["options"]) == (
        "here",
        "menu",
        "menu",
        ["menu", "paid"],
    )
    assert (view["said"], "why" in view) == ("What is there?", False)


@pytest.mark.parametrize(
    ("choice", "options", "words"),
    [
        ("moon", ("yes", "no"), "none of the choices"),
        ("", ("yes", "no"), "named no choice"),
        ("yes", (), "Nothing could be chosen"),
        ("yes", ("yes", "no"), "graph was changed"),
        ('{"outcome": "no"}', ("yes", "no"), "came too late"),
        ('{"outcome": 3}', ("yes", "no"), "none of the choices"),
        ("[1]", ("yes", "no"), "none of the choices"),
    ],
)
def test_a_refused_choice_says_why(choice, options, words):
    assert words in refusal(decision("refused", choice=choice, options=options))


def test_a_choice_that_was_taken_needs_no_reason():
    assert refusal(decision("jump")) == ""


def test_what_would_hide_is_told_twice_as_it_is_and_made_visible():
    [view] = views_of(turn(1, "x", called(HIDING, {"a": HIDING}, "plain", id="c")))

    assert view["name"] == HIDING
    assert view["shown"] == {"name": "pay[U+202E]pal", "arguments": '{\n  "a": "pay[U+202E]pal"\n}'}


def test_half_a_character_can_be_sent():
    [view] = views_of(turn(1, "x", called("f", {"a": "\ud800"}, "\udc00", id="c")))

    assert json.dumps(view).encode()
    view["arguments"].encode()
    view["output"].encode()


def test_of_long_texts_the_beginning_is_told_and_how_much_more_there_is():
    [view] = views_of(turn(1, "x", called("f", {}, "x" * (LONGEST_RESULT + 7), id="c")))

    assert view["output"].endswith("x… (7 more characters)")


def test_runs_stand_beside_their_call():
    [view] = views_of(TALK[3], runs=[Run(4, "error", "no", 1.6)], can_rerun=True)

    assert view["again"] is True
    assert view["runs"] == [{"run": 4, "status": "error", "ms": 2, "output": "no"}]


def test_only_what_its_author_allows_and_what_has_ended_can_be_run_again():
    one = turn(
        1,
        "x",
        called("weather", {}, id="a"),
        called("weather", {}, id="b", status="running"),
        called("book", {}, id="c"),
        called("gone", {}, id="d"),
        moved("jump", "here", "there", "go"),
        called("weather", {}, id="e", part=1),
    )

    allowed = [may_run_again(call, TOOLS) is not None for call in calls_of(one)]

    assert allowed == [True, False, False, False, False, False]


def test_what_did_not_change_is_the_same_object():
    views = CallViews()
    shown, _ = latest(TALK, {}, 60)
    before = views.of(shown, TOOLS)
    changed = (*TALK[:3], turn(4, "Thanks", *TALK[3].entries, called("weather", {}, id="z")))

    after = views.of(latest(changed, {}, 60)[0], TOOLS)

    assert [old is new for old, new in zip(before, after, strict=True)] == [True, True, False]
    assert after[-1]["entries"][0] is before[-1]["entries"][0]


def test_tools_that_are_there_no_more_are_offered_no_more():
    views = CallViews()
    shown, _ = latest(TALK, {}, 60)

    def offered(tools):
        return [entry.get("again", False) for entry in views.of(shown, tools)[0]["entries"]]

    assert offered(TOOLS) == [True, True, False, False]
    assert offered({}) == [False] * 4


# -- how much is shown


def test_the_latest_calls_are_shown_and_a_turn_is_never_cut():
    shown, hidden = latest(TALK, {}, 3)
    assert ([one.number for one, _ in shown], hidden) == ([4], 7)

    shown, hidden = latest(TALK, {}, 4)
    assert ([one.number for one, _ in shown], hidden) == ([3, 4], 4)

    shown, hidden = latest(TALK[:2], {}, 1)
    assert ([one.number for one, _ in shown], hidden) == ([2], 0)


def test_turns_without_calls_are_left_out():
    assert latest(TALK[:1], {}, 60) == ([], 0)


# -- changes


def follow(old, new):
    view = {"turns": old}
    for operation in call_changes(old, new):
        view = apply(view, operation)
    return view["turns"]


def test_growing_arguments_cost_what_is_new():
    one = turn(1, "x", status="running")
    old, new = (calls_view([one], {1: Written((writing("f", text),))})["turns"] for text in ("{", '{"city'))

    assert call_changes(old, new) == [["grow", 1, 0, '"city']]


def test_arguments_with_something_hidden_are_told_anew():
    one = turn(1, "x", status="running")
    old, new = (calls_view([one], {1: Written((writing("f", text),))})["turns"] for text in ("{", "{" + HIDING))

    [operation] = call_changes(old, new)
    assert operation[0] == "entry"
    assert follow(old, new) == new


_calls = st.lists(
    st.builds(
        lambda name, text, part: writing(name, text, id=f"{name}{part}", part=part),
        st.sampled_from(["f", "g", ROUTER]),
        st.text(max_size=5),
        st.integers(0, 1),
    ),
    max_size=3,
)


@given(before=_calls, after=_calls, turns=st.lists(st.sampled_from(TALK), max_size=3, unique_by=id))
def test_the_operations_lead_from_any_view_to_any_other(before, after, turns):
    ordered = sorted(turns, key=lambda one: one.number)
    running = turn(9, "x", status="running")
    old = calls_view([*TALK[:2], running], {9: Written(tuple(before))})["turns"]
    new = calls_view([*ordered, running], {9: Written(tuple(after))})["turns"]

    assert follow(old, new) == new


# -- the copy in the notebook's file


def html_of(*turns, **rest):
    return tool_calls_html(calls_view(turns, **rest)["turns"], title="Café", stage="here")


def test_the_saved_copy_tells_every_call_and_no_time():
    html = html_of(*TALK)

    for words in ("weather", "Oslo", "LookupError: no table 14", "no such tool", "asks_weather", "none of the choices"):
        assert words in html
    assert "312" not in html
    assert "<script" not in html


def test_a_saved_copy_of_nothing_says_so():
    assert "No tool has been called yet." in html_of()


def test_untrusted_text_stays_text_in_the_saved_copy():
    bad = '<img src=x onerror="1">'
    html = html_of(turn(1, bad, called(bad, {bad: bad}, bad, id="c"), moved("refused", bad, bad, bad, (bad,))))

    assert "<img" not in html
    assert html.count("&lt;img") >= 8
    assert "[U+202E]" in html_of(turn(1, HIDING, called(HIDING, {"a": HIDING}, HIDING, id="c")))
