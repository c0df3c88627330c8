from __future__ import annotations

import re

import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from intentional_nb.events import RouteDecision
from intentional_nb.panels.chat import ChatPanel
from intentional_nb.panels.stage_graph import StageGraph
from intentional_nb.panels.timeline import Timeline
from intentional_nb.panels.tool_calls import ToolCalls
from tests.panels.conftest import Page
from tests.shell import make_shell

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def displayed(monkeypatch):
    """What is displayed and updated, as a kernel would tell its front end."""
    shell = make_shell()
    monkeypatch.setattr(InteractiveShell, "_instance", shell)
    shell.display_pub = CapturingDisplayPublisher()
    return shell.display_pub.outputs


def copies(displayed):
    return [output for output in displayed if "text/html" in output["data"]]


def test_a_panel_is_displayed_as_a_live_view_with_a_plain_copy_below_it(bot, displayed):
    panel = ChatPanel(bot, title="Coffee")

    panel._ipython_display_()

    live, copy = displayed
    assert live["data"] == {
        "text/plain": "ChatPanel('Coffee', turns=0)",
        VIEW: {"version_major": 2, "version_minor": 0, "model_id": panel.model_id},
    }
    assert set(copy["data"]) == {"text/plain", "text/html"}


def test_the_copy_is_brought_up_to_date_at_the_end_of_a_turn_while_a_page_looks(bot, displayed):
    panel = ChatPanel(bot)
    panel._ipython_display_()
    page = Page(panel)
    page.send("hello")
    page.wait_for(lambda view: True)

    bot.begin("hi")
    bot.speak("hel")
    page.wait_for(lambda view: view["turns"])
    assert len(copies(displayed)) == 1, "not in the middle of a reply"
    bot.speak("lo")
    bot.end()

    page.wait_for(lambda view: len(copies(displayed)) == 2)
    first, second = copies(displayed)
    assert "<p>hello</p>" in second["data"]["text/html"]
    assert second["update"]
    assert second["transient"] == first["transient"]


def test_each_display_has_its_own_copy_and_all_are_brought_up_to_date(bot, displayed):
    panel = ChatPanel(bot)
    panel._ipython_display_()
    panel._ipython_display_()
    page = Page(panel)
    page.send("hello")
    bot.exchange("hi", "hello")

    page.wait_for(lambda view: len(copies(displayed)) == 4)

    first, second, *updates = (copy["transient"]["display_id"] for copy in copies(displayed))
    assert first != second
    assert updates == [first, second]


def test_a_page_that_was_loaded_again_is_told_to_keep_the_copy_itself(bot, displayed):
    panel = ChatPanel(bot)
    panel._ipython_display_()
    first = Page(panel, "first")
    first.send("hello")
    first.wait_for(lambda view: True)
    second = Page(panel, "second")
    second.send("hello")
    second.wait_for(lambda view: True)

    bot.exchange("hi", "hello")

    def kept(view):
        return [m for m in second.data.messages() if m["kind"] == "keep" and "<p>hello</p>" in m["html"]]

    (message,) = second.wait_for(kept) and kept(None)
    assert message["model"] == panel.model_id


def test_the_copy_of_a_panel_that_nobody_sees_at_the_moment_is_kept_up_to_date(bot, displayed):
    panel = ChatPanel(bot)
    panel._ipython_display_()
    page = Page(panel)
    page.send("hello")
    page.wait_for(lambda view: True)
    page.send("away")

    bot.exchange("hi", "hello")

    page.wait_for(lambda view: "<p>hello</p>" in copies(displayed)[-1]["data"]["text/html"])
    assert not page.read()["turns"]


@pytest.mark.parametrize("kind", [ChatPanel, StageGraph, ToolCalls, Timeline])
def test_words_that_are_read_from_the_right_stand_so_in_the_copy(bot, kind):
    panel = kind(bot)
    number = bot.begin("שלום, אפשר להזמין קפה?")
    decision = {"source": "order", "target": "pay", "kind": "outcome", "choice": "ordered", "options": ("ordered",)}
    bot.emit(RouteDecision(turn=number, user_text="", duration_ms=1, **decision))
    bot.end()

    html = panel.freeze().html

    assert re.search(r'<\w+ dir="auto"[^>]*>“?שלום', html)


def test_a_panel_that_was_not_displayed_updates_nothing(bot, displayed):
    page = Page(ChatPanel(bot))
    page.send("hello")
    bot.exchange("hi", "hello")

    page.wait_for(lambda view: view["turns"] and not view["busy"])

    assert displayed == []
