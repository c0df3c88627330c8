"""The picture of a graph where people look at it: in Chromium, with the letters of a real page."""

from __future__ import annotations

import json
import uuid

import pytest

from intentional_nb.conversation.diagram import html, to_svg
from intentional_nb.conversation.position import Position
from tests.conversation.diagram.drawings import BROKEN, HOSTILE, INTERVIEW, chain

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install 'intentional-nb[dev]'")

OUTSIDE = """() => {
  const outside = [];
  for (const group of document.querySelectorAll('.inb-stage, .inb-end, .inb-start, .inb-any, .inb-some, .inb-back')) {
    const box = group.querySelector(':scope > .inb-box')?.getBBox();
    if (!box) continue;
    for (const text of group.querySelectorAll(':scope > text')) {
      const words = text.getBBox();
      const fits = words.x >= box.x && words.x + words.width <= box.x + box.width;
      const is_inside = words.y >= box.y - 1 && words.y + words.height <= box.y + box.height + 1;
      if (!fits || !is_inside) outside.push(text.textContent);
    }
  }
  return outside;
}"""

ON_BOXES = """() => {
  const boxes = [...document.querySelectorAll('.inb-stage > .inb-box, .inb-end > .inb-rim')].map(box => box.getBBox());
  const labels = [...document.querySelectorAll('.inb-choice text')];
  return labels.filter(label => {
    const words = label.getBBox();
    return boxes.some(box => words.x < box.x + box.width && box.x < words.x + words.width
      && words.y + 2 < box.y + box.height && box.y < words.y + words.height - 2);
  }).map(label => label.textContent);
}"""


@pytest.fixture
def page(tab):
    page = tab.new_page()
    yield page
    page.close()


@pytest.mark.parametrize("face", ["Helvetica, Arial, sans-serif", "DejaVu Sans", "Liberation Sans"])
@pytest.mark.parametrize("graph", [INTERVIEW, chain(60, most_detours=12), BROKEN], ids=["ten", "sixty", "broken"])
def test_words_fit_into_their_boxes(page, graph, face):
    page.set_content(to_svg(graph).replace("Helvetica, Arial, &#x27;Liberation Sans&#x27;, sans-serif", face))

    assert page.evaluate(OUTSIDE) == []


@pytest.mark.parametrize("direction", ["TB", "LR"])
@pytest.mark.parametrize("graph", [INTERVIEW, chain(60, most_detours=12)], ids=["ten", "sixty"])
def test_no_label_lies_on_a_stage(page, graph, direction):
    page.set_content(to_svg(graph, direction=direction, position=Position(graph.start.name), moves={}))

    assert page.evaluate(ON_BOXES) == []


def test_hostile_names_run_nothing(page):
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", lambda dialog: problems.append(dialog.message))

    page.set_content(to_svg(HOSTILE) + html(HOSTILE))

    assert page.locator("script, iframe, object, foreignObject").count() == 0
    assert page.locator("img").evaluate("async image => { await image.decode(); return image.naturalWidth; }") > 0
    assert problems == []


@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_saved_picture_is_shown_without_its_kernel(notebook, lab, is_trusted):
    page = notebook(
        "from intentional_nb import examples\n"
        "from intentional_nb.conversation.loading import load_graph\n"
        "load_graph(examples.path('interview'))"
    )
    page.run(0)
    saved = page.save()
    if not is_trusted:
        saved["metadata"]["changed"] = True  # so that its signature does not fit
    name = f"read-{uuid.uuid4().hex[:8]}.ipynb"
    (lab.root / name).write_text(json.dumps(saved))

    image = notebook(name=name).cell(0).locator("img")
    image.wait_for(timeout=20_000)
    width, natural = image.evaluate(
        "async image => { await image.decode(); return [image.width, image.naturalWidth]; }"
    )

    assert image.get_attribute("alt").startswith("Conversation graph: 9 stages.")
    assert natural > 700
    assert width > 0.69 * natural
