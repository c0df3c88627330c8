"""A Chat Completions request, read tolerantly: whatever is missing or malformed counts as not said.

The rest of the local model sees only these values, never the raw request, and so cannot stumble over it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from intentional_nb.local.language.dates import stated_today

__all__ = ["Function", "Message", "Prompt", "Request", "ToolCall"]


READ_CHARACTERS = 1000
"""Of a user's message; of a longer one the beginning and the end are read, where people say what they want."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function and the arguments to call it with."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One message, its content parts joined to one text."""

    role: str
    text: str
    calls: tuple[ToolCall, ...] = ()
    call_ids: tuple[str, ...] = ()
    answers: str = ""
    """Of a tool message: the id of the call that it answers."""


@dataclass(frozen=True)
class Function:
    """A tool that the request offers."""

    name: str
    description: str
    schema: Mapping[str, Any]

    @cached_property
    def properties(self) -> dict[str, Mapping[str, Any]]:
        """The parameters by name."""
        found = self.schema.get("properties")
        items = found.items() if isinstance(found, Mapping) else ()
        return {str(name): value for name, value in items if isinstance(value, Mapping)}

    @cached_property
    def required(self) -> tuple[str, ...]:
        """Names of the parameters that must be given."""
        found = self.schema.get("required")
        return tuple(name for name in found if isinstance(name, str)) if isinstance(found, list) else ()

    def resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The schema that a local ``$ref`` points to, what stands beside the reference kept; itself without one."""
        for _ in range(5):  # a chain of references this long is a loop
            reference = schema.get("$ref")
            if not isinstance(reference, str) or not reference.startswith("#"):
                break
            target: Any = self.schema
            for part in reference[2:].split("/") if reference != "#" else ():
                target = target.get(part) if isinstance(target, Mapping) else None
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            schema = {**target, **rest} if isinstance(target, Mapping) else rest
        return schema


class Prompt:
    """The system prompt, its sections found by their ``# Heading`` lines.

    Attributes:
        text: All of it.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._sections: dict[str, str] = {}
        heading = ""
        for line in text.splitlines():
            if match := re.match(r"#{1,6}[ \t]+(.+?)[ \t#]*$", line):
                heading = match[1].strip().lower().rstrip(":")
                self._sections.setdefault(heading, "")
            else:
                self._sections[heading] = f"{self._sections.get(heading, '')}{line}\n"

    def section(self, heading: str) -> str:
        """What stands below a heading; empty when there is none."""
        return self._sections.get(heading.lower(), "").strip()

    @property
    def goal(self) -> str:
        """What the bot shall achieve here."""
        return self.section("your goal in this stage") or self.section("your goal") or self.section("goal")

    @property
    def background(self) -> str:
        """What the bot knows everywhere; without sections, the whole prompt."""
        return self.section("background") or ("" if len(self._sections) > 1 else self.text)

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines that show how the bot may sound."""
        found = re.findall(r"^[ \t]*[-*•][ \t]*(.+)$", self.section("how you may sound"), re.MULTILINE)
        return tuple(text for line in found if (text := _unquoted(line.strip())))

    @property
    def is_just_entered(self) -> bool:
        """Whether the user's last message was said before this stage began."""
        return "just entered" in self._sections


@dataclass(frozen=True)
class Request:
    """What a request asks of the model."""

    messages: tuple[Message, ...] = ()
    functions: tuple[Function, ...] = ()
    tool_choice: str = "auto"
    """``auto``, ``none``, ``required``, or the name of the function that must be called."""
    seed: int = 0
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    response_format: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Request:
        """The request as far as it can be understood."""
        functions = tuple(_functions(raw))
        limits = [raw.get("max_completion_tokens"), raw.get("max_tokens")]
        seed = raw.get("seed")
        answer = raw.get("response_format")
        return cls(
            messages=tuple(_messages(raw.get("messages"))),
            functions=functions,
            tool_choice=_tool_choice(raw, functions),
            seed=seed if isinstance(seed, int) else 0,
            max_tokens=next((n for n in limits if isinstance(n, int) and not isinstance(n, bool) and n > 0), None),
            stop=tuple(_texts(raw.get("stop"))),
            response_format=answer if isinstance(answer, Mapping) else {},
        )

    @cached_property
    def prompt(self) -> Prompt:
        """All system messages together."""
        return Prompt("\n".join(m.text for m in self.messages if m.role in ("system", "developer")))

    @cached_property
    def talk(self) -> tuple[Message, ...]:
        """The messages without the system's."""
        return tuple(m for m in self.messages if m.role not in ("system", "developer"))

    @property
    def last(self) -> Message | None:
        """The message that asks for a reply."""
        return self.talk[-1] if self.talk else None

    @property
    def user_texts(self) -> list[str]:
        """What the user said, oldest first."""
        return [m.text for m in self.talk if m.role == "user"]

    @cached_property
    def question(self) -> str:
        """What the bot said before the user's last message."""
        before = False
        for message in reversed(self.talk):
            if message.role == "user":
                before = True
            elif before and message.role == "assistant" and message.text:
                return message.text
        return ""

    @property
    def said(self) -> list[str]:
        """What the bot has said, oldest first."""
        return [m.text for m in self.talk if m.role == "assistant" and m.text]

    @property
    def today(self) -> date | None:
        """The day that the prompt or a tool's result states."""
        for message in reversed(self.messages):
            if message.role in ("tool", "function", "system", "developer") and (day := stated_today(message.text)):
                return day
        return None


def _messages(raw: Any) -> Iterator[Message]:
    for entry in raw if isinstance(raw, list) else []:
        if isinstance(entry, Mapping):
            pairs = list(_calls(entry))
            answers = entry.get("tool_call_id") or entry.get("name")
            role = str(entry.get("role") or "user")
            text = _text(entry.get("content"))
            yield Message(
                role=role,
                text=_shortened(text) if role == "user" else text,
                calls=tuple(call for call, _ in pairs),
                call_ids=tuple(number for _, number in pairs),
                answers=answers if isinstance(answers, str) else "",
            )


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content.strip()
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") if isinstance(part, Mapping) else part for part in parts)
    return "\n".join(text for text in texts if isinstance(text, str)).strip()


def _shortened(text: str) -> str:
    half = READ_CHARACTERS // 2
    return text if len(text) <= READ_CHARACTERS else f"{text[:half]} … {text[-half:]}"


def _calls(entry: Mapping[str, Any]) -> Iterator[tuple[ToolCall, str]]:
    listed = entry.get("tool_calls")
    for call in listed if isinstance(listed, list) else []:
        function = call.get("function") if isinstance(call, Mapping) else None
        if isinstance(function, Mapping) and isinstance(function.get("name"), str):
            yield ToolCall(function["name"], _arguments(function.get("arguments"))), str(call.get("id") or "")
    old = entry.get("function_call")
    if isinstance(old, Mapping) and isinstance(old.get("name"), str):
        yield ToolCall(old["name"], _arguments(old.get("arguments"))), old["name"]


def _arguments(raw: Any) -> dict[str, Any]:
    try:
        found = json.loads(raw) if isinstance(raw, str) else raw
    except (ValueError, RecursionError):
        return {}
    return dict(found) if isinstance(found, Mapping) else {}


def _functions(raw: Mapping[str, Any]) -> Iterator[Function]:
    tools, old = raw.get("tools"), raw.get("functions")
    listed = (tools if isinstance(tools, list) else []) + (old if isinstance(old, list) else [])
    for tool in listed:
        inner = tool.get("function", tool) if isinstance(tool, Mapping) else None
        if isinstance(inner, Mapping) and isinstance(inner.get("name"), str):
            schema = inner.get("parameters")
            description = inner.get("description")
            yield Function(
                name=inner["name"],
                description=description if isinstance(description, str) else "",
                schema=schema if isinstance(schema, Mapping) else {},
            )


def _tool_choice(raw: Mapping[str, Any], functions: tuple[Function, ...]) -> str:
    choice = raw.get("tool_choice", raw.get("function_call", "auto"))
    if isinstance(choice, Mapping):
        inner = choice.get("function", choice)
        name = inner.get("name") if isinstance(inner, Mapping) else None
        return next((function.name for function in functions if function.name == name), "auto")
    return choice if choice in ("auto", "none", "required") and functions else "auto"


def _texts(raw: Any) -> Iterator[str]:
    for text in [raw] if isinstance(raw, str) else raw if isinstance(raw, list) else []:
        if isinstance(text, str) and text:
            yield text


def _unquoted(line: str) -> str:
    if len(line) > 1 and line[0] == line[-1] == '"':
        try:
            return str(json.loads(line))
        except ValueError:
            return line[1:-1]
    return line.strip("“”")
