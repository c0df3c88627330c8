"""The studio's page side alone, with parts that the test makes."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.browser.accessibility import violations

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install 'intentional-nb[dev]'"
)
expect = playwright.expect

NAMES = ("Chat", "Graph", "Calls", "Times")
OPTIONS = {"title": "Interview", "height": "700px", "parts": list(NAMES)}
PARTS = """
window.removed = [];
window.parts = Object.fromEntries(%s.map((name) => [name, {
  view() {
    const el = document.createElement('div');
    const button = '<button type="button">In ' + name + '</button>';
    el.innerHTML = '<section class="inb-panel" aria-label="' + name + '">' + button + '</section>';
    return { el, remove() { window.removed.push(name); el.remove(); } };
  },
}]));
""" % list(NAMES)  # noqa: UP031  # braces are the script's


@pytest.fixture
def studio(blank):
    """Call it for a studio on a blank page."""

    def open_studio(script=PARTS, **settings):
        return blank("studio", OPTIONS, script=script, **settings)

    return open_studio


def part(page, name):
    return page.panel.get_by_role("region", name=name, exact=True)


def box(page, name):
    return part(page, name).bounding_box()


def test_all_parts_are_there_and_one_of_the_details_is_seen(studio):
    page = studio(width=1100)

    for name in ("Chat", "Graph", "Calls"):
        expect(part(page, name)).to_be_visible()
    expect(page.panel.get_by_role("button", name="In Times", include_hidden=True)).to_be_hidden()
    assert page.problems == []


def test_where_there_is_room_the_conversation_stands_beside_what_leads_to_it(studio):
    page = studio(width=1100)
    expect(part(page, "Calls")).to_be_visible()
    chat, graph, calls = (box(page, name) for name in ("Chat", "Graph", "Calls"))

    assert chat["x"] + chat["width"] <= graph["x"]
    assert graph["y"] + graph["height"] <= calls["y"]
    assert chat["height"] == pytest.approx(700, abs=1)
    assert calls["y"] + calls["height"] == pytest.approx(chat["y"] + chat["height"], abs=1)


def test_in_a_narrow_place_one_part_stands_below_the_other(studio):
    page = studio(width=420)
    expect(part(page, "Calls")).to_be_visible()
    boxes = [box(page, name) for name in ("Chat", "Graph", "Calls")]

    assert [round(one["width"]) for one in boxes] == [420] * 3
    assert all(upper["y"] + upper["height"] <= lower["y"] for upper, lower in pairwise(boxes))
    expect(page.panel.get_by_role("separator")).to_be_hidden()


def test_the_details_are_chosen_by_keyboard(studio):
    page = studio(width=1100)
    tabs = page.panel.get_by_role("tab")

    tabs.first.focus()
    page.page.keyboard.press("ArrowRight")

    expect(tabs.nth(1)).to_be_focused()
    expect(tabs.nth(1)).to_have_attribute("aria-selected", "true")
    expect(part(page, "Times")).to_be_visible()
    expect(part(page, "Calls")).to_be_hidden()
    page.page.keyboard.press("Home")
    expect(part(page, "Calls")).to_be_visible()


def test_the_columns_are_moved_by_keyboard_and_by_pointer(studio):
    page = studio(width=1100)
    expect(part(page, "Calls")).to_be_visible()
    bar = page.panel.get_by_role("separator")
    before = box(page, "Chat")["width"]

    bar.focus()
    page.page.keyboard.press("ArrowRight")
    wider = box(page, "Chat")["width"]
    at = bar.bounding_box()
    page.page.mouse.move(at["x"] + 4, at["y"] + 100)
    page.page.mouse.down()
    page.page.mouse.move(at["x"] - 100, at["y"] + 100)
    page.page.mouse.up()
    page.page.mouse.move(at["x"] + 300, at["y"] + 100)  # nobody holds it any more
    narrower = box(page, "Chat")["width"]

    assert before < wider
    assert narrower < before
    assert int(bar.get_attribute("aria-valuenow")) == pytest.approx(narrower / 11, abs=1.5)


def test_on_a_page_that_is_read_from_the_right_the_columns_follow_the_pointer_too(studio):
    page = studio(width=1100)
    expect(part(page, "Calls")).to_be_visible()
    page.page.evaluate("() => { document.documentElement.dir = 'rtl'; }")
    bar = page.panel.get_by_role("separator")
    before = box(page, "Chat")["width"]

    bar.focus()
    page.page.keyboard.press("ArrowLeft")
    wider = box(page, "Chat")["width"]
    at = bar.bounding_box()
    page.page.mouse.move(at["x"] + 4, at["y"] + 100)
    page.page.mouse.down()
    page.page.mouse.move(at["x"] + 104, at["y"] + 100)
    page.page.mouse.up()

    assert before < wider
    assert box(page, "Chat")["width"] == pytest.approx(wider - 100, abs=12)


@pytest.mark.parametrize("keys", ["Alt+ArrowLeft", "Control+End", "Shift+Home"])
def test_keys_with_a_modifier_are_the_browsers(studio, keys):
    page = studio(width=1100)
    page.page.evaluate(
        """() => {
          window.taken = [];
          const note = (event) => window.taken.push(event.defaultPrevented);
          for (const node of document.querySelectorAll('.inb-studio')) node.addEventListener('keydown', note);
        }"""
    )

    for place in (page.panel.get_by_role("tab").first, page.panel.get_by_role("separator")):
        place.focus()
        page.page.keyboard.press(keys)

    assert set(page.page.evaluate("() => window.taken")) == {False}
    expect(page.panel.get_by_role("separator")).to_have_attribute("aria-valuenow", "42")
    expect(page.panel.get_by_role("tab").first).to_have_attribute("aria-selected", "true")


def test_how_the_kernel_is_doing_is_told_once_where_the_parts_stand_together(studio):
    told = {"gone": "Disconnected", "busy": "The kernel is busy", "live": "This panel could not be brought up to date"}
    page = studio(width=1100)
    expect(part(page, "Calls")).to_be_visible()

    for health, words in told.items():
        page.page.evaluate(
            """([health, words]) => {
              for (const panel of document.querySelectorAll('.inb-panel')) {
                panel.dataset.health = health;
                panel.innerHTML = `<div class="inb-banner inb-health">${words}</div>`;
              }
            }""",
            [health, words],
        )
        seen = page.panel.locator(".inb-health").locator("visible=true")
        expect(seen).to_have_count(3 if health == "live" else 1)  # of itself each part tells


def test_what_goes_wrong_in_the_whole_is_shown_above_its_parts_until_it_is_read(studio):
    page = studio(width=1100)
    page.acknowledge(page.wait_for("hello"))

    page.snapshot({"busy": False, "alerts": [{"alert": 7, "kind": "error", "text": "The copy could not be made."}]})
    page.panel.get_by_text("The copy could not be made.").wait_for()
    page.panel.get_by_role("button", name="Dismiss").click()

    assert page.wait_for("dismiss")["alert"] == 7
    page.update(["state", {"busy": False, "alerts": []}])
    expect(page.panel.get_by_text("The copy could not be made.")).to_have_count(0)
    assert page.problems == []


def test_no_part_becomes_too_narrow(studio):
    page = studio(width=1100)
    bar = page.panel.get_by_role("separator")

    bar.focus()
    page.page.keyboard.press("Home")

    assert bar.get_attribute("aria-valuenow") == bar.get_attribute("aria-valuemin") == "25"


def test_a_part_that_cannot_be_shown_says_why_and_the_others_are_there(studio):
    page = studio(PARTS + "delete window.parts.Graph;", width=1100)

    expect(page.panel.get_by_text("This part cannot be shown here: widget model not found.")).to_be_visible()
    expect(part(page, "Chat")).to_be_visible()


def test_what_is_taken_off_the_page_takes_its_parts_along(studio):
    page = studio(width=1100)
    expect(part(page, "Calls")).to_be_visible()

    page.page.evaluate("() => window.cleanup()")

    assert sorted(page.page.evaluate("() => window.removed")) == sorted(NAMES)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [420, 660])
def test_it_is_accessible(studio, theme, width):
    page = studio(theme=theme, width=width)
    expect(part(page, "Calls")).to_be_visible()

    assert violations(page.page, "#panel") == []


def test_no_key_reaches_the_notebook(studio):
    page = studio(width=1100)
    page.page.evaluate(
        "() => { window.keys = []; document.addEventListener('keydown', (e) => window.keys.push(e.key)); }"
    )

    for role in ("tab", "separator"):
        page.panel.get_by_role(role).first.focus()
        page.page.keyboard.press("d")

    assert page.page.evaluate("() => window.keys") == []
    focusable = "button.inb-tab, [role=separator]"
    expect(page.panel.locator(f":is({focusable}):not([data-lm-suppress-shortcuts])")).to_have_count(0)


def test_panels_stand_side_by_side_where_there_is_room(blank):
    wide = blank("side_by_side", {"parts": ["Chat", "Graph"]}, script=PARTS, width=900)
    narrow = blank("side_by_side", {"parts": ["Chat", "Graph"]}, script=PARTS, width=420)
    for page in (wide, narrow):
        expect(part(page, "Graph")).to_be_visible()

    assert box(wide, "Chat")["x"] + box(wide, "Chat")["width"] <= box(wide, "Graph")["x"]
    assert box(narrow, "Chat")["y"] + box(narrow, "Chat")["height"] <= box(narrow, "Graph")["y"]
    assert violations(wide.page, "#panel") == []
