"""What to change in a request that a server refused for its form; learnt once, kept for the client's life."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from intentional_nb.clients.settings import SUGGESTED_MODEL
from intentional_nb.errors import RefusedError

__all__ = ["Dialect", "adapted"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """What this server and model accept.

    Attributes:
        include_usage: Whether ``stream_options`` may be sent.
        reasoning_effort: Value to send beside tools when the user set none; None sends nothing.
    """

    include_usage: bool = True
    reasoning_effort: str | None = None

    def options(self, *, with_tools: bool) -> dict[str, Any]:
        """Request fields that the dialect adds."""
        return {"reasoning_effort": self.reasoning_effort} if with_tools and self.reasoning_effort else {}


def adapted(dialect: Dialect, error: RefusedError, user_options: Mapping[str, Any]) -> Dialect:
    """The dialect to try next after a request was refused.

    Args:
        dialect: What was tried.
        error: The server's refusal.
        user_options: What the user set; it is never overruled.

    Returns:
        Another dialect, or the same one when nothing known would help.

    Raises:
        RefusedError: The model cannot use tools over Chat Completions at all; names the way out.
    """
    text = str(error)
    if error.status not in (400, 422):
        return dialect
    if "stream_options" in text or error.param == "stream_options":
        return replace(dialect, include_usage=False)
    # From GPT-5.4 on, reasoning models take function tools over Chat Completions only with reasoning_effort "none".
    if "reasoning_effort" in text or error.param == "reasoning_effort":
        if dialect.reasoning_effort == "none" and "support" in text:
            raise RefusedError(
                f"this model cannot use tools over Chat Completions, and routing needs one; "
                f"choose a model that can, such as {SUGGESTED_MODEL!r} ({text})",
                status=error.status,
                code=error.code,
                param=error.param,
                request_id=error.request_id,
            ) from error
        if "reasoning_effort" not in user_options:
            return replace(dialect, reasoning_effort="none")
    return dialect
