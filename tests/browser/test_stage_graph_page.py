"""The stage graph's page side alone: the test is its kernel."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from intentional_nb import panels
from intentional_nb.conversation.checks import check
from intentional_nb.conversation.diagram import page_sheet
from intentional_nb.conversation.position import Position
from intentional_nb.panels.bundle import bundle
from intentional_nb.panels.entries import turn_changes
from intentional_nb.panels.timeline_view import timeline_view
from tests.browser.accessibility import violations
from tests.conversation.diagram.drawings import BROKEN, HOSTILE, INTERVIEW
from tests.panels.stage_samples import SHOP, city, stage_view, talk, told
from tests.panels.timeline_samples import CHAT

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install 'intentional-nb[dev]'"
)
expect = playwright.expect

OPTIONS = {"title": "Interview", "height": "560px", "direction": "TB"}
SAID = (
    ("Yes, that works", "available"),
    ("I am Ada", "name_given"),
    ("Can we move the interview?", "reschedule"),
    ("Great, thank you", "rescheduled"),
    ("34", "age_given"),
    ("How long will this take?", "ask_to_continue"),
)
HOSTILE_WORDS = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
FADED = "node => Number(getComputedStyle(node).opacity) < 1"


def after(*said, graph=INTERVIEW, **state):
    """The view when this was said."""
    turns, position = talk(graph, *said)
    return stage_view(graph, turns, position, **state)


@pytest.fixture
def graph(blank):
    """Call it for a panel on a blank page, already told what to show."""

    def open_graph(shown=None, **settings):
        page = blank("stage_graph", OPTIONS, sheet=page_sheet(), **settings)
        page.view = None
        if shown is not None:
            page.acknowledge(page.wait_for("hello"))
            page.snapshot(shown)
            page.view = shown
        return page

    return open_graph


def go(page, new):
    """Bring the page from the view that it has to another, as the kernel does."""
    old, page.view = page.view, new
    state = {name: value for name, value in new.items() if name != "turns" and old.get(name) != value}
    page.update(*([["state", state]] if state else []), *turn_changes(old["turns"], new["turns"]))


def stage(page, name):
    return page.panel.locator(f'[data-stage="{name}"]')


def label(page, choice):
    return page.panel.locator(f'[data-choice="{choice}"]')


def badge(page, name, kind):
    """The number on one of a stage's badges."""
    return stage(page, name).locator(f".inb-g-{kind}-badge > text").text_content()


def side(page):
    return page.panel.locator("aside")


def classes(locator):
    return set((locator.get_attribute("class") or "").split())


def camera(page):
    """Where the drawing lies and how large it is."""
    transform = page.panel.locator(".inb-s-sheet > g").get_attribute("transform")
    x, y, k = map(float, re.findall(r"-?[\d.]+", transform))
    return {"x": x, "y": y, "k": k}


def is_seen(page, name):
    """Whether a stage lies within the canvas."""
    box, canvas = stage(page, name).bounding_box(), page.panel.locator(".inb-s-canvas").bounding_box()
    return (
        canvas["x"] <= box["x"]
        and canvas["y"] <= box["y"]
        and box["x"] + box["width"] <= canvas["x"] + canvas["width"]
        and box["y"] + box["height"] <= canvas["y"] + canvas["height"]
    )


def button(page, name):
    return page.panel.get_by_role("button", name=name)


# -- where the conversation is and has been


def test_every_stage_is_drawn_and_the_current_one_lit_up(graph):
    page = graph(after(*SAID))

    names = page.panel.locator("[data-stage]").evaluate_all("nodes => nodes.map((node) => node.dataset.stage)")

    assert set(names) == {*INTERVIEW.by_name}
    assert [node.get_attribute("data-stage") for node in page.panel.locator(".is-now").all()] == ["ask_to_continue"]
    expect(stage(page, "ask_to_continue")).to_have_attribute("aria-current", "step")
    assert page.problems == []


def test_the_trail_is_numbered_and_told_in_words_with_the_last_place_first(graph):
    page = graph(after(*SAID[:3], ("I withdraw", "withdraw")))

    assert "is-trail" in classes(stage(page, "age"))
    assert badge(page, "reschedule", "trail") == "2"
    assert badge(page, "age", "trail") == "1"
    places = page.panel.locator(".inb-s-place")
    assert [" ".join(place.inner_text().split()) for place in places.all()] == ["withdraw", "2 reschedule", "1 age"]


def test_visited_stages_and_ways_have_their_counts(graph):
    page = graph(after(*SAID))

    assert badge(page, "age", "visits") == "×2"
    assert "is-visited" in classes(stage(page, "name"))
    assert "is-visited" not in classes(stage(page, "confirm"))
    assert label(page, "available").locator(".inb-s-count").text_content() == "×1"
    expect(label(page, "time_kept").locator(".inb-s-count")).to_have_count(0)
    jump = page.panel.locator('[data-key="jump-mark-any-to-stage-reschedule"]')
    assert {"is-gone"} <= classes(jump)
    assert jump.locator(".inb-s-count").text_content() == "×1"


COVERED = """
counts => counts.filter((count) => {
  const box = (node) => node.getBoundingClientRect();
  const place = box(count.querySelector('text'));
  const stages = document.querySelectorAll('[data-stage] > .inb-g-box');
  const others = [...count.parentElement.querySelectorAll(':scope > text'), ...stages];
  return others.map(box).some((other) =>
    place.left < other.right && other.left < place.right && place.top < other.bottom && other.top < place.bottom);
}).length
"""
"""How many counts lie on the names that they belong to, or below a stage."""


def test_counts_do_not_lie_on_the_names_they_belong_to(graph):
    page = graph(after(*SAID))

    assert page.panel.locator(".inb-s-count").count() > 0
    assert page.panel.locator(".inb-s-count").evaluate_all(COVERED) == 0


def test_counts_lie_right_also_where_the_panel_was_drawn_before_it_was_on_the_page(graph):
    page = graph(after(*SAID))

    page.page.evaluate(
        """async () => {
          window.cleanup();
          const el = document.createElement('div');
          await window.draw(el);
          document.querySelector('#panel').replaceChildren(el);
        }"""
    )

    page.page.wait_for_function(f"() => ({COVERED})([...document.querySelectorAll('.inb-s-count')]) === 0")
    assert page.panel.locator(".inb-s-count").count() > 0


def test_no_count_is_hidden_by_a_stage(graph):
    picture = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 300">
      <g id="stage-order" class="inb-g-stage" data-stage="order">
        <rect class="inb-g-box" x="150" y="80" width="120" height="40"/></g>
      <g id="line-1" class="inb-g-line"><path class="inb-g-path" d="M140 20V200"/></g>
      <g class="inb-g-labels"><g id="LABEL" data-choice="ordered">
        <rect class="inb-g-ground" x="100" y="90" width="46" height="14"/>
        <text class="inb-g-label" x="123" y="101" font-size="11" text-anchor="middle">ordered</text></g></g>
      </svg>"""  # the name of a way close beside a stage
    way = next(way for way in stage_view(SHOP)["graph"]["ways"] if way["choice"] == "ordered")
    shown = {"key": "k", "svg": picture.replace("LABEL", way["id"]).replace("stage-order", way["from"][0])}

    page = graph(stage_view(SHOP, picture_TB=shown, taken={way["id"]: 3}))

    expect(page.panel.locator(".inb-s-count")).to_have_text("×3")
    assert page.panel.locator(".inb-s-count").evaluate_all(COVERED) == 0


def test_a_move_changes_marks_and_moves_nothing(graph):
    page = graph(after(*SAID[:2]))
    boxes = page.panel.locator("[data-stage] > .inb-g-box")
    before = boxes.evaluate_all("nodes => nodes.map((node) => { node.kept = true; return node.getBBox().y; })")

    go(page, after(*SAID[:3]))

    assert "is-now" in classes(stage(page, "reschedule"))
    assert "is-now" not in classes(stage(page, "age"))
    after_it = boxes.evaluate_all("nodes => nodes.map((node) => node.kept && node.getBBox().y)")
    assert after_it == before


def test_turns_taken_back_leave_no_mark(graph):
    page = graph(after(*SAID))

    go(page, after(SAID[0]))

    assert [node.get_attribute("data-stage") for node in page.panel.locator(".is-now").all()] == ["name"]
    expect(page.panel.locator(".is-trail")).to_have_count(0)
    expect(stage(page, "age").locator(".inb-s-badge")).to_have_count(0)
    expect(page.panel.locator(".inb-s-count")).to_have_count(1)
    expect(page.panel.locator(".inb-s-last")).to_contain_text("Turn 1")


def test_the_way_taken_last_stands_out_and_is_told_with_the_users_words(graph):
    page = graph(after(*SAID[:2]))
    assert "is-last" in classes(label(page, "name_given"))

    go(page, after(*SAID[:3]))

    assert "is-last" not in classes(label(page, "name_given"))
    assert "is-last" in classes(page.panel.locator('[data-key="jump-mark-any-to-stage-reschedule"]'))
    last = page.panel.locator(".inb-s-last")
    assert " ".join(last.inner_text().split()) == "Turn 3 age reschedule Can we move the interview?"
    expect(page.panel.get_by_role("status")).to_have_text("From age to reschedule: a jump, reschedule")


def test_where_the_time_of_the_latest_turn_went_is_shown_when_asked_for(graph):
    page = graph(after(*SAID[:1]))
    button = page.panel.get_by_role("button", name="Where the time of the latest turn went", include_hidden=True)
    bars = page.panel.get_by_role("list", name="Where the time of turn 2 went")
    expect(button).to_be_hidden()

    go(page, {**page.view, "times": {"n": 2, **timeline_view(CHAT)}})
    assert violations(page.page, "#panel") == []
    button.click()

    expect(bars.get_by_role("listitem")).to_have_count(len(CHAT.spans))
    expect(button).to_have_attribute("aria-expanded", "true")
    assert violations(page.page, "#panel") == []
    button.press("Enter")
    expect(bars).to_be_hidden()


def test_a_refused_choice_is_told_and_lights_nothing(graph):
    page = graph(after(*SAID[:2]))

    go(page, after(*SAID[:2], ("Fly me to the moon", "moon")))

    expect(page.panel.locator(".inb-s-last")).to_contain_text("refused moon")
    assert "is-last" in classes(label(page, "name_given"))


def test_a_bot_that_is_thinking_or_closed_says_so(graph):
    page = graph(after(*SAID[:2], busy=True))
    expect(page.panel.locator(".inb-doing")).to_have_text("Thinking…")

    go(page, after(*SAID[:2], closed=True))

    expect(page.panel.locator(".inb-doing")).to_have_text("Closed")


# -- the move that is seen


def watch_runs(page):
    """Let motion be seen, and note every move that runs, however short it is there."""
    page.page.emulate_media(reduced_motion="no-preference")
    page.page.evaluate(
        """() => {
          window.runs = [];
          new MutationObserver((changes) => {
            for (const { addedNodes } of changes) {
              for (const node of addedNodes) window.runs.push([node.dataset.kind, node.getAttribute('d')]);
            }
          }).observe(document.querySelector('.inb-s-above'), { childList: true });
        }"""
    )


def runs(page):
    """The moves that ran: of what kind, and along what."""
    return page.page.evaluate("window.runs")


def test_a_move_runs_once_along_its_line(graph):
    page = graph(after(*SAID[:1]))
    watch_runs(page)

    go(page, after(*SAID[:2]))
    go(page, after(*SAID[:2], busy=True))

    line = page.panel.locator('[data-key="outcome-stage-name-to-stage-age"] > .inb-g-path')
    assert runs(page) == [["outcome", line.get_attribute("d")]]
    expect(page.panel.locator(".inb-s-run")).to_have_count(0, timeout=15_000)


def test_a_jump_from_anywhere_and_a_backtrack_run_from_stage_to_stage(graph):
    page = graph(after(*SAID[:2]))
    watch_runs(page)

    go(page, after(*SAID[:4]))

    assert [kind for kind, _ in runs(page)] == ["jump", "backtrack"]
    places = {
        name: stage(page, name)
        .locator(".inb-g-box")
        .evaluate("node => { const b = node.getBBox(); return [b.x, b.width]; }")
        for name in ("age", "reschedule")
    }
    for (_, d), ends in zip(runs(page), [("age", "reschedule"), ("reschedule", "age")], strict=True):
        x, *_, last, _ = map(float, re.findall(r"-?[\d.]+", d))
        for at, name in zip((x, last), ends, strict=True):
            left, width = places[name]
            assert left - 10 <= at <= left + width + 10


def test_who_wants_no_motion_sees_the_line_lit_and_nothing_run(graph):
    page = graph(after(*SAID[:1]))

    go(page, after(*SAID[:2]))

    expect(page.panel.locator(".inb-s-run")).to_have_count(0)
    assert "is-last" in classes(label(page, "name_given"))
    box = stage(page, "age").locator(".inb-g-box")
    assert box.evaluate("node => getComputedStyle(node).transitionDuration") == "0s"


def test_what_happened_before_the_page_was_opened_or_while_it_was_cut_off_does_not_run(graph):
    page = graph(after(*SAID[:3]))
    watch_runs(page)

    page.snapshot(after(*SAID[:4]), epoch="another")

    assert "is-now" in classes(stage(page, "age"))
    assert runs(page) == []


# -- what can be reached


def test_what_can_be_reached_is_marked_and_the_rest_a_little_paler(graph):
    page = graph(after(*SAID[:2]))

    reached = page.panel.locator("[data-stage].is-open").evaluate_all("nodes => nodes.map((n) => n.dataset.stage)")

    assert set(reached) == {"city", "reschedule", "ask_to_continue", "withdraw", "correct_information"}
    assert {"is-open"} <= classes(label(page, "age_given"))
    path = '[data-key="outcome-stage-{}"] > .inb-g-path'
    assert page.panel.locator(path.format("confirm-to-stage-_end_")).evaluate(FADED)
    assert not page.panel.locator(path.format("age-to-stage-city")).evaluate(FADED)


def test_the_mark_of_what_can_be_reached_can_be_switched_off(graph):
    page = graph(after(*SAID[:2]))
    reach = button(page, "Show what can be reached from here")
    expect(reach).to_have_attribute("aria-pressed", "true")

    reach.click()

    expect(reach).to_have_attribute("aria-pressed", "false")
    halo = stage(page, "city").locator(".inb-g-halo")
    assert halo.evaluate("node => getComputedStyle(node).stroke") == "none"
    assert not page.panel.locator(".inb-g-line > .inb-g-path").first.evaluate(FADED)


def test_after_a_jump_the_way_back_leads_to_where_it_came_from(graph):
    page = graph(after(*SAID[:3]))

    assert "is-open" in classes(label(page, "rescheduled"))
    assert "is-open" in classes(stage(page, "age"))
    assert "is-open" in classes(page.panel.locator('[data-key="mark-back-stage-reschedule"]'))


# -- a stage


def test_a_click_on_a_stage_tells_all_about_it(graph):
    page = graph(after(*SAID[:3]))

    stage(page, "reschedule").click()

    assert page.wait_for("open")["stage"] == "stage-reschedule"
    text = side(page).inner_text()
    for words in (
        "The conversation stands here",
        "Entered once",
        "Agree on another date",
        "wants to move the interview",
        "I'm busy then",
        "reschedule_interview",
        "rescheduled",
        "back to age",
        "no_time_found",
        "Comes from",
        "ask_to_continue",
        "Can we move the interview?",
    ):
        assert words in text, words
    expect(side(page).get_by_role("heading", level=2)).to_have_text("reschedule")
    assert "is-selected" in classes(stage(page, "reschedule"))


def test_what_the_model_is_told_comes_when_the_kernel_tells_it_and_can_be_copied(graph):
    page = graph(after(*SAID[:3]))
    stage(page, "age").click()
    expect(side(page)).to_contain_text("Asking the kernel…")

    prompt = "# Your goal\nLearn the age.\u200b"
    shown = {**told(prompt, how="sent", turn=2), "shown": prompt.replace("\u200b", "[U+200B]")}
    go(page, {**page.view, "told": {"stage-age": shown}})

    expect(side(page)).to_contain_text("as sent in turn 2")
    expect(side(page).get_by_label("System prompt", exact=True)).to_have_text("# Your goal\nLearn the age.[U+200B]")
    button(page, "Copy the system prompt").click()
    expect(page.panel.get_by_role("status")).to_have_text("Copied")
    assert page.page.evaluate("navigator.clipboard.readText()") == prompt
    button(page, "Copy the tool schemas").click()
    page.page.wait_for_function("async () => JSON.parse(await navigator.clipboard.readText())[0].type === 'function'")


@pytest.mark.parametrize(
    ("how", "words"), [("now", "as the model has it now"), ("preview", "as it would be when the user speaks here")]
)
def test_it_is_said_whether_the_model_was_told_or_would_be(graph, how, words):
    page = graph(after(*SAID[:3], told={"stage-age": told(how=how)}))

    stage(page, "age").click()

    expect(side(page)).to_contain_text(words)


def test_an_open_schema_stays_open_and_the_focus_where_it_is_when_something_changes(graph):
    page = graph(after(*SAID[:3], told={"stage-age": told()}))
    stage(page, "age").click()
    summary = side(page).locator("details > summary")
    summary.click()

    go(page, {**page.view, "told": {"stage-age": told("# Another prompt")}})

    expect(side(page).get_by_label("Schema of classify_response")).to_be_visible()
    expect(summary).to_be_focused()


def test_what_happened_in_a_stage_is_told_turn_by_turn_the_latest_first(graph):
    page = graph(after(*SAID, ("Fly me to the moon", "moon")))

    stage(page, "age").click()

    moves = [" ".join(row.inner_text().split()) for row in side(page).locator(".inb-s-move").all()]
    assert [re.sub(r"Turn (\d) \d\d:\d\d:\d\d( [AP]M)?", r"\1", move) for move in moves] == [
        "5 age city age_given 34",
        "4 reschedule age back rescheduled Great, thank you",
        "3 age reschedule jump Can we move the interview?",
        "2 name age name_given I am Ada",
    ]


def test_of_very_much_that_happened_the_latest_is_shown_and_all_when_asked_for(graph):
    said = [("?", "menu"), ("!", "told")] * 30
    page = graph(after(*said, graph=SHOP))
    stage(page, "menu").click()
    rows = side(page).locator(".inb-s-move")
    expect(rows).to_have_count(40)
    rows.first.evaluate("node => { node.kept = true; }")

    go(page, after(*said, ("again?", "menu"), graph=SHOP))
    expect(rows.first).to_contain_text("again?")
    assert rows.nth(1).evaluate("node => node.kept") is True
    button(page, "Show all 61").click()

    expect(rows).to_have_count(61)
    expect(rows.last).to_contain_text("Turn 1")


def test_a_choice_that_is_not_offered_at_the_moment_says_so(graph):
    page = graph(stage_view(SHOP, (), Position("menu")))

    stage(page, "menu").click()

    expect(side(page).locator('[data-focus="outcome-menu-told"]')).to_contain_text("not offered now")


def test_counts_of_an_open_stage_go_up_and_the_focus_stays(graph):
    page = graph(after(("?", "menu"), ("!", "told"), graph=SHOP))
    stage(page, "menu").click()
    row = side(page).locator('[data-focus="outcome-menu-told"]')
    row.focus()

    go(page, after(*[("?", "menu"), ("!", "told")] * 2, graph=SHOP))

    expect(row).to_contain_text("×2")
    expect(row).to_be_focused()
    expect(side(page)).to_contain_text("Entered 2 times")


def test_ways_lead_on_from_stage_to_stage(graph):
    page = graph(after(*SAID))
    stage(page, "age").click()

    side(page).locator('[data-focus="outcome-age-age_given"]').click()
    expect(side(page).get_by_role("heading", level=2)).to_have_text("age_given")
    side(page).get_by_role("button", name="city").click()

    expect(side(page).get_by_role("heading", level=2)).to_have_text("city")
    assert [message["stage"] for message in page.sent("open")] == ["stage-age", "stage-city"]
    assert page.wait_for("shut")["stage"] == "stage-age"


def test_it_is_closed_with_its_button_and_the_kernel_told(graph):
    page = graph(after(*SAID))
    stage(page, "age").click()

    side(page).get_by_role("button", name="Close").click()

    expect(side(page)).to_be_hidden()
    assert page.wait_for("shut")["stage"] == "stage-age"
    expect(stage(page, "age")).to_be_focused()


# -- a way


def test_a_click_on_an_outcome_tells_each_time_that_it_was_taken(graph):
    page = graph(after(("?", "menu"), ("I see", "told"), ("and cakes?", "menu"), ("ok!", "told"), graph=SHOP))

    label(page, "told").click()

    expect(side(page).get_by_role("heading", level=2)).to_have_text("told")
    expect(side(page)).to_contain_text("Taken 2 times")
    rows = side(page).locator(".inb-s-move")
    assert [row.locator("q").inner_text() for row in rows.all()] == ["ok!", "I see"]
    assert re.match(r"Turn 4\s*\d\d:\d\d:\d\d", rows.first.inner_text())
    expect(rows.first).to_contain_text("back")
    assert "is-selected" in classes(label(page, "told"))


def test_a_click_on_a_line_tells_of_all_that_is_written_on_it(graph):
    page = graph(after(*SAID))

    page.panel.locator('[data-key="outcome-stage-age-to-stage-city"] > .inb-s-hit').dispatch_event("click")

    text = side(page).inner_text()
    assert "age_given" in text
    assert "age_declined" in text
    expect(side(page).get_by_role("heading", level=2)).to_have_text("2 ways")
    assert [row.locator("q").inner_text() for row in side(page).locator(".inb-s-move").all()] == ["34"]


def test_a_click_on_a_jump_tells_from_where_it_was_taken(graph):
    page = graph(after(*SAID))

    page.panel.locator('[data-key="jump-mark-any-to-stage-reschedule"] > .inb-s-hit').dispatch_event("click")

    expect(side(page)).to_contain_text("any of 6 stages")
    expect(side(page).locator(".inb-s-move")).to_have_count(1)
    expect(side(page).locator(".inb-s-move")).to_contain_text("age")


def test_a_way_that_was_never_taken_says_so(graph):
    page = graph(after(*SAID))

    label(page, "confirmed").dispatch_event("click")

    expect(side(page)).to_contain_text("Not taken yet.")


def test_the_last_move_opens_its_way_and_the_trail_its_stages(graph):
    page = graph(after(*SAID))

    page.panel.locator(".inb-s-last").click()
    expect(side(page).get_by_role("heading", level=2)).to_have_text("ask_to_continue")
    expect(side(page)).to_contain_text("jump")
    page.panel.locator(".inb-s-place").last.click()

    expect(side(page).get_by_role("heading", level=2)).to_have_text("city")


# -- the keyboard


def test_arrows_go_from_stage_to_stage_and_enter_opens_one(graph):
    page = graph(after(*SAID[:2]))
    stage(page, "age").focus()

    page.page.keyboard.press("ArrowDown")
    expect(stage(page, "city")).to_be_focused()
    page.page.keyboard.press("ArrowUp")
    page.page.keyboard.press("ArrowUp")
    expect(stage(page, "name")).to_be_focused()
    page.page.keyboard.press("Enter")

    expect(side(page).get_by_role("heading", level=2)).to_have_text("name")
    expect(side(page).get_by_role("heading", level=2)).to_be_focused()
    page.page.keyboard.press("Escape")
    expect(side(page)).to_be_hidden()
    expect(stage(page, "name")).to_be_focused()


def test_one_press_of_tab_leads_to_the_current_stage_and_the_next_one_on(graph):
    page = graph(after(*SAID))
    help_button = button(page, "How to read and use this")
    help_button.focus()

    page.page.keyboard.press("Tab")
    expect(stage(page, "ask_to_continue")).to_be_focused()
    page.page.keyboard.press("Tab")

    expect(button(page, "Follow the conversation")).to_be_focused()


def test_every_stage_can_be_come_to_with_the_arrows(graph):
    page = graph(after(*SAID))
    stage(page, "availability").focus()
    seen, waiting = {"availability"}, ["availability"]

    while waiting:
        name = waiting.pop()
        for key in ("ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"):
            stage(page, name).focus()
            page.page.keyboard.press(key)
            next_name = page.page.evaluate("document.activeElement.dataset.stage")
            if next_name not in seen:
                seen.add(next_name)
                waiting.append(next_name)

    assert seen == {*INTERVIEW.by_name}


def test_keys_zoom_move_fit_and_lead_home(graph):
    page = graph(after(*SAID))
    stage(page, "availability").focus()
    start = camera(page)

    page.page.keyboard.press("+")
    assert camera(page)["k"] > start["k"]
    page.page.keyboard.press("-")
    page.page.keyboard.press("-")
    assert camera(page)["k"] < start["k"]
    before = camera(page)
    page.page.keyboard.press("Shift+ArrowRight")
    assert camera(page)["x"] == pytest.approx(before["x"] - 70)
    page.page.keyboard.press("Home")
    expect(stage(page, "ask_to_continue")).to_be_focused()
    page.page.keyboard.press("0")
    assert all(is_seen(page, name) for name in INTERVIEW.by_name)
    page.page.keyboard.press("/")
    expect(page.panel.get_by_role("combobox")).to_be_focused()


def test_a_stage_that_gets_the_focus_out_of_sight_is_brought_into_it(graph):
    page = graph(after(*SAID[:1]))
    assert not is_seen(page, "_end_")
    stage(page, "confirm").focus()

    page.page.keyboard.press("ArrowDown")

    expect(stage(page, "_end_")).to_be_focused()
    assert is_seen(page, "_end_")


def test_what_has_the_focus_keeps_its_keys_from_the_notebook(graph):
    page = graph(after(*SAID, told={"stage-age": told()}))
    stage(page, "age").click()

    bare = page.panel.locator("a, button, input, summary, pre, [tabindex]").evaluate_all(
        "nodes => nodes.filter((n) => !n.hasAttribute('data-lm-suppress-shortcuts')).map((n) => n.outerHTML)"
    )

    assert bare == []


def test_keys_and_clicks_do_not_reach_the_notebook_and_save_still_does(graph):
    page = graph(after(*SAID))
    page.page.evaluate(
        """() => {
          window.reached = [];
          for (const name of ['keydown', 'mousedown']) {
            document.body.addEventListener(name, (event) => {
              window.reached.push(`${name} ${event.key ?? ''}`);
              event.preventDefault();
            });
          }
        }"""
    )

    stage(page, "age").click()
    for key in ("d", "d", "a", "0", "ArrowDown", "Enter", "Shift+Enter", "Control+Enter"):
        stage(page, "age").press(key)
    assert [event for event in page.page.evaluate("window.reached") if "Control" not in event] == []
    stage(page, "age").press("Control+s")

    assert page.page.evaluate("window.reached.at(-1)") == "keydown s"


# -- moving the picture


def drag(page, dx, dy, start=None):
    canvas = page.panel.locator(".inb-s-canvas").bounding_box()
    x, y = start or (canvas["x"] + canvas["width"] - 60, canvas["y"] + canvas["height"] / 2)
    page.page.mouse.move(x, y)
    page.page.mouse.down()
    page.page.mouse.move(x + dx / 2, y + dy / 2)
    page.page.mouse.move(x + dx, y + dy)
    page.page.mouse.up()


def test_the_picture_is_dragged_and_a_drag_opens_nothing(graph):
    page = graph(after(*SAID))
    before = camera(page)
    box = stage(page, "availability").bounding_box()

    drag(page, 40, 60, (box["x"] + 20, box["y"] + 20))

    moved = camera(page)
    assert (moved["x"] - before["x"], moved["y"] - before["y"]) == (pytest.approx(40, abs=2), pytest.approx(60, abs=2))
    expect(side(page)).to_be_hidden()
    stage(page, "availability").click()
    expect(side(page)).to_be_visible()


def test_it_cannot_be_dragged_out_of_sight(graph):
    page = graph(after(*SAID))

    for _ in range(6):
        drag(page, -700, 0)

    canvas = page.panel.locator(".inb-s-canvas").bounding_box()
    drawn = page.panel.locator(".inb-g-page").bounding_box()
    assert drawn["x"] + drawn["width"] > canvas["x"] + 40


def test_the_wheel_scrolls_the_notebook_and_zooms_with_a_modifier(graph):
    page = graph(after(*SAID))
    page.page.evaluate("document.body.style.height = '4000px'")
    before = camera(page)
    page.panel.locator(".inb-s-canvas").hover()

    page.page.mouse.wheel(0, 200)
    page.page.wait_for_function("window.scrollY > 0")
    assert camera(page) == before
    page.page.keyboard.down("Control")
    page.page.mouse.wheel(0, -200)
    page.page.keyboard.up("Control")

    page.page.wait_for_function(
        "(k) => !document.querySelector('.inb-s-sheet > g').getAttribute('transform').includes(k)",
        arg=f"scale({before['k']:.4f})",
    )
    assert camera(page)["k"] > before["k"]


def test_the_buttons_zoom_and_show_all(graph):
    page = graph(after(*SAID))
    before = camera(page)["k"]

    button(page, "Larger").click()
    assert camera(page)["k"] == pytest.approx(before * 1.25, rel=1e-3)
    button(page, "Smaller").click()
    button(page, "Show the whole graph").click()

    assert all(is_seen(page, name) for name in INTERVIEW.by_name)


def test_all_stays_in_view_when_the_cell_gets_narrower(graph):
    page = graph(after(*SAID))
    button(page, "Show the whole graph").click()

    page.page.evaluate("document.querySelector('#panel').style.width = '560px'")

    drawn = page.page.wait_for_function(
        """() => {
          const canvas = document.querySelector('.inb-s-canvas').getBoundingClientRect();
          const boxes = [...document.querySelectorAll('[data-stage] > .inb-g-box')];
          return boxes.every((node) => node.getBoundingClientRect().right <= canvas.right) && boxes.length;
        }"""
    )
    assert drawn.json_value() == len(INTERVIEW.by_name)


def test_the_picture_follows_the_conversation_until_somebody_takes_it_in_hand(graph):
    page = graph(after(*SAID[:3]))
    follow = button(page, "Follow the conversation")
    expect(follow).to_have_attribute("aria-pressed", "true")
    drag(page, -900, -300)
    expect(follow).to_have_attribute("aria-pressed", "false")
    held = camera(page)
    go(page, after(*SAID[:4]))
    assert camera(page) == held

    follow.click()
    assert is_seen(page, "age")
    go(page, after(*SAID[:5], ("Porto", "city_given"), ("Yes", "confirmed")))

    assert is_seen(page, "_end_")


def test_a_map_of_the_whole_leads_anywhere(graph):
    page = graph(after(*SAID))
    small = page.panel.locator(".inb-s-map")
    expect(small).to_be_visible()
    assert not is_seen(page, "_end_")

    box = small.locator("svg").bounding_box()
    page.page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.95)

    assert is_seen(page, "_end_")
    button(page, "Show the whole graph").click()
    expect(small).to_be_hidden()


# -- finding


def test_a_stage_is_found_by_typing_a_part_of_its_name(graph):
    page = graph(after(*SAID))
    field = page.panel.get_by_role("combobox", name="Find a stage")

    field.fill("conf")
    expect(page.panel.get_by_role("option")).to_have_count(1)
    expect(field).to_have_attribute("aria-expanded", "true")
    field.press("Enter")

    expect(stage(page, "confirm")).to_be_focused()
    assert is_seen(page, "confirm")
    expect(side(page).get_by_role("heading", level=2)).to_have_text("confirm")
    expect(field).to_have_value("")


def test_arrows_choose_among_what_was_found_and_a_click_does_too(graph):
    page = graph(after(*SAID))
    field = page.panel.get_by_role("combobox", name="Find a stage")

    field.fill("a")
    first = page.panel.get_by_role("option", selected=True).inner_text()
    field.press("ArrowDown")
    assert page.panel.get_by_role("option", selected=True).inner_text() != first
    chosen = page.panel.get_by_role("option").nth(2)
    name = chosen.locator("span").first.inner_text()
    chosen.click()

    expect(stage(page, name)).to_be_focused()


def test_nothing_found_is_said_and_escape_gives_up(graph):
    page = graph(after(*SAID))
    field = page.panel.get_by_role("combobox", name="Find a stage")

    field.fill("zebra")
    expect(page.panel.get_by_role("listbox")).to_have_text("No such stage")
    field.press("Enter")
    expect(side(page)).to_be_hidden()
    field.press("Escape")

    expect(page.panel.get_by_role("listbox")).to_be_hidden()
    expect(stage(page, "ask_to_continue")).to_be_focused()


# -- directions, themes, sizes


def test_another_direction_is_asked_for_once_and_then_there(graph):
    page = graph(after(*SAID))
    before = stage(page, "confirm").locator(".inb-g-box").evaluate("node => node.getBBox().x")

    button(page, "Draw from left to right").click()
    assert page.wait_for("draw")["direction"] == "LR"
    go(page, after(*SAID, directions=("TB", "LR")))
    assert stage(page, "confirm").locator(".inb-g-box").evaluate("node => node.getBBox().x") != before
    button(page, "Draw from top to bottom").click()
    button(page, "Draw from left to right").click()

    assert len(page.sent("draw")) == 1
    assert "is-now" in classes(stage(page, "ask_to_continue"))


def test_what_is_open_stays_open_and_focused_when_the_direction_changes(graph):
    page = graph(after(*SAID, directions=("TB", "LR")))
    stage(page, "age").click()

    button(page, "Draw from left to right").click()

    assert "is-selected" in classes(stage(page, "age"))
    expect(side(page).get_by_role("heading", level=2)).to_have_text("age")


def test_light_and_dark_follow_the_notebook(graph):
    page = graph(after(*SAID))
    fill = "node => getComputedStyle(node).fill"
    light = stage(page, "name").locator(".inb-g-box").evaluate(fill)

    page.page.evaluate("document.body.dataset.jpThemeLight = 'false'")

    dark = stage(page, "name").locator(".inb-g-box").evaluate(fill)
    assert (light, dark) == ("rgb(234, 242, 254)", "rgb(36, 53, 79)")


def test_sixty_stages_open_where_the_conversation_is_and_can_be_read(graph):
    town = city()
    turns = (("go", "straight_on"), ("on", "straight_on"), ("right", "turned_right"), ("what?", "question_7"))
    page = graph(after(*turns, graph=town))

    expect(page.panel.locator("[data-stage]")).to_have_count(61)
    assert is_seen(page, "question_7")
    height = stage(page, "question_7").locator(".inb-g-name").evaluate("node => node.getBoundingClientRect().height")
    assert height >= 11
    button(page, "Show the whole graph").click()
    assert all(is_seen(page, stage.name) for stage in town.stages)


@pytest.mark.parametrize("width", [420, 640, 1080])
@pytest.mark.parametrize("opened", [False, True])
def test_nothing_sticks_out_at_the_side(graph, width, opened):
    page = graph(after(*SAID, told={"stage-ask_to_continue": told("w" * 400)}), width=width)
    if opened:
        stage(page, "ask_to_continue").click()

    for selector in (".inb-stages", ".inb-s-foot", ".inb-head", "aside"):
        for node in page.panel.locator(selector).all():
            assert node.evaluate("node => node.scrollWidth - node.clientWidth") <= 0, selector
    panel = page.panel.locator(".inb-stages")
    assert panel.evaluate("node => node.scrollHeight - node.clientHeight") <= 0


def test_in_a_narrow_cell_the_details_leave_the_stage_in_sight(graph):
    page = graph(after(*SAID), width=420)

    stage(page, "ask_to_continue").click()

    assert is_seen(page, "ask_to_continue")
    assert side(page).bounding_box()["height"] > 200
    expect(page.panel.locator(".inb-s-foot")).to_be_visible()


def test_details_below_a_small_graph_leave_it_readable_and_it_is_whole_again_without_them(graph):
    page = graph(stage_view(SHOP), width=420)
    before = camera(page)["k"]

    stage(page, "pay").click()
    beside = camera(page)["k"]
    page.page.keyboard.press("Escape")

    assert before > 0.62
    assert beside > 0.62
    page.page.wait_for_function(
        """(k) => {
          const transform = document.querySelector('.inb-s-sheet > g').getAttribute('transform');
          return Math.abs(Number(transform.match(/scale\\(([\\d.]+)/)[1]) - k) < 1e-3;
        }""",
        arg=before,
    )
    assert all(is_seen(page, name) for name in ("order", "pay", "menu"))


def test_who_comes_back_to_a_tab_finds_the_picture_as_it_was(graph):
    page = graph(after(*SAID))
    button(page, "Larger").click()
    before = camera(page)

    page.page.evaluate(
        """async () => {
          for (const display of ['none', '']) {
            document.querySelector('#panel').style.display = display;
            for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
          }
        }"""
    )

    assert camera(page) == before


def test_in_a_narrow_cell_all_of_what_was_found_is_seen(graph):
    page = graph(after(*SAID), width=320)

    field = page.panel.get_by_role("combobox")
    field.focus()

    found, panel = page.panel.get_by_role("listbox").bounding_box(), page.panel.locator(".inb-stages").bounding_box()
    assert panel["x"] <= found["x"]
    assert found["x"] + found["width"] <= panel["x"] + panel["width"]
    expect(page.panel.get_by_role("option").first).to_be_visible()


def test_a_count_beside_a_way_is_only_a_number(graph):
    page = graph(after(*SAID))
    stage(page, INTERVIEW.start.name).click()

    count = side(page).locator(".inb-s-row .inb-s-times:visible").first

    assert count.evaluate("node => getComputedStyle(node).borderTopWidth") == "0px"
    assert count.evaluate("node => getComputedStyle(node).paddingTop") == "0px"


# -- safety


def test_hostile_names_and_words_stay_text(graph):
    shown = stage_view(HOSTILE, (), Position(HOSTILE.stages[0].name))
    shown["told"] = {shown["now"]: told(HOSTILE_WORDS)}
    shown["changed"] = [HOSTILE_WORDS]
    move = {
        "k": "route", "kind": "outcome", "source": HOSTILE_WORDS, "target": HOSTILE_WORDS, "choice": HOSTILE_WORDS,
        "from": shown["now"], "to": None, "way": None, "options": [HOSTILE_WORDS], "ms": 1,
    }  # fmt: skip
    shown["turns"] = [{"n": 1, "user": HOSTILE_WORDS, "at": 0, "entries": [move]}]
    page = graph(shown)

    page.panel.locator(f'[data-key="{shown["now"]}"]').dispatch_event("click")
    page.panel.get_by_role("combobox").focus()

    expect(page.panel.locator("img, script, b, iframe, foreignObject")).to_have_count(0)
    assert page.page.evaluate("window.hacked") is None
    assert side(page).inner_text().count("<script>") >= 3
    assert page.problems == []


@pytest.mark.parametrize(
    "text",
    [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="window.hacked=1">'
        "<script>window.hacked=1</script>"
        '<image href="x" onerror="window.hacked=1"/><foreignObject><body xmlns="http://www.w3.org/1999/xhtml">'
        '<img src="x" onerror="window.hacked=1"/></body></foreignObject><a href="javascript:window.hacked=1">'
        '<text>click</text></a><g id="stage-order" data-stage="order" onclick="window.hacked=1" style="fill:url(x)">'
        '<style>*{display:none}</style><rect class="inb-g-box" x="0" y="0" width="9" height="9"/></g></svg>',
    ],
)
def test_of_a_text_that_our_renderer_did_not_write_only_shapes_are_drawn(graph, text):
    page = graph(stage_view(SHOP, picture_TB={"key": "other", "svg": text}, directions=()))

    canvas = page.panel.locator(".inb-s-sheet")
    expect(canvas.locator("script, image, foreignObject, a, style, img")).to_have_count(0)
    expect(canvas.locator("[onclick], [onload], [style], [href]")).to_have_count(0)
    stage(page, "order").dispatch_event("click")
    assert page.page.evaluate("window.hacked") is None
    expect(page.panel.locator(".inb-s-sheet [id]")).to_have_count(0)


@pytest.mark.parametrize(
    "text",
    [
        "no drawing at all",
        "<svg>",
        '<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>',
        '<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>',
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 x y"/>',
    ],
)
def test_what_is_no_drawing_is_said_and_the_stages_are_listed(graph, text):
    page = graph(stage_view(SHOP, picture_TB={"key": "other", "svg": text}, directions=()))

    expect(page.panel.locator(".inb-s-reason")).to_contain_text("something that is no drawing")
    expect(page.panel.get_by_role("button", name="menu")).to_be_visible()
    assert page.problems == []


# -- without a picture, broken, swapped


def without_picture(**state):
    picture = {"key": "m", "mermaid": "flowchart TD\n  a --> b", "reason": "neither graphviz-pure nor dot is there"}
    return after(*SAID[:3], directions=(), picture_TB=picture, **state)


def test_without_graphviz_the_stages_are_listed_and_the_text_can_be_copied(graph):
    page = graph(without_picture())

    expect(page.panel.locator(".inb-s-reason")).to_have_text(
        "No picture can be drawn: neither graphviz-pure nor dot is there."
    )
    current = page.panel.locator("[aria-current=step]")
    expect(current).to_have_text("reschedule")
    button(page, "Copy the Mermaid text").click()
    assert page.page.evaluate("navigator.clipboard.readText()") == "flowchart TD\n  a --> b"
    current.click()
    expect(side(page)).to_contain_text("Agree on another date")


def test_without_a_picture_the_list_follows_the_conversation(graph):
    page = graph(without_picture())
    page.panel.get_by_role("button", name="age", exact=True).focus()

    go(page, {**without_picture(), "now": "stage-age", "stage": "age"})

    expect(page.panel.locator("[aria-current=step]")).to_have_text("age")
    expect(page.panel.locator("[aria-current=step]")).to_be_focused()


def test_a_broken_graph_shows_its_problems_on_the_stages_and_in_a_list(graph):
    broken = replace(BROKEN, problems=tuple(check(BROKEN)))
    page = graph(stage_view(broken, (), Position("hello")))

    assert "has-errors" in classes(stage(page, "hello"))
    assert "is-unreachable" in classes(stage(page, "island"))
    page.panel.locator(".inb-s-trouble").click()

    expect(side(page)).to_contain_text("wolrd")
    side(page).get_by_role("button", name="hello").first.click()
    expect(side(page).get_by_role("heading", level=2)).to_have_text("hello")


def edited(**stages):
    """The shop with other stages."""
    kept = tuple(stages.get(stage.name, stage) for stage in SHOP.stages)
    return replace(SHOP, stages=tuple(stage for stage in kept if stage is not None))


def test_a_swapped_graph_is_drawn_anew_and_what_was_open_stays_open(graph):
    page = graph(stage_view(SHOP))
    stage(page, "pay").click()
    other = edited(pay=replace(SHOP.stages[1], goal="Get it paid, in cash."))

    go(page, stage_view(other, changed=["~ stage 'pay', goal: 'Get it paid.' -> 'Get it paid, in cash.'"]))

    expect(side(page)).to_contain_text("Get it paid, in cash.")
    assert "is-selected" in classes(stage(page, "pay"))
    button(page, "graph changed (1)").click()
    expect(side(page)).to_contain_text("~ stage 'pay', goal")
    assert page.problems == []


def test_a_stage_that_was_renamed_stays_open_under_its_new_name(graph):
    page = graph(stage_view(SHOP))
    stage(page, "pay").click()
    order = replace(SHOP.stages[0], outcomes=(replace(SHOP.stages[0].outcomes[0], move_to="till"),))
    menu = replace(SHOP.stages[2], accessible_from=("order", "till"))
    other = edited(order=order, pay=replace(SHOP.stages[1], name="till"), menu=menu)

    go(page, stage_view(other, renamed={"pay": "till"}))

    expect(side(page).get_by_role("heading", level=2)).to_have_text("till")
    assert [message["stage"] for message in page.sent("open")] == ["stage-pay", "stage-till"]


def test_a_stage_that_is_gone_is_closed_and_that_is_said(graph):
    page = graph(stage_view(SHOP))
    stage(page, "menu").click()

    go(page, stage_view(edited(menu=None)))

    expect(side(page)).to_be_hidden()
    expect(page.panel.get_by_role("status")).to_have_text("Stage menu is not in the graph any more")
    expect(page.panel.locator("[data-stage]")).to_have_count(3)


# -- the kernel


def test_a_page_says_hello_and_shows_a_frame_until_it_is_answered(graph):
    page = graph()

    assert page.wait_for("hello")
    expect(page.panel.locator(".inb-title")).to_have_text("Interview")
    assert page.problems == []


def test_until_the_picture_is_there_it_says_that_it_is_drawn(graph):
    page = graph(after(*SAID, directions=(), drawing=True))
    expect(page.panel.locator(".inb-doing")).to_have_text("Drawing…")

    go(page, after(*SAID))

    expect(page.panel.locator(".inb-doing")).to_have_text("")
    assert "is-now" in classes(stage(page, "ask_to_continue"))


def test_a_lost_number_is_noticed_and_everything_asked_for(graph):
    page = graph(after(*SAID[:2]))

    page.update(["state", {"stage": "lost"}], lost=1)
    page.acknowledge(page.wait_for("hello", 2))
    page.snapshot(after(*SAID[:3]))

    assert "is-now" in classes(stage(page, "reschedule"))


def test_a_kernel_that_is_gone_is_told_and_the_picture_stays(graph):
    page = graph(after(*SAID))

    page.lose_the_kernel()

    expect(page.panel.locator(".inb-health")).to_contain_text("Run this cell again")
    stage(page, "age").click()
    expect(side(page)).to_contain_text("Learn how old")
    assert page.problems == []


def test_two_views_of_one_panel_open_their_own_stages(graph):
    page = graph(after(*SAID))
    page.page.evaluate("document.body.append(Object.assign(document.createElement('div'), {id: 'second'}))")
    page.page.evaluate("window.draw(document.querySelector('#second')).then((undo) => { window.undo = undo; })")
    second = page.page.locator("#second")
    second.locator('[data-stage="age"]').dispatch_event("click")
    stage(page, "age").click()

    go(page, after(*SAID[:3]))
    page.page.evaluate("window.undo()")

    assert "is-now" in classes(stage(page, "reschedule"))
    assert "is-now" in classes(second.locator('[data-stage="reschedule"]'))
    assert (len(page.sent("open")), len(page.sent("shut"))) == (1, 0)
    side(page).get_by_role("button", name="Close").click()
    assert page.wait_for("shut")["stage"] == "stage-age"


def test_a_view_that_was_removed_leaves_and_comes_back_with_everything(graph):
    page = graph(after(*SAID[:2]))
    page.page.evaluate("window.cleanup()")
    page.acknowledge(page.wait_for("away"))

    page.page.evaluate("window.draw(document.querySelector('#panel'))")
    page.acknowledge(page.wait_for("hello", 2))
    page.snapshot(after(*SAID[:3]))

    assert "is-now" in classes(stage(page, "reschedule"))
    assert page.problems == []


def test_a_page_asks_for_nothing_before_it_shows_the_panel_and_says_so_when_it_goes(graph):
    page = graph(after(*SAID))

    first, then, last = page.page.evaluate(
        """async ([source, options]) => {
          const sent = [];
          const model = {
            get: () => ({ ...options, control: 'none' }),
            on: (name, call) => name === 'comm_live_update' && call(),
            send: ({ kind }) => sent.push(kind),
            widget_manager: { get_model: async () => { throw new Error('not there'); } },
          };
          const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
          const widget = (await import(url)).default();
          widget.initialize({ model }); // as of a cell that has been run again since
          await new Promise((done) => setTimeout(done));
          const first = [...sent];
          widget.render({ model, el: document.createElement('main') });
          const then = [...sent];
          dispatchEvent(new Event('pagehide'));
          return [first, then, [...sent]];
        }""",
        [bundle(Path(panels.__file__).parent / "stage_graph.js"), OPTIONS],
    )

    assert "hello" not in first
    assert then == ["hello"]
    assert last == ["hello", "away"]


# -- looks


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("what", "width"),
    [(what, 1080) for what in ("nothing", "stage", "way", "help", "found", "words", "problems", "gone")]
    + [(what, 420) for what in ("stage", "found")],
)
def test_axe_finds_nothing_wrong(graph, theme, what, width):
    broken = replace(BROKEN, problems=tuple(check(BROKEN)))
    shown = {
        "words": without_picture(),
        "problems": stage_view(broken, (), Position("hello"), changed=["+ stage 'x'"]),
    }.get(what, after(*SAID, ("Fly", "moon"), told={"stage-age": told()}))
    page = graph(shown, theme=theme, width=width)
    match what:
        case "stage":
            stage(page, "age").dispatch_event("click")
        case "way":
            label(page, "age_given").dispatch_event("click")
        case "help":
            button(page, "How to read and use this").click()
        case "found":
            page.panel.get_by_role("combobox").fill("a")
        case "problems":
            page.panel.locator(".inb-s-trouble").click()
        case "gone":
            page.lose_the_kernel()

    assert violations(page.page, "#panel") == []
