from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.local.realtime.speaking import FRAME_MS, Pace, spoken_frames


@settings(deadline=None)
@given(st.text(max_size=80), st.integers(0, 40_000))
def test_frames_hold_all_of_the_sound_and_all_of_the_words_in_order(text, samples):
    pcm = bytes(samples * 2)
    frames = list(spoken_frames(pcm, text))

    assert b"".join(frame for frame, _ in frames) == pcm
    assert "".join(words for _, words in frames) == text
    assert all(len(frame) <= FRAME_MS * 48 for frame, _ in frames)


def test_words_come_with_the_frame_in_which_they_begin():
    frames = list(spoken_frames(bytes(48 * 1000), "aaaa bbbb cccc dddd"))

    assert [words for _, words in frames] == ["aaaa", "", " bbbb", "", " cccc", "", "", " dddd", "", ""]


async def test_sound_goes_out_as_fast_as_the_pace_allows_after_a_head_start():
    loop = asyncio.get_running_loop()
    pace = Pace(times_real_time=10.0)
    began = loop.time()
    for _ in range(9):
        await pace.sent(100)

    # 900 ms, of which 400 go at once, at ten times the speed of playing; the clock may be late but never early.
    assert loop.time() - began >= 0.05


@pytest.mark.parametrize("length_ms", [0.0, 1e6])
async def test_without_a_pace_nothing_is_held_back_and_others_have_their_turn(length_ms):
    turns = []
    other = asyncio.create_task(_take_turns(turns))
    pace = Pace(None)
    for _ in range(5):
        await pace.sent(length_ms)
    other.cancel()

    assert len(turns) >= 4


async def _take_turns(turns):
    while True:
        turns.append(1)
        await asyncio.sleep(0)
