import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.clients import recent_audio
from intentional_nb.clients.recent_audio import KEPT_MS, LEAD_MS, TIDY_MS, RecentAudio

CHUNK_MS = 40


def sound(length_ms, seed=0):
    return random.Random(seed).randbytes(48 * length_ms)


def fed(pcm, chunk_ms=CHUNK_MS, **options):
    recent = RecentAudio(**options)
    for start in range(0, len(pcm), 48 * chunk_ms):
        recent.add(pcm[start : start + 48 * chunk_ms])
    return recent


def test_of_silence_the_last_second_is_said_again():
    pcm = sound(5000)
    recent = fed(pcm)

    assert recent.unheard() == (pcm[-48 * LEAD_MS :], 0)


def test_what_was_silence_to_a_server_that_heard_nothing_is_said_again_and_none_of_it_is_called_lost():
    pcm = sound(KEPT_MS + 5000)
    recent = fed(pcm)

    recent.hold(was_deaf=True)

    assert recent.unheard() == (pcm[-48 * KEPT_MS :], 0)
    assert len(recent) <= 48 * (KEPT_MS + TIDY_MS + CHUNK_MS)


def test_what_a_server_has_heard_is_not_said_again_though_it_heard_nothing_later():
    recent = fed(sound(3000))
    recent.committed("a", 2000)
    recent.recognised("a")

    recent.hold(was_deaf=True)

    assert recent.unheard() == (sound(3000)[48 * 2000 :], 0)


def test_speech_is_kept_from_its_beginning():
    pcm, more = sound(2000), sound(3000, seed=1)
    recent = fed(pcm)
    recent.speech_began(1500)
    recent.add(more)

    assert recent.unheard() == (pcm[48 * 1500 :] + more, 0)


def test_speech_of_an_item_is_kept_until_it_is_recognised():
    pcm = sound(3000)
    recent = fed(pcm)
    recent.speech_began(2100)
    recent.committed("a", 2800)
    recent.add(sound(4000, seed=1))

    assert recent.holds("a")
    assert recent.unheard("a")[0].startswith(pcm[48 * 2100 :])
    recent.recognised("a")
    recent.add(sound(TIDY_MS))
    assert not recent.holds("a")
    assert len(recent) <= 48 * (4200 + TIDY_MS + CHUNK_MS)


def test_with_push_to_talk_all_is_kept_since_the_last_item():
    pcm, more = sound(4000), sound(3000, seed=1)
    recent = fed(pcm, keeps_all=True)
    assert recent.unheard() == (pcm, 0)

    recent.committed("a")
    recent.recognised("a")
    recent.add(more)

    assert recent.unheard() == (more, 0)


def test_what_was_cleared_is_not_said_again():
    recent = fed(sound(2000), keeps_all=True)

    recent.cleared()

    assert recent.unheard() == (b"", 0)


def test_while_nobody_listens_everything_is_kept():
    pcm, more = sound(2000), sound(9000, seed=1)
    recent = fed(pcm)
    recent.hold()
    for start in range(0, len(more), 1920):
        recent.add(more[start : start + 1920])

    assert recent.unheard() == (pcm[-48 * LEAD_MS :] + more, 0)


def test_more_than_the_most_is_lost_and_counted():
    pcm = sound(KEPT_MS + 5000)
    recent = fed(pcm, chunk_ms=100, keeps_all=True)

    kept, lost_ms = recent.unheard()

    assert lost_ms == pytest.approx(5000)
    assert kept == pcm[48 * 5000 :]
    assert len(recent) <= 48 * (KEPT_MS + TIDY_MS + 100)


def test_where_nothing_is_recognised_only_the_latest_speech_is_kept():
    recent = fed(sound(1000))
    recent.speech_began(200)
    recent.committed("a", 900)
    recent.add(sound(1000, seed=1))
    recent.speech_began(1200)
    recent.committed("b", 1900)

    recent.only("b")

    assert not recent.holds("a")
    assert recent.holds("b")


MOVES = st.one_of(
    st.tuples(st.just("add"), st.integers(1, 400)),
    st.tuples(st.just("speech_began"), st.integers(0, 600)),
    st.tuples(st.just("committed"), st.integers(0, 300)),
    st.tuples(st.just("recognised"), st.just(0)),
    st.tuples(st.just("hold"), st.just(0)),
    st.tuples(st.just("cleared"), st.just(0)),
)


@given(st.lists(MOVES, max_size=30), st.booleans())
def test_what_is_said_again_is_the_end_of_what_was_said_and_all_of_the_sentence_that_is_open(moves, keeps_all):
    recent = RecentAudio(keeps_all=keeps_all)
    whole, speech, items = b"", None, 0
    for move, value in moves:
        at_ms = max(0, len(whole) // 48 - value)
        if move == "add":
            pcm = sound(value, seed=len(whole))
            whole += pcm
            recent.add(pcm)
        elif move == "speech_began":
            recent.speech_began(at_ms)
            speech = at_ms
        elif move == "committed":
            items += 1
            recent.committed(str(items), at_ms)
            speech = None
        elif move == "recognised":
            recent.recognised(str(items))
        elif move == "hold":
            recent.hold()
        else:
            recent.cleared()
            speech = None

    kept, lost_ms = recent.unheard()

    assert whole.endswith(kept)
    assert len(recent) <= 48 * (recent_audio.KEPT_MS + TIDY_MS + 400)
    if speech is not None:
        assert len(kept) + 48 * lost_ms >= len(whole) - 48 * speech - 1
