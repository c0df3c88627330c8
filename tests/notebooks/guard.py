"""What every notebook keeps to, so that it reads well without a kernel and never changes by itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

__all__ = ["complaints"]

MAX_LINES = 15
MAX_COLUMNS = 100
MAX_CODE_CELLS = 12
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_MADE_UP = re.compile(r"[0-9a-f]{8}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FORBIDDEN = {
    "an address in memory": re.compile(r"\bat 0x[0-9a-f]{4,}"),
    "an absolute path": re.compile(r"(?<![\w/.])/(home|Users|root|tmp|usr|var|opt|work|private)/|[A-Z]:\\\\"),
    "a key": re.compile(r"\bsk-[\w-]{8,}|\bBearer \w{8,}"),
    "a port that changes": re.compile(r"127\.0\.0\.1:\d+|localhost:\d+"),
}


def complaints(notebook: dict[str, Any]) -> list[str]:
    """Everything that is wrong with a notebook (the decoded JSON file), a sentence each."""
    cells = notebook["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    found = [*_of_the_whole(notebook, code)]
    for before, cell in zip([None, *cells], cells, strict=False):
        found += (f"cell {cell.get('id')}: {text}" for text in _of_the_id(cell.get("id", "")))
        if cell["cell_type"] == "code":
            found += (f"cell {cell.get('id')}: {text}" for text in _of_a_code_cell(before, cell))
    return found


def _of_the_whole(notebook: dict[str, Any], code: list[dict[str, Any]]) -> Iterator[str]:
    counts = [cell["execution_count"] for cell in code]
    if counts != list(range(1, len(code) + 1)):
        yield f"the cells were not executed once each, in order: {counts}"
    if len(code) > MAX_CODE_CELLS:
        yield f"{len(code)} code cells; {MAX_CODE_CELLS} are enough for one lesson"
    if "widgets" in notebook["metadata"]:
        yield "the state of widgets is stored"
    if notebook["metadata"].get("kernelspec", {}).get("name") != "python3":
        yield "the kernel is not python3"
    ids = [cell.get("id") for cell in notebook["cells"]]
    if len(set(ids)) != len(ids):
        yield "two cells have the same id"


def _of_the_id(cell_id: str) -> Iterator[str]:
    if not _SLUG.fullmatch(cell_id) or _MADE_UP.fullmatch(cell_id):
        yield "the id is not a few words joined by hyphens"


def _of_a_code_cell(before: dict[str, Any] | None, cell: dict[str, Any]) -> Iterator[str]:
    if before is None or before["cell_type"] != "markdown":
        yield "no Markdown above says why it is there"
    source = "".join(cell["source"])
    if len(source.splitlines()) > MAX_LINES:
        yield f"more than {MAX_LINES} lines"
    if any(len(line) > MAX_COLUMNS for line in source.splitlines()):
        yield f"a line of more than {MAX_COLUMNS} characters, which a page cuts off"
    if "execution" in cell["metadata"]:
        yield "timings are stored"
    for output in cell["outputs"]:
        yield from _of_an_output(output)
    text = source + json.dumps(cell["outputs"], ensure_ascii=False)
    yield from (f"holds {what}" for what, pattern in _FORBIDDEN.items() if pattern.search(text))


def _of_an_output(output: dict[str, Any]) -> Iterator[str]:
    if output.get("name") == "stderr":
        yield "prints to stderr"
    if WIDGET_VIEW in output.get("data", {}):
        yield "stores a live widget"
    if output["output_type"] == "error":
        yield "ends in an error"
