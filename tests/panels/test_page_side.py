from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from intentional_nb import panels

HERE = Path(__file__).parent
PANELS = Path(panels.__file__).parent

modules = pytest.mark.parametrize("path", sorted(PANELS.glob("*.js")), ids=lambda path: path.name)
sheets = pytest.mark.parametrize("path", sorted(PANELS.glob("*.css")), ids=lambda path: path.name)


@pytest.mark.parametrize("path", sorted(HERE.glob("*.test.mjs")), ids=lambda path: path.name)
def test_the_pure_parts_of_the_page_side_hold(path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: the page side's pure parts are tested where it is")

    run = subprocess.run([node, "--test", "--test-reporter=tap", path], capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout + run.stderr
    assert not re.search(r"# tests 0\b", run.stdout), "no test was found"


@modules
def test_a_module_is_small_and_needs_nothing_else(path):
    source = path.read_text(encoding="utf-8")

    # It is sent to the page with each panel, as text, from where it cannot import its neighbours.
    assert len(source.encode()) <= 60_000
    assert not re.search(r"^\s*import\b|\bimport\(|https?://(?!www\.w3\.org/)", source, re.MULTILINE)


@modules
def test_a_string_becomes_elements_in_one_place_only(path):
    source = path.read_text(encoding="utf-8")

    assert len(re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", source)) <= 1


@modules
def test_no_export_is_called_render(path):
    # anywidget takes such a module for one of the old kind and ignores the default export.
    assert not re.search(r"export\s+(async\s+)?(function|const)\s+render\b", path.read_text(encoding="utf-8"))


@sheets
def test_every_rule_of_a_style_sheet_is_about_a_panel(path):
    # The sheet stays in the page's head: a rule about anything else would change the front end itself.
    source = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    selectors = [found.strip() for found in re.findall(r"([^{}]+)\{", source)]
    frames = re.compile(r"@|\d+%|from|to")

    strangers = [part for part in selectors if not frames.match(part) and ".inb-" not in part]

    assert not strangers
