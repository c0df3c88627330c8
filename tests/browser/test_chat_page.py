"""The chat panel's page side alone: the test is its kernel."""

from __future__ import annotations

import re

import pytest

from intentional_nb.bots.transcript import NoticeEntry, TextEntry, ToolEntry
from intentional_nb.panels.entries import TurnViews, entry_view
from tests.browser.accessibility import violations
from tests.panels.samples import OPENING, move, turn, view, walk

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install 'intentional-nb[dev]'"
)
expect = playwright.expect

OPTIONS = {"title": "Interview", "suggestions": ["Yes, go ahead", "Not now"], "height": "520px", "placeholder": "Write"}
HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script><b>bold</b>'


@pytest.fixture
def chat(blank):
    """Call it for a panel on a blank page, already told what to show."""

    def open_chat(shown=None, **settings):
        page = blank("chat", OPTIONS, **settings)
        if shown is not None:
            page.acknowledge(page.wait_for("hello"))
            page.snapshot(shown)
        return page

    return open_chat


def field(page):
    return page.panel.get_by_label("Message", exact=True)


def log(page):
    return page.panel.get_by_role("log")


def status(page):
    return page.panel.get_by_role("status")


def only(n, user, *entries, **rest):
    return TurnViews().of([turn(n, user, *entries, **rest)])[0]


# -- what it shows


def test_a_conversation_is_drawn_in_order(chat):
    page = chat(view(walk()))

    text = log(page).inner_text()

    words = ["Hello! I would", "Yes, go ahead", "ask_time", "What is your name?", "current_date_time", "Ada Lovelace"]
    assert [text.index(word) for word in words] == sorted(text.index(word) for word in words)
    expect(page.panel.locator(".inb-move")).to_have_count(5)
    assert page.panel.locator("table td").first.inner_text() == "name"
    assert page.problems == []


def test_what_is_read_from_the_right_is_written_from_the_right_and_code_is_not(chat):
    said, answer = "שלום, אפשר להזמין קפה?", "כן: `brew()`\n\nMit Milch?"
    page = chat(view([turn(1, said, TextEntry(answer)), turn(2, "Yes.", TextEntry("One."))]))
    direction = "nodes => nodes.map((node) => getComputedStyle(node).direction)"

    assert page.panel.locator(".inb-user .inb-words").evaluate_all(direction) == ["rtl", "ltr"]
    assert page.panel.locator(".inb-block").evaluate_all(direction) == ["rtl", "ltr", "ltr"]
    assert page.panel.locator(".inb-block code").evaluate_all(direction) == ["ltr"]
    field(page).fill(said)
    assert field(page).evaluate("node => getComputedStyle(node).direction") == "rtl"


def test_the_header_says_who_where_and_what(chat):
    page = chat(view([turn(1, "hi", ToolEntry("c", "look_up", {}), status="running")], trail=["order", "pay"]))

    head = page.panel.locator(".inb-head")
    expect(head).to_contain_text("Interview")
    expect(head).to_contain_text("ask_name")
    expect(head).to_contain_text("Running look_up…")
    assert head.locator(".inb-stage-chip").get_attribute("title") == "Trail, the stages to return to: order › pay"


def test_each_kind_of_move_is_told_apart_in_words(chat):
    kinds = ["outcome", "jump", "backtrack", "end", "refused"]
    page = chat(view([turn(1, "hi", *(move(kind, "from", "to", "why") for kind in kinds))]))

    texts = [" ".join(node.inner_text().split()) for node in page.panel.locator(".inb-move-words").all()]

    assert texts == [
        "Stage from to to why",
        "Stage from to to jump",
        "Stage from to to back why",
        "Stage from to to end why",
        "Move refused in stage from refused why",
    ]


def test_a_tool_call_opens_on_its_arguments_and_result_and_stays_open(chat):
    page = chat(view([turn(1, "hi", ToolEntry("c", "book", {"to": "moon"}), status="running")]))
    details = page.panel.locator("details")
    expect(details.locator("pre")).to_have_count(1)
    expect(details.locator("pre")).not_to_be_visible()

    details.locator("summary").click()
    page.update(
        ["entry", 1, 0, only(1, "hi", ToolEntry("c", "book", {"to": "moon"}, "error", "no seats", 90))["entries"][0]]
    )

    expect(details.locator("pre").first).to_be_visible()
    assert [node.inner_text() for node in details.locator("pre").all()] == ['{\n  "to": "moon"\n}', "no seats"]
    expect(details.locator("summary")).to_contain_text("failed")
    expect(details.locator("summary")).to_contain_text("90 ms")


def test_only_the_end_of_a_growing_reply_is_drawn_again(chat):
    page = chat(view([turn(1, "hi", TextEntry("one\n\ntwo\n\nthr"), status="running")]))
    blocks = page.panel.locator(".inb-block")
    blocks.first.evaluate("node => { node.kept = true; }")
    blocks.last.evaluate("node => { node.firstChild.kept = true; }")

    page.update(["text", 1, 0, 2, ["<p>three</p>", "<p>four</p>"]])

    assert blocks.all_inner_texts() == ["one", "two", "three", "four"]
    assert blocks.first.evaluate("node => node.kept") is True
    assert blocks.nth(2).evaluate("node => node.firstChild.kept ?? false") is False


def test_a_reply_that_shrinks_leaves_nothing_behind(chat):
    page = chat(view([turn(1, "hi", TextEntry("one\n\n|a|\n|-|\n|b|"), status="running")]))

    page.update(["text", 1, 0, 1, []])

    assert page.panel.locator(".inb-block").all_inner_texts() == ["one"]


def test_a_reply_that_is_too_long_says_how_much_is_missing(chat):
    page = chat(view([turn(1, "hi", TextEntry("x" * 100_500))]))

    expect(page.panel.locator(".inb-more")).to_have_text("… 500 more characters; bot.transcript has them all")


def test_turns_taken_back_disappear(chat):
    page = chat(view(walk()))

    page.update(["drop", [3, 4, 5]])

    expect(page.panel.locator(".inb-turn")).to_have_count(2)


def test_earlier_turns_come_above_the_others_when_asked_for(chat):
    page = chat(view([turn(8, "later")], hidden=2))

    page.panel.get_by_role("button", name="Show earlier turns (2)").click()
    page.wait_for("earlier")
    page.update(["state", {"hidden": 0}], ["turn", only(7, "earlier")])

    assert page.panel.locator(".inb-words").all_inner_texts() == ["earlier", "later"]
    expect(page.panel.locator(".inb-earlier")).to_be_hidden()


def test_a_bot_that_is_thinking_shows_that_it_is_until_it_speaks(chat):
    page = chat(view([turn(1, "hi", status="running")]))
    dots = page.panel.locator(".inb-typing")
    expect(dots).to_be_visible()

    page.update(["entry", 1, 0, entry_view(TextEntry("so"))])

    expect(dots).to_be_hidden()


@pytest.mark.parametrize(
    ("end", "words"),
    [("cancelled", "Stopped"), ("truncated", "The reply was cut off: the reason"), ("failed", "No reply: the reason")],
)
def test_a_reply_that_did_not_end_well_says_so_once(chat, end, words):
    page = chat(view([turn(1, "hi", TextEntry("so"), NoticeEntry(f"{end}: the reason"), status=end)]))

    expect(page.panel.locator(".inb-ending")).to_have_text(words)
    expect(page.panel.locator(".inb-notice")).to_be_hidden()


def test_times_are_shown_on_demand(chat):
    page = chat(view([turn(1, "hi", TextEntry("so"))]))
    time = page.panel.locator("time")
    assert time.evaluate("node => getComputedStyle(node).opacity") == "0"

    page.panel.get_by_role("button", name="Show times").click()

    expect(time).to_have_css("opacity", "1")
    assert re.match(r"\d\d:\d\d", time.inner_text())
    expect(page.panel.get_by_role("button", name="Show times")).to_have_attribute("aria-pressed", "true")


def test_hostile_text_stays_text_wherever_it_stands(chat):
    entries = [
        TextEntry(HOSTILE),
        ToolEntry(HOSTILE, HOSTILE, {HOSTILE: HOSTILE}, "ok", HOSTILE),
        move("outcome", HOSTILE, HOSTILE, HOSTILE, (HOSTILE,)),
        NoticeEntry(HOSTILE),
    ]
    shown = view(
        [turn(1, HOSTILE, *entries)],
        stage=HOSTILE,
        queue=[{"command": "x-1", "text": HOSTILE}],
        alerts=[{"alert": 1, "kind": "error", "text": HOSTILE}],
    )
    page = chat(shown)

    page.panel.locator("summary").click()

    expect(page.panel.locator("img, script, b")).to_have_count(0)
    assert page.page.evaluate("window.hacked") is None
    assert page.panel.inner_text().count('<img src=x onerror="window.hacked=1">') >= 8


def test_a_link_leads_out_of_the_notebook_and_only_to_the_web(chat):
    page = chat(view([turn(1, "hi", TextEntry("[a](https://example.org) [b](javascript:alert(1))"))]))

    links = page.panel.locator("a")

    expect(links).to_have_count(1)
    assert links.get_attribute("target") == "_blank"
    assert "noopener" in links.get_attribute("rel")


# -- sending


def test_a_page_says_hello_when_it_opens(chat):
    page = chat()

    hello = page.wait_for("hello")

    assert hello["command"].startswith(hello["client"])


def test_without_the_control_model_everything_goes_over_the_panels_own(chat):
    page = chat(has_control=False)

    assert page.wait_for("hello", by="model")["alone"] is True


def test_enter_sends_and_the_message_is_there_at_once(chat):
    page = chat(view([OPENING]))

    field(page).fill("Yes, go ahead")
    field(page).press("Enter")

    assert page.wait_for("send")["text"] == "Yes, go ahead"
    expect(page.panel.locator(".inb-unsure")).to_contain_text("Yes, go ahead")
    expect(field(page)).to_have_value("")
    expect(field(page)).to_be_focused()
    expect(page.panel.get_by_role("button", name="Stop")).to_be_visible()
    expect(page.panel.get_by_role("button", name="Send")).to_be_hidden()


def test_a_message_is_shown_once_from_sending_to_its_turn(chat):
    page = chat(view())
    field(page).fill("hello")
    field(page).press("Enter")
    command = page.wait_for("send")["command"]
    messages = page.panel.locator(".inb-user-row:visible")
    expect(messages).to_have_count(1)

    page.acknowledge({"command": command})
    page.update(["state", {"queue": [{"command": command, "text": "hello"}], "taken": [command], "busy": True}])
    expect(messages).to_have_count(1)
    page.update(["state", {"queue": []}], ["turn", only(1, "hello", status="running")])

    expect(messages).to_have_count(1)
    expect(page.panel.locator(".inb-unsure")).to_have_count(0)


def test_shift_enter_breaks_the_line(chat):
    page = chat(view())

    field(page).press_sequentially("one")
    field(page).press("Shift+Enter")
    field(page).press_sequentially("two")

    expect(field(page)).to_have_value("one\ntwo")
    assert page.sent("send") == []


def test_the_field_grows_with_the_text_and_not_for_ever(chat):
    page = chat(view())
    small = field(page).bounding_box()["height"]

    field(page).fill("\n".join(["line"] * 4))
    grown = field(page).bounding_box()["height"]
    field(page).fill("\n".join(["line"] * 400))

    assert grown > small * 1.5
    assert field(page).bounding_box()["height"] <= 200


def test_enter_while_composing_accepts_the_suggestion_of_the_input_method_only(chat):
    page = chat(view())
    field(page).fill("にほん")

    for extra in ("isComposing: true", "keyCode: 229"):
        field(page).evaluate(
            f"node => node.dispatchEvent(new KeyboardEvent('keydown', {{key: 'Enter', bubbles: true, {extra}}}))"
        )

    assert page.sent("send") == []
    expect(field(page)).to_have_value("にほん")


def test_nothing_is_sent_for_nothing(chat):
    page = chat(view())

    field(page).fill("  \n ")
    field(page).press("Enter")

    assert page.sent("send") == []
    expect(page.panel.get_by_role("button", name="Send")).to_be_disabled()


def test_what_is_sent_while_the_bot_replies_waits_for_its_turn(chat):
    page = chat(view([turn(1, "hi", status="running")]))
    expect(page.panel.get_by_role("button", name="Send")).to_be_hidden()

    field(page).fill("and another thing")
    expect(page.panel.get_by_role("button", name="Send")).to_be_visible()
    expect(page.panel.get_by_role("button", name="Stop")).to_be_visible()
    field(page).press("Enter")

    assert page.wait_for("send")["text"] == "and another thing"
    expect(page.panel.locator(".inb-unsure")).to_contain_text("and another thing")


@pytest.mark.parametrize("way", ["button", "escape"])
def test_stop_works_from_the_moment_of_sending(chat, way):
    page = chat(view())
    field(page).fill("hello")
    field(page).press("Enter")

    if way == "button":
        page.panel.get_by_role("button", name="Stop").click()
    else:
        field(page).press("Escape")

    assert page.wait_for("stop")


def test_suggestions_are_sent_with_a_click_and_go_when_something_was_said(chat):
    page = chat(view([OPENING]))

    page.panel.get_by_role("button", name="Not now").click()

    assert page.wait_for("send")["text"] == "Not now"
    expect(page.panel.locator(".inb-suggestions")).to_be_hidden()


def test_a_suggestion_leaves_what_is_being_written(chat):
    page = chat(view([OPENING]))
    field(page).fill("half a tho")

    page.panel.get_by_role("button", name="Not now").click()

    expect(field(page)).to_have_value("half a tho")


# -- changing one's mind


def test_a_message_can_be_edited_and_sent_again(chat):
    page = chat(view(walk()[:2]))
    page.panel.locator(".inb-turn").last.hover()

    page.panel.locator(".inb-turn").last.get_by_label("Edit and send again").click()
    editor = page.panel.get_by_label("Edit message")
    expect(editor).to_have_value("Yes, go ahead")
    expect(editor).to_be_focused()
    editor.fill("No, tomorrow")
    editor.press("Enter")

    edit = page.wait_for("edit")
    assert (edit["turn"], edit["text"]) == (2, "No, tomorrow")
    expect(page.panel.locator(".inb-turn").last).to_have_class(re.compile("inb-leaving"))
    expect(page.panel.locator(".inb-unsure")).to_contain_text("No, tomorrow")


def test_an_edit_can_be_given_up(chat):
    page = chat(view(walk()[:2]))
    last = page.panel.locator(".inb-turn").last
    last.hover()
    last.get_by_label("Edit and send again").click()

    page.panel.get_by_label("Edit message").press("Escape")

    expect(page.panel.get_by_label("Edit message")).to_have_count(0)
    expect(last.locator(".inb-user")).to_be_visible()
    expect(last.get_by_label("Edit and send again")).to_be_focused()
    assert page.sent("edit") == []


def test_an_edit_goes_on_while_the_panel_is_told_of_something_else(chat):
    page = chat(view(walk()[:2]))
    page.panel.locator(".inb-turn").last.hover()
    page.panel.locator(".inb-turn").last.get_by_label("Edit and send again").click()
    editor = page.panel.get_by_label("Edit message")
    editor.fill("No, to")

    page.update(["state", {"stage": "elsewhere"}], ["set", 2, {"ms": 99}])

    expect(editor).to_have_value("No, to")
    expect(editor).to_be_focused()


def test_a_failed_turn_offers_to_try_again(chat):
    page = chat(view(walk()))

    page.panel.get_by_role("button", name="Try again", exact=True).click()

    retry = page.wait_for("retry")
    assert (retry["turn"], retry["text"]) == (5, "Fly me to the moon")


def test_the_last_reply_can_be_asked_for_again_and_the_others_not(chat):
    page = chat(view(walk()[:4]))

    again = page.panel.get_by_label("Take this turn back and try again").locator("visible=true")

    expect(again).to_have_count(1)
    again.click()
    assert page.wait_for("retry")["turn"] == 4


def test_an_opening_line_alone_cannot_be_taken_back(chat):
    page = chat(view([OPENING]))

    expect(page.panel.get_by_label("Take this turn back and try again").locator("visible=true")).to_have_count(0)


def test_clearing_asks_first(chat):
    page = chat(view(walk()))
    page.panel.get_by_label("Clear the conversation", exact=True).click()
    expect(page.panel.get_by_role("button", name="Keep")).to_be_focused()

    page.panel.get_by_role("button", name="Keep").press("Escape")
    expect(page.panel.get_by_role("button", name="Keep")).to_be_hidden()
    assert page.sent("clear") == []

    page.panel.get_by_label("Clear the conversation", exact=True).click()
    page.panel.get_by_role("button", name="Clear", exact=True).click()

    page.wait_for("clear")
    expect(field(page)).to_be_focused()


def test_messages_and_replies_can_be_copied(chat):
    page = chat(view([turn(1, "my words", TextEntry("**bold** reply\n\nsecond"))]))
    page.panel.locator(".inb-turn").hover()

    page.panel.get_by_label("Copy message").click()
    expect(status(page)).to_have_text("Copied")
    assert page.page.evaluate("navigator.clipboard.readText()") == "my words"
    page.panel.get_by_label("Copy reply").click()

    page.page.wait_for_function("async () => await navigator.clipboard.readText() === 'bold reply\\n\\nsecond'")


def test_the_focus_stays_on_an_alert_while_a_reply_grows(chat):
    page = chat(
        view(
            [turn(1, "hi", TextEntry("so"), status="running")],
            alerts=[{"alert": 7, "kind": "error", "text": "handler failed"}],
        )
    )
    page.panel.get_by_label("Dismiss").focus()

    page.update(["text", 1, 0, 0, ["<p>so and so</p>"]])

    expect(page.panel.get_by_label("Dismiss")).to_be_focused()


def test_an_alert_goes_when_it_was_read(chat):
    page = chat(view(alerts=[{"alert": 7, "kind": "error", "text": "handler failed"}]))
    expect(page.panel.locator(".inb-alert")).to_have_text("handler failed")

    page.panel.get_by_label("Dismiss").click()

    assert page.wait_for("dismiss")["alert"] == 7


# -- scrolling


def tall(count):
    return [turn(n, f"message {n}", TextEntry("a reply\n\n" * 5)) for n in range(1, count + 1)]


def distance_to_the_end(page):
    return log(page).evaluate("node => node.scrollHeight - node.scrollTop - node.clientHeight")


def test_the_end_of_the_conversation_stays_in_view(chat):
    page = chat(view(tall(8)))
    assert distance_to_the_end(page) < 5

    page.update(["turn", only(9, "hi", TextEntry("more\n\n" * 20), status="running")])

    assert distance_to_the_end(page) < 5
    expect(page.panel.get_by_role("button", name="Jump to latest")).to_be_hidden()


def test_somebody_who_reads_further_up_is_left_there_and_offered_the_way_down(chat):
    page = chat(view(tall(8)))
    log(page).evaluate("node => { node.scrollTop = 100; }")
    page.wait_for_frames()  # the scroll event comes with the next one

    page.update(["turn", only(9, "hi", TextEntry("more\n\n" * 20), status="running")])

    assert log(page).evaluate("node => node.scrollTop") == 100
    page.panel.get_by_role("button", name="Jump to latest").click()
    assert distance_to_the_end(page) < 5
    expect(page.panel.get_by_role("button", name="Jump to latest")).to_be_hidden()


def test_sending_goes_back_to_the_end(chat):
    page = chat(view(tall(8)))
    log(page).evaluate("node => { node.scrollTop = 0; }")
    page.wait_for_frames()

    field(page).fill("hello")
    field(page).press("Enter")

    assert distance_to_the_end(page) < 5


# -- when the kernel does not answer


def test_a_lost_number_is_noticed_and_everything_asked_for(chat):
    page = chat(view([turn(1, "one")]))

    page.update(["turn", only(3, "three")], lost=1)
    page.acknowledge(page.wait_for("hello", 2))
    page.snapshot(view([turn(1, "one"), turn(2, "two"), turn(3, "three")]))

    assert page.panel.locator(".inb-words").all_inner_texts() == ["one", "two", "three"]


def test_a_last_message_that_is_lost_shows_in_the_next_answer(chat):
    page = chat(view([turn(1, "hi", status="running")], busy=True), has_clock=True)

    page.page.clock.run_for(5200)
    ping = page.wait_for("ping")
    page.tell({"kind": "ack", "command": ping["command"], "seq": 2}, by="control")
    page.page.clock.run_for(10_000)
    page.acknowledge(page.wait_for("hello", 2))
    page.snapshot(view([turn(1, "hi", TextEntry("all of it"))]))

    expect(page.panel.locator(".inb-text")).to_have_text("all of it")


def test_a_snapshot_that_does_not_come_is_asked_for_again_less_and_less_often(chat):
    page = chat(has_clock=True)

    for _ in range(120):
        for hello in page.sent("hello"):
            page.acknowledge(hello)
        page.page.clock.run_for(1000)

    assert 3 <= len(page.sent("hello")) <= 12


def test_trouble_in_the_kernel_is_shown_until_it_is_over(chat):
    page = chat(view())

    page.tell({"kind": "broken", "text": "could not be brought up to date"})
    expect(page.panel.locator(".inb-health")).to_have_text("could not be brought up to date")
    page.update(["state", {"stage": "elsewhere"}])

    expect(page.panel.locator(".inb-health")).to_be_hidden()


def test_a_busy_kernel_is_told_and_the_message_goes_the_other_way_too(chat):
    page = chat(view(), has_clock=True)
    field(page).fill("hello")
    field(page).press("Enter")

    page.page.clock.run_for(2600)

    expect(page.panel.locator(".inb-health")).to_contain_text("your message is waiting")
    expect(status(page)).to_contain_text("busy with a cell")
    (again,) = page.sent("send", by="model")
    assert again == page.sent("send")[0]

    for command in page.sent():
        page.acknowledge(command)
    expect(page.panel.locator(".inb-health")).to_be_hidden()


def test_a_kernel_that_is_gone_is_told_and_nothing_that_was_typed_is_lost(chat):
    page = chat(view([OPENING]))
    field(page).fill("sent but never taken")
    field(page).press("Enter")
    page.wait_for("send")
    field(page).fill("half writ")

    page.lose_the_kernel()

    expect(page.panel.locator(".inb-health")).to_contain_text("Run this cell again")
    page.panel.locator(".inb-title").click()
    expect(page.panel.locator(".inb-unsure")).to_have_count(0)
    assert "half writ" in field(page).input_value()
    assert page.page.evaluate("Object.values(sessionStorage).join()") == "sent but never taken\nhalf writ"
    assert page.problems == []


def test_the_panel_that_follows_gets_what_was_typed_in_the_one_that_died(chat):
    page = chat(view([OPENING]))
    field(page).fill("half writ")
    page.lose_the_kernel()

    page.page.evaluate("window.fake.model.isGone = window.fake.control.isGone = false")
    page.page.evaluate("window.load()")

    expect(field(page)).to_have_value("half writ")
    assert page.page.evaluate("sessionStorage.length") == 0


def test_words_that_the_bot_did_not_take_are_put_back_with_what_was_typed_since(chat):
    page = chat(view())
    field(page).fill("precious words")
    field(page).press("Enter")
    command = page.wait_for("send")["command"]
    field(page).fill("and more")

    returned = [{"command": command, "text": "precious words"}, {"command": "other-1", "text": "of another page"}]
    page.update(["state", {"taken": [command], "returned": returned}])
    page.update(["state", {"stage": "elsewhere"}])

    expect(field(page)).to_have_value("and more\nprecious words")
    expect(page.panel.locator(".inb-unsure")).to_have_count(0)


def test_the_kernel_is_asked_for_a_sign_of_life_when_somebody_comes_near(chat):
    page = chat(view())

    page.panel.hover()

    assert page.wait_for("ping")


# -- several views


def test_two_views_of_one_panel_show_the_same(chat):
    page = chat(view())
    page.page.evaluate("document.body.append(Object.assign(document.createElement('div'), {id: 'second'}))")
    page.page.evaluate("window.draw(document.querySelector('#second'))")

    field(page).fill("hello")
    field(page).press("Enter")
    page.update(["turn", only(1, "hi", TextEntry("there"))])

    second = page.page.locator("#second")
    expect(second.locator(".inb-text")).to_have_text("there")
    expect(second.locator(".inb-unsure")).to_contain_text("hello")
    assert len(page.sent("send")) == 1


def test_a_view_that_was_removed_is_drawn_no_more_and_the_kernel_told(chat):
    page = chat(view())

    page.page.evaluate("window.cleanup()")
    page.update(["turn", only(1, "hi", TextEntry("there"))])

    expect(page.panel.locator(".inb-turn")).to_have_count(0)
    page.acknowledge(page.wait_for("away"))
    page.page.evaluate("window.draw(document.querySelector('#panel'))")
    page.wait_for("hello", 2)
    expect(page.panel.locator(".inb-text")).to_have_text("there")


# -- keyboard, screen readers, looks


def test_the_conversation_is_a_log_that_is_quiet_while_it_grows(chat):
    page = chat(view([turn(1, "hi", TextEntry("so"), status="running")]))
    expect(log(page)).to_have_attribute("aria-busy", "true")
    expect(log(page)).to_have_attribute("aria-live", "off")
    expect(status(page)).to_have_text("The bot is replying")

    page.update(["state", {"busy": False}], ["set", 1, {"status": "completed"}])

    expect(log(page)).to_have_attribute("aria-busy", "false")
    expect(status(page)).to_have_text("The bot said: so")


def test_what_has_the_focus_keeps_its_keys_from_the_notebook(chat):
    page = chat(view(walk(), hidden=1, alerts=[{"alert": 1, "kind": "error", "text": "x"}]))
    focusable = "a, button, textarea, summary, pre, [tabindex]"

    bare = page.panel.locator(focusable).evaluate_all(
        """nodes => nodes
          .filter((node) => !node.hasAttribute('data-lm-suppress-shortcuts'))
          .map((node) => node.outerHTML)"""
    )

    assert bare == []


def test_keys_and_clicks_do_not_reach_the_notebook(chat):
    page = chat(view(walk()))
    page.page.evaluate(
        """() => {
          window.reached = [];
          for (const name of ['keydown', 'keyup', 'mousedown']) {
            document.body.addEventListener(name, (event) => window.reached.push(`${name} ${event.key ?? ''}`));
          }
        }"""
    )

    page.panel.locator("summary").first.click()
    for key in ["d", "d", "a", "Shift+Enter", "Control+Enter", "ArrowDown"]:
        page.panel.locator("summary").first.press(key)

    assert [
        event for event in page.page.evaluate("window.reached") if "Control" not in event and "Shift" not in event
    ] == []


def test_a_shortcut_such_as_save_still_reaches_the_front_end(chat):
    page = chat(view())
    page.page.evaluate(
        "document.body.addEventListener('keydown', (event) => { window.reached = event.key; event.preventDefault(); })"
    )

    field(page).press("Control+s")

    assert page.page.evaluate("window.reached") == "s"


def test_everything_can_be_reached_with_the_keyboard(chat):
    page = chat(view([turn(1, "hi", ToolEntry("c", "look", {}, "ok", "x"), TextEntry("so"))]))
    page.page.keyboard.press("Tab")
    names = []
    for _ in range(12):
        names.append(
            page.page.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.tagName")
        )
        page.page.keyboard.press("Tab")

    for name in [
        "Show times",
        "Clear the conversation",
        "Conversation",
        "Copy message",
        "SUMMARY",
        "Copy reply",
        "Message",
    ]:
        assert name in names, names


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 900])
def test_axe_finds_nothing_wrong(chat, theme, width):
    shown = view(
        [*walk(), turn(6, "And now?", TextEntry("`x` "), status="running")],
        hidden=3,
        queue=[{"command": "x", "text": "later"}],
        alerts=[{"alert": 1, "kind": k, "text": "hm"} for k in ("error", "notice")],
    )
    page = chat(shown, theme=theme, width=width)
    for summary in page.panel.locator("summary").all():
        summary.click()
    page.panel.get_by_label("Show times").click()

    assert violations(page.page, "#panel") == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_wrong_when_nothing_was_said_or_the_kernel_is_gone(chat, theme):
    page = chat(view(), theme=theme)
    assert violations(page.page, "#panel") == []

    page.lose_the_kernel()

    expect(page.panel.locator(".inb-health")).to_be_visible()
    assert violations(page.page, "#panel") == []


@pytest.mark.parametrize("width", [360, 900])
def test_nothing_sticks_out_at_the_side(chat, width):
    wide = "| " + " | ".join(f"column {n}" for n in range(20)) + " |\n" + "|---" * 20 + "|\n" + "| x " * 20 + "|\n"
    texts = ["w" * 400, wide, "```\n" + "code " * 100 + "\n```", "- " * 8 + "deep"]
    turns = [
        turn(n, "u" * 300, move("jump", "s" * 60, "t" * 60, "c" * 60), TextEntry(text))
        for n, text in enumerate(texts, 1)
    ]
    page = chat(view(turns, stage="s" * 90), width=width)

    for selector in (".inb-chat", ".inb-log"):
        node = page.panel.locator(selector)
        assert node.evaluate("node => node.scrollWidth - node.clientWidth") <= 0, selector


def test_nothing_moves_for_those_who_do_not_want_it(chat):
    page = chat(view([turn(1, "hi", status="running")]))

    dot = page.panel.locator(".inb-typing i").first

    assert dot.evaluate("node => getComputedStyle(node).animationName") == "none"
    page.page.emulate_media(reduced_motion="no-preference")
    assert dot.evaluate("node => getComputedStyle(node).animationName") == "inb-breathe"


def test_hundreds_of_updates_are_all_there(chat):
    page = chat(view([turn(1, "hi", status="running")]))

    page.page.evaluate(
        """() => {
          for (let n = 0; n < 300; n++) {
            const ops = [['text', 1, 0, n, [`<p>part ${n}</p>`]]];
            window.fake.model.emit('msg:custom', { kind: 'update', epoch: 'e1', seq: 2 + n, ops });
          }
        }"""
    )

    expect(page.panel.locator(".inb-block")).to_have_count(300)
    assert distance_to_the_end(page) < 5
