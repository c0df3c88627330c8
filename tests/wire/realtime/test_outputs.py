from base64 import b64encode
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.wire.calls import ToolCall
from intentional_nb.wire.realtime.happenings import (
    ArgumentsDelta,
    AudioDelta,
    AudioDone,
    CallCompleted,
    ItemDone,
    ResponseEnded,
    TextDelta,
    TextDone,
    TranscriptDelta,
    TranscriptDone,
)
from tests.wire.realtime.talking import Talk, audio, call_item

LOOK = '{"at": 1}'


@pytest.fixture
def talk():
    talk = Talk()
    talk.begins("r1")
    return talk


def _text(pcm):
    return b64encode(pcm).decode()


def piece(kind, delta, item_id="i1", response_id="r1"):
    return {"type": kind, "delta": delta, "item_id": item_id, "response_id": response_id}


def hear(talk, frame):
    return talk.hear(**{"kind": frame.pop("type"), **frame})


def test_audio_is_handed_on_and_counted(talk):
    assert talk.speaks("r1", "i1", 100) == [AudioDelta("r1", "i1", bytes(4_800))]
    assert talk.speaks("r1", "i1", 50) == [AudioDelta("r1", "i1", bytes(2_400))]

    assert talk.client.received_ms("i1") == 150
    assert talk.client.has_spoken


def test_no_audio_is_retained(talk):
    talk.speaks("r1", "i1", 1_000)

    speech = talk.client.item("i1").speech
    assert [getattr(speech, name) for name in speech.__slots__ if isinstance(getattr(speech, name), bytes)] == [b""]


@settings(deadline=None)
@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=5))
def test_samples_stay_whole_wherever_a_server_cuts(pcm, cuts):
    talk = Talk()
    talk.begins("r1")
    edges = [0, *sorted(cut for cut in cuts if cut < len(pcm)), len(pcm)]

    handed = []
    for start, end in pairwise(edges):
        handed += talk.hear("response.output_audio.delta", **{**audio("r1", "i1", 0), "delta": _text(pcm[start:end])})

    assert all(len(one.pcm) % 2 == 0 and one.pcm for one in handed)
    assert b"".join(one.pcm for one in handed) == pcm[: len(pcm) // 2 * 2]


def test_a_byte_of_a_telephones_format_is_a_sample():
    talk = Talk(audio={"output": {"format": {"type": "audio/pcmu"}}})
    talk.begins("r1")

    [told] = talk.hear("response.output_audio.delta", response_id="r1", item_id="i1", delta=_text(b"abc"))

    assert told.pcm == b"abc"


def test_audio_without_its_padding_is_read_all_the_same(talk):
    assert hear(talk, piece("response.output_audio.delta", "YWI")) == [AudioDelta("r1", "i1", b"ab")]


def test_text_and_transcript_come_in_pieces(talk):
    assert hear(talk, piece("response.output_text.delta", "He")) == [TextDelta("r1", "i1", "He")]
    assert hear(talk, piece("response.output_audio_transcript.delta", "y")) == [TranscriptDelta("r1", "i1", "y")]
    assert talk.client.item("i1").text == "Hey"


@pytest.mark.parametrize("kind", ["response.output_text.delta", "response.function_call_arguments.delta"])
def test_an_empty_piece_is_nothing(talk, kind):
    assert hear(talk, piece(kind, "")) == []


@pytest.mark.parametrize(
    ("kind", "field", "delta", "done"),
    [
        ("response.output_text", "text", TextDelta, TextDone),
        ("response.output_audio_transcript", "transcript", TranscriptDelta, TranscriptDone),
    ],
)
def test_words_that_came_in_no_piece_come_with_the_whole(talk, kind, field, delta, done):
    where = {"response_id": "r1", "item_id": "i1"}
    hear(talk, piece(f"{kind}.delta", "Hel"))

    whole = done("r1", "i1", "Hello")
    assert talk.hear(f"{kind}.done", **where, **{field: "Hello"}) == [delta("r1", "i1", "lo"), whole]
    assert talk.hear(f"{kind}.done", **where, **{field: "Hello"}) == [whole]
    assert talk.hear(f"{kind}.done", **where, **{field: ""}) == [whole]
    assert talk.hear(f"{kind}.done", **where, **{field: "Hallo"}) == [done("r1", "i1", "Hallo")]
    assert talk.client.item("i1").text == "Hallo"


def test_a_piece_that_does_not_say_its_item_belongs_to_the_latest_of_its_response(talk):
    talk.outputs("r1", "i1")
    talk.outputs("r1", "i2")

    assert hear(talk, piece("response.output_audio.delta", _text(b"ab"), "")) == [AudioDelta("r1", "i2", b"ab")]
    assert hear(talk, piece("response.output_audio_transcript.delta", "Hi", "")) == [TranscriptDelta("r1", "i2", "Hi")]
    assert talk.hear("response.output_audio_transcript.done", response_id="r1", transcript="Hi") == [
        TranscriptDone("r1", "i2", "Hi")
    ]
    assert talk.client.item("i2").text == "Hi"


def test_a_server_that_names_no_items_has_one_a_response(talk):
    hear(talk, piece("response.output_text.delta", "Hi", ""))
    talk.ends("r1")
    talk.begins("r2")
    hear(talk, piece("response.output_text.delta", "Ho", "", "r2"))

    assert [item.text for item in talk.client.items] == ["Hi", "Ho"]


def test_arguments_come_in_pieces_under_the_id_of_their_call(talk):
    frame = piece("response.function_call_arguments.delta", "{")

    assert hear(talk, {**frame, "call_id": "c1"}) == [ArgumentsDelta("r1", "c1", "{", "i1")]
    assert hear(talk, frame) == [ArgumentsDelta("r1", "i1", "{", "i1")]


def test_arguments_are_told_with_the_tools_name_once_the_item_was_added(talk):
    talk.hear("response.output_item.added", response_id="r1", output_index=0, item=call_item("i1", "c1"))

    told = hear(talk, piece("response.function_call_arguments.delta", "{"))

    assert told == [ArgumentsDelta("r1", "c1", "{", "i1", "look")]


def test_a_call_is_told_when_it_is_written_and_handed_out_when_its_response_is_completed(talk):
    call = ToolCall("c1", "look", LOOK)

    assert talk.calls("r1", "i1", "c1") == [ItemDone(call_item("i1", "c1"), "i1"), CallCompleted("r1", call, "i1")]
    assert talk.calls("r1", "i1", "c1") == []
    [ended] = talk.ends("r1")

    assert (ended.calls, dict(ended.call_item_ids)) == ((call,), {"c1": "i1"})


def test_the_arguments_being_done_starts_nothing(talk):
    where = {"response_id": "r1", "item_id": "i1", "output_index": 0, "call_id": "c1"}

    assert talk.hear("response.function_call_arguments.done", **where, name="look", arguments=LOOK) == []
    [ended] = talk.ends("r1", "cancelled")
    assert ended.calls == ()


def test_parallel_calls_are_handed_out_together_in_the_models_order(talk):
    talk.calls("r1", "i2", "c2")
    talk.calls("r1", "i1", "c1")

    [ended] = talk.ends("r1", output=[call_item("i1", "c1"), call_item("i2", "c2")])

    assert [call.call_id for call in ended.calls] == ["c1", "c2"]


@pytest.mark.parametrize("status", ["cancelled", "failed", "incomplete"])
def test_no_call_of_a_response_that_was_not_completed_is_handed_out(talk, status):
    talk.calls("r1", "i1", "c1")

    [ended] = talk.ends("r1", status, output=[call_item("i1", "c1")])

    assert ended.calls == ()


def test_a_call_that_was_cut_is_not_handed_out(talk):
    talk.calls("r1", "i1", "c1", status="incomplete")

    [ended] = talk.ends("r1")

    assert ended.calls == ()


def test_a_response_that_was_completed_before_our_cancel_arrived_has_calls_to_be_answered(talk):
    talk.client.cancel()

    assert talk.calls("r1", "i1", "c1") == [ItemDone(call_item("i1", "c1"), "i1")]
    [ended] = talk.ends("r1")

    assert [call.call_id for call in ended.calls] == ["c1"]


LATE = [
    piece("response.output_audio.delta", _text(b"ab")),
    piece("response.output_audio_transcript.delta", "Hi"),
    piece("response.output_text.delta", "Hi"),
    piece("response.function_call_arguments.delta", "{"),
    {"type": "response.output_audio.done", "response_id": "r1", "item_id": "i1"},
    {"type": "response.output_audio_transcript.done", "response_id": "r1", "item_id": "i1", "transcript": "Hi you"},
    {"type": "response.output_text.done", "response_id": "r1", "item_id": "i1", "text": "Hi you"},
]


@pytest.mark.parametrize("frame", LATE, ids=[frame["type"] for frame in LATE])
@pytest.mark.parametrize("why", ["cancelled by us", "interrupted", "cancelled by the server", "failed"])
def test_what_comes_late_of_a_response_that_is_not_wanted_is_dropped(talk, frame, why):
    talk.outputs("r1", "i1")
    talk.speaks("r1", "i1", 100, "Hi")
    if why == "cancelled by us":
        talk.client.cancel()
    elif why == "interrupted":
        talk.client.interrupt(50)
    else:
        talk.ends("r1", "failed" if why == "failed" else "cancelled")

    assert hear(talk, dict(frame)) == []
    assert talk.client.received_ms("i1") == 100
    assert talk.client.item("i1").text == "Hi"


def test_what_comes_late_of_an_item_that_was_cut_is_dropped(talk):
    talk.speaks("r1", "i1", 100, "Hi")
    talk.ends("r1")
    talk.client.interrupt(50)

    assert talk.speaks("r1", "i1", 100, "there") == []


def test_what_comes_late_of_an_item_that_was_deleted_is_dropped(talk):
    talk.speaks("r1", "i1", 100, "Hi")
    talk.hear("conversation.item.deleted", item_id="i1")

    assert talk.speaks("r1", "i1", 100, "there") == []
    assert talk.calls("r1", "i1", "c1") == []
    talk.outputs("r1", "i1")
    assert talk.client.items == ()


def test_an_item_that_was_made_has_its_place_whichever_frame_tells_of_it_first(talk):
    talk.adds("u1", role="user")
    talk.outputs("r1", "i1")
    talk.adds("u2", "u1", role="user")
    talk.adds("i1", "u2")

    assert [item.item_id for item in talk.client.items] == ["u1", "u2", "i1"]
    assert talk.client.item("i1").response_id == "r1"


def test_the_end_of_the_audio_is_told(talk):
    talk.speaks("r1", "i1", 10)

    assert talk.hear("response.output_audio.done", response_id="r1", item_id="i1") == [AudioDone("r1", "i1")]


def test_a_response_beside_the_conversation_leaves_nothing_behind(talk):
    talk.client.ask(conversation="none")
    [frame] = talk.said()
    talk.begins("aside", metadata=frame["response"]["metadata"])
    talk.outputs("aside", "x1")
    talk.speaks("aside", "x1", 100, "Mood: good.")
    talk.calls("aside", "x2", "c1")
    assert talk.client.item("x1").text == "Mood: good."
    assert talk.client.items == ()

    [ended] = talk.ends("aside")

    assert ended == ResponseEnded(
        response_id="aside",
        status="completed",
        calls=(ToolCall("c1", "look", LOOK),),
        call_item_ids={"c1": "x2"},
        is_out_of_band=True,
        was_ours=True,
        ask_ids=(frame["event_id"],),
    )
    assert talk.client.item("x1") is None
    assert talk.client.active_response_id == "r1"
