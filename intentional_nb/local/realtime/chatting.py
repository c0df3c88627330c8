"""From a spoken conversation to the Chat Completions request that the language answers.

The language goes by words alone: the user's as they were understood, the model's as far as they were heard. A call
stands beside its output, as Chat Completions has it: where the output came, should people have spoken in between.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from intentional_nb.wire.realtime.server_items import ServerItem
from intentional_nb.wire.realtime.server_settings import ResponseSettings

__all__ = ["WAITING", "chat_request", "words_to_say"]

WAITING: Final = "no result yet"
"""What a call is answered with while its output is not there and the user has gone on speaking."""

_VERBATIM: Final = re.compile(r"Say this, word for word, and nothing else:\s*\n\n(?P<words>.+)", re.DOTALL)


def words_to_say(instructions: str) -> str | None:
    r"""Find the words that a response is told to say exactly; None when it may choose its own.

    >>> words_to_say("Say this, word for word, and nothing else:\n\nGood morning!")
    'Good morning!'
    """
    found = _VERBATIM.fullmatch(instructions.strip())
    return found["words"].strip() if found else None


def chat_request(model: str, settings: ResponseSettings, items: Sequence[ServerItem]) -> dict[str, Any]:
    """Put a response's settings and its context into a chat request."""
    request: dict[str, Any] = {"model": model, "messages": _messages(settings.instructions, items)}
    tools = [_tool(tool) for tool in settings.tools]
    if tools:
        request["tools"] = tools
        request["tool_choice"] = _tool_choice(settings.tool_choice)
        if settings.parallel_tool_calls is not None:
            request["parallel_tool_calls"] = settings.parallel_tool_calls
    if isinstance(settings.max_output_tokens, int):
        request["max_completion_tokens"] = settings.max_output_tokens
    return request


def _messages(instructions: str, items: Sequence[ServerItem]) -> list[dict[str, Any]]:
    calls = {item.call_id: item for item in items if item.type == "function_call"}
    answered = {item.call_id for item in items if item.type == "function_call_output"}
    last_said = max((at for at, item in enumerate(items) if item.role == "user"), default=-1)
    messages: list[dict[str, Any]] = [{"role": "system", "content": instructions}]
    for at, item in enumerate(items):
        if item.type == "message" and (item.text or item.role == "user"):
            messages.append({"role": item.role, "content": item.text})
        elif item.type == "function_call" and item.call_id not in answered and at < last_said:
            _add_call(messages, item, WAITING)
        elif item.type == "function_call_output" and item.call_id in calls:
            _add_call(messages, calls[item.call_id], item.output)
    return messages


def _add_call(messages: list[dict[str, Any]], item: ServerItem, output: str) -> None:
    call = {"id": item.call_id, "type": "function", "function": {"name": item.name, "arguments": item.arguments}}
    answer = {"role": "tool", "tool_call_id": item.call_id, "content": output}
    caller = _open_caller(messages)
    if caller is None:
        messages += [{"role": "assistant", "content": None, "tool_calls": [call]}, answer]
        return
    caller.setdefault("tool_calls", []).append(call)
    messages.append(answer)


def _open_caller(messages: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """The assistant's message that the next call belongs to: the last one, tools' answers aside."""
    talk = [message for message in messages if message["role"] != "tool"]
    return talk[-1] if talk[-1]["role"] == "assistant" else None


def _tool(tool: Any) -> dict[str, Any]:
    function = {name: tool[name] for name in ("name", "description", "parameters") if tool.get(name) is not None}
    return {"type": "function", "function": function}


def _tool_choice(choice: Any) -> Any:
    return choice if isinstance(choice, str) else {"type": "function", "function": {"name": choice["name"]}}
