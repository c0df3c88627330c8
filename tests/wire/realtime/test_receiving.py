import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.errors import RemoteProtocolError
from intentional_nb.wire.realtime.faults import COLLISION
from intentional_nb.wire.realtime.happenings import (
    AudioCommitted,
    Happening,
    IdleTimedOut,
    ItemAdded,
    ItemDeleted,
    ItemDone,
    RateLimits,
    ResponseBegan,
    ResponseEnded,
    SessionUpdated,
    SpeechBegan,
    Unrecognised,
    UserTranscript,
    UserTranscriptDelta,
    UserTranscriptFailed,
)
from intentional_nb.wire.realtime.names import KEPT, SERVER_EVENTS
from tests.wire.realtime.talking import Talk

TRANSCRIPTION = "conversation.item.input_audio_transcription"


@pytest.fixture
def talk():
    return Talk()


def test_a_session_is_open_when_the_server_says_so():
    talk = Talk(expires_at=99, voice="sage")

    assert (talk.client.session_id, talk.client.expires_at, talk.client.is_confirmed) == ("sess_1", 99, True)
    assert talk.client.session["audio"]["output"] == {"voice": "sage"}


def test_a_confirmed_update_is_told_with_all_settings_and_its_id(talk):
    event_id = talk.client.update_session({"instructions": "x", "audio": {"input": {"turn_detection": None}}})
    assert not talk.client.is_confirmed

    [told] = talk.hear("session.updated", session={"type": "realtime", "instructions": "x"})

    assert told.event_id == event_id
    assert told.session["audio"] == {"input": {"turn_detection": None}}
    assert talk.client.is_confirmed
    assert talk.hear("session.updated", session={}) == [SessionUpdated(talk.client.session, "")]


# Frames that mean nothing.


@pytest.mark.parametrize("name", sorted(KEPT))
def test_what_is_meant_for_others_is_kept_with_the_reason(talk, name):
    assert talk.hear(name, item_id="i") == [Unrecognised(name, {"type": name, "item_id": "i"}, KEPT[name])]


@pytest.mark.parametrize(
    "name",
    ["ping", "response.cancelled", "localai.speaker", "session.update", "conversation.item.created.late", ""],
)
def test_an_unknown_frame_is_kept_and_changes_nothing(talk, name):
    [told] = talk.hear(name, data=1)

    assert (told.frame_type, told.frame) == (name, {"type": name, "data": 1})
    assert talk.said() == []


def test_audio_that_cannot_be_read_is_kept(talk):
    [told] = talk.hear("response.output_audio.delta", response_id="r", item_id="i", delta="%")

    assert (told.frame_type, told.reason) == ("response.output_audio.delta", "its content cannot be read")


@pytest.mark.parametrize(
    "name",
    ["conversation.created", "response.content_part.done", "response.function_call_arguments.done"],
)
def test_what_another_frame_says_better_is_passed_over(talk, name):
    assert talk.hear(name) == []


def test_garbage_is_told_and_the_next_frame_is_fine(talk):
    with pytest.raises(RemoteProtocolError):
        talk.client.receive(b"\x00\x01garbage")

    assert talk.hear("rate_limits.updated", rate_limits=[]) == [RateLimits(())]


# The user's speech.


def test_speech_becomes_an_item_at_its_place_and_is_transcribed_whenever_that_is_ready(talk):
    talk.adds("a1")
    assert talk.hear("input_audio_buffer.speech_started", item_id="u1", audio_start_ms=40) == [SpeechBegan("u1", 40)]
    assert talk.client.item("u1") is None

    assert talk.hear("input_audio_buffer.committed", item_id="u1", previous_item_id="a1") == [
        AudioCommitted("u1", "a1")
    ]
    item = talk.client.items[-1]
    assert (item.item_id, item.role, item.text, item.is_added) == ("u1", "user", "", False)

    talk.adds("a2", "u1")
    assert talk.hear(f"{TRANSCRIPTION}.delta", item_id="u1", delta="Good ") == [UserTranscriptDelta("u1", "Good ")]
    assert talk.hear(f"{TRANSCRIPTION}.delta", item_id="u1", delta="mor") == [UserTranscriptDelta("u1", "mor")]
    assert [item.text for item in talk.client.items] == ["", "Good mor", ""]
    assert talk.hear(f"{TRANSCRIPTION}.completed", item_id="u1", transcript="Good morning.") == [
        UserTranscript("u1", "Good morning.")
    ]
    assert [item.text for item in talk.client.items] == ["", "Good morning.", ""]


def test_an_empty_piece_of_a_transcript_is_nothing(talk):
    assert talk.hear(f"{TRANSCRIPTION}.delta", item_id="u1") == []


def test_a_transcript_may_come_before_its_item(talk):
    talk.hear(f"{TRANSCRIPTION}.completed", item_id="u1", transcript="Hello.")
    assert talk.client.items == ()

    talk.adds("u1", role="user")

    assert talk.client.items[0].text == "Hello."


def test_a_transcript_of_a_deleted_item_is_told_and_not_kept(talk):
    talk.adds("u1", role="user")
    talk.hear("conversation.item.deleted", item_id="u1")

    assert talk.hear(f"{TRANSCRIPTION}.delta", item_id="u1", delta="Hi") == [UserTranscriptDelta("u1", "Hi")]
    assert talk.hear(f"{TRANSCRIPTION}.completed", item_id="u1", transcript="Hi") == [UserTranscript("u1", "Hi")]
    assert talk.client.item("u1") is None


def test_a_failed_transcript_changes_no_words(talk):
    assert talk.hear(f"{TRANSCRIPTION}.failed", item_id="u1", error={"message": "m"}) == [
        UserTranscriptFailed("u1", "m")
    ]


def test_the_server_empties_its_buffer_up_to_the_end_of_the_speech(talk):
    talk.client.append_audio(bytes(48 * 1_000))
    talk.hear("input_audio_buffer.speech_stopped", item_id="u1", audio_end_ms=950)
    talk.hear("input_audio_buffer.committed", item_id="u1")

    assert talk.client.buffered_ms == 50
    assert talk.client.commit_audio() is None


def test_a_silence_that_was_too_long_is_told(talk):
    frame = {"item_id": "u1", "audio_start_ms": 100, "audio_end_ms": 6_100}

    assert talk.hear("input_audio_buffer.timeout_triggered", **frame) == [IdleTimedOut("u1", 100, 6_100)]


# Items.


def test_an_item_is_added_and_done_once(talk):
    [added] = talk.adds("u1", role="user")
    assert isinstance(added, ItemAdded)
    assert talk.adds("u1", role="user") == []

    item = {"id": "u1", "role": "user", "status": "completed"}
    assert talk.hear("conversation.item.done", item=item) == [ItemDone(item, "u1")]
    assert talk.hear("conversation.item.done", item=item) == []
    assert talk.hear("response.output_item.done", item=item) == []


def test_an_item_that_is_done_was_added_even_if_nobody_said_so(talk):
    talk.hear("conversation.item.done", item={"id": "u1", "role": "user"}, previous_item_id=None)

    assert [item.item_id for item in talk.client.items] == ["u1"]


@pytest.mark.parametrize(("status", "kinds"), [("completed", [ItemAdded, ItemDone]), ("in_progress", [ItemAdded])])
def test_created_stands_for_added_and_where_it_says_so_for_done(talk, status, kinds):
    item = {"id": "u1", "type": "message", "role": "user", "status": status, "content": []}

    assert [type(told) for told in talk.hear("conversation.item.created", item=item)] == kinds


def test_a_server_that_says_created_as_well_as_added_says_it_once(talk):
    item = {"id": "u1", "type": "message", "role": "user", "status": "completed", "content": []}
    talk.adds("u1", role="user")

    assert [type(told) for told in talk.hear("conversation.item.created", item=item)] == [ItemDone]
    assert talk.hear("conversation.item.done", item=item) == []


def test_a_deleted_item_is_gone_for_good(talk):
    talk.adds("u1", role="user")

    assert talk.hear("conversation.item.deleted", item_id="u1") == [ItemDeleted("u1")]
    assert talk.client.items == ()
    assert talk.adds("u1", role="user") == []
    assert talk.client.items == ()


def test_a_truncation_of_what_is_not_speech_changes_nothing(talk):
    talk.adds("u1", role="user")

    talk.hear("conversation.item.truncated", item_id="u1", content_index=0, audio_end_ms=5)
    talk.hear("conversation.item.truncated", item_id="nobody", content_index=0, audio_end_ms=5)

    assert talk.client.heard_ms("u1") == 0


# Responses.


def test_a_response_of_the_servers_own_is_not_ours(talk):
    assert talk.begins("r1") == [ResponseBegan("r1")]
    assert talk.client.active_response_id == "r1"
    assert talk.begins("r1") == []

    [ended] = talk.ends("r1")

    assert (ended.was_ours, ended.ask_ids) == (False, ())
    assert talk.client.active_response_id is None
    assert talk.ends("r1") == []


def test_a_response_that_was_asked_for_is_ours(talk):
    ask_id = talk.client.ask()
    metadata = talk.said()[0]["response"]["metadata"]

    [began] = talk.begins("r1", metadata=metadata)
    [ended] = talk.ends("r1")

    assert began == ResponseBegan("r1", metadata=metadata, ask_ids=(ask_id,))
    assert (ended.was_ours, ended.ask_ids) == (True, (ask_id,))


def test_a_response_of_which_only_the_end_is_told_began_too(talk):
    ask_id = talk.client.ask()

    began, ended = talk.ends("r1", "failed")

    assert began == ResponseBegan("r1", ask_ids=(ask_id,))
    assert ended == ResponseEnded("r1", "failed", was_ours=True, ask_ids=(ask_id,))
    assert not talk.client.is_busy


def test_a_speed_that_had_to_wait_is_sent_when_the_response_is_over(talk):
    talk.begins("r1")
    talk.client.update_session({"instructions": "x", "audio": {"output": {"speed": 1.2}}})
    [frame] = talk.said()
    assert frame["session"] == {"type": "realtime", "instructions": "x"}
    assert talk.client.held_back == {"audio": {"output": {"speed": 1.2}}}
    talk.hear("session.updated", session={"instructions": "x"})
    assert not talk.client.is_confirmed

    talk.ends("r1")

    [frame] = talk.said()
    assert frame["session"] == {"type": "realtime", "audio": {"output": {"speed": 1.2}}}
    talk.hear("session.updated", session={"audio": {"output": {"speed": 1.2}}})
    assert talk.client.is_confirmed


def test_a_speed_waits_for_the_next_response_too(talk):
    talk.begins("r1")
    talk.client.update_session({"audio": {"output": {"speed": 1.2}}})
    talk.client.ask()
    talk.said()

    talk.ends("r1")
    assert talk.kinds() == ["response.create"]
    talk.begins("r2")
    talk.ends("r2")

    assert talk.kinds() == ["session.update"]


# Errors.


def test_an_error_is_traced_to_what_it_answers(talk):
    event_id = talk.client.delete_item("i9")

    [told] = talk.errs("item_delete_invalid_item_id", event_id, "no such item")

    assert (told.event_id, told.command, told.item_id) == (event_id, "conversation.item.delete", "i9")
    assert (told.message, told.code, told.kind) == (
        "no such item",
        "item_delete_invalid_item_id",
        "invalid_request_error",
    )


def test_an_id_that_is_not_ours_is_not_told(talk):
    [told] = talk.hear("error", event_id="event_of_the_server", error={"message": "m"})

    assert (told.event_id, told.command) == ("", "")


def test_an_error_that_ends_the_session_says_so(talk):
    [told] = talk.errs("session_expired")

    assert (told.is_fatal, told.is_harmless) == (True, False)


@pytest.mark.parametrize("kind", ["invalid_request_error", "conversation_already_has_active_response"])
def test_a_collision_is_harmless_since_it_is_asked_again(talk, kind):
    ask_id = talk.client.ask()
    talk.begins("r1")
    talk.said()
    code = "conversation_already_has_active_response" if kind == "invalid_request_error" else ""

    [told] = talk.errs(code, ask_id, "busy: r1", kind)
    assert (told.is_harmless, told.ask_ids, told.command) == (True, (), "response.create")

    [ended] = talk.ends("r1")
    assert not ended.was_ours
    assert talk.kinds() == ["response.create"]


@pytest.mark.parametrize("names_it", [True, False])
def test_a_refused_ask_is_told_with_its_id(talk, names_it):
    ask_id = talk.client.ask(max_output_tokens=5)

    [told] = talk.errs("invalid_value", ask_id if names_it else None)

    assert (told.ask_ids, told.is_harmless) == ((ask_id,), False)
    assert not talk.client.is_busy


@pytest.mark.parametrize(
    ("code", "kind"),
    [("", "server_error"), ("input_audio_buffer_commit_empty", ""), ("response_cancel_not_active", "")],
)
def test_an_error_about_something_else_is_no_answer_to_an_ask(talk, code, kind):
    talk.client.ask()

    [told] = talk.errs(code, None, kind=kind)

    assert told.ask_ids == ()
    assert talk.client.is_busy


def test_a_cancel_that_came_too_late_is_harmless_and_does_not_wait(talk):
    talk.begins("r1")
    talk.client.cancel()
    event_id = talk.said()[0]["event_id"]

    [told] = talk.errs("response_cancel_not_active", event_id)

    assert told.is_harmless
    assert talk.client.active_response_id is None


def test_a_refused_update_is_answered(talk):
    event_id = talk.client.update_session({"instructions": "x"})

    [told] = talk.errs("invalid_value", event_id)

    assert (told.command, told.is_harmless) == ("session.update", False)
    assert talk.client.is_confirmed


def test_an_error_about_the_session_that_names_no_event_refuses_the_oldest_update(talk):
    event_id = talk.client.update_session({"instructions": "x"})
    talk.client.update_session({"instructions": "y"})
    asked = talk.client.ask()

    [told] = talk.hear("error", error={"message": "no", "code": "unknown_parameter", "param": "session.audio"})
    [confirmed] = talk.hear("session.updated", session={"instructions": "y"})
    [began] = talk.begins("r1")

    assert (told.event_id, told.command, told.ask_ids) == (event_id, "session.update", ())
    assert confirmed.event_id != event_id
    assert began.ask_ids == (asked,)
    assert talk.client.is_confirmed


@pytest.mark.parametrize("turn_detection", [None, {"type": "server_vad"}])
def test_an_empty_buffer_is_harmless_only_where_the_server_may_have_emptied_it(turn_detection):
    talk = Talk(audio={"input": {"turn_detection": turn_detection}})
    talk.client.append_audio(bytes(9_600))
    event_id = talk.client.commit_audio()

    [told] = talk.errs("input_audio_buffer_commit_empty", event_id)

    assert told.is_harmless is (turn_detection is not None)
    assert told.event_id == event_id


# Nonsense.

few = st.sampled_from(["", "a", "b", "c", "root", "event_1", "event_2"])
items = st.fixed_dictionaries(
    {"id": few, "type": st.sampled_from(["message", "function_call"]), "role": st.sampled_from(["user", "assistant"])},
    optional={"status": few, "call_id": few, "content": st.just([{"type": "audio", "transcript": "Hi"}])},
)
responses = st.fixed_dictionaries(
    {"id": few, "status": st.sampled_from(["completed", "cancelled", "failed"])},
    optional={"conversation_id": st.none(), "metadata": st.fixed_dictionaries({"ask": few}), "output": st.lists(items)},
)
frames = st.fixed_dictionaries(
    {"type": st.sampled_from(sorted(SERVER_EVENTS)), "item_id": few, "response_id": few, "delta": st.just("AAAA")},
    optional={
        "item": items,
        "response": responses,
        "previous_item_id": few | st.none(),
        "audio_end_ms": st.integers(-5, 50),
        "part": st.just({"type": "audio"}),
        "transcript": st.just("Hi there"),
        "text": st.just("Hi there"),
        "call_id": few,
        "session": st.just({"voice": "sage"}),
        "error": st.fixed_dictionaries(
            {"event_id": few, "code": st.sampled_from(["", "invalid_value", COLLISION, "response_cancel_not_active"])}
        ),
    },
)
commands = st.sampled_from(
    [
        lambda client: client.ask(),
        lambda client: client.ask(conversation="none"),
        lambda client: client.cancel(),
        lambda client: client.interrupt(1),
        lambda client: client.interrupt(1, "a", keep_response=True),
        lambda client: client.note_played("a", 1),
        lambda client: client.update_session({"audio": {"output": {"speed": 1.0, "voice": "marin"}}}),
        lambda client: client.add_item({"type": "message", "role": "user", "content": []}, previous_item_id="a"),
        lambda client: client.append_audio(bytes(4_800)),
        lambda client: client.commit_audio(),
    ]
)


@settings(deadline=None)
@given(st.lists(frames | commands, max_size=40))
def test_no_run_of_frames_and_commands_is_too_odd(run):
    talk = Talk()

    for step in run:
        if isinstance(step, dict):
            for happening in talk.client.receive(json.dumps(step)):
                assert isinstance(happening, Happening)
        else:
            step(talk.client)
        talk.said()

    assert len(talk.client.items) == len({item.item_id for item in talk.client.items})


# The beta.


def test_a_server_that_speaks_the_beta_is_understood():
    talk = Talk(modalities=["text", "audio"], voice="alloy", turn_detection=None, input_audio_format="pcm16")
    where = {"response_id": "r1", "item_id": "i1", "output_index": 0, "content_index": 0}
    item = {"id": "i1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    talk.client.ask()

    happened = talk.hear("response.created", response={"id": "r1", "status": "in_progress"})
    happened += talk.hear("response.output_item.added", response_id="r1", item=item)
    happened += talk.hear("conversation.item.created", item=item, previous_item_id=None)
    happened += talk.hear("response.content_part.added", **where, part={"type": "audio"})
    happened += talk.hear("response.audio_transcript.delta", **where, delta="Hi")
    happened += talk.hear("response.audio.delta", **where, delta="AAAA" * 16)
    happened += talk.hear("response.audio.done", **where)
    happened += talk.hear("response.audio_transcript.done", **where, transcript="Hi")
    done = {**item, "status": "completed", "content": [{"type": "audio", "transcript": "Hi"}]}
    happened += talk.hear("response.output_item.done", response_id="r1", item=done)
    happened += talk.hear("response.done", response={"id": "r1", "status": "completed", "output": [done]})

    assert [type(told).__name__ for told in happened] == [
        *("ResponseBegan", "ItemAdded", "TranscriptDelta", "AudioDelta", "AudioDone", "TranscriptDone", "ItemDone"),
        "ResponseEnded",
    ]
    assert happened[-2].item["content"] == [{"type": "output_audio", "transcript": "Hi"}]
    assert talk.client.session["output_modalities"] == ["audio"]
    assert talk.client.received_ms("i1") == 1
    assert happened[-1].was_ours
