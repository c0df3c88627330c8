from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.wire.realtime.server_buffer import InputBuffer
from intentional_nb.wire.realtime.server_errors import Mistake


def audio(length_ms: int, start: int = 0) -> bytes:
    """Samples that count up, so that each piece of them can be told from any other."""
    return b"".join((number % 65536).to_bytes(2, "little") for number in range(start * 24, (start + length_ms) * 24))


def test_speech_is_taken_with_what_came_before_it_thrown_away_and_what_came_after_kept():
    buffer = InputBuffer()
    buffer.append(audio(1000))

    assert buffer.take(300, 700) == audio(400, 300)

    assert buffer.length_ms == 300
    assert buffer.between(700, 1000) == audio(300, 700)
    assert buffer.clock_ms == 1000


def test_what_is_not_here_any_more_is_left_out():
    buffer = InputBuffer()
    buffer.append(audio(500))
    buffer.clear()
    buffer.append(audio(500, 500))

    assert buffer.between(200, 600) == audio(100, 500)
    assert buffer.between(900, 5000) == audio(100, 900)
    assert buffer.between(0, 400) == b""


def test_too_little_stays_where_it_is():
    buffer = InputBuffer()
    buffer.append(audio(99))

    with pytest.raises(Mistake, match=r"only has 99\.00ms"):
        buffer.commit()

    assert buffer.length_ms == 99


@settings(deadline=None)
@given(st.lists(st.integers(0, 40), max_size=6), st.floats(0, 300), st.floats(0, 300))
def test_a_time_means_the_same_sample_however_the_audio_came(lengths_ms, one, other):
    whole, pieces = InputBuffer(), InputBuffer()
    total = sum(lengths_ms)
    whole.append(audio(total))
    at = 0
    for length_ms in lengths_ms:
        pieces.append(audio(length_ms, at))
        at += length_ms
    start, end = sorted((one, other))
    pieces.forget_before(start)

    assert pieces.take(start, end) == whole.take(start, end)
    assert pieces.clock_ms == whole.clock_ms == total
    assert pieces.length_ms == whole.length_ms
