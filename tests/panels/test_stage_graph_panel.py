from __future__ import annotations

import threading

import pytest

from intentional_nb.conversation.diagram import layout
from intentional_nb.conversation.graph import END
from intentional_nb.errors import DiagramError
from intentional_nb.events import GraphSwapped, Notice, ReplyAudio, RequestStarted, UsageReported, UserTranscribed
from intentional_nb.panels import drawings
from intentional_nb.panels.stage_graph import OPEN_STAGES, StageGraph
from tests.panels.conftest import GRAPH, Page
from tests.panels.stage_samples import city


@pytest.fixture
def panel(bot):
    made = StageGraph(bot, title="Coffee")
    yield made
    made.close()


@pytest.fixture
def page(panel):
    shown = Page(panel)
    shown.send("hello")
    shown.wait_for(lambda view: "picture_TB" in view and not view["drawing"])
    return shown


def decide(bot, words, *choices):
    """A turn in which the model makes choices."""
    number = bot.begin(words)
    bot.intent_router.begin_turn(words, turn=number)
    for choice in choices:
        bot.emit(bot.intent_router.route({"outcome": choice}))
    bot.end()


def swap(bot, **stages):
    """Go on in the graph with other stages."""
    changes = bot.intent_router.swap({**GRAPH, "stages": {**GRAPH["stages"], **stages}})
    bot.emit(GraphSwapped(changes=tuple(map(str, changes)), stage=bot.stage))


# -- making one


def test_something_that_is_no_bot_is_refused():
    with pytest.raises(TypeError, match=r"needs a bot, as load_bot makes it, got 'bot\.yml'"):
        StageGraph("bot.yml")


def test_an_argument_that_there_is_not_is_named(bot):
    with pytest.raises(TypeError, match="'heigth'"):
        StageGraph(bot, heigth=3)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [({"direction": "up"}, "'up' is none of TB, LR, BT, RL"), ({"height": "tall"}, "height must be pixels")],
)
def test_a_setting_that_makes_no_sense_is_refused(bot, given, complaint):
    with pytest.raises(ValueError, match=complaint):
        StageGraph(bot, **given)


def test_it_always_looks_the_same_in_words(bot):
    decide(bot, "a tea", "ordered")

    assert repr(StageGraph(bot, title="Coffee")) == "StageGraph('Coffee', stage='pay')"


def test_nothing_that_grows_is_a_trait(bot, page, panel):
    decide(bot, "a tea", "ordered")

    assert set(panel.options) == {"title", "height", "direction", "control"}
    assert "a tea" not in str(panel.get_state())
    assert "viewBox" not in str({name: value for name, value in panel.get_state().items() if name != "_esm"})


# -- what the page is told


def test_nothing_is_sent_and_nothing_drawn_before_anybody_looks(bot, panel):
    decide(bot, "a tea", "ordered")

    assert Page(panel).data.messages() == []
    assert panel._drawings.now.pictures == {}


def test_a_page_that_says_hello_is_told_where_the_conversation_is_and_gets_a_picture(bot, panel):
    decide(bot, "a tea", "ordered")
    page = Page(panel)

    page.send("hello")

    view = page.wait_for(lambda view: "picture_TB" in view)
    assert (view["stage"], view["now"], view["trail"]) == ("pay", "stage-pay", [])
    assert view["picture_TB"]["svg"].startswith("<svg")
    assert [stage["name"] for stage in view["graph"]["stages"]] == ["order", "pay", END]
    assert view["taken"] == {"outcome-order-ordered": 1}


def test_a_move_is_told_with_the_users_words_and_what_can_be_reached_then(bot, page):
    decide(bot, "a tea", "ordered")

    view = page.wait_for(lambda view: view["turns"] and not view["busy"])
    assert view["now"] == "stage-pay"
    assert view["visits"] == {"stage-order": 1, "stage-pay": 1}
    assert view["reachable"] == [["outcome-pay-paid", "stage-_end_"]]
    (turn,) = view["turns"]
    assert (turn["user"], turn["entries"][0]["way"]) == ("a tea", "outcome-order-ordered")


def test_a_move_costs_a_few_ids_and_never_a_picture(bot, page):
    before = len(page.data.messages())

    decide(bot, "a tea", "ordered")
    decide(bot, "here", "paid")
    page.wait_for(lambda view: view["now"] == "stage-_end_" and not view["busy"])

    told = page.data.messages()[before:]
    assert 1 <= len(told) <= 8
    assert max(len(str(message)) for message in told) < 2_000
    assert "picture" not in str(told)
    assert "graph" not in str(told)


def test_words_and_sounds_of_the_bot_are_no_news(bot, page):
    bot.begin("hi")
    page.wait_for(lambda view: view["busy"])
    before = len(page.data.messages())

    bot.speak(*["word "] * 2000)
    for _ in range(200):
        bot.emit(ReplyAudio(turn=1, item_id="i", pcm=b"\0\0"))
    bot.emit(UsageReported(turn=1, model="m", input_tokens=1, output_tokens=1))
    page.send("open", stage="stage-pay")
    page.wait_for(lambda view: view["told"])

    assert len(page.data.messages()) == before + 1


def test_where_the_time_of_the_latest_turn_went_is_told(bot, page):
    assert page.view["times"] is None
    bot.emit(RequestStarted(turn=bot.begin("a flat white"), part=0))
    bot.speak("One flat white.")
    bot.end()

    shown = page.wait_for(lambda view: view["times"] is not None and view["times"]["ms"] is not None)

    assert shown["times"]["n"] == bot.transcript[-1].number
    assert shown["times"]["ms"] == round(bot.stopwatch.of(1).duration_ms, 1)


def test_what_a_user_said_is_told_once_it_is_recognised(bot, page):
    from intentional_nb.events import TurnStarted

    bot.emit(TurnStarted(turn=1, user_text="", stage="order", item_id="item"))
    bot.intent_router.begin_turn("", turn=1)
    bot.emit(bot.intent_router.route({"outcome": "ordered"}))
    page.wait_for(lambda view: view["turns"])

    bot.emit(UserTranscribed(turn=1, item_id="item", text="a tea, please", is_final=True))

    assert page.wait_for(lambda view: view["turns"][0]["user"])["turns"][0]["user"] == "a tea, please"


def test_another_direction_is_drawn_when_it_is_asked_for_and_sent_alone(bot, page):
    before = len(page.data.messages())

    page.send("draw", direction="LR")

    view = page.wait_for(lambda view: "picture_LR" in view)
    assert view["picture_LR"]["key"] != view["picture_TB"]["key"]
    assert "picture_TB" not in str(page.data.messages()[before:])


def test_two_panels_and_two_pages_show_the_same(bot, panel, page):
    second = Page(panel, "second")
    second.send("hello")
    other = Page(StageGraph(bot), "other")
    other.send("hello")

    decide(bot, "a tea", "ordered")

    views = [
        shown.wait_for(lambda view: view["turns"] and not view["busy"] and "picture_TB" in view)
        for shown in (page, second, other)
    ]
    for name in ("now", "visits", "taken", "turns", "graph", "picture_TB"):
        assert views[0][name] == views[1][name] == views[2][name], name


def test_a_page_that_missed_something_is_told_everything_again(bot, page):
    decide(bot, "a tea", "ordered")
    page.view = None

    page.send("hello")

    view = page.wait_for(lambda view: not view["busy"])
    assert view["now"] == "stage-pay"
    assert "svg" in view["picture_TB"]


def test_turns_taken_back_are_forgotten_in_every_count(bot, page):
    decide(bot, "a tea", "ordered")
    page.wait_for(lambda view: view["turns"])

    bot.intent_router.reset()
    bot.rewind(1)

    view = page.wait_for(lambda view: not view["turns"])
    assert (view["now"], view["taken"]) == ("stage-order", {})
    assert view["visits"] == {"stage-order": 1}


def test_a_reset_begins_anew(bot, page):
    decide(bot, "a tea", "ordered")
    page.wait_for(lambda view: view["turns"])

    bot.intent_router.reset()
    bot.reset()

    view = page.wait_for(lambda view: not view["turns"])
    assert (view["now"], view["visits"]) == ("stage-order", {"stage-order": 1})


def test_a_closed_bot_is_told_with_the_next_command(bot, page):
    bot.is_closed = True

    page.send("open", stage="stage-pay")

    assert page.wait_for(lambda view: view["closed"])


# -- what the model is told


def test_an_open_stage_is_told_with_prompt_and_schemas_until_it_is_shut(bot, page):
    page.send("open", stage="stage-pay")

    view = page.wait_for(lambda view: "stage-pay" in view["told"])
    assert "Let them pay." in view["told"]["stage-pay"]["prompt"]
    assert view["told"]["stage-pay"]["how"] == "preview"
    page.send("shut", stage="stage-pay")
    page.wait_for(lambda view: not view["told"])


def test_an_open_stage_is_kept_up_to_date(bot, page):
    page.send("open", stage="stage-pay")
    page.wait_for(lambda view: view["told"])

    decide(bot, "a tea", "ordered")

    assert page.wait_for(lambda view: view["told"]["stage-pay"]["how"] == "now")


def test_what_a_model_was_sent_is_noted_while_it_is_sent(bot, page, panel):
    bot.llm = type("Client", (), {"system_prompt": bot.intent_router.get_prompt(), "tools": {}})()
    page.send("open", stage="stage-order")
    bot.begin("hi")

    bot.emit(RequestStarted(turn=1, part=0))

    view = page.wait_for(lambda view: view["told"] and view["told"]["stage-order"]["how"] == "sent")
    assert view["told"]["stage-order"]["turn"] == 1


def test_only_so_many_stages_are_open_at_once(bot):
    bot.intent_router.swap(city(3, 4, 2), stages={"order": "street_0_0"})
    page = Page(StageGraph(bot), "city")
    page.send("hello")
    names = [f"stage-street_{street}_{corner}" for street in range(3) for corner in range(3)]

    for name in names:
        page.send("open", stage=name)

    view = page.wait_for(lambda view: names[-1] in view["told"])
    assert set(view["told"]) == set(names[-OPEN_STAGES:])


def test_an_id_that_stands_for_nothing_is_told_nothing_of(page):
    page.send("open", stage="stage-nowhere")
    page.send("open", stage="stage-pay")

    assert set(page.wait_for(lambda view: view["told"])["told"]) == {"stage-pay"}


# -- a swapped graph


def test_a_swapped_graph_is_drawn_anew_with_what_changed(bot, page):
    page.send("draw", direction="LR")
    before = page.wait_for(lambda view: "picture_LR" in view)

    swap(bot, tip={"accessible_from": ["pay"], "goal": "Thank them.", "description": "They tip."})

    view = page.wait_for(lambda view: view["changed"] and not view["drawing"])
    assert [stage["name"] for stage in view["graph"]["stages"]] == ["order", "pay", "tip", END]
    assert view["picture_TB"]["key"] != before["picture_TB"]["key"]
    assert view["picture_LR"]["key"] != before["picture_LR"]["key"]
    assert view["changed"] == ["+ stage 'tip'"]


def test_a_renamed_stage_keeps_what_happened_in_it(bot, page):
    decide(bot, "a tea", "ordered")
    page.wait_for(lambda view: view["turns"] and not view["busy"])
    stages = {
        "order": {
            **GRAPH["stages"]["order"],
            "outcomes": {"ordered": {"description": "They ordered.", "move_to": "till"}},
        },
        "till": GRAPH["stages"]["pay"],
    }
    changes = bot.intent_router.swap({**GRAPH, "stages": stages})
    bot.emit(GraphSwapped(changes=tuple(map(str, changes)), stage=bot.stage))

    view = page.wait_for(lambda view: view["graph"]["renamed"] and view["now"])

    assert view["graph"]["renamed"] == {"pay": "till"}
    assert view["turns"][0]["entries"][0]["to"] == "stage-till"
    assert view["visits"] == {"stage-order": 1, "stage-till": 1}
    assert view["now"] == "stage-till"


def test_many_changes_are_not_all_told(bot, page):
    bot.emit(GraphSwapped(changes=tuple(f"change {number}" for number in range(500)), stage="order"))

    assert len(page.wait_for(lambda view: view["changed"])["changed"]) == 50


# -- when something is wrong


def test_without_graphviz_the_page_gets_text_and_the_reason(bot, monkeypatch):
    monkeypatch.setattr(layout, "find_graphviz", lambda: None)
    page = Page(StageGraph(bot), "bare")

    page.send("hello")

    view = page.wait_for(lambda view: "picture_TB" in view)
    assert view["picture_TB"]["mermaid"].startswith("flowchart TD")
    assert "neither graphviz-pure nor dot" in view["picture_TB"]["reason"]


def test_a_graph_that_graphviz_gives_up_on_is_told_like_one_without(bot, monkeypatch):
    def give_up(*_, **__):
        raise DiagramError("took too long")

    monkeypatch.setattr(drawings, "to_page_svg", give_up)
    page = Page(StageGraph(bot), "tangle")

    page.send("hello")

    assert page.wait_for(lambda view: "picture_TB" in view)["picture_TB"]["reason"] == "took too long"


@pytest.mark.parametrize(
    ("kind", "rest", "complaint"),
    [
        ("dance", {}, "does not know: 'dance'"),
        ("open", {}, "KeyError"),
        ("draw", {"direction": "up"}, "'up' is none of"),
    ],
)
def test_a_command_that_makes_no_sense_is_told_in_the_panel_until_it_is_dismissed(page, kind, rest, complaint):
    page.send(kind, **rest)

    alert = page.wait_for(lambda view: view["alerts"])["alerts"][0]
    assert complaint in alert["text"]
    page.send("dismiss", alert=alert["alert"])
    page.wait_for(lambda view: not view["alerts"])


def test_a_closed_panel_listens_no_more(bot, page, panel):
    data = page.data
    panel.close()
    told = len(data.messages())

    decide(bot, "a tea", "ordered")

    assert len(data.messages()) == told


def test_many_panels_leave_no_threads_behind(bot):
    before = threading.active_count()
    pages = [Page(StageGraph(bot), f"p{n}") for n in range(10)]
    for page in pages:
        page.send("hello")
    decide(bot, "a tea", "ordered")
    for page in pages:
        page.wait_for(lambda view: view["now"] == "stage-pay" and "picture_TB" in view and not view["drawing"])

    assert pages[0].wait_for(lambda view: threading.active_count() <= before + 2)


# -- what stays


def test_the_frozen_graph_is_a_picture_and_words(bot, panel):
    decide(bot, "a tea", "ordered")

    bundle = panel.freeze()._repr_mimebundle_()

    assert bundle["text/plain"] == "StageGraph('Coffee', stage='pay')"
    assert "data:image/svg+xml;base64," in bundle["text/html"]
    assert "“a tea”" in bundle["text/html"]
    assert 'class="inb-static"' in bundle["text/html"]


def test_it_is_written_anew_only_when_it_shows_something_else(bot, panel):
    decide(bot, "a tea", "ordered")
    first = panel.freeze()

    bot.exchange("hm", "yes?")
    assert panel.freeze() is first
    decide(bot, "here", "paid")

    assert panel.freeze() is not first
    assert "“here”" in panel.freeze().html


def test_a_bundle_has_the_live_view_and_a_copy_to_read(panel):
    bundle = panel._repr_mimebundle_()

    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == panel.model_id
    assert "<img" in bundle["text/html"]


def test_a_notice_of_the_bot_is_no_business_of_the_graph(bot, page):
    bot.emit(Notice(text="Using the local model."))
    page.send("open", stage="stage-pay")

    assert page.wait_for(lambda view: view["told"])["alerts"] == []
