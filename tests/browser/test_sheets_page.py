"""The style sheets of all panels on one page: what anywidget puts into its head stays there, in order of display."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from intentional_nb import panels
from intentional_nb.conversation.diagram import page_sheet
from intentional_nb.panels.bundle import bundle
from tests.panels.call_samples import TALK, calls_view
from tests.panels.samples import view, walk
from tests.panels.stage_samples import SHOP, stage_view, talk
from tests.panels.timeline_samples import timeline_view_of, walk_times

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install 'intentional-nb[dev]'")

FOLDER = Path(panels.__file__).parent
SHEETS = {path.stem: bundle(path) for path in sorted(FOLDER.glob("*.css"))}
CHAT = {"title": "Shop", "height": "520px", "suggestions": ["Yes"], "placeholder": "Write"}
SHOWN = {
    "chat": (CHAT, view(walk())),
    "stage_graph": (
        {"title": "Shop", "height": "520px", "direction": "TB"},
        stage_view(SHOP, *talk(SHOP, ("Coffee", "ordered"), ("What is there?", "menu"))),
    ),
    "timeline": ({"title": "Shop", "height": "520px"}, timeline_view_of(*walk_times())),
    "tool_calls": ({"title": "Shop", "height": "520px"}, calls_view(TALK)),
}
"""What is sent to the page of each panel."""

PROPERTIES = sorted(
    {name for text in SHEETS.values() for name in re.findall(r"^\s+([a-z][a-z-]*):", text, re.MULTILINE)}
)
"""What any of the sheets sets."""

CHANGED_BY = """
([names, text]) => {
  const nodes = [...document.querySelectorAll('#panel *')];
  const looks = () => nodes.map((node) => {
    const style = getComputedStyle(node);
    return names.map((name) => `${name}: ${style.getPropertyValue(name)}`);
  });
  const before = looks();
  const sheet = Object.assign(document.createElement('style'), { textContent: text });
  document.head.append(sheet);
  const after = looks();
  sheet.remove();
  return nodes.flatMap((node, index) => {
    const lines = after[index].filter((line, place) => line !== before[index][place]);
    return lines.length ? [`${node.tagName}.${node.getAttribute('class')} ${lines}`] : [];
  });
}
"""


@pytest.mark.parametrize("width", [900, 420])
@pytest.mark.parametrize("name", SHOWN)
def test_a_panel_looks_the_same_whatever_other_panels_are_displayed_after_it(blank, name, width):
    options, shown = SHOWN[name]
    page = blank(name, options, sheet=page_sheet() if name == "stage_graph" else "", width=width)
    page.acknowledge(page.wait_for("hello"))
    page.snapshot(shown)
    page.page.wait_for_function("() => document.querySelector('#panel .inb-panel') !== null")

    others = [other for other in SHEETS if other != name]
    for order in (others, [*others, "own"]):  # that has nothing but what all have, and would undo what others changed
        changed = page.page.evaluate(CHANGED_BY, [PROPERTIES, "".join(SHEETS[other] for other in order)])

        assert changed == [], f"after {order}"
