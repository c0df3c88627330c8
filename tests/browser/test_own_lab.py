"""The notebook about panels of one's own, run by hand: a real bot, a real kernel, a real JupyterLab."""

from __future__ import annotations

import json

import pytest

from tests.browser.accessibility import violations
from tests.browser.lab import wait_until
from tests.source import ROOT

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install 'intentional-nb[dev]'"
)
expect = playwright.expect

CELLS = json.loads((ROOT / "notebooks" / "07_your_own_panel.ipynb").read_text(encoding="utf-8"))["cells"]
CODE = {cell["id"]: "".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "code"}
NAMES = [name for name in CODE if name != "button"]


@pytest.fixture
def lesson(notebook):
    """The notebook up to its last code cell, run."""
    page = notebook(*(CODE[name] for name in NAMES))
    page.run_all()
    return page


def kept(lesson):
    """What the notebook keeps of the lamp."""
    return str(lesson.outputs(NAMES.index("lamp"))[1]["data"]["text/html"])


def test_the_panel_of_the_notebook_lives(lesson):
    lamp = lesson.cell(NAMES.index("lamp")).locator(".inb-own")
    expect(lamp.locator(".lamp")).to_have_text("A cappuccino, please", timeout=30_000)
    assert lamp.get_by_role("listitem").all_inner_texts() == ["menu ●", "informed ●", "chosen ●"]
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        lesson.theme(theme)
        assert violations(lesson.page, ".inb-own") == []
    count = lesson.count_cells()

    button = lamp.get_by_role("button", name="Once more")
    button.focus()
    button.press("d")
    button.press("d")
    button.press("Enter")

    expect(lamp.locator(".lamp")).to_have_text("Nothing has been decided yet.", timeout=20_000)
    expect(lamp.get_by_role("listitem")).to_have_count(0)
    assert lesson.count_cells() == count
    tally = lesson.cell(NAMES.index("view")).locator(".inb-own")
    expect(tally.get_by_role("row")).to_have_text(["stageorder"])
    wait_until(lambda: "Nothing has been decided yet." in kept(lesson), "the copy to be brought up to date")
