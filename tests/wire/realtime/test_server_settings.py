from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st

from intentional_nb.wire.realtime.server_errors import Mistake
from intentional_nb.wire.realtime.server_settings import INSTRUCTIONS, ResponseSettings, SessionSettings

TOOLS = [{"type": "function", "name": "book"}]


def settings(**options) -> SessionSettings:
    return SessionSettings("local-realtime", session_id="sess_1", expires_at=1, **options)


def heard(**fields):
    return {"audio": {"input": fields}}


def test_what_is_set_to_null_or_emptied_is_as_at_first_or_empty():
    session = settings()
    session.update({"instructions": "Be kind.", "tools": TOOLS, "max_output_tokens": 5, "tool_choice": "none"})
    session.update(heard(transcription={"model": "whisper-1"}, noise_reduction={"type": "near_field"}))

    session.update({"instructions": "", "tools": [], "max_output_tokens": None, "tool_choice": None})
    session.update(heard(transcription=None, noise_reduction=None))

    assert (session["instructions"], session["tools"]) == ("", [])
    assert (session["max_output_tokens"], session["tool_choice"]) == ("inf", "auto")
    assert session.transcription is None
    session.update({"instructions": None})
    assert session["instructions"] == INSTRUCTIONS


def test_turn_detection_set_to_null_is_off():
    session = settings()

    session.update(heard(turn_detection=None))

    assert session.turn_detection is None
    session.update({"instructions": "x"})
    assert session.turn_detection is None


def test_turn_detection_keeps_what_is_left_out_as_long_as_its_kind_stays():
    session = settings()
    session.update(heard(turn_detection={"type": "server_vad", "silence_duration_ms": 200, "idle_timeout_ms": 6000}))

    session.update(heard(turn_detection={"type": "server_vad", "threshold": 0.7}))
    assert session.turn_detection["silence_duration_ms"] == 200
    assert session.turn_detection["threshold"] == 0.7
    session.update(heard(turn_detection={"type": "server_vad", "idle_timeout_ms": None, "silence_duration_ms": None}))
    assert session.turn_detection["idle_timeout_ms"] is None
    assert session.turn_detection["silence_duration_ms"] == 500

    session.update(heard(turn_detection={"type": "semantic_vad", "eagerness": "low"}))
    assert session.turn_detection == {
        "type": "semantic_vad",
        "eagerness": "low",
        "create_response": True,
        "interrupt_response": True,
    }
    session.update(heard(turn_detection={"type": "server_vad"}))
    assert session.turn_detection["threshold"] == 0.5


def test_parts_of_a_transcription_stay_when_others_change():
    session = settings()
    session.update(heard(transcription={"model": "whisper-1", "language": "en"}))

    session.update(heard(transcription={"prompt": "Names: Ada."}))

    assert session.transcription == {"model": "whisper-1", "language": "en", "prompt": "Names: Ada."}


def test_an_update_of_the_whole_audio_to_null_leaves_the_next_session_alone():
    session = settings()
    session.update(heard(turn_detection=None))

    session.update({"audio": None})

    assert session.turn_detection["type"] == "server_vad"
    assert settings().frame["audio"] == session.frame["audio"]


@pytest.mark.parametrize(
    ("patch", "param"),
    [({"model": "gpt-realtime"}, "session.model"), ({"output_modalities": ["text", "audio"]}, None)],
)
def test_what_cannot_be_is_refused(patch, param):
    with pytest.raises(Mistake) as refused:
        settings().update(patch)

    assert refused.value.param == param


def test_the_model_may_be_named_again():
    named = settings()

    named.update({"model": "local-realtime"})

    assert named["model"] == "local-realtime"


def test_tracing_stays_as_it_is_once_it_is_on():
    session = settings()
    session.update({"tracing": "auto"})
    session.update({"tracing": "auto"})

    with pytest.raises(Mistake, match="tracing"):
        session.update({"tracing": {"workflow_name": "x"}})


def test_a_frame_that_was_shown_does_not_change_any_more():
    session = settings()
    shown = session.frame

    session.update(heard(turn_detection={"type": "server_vad", "threshold": 0.9}))

    assert shown["audio"]["input"]["turn_detection"]["threshold"] == 0.5


PATCHES = st.fixed_dictionaries(
    {},
    optional={
        "instructions": st.none() | st.text(max_size=5),
        "tools": st.none() | st.just([]) | st.just(TOOLS),
        "output_modalities": st.sampled_from([None, ["text"], ["audio"]]),
        "audio": st.none()
        | st.fixed_dictionaries(
            {},
            optional={
                "input": st.fixed_dictionaries(
                    {},
                    optional={
                        "turn_detection": st.sampled_from([None, {"type": "server_vad"}, {"type": "semantic_vad"}]),
                        "transcription": st.sampled_from([None, {"model": "m"}]),
                    },
                ),
                "output": st.fixed_dictionaries({}, optional={"speed": st.sampled_from([None, 0.5, 1.5])}),
            },
        ),
    },
)


@trying(deadline=None)
@given(st.lists(PATCHES, max_size=3), PATCHES)
def test_the_same_update_twice_is_that_update_once(earlier, patch):
    session = settings()
    for one in earlier:
        session.update(one)

    session.update(patch)
    once = session.frame
    session.update(patch)

    assert session.frame == once


@trying(deadline=None)
@given(PATCHES)
def test_an_empty_update_changes_nothing(patch):
    session = settings()
    session.update(patch)
    before = session.frame

    session.update({"type": "realtime"})

    assert session.frame == before


def test_a_response_goes_by_the_session_where_nothing_else_is_asked():
    session = settings()
    session.update({"instructions": "Be kind.", "audio": {"output": {"speed": 1.2}}})

    plain = ResponseSettings.of(session, {})

    assert (plain.instructions, plain.speed, plain.has_audio, plain.is_out_of_band) == ("Be kind.", 1.2, True, False)
    assert ResponseSettings.of(session, {"instructions": ""}).instructions == ""
    assert ResponseSettings.of(session, {"instructions": None}).instructions == "Be kind."
