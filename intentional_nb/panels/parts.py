"""Panels made of panels: each part talks with its own page, the whole gives them their places and keeps one copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from intentional_nb.bots.structure import BotStructure
from intentional_nb.events import Event, ReplyAudio, ReplyText, ToolArguments
from intentional_nb.panels.alerts import Alerts
from intentional_nb.panels.base import Panel
from intentional_nb.panels.saved import StaticTranscript

__all__ = ["Part", "PartsPanel"]

_WITHIN_A_REPLY = (ReplyAudio, ReplyText, ToolArguments)
"""Events that come by the thousand, after which nothing is settled."""


class Part(Protocol):
    """A panel that shows a bot."""

    bot: BotStructure
    model_id: str

    def freeze(self) -> StaticTranscript:
        """What it shows, as plain HTML."""

    def close(self) -> None:
        """Take it off every page."""


class PartsPanel(Panel):
    """A panel with places for others. Subclasses say where they are and what stays of them (`freeze`).

    Attributes:
        parts: The panels, in the order in which they stand.
    """

    def __init__(self, parts: Sequence[Part], options: Mapping[str, Any]) -> None:
        """Make the whole; nothing is shown yet.

        Args:
            parts: The panels.
            options: What the page must know besides the ids of their models.
        """
        self.parts = tuple(parts)
        super().__init__({**options, "parts": [part.model_id for part in parts]})
        self._alerts = Alerts(self._coalescer.touch)
        bots = {id(part.bot): part.bot for part in parts}
        self._at_close += tuple(bot.subscribe(self._note) for bot in bots.values())

    def _note(self, event: Event) -> None:
        if not isinstance(event, _WITHIN_A_REPLY):
            self._coalescer.touch()

    def _view(self) -> dict[str, Any]:
        return {"busy": not self._is_settled(), "alerts": self._alerts.view()}

    def _changes(self, old: dict[str, Any], new: dict[str, Any]) -> list[Any]:
        return [] if old == new else [["state", new]]

    def _is_settled(self) -> bool:
        return not any(turn.status == "running" for part in self.parts for turn in part.bot.transcript.turns[-1:])

    def _do(self, kind: str, message: Mapping[str, Any], buffers: Any) -> None:
        if kind != "dismiss":
            raise ValueError(f"the page sent a command that this panel does not know: {kind!r:.60}")
        self._alerts.dismiss(int(message["alert"]))

    def _fail(self, error: Exception) -> None:
        self._alerts.fail(error)
