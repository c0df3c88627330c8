"""A session is lost in each state: another one is opened, is told what was said and heard, and all goes on."""

import asyncio
import contextlib
from urllib.parse import urlsplit

import pytest

from intentional_nb.audio.wav import to_wav
from intentional_nb.clients.realtime import RealtimeAPIClient
from intentional_nb.errors import RefusedError, SessionClosedError
from intentional_nb.events import (
    ErrorOccurred,
    ModelConnected,
    ModelDisconnected,
    PromptUpdated,
    ReplyAudio,
    ReplyEnded,
    ReplyHeard,
    ReplyInterrupted,
    SessionReconnecting,
    SpeechStarted,
    ToolCallEnded,
    ToolCallStarted,
    TurnEnded,
    TurnStarted,
    UserTranscribed,
)
from intentional_nb.local.realtime.script import (
    VoiceStep,
    appended,
    begin,
    calls,
    close,
    drop,
    error,
    expire,
    offers,
    prompted,
    refuse_key,
    returned,
    say,
    says,
    sent,
    spoke,
    transcript,
)
from intentional_nb.tools.function import tool
from tests.clients.spoken import SPEECH, said, silence_ms, tone
from tests.clients.test_faults import one_stage


def lost(*actions):
    """A step that ends the session, when `lose` says so."""
    return VoiceStep(actions or drop(), on="input_audio_buffer.clear")


async def lose(stage):
    """Do what a `lost` step waits for, and wait until the client knows."""
    number = len(stage.told.of(SessionReconnecting)) + len(stage.told.of(ModelDisconnected))
    await stage.client.clear_audio()
    await stage.told.until(
        lambda: len(stage.told.of(SessionReconnecting)) + len(stage.told.of(ModelDisconnected)) > number
    )


@contextlib.asynccontextmanager
async def swamp(port):
    """A way to a port; while the event is set, what goes into it does not come out, in either direction."""
    swallow = asyncio.Event()

    async def pass_on(reader, writer):
        while data := await reader.read(65_536):
            if not swallow.is_set():
                writer.write(data)
        writer.close()

    async def serve(reader, writer):
        there = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(OSError):
            await asyncio.gather(pass_on(reader, there[1]), pass_on(there[0], writer))

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1], swallow


async def back(stage, number=2):
    await stage.told.count(ModelConnected, number)


ENDS = {
    "a broken connection": (drop(), 1006, "the connection broke"),
    "the end of its hour": (expire(), 1001, "maximum duration of 60 minutes"),
    "a server that fails": (close(1011, "keepalive ping timeout"), 1011, "keepalive ping timeout"),
    "a server that restarts": (close(1012), 1012, "restarts"),
    "a server that says goodbye": (close(1000, "bye"), 1000, "bye"),
}


@pytest.mark.parametrize(("end", "code", "reason"), ENDS.values(), ids=ENDS.keys())
async def test_a_lost_session_is_opened_again_in_sight_and_told_what_was_said(spoken, end, code, reason):
    stage = spoken(
        say("Hi there."),
        lost(end),
        VoiceStep(say("As I said."), expect=says("go on")),
    )
    await stage.client.connect()
    await stage.say("hello")

    await lose(stage)
    await stage.say("go on")

    [again] = stage.told.of(SessionReconnecting)
    assert (again.attempt, again.close_code) == (1, code)
    assert reason in again.reason
    assert [event.is_again for event in stage.told.of(ModelConnected)] == [False, True]
    assert len({event.session_id for event in stage.told.of(ModelConnected)}) == 2
    assert stage.said_to_model == [
        ("user", "hello"),
        ("assistant", "Hi there."),
        ("user", "go on"),
        ("assistant", "As I said."),
    ]
    kinds = [item["content"][0]["type"] for item in seeds(stage)][:2]
    assert kinds == ["input_text", "output_text"], "words only, no audio"
    assert not stage.told.of(ModelDisconnected)
    assert not stage.told.of(ErrorOccurred)


def seeds(stage):
    """The items that the latest session was told before anything else."""
    types = [event["type"] for event in stage.script.events]
    start = len(types) - types[::-1].index("session.update")
    for number, event in enumerate(stage.script.events[start:], start):
        if event["type"] != "conversation.item.create":
            return [event["item"] for event in stage.script.events[start:number]]
    return [event["item"] for event in stage.script.events[start:]]


async def test_the_stage_is_kept(spoken):
    stage = spoken(
        calls(("classify_response", {"outcome": "chosen"})),
        say("Cash or card?"),
        lost(),
        VoiceStep(say("Thanks."), expect=[prompted("Ask how to pay"), offers("classify_response")]),
    )
    await stage.client.connect()
    await stage.say("a coffee")

    await lose(stage)
    await stage.say("cash")

    assert stage.router.current_stage_name == "pay"
    assert [role for role, _ in stage.said_to_model] == ["user", "assistant", "user", "assistant"]


async def test_lost_while_listening_the_sentence_is_heard_from_its_beginning(spoken):
    stage = spoken(
        VoiceStep(drop(), on="input_audio_buffer.append", expect=appended(4200)),
        VoiceStep([transcript("A long sentence."), say("I heard it.")], expect=spoke(1500)),
    )
    await stage.client.connect()
    await stage.speak(silence_ms(3000) + tone(200))
    await stage.told.count(SpeechStarted)
    await stage.speak(tone(1000))
    await stage.told.count(SessionReconnecting)

    await stage.speak(tone(400) + silence_ms(800))
    await stage.turn_over(1)

    [turn] = stage.told.of(TurnStarted)
    assert turn.item_id == stage.told.of(SpeechStarted)[-1].item_id
    assert stage.told.of(ReplyEnded)[0].text == "I heard it."
    assert stage.client.input_ms == 3000 + 200 + 1000 + 400 + 800
    [began] = {event.at_ms for event in stage.told.of(SpeechStarted)}
    assert 2500 <= began <= 3000, "the same place in all that was said"


async def test_what_is_said_to_a_server_that_hears_nothing_any_more_is_heard_by_the_next(spoken, monkeypatch):
    monkeypatch.setattr("intentional_nb.clients.session_socket.PING_INTERVAL_S", 0.2)
    monkeypatch.setattr("intentional_nb.clients.session_socket.PING_TIMEOUT_S", 0.5)
    monkeypatch.setattr("intentional_nb.clients.session_socket.CLOSE_TIMEOUT_S", 0.1)
    stage = spoken(VoiceStep([transcript("Do you hear me?"), say("I do.")], expect=spoke(600)))
    async with swamp(urlsplit(stage.server.base_url).port) as (port, swallow):
        settings = {**stage.client.config, "base_url": f"http://127.0.0.1:{port}/v1"}
        stage.client = RealtimeAPIClient(stage.told, stage.router, settings, api_key=stage.server.api_key)
        await stage.client.connect()

        swallow.set()
        await stage.speak(said(600) + silence_ms(3000))
        await stage.told.count(SessionReconnecting)
        monkeypatch.setattr("intentional_nb.clients.session_socket.PING_TIMEOUT_S", 60)
        swallow.clear()
        await stage.turn_over(1)

    assert "did not answer a ping" in stage.told.of(SessionReconnecting)[0].reason
    assert [event.text for event in stage.told.of(UserTranscribed) if event.is_final] == ["Do you hear me?"]
    assert not stage.told.of(ErrorOccurred)


async def test_lost_while_a_clip_is_sent_all_of_it_is_heard(spoken):
    stage = spoken(
        VoiceStep(drop(), on="input_audio_buffer.append", expect=appended(2000)),
        VoiceStep([transcript("A long clip."), say("I heard it.")], expect=spoke(4900)),
    )
    await stage.client.connect()

    await stage.client.send({"audio_message": to_wav(tone(5000), 24_000)})
    await stage.turn_over(1)

    assert stage.told.of(SessionReconnecting)
    assert stage.told.of(ReplyEnded)[0].text == "I heard it."


async def test_what_is_said_while_no_session_is_open_is_heard_by_the_next(spoken):
    stage = spoken(lost(), VoiceStep([transcript("Are you there?"), say("Yes.")], expect=spoke(600)))
    await stage.client.connect()
    await lose(stage)

    await stage.speak(said(600))
    await stage.turn_over(1)

    assert [event.text for event in stage.told.of(UserTranscribed) if event.is_final] == ["Are you there?"]
    assert not stage.told.of(ErrorOccurred)


async def test_more_than_is_kept_is_told_to_be_lost(spoken, monkeypatch):
    monkeypatch.setattr("intentional_nb.clients.recent_audio.KEPT_MS", 500)
    monkeypatch.setattr("intentional_nb.clients.listening.KEPT_MS", 500)
    stage = spoken(lost(), VoiceStep(say("Pardon?"), expect=spoke(100, 500)), turn_detection="none")
    await stage.client.connect()
    await lose(stage)

    await stage.speak(tone(1460))
    assert await stage.client.commit_audio()
    await stage.turn_over(1)

    [told] = stage.told.of(ErrorOccurred)
    assert told.error == "1.0 s of what was said are lost; 0.5 s are kept while a session is opened again"


async def test_lost_while_thinking_about_what_was_typed_the_model_is_asked_again(spoken):
    stage = spoken(VoiceStep([begin(), drop()]), VoiceStep(say("Hi."), expect=says("hello")))
    await stage.client.connect()

    await stage.say("hello")

    assert [(event.turn, event.status, event.text) for event in stage.told.of(ReplyEnded)] == [(1, "completed", "Hi.")]
    assert stage.told.shapes().count("turn_started") == 1
    assert stage.told.shapes().index("session_reconnecting") < stage.told.shapes().index("reply_text")


async def test_lost_while_thinking_about_speech_that_was_understood_its_words_are_told(spoken):
    stage = spoken(
        VoiceStep([transcript("Hello bot."), begin(), drop()]),
        VoiceStep(say("Hi."), expect=says("Hello bot.")),
    )
    await stage.client.connect()

    await stage.speak()
    await stage.turn_over(1)

    assert [event.text for event in stage.told.of(UserTranscribed) if event.is_final] == ["Hello bot."]
    assert stage.told.of(ReplyEnded)[0].text == "Hi."


async def test_lost_while_thinking_about_speech_that_was_not_understood_it_is_heard_again(spoken):
    stage = spoken(
        VoiceStep([begin(), drop()], expect=spoke(500)),
        VoiceStep([transcript("Hello bot."), say("Hi.")], expect=spoke(500)),
    )
    await stage.client.connect()

    await stage.speak()
    await stage.turn_over(1)

    assert [event.turn for event in stage.told.of(TurnStarted)] == [1], "the same turn goes on"
    [words] = [event for event in stage.told.of(UserTranscribed) if event.is_final]
    assert (words.turn, words.text) == (1, "Hello bot.")
    assert stage.told.of(ReplyEnded)[0].text == "Hi."
    assert stage.said_to_model == [("user", "Hello bot."), ("assistant", "Hi.")]


async def test_lost_after_push_to_talk_the_speech_is_committed_again(spoken):
    stage = spoken(
        VoiceStep([begin(), drop()], expect=spoke(500)),
        VoiceStep([transcript("Hello bot."), say("Hi.")], expect=spoke(500)),
        turn_detection="none",
    )
    await stage.client.connect()

    await stage.speak(tone(600))
    await stage.client.commit_audio()
    await stage.turn_over(1)

    assert stage.told.of(ReplyEnded)[0].text == "Hi."
    assert [event.turn for event in stage.told.of(TurnStarted)] == [1]


async def test_lost_while_the_bot_speaks_the_reply_ends_where_it_was(spoken):
    stage = spoken(
        VoiceStep([say("One two three four five six.", breaks_off_after_ms=500), drop()]),
        VoiceStep(say("As I said."), expect=says("go on")),
    )
    await stage.client.connect()

    await stage.say("count")
    await back(stage)
    await stage.say("go on")

    first, second = stage.told.of(ReplyEnded)
    assert (first.status, "was lost" in first.reason, second.status) == ("truncated", True, "completed")
    assert "One two three four five six.".startswith(first.text)
    assert first.text
    assert stage.said_to_model[1] == ("assistant", first.text)


async def test_what_plays_on_through_the_loss_is_heard_or_cut_all_the_same(spoken):
    text = "One two three four five six seven eight."
    stage = spoken(say(text), lost(), VoiceStep(say("Yes."), expect=sent("conversation.item.delete")))
    await stage.client.connect()
    await stage.say("count")
    [item_id] = {event.item_id for event in stage.told.of(ReplyAudio)}
    stage.client.note_played(item_id, 300)
    await lose(stage)
    await back(stage)
    await stage.holds(lambda: len(seeds(stage)) == 2)
    assert seeds(stage)[1]["content"][0]["text"] == text, "it was still playing"

    stage.client.note_played(item_id, 600)
    await stage.client.handle_interruption(720)

    [cut] = stage.told.of(ReplyInterrupted)
    assert (cut.turn, cut.heard_ms, cut.received_ms, cut.heard_text) == (1, 720, 2400, "One two")
    await stage.holds(lambda: stage.said_to_model == [("user", "count"), ("assistant", "One two")])
    await stage.say("go on")
    assert not stage.told.of(ErrorOccurred)


async def test_what_plays_to_its_end_after_the_loss_was_heard(spoken):
    stage = spoken(say("Hi there."), lost())
    await stage.client.connect()
    await stage.say("hello")
    [item_id] = {event.item_id for event in stage.told.of(ReplyAudio)}
    await lose(stage)

    stage.client.note_played(item_id, stage.heard_ms())

    assert [event.heard_ms for event in stage.told.of(ReplyHeard)] == [stage.heard_ms()]


async def test_of_what_was_cut_the_next_session_is_told_what_was_heard(spoken):
    stage = spoken(say("One two three four five six seven eight."), lost(), say("Yes."))
    await stage.client.connect()
    await stage.say("count")
    await stage.client.handle_interruption(720)

    await lose(stage)
    await stage.say("go on")

    assert stage.said_to_model[1] == ("assistant", "One two")


def waiting_tool():
    go_on = asyncio.Event()

    @tool
    async def wait() -> str:
        """Wait."""
        await go_on.wait()
        return "waited"

    return wait, go_on


async def test_lost_in_a_tool_call_the_next_session_is_told_of_call_and_result(spoken):
    wait, go_on = waiting_tool()
    stage = spoken(
        calls(("wait", {})),
        lost(),
        VoiceStep(say("Done."), expect=returned("waited")),
        tools=(wait,),
        conversation=one_stage("wait"),
    )
    await stage.client.connect()
    turn = asyncio.create_task(stage.say("wait"))
    await stage.told.count(ToolCallStarted)
    await lose(stage)

    go_on.set()
    await turn

    assert [event.status for event in stage.told.of(ToolCallEnded)] == ["ok"]
    assert stage.told.of(ReplyEnded)[0].text == "Done."
    kinds = [item["type"] for item in stage.client.conversation]
    assert kinds == ["message", "function_call", "function_call_output", "message"]


async def test_a_tool_that_ends_while_no_session_is_open_is_told_to_the_next(spoken, monkeypatch):
    monkeypatch.setattr("intentional_nb.clients.patience.FIRST_WAIT_S", 0.2)
    wait, go_on = waiting_tool()
    stage = spoken(
        calls(("wait", {})),
        lost(),
        VoiceStep(say("Done."), expect=returned("waited")),
        tools=(wait,),
        conversation=one_stage("wait"),
    )
    await stage.client.connect()
    turn = asyncio.create_task(stage.say("wait"))
    await stage.told.count(ToolCallStarted)
    await lose(stage)

    go_on.set()
    await stage.told.count(ToolCallEnded)
    assert not stage.client.is_connected
    await turn

    assert stage.told.of(ReplyEnded)[0].text == "Done."


async def test_earlier_calls_are_told_with_their_results(spoken):
    stage = spoken(
        calls(("double", {"x": 2})),
        say("Four."),
        lost(),
        VoiceStep(say("It was four."), expect=says("what was it?")),
        tools=(tool(double),),
        conversation=one_stage("double"),
    )
    await stage.client.connect()
    await stage.say("double two")

    await lose(stage)
    await stage.say("what was it?")

    told = [
        (item["type"], item.get("name") or item.get("output")) for item in seeds(stage) if item["type"] != "message"
    ]
    assert told == [("function_call", "double"), ("function_call_output", "4")]


def double(x: int) -> int:
    """Double a number."""
    return 2 * x


async def test_lost_while_the_model_moves_the_turn_goes_on_in_the_new_stage(spoken):
    stage = spoken(
        calls(("classify_response", {"outcome": "chosen"})),
        VoiceStep(drop(), on="session.update"),
        VoiceStep(say("Cash or card?"), expect=prompted("Ask how to pay")),
    )
    await stage.client.connect()

    await stage.say("a coffee")

    assert stage.told.of(ReplyEnded)[0].text == "Cash or card?"
    assert [event.stage for event in stage.told.of(PromptUpdated)][:1] == ["pay"]
    assert stage.said_to_model == [("user", "a coffee"), ("assistant", "Cash or card?")]


async def test_what_is_typed_while_no_session_is_open_is_answered_by_the_next(spoken):
    stage = spoken(lost(), VoiceStep(say("Hi."), expect=says("hello")))
    await stage.client.connect()
    await lose(stage)
    assert not stage.client.is_connected

    await stage.say("hello")

    assert stage.told.of(ReplyEnded)[0].text == "Hi."
    assert len(stage.script.sent("response.create")) == 1


async def test_the_opening_line_is_said_though_the_session_is_lost(spoken):
    stage = spoken(VoiceStep([begin(), drop()]), VoiceStep(say("Welcome!"), expect=prompted("Welcome!")))
    await stage.client.connect()

    await stage.client.open("Welcome!")

    assert stage.told.of(ReplyEnded)[0].text == "Welcome!"
    assert stage.told.of(TurnStarted)[0].user_text is None


async def test_an_interruption_while_no_session_is_open_ends_the_turn(spoken):
    stage = spoken(VoiceStep([begin(), drop()]), say("Hi."))
    await stage.client.connect()
    await stage.client.send({"text_message": {"role": "user", "content": "hello"}})
    await stage.told.count(SessionReconnecting)

    await stage.client.handle_interruption()
    await back(stage)
    await stage.say("hello again")

    assert [event.status for event in stage.told.of(ReplyEnded)] == ["cancelled", "completed"]


async def test_the_tries_come_to_an_end(spoken):
    stage = spoken(lost(), [VoiceStep(drop(), on="connect")] * 3, max_retries=3)
    await stage.client.connect()
    running = asyncio.create_task(stage.client.run())

    await stage.client.clear_audio()
    with pytest.raises(SessionClosedError, match="in 3 tries") as gone:
        await asyncio.wait_for(running, 20)

    assert gone.value.close_code == 1006
    assert [event.attempt for event in stage.told.of(SessionReconnecting)] == [1, 2, 3]
    waits = [event.wait_s for event in stage.told.of(SessionReconnecting)]
    assert waits == sorted(waits)
    assert waits[2] > waits[0]
    [end] = stage.told.of(ModelDisconnected)
    assert end.close_code == 1006
    assert stage.script.connections == 4


async def test_sessions_that_open_and_break_at_once_do_not_go_on_for_ever(spoken):
    broken = VoiceStep(drop(), on="conversation.item.create", expect=lambda request: "Hi." in str(request))
    stage = spoken(say("Hi."), lost(), [broken] * 3, max_retries=3)
    await stage.client.connect()
    await stage.say("hello")
    running = asyncio.create_task(stage.client.run())

    await stage.client.clear_audio()
    with pytest.raises(SessionClosedError, match="in 3 tries"):
        await asyncio.wait_for(running, 20)

    assert stage.script.connections == 4


async def test_a_healthy_session_gives_the_tries_back(spoken, monkeypatch):
    monkeypatch.setattr("intentional_nb.clients.patience.HEALTHY_S", 0.0)
    stage = spoken(*[lost()] * 4, say("Still here."), max_retries=1)
    await stage.client.connect()

    for number in range(2, 6):
        await lose(stage)
        await back(stage, number)
    await stage.say("hello")

    assert [event.attempt for event in stage.told.of(SessionReconnecting)] == [1] * 4


@pytest.mark.parametrize("code", [4000, 1008, 3000])
async def test_a_server_that_refuses_the_session_is_believed(spoken, code):
    stage = spoken(say("Hi."), lost(close(code, "invalid_request_error.beta_api_shape_disabled")))
    await stage.client.connect()
    await stage.say("hello")
    running = asyncio.create_task(stage.client.run())

    await stage.client.clear_audio()
    with pytest.raises(SessionClosedError, match="beta_api_shape_disabled") as closed:
        await asyncio.wait_for(running, 20)

    assert closed.value.close_code == code
    [end] = stage.told.of(ModelDisconnected)
    assert (end.close_code, end.reason) == (code, "invalid_request_error.beta_api_shape_disabled")
    assert not stage.told.of(SessionReconnecting)


async def test_a_key_that_was_revoked_meanwhile_ends_the_tries(spoken):
    stage = spoken(say("Hi."), lost(), VoiceStep(refuse_key(), on="connect"))
    await stage.client.connect()
    await stage.say("hello")
    running = asyncio.create_task(stage.client.run())

    await stage.client.clear_audio()
    with pytest.raises(RefusedError, match="Incorrect API key"):
        await asyncio.wait_for(running, 20)

    assert [event.attempt for event in stage.told.of(SessionReconnecting)] == [1]
    assert len(stage.told.of(ErrorOccurred)) == 1


async def test_a_turn_that_waits_when_all_is_lost_ends_in_order(spoken):
    stage = spoken(VoiceStep([begin(), drop()]), max_retries=0)
    await stage.client.connect()

    await stage.say("hello")

    assert stage.told.of(ReplyEnded)[0].status == "failed"
    assert [event.type for event in stage.told.events[-4:]] == [
        "error_occurred",
        "reply_ended",
        "turn_ended",
        "model_disconnected",
    ]
    with pytest.raises(SessionClosedError):
        await stage.client.send({"audio_stream": b"\0\0"})


async def test_after_all_is_lost_one_may_connect_again_and_nothing_is_forgotten(spoken):
    stage = spoken(say("Hi."), lost(), VoiceStep(say("Hello again."), expect=says("back")), max_retries=0)
    await stage.client.connect()
    await stage.say("hello")
    await lose(stage)

    await stage.client.connect()
    await stage.say("back")

    assert [text for _, text in stage.said_to_model] == ["hello", "Hi.", "back", "Hello again."]
    assert [event.turn for event in stage.told.of(TurnEnded)] == [1, 2]


async def test_disconnecting_while_a_session_is_sought_ends_the_search(spoken, monkeypatch):
    monkeypatch.setattr("intentional_nb.clients.patience.FIRST_WAIT_S", 60)
    stage = spoken(lost())
    await stage.client.connect()
    await lose(stage)

    await asyncio.wait_for(stage.client.disconnect(), 20)

    assert [event.reason for event in stage.told.of(ModelDisconnected)] == ["closed"]


async def test_words_that_never_came_are_told_to_be_missing(spoken):
    stage = spoken(VoiceStep([say("Hi.", breaks_off_after_ms=100), drop()], expect=spoke(500)), say("Yes?"))
    await stage.client.connect()

    await stage.speak(SPEECH)
    await stage.turn_over(1)
    await back(stage)
    await stage.say("hello")

    [words] = [event for event in stage.told.of(UserTranscribed) if event.is_final]
    assert "lost before the speech was recognised" in words.error


async def test_an_expired_session_that_says_so_first_is_replaced(spoken):
    stage = spoken(
        say("Hi."),
        lost(error("Your session has expired.", code="session_expired"), expire()),
        say("Yes."),
    )
    await stage.client.connect()
    await stage.say("hello")

    await lose(stage)
    await stage.say("are you there?")

    assert "expired" in stage.told.of(SessionReconnecting)[0].reason
    assert not stage.told.of(ModelDisconnected)
