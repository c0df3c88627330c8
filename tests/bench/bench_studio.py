"""Streamed text with every panel open: CPU of the kernel, against a bare widget that is told 30 times a second.

In one kernel, in turn: 2,000 pieces of 6 characters, in paragraphs of 80, at 200 a second. ``bare`` is a widget of a
few lines that is sent what has come since the last time, 30 times a second, which is the least that shows text as it
comes. ``chat`` is the chat panel, ``studio`` all parts of a `Studio`, each with a page that listens. The kernel's CPU
is all that it took, pacing included; ``alone`` is without what the pacing takes when nothing is shown. A gap is a
number that is missing among a panel's messages.
"""

from __future__ import annotations

import ast
import itertools
import json
import statistics
from collections import defaultdict
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

__all__ = ["rows"]

ROUNDS = 3
PATIENCE_S = 60

_SETUP = """
import json, threading, time
import anywidget
from intentional_nb import Studio
from tests.panels.conftest import PlayedBot

DELTAS, RATE_HZ, BATCH_S = 2000, 200, 1 / 30

class Bare(anywidget.AnyWidget):
    _esm = "export default {};"

def paced(emit):
    start = time.process_time(), time.monotonic()
    for number in range(DELTAS):
        emit(f"{number:05d} " if number % 80 else "\\n\\n")  # in paragraphs, as replies of that length come
        time.sleep(max(0.0, start[1] + (number + 1) / RATE_HZ - time.monotonic()))
    time.sleep(0.2)
    return time.process_time() - start[0]

def run_bare():
    waiting, widget = [], Bare()
    sent_at = time.monotonic()
    def emit(delta):
        nonlocal sent_at
        waiting.append(delta)
        if time.monotonic() - sent_at >= BATCH_S:
            sent_at = time.monotonic()
            widget.send({"kind": "update", "text": "".join(waiting)})
            waiting.clear()
    return paced(emit)

def stream(bot):
    bot.begin("Go")
    spent = paced(bot.speak)
    bot.end()
    return spent
"""
_OPEN = """
bot = PlayedBot()
studio = Studio(bot)
parts = [studio, studio.conversation, studio.graph, studio.tool_calls, studio.timeline]
panels = parts[1:2] if {only_chat} else parts
ids = json.dumps([[panel.model_id, panel.options["control"]] for panel in panels])
"""


class _Kernel:
    """A kernel, and a page that counts what its panels send."""

    def __init__(self) -> None:
        self._manager = KernelManager(kernel_name="python3")
        self._manager.start_kernel()
        self._client: BlockingKernelClient = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=PATIENCE_S)
        self.messages: dict[str, list[dict[str, Any]]] = defaultdict(list)

    def run(self, code: str, value: str = "None") -> Any:
        """Run code, note what comes meanwhile, and give an expression's value."""
        asked = self._client.execute(code, user_expressions={"value": f"json.dumps({value})"})
        while True:
            message = self._client.get_iopub_msg(timeout=PATIENCE_S)
            kind, content = message["msg_type"], message["content"]
            if kind == "error":
                raise RuntimeError("\n".join(content["traceback"]))
            if kind == "comm_msg" and content["data"].get("method") == "custom":
                self.messages[content["comm_id"]].append(content["data"]["content"])
            if (kind, content.get("execution_state")) == ("status", "idle") and _answers(message, asked):
                break
        while True:
            reply = self._client.get_shell_msg(timeout=PATIENCE_S)
            if _answers(reply, asked):
                return reply["content"]["user_expressions"]["value"]["data"]["text/plain"]

    def say(self, comm_id: str, content: dict[str, Any]) -> None:
        """Send what a page sends."""
        data = {"comm_id": comm_id, "data": {"method": "custom", "content": content}}
        self._client.shell_channel.send(self._client.session.msg("comm_msg", data))

    def close(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


def _answers(message: dict[str, Any], asked: str) -> bool:
    return bool(message["parent_header"].get("msg_id") == asked)


def _open(kernel: _Kernel, *, only_chat: bool) -> list[str]:
    """Make the panels and greet them all; the ids of their models."""
    pairs = json.loads(json.loads(ast.literal_eval(kernel.run(_OPEN.format(only_chat=only_chat), "ids"))))
    for number, (_, control) in enumerate(pairs):
        kernel.say(control, {"kind": "hello", "command": f"page-{number}", "client": f"page{number}"})
    kernel.run("time.sleep(1)")
    return [model for model, _ in pairs]


def _seconds(kernel: _Kernel, code: str) -> float:
    return float(ast.literal_eval(kernel.run(f"spent = {code}", "spent")))


def _gaps(messages: list[dict[str, Any]]) -> int:
    numbers = [message["seq"] for message in messages if "epoch" in message]
    return sum(later - earlier - 1 for earlier, later in itertools.pairwise(numbers))


def rows() -> list[dict[str, Any]]:
    """One row for each thing that shows the text."""
    kernel = _Kernel()
    try:
        kernel.run(_SETUP)
        spent: dict[str, list[float]] = defaultdict(list)
        sent: dict[str, int] = {}
        gaps: dict[str, int] = defaultdict(int)
        for _ in range(ROUNDS):
            spent["sleeps"].append(_seconds(kernel, "paced(lambda _: None)"))
            kernel.messages.clear()
            spent["bare"].append(_seconds(kernel, "run_bare()"))
            sent["bare"] = sum(map(len, kernel.messages.values()))
            for name in ("chat", "studio"):
                models = _open(kernel, only_chat=name == "chat")
                kernel.messages.clear()
                spent[name].append(_seconds(kernel, "stream(bot)"))
                sent[name] = sum(len(kernel.messages[model]) for model in models)
                gaps[name] += sum(_gaps(kernel.messages[model]) for model in models)
                kernel.run("studio.close()")
    finally:
        kernel.close()
    middle = {name: statistics.median(values) for name, values in spent.items()}
    idle_s = middle.pop("sleeps")
    return [
        {
            "what shows the text": name,
            "kernel CPU ms": seconds * 1000,
            "ours/bare": seconds / middle["bare"],
            "alone ms": (seconds - idle_s) * 1000,
            "alone ours/bare": (seconds - idle_s) / (middle["bare"] - idle_s),
            "messages": sent[name],
            "gaps": gaps[name],
        }
        for name, seconds in middle.items()
    ]
