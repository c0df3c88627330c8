"""The tool that closes a conversation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from intentional_nb.tools.tool import Tool

__all__ = ["EndConversationTool"]


class EndConversationTool(Tool):
    """The only tool of the ``_end_`` stage.

    Attributes:
        on_end: Called when the model ends the conversation; the router goes back to its start there.
    """

    id = "end_conversation"
    name = "end_conversation"
    description = "End the conversation. Call it once you have said goodbye."
    parameters = ()

    def __init__(self, on_end: Callable[[], object] | None = None) -> None:
        self.on_end = on_end

    async def run(self, params: dict[str, Any]) -> str:
        """Tell `on_end`; the model reads that the conversation is over."""
        if self.on_end is not None:
            self.on_end()
        return "the conversation is over"
