"""The timeline: where the time of each turn went, live in a notebook cell, with tokens and cost."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from intentional_nb.bots import prices
from intentional_nb.bots.structure import BotStructure
from intentional_nb.events import (
    Event,
    PromptUpdated,
    RateLimitsReported,
    ReplyAudio,
    ReplyText,
    ReplyTranscribed,
    SpeechStarted,
    ToolArguments,
)
from intentional_nb.markup import visible
from intentional_nb.panels.alerts import Alerts
from intentional_nb.panels.base import Panel
from intentional_nb.panels.bundle import bundle
from intentional_nb.panels.entries import turn_changes
from intentional_nb.panels.frame import css_length, title_of
from intentional_nb.panels.saved import StaticTranscript
from intentional_nb.panels.timeline_html import MOST_TURNS, timeline_html
from intentional_nb.panels.timeline_view import TimelineViews, Totals

__all__ = ["SHOWN_TURNS", "Timeline"]

_FOLDER = Path(__file__).parent

SHOWN_TURNS = 100
"""Turns that a page holds; ``bot.turns`` has all."""

_SHOWS_NOTHING = frozenset({PromptUpdated, RateLimitsReported, ReplyTranscribed, SpeechStarted, ToolArguments})


class Timeline(Panel):
    """A live waterfall of each turn; the last expression of a cell, or ``display(panel)``, shows it.

    Each turn has a row with how long it took, how long the user waited for the first words, its tokens and its cost.
    Opened, it shows when each request, routing decision and tool call began and ended; of a spoken turn also how long
    the server waited for the end of the speech, when the transcript was there, and what was heard. The saved notebook
    keeps plain bars. They differ from run to run: in a notebook that must come out the same, show the panel before
    anything is said, or ``bot.turns.without_times()``.

    Attributes:
        bot: The bot.
    """

    _esm = bundle(_FOLDER / "timeline.js")
    _css = bundle(_FOLDER / "timeline.css")

    def __init__(self, bot: BotStructure, *, title: str | None = None, height: int | str = 420) -> None:
        """Make a panel; nothing is shown yet.

        Args:
            bot: The bot to watch.
            title: Stands above the turns; by default the name of the conversation's file.
            height: Pixels, or a CSS length such as ``"60vh"``.

        Raises:
            TypeError: ``bot`` is not a bot, or an argument's name is not known.
            ValueError: ``height`` is not a length.
        """
        if not isinstance(bot, BotStructure):
            raise TypeError(f"a timeline needs a bot, as load_bot makes it, got {bot!r:.100}")
        self.bot = bot
        self._title = title or title_of(bot, "Timeline")
        self._views = TimelineViews()
        self._totals = Totals()
        self._seen_part: tuple[int, int] | None = None  # the request whose first words were noted
        super().__init__({"title": visible(self._title), "height": css_length(height)})
        self._alerts = Alerts(self._coalescer.touch)
        self._at_close += (bot.subscribe(self._note),)

    def __repr__(self) -> str:
        return f"Timeline({self._title!r}, turns={len(self.bot.transcript)})"

    def freeze(self) -> StaticTranscript:
        """The bars as they are now as plain HTML: what a saved notebook keeps, for a cell of its own."""
        turns = self.bot.transcript.turns
        shown, watch = turns[-MOST_TURNS:], self.bot.stopwatch
        views = TimelineViews().of(shown, watch, time.perf_counter())
        words = {"title": visible(self._title), "totals": self._totals.words(turns, watch)}
        html = timeline_html(views, **words, notes=self._notes(), earlier=len(turns) - len(shown))
        return StaticTranscript(html, repr(self))

    # -- what it shows

    def _view(self) -> dict[str, Any]:
        turns = self.bot.transcript.turns
        shown = turns[-SHOWN_TURNS:]
        return {
            "stage": visible(self.bot.stage),
            "trail": [],
            "busy": not self._is_settled(),
            "hidden": len(turns) - len(shown),
            "closed": self.bot.is_closed,
            "alerts": self._alerts.view(),
            "totals": self._totals.words(turns, self.bot.stopwatch),
            "notes": self._notes(),
            "turns": self._views.of(shown, self.bot.stopwatch, time.perf_counter()),
        }

    def _notes(self) -> list[str]:
        return [visible(note) for note in prices.notes(self.bot.stopwatch)]

    def _changes(self, old: dict[str, Any], new: dict[str, Any]) -> list[Any]:
        state = {name: value for name, value in new.items() if name != "turns" and old[name] != value}
        return ([["state", state]] if state else []) + turn_changes(old["turns"], new["turns"])

    def _is_settled(self) -> bool:
        return not any(turn.status == "running" for turn in self.bot.transcript.turns[-1:])

    def _note(self, event: Event) -> None:
        # Called in the bot's own thread: only take note.
        if isinstance(event, ReplyText | ReplyAudio):  # only the first of many shows
            if (event.turn, event.part) == self._seen_part:
                return
            self._seen_part = event.turn, event.part
        elif type(event) in _SHOWS_NOTHING:
            return
        self._coalescer.touch()

    def _fail(self, error: Exception) -> None:
        self._alerts.fail(error)

    # -- what people do

    def _do(self, kind: str, message: Mapping[str, Any], buffers: Any) -> None:
        if kind != "dismiss":
            raise ValueError(f"the page sent a command that this panel does not know: {kind!r:.60}")
        self._alerts.dismiss(int(message["alert"]))
