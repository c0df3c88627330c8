"""The graph of a bot is changed while it talks: checked first, told, undone, and legal at every moment."""

import asyncio
import contextlib
import copy
import sys
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.bots import updating
from intentional_nb.bots.direct import DirectToLLMBotStructure
from intentional_nb.conversation.position import Position
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.errors import BotClosedError, ConfigError, GraphError, NothingToUndoError
from intentional_nb.events import GraphSwapped, Notice, PromptUpdated, RouteDecision, TurnEnded, TurnStarted
from intentional_nb.local.script import Step, calls, offers, prompted, returned, text
from intentional_nb.tools.function import tool
from intentional_nb.tools.tool import Tool
from tests.clients.conftest import CONVERSATION
from tests.clients.test_faults import one_stage
from tests.conversation.graphs import conversations


def route(outcome):
    return calls(("classify_response", {"outcome": outcome}))


def edited(**stages):
    """The café's conversation with other fields in some stages; None takes a stage away."""
    conversation = copy.deepcopy(CONVERSATION)
    for name, fields in stages.items():
        if fields is None:
            del conversation["stages"][name]
        else:
            conversation["stages"][name] = {**conversation["stages"].get(name, {}), **fields}
    return conversation


def renamed():
    """The café's conversation in which paying has another name."""
    conversation = copy.deepcopy(CONVERSATION)
    conversation["stages"]["till"] = conversation["stages"].pop("pay")
    conversation["stages"]["order"]["outcomes"]["chosen"]["move_to"] = "till"
    return conversation


def events_of(bot, kind):
    seen = []
    bot.subscribe(lambda event: seen.append(event) if isinstance(event, kind) else None)
    return seen


def held(bot):
    """All that an update may not change when it is refused."""
    return bot.graph, bot.position, bot.llm.system_prompt, list(bot.llm.tools), bot.intent_router.equipped.tools


# ---- updated


def test_the_next_request_uses_the_new_graph_and_the_place_is_kept(scripted):
    bot = scripted(route("chosen"), text("Cash?"), Step(text("In euros, please."), expect=prompted("Ask for euros.")))
    bot.say("a coffee")

    changes = bot.update(edited(pay={"goal": "Ask for euros."}))

    assert str(changes) == "~ stage 'pay', goal: 'Ask how to pay.' -> 'Ask for euros.'"
    assert (bot.stage, bot.trail) == ("pay", ())
    assert bot.say("what?").text == "In euros, please."


def test_a_yaml_text_a_file_and_a_graph_are_taken_alike(scripted, tmp_path):
    bot = scripted()
    outcome = "{x: {description: d, move_to: _end_}}"
    written = f"stages:\n  order:\n    goal: G\n    accessible_from: _start_\n    outcomes: {outcome}\n"
    file = tmp_path / "cafe.yml"
    file.write_text("bot:\n  llm: {client: local}\nconversation:\n  " + written.replace("\n", "\n  "), encoding="utf-8")

    bot.update(written)
    of_the_text = bot.graph
    bot.update(CONVERSATION)
    bot.update(str(file))
    of_the_file = bot.graph
    bot.update(of_the_text)

    assert of_the_text.by_name.keys() == of_the_file.by_name.keys() == bot.graph.by_name.keys()


async def test_it_can_be_awaited(scripted):
    bot = scripted()

    await bot.aupdate(edited(pay={"goal": "Ask for euros."}))
    changes = await bot.aundo()

    assert str(changes) == "~ stage 'pay', goal: 'Ask for euros.' -> 'Ask how to pay.'"


def test_everybody_is_told_after_it_has_happened(scripted):
    bot = scripted()
    order = []
    bot.subscribe(lambda event: order.append((event.type, bot.graph.by_name["order"].goal)))

    bot.update(edited(order={"goal": "Sell tea."}))

    assert order == [("graph_swapped", "Sell tea."), ("prompt_updated", "Sell tea.")]


def test_what_changes_nothing_is_told_to_nobody_and_cannot_be_undone(scripted):
    bot = scripted()
    told = events_of(bot, GraphSwapped)

    assert not bot.update(copy.deepcopy(CONVERSATION))

    assert told == []
    with pytest.raises(NothingToUndoError, match="nothing to undo"):
        bot.undo()


def test_the_result_shows_itself_as_its_lines(scripted):
    from IPython.lib.pretty import pretty

    changes = scripted().update(edited(pay={"goal": "Ask for euros."}))

    assert pretty(changes) == str(changes)


def test_new_tools_come_with_the_graph_and_go_with_it(scripted):
    @tool
    def brew() -> str:
        """Brew."""
        return "brewed"

    bot = scripted(
        Step(calls(("brew", {})), expect=offers("brew")), Step(text("Here you are."), expect=returned("brewed"))
    )

    bot.update(edited(order={"tools": ["brew"]}), tools=[brew])
    bot.say("a coffee")
    bot.undo()

    assert "brew" not in bot.llm.tools


def test_tools_remember_what_they_did_unless_their_class_or_options_are_new(scripted, monkeypatch):
    monkeypatch.setattr(Tool, "registered", dict(Tool.registered))

    def define():
        class Counter(Tool):
            id = name = "counter"
            description = "Count."

            def __init__(self, step=1):
                self.step = step

            async def run(self, params):
                return str(self.step)

        return Counter

    def counter():
        return bot.intent_router.current_tools()["counter"]

    first = define()
    bot = scripted(conversation=edited(order={"tools": ["counter"]}))
    kept = counter()

    bot.update(edited(order={"goal": "Sell tea.", "tools": ["counter"]}))
    assert counter() is kept
    bot.update(edited(order={"tools": [{"id": "counter", "step": 2}]}))
    assert (counter().step, type(counter())) == (2, first)
    bot.undo()
    assert counter() is kept
    second = define()
    bot.update(edited(order={"goal": "Sell milk.", "tools": ["counter"]}))
    assert type(counter()) is second


def test_a_tool_that_was_defined_anew_is_a_change_too(scripted):
    def define(answer):
        @tool
        def brew() -> str:
            """Brew."""
            return answer

        return brew

    first, second = define("tea"), define("coffee")
    with_tool = edited(order={"tools": ["brew"]})
    bot = scripted(conversation=with_tool, tools=(first,))
    told = events_of(bot, GraphSwapped)

    assert not bot.update(with_tool, tools=[first])
    changes = bot.update(with_tool, tools=[second])

    assert str(changes) == "~ stage 'order', tool 'brew' is another one"
    assert [event.changes for event in told] == [(str(changes),)]
    assert bot.intent_router.current_tools()["brew"] is second
    assert first not in bot.intent_router.equipped.extra, "what nobody can find any more is not kept"
    bot.undo()
    assert bot.intent_router.current_tools()["brew"] is first


def test_after_a_reset_an_update_can_be_undone_too(scripted):
    bot = scripted()
    graph = bot.graph
    bot.update(edited(order={"goal": "Sell tea."}))

    bot.reset()
    bot.undo()

    assert (bot.graph, bot.stage) == (graph, "order")


def test_what_the_file_says_about_the_bot_is_told_not_to_be_taken(scripted, capsys):
    bot = scripted()
    bot.note_file({"llm": {"name": "one", "api_key": "sk-of-somebody"}})
    told = events_of(bot, Notice)
    other = {"conversation": CONVERSATION, "bot": {"llm": {"name": "two", "api_key": "sk-of-another"}}}

    bot.update(other)
    bot.update({**other, "conversation": edited(pay={"goal": "Ask for euros."})})

    [notice] = told
    assert "bot.llm.name, bot.llm.api_key" in notice.text
    assert "sk-of" not in notice.text
    assert capsys.readouterr().out == f"{notice.text}\n"


# ---- refused


REFUSED = {
    "no YAML": ("stages:\n  a: [\n", "line 3|not valid YAML"),
    "no goal": (edited(order={"goal": ""}), "goal"),
    "a tool that is not there": (edited(order={"tools": ["fly"]}), "unknown tool 'fly'"),
    "the stage is gone": (edited(order=None, chat={"accessible_from": "_start_"}), "stands in stage 'order'"),
    "no such file": ("nowhere.yml", "cannot read 'nowhere.yml'"),
}


@pytest.mark.parametrize(("source", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_used_changes_nothing_and_says_why(scripted, source, why):
    bot = scripted()
    before, told = held(bot), events_of(bot, GraphSwapped)

    with pytest.raises(GraphError, match=why):
        bot.update(source)

    assert (held(bot), told) == (before, [])
    with pytest.raises(NothingToUndoError):
        bot.undo()


def test_a_closed_bot_says_so(scripted):
    bot = scripted()
    bot.close()

    with pytest.raises(BotClosedError):
        bot.update(CONVERSATION)
    with pytest.raises(BotClosedError):
        bot.undo()


def test_a_bot_that_is_closed_while_the_graph_is_read_says_so(scripted, monkeypatch):
    bot = scripted()
    before, told = bot.graph, events_of(bot, GraphSwapped)
    read = updating.read_config

    def read_slowly(source):
        bot.close()
        return read(source)

    monkeypatch.setattr(updating, "read_config", read_slowly)

    with pytest.raises(BotClosedError):
        bot.update(edited(order={"goal": "Sell tea."}))
    assert (bot.graph, told) == (before, [])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("raise RuntimeError('no licence')", "'broken_plugin_here' cannot be imported: RuntimeError: no licence"),
        ("", ""),
    ],
)
def test_a_plugin_that_fails_is_named(scripted, tmp_path, monkeypatch, text, why):
    (tmp_path / "broken_plugin_here.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "broken_plugin_here", raising=False)
    bot = scripted()
    source = {"plugins": ["broken_plugin_here"], "conversation": edited(order={"goal": "Sell tea."})}

    with pytest.raises(ConfigError, match=why) if why else contextlib.nullcontext():
        bot.update(source)
    assert (bot.graph.by_name["order"].goal == "Sell tea.") == (not why)


# ---- during a turn


def during_a_turn(scripted, source, *steps, stages=None):
    """A bot that is updated by a tool which the model calls beside the router, in the same reply."""
    bots = []

    @tool
    async def change() -> str:
        """Change the conversation."""
        await bots[0].aupdate(source, stages=stages)
        return "changed"

    asked = calls(("change", {}), ("classify_response", {"outcome": "chosen"}))
    bot = scripted(asked, *steps, conversation=edited(order={"tools": ["change"]}), tools=(change,))
    bots.append(bot)
    return bot, events_of(bot, RouteDecision)


def test_a_choice_made_before_the_change_counts_where_it_leads_to_the_same(scripted):
    source = edited(order={"goal": "Sell tea."}, pay={"goal": "Ask for euros."})
    bot, routed = during_a_turn(scripted, source, Step(text("Euros?"), expect=prompted("Ask for euros.")))

    turn = bot.say("a coffee")

    assert [(decision.kind, decision.target) for decision in routed] == [("outcome", "pay")]
    assert (turn.text, bot.stage) == ("Euros?", "pay")


def test_a_choice_made_before_the_change_counts_when_its_stage_has_another_name_now(scripted):
    bot, routed = during_a_turn(scripted, renamed(), text("Cash?"))

    bot.say("a coffee")

    assert [(decision.kind, decision.target) for decision in routed] == [("outcome", "till")]
    assert bot.stage == "till"


def test_a_choice_that_leads_elsewhere_now_is_refused_and_the_model_chooses_anew(scripted):
    outcomes = {"chosen": {"description": "the user goes", "move_to": "_end_"}}
    source = edited(order={"goal": "Sell tea.", "outcomes": outcomes})
    again = Step(text("Tea?"), expect=[prompted("Sell tea."), returned("was changed meanwhile")])
    bot, routed = during_a_turn(scripted, source, again)

    turn = bot.say("a coffee")

    assert [(decision.kind, decision.choice, decision.target) for decision in routed] == [
        ("refused", "chosen", "order")
    ]
    assert (turn.text, bot.stage) == ("Tea?", "order")


def test_a_choice_of_a_stage_that_was_replaced_is_refused_with_what_is_legal_now(scripted):
    source = edited(
        order=None, chat={"accessible_from": "_start_"}, pay={"accessible_from": "_all_", "description": "p"}
    )
    again = Step(text("Sunny."), expect=[prompted("Talk about the weather."), returned("is not one of them")])
    bot, routed = during_a_turn(scripted, source, again, stages={"order": "chat"})

    bot.say("a coffee")

    [decision] = routed
    assert (decision.kind, decision.source, decision.options) == ("refused", "chat", ("pay",))
    assert bot.stage == "chat"


def test_the_request_after_a_tool_has_the_prompt_and_the_tools_of_the_new_graph(scripted):
    bots = []

    @tool
    async def change() -> str:
        """Change the conversation."""
        await bots[0].aupdate({**one_stage(), "background": "You sell tea."})
        return "changed"

    new = Step(text("Tea?"), expect=[prompted("You sell tea."), returned("changed")])
    bot = scripted(calls(("change", {})), new, tools=(change,), conversation=one_stage("change"))
    bots.append(bot)
    told = events_of(bot, PromptUpdated)

    assert bot.say("a coffee").text == "Tea?"
    assert "change" not in bot.llm.tools
    assert "You sell tea." in told[-1].prompt


# ---- undone, and going back


def test_updates_are_undone_one_by_one(scripted):
    bot = scripted()
    graphs = [bot.graph]
    for goal in ("One.", "Two.", "Three."):
        bot.update(edited(pay={"goal": goal}))
        graphs.append(bot.graph)
    told = events_of(bot, GraphSwapped)

    for graph in reversed(graphs[:-1]):
        bot.undo()
        assert bot.graph is graph

    assert [event.changes for event in told][-1] == ("~ stage 'pay', goal: 'One.' -> 'Ask how to pay.'",)
    with pytest.raises(NothingToUndoError):
        bot.undo()


def test_undoing_leads_back_out_of_a_stage_that_took_the_place_of_another(scripted):
    bot = scripted()
    counter = {"goal": "Serve.", "accessible_from": "_start_", "outcomes": CONVERSATION["stages"]["order"]["outcomes"]}
    bot.update(edited(order=None, counter=counter, pay={"goal": "Be paid."}), stages={"order": "counter"})
    assert bot.stage == "counter"

    bot.undo()

    assert bot.stage == "order"


def test_undoing_leads_back_to_where_two_stages_became_one_unless_the_conversation_has_moved(scripted):
    bot = scripted(route("chat"), text("Sunny."), route("chosen"), text("Cash?"))
    bot.say("how is the weather?")
    bot.update(edited(chat=None), stages={"chat": "order"})
    assert (bot.stage, bot.trail) == ("order", ("order",))

    bot.undo()
    assert (bot.stage, bot.trail) == ("chat", ("order",))
    bot.update(edited(chat=None), stages={"chat": "order"})
    bot.say("a coffee")
    bot.undo()

    assert (bot.stage, bot.trail) == ("pay", ("order",))


def test_an_undo_that_would_lose_the_place_is_refused_until_a_place_is_given(scripted):
    bot = scripted(route("tip"), text("Thanks!"))
    tip = {"goal": "Thank them.", "description": "they tip", "accessible_from": "_all_"}
    bot.update(edited(tip={**tip, "outcomes": {"done": {"description": "done", "move_to": "_backtrack_"}}}))
    bot.say("keep the change")
    before = held(bot)

    with pytest.raises(GraphError, match=r"stands in stage 'tip', which is gone.*stages=\{'tip': NAME\}"):
        bot.undo()
    assert held(bot) == before
    bot.undo(stages={"tip": "chat"})

    assert bot.position == Position("chat", ("order",))


def test_a_turn_before_an_update_can_be_taken_back_also_when_its_stage_has_another_name(scripted):
    bot = scripted(route("chosen"), text("Cash?"), text("Yes."), text("Really."))
    bot.say("a coffee")
    bot.say("hm")
    bot.update(renamed())
    bot.say("well")
    assert bot.stage == "till"

    bot.rewind(2)
    assert (bot.stage, len(bot.transcript)) == ("till", 1)
    bot.rewind(1)
    assert bot.stage == "order"


def test_going_back_to_a_stage_that_is_gone_is_refused_until_a_place_is_given(scripted):
    bot = scripted(text("Hm."), route("chosen"), text("Cash?"))
    bot.say("hello")
    bot.say("a coffee")
    bot.update(edited(order=None, chat={"accessible_from": "_start_"}))
    history = list(bot.llm.history.messages)

    with pytest.raises(GraphError, match="stands in stage 'order', which is gone"):
        bot.rewind(2)
    assert (bot.stage, len(bot.transcript), bot.llm.history.messages) == ("pay", 2, history)
    bot.rewind(2, stages={"order": "chat"})

    assert (bot.stage, len(bot.transcript)) == ("chat", 1)


def test_going_back_follows_the_places_that_an_update_was_given(scripted):
    bot = scripted(text("Hm."), text("Sunny."))
    bot.say("hello")
    bot.update(edited(order=None, chat={"accessible_from": "_start_"}), stages={"order": "chat"})
    bot.update(edited(order=None, chat={"accessible_from": "_start_", "goal": "Talk about football."}))
    bot.say("hello")

    bot.rewind(1)

    assert bot.stage == "chat"


FOOTBALL = edited(order=None, chat={"accessible_from": "_start_"})


def test_going_back_follows_the_places_also_when_an_update_between_changed_nothing(scripted):
    bot = scripted(text("Hm."))
    bot.say("hello")
    bot.update(copy.deepcopy(CONVERSATION))
    bot.update(FOOTBALL, stages={"order": "chat"})

    bot.rewind(1)

    assert bot.stage == "chat"


def test_a_turn_in_a_graph_that_was_undone_can_be_taken_back(scripted):
    bot = scripted(text("Sunny."))
    tea = edited(order=None, tea={**CONVERSATION["stages"]["order"], "goal": "Sell tea."})
    bot.update(tea, stages={"order": "tea"})
    bot.say("hello")
    bot.undo()

    bot.rewind(1)

    assert (bot.stage, len(bot.transcript)) == ("order", 0)


def test_back_in_the_graph_of_then_every_stage_of_then_is_there(scripted):
    bot = scripted(route("chat"), text("Sunny."), text("Yes?"))
    bot.say("how is the weather?")
    bot.say("hello")
    bot.update(edited(chat=None), stages={"chat": "order"})
    bot.update(copy.deepcopy(CONVERSATION))

    bot.rewind(2)

    assert (bot.stage, bot.trail) == ("chat", ("order",))


# ---- any edit at all

lists_of_choices = st.lists(st.integers(0, 5), max_size=5)


def offline(conversation):
    """A bot that no model stands behind."""
    config = {"llm": {"name": "nobody", "base_url": "http://localhost:9/v1"}}
    return DirectToLLMBotStructure(config, IntentRouter(conversation), api_key="none")


def walk(bot, choices):
    """Turns as a model would take them, each with one legal move."""
    for choice in choices:
        bot.llm.turn += 1
        number, stage = bot.llm.turn, bot.stage
        bot.emit(TurnStarted(turn=number, user_text="…", stage=stage))
        bot.llm.history.add_user(f"message {number}")
        bot.intent_router.begin_turn("…", turn=number)
        legal = bot.intent_router.options()
        if legal:
            bot.emit(bot.intent_router.route({"outcome": legal[choice % len(legal)].name}))
        bot.llm.history.add_reply(f"reply {number}")
        bot.emit(TurnEnded(turn=number, status="completed", stage=bot.stage, duration_ms=0.0))


def assert_legal(bot):
    """The position is in the graph, and what the model is told is of that position."""
    assert {bot.stage, *bot.trail} <= set(bot.graph.by_name)
    router = bot.intent_router
    legal = [option.name for option in router.options()]
    assert ("classify_response" in bot.llm.tools) == bool(legal)
    if legal:
        assert router.parameters_schema()["properties"]["outcome"]["enum"] == legal
    assert bot.llm.system_prompt == router.get_prompt()
    assert bot.intent_router.current_tools().keys() == bot.llm.tools.keys()


async def tried(bot, action):
    """Whether a change was taken; when it was refused, nothing has changed."""
    await bot.llm.update_system_prompt()
    before = held(bot), list(bot.llm.history.messages), bot.transcript.turns
    try:
        await action()
    except GraphError:
        assert (held(bot), bot.llm.history.messages, bot.transcript.turns) == before
        return False
    assert_legal(bot)
    return True


@settings(deadline=None)
@given(conversations(), conversations(), lists_of_choices, lists_of_choices)
def test_any_edit_is_refused_and_nothing_changed_or_legal_and_undone(before, after, choices, more):
    bot = offline(before)

    async def run():
        walk(bot, choices)
        graph, position = bot.graph, bot.position
        was_taken = await tried(bot, lambda: bot._update(after, None, None))
        if was_taken and bot.graph is not graph and bot._updates._steps:
            assert await tried(bot, lambda: bot._undo(None))
            assert (bot.graph, bot.position) == (graph, position)
            assert await tried(bot, lambda: bot._update(after, None, None))
        walk(bot, more)
        if bot._updates._steps:
            await tried(bot, lambda: bot._undo(None))

    asyncio.run(run())


@settings(deadline=None, max_examples=40)
@given(st.data(), st.lists(conversations(most=4), min_size=2, max_size=3), lists_of_choices)
def test_undoing_restores_all_that_was_held_wherever_the_updates_led(data, graphs, choices):
    first, *others = graphs
    bot = offline(first)

    async def run():
        walk(bot, choices)
        bot.intent_router.begin_turn("", turn=len(choices) + 1)  # as a session expects the user's next word
        await bot.llm.update_system_prompt()
        before = [held(bot)]
        for after in others:
            places = st.sampled_from([*after["stages"], None])
            gone = [stage.name for stage in bot.graph.stages if stage.name not in after["stages"]]
            stages = data.draw(st.fixed_dictionaries({name: places for name in gone}))
            await tried(bot, partial(bot._update, after, None, stages))
            if len(bot._updates._steps) == len(before):
                before.append(held(bot))

        while bot._updates._steps:
            before.pop()
            await bot._undo(None)
            assert held(bot) == before[-1]

    asyncio.run(run())


@settings(deadline=None)
@given(conversations(), conversations(), lists_of_choices, lists_of_choices, st.integers(1, 10))
def test_after_any_edit_a_turn_is_taken_back_legally_or_nothing_is(before, after, choices, more, turn):
    bot = offline(before)

    async def run():
        walk(bot, choices)
        await tried(bot, lambda: bot._update(after, None, None))
        walk(bot, more)
        if turn <= len(choices) + len(more) and await tried(bot, lambda: bot._rewind(turn, None)):
            assert [kept.number for kept in bot.transcript] == list(range(1, turn))
            assert len(bot.llm.history.messages) == 2 * (turn - 1)

    asyncio.run(run())
