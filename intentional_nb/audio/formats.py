"""What some bytes are, by how they begin: for errors that name what came instead of a WAV."""

from __future__ import annotations

__all__ = ["name_of"]

_BEGINNINGS = (
    (b"OggS", "Ogg (Vorbis or Opus) audio"),
    (b"\x1aE\xdf\xa3", "WebM audio, as browsers record it"),
    (b"fLaC", "FLAC audio"),
    (b"ID3", "MP3 audio"),
    (b"caff", "Apple CAF audio"),
    (b".snd", "AU audio"),
    (b"#!AMR", "AMR audio"),
    (b"RIFX", "WAV audio of the big-endian kind (RIFX)"),
)
_IN_CONTAINER = {b"AIFF": "AIFF audio", b"AIFC": "AIFF audio", b"AVI ": "AVI video", b"WEBP": "a WebP picture"}
_CONVERT = "convert it first, for example with ffmpeg -i sound.in -ac 1 -ar 24000 sound.wav"


def name_of(data: bytes) -> str:
    """What the bytes are, in words, with what to do about it where that is known.

    >>> name_of(b"OggS rest")
    'Ogg (Vorbis or Opus) audio: convert it first, for example with ffmpeg -i sound.in -ac 1 -ar 24000 sound.wav'
    """
    if data[:5] == b"UklGR":
        return "base64 text of a WAV: decode it first, with base64.b64decode"
    known = _known(data)
    return f"{known}: {_CONVERT}" if known else _unknown(data)


def _known(data: bytes) -> str | None:
    for beginning, name in _BEGINNINGS:
        if data.startswith(beginning):
            return name
    if data[:4] in (b"RIFF", b"FORM"):
        return _IN_CONTAINER.get(data[8:12])
    if data[4:8] == b"ftyp":
        return "MP4 or M4A audio"
    if len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0:  # the sync word of MPEG audio
        return "AAC audio" if data[1] & 0x06 == 0 else "MP3 audio"
    return None


def _unknown(data: bytes) -> str:
    if not data:
        return "no bytes at all"
    start = bytes(data[:16])
    return f"{len(data)} bytes that begin with {start!r} (raw PCM needs no reading: Clip(pcm), or to_wav(pcm, rate_hz))"
