"""``make bench``: every table of this folder, or those named: ``make bench ARGS="chat routing"``.

A file ``bench_NAME.py`` has a docstring, whose first line is the table's title, and a function ``rows()`` that returns
dicts with the same keys: the columns. Tables compare with a raw baseline measured in the same run, never with a bar.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["main", "table"]

_HERE = Path(__file__).parent


def main() -> None:
    """Measure and print."""
    names = sorted(path.stem.removeprefix("bench_") for path in _HERE.glob("bench_*.py"))
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"tables to print: {', '.join(names)}")
    for name in parser.parse_args().names or names:
        module = importlib.import_module(f"tests.bench.bench_{name}")
        title = (module.__doc__ or name).strip().splitlines()[0]
        print(f"\n## {title}\n\n{table(module.rows())}", flush=True)


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as a Markdown table with even columns.

    >>> print(table([{"what": "a turn", "ms": 1.2345}, {"what": "a delta", "ms": 12}]))
    | what    |   ms |
    |---------|-----:|
    | a turn  | 1.23 |
    | a delta |   12 |
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [names, *([_text(row.get(name, "")) for name in names] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    numeric = [all(isinstance(row.get(name, 0), int | float) for row in rows) for name in names]
    lines = [_line(line, widths, numeric) for line in cells]
    rule = "|".join("-" * (width + 1) + (":" if right else "-") for width, right in zip(widths, numeric, strict=True))
    return "\n".join([lines[0], f"|{rule}|", *lines[1:]])


def _line(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    even = (
        cell.rjust(width) if right else cell.ljust(width)
        for cell, width, right in zip(cells, widths, numeric, strict=True)
    )
    return f"| {' | '.join(even)} |"


def _text(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
