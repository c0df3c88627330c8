"""What stands around every panel: its title and its height."""

from __future__ import annotations

import re
from pathlib import Path

from intentional_nb.bots.structure import BotStructure

__all__ = ["css_length", "title_of"]

_LENGTH = re.compile(r"\d+(\.\d+)?(px|em|rem|vh|%)")


def title_of(bot: BotStructure, otherwise: str) -> str:
    """The name of the conversation's file as a title; ``otherwise`` where there is no file."""
    source = bot.graph.source
    return Path(source).stem.replace("_", " ").replace("-", " ").capitalize() if source else otherwise


def css_length(height: int | str) -> str:
    """A height as style sheets write it: a number means pixels.

    Raises:
        ValueError: It is no length, or none that there can be.
    """
    if isinstance(height, int) and not isinstance(height, bool) and height > 0:
        return f"{height}px"
    if isinstance(height, str) and _LENGTH.fullmatch(height):
        return height
    raise ValueError(f"height must be pixels or a CSS length such as '60vh', got {height!r}")
