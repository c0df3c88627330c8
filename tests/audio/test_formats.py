from __future__ import annotations

import pytest

from intentional_nb.audio.formats import name_of


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"OggS\0\x02", "Ogg"),
        (b"\x1aE\xdf\xa3\x9fB\x86", "WebM"),
        (b"fLaC\0\0", "FLAC"),
        (b"ID3\x04\0", "MP3"),
        (b"\xff\xfb\x90\x64", "MP3"),
        (b"\xff\xf3\x44\xc4", "MP3"),
        (b"\xff\xf1\x50\x80", "AAC"),
        (b"\0\0\0\x1cftypM4A ", "M4A"),
        (b"FORM\0\0\x10\0AIFFCOMM", "AIFF"),
        (b"RIFX\0\0\0\x24WAVE", "big-endian"),
        (b"RIFF\x24\0\0\0AVI LIST", "AVI"),
        (b".snd\0\0\0\x18", "AU"),
        (b"caff\0\x01", "CAF"),
        (b"#!AMR\n", "AMR"),
    ],
)
def test_other_formats_are_known_by_how_they_begin_and_can_be_converted(data, name):
    assert name in name_of(data)
    assert "ffmpeg" in name_of(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"UklGRiQAAABXQVZF", "base64.b64decode"),
        (b"", "no bytes at all"),
        (b"<!DOCTYPE html><html>", "21 bytes that begin with b'<!DOCTYPE html><'"),
        (b"RIFF\x24\0\0\0ABCD", "12 bytes that begin with"),
        (b"\xff", "1 bytes that begin with"),
        (bytes(4_800), "Clip(pcm)"),
    ],
)
def test_what_is_no_known_format_is_shown_with_what_to_do(data, words):
    assert words in name_of(data)
    assert "ffmpeg" not in name_of(data)
