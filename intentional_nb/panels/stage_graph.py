"""The stage graph: a bot's conversation graph in a notebook cell, lit up where the conversation is and has been."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from intentional_nb.bots import prices
from intentional_nb.bots.structure import BotStructure
from intentional_nb.bots.turn import Turn
from intentional_nb.conversation.diagram import Direction, page_sheet
from intentional_nb.events import (
    Event,
    GraphSwapped,
    RateLimitsReported,
    ReplyAudio,
    ReplyHeard,
    ReplyText,
    ReplyTranscribed,
    SpeechEnded,
    SpeechStarted,
    ToolArguments,
    UsageReported,
)
from intentional_nb.markup import visible
from intentional_nb.panels.alerts import Alerts
from intentional_nb.panels.base import Panel
from intentional_nb.panels.bundle import bundle
from intentional_nb.panels.drawings import Drawings
from intentional_nb.panels.entries import shortened, turn_changes
from intentional_nb.panels.frame import css_length, title_of
from intentional_nb.panels.instructions import Instructions
from intentional_nb.panels.saved import StaticTranscript
from intentional_nb.panels.stage_graph_html import stage_graph_html
from intentional_nb.panels.stage_journey import Journey
from intentional_nb.panels.stage_map import StageMap, reachable_view
from intentional_nb.panels.timeline_view import timeline_view

__all__ = ["StageGraph"]

_FOLDER = Path(__file__).parent

_SHOWS_NOTHING = frozenset(
    {
        *(ReplyText, ReplyAudio, ReplyHeard, ReplyTranscribed),
        *(SpeechStarted, SpeechEnded, ToolArguments, UsageReported, RateLimitsReported),
    }
)
"""Events that change nothing here, among them those of which there are thousands."""
OPEN_STAGES = 6
"""Stages of which the page is told what the model is told there; of those that were opened, the latest."""
MOST_CHANGES = 50
"""Changes of a swapped graph that the page is told of."""


class StageGraph(Panel):
    """A live picture of a bot's graph; the last expression of a cell, or ``display(panel)``, shows it.

    It shows where the conversation stands, where it would return to, where it has been and how often, and what can be
    reached. A stage that is clicked tells what the model is told there, a way tells each time that it was taken. The
    saved notebook keeps a plain picture.

    Attributes:
        bot: The bot.
    """

    _esm = bundle(_FOLDER / "stage_graph.js")
    _css = bundle(_FOLDER / "stage_graph.css") + page_sheet()

    def __init__(
        self,
        bot: BotStructure,
        *,
        title: str | None = None,
        height: int | str = 520,
        direction: Direction = "TB",
    ) -> None:
        """Make a panel; nothing is shown yet.

        Args:
            bot: The bot to watch.
            title: Stands above the picture; by default the name of the conversation's file.
            height: Pixels, or a CSS length such as ``"60vh"``.
            direction: Where the story goes at first: ``TB`` from top to bottom, ``LR`` from left to right.

        Raises:
            TypeError: ``bot`` is not a bot, or an argument's name is not known.
            ValueError: ``height`` is not a length, or ``direction`` not one of those that there are.
        """
        if not isinstance(bot, BotStructure):
            raise TypeError(f"a stage graph needs a bot, as load_bot makes it, got {bot!r:.100}")
        self.bot = bot
        self._title = title or title_of(bot, "Conversation")
        self._direction = _checked(direction)
        self._instructions = Instructions(bot)
        self._open_stages: deque[str] = deque(maxlen=OPEN_STAGES)
        self._changed: tuple[str, ...] = ()  # what the latest swap of the graph changed
        self._frozen: tuple[Any, StaticTranscript] | None = None  # the latest plain copy, and what it is of
        self._lock = threading.Lock()
        super().__init__({"title": visible(self._title), "height": css_length(height), "direction": direction})
        self._alerts = Alerts(self._coalescer.touch)
        self._drawings = Drawings(bot.graph, self._coalescer.touch, self._fail)
        self._journey = Journey(self._drawings.now.map)
        self._at_close += (bot.subscribe(self._note),)

    def __repr__(self) -> str:
        return f"StageGraph({self._title!r}, stage={self.bot.stage!r})"

    def freeze(self) -> StaticTranscript:
        """The picture as it is now as plain HTML: what a saved notebook keeps, for a cell of its own."""
        shown, position = self._drawings.now.map, self.bot.position
        past = self._journey_in(shown).past(self.bot.transcript.turns)
        state = (shown, position, past)
        # The panel asks at every change, and most change nothing here.
        if self._frozen is None or self._frozen[0] != state:
            html = stage_graph_html(past, shown, position, title=self._title, direction=self._direction)
            self._frozen = state, StaticTranscript(html, repr(self))
        return self._frozen[1]

    # -- what it shows

    def _view(self) -> dict[str, Any]:
        drawn, position = self._drawings.now, self.bot.position
        turns = self.bot.transcript.turns
        return {
            "stage": visible(position.stage),
            "trail": [visible(stage) for stage in position.trail],
            "now": drawn.map.box(position.stage),
            "path": [drawn.map.box(stage) for stage in position.trail],
            "reachable": reachable_view(drawn.map, position),
            "busy": any(turn.status == "running" for turn in turns[-1:]),
            "closed": self.bot.is_closed,
            "alerts": self._alerts.view(),
            "graph": drawn.map.view,
            "changed": list(self._changed),
            **{f"picture_{direction}": picture for direction, picture in drawn.pictures.items()},
            "drawing": self._drawings.is_drawing,
            "told": self._told(),
            "times": self._times(turns[-1:]),
            **self._journey_in(drawn.map).view(turns, position.stage),
        }

    def _journey_in(self, shown: StageMap) -> Journey:
        journey = self._journey
        if journey.map is not shown:
            journey = self._journey = Journey(shown)
        return journey

    def _told(self) -> dict[str, Any]:
        """What the model is told in the stages that are open on some page, by their ids."""
        shown = self._drawings.now.map
        with self._lock:
            boxes = tuple(self._open_stages)
        names = {box: shown.stage(box) for box in boxes}
        views = {box: self._instructions.view(name) for box, name in names.items() if name is not None}
        return {box: view for box, view in views.items() if view is not None}

    def _times(self, turns: Sequence[Turn]) -> dict[str, Any] | None:
        """Where the time of the latest turn went; None where nothing is known of it."""
        times = self.bot.stopwatch.of(turns[-1].number) if turns else None
        if times is None or not times.spans:
            return None
        now_ms = self.bot.stopwatch.now_ms(times.turn, time.perf_counter())
        cost_usd = prices.cost_of_turn(times, on=turns[-1].started_at.date())
        return {"n": times.turn, **timeline_view(times, now_ms=now_ms, cost_usd=cost_usd)}

    def _changes(self, old: dict[str, Any], new: dict[str, Any]) -> list[Any]:
        state = {name: value for name, value in new.items() if name != "turns" and old.get(name) != value}
        return ([["state", state]] if state else []) + turn_changes(old["turns"], new["turns"])

    def _is_settled(self) -> bool:
        return not any(turn.status == "running" for turn in self.bot.transcript.turns[-1:])

    def _opened(self) -> None:
        self._drawings.want(self._direction)

    def _note(self, event: Event) -> None:
        # Called in the bot's own thread: only take note.
        if type(event) in _SHOWS_NOTHING:
            return
        self._instructions.note(event)
        if isinstance(event, GraphSwapped):
            self._changed = tuple(visible(shortened(line, 500)) for line in event.changes[:MOST_CHANGES])
            self._drawings.follow(self.bot.graph)
        self._coalescer.touch()

    def _fail(self, error: Exception) -> None:
        self._alerts.fail(error)

    # -- what people do

    def _do(self, kind: str, message: Mapping[str, Any], buffers: Any) -> None:
        match kind:
            case "open":
                self._look_at(str(message["stage"]), is_open=True)
            case "shut":
                self._look_at(str(message["stage"]), is_open=False)
            case "draw":
                self._drawings.want(_checked(str(message["direction"])))
            case "dismiss":
                self._alerts.dismiss(int(message["alert"]))
            case _:
                raise ValueError(f"the page sent a command that this panel does not know: {kind!r:.60}")
        self._coalescer.touch()

    def _look_at(self, box: str, *, is_open: bool) -> None:
        with self._lock:
            if box in self._open_stages:
                self._open_stages.remove(box)
            if is_open:
                self._open_stages.append(box)


def _checked(direction: str) -> str:
    if direction not in get_args(Direction):
        raise ValueError(f"direction {direction!r:.60} is none of {', '.join(get_args(Direction))}")
    return direction
