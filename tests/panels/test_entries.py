from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.bots.transcript import ErrorEntry, NoticeEntry, TextEntry, ToolEntry
from intentional_nb.markup import markdown_to_html
from intentional_nb.panels.entries import (
    LONGEST_RESULT,
    LONGEST_TEXT,
    GrowingText,
    TurnViews,
    arguments_text,
    entry_view,
    shortened,
    turn_changes,
)
from tests.panels.conftest import apply
from tests.panels.samples import cut, move, spoken, turn, view, walk


def shown(turns, changes):
    state = view()
    state["turns"] = turns
    for operation in changes:
        state = apply(state, operation)
    return state["turns"]


# -- views


def test_a_view_can_be_sent_as_json():
    views = TurnViews().of(walk())

    assert json.loads(json.dumps(views)) == views


def test_a_turn_tells_what_the_page_shows():
    (only,) = TurnViews().of([turn(7, "hi", TextEntry("**yes**"), ms=42.4)])

    assert {**only, "at": 0} == {
        "n": 7,
        "user": "hi",
        "status": "completed",
        "at": 0,
        "ms": 42,
        "entries": [{"k": "text", "html": ["<p><strong>yes</strong></p>\n"]}],
    }


def test_a_message_with_hidden_characters_is_shown_with_them_and_kept_for_sending_again():
    (only,) = TurnViews().of([turn(1, "pay\u202epal")])

    assert only["user"] == "pay\u202epal"
    assert only["shown"] == "pay[U+202E]pal"


@pytest.mark.parametrize(
    ("text", "known", "speech"),
    [
        ("", {"is_transcribed": False}, "waiting"),
        ("I would", {"is_transcribed": False}, "partial"),
        ("I would like tea", {}, "final"),
        ("", {}, "nothing"),
        ("", {"transcription_error": "no \u202e model"}, "failed"),
    ],
)
def test_a_spoken_turn_tells_how_much_of_the_speech_is_known(text, known, speech):
    (only,) = TurnViews().of([spoken(1, text, **known)])

    assert (only["user"], only["speech"]) == (text, speech)
    assert only.get("why") == ("no [U+202E] model" if speech == "failed" else None)


def test_a_typed_turn_says_nothing_of_speech():
    assert "speech" not in TurnViews().of([turn(1, "hi")])[0]


def test_interrupted_speech_is_what_was_heard_and_apart_from_it_what_was_not():
    view = entry_view(cut("I would suggest the **green** tea", "I would suggest"))

    assert view == {
        "k": "text",
        "html": ["<p>I would suggest</p>\n"],
        "cut": {"ms": 1400, "unheard": "the **green** tea"},
    }


def test_interrupted_speech_of_which_nothing_was_heard_is_all_unheard():
    assert entry_view(cut("Well, \u202e hello", "", ms=0)) == {
        "k": "text",
        "html": [],
        "cut": {"ms": 0, "unheard": "Well, [U+202E] hello"},
    }


def test_a_reply_that_is_interrupted_is_drawn_again_as_a_whole():
    old = TurnViews().of([turn(1, "a", TextEntry("one two three"))])
    new = TurnViews().of([turn(1, "a", cut("one two three", "one two"))])

    (operation,) = turn_changes(old, new)

    assert operation[:3] == ["entry", 1, 0]


def test_what_a_view_has_no_more_is_gone_on_the_page_too():
    old = TurnViews().of([spoken(1, "", transcription_error="busy", is_transcribed=False)])
    new = TurnViews().of([spoken(1, "tea")])

    assert shown(old, turn_changes(old, new)) == new


def test_a_tool_call_shows_its_arguments_twice_short_and_whole():
    entry = ToolEntry("c", "book", {"to": "moon", "seats": 2}, "ok", "done", 12.6)

    assert entry_view(entry) == {
        "k": "tool",
        "name": "book",
        "preview": "to: moon seats: 2",
        "arguments": '{\n  "to": "moon",\n  "seats": 2\n}',
        "status": "ok",
        "output": "done",
        "ms": 13,
    }


@pytest.mark.parametrize(
    ("output", "shown"), [('{"a":[1]}', '{\n  "a": [\n    1\n  ]\n}'), ("{not json", "{not json"), ('"text"', '"text"')]
)
def test_a_result_that_is_json_is_laid_out(output, shown):
    assert entry_view(ToolEntry("c", "t", {}, "ok", output))["output"] == shown


def test_arguments_that_were_no_json_are_shown_as_the_model_wrote_them():
    assert arguments_text({"_raw": "{broken"}) == "{broken"
    assert entry_view(ToolEntry("c", "book", {"_raw": "{broken"}))["preview"] == "{broken"
    assert arguments_text({}) == ""


def test_a_refused_move_tells_what_was_chosen_and_what_was_possible():
    entry = entry_view(move("refused", "ask_age", "ask_age", "fly", ("age_given",)))

    assert (entry["kind"], entry["choice"], entry["options"]) == ("refused", "fly", ["age_given"])


@pytest.mark.parametrize(
    "entry",
    [
        ErrorEntry("bad \u202e thing", "model \u200b"),
        NoticeEntry("hidden \u200b"),
        ToolEntry("c", "na\u200bme", {"a": "\u202e"}, "ok", "out\u2066put"),
        move("jump", "a\u200b", "b\u200b", "c\u200b", ("d\u200b",)),
        TextEntry("text \u202e"),
    ],
    ids=lambda entry: type(entry).__name__,
)
def test_hidden_characters_are_shown_everywhere(entry):
    words = json.dumps(entry_view(entry), ensure_ascii=False)

    assert "[U+20" in words
    assert not set(words) & set("\u202e\u200b\u2066")


def test_a_huge_reply_is_cut_and_says_by_how_much():
    entry = entry_view(TextEntry("x" * (LONGEST_TEXT + 5)))

    assert entry["more"] == 5
    assert sum(map(len, entry["html"])) < LONGEST_TEXT + 1000


def test_a_huge_result_is_cut_and_says_by_how_much():
    entry = entry_view(ToolEntry("c", "dump", {"a": "y" * 50_000}, "ok", "z" * (LONGEST_RESULT + 7)))

    assert entry["output"].endswith("… (7 more characters)")
    assert len(entry["arguments"]) < LONGEST_RESULT + 100
    assert len(entry["preview"]) < 120


def test_a_text_that_fits_is_not_touched():
    assert shortened("abc", 3) == "abc"


# -- what is made anew


def test_only_what_changed_is_made_anew():
    views = TurnViews()
    first = turn(1, "a", TextEntry("one"))
    growing = turn(2, "b", TextEntry("two"), TextEntry("thr", 1), status="running")
    before = views.of([first, growing])

    after = views.of([first, turn(2, "b", growing.entries[0], TextEntry("three", 1), status="running")])

    assert after[0] is before[0]
    assert after[1]["entries"][0] is before[1]["entries"][0]
    assert after[1]["entries"][1] != before[1]["entries"][1]


def test_a_turn_that_ends_is_drawn_as_finished():
    views = TurnViews()
    text = TextEntry("a **bold")
    (running,) = views.of([turn(1, "a", text, status="running")])
    (ended,) = views.of([turn(1, "a", text)])

    assert running["entries"][0]["html"] == ["<p>a <strong>bold</strong></p>\n"]
    assert ended["entries"][0]["html"] == ["<p>a **bold</p>\n"]


def test_turns_that_are_gone_are_forgotten():
    views = TurnViews()
    views.of(walk())

    assert [one["n"] for one in views.of(walk()[:1])] == [1]


MARKDOWN = st.text(alphabet="ab*`_#-|[]()>1. \n~<&", max_size=60)


@given(st.lists(MARKDOWN, max_size=8))
def test_a_text_that_grows_in_any_steps_ends_as_if_it_had_come_at_once(pieces):
    growing = GrowingText()
    text = ""
    for piece in pieces:
        text += piece
        growing.html(text, is_growing=True)

    assert "".join(growing.html(text, is_growing=False)) == markdown_to_html(text)


def test_another_text_than_the_last_is_drawn_from_its_beginning():
    growing = GrowingText()
    growing.html("one\n\ntwo\n\nthree", is_growing=True)

    assert growing.html("four", is_growing=False) == ["<p>four</p>\n"]


def test_the_finished_blocks_of_a_growing_text_are_the_same_objects():
    growing = GrowingText()
    before = growing.html("one\n\ntwo", is_growing=True)

    after = growing.html("one\n\ntwo and more", is_growing=True)

    assert after[0] is before[0]


# -- operations


def test_nothing_changed_is_no_operation():
    views = TurnViews().of(walk())

    assert turn_changes(views, TurnViews().of(walk())) == []


def test_a_growing_text_sends_its_last_block_only():
    old = TurnViews().of([turn(1, "a", TextEntry("one\n\ntw"), status="running")])
    new = TurnViews().of([turn(1, "a", TextEntry("one\n\ntwo"), status="running")])

    assert turn_changes(old, new) == [["text", 1, 0, 1, ["<p>two</p>\n"]]]


def test_a_new_entry_and_an_ended_tool_are_one_operation_each():
    running = ToolEntry("c", "look", {}, "running")
    old = TurnViews().of([turn(1, "a", running, status="running")])
    new = TurnViews().of([turn(1, "a", ToolEntry("c", "look", {}, "ok", "x"), TextEntry("hm"), status="running")])

    names = [operation[:3] for operation in turn_changes(old, new)]

    assert names == [["entry", 1, 0], ["entry", 1, 1]]


def test_turns_that_were_taken_back_are_dropped_together():
    old = TurnViews().of(walk())

    assert turn_changes(old, old[:2]) == [["drop", [3, 4, 5]]]


TEXTS = st.builds(TextEntry, st.text(alphabet="ab*\n ", max_size=12))
TOOLS = st.builds(ToolEntry, st.just("c"), st.sampled_from(["x", "y"]), st.just({}), st.sampled_from(["running", "ok"]))
CUTS = st.builds(cut, st.just("abc"), st.sampled_from(["", "a", "ab"]))
ENTRIES = st.one_of(TEXTS, CUTS, TOOLS, st.builds(NoticeEntry, st.sampled_from("ab")))
SPEECH = st.sampled_from(
    [
        {},
        {"item_id": "i", "is_transcribed": False},
        {"item_id": "i"},
        {"item_id": "i", "transcription_error": "x"},
    ]
)
TURNS = st.dictionaries(
    st.integers(1, 5),
    st.tuples(
        st.lists(ENTRIES, max_size=4),
        st.sampled_from(["running", "completed", "failed"]),
        st.sampled_from(["", "m", "m\u200b"]),
        SPEECH,
    ),
    max_size=4,
).map(
    lambda made: [
        turn(n, user, *entries, status=status, **speech) for n, (entries, status, user, speech) in sorted(made.items())
    ]
)


@given(TURNS, TURNS)
def test_the_operations_lead_from_any_transcript_to_any_other(before, after):
    views = TurnViews()
    old = views.of(before)
    new = views.of(after)

    assert shown(old, turn_changes(old, new)) == new
