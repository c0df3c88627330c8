"""Import: a fresh process until the import is done, against Python alone and against the `openai` package."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from typing import Any

__all__ = ["rows"]

ROUNDS = 7
STATEMENTS = {
    "nothing": "pass",
    "intentional_nb": "import intentional_nb",
    "intentional_nb.load_bot": "import intentional_nb; intentional_nb.load_bot",
    "intentional_nb.ChatPanel": "import intentional_nb; intentional_nb.ChatPanel",
    "openai": "import openai; openai.AsyncOpenAI",
}


def rows() -> list[dict[str, Any]]:
    """One row for each import."""
    times: dict[str, list[float]] = {name: [] for name in STATEMENTS}
    for round_number in range(ROUNDS + 1):
        for name, statement in STATEMENTS.items():
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", statement], check=True)
            if round_number:  # the first round warms the disk cache
                times[name].append((time.perf_counter() - started) * 1000)
    alone = statistics.median(times["nothing"])
    added = {name: statistics.median(values) - alone for name, values in times.items() if name != "nothing"}
    return [
        {"import": name, "ms over python": spent, "openai / this": added["openai"] / spent}
        for name, spent in added.items()
    ]
