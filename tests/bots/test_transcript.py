from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.bots.transcript import ErrorEntry, NoticeEntry, TextEntry, ToolEntry, Transcript
from intentional_nb.events import (
    ConversationEnded,
    ErrorOccurred,
    ReplyEnded,
    ReplyText,
    RequestStarted,
    RetryScheduled,
    ToolCallEnded,
    ToolCallStarted,
    TurnEnded,
    TurnStarted,
)


def transcript(*events):
    made = Transcript()
    for event in events:
        made.apply(event)
    return made


STARTED = TurnStarted(turn=1, user_text="hello", stage="a")
ENDED = TurnEnded(turn=1, status="completed", stage="b", duration_ms=5.0)


def text(delta, part=0):
    return ReplyText(turn=1, delta=delta, part=part)


def test_a_running_turn_can_be_read():
    made = transcript(STARTED, text("Hel"), text("lo"))

    assert (made[0].status, made[0].text, made[0].stage_after) == ("running", "Hello", "a")


def test_a_call_knows_in_which_request_it_was_made():
    def started(call_id):
        return ToolCallStarted(turn=1, call_id=call_id, name="f", arguments={})

    ended = ToolCallEnded(turn=1, call_id="a", name="f", status="ok", output="", duration_ms=1)
    requests = [RequestStarted(turn=1, part=part) for part in (0, 1)]

    made = transcript(STARTED, requests[0], started("a"), started("b"), ended, requests[1], started("c"), ENDED)

    assert [(entry.call_id, entry.part) for entry in made[0].entries] == [("a", 0), ("b", 0), ("c", 1)]


def test_text_of_another_request_is_another_entry():
    made = transcript(STARTED, text("One."), text("Two.", part=1), ENDED)

    assert made[0].entries == (TextEntry("One.", 0), TextEntry("Two.", 1))
    assert made[0].text == "One.\n\nTwo."


def test_text_before_and_after_a_tool_call_stays_in_order():
    call = ToolCallStarted(turn=1, call_id="x", name="f", arguments={"a": 1})
    end = ToolCallEnded(turn=1, call_id="x", name="f", status="ok", output="2", duration_ms=3)

    made = transcript(STARTED, text("Wait."), call, end, text("Two.", part=1), ENDED)

    assert [type(entry) for entry in made[0].entries] == [TextEntry, ToolEntry, TextEntry]
    assert made[0].entries[1] == ToolEntry("x", "f", {"a": 1}, "ok", "2", 3)


def test_a_tool_that_ends_after_its_turn_is_completed_there():
    call = ToolCallStarted(turn=1, call_id="x", name="f", arguments={})
    late = ToolCallEnded(turn=1, call_id="x", name="f", status="ok", output="paid", duration_ms=3)

    made = transcript(STARTED, call, ENDED, late)

    assert made[0].entries[0].output == "paid"


def test_what_people_should_know_is_noted():
    made = transcript(
        STARTED,
        RetryScheduled(turn=1, attempt=1, wait_s=0.5, reason="busy", status=429),
        ErrorOccurred(error="broken", where="model"),
        ReplyEnded(turn=1, status="truncated", text="", reason="the reply reached the token limit"),
        ConversationEnded(turn=1),
    )

    notice, error, cut, end = made[0].entries
    assert "busy" in notice.text
    assert error == ErrorEntry("broken", "model")
    assert cut == NoticeEntry("truncated: the reply reached the token limit")
    assert "ended" in end.text


def test_events_outside_a_turn_leave_the_turns_alone():
    assert transcript(text("lost"), ErrorOccurred(error="x", where="model")).turns == ()


@given(st.lists(st.tuples(st.text(min_size=1, max_size=5), st.integers(0, 2))))
def test_no_text_is_lost_however_it_is_cut(pieces):
    pieces = sorted(pieces, key=lambda piece: piece[1])

    made = transcript(STARTED, *(text(delta, part) for delta, part in pieces), ENDED)

    for part in range(3):
        said = "".join(entry.text for entry in made[0].entries if entry.part == part)
        assert said == "".join(delta for delta, at in pieces if at == part)
