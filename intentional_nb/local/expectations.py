"""What a script may expect of a request, and how to say what came instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from intentional_nb.local.incoming import last_user_text, system_text, tool_names, tool_outputs
from intentional_nb.local.reply import shortened

__all__ = [
    "Expectation",
    "Expected",
    "as_expectations",
    "matches",
    "mentions",
    "mismatch",
    "offers",
    "offers_only",
    "prompted",
    "returned",
    "says",
]

Request = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Expectation:
    """One condition on a request, with the words for both sides of a mismatch."""

    wanted: str
    """What should have come: ``the user says 'yes'``."""
    holds: Callable[[Request], bool]
    came: Callable[[Request], str]
    """What came, in the same words."""


Expected = Expectation | Callable[[Request], Any]
"""An expectation, or any function that is given the request and returns something true when all is well."""


def says(text: str) -> Expectation:
    """Expect the user's last words to be exactly these."""
    return Expectation(f"the user says {text!r}", lambda request: last_user_text(request) == text, _user_says)


def mentions(*texts: str) -> Expectation:
    """Expect all of these somewhere in the user's last words, in upper or lower case."""

    def holds(request: Request) -> bool:
        said = (last_user_text(request) or "").casefold()
        return all(text.casefold() in said for text in texts)

    return Expectation(f"the user mentions {_quoted(texts)}", holds, _user_says)


def matches(pattern: str) -> Expectation:
    """Expect a regular expression to be found in the user's last words."""
    compiled = re.compile(pattern)
    return Expectation(
        f"the user says something that matches {pattern!r}",
        lambda request: compiled.search(last_user_text(request) or "") is not None,
        _user_says,
    )


def offers(*names: str) -> Expectation:
    """Expect these among the tools that the model is offered."""
    return Expectation(
        f"it offers {_quoted(names)}", lambda request: set(names) <= set(tool_names(request)), _it_offers
    )


def offers_only(*names: str) -> Expectation:
    """Expect these tools, in any order, and no other."""
    return Expectation(
        f"it offers {_quoted(names)} and nothing else" if names else "it offers no tools",
        lambda request: set(names) == set(tool_names(request)),
        _it_offers,
    )


def prompted(*texts: str) -> Expectation:
    """Expect all of these in the system prompt."""
    return Expectation(
        f"the system prompt contains {_quoted(texts)}",
        lambda request: all(text in system_text(request) for text in texts),
        lambda request: f"the system prompt is {shortened(system_text(request), 400)!r}",
    )


def returned(*texts: str) -> Expectation:
    """Expect the request to bring the answers of tools, with all of these in them."""

    def holds(request: Request) -> bool:
        outputs = tool_outputs(request)
        return bool(outputs) and all(any(text in output for output in outputs) for text in texts)

    return Expectation(f"tools return {_quoted(texts)}" if texts else "tools return something", holds, _tools_return)


def as_expectations(expected: Expected | Iterable[Expected]) -> tuple[Expectation, ...]:
    """Take one expectation, one function, or several of either."""
    if isinstance(expected, str):
        raise TypeError(
            f"a step cannot expect the text {expected!r}; write says({expected!r}) or mentions({expected!r})"
        )
    if isinstance(expected, Expectation) or callable(expected):
        expected = (expected,)
    return tuple(item if isinstance(item, Expectation) else _checked_by(item) for item in expected)


def mismatch(conditions: Iterable[Expectation], request: Request) -> list[str]:
    """Say line by line which conditions hold, and of the others what was wanted and what came."""
    lines = []
    for condition in conditions:
        if condition.holds(request):
            lines.append(f"  {condition.wanted}")
        else:
            lines += [f"- {condition.wanted}", f"+ {condition.came(request)}"]
    return lines


def _checked_by(check: Callable[[Request], Any]) -> Expectation:
    name = getattr(check, "__name__", repr(check))

    def outcome(request: Request) -> Any:
        try:
            return check(request)
        # A check is a test's own code: whatever it raises means that the request is not the one expected.
        except Exception as error:
            return error

    def holds(request: Request) -> bool:
        found = outcome(request)
        return bool(found) and not isinstance(found, Exception)

    def came(request: Request) -> str:
        found = outcome(request)
        is_error = isinstance(found, Exception)
        return f"{name} raises {type(found).__name__}: {found}" if is_error else f"{name} gives {found!r}"

    return Expectation(f"{name} is true", holds, came)


def _quoted(texts: Iterable[str]) -> str:
    return ", ".join(repr(text) for text in texts)


def _user_says(request: Request) -> str:
    said = last_user_text(request)
    return "the user has said nothing" if said is None else f"the user says {shortened(said, 400)!r}"


def _it_offers(request: Request) -> str:
    return f"it offers {_quoted(tool_names(request)) or 'no tools'}"


def _tools_return(request: Request) -> str:
    outputs = tool_outputs(request)
    return f"tools return {_quoted(shortened(o, 200) for o in outputs)}" if outputs else "it brings no tool's answer"
