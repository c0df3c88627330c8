from __future__ import annotations

import pytest

from intentional_nb.audio.resample import resample
from intentional_nb.local.speech.loading import engines
from intentional_nb.local.speech.silero import FRAME_SAMPLES, to_samples
from tests.local.speech.sounds import NOISES, OTHERS, needs_speech, noise, quiet, said, said_by

pytestmark = needs_speech


def probabilities(pcm):
    return engines().silero.probabilities(to_samples(resample(pcm, 24_000, 16_000)))


@pytest.mark.parametrize("kind", NOISES)
def test_noise_is_no_speech(kind):
    assert max(probabilities(noise(kind, 2000))) < 0.35


def test_silence_is_no_speech():
    assert max(probabilities(quiet(1000))) < 0.1


def test_speech_is_speech():
    found = probabilities(said("I would like to book a table for two people."))

    assert sum(one > 0.5 for one in found) > 0.7 * len(found)


@pytest.mark.parametrize("voice", OTHERS)
def test_other_voices_are_speech(voice):
    found = probabilities(said_by(voice, "I would like to book a table for two people."))

    assert sum(one > 0.5 for one in found) > 0.6 * len(found)


def test_two_streams_with_one_network_do_not_hear_each_other():
    speech = to_samples(resample(said("Hello there."), 24_000, 16_000))
    frames = speech[: len(speech) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    one, other = engines().silero.listener(), engines().silero.listener()

    heard = [(one.hear(frame), other.hear(0 * frame))[0] for frame in frames]

    assert heard == engines().silero.probabilities(frames.reshape(-1))


def test_the_last_frame_is_filled_up():
    assert len(probabilities(quiet(33))) == 2
    assert probabilities(b"") == []
