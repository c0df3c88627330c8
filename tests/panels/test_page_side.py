from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from intentional_nb import panels
from intentional_nb.panels.bundle import bundle

HERE = Path(__file__).parent
PANELS = Path(panels.__file__).parent
LARGEST = {
    "chat": 60_000,
    "own": 30_000,
    "side_by_side": 30_000,
    "stage_graph": 92_000,
    "studio": 30_000,
    "timeline": 60_000,
    "tool_calls": 70_000,
    "voice": 120_000,
}
"""In bytes: what is sent to a page with each panel, and stands in a notebook that keeps its widgets."""

modules = pytest.mark.parametrize("path", sorted(PANELS.rglob("*.js")), ids=lambda path: path.stem)
whole = pytest.mark.parametrize("name", sorted(name for name in LARGEST if (PANELS / f"{name}.js").is_file()))


@pytest.mark.parametrize("path", sorted(HERE.glob("*.test.mjs")), ids=lambda path: path.name)
def test_the_pure_parts_of_the_page_side_hold(path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: the page side's pure parts are tested where it is")

    run = subprocess.run(
        [node, "--test", "--test-reporter=tap", path],
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert not re.search(r"# tests 0\b", run.stdout), "no test was found"


@whole
def test_a_panels_page_is_small_and_needs_nothing_else(name):
    source = bundle(PANELS / f"{name}.js")

    assert len(source.encode()) <= LARGEST[name]
    assert not re.search(r"^\s*import\b|\bimport\(|https?://(?!www\.w3\.org/|localhost:)", source, re.MULTILINE)


@whole
def test_a_string_becomes_elements_in_one_place_only(name):
    source = bundle(PANELS / f"{name}.js")

    assert len(re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", source)) <= 1


@modules
def test_no_export_is_called_render(path):
    # anywidget takes such a module for one of the old kind and ignores the default export.
    assert not re.search(r"export\s+(async\s+)?(function|const)\s+render\b", path.read_text(encoding="utf-8"))


@modules
def test_a_module_has_one_idea(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 600


@whole
def test_every_rule_of_a_style_sheet_is_about_a_panel(name):
    # The sheet stays in the page's head: a rule about anything else would change the front end itself.
    source = re.sub(r"/\*.*?\*/", "", bundle(PANELS / f"{name}.css"), flags=re.DOTALL)
    selectors = [found.strip() for found in re.findall(r"([^{}]+)\{", source)]
    frames = re.compile(r"@|\d+%|from|to")

    strangers = [part for part in selectors if not frames.match(part) and ".inb-" not in part]

    assert not strangers
