"""Where a conversation has been in its graph: how often each stage was entered and each way taken, turn by turn.

Pure, as `stage_map` is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from intentional_nb.bots.turn import Turn
from intentional_nb.conversation.diagram import tally
from intentional_nb.events import RouteDecision
from intentional_nb.panels.adding_up import Total
from intentional_nb.panels.stage_map import LONGEST_WORDS, StageMap, View, text_view

__all__ = ["MOST_TURNS", "Journey", "Past"]

MOST_TURNS = 300
"""Turns with moves that a page is told of; the counts are of all."""


@dataclass(frozen=True, slots=True)
class Past:
    """What was decided so far, with the names that stages have now.

    Attributes:
        visits: How often each stage was entered.
        moves: How often each choice was taken in a stage.
        stands_in: Where the last decision led; None when nothing was decided.
        decisions: How many decisions there were.
        deciding: In how many turns.
        turns: The latest of these turns.
    """

    visits: Counter[str] = field(default_factory=Counter)
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    stands_in: str | None = None
    decisions: int = 0
    deciding: int = 0
    turns: tuple[Turn, ...] = ()

    def entered(self, stage: str) -> dict[str, int]:
        """How often each stage was entered; where the conversation stands counts, also where no decision led there."""
        return dict(self.visits if stage == self.stands_in else self.visits + Counter([stage]))

    def after(self, turn: Turn, stage_map: StageMap) -> Past:
        """The past with one more turn."""
        decisions = [_renamed(decision, stage_map) for decision in turn.route]
        if not decisions:
            return self
        visits, moves = tally(decisions)
        if decisions[0].source == self.stands_in:
            visits[decisions[0].source] -= 1  # it was not entered again: it was never left
        return Past(
            self.visits + visits,
            self.moves + moves,
            decisions[-1].target,
            self.decisions + len(decisions),
            self.deciding + 1,
            (*self.turns, turn)[-MOST_TURNS:],
        )


def _renamed(decision: RouteDecision, stage_map: StageMap) -> RouteDecision:
    source, target = stage_map.name(decision.source), stage_map.name(decision.target)
    if (source, target) == (decision.source, decision.target):
        return decision
    fields = {name: decision[name] for name in decision}
    return RouteDecision(**{**fields, "source": source, "target": target})


class Journey:
    """A growing conversation in one graph. Any thread may ask; turns that did not change are not looked at again.

    Attributes:
        map: The graph, and what stages of earlier graphs are called in it.
    """

    def __init__(self, stage_map: StageMap) -> None:
        """Know nothing of the conversation yet.

        Args:
            stage_map: The graph.
        """
        self.map = stage_map
        self._total: Total[Turn, Past] = Total(Past(), lambda past, turn: past.after(turn, stage_map))
        self._views: dict[int, tuple[Turn, View]] = {}

    def past(self, turns: Sequence[Turn]) -> Past:
        """What was decided in these turns."""
        return self._total.of(turns)

    def view(self, turns: Sequence[Turn], stage: str) -> View:
        """What the page is told: counts by ids, and the turns in which something was decided.

        Args:
            turns: The conversation so far.
            stage: Where it stands.
        """
        past = self.past(turns)
        taken: dict[str, int] = {}
        for (source, choice), times in past.moves.items():
            way = self.map.way(source, choice)
            if way is not None:
                taken[way.key] = taken.get(way.key, 0) + times
        visits = past.entered(stage)
        boxes = {name: self.map.box(name) for name in visits}
        known = self._views
        self._views = {turn.number: self._turn(turn, known.get(turn.number)) for turn in past.turns}
        return {
            "visits": {box: visits[name] for name, box in boxes.items() if box is not None},
            "taken": taken,
            "hidden": past.deciding - len(past.turns),
            "turns": [self._views[turn.number][1] for turn in past.turns],
        }

    def _turn(self, turn: Turn, known: tuple[Turn, View] | None) -> tuple[Turn, View]:
        if known is not None and known[0] is turn:
            return known
        user = None if turn.user_text is None else text_view(turn.user_text, LONGEST_WORDS)
        at = round(turn.started_at.timestamp() * 1000)
        entries = [_move_view(decision, self.map) for decision in turn.route]
        return turn, {"n": turn.number, "user": user, "at": at, "entries": entries}


def _move_view(decision: RouteDecision, stage_map: StageMap) -> View:
    is_refused = decision.kind == "refused"
    way = None if is_refused else stage_map.way(decision.source, decision.choice)
    return {
        "k": "route",
        "kind": decision.kind,
        "source": text_view(decision.source),
        "target": text_view(decision.target),
        "choice": text_view(decision.choice, 200),
        "from": stage_map.box(decision.source),
        "to": stage_map.box(decision.target),
        "way": way.key if way is not None else None,
        "options": [text_view(option) for option in decision.options],
        "ms": round(decision.duration_ms),
    }
