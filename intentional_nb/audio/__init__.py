"""Sound as numbers: PCM, WAV, sample rates, and hearing it in a notebook.

Reading order: `pcm` (samples as bytes), `resample` (rates), `formats` and `wav` (files), `clip` (a piece of audio as a
value), `playback` (hearing it), `timeline` (both sides of a conversation in one file). numpy and soxr are loaded when
they are first used.
"""

from intentional_nb.audio.clip import Clip
from intentional_nb.audio.pcm import BYTES_PER_MS, RATE_HZ, Level, duration_ms, from_array, level, to_array
from intentional_nb.audio.playback import Player, audio, play
from intentional_nb.audio.resample import Resampler, resample
from intentional_nb.audio.timeline import Piece, one_after_another, write_stereo
from intentional_nb.audio.wav import from_wav, to_wav

__all__ = [
    "BYTES_PER_MS",
    "RATE_HZ",
    "Clip",
    "Level",
    "Piece",
    "Player",
    "Resampler",
    "audio",
    "duration_ms",
    "from_array",
    "from_wav",
    "level",
    "one_after_another",
    "play",
    "resample",
    "to_array",
    "to_wav",
    "write_stereo",
]
