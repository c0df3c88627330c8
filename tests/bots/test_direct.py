import asyncio
import threading

import pytest

from intentional_nb.bots.transcript import NoticeEntry, RouteEntry, TextEntry, ToolEntry
from intentional_nb.errors import BotClosedError, RefusedError
from intentional_nb.events import ConversationReset, ConversationRewound, ErrorOccurred, TurnEnded, TurnStarted
from intentional_nb.local.realtime.script import say
from intentional_nb.local.script import calls, failed, text
from intentional_nb.tools.function import tool
from tests.clients.conftest import CONVERSATION
from tests.clients.test_faults import one_stage


def route(outcome):
    return calls(("classify_response", {"outcome": outcome}))


GREETED = {**CONVERSATION, "initial_message": "Welcome!"}


def test_a_plain_call_gives_the_turn(scripted):
    bot = scripted(route("chosen"), text("Cash?"))

    turn = bot.say("a coffee")

    assert (turn.text, turn.status, turn.stage_before, turn.stage_after) == ("Cash?", "completed", "order", "pay")
    assert [decision.choice for decision in turn.route] == ["chosen"]
    assert (bot.stage, bot.trail, bot.is_busy) == ("pay", (), False)


async def test_the_same_can_be_awaited_on_any_loop(scripted):
    bot = scripted(text("Hi."), text("Hi again."))

    first = await bot.send_text("hello")
    second = await asyncio.to_thread(lambda: asyncio.run(bot.send_text("hello")))

    assert (first.text, second.text) == ("Hi.", "Hi again.")


async def test_a_plain_call_works_while_a_loop_runs_in_the_same_thread(scripted):
    bot = scripted(text("Hi."))

    assert bot.say("hello").text == "Hi."


def test_the_opening_line_is_said_exactly_once(scripted):
    bot = scripted(text("Sure."), conversation=GREETED)

    opening = bot.start()
    again = bot.start()
    bot.say("a coffee")

    assert (opening.text, opening.user_text, again) == ("Welcome!", None, None)
    assert [turn.text for turn in bot.transcript] == ["Welcome!", "Sure."]


def test_the_first_message_opens_the_conversation_too(scripted):
    bot = scripted(text("Sure."), conversation=GREETED)

    bot.say("a coffee")

    assert [turn.text for turn in bot.transcript] == ["Welcome!", "Sure."]
    assert [message["content"] for message in bot.llm.history.messages] == ["Welcome!", "a coffee", "Sure."]


def test_the_next_conversation_is_opened_again(scripted):
    ending = [route("nothing"), calls(("end_conversation", {}), text="Bye!")]
    bot = scripted(*ending, text("Sure."), conversation=GREETED)

    bot.say("nothing")
    bot.say("well, a coffee")

    assert [turn.text for turn in bot.transcript] == ["Welcome!", "Bye!", "Welcome!", "Sure."]


def test_messages_wait_for_each_other(scripted):
    bot = scripted(text("One."), text("Two."), text("Three."))

    futures = [bot.submit(word) for word in ("a", "b", "c")]

    assert [future.result(10).text for future in futures] == ["One.", "Two.", "Three."]


def test_many_threads_may_talk_at_once(scripted):
    bot = scripted(*[text(f"{number}") for number in range(12)])
    threads = [threading.Thread(target=bot.say, args=(f"from {number}",)) for number in range(12)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(turn.text for turn in bot.transcript) == sorted(str(number) for number in range(12))
    assert all(turn.status == "completed" for turn in bot.transcript)


def test_an_error_is_raised_and_kept_and_the_bot_goes_on(scripted):
    bot = scripted(failed(400, "no"), text("Hi."))

    with pytest.raises(RefusedError, match="no"):
        bot.say("hello")
    turn = bot.say("again")

    assert [item.status for item in bot.transcript] == ["failed", "completed"]
    assert bot.transcript[0].user_text == "hello"
    assert turn.text == "Hi."


async def test_the_events_of_one_turn_can_be_iterated(scripted):
    bot = scripted(text(["Hel", "lo"]), conversation=GREETED)

    events = [event async for event in bot.stream("hi")]

    assert events[0].user_text == "hi"
    assert [event.delta for event in events if event.type == "reply_text"] == ["Hel", "lo"]
    assert isinstance(events[-1], TurnEnded)


async def test_leaving_the_iteration_interrupts_the_turn(scripted):
    bot = scripted(text("one two three four", pace_ms=300), text("Yes?"))

    stream = bot.stream("count")
    async for event in stream:
        if event.type == "reply_text":
            break
    await stream.aclose()
    turn = await bot.send_text("hello")

    assert bot.transcript[0].status == "cancelled"
    assert turn.text == "Yes?"


async def test_all_events_can_be_iterated_until_the_bot_is_closed(scripted):
    bot = scripted(text("Hi."))
    seen = []

    async def watch():
        async for event in bot.events():
            seen.append(event.type)

    watcher = asyncio.create_task(watch())
    await asyncio.sleep(0)
    await bot.send_text("hello")
    await bot.aclose()
    await watcher

    assert seen[0] == "turn_started"
    assert seen[-1] == "model_disconnected"


def test_an_interruption_stops_the_reply_and_keeps_what_was_said(scripted):
    bot = scripted(text("one two three four five", pace_ms=300))
    spoken = threading.Event()
    bot.subscribe(lambda event: spoken.set() if event.type == "reply_text" else None)

    future = bot.submit("count")
    spoken.wait(10)
    bot.interrupt()
    turn = future.result(10)

    assert turn.status == "cancelled"
    assert isinstance(turn.entries[-1], NoticeEntry)
    assert isinstance(turn.entries[0], TextEntry)
    assert bot.llm.history.messages[-1] == {"role": "assistant", "content": turn.text}


def test_cancelling_the_future_stops_the_turn(scripted):
    bot = scripted(text("one two three four five", pace_ms=300), text("Yes?"))
    spoken = threading.Event()
    bot.subscribe(lambda event: spoken.set() if event.type == "reply_text" else None)

    future = bot.submit("count")
    spoken.wait(10)
    future.cancel()

    assert bot.say("hello").text == "Yes?"
    assert bot.transcript[0].status == "cancelled"


def test_rewinding_takes_back_history_position_trail_and_transcript(scripted):
    bot = scripted(text("Hm."), route("chat"), text("Sunny."), text("A coffee, then?"))
    bot.say("hello")
    before = list(bot.llm.history.messages)
    bot.say("nice weather")
    assert bot.trail == ("order",)

    bot.rewind(2)

    assert (bot.stage, bot.trail) == ("order", ())
    assert bot.llm.history.messages == before
    assert [turn.number for turn in bot.transcript] == [1]
    assert bot.say("well").number == 3, "a number is never used twice"


def test_rewinding_goes_back_over_the_end_of_a_conversation(scripted):
    ending = [route("nothing"), calls(("end_conversation", {}), text="Bye!")]
    bot = scripted(text("Hm."), *ending, text("Sure."))
    bot.say("hello")
    bot.say("nothing")

    bot.rewind(2)
    bot.say("a coffee")

    assert [message["content"] for message in bot.llm.history.messages] == ["hello", "Hm.", "a coffee", "Sure."]


def test_a_turn_that_is_not_there_cannot_be_taken_back(scripted):
    bot = scripted(text("Hm."))
    bot.say("hello")

    with pytest.raises(KeyError, match="no turn 7"):
        bot.rewind(7)


def test_a_reset_forgets_everything(scripted):
    bot = scripted(route("chosen"), text("Cash?"), text("Yes?"), conversation=GREETED)
    seen = []
    bot.subscribe(seen.append)
    bot.say("a coffee")

    bot.reset()

    assert (bot.stage, bot.trail, len(bot.transcript), bot.llm.history.messages) == ("order", (), 0, [])
    assert ConversationReset() in seen
    bot.say("hello")
    assert [turn.text for turn in bot.transcript] == ["Welcome!", "Yes?"]


def test_a_running_turn_can_be_taken_back(scripted):
    bot = scripted(text("one two three four", pace_ms=300), text("Yes?"))
    spoken = threading.Event()
    seen = []
    bot.subscribe(lambda event: (seen.append(event), spoken.set() if event.type == "reply_text" else None))
    bot.submit("count")
    spoken.wait(10)

    bot.rewind(1)

    assert len(bot.transcript) == 0
    assert ConversationRewound(turn=1) in seen
    assert bot.say("hello").text == "Yes?"


@pytest.mark.parametrize("go_back", [lambda bot: bot.rewind(1), lambda bot: bot.reset()])
def test_going_back_comes_before_messages_that_wait(scripted, go_back):
    bot = scripted(text("one two three four", pace_ms=300), text("Yes?"), text("Two?"))
    spoken = threading.Event()
    seen = []
    bot.subscribe(lambda event: (seen.append(event), spoken.set() if event.type == "reply_text" else None))
    bot.submit("count")
    waiting = [bot.submit("hello"), bot.submit("again")]
    spoken.wait(10)

    go_back(bot)

    assert [turn.result(20).text for turn in waiting] == ["Yes?", "Two?"]
    assert [turn.user_text for turn in bot.transcript] == ["hello", "again"]
    order = [event for event in seen if isinstance(event, TurnStarted | ConversationRewound | ConversationReset)]
    assert [type(event) for event in order][1] in (ConversationRewound, ConversationReset)


def test_a_tool_call_is_in_the_transcript_with_its_result(scripted):
    @tool
    def double(x: int) -> int:
        """Double a number."""
        return 2 * x

    bot = scripted(
        calls(("double", {"x": 2}), text="Let me see."),
        text("Four."),
        tools=(double,),
        conversation=one_stage("double"),
    )

    turn = bot.say("double two")

    kinds = [type(entry) for entry in turn.entries]
    assert kinds == [TextEntry, ToolEntry, TextEntry]
    assert (turn.entries[1].name, turn.entries[1].status, turn.entries[1].output) == ("double", "ok", "4")
    assert "double({'x': 2}) -> ok: 4" in str(bot.transcript)


def test_a_closed_bot_says_so(scripted):
    bot = scripted()
    bot.close()
    bot.close()

    with pytest.raises(BotClosedError):
        bot.say("hello")


@pytest.mark.parametrize("go_back", [lambda bot: bot.rewind(1), lambda bot: bot.reset()])
@pytest.mark.parametrize("kind", ["scripted", "speaking"])
def test_a_closed_bot_goes_back_nowhere_and_keeps_its_transcript(request, kind, go_back):
    bot = request.getfixturevalue(kind)(say("Hi.") if kind == "speaking" else text("Hi."))
    bot.say("hello")
    bot.close()
    before, seen = (bot.transcript.turns, bot.position), []
    bot.subscribe(seen.append)

    with pytest.raises(BotClosedError):
        go_back(bot)

    assert ((bot.transcript.turns, bot.position), seen) == (before, [])


def test_who_waits_to_go_back_while_the_bot_is_closed_is_told_and_the_transcript_stays(scripted):
    bot = scripted(text("one two three four", pace_ms=300))
    spoken = threading.Event()
    bot.subscribe(lambda event: spoken.set() if event.type == "reply_text" else None)
    bot.submit("count")
    spoken.wait(20)
    stop = bot.llm.handle_interruption

    async def close_and_stop():
        bot.is_closed = True  # as `close` does first, in whatever thread
        await stop()

    bot._stop = close_and_stop
    with pytest.raises(BotClosedError):
        bot.reset()

    assert [turn.user_text for turn in bot.transcript] == ["count"]
    bot.is_closed = False


def test_what_is_no_text_is_refused_before_anything_is_sent(scripted):
    with pytest.raises(TypeError, match="42"):
        scripted().say(42)


async def test_half_a_character_is_refused_and_the_conversation_goes_on(scripted):
    bot = scripted(text("Hi."))

    with pytest.raises(ValueError, match="character 3 is half a surrogate pair"):
        await bot.send_text("hi\ud83d")
    with pytest.raises(ValueError, match="character 3 is half a surrogate pair"):
        await anext(bot.stream("hi\ud83d"))

    assert (len(bot.transcript), (await bot.send_text("hi 😀")).text) == (0, "Hi.")


def test_a_handler_may_talk_to_the_bot(scripted):
    bot = scripted(route("chosen"), text("Cash?"), text("Thanks."))
    answered = []

    @bot.on("on_route_decision")
    def pay(event):
        answered.append(bot.submit("cash"))

    bot.say("a coffee")

    assert answered[0].result(10).text == "Thanks."


def test_a_tool_that_waits_for_its_own_bot_is_told_why_it_cannot(scripted):
    holder = []

    @tool
    async def ask() -> str:
        """Ask the bot itself."""
        return holder[0].say("hello").text

    bot = scripted(calls(("ask", {})), text("No."), tools=(ask,), conversation=one_stage("ask"))
    holder.append(bot)
    errors = []
    bot.subscribe(lambda event: errors.append(event.error) if isinstance(event, ErrorOccurred) else None)

    bot.say("ask")

    assert "wait for itself" in errors[0]


def test_a_tool_that_closes_its_own_bot_and_waits_is_told_and_the_bot_stays_open(scripted):
    holder = []

    @tool
    async def leave() -> str:
        """Close the bot itself."""
        holder[0].close()

    bot = scripted(calls(("leave", {})), text("No."), text("Hi."), tools=(leave,), conversation=one_stage("leave"))
    holder.append(bot)

    turn = bot.say("leave")

    assert "wait for itself" in turn.entries[0].output
    assert (bot.is_closed, bot.say("hello").text) == (False, "Hi.")


def test_stage_and_route_are_visible_in_the_transcript(scripted):
    bot = scripted(route("chat"), text("Sunny."))

    turn = bot.say("nice weather")

    assert isinstance(turn.entries[0], RouteEntry)
    assert "[jump] order -> chat" in str(bot.transcript)
    assert repr(turn) == "Turn(1, user='nice weather', bot='Sunny.', stage='chat')"
