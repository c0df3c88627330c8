from __future__ import annotations

import threading

import pytest

from intentional_nb.bots.transcript import TextEntry
from intentional_nb.errors import BotClosedError
from intentional_nb.events import ErrorOccurred, Notice, ToolCallEnded, ToolCallStarted
from intentional_nb.panels.chat import ChatPanel
from intentional_nb.panels.conversation import SHOWN_TURNS
from tests.panels.conftest import Page


@pytest.fixture
def panel(bot):
    made = ChatPanel(bot, title="Coffee")
    yield made
    made.close()


@pytest.fixture
def page(panel):
    shown = Page(panel)
    shown.send("hello")
    shown.wait_for(lambda view: True)
    return shown


def said(view):
    """Who said what, as the page shows it."""
    return [
        (turn["user"], *(block for e in turn["entries"] if e["k"] == "text" for block in e["html"]))
        for turn in view["turns"]
    ]


def asked(bot, *kinds):
    return [what for what in bot.asked if what[0] in kinds]


def wait_until_asked(page, bot, what):
    page.wait_for(lambda view: what in bot.asked)


# -- making one


def test_an_argument_that_there_is_not_is_named(bot):
    with pytest.raises(TypeError, match="'sugestions'"):
        ChatPanel(bot, sugestions=["hi"])


def test_something_that_is_no_bot_is_refused():
    with pytest.raises(TypeError, match=r"needs a bot, as load_bot makes it, got 'bot\.yml'"):
        ChatPanel("bot.yml")


def test_a_single_text_is_no_list_of_suggestions(bot):
    with pytest.raises(TypeError, match="list of messages, got the single text 'Hello'"):
        ChatPanel(bot, suggestions="Hello")


@pytest.mark.parametrize(("given", "css"), [(400, "400px"), ("60vh", "60vh"), ("22.5em", "22.5em")])
def test_the_height_is_pixels_or_a_length(bot, given, css):
    assert ChatPanel(bot, height=given).options["height"] == css


@pytest.mark.parametrize("height", [0, -3, True, "tall", "10px;color:red", None])
def test_a_height_that_is_no_length_is_refused(bot, height):
    with pytest.raises(ValueError, match="height must be pixels or a CSS length"):
        ChatPanel(bot, height=height)


def test_it_always_looks_the_same_in_words(bot):
    bot.exchange("hi", "hello")

    assert repr(ChatPanel(bot, title="Coffee")) == "ChatPanel('Coffee', turns=1)"


def test_nothing_that_grows_is_a_trait(bot, panel):
    bot.exchange("hi", "a long reply")

    state = panel.get_state()

    assert "a long reply" not in str(state)
    assert set(panel.options) == {"title", "suggestions", "height", "placeholder", "control"}


# -- what the page is told


def test_nothing_is_sent_before_anybody_looks(bot, panel):
    bot.exchange("hi", "hello")
    bot.exchange("more", "yes")

    assert Page(panel).data.messages() == []


def test_a_page_that_says_hello_is_told_everything(bot, panel):
    bot.exchange("hi", "Hello **you**")
    page = Page(panel)

    page.send("hello")

    assert said(page.wait_for(lambda view: view["turns"])) == [("hi", "<p>Hello <strong>you</strong></p>\n")]


def test_a_reply_arrives_as_it_grows(bot, page):
    bot.begin("hi")
    bot.speak("Hel")
    page.wait_for(lambda view: said(view) == [("hi", "<p>Hel</p>\n")])
    assert page.read()["busy"]
    bot.speak("lo")
    bot.end()

    view = page.wait_for(lambda view: not view["busy"])

    assert said(view) == [("hi", "<p>Hello</p>\n")]
    assert view["turns"][0]["status"] == "completed"


def test_a_flood_of_words_is_few_messages_with_nothing_lost(bot, page):
    words = [f"word{number} " for number in range(3000)]
    bot.begin("hi")
    bot.speak(*words)
    bot.end()

    view = page.wait_for(lambda view: view["turns"] and not view["busy"])

    assert "word2999" in said(view)[0][-1]
    assert len(page.data.messages()) < 300
    assert page.gaps == []


def test_messages_to_the_page_come_from_one_thread_at_a_time_and_never_from_the_kernels(bot, page):
    bot.exchange("hi", "hello")
    page.wait_for(lambda view: view["turns"])

    threads = {thread for data, thread in page.data.published if data.get("method") == "custom"}

    assert threading.main_thread() not in threads


def test_two_pages_and_two_panels_show_the_same(bot, panel, page):
    second = Page(panel, "second")
    second.send("hello")
    other = Page(ChatPanel(bot), "other")
    other.send("hello")

    bot.exchange("hi", "hello")

    views = [shown.wait_for(lambda view: view["turns"] and not view["busy"]) for shown in (page, second, other)]
    assert views[0]["turns"] == views[1]["turns"] == views[2]["turns"]


def test_a_panel_that_nobody_sees_sends_nothing_until_somebody_does(bot, page):
    page.send("away")
    bot.exchange("hi", "hello")
    other = Page(ChatPanel(bot), "other")
    other.send("hello")
    other.wait_for(lambda view: view["turns"] and not view["busy"])
    assert page.read()["turns"] == []

    page.send("hello")

    assert said(page.wait_for(lambda view: view["turns"])) == [("hi", "<p>hello</p>\n")]
    assert page.gaps == []


def test_a_page_that_missed_something_is_told_everything_again(bot, page):
    bot.exchange("hi", "hello")
    page.view = None

    page.send("hello")

    assert said(page.wait_for(lambda view: True)) == [("hi", "<p>hello</p>\n")]


def test_the_stage_and_the_trail_are_shown(bot, page):
    bot.intent_router.route({"outcome": "ordered"})
    bot.exchange("a coffee", "That is 3 euros")

    assert page.wait_for(lambda view: view["stage"] == "pay")["trail"] == []


def test_a_tool_call_is_shown_while_it_runs_and_when_it_ends(bot, page):
    number = bot.begin("hi")
    bot.emit(ToolCallStarted(turn=number, call_id="c", name="grind", arguments={"beans": 7}))
    page.wait_for(lambda view: view["turns"] and view["turns"][0]["entries"][0]["status"] == "running")

    bot.emit(ToolCallEnded(turn=number, call_id="c", name="grind", status="ok", output="ground", duration_ms=9))
    bot.end()

    view = page.wait_for(lambda view: not view["busy"])
    assert view["turns"][0]["entries"][0]["output"] == "ground"


def test_only_the_last_turns_are_sent_and_more_when_asked_for(bot, page):
    for number in range(SHOWN_TURNS + 3):
        bot.exchange(f"m{number}", "ok")
    view = page.wait_for(lambda view: view["hidden"] == 3 and not view["busy"])
    assert len(view["turns"]) == SHOWN_TURNS
    assert view["turns"][0]["user"] == "m3"

    page.send("earlier")

    view = page.wait_for(lambda view: view["hidden"] == 0)
    assert view["turns"][0]["user"] == "m0"


def test_an_error_outside_of_a_turn_is_shown_until_it_is_dismissed(bot, page):
    bot.emit(ErrorOccurred(error="handler shout failed", where="handler shout"))
    view = page.wait_for(lambda view: view["alerts"])
    assert view["alerts"][0]["text"] == "handler shout failed"

    page.send("dismiss", alert=view["alerts"][0]["alert"])

    page.wait_for(lambda view: not view["alerts"])


def test_the_same_error_again_is_shown_once(bot, page):
    for text in ("one", "two", "one"):
        bot.emit(ErrorOccurred(error=text, where="model"))

    view = page.wait_for(lambda view: len(view["alerts"]) == 2)

    assert [alert["text"] for alert in view["alerts"]] == ["two", "one"]


def test_an_error_in_a_turn_is_shown_in_the_turn_only(bot, page):
    bot.begin("hi")
    bot.emit(ErrorOccurred(error="overloaded", where="model", turn=1))
    bot.end("failed")

    view = page.wait_for(lambda view: view["turns"] and not view["busy"])

    assert view["alerts"] == []
    assert view["turns"][0]["entries"] == [{"k": "error", "text": "overloaded", "where": "model"}]


def test_a_notice_is_shown_and_is_no_error(bot, page):
    bot.emit(Notice(text="Using the local model."))

    view = page.wait_for(lambda view: view["alerts"])

    assert (view["alerts"][0]["kind"], view["alerts"][0]["text"]) == ("notice", "Using the local model.")


def test_what_the_bot_said_before_there_was_a_panel_is_shown_too(bot):
    bot.emit(Notice(text="Using the local model."))
    page = Page(ChatPanel(bot))

    page.send("hello")

    assert page.wait_for(lambda view: view["alerts"])["alerts"][0]["text"] == "Using the local model."


# -- what people do


def test_every_command_is_acknowledged_where_it_can_be_answered_beside_a_cell(page):
    commands = [page.send("ping"), page.send("ping", by="data")]

    assert page.acknowledged()[-2:] == commands


def test_an_answer_tells_how_far_the_messages_have_come(bot, page):
    bot.exchange("hi", "hello")
    page.wait_for(lambda view: view["turns"] and not view["busy"])

    page.send("ping")

    assert page.control.messages()[-1]["seq"] == page.data.messages()[-1]["seq"]


def test_a_page_without_the_control_model_is_answered_on_the_panels_own(panel, page):
    command = page.send("ping", by="data", alone=True)

    assert command in [message.get("command") for message in page.data.messages()]


def test_the_first_page_lets_the_bot_say_its_opening_line(bot, panel):
    page = Page(panel)

    page.send("hello")
    page.send("hello")

    wait_until_asked(page, bot, ("start",))
    assert asked(bot, "start") == [("start",)]


def test_the_opening_line_can_be_left_to_the_cell(bot):
    page = Page(ChatPanel(bot, opening=False))

    page.send("hello")
    page.send("send", text="hi")

    wait_until_asked(page, bot, ("submit", "hi"))
    assert not asked(bot, "start")


def test_a_message_goes_to_the_bot_and_is_shown_as_waiting_until_its_turn(bot, page):
    command = page.send("send", text="hi")

    view = page.wait_for(lambda view: view["queue"])
    assert view["queue"] == [{"command": command, "text": "hi"}]
    assert view["busy"]
    assert command in view["taken"]

    bot.begin("hi")
    assert page.wait_for(lambda view: view["turns"])["queue"] == []


def test_a_command_that_comes_twice_by_both_ways_is_done_once(bot, page):
    page.send("send", text="hi", command="same")
    page.send("send", text="hi", command="same", by="data")
    page.send("send", text="other")

    page.wait_for(lambda view: ("submit", "other") in bot.asked)
    assert asked(bot, "submit") == [("submit", "hi"), ("submit", "other")]
    assert page.acknowledged().count("same") == 2


def test_a_message_is_taken_in_whatever_thread_the_kernel_chooses(bot, page):
    threads = [
        threading.Thread(target=page.send, args=("send",), kwargs={"text": f"m{n}", "command": f"c{n}"})
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    page.wait_for(lambda view: len(asked(bot, "submit")) == 8)
    assert {text for _, text in asked(bot, "submit")} == {f"m{n}" for n in range(8)}


def test_a_message_that_the_bot_does_not_take_is_given_back_with_the_reason(bot, page):
    bot.refuses = BotClosedError("the bot was closed; load it again to go on")

    command = page.send("send", text="my words")

    view = page.wait_for(lambda view: view["alerts"])
    assert [alert["text"] for alert in view["alerts"]] == ["the bot was closed; load it again to go on"]
    assert view["returned"] == [{"command": command, "text": "my words"}]
    assert view["queue"] == []


def test_a_message_whose_turn_never_begins_is_given_back_with_the_reason(bot, page):
    command = page.send("send", text="my words")
    page.wait_for(lambda view: view["queue"])

    bot.futures["my words"].set_exception(BotClosedError("the bot was closed"))

    view = page.wait_for(lambda view: view["alerts"])
    assert [alert["text"] for alert in view["alerts"]] == ["the bot was closed"]
    assert view["returned"] == [{"command": command, "text": "my words"}]


def test_an_error_of_a_turn_is_not_told_twice(bot, page):
    page.send("send", text="hi")
    page.wait_for(lambda view: view["queue"])
    bot.begin("hi")
    bot.futures["hi"].set_exception(RuntimeError("told in the transcript"))
    bot.end("failed")

    assert page.wait_for(lambda view: view["turns"] and not view["busy"])["alerts"] == []


def test_stop_interrupts_and_gives_back_what_waits(bot, page):
    page.send("send", text="running")
    command = page.send("send", text="waiting")
    page.wait_for(lambda view: len(view["queue"]) == 2)
    running, waiting = bot.futures["running"], bot.futures["waiting"]
    bot.begin("running")

    page.send("stop")

    assert ("interrupt",) in bot.asked
    assert waiting.cancelled()
    assert not running.cancelled()
    view = page.wait_for(lambda view: view["returned"])
    assert view["returned"] == [{"command": command, "text": "waiting"}]
    assert view["queue"] == view["alerts"] == []


def test_retry_and_edit_take_the_turn_back_and_say_it_again(bot, page):
    bot.exchange("one", "1")
    bot.exchange("two", "2")

    page.send("edit", turn=2, text="zwei")

    page.wait_for(lambda view: ("submit", "zwei") in bot.asked)
    assert asked(bot, "rewind", "submit") == [("rewind", 2), ("submit", "zwei")]
    assert said(page.wait_for(lambda view: len(view["turns"]) == 1)) == [("one", "<p>1</p>\n")]


def test_taking_back_a_turn_that_is_gone_loses_no_words(bot, page):
    command = page.send("retry", turn=9, text="my words")

    view = page.wait_for(lambda view: view["alerts"])

    assert view["alerts"][0]["text"] == "no turn 9; there are turns []"
    assert view["returned"] == [{"command": command, "text": "my words"}]
    assert command in view["taken"]
    assert not asked(bot, "submit")


def test_clearing_forgets_and_opens_anew(bot, page):
    bot.exchange("one", "1")
    page.wait_for(lambda view: view["turns"])

    page.send("clear")

    assert page.wait_for(
        lambda view: not view["turns"] and asked(bot, "reset", "start")[-2:] == [("reset",), ("start",)]
    )


def test_clearing_gives_back_what_waits(bot, page):
    page.send("send", text="running")
    command = page.send("send", text="waiting")
    page.wait_for(lambda view: len(view["queue"]) == 2)
    bot.begin("running")

    page.send("clear")

    view = page.wait_for(lambda view: view["returned"])
    assert view["returned"] == [{"command": command, "text": "waiting"}]
    page.wait_for(lambda view: ("reset",) in bot.asked)


@pytest.mark.parametrize(
    ("kind", "rest", "complaint"),
    [
        ("send", {"text": "  "}, "a message must not be empty"),
        ("send", {"text": "x" * 200_001}, "200,000 characters, this one has 200,001"),
        ("send", {}, "KeyError"),
        ("retry", {"turn": "x", "text": "a"}, "invalid literal"),
        ("dance", {}, "does not know: 'dance'"),
    ],
)
def test_a_command_that_makes_no_sense_is_told_in_the_panel(page, kind, rest, complaint):
    page.send(kind, **rest)

    assert complaint in page.wait_for(lambda view: view["alerts"])["alerts"][0]["text"]


def test_an_error_of_the_bot_is_told_in_the_panel(bot, page, monkeypatch):
    monkeypatch.setattr(bot, "reset", lambda: 1 / 0)

    page.send("clear")

    assert "ZeroDivisionError" in page.wait_for(lambda view: view["alerts"])["alerts"][0]["text"]


def test_a_view_that_cannot_be_made_is_told_once_and_the_next_one_is_shown(bot, page, panel, monkeypatch):
    def broken():
        raise RuntimeError("no view")

    with monkeypatch.context() as patch:
        patch.setattr(panel, "_view", broken)
        bot.exchange("one", "1")
        page.wait_for(lambda view: any(message["kind"] == "broken" for message in page.data.messages()))
    bot.exchange("two", "2")

    assert len(page.wait_for(lambda view: len(view["turns"]) == 2 and not view["busy"])["turns"]) == 2
    told = [message["text"] for message in page.data.messages() if message["kind"] == "broken"]
    assert told[0] == "This panel could not be brought up to date: RuntimeError: no view"
    assert len(told) <= 4


def test_a_closed_panel_listens_no_more_and_leaves_the_bot_alone(bot, page, panel):
    bot.exchange("one", "1")
    page.wait_for(lambda view: view["turns"] and not view["busy"])
    data = page.data

    panel.close()
    bot.exchange("two", "2")

    assert len(bot.transcript) == 2
    assert [message for message in data.messages() if "two" in str(message)] == []


def test_a_page_of_a_closed_bot_says_so(bot, page):
    bot.is_closed = True
    bot.emit(Notice(text="closing"))

    assert page.wait_for(lambda view: view["closed"])


def test_a_message_that_is_too_long_is_given_back(bot, page):
    command = page.send("send", text="x" * 200_001)

    view = page.wait_for(lambda view: view["returned"])

    assert view["returned"] == [{"command": command, "text": "x" * 200_001}]
    assert command in view["taken"]
    assert not asked(bot, "submit")


# -- what stays


def test_the_frozen_transcript_is_html_and_words(bot, panel):
    bot.exchange("hi", "**hello**")

    bundle = panel.freeze()._repr_mimebundle_()

    assert bundle["text/plain"] == repr(panel.freeze()) == "ChatPanel('Coffee', turns=1)"
    assert "<strong>hello</strong>" in bundle["text/html"]


def test_a_bundle_has_the_live_view_and_a_copy_to_read(bot, panel):
    bundle = panel._repr_mimebundle_()

    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == panel.model_id
    assert bundle["text/plain"] == "ChatPanel('Coffee', turns=0)"
    assert "inb-static" in bundle["text/html"]


def test_a_huge_reply_does_not_make_huge_messages(bot, page):
    bot.begin("hi")
    for _ in range(20):
        bot.speak("x" * 100_000)
    bot.end()

    view = page.wait_for(lambda view: view["turns"] and not view["busy"])

    assert view["turns"][0]["entries"][0]["more"] == 1_900_000
    assert bot.transcript[0].entries == (TextEntry("x" * 2_000_000),)
    assert max(len(str(message)) for message in page.data.messages()) < 500_000


def test_many_panels_leave_no_threads_behind(bot):
    before = threading.active_count()
    pages = [Page(ChatPanel(bot), f"p{n}") for n in range(20)]
    for page in pages:
        page.send("hello")
    bot.exchange("hi", "hello")
    for page in pages:
        page.wait_for(lambda view: view["turns"] and not view["busy"])

    assert pages[0].wait_for(lambda view: threading.active_count() <= before + 2)
