"""Running a tool again, for people to look at: nobody tells the model of it, and no event comes of it."""

from __future__ import annotations

import concurrent.futures
import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from intentional_nb.bots import runtime
from intentional_nb.errors import ToolError
from intentional_nb.events import ToolStatus
from intentional_nb.panels.entries import arguments_text
from intentional_nb.tools.running import ToolRunner
from intentional_nb.tools.tool import Tool
from intentional_nb.wire.calls import ToolCall

__all__ = ["Reruns", "Run"]

MOST_RUNS = 3
"""Runs of one call that are kept: the latest."""
MOST_CALLS = 100
"""Calls of which runs are kept: those that were run again last."""


@dataclass(frozen=True, slots=True)
class Run:
    """One more run of a call; ``output`` and ``duration_ms`` are there once it has ended."""

    number: int
    status: ToolStatus | Literal["running"] = "running"
    output: str = ""
    duration_ms: float = 0.0


class Reruns:
    """The runs that people asked for, by the key of the call. Any thread may use it.

    Tools run on the background loop and in threads, with the checks and the time limits of every call.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        """Start with none.

        Args:
            changed: Called, in any thread, when `of` gives something else.
        """
        self._changed = changed
        self._runs: OrderedDict[str, tuple[Run, ...]] = OrderedDict()
        self._futures: dict[str, concurrent.futures.Future[None]] = {}  # of those that go on, by the call's key
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def of(self, key: str) -> tuple[Run, ...]:
        """The runs of a call, oldest first."""
        return self._runs.get(key, ())

    @property
    def is_running(self) -> bool:
        """Whether any goes on."""
        return bool(self._futures)

    def start(self, key: str, tool: Tool, arguments: Mapping[str, Any]) -> None:
        """Run a call again; nothing happens while it already runs again.

        Args:
            key: Tells the call from all others.
            tool: What is run.
            arguments: As the model sent them.

        Raises:
            ToolError: The tool's author has not allowed it.
        """
        if not tool.can_rerun:
            raise ToolError(f"tool {tool.name!r} is not run again: its author has not set can_rerun, which allows it")
        with self._lock:
            if key in self._futures:
                return
            run = Run(next(self._numbers))
            self._put(key, (*self._runs.get(key, ()), run)[-MOST_RUNS:])
            call = ToolCall(f"again-{run.number}", tool.name, arguments_text(arguments))
            self._futures[key] = runtime.submit(self._run(key, run, tool, call))
        self._changed()

    def _put(self, key: str, runs: tuple[Run, ...]) -> None:
        self._runs[key] = runs
        self._runs.move_to_end(key)
        for old in [known for known in self._runs if known not in self._futures][: len(self._runs) - MOST_CALLS]:
            del self._runs[old]

    async def _run(self, key: str, run: Run, tool: Tool, call: ToolCall) -> None:
        [result] = await ToolRunner(lambda _: None, lambda _: None).run([call], {tool.name: tool})
        ended = Run(run.number, result.status, result.output, result.duration_ms)
        with self._lock:
            self._futures.pop(key, None)
            known = self._runs.get(key, ())
            if known:
                self._runs[key] = tuple(ended if one.number == run.number else one for one in known)
        self._changed()

    def keep(self, keys: Callable[[str], bool]) -> None:
        """Forget all calls but those whose key is accepted; what still runs for others is stopped."""
        with self._lock:
            gone = [key for key in self._runs if not keys(key)]
            for key in gone:
                del self._runs[key]
            stopped = [self._futures.pop(key) for key in gone if key in self._futures]
        for future in stopped:
            future.cancel()

    def close(self) -> None:
        """Stop what runs, and forget everything."""
        self.keep(lambda _: False)
