"""A conversation written in Python: stage after stage, each followed by its outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from intentional_nb.conversation.graph import START, ConversationGraph, ToolUse
from intentional_nb.conversation.loading import load_graph
from intentional_nb.conversation.problems import found, shown
from intentional_nb.errors import GraphError
from intentional_nb.tools.tool import Tool

__all__ = ["Conversation"]

Texts = str | Iterable[str]
"""Several texts, or one on its own."""


class Conversation:
    """Builds a `ConversationGraph`; every method returns the builder, so that calls can be chained.

    >>> coffee = (
    ...     Conversation(background="You work in a coffee bar.")
    ...     .stage("order", goal="Find out which drink the guest would like.", start=True)
    ...     .outcome("chosen", "The user names a drink.", to="pay", examples=["A tea, please"])
    ...     .stage("pay", goal="Ask for two euros.")
    ...     .outcome("paid", "The user pays.", to="_end_")
    ... )
    >>> coffee.build()
    ConversationGraph(2 stages, start 'order')
    """

    def __init__(self, background: str = "", *, initial_message: str | None = None) -> None:
        """Begin with what holds in every stage.

        Args:
            background: What the model is told in every stage.
            initial_message: The bot's opening line; without it the user speaks first.
        """
        self._background = background
        self._initial_message = initial_message
        self._stages: dict[str, dict[str, Any]] = {}

    def stage(
        self,
        name: str,
        *,
        goal: str = "",
        start: bool = False,
        description: str = "",
        accessible_from: Texts = (),
        not_accessible_from: Texts = (),
        tools: Iterable[str | Mapping[str, Any] | ToolUse | Tool] = (),
        say: Texts = (),
        examples: Texts = (),
        custom_template: str | None = None,
    ) -> Conversation:
        """Add a stage; the outcomes that follow are its own.

        Args:
            name: Unique among the stages.
            goal: What the bot tries to achieve here.
            start: Whether the conversation begins here.
            description: When to jump here; needed when other stages may.
            accessible_from: Stages that may jump here, or ``"_all_"``.
            not_accessible_from: Stages that may not, although ``accessible_from`` says so.
            tools: Ids, mappings with ``id`` and options, or tools; a tool itself is noted by its id only, and has to
                be given to the bot as well.
            say: Lines that show how the bot may sound here.
            examples: Things a user might say that should lead to a jump here.
            custom_template: A prompt that replaces the usual one.

        Raises:
            GraphError: There is a stage of this name already.
        """
        if name in self._stages:
            raise GraphError(
                [found("duplicate-stage", f"stage {shown(name)} is defined twice", stage=name, value=name)]
            )
        self._stages[name] = {
            "goal": goal,
            "description": description,
            "accessible_from": [*([START] if start else []), *_texts(accessible_from)],
            "not_accessible_from": _texts(not_accessible_from),
            "outcomes": {},
            "tools": [_tool_entry(tool) for tool in tools],
            "custom_template": custom_template,
            "say": _texts(say),
            "examples": _texts(examples),
        }
        return self

    def outcome(self, name: str, description: str = "", *, to: str, examples: Texts = ()) -> Conversation:
        """Add a way to end the stage that was added last.

        Args:
            name: Unique in its stage.
            description: When it holds.
            to: The stage it leads to, ``"_end_"``, or ``"_backtrack_"``.
            examples: Things a user might say that mean it.

        Raises:
            GraphError: There is no stage yet, or its last one has an outcome of this name already.
        """
        if not self._stages:
            message = f"outcome {shown(name)} belongs to no stage: call stage(...) first"
            raise GraphError([found("no-stages", message, field=f"outcomes.{name}", value=name)])
        stage, entries = next(reversed(self._stages.items()))
        if name in entries["outcomes"]:
            message = f"outcome {shown(name)} in stage {shown(stage)} is defined twice"
            raise GraphError([found("duplicate-key", message, stage=stage, field=f"outcomes.{name}", value=name)])
        entries["outcomes"][name] = {"description": description, "move_to": to, "examples": _texts(examples)}
        return self

    def build(self, *, strict: bool = True) -> ConversationGraph:
        """The checked graph.

        Args:
            strict: Whether errors are raised; without, they are among the graph's ``problems``.

        Raises:
            GraphError: With every problem found, warnings included.
        """
        return load_graph(self.to_dict(), strict=strict)

    def to_dict(self) -> dict[str, Any]:
        """The ``conversation`` section of a file that says the same; what was left out is left out there too."""
        conversation = _without_absent({"background": self._background, "initial_message": self._initial_message})
        conversation["stages"] = {
            name: {
                **_without_absent({key: value for key, value in stage.items() if key != "outcomes"}),
                **_without_absent(
                    {"outcomes": {key: _without_absent(item) for key, item in stage["outcomes"].items()}}
                ),
            }
            for name, stage in self._stages.items()
        }
        return conversation

    def __repr__(self) -> str:
        count = len(self._stages)
        return f"Conversation({count} stage{'' if count == 1 else 's'})"


def _texts(texts: Texts) -> list[str]:
    return [texts] if isinstance(texts, str) else list(texts)


def _tool_entry(tool: str | Mapping[str, Any] | ToolUse | Tool) -> str | dict[str, Any]:
    if isinstance(tool, Tool):
        return tool.id or tool.name
    if isinstance(tool, ToolUse):
        return {"id": tool.id, **tool.options} if tool.options else tool.id
    return tool if isinstance(tool, str) else dict(tool)


def _without_absent(entries: dict[str, Any]) -> dict[str, Any]:
    return {
        key: list(value) if isinstance(value, list) else value
        for key, value in entries.items()
        if value not in ("", None, [], {})
    }
