"""Conversations in graphs as a bot leaves them, and views of them as the page of a stage graph gets them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from intentional_nb.bots.transcript import Turn
from intentional_nb.bots.turn import RouteEntry
from intentional_nb.conversation.graph import BACKTRACK, END, START, ConversationGraph, Outcome, Stage
from intentional_nb.conversation.position import Position
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.panels.drawings import drawing_view
from intentional_nb.panels.stage_journey import Journey
from intentional_nb.panels.stage_map import StageMap, reachable_view
from tests.panels.samples import turn

__all__ = ["SHOP", "city", "stage_view", "talk", "told"]

SHOP = ConversationGraph(
    (
        Stage(
            "order",
            goal="Find out what to brew.",
            accessible_from=(START,),
            outcomes=(Outcome("ordered", "They say what they want.", "pay", ("a coffee, please",)),),
        ),
        Stage("pay", goal="Get it paid.", outcomes=(Outcome("paid", "They have paid.", END),)),
        Stage(
            "menu",
            goal="Tell what there is.",
            description="They ask what there is.",
            accessible_from=("order", "pay"),
            outcomes=(Outcome("told", "They know enough.", BACKTRACK),),
        ),
    ),
    background="You sell coffee.",
)
"""Three stages, with every kind of move in them."""


def city(streets: int = 8, corners: int = 6, detours: int = 12) -> ConversationGraph:
    """A graph of many stages: streets of stages side by side, some ways across, and detours from anywhere."""
    stages = [
        Stage(
            f"street_{street}_{corner}",
            goal=f"Walk past corner {corner} of street {street}.",
            accessible_from=(START,) if street == corner == 0 else (),
            outcomes=tuple(_ways_on(street, corner, streets, corners)),
        )
        for street in range(streets)
        for corner in range(corners)
    ]
    stages += [
        Stage(
            f"question_{number}",
            goal="Answer it.",
            description=f"They ask question {number}.",
            accessible_from=("_all_",),
            outcomes=(Outcome("answered", "They are content.", BACKTRACK),),
        )
        for number in range(detours)
    ]
    return ConversationGraph(tuple(stages))


def _ways_on(street: int, corner: int, streets: int, corners: int) -> Iterable[Outcome]:
    if corner + 1 < corners:
        yield Outcome("straight_on", "They walk on.", f"street_{street}_{corner + 1}")
    else:
        yield Outcome("arrived", "They are there.", END)
    if street + 1 < streets and corner % 2 == 0:
        yield Outcome("turned_right", "They turn.", f"street_{street + 1}_{corner}")


def talk(graph: ConversationGraph, *said: tuple[str, str | tuple[str, ...]]) -> tuple[list[Turn], Position]:
    """Turns that begin with words and make the model choose, and where the conversation stands after them.

    Args:
        graph: The graph.
        said: What the user said, and what the model chose; several choices for several moves, none for none.
    """
    router = IntentRouter(graph)
    turns = []
    for number, (words, choices) in enumerate(said, 1):
        router.begin_turn(words, turn=number)
        chosen = (choices,) if isinstance(choices, str) else choices
        turns.append(turn(number, words, *(RouteEntry(router.route({"outcome": choice})) for choice in chosen)))
    return turns, router.position


def told(prompt: str = "# Your goal\nBe kind.", *, how: str = "now", turn: int | None = None) -> dict[str, Any]:
    """What the model is told in a stage, for the page."""
    schema = '{\n  "type": "function"\n}'
    tools = [{"name": "classify_response", "description": "Move the conversation on.", "schema": schema}]
    return {"how": how, "turn": turn, "prompt": prompt, "tools": tools}


def stage_view(
    graph: ConversationGraph,
    turns: Iterable[Turn] = (),
    position: Position | None = None,
    *,
    directions: Iterable[str] = ("TB",),
    renamed: Mapping[str, str] | None = None,
    **state: Any,
) -> dict[str, Any]:
    """What the page shows of a conversation."""
    shown = StageMap(graph, renamed)
    position = position or Position(graph.start.name)
    return {
        "stage": position.stage,
        "trail": list(position.trail),
        "now": shown.box(position.stage),
        "path": [shown.box(stage) for stage in position.trail],
        "reachable": reachable_view(shown, position),
        "busy": False,
        "closed": False,
        "alerts": [],
        "graph": shown.view,
        "changed": [],
        "drawing": False,
        "told": {},
        "times": None,
        "queue": [],
        "taken": [],
        "returned": [],
        **{f"picture_{direction}": drawing_view(graph, direction) for direction in directions},
        **Journey(shown).view(tuple(turns), position.stage),
        **state,
    }
