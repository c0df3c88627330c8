"""Tool and routing calls as a page shows them: plain dicts, and the operations that lead from one state to the next.

Pure: nothing here knows of a kernel, a thread or a widget. The shapes are the ones that the header of ``tool_calls.js``
describes. Every text is there as it is, to be copied; where something in it would hide, ``shown`` has it made visible.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from intentional_nb.bots.turn import RouteEntry, ToolEntry, Turn
from intentional_nb.events import RouteDecision
from intentional_nb.markup import visible
from intentional_nb.panels.entries import (
    LONGEST_RESULT,
    Operation,
    View,
    arguments_text,
    shortened,
    turn_changes,
    turn_view,
)
from intentional_nb.panels.tool_calls_again import Run
from intentional_nb.panels.tool_calls_written import Written, WrittenCall
from intentional_nb.tools.tool import Tool

__all__ = ["Call", "CallViews", "Tools", "call_changes", "call_view", "calls_of", "latest", "may_run_again", "refusal"]

Tools = Mapping[str, Mapping[str, Tool]]
"""The tools of each stage, by the name that the model knows."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a turn, made or only written.

    Attributes:
        key: Tells it from all other calls of the bot. That of a call that was made stays its own for ever: it is made
            of the turn's number, which is never used twice, and of the call's place among the turn's.
        part: The request in whose reply it was made.
        entry: What is known of it.
        stage: Where the conversation stood.
    """

    key: str
    part: int
    entry: ToolEntry | RouteEntry | WrittenCall
    stage: str


def calls_of(turn: Turn, written: Written | None = None) -> list[Call]:
    """The calls of a turn, those of the same request one after the other.

    The transcript may be newer than ``written``: what is made meanwhile is not told twice.
    """
    made = list(_with_stages(turn))
    calls = [Call(f"{turn.number}.{index}", entry.part, entry, stage) for index, (entry, stage) in enumerate(made)]
    if written is not None and written.calls:
        unmade = _unmade(written, [entry for entry, _ in made])
        calls += [
            Call(f"{turn.number}.w{index}", call.part, call, turn.stage_after) for index, call in enumerate(unmade)
        ]
        calls.sort(key=lambda call: call.part)  # stable: what is made comes before what is only written
    return calls


def _with_stages(turn: Turn) -> Iterator[tuple[ToolEntry | RouteEntry, str]]:
    """The calls that were made, each with the stage in which the conversation stood."""
    stage = turn.stage_before
    for entry in turn.entries:
        if isinstance(entry, ToolEntry):
            yield entry, stage
        elif isinstance(entry, RouteEntry):
            yield entry, entry.decision.source
            stage = entry.decision.target


def _unmade(written: Written, made: Sequence[ToolEntry | RouteEntry]) -> list[WrittenCall]:
    """The written calls that the transcript does not have: calls to tools first, as they are made."""
    begun = {(entry.part, entry.call_id) for entry in made if isinstance(entry, ToolEntry)}
    routes = sum(isinstance(entry, RouteEntry) for entry in made) - written.decisions
    left = [call for call in written.calls if call.is_dropped or (call.part, call.call_id) not in begun]
    for call in [call for call in left if call.is_routing and not call.is_dropped][: max(routes, 0)]:
        left.remove(call)
    return sorted(left, key=lambda call: call.is_routing)


def refusal(decision: RouteDecision) -> str:
    """Why a choice was refused, in a sentence; empty for one that was taken."""
    if decision.kind != "refused":
        return ""
    if not decision.options:
        return "Nothing could be chosen any more in this turn."
    if not decision.choice:
        return "The call named no choice."
    if decision.choice in decision.options:
        return "The graph was changed while the model chose: this choice leads elsewhere now."
    if _named(decision.choice) in decision.options:
        return "Another call of the same reply was taken first: this one came too late."
    return "It is none of the choices that there were."


def _named(choice: str) -> Any:
    """What the arguments of a whole call choose; None where ``choice`` is not such a text."""
    try:
        arguments = json.loads(choice)
    except ValueError:
        return None
    outcome = arguments.get("outcome") if isinstance(arguments, dict) else None
    return outcome if isinstance(outcome, str) else None


def call_view(call: Call, *, can_rerun: bool = False, runs: Sequence[Run] = ()) -> View:
    """One call as the page shows it.

    Args:
        call: The call.
        can_rerun: Whether people may run it again.
        runs: What came of it when they did.
    """
    entry = call.entry
    if isinstance(entry, ToolEntry):
        view = _tool_view(entry)
    elif isinstance(entry, RouteEntry):
        view = _route_view(entry.decision)
    else:
        view = _written_view(entry)
    view |= {"id": call.key, "part": call.part, "stage": visible(call.stage)}
    if can_rerun:
        view["again"] = True
    if runs:
        view["runs"] = [_run_view(run) for run in runs]
    return view


def _tool_view(entry: ToolEntry) -> View:
    texts = {
        "call": entry.call_id,
        "name": entry.name,
        "arguments": shortened(arguments_text(entry.arguments), LONGEST_RESULT),
        "output": shortened(entry.output, LONGEST_RESULT),
    }
    return {"k": "tool", "status": entry.status, "ms": round(entry.duration_ms), **_texts(texts)}


def _route_view(decision: RouteDecision) -> View:
    texts = {
        "choice": shortened(decision.choice, LONGEST_RESULT),
        "said": shortened(decision.user_text, LONGEST_RESULT),
        "source": decision.source,
        "target": decision.target,
    }
    view = {
        "k": "route",
        "status": "refused" if decision.kind == "refused" else "ok",
        "kind": decision.kind,
        "options": [visible(option) for option in decision.options],
        "trail": [visible(stage) for stage in decision.trail],
        "ms": round(decision.duration_ms),
        **_texts(texts),
    }
    why = refusal(decision)
    return {**view, "why": why} if why else view


def _written_view(call: WrittenCall) -> View:
    texts = {"call": call.call_id, "name": call.name, "arguments": call.arguments}
    status = "dropped" if call.is_dropped else "writing"
    return {"k": "written", "status": status, "routing": call.is_routing, **_texts(texts)}


def _run_view(run: Run) -> View:
    output = _texts({"output": shortened(run.output, LONGEST_RESULT)})
    return {"run": run.number, "status": run.status, "ms": round(run.duration_ms), **output}


def _texts(texts: Mapping[str, str]) -> View:
    """The texts as they are, and those of them in which something would hide once more under ``shown``."""
    raw = {name: _encodable(text) for name, text in texts.items()}
    shown = {name: visible(text) for name, text in texts.items()}
    differing = {name: text for name, text in shown.items() if text != raw[name]}
    return {**raw, "shown": differing} if differing else raw


def _encodable(text: str) -> str:
    """The text itself: only halves of characters, which no message can hold, are replaced."""
    return text.encode("utf-8", "replace").decode()


class CallViews:
    """Views of the calls of a growing transcript, made anew only where something changed."""

    def __init__(self) -> None:
        self._calls: dict[str, tuple[tuple[Any, ...], View]] = {}
        self._turns: dict[int, View] = {}

    def of(
        self,
        turns: Sequence[tuple[Turn, Sequence[Call]]],
        tools: Tools | None = None,
        runs: Callable[[str], Sequence[Run]] = lambda _: (),
        times: Callable[[Turn], View | None] = lambda _: None,
    ) -> list[View]:
        """The views of these turns; of turns and calls that did not change they are the very same objects.

        Args:
            turns: Turns with their calls, oldest first.
            tools: What there is now to run again.
            runs: The runs of a call, by its key.
            times: Where the time of a turn went, as `timeline_view` tells it.
        """
        known_calls, self._calls = self._calls, {}
        known_turns, self._turns = self._turns, {}
        for turn, calls in turns:
            entries = [self._call(call, known_calls, tools or {}, tuple(runs(call.key))) for call in calls]
            view = turn_view(turn, entries)
            if (spans := times(turn)) is not None:
                view["times"] = spans
            before = known_turns.get(turn.number)
            # Comparing is cheap where the parts are the same objects.
            self._turns[turn.number] = before if before == view else view
        return list(self._turns.values())

    def _call(self, call: Call, known: Mapping[str, Any], tools: Tools, runs: tuple[Run, ...]) -> View:
        can_rerun = may_run_again(call, tools) is not None
        before = known.get(call.key)
        entry = call.entry
        # By identity what the transcript keeps; a written call is another object each time.
        token = (call.part, call.stage, can_rerun, runs, entry if isinstance(entry, WrittenCall) else id(entry), entry)
        if before is not None and before[0][:-1] == token[:-1]:
            self._calls[call.key] = before
        else:
            self._calls[call.key] = token, call_view(call, can_rerun=can_rerun, runs=runs)
        return self._calls[call.key][1]


def may_run_again(call: Call, tools: Tools) -> Tool | None:
    """The tool with which a call can be run again; None where it cannot, or its author has not allowed it."""
    entry = call.entry
    if not isinstance(entry, ToolEntry) or entry.status == "running":
        return None
    tool = tools.get(call.stage, {}).get(entry.name)
    return tool if tool is not None and tool.can_rerun else None


def latest(
    turns: Sequence[Turn], written: Mapping[int, Written], most: int
) -> tuple[list[tuple[Turn, list[Call]]], int]:
    """The latest turns that have calls, with about as many calls as are wanted, and how many calls come before them.

    A turn is never cut: the last one is there whatever it has.
    """
    found: list[tuple[Turn, list[Call]]] = []
    count = hidden = 0
    for turn in reversed(turns):
        known = written.get(turn.number)
        more = _count(turn, known)
        if not more:
            continue
        if hidden or (count and count + more > most):
            hidden += more
        else:
            found.append((turn, calls_of(turn, known)))
            count += more
    return found[::-1], hidden


def _count(turn: Turn, written: Written | None) -> int:
    """How many calls `calls_of` gives, told quickly: most turns are not shown."""
    if written is not None and written.calls:
        return len(calls_of(turn, written))
    return sum(isinstance(entry, ToolEntry | RouteEntry) for entry in turn.entries)


def call_changes(old: Sequence[View], new: Sequence[View]) -> list[Operation]:
    """The operations that make ``new`` of ``old``: those of `turn_changes`, and one of our own.

    ``["grow", n, index, text]`` puts more text after the arguments of a call that is being written.
    """
    entries = {view["n"]: view["entries"] for view in old}
    return [_grown(operation, entries) for operation in turn_changes(old, new)]


def _grown(operation: Operation, before: Mapping[int, Sequence[View]]) -> Operation:
    if operation[0] != "entry":
        return operation
    _, number, index, new = operation
    entries = before.get(number, ())
    old = entries[index] if index < len(entries) else None
    if old is None or old["k"] != "written" or {**old, "arguments": new.get("arguments")} != new:
        return operation
    if "arguments" in new.get("shown", {}) or not new["arguments"].startswith(old["arguments"]):
        return operation
    return ["grow", number, index, new["arguments"][len(old["arguments"]) :]]
