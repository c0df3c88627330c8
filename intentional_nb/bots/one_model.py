"""What every bot with one model does, written or spoken: one message at a time, an opening line, and ways back."""

from __future__ import annotations

import asyncio
import contextlib
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from intentional_nb.bots import runtime
from intentional_nb.bots.changing import Fork
from intentional_nb.bots.forking import Moment, Past, recorded, twin
from intentional_nb.bots.line import Line
from intentional_nb.bots.structure import BotStructure
from intentional_nb.bots.transcript import Turn
from intentional_nb.bots.updating import GraphUpdates, Places, Updated
from intentional_nb.clients.base import ModelClient
from intentional_nb.clients.memory import Chapter, until
from intentional_nb.conversation.difference import Difference
from intentional_nb.conversation.graph import ConversationGraph
from intentional_nb.conversation.loading import Source
from intentional_nb.conversation.position import Position
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.events import ConversationEnded, ConversationReset, ConversationRewound, Event, TurnStarted
from intentional_nb.tools.tool import Tool

__all__ = ["OneModelBotStructure"]


class OneModelBotStructure(BotStructure):
    """A bot whose messages all go to one model, which is reached by one client.

    A subclass makes ``llm`` and says how a turn is taken, the opening line spoken, and the model's memory marked and
    restored.

    Attributes:
        llm: The client of the model.
    """

    is_spoken: ClassVar[bool] = False
    """Whether people speak with it."""

    llm: ModelClient

    def __init__(self, config: Mapping[str, Any], intent_router: IntentRouter) -> None:
        super().__init__(config, intent_router)
        self._line = Line()
        self._waiting = 0
        self._is_open = False  # whether the opening line of this conversation was said, or is not needed any more
        self._moments: dict[int, Moment] = {}
        self._ends: list[int] = []  # the turns that ended a conversation
        self._updates = GraphUpdates(intent_router, self.emit, self.config, self._check_open)

    @property
    def is_busy(self) -> bool:
        """Whether a turn is running or waiting."""
        return self._waiting > 0

    # -- what a subclass adds

    @abstractmethod
    async def _converse(self, text: str, on_number: Callable[[int], None]) -> Turn:
        """Send a message and wait for the turn that it makes."""

    @abstractmethod
    async def _speak_first(self, line: str) -> Turn:
        """Say the opening line, as a turn."""

    @abstractmethod
    def _memory(self) -> Any:
        """A mark of what the model remembers, before a turn that has just begun."""

    @abstractmethod
    async def _remember(self, memory: Any) -> None:
        """Make the model remember what it did at a mark; nothing at all for None."""

    @abstractmethod
    def _remembered(self) -> Sequence[Chapter]:
        """What the model remembers, for another one."""

    @abstractmethod
    def _learn(self, chapters: Sequence[Chapter], turns: Iterable[int]) -> Mapping[int, Any]:
        """Let the model remember what another one did; gives a mark of the moment before each of some turns."""

    async def _prepare(self) -> None:
        """Make ready what a message needs, such as a session."""

    async def _stop(self) -> None:
        """Stop the reply that is being given."""
        await self.llm.handle_interruption()

    # -- the same for all

    def emit(self, event: Event) -> None:
        """Take note of an event and tell everybody."""
        if isinstance(event, TurnStarted):
            has_opened = self._is_open and event.user_text is not None
            self._moments[event.turn] = Moment(self._memory(), self.graph, self.position, has_opened)
            self._is_open = True  # also when the user spoke unasked
        elif isinstance(event, ConversationEnded):
            self._is_open = False
            self._ends.append(event.turn)
        super().emit(event)

    @contextlib.asynccontextmanager
    async def _my_turn(self) -> AsyncIterator[None]:
        """Wait until nobody else talks to the model."""
        self._waiting += 1
        try:
            async with self._line.turn():
                self._check_open()
                await self._prepare()
                yield
        finally:
            self._waiting -= 1

    async def _take_turn(self, text: str, on_number: Callable[[int], None] = lambda _: None) -> Turn:
        async with self._my_turn():
            await self._say_opening_line()
            return await self._converse(text, on_number)

    async def _open(self) -> Turn | None:
        async with self._my_turn():
            return await self._say_opening_line()

    async def _say_opening_line(self) -> Turn | None:
        if self._is_open:
            return None
        self._is_open = True
        line = self.graph.initial_message
        return await self._speak_first(line) if line else None

    def interrupt(self) -> None:
        """Stop the reply that is being given; returns at once, harmless when there is none."""
        runtime.submit(self._stop())

    def reset(self) -> None:
        """Forget the conversation and go back to the first stage; a running turn is stopped first.

        Messages that wait begin the next conversation.

        Raises:
            BotClosedError: The bot was closed; its transcript stays.
        """
        runtime.wait(runtime.submit(self._reset()))

    async def _reset(self) -> None:
        async with self._going_back():
            self.intent_router.reset()
            await self._remember(None)
            self._moments.clear()
            self._ends.clear()
            self._is_open = False
            self.emit(ConversationReset())
            await self.llm.update_system_prompt()

    def rewind(self, turn: int, *, stages: Mapping[str, str | None] | None = None) -> None:
        """Take back a turn and all after it; one that is running is stopped first, messages that wait go on after it.

        Args:
            turn: The turn's number.
            stages: Where to stand instead, for stages of then that are gone, as for `update`.

        Raises:
            KeyError: There is no such turn.
            GraphError: A stage of then is gone, and nothing says what is in its place; nothing has changed.
            BotClosedError: The bot was closed; its transcript stays.
        """
        runtime.wait(runtime.submit(self._rewind(turn, stages)))

    async def _rewind(self, turn: int, stages: Places | None) -> None:
        self._check_open()
        self._position_before(turn, stages)  # before anything is stopped
        async with self._going_back():
            position, moment = self._position_before(turn, stages), self._moments[turn]
            self._moments = {number: kept for number, kept in self._moments.items() if number < turn}
            self._ends = [end for end in self._ends if end < turn]
            await self._remember(moment.memory)
            self.intent_router.restore(position)
            self._is_open = moment.is_open
            self.emit(ConversationRewound(turn=turn))
            await self.llm.update_system_prompt()

    @contextlib.asynccontextmanager
    async def _going_back(self) -> AsyncIterator[None]:
        """Stop the turn that runs, and come before all that wait."""
        self._check_open()  # before anything is stopped
        async with self._line.turn(goes_first=True, meanwhile=self._stop):
            self._check_open()
            yield

    def _position_before(self, turn: int, stages: Places | None) -> Position:
        """Where the conversation stood before a turn, in today's graph."""
        self.transcript.turn(turn)  # a KeyError that says which turns there are
        moment = self._moments[turn]
        return self._updates.place_of(moment.position, moment.graph, stages)

    # -- another graph

    def note_file(self, section: Mapping[str, Any]) -> None:
        """Tell what the conversation's file says about the bot; an update from a file that says another thing tells."""
        self._updates.file_section = section

    async def _update(self, source: Source, tools: Iterable[Tool] | None, stages: Places | None) -> Updated:
        self._check_open()
        return await self._updates.update(self.llm, source, tools, stages)

    async def _undo(self, stages: Places | None) -> Difference:
        self._check_open()
        return await self._updates.undo(self.llm, stages)

    # -- a second bot

    async def _fork(self, wanted: Fork) -> tuple[OneModelBotStructure, list[str]]:
        self._check_open()
        router = await asyncio.to_thread(self._second_router, wanted)
        past = self._past(wanted.turn, router.graph, wanted.stages)
        bot, notices = await asyncio.to_thread(twin, self, router, wanted.model, wanted.modality)
        bot.note_file(self._updates.file_section)
        bot._updates.follow(self._updates, wanted.stages)
        await bot._begin_with(past)
        return bot, notices

    def _second_router(self, wanted: Fork) -> IntentRouter:
        source = self.graph if wanted.graph is None else wanted.graph
        router = IntentRouter(source, (*wanted.tools, *self.intent_router.equipped.extra[1:]))
        router.max_moves_per_turn = self.intent_router.max_moves_per_turn
        router.max_refusals_per_turn = self.intent_router.max_refusals_per_turn
        return router

    def _past(self, turn: int | None, graph: ConversationGraph, stages: Places | None) -> Past:
        """What there was before a turn, or until now; a turn that is running does not count."""
        with self._telling:
            running = next((kept.number for kept in self.transcript if kept.status == "running"), None)
            before = running if turn is None else self.transcript.turn(turn).number  # a KeyError says which there are
            transcript, stopwatch = recorded(self.transcript, self.stopwatch, before)
            if before is None:
                now, chapters = Moment(None, self.graph, self.position, self._is_open), self._remembered()
                before = max(self._moments, default=0) + 1
            else:
                now, chapters = self._moments[before], until(self._remembered(), before)
            return Past(
                chapters,
                {number: moment for number, moment in self._moments.items() if number < before},
                tuple(end for end in self._ends if end < before),
                self._updates.place_of(now.position, now.graph, stages, into=graph),
                now.is_open,
                transcript,
                stopwatch,
            )

    async def _begin_with(self, past: Past) -> None:
        """Go on from another bot's past; before the first word."""
        marks = self._learn(past.chapters, past.moments)
        self._moments = {turn: replace(moment, memory=marks[turn]) for turn, moment in past.moments.items()}
        self._ends, self._is_open = list(past.ends), past.is_open
        self.transcript, self.stopwatch = past.transcript, past.stopwatch
        self.intent_router.restore(past.position)
        await self.llm.update_system_prompt()
