"""The bot whose messages go straight to a model: each turn is one message and the model's reply."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from intentional_nb.bots import runtime
from intentional_nb.bots.structure import BotStructure
from intentional_nb.bots.transcript import Turn
from intentional_nb.clients.chat_completion import ChatCompletionAPIClient
from intentional_nb.clients.history import HistoryMark
from intentional_nb.conversation.position import Position
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.events import ConversationEnded, ConversationReset, ConversationRewound, Event

__all__ = ["DirectToLLMBotStructure"]


@dataclass(frozen=True, slots=True)
class _Moment:
    """What a turn can be taken back to."""

    history: HistoryMark
    position: Position
    is_open: bool


class DirectToLLMBotStructure(BotStructure):
    """A bot over a turn-based model; in conversation files it is called ``direct_to_llm``.

    Attributes:
        llm: The client of the model.
    """

    name: ClassVar[str] = "direct_to_llm"

    def __init__(self, config: Mapping[str, Any], intent_router: IntentRouter, *, api_key: str | None = None) -> None:
        """Make the bot and its client; nothing is sent yet.

        Args:
            config: The ``bot`` section of the conversation file, with ``llm``.
            intent_router: Knows the graph.
            api_key: The key itself, for callers that have it; the environment is not asked then.

        Raises:
            ConfigError: The ``llm`` section cannot be used.
        """
        super().__init__(config, intent_router)
        self.llm = ChatCompletionAPIClient(self, intent_router, config.get("llm", {}), api_key=api_key)
        self._one_at_a_time = asyncio.Lock()
        self._waiting = 0
        self._is_open = False  # whether the opening line of this conversation was said
        self._moments: dict[int, _Moment] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}(stage={self.stage!r}, model={self.llm.model_name!r})"

    @property
    def is_busy(self) -> bool:
        """Whether a turn is running or waiting."""
        return self._waiting > 0

    def emit(self, event: Event) -> None:
        """Take note of an event and tell everybody."""
        if isinstance(event, ConversationEnded):
            self._is_open = False
        super().emit(event)

    async def _take_turn(self, text: str, on_number: Callable[[int], None] = lambda _: None) -> Turn:
        self._waiting += 1
        try:
            async with self._one_at_a_time:
                self._check_open()
                self._say_opening_line()
                number = self._note_moment()
                on_number(number)
                await self.llm.send({"text_message": {"role": "user", "content": text}})
                return self.transcript.turn(number)
        finally:
            self._waiting -= 1

    async def _open(self) -> Turn | None:
        async with self._one_at_a_time:
            return self._say_opening_line()

    def _say_opening_line(self) -> Turn | None:
        if self._is_open:
            return None
        self._is_open = True
        line = self.graph.initial_message
        if not line:
            return None
        self._is_open = False
        number = self._note_moment()
        self._is_open = True
        self.llm.open(line)
        return self.transcript.turn(number)

    def _note_moment(self) -> int:
        """Remember what the next turn can be taken back to; gives the turn's number."""
        number = self.llm.turn + 1
        self._moments[number] = _Moment(self.llm.history.mark(), self.position, self._is_open)
        return number

    def interrupt(self) -> None:
        """Stop the reply that is being given; returns at once, harmless when there is none."""
        runtime.submit(self.llm.handle_interruption())

    def reset(self) -> None:
        """Forget the conversation and go back to the first stage; a running turn is stopped first."""
        runtime.wait(runtime.submit(self._reset()))

    async def _reset(self) -> None:
        await self.llm.handle_interruption()
        async with self._one_at_a_time:
            self.intent_router.reset()
            self.llm.history.clear()
            self._moments.clear()
            self._is_open = False
            self.emit(ConversationReset())
            await self.llm.update_system_prompt()

    def rewind(self, turn: int) -> None:
        """Take back a turn and all after it; one that is running is stopped first.

        Raises:
            KeyError: There is no such turn.
        """
        runtime.wait(runtime.submit(self._rewind(turn)))

    async def _rewind(self, turn: int) -> None:
        self.transcript.turn(turn)  # a KeyError that says which turns there are
        await self.llm.handle_interruption()
        async with self._one_at_a_time:
            moment = self._moments[turn]
            self._moments = {number: kept for number, kept in self._moments.items() if number < turn}
            self.llm.history.rewind(moment.history)
            self.intent_router.restore(moment.position)
            self._is_open = moment.is_open
            self.emit(ConversationRewound(turn=turn))
            await self.llm.update_system_prompt()

    async def _shut_down(self) -> None:
        await self.llm.close()
