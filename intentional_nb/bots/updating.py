"""Which graph a bot's conversation goes on in: updated, undone, and where a position of before is in today's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from intentional_nb.bots.plugins import import_plugins
from intentional_nb.clients.base import ModelClient
from intentional_nb.conversation.difference import Difference, carried_over, difference
from intentional_nb.conversation.graph import ConversationGraph
from intentional_nb.conversation.loading import BotConfig, Source, read_config
from intentional_nb.conversation.position import Position
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.conversation.toolbox import EquippedGraph
from intentional_nb.errors import NothingToUndoError
from intentional_nb.events import Event, GraphSwapped, Notice
from intentional_nb.tools.tool import Tool

__all__ = ["GraphUpdates", "Places", "Updated"]

Places = Mapping[str, str | None]
"""Where to stand instead, by the old stage's name; None takes a stage off the trail."""

MOST_STEPS = 100
"""How many updates can be undone."""


@dataclass(frozen=True, slots=True)
class Updated:
    """What came of an update.

    Attributes:
        difference: What changed.
        notices: What people should know besides.
    """

    difference: Difference
    notices: tuple[str, ...] = ()

    def told(self) -> Difference:
        """The difference; the notices are printed, in the foreground, while the cell runs that asked."""
        for text in self.notices:
            print(text)  # noqa: T201
        return self.difference


@dataclass(frozen=True, slots=True)
class _Step:
    """One update: the graph that it left, where the stages of that one went, and the position before and after it."""

    left: EquippedGraph
    places: Places
    moved: tuple[Position, Position]

    def back(self) -> dict[str, str | None]:
        """Where to stand after undoing it, for stages that the graph of before does not have."""
        taken = list(self.places.values())
        came = {new: old for old, new in self.places.items() if new is not None and taken.count(new) == 1}
        return {new: old for new, old in came.items() if new not in self.left.graph.by_name}


class GraphUpdates:
    """The updates of one bot; all methods belong to the background loop.

    Attributes:
        file_section: The ``bot`` section that was last seen in the conversation's file.
    """

    def __init__(
        self,
        router: IntentRouter,
        emit: Callable[[Event], None],
        file_section: Mapping[str, Any],
        check_open: Callable[[], None],
    ) -> None:
        self.file_section = file_section
        self._router, self._emit, self._check_open = router, emit, check_open
        self._steps: list[_Step] = []
        self._left: list[tuple[ConversationGraph, Places]] = []  # every graph that was left, by undoing too
        self._one_at_a_time = asyncio.Lock()

    async def update(
        self, llm: ModelClient, source: Source, tools: Iterable[Tool] | None, stages: Places | None
    ) -> Updated:
        """Go on in another graph.

        Raises:
            GraphError: It cannot be used, or the position cannot be kept; nothing has changed.
            ClientError: The model does not take it; nothing has changed.
            BotClosedError: The bot was closed, perhaps meanwhile; nothing has changed.
        """
        given = tuple(tools or ())
        async with self._one_at_a_time:
            # In a thread: a file may be slow to read, and tools are made by the user's code.
            config, equipped, notices = await asyncio.to_thread(self._read, source, given)
            self._check_open()
            left = self._router.equipped

            def note(found: Difference, stood: Position) -> None:
                if found:
                    moved = stood, self._router.position
                    self._steps.append(_Step(left, {**found.renamed, **(stages or {})}, moved))
                    del self._steps[:-MOST_STEPS]

            found = await self._go_on_in(llm, equipped, stages, note)
        notices += self._not_updated(config.bot)
        for text in notices:
            self._emit(Notice(text=text))
        return Updated(found, tuple(notices))

    def _read(self, source: Source, tools: tuple[Tool, ...]) -> tuple[BotConfig, EquippedGraph, list[str]]:
        config = read_config(source)
        notices = import_plugins(config.plugins)
        return config, self._router.equip(config.graph, tools), notices

    async def undo(self, llm: ModelClient, stages: Places | None) -> Difference:
        """Go back to the graph before the latest update.

        Raises:
            NothingToUndoError: There is none.
            GraphError: The position cannot be kept; nothing has changed.
            ClientError: The model does not take it; nothing has changed.
        """
        async with self._one_at_a_time:
            self._check_open()
            if not self._steps:
                raise NothingToUndoError("there is nothing to undo: the graph is the one that the bot began with")
            step = self._steps[-1]
            places = {**step.back(), **(stages or {})}
            back = step.moved if stages is None else None
            return await self._go_on_in(llm, step.left, places, lambda *_: self._steps.pop(), back)

    async def _go_on_in(
        self,
        llm: ModelClient,
        equipped: EquippedGraph,
        stages: Places | None,
        note: Callable[[Difference, Position], object],
        back: tuple[Position, Position] | None = None,
    ) -> Difference:
        router, done = self._router, [Difference()]

        def change() -> None:
            left, stood = router.graph, router.position
            done[0] = found = router.go_on_in(equipped, stages=stages, back=back)
            note(found, stood)
            if found:
                self._note_left(left, {**found.renamed, **(stages or {})})
                self._emit(GraphSwapped(changes=tuple(map(str, found)), stage=router.current_stage_name))

        await llm.go_on_in(router.tried_in(equipped, stages=stages, back=back), change)
        return done[0]

    def _not_updated(self, section: Mapping[str, Any]) -> list[str]:
        """What a file says about the bot is told not to be taken, once for each time that it changes."""
        if not section or section == self.file_section:
            return []
        changed = ", ".join(_changed(self.file_section, section, "bot"))
        self.file_section = section
        return [f"The bot's settings in the file have changed too ({changed}); update leaves them: load the bot again."]

    def place_of(
        self,
        position: Position,
        graph: ConversationGraph,
        stages: Places | None = None,
        *,
        into: ConversationGraph | None = None,
    ) -> Position:
        """Where a position of before is today.

        Args:
            position: The position.
            graph: The graph in which it was held.
            stages: Where to stand instead, for stages that are gone.
            into: Another graph than today's.

        Raises:
            GraphError: A stage is gone, and nothing says what is in its place.
        """
        today = self._router.graph if into is None else into
        if graph == today:
            return position
        known = {
            name: place
            for name in (position.stage, *position.trail)
            if (place := self._followed(name, graph)) != name and (place is None or place in today.by_name)
        }
        return carried_over(position, graph, today, stages={**known, **(stages or {})})

    def follow(self, other: GraphUpdates, stages: Places | None) -> None:
        """Take over which graphs another bot has left, and that its own was left for that of this one.

        Args:
            other: The updates of that bot.
            stages: Where to stand instead, for stages that are gone.
        """
        self._left = list(other._left)
        renamed = difference(other._router.graph, self._router.graph).renamed
        self._note_left(other._router.graph, {**renamed, **(stages or {})})

    def _note_left(self, graph: ConversationGraph, places: Places) -> None:
        self._left.append((graph, places))
        del self._left[:-MOST_STEPS]

    def _followed(self, name: str, graph: ConversationGraph) -> str | None:
        """What a stage of an earlier graph is called after all changes since that graph was left last."""
        passed = [number for number, (left, _) in enumerate(self._left) if left == graph]
        place: str | None = name
        for _, places in self._left[passed[-1] :] if passed else []:
            place = places.get(place, place) if place is not None else None
        return place


def _changed(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[str]:
    """The entries that differ, by their names; values are not told, since one may be a secret."""
    for key in dict.fromkeys((*old, *new)):
        before, after = old.get(key), new.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _changed(before, after, f"{path}.{key}")
        elif before != after:
            yield f"{path}.{key}"
