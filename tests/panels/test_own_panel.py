from __future__ import annotations

import re
import threading
from collections import Counter

import pytest

import intentional_nb
from intentional_nb.events import TurnStarted
from intentional_nb.panels.own import BotPanel
from tests.panels.conftest import Page

PAGE = "export default panel(({ el, h }) => (view) => { el.textContent = view.said.join(); });"


class Words(BotPanel):
    """What the user has said, and what the script asked for."""

    page = PAGE
    style = "p { color: teal; }"

    def __init__(self, bot, **settings):
        self.asked = []
        self.begun = Counter()
        super().__init__(bot, **settings)

    def view(self):
        said = [turn.user_text for turn in self.bot.transcript.turns]
        return {"said": said, "stage": self.bot.stage, "asked": self.asked, "begun": self.begun["turns"]}

    def note(self, event):
        if isinstance(event, TurnStarted):
            if event.user_text == "trouble":
                raise RuntimeError("no turns, please")
            self.begun["turns"] += 1

    def do(self, what, data):
        if what == "fail":
            raise ValueError("that I cannot do")
        self.asked.append([what, data, threading.current_thread().name])

    def saved(self, view):
        return [(f"message {number}", text) for number, text in enumerate(view["said"], 1)]


@pytest.fixture
def panel(bot):
    made = Words(bot)
    yield made
    made.close()


@pytest.fixture
def page(panel):
    shown = Page(panel)
    shown.send("hello")
    shown.wait_for(lambda view: "own_said" in view)
    return shown


def updates(page):
    return [message["ops"] for message in page.data.messages() if message["kind"] == "update"]


# -- writing one


def test_it_is_public():
    assert intentional_nb.BotPanel is BotPanel


def test_a_method_is_enough(bot):
    class StageOnly(BotPanel):
        def view(self):
            return {"stage": self.bot.stage}

    panel = StageOnly(bot)

    assert repr(panel) == "StageOnly('Stage Only')"
    assert ">order</td>" in panel.freeze().html
    assert 'h("table"' in panel._esm
    panel.close()


def test_a_panel_that_does_not_say_what_it_shows_says_so(bot):
    class Empty(BotPanel):
        pass

    with pytest.raises(NotImplementedError, match=r"Empty must have a method view\(self\)"):
        Empty(bot).freeze()


def test_something_that_is_no_bot_is_refused():
    with pytest.raises(TypeError, match="needs a bot, as load_bot makes it, got 'bot'"):
        Words("bot")


def test_a_height_that_is_none_is_refused(bot):
    with pytest.raises(ValueError, match="height must be pixels"):
        Words(bot, height="tall")


def test_a_script_that_exports_no_panel_is_refused_at_once():
    with pytest.raises(ValueError, match="the page of Wrong must have a line that begins with 'export default panel"):

        class Wrong(BotPanel):
            page = "console.log('hello')"


def test_script_and_style_may_be_files(tmp_path):
    (tmp_path / "words.js").write_text(PAGE)
    (tmp_path / "words.css").write_text("b { color: red; }")

    class FromFiles(BotPanel):
        page = tmp_path / "words.js"
        style = tmp_path / "words.css"

    assert FromFiles._esm.endswith(PAGE)
    assert "b { color: red; }" in FromFiles._css


def test_the_script_finds_what_it_is_promised_and_nothing_else_of_ours():
    before, _, own = Words._esm.rpartition("})();\n")

    assert own == PAGE
    assert before.startswith("const { panel, h } = (() => {")
    assert not re.search(r"^export\b", before, re.MULTILINE)


def test_a_style_is_about_its_own_panel_only(bot, panel):
    scope = panel.options["scope"]

    assert f".{scope} .inb-own-body {{\np {{ color: teal; }}\n}}" in Words._css
    assert scope.startswith("inb-own-")


def test_one_that_is_made_of_another_keeps_its_page_and_style(bot):
    class MoreWords(Words):
        def view(self):
            return {**super().view(), "more": 1}

    panel = MoreWords(bot)

    assert panel._esm == Words._esm
    assert panel.options["scope"] == Words._scope
    panel.close()


# -- what the page is told


def test_a_page_that_says_hello_is_told_what_was_before(bot, panel):
    bot.exchange("hi", "hello")
    page = Page(panel)

    page.send("hello")

    view = page.wait_for(lambda view: view["names"])
    assert view["names"] == ["said", "stage", "asked", "begun"]
    assert (view["own_said"], view["own_stage"], view["own_begun"]) == (["hi"], "order", 1)


def test_only_what_changed_is_sent_and_no_number_is_missing(bot, page):
    bot.exchange("hi", "hello")

    page.wait_for(lambda view: view["own_said"] == ["hi"] and not view["busy"])
    sent = {name for ops in updates(page) for _, fields in ops for name in fields}
    assert sent <= {"own_said", "own_begun", "busy"}
    assert page.gaps == []


def test_what_the_script_asks_for_is_done_once_beside_the_kernel(page):
    page.send("do", what="ring", data={"times": 2}, command="c1")
    page.send("do", what="ring", data={"times": 2}, command="c1")

    view = page.wait_for(lambda view: view["own_asked"])
    assert view["own_asked"] == [["ring", {"times": 2}, "intentional-nb panel commands"]]


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ({"kind": "do", "what": "fail"}, "ValueError: that I cannot do"),
        ({"kind": "dance"}, "a command that this panel does not know: 'dance'"),
    ],
)
def test_what_goes_wrong_shows_until_it_is_read(page, command, complaint):
    page.send(**command)

    (alert,) = page.wait_for(lambda view: view["alerts"])["alerts"]
    assert complaint in alert["text"]
    page.send("dismiss", alert=alert["alert"])
    page.wait_for(lambda view: not view["alerts"])


def test_a_script_that_asks_a_panel_without_an_answer_is_told_what_is_missing(bot):
    class Deaf(BotPanel):
        def view(self):
            return {}

    panel = Deaf(bot)
    page = Page(panel)
    page.send("hello")
    page.send("do", what="ring")

    (alert,) = page.wait_for(lambda view: view["alerts"])["alerts"]
    assert "the script sent 'ring': Deaf needs a method do(self, what, data)" in alert["text"]
    panel.close()


def test_an_error_in_taking_note_shows_and_does_not_stop_the_bot(bot, page):
    bot.exchange("trouble", "hello")

    view = page.wait_for(lambda view: view["alerts"] and not view["busy"])
    assert view["alerts"][0]["text"] == "RuntimeError: no turns, please"
    assert view["own_said"] == ["trouble"]


def test_a_view_that_cannot_be_made_is_told_of(bot):
    class Broken(BotPanel):
        def view(self):
            return {"when": object}

    panel = Broken(bot)
    page = Page(panel)
    page.send("hello")

    def broken():
        page.read()
        return [message["text"] for message in page.data.messages() if message["kind"] == "broken"]

    page.view = {}
    page.wait_for(lambda _: broken())
    assert "view()['when'] must be text, a number, a list or a dict" in broken()[0]
    panel.close()


def test_what_changes_without_an_event_shows_when_it_is_said(panel, page):
    panel.asked.append("by hand")

    panel.refresh()

    assert page.wait_for(lambda view: view["own_asked"] == ["by hand"])


def test_a_closed_panel_hears_nothing_more(bot, panel):
    panel.close()

    bot.exchange("hi", "hello")

    assert panel.begun["turns"] == 0


def test_nothing_that_people_say_is_a_trait(bot, page, panel):
    bot.exchange("something secret", "hello")

    page.wait_for(lambda view: view["own_said"])
    assert set(panel.options) == {"title", "height", "scope", "control"}
    assert "something secret" not in str(panel.get_state())


# -- what stays


def test_the_saved_notebook_keeps_what_the_panel_says_it_should(bot, panel):
    bot.exchange("<b>hi</b>", "hello")

    html = panel.freeze().html
    assert "message 1</th>" in html
    assert "&lt;b&gt;hi&lt;/b&gt;</td>" in html
    assert panel.freeze().text == "Words('Words')"
