import json
import tracemalloc
from base64 import b64decode

import pytest

from intentional_nb.errors import AudioError
from intentional_nb.wire.realtime.client import ClientHalf
from intentional_nb.wire.realtime.happenings import AudioDelta, Happening
from intentional_nb.wire.realtime.session import Settings
from tests.wire.realtime.talking import Talk, audio

USER = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}


@pytest.fixture
def talk():
    return Talk()


def test_before_anything_was_heard_nothing_is_known():
    client = ClientHalf()

    assert (client.session, client.session_id, client.expires_at, client.is_confirmed) == ({}, "", None, False)
    assert (client.items, client.active_response_id, client.input_ms, client.is_busy) == ((), None, 0, False)
    assert client.frames_to_send() == []
    assert (client.received_ms("i"), client.heard_ms("i"), client.heard_text("i")) == (0, 0, "")


def test_two_sessions_make_different_ids():
    assert ClientHalf().add_item(USER) != ClientHalf().add_item(USER)


def test_ids_fit_where_servers_count_their_length():
    client = ClientHalf()
    for _ in range(2_000):
        client.clear_audio()

    assert len(client.add_item(USER)) <= 32


def test_frames_are_given_once_and_in_order(talk):
    talk.client.update_session({"instructions": "x"})
    talk.client.add_item(USER)
    talk.client.ask()

    assert talk.kinds() == ["session.update", "conversation.item.create", "response.create"]
    assert talk.kinds() == []


def test_settings_become_an_update(talk):
    talk.client.update_session(Settings(voice="marin", turn_detection="none").to_session())

    [frame] = talk.said()
    assert frame["session"]["audio"] == {"input": {"turn_detection": None}, "output": {"voice": "marin"}}


def test_the_voice_is_not_sent_after_the_assistant_has_spoken(talk):
    talk.begins("r1")
    talk.speaks("r1", "i1", 10)

    talk.client.update_session({"instructions": "x", "model": "m", "audio": {"output": {"voice": "cedar"}}})

    [frame] = talk.said()
    assert frame["session"] == {"type": "realtime", "instructions": "x"}
    assert talk.client.refused_settings == {"model": "m", "voice": "cedar"}


def test_audio_is_sent_and_counted(talk):
    talk.client.append_audio(b"\x01\x02" * 24 * 70)
    talk.client.append_audio(b"")
    talk.client.append_audio(b"\x03\x04" * 24 * 70)

    frames = talk.said()
    assert b"".join(b64decode(frame["audio"]) for frame in frames) == b"\x01\x02" * 1_680 + b"\x03\x04" * 1_680
    assert len(frames) == 2
    assert (talk.client.input_ms, talk.client.buffered_ms) == (140, 140)


def test_half_a_sample_is_not_sent(talk):
    with pytest.raises(AudioError):
        talk.client.append_audio(b"abc")

    assert talk.said() == []


def test_too_little_audio_is_not_committed(talk):
    talk.client.append_audio(bytes(48 * 99))
    talk.said()

    assert talk.client.commit_audio() is None
    assert talk.said() == []

    talk.client.append_audio(bytes(48))
    event_id = talk.client.commit_audio()
    assert talk.said()[-1] == {"type": "input_audio_buffer.commit", "event_id": event_id}
    assert talk.client.commit_audio() is None


def test_push_to_talk_is_clear_append_commit_ask(talk):
    talk.client.append_audio(bytes(9_600))
    talk.client.clear_audio()
    talk.client.append_audio(bytes(9_600))
    talk.client.commit_audio()
    talk.client.ask()

    assert [kind.split(".")[-1] for kind in talk.kinds()] == ["append", "clear", "append", "commit", "create"]


def test_an_item_gets_an_id_unless_it_has_one(talk):
    assert talk.client.add_item({**USER, "id": "mine"}) == "mine"
    made = talk.client.add_item(USER, previous_item_id="root")

    frames = talk.said()
    assert [frame["item"]["id"] for frame in frames] == ["mine", made]
    assert [frame.get("previous_item_id") for frame in frames] == [None, "root"]
    assert "id" not in USER


def test_an_item_put_first_is_first_even_if_the_server_does_not_say_where_it_is(talk):
    talk.adds("a")
    talk.client.add_item({**USER, "id": "b"}, previous_item_id="root")

    talk.adds("b", None, role="user")

    assert [item.item_id for item in talk.client.items] == ["b", "a"]


def test_a_call_is_answered_once(talk):
    item_id = talk.client.answer_call("c1", "42")
    with pytest.raises(ValueError, match="answered already"):
        talk.client.answer_call("c1", "43")

    [frame] = talk.said()
    assert frame["item"] == {"type": "function_call_output", "call_id": "c1", "output": "42", "id": item_id}


def test_items_can_be_deleted_and_retrieved(talk):
    talk.client.delete_item("i")
    talk.client.retrieve_item("i")

    assert [(frame["type"], frame["item_id"]) for frame in talk.said()] == [
        ("conversation.item.delete", "i"),
        ("conversation.item.retrieve", "i"),
    ]


def test_cancel_stops_what_is_active_and_what_waits(talk):
    talk.begins("r1")
    ask_id = talk.client.ask()

    assert talk.client.cancel() == (ask_id,)

    [frame] = talk.said()
    assert (frame["type"], frame["response_id"]) == ("response.cancel", "r1")
    assert talk.client.active_response_id == "r1"


def test_a_response_beside_the_conversation_is_cancelled_by_its_id(talk):
    talk.begins("r1")
    talk.client.ask(conversation="none")
    talk.begins("aside", metadata=talk.said()[0]["response"]["metadata"])

    assert talk.client.cancel("aside") == ()
    assert talk.client.cancel("unknown") == ()

    assert [frame["response_id"] for frame in talk.said()] == ["aside"]
    assert talk.client.active_response_id == "r1"


def test_tools_are_answered_together_and_followed_by_one_response(talk):
    talk.begins("r1")
    talk.calls("r1", "i1", "c1")
    talk.calls("r1", "i2", "c2")
    [ended] = talk.ends("r1")

    for call in ended.calls:
        talk.client.answer_call(call.call_id, "done")
    talk.client.ask()

    assert [kind.split(".")[-2] for kind in talk.kinds()] == ["item", "item", "response"]


HOUR = 360  # responses of ten seconds


def spoken_hour(talk, responses):
    """Ten seconds of speech in each response, and the user's words before it."""
    previous = None
    for number in range(responses):
        user, response_id, item_id = f"u{number}", f"r{number}", f"i{number}"
        talk.hear("input_audio_buffer.committed", item_id=user, previous_item_id=previous)
        talk.adds(user, previous, role="user")
        talk.begins(response_id)
        talk.outputs(response_id, item_id)
        talk.adds(item_id, user)
        second = json.dumps({"type": "response.output_audio.delta", **audio(response_id, item_id, 1_000)}).encode()
        for _ in range(10):
            talk.client.receive(second)
        talk.hear("response.output_audio.done", response_id=response_id, item_id=item_id)
        words = {"transcript": "A few words of it. " * 10}
        talk.hear("response.output_audio_transcript.done", response_id=response_id, item_id=item_id, **words)
        item = {"id": item_id, "type": "message", "role": "assistant", "status": "completed"}
        talk.hear("response.output_item.done", response_id=response_id, item=item)
        talk.ends(response_id)
        talk.hear("conversation.item.input_audio_transcription.completed", item_id=user, transcript="Go on, please.")
        talk.client.append_audio(bytes(4_800))
        talk.client.frames_to_send()
        previous = item_id


def test_an_hour_of_speech_stays_small(talk):
    spoken_hour(talk, 5)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()

    spoken_hour(talk, HOUR)

    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert len(talk.client.items) == 2 * HOUR
    assert grown < 1_500_000, "an hour of the audio itself would be 173 MB"


def test_what_happens_shows_itself_without_its_audio():
    shown = repr(AudioDelta("r", "i", bytes(4_800)))

    assert shown == "AudioDelta('r', 'i', <4800 bytes>)"


def test_happenings_are_values(talk):
    [told] = talk.begins("r1")

    assert isinstance(told, Happening)
    with pytest.raises(AttributeError):
        told.response_id = "other"


def test_text_frames_and_bytes_are_understood_alike(talk):
    frame = json.dumps({"type": "response.output_text.delta", "response_id": "r", "item_id": "i", "delta": "ü"})

    assert talk.client.receive(frame) == talk.client.receive(frame.encode())
