"""A second bot with the same past: it goes its own way, and the first one stays as it was."""

import asyncio
import copy
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.bots.direct import DirectToLLMBotStructure
from intentional_nb.bots.voice import VoiceBotStructure
from intentional_nb.clients.history import assistant_message, tool_message, user_message
from intentional_nb.clients.memory import Chapter, as_items, as_messages, until
from intentional_nb.clients.reseeding import call_items, reply_item, user_item
from intentional_nb.conversation.position import Position
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.errors import BotClosedError, GraphError
from intentional_nb.events import ConversationEnded, ReplyText, TurnEnded, TurnStarted
from intentional_nb.local.realtime.script import VoiceStep, say
from intentional_nb.local.script import Script, Step, calls, prompted, says, text
from intentional_nb.local.server import LocalServer
from intentional_nb.tools.function import tool
from intentional_nb.tools.tool import Tool
from intentional_nb.wire.calls import ToolCall
from tests.bots.test_update import edited, events_of, offline, renamed, route
from tests.bots.test_voice import HUM, heard
from tests.bots.test_voice import route as spoken_route
from tests.clients.conftest import CONVERSATION
from tests.clients.test_faults import one_stage
from tests.conversation.graphs import conversations


def state(bot):
    """All that a bot has behind it."""
    return {
        "place": bot.position,
        "graph": bot.graph.by_name,
        "history": copy.deepcopy(bot.llm.history.messages),
        "transcript": bot.transcript.turns,
        "told next": bot.intent_router.preview(bot.stage)[0],
        "times": [times.turn for times in bot.stopwatch],
        "moments": {turn: (moment.position, moment.is_open) for turn, moment in bot._moments.items()},
    }


@pytest.fixture
def bot(scripted):
    """Two turns lie behind it, and whatever comes next is answered."""
    made = scripted(
        *[text("Hm."), route("chosen"), text("Cash?"), text("One."), text("Two.")],
    )
    made.say("hello")
    made.say("a coffee")
    return made


def test_it_goes_on_from_everything_that_was_said(bot):
    before = state(bot)

    with bot.fork() as other:
        assert state(other) == before
        assert (type(other), other.is_closed, other.llm is bot.llm) == (type(bot), False, False)
        other.say("in cash")

    assert [turn.text for turn in other.transcript] == ["Hm.", "Cash?", "One."]
    assert state(bot) == before
    assert bot.say("by card").text == "Two."


def test_it_begins_before_a_turn_and_gives_another_answer(bot):
    before = state(bot)

    with bot.fork(2) as other:
        assert (other.stage, other.trail, [turn.number for turn in other.transcript]) == ("order", (), [1])
        assert [message["content"] for message in other.llm.history.messages] == ["hello", "Hm."]
        turn = other.say("a tea")

    assert (turn.number, turn.text) == (2, "One.")
    assert state(bot) == before
    assert bot.say("by card").text == "Two."


def test_its_own_turns_are_timed_from_their_first_word_on(scripted):
    bot = scripted(text("Welcome!"), text("Hello!"), conversation=one_stage())
    bot.say("hi")

    with bot.fork(1) as other:
        other.say("hello")

        assert [turn.bot for turn in other.turns] == ["Hello!"]
        assert other.turns[0].first_word_ms is not None
    assert [turn.bot for turn in bot.turns] == ["Welcome!"]


def test_each_has_its_own_events(bot):
    mine, its = events_of(bot, ReplyText), []

    with bot.fork() as other:
        other.subscribe(lambda event: its.append(event) if isinstance(event, ReplyText) else None)
        other.say("in cash")
        bot.say("by card")

    assert ([event.delta for event in its], [event.delta for event in mine]) == (["One."], ["Two."])


async def test_it_can_be_awaited(bot):
    other = await bot.afork(1)

    assert (other.stage, len(other.transcript)) == ("order", 0)
    assert (await other.send_text("hello")).text == "One."
    assert (await bot.send_text("hello")).text == "Two."
    await other.aclose()


def test_its_own_past_can_be_taken_back_and_forked_again(bot):
    with bot.fork() as other, other.fork(2) as third:
        other.rewind(1)
        third.say("a tea")
        third.rewind(2)

        assert (len(other.transcript), other.stage, len(third.transcript)) == (0, "order", 1)
        assert other.say("well").text == "Two."


def test_a_turn_that_is_running_does_not_count(scripted):
    bot = scripted(text("Hm."), text("one two three four", pace_ms=300), text("Yes?"))
    bot.say("hello")
    spoken = threading.Event()
    bot.subscribe(lambda event: spoken.set() if event.type == "reply_text" else None)
    running = bot.submit("count")
    assert spoken.wait(20)

    with bot.fork() as other:
        assert [turn.number for turn in other.transcript] == [1]
        assert [message["content"] for message in other.llm.history.messages] == ["hello", "Hm."]
        assert other.say("and?").text == "Yes?"

    assert running.result(20).text == "one two three four"


def test_it_may_have_another_graph(scripted):
    bot = scripted(text("Hm."), Step(text("Tea?"), expect=prompted("Sell tea.")), text("A coffee, then."))
    bot.say("hello")

    with bot.fork(graph=edited(order={"goal": "Sell tea."})) as other:
        assert other.say("well?").text == "Tea?"

    assert bot.say("well?").text == "A coffee, then."
    assert bot.graph.by_name["order"].goal == "Find out what to drink."


def test_another_graph_without_the_stage_is_refused_until_a_place_is_given(bot):
    graph = edited(pay=None, order={"outcomes": {"chosen": {"description": "d", "move_to": "_end_"}}})

    with pytest.raises(GraphError, match="stands in stage 'pay', which is gone"):
        bot.fork(graph=graph)
    with bot.fork(graph=graph, stages={"pay": "order"}) as other:
        assert other.stage == "order"
        assert other.say("well?").text == "One."
    with bot.fork(graph=renamed()) as other:
        assert other.stage == "till"
    bot.say("well?")


def test_it_may_have_another_model_of_the_same_server(scripted):
    bot = scripted(text("Hm."), text("Hello."), temperature=0.5)
    bot.say("hello")

    with bot.fork(1, model="another", temperature=0.0) as other:
        other.say("hello")

    assert (other.llm.model_name, bot.llm.model_name) == ("another", "local-chat")
    assert other.config["llm"]["temperature"] == 0.0


def test_the_key_is_given_to_a_model_at_the_same_address_only(scripted):
    bot = scripted()
    key = bot.llm._settings.api_key

    with bot.fork(model="another") as same, bot.fork(base_url="https://elsewhere.example/v1") as other:
        assert (same.llm._settings.api_key, other.llm._settings.api_key == key) == (key, False)


def test_tools_that_were_handed_over_come_along(scripted):
    @tool
    def double(x: int) -> int:
        """Double a number."""
        return 2 * x

    call = calls(("double", {"x": 2}))
    bot = scripted(call, text("Four."), call, text("Four again."), tools=(double,), conversation=one_stage("double"))
    bot.say("double two")

    with bot.fork() as other:
        assert other.say("again").text == "Four again."

    assert [message["role"] for message in other.llm.history.messages] == ["user", "assistant", "tool", "assistant"] * 2


def test_a_tool_that_changes_its_options_changes_neither_the_graph_nor_the_fork(scripted, monkeypatch):
    monkeypatch.setattr(Tool, "registered", dict(Tool.registered))

    class Shelf(Tool):
        id = name = "shelf"
        description = "What is there."

        def __init__(self, cups, where):
            self.cups, self.where = cups, where

        async def run(self, params):
            return ", ".join(self.cups)

    def shelf(of):
        return of.intent_router.current_tools()["shelf"]

    use = {"id": "shelf", "cups": ["blue"], "where": {"rows": [1]}}
    bot = scripted(conversation=edited(order={"tools": [use]}))
    shelf(bot).cups.append("red")
    shelf(bot).where["rows"].append(2)

    with bot.fork() as other:
        assert (shelf(other).cups, shelf(other).where) == (["blue"], {"rows": [1]})
    assert dict(bot.graph.by_name["order"].tools[0].options) == {"cups": ["blue"], "where": {"rows": [1]}}


def test_a_conversation_that_was_over_can_be_taken_up_again(scripted):
    ending = [route("nothing"), calls(("end_conversation", {}), text="Bye!")]
    bot = scripted(text("Hm."), *ending, text("Sure."), text("Yes?"), text("Good."))
    bot.say("hello")
    bot.say("nothing")
    bot.say("well, a coffee")

    with bot.fork(2) as second, bot.fork() as other:
        second.say("a tea")
        other.rewind(2)
        other.say("a tea")

        for one in (second, other):
            assert [message["content"] for message in one.llm.history.messages][:3] == ["hello", "Hm.", "a tea"]


def test_what_cannot_be_forked_says_why(bot):
    for turn in (7, "7"):
        with pytest.raises(KeyError, match=f"no turn {turn!r}"):
            bot.fork(turn)
    bot.say("one")
    bot.say("two")
    bot.close()
    with pytest.raises(BotClosedError):
        bot.fork()


# ---- spoken


def test_a_spoken_past_is_told_to_the_new_session_in_writing(speaking):
    answer = VoiceStep(say("Two euros."), expect=[says("in cash"), prompted("Ask how to pay.")])
    bot = speaking(heard("A coffee.", spoken_route("chosen")), say("Cash or card?"), answer, say("Thank you."))
    bot.speak(HUM)

    with bot.fork() as other:
        assert isinstance(other, VoiceBotStructure)
        assert (other.stage, other.state, other.llm.turn) == ("pay", "idle", 1)
        assert [turn.text for turn in other.transcript] == ["Cash or card?"]
        assert other.say("in cash").text == "Two euros."
        known = [(item["role"], item["text"]) for item in other.llm.conversation]
        assert known[:2] == [("user", "A coffee."), ("assistant", "Cash or card?")]
        assert other.audio(1).duration_ms == 0

    assert bot.say("here").text == "Thank you."
    assert [turn.text for turn in bot.transcript] == ["Cash or card?", "Thank you."]


def test_a_fork_of_a_spoken_past_begins_before_a_turn_and_can_be_taken_back(speaking):
    bot = speaking(say("Hi."), say("One."), say("Two."), VoiceStep(say("Three."), expect=says("c")))
    bot.say("a")
    bot.say("b")

    with bot.fork(2) as other:
        assert other.say("c").text == "Two."
        heard_of = [(item["role"], item["text"]) for item in other.llm.conversation]
        assert heard_of == [("user", "a"), ("assistant", "Hi."), ("user", "c"), ("assistant", "Two.")]
        other.rewind(1)
        assert other.say("c").text == "Three."
        assert next((item["role"], item["text"]) for item in other.llm.conversation) == ("user", "c")


def test_a_spoken_past_goes_on_in_writing_and_back(speaking, monkeypatch):
    monkeypatch.setenv("THEIR_KEY", "a-key-of-theirs")
    bot = speaking(heard("A coffee.", spoken_route("chosen")), say("Cash or card?"), say("Two euros."))
    bot.speak(HUM)
    elsewhere = LocalServer(Script(text("In euros?")), api_key="a-key-of-theirs")

    with elsewhere as server:
        model = {"client": "openai", "model": "local-chat", "base_url": server.base_url, "api_key_name": "THEIR_KEY"}
        with bot.fork(modality="text_messages", **model) as written:
            assert isinstance(written, DirectToLLMBotStructure)
            assert written.say("in cash").text == "In euros?"
            history = written.llm.history.messages
            assert [message["content"] for message in history] == ["A coffee.", "Cash or card?", "in cash", "In euros?"]
            monkeypatch.setenv("OUR_KEY", bot.llm._settings.api_key)
            model = {"client": "openai_realtime", "model": "local-realtime", "base_url": bot.config["llm"]["base_url"]}
            with written.fork(modality="audio_stream", api_key_name="OUR_KEY", **model) as spoken:
                assert spoken.say("how much?").text == "Two euros."
                assert [item["text"] for item in spoken.llm.conversation][:3] == [
                    "A coffee.",
                    "Cash or card?",
                    "in cash",
                ]


# ---- any past at all

steps = st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["says", "says", "silent", "ends", "calls"])), max_size=7)


def live(bot, taken):
    """Turns as a model would take them."""
    for choice, kind in taken:
        bot.llm.turn += 1
        number = bot.llm.turn
        bot.emit(TurnStarted(turn=number, user_text="…", stage=bot.stage))
        bot.llm.history.add_user(f"message {number}")
        bot.intent_router.begin_turn("…", turn=number)
        legal = bot.intent_router.options()
        if legal and kind != "ends":
            bot.emit(bot.intent_router.route({"outcome": legal[choice % len(legal)].name}))
        if kind == "calls":
            bot.llm.history.add_calls("Let me see.", [ToolCall(f"call_{number}", "t", "{}")], {f"call_{number}": "42"})
        if kind != "silent":
            bot.llm.history.add_reply(f"reply {number}")
        if kind == "ends":
            bot.intent_router._end()
            bot.llm.history.clear()
            bot.emit(ConversationEnded(turn=number))
        bot.emit(TurnEnded(turn=number, status="completed", stage=bot.stage, duration_ms=0.0))


@settings(deadline=None, max_examples=50)
@given(conversations(), steps, st.data())
def test_a_fork_is_what_the_bot_would_be_if_the_turn_were_taken_back(conversation, taken, data):
    bot = offline(conversation)

    async def run():
        live(bot, taken)
        await bot.llm.update_system_prompt()
        before = state(bot)
        turn = data.draw(st.none() | st.integers(1, len(taken))) if taken else None
        other = await forked(bot, turn)
        assert state(bot) == before
        further = data.draw(st.integers(1, turn - 1 if turn else len(taken))) if (turn or len(taken) + 1) > 1 else None
        if turn is not None:
            await bot._rewind(turn, None)
        assert state(other) == state(bot)
        if further is not None:
            third = await forked(other, further)
            await other._rewind(further, None)
            await bot._rewind(further, None)
            assert state(other) == state(bot) == state(third)

    asyncio.run(run())


async def forked(bot, turn):
    from intentional_nb.bots.changing import Fork

    other, notices = await bot._fork(Fork(turn, None, (), None, {}, None))
    assert notices == []
    return other


@settings(deadline=None, max_examples=50)
@given(conversations(), steps, steps)
def test_what_a_fork_does_leaves_the_bot_alone_and_the_other_way_round(conversation, taken, more):
    bot = offline(conversation)

    async def run():
        live(bot, taken)
        await bot.llm.update_system_prompt()
        other = await forked(bot, None)
        before = state(bot)
        live(other, more)
        assert state(bot) == before
        after = state(other)
        live(bot, more)
        assert state(other) == after

    asyncio.run(run())


async def live_spoken(bot, taken):
    """Spoken turns as a session would bring them."""
    turns, dialogue = bot.llm._conductor.turns, bot.llm._conductor.dialogue
    for _, kind in taken:
        turn = turns.begin("…")
        number = turn.number
        items = [user_item(f"message {number}")]
        if kind == "calls":
            items += call_items(ToolCall(f"call_{number}", "t", "{}"), "42")
        if kind != "silent":
            items.append(reply_item(f"reply {number}"))
        for item in items:
            dialogue.past.note(dialogue.add(item), number)
        if kind == "ends":
            turns._end_conversation(turn)
        turns._end(turn, "completed")
        await asyncio.sleep(0)


def known(bot):
    """What the model knows, with its turns, and the turns that can be taken back."""
    fields = ("turn", "type", "role", "text", "name", "arguments", "output")
    items = [[item.get(field) for field in fields] for item in bot.llm.conversation]
    return items, [turn.number for turn in bot.transcript], sorted(bot._moments), bot._is_open, bot.position


@settings(deadline=None, max_examples=50)
@given(steps, st.data())
def test_a_spoken_fork_knows_what_the_bot_would_know_if_the_turn_were_taken_back(taken, data):
    config = {"llm": {"name": "nobody-realtime", "base_url": "http://localhost:9/v1"}}

    async def run():
        bot = VoiceBotStructure(config, IntentRouter(CONVERSATION), api_key="none")
        await live_spoken(bot, taken)
        before = known(bot)
        turn = data.draw(st.none() | st.integers(1, len(taken))) if taken else None
        other = await forked(bot, turn)
        assert known(bot) == before
        if turn is not None:
            await bot._rewind(turn, None)
        assert known(other) == known(bot)
        if turn is not None and turn > 1:
            further = data.draw(st.integers(1, turn - 1))
            await bot._rewind(further, None)
            await other._rewind(further, None)
            assert known(other) == known(bot)
        for one in (bot, other):
            await one._shut_down()

    asyncio.run(run())


# ---- memory in another form

words = st.text(min_size=1, max_size=5)


@st.composite
def remembered(draw):
    messages, turn = [], 0
    for number in range(draw(st.integers(0, 6))):
        turn += draw(st.integers(0, 2))
        match draw(st.sampled_from(["user", "reply", "call"])):
            case "user":
                messages.append((turn, user_message(draw(words))))
            case "reply":
                messages.append((turn, assistant_message(draw(words))))
            case "call":
                call = ToolCall(f"call_{number}", "t", "{}")
                messages += [(turn, assistant_message("", [call])), (turn, tool_message(call.call_id, draw(words)))]
    return tuple(messages)


@given(remembered())
def test_messages_become_items_and_are_the_same_messages_again(messages):
    items = [{"id": str(place), **item} for place, (_, item) in enumerate(as_items(messages))]
    turns = {str(place): turn for place, (turn, _) in enumerate(as_items(messages))}

    assert as_messages(items, turns) == messages


@given(st.lists(remembered(), min_size=1, max_size=3), st.integers(1, 9))
def test_what_was_remembered_before_a_turn_has_nothing_of_it(parts, turn):
    *over, now = parts
    ends = [max((number for number, _ in part), default=0) for part in over]
    chapters = [*(Chapter(part, end) for part, end in zip(over, sorted(ends), strict=True)), Chapter(now)]

    kept = until(chapters, turn)

    assert kept[-1].last_turn is None
    assert all(number < turn for number, _ in kept[-1].messages)
    assert all(chapter.last_turn < turn for chapter in kept[:-1])
    assert until(kept, turn) == kept


def test_a_position_of_before_an_update_is_forked_into_todays_graph(scripted):
    bot = scripted(route("chosen"), text("Cash?"), text("Hm."))
    bot.say("a coffee")
    bot.say("well")
    bot.update(renamed())

    with bot.fork(2) as other:
        assert other.position == Position("till")
        assert other.graph.by_name.keys() == bot.graph.by_name.keys() != CONVERSATION["stages"].keys()


def test_a_fork_goes_back_over_the_changes_that_its_bot_had_behind_it(scripted):
    bot = scripted(text("Hm."))
    bot.say("hello")
    bot.update(edited(order=None, chat={"accessible_from": "_start_"}), stages={"order": "chat"})

    with bot.fork() as other:
        other.rewind(1)
        assert other.stage == "chat"
    with bot.fork(
        graph=edited(order=None, chat=None, pay={"accessible_from": "_start_"}), stages={"chat": "pay"}
    ) as last:
        last.rewind(1)
        assert last.stage == "pay"
