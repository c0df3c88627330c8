"""Turns with calls as a bot leaves them, and views of them as the page of the tool calls gets them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from intentional_nb.bots.timing import Span, TurnTimes
from intentional_nb.bots.turn import RouteEntry, TextEntry, ToolEntry, Turn
from intentional_nb.events import RouteDecision
from intentional_nb.panels.timeline_view import timeline_view
from intentional_nb.panels.tool_calls_again import Run
from intentional_nb.panels.tool_calls_view import CallViews, Tools, latest
from intentional_nb.panels.tool_calls_written import Written, WrittenCall
from intentional_nb.tools.function import tool
from tests.panels.samples import turn

__all__ = ["TALK", "TOOLS", "called", "calls_view", "moved", "writing"]


@tool(can_rerun=True)
def weather(city: str) -> str:
    """Tell the weather."""
    return f"mild in {city}"


@tool
def book(day: str) -> str:
    """Book a table."""
    return f"booked for {day}"


TOOLS: Tools = {"here": {"weather": weather, "book": book}}


def called(
    name: str,
    arguments: Mapping[str, Any],
    output: str = "",
    *,
    id: str,
    status: Any = "ok",
    ms: float = 12,
    part: int = 0,
) -> ToolEntry:
    """A call of a tool."""
    return ToolEntry(id, name, arguments, status, output, ms, part)


def moved(
    kind: Any,
    source: str,
    target: str,
    choice: str,
    options: tuple[str, ...] = ("table_booked", "asks_weather", "withdraw"),
    *,
    said: str = "",
    part: int = 0,
    trail: tuple[str, ...] = (),
) -> RouteEntry:
    """A route decision."""
    decision = RouteDecision(
        turn=1,
        source=source,
        target=target,
        kind=kind,
        options=options,
        choice=choice,
        user_text=said,
        trail=trail,
        duration_ms=321,
    )
    return RouteEntry(decision, part)


def writing(name: str, arguments: str, *, id: str = "w", part: int = 0, is_dropped: bool = False) -> WrittenCall:
    """A call that is being written."""
    return WrittenCall(id, name, part, name == "classify_response", arguments, is_dropped)


TALK = (
    turn(1, None, TextEntry("Hello! What can I do for you?")),
    turn(
        2,
        "Is it warm in Oslo, Rome and Lima? And book a table for Friday, please.",
        called("weather", {"city": "Oslo"}, "3 °C, snow", id="c1", ms=312),
        called("weather", {"city": "Rome"}, '{"temperature": 18, "sky": "clear"}', id="c2", ms=287),
        called("book", {"day": "Friday", "people": 2}, "LookupError: no table 14", id="c3", status="error", ms=1204),
        moved("jump", "here", "weather_talk", "asks_weather", said="Is it warm in Oslo?", part=1, trail=("here",)),
        TextEntry("Snow in Oslo, sun in Rome."),
    ),
    turn(
        3,
        "Then fly me to the moon",
        moved("refused", "weather_talk", "weather_talk", "fly_to_moon", said="Then fly me to the moon"),
        called(
            "fly",
            {"to": "moon"},
            "Tool 'fly' not found. Available: 'weather', 'book'.",
            id="c4",
            status="unknown",
            ms=0,
            part=1,
        ),
        moved("backtrack", "weather_talk", "here", "withdraw", said="Then fly me to the moon", part=2),
    ),
    turn(4, "Thanks", moved("end", "here", "_end_", "table_booked", said="Thanks")),
)
"""Calls of all kinds: side by side, failing, refused."""


def calls_view(
    turns: Sequence[Turn] = (),
    written: Mapping[int, Written] | None = None,
    *,
    tools: Tools | None = None,
    runs: Callable[[str], Sequence[Run]] = lambda _: (),
    most: int = 60,
    **state: Any,
) -> dict[str, Any]:
    """What a page shows for these turns."""
    shown, hidden = latest(turns, written or {}, most)
    return {
        "stage": "here",
        "trail": [],
        "busy": any(turn.status == "running" for turn in turns[-1:]),
        "closed": False,
        "hidden": hidden,
        "more": hidden > 0,
        "alerts": [],
        "queue": [],
        "taken": [],
        "returned": [],
        "turns": CallViews().of(shown, TOOLS if tools is None else tools, runs, _times),
        **state,
    }


def _times(turn: Turn) -> dict[str, Any]:
    spans = (Span("request", "request", 0, 400, 210, "0"), Span("tool", "weather", 400, 712, key="c1"))
    return timeline_view(TurnTimes(turn.number, spans, 210.0, turn.duration_ms))
