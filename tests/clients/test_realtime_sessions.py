"""A session's life: opened and confirmed, refused, renewed before its end, closed."""

import asyncio
import time

import pytest
from websockets.asyncio.server import serve

from intentional_nb.clients.base import ContinuousStreamModelClient, ModelClient
from intentional_nb.clients.realtime import RealtimeAPIClient
from intentional_nb.clients.voice_session import VoiceSession
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.errors import (
    ConfigError,
    ConnectError,
    GraphError,
    RefusedError,
    ReplyTimeoutError,
    SessionClosedError,
)
from intentional_nb.events import (
    ErrorOccurred,
    ModelConnected,
    ModelDisconnected,
    ReplyAudio,
    ReplyEnded,
    SessionReconnecting,
    TurnEnded,
    TurnStarted,
)
from intentional_nb.local.realtime.script import (
    VoiceStep,
    begin,
    calls,
    close,
    drop,
    error,
    pause,
    refuse_key,
    say,
    says,
    spoke,
    transcript,
)
from intentional_nb.local.server import LocalServer
from tests.clients.conftest import CONVERSATION, KEY
from tests.clients.spoken import Told
from tests.clients.test_faults import one_stage


def test_it_is_found_under_its_name():
    assert ModelClient.registered["openai_realtime"] is RealtimeAPIClient
    assert issubclass(RealtimeAPIClient, ContinuousStreamModelClient)


async def test_connecting_sends_the_settings_and_waits_until_they_are_confirmed(spoken):
    stage = spoken(voice="marin", speed=1.2, language="en", max_output_tokens=300, noise_reduction="near_field")

    await stage.client.connect()

    [connected] = stage.told.events
    assert (connected.model, connected.base_url) == ("gpt-realtime", stage.server.base_url)
    assert connected.session_id
    assert not connected.is_again
    assert stage.client.is_connected
    [update] = stage.script.sent("session.update")
    session = update["session"]
    assert session["audio"]["output"] == {
        "format": {"type": "audio/pcm", "rate": 24000},
        "voice": "marin",
        "speed": 1.2,
    }
    assert session["audio"]["input"]["noise_reduction"] == {"type": "near_field"}
    assert session["audio"]["input"]["transcription"]["language"] == "en"
    assert session["max_output_tokens"] == 300
    assert session["instructions"] == stage.client.system_prompt
    assert [tool["name"] for tool in session["tools"]] == list(stage.client.tools) == ["classify_response"]


async def test_connecting_twice_opens_one_session(spoken):
    stage = spoken()

    await asyncio.gather(stage.client.connect(), stage.client.connect())
    await stage.client.connect()

    assert stage.script.connections == 1


async def test_disconnecting_tells_and_is_harmless_when_there_is_nothing_to_close(spoken):
    stage = spoken()
    await stage.client.disconnect()
    assert stage.told.events == []
    await stage.client.connect()

    await stage.client.disconnect()
    await stage.client.disconnect()
    await stage.client.close()

    [gone] = stage.told.of(ModelDisconnected)
    assert (gone.reason, gone.close_code) == ("closed", 1000)
    assert not stage.client.is_connected


async def test_disconnecting_ends_the_turn_that_runs(spoken):
    stage = spoken([VoiceStep([begin(), pause(10_000)])])
    await stage.client.connect()
    await stage.client.send({"text_message": {"role": "user", "content": "hello"}})
    await stage.sent("response.create")

    await stage.client.disconnect()

    assert [event.type for event in stage.told.events[-3:]] == ["reply_ended", "turn_ended", "model_disconnected"]
    assert stage.told.of(ReplyEnded)[0].status == "cancelled"


async def test_stopping_while_much_is_unread_does_not_take_long(spoken):
    stage = spoken(say("word " * 2000))
    await stage.client.connect()
    await stage.client.send({"text_message": {"role": "user", "content": "hello"}})
    await stage.told.count(ReplyAudio)

    before = time.monotonic()
    await stage.client.disconnect()

    assert time.monotonic() - before < 5, "the library's own limit for a goodbye is twice that"


async def test_running_lasts_as_long_as_the_session(spoken):
    stage = spoken(say("Hi."))
    running = asyncio.create_task(stage.client.run())
    await stage.told.count(ModelConnected)
    await stage.say("hello")
    assert not running.done()

    await stage.client.disconnect()

    await asyncio.wait_for(running, 20)


async def test_a_conversation_goes_on_in_another_session(spoken):
    stage = spoken(say("Hi."), VoiceStep(say("Again."), expect=says("back")))
    await stage.client.connect()
    await stage.say("hello")
    await stage.client.disconnect()

    await stage.client.connect()
    await stage.say("back")

    assert [event.is_again for event in stage.told.of(ModelConnected)] == [False, True]
    assert [text for _, text in stage.said_to_model] == ["hello", "Hi.", "back", "Again."]
    assert stage.client.turn == 2


async def test_a_wrong_key_is_refused_in_the_servers_words():
    told = Told()
    with LocalServer(api_key=KEY) as server:
        config = {"name": "local-realtime", "base_url": server.base_url}
        client = RealtimeAPIClient(told, IntentRouter(CONVERSATION), config, api_key="sk-wrong-wrong-wrong")
        with pytest.raises(RefusedError) as refused:
            await client.connect()
        await client.close()

    assert refused.value.status == 401
    assert "sk-wrong" not in f"{refused.value} {told.events} {client!r}"
    [event] = told.of(ErrorOccurred)
    assert event.error == str(refused.value)


async def test_a_key_that_is_refused_on_the_open_connection_is_told_too(spoken):
    stage = spoken(VoiceStep(refuse_key(), on="connect"), say("Hi."))

    with pytest.raises(RefusedError, match="Incorrect API key") as refused:
        await stage.client.connect()

    assert refused.value.code == "invalid_api_key"
    assert not stage.told.of(ModelConnected)
    await stage.client.connect()
    await stage.say("hello")
    assert [event.is_again for event in stage.told.of(ModelConnected)] == [False]


async def test_a_model_that_the_server_does_not_have_is_named():
    with LocalServer(api_key=KEY) as server:
        config = {"name": "gpt-realtime-nope", "base_url": server.base_url}
        client = RealtimeAPIClient(None, IntentRouter(CONVERSATION), config, api_key=KEY)
        with pytest.raises(RefusedError, match="gpt-realtime-nope") as refused:
            await client.connect()

    assert refused.value.code == "invalid_model"


async def test_a_setting_that_the_server_does_not_take_is_named(spoken):
    stage = spoken(temperature=0.5)

    with pytest.raises(RefusedError, match="temperature"):
        await stage.client.connect()

    assert not stage.client.is_connected


ENDINGS = {
    "a drop": (drop(), SessionClosedError, "the connection broke"),
    "a close": (close(1013, "busy"), SessionClosedError, "busy"),
    "an error and a close": ([error("maintenance", code="down"), close(1013)], RefusedError, "maintenance"),
    "an error that is fatal": ([error("no money", code="insufficient_quota"), pause(5000)], RefusedError, "no money"),
}


@pytest.mark.parametrize(("ending", "kind", "words"), ENDINGS.values(), ids=ENDINGS.keys())
async def test_a_session_that_ends_before_it_is_open_says_why(spoken, ending, kind, words):
    stage = spoken(VoiceStep(ending, on="connect"))

    with pytest.raises(kind, match=words):
        await stage.client.connect()

    assert not stage.client.is_connected
    assert not stage.told.of(SessionReconnecting), "nobody waits for what never was"


async def test_a_session_that_is_never_confirmed_is_given_up():
    async def swallow(connection):
        async for _ in connection:
            pass

    async with serve(swallow, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/v1"
        config = {"name": "gpt-realtime", "base_url": url, "timeout": 0.1}
        client = RealtimeAPIClient(None, IntentRouter(CONVERSATION), config, api_key=KEY)
        with pytest.raises(ReplyTimeoutError, match="did not open the session"):
            await client.connect()


async def test_a_session_that_is_still_being_opened_can_be_closed_at_once():
    came = asyncio.Event()

    async def swallow(socket):
        came.set()
        await socket.wait_closed()

    async with serve(swallow, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/v1"
        told = Told()
        config = {"name": "gpt-realtime", "base_url": url}
        client = RealtimeAPIClient(told, IntentRouter(CONVERSATION), config, api_key=KEY)
        connecting = asyncio.create_task(client.connect())
        await came.wait()

        await asyncio.gather(client.disconnect(), client.disconnect())

        with pytest.raises(SessionClosedError, match="while it was being opened"):
            await connecting
        assert (client.is_connected, told.events) == (False, [])


async def test_closing_goes_to_its_end_though_nobody_waits_for_it(spoken):
    stage = spoken(say("Hi."))
    await stage.client.connect()
    closing = asyncio.create_task(stage.client.disconnect())
    await asyncio.sleep(0)
    closing.cancel()

    await stage.told.count(ModelDisconnected)
    assert not stage.client.is_connected
    await stage.client.connect()
    await stage.say("hello")
    assert [event.text for event in stage.told.of(ReplyEnded)] == ["Hi."]


async def test_nobody_there_is_explained():
    config = {"name": "gpt-realtime", "base_url": "http://127.0.0.1:9/v1"}
    client = RealtimeAPIClient(None, IntentRouter(CONVERSATION), config, api_key=KEY)

    with pytest.raises(ConnectError, match="is the address right"):
        await client.connect()


async def test_a_session_that_expires_in_the_midst_of_a_turn_is_replaced(spoken):
    stage = spoken(
        VoiceStep([begin(), pause(5000)]),
        VoiceStep(say("Hi."), expect=says("hello")),
        server={"session_limit_s": 1},
    )
    await stage.client.connect()

    await stage.say("hello")

    assert stage.told.of(SessionReconnecting)[0].close_code == 1001
    assert stage.told.of(ReplyEnded)[0].text == "Hi."


async def test_a_renewal_waits_for_the_turn_to_end(spoken, monkeypatch):
    monkeypatch.setattr("intentional_nb.clients.session_keeper.LOOK_AGAIN_S", 0.05)
    stage = spoken(
        VoiceStep([begin(), pause(300), say("Hi.")]),
        VoiceStep(say("Yes."), expect=says("still there?")),
    )
    await stage.client.connect()

    saying = asyncio.create_task(stage.say("hello"))
    await stage.told.count(TurnStarted)
    stage.client._keeper._renew()
    await saying
    await stage.told.count(ModelConnected, 2)
    await stage.say("still there?")

    types = [event.type for event in stage.told.events]
    assert types.index("turn_ended") < types.index("session_reconnecting")
    again = stage.told.of(SessionReconnecting)[0]
    assert (again.attempt, again.wait_s, "longest time" in again.reason) == (1, 0.0, True)
    assert [event.status for event in stage.told.of(TurnEnded)] == ["completed", "completed"]
    assert not stage.told.of(ErrorOccurred)


async def test_a_session_in_which_nothing_is_said_is_closed_and_the_next_one_goes_on(spoken):
    stage = spoken(say("Hi."), VoiceStep(say("Again."), expect=says("back")), close_after=0.3)
    running = asyncio.create_task(stage.client.run())
    await stage.told.count(ModelConnected)
    await stage.say("hello")

    [closed] = await stage.told.count(ModelDisconnected)
    with pytest.raises(SessionClosedError, match="call connect"):
        await stage.client.send({"text_message": {"role": "user", "content": "too late"}})
    await asyncio.wait_for(running, 20)
    await stage.client.connect()
    await stage.say("back")

    assert (closed.reason, closed.close_code, closed.is_unused) == ("nothing was said for 0.3 seconds", 1000, True)
    assert not stage.told.of(SessionReconnecting)
    assert not stage.told.of(ErrorOccurred)
    assert [text for _, text in stage.said_to_model] == ["hello", "Hi.", "back", "Again."]


async def test_a_session_is_open_as_long_as_a_turn_takes_or_audio_comes(spoken):
    stage = spoken(VoiceStep([begin(), pause(600), say("Hi.")]), close_after=0.1)
    await stage.client.connect()

    await stage.say("hello")
    is_streaming = asyncio.create_task(_stream_silence(stage.client))
    await stage.holds(lambda: stage.client.input_ms > 100)  # a piece of 1 ms every 2 ms

    assert stage.client.is_connected
    is_streaming.cancel()
    assert await stage.told.count(ModelDisconnected)


async def test_a_server_that_never_tells_what_was_said_keeps_no_session_open(spoken):
    stage = spoken(VoiceStep(say("Hi."), expect=spoke()))
    await stage.client.connect()

    await stage.speak()
    await stage.turn_over(1)

    conductor = stage.client._conductor
    assert (bool(conductor.listening.words.pending()), conductor.is_idle) == (True, False)
    assert conductor.use is not None


async def _stream_silence(client):
    while True:
        await client.send({"audio_stream": bytes(96)})
        await asyncio.sleep(0.002)


async def test_sessions_that_hardly_live_are_not_renewed_for_ever(spoken, monkeypatch):
    monkeypatch.setattr("intentional_nb.clients.session_keeper.RENEW_SHARE", 0.01)
    stage = spoken(server={"session_limit_s": 3}, max_retries=3)
    await stage.client.connect()

    with pytest.raises(SessionClosedError, match="in 3 tries"):
        await asyncio.wait_for(stage.client.run(), 20)


async def test_going_back_takes_turns_out_of_what_the_model_knows(spoken):
    stage = spoken(say("One."), say("Two."), VoiceStep([transcript("three"), say("Three.")]), say("Four."))
    await stage.client.connect()
    await stage.say("one")
    await stage.say("two")
    mark = stage.client.mark()
    await stage.speak()
    await stage.turn_over(3)

    await stage.client.go_back(mark)
    assert [text for _, text in stage.said_to_model] == ["one", "One."]
    await stage.say("four")

    await stage.holds(lambda: [text for _, text in stage.said_to_model] == ["one", "One.", "four", "Four."])
    await stage.client.go_back()
    await stage.holds(lambda: stage.said_to_model == [])
    assert not stage.told.of(ErrorOccurred)


async def test_going_back_over_the_end_of_a_conversation_brings_it_back(spoken):
    stage = spoken(
        say("One."),
        calls(("classify_response", {"outcome": "done"})),
        VoiceStep([say("Bye."), calls(("end_conversation", {}))]),
        say("Hello again."),
        conversation=one_stage(),
    )
    await stage.client.connect()
    await stage.say("one")
    await stage.say("done")
    await stage.say("hello")
    assert [text for _, text in stage.said_to_model] == ["hello", "Hello again."]

    await stage.client.go_back(2)

    assert [text for _, text in stage.said_to_model] == ["one", "One."]
    assert not stage.told.of(ErrorOccurred)


async def test_a_turn_that_runs_is_stopped_by_going_back(spoken):
    stage = spoken(VoiceStep([begin(), pause(10_000)]), say("Hi."))
    await stage.client.connect()
    await stage.client.send({"text_message": {"role": "user", "content": "hello"}})
    await stage.sent("response.create")

    await stage.client.go_back()
    await stage.say("again")

    assert [event.status for event in stage.told.of(ReplyEnded)] == ["cancelled", "completed"]
    assert stage.said_to_model == [("user", "again"), ("assistant", "Hi.")]


def test_a_chat_model_is_refused_with_the_right_client(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    with pytest.raises(ConfigError, match=r"client: openai' \(ChatCompletionAPIClient\)"):
        RealtimeAPIClient(None, IntentRouter(CONVERSATION), {"name": "gpt-6-luna"})


async def test_a_session_that_cannot_be_brought_up_to_date_while_it_is_opened_is_hung_up(spoken, monkeypatch):
    stage = spoken(say("Hi."))
    keeper, hung_up = stage.client._keeper, []
    open_session, close_session = VoiceSession.open, VoiceSession.close

    async def open_while_another_choice_is_made(session, settings):
        await open_session(session, settings)
        if not hung_up:
            keeper.settings = keeper.settings.with_turn_detection("none")
            monkeypatch.setattr(session, "update", refuse)

    async def refuse(settings):
        raise RefusedError("no other turn detection")

    async def close(session):
        hung_up.append(session)
        await close_session(session)

    monkeypatch.setattr(VoiceSession, "open", open_while_another_choice_is_made)
    monkeypatch.setattr(VoiceSession, "close", close)
    with pytest.raises(RefusedError, match="no other turn detection"):
        await stage.client.connect()

    assert len(hung_up) == 1
    assert not stage.client.is_connected
    await stage.client.connect()
    await stage.say("hello")
    assert [event.text for event in stage.told.of(ReplyEnded)] == ["Hi."]


async def test_a_mistake_of_ours_that_ends_a_session_is_told_to_whoever_waits_for_it(spoken, monkeypatch):
    stage = spoken(VoiceStep([begin(), drop()]))
    await stage.client.connect()
    monkeypatch.setattr(stage.client._keeper._patience, "lasted", lambda seconds: 1 / 0)
    running = asyncio.create_task(stage.client.run())

    await stage.client.send({"text_message": {"role": "user", "content": "hello"}})

    with pytest.raises(SessionClosedError, match="given up: ZeroDivisionError"):
        await running
    await stage.told.count(ModelDisconnected)
    assert not stage.client.is_connected
    assert [event.status for event in stage.told.of(TurnEnded)] == ["failed"]


async def test_a_change_that_fails_when_the_server_has_agreed_belongs_to_who_wanted_it(spoken):
    stage = spoken(say("Hi."))
    await stage.client.connect()
    before = stage.client.system_prompt

    def change():
        raise GraphError(["not this graph"])

    other = {**CONVERSATION, "background": "You work in a library."}
    with pytest.raises(GraphError, match="not this graph"):
        await stage.client.go_on_in(IntentRouter(other), change)

    await stage.holds(lambda: len(stage.script.sent("session.update")) == 3)
    asked = [update["session"]["instructions"] for update in stage.script.sent("session.update")]
    assert "library" in asked[1]
    assert (asked[0], asked[2]) == (before, before)
    await stage.say("hello")
    assert stage.client.system_prompt == before
