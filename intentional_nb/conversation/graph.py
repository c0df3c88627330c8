"""The conversation graph: stages, their outcomes, and what leads where. Immutable values, no behaviour over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from intentional_nb.conversation.position import Position
    from intentional_nb.conversation.problems import Problem

__all__ = ["ALL", "BACKTRACK", "END", "START", "ConversationGraph", "Outcome", "Stage", "ToolUse"]

START = "_start_"
"""In ``accessible_from``: the conversation begins in this stage."""
ALL = "_all_"
"""In ``accessible_from``: this stage can be entered from every other one."""
END = "_end_"
"""In ``move_to``: the conversation is over. Also the name of the last stage, which every graph has."""
BACKTRACK = "_backtrack_"
"""In ``move_to``: back to the stage from which this one was jumped to."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way in which a stage can end.

    Attributes:
        name: What the model reports; unique in its stage.
        description: Tells the model when this outcome holds.
        move_to: A stage's name, `END` or `BACKTRACK`.
        examples: Things a user might say that lead here.
    """

    name: str
    description: str
    move_to: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A tool that a stage offers, by id.

    Attributes:
        id: The id under which the tool is registered.
        options: Everything else that the file says of it; passed to the tool's constructor.
        line: Where the file says so, or None.
    """

    id: str
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    line: int | None = field(default=None, compare=False, repr=False)

    def __repr__(self) -> str:
        # The names of options only: one may be a key.
        return f"ToolUse({', '.join((repr(self.id), *(f'{name}=…' for name in self.options)))})"


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the conversation with one goal.

    Attributes:
        name: Unique in the graph.
        goal: What the bot tries to achieve here; empty when `custom_template` says it all.
        description: Tells the model when to jump here; empty when it cannot be jumped to.
        accessible_from: Names of stages from which it can be jumped to, `ALL`, `START`.
        not_accessible_from: Names of stages taken out of `accessible_from` again.
        outcomes: In the order of the file.
        tools: What the model may call here.
        custom_template: A prompt template that replaces the default one; None for the default.
        say: Lines that show how the bot may speak here, as examples of tone.
        examples: Things a user might say that should lead to a jump here.
    """

    name: str
    goal: str = ""
    description: str = ""
    accessible_from: tuple[str, ...] = ()
    not_accessible_from: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    tools: tuple[ToolUse, ...] = ()
    custom_template: str | None = None
    say: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()

    def can_be_jumped_to_from(self, stage: str) -> bool:
        """Whether `accessible_from` opens this stage to ``stage``; never from itself, nor from the end."""
        if stage in (self.name, END) or stage in self.not_accessible_from:
            return False
        return ALL in self.accessible_from or stage in self.accessible_from


@dataclass(frozen=True, repr=False)
class ConversationGraph:
    """A conversation: its stages and what the bot knows in all of them.

    Build one with `load_graph`, which checks it, or `Conversation`, the builder. In a notebook it displays itself as a
    picture.

    Attributes:
        stages: In the order of the file, without the `END` stage.
        background: What the model is told in every stage.
        initial_message: The bot's opening line; None when the user speaks first.
        source: The file it came from, or None.
        problems: What the checks found: warnings only, unless errors were let pass when it was loaded.
    """

    stages: tuple[Stage, ...]
    background: str = ""
    initial_message: str | None = None
    source: str | None = field(default=None, compare=False)
    problems: tuple[Problem, ...] = field(default=(), compare=False)

    @cached_property
    def by_name(self) -> Mapping[str, Stage]:
        """The stages by name, the `END` stage included."""
        return MappingProxyType({stage.name: stage for stage in (*self.stages, END_STAGE)})

    @cached_property
    def start(self) -> Stage:
        """The stage in which the conversation begins.

        Raises:
            GraphError: There is none; only a graph that was loaded in spite of its errors can lack it.
        """
        for stage in self.stages:
            if START in stage.accessible_from:
                return stage
        from intentional_nb.conversation.problems import found
        from intentional_nb.errors import GraphError

        raise GraphError([found("no-start", "No start stage found!", field="stages")])

    def jumps_from(self, stage: str) -> tuple[Stage, ...]:
        """The stages that can be jumped to from ``stage``, in the order of the file."""
        return tuple(other for other in self.stages if other.can_be_jumped_to_from(stage))

    def to_svg(
        self,
        *,
        position: Position | None = None,
        visits: Mapping[str, int] | None = None,
        dark: bool = False,
        direction: str = "TB",
        **options: Any,
    ) -> str:
        """The picture as SVG, with the graph's problems marked.

        Args:
            position: Where a conversation stands: the stage and the trail are highlighted.
            visits: How often each stage was entered, by name.
            dark: Whether it will lie on a dark page.
            direction: ``TB`` draws from top to bottom, ``LR`` from left to right.
            **options: What else `diagram.to_svg` takes.
        """
        from intentional_nb.conversation import diagram

        return diagram.to_svg(
            self,
            position=position,
            visits=visits,
            dark=dark,
            direction=direction,
            **{"problems": self.problems, **options},
        )

    def to_dot(self, **options: Any) -> str:
        """The picture in the language of Graphviz; takes the options of `diagram.to_dot`."""
        from intentional_nb.conversation import diagram

        return diagram.to_dot(self, **{"problems": self.problems, **options})

    def to_mermaid(self, **options: Any) -> str:
        """The picture as Mermaid text, which GitHub and JupyterLab draw."""
        from intentional_nb.conversation import diagram

        return diagram.to_mermaid(self, **options)

    def __repr__(self) -> str:
        start = next((stage.name for stage in self.stages if START in stage.accessible_from), None)
        count = f"{len(self.stages)} stage{'' if len(self.stages) == 1 else 's'}"
        return f"ConversationGraph({count}, start {start!r})"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from intentional_nb.conversation import diagram

        return {"text/plain": repr(self), "text/html": diagram.html(self, problems=self.problems)}


END_STAGE = Stage(
    name=END,
    goal="Say goodbye to the user, then call the end_conversation tool.",
    tools=(ToolUse("end_conversation"),),
    say=("Thank you for talking to me. Goodbye!",),
)
"""The last stage of every conversation."""
