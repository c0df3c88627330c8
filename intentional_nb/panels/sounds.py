"""What can be listened to in a saved notebook: recordings inside its HTML, as few and as small as they can be."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from intentional_nb.audio.clip import Clip, duration_text, size_text

__all__ = ["MOST_BYTES", "Side", "Sounds"]

MOST_BYTES = 6_000_000
"""Of all recordings of a transcript in a notebook: about a minute and a half. Front ends read its file as a whole."""

Side = Literal["user", "bot"]
"""Who is heard."""

_PLAYER = "display:block;width:260px;height:32px;margin:4px 0"
_USER_PLAYER = f"{_PLAYER} 4px auto"


@dataclass(frozen=True, slots=True)
class Sounds:
    """Recordings of a conversation for its plain transcript.

    Attributes:
        note: How many there are and how much room they take.
    """

    note: str
    _players: dict[tuple[int, Side], str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls, turns: Iterable[int], clip_of: Callable[[int, Side], Clip | None], *, most_bytes: int = MOST_BYTES
    ) -> Sounds:
        """Recordings of these turns, as many of the first as there is room for.

        Args:
            turns: Numbers of the turns, oldest first.
            clip_of: The recording of one side of a turn; None, or an empty clip, when there is none.
            most_bytes: Of all of them together, in the notebook.
        """
        players: dict[tuple[int, Side], str] = {}
        used_bytes, used_ms, left_out = 0, 0.0, 0
        for key, clip in _clips(turns, clip_of):
            address = f"data:audio/wav;base64,{base64.b64encode(clip.to_wav()).decode()}"
            if used_bytes + len(address) > most_bytes:
                left_out += 1
                continue
            used_bytes, used_ms = used_bytes + len(address), used_ms + clip.duration_ms
            style = _USER_PLAYER if key[1] == "user" else _PLAYER
            players[key] = f'<audio controls preload="metadata" style="{style}" src="{address}"></audio>'
        return cls(_note(len(players), used_ms, used_bytes, left_out), players)

    def player(self, turn: int, side: Side) -> str:
        """HTML to listen to one side of a turn; empty when it cannot be."""
        return self._players.get((turn, side), "")


def _clips(
    turns: Iterable[int], clip_of: Callable[[int, Side], Clip | None]
) -> Iterable[tuple[tuple[int, Side], Clip]]:
    sides: tuple[Side, ...] = ("user", "bot")
    for turn in turns:
        for side in sides:
            clip = clip_of(turn, side)
            if clip is not None and clip.pcm:
                yield (turn, side), clip


def _note(count: int, ms: float, size_bytes: int, left_out: int) -> str:
    recordings = f"{count} recording{'' if count == 1 else 's'}"
    words = f"{recordings}, {duration_text(ms)}, {size_text(size_bytes)} of this notebook" if count else "No recordings"
    return f"{words}; {left_out} more would make it too large" if left_out else words
