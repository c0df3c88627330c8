"""A tool from a function: signature and docstring say all that the model needs to know."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, overload

from intentional_nb.tools.arguments import Argument, arguments_model
from intentional_nb.tools.tool import TOOL_NAME, Tool

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["FunctionTool", "tool"]


class FunctionTool(Tool):
    """A function that the model may call; calling the object calls the function.

    Make one with the `tool` decorator.

    Attributes:
        function: The function itself.
        is_async: Whether it is ``async def``; others run in a thread of their own.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        description: str | None = None,
        timeout_s: float | None = 60.0,
        on_interrupt: Literal["cancel", "keep"] = "cancel",
        can_rerun: bool = False,
    ) -> None:
        if not callable(function) or not (name or hasattr(function, "__name__")):
            raise TypeError(
                f"a tool is made from a function, or from what can be called and a name, got {function!r:.100}"
            )
        self.function = function
        self.is_async = inspect.iscoroutinefunction(function)
        self.name = self.id = name or function.__name__
        summary, self._argument_texts = _read_docstring(inspect.getdoc(function) or "")
        self.description = description if description is not None else summary
        self.timeout_s = timeout_s
        self.on_interrupt = on_interrupt
        self.can_rerun = can_rerun
        self.__doc__ = function.__doc__
        self._check_signature()

    def _check_signature(self) -> None:
        for parameter in inspect.signature(self.function).parameters.values():
            if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                raise TypeError(
                    f"tool {self.name!r}: parameter {str(parameter)!r} cannot be passed by name; "
                    "use ordinary parameters"
                )
        if not re.fullmatch(TOOL_NAME, self.name):
            raise ValueError(f"tool name {self.name!r} must be 1 to 64 letters, digits, '_' or '-'")

    @cached_property
    def arguments_model(self) -> type[BaseModel]:
        """The pydantic model of the function's parameters."""
        hints = typing.get_type_hints(self.function, include_extras=True)
        return arguments_model(
            self.name,
            [
                Argument(
                    name,
                    hints.get(name, Any),
                    self._argument_texts.get(name, ""),
                    ... if parameter.default is parameter.empty else parameter.default,
                )
                for name, parameter in inspect.signature(self.function).parameters.items()
            ],
        )

    async def run(self, params: dict[str, Any]) -> Any:
        """Call the function with checked arguments; a sync one runs in the calling thread here."""
        result = self.function(**params)
        return await result if inspect.isawaitable(result) else result

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the function returns: a decorated function can still be called."""
        return self.function(*args, **kwargs)


@overload
def tool(function: Callable[..., Any], /) -> FunctionTool: ...
@overload
def tool(
    *,
    name: str | None = None,
    description: str | None = None,
    timeout_s: float | None = 60.0,
    on_interrupt: Literal["cancel", "keep"] = "cancel",
    can_rerun: bool = False,
) -> Callable[[Callable[..., Any]], FunctionTool]: ...


def tool(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make a function into a tool.

    The name, the parameters' types and defaults and the docstring (its first paragraph, and the lines under ``Args:``)
    become the definition that the model reads. Sync functions run in threads, async ones on the bot's loop.

    Args:
        function: The function, when the decorator is used without brackets.
        **options: ``name``, ``description``, ``timeout_s``, ``on_interrupt`` and ``can_rerun`` of `Tool`.

    Raises:
        TypeError: It is no function, or it takes ``*args``, ``**kwargs`` or positional-only parameters.

    >>> @tool
    ... def add(a: int, b: int = 1) -> int:
    ...     "Add two numbers."
    ...     return a + b
    >>> add(2), add.name, add.parameters_schema()["required"]
    (3, 'add', ['a'])
    """
    if function is None:
        return lambda decorated: FunctionTool(decorated, **options)
    return FunctionTool(function)


def _read_docstring(text: str) -> tuple[str, Mapping[str, str]]:
    """The first paragraph, and what the ``Args:`` section says of each parameter."""
    summary = " ".join(text.split("\n\n")[0].split())
    match = re.search(r"^(?:Args|Arguments|Parameters):[ \t]*\n((?:[ \t]+.*\n?|\n)+)", text, re.MULTILINE)
    if not match:
        return summary, {}
    lines = inspect.cleandoc("\n" + match[1]).splitlines()
    texts: dict[str, str] = {}
    current = None
    for line in lines:
        entry = re.match(r"(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)", line)
        if entry and not line.startswith((" ", "\t")):
            current = entry[1]
            texts[current] = entry[2]
        elif current and line.strip():
            texts[current] = f"{texts[current]} {line.strip()}".strip()
    return summary, texts
