"""What the model is told in each stage: what it was sent where it has been, and a preview of everywhere else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from intentional_nb.bots.structure import BotStructure
from intentional_nb.clients.base import TurnBasedModelClient
from intentional_nb.events import ConversationReset, ConversationRewound, Event, GraphSwapped, RequestStarted
from intentional_nb.markup import visible
from intentional_nb.panels.entries import LONGEST_TEXT, shortened
from intentional_nb.tools.tool import Tool, to_openai_tool

__all__ = ["Instructions"]


@dataclass(frozen=True, slots=True)
class _Told:
    """A system prompt and definitions of tools, as they went to the model or would go.

    Attributes:
        how: ``sent`` in a turn, what the model has ``now``, or a ``preview``.
        turn: The turn in which they were sent, else None.
    """

    how: Literal["sent", "now", "preview"]
    prompt: str
    tools: tuple[Mapping[str, Any], ...]
    turn: int | None = None


class Instructions:
    """Keeps what a bot's model was sent last in each stage. Any thread may use it."""

    def __init__(self, bot: BotStructure) -> None:
        """Remember nothing of what was sent before.

        Args:
            bot: The bot; its client, where it has one, is asked for what the model has.
        """
        self._bot = bot
        self._sent: dict[str, _Told] = {}

    def note(self, event: Event) -> None:
        """Take note of an event at the moment when it happens."""
        match event:
            case RequestStarted():
                self._note_request(event)
            case ConversationReset() | GraphSwapped():
                self._sent = {}
            case ConversationRewound():
                self._sent = {name: told for name, told in self._sent.items() if (told.turn or 0) < event.turn}

    def _note_request(self, event: RequestStarted) -> None:
        router, llm = self._bot.intent_router, getattr(self._bot, "llm", None)
        # The last words of a conversation are asked for when the router has gone back to the start already.
        if llm is not None and llm.system_prompt == router.get_prompt():
            tools = self._definitions(llm.tools.values())
            told = _Told("sent", llm.system_prompt, tools, event.turn)
            self._sent = {**self._sent, router.current_stage_name: told}

    def view(self, stage: str) -> dict[str, Any] | None:
        """What the model is told in a stage, for the page; None for a stage that there is not."""
        told = self._told(stage)
        if told is None:
            return None
        prompt = _encodable(shortened(told.prompt, LONGEST_TEXT))
        view = {
            "how": told.how,
            "turn": told.turn,
            "prompt": prompt,
            "tools": [_tool_view(item) for item in told.tools],
        }
        shown = visible(prompt)
        return view if shown == prompt else {**view, "shown": shown}

    def _told(self, stage: str) -> _Told | None:
        router, llm = self._bot.intent_router, getattr(self._bot, "llm", None)
        sent = self._sent.get(stage)
        if stage not in router.stages or sent is not None:
            return sent
        if stage != router.current_stage_name:
            prompt, tools = router.preview(stage)
            return _Told("preview", prompt, self._definitions(tools.values()))
        if llm is None:
            return _Told("now", router.get_prompt(), self._definitions(router.current_tools().values()))
        return _Told("now", llm.system_prompt, self._definitions(llm.tools.values()))

    def _definitions(self, tools: Iterable[Tool]) -> tuple[Mapping[str, Any], ...]:
        is_chat = isinstance(getattr(self._bot, "llm", None), TurnBasedModelClient)
        return tuple(_definition(tool, "chat" if is_chat else "realtime") for tool in tools)


def _definition(tool: Tool, api: Literal["chat", "realtime"]) -> Mapping[str, Any]:
    try:
        return to_openai_tool(tool, api=api)
    except Exception as error:  # a tool is the user's code: the client will run into the same error, and tell of it
        return {"name": tool.name, "description": f"cannot be defined: {type(error).__name__}: {error}"}


def _tool_view(definition: Mapping[str, Any]) -> dict[str, str]:
    function = definition.get("function", definition)
    schema = json.dumps(definition, indent=2, ensure_ascii=False, default=str)
    return {
        "name": visible(str(function["name"])),
        "description": visible(shortened(str(function["description"]), 500)),
        "schema": _encodable(shortened(schema, LONGEST_TEXT)),
    }


def _encodable(text: str) -> str:
    """The text itself, for copying: only halves of characters, which no message can hold, are replaced."""
    return text.encode("utf-8", "replace").decode()
