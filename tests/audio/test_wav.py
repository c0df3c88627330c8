from __future__ import annotations

import io
import struct
import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.audio import wav as module
from intentional_nb.audio.pcm import from_array, to_array
from intentional_nb.audio.resample import resample
from intentional_nb.audio.wav import HEADER_BYTES, from_wav, parse_wav, to_wav, wav_header, wav_path
from intentional_nb.errors import AudioError
from tests.audio.sounds import GUID_TAIL, chunk, fmt, noise, pcms, riff

UNKNOWN = 0xFFFFFFFF
SAMPLES = np.array([0, 1, -1, 300, -32768, 32767], "<i2")
PCM = SAMPLES.tobytes()


def in_24_bits(samples: np.ndarray) -> bytes:
    return (samples.astype("<i4") << 8).view("u1").reshape(-1, 4)[:, :3].tobytes()


def extensible(bits: int, kind: int, valid_bits: int | None = None) -> bytes:
    extra = struct.pack("<HHIH", 22, valid_bits or bits, 4, kind) + GUID_TAIL
    return fmt(bits, kind=0xFFFE, extra=extra)


def written_by_python(pcm: bytes, rate_hz: int, channels: int, width: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setframerate(rate_hz)
        out.setsampwidth(width)
        out.writeframes(pcm)
    return file.getvalue()


def is_read_or_refused(data: bytes) -> bool:
    """Whether reading ends in a clip or in an error that names what came; any other error comes through."""
    try:
        return len(from_wav(data).pcm) % 2 == 0
    except AudioError as error:
        return bool(error.found)


@settings(deadline=None)
@given(pcms())
def test_pcm_survives_the_way_to_a_wav_and_back(pcm):
    assert from_wav(to_wav(pcm)).pcm == pcm


@settings(deadline=None)
@given(pcms(), st.sampled_from([8_000, 24_000, 44_100]), st.integers(1, 8))
def test_the_bytes_are_those_that_pythons_own_module_writes(pcm, rate_hz, channels):
    pcm = pcm * channels

    assert to_wav(pcm, rate_hz, channels) == written_by_python(pcm, rate_hz, channels, 2)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (fmt(16), PCM),
        (fmt(24), in_24_bits(SAMPLES)),
        (fmt(32), (SAMPLES.astype("<i4") << 16).tobytes()),
        (fmt(32, kind=3), (SAMPLES / 32768).astype("<f4").tobytes()),
        (fmt(64, kind=3), (SAMPLES / 32768).astype("<f8").tobytes()),
        (extensible(16, 1), PCM),
        (extensible(24, 1), in_24_bits(SAMPLES)),
        (extensible(32, 1, valid_bits=24), (SAMPLES.astype("<i4") << 16).tobytes()),
        (extensible(32, 3), (SAMPLES / 32768).astype("<f4").tobytes()),
    ],
    ids=["16", "24", "32", "float", "double", "ext 16", "ext 24", "ext 24 in 32", "ext float"],
)
def test_every_width_gives_the_same_samples(head, body):
    assert from_wav(riff(head, chunk(b"data", body))).pcm == PCM


def test_eight_bits_have_no_sign():
    eight = riff(fmt(8), chunk(b"data", bytes([0, 127, 128, 129, 255])))

    assert to_array(from_wav(eight).pcm).tolist() == [-32768, -256, 0, 256, 32512]


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_what_pythons_own_module_writes_is_read_and_mixed_down(width, channels):
    one = noise(90)[: 30 * width]
    frames = b"".join(one[i : i + width] * channels for i in range(0, len(one), width))

    assert from_wav(written_by_python(frames, 24_000, channels, width)) == from_wav(
        written_by_python(one, 24_000, 1, width)
    )


def test_stereo_is_mixed_down_to_its_mean():
    assert to_array(from_wav(to_wav(np.array([100, 200, -3, 1], "<i2").tobytes(), channels=2)).pcm).tolist() == [
        150,
        -1,
    ]


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_another_rate_is_resampled(rate_hz):
    assert from_wav(to_wav(noise(3_000), rate_hz)).pcm == resample(noise(3_000), rate_hz, 24_000)


def test_a_long_file_is_read_piece_by_piece_without_a_seam(monkeypatch):
    monkeypatch.setattr(module, "STEP", 7)

    assert from_wav(to_wav(noise(1_000), 48_000, 2)).pcm == resample(
        from_array(to_array(noise(1_000)).reshape(-1, 2)), 48_000, 24_000
    )


@pytest.mark.parametrize("size", [0, UNKNOWN, 0x7FFFF000, 0x7FFFFFFF, 0x80000000])
@pytest.mark.parametrize("whole", [0, UNKNOWN, 36])
def test_a_streamed_file_is_read_to_its_end(size, whole):
    streamed = riff(fmt(16), chunk(b"LIST", b"INFOISFT"), chunk(b"data", PCM, size=size), size=whole)

    assert from_wav(streamed).pcm == PCM


def test_a_streamed_file_that_ends_within_a_frame_loses_that_frame_only():
    streamed = riff(fmt(16, channels=2), chunk(b"data", PCM[:11], size=UNKNOWN)[:-1], size=UNKNOWN)

    assert from_wav(streamed).pcm == from_array(SAMPLES[:4].reshape(2, 2))


@pytest.mark.parametrize("after", [[], [chunk(b"LIST", b"INFOISFTLavf")]])
def test_a_file_of_no_samples_is_an_empty_clip(after):
    assert from_wav(riff(fmt(16), chunk(b"data", b""), *after)).pcm == b""


def test_a_streamed_file_of_no_samples_yet_is_an_empty_clip():
    assert from_wav(riff(fmt(16), chunk(b"data", b"", size=UNKNOWN), size=UNKNOWN)).pcm == b""


def test_other_chunks_are_passed_over_with_their_padding():
    before, after = chunk(b"bext", b"odd"), chunk(b"LIST", b"later")

    assert from_wav(riff(before, fmt(16), chunk(b"fact", bytes(4)), chunk(b"data", PCM), after)).pcm == PCM


def test_a_chunk_whose_padding_was_forgotten_is_passed_over_too():
    assert from_wav(riff(fmt(16), chunk(b"bext", b"odd")[:-1], chunk(b"data", PCM))).pcm == PCM


@pytest.mark.parametrize("magic", [b"RF64", b"BW64"])
def test_the_kind_for_more_than_4_gigabytes_is_read(magic):
    sizes = chunk(b"ds64", struct.pack("<QQQI", 0, len(PCM), len(SAMPLES), 0))
    after = chunk(b"LIST", b"INFO")

    assert from_wav(riff(sizes, fmt(16), chunk(b"data", PCM, size=UNKNOWN), after, magic=magic)).pcm == PCM


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_every_kind_of_bytes_is_read(kind):
    assert from_wav(kind(to_wav(PCM))).pcm == PCM


@settings(deadline=None)
@given(st.data())
def test_a_file_that_is_cut_off_is_an_error_that_says_so(data):
    whole = riff(chunk(b"bext", b"some"), fmt(16), chunk(b"data", noise(20)))
    cut = whole[: data.draw(st.integers(4, len(whole) - 1))]

    with pytest.raises(AudioError, match="cut off"):
        from_wav(cut)


def test_how_much_is_missing_is_told():
    with pytest.raises(AudioError, match="got one that is cut off: 40 of 400 bytes of samples are there"):
        from_wav(to_wav(bytes(400))[:84])


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"ID3\x04\0\0", "MP3 audio"),
        (b"\x1aE\xdf\xa3", "WebM audio"),
        (b"OggS\0", "Ogg (Vorbis or Opus) audio"),
        (b"", "no bytes at all"),
        (bytes(4_800), "4800 bytes that begin with"),
        ("sound.wav", "str (Clip.read takes more than bytes)"),
        (None, "NoneType"),
        (riff(fmt(8, kind=7), chunk(b"data", b"1234")), "a WAV of µ-law"),
        (riff(fmt(4, kind=0x11), chunk(b"data", b"1234")), "a WAV of IMA ADPCM"),
        (riff(fmt(16, kind=0x1234), chunk(b"data", b"1234")), "a WAV of format 0x1234"),
        (riff(extensible(16, 6), chunk(b"data", b"1234")), "a WAV of A-law"),
        (riff(fmt(16, kind=0xFFFE), chunk(b"data", b"1234")), "an unknown kind of WAVE_FORMAT_EXTENSIBLE"),
        (riff(fmt(40), chunk(b"data", b"12345")), "40-bit integers in frames of 5 bytes for 1 channels"),
        (riff(fmt(16, kind=3), chunk(b"data", b"1234")), "16-bit floats"),
        (riff(fmt(16, channels=0), chunk(b"data", b"1234")), "0 channels"),
        (riff(fmt(16, channels=999), chunk(b"data", bytes(1998))), "999 channels"),
        (riff(fmt(16, rate_hz=0), chunk(b"data", b"1234")), "0"),
        (riff(chunk(b"fmt ", bytes(6)), chunk(b"data", b"1234")), "fmt chunk has 6 bytes"),
        (riff(chunk(b"data", b"1234"), fmt(16)), "no fmt chunk"),
        (riff(fmt(16)), "no data chunk"),
        (riff(fmt(32, kind=3), chunk(b"data", np.array([np.nan], "<f4").tobytes())), "1 samples that are not a number"),
    ],
)
def test_what_cannot_be_read_is_named(data, found):
    with pytest.raises(AudioError) as caught:
        from_wav(data)

    assert found in caught.value.found


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=80), st.booleans())
def test_bytes_of_any_kind_are_read_or_refused(rest, has_format):
    data = b"RIFF\x24\0\0\0WAVE" + (fmt(16) if has_format else b"") + rest

    assert is_read_or_refused(data)


@settings(deadline=None)
@given(st.data())
def test_a_broken_file_is_read_or_refused(data):
    whole = bytearray(riff(extensible(24, 1), chunk(b"data", noise(30))))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))

    assert is_read_or_refused(bytes(whole))


def test_the_samples_are_not_copied_to_find_them():
    data = to_wav(PCM, 16_000, 2)

    found, body = parse_wav(data)

    assert (found.channels, found.rate_hz, found.sample_bytes, found.is_float) == (2, 16_000, 2, False)
    assert body.obj is data
    assert bytes(body) == PCM


def test_the_header_of_what_is_too_long_for_a_wav_says_that_its_size_is_not_known():
    header = wav_header(5 * 2**30)

    assert len(header) == HEADER_BYTES
    assert (header[4:8], header[40:44]) == (b"\xff" * 4, b"\xff" * 4)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((b"abc",), "got 3 bytes"),
        ((bytes(6), 24_000, 2), "whole frames of 4 bytes for 2 channels, got 6 bytes"),
        ((b"", 24_000, 0), "at least one channel, got 0"),
        ((b"", 0), "samples a second, got 0"),
    ],
)
def test_a_wav_that_nobody_could_read_is_not_written(arguments, words):
    with pytest.raises(AudioError, match=words):
        to_wav(*arguments)


@pytest.mark.parametrize("name", ["sound.wav", "SOUND.WAV", "sound.wave", "sound"])
def test_a_file_may_be_named_as_a_wav_or_have_no_ending(name):
    assert wav_path(name).name == name


@pytest.mark.parametrize("name", ["sound.mp3", "sound.ogg", "a.wav/b.webm"])
def test_a_file_must_not_be_named_as_another_kind(name):
    with pytest.raises(AudioError, match=r"a file name that ends in \.wav, got"):
        wav_path(name)
