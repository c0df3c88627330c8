"""Sound files that pages send in pieces, to be heard as the user's speech."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from intentional_nb.audio.clip import Clip
from intentional_nb.audio.pcm import BYTES_PER_MS

__all__ = ["IncomingClips", "NamedClip"]

LONGEST_MS = 125_000
"""Of one clip; the page offers two minutes."""
MOST_AT_ONCE = 4
"""Clips of which pieces are missing; of more, the oldest are given up."""


@dataclass(frozen=True, slots=True)
class NamedClip:
    """A whole clip, and the name of the file that it came from."""

    name: str
    clip: Clip


@dataclass(slots=True)
class _Pieces:
    count: int
    held: dict[int, bytes] = field(default_factory=dict)


class IncomingClips:
    """Puts clips together. Any thread may use it."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, _Pieces] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, message: Mapping[str, Any], buffers: Sequence[Any]) -> NamedClip | None:
        """Take a piece; gives the clip when it was the last that was missing.

        Raises:
            ValueError: It makes no sense, or the clip is too long.
        """
        key, name = str(message["clip"])[:64], str(message["name"])[:200]
        index, count = int(message["index"]), int(message["count"])
        if not 0 <= index < count or len(buffers) != 1:
            raise ValueError(f"a piece of {name!r} came as number {index} of {count}, with {len(buffers)} buffers")
        with self._lock:
            pieces = self._open.setdefault(key, _Pieces(count))
            pieces.held[index] = bytes(buffers[0])
            if sum(map(len, pieces.held.values())) > LONGEST_MS * BYTES_PER_MS:
                del self._open[key]
                raise ValueError(f"{name!r} is too long; a clip may have {LONGEST_MS // 1000} s")
            if len(pieces.held) < pieces.count:
                while len(self._open) > MOST_AT_ONCE:
                    self._open.popitem(last=False)
                return None
            del self._open[key]
        return NamedClip(name, Clip(b"".join(pieces.held[number] for number in sorted(pieces.held))))
