"""Hearing audio in a notebook, when it is asked for.

Nothing else in this package puts audio into a notebook. `audio` and `play` do: what they show is stored in the cell's
output as a WAV in base64, 64 kB for each second, and stays there until the output is cleared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from intentional_nb.audio.clip import Clip, ClipSource, duration_text, size_text
from intentional_nb.audio.pcm import mismatch
from intentional_nb.audio.wav import HEADER_BYTES
from intentional_nb.errors import AudioError

__all__ = ["LONGEST_S", "Player", "audio", "play"]

LONGEST_S = 60.0
"""Seconds that go into a notebook without asking for more: 3.8 MB."""


@dataclass(frozen=True, slots=True, repr=False)
class Player:
    """Audio with the browser's controls; what `audio` returns.

    Attributes:
        clip: What is heard.
        is_autoplaying: Whether it begins by itself, where the browser lets it.
    """

    clip: Clip
    is_autoplaying: bool = False

    @property
    def notebook_bytes(self) -> int:
        """What it adds to the notebook's file: the WAV in base64."""
        return -(-(HEADER_BYTES + len(self.clip.pcm)) // 3) * 4

    def __repr__(self) -> str:
        return f"audio({duration_text(self.clip.duration_ms)}, {size_text(self.notebook_bytes)} in the notebook)"

    def _repr_html_(self) -> str:
        # A WAV, not an array: IPython makes arrays as loud as can be, and fails at silence.
        from IPython.display import Audio

        html: str = Audio(data=self.clip.to_wav(), autoplay=self.is_autoplaying)._repr_html_()
        return html.strip()


def audio(source: ClipSource | Any, *, longest_s: float | None = LONGEST_S) -> Player:
    """Audio with controls to hear it, as the last line of a cell.

    It goes into the notebook's file with the cell's output: each second adds 64 kB there, a minute 3.8 MB. The repr
    tells how much.

    Args:
        source: Anything that `Clip.read` takes, or something with a clip as its ``audio``.
        longest_s: Refuse what is longer, in seconds; None for no limit.

    Raises:
        AudioError: No audio, or more than `longest_s`.
    """
    player = Player(_clip_of(source))
    seconds = player.clip.duration_ms / 1000
    if longest_s is not None and seconds > longest_s:
        raise AudioError(
            f"{seconds:.1f} s of audio would add {size_text(player.notebook_bytes)} to the notebook, "
            f"and the longest is {longest_s:g} s: show a part, as with clip.part(0, {longest_s * 1000:.0f}), "
            "or pass longest_s=None",
            expected=f"at most {longest_s:g} s",
            found=f"{seconds:.1f} s",
        )
    return player


def play(source: ClipSource | Any, *, longest_s: float | None = LONGEST_S) -> None:
    """Show audio that begins to play by itself.

    Like `audio` it is stored in the notebook's file, 64 kB for each second; where such a notebook is opened again and
    trusted, browsers may play it again. Takes the same arguments and raises the same errors.
    """
    from IPython.display import display

    display(Player(audio(source, longest_s=longest_s).clip, is_autoplaying=True))


def _clip_of(source: Any) -> Clip:
    held = getattr(source, "audio", source)
    if held is None:
        raise mismatch("something with audio", f"{type(source).__qualname__} whose audio is None")
    return Clip.read(held)
