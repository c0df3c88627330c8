"""A tool call as it comes off any wire."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ToolCall"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call as the model made it.

    Attributes:
        call_id: The model's id of the call; made up where a server leaves it out.
        name: The tool's name.
        arguments: JSON text, not yet checked.
    """

    call_id: str
    name: str
    arguments: str
