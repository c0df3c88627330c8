"""The notebook about a wrong turn, run by hand: cells that change a bot, and the panel above that follows."""

from __future__ import annotations

import json

import pytest

from tests.source import ROOT

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install 'intentional-nb[dev]'"
)
expect = playwright.expect

CELLS = json.loads((ROOT / "notebooks" / "06_watch_it_think.ipynb").read_text(encoding="utf-8"))["cells"]
CODE = {cell["id"]: "".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "code"}
NAMES = list(CODE)[: list(CODE).index("again")]
MISTAKE = CODE["mend"].replace("move_to: refill", "move_to: refil")
MENDED = CODE["again"].replace("graph.freeze()", "practice.stage")


def test_a_cell_changes_the_bot_and_the_panel_above_follows(notebook):
    page = notebook(*(CODE[name] for name in NAMES), MISTAKE, MENDED)
    wrong = len(NAMES)
    for index in range(wrong):
        page.run(index)
    panel = page.cell(NAMES.index("graph")).locator(".inb-stages")
    now = panel.locator(".is-now")
    expect(now).to_have_attribute("data-stage", "visit", timeout=30_000)
    expect(page.cell(NAMES.index("mend"))).to_contain_text("outcomes.refill.description")

    page.run(wrong)

    shown = page.cell(wrong).locator(".jp-OutputArea")
    expect(shown).to_contain_text("GraphError: nothing was changed")
    expect(shown).to_contain_text("did you mean 'refill'?")
    expect(shown).to_contain_text(f"{len(MISTAKE.splitlines())} |     move_to: refil")
    expect(shown).not_to_contain_text("Traceback")
    expect(now).to_have_attribute("data-stage", "visit")

    page.run(wrong + 1)

    expect(now).to_have_attribute("data-stage", "refill", timeout=20_000)
