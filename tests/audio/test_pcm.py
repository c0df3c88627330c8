from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from intentional_nb.audio import pcm as module
from intentional_nb.audio.pcm import SILENCE_DBFS, Level, checked_rate, duration_ms, from_array, level, to_array
from intentional_nb.errors import AudioError
from tests.audio.sounds import noise, pcms


@settings(deadline=None)
@given(pcms())
def test_samples_survive_the_way_to_an_array_and_back(pcm):
    assert from_array(to_array(pcm)) == pcm


@settings(deadline=None)
@given(pcms(), st.sampled_from(["f4", "f8", ">f4", "g"]))
def test_samples_survive_the_way_to_floats_and_back(pcm, dtype):
    assert from_array((to_array(pcm) / 32768).astype(dtype)) == pcm


@settings(deadline=None)
@given(arrays.arrays("f4", st.integers(0, 100), elements=st.floats(-100, 100, width=32)))
def test_floats_become_the_nearest_samples_and_louder_ones_are_clipped(floats):
    samples = to_array(from_array(floats)).astype(float)

    assert np.abs(samples - (floats.astype(float) * 32768).clip(-32768, 32767)).max(initial=0) <= 0.5


@settings(deadline=None)
@given(pcms(), st.integers(1, 6))
def test_equal_channels_are_mixed_down_to_what_each_of_them_is(pcm, channels):
    samples = to_array(pcm)

    assert from_array(np.stack([samples] * channels, axis=1)) == pcm


def test_channels_are_mixed_down_to_their_mean():
    assert to_array(from_array(np.array([[0.5, 0.0], [1.0, -1.0]]))).tolist() == [8192, 0]
    assert to_array(from_array(np.array([[32767, 32765], [-4, 0]], "i2"))).tolist() == [32766, -2]


def test_half_precision_floats_reach_full_scale():
    assert to_array(from_array(np.array([1.0, -1.0, 3.0], "f2"))).tolist() == [32767, -32768, 32767]


def test_samples_of_the_other_byte_order_are_turned_round():
    assert from_array(np.array([1, -2], ">i2")) == b"\x01\x00\xfe\xff"


def test_long_audio_is_converted_piece_by_piece_without_a_seam(monkeypatch):
    monkeypatch.setattr(module, "STEP", 7)
    pcm = noise(100)

    assert from_array(to_array(pcm) / 32768) == pcm


@pytest.mark.parametrize("samples", [[], np.zeros((0, 2)), np.zeros(0, "i2"), np.zeros(0)])
def test_no_samples_are_no_bytes(samples):
    assert from_array(samples) == b""


@pytest.mark.parametrize(
    ("samples", "found"),
    [
        (np.zeros(3, "i4"), "dtype int32"),
        (np.zeros(3, "u1"), "dtype uint8"),
        (np.zeros(3, bool), "dtype bool"),
        (np.zeros(3, complex), "dtype complex128"),
        ([1, 2], "dtype int64"),
        (["loud"], "dtype <U4"),
        (None, "a single value"),
        ("loud", "a single value"),
        (0.5, "a single value"),
        (np.zeros((2, 3, 4)), "shape 2 x 3 x 4"),
        (np.zeros((2, 0)), "shape 2 x 0"),
        (np.zeros((2, 24_000)), "shape 2 x 24000: transpose it"),
        ([[0.1], [0.1, 0.2]], "what is no array"),
        ([0.1, math.nan, math.inf], "2 samples that are not a number or infinite"),
        ([[math.inf, -math.inf]], "2 samples that are not a number or infinite"),
        ([0.0, -20_000.0], "floats up to 20000"),
    ],
)
def test_what_are_no_samples_is_named(samples, found):
    with pytest.raises(AudioError) as caught:
        from_array(samples)

    assert found in caught.value.found
    assert caught.value.expected in str(caught.value)
    assert caught.value.found in str(caught.value)


@pytest.mark.parametrize("use", [to_array, level, duration_ms])
@pytest.mark.parametrize(
    ("pcm", "found"),
    [
        (b"abc", "3 bytes"),
        (bytearray(1), "1 bytes"),
        (memoryview(b"abcde"), "5 bytes"),
        ("text", "str"),
        (None, "NoneType"),
        (np.zeros(4, "f4"), "an array of format 'f'"),
        (np.zeros((4, 2), "i2"), "an array of format 'h'"),
    ],
)
def test_what_is_no_pcm_is_named(use, pcm, found):
    with pytest.raises(AudioError) as caught:
        use(pcm)

    assert found in caught.value.found


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_every_kind_of_bytes_is_taken(kind):
    assert to_array(kind(b"\x01\x00\xff\xff")).tolist() == [1, -1]


def test_an_array_shares_the_memory_of_the_bytes_and_cannot_change_them():
    pcm = noise(10)
    samples = to_array(pcm)

    assert np.shares_memory(samples, np.frombuffer(pcm, "u1"))
    assert not samples.flags.writeable


def test_a_view_with_gaps_is_read_as_what_it_shows():
    samples = np.array([1, 2, 3, 4], "<i2")

    assert to_array(memoryview(samples)[::2]).tolist() == [1, 3]


@pytest.mark.parametrize(
    ("pcm", "rate_hz", "ms"),
    [(b"", 24_000, 0), (bytes(48), 24_000, 1), (48_000, 24_000, 1000), (bytes(320), 16_000, 10), (2, 48_000, 1 / 48)],
)
def test_the_duration_of_bytes_or_of_their_number(pcm, rate_hz, ms):
    assert duration_ms(pcm, rate_hz) == pytest.approx(ms)


@pytest.mark.parametrize("count", [3, -2])
def test_a_number_of_bytes_must_be_whole_samples(count):
    with pytest.raises(AudioError, match=f"got {count} bytes"):
        duration_ms(count)


@pytest.mark.parametrize("rate_hz", [24_000, 24_000.0, np.int32(24_000)])
def test_a_rate_may_be_any_whole_number(rate_hz):
    assert checked_rate(rate_hz) == 24_000
    assert type(checked_rate(rate_hz)) is int


@pytest.mark.parametrize("rate_hz", [0, -1, 24, 10**7, 24_000.5, math.nan, "24000", None, np.zeros(1000)])
def test_a_rate_that_audio_does_not_have_is_an_error(rate_hz):
    with pytest.raises(AudioError, match="samples a second") as caught:
        checked_rate(rate_hz)

    assert len(str(caught.value)) < 250


@settings(deadline=None)
@given(pcms())
def test_the_level_is_that_of_the_definition(pcm):
    samples = to_array(pcm).astype(float) / 32768

    found = level(pcm)

    assert found.peak == np.abs(samples).max(initial=0)
    assert found.rms == pytest.approx(math.sqrt(np.mean(samples**2)) if samples.size else 0)
    assert 0 <= found.rms <= found.peak <= 1
    assert SILENCE_DBFS <= found.rms_dbfs <= found.peak_dbfs <= 0


def test_a_long_level_is_summed_piece_by_piece(monkeypatch):
    pcm = noise(10_000)
    whole = level(pcm)
    monkeypatch.setattr(module, "LEVEL_STEP", 7)

    assert level(pcm) == whole


@pytest.mark.parametrize("pcm", [b"", bytes(960)])
def test_silence_has_a_level_that_can_be_drawn_and_written_as_json(pcm):
    assert level(pcm) == Level(0.0, 0.0)
    assert (level(pcm).rms_dbfs, level(pcm).peak_dbfs) == (-100.0, -100.0)


def test_the_loudest_there_is_is_at_0_decibels():
    square = np.array([32767, -32768] * 100, "<i2").tobytes()

    assert level(square).peak_dbfs == 0
    assert level(square).rms_dbfs == pytest.approx(0, abs=0.001)


def test_a_sine_is_3_decibels_below_its_peak():
    sine = from_array(np.sin(np.arange(24_000) * 0.1))

    assert level(sine).rms_dbfs == pytest.approx(-3.01, abs=0.01)


def test_what_is_quieter_than_16_bits_can_be_counts_as_silence():
    faint = Level(1e-9, 1 / 32768)

    assert (faint.rms_dbfs, round(faint.peak_dbfs, 1)) == (-100.0, -90.3)
