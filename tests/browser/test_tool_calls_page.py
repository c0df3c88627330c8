"""The tool calls' page side alone: the test is its kernel."""

from __future__ import annotations

import json

import pytest

from intentional_nb.panels.tool_calls_again import Run
from intentional_nb.panels.tool_calls_view import call_changes
from intentional_nb.panels.tool_calls_written import Written
from tests.browser.accessibility import violations
from tests.panels.call_samples import TALK, called, calls_view, moved, writing
from tests.panels.samples import turn

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install 'intentional-nb[dev]'"
)
expect = playwright.expect

OPTIONS = {"title": "Café", "height": "640px"}
HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\u202egnp.exe'
RUNNING = turn(
    5,
    "And Bergen?",
    called("weather", {"city": "Bergen"}, id="c9", status="running", ms=0),
    status="running",
)


def written(*calls):
    return {5: Written(calls)}


NOW = calls_view(
    (*TALK, RUNNING),
    written(writing("weather", '{"city": "Stav'), writing("classify_response", '{"outcome": "as', id="r")),
    runs=lambda key: [Run(1, "ok", "2 °C, sleet", 305.0)] if key == "2.0" else (),
)


@pytest.fixture
def calls(blank):
    """Call it for a panel on a blank page, already told what to show."""

    def open_calls(shown=None, **settings):
        page = blank("tool_calls", OPTIONS, **settings)
        page.view = None
        if shown is not None:
            page.acknowledge(page.wait_for("hello"))
            page.snapshot(shown)
            page.view = shown
        return page

    return open_calls


def go(page, new):
    """Bring the page from the view that it has to another, as the kernel does."""
    old, page.view = page.view, new
    state = {name: value for name, value in new.items() if name != "turns" and old.get(name) != value}
    page.update(*([["state", state]] if state else []), *call_changes(old["turns"], new["turns"]))


def cards(page):
    """The cards that are seen."""
    return page.panel.locator(".inb-c-card:visible")


def card(page, words):
    return page.panel.get_by_role("listitem", name=words, exact=False)


def button(page, name):
    return page.panel.get_by_role("button", name=name)


def sift(page, name):
    """Press one of the filters."""
    page.panel.locator(f".inb-c-filter[data-filter={name}]").click()


def open_all(page):
    """Open every card; a button that was pressed says something else afterwards."""
    while (toggles := button(page, "Show all")).count():
        toggles.first.click()


def said(page):
    return page.panel.get_by_role("status")


def pressed(page):
    return page.panel.locator(".inb-c-filter[aria-pressed=true]").inner_text().split()[0]


# -- what is shown


def test_calls_stand_under_their_turns_with_the_users_words(calls):
    page = calls(calls_view(TALK))

    headings = page.panel.get_by_role("heading").all_inner_texts()

    assert headings == [
        "Turn 2 “Is it warm in Oslo, Rome and Lima? And book a table for Friday, please.”",
        "Turn 3 “Then fly me to the moon”",
        "Turn 4 “Thanks”",
    ]
    expect(cards(page)).to_have_count(8)
    assert page.problems == []


def test_calls_of_one_reply_stand_side_by_side_and_wrap_where_it_is_narrow(calls):
    wide, narrow = calls(calls_view(TALK)), calls(calls_view(TALK), width=380)

    def tops(page):
        boxes = [cards(page).nth(index).bounding_box() for index in range(4)]
        return [round(box["y"]) for box in boxes]

    assert len(set(tops(wide)[:3])) == 1
    assert tops(wide)[3] > tops(wide)[0]
    assert len(set(tops(narrow)[:3])) == 3
    expect(wide.panel.get_by_role("list", name="3 calls of one reply")).to_have_count(1)
    for page in (wide, narrow):
        assert page.panel.locator(".inb-log").evaluate("node => node.scrollWidth <= node.clientWidth")


def test_a_call_is_followed_from_its_first_character_to_its_result(calls):
    page = calls(calls_view([turn(5, "Oslo?", status="running")], written(writing("weather", '{"ci'))))
    only = cards(page)
    expect(only).to_contain_text("arguments…")
    expect(only.locator(".inb-c-text")).to_have_text('{"ci')
    expect(page.panel.locator(".inb-doing")).to_have_text("Writing arguments…")
    only.evaluate("node => { node.isKept = true; }")

    go(page, calls_view([turn(5, "Oslo?", status="running")], written(writing("weather", '{"city": "Oslo"}'))))
    expect(only.locator(".inb-c-text")).to_have_text('{"city": "Oslo"}')

    running = called("weather", {"city": "Oslo"}, id="w", status="running", ms=0)
    go(page, calls_view([turn(5, "Oslo?", running, status="running")]))
    expect(only).to_contain_text("running")
    expect(page.panel.locator(".inb-doing")).to_have_text("Running weather…")

    go(page, calls_view([turn(5, "Oslo?", called("weather", {"city": "Oslo"}, "snow", id="w"))]))
    expect(only).to_contain_text("done")
    expect(only).to_contain_text("city: Oslo")
    expect(only).to_contain_text("snow")
    expect(said(page)).to_have_text("Tool weather: done after 12 ms")
    assert only.evaluate("node => node.isKept"), "it is the same card all the time"


def test_a_routing_call_shows_way_options_choice_and_why_it_was_refused(calls):
    page = calls(calls_view(TALK))

    jump = card(page, "from here to weather_talk, jump asks_weather")
    expect(jump.locator(".inb-c-chosen")).to_have_text("asks_weather (chosen)")
    expect(jump.locator(".inb-c-options li")).to_have_count(3)
    refused = card(page, "fly_to_moon was refused in weather_talk")
    expect(refused).to_contain_text("It is none of the choices that there were.")
    expect(refused.locator(".inb-c-chosen")).to_have_count(0)
    jump.get_by_role("button", name="Show all").click()
    expect(jump.get_by_role("group", name="The user's words")).to_have_text("Is it warm in Oslo?")
    expect(jump.get_by_role("group", name="Trail after it")).to_have_text("here")


def test_of_many_options_some_are_shown_and_the_chosen_one_always(calls):
    options = tuple(f"option_{number}" for number in range(20))
    page = calls(calls_view([turn(1, "x", moved("outcome", "a", "b", "option_15", options))]))

    shown = cards(page).locator(".inb-c-options li")
    expect(shown).to_have_count(10)
    expect(shown.nth(8)).to_contain_text("option_15")
    expect(shown.last).to_have_text("11 more")
    button(page, "Show all of routing").click()
    expect(shown).to_have_count(20)


def test_a_call_that_is_opened_shows_everything_and_stays_open(calls):
    page = calls(calls_view(TALK))
    rome = cards(page).nth(1)
    toggle = rome.get_by_role("button", name="Show all of weather")

    toggle.click()

    expect(rome.get_by_role("group", name="Result")).to_have_text('{\n  "temperature": 18,\n  "sky": "clear"\n}')
    expect(rome.get_by_role("group", name="Arguments")).to_have_text('{\n  "city": "Rome"\n}')
    go(page, calls_view((*TALK, RUNNING)))
    expect(rome.get_by_role("button", name="Show less of weather")).to_have_attribute("aria-expanded", "true")


def test_calls_that_are_taken_back_are_gone(calls):
    page = calls(calls_view(TALK))

    go(page, calls_view(TALK[:2]))
    expect(cards(page)).to_have_count(4)
    go(page, calls_view())

    expect(cards(page)).to_have_count(0)
    expect(page.panel).to_contain_text("No tool has been called yet.")


def test_what_is_not_shown_is_counted_and_can_be_asked_for(calls):
    page = calls(calls_view(TALK, most=3))

    button(page, "Show earlier calls (7 not shown)").click()
    page.wait_for("earlier")

    go(page, calls_view(TALK, most=3, more=False))
    expect(page.panel).to_contain_text("7 earlier calls are not shown; bot.transcript has them all.")


def test_where_the_time_went_is_shown_on_demand(calls):
    page = calls(calls_view(TALK))
    expect(page.panel.locator(".inb-wf")).to_have_count(0)
    toggle = button(page, "Where the time went").first

    toggle.click()

    rows = page.panel.get_by_role("list", name="Where the time of turn 2 went")
    expect(rows).to_contain_text("weather")
    expect(toggle).to_have_attribute("aria-expanded", "true")
    toggle.click()
    expect(page.panel.locator(".inb-wf")).to_have_count(0)


def test_the_latest_is_in_view_until_people_look_at_something_else(calls):
    many = [turn(number, f"words {number}", called("weather", {}, id="c")) for number in range(1, 30)]
    page = calls(calls_view(many[:-2]))
    log = page.panel.locator(".inb-log")
    is_at_end = "node => node.scrollHeight - node.scrollTop - node.clientHeight < 3"
    assert log.evaluate(is_at_end)

    go(page, calls_view(many[:-1]))
    assert log.evaluate(is_at_end)
    log.evaluate("node => { node.scrollTop = 0; }")
    page.wait_for_frames()  # the page hears of a scroll with its next one
    go(page, calls_view(many))

    assert log.evaluate("node => node.scrollTop") == 0
    button(page, "Jump to latest").click()
    assert log.evaluate(is_at_end)


SHOW_AGAIN = """async (node) => {
  node.hidden = false;
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
}"""


def test_the_latest_is_in_view_again_when_a_closed_tab_is_opened(calls):
    many = [turn(number, f"words {number}", called("weather", {}, id="c")) for number in range(1, 30)]
    page = calls(calls_view(many[:1]))
    page.panel.evaluate("node => { node.hidden = true; }")

    go(page, calls_view(many))
    page.panel.evaluate(SHOW_AGAIN)

    log = page.panel.locator(".inb-log")
    assert log.evaluate("node => node.scrollTop > 0 && node.scrollHeight - node.scrollTop - node.clientHeight < 3")


# -- finding


@pytest.mark.parametrize(("name", "count"), [("Tools", 4), ("Routing", 4), ("Failed", 3), ("All", 8)])
def test_filters_leave_calls_of_one_kind_and_say_how_many(calls, name, count):
    page = calls(calls_view(TALK))

    chosen = button(page, f"{name} {count}")
    chosen.click()

    expect(cards(page)).to_have_count(count)
    assert pressed(page) == name
    assert page.panel.locator(".inb-c-row:visible").count() <= count


def test_a_search_leaves_what_has_the_words_and_escape_ends_it(calls):
    page = calls(calls_view(TALK))
    field = page.panel.get_by_role("searchbox")

    field.fill("rome clear")
    expect(cards(page)).to_have_count(1)
    expect(page.panel.locator(".inb-c-seen")).to_have_text("1 of 8")
    expect(said(page)).to_have_text("1 of 8 calls")
    expect(page.panel.get_by_role("heading")).to_have_count(1)

    field.fill("nobody said this")
    expect(page.panel).to_contain_text("No call is like that.")
    field.press("Escape")
    expect(cards(page)).to_have_count(8)
    expect(field).to_have_value("")


def test_what_comes_while_a_filter_is_on_is_sifted_too(calls):
    page = calls(calls_view(TALK))
    sift(page, "failed")

    go(page, calls_view((*TALK, RUNNING)))
    expect(cards(page)).to_have_count(3)
    failed = called("weather", {"city": "Bergen"}, "no such city", id="c9", status="error")
    go(page, calls_view((*TALK, turn(5, "And Bergen?", failed))))

    expect(cards(page)).to_have_count(4)


# -- copying


def clipboard(page):
    page.page.wait_for_function("async () => (await navigator.clipboard.readText()).length > 0")
    return json.loads(page.page.evaluate("navigator.clipboard.readText()"))


def test_one_call_is_copied_as_json(calls):
    page = calls(calls_view(TALK))

    button(page, "Copy weather as JSON").nth(1).click()

    expect(said(page)).to_have_text("Copied as JSON")
    copied = clipboard(page)
    assert (copied["name"], copied["arguments"], copied["status"]) == ("weather", {"city": "Rome"}, "ok")
    assert json.loads(copied["output"])["sky"] == "clear"


def test_all_that_is_shown_is_copied_as_json_and_nothing_else(calls):
    page = calls(calls_view(TALK))
    sift(page, "routing")

    button(page, "Copy all shown calls as JSON").click()

    expect(said(page)).to_have_text("Copied 4 calls as JSON")
    copied = clipboard(page)
    assert [call["move"] for call in copied] == ["jump", "refused", "backtrack", "end"]
    assert copied[1]["refused_because"].startswith("It is none")


def test_what_is_copied_is_what_there_was_and_not_what_is_shown_of_it(calls):
    page = calls(calls_view([turn(1, "x", called("weather", {"city": HOSTILE}, HOSTILE, id="c"))]))
    assert "[U+202E]" in cards(page).inner_text()

    button(page, "Copy weather as JSON").click()

    expect(said(page)).to_have_text("Copied as JSON")
    assert clipboard(page)["arguments"] == {"city": HOSTILE}
    assert clipboard(page)["output"] == HOSTILE


# -- running again


def test_only_the_calls_id_is_sent_to_run_it_again_and_the_result_stands_beside(calls):
    page = calls(calls_view(TALK))
    rome = cards(page).nth(1)
    again = rome.get_by_role("button", name="Run weather again with these arguments")

    again.click()

    message = page.wait_for("again")
    assert {name: value for name, value in message.items() if name not in ("client", "command")} == {
        "kind": "again",
        "call": "2.1",
    }
    go(page, calls_view(TALK, runs=lambda key: [Run(1)] if key == "2.1" else ()))
    expect(rome).to_contain_text("Run again: runs")
    expect(again).to_be_focused()
    again.press("Enter")
    go(page, calls_view(TALK, runs=lambda key: [Run(1, "ok", "20 °C", 4.0)] if key == "2.1" else ()))
    expect(rome).to_contain_text("Run again: done, 4 ms; the model is not told")
    expect(rome).to_contain_text("20 °C")
    assert len(page.sent("again")) == 1, "not while it runs"


def test_what_may_not_be_run_again_has_no_button(calls):
    page = calls(calls_view(TALK))

    expect(page.panel.locator(".inb-c-again:visible")).to_have_count(2)
    go(page, calls_view(TALK, tools={}))
    expect(page.panel.locator(".inb-c-again:visible")).to_have_count(0)


@pytest.mark.parametrize("how", ["closed", "gone"])
def test_nothing_is_run_when_there_is_nobody_to_run_it(calls, how):
    page = calls(calls_view(TALK))
    if how == "closed":
        go(page, calls_view(TALK, closed=True))
    else:
        page.lose_the_kernel()
    again = page.panel.locator(".inb-c-again:visible").first

    expect(again).to_have_attribute("aria-disabled", "true")
    again.click(force=True)

    assert page.sent("again") == []


def test_an_error_of_the_panel_is_shown_and_dismissed(calls):
    page = calls(calls_view(TALK, alerts=[{"alert": 3, "kind": "error", "text": "this call cannot be run again"}]))
    expect(page.panel).to_contain_text("this call cannot be run again")

    button(page, "Dismiss").click()

    assert page.wait_for("dismiss")["alert"] == 3


# -- for everybody


def test_hostile_texts_stay_texts(calls):
    entries = (
        called(HOSTILE, {HOSTILE: HOSTILE}, HOSTILE, id=HOSTILE, status="error"),
        moved("refused", HOSTILE, HOSTILE, HOSTILE, (HOSTILE, "b"), said=HOSTILE, part=1),
    )
    page = calls(calls_view([turn(5, HOSTILE, *entries, status="running")], written(writing(HOSTILE, HOSTILE, part=2))))

    open_all(page)

    assert page.page.evaluate("window.hacked") is None
    expect(page.panel.locator("img, script")).to_have_count(0)
    assert "\u202e" not in page.panel.inner_text()
    assert page.panel.locator(".inb-log").evaluate("node => node.scrollWidth <= node.clientWidth")


def test_everything_can_be_reached_and_used_by_keyboard(calls):
    page = calls(calls_view(TALK[:2]))
    reached = []
    page.page.evaluate("document.activeElement.blur()")
    for _ in range(30):
        page.page.keyboard.press("Tab")
        reached.append(
            page.page.evaluate(
                "() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
            )
        )

    for name in ("Copy all shown calls as JSON", "Failed 1", "Search calls", "Calls", "Where the time went"):
        assert name in reached
    for name in ("Show all of weather", "Run weather again with these arguments", "Copy book as JSON"):
        assert name in reached
    button(page, "Failed").focus()
    page.page.keyboard.press("Space")
    expect(cards(page)).to_have_count(1)


def test_no_shortcut_of_jupyterlab_is_triggered_from_here(calls):
    page = calls(NOW)
    open_all(page)

    bare = page.panel.locator("a, button, input, summary, pre[tabindex], [tabindex]").evaluate_all(
        "nodes => nodes.filter((n) => !n.hasAttribute('data-lm-suppress-shortcuts')).map((n) => n.outerHTML)"
    )

    assert bare == []


def test_keys_and_clicks_do_not_reach_the_notebook(calls):
    page = calls(calls_view(TALK))
    page.page.evaluate(
        """() => {
          window.reached = [];
          for (const name of ['keydown', 'mousedown']) {
            document.body.addEventListener(name, (event) => window.reached.push(`${name} ${event.key ?? ''}`));
          }
        }"""
    )

    page.panel.get_by_role("searchbox").press_sequentially("dd")
    sift(page, "failed")
    page.page.keyboard.press("d")

    assert page.page.evaluate("window.reached") == []


def test_nothing_moves_for_those_who_do_not_want_it(calls):
    page = calls(NOW)
    names = "nodes => nodes.map((node) => getComputedStyle(node, '::after').animationName)"
    text = page.panel.locator(".inb-c-card[data-state=writing] .inb-c-text")

    assert set(text.evaluate_all(names)) == {"none"}
    page.page.emulate_media(reduced_motion="no-preference")
    assert set(text.evaluate_all(names)) == {"inb-breathe"}


def test_the_search_keeps_the_focus_while_calls_come(calls):
    page = calls(calls_view(TALK))
    field = page.panel.get_by_role("searchbox")
    field.press_sequentially("oslo")

    go(page, calls_view((*TALK, RUNNING)))

    expect(field).to_be_focused()
    expect(field).to_have_value("oslo")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("what", ["now", "opened", "narrow", "empty", "gone"])
def test_a_machine_finds_nothing_wrong_with_it(calls, theme, what):
    page = calls(
        calls_view() if what == "empty" else NOW,
        theme=theme,
        **({"width": 360} if what == "narrow" else {}),
    )
    match what:
        case "opened":
            open_all(page)
            for toggle in button(page, "Where the time went").all():
                toggle.click()
        case "narrow":
            sift(page, "failed")
        case "gone":
            page.lose_the_kernel()

    assert violations(page.page, "#panel") == []
    assert page.problems == []
