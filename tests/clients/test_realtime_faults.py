"""What a server may do wrong while a session is open: it is told, nothing is lost, and the next turn works."""

import asyncio

import pytest

from intentional_nb.errors import ClientError, RefusedError, ReplyTimeoutError
from intentional_nb.events import (
    ErrorOccurred,
    FrameUnrecognised,
    ModelDisconnected,
    ReplyEnded,
    RequestStarted,
    RetryScheduled,
    SessionReconnecting,
    ToolCallStarted,
    TurnStarted,
    UserTranscribed,
)
from intentional_nb.local.realtime.script import (
    VoiceStep,
    begin,
    calls,
    collision,
    done,
    error,
    fails,
    frame,
    huge,
    malformed,
    say,
    silence,
    stays_open,
    transcript,
    unknown_event,
    until,
)
from intentional_nb.tools.function import tool
from tests.clients.conftest import KEY
from tests.clients.test_faults import double, one_stage

ODD = {
    "an unknown event": unknown_event(mood="sunny"),
    "an event for another transport": frame({"type": "output_audio_buffer.started", "response_id": "r"}),
    "an event without what it should have": frame({"type": "session.updated", "session": 5}),
    "a very large frame": huge(64),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
async def test_odd_frames_change_nothing(spoken, odd):
    stage = spoken([VoiceStep([odd, say("Hi.")])])
    await stage.client.connect()

    await stage.say("hello")

    assert stage.told.of(ReplyEnded)[0].text == "Hi."
    assert not stage.told.of(ErrorOccurred)


async def test_an_unknown_event_is_told_whole(spoken):
    stage = spoken([VoiceStep([unknown_event("response.mood.changed", mood="sunny"), say("Hi.")])])
    await stage.client.connect()

    await stage.say("hello")

    [odd] = stage.told.of(FrameUnrecognised)
    assert (odd.frame_type, odd.frame["mood"]) == ("response.mood.changed", "sunny")


@pytest.mark.parametrize("garbage", [malformed(), frame("[1, 2]"), frame("\ufeff?"), frame('"type"')])
async def test_a_frame_that_is_not_the_protocol_is_told_and_skipped(spoken, garbage):
    stage = spoken([VoiceStep([garbage, say("Hi.")])])
    await stage.client.connect()

    await stage.say("hello")

    assert [event.where for event in stage.told.of(ErrorOccurred)] == ["model"]
    assert stage.told.of(ReplyEnded)[0].text == "Hi."


async def test_a_server_that_speaks_something_else_is_given_up(spoken):
    stage = spoken([VoiceStep([malformed()] * 20)] * 6, script={"strict": False}, max_retries=1)
    await stage.client.connect()
    running = asyncio.create_task(stage.client.run())
    await stage.client.send({"text_message": {"role": "user", "content": "hello"}})

    with pytest.raises(ClientError, match="not the protocol"):
        await running

    assert stage.told.of(ReplyEnded)[0].status == "failed"
    assert stage.told.of(ModelDisconnected)[0].close_code == 1002
    assert not stage.client.is_connected


async def test_an_error_that_harms_nothing_is_only_told(spoken):
    stage = spoken([VoiceStep([error("the voice is tired", code="voice_tired"), say("Hi.")])])
    await stage.client.connect()

    await stage.say("hello")

    [told] = stage.told.of(ErrorOccurred)
    assert (told.turn, told.where, told.exception.code) == (1, "model", "voice_tired")
    assert "the voice is tired" in told.error


async def test_a_request_that_is_refused_fails_its_turn(spoken):
    refused = VoiceStep(error("no such tool", code="invalid_value", param="response.tools"))
    stage = spoken(refused, say("Hi."))
    await stage.client.connect()

    await stage.say("hello")
    await stage.say("again")

    first, second = stage.told.of(ReplyEnded)
    assert (first.status, second.status) == ("failed", "completed")
    assert "no such tool" in first.reason
    assert len(stage.told.of(ErrorOccurred)) == 1
    assert [text for role, text in stage.said_to_model if role == "user"] == ["hello", "again"], "nothing is lost"


async def test_a_response_that_fails_in_passing_is_asked_for_again_in_sight(spoken):
    stage = spoken(fails("overloaded"), fails("overloaded", code="inference_rate_limit_exceeded"), say("Hi."))
    await stage.client.connect()

    await stage.say("hello")

    assert [(event.attempt, event.turn) for event in stage.told.of(RetryScheduled)] == [(1, 1), (2, 1)]
    assert "overloaded" in stage.told.of(RetryScheduled)[0].reason
    assert stage.told.of(ReplyEnded)[0].text == "Hi."
    assert not stage.told.of(ErrorOccurred)


async def test_retries_come_to_an_end(spoken):
    stage = spoken([fails("overloaded")] * 3, max_retries=2)
    await stage.client.connect()

    await stage.say("hello")

    [told] = stage.told.of(ErrorOccurred)
    assert (told.turn, "overloaded" in told.error) == (1, True)
    assert stage.told.of(ReplyEnded)[0].status == "failed"


async def test_a_failure_that_will_not_pass_is_not_tried_again(spoken):
    stage = spoken(fails("You have no money left.", code="insufficient_quota"))
    await stage.client.connect()

    await stage.say("hello")

    assert not stage.told.of(RetryScheduled)
    assert "no money left" in stage.told.of(ErrorOccurred)[0].error


async def test_a_response_that_fails_after_its_first_words_is_not_said_twice(spoken):
    stage = spoken([VoiceStep([say("Hel"), fails("overloaded")])])
    await stage.client.connect()

    await stage.say("hello")

    assert (stage.told.of(ReplyEnded)[0].status, stage.told.of(ReplyEnded)[0].text) == ("failed", "Hel")


@pytest.mark.parametrize("silent", [silence(), stays_open()], ids=["before it begins", "in its midst"])
async def test_a_model_that_falls_silent_is_given_up(spoken, silent, monkeypatch):
    monkeypatch.setattr("intentional_nb.clients.turns.STUCK_S", 0.05)
    stage = spoken(silent, say("Hi."))
    await stage.client.connect()
    watchdog = stage.client._conductor.turns.watchdog

    watchdog.timeout_s = 0.3
    await stage.say("hello")
    watchdog.timeout_s = 60
    await stage.say("again")

    first, second = stage.told.of(ReplyEnded)
    assert (first.status, second.text) == ("failed", "Hi.")
    assert isinstance(stage.told.of(ErrorOccurred)[0].exception, ReplyTimeoutError)
    assert "'timeout'" in first.reason


async def test_a_tool_may_take_longer_than_the_model_may(spoken):
    @tool
    async def think() -> str:
        """Think."""
        watchdog, looks = stage.client._conductor.turns.watchdog, []
        is_owed, watchdog.timeout_s = watchdog._is_owed, 0.01
        watchdog._is_owed = lambda: looks.append(1) or is_owed()
        watchdog.watch()
        while len(looks) < 5:
            await asyncio.sleep(0.01)
        watchdog.timeout_s = 60
        return "thought"

    stage = spoken(calls(("think", {})), say("Done."), tools=(think,), conversation=one_stage("think"))
    await stage.client.connect()

    await stage.say("think")

    assert stage.told.of(ReplyEnded)[0].text == "Done."


async def test_a_collision_with_a_response_that_was_never_seen_is_survived(spoken):
    stage = spoken(collision("resp_unseen"), say("Hi."), script={"strict": True}, timeout=5)
    await stage.client.connect()
    await stage.client.send({"text_message": {"role": "user", "content": "hello"}})
    await stage.sent("response.create")

    await stage.client.send({"text_message": {"role": "user", "content": "hello?"}})
    await stage.turn_over(2)

    assert stage.told.of(ReplyEnded)[-1].text == "Hi."
    assert not stage.told.of(ErrorOccurred)


def own_response(*frames):
    """What a server sends of a response that it makes by itself, around other frames."""
    response = {"id": "resp_own", "object": "realtime.response", "status": "in_progress", "output": []}
    word = {"response_id": "resp_own", "item_id": "item_own", "output_index": 0, "content_index": 0}
    return [
        frame({"type": "response.created", "response": response}),
        *frames,
        frame({"type": "response.output_text.delta", "delta": "By the way…", **word}),
        frame({"type": "response.done", "response": {**response, "status": "completed"}}),
    ]


async def test_a_collision_with_the_servers_own_response_leads_to_both(spoken):
    stage = spoken(VoiceStep(own_response(collision("resp_own"))), say("Hi."))
    await stage.client.connect()

    await stage.say("hello")

    [ended] = stage.told.of(ReplyEnded)
    assert ended.text == "By the way…\n\nHi."
    assert not stage.told.of(ErrorOccurred)
    assert len(stage.script.sent("response.create")) == 2


async def test_a_response_of_the_server_while_a_tool_runs_is_told_and_the_tool_is_answered(spoken):
    go_on = asyncio.Event()

    @tool
    async def wait() -> str:
        """Wait."""
        await go_on.wait()
        return "waited"

    own = VoiceStep(
        [begin(), until("conversation.item.create"), say("By the way…"), done()], on="input_audio_buffer.append"
    )
    stage = spoken(calls(("wait", {})), own, say("Done."), tools=(wait,), conversation=one_stage("wait"))
    await stage.client.connect()
    await stage.client.send({"text_message": {"role": "user", "content": "wait"}})
    await stage.told.count(ToolCallStarted)
    await stage.client.send({"audio_stream": bytes(1920)})
    await stage.told.count(RequestStarted, 2)

    go_on.set()
    await stage.turn_over(1)

    assert stage.told.of(ReplyEnded)[0].text == "By the way…\n\nDone."
    assert [event.part for event in stage.told.of(RequestStarted)] == [0, 1, 2]
    assert not stage.told.of(ErrorOccurred)


async def test_a_server_that_responds_by_itself_begins_a_turn(spoken):
    stage = spoken(VoiceStep([say("Still there?")], on="input_audio_buffer.append"))
    await stage.client.connect()

    await stage.speak(bytes(4800))
    await stage.turn_over(1)

    assert stage.told.of(TurnStarted)[0].user_text is None
    assert stage.told.of(ReplyEnded)[0].text == "Still there?"


FATAL = {
    "insufficient_quota": "You exceeded your current quota.",
    "invalid_api_key": "The key was revoked.",
}


@pytest.mark.parametrize("code", FATAL)
async def test_a_fatal_error_ends_the_session_for_good(spoken, code):
    stage = spoken([VoiceStep([error(FATAL[code], code=code), stays_open()])])
    await stage.client.connect()
    running = asyncio.create_task(stage.client.run())
    await stage.client.send({"text_message": {"role": "user", "content": "hello"}})

    with pytest.raises(RefusedError, match=FATAL[code].split()[0]):
        await running

    [gone] = stage.told.of(ModelDisconnected)
    assert not stage.told.of(SessionReconnecting)
    assert stage.told.of(ReplyEnded)[0].status == "failed"
    assert not stage.client.is_connected
    with pytest.raises(ClientError, match="connect"):
        await stage.client.send({"audio_stream": b"\0\0"})
    assert gone.type == "model_disconnected"


async def test_a_stage_that_the_server_does_not_take_fails_the_turn_that_leads_there(spoken):
    @tool
    def odd() -> None:
        """Be odd."""

    odd.description = 5  # no server takes that
    conversation = one_stage()
    conversation["stages"]["only"]["outcomes"]["done"]["move_to"] = "next"
    conversation["stages"]["next"] = {
        "goal": "Be odd.",
        "tools": ["odd"],
        "outcomes": {"bye": {"description": "the user leaves", "move_to": "_end_"}},
    }
    stage = spoken(
        calls(("classify_response", {"outcome": "done"})), say("Hi."), tools=(odd,), conversation=conversation
    )
    await stage.client.connect()

    await stage.say("done")

    [ended] = stage.told.of(ReplyEnded)
    assert (ended.status, "tools[0].description" in ended.reason) == ("failed", True)
    assert all("tools[0].description" in event.error for event in stage.told.of(ErrorOccurred))
    assert stage.client.system_prompt == stage.script.sent("session.update")[0]["session"]["instructions"]
    with pytest.raises(RefusedError):
        await stage.client.update_system_prompt()
    await stage.say("hello")
    assert [role for role, _ in stage.said_to_model] == ["user", "user", "assistant"]


async def test_a_broken_listener_of_ours_is_seen_and_does_not_end_the_session(spoken):
    stage = spoken(say("Hi."), say("Hi again."))
    await stage.client.connect()
    tell = stage.told.emit

    def break_once(event):
        if event.type == "reply_transcribed":
            stage.told.emit = tell
            raise ZeroDivisionError("a listener that breaks the rules")
        tell(event)

    stage.told.emit = break_once
    await stage.say("hello")
    await stage.say("again")

    [told] = stage.told.of(ErrorOccurred)
    assert (told.where, "breaks the rules" in told.error) == ("client", True)
    assert [event.status for event in stage.told.of(ReplyEnded)] == ["completed", "completed"]


async def test_a_server_of_the_beta_is_understood(spoken):
    stage = spoken(
        VoiceStep([transcript("Double two."), calls(("double", {"x": 2}))]),
        say("Four."),
        script={"dialect": "beta"},
        tools=(double,),
        conversation=one_stage("double"),
    )
    await stage.client.connect()

    await stage.speak()
    await stage.turn_over(1)

    assert stage.told.of(ReplyEnded)[0].text == "Four."
    assert [event.text for event in stage.told.of(UserTranscribed) if event.is_final] == ["Double two."]
    assert stage.heard_ms() == 60 * len("Four.")


async def test_the_key_is_never_shown(spoken):
    stage = spoken([VoiceStep([error(f"the key {KEY} is odd"), say("Hi.")])])
    await stage.client.connect()

    await stage.say("hello")

    shown = [repr(stage.client), repr(vars(stage.client)), repr(stage.told.events)]
    assert KEY not in "".join(shown)
