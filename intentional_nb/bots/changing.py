"""What every bot offers to those who change it while it talks: another graph, and back."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path

from intentional_nb.bots import runtime
from intentional_nb.bots.updating import Updated
from intentional_nb.bots.watching import FileWatch, Look
from intentional_nb.conversation.difference import Difference
from intentional_nb.conversation.graph import ConversationGraph
from intentional_nb.conversation.loading import Source
from intentional_nb.errors import ConfigError
from intentional_nb.events import ErrorOccurred, Event
from intentional_nb.tools.tool import Tool

__all__ = ["ChangeableBot"]


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
        are, whatever a file says about them.

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

        The position is taken along as by `update`, also back out of stages that an update put in the place of others.

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

    def watch(self, path: str | os.PathLike[str] | None = None) -> FileWatch:
        """Follow a conversation file: the bot goes on in what it says, now and whenever it is saved.

        What cannot be used is told by an `ErrorOccurred` with ``where="graph"``, and the bot goes on as it was.

        Args:
            path: The YAML file; None for the one that the conversation came from.

        Returns:
            Ends it with ``stop()``; also a context manager. It ends with the bot, too.

        Raises:
            GraphError: What the file says now cannot be used, as `update` finds; nothing is followed then.
            ConfigError: No path is given, and the conversation came from no file.
            ClientError: As `update`.
            BotClosedError: The bot was closed.
        """
        file = path if path is not None else self.graph.source
        if file is None:
            raise ConfigError("say which file to watch: this conversation came from none", field="path", value=None)
        first = Look.at(Path(file))
        self.update(Path(file))
        return FileWatch(file, self._update_from, self._tell_of_file, lambda: self.is_closed, first=first)

    def _update_from(self, path: str) -> None:
        runtime.wait(runtime.submit(self._update(path, None, None)))

    def _tell_of_file(self, error: Exception) -> None:
        self.emit(ErrorOccurred(error=str(error), where="graph", exception=error))
