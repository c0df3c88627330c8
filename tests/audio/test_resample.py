from __future__ import annotations

import itertools

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.audio.pcm import from_array, level, to_array
from intentional_nb.audio.resample import Resampler, resample
from intentional_nb.errors import AudioError
from tests.audio.sounds import noise, sine

RATES = [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000]
PAIRS = [pair for pair in itertools.product(RATES, RATES) if pair[0] != pair[1]]
USED = [(48_000, 24_000), (44_100, 24_000), (24_000, 16_000), (16_000, 24_000), (22_050, 24_000), (8_000, 24_000)]


def streamed(pcm: bytes, sizes: list[int], resampler: Resampler) -> bytes:
    """What comes out of a stream whose chunks have these numbers of samples, the last one the rest."""
    edges = [0, *itertools.accumulate(2 * size for size in sizes), len(pcm)]
    chunks = [pcm[start:end] for start, end in itertools.pairwise(edges)]
    return b"".join([*map(resampler.feed, chunks), resampler.flush()])


@settings(deadline=None)
@given(st.sampled_from(PAIRS), st.integers(0, 20_000), st.lists(st.integers(0, 3_000), max_size=12))
def test_however_a_stream_is_cut_its_bytes_are_those_of_the_whole(rates, samples, sizes):
    pcm = noise(samples)

    assert streamed(pcm, sizes, Resampler(*rates)) == resample(pcm, *rates)


@settings(deadline=None)
@given(st.sampled_from(PAIRS), st.integers(0, 20_000))
def test_the_samples_are_those_of_soxr_rounded_once(rates, samples):
    pcm = noise(samples)
    exact = soxr.resample(to_array(pcm).astype(np.float32), *rates, quality="HQ")

    assert resample(pcm, *rates) == np.rint(exact).clip(-32768, 32767).astype("<i2").tobytes()


@settings(deadline=None)
@given(st.sampled_from(PAIRS), st.integers(0, 5_000))
def test_the_length_is_the_exact_one_to_the_nearest_sample(rates, samples):
    from_hz, to_hz = rates

    assert abs(len(resample(bytes(2 * samples), *rates)) / 2 - samples * to_hz / from_hz) <= 0.5


def test_one_sample_at_a_time_gives_the_same_bytes():
    pcm = noise(2_000)

    assert streamed(pcm, [1] * 2_000, Resampler(48_000, 24_000)) == resample(pcm, 48_000, 24_000)


def test_audio_longer_than_a_step_is_converted_without_a_seam():
    pcm = noise(600_000)
    exact = soxr.resample(to_array(pcm).astype(np.float32), 48_000, 24_000, quality="HQ")

    assert resample(pcm, 48_000, 24_000) == np.rint(exact).clip(-32768, 32767).astype("<i2").tobytes()


@pytest.mark.parametrize("rates", USED)
def test_a_tone_keeps_its_pitch_and_its_loudness(rates):
    from_hz, to_hz = rates

    out = to_array(resample(from_array(sine(1_000, from_hz)), from_hz, to_hz)) / 32768

    middle = slice(len(out) // 4, -len(out) // 4)
    assert np.abs(out[middle] - sine(1_000, to_hz)[middle]).max() < 0.001


def test_a_tone_that_the_lower_rate_cannot_hold_is_gone_and_does_not_come_back_as_another():
    out = resample(from_array(sine(10_000, 24_000)), 24_000, 16_000)

    assert level(out[2_000:-2_000]).peak_dbfs < -85


@pytest.mark.parametrize("rates", USED)
def test_silence_stays_silent(rates):
    assert not any(resample(bytes(20_000), *rates))


@pytest.mark.parametrize("rates", USED)
def test_what_waits_inside_is_told_and_is_little(rates):
    resampler = Resampler(*rates)
    fed = given = 0
    waiting = []

    for _ in range(100):
        fed += rates[0] // 50
        given += len(resampler.feed(noise(rates[0] // 50))) // 2
        waiting.append(resampler.waiting_ms)
        assert resampler.waiting_ms == pytest.approx((fed / rates[0] - given / rates[1]) * 1000)

    assert min(waiting) >= 0
    assert max(waiting) < (80 if min(rates) < 16_000 else 45)


def test_after_a_flush_another_stream_begins():
    resampler = Resampler(48_000, 24_000)
    streamed(noise(5_000, seed=1), [700, 33], resampler)

    assert resampler.waiting_ms == 0
    assert streamed(noise(5_000, seed=2), [33, 700], resampler) == resample(noise(5_000, seed=2), 48_000, 24_000)


def test_an_empty_stream_gives_nothing():
    resampler = Resampler(48_000, 24_000)

    assert [resampler.flush(), resampler.feed(b""), resampler.flush()] == [b"", b"", b""]
    assert resample(b"", 48_000, 24_000) == b""


def test_equal_rates_change_nothing_and_hold_nothing_back():
    resampler = Resampler(24_000, 24_000)

    assert resampler.is_identity
    assert resampler.feed(noise(100)) == noise(100)
    assert (resampler.waiting_ms, resampler.flush()) == (0, b"")
    assert resample(noise(100), 24_000, 24_000) == noise(100)


@pytest.mark.parametrize("kind", [bytearray, memoryview])
@pytest.mark.parametrize("to_hz", [24_000, 48_000])
def test_every_kind_of_bytes_gives_bytes(kind, to_hz):
    out = resample(kind(noise(100)), 48_000, to_hz)

    assert type(out) is bytes
    assert out == resample(noise(100), 48_000, to_hz)


def test_what_the_filter_overshoots_is_clipped_and_does_not_wrap_round():
    square = np.repeat([32767, -32768] * 50, 24).astype("<i2")

    out = to_array(resample(square.tobytes(), 24_000, 48_000))

    assert np.sign(out[48 * 10 + 8 : 48 * 11 - 8]).tolist() == [1] * 32
    assert out.max() == 32767


@pytest.mark.parametrize("to_hz", [16_000, 24_000])
def test_half_a_sample_is_an_error_and_leaves_the_stream_as_it_was(to_hz):
    resampler = Resampler(24_000, to_hz)
    first = resampler.feed(noise(3_000))

    with pytest.raises(AudioError, match="got 3 bytes"):
        resampler.feed(b"abc")

    assert first + resampler.flush() == resample(noise(3_000), 24_000, to_hz)


@pytest.mark.parametrize("rates", [(0, 24_000), (24_000, -1), (24_000, 16_000.5), ("48000", 24_000)])
def test_a_rate_that_audio_does_not_have_is_an_error(rates):
    with pytest.raises(AudioError, match="samples a second"):
        Resampler(*rates)
