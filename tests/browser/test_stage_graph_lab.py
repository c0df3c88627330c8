"""The stage graph where people use it: a real bot, a real kernel, a real JupyterLab."""

from __future__ import annotations

import json
import uuid

import pytest

from tests.browser.accessibility import violations
from tests.browser.lab import wait_until

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install 'intentional-nb[dev]'"
)
expect = playwright.expect

BOT = """
import json, os, time
from collections import Counter
from IPython.display import display
from intentional_nb import LocalServer, Script, StageGraph, examples, load_bot
from intentional_nb.events import GraphSwapped
from intentional_nb.local.script import calls, text

def go(choice):
    return calls(("classify_response", {"outcome": choice}))

script = Script(*[reply for choice in CHOICES for reply in (go(choice), text(f"So: {choice}."))], strict=False)
server = LocalServer(script).start()
os.environ["SCRIPTED_KEY"] = server.api_key
bot = load_bot(
    examples.path("interview"),
    client="openai",
    model="local-chat",
    base_url=server.base_url,
    api_key_name="SCRIPTED_KEY",
)
graph = StageGraph(bot)
"""
SAYS = """
def told():
    moves = [decision for turn in bot.transcript for decision in turn.route if decision.kind != "refused"]
    visits = Counter([bot.graph.start.name, *(move.target for move in moves)])
    print(json.dumps({"stage": bot.stage, "trail": bot.trail, "visits": visits, "moves": len(moves)}))
"""
WALK = (
    *("available", "name_given", "reschedule", "time_kept", "ask_to_continue", "goes_on"),
    *("age_given", "correct_information", "withdraw", "stays", "nothing_wrong", "moon"),
)
"""Twelve turns: outcomes, jumps, a jump out of a jump, every backtrack, and a choice that is refused."""


class Graph:
    """A stage graph on a notebook's page."""

    def __init__(self, page, number=0):
        self.panel = page.page.locator(".inb-stages").nth(number)
        expect(self.panel.locator(".is-now")).to_have_count(1, timeout=30_000)
        self.now = self.panel.locator(".is-now")
        self.side = self.panel.locator("aside")

    def stage(self, name):
        return self.panel.locator(f'[data-stage="{name}"]')

    def expect_at(self, stage):
        expect(self.now).to_have_attribute("data-stage", stage, timeout=20_000)

    def trail(self):
        """The stages on the trail, oldest first."""
        found = self.panel.locator(".inb-g-trail-badge").evaluate_all(
            "nodes => nodes.map((n) => [n.querySelector('text').textContent, n.closest('[data-stage]').dataset.stage])"
        )
        return [name for _, name in sorted(found)]

    def visits(self):
        """How often each stage was entered, as its badge says."""
        found = self.panel.locator(".inb-g-visits-badge").evaluate_all(
            "nodes => nodes.map((n) => [n.closest('[data-stage]').dataset.stage, n.lastElementChild.textContent])"
        )
        return {name: int(words.removeprefix("×")) for name, words in found}

    def expect_shows(self, trail, visits):
        """Trail and counts are, or come to be, these."""
        told = (trail, visits)
        wait_until(lambda: (self.trail(), self.visits()) == told, f"the graph to show {told}")


@pytest.fixture
def graph(notebook):
    """Call it with the model's choices: the notebook, and the panel in its first cell."""

    def open_graph(*choices, more=(), panel="graph", **settings):
        page = notebook(f"CHOICES = {choices!r}\n{BOT}{SAYS}{panel}", *more, **settings)
        page.run(0)
        return page, Graph(page)

    return open_graph


def copy_in(outputs):
    """The plain picture among a cell's outputs."""
    return "".join(html for output in outputs if "inb-static" in (html := "".join(output["data"].get("text/html", ""))))


def test_twelve_turns_are_followed_and_after_each_the_page_shows_what_the_events_say(graph):
    page, shown = graph(*WALK)
    shown.expect_at("availability")

    for number in range(1, len(WALK) + 1):
        says = json.loads(page.ask(f"bot.say('words {number}'); told()"))
        shown.expect_at(says["stage"])
        expect(shown.panel.locator(".inb-s-last q")).to_have_text(f"words {number}")
        shown.expect_shows(says["trail"], says["visits"])
    expect(shown.panel.locator(".inb-s-last")).to_contain_text("refused moon")

    shown.panel.locator('[data-choice="time_kept"]').dispatch_event("click")
    expect(shown.side.locator("q")).to_have_text("words 4")
    assert page.problems == []


def test_an_open_stage_tells_exactly_what_the_server_was_sent(graph):
    page, shown = graph("available")
    page.ask("bot.say('yes')")
    shown.expect_at("name")

    shown.stage("availability").click()
    expect(shown.side).to_contain_text("as sent in turn 2", timeout=20_000)
    first, *_ = json.loads(page.ask("print(json.dumps(script.requests))"))
    prompt = shown.side.get_by_label("System prompt", exact=True)
    assert prompt.text_content() == first["messages"][0]["content"]
    schema = shown.side.get_by_label("Schema of classify_response").text_content()
    assert json.loads(schema) == first["tools"][-1]
    shown.stage("name").click()

    told = page.ask("print(bot.llm.system_prompt, end='')")
    wait_until(lambda: prompt.text_content() == told, f"the prompt {told!r}, not that of the stage before")
    expect(shown.side).to_contain_text("as sent in turn 2")


def test_a_reloaded_page_shows_the_same_and_goes_on(graph):
    page, shown = graph("available", "name_given", "reschedule", more=["bot.say('yes'); bot.say('Ada')"])
    page.run(1)
    shown.expect_at("age")
    page.save()

    page.reload(shows=".inb-stages .is-now")
    shown = Graph(page)

    shown.expect_at("age")
    shown.expect_shows([], {"availability": 1, "name": 1, "age": 1})
    page.ask("bot.say('can we move it?')")
    shown.expect_at("reschedule")
    shown.expect_shows(["age"], {"availability": 1, "name": 1, "age": 1, "reschedule": 1})
    wait_until(lambda: "can we move it?" in copy_in(page.outputs(0)), "the copy in the notebook after a reload")


def test_two_views_and_two_tabs_show_one_conversation_and_a_rewind(graph, notebook):
    page, first = graph("available", "name_given", panel="display(graph); display(StageGraph(bot, direction='LR'))")
    second = Graph(page, 1)
    page.save()
    other_tab = notebook(name=page.name, shows=".inb-stages .is-now")
    third = Graph(other_tab)

    page.ask("bot.say('yes'); bot.say('Ada')")
    for shown in (first, second, third):
        shown.expect_at("age")
    page.ask("bot.rewind(3)")

    for shown in (first, second, third):
        shown.expect_at("name")
        shown.expect_shows([], {"availability": 1, "name": 1})
    page.ask("bot.reset()")
    for shown in (first, second, third):
        shown.expect_at("availability")


def test_a_swapped_graph_is_drawn_anew_and_the_open_stage_stays(graph):
    page, shown = graph("available")
    page.ask("bot.say('yes')")
    shown.stage("name").click()

    page.ask(
        "from dataclasses import replace\n"
        "stages = tuple(replace(s, goal='Learn both names.') if s.name == 'name' else s for s in bot.graph.stages)\n"
        "changes = bot.intent_router.swap(replace(bot.graph, stages=stages))\n"
        "bot.emit(GraphSwapped(changes=tuple(map(str, changes)), stage=bot.stage))"
    )

    expect(shown.side).to_contain_text("Learn both names.", timeout=20_000)
    shown.expect_at("name")
    expect(shown.stage("name")).to_contain_text("Learn both names.")


def test_the_notebooks_shortcuts_stay_away_from_the_graph(graph):
    page, shown = graph("available", more=["1 + 1"])
    before = page.count_cells()

    for place in (shown.stage("availability"), shown.panel.get_by_role("button", name="Larger")):
        place.focus()
        for key in ("d", "d", "a", "b", "0", "0", "ArrowDown", "ArrowUp", "Shift+Enter"):
            page.page.keyboard.press(key)
    shown.stage("availability").focus()
    page.page.keyboard.press("ArrowDown")
    page.page.keyboard.press("Enter")
    expect(shown.side.get_by_role("heading", level=2)).to_have_text("name")
    page.page.keyboard.press("Escape")
    expect(shown.side).to_be_hidden()
    expect(shown.stage("name")).to_be_focused()

    assert page.count_cells() == before
    assert page.evaluate("return panel.content.model.cells.get(0).executionCount;") == 1
    expect(page.page.locator(".jp-Dialog")).to_have_count(0)


def test_the_wheel_scrolls_the_notebook(graph):
    page, shown = graph("available", more=["print('line\\n' * 200)"])
    page.run(1)
    scroller = page.page.locator(".jp-WindowedPanel-outer").first
    shown.panel.scroll_into_view_if_needed()
    shown.panel.locator(".inb-s-canvas").hover()
    before = scroller.evaluate("node => node.scrollTop")

    page.page.mouse.wheel(0, 300)

    assert wait_until(lambda: scroller.evaluate("node => node.scrollTop") > before, "the notebook to scroll")


@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_saved_notebook_shows_the_last_state_without_its_kernel(graph, notebook, lab, is_trusted):
    page, shown = graph("available", "reschedule")
    page.ask("bot.say('yes'); bot.say('another <b>day</b>?')")
    shown.expect_at("reschedule")
    expect(page.page.locator(".inb-static")).to_be_hidden()
    wait_until(lambda: "another" in copy_in(page.outputs(0)), "the copy in the notebook")
    saved = page.save()

    if not is_trusted:
        saved["metadata"]["changed"] = True  # so that its signature does not fit
    name = f"read-{uuid.uuid4().hex[:8]}.ipynb"
    (lab.root / name).write_text(json.dumps(saved))
    reader = notebook(name=name)

    copy = reader.cell(0).locator(".inb-static")
    expect(copy).to_be_visible(timeout=20_000)
    image = copy.locator("img")
    assert image.evaluate("async image => { await image.decode(); return image.naturalWidth; }") > 500
    assert "the conversation stands in reschedule" in image.get_attribute("alt")
    expect(copy).to_contain_text("“another <b>day</b>?”")
    expect(copy).to_contain_text("to return to: name")
    expect(reader.page.locator(".inb-stages")).to_have_count(0)


def test_axe_finds_nothing_wrong_in_the_light_and_the_dark_theme(graph):
    page, shown = graph("available")
    page.ask("bot.say('yes')")
    shown.stage("availability").click()
    expect(shown.side).to_contain_text("as sent in turn 2", timeout=20_000)

    for theme in ("JupyterLab Dark", "JupyterLab Light"):  # the last one stays, for the other tests
        page.theme(theme)
        assert violations(page.page, ".inb-stages") == [], theme


def test_notebook_7_shows_the_graph_too(graph):
    page, shown = graph("available", app="notebook")

    page.ask("bot.say('yes')")

    shown.expect_at("name")
    expect(page.page.locator(".inb-static")).to_be_hidden()
