from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from intentional_nb.local.speech.mel import HOP, bands, log_mel

SECOND = 16_000


def tone(pitch_hz, loudness=0.5):
    return (loudness * np.sin(2 * np.pi * pitch_hz * np.arange(SECOND) / SECOND)).astype(np.float32)


def test_the_bands_are_those_that_whisper_was_taught_with():
    # From the file with them in openai/whisper: the first and only weight of the lowest band.
    assert bands(80)[0, 1] == pytest.approx(0.02486259, abs=1e-8)
    assert np.count_nonzero(bands(80)[0]) == 1
    assert bands(80).shape == (80, 201)
    assert bands(128).shape == (128, 201)


def test_every_frequency_is_in_two_bands_at_most_and_all_but_the_ends_in_one():
    counts = np.count_nonzero(bands(80), axis=0)

    assert counts.max() == 2
    assert counts[1:-1].min() >= 1


def test_bands_have_equal_area():
    areas = bands(80)[20:].sum(axis=1) * SECOND / 400

    assert areas == pytest.approx(np.ones(60), abs=0.1)


def test_a_picture_is_as_wide_as_it_should_be():
    for count in (0, 100, SECOND, 3 * SECOND):
        assert log_mel(np.zeros(count, np.float32), 150).shape == (80, 150)


def test_silence_is_even():
    picture = log_mel(np.zeros(SECOND, np.float32), 100)

    assert picture == pytest.approx(np.full((80, 100), (-10 + 4) / 4))


@pytest.mark.parametrize("pitch_hz", [200, 1000, 3000, 7000])
def test_a_tone_is_seen_at_its_pitch(pitch_hz):
    lit = log_mel(tone(pitch_hz), 100)[:, 10:90].mean(axis=1).argmax()

    assert bands(80)[lit, round(pitch_hz / 40)] > 0


def test_pitches_lie_in_order():
    lit = [log_mel(tone(pitch), 100)[:, 50].argmax() for pitch in range(200, 7800, 400)]

    assert lit == sorted(set(lit))


def test_ten_times_as_loud_is_half_a_step_more():
    difference = log_mel(tone(1000, 0.5), 100) - log_mel(tone(1000, 0.05), 100)

    assert difference[:, 20:80].max() == pytest.approx(0.5, abs=1e-3)


def test_what_is_80_db_softer_than_the_loudest_is_cut_off():
    picture = log_mel(tone(1000), 100)

    assert picture.max() - picture.min() == pytest.approx(2)


def test_what_comes_later_is_seen_later():
    sound = np.concatenate([np.zeros(50 * HOP, np.float32), tone(1000)])

    picture = log_mel(sound, 150)

    assert picture[:, :48].max() == picture.min()
    assert picture[:, 52].max() > picture.min() + 1


def test_what_is_too_long_is_cut_off():
    sound = np.concatenate([tone(500), tone(2000)])

    assert (log_mel(sound, 97) == log_mel(sound[: 98 * HOP], 97)).all(axis=0)[:95].all()


@pytest.mark.slow
def test_the_picture_does_not_depend_on_how_many_processors_compute_it():
    program = (
        "import zlib, numpy as np; from intentional_nb.local.speech.mel import log_mel; "
        "print(zlib.crc32(log_mel(np.random.default_rng(1).normal(0, 0.1, 48_000).astype(np.float32), 800).tobytes()))"
    )

    def run(threads):
        environment = os.environ | {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
        return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True).stdout

    assert run("1") == run("2") != b""
