"""The tools of each stage: made once, and all that cannot be made reported together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from intentional_nb.conversation.difference import Change
from intentional_nb.conversation.graph import ConversationGraph, Stage, ToolUse
from intentional_nb.conversation.problems import Problem, found, nearest, shown, sorted_problems
from intentional_nb.errors import GraphError
from intentional_nb.tools.end import EndConversationTool
from intentional_nb.tools.registry import known_ids, resolve
from intentional_nb.tools.tool import TOOL_NAME, Tool

__all__ = ["EquippedGraph", "checked_tools", "replaced_tools", "tools_by_stage"]


@dataclass(frozen=True, slots=True, eq=False)
class EquippedGraph:
    """A graph that was checked, with the tools of its stages: all that a conversation needs to go on in it.

    Attributes:
        graph: The graph.
        extra: Tools that were found by their id before the registered ones.
        tools: For each stage its tools, by the name that the model knows.
    """

    graph: ConversationGraph
    extra: tuple[Tool, ...]
    tools: Mapping[str, Mapping[str, Tool]]


def checked_tools(tools: Iterable[Tool]) -> tuple[Tool, ...]:
    """The tools that are handed over.

    Raises:
        TypeError: One of them is no tool.
    """
    given = tuple(tools)
    for tool in given:
        if not isinstance(tool, Tool):
            raise TypeError(f"tools must be tools, such as a function with @tool above it, got {tool!r:.100}")
    return given


def tools_by_stage(
    graph: ConversationGraph, extra: Sequence[Tool], *, reserved: str, before: EquippedGraph | None = None
) -> Mapping[str, Mapping[str, Tool]]:
    """For each stage its tools by the name that the model knows.

    Stages that use a tool with the same options share it, so what it remembers is remembered in all of them.

    Args:
        graph: The conversation.
        extra: Tools that are found by their id before the registered ones.
        reserved: A name that no tool of a stage may have.
        before: The graph in which the conversation was until now: its tools are kept, with all that they remember,
            where the same are wanted and their class was not defined anew.

    Raises:
        GraphError: With every tool that is unknown, cannot be made, or has a name that is taken.
    """
    box = _Toolbox(extra, reserved, before)
    tools = {name: box.tools_of(stage) for name, stage in graph.by_name.items()}
    if box.problems:
        placed = [replace(problem, file=graph.source) for problem in box.problems]
        raise GraphError(sorted_problems([*placed, *graph.problems]))
    return tools


class _Toolbox:
    def __init__(self, extra: Sequence[Tool], reserved: str, before: EquippedGraph | None) -> None:
        self.extra = extra
        self._before = list(_made_for(before)) if before is not None else []
        self.reserved = reserved
        self.problems: list[Problem] = []
        self._known = {*known_ids(extra), *(tool.name for tool in extra)}
        self._made: list[tuple[ToolUse, Tool]] = []

    def tools_of(self, stage: Stage) -> dict[str, Tool]:
        tools: dict[str, Tool] = {}
        for index, use in enumerate(stage.tools):
            tool = self._tool(use, stage.name, f"tools[{index}]")
            if tool is not None and tool.name in (*tools, self.reserved):
                message = f"stage {shown(stage.name)} has two tools named {tool.name!r}"
                if tool.name == self.reserved:
                    message = f"tool {shown(use.id)} in stage {shown(stage.name)} has the name of the intent router"
                self._note("tool-name", message, use, stage.name, f"tools[{index}]")
            elif tool is not None:
                tools[tool.name] = tool
        return tools

    def _tool(self, use: ToolUse, stage: str, field: str) -> Tool | None:
        for made, tool in self._made:
            if made == use:
                return tool
        if use.id not in self._known:
            message = f"stage {shown(stage)} uses an unknown tool {shown(use.id)}"
            self._note("unknown-tool", message, use, stage, field, nearest(use.id, self._known))
            return None
        try:
            tool = self._kept(use) or resolve(use.id, use.options, self.extra)
            _check_offer(tool)
        except Exception as error:  # the constructor is the user's code, and its error is told with all others
            message = f"tool {shown(use.id)} in stage {shown(stage)} cannot be made: {error}"
            self._note("bad-tool", message, use, stage, field)
            return None
        self._made.append((use, tool))
        return tool

    def _kept(self, use: ToolUse) -> Tool | None:
        if any(use.id in (tool.id, tool.name) for tool in self.extra):
            return None  # what was handed over comes first
        kind = Tool.registered.get(use.id)
        return next((tool for made, tool in self._before if made == use and type(tool) is kind), None)

    def _note(self, code: str, message: str, use: ToolUse, stage: str, field: str, near: str | None = None) -> None:
        self.problems.append(
            found(code, message, stage=stage, field=field, value=use.id, suggestion=near, line=use.line)
        )


def _check_offer(tool: Tool) -> None:
    """Find out now, and not in the midst of a turn, whether the model can be told of the tool.

    Raises:
        ValueError: Its name is none that a model can call.
        Exception: Of whatever its parameters are made of, for which there is no schema.
    """
    if not re.fullmatch(TOOL_NAME, tool.name):
        raise ValueError(f"its name {tool.name!r} must be 1 to 64 letters, digits, '_' or '-'")
    if not isinstance(tool, EndConversationTool):  # every graph has it, and few need what makes schemas
        tool.parameters_schema()


def replaced_tools(old: EquippedGraph, new: EquippedGraph, renamed: Mapping[str, str]) -> Iterator[Change]:
    """The tools that stages use as before, but which were defined anew or handed over anew.

    Args:
        old: As it was.
        new: As it is.
        renamed: The new names of stages, by their old ones.
    """
    was_called = {after: before for before, after in renamed.items()}
    for stage in new.graph.stages:
        name = was_called.get(stage.name, stage.name)
        if name in old.tools and old.graph.by_name[name].tools == stage.tools:
            before = old.tools[name].values()
            for tool, used in zip(new.tools[stage.name].values(), before, strict=True):
                if tool is not used:
                    yield Change("replaced", stage.name, f"tool {tool.name!r}", used, tool)


def _made_for(equipped: EquippedGraph) -> Iterator[tuple[ToolUse, Tool]]:
    for stage in equipped.graph.by_name.values():
        yield from zip(stage.tools, equipped.tools[stage.name].values(), strict=True)
