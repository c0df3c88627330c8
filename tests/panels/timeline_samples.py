"""Turns with their times, and views of them as the page of a timeline gets them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from intentional_nb.bots.prices import OPENAI
from intentional_nb.bots.timing import Span, Tokens, TurnTimes
from intentional_nb.bots.turn import Turn
from intentional_nb.panels.timeline_view import TimelineViews, totals_words
from tests.panels.samples import NOON, spoken, turn

__all__ = ["CHAT", "OPENING", "RUNNING", "VOICE", "FakeWatch", "timeline_view_of", "walk_times"]

OPENING = TurnTimes(1, (Span("request", "opening line", 0, 0.4, 0.1, "0"),), 0.1, 0.6)

CHAT = TurnTimes(
    2,
    (
        Span("routing", "name_given", 3, 420, key="0"),
        Span("request", "request", 424, 1010, key="1"),
        Span("tool", "current_date_time", 1012, 1020, key="c1"),
        Span("tool", "look_up_calendar", 1013, 1890, key="c2"),
        Span("request", "request", 1895, 3120, 2304, "2"),
    ),
    2304,
    3124,
    (
        ("gpt-5-mini", Tokens(812, 21)),
        ("gpt-5-mini", Tokens(901, 64, 640)),
        ("gpt-5-mini", Tokens(1010, 88, 640, 32)),
    ),
    OPENAI,
)
"""A written turn: a routing decision, two tools side by side, and the reply."""

VOICE = TurnTimes(
    3,
    (
        Span("listening", "listening", -520, 0, key="i1"),
        Span("transcript", "transcript", 0, 310, key="i1"),
        Span("routing", "age_given", 20, 480, key="0"),
        Span("request", "request", 482, 1720, 760, "1"),
        Span("playing", "heard", 780, 4100, key="o1"),
    ),
    760,
    1730,
    (
        ("gpt-realtime", Tokens(1400, 20, 900, 0, 300, 0, 120)),
        ("gpt-realtime", Tokens(1480, 240, 900, 0, 300, 190, 120)),
    ),
    OPENAI,
)
"""A spoken turn, which was heard for longer than it was made."""

RUNNING = TurnTimes(
    4,
    (Span("routing", "withdraw", 2, 610, key="0"), Span("tool", "cancel_interview", 612, key="c1")),
    usage=(("some-model", Tokens(900, 12)),),
)
"""A turn in the middle of a tool call."""


class FakeWatch:
    """A stopwatch that has stopped at these times; every turn is taken to have begun at second 0."""

    def __init__(self, times: Iterable[TurnTimes]) -> None:
        self._times = {one.turn: one for one in times}

    def of(self, number: int) -> TurnTimes:
        return self._times.get(number, TurnTimes(number))

    def now_ms(self, number: int, now_s: float) -> float | None:
        return now_s * 1000 if number in self._times else None


def walk_times() -> tuple[list[Turn], list[TurnTimes]]:
    """A conversation with an opening line, a written, a spoken and a running turn."""
    turns = [
        turn(1, None, ms=0.6),
        Turn(2, "I am Ada, and could we talk on Thursday?", "ask_name", "ask_age", "completed", (), NOON, 3124),
        spoken(3, "I am thirty-six", status="cancelled"),
        turn(4, "I would rather not go on", status="running"),
    ]
    return turns, [OPENING, CHAT, VOICE, RUNNING]


def timeline_view_of(turns: list[Turn], times: list[TurnTimes], *, now_s: float = 1.4, **state: Any) -> dict[str, Any]:
    """What the page shows of a conversation."""
    return {
        "stage": "ask_name",
        "trail": [],
        "busy": any(one.status == "running" for one in turns),
        "hidden": 0,
        "closed": False,
        "alerts": [],
        "totals": totals_words(times, [0.0] * len(times)),
        "notes": ["price of gpt-5-mini: genai-prices 0.2.3, as of 2026-11-10 or later"],
        "queue": [],
        "taken": [],
        "returned": [],
        "turns": TimelineViews().of(turns, FakeWatch(times), now_s),
        **state,
    }
