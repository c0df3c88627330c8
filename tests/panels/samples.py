"""Turns as a bot leaves them, and views of them as a page gets them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from intentional_nb.bots.transcript import Entry, ErrorEntry, NoticeEntry, RouteEntry, TextEntry, ToolEntry, Turn
from intentional_nb.events import RouteDecision
from intentional_nb.panels.entries import TurnViews

__all__ = ["OPENING", "cut", "move", "spoken", "turn", "view", "walk"]

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

MARKDOWN = """Here is what I have **so far**:

| field | value |
|---|---|
| name | Ada Lovelace |
| city | London |

```python
def greet(name: str) -> str:
    return f"Hello, {name}!"  # friendly
```

- one [link](https://example.org/docs)
- and `inline code`
"""


def turn(
    number: int, user: str | None, *entries: Entry, status: Any = "completed", ms: float = 1234, **speech: Any
) -> Turn:
    """A turn; ``speech`` is what makes it a spoken one."""
    return Turn(number, user, "here", "here", status, entries, NOON, 0.0 if status == "running" else ms, **speech)


def spoken(number: int, user: str, *entries: Entry, **rest: Any) -> Turn:
    """A turn whose user spoke; all of it is transcribed unless told otherwise."""
    return turn(number, user, *entries, **{"item_id": f"item_{number}", **rest})


def cut(text: str, heard: str, ms: int = 1400) -> TextEntry:
    """Speech of the bot of which only ``heard`` was played."""
    return TextEntry(text, item_id="item_x", heard_ms=ms, received_ms=9000, heard_text=heard, is_interrupted=True)


def move(kind: Any, source: str, target: str, choice: str = "", options: tuple[str, ...] = ("yes", "no")) -> RouteEntry:
    """A route decision."""
    decision = RouteDecision(
        turn=1, source=source, target=target, kind=kind, options=options, choice=choice, user_text="", duration_ms=321
    )
    return RouteEntry(decision)


OPENING = turn(1, None, TextEntry("Hello! I would like to ask you a few questions. Is now a good time?"), ms=0)


def walk() -> list[Turn]:
    """A conversation with every kind of entry."""
    return [
        OPENING,
        turn(2, "Yes, go ahead", move("outcome", "ask_time", "ask_name", "yes"), TextEntry("What is your name?")),
        turn(
            3,
            "Can we do this on Thursday instead?",
            move("jump", "ask_name", "reschedule", "reschedule", ("name_given", "reschedule")),
            ToolEntry("c1", "current_date_time", {}, "ok", "Sunday 2026-03-01 12:00", 12),
            ToolEntry(
                "c2",
                "reschedule_interview",
                {"date": "2026-03-05", "time": "10:00"},
                "ok",
                "moved to Thursday",
                1420,
            ),
            move("backtrack", "reschedule", "ask_name", "rescheduled"),
            TextEntry("Done, **Thursday at ten**. Until then: what is your name?"),
        ),
        turn(4, "Ada Lovelace, from London", move("outcome", "ask_name", "ask_age", "name_given"), TextEntry(MARKDOWN)),
        turn(
            5,
            "Fly me to the moon",
            move("refused", "ask_age", "ask_age", "fly_to_moon", ("age_given", "withdraw")),
            ToolEntry("c3", "book_flight", {"to": "moon"}, "unknown", "there is no tool 'book_flight'", 1),
            NoticeEntry("trying again in 1.5 s: too many requests"),
            ErrorEntry("the server answered 500: the model is overloaded", "model"),
            status="failed",
        ),
    ]


def view(turns: Sequence[Turn] = (), **state: Any) -> dict[str, Any]:
    """What a page shows for these turns."""
    return {
        "stage": "ask_name",
        "trail": [],
        "busy": any(turn.status == "running" for turn in turns),
        "hidden": 0,
        "closed": False,
        "queue": [],
        "taken": [],
        "returned": [],
        "alerts": [],
        "turns": TurnViews().of(turns),
        **state,
    }
