"""Panels side by side, such as those of a bot and its fork, to compare them."""

from __future__ import annotations

from pathlib import Path

from intentional_nb.panels.base import Panel
from intentional_nb.panels.bundle import bundle
from intentional_nb.panels.parts import PartsPanel
from intentional_nb.panels.saved import StaticTranscript

__all__ = ["SideBySide"]

_FOLDER = Path(__file__).parent


class SideBySide(PartsPanel):
    """Panels beside each other; where there is no room for that, one below the other.

        other = bot.fork(3, model="gpt-6-luna")
        SideBySide(ChatPanel(bot, title="before"), ChatPanel(other, title="after"))

    The panels go on working by themselves, wherever else they are shown. The saved notebook keeps a plain copy of all.
    """

    _esm = bundle(_FOLDER / "side_by_side.js")
    _css = bundle(_FOLDER / "side_by_side.css")

    def __init__(self, *panels: Panel) -> None:
        """Make it; nothing is shown yet.

        Args:
            panels: Two or more, from left to right.

        Raises:
            TypeError: Something is not a panel of a bot.
            ValueError: There are fewer than two.
        """
        for panel in panels:
            if not isinstance(panel, Panel) or not hasattr(panel, "bot"):
                raise TypeError(f"only panels can stand side by side, such as ChatPanel(bot), got {panel!r:.100}")
        if len(panels) < 2:
            raise ValueError(f"side by side there must be two panels or more, got {len(panels)}")
        super().__init__(panels, {})

    def __repr__(self) -> str:
        return f"SideBySide({', '.join(map(repr, self.parts))})"

    def freeze(self) -> StaticTranscript:
        """All panels as plain HTML: what a saved notebook keeps, for a cell of its own."""
        places = "".join(f'<div style="flex:1 1 320px;min-width:0">{part.freeze().html}</div>' for part in self.parts)
        html = f'<div class="inb-static" style="display:flex;flex-wrap:wrap;gap:8px">{places}</div>'
        return StaticTranscript(html, repr(self))
