"""The timeline where people use it: a real bot, a real kernel, a real JupyterLab."""

from __future__ import annotations

import json
import uuid

import pytest

from tests.browser.accessibility import violations
from tests.browser.cells import talking_bot
from tests.browser.lab import wait_until

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install 'intentional-nb[dev]'"
)
expect = playwright.expect

SHOW = "from intentional_nb import Timeline\ntimeline = Timeline(bot, title='Talk')\ntimeline"
REPLIES = (
    'text("Nice to meet you.", pace_ms=20)',
    'calls(("classify_response", {"outcome": "bye"}))',
    'text("Goodbye.", pace_ms=20)',
)


@pytest.fixture
def timeline(notebook):
    """Call it with further cells: the notebook, and the panel in its first cell."""

    def open_timeline(*more):
        page = notebook(talking_bot(*REPLIES, panel=SHOW), *more)
        page.run(0)
        panel = page.page.locator(".inb-timeline")
        expect(panel).to_be_visible(timeout=30_000)
        return page, panel

    return open_timeline


def copy_in(outputs):
    """The plain bars among a cell's outputs."""
    return "".join(html for output in outputs if "inb-static" in (html := "".join(output["data"].get("text/html", ""))))


def test_each_turn_is_shown_as_the_records_tell_it_also_after_a_reload(timeline):
    page, panel = timeline()

    page.ask("bot.say('hello'); bot.say('bye')")
    told = json.loads(page.ask("import json; print(json.dumps(bot.turns.to_dicts()))"))

    expect(panel.locator("details")).to_have_count(3, timeout=20_000)
    spans = told[-1]["spans"]
    expect(panel.locator("details[open]").get_by_role("listitem")).to_have_count(len(spans), timeout=20_000)
    expect(panel.locator("details[open]")).to_contain_text("bye")
    expect(panel.locator("details[open] .inb-t-facts")).to_contain_text(f"{told[-1]['input_tokens']:,} in")

    page.save()
    page.reload(shows=".inb-timeline details")
    panel = page.page.locator(".inb-timeline")
    expect(panel.locator("details")).to_have_count(3, timeout=30_000)
    expect(panel.locator("details[open]").get_by_role("listitem")).to_have_count(len(spans))


def test_the_notebooks_shortcuts_stay_away(timeline):
    page, panel = timeline("1 + 1")
    page.ask("bot.say('hello')")
    before = page.count_cells()

    panel.locator("summary").last.focus()
    for key in ("d", "d", "a", "b", "0", "0", "ArrowUp", "ArrowDown", "Enter", "Shift+Enter"):
        page.page.keyboard.press(key)

    assert page.count_cells() == before
    expect(page.page.locator(".jp-Dialog")).to_have_count(0)
    expect(panel.locator("summary").last).to_be_focused()


@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_saved_notebook_keeps_the_bars_without_its_kernel(timeline, notebook, lab, is_trusted):
    page, _ = timeline()
    page.ask("bot.say('hello <b>you</b>'); bot.say('bye')")
    wait_until(lambda: copy_in(page.outputs(0)).count("<details") == 3, "all turns in the copy")
    expect(page.page.locator(".inb-static")).to_be_hidden()
    saved = page.save()
    if not is_trusted:
        saved["metadata"]["changed"] = True  # so that its signature does not fit
    name = f"read-{uuid.uuid4().hex[:8]}.ipynb"
    (lab.root / name).write_text(json.dumps(saved))

    reader = notebook(name=name)

    copy = reader.cell(0).locator(".inb-static")
    expect(copy).to_be_visible(timeout=20_000)
    expect(copy).to_contain_text("“hello <b>you</b>”")
    bars = copy.locator("details[open] td > span")
    expect(bars.first).to_be_visible()
    shown = bars.evaluate_all(
        "nodes => nodes.map((node) => [node.offsetWidth, node.offsetHeight, getComputedStyle(node).backgroundColor])"
    )
    assert all(width >= 1 and height == 9 and colour.startswith("rgb") for width, height, colour in shown)
    track = copy.locator("details[open] td:nth-child(2)").first.bounding_box()
    assert sum(width for width, _, _ in shown) > track["width"] * 0.3
    expect(reader.page.locator(".inb-timeline")).to_have_count(0)


def test_axe_finds_nothing_wrong_in_the_light_and_the_dark_theme(timeline):
    page, panel = timeline()
    page.ask("bot.say('hello')")
    expect(panel.locator("details")).to_have_count(2, timeout=20_000)

    for theme in ("JupyterLab Dark", "JupyterLab Light"):  # the last one stays, for the other tests
        page.theme(theme)
        assert violations(page.page, ".inb-timeline") == [], theme
