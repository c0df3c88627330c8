"""The bot whose messages go straight to a model: each turn is one message and the model's reply."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from intentional_nb.bots.one_model import OneModelBotStructure
from intentional_nb.bots.transcript import Turn
from intentional_nb.clients.chat_completion import ChatCompletionAPIClient
from intentional_nb.clients.history import HistoryMark
from intentional_nb.clients.memory import Chapter, chapters_of, in_history
from intentional_nb.conversation.router import IntentRouter

__all__ = ["DirectToLLMBotStructure"]


class DirectToLLMBotStructure(OneModelBotStructure):
    """A bot over a turn-based model; in conversation files it is called ``direct_to_llm``.

    Attributes:
        llm: The client of the model.
    """

    name: ClassVar[str] = "direct_to_llm"

    llm: ChatCompletionAPIClient

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

    def __repr__(self) -> str:
        return f"{type(self).__name__}(stage={self.stage!r}, model={self.llm.model_name!r})"

    async def _converse(self, text: str, on_number: Callable[[int], None]) -> Turn:
        number = self.llm.turn + 1
        on_number(number)
        await self.llm.send({"text_message": {"role": "user", "content": text}})
        return self.transcript.turn(number)

    async def _speak_first(self, line: str) -> Turn:
        self.llm.open(line)
        return self.transcript.turn(self.llm.turn)

    def _memory(self) -> HistoryMark:
        return self.llm.history.mark()

    async def _remember(self, memory: HistoryMark | None) -> None:
        if memory is None:
            self.llm.history.clear()
        else:
            self.llm.history.rewind(memory)

    def _remembered(self) -> tuple[Chapter, ...]:
        marks = {turn: moment.memory for turn, moment in self._moments.items()}
        return chapters_of(self.llm.history, marks, self._ends)

    def _learn(self, chapters: Sequence[Chapter], turns: Iterable[int]) -> Mapping[int, HistoryMark]:
        self.llm.history.messages, marks = in_history(chapters, turns)
        self.llm.turn = max(marks, default=0)
        return marks

    async def _shut_down(self) -> None:
        await self.llm.close()
