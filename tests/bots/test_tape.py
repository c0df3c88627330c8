import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.bots.spool import Spool
from intentional_nb.bots.tape import Tape
from intentional_nb.events import (
    ConversationReset,
    ConversationRewound,
    ReplyAudio,
    ReplyHeard,
    ReplyInterrupted,
    SpeechEnded,
    SpeechStarted,
    TurnStarted,
)

MS = 24
"""Samples a millisecond."""


@pytest.fixture
def tape():
    made = Tape()
    yield made
    made.close()


def tone(ms, value):
    """Samples that are all alike, so that a place can be recognised by them."""
    return np.full(round(ms * MS), value, "<i2").tobytes()


def spoken(turn, item, start_ms, end_ms):
    return [
        SpeechStarted(item_id=item, at_ms=start_ms),
        SpeechEnded(item_id=item, at_ms=end_ms),
        TurnStarted(turn=turn, user_text="", stage="a", item_id=item),
    ]


def typed(turn):
    return [TurnStarted(turn=turn, user_text="hello", stage="a")]


def reply(turn, item, ms, value=2):
    return [ReplyAudio(turn=turn, item_id=item, pcm=tone(ms, value))]


def cut(turn, item, heard_ms):
    return [ReplyInterrupted(turn=turn, item_id=item, heard_ms=heard_ms, received_ms=9999)]


def note(tape, *groups):
    for group in groups:
        for event in group:
            tape.note(event)


class Microphone:
    """Gives pieces of 40 ms, each with its own value."""

    def __init__(self, tape, at_ms=0):
        self.tape, self.at_ms = tape, at_ms

    def runs(self, ms, value=1):
        for _ in range(round(ms / 40)):
            self.tape.add_user(tone(40, value), at_ms=self.at_ms, is_live=True)
            self.at_ms += 40


def heard(tape, tmp_path):
    """Left and right of the exported file, as runs of (value, milliseconds)."""
    path = tmp_path / "all.wav"
    tape.export(path)
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 24_000, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return runs(samples[:, 0]), runs(samples[:, 1])


def runs(samples):
    if not samples.size:
        return []
    edges = np.flatnonzero(np.diff(samples)) + 1
    pieces = np.split(samples, edges)
    return [(int(piece[0]), len(piece) / MS) for piece in pieces]


# ---- a clip as a whole, nobody plays


def test_a_clip_and_its_reply_follow_each_other(tape, tmp_path):
    tape.add_user(tone(1000, 1), at_ms=0, is_live=False)
    note(tape, spoken(1, "u1", 0, 1500), reply(1, "b1", 300), reply(1, "b1", 200))
    tape.add_user(tone(400, 3), at_ms=2000, is_live=False)
    note(tape, spoken(2, "u2", 2000, 2900), reply(2, "b2", 100, 4))

    left, right = heard(tape, tmp_path)

    assert left == [(1, 1000), (0, 500), (3, 400), (0, 100)]
    assert right == [(0, 1000), (2, 500), (0, 400), (4, 100)]


def test_the_audio_of_a_turn_is_what_was_said_in_it(tape):
    tape.add_user(tone(1000, 1), at_ms=0, is_live=False)
    note(tape, spoken(1, "u1", 0, 1500), reply(1, "b1", 300))
    tape.add_user(tone(400, 3), at_ms=2000, is_live=False)
    note(tape, spoken(2, "u2", 2000, 2900), reply(2, "b2", 100, 4))

    assert [tape.user_audio(turn).pcm for turn in (1, 2)] == [tone(1000, 1), tone(400, 3)]
    assert [tape.bot_audio(turn).pcm for turn in (1, 2)] == [tone(300, 2), tone(100, 4)]


def test_a_typed_turn_has_only_the_bots_sound(tape, tmp_path):
    note(tape, typed(1), reply(1, "b1", 300), typed(2), reply(2, "b2", 200, 4))

    assert heard(tape, tmp_path)[1] == [(2, 300), (4, 200)]
    assert tape.user_audio(1).pcm == b""
    assert tape.user_audio(77).pcm == tape.bot_audio(77).pcm == b""


def test_an_interrupted_reply_ends_where_it_was_heard_last(tape, tmp_path):
    note(tape, typed(1), reply(1, "b1", 1000), cut(1, "b1", 250))
    tape.add_user(tone(100, 1), at_ms=0, is_live=False)

    assert heard(tape, tmp_path) == ([(0, 250), (1, 100)], [(2, 250), (0, 100)])
    assert tape.bot_audio(1).duration_ms == 250
    assert tape.bot_audio(1, as_heard=False).duration_ms == 1000


def test_a_reply_of_which_nothing_was_heard_takes_no_time(tape, tmp_path):
    note(tape, typed(1), reply(1, "b1", 1000), cut(1, "b1", 0), typed(2), reply(2, "b2", 100, 4))

    assert heard(tape, tmp_path)[1] == [(4, 100)]


def test_two_items_that_come_in_turns_are_kept_apart(tape, tmp_path):
    note(tape, typed(1), reply(1, "x", 40, 5), reply(1, "y", 40, 6), reply(1, "x", 40, 5), reply(1, "y", 40, 6))

    assert heard(tape, tmp_path)[1] == [(5, 80), (6, 80)]
    assert tape.bot_audio(1).pcm == tone(80, 5) + tone(80, 6)


# ---- a microphone, nobody plays


def test_a_microphone_is_the_clock_and_the_reply_begins_where_the_speech_ended(tape, tmp_path):
    microphone = Microphone(tape)
    microphone.runs(2000)
    note(tape, spoken(1, "u1", 200, 1200))
    microphone.runs(400)
    note(tape, reply(1, "b1", 600))
    microphone.runs(400)

    left, right = heard(tape, tmp_path)

    assert left == [(1, 2800)]
    assert right == [(0, 1200), (2, 600), (0, 1000)]
    assert tape.user_audio(1).duration_ms == 1000


def test_with_push_to_talk_each_press_begins_when_the_bot_is_silent(tape, tmp_path):
    microphone = Microphone(tape)
    microphone.runs(400)
    tape.commit()
    note(tape, [TurnStarted(turn=1, user_text="", stage="a", item_id="u1")], reply(1, "b1", 1000))
    microphone.runs(200, value=3)
    tape.commit()
    note(tape, [TurnStarted(turn=2, user_text="", stage="a", item_id="u2")])

    assert heard(tape, tmp_path)[0] == [(1, 400), (0, 1000), (3, 200)]
    assert [tape.user_audio(turn).pcm for turn in (1, 2)] == [tone(400, 1), tone(200, 3)]


def test_what_was_thrown_away_belongs_to_no_turn(tape):
    microphone = Microphone(tape)
    microphone.runs(400)
    tape.clear()
    microphone.runs(200, value=3)
    tape.commit()
    note(tape, [TurnStarted(turn=1, user_text="", stage="a", item_id="u1")])

    assert tape.user_audio(1).pcm == tone(200, 3)


def test_a_position_in_whole_milliseconds_makes_no_gap(tape, tmp_path):
    for index in range(50):
        tape.add_user(tone(1, 1) + b"\1\0" * 7, at_ms=int(index * 31 / MS), is_live=True)

    assert heard(tape, tmp_path)[0] == [(1, 50 * 31 / MS)]


# ---- somebody plays


def test_a_reply_begins_when_a_player_first_reports_it(tape, tmp_path):
    tape.has_player = True
    microphone = Microphone(tape)
    microphone.runs(1000)
    note(tape, spoken(1, "u1", 0, 800), reply(1, "b1", 500))
    microphone.runs(400)
    tape.note_played("b1", 100)
    microphone.runs(1000)
    note(tape, [ReplyHeard(turn=1, item_id="b1", heard_ms=500)])

    assert heard(tape, tmp_path) == ([(1, 2400)], [(0, 1300), (2, 500), (0, 600)])


def test_the_next_item_waits_for_the_one_before_it(tape, tmp_path):
    tape.has_player = True
    microphone = Microphone(tape)
    microphone.runs(400)
    note(tape, reply(1, "b1", 500), reply(1, "b2", 100, 4))
    tape.note_played("b1", 40)
    microphone.runs(440)
    tape.note_played("b1", 500)
    tape.note_played("b2", 20)

    assert heard(tape, tmp_path)[1] == [(0, 360), (2, 500), (4, 100)]


def test_what_no_player_played_was_not_heard(tape, tmp_path):
    tape.has_player = True
    Microphone(tape).runs(400)
    note(tape, reply(1, "b1", 500), cut(1, "b1", 0))

    assert heard(tape, tmp_path) == ([(1, 400)], [(0, 400)])
    assert tape.bot_audio(1, as_heard=False).duration_ms == 500


def test_talking_over_the_bot_overlaps(tape, tmp_path):
    tape.has_player = True
    microphone = Microphone(tape)
    microphone.runs(1000)
    note(tape, reply(1, "b1", 5000))
    tape.note_played("b1", 40)
    microphone.runs(600)
    note(tape, [SpeechStarted(item_id="u2", at_ms=1300)], cut(1, "b1", 640))
    microphone.runs(400)

    assert heard(tape, tmp_path) == ([(1, 2000)], [(0, 960), (2, 640), (0, 400)])


def test_a_microphone_that_comes_back_while_the_bot_speaks_stands_where_it_is(tape, tmp_path):
    tape.has_player = True
    microphone = Microphone(tape)
    microphone.runs(400)
    note(tape, reply(1, "b1", 6000))
    tape.note_played("b1", 40)
    tape.note_played("b1", 3000)
    microphone.runs(200, value=3)

    left, right = heard(tape, tmp_path)

    assert left == [(1, 400), (0, 2960), (3, 200), (0, 2800)]
    assert right == [(0, 360), (2, 6000)]


def test_a_reply_played_with_no_microphone_follows_what_was_before(tape, tmp_path):
    tape.has_player = True
    tape.add_user(tone(300, 1), at_ms=0, is_live=False)
    note(tape, spoken(1, "u1", 0, 800), reply(1, "b1", 500))
    tape.note_played("b1", 100)

    assert heard(tape, tmp_path) == ([(1, 300), (0, 500)], [(0, 300), (2, 500)])


# ---- sessions, and going back


def test_a_turn_that_is_taken_back_is_silent(tape, tmp_path):
    tape.add_user(tone(1000, 1), at_ms=0, is_live=False)
    note(tape, spoken(1, "u1", 0, 1000), reply(1, "b1", 300))
    tape.add_user(tone(400, 3), at_ms=1000, is_live=False)
    note(tape, spoken(2, "u2", 1000, 1400), reply(2, "b2", 100, 4), [ConversationRewound(turn=2)])
    tape.add_user(tone(200, 5), at_ms=1400, is_live=False)
    note(tape, spoken(3, "u3", 1400, 1600))

    assert heard(tape, tmp_path)[0] == [(1, 1000), (0, 300), (5, 200)]
    assert tape.user_audio(3).pcm == tone(200, 5)
    assert tape.bot_audio(2).pcm == b""


def test_a_microphone_that_runs_on_is_cut_where_the_taken_back_speech_began(tape, tmp_path):
    microphone = Microphone(tape)
    microphone.runs(2000)
    note(tape, spoken(1, "u1", 400, 1200), [ConversationRewound(turn=1)])
    microphone.runs(200, value=3)

    assert heard(tape, tmp_path)[0] == [(1, 400), (3, 200)]


def test_a_reset_forgets_the_sound(tape, tmp_path):
    tape.add_user(tone(1000, 1), at_ms=0, is_live=False)
    note(tape, spoken(1, "u1", 0, 1000), reply(1, "b1", 300), [ConversationReset()])
    tape.add_user(tone(200, 5), at_ms=1000, is_live=False)
    note(tape, spoken(2, "u2", 1000, 1200))

    assert heard(tape, tmp_path)[0] == [(5, 200)]
    assert tape.user_audio(2).pcm == tone(200, 5)


def test_an_empty_conversation_is_an_empty_file(tape, tmp_path):
    assert heard(tape, tmp_path) == ([], [])


# ---- the files


def test_a_spool_gives_back_what_it_was_given():
    spool = Spool()

    assert [spool.append(tone(2, value)) for value in (1, 2, 3)] == [0, 48, 96]
    assert b"".join(spool.chunks(48, 1000)) == tone(2, 2) + tone(2, 3)
    spool.clear()
    assert (list(spool.chunks(0, 10)), spool.samples) == ([], 0)
    assert spool.append(tone(1, 1)) == 0


def test_an_hour_needs_no_memory():
    import tracemalloc

    tape, minute = Tape(), tone(60_000, 1)
    tracemalloc.start()
    try:
        for index in range(60):
            tape.add_user(minute, at_ms=index * 60_000, is_live=True)
            tape.note(ReplyAudio(turn=1, item_id="b", pcm=minute))
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
        tape.close()


# ---- the law


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_how_the_sound_was_cut_into_pieces_does_not_matter(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("tape")
    plan = data.draw(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(0, 8)), max_size=4))
    exports = []
    for pieces in (1, 3):
        tape, at_ms = Tape(), 0
        for turn, (clip, said, was_heard) in enumerate(plan, 1):
            tape.add_user(tone(clip * 30, turn), at_ms=at_ms, is_live=False)
            note(tape, spoken(turn, f"u{turn}", at_ms, at_ms + clip * 30))
            at_ms += clip * 30 + 500
            for _ in range(pieces):
                note(tape, reply(turn, f"b{turn}", said * 30 / pieces, 100 + turn))
            note(tape, cut(turn, f"b{turn}", was_heard * 20) if was_heard else [])
        exports.append(heard(tape, folder))
        tape.close()

    assert exports[0] == exports[1]
