from __future__ import annotations

import base64
import re
from types import SimpleNamespace

import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from intentional_nb.audio.clip import Clip
from intentional_nb.audio.playback import audio, play
from intentional_nb.errors import AudioError
from tests.audio.sounds import noise
from tests.shell import make_shell

CLIP = Clip(noise(2_400))


def heard(html: str) -> bytes:
    """The WAV that a page would play."""
    (found,) = re.findall(r'src="data:audio/wav;base64,([^"]*)"', html)
    return base64.b64decode(found)


@pytest.fixture
def displayed(monkeypatch):
    """What a kernel would tell its front end to show."""
    shell = make_shell()
    monkeypatch.setattr(InteractiveShell, "_instance", shell)
    shell.display_pub = CapturingDisplayPublisher()
    return shell.display_pub.outputs


def test_what_is_heard_are_the_clips_own_samples():
    html = audio(CLIP)._repr_html_()

    assert heard(html) == CLIP.to_wav()
    assert "controls" in html
    assert "autoplay" not in html


@pytest.mark.parametrize("clip", [Clip(b"\x01\x00" * 50), Clip.silence(5), Clip(b"")], ids=["faint", "silent", "empty"])
def test_what_is_faint_stays_faint_and_silence_is_no_error(clip):
    assert heard(audio(clip)._repr_html_()) == clip.to_wav()


def test_the_repr_tells_the_length_and_what_the_notebook_grows_by():
    assert repr(audio(Clip.silence(2_100))) == "audio(2.1 s, 134 kB in the notebook)"


@pytest.mark.parametrize("samples", [0, 1, 2, 3, 24_000])
def test_the_size_told_is_that_of_the_base64(samples):
    player = audio(Clip(bytes(2 * samples)))

    assert player.notebook_bytes == len(base64.b64encode(player.clip.to_wav()))


def test_a_second_is_64_kilobytes():
    assert audio(Clip.silence(1_000)).notebook_bytes == pytest.approx(64_000, rel=0.01)


def test_everything_that_a_clip_can_be_read_from_is_heard(tmp_path):
    path = CLIP.save(tmp_path / "clip.wav")
    sources = [CLIP, CLIP.to_wav(), path, str(path), (CLIP.array, 24_000), SimpleNamespace(audio=CLIP)]

    assert [audio(source).clip for source in sources] == [CLIP] * 6


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (None, "NoneType"),
        (b"ID3", "MP3"),
        (SimpleNamespace(audio=None), "SimpleNamespace whose audio is None"),
        (SimpleNamespace(audio=3), "int"),
    ],
)
@pytest.mark.parametrize("use", [audio, play])
def test_what_has_no_audio_is_named(use, source, found):
    with pytest.raises(AudioError) as caught:
        use(source)

    assert found in caught.value.found


@pytest.mark.parametrize("use", [audio, play])
def test_what_is_too_long_for_a_notebook_is_refused_with_what_to_do(use):
    with pytest.raises(AudioError) as caught:
        use(Clip.silence(60_100))

    assert str(caught.value) == (
        "60.1 s of audio would add 3.8 MB to the notebook, and the longest is 60 s: "
        "show a part, as with clip.part(0, 60000), or pass longest_s=None"
    )


def test_how_long_is_too_long_can_be_said():
    clip = Clip.silence(60_100)

    assert audio(Clip.silence(60_000)).clip.duration_ms == 60_000
    assert audio(clip, longest_s=None).clip is clip
    assert audio(clip, longest_s=61).clip is clip
    with pytest.raises(AudioError, match=r"clip\.part\(0, 500\)"):
        audio(clip, longest_s=0.5)


def test_playing_shows_a_player_that_begins_by_itself(displayed):
    play(CLIP)

    (output,) = displayed
    assert output["data"]["text/plain"] == "audio(100 ms, 6 kB in the notebook)"
    assert heard(output["data"]["text/html"]) == CLIP.to_wav()
    assert 'autoplay="autoplay"' in output["data"]["text/html"]
    assert set(output["data"]) == {"text/plain", "text/html"}


def test_nothing_is_shown_before_it_is_asked_for(displayed):
    audio(CLIP)

    assert displayed == []
