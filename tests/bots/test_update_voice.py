"""A graph changed in a live session: the server is asked first, and a no leaves everything as it was."""

import asyncio
import threading

import pytest

from intentional_nb.bots import runtime
from intentional_nb.errors import RefusedError, ReplyTimeoutError
from intentional_nb.events import ErrorOccurred, GraphSwapped, PromptUpdated, ReplyText, RouteDecision
from intentional_nb.local.realtime.script import VoiceStep, drop, offers, prompted, returned, say, says, sent, until
from intentional_nb.tools.function import tool
from intentional_nb.tools.tool import Tool
from tests.bots.test_update import edited, events_of, held
from tests.bots.test_voice import HUM, calls, heard, route, settled, watch
from tests.clients.test_faults import one_stage


class Unspeakable(Tool):
    """A tool that no server takes, which only the server notices."""

    id = "unspeakable"
    name = "unspeakable"
    description = ("Do", "nothing.")

    async def run(self, params):
        return ""


EUROS = edited(pay={"goal": "Ask for euros."})
TEA = edited(order={"goal": "Sell tea."})
UNSPEAKABLE = edited(order={"goal": "Sell tea.", "tools": ["unspeakable"]})


def sessions_sent(speaking):
    """What was told of the session, oldest first."""
    return [event["session"] for event in speaking.scripts[-1].sent("session.update")]


def test_the_session_has_the_new_prompt_and_tools_when_update_returns(speaking):
    @tool
    def brew() -> str:
        """Brew."""
        return "brewed"

    answer = VoiceStep(say("Tea?"), expect=[prompted("Sell tea."), offers("brew")])
    bot = speaking(say("Hi."), answer)
    bot.say("hello")
    order = []
    bot.subscribe(lambda event: order.append(event.type))

    changes = bot.update(edited(order={"goal": "Sell tea.", "tools": ["brew"]}), tools=[brew])

    assert "~ stage 'order', goal" in str(changes)
    assert "Sell tea." in bot.llm.system_prompt
    assert "Sell tea." in sessions_sent(speaking)[-1]["instructions"]
    assert "brew" in {told["name"] for told in sessions_sent(speaking)[-1]["tools"]}
    assert order == ["graph_swapped", "prompt_updated"]
    assert bot.say("a drink").text == "Tea?"


def test_speech_after_an_update_is_answered_under_it(speaking):
    bot = speaking(heard("Hello.", say("Hi.")), VoiceStep(say("Tea?"), expect=prompted("Sell tea.")))
    bot.speak(HUM)

    bot.update(TEA)

    assert bot.speak(HUM).text == "Tea?"


def test_an_update_before_the_session_is_what_it_begins_with(speaking):
    bot = speaking(VoiceStep(say("Tea?"), expect=prompted("Sell tea.")))

    bot.update(TEA)

    assert "Sell tea." in bot.llm.system_prompt
    assert bot.say("hello").text == "Tea?"
    assert len(sessions_sent(speaking)) == 1


def test_what_changes_in_another_stage_is_told_when_the_model_gets_there(speaking):
    bot = speaking(say("Hi."), route("chosen"), VoiceStep(say("Euros?"), expect=prompted("Ask for euros.")))
    bot.say("hello")
    before = len(sessions_sent(speaking))

    bot.update(EUROS)

    assert len(sessions_sent(speaking)) == before
    assert bot.say("a coffee").text == "Euros?"


def test_what_the_server_refuses_leaves_everything_as_it_was(speaking):
    bot = speaking(say("Hi."), VoiceStep(say("A coffee?"), expect=prompted("Find out what to drink.")))
    bot.say("hello")
    before, swapped, told = held(bot), events_of(bot, GraphSwapped), events_of(bot, ErrorOccurred)

    with pytest.raises(RefusedError, match="tools"):
        bot.update(UNSPEAKABLE, tools=[Unspeakable()])

    assert held(bot)[:4] == before[:4]
    assert (swapped, [event.where for event in told]) == ([], ["model"])
    assert bot.say("well").text == "A coffee?"


def test_what_the_server_refuses_does_not_disturb_the_turn_that_runs(speaking):
    bots, refused = [], []

    @tool
    async def change() -> str:
        """Change the conversation."""
        with pytest.raises(RefusedError):
            await bots[0].aupdate(UNSPEAKABLE, tools=[Unspeakable()])
        refused.append(True)
        return "no"

    conversation = edited(order={"tools": ["change"]})
    steps = [calls(("change", {}), ("classify_response", {"outcome": "chosen"})), say("Cash?")]
    bot = speaking(*steps, tools=(change,), conversation=conversation)
    bots.append(bot)

    turn = bot.say("a coffee")

    assert (turn.text, turn.status, turn.stage_after, refused) == ("Cash?", "completed", "pay", [True])


class HeldBack:
    """What the server confirms is heard late."""

    def __init__(self, bot, monkeypatch):
        session = bot.llm._conductor.session
        self.answers = []
        self._settle = session._settle
        monkeypatch.setattr(session, "_settle", lambda *answer: self.answers.append(answer))

    def release(self, bot):
        bot.llm._conductor.session._settle = self._settle
        for answer in self.answers:
            runtime.call_soon(lambda answer=answer: self._settle(*answer))


def test_a_server_that_confirms_too_late_is_told_again_what_holds(speaking, monkeypatch):
    bot = speaking(say("Hi."), VoiceStep(say("A coffee?"), expect=prompted("Find out what to drink.")))
    bot.say("hello")
    before, prompts = held(bot), events_of(bot, PromptUpdated)
    monkeypatch.setattr("intentional_nb.clients.voice_session.ANSWER_TIMEOUT_S", 0.2)
    late = HeldBack(bot, monkeypatch)

    with pytest.raises(ReplyTimeoutError, match="did not confirm"):
        bot.update(TEA)
    assert held(bot) == before

    settled(lambda: late.answers)
    monkeypatch.setattr("intentional_nb.clients.voice_session.ANSWER_TIMEOUT_S", 20.0)
    late.release(bot)
    settled(lambda: len(prompts) == 2)
    assert held(bot)[:4] == before[:4]
    assert bot.say("well").text == "A coffee?"


async def test_a_caller_who_gives_up_changes_nothing(speaking, monkeypatch):
    bot = speaking(say("Hi."), VoiceStep(say("A coffee?"), expect=prompted("Find out what to drink.")))
    await bot.send_text("hello")
    before, prompts = held(bot), events_of(bot, PromptUpdated)
    late = HeldBack(bot, monkeypatch)

    waiting = asyncio.create_task(bot.aupdate(TEA))
    await asyncio.to_thread(settled, lambda: late.answers)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.to_thread(settled, lambda: not bot._updates._one_at_a_time.locked())
    assert held(bot) == before

    # What was asked of the server is taken back.
    late.release(bot)
    await asyncio.to_thread(settled, lambda: len(prompts) == 2)
    assert held(bot)[:4] == before[:4]
    assert (await bot.send_text("well")).text == "A coffee?"


def test_a_choice_spoken_under_the_old_graph_is_refused_where_it_leads_elsewhere_now(speaking):
    bots = []

    @tool
    async def change() -> str:
        """Change the conversation."""
        outcomes = {"chosen": {"description": "the user goes", "move_to": "_end_"}}
        await bots[0].aupdate(edited(order={"goal": "Sell tea.", "outcomes": outcomes}))
        return "changed"

    again = VoiceStep(say("Tea?"), expect=[prompted("Sell tea."), returned("was changed meanwhile")])
    asked = calls(("change", {}), ("classify_response", {"outcome": "chosen"}))
    bot = speaking(asked, again, conversation=edited(order={"tools": ["change"]}), tools=(change,))
    bots.append(bot)
    routed = events_of(bot, RouteDecision)

    turn = bot.say("a coffee")

    assert [(decision.kind, decision.choice) for decision in routed] == [("refused", "chosen")]
    assert (turn.text, bot.stage) == ("Tea?", "order")


def test_the_response_that_is_being_spoken_is_not_torn(speaking):
    step = VoiceStep([say("One."), until("session.update"), say(" Two.")])
    bot = speaking(step, VoiceStep(say("Tea?"), expect=[prompted("Sell tea."), sent("response.create")]))
    speaks = watch(bot, ReplyText)

    running = bot.submit("hello")
    speaks.wait()
    bot.update(TEA)

    assert running.result(20).status == "completed"
    assert "Two." in bot.transcript[0].text
    assert bot.say("well").text == "Tea?"


def test_an_undo_is_confirmed_by_the_server_too(speaking):
    bot = speaking(say("Hi."), VoiceStep(say("A coffee?"), expect=prompted("Find out what to drink.")))
    bot.say("hello")
    graph = bot.graph
    bot.update(TEA)

    bot.undo()

    assert bot.graph is graph
    assert "Find out what to drink." in sessions_sent(speaking)[-1]["instructions"]
    assert bot.say("well").text == "A coffee?"


def test_a_session_that_is_lost_meanwhile_is_followed_by_one_in_the_new_graph(speaking):
    lost = VoiceStep(drop(), on="session.update")
    bot = speaking(say("Hi."), lost, VoiceStep(say("Tea?"), expect=[prompted("Sell tea."), says("well")]))
    bot.say("hello")

    bot.update(TEA)

    assert "Sell tea." in bot.llm.system_prompt
    assert bot.say("well").text == "Tea?"


def test_many_updates_at_once_end_with_one_of_them_and_the_model_has_it(speaking):
    bot = speaking(say("Hi."), say("Yes."))
    bot.say("hello")
    sources = [edited(order={"goal": f"Sell drink {number}."}) for number in range(6)]
    threads = [threading.Thread(target=bot.update, args=(source,)) for source in sources]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bot.say("well")

    goal = bot.graph.by_name["order"].goal
    assert goal in sessions_sent(speaking)[-1]["instructions"]
    assert goal in bot.llm.system_prompt


def test_a_bot_with_one_stage_can_be_given_another_stage_to_stand_in(speaking):
    bot = speaking(
        say("Hi."), VoiceStep(say("Coffee?"), expect=prompted("Find out what to drink.")), conversation=one_stage()
    )
    bot.say("hello")

    bot.update(edited(), stages={"only": "order"})

    assert bot.say("well").text == "Coffee?"
