import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.wire.realtime.interruption import Interruption
from tests.wire.realtime.talking import Talk


@pytest.fixture
def talk():
    """A session in which the assistant has spoken two seconds, and speaks on."""
    talk = Talk()
    talk.begins("r1")
    speak(talk, "r1", "i1", 2_000, "one two three four")
    return talk


def speak(talk, response_id, item_id, ms, words="", previous=None):
    talk.outputs(response_id, item_id)
    talk.adds(item_id, previous)
    if ms:
        talk.speaks(response_id, item_id, ms, words)


def finish(talk, response_id="r1", item_id="i1", status="completed"):
    talk.hear("response.output_audio.done", response_id=response_id, item_id=item_id)
    talk.ends(response_id, status)


def did(talk):
    """What was said, in short."""
    return [
        (frame["type"].split(".")[-1], frame.get("response_id") or frame.get("item_id"), frame.get("audio_end_ms"))
        for frame in talk.said()
    ]


def test_the_response_is_cancelled_and_the_item_cut_where_playing_stopped(talk):
    interruption = talk.client.interrupt(1_000)

    assert did(talk) == [("cancel", "r1", None), ("truncate", "i1", 1_000)]
    assert interruption == Interruption("i1", "truncated", 1_000, 2_000, "one two", "r1")
    assert talk.client.heard_text("i1") == "one two"
    assert talk.client.heard_ms("i1") == 1_000


def test_more_than_came_cannot_have_been_heard(talk):
    assert talk.client.interrupt(9_000).heard_ms == 2_000
    assert did(talk)[-1] == ("truncate", "i1", 2_000)


def test_without_a_word_about_it_all_that_came_was_heard(talk):
    assert talk.client.interrupt().heard_ms == 2_000
    assert did(talk)[-1] == ("truncate", "i1", 2_000)


def test_an_item_of_which_nothing_was_heard_goes_as_a_whole(talk):
    interruption = talk.client.interrupt(0)

    assert did(talk) == [("cancel", "r1", None), ("delete", "i1", None)]
    assert (interruption.action, interruption.heard_text) == ("deleted", "")


def test_an_item_that_was_played_to_its_end_is_kept(talk):
    finish(talk)

    interruption = talk.client.interrupt(2_000)

    assert did(talk) == []
    assert (interruption.action, interruption.heard_text) == ("kept", "one two three four")
    assert talk.client.interrupt(2_000) is None


def test_an_item_that_is_complete_but_not_played_to_its_end_is_cut(talk):
    finish(talk)

    assert talk.client.interrupt(500).action == "truncated"
    assert did(talk) == [("truncate", "i1", 500)]


def test_an_item_that_the_server_cut_off_is_cut_where_playing_stopped(talk):
    talk.hear("input_audio_buffer.speech_started", item_id="u1", audio_start_ms=10)
    talk.ends("r1", "cancelled", status_details={"reason": "turn_detected"})

    assert talk.client.interrupt(2_000).action == "truncated"
    assert did(talk) == [("truncate", "i1", 2_000)]


def test_where_nothing_is_being_said_there_is_nothing_to_interrupt():
    talk = Talk()

    assert talk.client.interrupt(100) is None
    assert talk.said() == []


def test_a_response_that_has_said_nothing_yet_is_cancelled():
    talk = Talk()
    talk.begins("r1")

    assert talk.client.interrupt(0) == Interruption(response_id="r1")
    assert did(talk) == [("cancel", "r1", None)]


def test_an_item_that_has_no_sound_yet_goes():
    talk = Talk()
    talk.begins("r1")
    speak(talk, "r1", "i1", 0)

    assert talk.client.interrupt(0) == Interruption(response_id="r1", unheard_item_ids=("i1",))
    assert did(talk) == [("cancel", "r1", None), ("delete", "i1", None)]


def test_a_written_reply_is_only_cancelled():
    talk = Talk()
    talk.begins("r1")
    talk.outputs("r1", "i1")
    talk.hear("response.output_text.delta", response_id="r1", item_id="i1", delta="Hel")

    assert talk.client.interrupt() == Interruption(response_id="r1")
    assert did(talk) == [("cancel", "r1", None)]
    assert talk.client.heard_text("i1") == "Hel"


def test_a_call_that_is_being_written_is_left_alone():
    talk = Talk()
    talk.begins("r1")
    talk.outputs("r1", "i1", type="function_call")

    talk.client.interrupt()

    assert did(talk) == [("cancel", "r1", None)]


def test_a_response_that_was_only_asked_for_is_cancelled_when_it_begins():
    talk = Talk()
    talk.client.ask()
    talk.said()

    assert talk.client.interrupt() == Interruption()
    talk.begins("r1")

    assert did(talk) == [("cancel", "r1", None)]


def test_spoken_items_after_the_one_that_is_playing_go(talk):
    speak(talk, "r1", "i2", 500, previous="i1")
    speak(talk, "r1", "i3", 0, previous="i2")
    talk.client.note_played("i1", 300)

    interruption = talk.client.interrupt(400)

    assert interruption.unheard_item_ids == ("i2", "i3")
    assert did(talk)[1:] == [("truncate", "i1", 400), ("delete", "i2", None), ("delete", "i3", None)]
    assert talk.client.heard_text("i2") == ""


def test_the_player_says_which_item_is_playing(talk):
    finish(talk)
    talk.begins("r2")
    speak(talk, "r2", "i2", 1_000, previous="i1")
    talk.client.note_played("i1", 2_000)
    talk.client.note_played("i2", 300)

    assert talk.client.interrupt(300).item_id == "i2"


def test_when_the_player_is_at_the_end_of_an_item_the_next_is_playing(talk):
    finish(talk)
    talk.begins("r2")
    speak(talk, "r2", "i2", 1_000, previous="i1")
    talk.client.note_played("i1", 2_000)

    interruption = talk.client.interrupt(0)

    assert (interruption.item_id, interruption.action) == ("i2", "deleted")


def test_a_player_that_lags_behind_loses_a_whole_later_reply(talk):
    finish(talk)
    talk.begins("r2")
    speak(talk, "r2", "i2", 1_000, previous="i1")
    talk.client.note_played("i1", 500)

    talk.client.interrupt(600)

    assert did(talk) == [("cancel", "r2", None), ("truncate", "i1", 600), ("delete", "i2", None)]


def test_without_a_player_the_latest_reply_is_playing_from_its_first_item(talk):
    finish(talk)
    talk.begins("r2")
    speak(talk, "r2", "i2", 1_000, previous="i1")
    speak(talk, "r2", "i3", 1_000, previous="i2")

    interruption = talk.client.interrupt(100)

    assert (interruption.item_id, interruption.unheard_item_ids) == ("i2", ("i3",))


def test_the_item_can_be_named(talk):
    speak(talk, "r1", "i2", 1_000, previous="i1")

    assert talk.client.interrupt(100, "i2").item_id == "i2"
    assert ("truncate", "i1", 100) not in did(talk)


def test_what_an_unknown_item_delays_was_not_heard(talk):
    interruption = talk.client.interrupt(100, "from another session")

    assert interruption == Interruption(response_id="r1", unheard_item_ids=("i1",))
    assert did(talk) == [("cancel", "r1", None), ("delete", "i1", None)]


def test_what_follows_an_item_that_was_played_to_its_end_was_not_heard(talk):
    talk.hear("response.output_audio.done", response_id="r1", item_id="i1")
    speak(talk, "r1", "i2", 1_000, previous="i1")

    interruption = talk.client.interrupt(2_000, "i1")

    assert (interruption.action, interruption.unheard_item_ids) == ("kept", ("i2",))
    assert did(talk) == [("cancel", "r1", None), ("delete", "i2", None)]
    assert talk.client.interrupt(2_000, "i1") == Interruption(response_id="r1")


@pytest.fixture
def answered(talk):
    """The reply was cut off by the server, which answers the one who interrupted already."""
    talk.ends("r1", "cancelled")
    speak(talk, "r1", "i1b", 300, previous="i1")
    talk.begins("r2")
    speak(talk, "r2", "i2", 1_000, previous="i1b")
    return talk


def test_a_report_that_comes_late_leaves_the_answer_alone(answered):
    answered.client.note_played("i1", 600)

    interruption = answered.client.interrupt(700, keep_response=True)

    assert interruption == Interruption("i1", "truncated", 700, 2_000, "one", unheard_item_ids=())
    assert did(answered) == [("truncate", "i1", 700)]
    assert answered.client.active_response_id == "r2"
    assert answered.speaks("r2", "i2", 100) != []


def test_a_report_that_comes_late_names_its_item(answered):
    assert answered.client.interrupt(700, "i1", keep_response=True).item_id == "i1"
    assert answered.client.interrupt(700, "i1", keep_response=True) is None


def test_a_player_that_has_come_to_the_answer_interrupts_nothing_before_it(answered):
    answered.client.note_played("i2", 100)

    assert answered.client.interrupt(100, keep_response=True) is None
    assert did(answered) == []


def test_with_nothing_active_there_is_nothing_to_leave_alone(talk):
    finish(talk)

    assert talk.client.interrupt(700, keep_response=True).action == "truncated"


def test_what_was_interrupted_is_interrupted_once(talk):
    talk.client.interrupt(100)
    talk.said()
    talk.ends("r1", "cancelled")

    assert talk.client.interrupt(50) is None
    assert talk.said() == []


def test_what_the_server_has_truncated_is_settled(talk):
    finish(talk)
    talk.hear("conversation.item.truncated", item_id="i1", content_index=0, audio_end_ms=1_000)

    assert talk.client.heard_text("i1") == "one two"
    assert talk.client.interrupt(1_500) is None


def test_reports_of_a_player_only_go_on(talk):
    for played in (300, 200, 9_000, -1):
        talk.client.note_played("i1", played)
    talk.client.note_played("nobody", 5)

    assert talk.client.heard_ms("i1") == 2_000
    assert talk.client.heard_ms("nobody") == 0


def test_the_part_that_holds_the_audio_is_named():
    talk = Talk()
    talk.begins("r1")
    talk.outputs("r1", "i1")
    part = {"type": "audio", "transcript": ""}
    talk.hear("response.content_part.added", response_id="r1", item_id="i1", content_index=1, part=part)
    talk.speaks("r1", "i1", 100)

    talk.client.interrupt(50)

    assert talk.said()[-1]["content_index"] == 1


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("invalid_value", "Audio content of 1900ms is already shorter than 1985ms"),
        ("unsupported_content_type", "Only model output audio messages can be truncated"),
        ("item_truncate_invalid_item_id", "gone"),
    ],
)
def test_a_refused_truncation_is_harmless_and_names_its_item(talk, code, message):
    talk.client.interrupt(1_985)
    truncate = talk.said()[-1]

    [told] = talk.errs(code, truncate["event_id"], message)

    assert (told.is_harmless, told.command, told.item_id) == (True, "conversation.item.truncate", "i1")


pieces = st.lists(st.tuples(st.sampled_from(["i1", "i2"]), st.integers(1, 400)), max_size=12)
moments = st.lists(
    st.tuples(st.sampled_from(["play", "interrupt", "finish", "cancel"]), st.integers(-50, 3_000)), max_size=8
)


@settings(deadline=None)
@given(pieces, moments, st.randoms())
def test_a_truncation_is_never_longer_than_what_came_and_comes_once_an_item(pieces, moments, random):
    talk = Talk()
    talk.begins("r1")
    steps = [("speak", *piece) for piece in pieces] + [("do", *moment) for moment in moments]
    random.shuffle(steps)
    received, cut = {"i1": 0, "i2": 0}, []

    for kind, what, amount in steps:
        if kind == "speak":
            received[what] += 48 * amount * bool(talk.speaks("r1", what, amount))
        elif what == "play":
            talk.client.note_played("i1", amount)
        elif what == "interrupt":
            talk.client.interrupt(amount)
        elif what == "cancel":
            talk.client.cancel()
        else:
            talk.ends("r1")
        for frame in talk.said():
            if frame["type"].startswith("conversation.item"):
                cut.append(frame["item_id"])
                assert 0 < frame.get("audio_end_ms", 1) <= max(1, received[frame["item_id"]] // 48)

    assert len(cut) == len(set(cut))
    assert all(talk.client.heard_ms(item_id) <= received[item_id] / 48 for item_id in received)
