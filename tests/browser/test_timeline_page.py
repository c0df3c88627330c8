"""The timeline's page side alone: the test is its kernel."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from intentional_nb.bots.timing import Span, TurnTimes
from intentional_nb.panels.entries import turn_changes
from tests.browser.accessibility import violations
from tests.panels.samples import turn
from tests.panels.timeline_samples import RUNNING, timeline_view_of, walk_times

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install 'intentional-nb[dev]'"
)
expect = playwright.expect

OPTIONS = {"title": "Interview", "height": "560px"}


@pytest.fixture
def timeline(blank):
    """Call it for a panel on a blank page, already told what to show."""

    def open_timeline(shown=None, **settings):
        page = blank("timeline", OPTIONS, **settings)
        page.acknowledge(page.wait_for("hello"))
        page.view = shown or timeline_view_of(*walk_times())
        page.snapshot(page.view)
        return page

    return open_timeline


def go(page, new):
    """Bring the page from the view that it has to another, as the kernel does."""
    old, page.view = page.view, new
    state = {name: value for name, value in new.items() if name != "turns" and old[name] != value}
    page.update(*([["state", state]] if state else []), *turn_changes(old["turns"], new["turns"]))


def ended():
    """The same conversation with its last turn at its end."""
    turns, times = walk_times()
    done = replace(RUNNING, duration_ms=2000, spans=(RUNNING.spans[0], replace(RUNNING.spans[1], end_ms=1990)))
    return timeline_view_of([*turns[:3], replace(turns[3], status="completed")], [*times[:3], done])


def row(page, number):
    """A turn: its line and what is below it."""
    return page.panel.locator("details").filter(has=page.page.get_by_text(f"Turn {number}", exact=True))


def line(page, number):
    return row(page, number).locator("summary")


def bars(page, number):
    rows = row(page, number).get_by_role("listitem")
    return [" ".join(text.split()) for text in rows.all_inner_texts()]


def seconds(took):
    """A duration that goes on, as it is shown."""
    text = took.inner_text()
    assert text.endswith(" s…"), text
    return float(text.removesuffix(" s…"))


def is_seen(page, locator):
    box, log = locator.bounding_box(), page.panel.locator(".inb-t-log").bounding_box()
    return log["y"] <= box["y"] and box["y"] + box["height"] <= log["y"] + log["height"] + 1


# -- what is shown


def test_each_turn_has_a_line_and_the_newest_is_open(timeline):
    page = timeline()

    assert [one.get_attribute("open") is not None for one in page.panel.locator("details").all()] == [
        *[False] * 3,
        True,
    ]
    assert " ".join(line(page, 2).inner_text().split()) == (
        "Turn 2 I am Ada, and could we talk on Thursday? ask_name → ask_age 3.1 s"
    )
    expect(line(page, 3)).to_contain_text("cancelled")
    expect(page.panel.locator(".inb-t-totals")).to_contain_text("4 turns")
    expect(page.panel.locator(".inb-t-notes")).to_contain_text("genai-prices")
    assert page.problems == []


def test_an_opened_turn_tells_every_span_in_words_with_its_start_and_duration(timeline):
    page = timeline()

    line(page, 2).click()

    assert bars(page, 2) == [
        "Routing name_given 417 ms , began at 3 ms",
        "Request 586 ms , began at 424 ms",
        "Tool current_date_time 8 ms , began at 1.0 s",
        "Tool look_up_calendar 877 ms , began at 1.0 s",
        "Reply 1.2 s , began at 1.9 s, first words after 409 ms",
    ]
    expect(row(page, 2).locator(".inb-t-facts")).to_contain_text("Cost $0.00074")
    expect(row(page, 4).locator(".inb-t-facts")).to_contain_text("Cost not known")


def test_bars_lie_where_they_began_and_side_by_side_ones_overlap(timeline):
    page = timeline()
    line(page, 2).click()

    boxes = [bar.bounding_box() for bar in row(page, 2).locator(".inb-wf-bar").all()]

    lefts = [box["x"] for box in boxes]
    assert lefts == sorted(lefts)
    first, second = boxes[2], boxes[3]
    assert second["x"] < first["x"] + first["width"]
    track = row(page, 2).locator(".inb-wf-track").first.bounding_box()
    assert boxes[-1]["width"] == pytest.approx(track["width"] * 1225 / 3124, abs=2)


def test_before_anything_is_said_the_panel_says_so(timeline):
    page = timeline(timeline_view_of([], []))

    expect(page.panel.locator(".inb-empty")).to_be_visible()
    expect(page.panel.locator(".inb-t-foot")).to_be_hidden()


def test_what_people_and_models_wrote_is_text(timeline):
    hostile = '<img src=x onerror="window.hacked=1">'
    times = TurnTimes(1, (Span("tool", hostile, 0, 5),), duration_ms=6)

    page = timeline(timeline_view_of([turn(1, hostile)], [times]))

    expect(line(page, 1)).to_contain_text(hostile)
    expect(row(page, 1).get_by_role("listitem")).to_contain_text(hostile)
    assert page.page.evaluate("window.hacked") is None


# -- live


def test_a_running_turn_grows_by_the_pages_own_clock(timeline):
    page = timeline(has_clock=True)
    before = seconds(line(page, 4).locator(".inb-t-took"))
    tool = row(page, 4).get_by_role("listitem").last.locator(".inb-wf-took")

    page.page.clock.run_for(8000)

    after = seconds(line(page, 4).locator(".inb-t-took"))
    assert after >= before + 6  # it is drawn once a second for who wants less motion
    assert seconds(tool) >= 6


def test_a_turn_that_ends_stands_still_and_is_told(timeline):
    page = timeline(has_clock=True)

    go(page, ended())
    expect(page.panel.get_by_role("status")).to_have_text("Turn 4 took 2.0 s")
    page.page.clock.run_for(3000)

    expect(line(page, 4).locator(".inb-t-took")).to_have_text("2.0 s")
    expect(page.panel.locator(".inb-doing")).to_have_text("")


def test_a_new_turn_is_open_and_in_view_and_the_one_before_it_closed(timeline):
    turns = [turn(number, f"words {number}") for number in range(1, 31)]
    times = [replace(RUNNING, turn=number, duration_ms=2000) for number in range(1, 32)]
    page = timeline(timeline_view_of(turns, times[:30]))
    assert is_seen(page, line(page, 30))

    go(page, timeline_view_of([*turns, turn(31, "words 31")], times))

    expect(row(page, 31)).to_have_attribute("open", "")
    expect(row(page, 30)).not_to_have_attribute("open", "")
    assert is_seen(page, line(page, 31))


def test_who_has_scrolled_up_stays_there(timeline):
    turns = [turn(number, f"words {number}") for number in range(1, 31)]
    times = [replace(RUNNING, turn=number, duration_ms=2000) for number in range(1, 32)]
    page = timeline(timeline_view_of(turns, times[:30]))
    log = page.panel.locator(".inb-t-log")
    log.evaluate("node => new Promise((done) => { node.onscroll = done; node.scrollTop = 0; })")

    go(page, timeline_view_of([*turns, turn(31, "words 31")], times))

    expect(row(page, 31)).to_have_attribute("open", "")
    assert log.evaluate("node => node.scrollTop") == 0


SHOW_AGAIN = """async (node) => {
  node.hidden = false;
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
}"""


def test_what_came_while_the_panel_was_in_a_closed_tab_is_in_view_when_it_is_opened(timeline):
    turns = [turn(number, f"words {number}") for number in range(1, 31)]
    times = [replace(RUNNING, turn=number, duration_ms=2000) for number in range(1, 32)]
    page = timeline(timeline_view_of(turns[:2], times[:2]))
    page.panel.evaluate("node => { node.hidden = true; }")

    go(page, timeline_view_of([*turns, turn(31, "words 31")], times))
    expect(row(page, 31)).to_have_attribute("open", "")
    page.panel.evaluate(SHOW_AGAIN)

    assert is_seen(page, line(page, 31))


def test_turns_taken_back_are_gone(timeline):
    page = timeline()
    turns, times = walk_times()

    go(page, timeline_view_of(turns[:2], times[:2]))

    expect(page.panel.locator("details")).to_have_count(2)
    expect(row(page, 2)).to_have_attribute("open", "")


# -- by keyboard


def test_turns_are_reached_opened_and_closed_by_keyboard(timeline):
    page = timeline()
    line(page, 4).focus()

    page.page.keyboard.press("ArrowUp")
    expect(line(page, 3)).to_be_focused()
    page.page.keyboard.press("Enter")
    expect(row(page, 3)).to_have_attribute("open", "")
    page.page.keyboard.press("Space")
    expect(row(page, 3)).not_to_have_attribute("open", "")
    page.page.keyboard.press("Home")
    expect(line(page, 1)).to_be_focused()
    page.page.keyboard.press("End")
    expect(line(page, 4)).to_be_focused()


def test_all_turns_are_opened_and_closed_at_once(timeline):
    page = timeline()

    page.panel.get_by_role("button", name="Open all").click()
    expect(page.panel.locator("details[open]")).to_have_count(4)
    page.panel.get_by_role("button", name="Close all").click()
    expect(page.panel.locator("details[open]")).to_have_count(0)


def test_what_somebody_opened_stays_open_while_a_turn_goes_on(timeline):
    page = timeline()
    line(page, 2).click()
    line(page, 4).click()

    go(page, ended())

    expect(row(page, 2)).to_have_attribute("open", "")
    expect(row(page, 4)).not_to_have_attribute("open", "")


def test_the_notebook_around_it_notices_no_key_and_no_click(timeline):
    page = timeline()
    page.page.evaluate(
        """() => {
          window.noticed = [];
          for (const name of ['keydown', 'mousedown']) {
            document.body.addEventListener(name, () => window.noticed.push(name));
          }
        }"""
    )

    line(page, 4).click()
    page.page.keyboard.press("d")

    assert page.page.evaluate("window.noticed") == []
    loud = "button, summary, [tabindex]"
    nodes = page.panel.locator(loud)
    assert nodes.count() >= 6
    assert nodes.evaluate_all("nodes => nodes.every((node) => node.dataset.lmSuppressShortcuts === 'true')")


# -- for everybody


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_machine_finds_nothing_wrong(timeline, theme):
    page = timeline(theme=theme)
    page.panel.get_by_role("button", name="Open all").click()

    assert violations(page.page, "#panel") == []


@pytest.mark.parametrize("width", [320, 460, 900])
def test_nothing_is_cut_off_at_any_width(timeline, width):
    page = timeline(width=width)
    page.panel.get_by_role("button", name="Open all").click()

    wide = page.panel.locator(".inb-t-log, .inb-t-list, .inb-t-body, .inb-head")
    assert wide.evaluate_all("nodes => nodes.filter((node) => node.scrollWidth > node.clientWidth).length") == 0
    assert page.panel.locator(".inb-wf-track").first.bounding_box()["width"] > 80


def test_of_all_panels_on_a_page_one_tells_that_the_kernel_is_gone(timeline):
    page = timeline()
    page.page.evaluate(
        """async () => {
          const other = document.createElement('main');
          document.body.append(other);
          await window.draw(other);
        }"""
    )

    page.lose_the_kernel()

    expect(page.page.locator(".inb-health:visible")).to_have_count(2)
    told = [words for words in page.page.get_by_role("status").all_text_contents() if words]
    assert len(told) == 1
    assert told[0].startswith("Disconnected")


def test_where_there_is_no_room_no_two_moments_of_the_scale_lie_on_each_other(timeline):
    page = timeline(width=320)
    line(page, 2).click()
    row(page, 2).locator(".inb-wf-tick > span:visible").first.wait_for()

    boxes = [tick.bounding_box() for tick in row(page, 2).locator(".inb-wf-tick > span:visible").all()]

    assert len(boxes) > 1
    assert all(one["x"] + one["width"] <= other["x"] for one, other in pairwise(boxes))


def test_a_kernel_that_is_gone_is_told_and_the_clock_stops(timeline):
    page = timeline(has_clock=True)

    page.lose_the_kernel()
    expect(page.panel.locator(".inb-doing")).to_have_text("Disconnected")
    took = line(page, 4).locator(".inb-t-took").inner_text()
    page.page.clock.run_for(5000)

    expect(line(page, 4).locator(".inb-t-took")).to_have_text(took)
