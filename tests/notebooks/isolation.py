"""The environment in which notebooks are run: this tree, this Python, no key, no other machine, an empty home."""

from __future__ import annotations

import os
from pathlib import Path

from tests.source import ROOT

__all__ = ["environment"]


def environment(home: Path) -> dict[str, str]:
    """Environment variables for a kernel, or for the program that starts it.

    Args:
        home: An empty folder of its own.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    return {
        **kept,
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        # The kernel of the Python that runs the tests, not one that the machine knows by the same name.
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "tests" / "isolated"), str(ROOT)]),
        "TZ": "UTC",
    }
