import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.wire.realtime.client_frames import update_session
from intentional_nb.wire.realtime.session import (
    Settings,
    bytes_per_ms,
    differences,
    ends_turns_itself,
    merged,
    permitted,
)
from tests.wire.realtime.talking import foreign_fields

TOOL = {"type": "function", "name": "look", "description": "Look.", "parameters": {"type": "object"}}
EVERYTHING = Settings(
    instructions="Be kind.",
    tools=(TOOL,),
    tool_choice="auto",
    output="audio",
    voice="marin",
    speed=1.25,
    turn_detection="semantic_vad",
    transcription="gpt-transcribe",
    language="en",
    transcription_prompt="latte, mocha",
    noise_reduction="near_field",
    input_format="audio/pcm",
    output_format="audio/pcmu",
    max_output_tokens="inf",
    reasoning_effort="low",
    parallel_tool_calls=True,
    truncation="auto",
)


def test_settings_become_the_session_object():
    assert EVERYTHING.to_session() == {
        "type": "realtime",
        "instructions": "Be kind.",
        "output_modalities": ["audio"],
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24_000},
                "transcription": {"model": "gpt-transcribe", "language": "en", "prompt": "latte, mocha"},
                "noise_reduction": {"type": "near_field"},
                "turn_detection": {"type": "semantic_vad"},
            },
            "output": {"format": {"type": "audio/pcmu"}, "voice": "marin", "speed": 1.25},
        },
        "tools": [TOOL],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "reasoning": {"effort": "low"},
        "parallel_tool_calls": True,
        "truncation": "auto",
    }


@pytest.mark.parametrize(
    "settings",
    [
        EVERYTHING,
        Settings(),
        Settings(turn_detection="none", transcription=None, noise_reduction=None),
        Settings(turn_detection={"type": "server_vad", "threshold": 0.6, "idle_timeout_ms": 8_000}),
        Settings(transcription={"model": "whisper-1"}, language="en"),
        Settings(tools=(), instructions="", voice={"id": "voice_1"}, output="text", max_output_tokens=200),
        Settings(tool_choice={"type": "function", "name": "look"}, extra={"tracing": "auto"}),
    ],
)
def test_a_session_object_is_official(settings):
    assert foreign_fields(update_session("e", settings.to_session())) == []


def test_what_is_not_said_is_left_to_the_server():
    assert Settings().to_session() == {"type": "realtime"}


@pytest.mark.parametrize("nothing", ["none", None])
def test_to_clear_a_setting_is_to_say_null(nothing):
    session = Settings(turn_detection=nothing, transcription=None, noise_reduction=None, tools=()).to_session()

    assert session["audio"]["input"] == {"turn_detection": None, "transcription": None, "noise_reduction": None}
    assert session["tools"] == []


def test_more_fields_win_and_reach_into_objects():
    session = Settings(voice="marin", extra={"audio": {"output": {"speed": 0.9}}, "include": []}).to_session()

    assert session["audio"] == {"output": {"voice": "marin", "speed": 0.9}}
    assert session["include"] == []


names = st.sampled_from(["instructions", "audio", "input", "output", "speed", "turn_detection", "voice", "tools"])
sessions = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.lists(st.integers(0, 1), max_size=2),
    lambda inner: st.dictionaries(names, inner, max_size=4),
    max_leaves=10,
).flatmap(lambda value: st.dictionaries(names, st.just(value) | st.integers(0, 3), max_size=4))


@settings(deadline=None)
@given(sessions, sessions)
def test_the_differences_lead_to_what_is_wanted(known, wanted):
    reached = merged(known, differences(known, wanted))

    assert differences(reached, wanted) == {}


@settings(deadline=None)
@given(sessions)
def test_nothing_differs_from_itself(session):
    assert differences(session, session) == {}


@settings(deadline=None)
@given(sessions, sessions)
def test_an_update_leaves_alone_what_it_does_not_name(known, update):
    reached = merged(known, update)

    assert {key: reached[key] for key in known.keys() - update.keys()} == {
        key: known[key] for key in known.keys() - update.keys()
    }


def test_differences_are_only_what_is_new():
    known = merged(EVERYTHING.to_session(), {"audio": {"input": {"turn_detection": {"eagerness": "auto"}}}})
    known["audio"]["input"]["turn_detection"] = {"type": "semantic_vad", "eagerness": "auto"}
    wanted = merged(EVERYTHING.to_session(), {"instructions": "Be brief.", "audio": {"output": {"speed": 1.0}}})

    assert differences(known, wanted) == {"instructions": "Be brief.", "audio": {"output": {"speed": 1.0}}}


def test_a_kind_of_turn_detection_is_replaced_as_a_whole():
    known = {"audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 0.5}}}}
    update = {"audio": {"input": {"turn_detection": {"type": "semantic_vad"}}}}

    assert merged(known, update) == update


UPDATE = {"model": "m", "instructions": "x", "audio": {"input": {"format": 1}, "output": {"voice": "v", "speed": 1.0}}}


@pytest.mark.parametrize(
    ("has_spoken", "is_responding", "now", "later", "never"),
    [
        (False, False, {k: v for k, v in UPDATE.items() if k != "model"}, {}, {"model": "m"}),
        (
            True,
            False,
            {"instructions": "x", "audio": {"input": {"format": 1}, "output": {"speed": 1.0}}},
            {},
            {"model": "m", "voice": "v"},
        ),
        (
            False,
            True,
            {"instructions": "x", "audio": {"input": {"format": 1}, "output": {"voice": "v"}}},
            {"audio": {"output": {"speed": 1.0}}},
            {"model": "m"},
        ),
        (
            True,
            True,
            {"instructions": "x", "audio": {"input": {"format": 1}}},
            {"audio": {"output": {"speed": 1.0}}},
            {"model": "m", "voice": "v"},
        ),
    ],
)
def test_an_update_is_sorted_by_what_the_server_takes(has_spoken, is_responding, now, later, never):
    sorted_ = permitted(UPDATE, has_spoken=has_spoken, is_responding=is_responding)

    assert sorted_ == (now, later, never)


def test_nothing_empty_is_left_of_what_must_wait():
    now, _, _ = permitted({"audio": {"output": {"speed": 1.0}}}, has_spoken=True, is_responding=True)

    assert now == {}


@pytest.mark.parametrize(
    ("session", "ends"),
    [
        ({}, True),
        ({"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}, True),
        ({"audio": {"input": {"turn_detection": None}}}, False),
        ({"audio": None}, True),
    ],
)
def test_the_server_ends_turns_unless_it_was_told_not_to(session, ends):
    assert ends_turns_itself(session) is ends


@pytest.mark.parametrize(
    ("audio_format", "expected"),
    [
        (None, 48),
        ({"type": "audio/pcm", "rate": 24_000}, 48),
        ({"type": "audio/pcm", "rate": 16_000}, 32),
        ({"type": "audio/pcmu"}, 8),
        ({"type": "audio/pcma"}, 8),
        ({"type": "audio/pcm", "rate": 0}, 48),
        ({"type": "audio/pcm", "rate": "fast"}, 48),
        ({"type": "audio/pcm", "rate": 10**400}, 48),
    ],
)
def test_the_size_of_a_millisecond_follows_the_format(audio_format, expected):
    assert bytes_per_ms({"audio": {"output": {"format": audio_format}}}, "output") == expected
