"""``make notebooks``: runs the notebooks and stores what they print, the same bytes each time.

Every notebook is run twice; a difference between the runs is an error, and nothing is stored then. What changes from
machine to machine (versions, timings, live widgets) is left out.
"""

from __future__ import annotations

import argparse
import difflib
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.notebooks.guard import WIDGET_VIEW, complaints
from tests.notebooks.isolation import environment
from tests.source import ROOT

__all__ = ["executed", "main"]

_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def executed(path: Path) -> str:
    """The text of the notebook file ``path`` after a run."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=60,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
        extra_arguments=["--log-level=ERROR"],  # not that the kernel's port is not encrypted, on the same machine
    )
    client.execute()
    _strip(notebook)
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def _strip(notebook: Any) -> None:
    notebook.metadata = {"kernelspec": _KERNEL, "language_info": {"name": "python"}}
    for cell in notebook.cells:
        cell.metadata = {name: cell.metadata[name] for name in ("tags",) if name in cell.metadata}
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop(WIDGET_VIEW, None)
        if "outputs" in cell:
            cell.outputs = _joined(cell.outputs)


def _joined(outputs: list[Any]) -> list[Any]:
    """The outputs with what was printed in several pieces in one: how many there are is chance."""
    joined: list[Any] = []
    for output in outputs:
        before = joined[-1] if joined else {}
        if output.output_type == "stream" and before.get("name") == output.name:
            before.text += output.text
        else:
            joined.append(output)
    return joined


def main() -> int:
    """Run the notebooks named on the command line, or all."""
    parser = argparse.ArgumentParser(prog="make notebooks", description=__doc__)
    parser.add_argument("notebooks", nargs="*", type=Path, help="ARGS=notebooks/NAME.ipynb; all of them otherwise")
    paths = parser.parse_args().notebooks or sorted((ROOT / "notebooks").glob("*.ipynb"))
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(environment(Path(home)))
        return max((_rewrite(path.resolve()) for path in paths), default=0)


def _rewrite(path: Path) -> int:
    import nbformat
    from nbclient.exceptions import CellExecutionError

    name = path.name
    try:
        first, second = executed(path), executed(path)
    except CellExecutionError as error:
        print(f"{name}: nothing stored, a cell failed\n{error}")
        return 1
    if first != second:
        print(f"{name}: two runs differ, nothing stored")
        difference = difflib.unified_diff(first.splitlines(), second.splitlines(), "first", "second", lineterm="")
        print("\n".join(line[:200] for line in difference))  # a picture is one line of many thousand characters
        return 1
    changed = path.read_text(encoding="utf-8") != first
    if changed:
        path.write_text(first, encoding="utf-8")
    print(f"{name}: {'rewritten' if changed else 'unchanged'}")
    found = complaints(nbformat.reads(first, as_version=4))
    for complaint in found:
        print(f"  {complaint}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
