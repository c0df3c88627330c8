from __future__ import annotations

import asyncio
import threading
import time

import pytest

from intentional_nb.errors import ToolError
from intentional_nb.events import (
    GraphSwapped,
    RequestStarted,
    ToolArguments,
    ToolCallEnded,
    ToolCallStarted,
)
from intentional_nb.panels import tool_calls, tool_calls_again
from intentional_nb.panels.tool_calls import SHOWN_CALLS, ToolCalls
from intentional_nb.panels.tool_calls_again import MOST_RUNS, Reruns
from intentional_nb.tools.function import tool
from tests.panels.conftest import GRAPH, Page, PlayedBot

ROUTER = "classify_response"


class Café(PlayedBot):
    """A bot with tools, of which some may be run again.

    Attributes:
        runs: What `price` was run with.
    """

    def __init__(self):
        super().__init__()
        self.runs = []
        self.gate = threading.Event()

        @tool(can_rerun=True)
        def price(drink: str) -> str:
            """Tell a price."""
            self.runs.append(drink)
            return f"{drink} costs {len(self.runs)}"

        @tool(can_rerun=True, timeout_s=0.05)
        async def slow() -> str:
            """Take too long."""
            await asyncio.sleep(30)
            return "late"

        @tool(can_rerun=True)
        def held() -> str:
            """Wait for the test."""
            self.gate.wait(20)
            return "let go"

        @tool
        def pay(sum: int) -> str:
            """Pay."""
            self.runs.append(sum)
            return "paid"

        self.tools = (price, slow, held, pay)
        names = [{"id": one.name} for one in self.tools]
        self.stages = {name: {**stage, "tools": names} for name, stage in GRAPH["stages"].items()}
        self.intent_router.swap({**GRAPH, "stages": self.stages}, self.tools)

    def call(self, call_id, name, arguments, output="done", status="ok", **rest):
        """A call and its answer."""
        self.emit(ToolCallStarted(turn=self._numbers, call_id=call_id, name=name, arguments=arguments))
        if status != "running":
            self.answer(call_id, name, output, status)

    def answer(self, call_id, name, output="done", status="ok"):
        self.emit(
            ToolCallEnded(turn=self._numbers, call_id=call_id, name=name, status=status, output=output, duration_ms=3.4)
        )

    def write(self, call_id, name, *deltas):
        for delta in deltas:
            self.emit(ToolArguments(turn=self._numbers, call_id=call_id, name=name, delta=delta))

    def ask(self, part):
        self.emit(RequestStarted(turn=self._numbers, part=part))

    def route(self, outcome):
        self.intent_router.begin_turn("words", turn=self._numbers)
        self.emit(self.intent_router.route({"outcome": outcome}))


@pytest.fixture
def bot():
    return Café()


@pytest.fixture
def panel(bot):
    made = ToolCalls(bot, title="Coffee")
    yield made
    bot.gate.set()
    made.close()


@pytest.fixture
def page(panel):
    shown = Page(panel)
    shown.send("hello")
    shown.wait_for(lambda view: True)
    return shown


def entries(view, turn=-1):
    return view["turns"][turn]["entries"] if view["turns"] else []


def statuses(view):
    return [entry["status"] for one in view["turns"] for entry in one["entries"]]


# -- making one


def test_something_that_is_no_bot_is_refused():
    with pytest.raises(TypeError, match=r"need a bot, as load_bot makes it, got 'bot\.yml'"):
        ToolCalls("bot.yml")


def test_a_height_that_is_none_is_refused(bot):
    with pytest.raises(ValueError, match="height must be pixels"):
        ToolCalls(bot, height="tall")


def test_it_always_looks_the_same_in_words(bot, panel):
    bot.exchange("a tea", "one moment")

    assert repr(panel) == "ToolCalls('Coffee', turns=1)"


def test_it_is_public():
    import intentional_nb

    assert intentional_nb.ToolCalls is ToolCalls


def test_nothing_that_grows_is_a_trait(bot, page, panel):
    bot.begin("a tea")
    bot.call("1", "price", {"drink": "oolong"})
    page.wait_for(lambda view: statuses(view) == ["ok"])

    assert set(panel.options) == {"title", "height", "control"}
    assert "oolong" not in str({name: value for name, value in panel.get_state().items() if name != "_esm"})


# -- a call as it happens


def test_a_call_is_seen_from_its_first_character_to_its_result(bot, page):
    bot.begin("a tea")
    bot.ask(0)
    bot.write("1", "price", '{"drink"')
    view = page.wait_for(lambda view: statuses(view) == ["writing"])
    assert (entries(view)[0]["name"], entries(view)[0]["arguments"]) == ("price", '{"drink"')

    bot.write("1", "price", ': "tea"}')
    page.wait_for(lambda view: entries(view)[0]["arguments"] == '{"drink": "tea"}')
    bot.call("1", "price", {"drink": "tea"}, status="running")
    page.wait_for(lambda view: statuses(view) == ["running"])
    bot.answer("1", "price", "three")

    view = page.wait_for(lambda view: statuses(view) == ["ok"])
    assert (entries(view)[0]["output"], entries(view)[0]["ms"]) == ("three", 3)
    assert page.gaps == []


def test_calls_of_one_reply_have_the_same_part_and_the_next_request_another(bot, page):
    bot.begin("a tea")
    bot.ask(0)
    bot.call("1", "price", {"drink": "tea"}, status="running")
    bot.call("2", "pay", {"sum": 3}, "no change", "error")
    bot.answer("1", "price")
    bot.ask(1)
    bot.route("ordered")

    view = page.wait_for(lambda view: statuses(view) == ["ok", "error", "ok"])

    assert [(entry["k"], entry["part"]) for entry in entries(view)] == [("tool", 0), ("tool", 0), ("route", 1)]
    assert (entries(view)[2]["choice"], entries(view)[2]["options"]) == ("ordered", ["ordered"])


def test_a_routing_call_is_seen_while_it_is_written(bot, page):
    bot.begin("a tea")
    bot.write("r", ROUTER, '{"outcome": "or')
    view = page.wait_for(lambda view: statuses(view) == ["writing"])
    assert entries(view)[0]["routing"] is True

    bot.route("ordered")

    view = page.wait_for(lambda view: statuses(view) == ["ok"])
    assert (entries(view)[0]["source"], entries(view)[0]["target"]) == ("order", "pay")


def test_a_call_whose_reply_is_cut_is_told_as_never_made(bot, page):
    bot.begin("a tea")
    bot.write("1", "price", '{"dri')
    bot.end("cancelled")

    view = page.wait_for(lambda view: statuses(view) == ["dropped"])
    assert view["turns"][0]["status"] == "cancelled"


def test_what_came_before_the_panel_is_there(bot):
    bot.begin("a tea")
    bot.ask(0)
    bot.call("1", "price", {"drink": "tea"})
    bot.ask(1)
    bot.route("ordered")
    panel = ToolCalls(bot)
    page = Page(panel)
    page.send("hello")

    view = page.wait_for(lambda view: statuses(view) == ["ok", "ok"])
    assert view["turns"][0]["user"] == "a tea"

    bot.write("r", ROUTER, "{")  # a decision of before does not hide the call that is written now
    page.wait_for(lambda view: statuses(view) == ["ok", "ok", "writing"])
    panel.close()


def test_text_that_streams_costs_nothing_here(bot, page, panel):
    bot.begin("a tea")
    bot.call("1", "price", {})
    page.wait_for(lambda view: statuses(view) == ["ok"])
    before = len(page.data.messages())

    bot.speak(*["word "] * 500)
    bot.call("2", "price", {})
    page.wait_for(lambda view: statuses(view) == ["ok", "ok"])

    # The call, as it starts and as it ends; with it comes the moment of the first word.
    assert len(page.data.messages()) <= before + 2


# -- taking back, and other graphs


def test_turns_taken_back_are_gone(bot, page):
    for _ in range(2):
        bot.begin("a tea")
        bot.call("1", "price", {})
        bot.end()
    page.wait_for(lambda view: statuses(view) == ["ok", "ok"])

    bot.rewind(2)
    page.wait_for(lambda view: statuses(view) == ["ok"])
    bot.reset()
    assert page.wait_for(lambda view: view["turns"] == [])


def test_in_another_graph_only_what_it_has_can_be_run_again(bot, page):
    bot.begin("a tea")
    bot.call("1", "price", {"drink": "tea"})
    bot.end()
    page.wait_for(lambda view: entries(view) and entries(view)[0].get("again"))

    bot.intent_router.swap(GRAPH)
    bot.emit(GraphSwapped(changes=("fewer tools",), stage=bot.stage))

    assert page.wait_for(lambda view: not entries(view)[0].get("again"))


# -- run again


def ran(bot, page, name="price", arguments=None, **rest):
    """A call of a tool, and its id on the page."""
    bot.begin("a tea")
    bot.call("1", name, {"drink": "tea"} if arguments is None else arguments, "first", **rest)
    bot.end()
    return entries(page.wait_for(lambda view: len(entries(view)) == 1))[0]["id"]


def test_a_call_is_run_again_with_its_arguments_and_nobody_else_is_told(bot, page):
    call = ran(bot, page)
    told = []
    bot.subscribe(told.append)

    page.send("again", call=call, arguments={"drink": "poison"}, name="pay")

    view = page.wait_for(lambda view: [run["status"] for run in entries(view)[0].get("runs", ())] == ["ok"])
    assert entries(view)[0]["runs"][0]["output"] == "tea costs 1"
    assert (bot.runs, told) == (["tea"], [])
    assert bot.transcript[0].entries[0].output == "first"


def test_a_command_that_comes_twice_runs_once(bot, page):
    call = ran(bot, page)

    for _ in range(2):
        page.send("again", command="same", call=call)

    page.wait_for(lambda view: entries(view)[0].get("runs"))
    page.wait_for(lambda view: entries(view)[0]["runs"][0]["status"] == "ok")
    assert bot.runs == ["tea"]


@pytest.mark.parametrize(
    ("name", "arguments", "call"),
    [("pay", {"sum": 3}, None), ("price", {}, "9.9"), ("price", {}, "x"), ("gone", {}, None)],
    ids=["not allowed", "no such call", "no id", "no such tool"],
)
def test_what_may_not_be_run_again_is_refused_in_the_panel(bot, page, name, arguments, call):
    known = ran(bot, page, name, arguments)

    page.send("again", call=call or known)

    view = page.wait_for(lambda view: view["alerts"])
    assert "cannot be run again" in view["alerts"][0]["text"]
    assert bot.runs == []
    page.send("dismiss", alert=view["alerts"][0]["alert"])
    page.wait_for(lambda view: not view["alerts"])


def test_a_routing_call_is_never_run_again(bot, page):
    bot.begin("a tea")
    bot.route("ordered")
    bot.end()
    call = entries(page.wait_for(lambda view: statuses(view) == ["ok"]))[0]["id"]

    page.send("again", call=call)

    page.wait_for(lambda view: view["alerts"])
    assert bot.stage == "pay"


@pytest.mark.parametrize(
    ("name", "arguments", "status", "words"),
    [
        ("price", {"drink": 3}, "invalid", "do not fit"),
        ("price", {"_raw": "{"}, "invalid", "not valid JSON"),
        ("slow", {}, "timeout", "no answer within 0.05 seconds"),
    ],
)
def test_the_checks_and_limits_are_those_of_every_call(bot, page, name, arguments, status, words):
    call = ran(bot, page, name, arguments)

    page.send("again", call=call)

    view = page.wait_for(lambda view: [run["status"] for run in entries(view)[0].get("runs", ())] == [status])
    assert words in entries(view)[0]["runs"][0]["output"]


def test_a_closed_bot_runs_nothing(bot, page):
    call = ran(bot, page)
    bot.is_closed = True

    page.send("again", call=call)

    page.wait_for(lambda view: view["alerts"] and "closed" in view["alerts"][0]["text"])
    assert bot.runs == []


def test_while_a_call_runs_again_it_is_not_started_once_more(bot, page):
    call = ran(bot, page, "held", {})

    page.send("again", call=call)
    page.wait_for(lambda view: [run["status"] for run in entries(view)[0].get("runs", ())] == ["running"])
    page.send("again", call=call)
    bot.gate.set()

    view = page.wait_for(lambda view: [run["status"] for run in entries(view)[0].get("runs", ())] == ["ok"])
    assert entries(view)[0]["runs"][0]["output"] == "let go"


def test_runs_of_turns_taken_back_are_forgotten(bot, page):
    call = ran(bot, page)
    page.send("again", call=call)
    page.wait_for(lambda view: entries(view)[0].get("runs"))

    bot.reset()

    page.wait_for(lambda view: view["turns"] == [])
    assert page.panel._reruns.of(call) == ()


def test_of_many_runs_the_latest_are_kept(bot, monkeypatch):
    monkeypatch.setattr(tool_calls_again, "MOST_CALLS", 2)
    changed = threading.Event()
    reruns = Reruns(changed.set)
    [price, *_] = bot.tools

    for key in ["1.0"] * (MOST_RUNS + 2) + ["2.0", "3.0"]:
        reruns.start(key, price, {"drink": key})
        deadline = time.monotonic() + 20
        while reruns.is_running:
            assert time.monotonic() < deadline
            changed.wait(0.01)

    assert [len(reruns.of(key)) for key in ("1.0", "2.0", "3.0")] == [0, 1, 1]


def test_a_tool_says_itself_whether_it_may_be_run_again(bot):
    pay = bot.tools[-1]

    with pytest.raises(ToolError, match="can_rerun"):
        Reruns(lambda: None).start("1.0", pay, {"sum": 1})
    assert bot.runs == []


# -- how much is shown


def test_a_page_holds_the_latest_calls_and_asks_for_more(bot, page, monkeypatch):
    monkeypatch.setattr(tool_calls, "MOST_CALLS", SHOWN_CALLS * 2)
    count = SHOWN_CALLS * 2 + 5
    for number in range(count):
        bot.begin(f"tea {number}")
        bot.call("1", "price", {})
        bot.end()

    view = page.wait_for(lambda view: view["turns"] and view["turns"][-1]["n"] == count and len(statuses(view)) == 60)
    assert (view["hidden"], view["more"]) == (count - SHOWN_CALLS, True)
    page.send("earlier")
    view = page.wait_for(lambda view: len(view["turns"]) == SHOWN_CALLS * 2)
    assert (view["hidden"], view["more"]) == (5, False)


def test_an_unknown_command_is_told(page):
    page.send("explode")

    view = page.wait_for(lambda view: view["alerts"])
    assert "'explode'" in view["alerts"][0]["text"]


# -- what stays


def test_the_saved_copy_has_the_calls_and_is_made_anew_only_when_they_change(bot, panel):
    bot.begin("a tea")
    bot.call("1", "price", {"drink": "oolong"}, "three")
    bot.end()

    first = panel.freeze()
    bot.exchange("thanks", "bye")

    assert "oolong" in first.html
    assert "a tea" in first.html
    assert panel.freeze() is first
    assert first.text == "ToolCalls('Coffee', turns=1)"
    bot.begin("and?")
    bot.call("1", "price", {})
    assert panel.freeze() is not first


def test_the_times_of_a_turn_stand_with_its_calls(bot, page):
    bot.begin("a tea")
    bot.ask(0)
    bot.call("1", "price", {})
    bot.end()

    view = page.wait_for(lambda view: view["turns"] and view["turns"][0]["status"] == "completed")

    assert [bar["k"] for bar in view["turns"][0]["times"]["entries"]] == ["request", "tool"]
    assert view["turns"][0]["times"]["ms"] > 0
