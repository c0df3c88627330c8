"""What people are told of the model's calls, and what the router makes of them, for every client."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from intentional_nb.conversation.position import Option
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.errors import ToolError
from intentional_nb.events import ErrorOccurred, Event, RouteDecision, ToolCallEnded, ToolCallStarted
from intentional_nb.tools.running import ToolResult, decode_arguments
from intentional_nb.wire.calls import ToolCall

__all__ = ["call_ended", "call_started", "decisions"]


def call_started(turn: int, call: ToolCall) -> ToolCallStarted:
    """A tool begins to run."""
    try:
        arguments = decode_arguments(call.arguments)
    except ToolError:
        arguments = {"_raw": call.arguments}
    return ToolCallStarted(turn=turn, call_id=call.call_id, name=call.name, arguments=arguments)


def call_ended(turn: int, result: ToolResult) -> Iterator[Event]:
    """A call has its answer; one that failed unexpectedly is an error too."""
    call = result.call
    if result.error is not None:
        yield ErrorOccurred(turn=turn, error=result.output, where=f"tool {call.name}", exception=result.error)
    yield ToolCallEnded(
        turn=turn,
        call_id=call.call_id,
        name=call.name,
        status=result.status,
        output=result.output,
        duration_ms=result.duration_ms,
    )


def decisions(
    router: IntentRouter,
    calls: Sequence[ToolCall],
    *,
    offered: Sequence[Option],
    turn: int,
    user_text: str,
    duration_ms: float,
) -> Iterator[RouteDecision]:
    """Let the router move by the first call; the others of the same reply were meant for the stage that was left.

    Args:
        router: Moves when the first decision is asked for.
        calls: The routing calls of one reply, at least one.
        offered: What the model could choose from when it was asked.
        turn: The turn's number.
        user_text: What the user said, as far as it is known by now.
        duration_ms: From sending the request to here.

    Yields:
        One decision for each call, the first one the router's own.
    """
    first, *others = calls
    try:
        arguments = decode_arguments(first.arguments)
    except ToolError:
        arguments = {"outcome": first.arguments}
    options = tuple(option.name for option in router.options())
    decision = replace(
        router.route(arguments, offered=offered), turn=turn, user_text=user_text, duration_ms=duration_ms
    )
    yield decision
    for call in others:
        stage = router.current_stage_name
        yield RouteDecision(
            turn=turn,
            source=stage,
            target=stage,
            kind="refused",
            options=options,
            choice=call.arguments,
            user_text=user_text,
            trail=decision.trail,
        )
