"""The tool calls where people use them: a real bot, a real kernel, a real JupyterLab."""

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
from intentional_nb import LocalServer, Script, ToolCalls, load_bot, tool
from intentional_nb.bots.turn import RouteEntry, ToolEntry
from intentional_nb.local.script import call, calls, text

told = []

@tool(can_rerun=True)
def weather(city: str) -> str:
    "Tell the weather."
    told.append(city)
    return f"mild in {city}, asked {len(told)} times"

@tool
def book(day: str) -> str:
    "Book a table."
    raise LookupError("no table")

def go(choice):
    return calls(("classify_response", {"outcome": choice}))

script = Script(
    calls(call("weather", {"city": "Oslo"}), call("weather", {"city": "Rome"}), call("book", {"day": "Friday"})),
    text("Mild, and no table."),
    go("moon"), go("paid"), text("Thank you."),
    calls(("classify_response", {"outcome": "w" + "x" * 400}), pace_ms=100), text("Pardon?"),
    strict=False,
)
server = LocalServer(script).start()
os.environ["SCRIPTED_KEY"] = server.api_key
bot = load_bot(
    {
        "background": "You keep an inn.",
        "stages": {
            "ask": {
                "accessible_from": "_start_",
                "goal": "Find out what they want.",
                "tools": [{"id": "weather"}, {"id": "book"}],
                "outcomes": {"paid": {"description": "They have paid.", "move_to": "rest"}},
            },
            "rest": {
                "goal": "Let them rest.",
                "outcomes": {"left": {"description": "They leave.", "move_to": "_end_"}},
            },
        },
    },
    tools=[weather, book],
    client="openai",
    model="local-chat",
    base_url=server.base_url,
    api_key_name="SCRIPTED_KEY",
)
calls_panel = ToolCalls(bot, title="Inn")
calls_panel
"""
EVENTS = """
print(json.dumps([
    [entry.name, entry.status] if isinstance(entry, ToolEntry) else [entry.decision.choice, entry.decision.kind]
    for turn in bot.transcript for entry in turn.entries if isinstance(entry, (ToolEntry, RouteEntry))
]))
"""


WATCH_WRITING = """(panel) => {
  window.written = [];
  new MutationObserver(() => {
    const text = panel.querySelector('.inb-c-card[data-state=writing] .inb-c-text')?.textContent ?? '';
    if (text.includes('wxx') && text.length !== window.written.at(-1)) window.written.push(text.length);
  }).observe(panel, { subtree: true, childList: true, characterData: true, attributes: true });
}"""
"""Notes how many letters there are of what the model writes of the last call, at each change on the page."""


class Calls:
    """The tool calls on a notebook's page."""

    def __init__(self, page):
        self.panel = page.page.locator(".inb-calls").first
        expect(self.panel).to_be_visible(timeout=30_000)
        self.cards = self.panel.locator(".inb-c-card")

    def card(self, words):
        return self.panel.get_by_role("listitem", name=words, exact=False)

    def expect_like(self, events):
        """What the events say is what the page shows."""
        expect(self.cards).to_have_count(len(events), timeout=20_000)
        for place, (name, status) in enumerate(events):
            expect(self.cards.nth(place)).to_contain_text(name)
            state = "ok" if status in ("ok", "outcome") else "failed"
            expect(self.cards.nth(place)).to_have_attribute("data-state", state, timeout=20_000)


@pytest.fixture
def calls(notebook):
    """The notebook, and the panel in its first cell."""
    page = notebook(BOT)
    page.run(0)
    return page, Calls(page)


def copy_in(outputs):
    """The plain copy among a cell's outputs."""
    return "".join(html for output in outputs if "inb-static" in (html := "".join(output["data"].get("text/html", ""))))


def test_calls_are_shown_as_the_events_tell_them_and_one_is_run_again(calls):
    page, shown = calls

    for words in ("How warm is it, and is there a table?", "I have paid"):
        page.ask(f"bot.say({words!r})")
        shown.expect_like(json.loads(page.ask(EVENTS)))
    expect(shown.panel.get_by_role("list", name="3 calls of one reply")).to_have_count(1)
    expect(shown.panel.get_by_role("heading")).to_have_count(2)

    rome = shown.card("Tool weather").nth(1)
    rome.get_by_role("button", name="Run weather again with these arguments").click()
    expect(rome).to_contain_text("mild in Rome, asked 3 times", timeout=20_000)
    expect(rome).to_contain_text("the model is not told")
    assert json.loads(page.ask("print(json.dumps(told))")) == ["Oslo", "Rome", "Rome"]
    assert page.ask("print(any('asked 3' in str(request) for request in script.requests), end='')") == "False"
    assert page.problems == []


def test_arguments_come_in_while_a_cell_waits(calls):
    page, shown = calls
    page.ask("bot.say('weather'); bot.say('paid')")
    expect(shown.cards).to_have_count(5, timeout=20_000)
    shown.panel.evaluate(WATCH_WRITING)

    page.ask("future = bot.submit('leave')")

    expect(shown.card("was refused in rest")).to_be_visible(timeout=30_000)
    lengths = page.evaluate("return window.written;")
    assert len(lengths) > 1
    assert lengths == sorted(lengths)


def test_a_reloaded_page_shows_the_same_and_a_saved_notebook_keeps_it(calls, notebook, lab):
    page, shown = calls
    page.ask("bot.say('How warm is it?')")
    expect(shown.cards).to_have_count(3, timeout=20_000)
    page.save()

    page.reload(shows=".inb-calls")
    shown = Calls(page)
    expect(shown.cards).to_have_count(3, timeout=20_000)
    page.ask("bot.say('I <b>have</b> paid')")
    expect(shown.cards).to_have_count(5, timeout=20_000)
    wait_until(lambda: "paid" in copy_in(page.outputs(0)), "the copy in the notebook after a reload")
    saved = page.save()
    saved["metadata"]["changed"] = True  # so that its signature does not fit: it is not trusted

    name = f"read-{uuid.uuid4().hex[:8]}.ipynb"
    (lab.root / name).write_text(json.dumps(saved))
    reader = notebook(name=name)

    copy = reader.cell(0).locator(".inb-static")
    expect(copy).to_be_visible(timeout=20_000)
    for words in ("weather", "mild in Rome", "LookupError: no table", "I <b>have</b> paid", "Refused. It is none"):
        expect(copy).to_contain_text(words)
    expect(reader.page.locator(".inb-calls")).to_have_count(0)


def test_axe_finds_nothing_wrong_in_the_light_and_the_dark_theme(calls):
    page, shown = calls
    page.ask("bot.say('How warm is it?')")
    expect(shown.cards).to_have_count(3, timeout=20_000)
    shown.panel.get_by_role("button", name="Show all of book").click()
    shown.panel.get_by_role("button", name="Where the time went").click()

    for theme in ("JupyterLab Dark", "JupyterLab Light"):  # the last one stays, for the other tests
        page.theme(theme)
        assert violations(page.page, ".inb-calls") == [], theme
