"""The arguments of a tool, filled from the conversation and never invented.

What cannot be found in the user's words stays missing, and the bot asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from intentional_nb.local.language.parameters import Parameter, parameters
from intentional_nb.local.language.request import Function, Request
from intentional_nb.local.language.values import Said, find_value

__all__ = ["Filled", "Said", "conversation", "fill"]

LOOK_BACK = 3
"""Messages of the user, counted from the last, in which an argument may have been told."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A tool's arguments as far as the user has told them.

    Attributes:
        arguments: Values by parameter name.
        missing: Required parameters without a value.
        is_news: Whether the last message gave one of the values.
    """

    arguments: dict[str, Any]
    missing: tuple[Parameter, ...]
    is_news: bool


def conversation(request: Request) -> list[Said]:
    """What the user said, newest first, each with the question it answers."""
    found: list[Said] = []
    question = ""
    for message in request.talk:
        if message.role == "assistant" and message.text:
            question = message.text
        elif message.role == "user" and message.text:
            found.append(Said(message.text, question))
    return found[::-1]


def fill(function: Function, said: Sequence[Said], today: date) -> Filled:
    """The arguments for a call of ``function``.

    Args:
        function: The tool.
        said: As `conversation` gives it.
        today: What relative days are counted from.
    """
    arguments: dict[str, Any] = {}
    missing: list[Parameter] = []
    is_news = False
    wanted = parameters(function)
    for parameter in wanted:
        value, age = _search(parameter, said, today, wanted)
        if value is not None:
            arguments[parameter.name] = value
            is_news = is_news or age == 0
        elif parameter.is_required:
            missing.append(parameter)
    return Filled(arguments, tuple(missing), is_news)


def _search(parameter: Parameter, said: Sequence[Said], today: date, wanted: Sequence[Parameter]) -> tuple[Any, int]:
    """The value told last, and in which message, counted back from 0."""
    # Who somebody is does not change; what they want does, and old wishes must not come back.
    reach = len(said) if parameter.kind in ("name", "email", "phone", "age") else LOOK_BACK
    for age, one in enumerate(said[:reach]):
        value = find_value(parameter, one, today, wanted)
        if value is not None:
            return value, age
    return None, -1
