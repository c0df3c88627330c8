"""The whole of a server's half, as a client meets it: every frame that comes out is checked by `said`."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.wire.realtime.server import ServerHalf, new_id
from intentional_nb.wire.realtime.server_requests import (
    AudioAppended,
    AudioCleared,
    AudioCommitted,
    ItemCreated,
    ItemDeleted,
    ItemTruncated,
    ResponseAsked,
    ResponseCancelled,
    SessionChanged,
)
from intentional_nb.wire.realtime.server_response import Failure
from tests.wire.realtime.serving import TONE, ask, error_of, make_half, requests, said, shapes, typed

MESSAGE = [
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
]
CLOSED = ["response.content_part.done", "conversation.item.done", "response.output_item.done"]
END = ["response.done", "rate_limits.updated"]


@pytest.fixture
def half() -> ServerHalf:
    return make_half()


def begun(half, **response):
    [asked] = requests(half, "response.create", response=response)
    return half.begin(asked)


def spoken(half, *words, ms=100):
    """A finished response that says these words, each with so much audio."""
    response = begun(half)
    item = response.open_message()
    for word in words:
        response.speak(TONE * ms, word)
    response.finish()
    return item


def append(half, ms):
    return requests(half, "input_audio_buffer.append", audio=b64encode(TONE * ms).decode())


# ---- frames


def test_a_session_begins_with_its_settings(half):
    half.open()

    [frame] = said(half)

    assert frame["type"] == "session.created"
    assert frame["session"]["model"] == "local-realtime"
    assert frame["session"]["expires_at"] == 1_700_003_600


@pytest.mark.parametrize("frame", ["not json", "", '{"type": ', b"\xff", "[" * 100_000], ids=range(5))
def test_what_is_no_json_is_told_and_the_session_goes_on(half, frame):
    assert half.receive(frame) == ()
    assert error_of(said(half))["code"] == "invalid_json"
    assert ask(half, "input_audio_buffer.clear")[0]["type"] == "input_audio_buffer.cleared"


@pytest.mark.parametrize("frame", ["[]", "7", "null", '"session.update"'])
def test_what_is_no_object_is_no_event(half, frame):
    half.receive(frame)

    assert error_of(said(half))["code"] == "invalid_event"


def test_an_unknown_event_is_answered_with_those_there_are(half):
    error = error_of(ask(half, "ping", event_id="mine"))

    assert (error["code"], error["param"], error["event_id"]) == ("invalid_value", "type", "mine")
    assert error["message"].startswith("Invalid value: 'ping'. Supported values are: 'session.update', ")
    assert error["message"].endswith(" and 'response.cancel'.")


@pytest.mark.parametrize(
    ("event", "code", "param"),
    [
        ({}, "missing_required_parameter", "type"),
        ({"type": 3}, "invalid_value", "type"),
        ({"type": "session.update"}, "missing_required_parameter", "session"),
        ({"type": "session.update", "session": []}, "invalid_type", "session"),
        ({"type": "session.update", "session": {}}, "missing_required_parameter", "session.type"),
        ({"type": "session.update", "session": {"type": "transcription"}}, "invalid_parameter", "session.type"),
        (
            {"type": "session.update", "session": {"type": "realtime", "prompt": {"id": "p", "variables": [None]}}},
            "invalid_type",
            "session.prompt.variables",
        ),
        ({"type": "input_audio_buffer.commit", "now": True}, "unknown_parameter", "now"),
        ({"type": "input_audio_buffer.append"}, "missing_required_parameter", "audio"),
        ({"type": "input_audio_buffer.append", "audio": "!"}, "invalid_value", "audio"),
        ({"type": "input_audio_buffer.append", "audio": "AAAA"}, "invalid_value", "audio"),
        ({"type": "input_audio_buffer.append", "audio": 3}, "invalid_type", "audio"),
        ({"type": "conversation.item.delete"}, "missing_required_parameter", "item_id"),
        ({"type": "conversation.item.delete", "item_id": 7}, "invalid_type", "item_id"),
        ({"type": "conversation.item.create", "item": {}}, "missing_required_parameter", "item.type"),
        ({"type": "conversation.item.create", "item": {"type": "poem"}}, "invalid_value", "item.type"),
        ({"type": "conversation.item.create", "item": typed("x", id="i" * 33)}, "string_above_max_length", "item.id"),
        (
            {
                "type": "conversation.item.create",
                "item": {"type": "message", "role": "user", "content": [{"type": "text"}]},
            },
            "invalid_value",
            "item.content[0].type",
        ),
        (
            {"type": "conversation.item.truncate", "item_id": "i", "content_index": 0, "audio_end_ms": 1.5},
            "invalid_type",
            "audio_end_ms",
        ),
        (
            {"type": "conversation.item.truncate", "item_id": "i", "content_index": 0, "audio_end_ms": -1},
            "integer_below_min_value",
            "audio_end_ms",
        ),
        ({"type": "response.create", "response": {"temperature": 1}}, "unknown_parameter", "response.temperature"),
        ({"type": "response.create", "response": {"metadata": {"a": 1}}}, "invalid_type", "response.metadata.a"),
        (
            {"type": "response.create", "response": {"metadata": {str(n): "" for n in range(17)}}},
            "object_above_max_properties",
            "response.metadata",
        ),
        (
            {"type": "response.create", "response": {"output_modalities": ["text", "audio"]}},
            "invalid_value",
            None,
        ),
    ],
)
def test_a_wrong_field_is_named(half, event, code, param):
    assert half.receive(json.dumps(event)) == ()
    error = error_of(said(half))
    assert (error["code"], error["param"]) == (code, param)


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_whatever_a_client_sends_is_answered_or_obeyed(value):
    for kind, name in (
        ("session.update", "session"),
        ("conversation.item.create", "item"),
        ("response.create", "response"),
    ):
        half = make_half()
        obeyed = half.receive(json.dumps({"type": kind, name: value}))
        answered = said(half)
        assert obeyed or answered


# ---- the session


def test_an_update_changes_what_it_names_and_nothing_else(half):
    requests(half, "session.update", session={"type": "realtime", "instructions": "Be kind.", "tools": []})
    told = ask(half, "session.update", session={"type": "realtime", "audio": {"output": {"speed": 1.2}}})[-1]["session"]

    assert told["instructions"] == "Be kind."
    assert told["audio"]["output"] == {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "marin", "speed": 1.2}
    assert told["audio"]["input"]["turn_detection"]["silence_duration_ms"] == 500


def test_a_change_says_whether_it_concerns_the_detection_of_turns(half):
    assert requests(half, "session.update", session={"type": "realtime", "instructions": "x"}) == (
        SessionChanged(False),
    )
    detection = {"audio": {"input": {"turn_detection": {"type": "server_vad", "silence_duration_ms": 200}}}}
    assert requests(half, "session.update", session={"type": "realtime", **detection}) == (SessionChanged(True),)
    assert requests(half, "session.update", session={"type": "realtime", **detection}) == (SessionChanged(False),)


def test_an_update_that_is_wrong_anywhere_changes_nothing(half):
    session = {"type": "realtime", "instructions": "Be kind.", "mood": "glad"}

    error = error_of(ask(half, "session.update", session=session))

    assert error["message"] == "Unknown parameter: 'session.mood'."
    assert half.settings["instructions"] != "Be kind."


def test_the_voice_is_settled_once_it_was_heard(half):
    other = {"type": "realtime", "audio": {"output": {"voice": "cedar"}}}
    assert ask(half, "session.update", session=other)[0]["type"] == "session.updated"
    spoken(half, "Hi")
    said(half)

    assert ask(half, "session.update", session=other)[0]["type"] == "session.updated"
    error = error_of(ask(half, "session.update", session={"type": "realtime", "audio": {"output": {"voice": "sage"}}}))
    assert error["code"] == "cannot_update_voice"
    assert (
        error_of(ask(half, "response.create", response={"audio": {"output": {"voice": "sage"}}}))["code"]
        == "cannot_update_voice"
    )
    assert begun(half, conversation="none", audio={"output": {"voice": "sage"}}).settings.voice == "sage"


# ---- the input buffer


def test_audio_is_taken_without_an_answer(half):
    assert append(half, 40) == (AudioAppended(TONE * 40),)
    assert said(half) == []
    assert half.buffer.clock_ms == 40


def test_a_commit_makes_an_item_and_no_response(half):
    ask(half, "conversation.item.create", item=typed("Hello", id="first"))
    append(half, 250)

    [committed] = requests(half, "input_audio_buffer.commit")
    frames = said(half)

    assert isinstance(committed, AudioCommitted)
    assert bytes(committed.item.speech.pcm) == TONE * 250
    assert shapes(frames) == ["input_audio_buffer.committed", "conversation.item.added", "conversation.item.done"]
    assert {frame["previous_item_id"] for frame in frames} == {"first"}
    assert frames[1]["item"]["content"] == [{"type": "input_audio", "transcript": None}]
    assert half.buffer.length_ms == 0


def test_less_than_a_tenth_of_a_second_cannot_be_committed(half):
    append(half, 99)

    error = error_of(ask(half, "input_audio_buffer.commit", event_id="c"))

    assert error["code"] == "input_audio_buffer_commit_empty"
    assert error["message"].endswith("at least 100ms of audio, but buffer only has 99.00ms of audio.")
    assert half.buffer.length_ms == 99


def test_clearing_empties_the_buffer_and_its_clock_goes_on(half):
    append(half, 300)

    assert requests(half, "input_audio_buffer.clear") == (AudioCleared(),)

    assert shapes(said(half)) == ["input_audio_buffer.cleared"]
    assert (half.buffer.length_ms, half.buffer.clock_ms) == (0, 300)


def test_speech_becomes_the_item_that_was_announced_and_asks_for_a_response(half):
    append(half, 1000)
    half.speech_started(300)
    item, asked = half.speech_stopped(900)
    frames = said(half)

    assert shapes(frames) == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
    ]
    assert {frame.get("item_id") or frame["item"]["id"] for frame in frames} == {item.id}
    assert (frames[0]["audio_start_ms"], frames[1]["audio_end_ms"]) == (300, 900)
    assert item.speech.audio_ms == 600
    assert half.buffer.length_ms == 100
    assert asked.context == (item,)
    assert asked.event_id is None


def test_speech_breaks_off_what_is_said(half):
    response = begun(half)
    response.open_message()
    response.speak(TONE * 100, "Hello ")
    said(half)

    assert half.speech_started(0) is response

    frames = said(half)
    assert shapes(frames) == [
        "input_audio_buffer.speech_started",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        *CLOSED,
        *END,
    ]
    done = frames[-2]["response"]
    assert (done["status"], done["status_details"]["reason"]) == ("cancelled", "turn_detected")
    assert done["output"][0]["status"] == "incomplete"
    assert half.active_response is None


def test_speech_lets_go_on_what_may_not_be_interrupted_and_gets_no_answer(half):
    detection = {"type": "server_vad", "interrupt_response": False}
    requests(half, "session.update", session={"type": "realtime", "audio": {"input": {"turn_detection": detection}}})
    append(half, 500)
    response = begun(half)
    said(half)

    assert half.speech_started(0) is None
    _, asked = half.speech_stopped(400)

    assert response.is_active
    assert asked is None
    assert said(half)[-1]["error"]["code"] == "conversation_already_has_active_response"


def test_no_response_is_asked_for_when_none_is_wanted(half):
    detection = {"type": "server_vad", "create_response": False}
    requests(half, "session.update", session={"type": "realtime", "audio": {"input": {"turn_detection": detection}}})
    append(half, 500)
    half.speech_started(0)

    assert half.speech_stopped(400)[1] is None


def test_a_commit_by_hand_while_the_user_speaks_takes_the_announced_item(half):
    append(half, 500)
    half.speech_started(100)
    announced = said(half)[-1]["item_id"]

    [committed] = requests(half, "input_audio_buffer.commit")

    assert committed.item.id == announced
    assert not half.is_speaking


def test_another_way_of_detecting_turns_forgets_who_is_speaking(half):
    half.speech_started(0)
    requests(half, "session.update", session={"type": "realtime", "instructions": "x"})
    assert half.is_speaking

    requests(half, "session.update", session={"type": "realtime", "audio": {"input": {"turn_detection": None}}})

    assert not half.is_speaking


def test_silence_for_too_long_becomes_an_item_and_asks_for_a_response(half):
    append(half, 6000)
    item, asked = half.stayed_silent(1000)
    frames = said(half)

    assert shapes(frames)[:2] == ["input_audio_buffer.timeout_triggered", "input_audio_buffer.committed"]
    assert (frames[0]["audio_start_ms"], frames[0]["audio_end_ms"]) == (1000, 6000)
    assert item.is_silence
    assert asked.context == (item,)


def test_words_are_shown_in_pieces_and_whole(half):
    append(half, 500)
    [committed] = requests(half, "input_audio_buffer.commit")
    said(half)

    half.understood(committed.item, "Hello there.")
    half.transcribe(committed.item, "Hello there.", ("Hello", " there."))
    frames = said(half)

    kind = "conversation.item.input_audio_transcription"
    assert shapes(frames) == [f"{kind}.delta*", f"{kind}.completed"]
    assert frames[-1]["usage"]["input_token_details"]["audio_tokens"] == 5
    item = ask(half, "conversation.item.retrieve", item_id=committed.item.id)[0]["item"]
    assert item["content"][0]["transcript"] == "Hello there."
    assert b64decode(item["content"][0]["audio"]) == TONE * 500


# ---- items


def test_an_item_is_added_and_done_at_once(half):
    [created] = requests(half, "conversation.item.create", item=typed("Hello", id="mine"))
    frames = said(half)

    assert isinstance(created, ItemCreated)
    assert shapes(frames) == ["conversation.item.added", "conversation.item.done"]
    assert frames[0]["item"] == {
        "id": "mine",
        "object": "realtime.item",
        "type": "message",
        "status": "completed",
        "role": "user",
        "content": [{"type": "input_text", "text": "Hello"}],
    }


def test_items_go_where_they_are_put(half):
    for item_id, after in [("a", None), ("b", "a"), ("c", "root"), ("d", "a"), ("e", "")]:
        frames = ask(half, "conversation.item.create", item=typed("x", id=item_id), previous_item_id=after)
        assert frames[0]["type"] == "conversation.item.added"

    assert [item.id for item in half.conversation] == ["c", "a", "d", "b", "e"]
    assert frames[0]["previous_item_id"] == "b"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"item": typed("x", id="taken")}, "item_create_duplicate_item_id"),
        ({"item": typed("x"), "previous_item_id": "nobody"}, "item_create_invalid_previous_item_id"),
        ({"item": {"type": "function_call_output", "call_id": "c", "output": "o"}}, "invalid_tool_call_id"),
        (
            {"item": {"type": "message", "role": "assistant", "content": [{"type": "output_audio", "audio": ""}]}},
            "invalid_value",
        ),
    ],
)
def test_an_item_that_cannot_be_is_refused(half, fields, code):
    ask(half, "conversation.item.create", item=typed("x", id="taken"))

    assert error_of(ask(half, "conversation.item.create", event_id="e", **fields))["code"] == code
    assert len(half.conversation) == 1


def test_calls_and_their_outputs_are_items(half):
    call = {"type": "function_call", "name": "book", "arguments": "{}", "call_id": "call_1"}
    ask(half, "conversation.item.create", item=call)
    output = {"type": "function_call_output", "call_id": "call_1", "output": "done"}

    frames = ask(half, "conversation.item.create", item=output)

    assert frames[0]["item"]["output"] == "done"


def test_a_deleted_item_is_gone_and_its_neighbours_close_up(half):
    for item_id in "abc":
        ask(half, "conversation.item.create", item=typed("x", id=item_id))

    assert requests(half, "conversation.item.delete", item_id="b") == (ItemDeleted("b"),)

    assert said(half)[0]["item_id"] == "b"
    assert half.conversation.previous_of("c") == "a"
    error = error_of(ask(half, "conversation.item.delete", item_id="b"))
    assert error["message"] == "Error deleting item: the item with id 'b' does not exist."
    assert error["code"] == "item_delete_invalid_item_id"
    assert error_of(ask(half, "conversation.item.retrieve", item_id="b"))["code"] == "item_retrieve_invalid_item_id"


# ---- truncation


def test_truncation_forgets_what_was_not_heard(half):
    item = spoken(half, "One ", "two ", "three.")
    said(half)

    assert requests(half, "conversation.item.truncate", item_id=item.id, content_index=0, audio_end_ms=150) == (
        ItemTruncated(item.id, 150),
    )

    assert said(half)[0]["audio_end_ms"] == 150
    assert item.text == "One two "
    retrieved = ask(half, "conversation.item.retrieve", item_id=item.id)[0]["item"]["content"][0]
    assert retrieved["transcript"] is None
    assert len(b64decode(retrieved["audio"])) == 150 * 48


@pytest.mark.parametrize(
    ("which", "end_ms", "code", "message"),
    [
        ("spoken", 301, "invalid_value", "Audio content of 300ms is already shorter than 301ms"),
        ("spoken", 0, "unsupported_content_type", "Only model output audio messages can be truncated"),
        ("silent", 10, "unsupported_content_type", "Only model output audio messages can be truncated"),
        ("typed", 10, "unsupported_content_type", "Only model output audio messages can be truncated"),
        ("heard", 10, "unsupported_content_type", "Only model output audio messages can be truncated"),
        (
            "nobody",
            10,
            "item_truncate_invalid_item_id",
            "Error truncating item: the item with id 'nobody' does not exist.",
        ),
    ],
)
def test_what_cannot_be_truncated_is_told(half, which, end_ms, code, message):
    append(half, 200)
    [committed] = requests(half, "input_audio_buffer.commit")
    ask(half, "conversation.item.create", item=typed("x", id="typed"))
    ids = {
        "spoken": spoken(half, "a", "b", "c").id,
        "silent": spoken(half).id,
        "typed": "typed",
        "heard": committed.item.id,
    }
    said(half)

    error = error_of(
        ask(half, "conversation.item.truncate", item_id=ids.get(which, which), content_index=0, audio_end_ms=end_ms)
    )

    assert (error["code"], error["message"]) == (code, message)


def test_an_item_has_audio_at_its_first_index_only(half):
    item = spoken(half, "a")
    said(half)

    error = error_of(ask(half, "conversation.item.truncate", item_id=item.id, content_index=1, audio_end_ms=10))

    assert error["param"] == "content_index"


@settings(deadline=None)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=8), st.integers(1, 2400))
def test_what_is_heard_is_never_more_than_what_was_said(lengths_ms, end_ms):
    half = make_half()
    response = begun(half)
    item = response.open_message()
    for number, length_ms in enumerate(lengths_ms):
        response.speak(TONE * length_ms, f"{number} ")
    response.finish()
    whole = item.text

    requests(half, "conversation.item.truncate", item_id=item.id, content_index=0, audio_end_ms=end_ms)

    assert whole.startswith(item.text)
    assert (item.text == whole) == (end_ms > sum(lengths_ms[:-1]) or end_ms > sum(lengths_ms))
    assert item.speech.audio_ms <= sum(lengths_ms)


# ---- responses


def test_a_written_response_comes_in_the_documented_order(half):
    ask(half, "conversation.item.create", item=typed("Hi", id="asked"))
    response = begun(half, output_modalities=["text"], metadata={"for": "me"})
    response.open_message()
    for word in ("Good ", "morning."):
        response.write(word)
    response.finish()
    frames = said(half)

    assert shapes(frames) == [
        "response.created",
        *MESSAGE,
        "response.output_text.delta*",
        "response.output_text.done",
        *CLOSED,
        *END,
    ]
    assert frames[0]["response"]["status"] == "in_progress"
    assert frames[2]["previous_item_id"] == "asked"
    done = frames[-2]["response"]
    assert done["status"] == "completed"
    assert done["output"][0]["content"] == [{"type": "output_text", "text": "Good morning."}]
    assert done["metadata"] == {"for": "me"}
    assert done["usage"]["output_token_details"] == {"text_tokens": 2, "audio_tokens": 0}


def test_a_spoken_response_tells_the_words_before_their_sound(half):
    response = begun(half)
    response.open_message()
    response.speak(TONE * 100, "Good ")
    response.speak(TONE * 100)
    response.speak(TONE * 50, "morning.")
    response.finish()
    frames = said(half)

    assert shapes(frames) == [
        "response.created",
        *MESSAGE,
        "response.output_audio_transcript.delta",
        "response.output_audio.delta*",
        "response.output_audio_transcript.delta",
        "response.output_audio.delta",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        *CLOSED,
        *END,
    ]
    done = frames[-2]["response"]
    assert done["output"][0]["content"] == [{"type": "output_audio", "transcript": "Good morning."}]
    assert done["usage"]["output_token_details"] == {"text_tokens": 2, "audio_tokens": 5}
    audio = b"".join(b64decode(f["delta"]) for f in frames if f["type"] == "response.output_audio.delta")
    assert audio == TONE * 250


def test_calls_come_in_parallel_each_with_its_index(half):
    response = begun(half)
    response.open_message(has_audio=False)
    response.write("Let me look.")
    one, two = response.call("look", '{"city": "Turin, in Piedmont"}'), response.call("book", "{}", "call_mine")
    response.finish()
    frames = said(half)

    call = [
        "response.output_item.added",
        "conversation.item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "conversation.item.done",
        "response.output_item.done",
    ]
    assert [kind.rstrip("*") for kind in shapes(frames)[-14:-2]] == [*call, *call]
    assert [f["output_index"] for f in frames if f["type"] == "response.output_item.done"] == [0, 1, 2]
    assert [item["type"] for item in frames[-2]["response"]["output"]] == ["message", "function_call", "function_call"]
    assert [item.status for item in half.conversation] == ["completed"] * 3
    assert one.call_id != two.call_id == "call_mine"
    pieces = [f["delta"] for f in frames if f["type"] == "response.function_call_arguments.delta"]
    assert "".join(pieces) == one.arguments + two.arguments


def test_a_second_response_at_the_same_time_is_refused_with_the_event_that_asked(half):
    response = begun(half)
    said(half)

    error = error_of(ask(half, "response.create", event_id="again"))

    assert error["code"] == "conversation_already_has_active_response"
    assert error["event_id"] == "again"
    assert error["message"] == (
        f"Conversation already has an active response in progress: {response.id}. "
        "Wait until the response is finished before creating a new one."
    )


def test_responses_beside_the_conversation_leave_no_trace_in_it(half):
    first = begun(half)
    said(half)
    apart = begun(half, conversation="none", output_modalities=["text"])
    item = apart.open_message()
    apart.write("Beside.")
    apart.finish()
    frames = said(half)

    assert first.is_active
    assert [kind for kind in shapes(frames) if kind.startswith("conversation.")] == []
    assert frames[-2]["response"]["conversation_id"] is None
    assert item.id not in half.conversation


def test_a_response_goes_by_what_was_asked_for_it_alone(half):
    tools = [{"type": "function", "name": "book"}]
    requests(half, "session.update", session={"type": "realtime", "instructions": "Be kind.", "tools": tools})
    ask(half, "conversation.item.create", item=typed("Hello", id="old"))
    asked = {
        "instructions": "Be short.",
        "tools": [],
        "tool_choice": "none",
        "max_output_tokens": 7,
        "input": [{"type": "item_reference", "id": "old"}, typed("And?")],
    }

    [request] = requests(half, "response.create", response=asked, event_id="e")

    assert isinstance(request, ResponseAsked)
    assert request.event_id == "e"
    assert (request.settings.instructions, request.settings.tools, request.settings.max_output_tokens) == (
        "Be short.",
        [],
        7,
    )
    assert [item.text for item in request.context] == ["Hello", "And?"]
    [plain] = requests(half, "response.create")
    assert (plain.settings.instructions, plain.settings.tools) == ("Be kind.", tools)
    assert [item.text for item in plain.context] == ["Hello"]


def test_a_reference_to_nobody_is_refused(half):
    error = error_of(ask(half, "response.create", response={"input": [{"type": "item_reference", "id": "nobody"}]}))

    assert error["code"] == "item_retrieve_invalid_item_id"


@pytest.mark.parametrize("by_id", [False, True])
def test_a_cancelled_response_ends_at_once_with_what_was_sent(half, by_id):
    response = begun(half)
    response.open_message()
    response.speak(TONE * 100, "Hello ")
    said(half)
    fields = {"response_id": response.id} if by_id else {}

    assert requests(half, "response.cancel", **fields) == (ResponseCancelled(response),)

    done = said(half)[-2]["response"]
    assert (done["status"], done["status_details"]["reason"]) == ("cancelled", "client_cancelled")
    assert done["output"][0]["content"][0]["transcript"] == "Hello "
    assert error_of(ask(half, "response.cancel", event_id="e", **fields)) == {
        "type": "invalid_request_error",
        "code": "response_cancel_not_active",
        "message": "Cancellation failed: no active response found",
        "param": None,
        "event_id": "e",
    }


def test_a_call_that_is_broken_off_is_told_as_far_as_it_came(half):
    response = begun(half)
    response.open_call("book")
    response.argue('{"day": ')
    said(half)

    requests(half, "response.cancel")
    frames = said(half)

    assert frames[0]["type"] == "response.function_call_arguments.done"
    assert frames[0]["arguments"] == '{"day": '
    assert frames[-2]["response"]["output"][0]["status"] == "incomplete"


def test_a_response_beside_the_conversation_is_cancelled_by_its_id_alone(half):
    apart = begun(half, conversation="none")
    said(half)

    assert error_of(ask(half, "response.cancel"))["code"] == "response_cancel_not_active"
    assert requests(half, "response.cancel", response_id=apart.id) == (ResponseCancelled(apart),)


def test_a_failure_is_told_in_the_response(half):
    response = begun(half)
    response.finish("failed", error=Failure("no more money", code="insufficient_quota", type="insufficient_quota"))

    details = said(half)[-2]["response"]["status_details"]
    assert details["type"] == "failed"
    assert details["error"]["code"] == "insufficient_quota"


def test_an_item_that_was_deleted_while_it_was_said_does_not_come_back(half):
    response = begun(half)
    item = response.open_message()
    response.speak(TONE * 100, "Hello")
    ask(half, "conversation.item.delete", item_id=item.id)

    response.finish()

    assert "conversation.item.done" not in shapes(said(half))
    assert len(half.conversation) == 0


def test_what_was_said_costs_again_when_it_is_answered(half):
    append(half, 1000)
    half.speech_started(0)
    _, asked = half.speech_stopped(1000)
    response = half.begin(asked)
    response.open_message()
    response.speak(TONE * 1000, "Yes.")
    response.finish()
    half.begin(*requests(half, "response.create")).finish()

    first, second = (f["response"]["usage"] for f in said(half) if f["type"] == "response.done")

    assert first["input_token_details"]["audio_tokens"] == 10
    assert first["output_token_details"]["audio_tokens"] == 20
    assert second["input_token_details"]["audio_tokens"] == 30
    assert second["total_tokens"] == second["input_tokens"]


def test_a_model_without_a_voice_answers_in_text_and_says_so():
    half = make_half(speaks=False)
    told = ask(half, "session.update", session={"type": "realtime", "output_modalities": ["audio"]})

    assert told[0]["session"]["output_modalities"] == ["text"]
    assert not begun(half).settings.has_audio
    assert not begun(half, conversation="none", output_modalities=["audio"]).settings.has_audio


def test_ids_are_of_the_kind_that_clients_expect_and_never_the_same():
    assert [
        new_id(kind).split("_")[0] for kind in ("session", "conversation", "response", "item", "call", "event")
    ] == [
        "sess",
        "conv",
        "resp",
        "item",
        "call",
        "event",
    ]
    assert len({new_id("item") for _ in range(1000)}) == 1000
    assert len(new_id("item")) <= 32
