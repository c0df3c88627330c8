"""Where everything comes to lie: Graphviz decides, this file asks it."""

from __future__ import annotations

import json
import os
import shutil
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from intentional_nb.errors import DiagramError

__all__ = ["Layout", "find_graphviz", "lay_out"]

Point = tuple[float, float]

LONGEST_S = 60


@dataclass(frozen=True, slots=True)
class Layout:
    """Places on a sheet, in points, y downwards.

    Attributes:
        width: Of the sheet.
        height: Of the sheet.
        boxes: The centre of each box, by its key.
        lines: For each line that was drawn by its key a Bézier curve: a point, and three for each piece.
        tips: The point of each line's arrow, by its key.
        labels: The centre of each line's label, by its key; only for lines with one.
    """

    width: float
    height: float
    boxes: Mapping[str, Point]
    lines: Mapping[str, tuple[Point, ...]]
    tips: Mapping[str, Point]
    labels: Mapping[str, Point]


def find_graphviz() -> str | None:
    """The program that lays out: ``graphviz-pure`` of this environment, any other, or a ``dot`` on the path."""
    scripts = sysconfig.get_path("scripts")
    suffix = ".exe" if os.name == "nt" else ""
    own = os.path.join(scripts, f"graphviz-pure{suffix}")
    return own if os.access(own, os.X_OK) else shutil.which("graphviz-pure") or shutil.which("dot")


def lay_out(dot: str) -> Layout:
    """Where the nodes, edges and labels of ``dot`` lie; edges and nodes are told apart by their ``id``.

    Raises:
        DiagramError: Graphviz is not there, takes too long or fails.
    """
    program = find_graphviz()
    if program is None:
        raise DiagramError(
            "a picture needs Graphviz, and neither graphviz-pure nor dot is there: "
            "install it with `pip install graphviz-pure`, or use to_mermaid(), which needs neither"
        )
    return _lay_out(program, dot)


@lru_cache(maxsize=32)
def _lay_out(program: str, dot: str) -> Layout:
    written = _run(program, dot)
    try:
        return _read(json.loads(written))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise DiagramError(f"{program} did not answer as Graphviz does: {written[:200]!r}") from error


def _read(answer: dict[str, Any]) -> Layout:
    width, height = (float(side) for side in answer["bb"].split(",")[2:])
    # Groups of nodes are objects, too, and the line that only keeps two of them in order is an edge: neither has an id.
    boxes = [item for item in answer.get("objects", []) if "id" in item]
    lines = [item for item in answer.get("edges", []) if "id" in item and "pos" in item]
    curves = {item["id"]: _curve(item["pos"], height) for item in lines}
    return Layout(
        width=width,
        height=height,
        boxes={item["id"]: _point(item["pos"], height) for item in boxes},
        lines={key: points for key, (points, _) in curves.items()},
        tips={key: tip for key, (_, tip) in curves.items()},
        labels={item["id"]: _point(item["lp"], height) for item in lines if "lp" in item},
    )


def _run(program: str, dot: str) -> bytes:
    import subprocess

    try:
        done = subprocess.run(
            [program, "-Tjson"], input=dot.encode(), capture_output=True, timeout=LONGEST_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DiagramError(f"{program} could not lay out the graph: {error}") from error
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip()[-500:]
        raise DiagramError(f"{program} could not lay out the graph, exit code {done.returncode}: {said!r}")
    return done.stdout


def _point(text: str, height: float) -> Point:
    x, y = text.split(",")[-2:]
    return float(x), height - float(y)


def _curve(text: str, height: float) -> tuple[tuple[Point, ...], Point]:
    """The points of a spline and the arrow's tip; ``e,x,y`` names the tip, ``s,x,y`` would be one at the beginning."""
    parts = text.split(";")[0].split()
    tips = [part for part in parts if part.startswith("e,")]
    points = tuple(_point(part, height) for part in parts if part[0] not in "es")
    return points, _point(tips[0], height) if tips else points[-1]
