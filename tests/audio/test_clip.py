from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.audio.clip import Clip, duration_text, size_text
from intentional_nb.audio.pcm import from_array, level, to_array
from intentional_nb.audio.resample import resample
from intentional_nb.audio.wav import to_wav
from intentional_nb.errors import AudioError
from tests.audio.sounds import noise, pcms, sine

CLIP = Clip(noise(2_400))


def test_a_clip_is_a_value():
    assert Clip(noise(10)) == Clip(noise(10)) != Clip(noise(10, seed=1))
    assert len({Clip(noise(10)), Clip(noise(10))}) == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        CLIP.pcm = b""


def test_a_clip_tells_its_length_its_loudness_and_its_samples():
    assert CLIP.duration_ms == 100
    assert CLIP.level == level(CLIP.pcm)
    assert CLIP.array.tolist() == to_array(CLIP.pcm).tolist()
    assert not CLIP.array.flags.writeable


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_a_clip_keeps_bytes_that_nobody_can_change(kind):
    assert type(Clip(kind(noise(10))).pcm) is bytes
    assert Clip(kind(noise(10))) == Clip(noise(10))


@pytest.mark.parametrize("pcm", [b"abc", "text", None, np.zeros(4)])
def test_a_clip_of_what_is_no_pcm_is_an_error(pcm):
    with pytest.raises(AudioError, match="expected"):
        Clip(pcm)


def test_a_clip_is_read_from_a_clip_as_it_is():
    assert Clip.read(CLIP) is CLIP


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_clip_is_read_from_the_bytes_of_a_wav(kind):
    assert Clip.read(kind(CLIP.to_wav())) == CLIP


@pytest.mark.parametrize("kind", [str, Path])
def test_a_clip_is_saved_and_read_again(tmp_path, kind):
    path = kind(tmp_path / "clip.wav")

    assert CLIP.save(path) == Path(path)
    assert Path(path).read_bytes() == CLIP.to_wav()
    assert Clip.read(path) == CLIP


def test_a_clip_is_read_from_samples_with_their_rate():
    samples = sine(440, 48_000)
    stereo = np.stack([samples, samples], axis=1)

    assert Clip.read((CLIP.array, 24_000)) == CLIP
    assert Clip.read((samples, 48_000)).pcm == resample(from_array(samples), 48_000, 24_000)
    assert Clip.read((stereo.astype("f4"), np.int64(48_000))) == Clip.read((samples.astype("f4"), 48_000.0))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (None, "NoneType"),
        (3.5, "float"),
        ([0.1, 0.2], "list without its rate: (array, rate_hz)"),
        (np.zeros(4), "numpy.ndarray without its rate: (array, rate_hz)"),
        ((np.zeros(4),), "tuple"),
        ((np.zeros(4), 24_000, 1), "tuple"),
        ((24_000, np.zeros(4)), "the rate before the array"),
        ((np.zeros(4), None), "None"),
        ((np.zeros((2, 4800)), 24_000), "transpose it"),
        (b"OggS\0\0", "Ogg"),
        (noise(4), "8 bytes that begin with"),
        ("there/is/no.wav", "'there/is/no.wav', which cannot be read: No such file or directory"),
        ("zero\0byte", "which cannot be read"),
        (Path(__file__).parent, "which cannot be read: Is a directory"),
        (__file__, "bytes that begin with b'from __future__"),
    ],
)
def test_what_cannot_be_read_is_named(source, found):
    with pytest.raises(AudioError) as caught:
        Clip.read(source)

    assert found in caught.value.found


@settings(deadline=None)
@given(pcms(), st.floats(0, 10))
def test_two_parts_make_the_whole(pcm, ms):
    clip = Clip(pcm)

    assert clip.part(0, ms) + clip.part(ms) == clip


@settings(deadline=None)
@given(pcms(), st.floats(0, 10), st.floats(0, 10))
def test_a_part_is_as_long_as_it_was_asked_for_or_as_the_clip_allows(pcm, from_ms, length_ms):
    clip = Clip(pcm)
    part = clip.part(from_ms, from_ms + length_ms)

    expected = max(min(from_ms + length_ms, clip.duration_ms) - from_ms, 0)
    assert part.duration_ms == pytest.approx(expected, abs=1.01 / 24)
    assert part.pcm in pcm


@pytest.mark.parametrize(("from_ms", "to_ms"), [(-1, None), (-1, 5), (20, 10), (float("nan"), None), (0, -1)])
def test_a_part_runs_from_an_earlier_moment_to_a_later_one(from_ms, to_ms):
    with pytest.raises(AudioError, match="two moments, the earlier one first"):
        CLIP.part(from_ms, to_ms)


def test_a_part_after_the_end_is_empty():
    assert CLIP.part(200) == CLIP.part(200, 300) == Clip(b"")


def test_silence_lasts_as_long_as_it_was_asked_for():
    assert Clip.silence(12.5) == Clip(bytes(600))
    assert Clip.silence(0) == Clip(b"")


@pytest.mark.parametrize("ms", [-1, float("nan"), float("inf")])
def test_silence_of_no_length_is_an_error(ms):
    with pytest.raises(AudioError, match="a length of 0 ms or more"):
        Clip.silence(ms)


@settings(deadline=None)
@given(st.lists(pcms(20)))
def test_clips_are_joined_in_order(pcms):
    clips = [Clip(pcm) for pcm in pcms]

    assert Clip.joined(clips) == sum(clips, Clip(b"")) == Clip(b"".join(pcms))


def test_only_clips_are_joined():
    with pytest.raises(TypeError):
        _ = CLIP + b"ab"


@pytest.mark.parametrize(
    ("clip", "text"),
    [
        (Clip(b""), "Clip(0 ms, 0 bytes, silent)"),
        (Clip.silence(40), "Clip(40 ms, 2 kB, silent)"),
        (Clip.silence(2_100), "Clip(2.1 s, 101 kB, silent)"),
        (Clip(b"\xff\x7f" * 24), "Clip(1 ms, 48 bytes, peak 0 dB)"),
        (Clip.read((sine(440, 24_000, ms=2_100, peak=0.7), 24_000)), "Clip(2.1 s, 101 kB, peak -3 dB)"),
    ],
)
def test_a_clip_is_shown_as_text_that_is_always_the_same(clip, text):
    assert repr(clip) == text


def test_a_clip_puts_no_audio_into_a_notebook():
    assert [name for name in dir(CLIP) if name.startswith("_repr_")] == []


def test_a_clip_is_not_saved_under_the_name_of_another_kind_of_file(tmp_path):
    with pytest.raises(AudioError, match=r"\.wav"):
        CLIP.save(tmp_path / "clip.mp3")

    assert list(tmp_path.iterdir()) == []


def test_the_bytes_of_a_clip_are_those_of_its_wav():
    assert CLIP.to_wav() == to_wav(CLIP.pcm)


@pytest.mark.parametrize(
    ("ms", "text"), [(0, "0 ms"), (999.4, "999 ms"), (999.6, "1.0 s"), (59_960, "60.0 s"), (3_600_000, "3600.0 s")]
)
def test_lengths_of_time_are_short(ms, text):
    assert duration_text(ms) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 bytes"), (999, "999 bytes"), (1_000, "1 kB"), (999_499, "999 kB"), (999_500, "1.0 MB")]
)
def test_sizes_are_short(count, text):
    assert size_text(count) == text
