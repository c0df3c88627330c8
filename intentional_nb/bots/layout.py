"""Where on one timeline the pieces of a spoken conversation stood: pure arithmetic on samples.

The rules:

- A microphone that runs is the clock: all that it gives is one *stretch*, without gaps.
- A clip that is sent as a whole begins when both sides are silent.
- What the bot says begins when a player first plays it. Without a player, or without a microphone to measure it by, it
  begins when both sides are silent; beside a running microphone that is where the user's speech ended.
- What the bot says ends where the user stopped hearing it.

Everything is worked out from the order in which things began, so that the same conversation gives the same timeline.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["Item", "Place", "Stretch", "laid_out"]


@dataclass(slots=True, eq=False)
class Stretch:
    """Audio of the user without a gap.

    Attributes:
        sent_at: Where it begins in all audio sent, in samples.
        offset: Where it begins in the user's file, in samples.
        is_live: Whether a microphone gave it, rather than a clip.
        follows: Whether it continues the stretch before it, as the clock goes on.
        during: The bot's item that was playing when it began, and how many samples of it had been played.
        samples: How long it is.
    """

    sent_at: int
    offset: int
    is_live: bool
    follows: bool = False
    during: tuple[Item, int] | None = None
    samples: int = 0

    @property
    def sent_until(self) -> int:
        """Where it ends in all audio sent."""
        return self.sent_at + self.samples


@dataclass(slots=True, eq=False)
class Item:
    """Something that the bot said.

    Attributes:
        turn: The turn it belongs to.
        extents: Where it lies in the bot's file: pairs of a position and a length, in samples.
        samples: How long it is.
        heard: How much of it the user heard; None for all.
        played: How much of it a player has reported.
        during: The stretch that the microphone was giving when it began to sound, and how long that was by then.
        has_begun: Whether it has begun to sound.
    """

    turn: int
    extents: list[tuple[int, int]] = field(default_factory=list)
    samples: int = 0
    heard: int | None = None
    played: int = 0
    during: tuple[Stretch, int] | None = None
    has_begun: bool = False

    @property
    def sounding(self) -> int:
        """How much of it sounded, in samples."""
        return self.samples if self.heard is None else min(self.heard, self.samples)

    def add(self, offset: int, samples: int) -> None:
        """More of it lies at ``offset``."""
        if self.extents and sum(self.extents[-1]) == offset:
            self.extents[-1] = (self.extents[-1][0], self.extents[-1][1] + samples)
        else:
            self.extents.append((offset, samples))
        self.samples += samples


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch or an item at its place, in samples from the beginning of the timeline."""

    at: int
    what: Stretch | Item


def laid_out(pieces: Iterable[Stretch | Item]) -> list[Place]:
    """Each piece at its place.

    Args:
        pieces: In the order in which they began to sound.
    """
    starts: dict[int, int] = {}
    places = []
    user_end = bot_end = 0
    for piece in pieces:
        if isinstance(piece, Stretch):
            at = _start_of_stretch(piece, starts, user_end, bot_end)
            user_end = at + piece.samples
        else:
            at = _start_of_item(piece, starts, user_end, bot_end)
            bot_end = max(bot_end, at + piece.sounding)
        starts[id(piece)] = at
        places.append(Place(at, piece))
    return places


def _start_of_stretch(stretch: Stretch, starts: dict[int, int], user_end: int, bot_end: int) -> int:
    if stretch.follows:
        return user_end
    if stretch.during is not None and id(stretch.during[0]) in starts:
        item, played = stretch.during
        return max(user_end, starts[id(item)] + played)
    return max(user_end, bot_end)


def _start_of_item(item: Item, starts: dict[int, int], user_end: int, bot_end: int) -> int:
    if item.during is not None and id(item.during[0]) in starts:
        stretch, given = item.during
        return max(bot_end, starts[id(stretch)] + given, 0)
    return max(user_end, bot_end)
