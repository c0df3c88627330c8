"""Running the model's tool calls: side by side, each answered exactly once, whatever the tool does."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from intentional_nb.errors import ToolError
from intentional_nb.events import ToolStatus
from intentional_nb.tools.function import FunctionTool
from intentional_nb.tools.registry import nearest_name
from intentional_nb.tools.tool import Tool
from intentional_nb.wire.calls import ToolCall

__all__ = ["ToolResult", "ToolRunner", "as_text", "decode_arguments"]

INTERRUPTED = "cancelled: the user interrupted before the tool had finished"
STILL_RUNNING = "still running: the user interrupted, the result is not known yet"


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The answer to a call.

    Attributes:
        call: The call that is answered.
        status: How it ended.
        output: The text for the model.
        duration_ms: From the start of the call to its answer.
        error: The exception of a tool that failed unexpectedly, else None.
    """

    call: ToolCall
    status: ToolStatus
    output: str
    duration_ms: float = 0.0
    error: BaseException | None = field(default=None, compare=False)


def decode_arguments(text: str) -> dict[str, Any]:
    """The arguments of a call; empty text means none.

    Raises:
        ToolError: The text is not a JSON object.
    """
    try:
        arguments = json.loads(text) if text.strip() else {}
    except ValueError as error:
        raise ToolError(f"the arguments are not valid JSON ({error}): {text[:200]!r}") from error
    if not isinstance(arguments, dict):
        raise ToolError(f"the arguments must be a JSON object, got {text[:200]!r}")
    return arguments


def as_text(value: Any) -> str:
    """What a tool returned, as text for the model: strings as they are, the rest as JSON, None as ``done``."""
    if isinstance(value, str):
        return value
    if value is None:
        return "done"
    from pydantic_core import to_json

    return to_json(value, fallback=str).decode()


class ToolRunner:
    """Runs the calls of one turn.

    A call id is executed once; when it comes again the first answer is given again.

    Attributes:
        results: What is answered so far, by call id.
    """

    def __init__(
        self,
        on_start: Callable[[ToolCall], None],
        on_end: Callable[[ToolResult], None],
    ) -> None:
        """Prepare a turn.

        Args:
            on_start: Told of each call before it runs.
            on_end: Told of each answer, also of one that comes after the user interrupted.
        """
        self.results: dict[str, ToolResult] = {}
        self._on_start = on_start
        self._on_end = on_end
        self._running: dict[str, tuple[ToolCall, Tool | None, asyncio.Task[None]]] = {}
        self._kept: set[asyncio.Task[None]] = set()  # tools that outlive an interruption; a set keeps them alive

    async def run(self, calls: Sequence[ToolCall], tools: Mapping[str, Tool]) -> list[ToolResult]:
        """Run the calls side by side.

        Args:
            calls: Calls of one reply; ids are unique in it.
            tools: What the model was offered, by name.

        Returns:
            One result for each call, in the order of the calls.

        Raises:
            asyncio.CancelledError: The turn was interrupted; `results` then has an answer to every call all the same.
        """
        fresh = [call for call in calls if call.call_id not in self.results]
        for call in fresh:
            self._start(call, tools)
        try:
            if fresh:
                await asyncio.wait([self._running[call.call_id][2] for call in fresh])
        except asyncio.CancelledError:
            self.interrupt()
            raise
        finally:
            for call in fresh:
                self._running.pop(call.call_id, None)
        return [self.results[call.call_id] for call in calls]

    def interrupt(self) -> None:
        """Answer at once every call that is still running: by its ``on_interrupt`` the tool stops or goes on."""
        for call, tool, task in self._running.values():
            if call.call_id in self.results:
                continue
            if tool is not None and tool.on_interrupt == "keep":
                self._kept.add(task)
                task.add_done_callback(self._kept.discard)
                self.results[call.call_id] = ToolResult(call, "cancelled", STILL_RUNNING)
            else:
                task.cancel()
                self._finish(ToolResult(call, "cancelled", INTERRUPTED))

    def _start(self, call: ToolCall, tools: Mapping[str, Tool]) -> None:
        self._on_start(call)
        tool = tools.get(call.name)
        self._running[call.call_id] = call, tool, asyncio.create_task(self._answer(call, tool, tools))

    def _finish(self, result: ToolResult) -> None:
        self.results[result.call.call_id] = result
        self._on_end(result)

    async def _answer(self, call: ToolCall, tool: Tool | None, tools: Mapping[str, Tool]) -> None:
        started = time.perf_counter()
        status, output, error = await _attempt(call, tool, tools)
        duration_ms = (time.perf_counter() - started) * 1000
        sendable = output.encode("utf-8", "replace").decode()  # half a surrogate pair could never be sent, nor any more
        self._finish(ToolResult(call, status, sendable, duration_ms, error))


async def _attempt(
    call: ToolCall, tool: Tool | None, tools: Mapping[str, Tool]
) -> tuple[ToolStatus, str, BaseException | None]:
    if tool is None:
        return "unknown", _unknown(call.name, tools), None
    try:
        arguments = tool.validated(decode_arguments(call.arguments))
    except ToolError as error:
        return "invalid", f"tool {call.name!r}: {error}", None
    try:
        async with asyncio.timeout(tool.timeout_s) as limit:
            return "ok", as_text(await _run(tool, arguments)), None
    except ToolError as error:
        return "error", str(error), None
    except Exception as error:  # a tool is the user's code: whatever it raises is told to the model and to people
        if isinstance(error, TimeoutError) and limit.expired():
            return "timeout", f"tool {call.name!r} gave no answer within {tool.timeout_s:g} seconds", None
        return "error", f"tool {call.name!r} failed: {type(error).__name__}: {error}", error


def _unknown(name: str, tools: Mapping[str, Tool]) -> str:
    nearest = nearest_name(name, tools)
    hint = f" Did you mean {nearest!r}?" if nearest else ""
    return f"Tool {name!r} not found.{hint} Available: {', '.join(map(repr, tools)) or 'none'}."


async def _run(tool: Tool, arguments: dict[str, Any]) -> Any:
    if isinstance(tool, FunctionTool) and not tool.is_async:
        return await _in_thread(lambda: tool.function(**arguments))
    return await tool.run(arguments)


async def _in_thread(function: Callable[[], Any]) -> Any:
    """Run blocking code in a daemon thread: a tool that never returns must not keep the interpreter from ending."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()
    context = contextvars.copy_context()

    def work() -> None:
        value: Any = None
        error: BaseException | None = None
        try:
            value = context.run(function)
        except BaseException as raised:  # everything must reach the waiting turn, SystemExit too
            error = raised
        # The loop may be gone when the program ends while the tool still runs.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, future, value, error)

    threading.Thread(target=work, name="intentional-nb tool", daemon=True).start()
    return await future


def _settle(future: asyncio.Future[Any], value: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(value)
    elif isinstance(error, Exception):
        future.set_exception(error)
    else:
        future.set_exception(RuntimeError(f"the tool ended its thread with {type(error).__name__}: {error}"))
