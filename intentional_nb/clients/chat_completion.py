"""The client for OpenAI's Chat Completions API and every server that speaks it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from intentional_nb.clients.base import Emitter, TurnBasedModelClient
from intentional_nb.clients.compatibility import Dialect, adapted
from intentional_nb.clients.connection import Connection
from intentional_nb.clients.history import History, Message
from intentional_nb.clients.options import base_url_option
from intentional_nb.clients.settings import ChatSettings
from intentional_nb.clients.turn import ChatTurn
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.errors import ClientError, RefusedError
from intentional_nb.events import (
    ModelConnected,
    ModelDisconnected,
    PromptUpdated,
    ReplyEnded,
    ReplyStarted,
    ReplyStatus,
    ReplyText,
    RetryScheduled,
    TurnEnded,
    TurnStarted,
    UsageReported,
)
from intentional_nb.tools.tool import Tool, to_openai_tool
from intentional_nb.wire.chat import ReplyAccumulator, request_body

if TYPE_CHECKING:
    from openai import AsyncOpenAI

__all__ = ["ChatCompletionAPIClient"]


class ChatCompletionAPIClient(TurnBasedModelClient):
    """Talks to a model over Chat Completions; in conversation files it is called ``openai``.

    All methods belong to one event loop. Only one turn runs at a time.

    Attributes:
        model_name: The model that is asked.
        api_key_name: The environment variable that holds the key.
        system_prompt: What the model is told first, from the router's current stage.
        tools: What the model may call, by name; the router is among them where there is a choice.
        history: What the model remembers, without the system prompt.
        turn: Number of the latest turn; 0 before the first.
    """

    name: ClassVar[str] = "openai"

    def __init__(
        self,
        parent: Emitter | None,
        intent_router: IntentRouter,
        config: Mapping[str, Any],
        *,
        api_key: str | None = None,
    ) -> None:
        """Prepare the client; nothing is sent yet.

        Args:
            parent: Is told of every event.
            intent_router: Knows the stage, its prompt and its tools.
            config: ``name`` (the model, required), ``api_key_name``, ``base_url``, ``timeout`` (seconds),
                ``max_retries``; every other entry is sent with each request, such as ``temperature``.
            api_key: The key itself; without it the environment variable is read.

        Raises:
            ConfigError: A setting is missing or wrong, the model is a realtime one, or there is no key.
        """
        super().__init__(parent, intent_router, config)
        settings = ChatSettings.read(config, api_key=api_key)
        self.model_name = settings.model
        self.api_key_name = settings.api_key_name
        self.history = History()
        self.turn = 0
        self.system_prompt = intent_router.get_prompt()
        self.tools: dict[str, Tool] = intent_router.current_tools()
        self._settings = settings
        self._connection = Connection(settings)
        self._dialect = Dialect()
        self._running: tuple[ChatTurn, asyncio.Task[ReplyStatus]] | None = None
        self._is_connected = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}(model={self.model_name!r}, base_url={self._settings.base_url!r})"

    @property
    def client(self) -> AsyncOpenAI:
        """The `openai` client underneath."""
        return self._connection.sdk

    @property
    def conversation(self) -> list[Message]:
        """The messages as the model gets them, system prompt first."""
        return [{"role": "system", "content": self.system_prompt}, *self.history.messages]

    def key_at(self, settings: Mapping[str, Any]) -> str | None:
        """The key, for another client that asks at the same address."""
        return self._settings.api_key if base_url_option(settings) == base_url_option(self.config) else None

    async def run(self) -> None:
        """Do nothing: there is no connection to serve between turns."""

    async def send(self, data: Mapping[str, Any]) -> None:
        """Take a turn: send the user's message, tell of the reply as it comes, run tools, move where the model routes.

        Args:
            data: ``{"text_message": {"role": "user", "content": "…"}}``.

        Raises:
            ValueError: ``data`` has no text message.
            ClientError: The model gave no usable answer; `on_error` was told, the message is kept in the history.
        """
        text = _text_of(data)
        self.turn += 1
        turn = ChatTurn(
            self.turn,
            text,
            router=self.intent_router,
            history=self.history,
            ask=self._ask,
            emit=self.emit,
            refresh_prompt=self._refresh_prompt,
        )
        task = asyncio.create_task(turn.run())
        self._running = turn, task
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:  # the caller gave up: settle the turn first
            task.cancel()
            await asyncio.wait({task})
            raise
        finally:
            self._running = None
        if not task.cancelled():  # an interruption is no error for the one who waits
            task.result()

    def open(self, text: str) -> None:
        """Speak first: a turn in which the bot says ``text`` and the model is not asked."""
        self.turn += 1
        number, stage = self.turn, self.intent_router.current_stage_name
        self.emit(TurnStarted(turn=number, user_text=None, stage=stage))
        self.history.add_reply(text)
        self.emit(ReplyStarted(turn=number))
        self.emit(ReplyText(turn=number, delta=text))
        self.emit(ReplyEnded(turn=number, status="completed", text=text))
        self.emit(TurnEnded(turn=number, status="completed", stage=stage, duration_ms=0.0))

    async def update_system_prompt(self) -> None:
        """Take the prompt and the tools of the router's current stage, and tell of them."""
        self._refresh_prompt()

    async def handle_interruption(self, length_to_interruption: int | None = None) -> None:
        """Stop the reply that is being given and keep what the user saw of it; harmless when there is none.

        Args:
            length_to_interruption: Characters of this turn's text that reached the user; None for all.
        """
        if self._running is None:
            return
        turn, task = self._running
        await asyncio.sleep(0)  # a task that is cancelled before its first step would never tell of its turn
        turn.heard_characters = length_to_interruption
        task.cancel()
        await asyncio.wait({task})

    async def close(self) -> None:
        """Stop the running turn and let go of the server."""
        await self.handle_interruption()
        await self._connection.close()
        if self._is_connected:
            self._is_connected = False
            self.emit(ModelDisconnected(reason="closed"))

    async def warm_up(self) -> None:
        """Load what the first request needs, so that it does not wait for imports."""
        await asyncio.to_thread(__import__, "openai")

    def _refresh_prompt(self) -> str:
        router = self.intent_router
        prompt, tools = router.get_prompt(), router.current_tools()
        if (prompt, list(tools)) != (self.system_prompt, list(self.tools)):
            self.emit(PromptUpdated(stage=router.current_stage_name, prompt=prompt, tools=tuple(tools)))
        self.system_prompt, self.tools = prompt, tools
        return prompt

    async def _ask(
        self, messages: Sequence[Message], tools: Mapping[str, Tool], reply: ReplyAccumulator
    ) -> AsyncIterator[str]:
        definitions = [to_openai_tool(tool, api="chat") for tool in tools.values()]
        while True:
            try:
                async for delta in self._ask_once(messages, definitions, reply):
                    yield delta
                break
            except RefusedError as error:
                dialect = adapted(self._dialect, error, self._settings.request_options)
                if dialect == self._dialect:
                    raise
                self._dialect = dialect
        if reply.usage is not None:
            usage = reply.usage
            self.emit(
                UsageReported(
                    turn=self.turn,
                    model=reply.model or self.model_name,
                    input_tokens=usage.input_tokens,
                    output_tokens=usage.output_tokens,
                    cached_tokens=usage.cached_tokens,
                    reasoning_tokens=usage.reasoning_tokens,
                )
            )

    async def _ask_once(
        self, messages: Sequence[Message], definitions: Sequence[Mapping[str, Any]], reply: ReplyAccumulator
    ) -> AsyncIterator[str]:
        dialect = self._dialect
        options = {**dialect.options(with_tools=bool(definitions)), **self._settings.request_options}
        body = request_body(self.model_name, messages, definitions, options, include_usage=dialect.include_usage)
        async for payloads in self._connection.stream(body, self._tell_of_retry):
            if not self._is_connected:
                self._is_connected = True
                self.emit(ModelConnected(model=self.model_name, base_url=self._settings.base_url))
            for payload in payloads:
                delta = reply.receive(payload)
                if delta:
                    yield delta

    def _tell_of_retry(self, attempt: int, wait_s: float, error: ClientError) -> None:
        status = error.status if isinstance(error, RefusedError) else None
        self.emit(
            RetryScheduled(turn=self.turn, attempt=attempt, wait_s=round(wait_s, 3), reason=str(error), status=status)
        )


def _text_of(data: Mapping[str, Any]) -> str:
    message = data.get("text_message")
    content = message.get("content") if isinstance(message, Mapping) else None
    if not isinstance(content, str):
        raise ValueError(f"send takes {{'text_message': {{'role': 'user', 'content': '…'}}}}, got {dict(data)!r:.200}")
    return content
