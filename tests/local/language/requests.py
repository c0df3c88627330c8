"""Requests as clients send them, in the documented form."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from intentional_nb.local.language import Reply, respond
from intentional_nb.local.language.matching import Matcher, WordMatcher

TODAY = date(2026, 11, 23)  # a Monday
WORDS = WordMatcher()

Options = Mapping[str, str]


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def bot(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def called(name: str, arguments: Mapping[str, Any], output: str) -> list[dict[str, Any]]:
    """A call that the model made, and its answer."""
    function = {"name": name, "arguments": json.dumps(arguments)}
    call = {"id": "call_1", "type": "function", "function": function}
    return [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": output},
    ]


def tool(
    name: str, description: str = "", required: Sequence[str] | None = None, /, **properties: Any
) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {key: {"type": value} if isinstance(value, str) else value for key, value in properties.items()},
        "required": list(properties if required is None else required),
    }
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


def router(options: Options) -> dict[str, Any]:
    lines = ["What the user's last message settles.", *(f"- {name}: {told}" for name, told in options.items())]
    outcome = {"type": "string", "enum": list(options), "description": "\n".join(lines)}
    return tool("classify_response", "Move the conversation on.", outcome=outcome)


def stage(
    *messages: dict[str, Any],
    goal: str = "",
    say: Sequence[str] = (),
    background: str = "",
    outcomes: Options | None = None,
    jumps: Options | None = None,
    tools: Sequence[dict[str, Any]] = (),
    just_entered: bool = False,
    **fields: Any,
) -> dict[str, Any]:
    """A request in a stage of a conversation."""
    sections = {
        "Background": background,
        "Your goal in this stage": goal,
        "How you may sound": "\n".join(f"- {json.dumps(line)}" for line in say),
        "Outcomes": "\n".join(f"- {name}: {told}" for name, told in (outcomes or {}).items()),
        "Stages you can jump to": "\n".join(f"- {name}: {told}" for name, told in (jumps or {}).items()),
        "Just entered": "You have just entered this stage." if just_entered else "",
    }
    prompt = "\n\n".join(f"# {heading}\n{text}" for heading, text in sections.items() if text)
    options = {**(outcomes or {}), **(jumps or {})}
    offered = [*tools, *([router(options)] if options else [])]
    request = {"model": "local-chat", "messages": [{"role": "system", "content": prompt}, *messages], **fields}
    return {**request, "tools": offered} if offered else request


def answer(request: Mapping[str, Any], matcher: Matcher | None = None) -> Reply:
    return respond(request, today=TODAY, matcher=matcher or WORDS)


def outcome(reply: Reply) -> str | None:
    """The name reported to the router; None when it was not called."""
    calls = [call for call in reply.tool_calls if call.name == "classify_response"]
    return calls[0].arguments["outcome"] if calls else None
