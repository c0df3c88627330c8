"""The intent router: the tool with which the model moves the conversation on, over the pure core in `position`."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from intentional_nb.conversation.difference import Difference, carried_over, difference
from intentional_nb.conversation.graph import Stage
from intentional_nb.conversation.loading import Source, load_graph
from intentional_nb.conversation.position import Option, Position, advance, options, start_position
from intentional_nb.conversation.problems import found, shown
from intentional_nb.conversation.prompt import ROUTER_NAME, routing_parameters, system_prompt
from intentional_nb.conversation.toolbox import EquippedGraph, checked_tools, replaced_tools, tools_by_stage
from intentional_nb.errors import GraphError, RoutingError
from intentional_nb.events import RouteDecision
from intentional_nb.tools.end import EndConversationTool
from intentional_nb.tools.tool import Tool, ToolParameter

__all__ = ["IntentRouter"]


@dataclass(slots=True)
class _Turn:
    """What the router has done since the user last spoke."""

    number: int = 0
    user_text: str = ""
    visited: set[str] = field(default_factory=set)
    moves: int = 0
    refusals: int = 0
    renamed: dict[str, str] = field(default_factory=dict)  # stages that got another name meanwhile
    has_begun: bool = False
    is_over: bool = False


class IntentRouter(Tool):
    """Knows where the conversation stands, and lets the model move it along the graph.

    Within a turn no stage is entered twice, and moves and refusals are limited: a model that keeps routing is left with
    no options and has to answer. Before the first `begin_turn` there is no turn, and no such limit.

    Attributes:
        graph: The conversation.
        position: Where it stands, and what a backtrack returns to.
        just_entered: Whether the stage was entered after the user's last message.
        max_moves_per_turn: How many moves one message of the user may lead to.
        max_refusals_per_turn: After how many illegal choices in a turn nothing more is offered.
    """

    name = ROUTER_NAME
    description = (
        "Move the conversation on: report the outcome that the user's last message settles, or the stage it asks to "
        "jump to. Do not call it while none of them holds."
    )
    parameters = (ToolParameter("outcome", "The name of the outcome, or of the stage to jump to.", "string"),)

    def __init__(self, config: Source, tools: Iterable[Tool] = ()) -> None:
        """Check the conversation and get its tools.

        Args:
            config: Anything that `load_graph` takes; usually a graph or the ``conversation`` section of a file.
            tools: Tools that stages may use by id, besides those that are registered.

        Raises:
            GraphError: The conversation is wrong, or uses tools that are not there; all problems together.
            TypeError: One of ``tools`` is no tool.
        """
        self.graph = load_graph(config)
        self.position = start_position(self.graph)
        self.just_entered = False
        self.max_moves_per_turn = 4
        self.max_refusals_per_turn = 3
        self._turn = _Turn()
        # Ours comes first: whoever brings another tool of this id, the end of the conversation resets the router.
        self._extra = (EndConversationTool(on_end=self._end), *checked_tools(tools))
        self._tools = tools_by_stage(self.graph, self._extra, reserved=self.name)

    @property
    def stages(self) -> Mapping[str, Stage]:
        """All stages by name, `END` included."""
        return self.graph.by_name

    @property
    def initial_stage(self) -> str:
        """Name of the stage in which the conversation begins."""
        return self.graph.start.name

    @property
    def current_stage_name(self) -> str:
        """Name of the stage in which the conversation stands."""
        return self.position.stage

    @property
    def current_stage(self) -> Stage:
        """The stage in which the conversation stands."""
        return self.stages[self.position.stage]

    @property
    def backtracking_stack(self) -> list[str]:
        """The trail as a list, oldest first."""
        return list(self.position.trail)

    def get_external_transitions(self) -> list[str]:
        """Names of the stages that can be jumped to from here, whatever was visited in this turn."""
        return [option.name for option in options(self.graph, self.position) if option.kind == "jump"]

    def begin_turn(self, user_text: str, *, turn: int) -> None:
        """The user has spoken: limits start afresh, and the stage is no longer new.

        Args:
            user_text: What they said, for the decisions it leads to.
            turn: The turn's number.
        """
        self._turn = _Turn(turn, user_text, {self.position.stage}, has_begun=True)
        self.just_entered = False

    def options(self) -> tuple[Option, ...]:
        """What the model may choose now: nothing once the turn's moves or refusals are used up."""
        turn = self._turn
        is_used_up = turn.moves >= self.max_moves_per_turn or turn.refusals >= self.max_refusals_per_turn
        if turn.has_begun and (turn.is_over or is_used_up):
            return ()
        return options(self.graph, self.position, without=turn.visited)

    def parameters_schema(self) -> dict[str, Any]:
        """JSON Schema of ``outcome``: exactly the names that are legal now, with their descriptions."""
        return routing_parameters(self.options())

    def get_prompt(self) -> str:
        """The system prompt for where the conversation stands."""
        return system_prompt(
            self.graph,
            self.position,
            self.options(),
            just_entered=self.just_entered,
            router_name=self.name,
        )

    def current_tools(self) -> dict[str, Tool]:
        """What the model may call now, by name; the router comes last, when there is anything to choose."""
        tools = dict(self._tools[self.position.stage])
        if self.options():
            tools[self.name] = self
        return tools

    def preview(self, stage: str) -> tuple[str, dict[str, Tool]]:
        """What the model would be told in ``stage`` when the user speaks there; nothing is changed by asking.

        The trail is what it would be after the move that leads there from here; where no single move does, it is the
        trail of now, or what is left of it once a stage that lies on it is reached again.

        Args:
            stage: A stage's name.

        Returns:
            The system prompt, and the tools by name; the router among them offers the choices of that stage.

        Raises:
            GraphError: There is no such stage.
        """
        there = copy.copy(self)
        there.restore(self._position_in(stage))
        there.begin_turn("", turn=0)
        return there.get_prompt(), there.current_tools()

    def _position_in(self, stage: str) -> Position:
        here = self.position
        if stage == here.stage:
            return here
        for option in options(self.graph, here):
            if option.target == stage:
                return advance(self.graph, here, option.name)
        places = [place for place, name in enumerate(here.trail) if name == stage]
        return Position(stage, here.trail[: places[-1]] if places else here.trail)

    def route(self, arguments: Mapping[str, Any], *, offered: Sequence[Option] | None = None) -> RouteDecision:
        """Do what the model chose, or refuse it; the caller fills in how long that took.

        Args:
            arguments: The arguments of the model's call, whatever they are.
            offered: What the model could choose from when it was asked. Where the graph was changed since, a choice
                that does not lead where it did is refused: the model chooses anew.
        """
        legal = self.options()
        choice = _choice(arguments)
        option = next((option for option in legal if option.name == choice), None)
        source, turn = self.position.stage, self._turn
        if option is not None and not self._is_as_offered(option, offered or ()):
            option = None
        if option is None:
            turn.refusals += 1
        else:
            self._move(choice)
        return RouteDecision(
            turn=turn.number,
            source=source,
            target=self.position.stage,
            kind=option.kind if option else "refused",
            options=tuple(item.name for item in legal),
            choice=choice,
            user_text=turn.user_text,
            trail=self.position.trail,
        )

    def _is_as_offered(self, option: Option, offered: Sequence[Option]) -> bool:
        """Whether an option leads where the model was told, if it was told of it."""
        renamed = self._turn.renamed
        then = [(item.kind, renamed.get(item.target, item.target)) for item in offered if item.name == option.name]
        return not then or (option.kind, option.target) in then

    def refusal_text(self, decision: RouteDecision) -> str:
        """What to tell the model that made a refused decision: what was wrong, and what would be legal."""
        legal = [option.name for option in self.options()]
        if not legal:
            return f"Error: no outcome can be reported now. Stay in stage {decision.source!r} and answer the user."
        said = f"{shown(decision.choice)} is not one of them" if decision.choice else "'outcome' is missing"
        if decision.choice in legal:
            said = f"the conversation was changed meanwhile, and {shown(decision.choice)} leads elsewhere now"
        names = ", ".join(repr(name) for name in legal)
        return (
            f"Error: {said}; stage {decision.source!r} has {names}. Call {self.name} with one of these, exactly as "
            "written, or answer the user without calling it to stay."
        )

    async def run(self, params: dict[str, Any]) -> tuple[str, dict[str, Tool]]:
        """Move, and tell what holds afterwards, as Intentional's router does.

        Returns:
            The new system prompt, and the new tools by name.

        Raises:
            RoutingError: The choice is missing or not legal.
        """
        choice = _choice(params)
        legal = [option.name for option in self.options()]
        if choice not in legal:
            raise RoutingError(self.position.stage, choice, legal)
        self._move(choice)
        return self.get_prompt(), self.current_tools()

    def _move(self, choice: str) -> None:
        self.position = advance(self.graph, self.position, choice, without=self._turn.visited)
        self.just_entered = True
        if self._turn.has_begun:
            self._turn.visited.add(self.position.stage)
            self._turn.moves += 1

    def restore(self, position: Position) -> None:
        """Go to a position that was held before, outside any turn.

        Raises:
            GraphError: It names a stage that the graph does not have.
        """
        unknown = [name for name in (position.stage, *position.trail) if name not in self.stages]
        if unknown:
            raise GraphError([found("unknown-stage", f"no stage {shown(name)} to return to") for name in unknown])
        self.position = position
        self.just_entered = False
        self._turn = _Turn()

    @property
    def equipped(self) -> EquippedGraph:
        """The graph with its tools, to go back to with `go_on_in`."""
        return EquippedGraph(self.graph, self._extra, self._tools)

    def equip(self, config: Source, tools: Iterable[Tool] = ()) -> EquippedGraph:
        """Check another conversation and get its tools; nothing is changed here.

        Args:
            config: Anything that `load_graph` takes.
            tools: More tools that stages may use by id; those of before can be used as well.

        Raises:
            GraphError: The conversation is wrong, or uses tools that are not there; all problems together.
            TypeError: One of ``tools`` is no tool.
        """
        graph = load_graph(config)
        ours, *others = self._extra
        brought = [tool for tool in checked_tools(tools) if tool is not ours]  # ours stays first, whatever is brought
        hidden = {(tool.id, tool.name) for tool in brought}
        extra = (ours, *brought, *(tool for tool in others if (tool.id, tool.name) not in hidden))
        return EquippedGraph(graph, extra, tools_by_stage(graph, extra, reserved=self.name, before=self.equipped))

    def go_on_in(
        self,
        equipped: EquippedGraph,
        *,
        stages: Mapping[str, str | None] | None = None,
        back: tuple[Position, Position] | None = None,
    ) -> Difference:
        """Go on in another graph, from the same place; a turn that runs goes on there too.

        Args:
            equipped: The graph.
            stages: Where to stand instead, for stages that it does not have, as `carried_over` takes it.
            back: A position that was left for this graph's sake, and where that led: who still stands there, the very
                same, goes back to the first.

        Returns:
            What changed.

        Raises:
            GraphError: The new graph lacks the stage in which the conversation stands or one that it would return to;
                nothing has changed.
        """
        found = difference(self.graph, equipped.graph)
        found = Difference((*found, *replaced_tools(self.equipped, equipped, found.renamed)))
        if back is not None and self.position is back[1]:
            position = back[0]
        else:
            position = carried_over(self.position, self.graph, equipped.graph, stages=stages)
        turn, now = self._turn, found.renamed
        # Where the turn has moved nowhere yet, it stands in the stage as if it had begun there.
        visited = {now.get(name, name) for name in turn.visited} if turn.moves else set()
        if turn.has_begun:
            visited.add(position.stage)
        renamed = now | {old: now.get(name, name) for old, name in turn.renamed.items()}
        self._turn = replace(turn, visited=visited, renamed=renamed)
        self.graph, self._extra, self._tools = equipped.graph, equipped.extra, equipped.tools
        if position != self.position:  # else it stays the very same: nobody has moved
            self.position = position
        return found

    def tried_in(self, equipped: EquippedGraph, **where: Any) -> IntentRouter:
        """A router like this one after `go_on_in`, to see what the model would be told; this one stays as it is.

        Args:
            equipped: The graph.
            **where: As `go_on_in` takes it.

        Raises:
            GraphError: As `go_on_in`.
        """
        there = copy.copy(self)
        there.go_on_in(equipped, **where)
        return there

    def swap(
        self, config: Source, tools: Iterable[Tool] = (), *, stages: Mapping[str, str | None] | None = None
    ) -> Difference:
        """`equip` and `go_on_in` in one step: everything is checked first, on an error nothing has changed.

        Raises:
            GraphError: As both.
        """
        return self.go_on_in(self.equip(config, tools), stages=stages)

    def reset(self) -> None:
        """Go back to the first stage, with nothing to return to, outside any turn."""
        self.restore(start_position(self.graph))

    def _end(self) -> None:
        """The model ended the conversation: back to the start, where the rest of this turn moves nothing."""
        turn = self._turn
        self.reset()
        if turn.has_begun:
            turn.is_over = True
            self._turn = turn


def _choice(arguments: object) -> str:
    """The choice as the model wrote it; empty when there is none."""
    choice = arguments.get("outcome") if isinstance(arguments, Mapping) else None
    if choice is None:
        return ""
    return choice if isinstance(choice, str) else json.dumps(choice, ensure_ascii=False, default=str)
