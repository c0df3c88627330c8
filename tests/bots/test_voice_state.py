from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.bots.voice_state import Phase, Step, VoiceState, after
from intentional_nb.events import (
    ConversationReset,
    ModelConnected,
    ModelDisconnected,
    ReplyAudio,
    ReplyHeard,
    ReplyInterrupted,
    ReplyText,
    SessionReconnecting,
    SpeechEnded,
    SpeechStarted,
    ToolCallStarted,
    TurnEnded,
    TurnStarted,
)

CONNECTED = ModelConnected(model="m", base_url="u")
LOST = SessionReconnecting(attempt=1, wait_s=0.5, reason="x")
GONE = ModelDisconnected(reason="x")
SPEAKS = SpeechStarted(item_id="u", at_ms=0)
STOPS = SpeechEnded(item_id="u", at_ms=500)
BEGINS = TurnStarted(turn=1, user_text="", stage="a", item_id="u")
WORDS = ReplyText(turn=1, delta="x")
SOUND = ReplyAudio(turn=1, item_id="b", pcm=b"\0\0")
CALLS = ToolCallStarted(turn=1, call_id="c", name="f", arguments={})
ENDS = TurnEnded(turn=1, status="completed", stage="a", duration_ms=1.0)
HEARD = ReplyHeard(turn=1, item_id="b", heard_ms=1)
CUT = ReplyInterrupted(turn=1, item_id="b", heard_ms=1, received_ms=2)


def states(*happenings, phase=Phase()):  # noqa: B008  it is frozen
    """The state after each step, repeats left out."""
    found = [phase.state]
    for happening in happenings:
        phase = after(phase, happening)
        if phase.state != found[-1]:
            found.append(phase.state)
    return found


def test_a_spoken_turn_that_nobody_plays():
    told = states("connecting", CONNECTED, SPEAKS, STOPS, BEGINS, WORDS, SOUND, ENDS)

    assert told == ["idle", "connecting", "listening", "thinking", "speaking", "listening"]


def test_with_a_player_the_bot_speaks_until_it_was_heard():
    playing = ("player attached", CONNECTED, BEGINS, SOUND, ENDS)

    assert states(*playing) == ["idle", "listening", "thinking", "speaking"]
    assert states(*playing, HEARD)[-1] == states(*playing, CUT)[-1] == "listening"


@pytest.mark.parametrize(("first", "then"), [((), "thinking"), (("player attached",), "speaking")])
def test_a_tool_runs_while_the_bot_is_silent_or_still_heard(first, then):
    assert states(*first, CONNECTED, BEGINS, SOUND, CALLS)[-1] == then


def test_whoever_speaks_is_listened_to():
    assert states("player attached", CONNECTED, BEGINS, SOUND, SPEAKS)[-1] == "listening"


def test_a_second_turn_that_begins_while_the_first_still_sounds_is_thought_about():
    assert states(CONNECTED, BEGINS, SOUND, BEGINS)[-1] == "thinking"


def test_a_lost_session_comes_back_to_what_it_was_doing():
    assert states(CONNECTED, BEGINS, LOST, CONNECTED)[1:] == ["listening", "thinking", "reconnecting", "thinking"]


@pytest.mark.parametrize(("happening", "state"), [(GONE, "idle"), ("failed", "idle"), ("closed", "closed")])
def test_the_end_of_a_session_ends_all_that_was_going_on(happening, state):
    assert states(CONNECTED, BEGINS, SOUND, happening)[-1] == state


def test_a_session_can_be_opened_again_but_not_on_a_closed_bot():
    assert states(CONNECTED, GONE, "connecting", CONNECTED)[-1] == "listening"
    assert states(CONNECTED, "closed", GONE, "connecting", CONNECTED)[-1] == "closed"


def test_a_reset_forgets_what_was_going_on():
    assert states("player attached", CONNECTED, BEGINS, SOUND, ConversationReset())[-1] == "listening"


def test_more_of_what_sounds_already_changes_nothing():
    phase = after(after(Phase("listening"), BEGINS), SOUND)

    assert after(phase, SOUND) is phase
    assert after(phase, WORDS) is phase


EVENTS = (CONNECTED, LOST, GONE, SPEAKS, STOPS, BEGINS, WORDS, SOUND, CALLS, ENDS, HEARD, CUT)


@given(st.lists(st.sampled_from([*EVENTS, *get_args(Step)])))
def test_whatever_happens_there_is_one_state_and_closed_stays_closed(happenings):
    told = states(*happenings)

    assert set(told) <= set(get_args(VoiceState))
    assert "closed" not in told[:-1]
