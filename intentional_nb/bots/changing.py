"""What every bot offers to those who change it while it talks: another graph, and back."""

from __future__ import annotations

import asyncio
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from intentional_nb.bots import runtime
from intentional_nb.bots.updating import Updated
from intentional_nb.bots.watching import FileWatch, Look, check_can_be_followed
from intentional_nb.conversation.difference import Difference
from intentional_nb.conversation.graph import ConversationGraph
from intentional_nb.conversation.loading import Source
from intentional_nb.errors import ConfigError
from intentional_nb.events import ErrorOccurred, Event
from intentional_nb.tools.tool import Tool

if TYPE_CHECKING:
    from intentional_nb.bots.structure import BotStructure

__all__ = ["ChangeableBot", "Fork"]


@dataclass(frozen=True, slots=True)
class Fork:
    """What is asked of a second bot.

    Attributes:
        turn: The turn before which it begins; None for now.
        graph: Its graph; None for the same.
        tools: More tools.
        stages: Where to stand instead, for stages that its graph does not have.
        model: What is said about the model, as `load_bot` takes it.
        modality: How people talk to it; None for the same.
    """

    turn: int | None
    graph: Source | None
    tools: tuple[Tool, ...]
    stages: Mapping[str, str | None] | None
    model: Mapping[str, Any]
    modality: str | None


class ChangeableBot(ABC):
    """The part of a bot with which its conversation is changed; every method may be called from any thread."""

    is_closed: bool

    @property
    @abstractmethod
    def graph(self) -> ConversationGraph:
        """The conversation graph."""

    @abstractmethod
    def emit(self, event: Event) -> None:
        """Take note of an event and tell everybody."""

    @abstractmethod
    async def _update(
        self, source: Source, tools: Iterable[Tool] | None, stages: Mapping[str, str | None] | None
    ) -> Updated:
        """Go on in another graph; runs on the background loop."""

    @abstractmethod
    async def _undo(self, stages: Mapping[str, str | None] | None) -> Difference:
        """Go back to the graph before the latest update; runs on the background loop."""

    def update(
        self,
        source: Source,
        *,
        tools: Iterable[Tool] | None = None,
        stages: Mapping[str, str | None] | None = None,
    ) -> Difference:
        """Let the conversation go on in another graph, from the same place; also while a turn is running.

        The next request to the model uses it; a request that is under way is answered as it was asked: tools that it
        calls run, and a choice that would lead elsewhere now is refused, so that the model chooses anew. In a session
        the server is asked first, and this waits for its answer.

        Everything is checked before: whatever is raised, nothing has changed. The model and its settings stay as they
        are, whatever a file says about them; and so do tools, with all that they remember, unless they have other
        options or their class was defined anew.

        Args:
            source: Path of a YAML file, YAML text, a dict, a graph, or the builder `Conversation`.
            tools: More tools that stages may use; those of before can be used as well.
            stages: Where to stand instead, by the old stage's name, for stages that are gone; None takes a stage off
                the trail. Stages that only got another name are found without it.

        Returns:
            What changed, a line for each change.

        Raises:
            GraphError: The conversation cannot be used, or it lacks the stage in which this one stands, or one that it
                would return to; lists everything that is wrong.
            ClientError: The model's server does not take the new prompt or the new tools.
            BotClosedError: The bot was closed.
        """
        return runtime.wait(runtime.submit(self._update(source, tools, stages))).told()

    async def aupdate(
        self,
        source: Source,
        *,
        tools: Iterable[Tool] | None = None,
        stages: Mapping[str, str | None] | None = None,
    ) -> Difference:
        """Like `update`, to await."""
        return (await runtime.wait_async(runtime.submit(self._update(source, tools, stages)))).told()

    def undo(self, *, stages: Mapping[str, str | None] | None = None) -> Difference:
        """Go back to the graph and the tools before the latest `update`; several updates can be undone one by one.

        Where the conversation has not moved since, it stands as it stood before. Else the position is taken along as by
        `update`, also back out of stages that an update put in the place of others.

        Args:
            stages: As for `update`.

        Returns:
            What changed.

        Raises:
            NothingToUndoError: There was no update, or all are undone.
            GraphError: The graph of before lacks a stage; nothing has changed.
            ClientError: The model's server does not take it; nothing has changed.
        """
        return runtime.wait(runtime.submit(self._undo(stages)))

    async def aundo(self, *, stages: Mapping[str, str | None] | None = None) -> Difference:
        """Like `undo`, to await."""
        return await runtime.wait_async(runtime.submit(self._undo(stages)))

    @abstractmethod
    async def _fork(self, wanted: Fork) -> tuple[BotStructure, list[str]]:
        """Make a second bot, and say what people should be told of it; runs on the background loop."""

    def fork(
        self,
        turn: int | None = None,
        *,
        graph: Source | None = None,
        tools: Iterable[Tool] = (),
        stages: Mapping[str, str | None] | None = None,
        model: str | None = None,
        client: str | None = None,
        modality: str | None = None,
        base_url: str | None = None,
        api_key_name: str | None = None,
        **options: Any,
    ) -> BotStructure:
        """A second bot with the same past, to compare another answer, another graph or another model.

        It has what the model remembers, position, trail and transcript as they were then; its own client, its own
        events and its own tools, made anew except for those that were handed over. This bot stays as it is. A spoken
        past is told to the new model in writing, so that a bot to speak with can go on as one to write to, and back.

        Args:
            turn: The turn before which it begins; None for all that was said so far, without a turn that is running.
            graph: Its conversation, in any form that `update` takes; None for the same.
            tools: More tools that its stages may use.
            stages: Where to stand instead, for stages that its graph does not have, as for `update`.
            model: The model's name, where it is another one.
            client: As for `load_bot`.
            modality: ``text_messages`` or ``audio_stream``, where it is not that of this bot.
            base_url: As for `load_bot`.
            api_key_name: As for `load_bot`; the key of this bot is used for a model at the same address.
            **options: Other entries of the ``llm`` section than this bot has, such as ``temperature``.

        Raises:
            KeyError: There is no such turn.
            GraphError: The graph cannot be used, or it lacks a stage.
            ConfigError: The model's settings cannot be used; says which.
            BotClosedError: The bot was closed.
        """
        given = {"client": client, "name": model, "base_url": base_url, "api_key_name": api_key_name, **options}
        wanted = Fork(turn, graph, tuple(tools), stages, given, modality)
        bot, notices = runtime.wait(runtime.submit(self._fork(wanted)))
        for text in notices:
            print(text)  # noqa: T201 - in the foreground, while the cell runs that asked
        return bot

    async def afork(self, turn: int | None = None, **options: Any) -> BotStructure:
        """Like `fork`, to await."""
        return await asyncio.to_thread(self.fork, turn, **options)

    def watch(self, path: str | os.PathLike[str] | None = None) -> FileWatch:
        """Follow a conversation file: the bot goes on in what it says, now and whenever it is saved.

        What cannot be used is told by an `ErrorOccurred` with ``where="graph"``, and the bot goes on as it was.

        Args:
            path: The YAML file; None for the one that the conversation came from.

        Returns:
            Ends it with ``stop()``; also a context manager. It ends with the bot, too, and does not keep it.

        Raises:
            GraphError: What the file says now cannot be used, as `update` finds; nothing is followed then.
            ConfigError: No path is given, and the conversation came from no file; or it is a pipe or a device.
            ClientError: As `update`.
            BotClosedError: The bot was closed.
        """
        file = path if path is not None else self.graph.source
        if file is None:
            raise ConfigError("say which file to watch: this conversation came from none", field="path", value=None)
        check_can_be_followed(Path(file))
        first = Look.at(Path(file))
        self.update(Path(file))
        return FileWatch(file, self, ChangeableBot._update_from, ChangeableBot._tell_of_file, first=first)

    def _update_from(self, path: str) -> None:
        runtime.wait(runtime.submit(self._update(path, None, None)))

    def _tell_of_file(self, error: Exception) -> None:
        self.emit(ErrorOccurred(error=str(error), where="graph", exception=error))
