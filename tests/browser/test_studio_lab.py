"""The studio where people use it: a real bot, a real kernel, a real JupyterLab; every view checked by the events."""

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
import json, os
from IPython.display import display
from intentional_nb import LocalServer, Script, load_bot, tool
from intentional_nb.events import RouteDecision, ToolCallEnded
from intentional_nb.local.script import calls, text

@tool
def price(of: str) -> str:
    \"\"\"What it costs.\"\"\"
    return "3 euros"

@tool
def stock(of: str) -> str:
    \"\"\"How much of it there is.\"\"\"
    return "12 cups"

@tool
def brew(what: str) -> str:
    \"\"\"Make it.\"\"\"
    raise RuntimeError("the machine is cold")

replies = []
for number, asked in enumerate(WALK, 1):
    replies += [calls(*[(name, arguments) for name, arguments in asked]), text(f"Answer {number}.")]
server = LocalServer(Script(*replies, strict=False)).start()
os.environ["SCRIPTED_KEY"] = server.api_key
bot = load_bot(
    {
        "background": "You sell coffee.",
        "stages": {
            "greet": {
                "accessible_from": "_start_",
                "goal": "Greet them.",
                "outcomes": {"ready": {"description": "They want to order.", "move_to": "order"}},
            },
            "order": {
                "goal": "Take the order.",
                "tools": ["price", "stock", "brew"],
                "outcomes": {"ordered": {"description": "They chose.", "move_to": "pay"}},
            },
            "pay": {
                "goal": "Let them pay.",
                "outcomes": {"paid": {"description": "They paid.", "move_to": "greet"}},
            },
            "help": {
                "accessible_from": "_all_",
                "goal": "Help them.",
                "description": "They are lost.",
                "outcomes": {"helped": {"description": "It is clear now.", "move_to": "_backtrack_"}},
            },
            "cancel": {
                "accessible_from": ["order", "pay"],
                "goal": "Ask whether they mean it.",
                "description": "They want to cancel.",
                "outcomes": {"kept": {"description": "They go on.", "move_to": "_backtrack_"}},
            },
        },
    },
    tools=[price, stock, brew],
    client="openai",
    model="local-chat",
    base_url=server.base_url,
    api_key_name="SCRIPTED_KEY",
)
seen = []
bot.subscribe(seen.append)
studio = bot.studio(title="Coffee")

def told():
    tools = [[event.name, event.status] for event in seen if isinstance(event, ToolCallEnded)]
    moves = [event.kind for event in seen if isinstance(event, RouteDecision)]
    turns = [turn.number for turn in bot.transcript]
    print(json.dumps({"stage": bot.stage, "trail": bot.trail, "tools": tools, "moves": moves, "turns": turns}))
"""


def go(choice):
    return [("classify_response", {"outcome": choice})]


WALK = (
    go("ready"),
    [("price", {"of": "a flat white"}), ("stock", {"of": "a flat white"})],
    go("help"),
    go("helped"),
    [("brew", {"what": "a flat white"})],
    go("ordered"),
    go("cancel"),
    go("help"),
    go("helped"),
    go("kept"),
    go("moon"),
    go("paid"),
)
"""Twelve turns: moves, jumps, a jump out of a jump, backtracks, parallel tools, one that fails, one choice refused."""


class Studio:
    """A studio on a notebook's page."""

    def __init__(self, page, number=0):
        self.root = page.page.locator(".inb-studio").nth(number)
        expect(self.root.locator(".is-now")).to_have_count(1, timeout=30_000)
        self.chat = self.root.locator(".inb-chat")
        self.graph = self.root.locator(".inb-stages")
        self.calls = self.root.locator(".inb-calls")
        self.timeline = self.root.locator(".inb-timeline")

    def expect_shows(self, told):
        """All four views show what the kernel tells of its events."""
        expect(self.chat.locator(".inb-stage")).to_have_text(told["stage"], timeout=20_000)
        expect(self.chat).to_contain_text(f"Answer {told['turns'][-1]}.")
        expect(self.graph.locator(".is-now")).to_have_attribute("data-stage", told["stage"])
        expect(self.graph.locator(".inb-g-trail-badge")).to_have_count(len(told["trail"]))
        expect(self.calls.locator(".inb-c-card")).to_have_count(len(told["tools"]) + len(told["moves"]))
        expect(self.timeline.locator(".inb-t-turn")).to_have_count(len(told["turns"]))
        calls = {"tools": told["tools"], "moves": told["moves"]}
        wait_until(lambda: self.calls_shown() == calls, f"the calls to be {calls}")

    def calls_shown(self):
        """The calls in order: names and results of tools, kinds of moves."""
        cards = self.calls.locator(".inb-c-card").evaluate_all(
            "nodes => nodes.map((n) => ({ name: n.querySelector('.inb-c-name').textContent, ...n.dataset }))"
        )
        tools = [
            [card["name"], {"ok": "ok", "failed": "error"}.get(card["state"], card["state"])]
            for card in cards
            if card["kind"] == "tool"
        ]
        return {"tools": tools, "moves": [card.get("move") for card in cards if card["kind"] == "routing"]}


@pytest.fixture
def studio(notebook):
    """Call it: the notebook, and the studio in its first cell."""

    def open_studio(*more, show="studio", walk=WALK, **settings):
        page = notebook(f"WALK = {walk!r}\n{BOT}{show}", *more, **settings)
        page.run(0)
        return page, Studio(page)

    return open_studio


def say(page, number):
    """Take a turn; what the kernel tells after it."""
    return json.loads(page.ask(f"bot.say('words {number}'); told()"))


def copy_in(outputs):
    """The plain copy among a cell's outputs."""
    return "".join(html for output in outputs if "inb-static" in (html := "".join(output["data"].get("text/html", ""))))


def test_twelve_turns_and_after_each_all_views_show_what_the_events_say(studio):
    page, shown = studio()

    for number in range(1, len(WALK) + 1):
        shown.expect_shows(say(page, number))

    parallel = shown.calls.locator(".inb-c-row").filter(has_text="price")
    expect(parallel.locator(".inb-c-card")).to_have_count(2)
    expect(shown.calls.locator('[data-state="failed"][data-kind="tool"]')).to_contain_text("the machine is cold")
    expect(shown.calls.locator('[data-move="refused"]')).to_contain_text("moon")
    shown.root.get_by_role("tab", name="Timeline").click()
    expect(shown.timeline).to_be_visible()
    expect(shown.timeline.locator(".inb-t-turn").last).to_contain_text("words 12")
    assert page.problems == []


def test_what_is_typed_here_is_seen_in_all_parts(studio):
    page, shown = studio()

    field = shown.chat.get_by_role("textbox")
    field.fill("words 1")
    field.press("Enter")

    expect(shown.chat).to_contain_text("Answer 1.", timeout=20_000)
    shown.expect_shows(json.loads(page.ask("told()")))


def test_a_reloaded_page_shows_the_same_and_goes_on(studio):
    page, shown = studio()
    for number in range(1, 4):
        told = say(page, number)
    shown.expect_shows(told)
    page.save()

    page.reload(shows=".inb-studio .is-now")
    shown = Studio(page)

    shown.expect_shows(told)
    shown.expect_shows(say(page, 4))


def test_two_views_a_rewind_and_another_graph(studio):
    page, first = studio(show="display(studio); display(bot.studio())")
    second = Studio(page, 1)
    for number in range(1, 4):
        told = say(page, number)
    for shown in (first, second):
        shown.expect_shows(told)

    page.ask("bot.rewind(3)")
    for shown in (first, second):
        expect(shown.graph.locator(".is-now")).to_have_attribute("data-stage", "order", timeout=20_000)
        expect(shown.calls.locator(".inb-c-card")).to_have_count(3)
        expect(shown.timeline.locator(".inb-t-turn")).to_have_count(2)
    page.ask(
        "from dataclasses import replace\n"
        "stages = [replace(s, goal='Take it quickly.') if s.name == 'order' else s for s in bot.graph.stages]\n"
        "bot.update(replace(bot.graph, stages=tuple(stages)))"
    )

    for shown in (first, second):
        expect(shown.graph.locator('[data-stage="order"]')).to_contain_text("Take it quickly.", timeout=20_000)


@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_saved_notebook_shows_conversation_graph_and_calls_without_its_kernel(studio, notebook, lab, is_trusted):
    page, shown = studio()
    told = [say(page, number) for number in (1, 2)][-1]
    shown.expect_shows(told)
    wait_until(lambda: "words 2" in copy_in(page.outputs(0)), "the copy in the notebook")
    saved = page.save()

    if not is_trusted:
        saved["metadata"]["changed"] = True  # so that its signature does not fit
    name = f"read-{uuid.uuid4().hex[:8]}.ipynb"
    (lab.root / name).write_text(json.dumps(saved))
    reader = notebook(name=name)

    cell = reader.cell(0)
    expect(cell.locator(".inb-static").first).to_be_visible(timeout=20_000)
    expect(cell).to_contain_text("Answer 2.")
    expect(cell).to_contain_text("3 euros")
    expect(cell).to_contain_text("12 cups")
    image = cell.locator(".inb-static img").first
    assert image.evaluate("async image => { await image.decode(); return image.naturalWidth; }") > 300


def test_axe_finds_nothing_wrong_in_the_light_and_the_dark_theme(studio):
    page, shown = studio()
    for number in (1, 2):
        told = say(page, number)
    shown.expect_shows(told)

    for theme in ("JupyterLab Dark", "JupyterLab Light"):  # the last one stays, for the other tests
        page.theme(theme)
        for name in ("Timeline", "Tool calls"):
            shown.root.get_by_role("tab", name=name).click()
            assert violations(page.page, ".inb-studio") == [], (theme, name)


def test_the_notebooks_shortcuts_stay_away(studio):
    page, shown = studio("1 + 1")
    before = page.count_cells()

    for place in (shown.root.get_by_role("tab").first, shown.root.get_by_role("separator")):
        place.focus()
        for key in ("d", "d", "a", "b", "0", "0", "x", "Shift+Enter"):
            page.page.keyboard.press(key)

    assert page.count_cells() == before
    assert page.evaluate("return panel.content.model.cells.get(0).executionCount;") == 1
    expect(page.page.locator(".jp-Dialog")).to_have_count(0)


def test_it_has_a_tab_of_its_own_where_people_want_one(studio):
    page, _ = studio()

    page.evaluate("await app.commands.execute('notebook:create-output-view');")

    expect(page.page.locator(".inb-studio")).to_have_count(2, timeout=20_000)
    own = Studio(page, 1)
    page.page.locator(".jp-NotebookPanel .inb-studio").wait_for(state="attached")
    told = json.loads(_ask_beside(page, "bot.say('words 1'); told()"))
    own.expect_shows(told)
    expect(page.page.locator(".inb-static").locator("visible=true")).to_have_count(0)


def _ask_beside(page, code):
    """Run code in the notebook's kernel while another tab of JupyterLab is in front."""
    page.evaluate(
        """const [first] = app.shell.widgets('main');
        app.shell.activateById(first.id);"""
    )
    return page.ask(code)


def test_notebook_7_shows_it_too(studio):
    page, shown = studio(app="notebook")

    for number in (1, 2):
        shown.expect_shows(say(page, number))

    expect(page.page.locator(".inb-static").locator("visible=true")).to_have_count(0)


def test_a_bot_and_its_fork_stand_side_by_side(studio):
    show = "from intentional_nb import ChatPanel, SideBySide\nbot.say('words 1')\nother = bot.fork(1)\n"
    chats = "ChatPanel(bot, title='before', height=300), ChatPanel(other, title='after', height=300)"
    page, _ = studio(show=f"{show}display(studio, SideBySide({chats}))")
    left, right = (page.page.get_by_role("region", name=name, exact=True) for name in ("before", "after"))

    page.ask("other.say('another word')")

    expect(left).to_contain_text("words 1")
    expect(right).to_contain_text("another word", timeout=20_000)
    expect(right).not_to_contain_text("words 1")
    at_left, at_right = left.bounding_box(), right.bounding_box()
    assert at_left["y"] == at_right["y"]
    assert at_left["x"] + at_left["width"] <= at_right["x"]
