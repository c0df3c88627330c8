"""The chat panel where people use it: a real bot, a real kernel, a real JupyterLab."""

from __future__ import annotations

import json
import uuid

import pytest

from tests.browser.accessibility import violations
from tests.browser.cells import talking_bot
from tests.browser.lab import wait_until

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install 'intentional-nb[dev]'"
)
expect = playwright.expect


class Chat:
    """A chat panel on a notebook's page."""

    def __init__(self, page, number=0):
        self.panel = page.page.locator(".inb-chat").nth(number)
        self.panel.wait_for(timeout=30_000)
        self.field = self.panel.get_by_label("Message", exact=True)
        self.log = self.panel.get_by_role("log")
        self.words = self.panel.locator(".inb-words")
        self.replies = self.panel.locator(".inb-text")
        self.doing = self.panel.locator(".inb-doing")
        expect(self.replies.first).to_have_text("Hello!", timeout=20_000)

    def say(self, text):
        self.field.fill(text)
        self.field.press("Enter")

    def button(self, name):
        return self.panel.get_by_role("button", name=name, exact=True)

    def wait_until_ready(self):
        expect(self.doing).to_have_text("Ready", timeout=20_000)


@pytest.fixture
def chat(notebook):
    """Call it with a bot's replies: the notebook, and the panel in its first cell."""

    def open_chat(*replies, more=(), panel="panel", **settings):
        page = notebook(talking_bot(*replies, panel=panel), *more, **settings)
        page.run(0)
        return page, Chat(page)

    return open_chat


def copy_in(outputs):
    """The plain transcript among a cell's outputs."""
    return "".join(html for output in outputs if "inb-static" in (html := "".join(output["data"].get("text/html", ""))))


def test_a_conversation_is_streamed_and_the_notebook_keeps_it(chat):
    page, shown = chat('text("A **bold** answer, word by word.", pace_ms=500)')
    shown.say("What can you do?")
    expect(shown.button("Stop")).to_be_visible()
    expect(shown.replies.last).to_contain_text("bold", timeout=20_000)
    shown.wait_until_ready()

    expect(shown.replies.last).to_have_text("A bold answer, word by word.")
    expect(shown.panel.locator(".inb-turn strong")).to_have_text("bold")
    expect(page.page.locator(".inb-static")).to_be_hidden()
    wait_until(lambda: "word by word" in copy_in(page.outputs(0)), "the copy in the notebook")
    kept = copy_in(page.save()["cells"][0]["outputs"])
    assert kept.index("Hello!") < kept.index("What can you do?") < kept.index("<strong>bold</strong>")
    assert page.ask("print(bot.transcript)").strip().endswith("Bot: A **bold** answer, word by word.")
    assert page.problems == []


def test_stop_ends_a_reply_and_the_next_message_is_answered(chat):
    page, shown = chat('text("word " * 200, pace_ms=50)', 'text("and on we go")')
    shown.say("Tell me everything")
    expect(shown.replies.last).to_contain_text("word", timeout=20_000)

    shown.button("Stop").click()

    expect(shown.panel.locator(".inb-ending").last).to_have_text("Stopped")
    shown.say("Next")
    expect(shown.replies.last).to_have_text("and on we go", timeout=20_000)
    assert (
        page.ask("print([turn.status for turn in bot.transcript])").strip() == "['completed', 'cancelled', 'completed']"
    )


@pytest.mark.parametrize("cell", ["time.sleep(5)", "import asyncio; await asyncio.sleep(5)"])
def test_a_message_sent_while_a_cell_runs_is_answered_then_or_announced_and_answered_later_once(chat, cell):
    page, shown = chat('text("an answer")', more=[cell])
    shown.panel.hover()  # as a hand on its way to the text field does
    page.run(1, wait=False)
    page.page.wait_for_timeout(300)

    shown.say("Are you there?")

    # Which of the two depends on the kernel's version and on the front end's settings.
    told = shown.panel.locator(".inb-health", has_text="your message is waiting")
    expect(shown.replies.last.filter(has_text="an answer").or_(told)).to_be_visible()
    expect(shown.replies.last).to_have_text("an answer", timeout=20_000)
    expect(shown.words).to_have_text(["", "Are you there?"])
    assert page.ask("print(sum(turn.user_text is not None for turn in bot.transcript))").strip() == "1"


def test_the_panel_shows_what_the_rest_of_its_own_cell_does(notebook):
    rest = 'display(panel)\nbot.say("from the cell")\ntime.sleep(6)'
    page = notebook(talking_bot('text("seen at once")', panel=rest))
    page.run(0, wait=False)

    shown = Chat(page)

    expect(shown.replies.last).to_have_text("seen at once", timeout=20_000)
    expect(page.cell(0).locator(".jp-InputPrompt").first).to_have_text("[*]:")


def test_a_reloaded_page_shows_the_same_goes_on_and_still_writes_into_the_notebook(chat):
    page, shown = chat('text("before")', 'text("after")')
    shown.say("one")
    expect(shown.replies.last).to_have_text("before", timeout=20_000)
    shown.wait_until_ready()
    page.save()

    page.reload(shows=".inb-chat")
    shown = Chat(page)

    expect(shown.replies).to_have_text(["Hello!", "before"], timeout=20_000)
    shown.say("two")
    expect(shown.replies.last).to_have_text("after", timeout=20_000)
    wait_until(lambda: "after" in copy_in(page.outputs(0)), "the copy in the notebook after a reload")
    expect(page.page.locator(".inb-static")).to_be_hidden()


def test_the_notebooks_shortcuts_stay_away_from_the_panel(chat):
    page, shown = chat('text("an answer")', more=["1 + 1"])
    shown.say("hello")
    shown.wait_until_ready()
    before = page.count_cells()

    for place in (shown.button("Show times"), shown.log, shown.field):
        place.focus()
        page.page.keyboard.press("d")
        page.page.keyboard.press("d")
        page.page.keyboard.press("a")
        page.page.keyboard.press("0")
        page.page.keyboard.press("0")
    shown.field.press("Shift+Enter")
    shown.field.press("Control+Enter")
    page.page.wait_for_timeout(300)

    assert page.count_cells() == before
    assert page.evaluate("return panel.content.model.cells.get(0).executionCount;") == 1
    expect(page.page.locator(".jp-Dialog")).to_have_count(0)


def test_a_restarted_kernel_is_noticed_and_what_was_typed_is_in_the_new_panel(chat):
    page, shown = chat('text("an answer")')
    shown.field.fill("a long thought")

    page.restart_kernel()

    expect(shown.panel.locator(".inb-health")).to_contain_text("Disconnected", timeout=20_000)
    expect(shown.field).to_have_value("a long thought")
    page.run(0)
    again = Chat(page)
    expect(again.field).to_have_value("a long thought")
    again.field.press("Enter")
    expect(again.replies.last).to_have_text("an answer", timeout=20_000)


@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_saved_notebook_can_be_read_without_its_kernel(chat, notebook, lab, is_trusted):
    page, shown = chat('text("A **bold** answer with `code`")', 'failed(400, "nonsense")')
    shown.say("Who are you?")
    shown.wait_until_ready()
    shown.say("And now?")
    expect(shown.panel.locator(".inb-error")).to_be_visible(timeout=20_000)
    wait_until(lambda: "nonsense" in copy_in(page.outputs(0)), "the copy in the notebook")
    saved = page.save()

    if not is_trusted:
        saved["metadata"]["changed"] = True  # so that its signature does not fit
    name = f"read-{uuid.uuid4().hex[:8]}.ipynb"
    (lab.root / name).write_text(json.dumps(saved))
    reader = notebook(name=name)

    output = reader.cell(0).locator(".inb-static")
    expect(output).to_be_visible(timeout=20_000)
    expect(output).to_contain_text("Who are you?")
    expect(output.locator("strong")).to_have_text("bold")
    expect(output).to_contain_text("nonsense")
    expect(reader.page.locator(".inb-chat")).to_have_count(0)


def test_two_panels_and_two_tabs_show_one_conversation(chat, notebook):
    page, first = chat('text("to all of you")', panel="display(panel); display(ChatPanel(bot, title='Other'))")
    second = Chat(page, 1)
    page.save()
    other_tab = notebook(name=page.name, shows=".inb-chat")
    third = Chat(other_tab)

    second.say("hello")

    for shown in (first, second, third):
        expect(shown.words.last).to_have_text("hello", timeout=20_000)
        expect(shown.replies.last).to_have_text("to all of you", timeout=20_000)
    expect(page.page.locator(".inb-static")).to_have_count(2)
    for copy in page.page.locator(".inb-static").all():
        expect(copy).to_be_hidden()


def test_retry_edit_and_clear_reach_the_bot(chat):
    page, shown = chat('failed(400, "first try")', 'text("second try")', 'text("edited")')
    shown.say("hello")
    shown.button("Try again").click()
    expect(shown.replies.last).to_have_text("second try", timeout=20_000)
    shown.wait_until_ready()

    shown.panel.locator(".inb-turn").last.hover()
    shown.panel.locator(".inb-turn").last.get_by_label("Edit and send again").click()
    shown.panel.get_by_label("Edit message").fill("good day")
    shown.panel.get_by_label("Edit message").press("Enter")

    expect(shown.replies.last).to_have_text("edited", timeout=20_000)
    assert page.ask("print(bot.transcript)").splitlines()[-2:] == ["User: good day", "Bot: edited"]
    shown.wait_until_ready()
    shown.button("Clear the conversation").click()
    shown.button("Clear").click()
    expect(shown.replies).to_have_text(["Hello!"], timeout=20_000)
    expect(shown.panel.locator(".inb-user:visible")).to_have_count(0)


def test_hostile_text_of_the_model_does_nothing(chat):
    hostile = (
        "<script>window.hacked=1</script><img src=x onerror='window.hacked=1'>"
        "[click](javascript:window.hacked=1) pay\\u202epal\\u200b"
    )
    page, shown = chat(f'text("{hostile}")')

    shown.say("<b>and me</b>")

    expect(shown.replies.last).to_contain_text("<script>window.hacked=1</script>")
    expect(shown.replies.last).to_contain_text("pay[U+202E]pal[U+200B]")
    expect(shown.words.last).to_have_text("<b>and me</b>")
    shown.wait_until_ready()
    assert page.evaluate("return window.hacked ?? null;") is None
    expect(shown.panel.locator("script, img, b")).to_have_count(0)


def test_axe_finds_nothing_wrong_in_the_light_and_the_dark_theme(chat):
    page, shown = chat('text("# Hi\\n\\n`code` and [a link](https://example.org)\\n\\n```python\\nx = 1\\n```")')
    shown.say("hello")
    shown.wait_until_ready()

    for theme in ("JupyterLab Dark", "JupyterLab Light"):  # the last one stays, for the other tests
        page.theme(theme)
        assert violations(page.page, ".inb-chat") == [], theme


def test_notebook_7_shows_the_panel_too(chat):
    page, shown = chat('text("an answer")', app="notebook")

    shown.say("hello")

    expect(shown.replies.last).to_have_text("an answer", timeout=20_000)
    expect(page.page.locator(".inb-static")).to_be_hidden()
