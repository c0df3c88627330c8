"""A tool as a class: what Intentional's users write, with a valid schema and checked arguments."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from intentional_nb.tools.arguments import Argument, arguments_model, json_schema, python_type, validated

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["TOOL_NAME", "Tool", "ToolParameter", "to_openai_tool"]

TOOL_NAME = r"[A-Za-z0-9_-]{1,64}"
"""What a model can call a tool."""


@dataclass(frozen=True)
class ToolParameter:
    """One parameter of a `Tool`.

    Attributes:
        name: What the model calls it.
        description: Tells the model what to put there.
        type: A JSON type name (``"string"``) or a Python type (``str``, ``list[int]``, ``Literal["a", "b"]``).
        required: Whether the model must give it.
        default: What the tool gets when the model leaves it out.
    """

    name: str
    description: str
    type: Any = "string"
    required: bool = True
    default: Any = None

    def to_argument(self) -> Argument:
        """The parameter as `arguments_model` takes it."""
        annotation = python_type(self.type)
        if not self.required and self.default is None:
            annotation = annotation | None if isinstance(annotation, type) else annotation
        return Argument(self.name, annotation, self.description, ... if self.required else self.default)


class Tool(ABC):
    """Something that the model may ask to have done.

    A subclass sets `id`, `name`, `description` and `parameters` and writes `run`; it is then known by its `id` in
    conversation files.

    Attributes:
        id: Name of the tool in conversation files.
        name: Name of the tool for the model: letters, digits, ``_`` and ``-``, at most 64.
        description: Tells the model when to use it.
        parameters: What the model passes.
        timeout_s: Seconds after which a call is given up; None waits for ever.
        on_interrupt: ``cancel`` stops a running call when the user interrupts, ``keep`` lets it finish.
        can_rerun: Whether people may run a call again, by a click and as often as they like, to look at its result.
            Only for what changes nothing: the conversation is not told of it.
    """

    registered: ClassVar[dict[str, type[Tool]]] = {}
    """Every subclass that has an `id`, by that id."""

    id: str = ""
    name: str = ""
    description: str = ""
    parameters: Sequence[ToolParameter] = ()
    timeout_s: float | None = 60.0
    on_interrupt: Literal["cancel", "keep"] = "cancel"
    can_rerun: bool = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.__dict__.get("id"):
            Tool.registered[cls.id] = cls

    @abstractmethod
    async def run(self, params: dict[str, Any]) -> Any:
        """Do it.

        Args:
            params: The arguments, checked against `parameters`, with defaults filled in.

        Returns:
            Anything that can be written as JSON; text goes to the model as it is.

        Raises:
            ToolError: With the text to tell the model.
        """

    @cached_property
    def arguments_model(self) -> type[BaseModel]:
        """The pydantic model of the arguments."""
        return arguments_model(self.name or type(self).__name__, [item.to_argument() for item in self.parameters])

    def parameters_schema(self) -> dict[str, Any]:
        """JSON Schema of the arguments: an object, without ``default: null``."""
        return json_schema(self.arguments_model)

    def validated(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments as `run` gets them.

        Raises:
            ToolError: They do not fit `parameters`; says where and why.
        """
        return validated(self.arguments_model, arguments)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r})"


def to_openai_tool(tool: Tool, *, api: Literal["realtime", "chat"] = "realtime") -> dict[str, Any]:
    """The tool's definition for OpenAI: flat for Realtime, nested under ``function`` for Chat Completions."""
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters_schema(),
    }
    return {"type": "function", "function": function} if api == "chat" else {"type": "function", **function}
