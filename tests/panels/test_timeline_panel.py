from __future__ import annotations

import time

import pytest

from intentional_nb.events import (
    ModelConnected,
    ReplyText,
    RequestStarted,
    RouteDecision,
    ToolCallEnded,
    ToolCallStarted,
    UsageReported,
)
from intentional_nb.panels import timeline
from intentional_nb.panels.timeline import Timeline
from tests.panels.conftest import Page


@pytest.fixture
def panel(bot):
    made = Timeline(bot, title="Coffee")
    yield made
    made.close()


@pytest.fixture
def page(panel):
    shown = Page(panel)
    shown.send("hello")
    shown.wait_for(lambda view: True)
    return shown


def ask(bot, part=0):
    bot.emit(RequestStarted(turn=bot._numbers, part=part))


def decide(bot, choice):
    number = bot._numbers
    bot.emit(
        RouteDecision(
            turn=number, source="order", target="pay", kind="outcome", options=(choice,), choice=choice, user_text=""
        )
    )


def look_up(bot):
    bot.emit(ToolCallStarted(turn=bot._numbers, call_id="c1", name="look_up", arguments={}))
    bot.emit(ToolCallEnded(turn=bot._numbers, call_id="c1", name="look_up", status="ok", output="", duration_ms=1))


def use(bot, model="local-chat"):
    bot.emit(UsageReported(turn=bot._numbers, model=model, input_tokens=1200, output_tokens=30))


def whole_turn(bot, words="a tea"):
    bot.begin(words)
    ask(bot)
    use(bot)
    decide(bot, "ordered")
    ask(bot, 1)
    use(bot)
    look_up(bot)
    ask(bot, 2)
    bot.speak("Here ", "you ", "are.", part=2)
    use(bot)
    bot.end()


# -- making one


def test_something_that_is_no_bot_is_refused():
    with pytest.raises(TypeError, match=r"needs a bot, as load_bot makes it, got 'bot\.yml'"):
        Timeline("bot.yml")


def test_a_height_that_makes_no_sense_is_refused(bot):
    with pytest.raises(ValueError, match="height must be pixels"):
        Timeline(bot, height="tall")


def test_it_always_looks_the_same_in_words(bot, panel):
    whole_turn(bot)

    assert repr(panel) == "Timeline('Coffee', turns=1)"


def test_nothing_that_grows_is_a_trait(bot, page, panel):
    whole_turn(bot)

    assert set(panel.options) == {"title", "height", "control"}
    assert "a tea" not in str({name: value for name, value in panel.get_state().items() if name != "_esm"})


# -- what the page is told


def test_nothing_is_sent_before_anybody_looks(bot, panel):
    whole_turn(bot)

    assert Page(panel).data.messages() == []


def test_a_turn_is_told_with_its_bars_tokens_and_cost(bot, page):
    whole_turn(bot)

    view = page.wait_for(lambda view: view["turns"] and not view["busy"])
    (turn,) = view["turns"]
    assert [(bar["label"], bar["name"]) for bar in turn["entries"]] == [
        ("Routing", "ordered"),
        ("Request", ""),
        ("Tool", "look_up"),
        ("Reply", ""),
    ]
    assert (turn["tokens"], turn["cost"], turn["status"], turn["now"]) == ("3,600 in · 90 out", "$0", "completed", None)
    assert turn["waited"] <= turn["ms"]
    assert view["totals"] == "1 turn · 3,600 in · 90 out · $0"
    assert view["notes"] == ["price of local-chat: the local model runs on your own machine"]
    assert page.gaps == []


def test_a_turn_is_shown_while_it_runs(bot, page):
    bot.begin("a tea")
    ask(bot)

    view = page.wait_for(lambda view: view["turns"] and view["turns"][0]["entries"])
    (turn,) = view["turns"]
    assert view["busy"]
    assert (turn["ms"], turn["entries"][0]["to"]) == (None, None)
    assert turn["now"] >= turn["entries"][0]["from"]
    bot.speak("Hm")
    page.wait_for(lambda view: view["turns"][0]["entries"][0]["first"] is not None)


def test_the_words_of_a_reply_cost_no_message_after_the_first(bot, page, panel):
    bot.begin("a tea")
    ask(bot)
    bot.speak("One")
    page.wait_for(lambda view: view["turns"] and view["turns"][0]["first"] is not None)
    touched = []
    panel._coalescer.touch = lambda: touched.append(True)

    for _ in range(1000):
        bot.emit(ReplyText(turn=1, delta=" more"))

    assert touched == []


def test_a_price_is_that_of_the_address_at_which_the_model_is_reached(bot, page):
    bot.emit(ModelConnected(model="gpt-5-mini", base_url="http://127.0.0.1:9/v1"))
    bot.begin("a tea")
    ask(bot)
    use(bot, "gpt-5-mini")
    bot.end()

    view = page.wait_for(lambda view: view["turns"] and not view["busy"])
    assert view["turns"][0]["cost"] == "–"
    assert view["notes"] == ["price of gpt-5-mini: not known"]


def test_turns_taken_back_are_gone(bot, page):
    whole_turn(bot)
    whole_turn(bot)
    page.wait_for(lambda view: len(view["turns"]) == 2)

    bot.rewind(2)

    page.wait_for(lambda view: [turn["n"] for turn in view["turns"]] == [1])
    bot.reset()
    assert page.wait_for(lambda view: view["turns"] == [] and view["totals"].startswith("0 turns"))


def test_of_very_many_turns_the_latest_are_told(bot, page, monkeypatch):
    monkeypatch.setattr(timeline, "SHOWN_TURNS", 2)

    for _ in range(3):
        whole_turn(bot)

    view = page.wait_for(lambda view: len(view["turns"]) == 2 and not view["busy"])
    assert [turn["n"] for turn in view["turns"]] == [2, 3]
    assert (view["hidden"], view["totals"][:7]) == (1, "3 turns")


def test_of_very_many_turns_the_latest_are_kept(bot, panel, monkeypatch):
    monkeypatch.setattr(timeline, "MOST_TURNS", 2)

    for _ in range(3):
        whole_turn(bot)

    html = panel.freeze().html
    assert "1 earlier turns are left out" in html
    assert "3 turns" in html
    assert "<b>Turn 1</b>" not in html
    assert "<b>Turn 3</b>" in html


def test_a_strange_command_is_told_and_can_be_dismissed(bot, page):
    page.send("dance")

    view = page.wait_for(lambda view: view["alerts"])
    assert "does not know: 'dance'" in view["alerts"][0]["text"]
    page.send("dismiss", alert=view["alerts"][0]["alert"])
    page.wait_for(lambda view: not view["alerts"])


def test_a_closed_panel_listens_no_more(bot):
    panel = Timeline(bot)
    panel.close()
    touched = []
    panel._coalescer.touch = lambda: touched.append(True)

    whole_turn(bot)

    assert touched == []


# -- what stays


def test_the_saved_copy_is_brought_up_to_date_when_a_turn_has_ended(bot, page, panel):
    panel._ipython_display_()

    whole_turn(bot)

    page.wait_for(lambda view: view["turns"] and not view["busy"])
    deadline = time.monotonic() + 20
    while "look_up" not in panel._saved._html:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert panel.freeze().html.count("<details") == 1


def test_a_panel_that_is_shown_before_anything_is_said_is_always_the_same(bot, panel):
    assert panel.freeze().html == Timeline(bot, title="Coffee").freeze().html
    assert "Nothing has been said yet." in panel.freeze().html
