"""The calls of a bot in a notebook cell: every tool and every routing decision, from the model's first character on."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from intentional_nb.bots import prices
from intentional_nb.bots.structure import BotStructure
from intentional_nb.bots.turn import Turn
from intentional_nb.errors import BotClosedError, ToolError
from intentional_nb.events import (
    ConversationReset,
    ConversationRewound,
    Event,
    RateLimitsReported,
    ReplyAudio,
    ReplyHeard,
    ReplyText,
    ReplyTranscribed,
    SpeechEnded,
    SpeechStarted,
    UsageReported,
)
from intentional_nb.markup import visible
from intentional_nb.panels.alerts import Alerts
from intentional_nb.panels.base import Panel
from intentional_nb.panels.bundle import bundle
from intentional_nb.panels.frame import css_length, title_of
from intentional_nb.panels.saved import StaticTranscript
from intentional_nb.panels.timeline_view import timeline_view
from intentional_nb.panels.tool_calls_again import Reruns
from intentional_nb.panels.tool_calls_html import MOST_CALLS as MOST_SAVED
from intentional_nb.panels.tool_calls_html import tool_calls_html
from intentional_nb.panels.tool_calls_view import Call, CallViews, Tools, call_changes, calls_of, latest, may_run_again
from intentional_nb.panels.tool_calls_written import WrittenCalls
from intentional_nb.tools.tool import Tool

__all__ = ["ToolCalls"]

_FOLDER = Path(__file__).parent

_SHOWS_NOTHING = frozenset(
    {
        *(ReplyText, ReplyAudio, ReplyHeard, ReplyTranscribed),
        *(SpeechStarted, SpeechEnded, UsageReported, RateLimitsReported),
    }
)
"""Events that change nothing here, among them those of which there are thousands."""
SHOWN_CALLS = 60
"""Calls that a page holds, about; it asks for that many more at a time."""
MOST_CALLS = 600
"""Calls that a page may hold in the end."""


class ToolCalls(Panel):
    """Every call that a bot's model makes; the last expression of a cell, or ``display(panel)``, shows it.

    Arguments come in as the model writes them; then the call runs, and has its result or its error. Calls of the same
    reply stand side by side. A routing call tells the options, the choice and the user's words. A tool whose author
    allows it (`Tool.can_rerun`) can be run again with the arguments of any call; the model is not told.

    Attributes:
        bot: The bot.
    """

    _esm = bundle(_FOLDER / "tool_calls.js")
    _css = bundle(_FOLDER / "tool_calls.css")

    def __init__(self, bot: BotStructure, *, title: str | None = None, height: int | str = 480) -> None:
        """Make a panel; nothing is shown yet.

        Args:
            bot: The bot to watch.
            title: Stands above the calls; by default the name of the conversation's file.
            height: Pixels, or a CSS length such as ``"60vh"``.

        Raises:
            TypeError: ``bot`` is not a bot, or an argument's name is not known.
            ValueError: ``height`` is not a length.
        """
        if not isinstance(bot, BotStructure):
            raise TypeError(f"tool calls need a bot, as load_bot makes it, got {bot!r:.100}")
        self.bot = bot
        self._title = title or title_of(bot, "Tool calls")
        self._shown = SHOWN_CALLS
        self._views, self._saved_views = CallViews(), CallViews()
        self._timed: dict[int, tuple[Any, dict[str, Any]]] = {}
        self._frozen: tuple[Any, StaticTranscript] | None = None  # the latest plain copy, and what it is of
        self._written = WrittenCalls(bot.intent_router.name, next(reversed(bot.transcript.turns), None))
        super().__init__({"title": visible(self._title), "height": css_length(height)})
        self._alerts = Alerts(self._coalescer.touch)
        self._reruns = Reruns(self._coalescer.touch)
        self._at_close += (bot.subscribe(self._note), self._reruns.close)

    def __repr__(self) -> str:
        return f"ToolCalls({self._title!r}, turns={len(self.bot.transcript)})"

    def freeze(self) -> StaticTranscript:
        """The calls so far as plain HTML: what a saved notebook keeps, for a cell of its own.

        It has no times in it, so that a notebook executed again comes out the same.
        """
        written = self._written.now()
        shown, hidden = latest(self.bot.transcript.turns, written, MOST_SAVED)
        views = self._saved_views.of(shown, runs=self._reruns.of)
        state = (views, hidden, self.bot.stage)
        # The panel asks at every change, and most change nothing here: then the views are the same objects.
        if self._frozen is None or self._frozen[0] != state:
            html = tool_calls_html(views, hidden=hidden, title=self._title, stage=self.bot.stage)
            self._frozen = state, StaticTranscript(html, repr(self))
        return self._frozen[1]

    # -- what it shows

    def _view(self) -> dict[str, Any]:
        # First what is written: the transcript may be newer than that, but not older.
        written = self._written.now()
        turns = self.bot.transcript.turns
        shown, hidden = latest(turns, written, self._shown)
        return {
            "stage": visible(self.bot.stage),
            "trail": [visible(stage) for stage in self.bot.trail],
            "busy": any(turn.status == "running" for turn in turns[-1:]),
            "closed": self.bot.is_closed,
            "hidden": hidden,
            "more": hidden > 0 and self._shown < MOST_CALLS,
            "alerts": self._alerts.view(),
            "turns": self._views.of(shown, self._tools(), self._reruns.of, self._times),
        }

    def _times(self, turn: Turn) -> dict[str, Any] | None:
        """Where the time of a turn went; None where nothing is known of it."""
        watch = self.bot.stopwatch
        times = watch.of(turn.number)
        if not times.spans:
            return None
        cost_usd = prices.cost_of_turn(times, on=turn.started_at.date())
        known = self._timed.get(turn.number)
        if known is None or known[0] != (times, cost_usd):
            now_ms = watch.now_ms(turn.number, time.perf_counter()) if turn.status == "running" else None
            known = (times, cost_usd), timeline_view(times, now_ms=now_ms, cost_usd=cost_usd)
            self._timed = {number: kept for number, kept in self._timed.items() if number > turn.number - MOST_CALLS}
            self._timed[turn.number] = known
        return known[1]

    def _tools(self) -> Tools:
        return self.bot.intent_router.equipped.tools

    def _changes(self, old: dict[str, Any], new: dict[str, Any]) -> list[Any]:
        state = {name: value for name, value in new.items() if name != "turns" and old[name] != value}
        return ([["state", state]] if state else []) + call_changes(old["turns"], new["turns"])

    def _is_settled(self) -> bool:
        is_running = any(turn.status == "running" for turn in self.bot.transcript.turns[-1:])
        return not is_running and not self._reruns.is_running

    def _note(self, event: Event) -> None:
        # Called in the bot's own thread: only take note.
        if type(event) in _SHOWS_NOTHING:
            return
        self._written.note(event)
        if isinstance(event, ConversationReset):
            self._reruns.keep(lambda _: False)
        elif isinstance(event, ConversationRewound):
            self._reruns.keep(lambda key: int(key.split(".")[0]) < event.turn)
        self._coalescer.touch()

    def _fail(self, error: Exception) -> None:
        self._alerts.fail(error)

    # -- what people do

    def _do(self, kind: str, message: Mapping[str, Any], buffers: Any) -> None:
        match kind:
            case "again":
                self._run_again(str(message["call"]))
            case "earlier":
                self._shown = min(self._shown + SHOWN_CALLS, MOST_CALLS)
            case "dismiss":
                self._alerts.dismiss(int(message["alert"]))
            case _:
                raise ValueError(f"the page sent a command that this panel does not know: {kind!r:.60}")
        self._coalescer.touch()

    def _run_again(self, key: str) -> None:
        # The page names the call and nothing else: what runs, and with which arguments, is known here.
        if self.bot.is_closed:
            raise BotClosedError("the bot was closed: its tools are not run any more")
        call, tool = self._rerunnable(key)
        self._reruns.start(key, tool, call.entry.arguments)  # type: ignore[union-attr, arg-type]  # a tool's call

    def _rerunnable(self, key: str) -> tuple[Call, Tool]:
        for turn in self.bot.transcript.turns:
            if key.split(".")[0] == str(turn.number):
                for call in calls_of(turn):
                    if call.key == key and (tool := may_run_again(call, self._tools())) is not None:
                        return call, tool
        raise ToolError(
            "this call cannot be run again: it is gone, still runs, or its tool does not allow it (can_rerun)"
        )
