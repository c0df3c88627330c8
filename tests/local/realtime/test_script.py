"""What a voice script takes and refuses, without a server around it; how it plays is in test_scripted."""

from __future__ import annotations

import pytest

from intentional_nb.errors import ScriptError
from intentional_nb.local.realtime.moments import Moment, moment_request
from intentional_nb.local.realtime.script import (
    VoiceScript,
    VoiceStep,
    appended,
    cancelled,
    drop,
    offers,
    say,
    says,
    sent,
    spoke,
    truncated,
    updated,
)
from intentional_nb.wire.realtime.server_items import Part, ServerItem
from intentional_nb.wire.realtime.server_settings import ResponseSettings, SessionSettings

SESSION = SessionSettings("m", session_id="s", expires_at=1)


def moment(*items, events=(), audio_ms=0.0, **asked):
    return moment_request("m", ResponseSettings.of(SESSION, asked), Moment(tuple(events), items, audio_ms))


def typed(text):
    return ServerItem("u", "message", role="user", parts=[Part("input_text", text=text)])


def heard(length_ms):
    return ServerItem("u", "message", role="user", parts=[Part.heard(bytes(length_ms * 48))])


def event(type, **fields):
    return {"type": type, **fields}


CUT = event("conversation.item.truncate", item_id="i", content_index=0, audio_end_ms=700)


@pytest.mark.parametrize(
    ("expected", "at", "wanted", "came"),
    [
        (says("hello"), moment(typed("bye")), "the user says 'hello'", "the user says 'bye'"),
        (offers("book"), moment(), "it offers 'book'", "it offers no tools"),
        (
            spoke(500),
            moment(heard(300)),
            "the user speaks for 500 ms or more",
            "the user's last item has 300 ms of speech",
        ),
        (spoke(1, 9), moment(typed("x")), "the user speaks for 1 to 9 ms", "the user's last item has 0 ms of speech"),
        (appended(200), moment(audio_ms=40.0), "200 ms of audio come", "40 ms of audio came"),
        (cancelled(), moment(), "the client sends response.cancel", "the client sends nothing"),
        (
            truncated(800),
            moment(events=[CUT]),
            "the client truncates at 800 ms or more",
            "the client sends conversation.item.truncate {'item_id': 'i', 'content_index': 0, 'audio_end_ms': 700}",
        ),
        (
            updated(instructions="Be kind."),
            moment(events=[event("session.update", session={"type": "realtime", "instructions": "Be rude."})]),
            "the client sends session.update {'session': {'instructions': 'Be kind.'}}",
            "the client sends session.update {'session': {'type': 'realtime', 'instructions': 'Be rude.'}}",
        ),
    ],
)
def test_an_expectation_says_what_was_wanted_and_what_came(expected, at, wanted, came):
    assert not expected.holds(at)
    assert (expected.wanted, expected.came(at)) == (wanted, came)


def test_what_is_malformed_is_never_what_was_expected():
    odd = [{}, event("conversation.item.truncate"), event("conversation.item.truncate", audio_end_ms="x"), {"type": []}]

    assert not truncated().holds(moment(events=odd))
    assert not sent("response.cancel", response_id="r").holds(moment(events=odd))


@pytest.mark.parametrize(
    ("expected", "at"),
    [
        (says("hello"), moment(typed("bye"), typed("hello"))),
        (offers("book"), moment(tools=[{"type": "function", "name": "book"}])),
        (spoke(300, 300), moment(heard(300))),
        (appended(200), moment(audio_ms=200.0)),
        (truncated(600, 800), moment(events=[CUT])),
        (sent("conversation.item.truncate", item_id="i"), moment(events=[CUT])),
        (
            updated(instructions="Be kind."),
            moment(events=[event("session.update", session={"type": "realtime", "instructions": "Be kind."})]),
        ),
    ],
)
def test_an_expectation_that_is_met_holds(expected, at):
    assert expected.holds(at)


def test_steps_are_used_in_order_each_for_what_it_waits_for():
    script = VoiceScript(VoiceStep(say("a"), on="connect"), VoiceStep(say("b"), expect=says("hello")), say("c"))

    assert script.take("response", moment(typed("hello"))) is None
    assert str(script.take("connect", moment())) == "on connect -> say 'a'"
    assert script.take("connect", moment()) is None
    assert str(script.take("response", moment(typed("hello")))) == "on a response when the user says 'hello' -> say 'b'"
    assert str(script.take("response", moment())) == "on a response -> say 'c'"
    assert repr(script) == "<VoiceScript: 3 of 3 steps used>"
    script.assert_complete()


def test_an_unexpected_response_is_told_with_the_difference_and_remembered():
    script = VoiceScript(VoiceStep(say("a"), expect=[says("hello"), spoke(100)]))

    assert script.take("response", moment(typed("hullo"))) is None
    told = script.complain(moment(typed("hullo")))

    assert told.splitlines() == [
        "a response was asked for that step 1 of 1 does not expect:",
        "- the user says 'hello'",
        "+ the user says 'hullo'",
        "- the user speaks for 100 ms or more",
        "+ the user's last item has 0 ms of speech",
    ]
    with pytest.raises(ScriptError, match="a response was asked for that step 1 of 1"):
        script.assert_complete()


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([], "a response was asked for, but no step is left of the script's 0"),
        ([VoiceStep(drop(), on="connect")], "a response was asked for, but step 1 of 1 waits for connect"),
    ],
)
def test_a_response_that_comes_too_early_or_too_late_is_told(steps, told):
    assert VoiceScript(*steps).complain(moment()) == told


def test_steps_left_over_are_listed_with_what_came_nearest():
    script = VoiceScript([VoiceStep([say("a"), drop()], truncated(800), "conversation.item.truncate"), say("b")])
    script.take("conversation.item.truncate", moment(events=[CUT]))

    with pytest.raises(ScriptError) as raised:
        script.assert_complete()

    assert raised.value.remaining == script.remaining
    assert str(raised.value).splitlines() == [
        "2 of 2 steps not used:",
        "step 1: on conversation.item.truncate when the client truncates at 800 ms or more"
        " -> say 'a', drop the connection",
        "- the client truncates at 800 ms or more",
        "+ the client sends conversation.item.truncate {'item_id': 'i', 'content_index': 0, 'audio_end_ms': 700}",
        "step 2: on a response -> say 'b'",
    ]


def test_without_strictness_the_first_step_that_fits_is_used_and_some_may_be_left():
    script = VoiceScript(
        VoiceStep(say("a"), on="connect"), VoiceStep(say("b"), expect=says("b")), say("any"), strict=False
    )

    assert str(script.take("response", moment(typed("x")))).endswith("say 'any'")
    assert str(script.take("response", moment(typed("b")))).endswith("say 'b'")
    script.assert_complete()


def test_a_step_without_actions_does_nothing():
    assert str(VoiceStep(on="input_audio_buffer.append", expect=appended(5))) == (
        "on input_audio_buffer.append when 5 ms of audio come -> nothing"
    )


def test_the_record_keeps_all_events_and_the_sound_in_them():
    script = VoiceScript()
    for told in (
        event("input_audio_buffer.append", audio="AAAA"),
        CUT,
        event("input_audio_buffer.append", audio="AQID"),
    ):
        script.record(told)

    assert script.sent("conversation.item.truncate") == [CUT]
    assert script.audio == b"\0\0\0\1\2\3"
    assert len(script.events) == 3
