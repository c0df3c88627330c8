"""What every client of a model can do, and the clients by their name in conversation files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol

from intentional_nb.conversation.router import IntentRouter
from intentional_nb.events import Event

__all__ = ["ContinuousStreamModelClient", "Emitter", "ModelClient", "TurnBasedModelClient"]


class Emitter(Protocol):
    """Whoever is told of a client's events: a bot, or anything with an ``emit``."""

    def emit(self, event: Event) -> None:
        """Take note of the event; must be quick and must not raise."""


class ModelClient(ABC):
    """The way to a model.

    Attributes:
        name: The client's name in conversation files; a subclass that sets it is found under it.
        parent: Is told of every event; None when nobody is.
        intent_router: Knows the stage, its prompt and its tools.
        config: The client's settings, as in the file; never changed.
    """

    registered: ClassVar[dict[str, type[ModelClient]]] = {}
    """Every subclass that has a `name`, by that name."""

    name: ClassVar[str] = ""

    def __init__(self, parent: Emitter | None, intent_router: IntentRouter, config: Mapping[str, Any]) -> None:
        self.parent = parent
        self.intent_router = intent_router
        self.config = dict(config)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.__dict__.get("name"):
            ModelClient.registered[cls.name] = cls

    def emit(self, event: Event) -> None:
        """Tell the parent."""
        if self.parent is not None:
            self.parent.emit(event)

    def key_at(self, settings: Mapping[str, Any]) -> str | None:
        """The key that this client has, for another one with these settings; None when that asks elsewhere.

        Args:
            settings: The ``llm`` section of the other client.
        """
        return None

    @abstractmethod
    async def run(self) -> None:
        """Serve the connection until it is closed; a turn-based client has nothing to do here."""

    @abstractmethod
    async def send(self, data: Mapping[str, Any]) -> None:
        """Give the model something, such as ``{"text_message": {"role": "user", "content": "hello"}}``."""

    @abstractmethod
    async def update_system_prompt(self) -> None:
        """Take the prompt and the tools of the router's current stage."""

    async def go_on_in(self, trial: IntentRouter, change: Callable[[], None]) -> None:
        """Let the conversation go on in another graph.

        Args:
            trial: Stands in that graph: what the model would be told.
            change: Makes it the conversation's graph; called once the model has agreed, where it is asked.

        Raises:
            ClientError: The model does not take what it would be told; ``change`` was not called.
            GraphError: What ``change`` raised; the model is told nothing new.
        """
        change()
        await self.update_system_prompt()

    @abstractmethod
    async def handle_interruption(self, length_to_interruption: int | None = None) -> None:
        """Stop the reply that is being given.

        Args:
            length_to_interruption: How much of it reached the user: characters for a turn-based client, milliseconds
                of audio for a streaming one; None for all that was sent.
        """


class TurnBasedModelClient(ModelClient):
    """A client that answers one whole message after another."""


class ContinuousStreamModelClient(ModelClient):
    """A client that listens and speaks at the same time."""

    @abstractmethod
    async def connect(self) -> None:
        """Open the session."""

    @abstractmethod
    async def disconnect(self) -> None:
        """Close the session; harmless when there is none."""
