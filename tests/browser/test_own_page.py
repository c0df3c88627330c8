"""The page side of a panel of one's own: the test is its kernel, and its author."""

from __future__ import annotations

import pytest

from intentional_nb.panels.own import BotPanel
from intentional_nb.panels.own_view import changed_parts, parts_of
from tests.browser.accessibility import violations

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install 'intentional-nb[dev]'"
)
expect = playwright.expect

HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
STATE = {
    **{name: False for name in ("busy", "closed")},
    **{name: [] for name in ("alerts", "queue", "taken", "returned", "turns")},
}


class Bell(BotPanel):
    """Names of its own that are those of ours, a button made without help, and every way to send."""

    page = """
    const createSession = "of the author", icon = 1, receive = 2;
    export default panel(({ el, h, send }) => {
      const list = h("ul", { "aria-label": "Said" });
      const bell = document.createElement("button");
      bell.textContent = "Ring";
      bell.onclick = () => send("ring", { times: 2 });
      const typed = (event) => event.key === "Enter" && send("name");
      el.append(list, bell, h("input", { "aria-label": "Name", onkeydown: typed }));
      return (view) => {
        if (view.trouble) throw new Error(view.trouble);
        list.replaceChildren(...view.said.map((words) => h("li", {}, words)));
        window.shown = (window.shown ?? 0) + 1;
      };
    });
    """
    style = "li { color: rgb(1, 2, 3); }"


@pytest.fixture
def bell(blank):
    """Call it for a panel on a blank page, already told what to show."""

    def open_bell(view=None, panel=Bell, **settings):
        options = {"title": "Bell", "height": settings.pop("height", None), "scope": panel._scope}
        page = blank("own", options, source=panel._esm, sheet=panel._css, **settings)
        page.acknowledge(page.wait_for("hello"))
        page.view = {**STATE, **parts_of({"said": ["hello"]} if view is None else view)}
        page.snapshot(page.view)
        return page

    return open_bell


def go(page, view, **state):
    """Bring the page to another view, as the kernel does."""
    new = {**STATE, **state, **parts_of(view)}
    page.update(["state", changed_parts(page.view, new)])
    page.view = new


def said(page):
    return page.panel.get_by_role("list", name="Said").get_by_role("listitem").all_inner_texts()


def test_a_script_shows_what_the_kernel_tells(bell):
    page = bell()

    go(page, {"said": ["hello", "again"]})

    assert said(page) == ["hello", "again"]
    assert page.problems == []


def test_a_view_that_is_the_same_is_not_shown_again(bell):
    page = bell()

    go(page, {"said": ["hello"]}, busy=True)

    expect(page.panel.get_by_text("Thinking…")).to_be_visible()
    assert page.page.evaluate("window.shown") == 1


def test_without_a_script_the_view_is_a_table(bell):
    page = bell({"stage": "order", "trail": ["menu", "pay"]}, panel=BotPanel)

    rows = page.panel.get_by_role("row").all_inner_texts()

    assert rows == ["stage\torder", 'trail\t["menu","pay"]']
    assert violations(page.page, "#panel") == []


def test_what_people_say_stays_text(bell):
    page = bell()

    go(page, {"said": [HOSTILE]})

    assert said(page) == [HOSTILE]
    assert page.page.evaluate("window.hacked") is None


def test_a_message_that_was_lost_is_asked_for(bell):
    page = bell()

    page.update(["state", {"own_said": ["a", "c"]}], lost=1)

    page.wait_for("hello", 2)
    assert said(page) == ["hello"]
    page.snapshot({**page.view, "own_said": ["a", "b", "c"]})
    assert said(page) == ["a", "b", "c"]


def test_a_button_reaches_the_kernel(bell):
    page = bell()

    page.panel.get_by_role("button", name="Ring").click()

    sent = page.wait_for("do")
    assert (sent["what"], sent["data"]) == ("ring", {"times": 2})


def test_keys_stay_in_the_panel(bell):
    page = bell()
    page.page.evaluate("document.addEventListener('keydown', (event) => { window.leaked = event.key; })")

    for control in (page.panel.get_by_role("button", name="Ring"), page.panel.get_by_role("textbox")):
        control.focus()
        control.press("d")
        expect(control).to_have_attribute("data-lm-suppress-shortcuts", "true")
    page.panel.get_by_role("textbox").press("Enter")

    assert page.wait_for("do")["what"] == "name"
    assert page.page.evaluate("window.leaked") is None


def test_an_error_of_the_script_shows_and_goes_when_it_is_over(bell):
    page = bell()

    go(page, {"said": [], "trouble": "no list"})
    alert = page.panel.get_by_role("alert")
    expect(alert).to_have_text("The script of this panel failed: Error: no list")
    go(page, {"said": ["well again"]})

    expect(alert).to_be_hidden()
    assert said(page) == ["well again"]


def test_a_script_that_returns_nothing_is_told_what_is_missing(bell):
    class Forgetful(BotPanel):
        page = "export default panel(({ el }) => { el.textContent = 'hi'; });"

    page = bell(panel=Forgetful)

    expect(page.panel.get_by_role("alert")).to_contain_text("must return a function that shows a view")


def test_two_places_show_one_panel(bell):
    page = bell()
    page.page.evaluate(
        "async () => { document.body.append(window.other = document.createElement('div')); await draw(other); }"
    )

    go(page, {"said": ["to both"]})

    assert page.page.evaluate("document.querySelectorAll('.inb-own li').length") == 2


def test_a_kernel_that_is_gone_is_told_of(bell):
    page = bell()

    page.lose_the_kernel()

    expect(page.panel.get_by_text("Disconnected", exact=True)).to_be_visible()
    assert said(page) == ["hello"]


def test_a_style_holds_inside_its_panel_only(bell):
    page = bell()
    page.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<ul><li id=outside>x</li></ul>')")
    colour = "node => getComputedStyle(node).color"

    assert page.panel.get_by_role("listitem").first.evaluate(colour) == "rgb(1, 2, 3)"
    assert page.page.locator("#outside").evaluate(colour) == "rgb(0, 0, 0)"


def test_it_is_as_high_as_what_it_shows_unless_told_otherwise(bell):
    many = {"said": [f"line {n}" for n in range(60)]}

    assert bell(many).panel.locator("section").bounding_box()["height"] > 900
    page = bell(many, height="300px")
    assert page.panel.locator("section").bounding_box()["height"] == 300
    body = page.panel.locator(".inb-own-body")
    body.press("End")
    page.page.wait_for_function("() => document.querySelector('.inb-own-body').scrollTop > 300")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("height", [None, "300px"])
def test_nothing_stands_in_the_way_of_people(bell, theme, height):
    page = bell({"said": ["hello"] * 40}, panel=_Plain, theme=theme, height=height)
    page.snapshot({**page.view, "alerts": [{"alert": 1, "kind": "error", "text": "ValueError: no"}]})

    expect(page.panel.get_by_role("button", name="Dismiss")).to_be_visible()
    assert violations(page.page, "#panel") == []


class _Plain(Bell):
    style = ""
