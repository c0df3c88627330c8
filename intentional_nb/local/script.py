"""Scripted mode: a model that says what a test tells it to say, and insists on being asked what the test expects.

A script is a list of steps, each an expectation and a reply:

    script = Script(
        Step(expect=says("hello"), reply=text("Hi! Shall we begin?")),
        Step(expect=offers("classify_response"), reply=calls(("classify_response", {"outcome": "yes"}))),
        Step(reply=rate_limited(retry_after_s=0.1)),
        text("A reply alone is a step that takes any request."),
    )
    with LocalServer(script) as server:
        ...

Leaving the ``with`` block raises `ScriptError` when a request came that no step expected, or when steps are left over.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from intentional_nb.errors import ScriptError
from intentional_nb.local.expectations import (
    Expectation,
    Expected,
    as_expectations,
    matches,
    mentions,
    mismatch,
    offers,
    offers_only,
    prompted,
    returned,
    says,
)
from intentional_nb.local.incoming import last_user_text, tool_names
from intentional_nb.local.replies import (
    call,
    calls,
    dropped,
    error_in_stream,
    failed,
    malformed,
    no_stream_options,
    no_tools_with_reasoning,
    rate_limited,
    refusal,
    server_error,
    stalled,
    text,
    unauthorized,
)
from intentional_nb.local.reply import Answer, Call, ErrorReply, ModelReply, Quirk, SilentReply, shortened

__all__ = [
    "Answer",
    "Call",
    "ErrorReply",
    "Expectation",
    "ModelReply",
    "Quirk",
    "Script",
    "SilentReply",
    "Step",
    "call",
    "calls",
    "dropped",
    "error_in_stream",
    "failed",
    "malformed",
    "matches",
    "mentions",
    "no_stream_options",
    "no_tools_with_reasoning",
    "offers",
    "offers_only",
    "prompted",
    "rate_limited",
    "refusal",
    "returned",
    "says",
    "server_error",
    "stalled",
    "text",
    "unauthorized",
]


@dataclass(frozen=True, slots=True)
class Step:
    """One request that is expected, and what it is answered with."""

    reply: Answer
    expect: Expected | Iterable[Expected] = ()
    """Conditions that must all hold; none means that any request will do."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "expect", as_expectations(self.expect))

    @property
    def conditions(self) -> tuple[Expectation, ...]:
        """The expectations, each with its words."""
        return as_expectations(self.expect)

    def fits(self, request: dict[str, Any]) -> bool:
        """Say whether the request is the one expected."""
        return all(condition.holds(request) for condition in self.conditions)

    def __str__(self) -> str:
        wanted = " and ".join(condition.wanted for condition in self.conditions) or "any request"
        return f"{wanted} -> {self.reply}"


class Script:
    """Steps for a `LocalServer` to go through, and the record of what it was asked.

    A request that does not fit is answered with an HTTP error that tells the difference, its step stays open, and
    `assert_complete` raises. It may be read from any thread.

    Args:
        steps: In order. A reply stands for a step without an expectation; a list stands for its items.
        strict: Whether each request must fit the next step. If not, the first unused step that fits answers, and
            steps may be left over.
    """

    def __init__(self, *steps: Step | Answer | Iterable[Step | Answer], strict: bool = True) -> None:
        self._steps = [step if isinstance(step, Step) else Step(step) for step in _flat(steps)]
        self._is_strict = strict
        self._is_used = [False] * len(self._steps)
        self._requests: list[dict[str, Any]] = []
        self._unexpected: list[str] = []
        # The server asks from its own thread while a test looks at the record; a test's check may look too.
        self._lock = threading.RLock()

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The bodies of all requests so far, decoded, unexpected ones included."""
        with self._lock:
            return list(self._requests)

    @property
    def remaining(self) -> tuple[str, ...]:
        """The steps that have not been used, in words."""
        with self._lock:
            return self._left_over()

    def answer(self, request: dict[str, Any]) -> Answer:
        """Use the step that fits the request; the server calls this."""
        with self._lock:
            self._requests.append(request)
            index = self._find(request)
            if index is not None:
                self._is_used[index] = True
                return self._steps[index].reply
            message = self._describe_unexpected(request)
            self._unexpected.append(message)
            # The header keeps the official client from asking twice more what will not be answered.
            headers = (("x-should-retry", "false"),)
            return ErrorReply(500, message, "server_error", code="unexpected_request", headers=headers)

    def assert_complete(self) -> None:
        """Check that every request was expected and, when strict, that every step was used.

        Raises:
            ScriptError: With each unexpected request and each step left over.
        """
        with self._lock:
            left = self._left_over() if self._is_strict else ()
            complaints = list(self._unexpected)
            if left:
                complaints.append("\n".join([f"{len(left)} of {len(self._steps)} steps not used:", *left]))
            if complaints:
                raise ScriptError("\n".join(complaints), remaining=left)

    def __repr__(self) -> str:
        return f"<Script: {sum(self._is_used)} of {len(self._steps)} steps used>"

    def _find(self, request: dict[str, Any]) -> int | None:
        unused = [index for index, is_used in enumerate(self._is_used) if not is_used]
        candidates = unused[:1] if self._is_strict else unused
        return next((index for index in candidates if self._steps[index].fits(request)), None)

    def _left_over(self) -> tuple[str, ...]:
        steps = enumerate(zip(self._steps, self._is_used, strict=True), 1)
        return tuple(f"step {number}: {step}" for number, (step, is_used) in steps if not is_used)

    def _describe_unexpected(self, request: dict[str, Any]) -> str:
        total = len(self._steps)
        if all(self._is_used):
            said = shortened(last_user_text(request) or "", 200)
            offered = ", ".join(tool_names(request)) or "none"
            return (
                f"request {len(self._requests)} found no step left of the script's {total}: "
                f"the user says {said!r}, tools offered: {offered}"
            )
        index = self._is_used.index(False)
        heading = f"request {len(self._requests)} is not what step {index + 1} of {total} expects:"
        return "\n".join([heading, *mismatch(self._steps[index].conditions, request)])


def _flat(steps: Iterable[Step | Answer | Iterable[Step | Answer]]) -> list[Step | Answer]:
    flat: list[Step | Answer] = []
    for item in steps:
        if isinstance(item, Step | ModelReply | ErrorReply | SilentReply):
            flat.append(item)
        else:
            flat.extend(item)
    return flat
