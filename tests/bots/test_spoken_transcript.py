"""A spoken turn goes on changing after it has ended."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.bots.transcript import NoticeEntry, TextEntry, ToolEntry, Transcript
from intentional_nb.events import (
    ConversationRewound,
    ErrorOccurred,
    ModelConnected,
    ModelDisconnected,
    ReplyAudio,
    ReplyHeard,
    ReplyInterrupted,
    ReplyText,
    ReplyTranscribed,
    SessionReconnecting,
    ToolCallStarted,
    TurnEnded,
    TurnStarted,
    UserTranscribed,
)


def transcript(*events):
    made = Transcript()
    for event in events:
        made.apply(event)
    return made


def started(turn=1, item="user-1", text=""):
    return TurnStarted(turn=turn, user_text=text, stage="a", item_id=item)


def ended(turn=1, status="completed"):
    return TurnEnded(turn=turn, status=status, stage="b", duration_ms=5.0)


def heard_user(text, turn=1, *, final=True, error=""):
    return UserTranscribed(turn=turn, item_id=f"user-{turn}", text=text, is_final=final, error=error)


def said(delta, turn=1, part=0):
    return ReplyText(turn=turn, delta=delta, part=part)


def audio(item="bot-1", turn=1, part=0):
    return ReplyAudio(turn=turn, item_id=item, pcm=b"\0\0", part=part)


def interrupted(item="bot-1", turn=1, heard_ms=1200, text="I can offer you"):
    return ReplyInterrupted(turn=turn, item_id=item, heard_ms=heard_ms, received_ms=4000, heard_text=text)


# ---- what the user said


def test_what_the_user_says_fills_in_while_the_turn_runs():
    made = transcript(started(), heard_user("a cof", final=False))

    assert (made[0].user_text, made[0].is_transcribed, made[0].item_id) == ("a cof", False, "user-1")
    made.apply(heard_user("A coffee, please."))
    assert (made[0].user_text, made[0].is_transcribed) == ("A coffee, please.", True)


def test_a_transcript_may_come_after_the_turn_has_ended_and_after_the_next_one():
    made = transcript(started(), ended(), started(2, "user-2"), heard_user("two", 2), ended(2), heard_user("one"))

    assert [turn.user_text for turn in made] == ["one", "two"]


def test_a_late_part_of_a_finished_transcript_changes_nothing():
    made = transcript(started(), heard_user("A coffee."), heard_user("a cof", final=False))

    assert made[0].user_text == "A coffee."


def test_speech_that_could_not_be_recognised_says_why_and_keeps_what_was():
    made = transcript(started(), heard_user("a cof", final=False), heard_user("", error="too noisy"))

    assert (made[0].user_text, made[0].is_transcribed, made[0].transcription_error) == ("a cof", True, "too noisy")


@pytest.mark.parametrize(
    ("events", "line"),
    [
        ([], "User: …"),
        ([heard_user("")], "User: (nothing was recognised)"),
        ([heard_user("", error="too noisy")], "User: (not recognised: too noisy)"),
        ([heard_user("Yes.")], "User: Yes."),
    ],
)
def test_what_is_known_of_the_users_speech_is_printed(events, line):
    assert str(transcript(started(), *events)) == line


def test_typed_text_is_known_at_once():
    made = transcript(started(item=None, text="hello"))

    assert (made[0].is_transcribed, made[0].item_id) == (True, None)


# ---- what was heard of the bot


def test_an_interrupted_reply_shows_what_was_heard_and_what_was_not():
    made = transcript(started(), heard_user("When?"), audio(), said("I can offer you Monday."), interrupted(), ended())

    assert str(made).splitlines()[1] == "Bot: I can offer you — (interrupted after 1.2 s; not heard: Monday.)"
    assert (made[0].text, made[0].heard, made[0].is_interrupted) == ("I can offer you Monday.", "I can offer you", True)
    assert made[0].entries[0].unheard == "Monday."


def test_a_reply_is_heard_after_its_turn_has_ended():
    made = transcript(started(), said("Yes."), audio(), ended(), ReplyHeard(turn=1, item_id="bot-1", heard_ms=900))

    assert made[0].entries == (TextEntry("Yes.", 0, "bot-1", heard_ms=900, received_ms=900),)
    assert (made[0].heard, made[0].is_interrupted) == ("Yes.", False)


def test_the_mark_goes_to_the_item_that_was_playing():
    made = transcript(
        started(), audio("one"), said("One."), audio("two", part=1), said("Two.", part=1), ended(),
        interrupted("two", heard_ms=0, text=""),
    )  # fmt: skip

    first, second = made[0].entries
    assert (first.item_id, first.is_interrupted) == ("one", False)
    assert (second.item_id, second.is_interrupted, second.heard) == ("two", True, "")
    assert str(made).splitlines()[-1] == "Bot: — (interrupted after 0.0 s; not heard: Two.)"


def test_two_spoken_items_of_one_request_are_two_entries():
    made = transcript(
        started(),
        *(audio("one"), said("One."), ReplyTranscribed(turn=1, item_id="one", text="One.")),
        *(said("Two."), audio("two"), audio("one")),
    )

    assert [(entry.text, entry.item_id) for entry in made[0].entries] == [("One.", "one"), ("Two.", "two")]


def test_speech_interrupted_before_a_word_of_it_was_known_is_shown():
    made = transcript(started(), audio(), ended())
    assert made[0].entries == ()

    made.apply(interrupted(heard_ms=400, text=""))

    assert str(made).splitlines()[-1] == "Bot: — (interrupted after 0.4 s)"
    assert made[0].text == ""


def test_the_whole_text_of_an_item_counts_whenever_it_comes():
    whole = ReplyTranscribed(turn=1, item_id="bot-1", text="I can offer you Monday.")

    late = transcript(started(), said("I can of"), audio(), ended(), whole)
    alone = transcript(started(), whole, audio(), ended())

    for made in (late, alone):
        assert made[0].entries == (TextEntry("I can offer you Monday.", 0, "bot-1"),)


def test_something_that_happens_while_the_bot_speaks_does_not_cut_its_sentence():
    made = transcript(started(), audio(), said("Hel"), ErrorOccurred(error="x", where="handler f"), said("lo"), audio())

    assert made[0].text == "Hello"
    assert [type(entry).__name__ for entry in made[0].entries] == ["TextEntry", "ErrorEntry"]


def test_a_tool_call_stands_between_what_was_said_before_and_after_it():
    call = ToolCallStarted(turn=1, call_id="c", name="f", arguments={})

    made = transcript(started(), audio("one"), said("Wait."), call, audio("two", part=1), said("Done.", part=1))

    assert [type(entry) for entry in made[0].entries] == [TextEntry, ToolEntry, TextEntry]


# ---- the session


def test_a_lost_session_is_noted_in_the_turn_that_runs():
    made = transcript(
        started(),
        SessionReconnecting(attempt=1, wait_s=0.5, reason="close code 1011", close_code=1011),
        ModelConnected(model="m", base_url="u", session_id="s", is_again=True),
        ModelDisconnected(reason="maximum duration", close_code=1001),
        ended(),
        SessionReconnecting(attempt=1, wait_s=0.5, reason="later"),
    )

    lost, again, over = made[0].entries
    assert lost == NoticeEntry("the session was lost (close code 1011); opening another in 0.5 s")
    assert "told what had been said" in again.text
    assert over == NoticeEntry("the session has ended: maximum duration")


def test_the_first_connection_is_no_news():
    assert transcript(started(), ModelConnected(model="m", base_url="u")).turns[0].entries == ()


# ---- reading


def test_a_turn_is_the_same_object_until_it_changes():
    made = transcript(started(), audio(), said("One."), ended(), started(2, "user-2"))
    first, second = made.turns

    made.apply(heard_user("two", 2))

    assert made[0] is first
    assert made[1] is not second


def test_an_entry_that_did_not_change_stays_the_same_object():
    made = transcript(started(), audio(), said("One."))
    before = made[0].entries[0]

    made.apply(ToolCallStarted(turn=1, call_id="c", name="f", arguments={}))

    assert made[0].entries[0] is before


def test_what_comes_late_for_a_turn_that_was_taken_back_is_dropped():
    made = transcript(started(), ended(), ConversationRewound(turn=1), heard_user("lost"), interrupted(), audio())

    assert made.turns == ()


# ---- the law

WORDS = st.text("abc ", min_size=1, max_size=12)


@st.composite
def conversations(draw):
    """Events of some spoken turns in order, and those of them that may come at any later moment."""
    events, late = [], []
    for turn in range(1, draw(st.integers(1, 3)) + 1):
        events.append(started(turn, f"user-{turn}"))
        text = draw(WORDS)
        cuts = draw(st.lists(st.integers(0, len(text)), max_size=3))
        late += [heard_user(text[:cut], turn, final=False) for cut in sorted(cuts)]
        late += draw(st.sampled_from([[], [heard_user(text, turn)], [heard_user("", turn, error="noise")]]))
        for part in range(draw(st.integers(0, 2))):
            item, words = f"bot-{turn}-{part}", draw(WORDS)
            events += [audio(item, turn, part), said(words, turn, part)]
            late += draw(st.sampled_from([[], [ReplyTranscribed(turn=turn, item_id=item, text=words, part=part)]]))
            mark = [interrupted(item, turn, 100, words[:2])], [ReplyHeard(turn=turn, item_id=item, heard_ms=700)], []
            late += draw(st.sampled_from(mark))
        events.append(ended(turn))
    return events, late


@settings(deadline=None)
@given(conversations(), st.randoms(use_true_random=False), st.data())
def test_transcripts_and_marks_may_come_in_any_order(conversation, random, data):
    events, late = conversation
    ordered = transcript(*events, *late)

    shuffled = random.sample(late, len(late))
    mixed = list(events)
    for event in shuffled:
        first = next(index for index, other in enumerate(mixed) if _allows(other, event))
        mixed.insert(data.draw(st.integers(first + 1, len(mixed))), event)

    assert transcript(*mixed).turns == ordered.turns


def _allows(earlier, event):
    """A turn must have begun; the whole text of an item comes when its pieces were sent."""
    if isinstance(event, ReplyTranscribed):
        return isinstance(earlier, ReplyText) and (earlier.turn, earlier.part) == (event.turn, event.part)
    return isinstance(earlier, TurnStarted) and earlier.turn == event.turn
