from __future__ import annotations

import asyncio

import pytest
from websockets.exceptions import InvalidStatus

from intentional_nb.local.realtime import session
from intentional_nb.local.realtime.endpoint import MESSAGE_LIMIT_BYTES
from intentional_nb.local.realtime.script import VoiceScript, say, stays_open
from intentional_nb.local.script import Script, text
from intentional_nb.local.server import LocalServer
from tests.local.asking import ask, eventually
from tests.local.realtime.talking import talk, words_of


@pytest.fixture
def server():
    with LocalServer(VoiceScript([say("Hi.")] * 20, strict=False)) as server:
        yield server


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"authorization": "Bearer wrong"}, 401),
        ({"sec-websocket-protocol": "realtime, openai-insecure-api-key.wrong"}, 401),
        ({"origin": "https://evil.example"}, 403),
    ],
)
async def test_strangers_are_turned_away_before_the_connection_opens(server, headers, status):
    key = {} if status == 401 else {"authorization": f"Bearer {server.api_key}"}
    with pytest.raises(InvalidStatus) as refused:
        async with talk(server, headers=key | headers):
            pass

    assert refused.value.response.status_code == status
    assert server.active_sessions == 0


async def test_a_browser_may_put_the_key_among_its_protocols(server):
    offered = ["realtime", f"openai-insecure-api-key.{server.api_key}"]

    async with talk(server, headers={}, subprotocols=offered) as client:
        assert client.socket.subprotocol == "realtime"
        await client.say("hello")
        assert words_of(await client.until("response.done")) == "Hi."


async def test_a_page_of_this_machine_is_let_in(server):
    origin = server.base_url.removesuffix("/v1")

    async with talk(server, origin=origin):
        assert server.active_sessions == 1


@pytest.mark.parametrize(
    ("model", "headers", "code"),
    [
        ("local-realtime", {"openai-beta": "realtime=v1"}, "beta_api_shape_disabled"),
        (None, {}, "missing_model"),
        ("gpt-nope", {}, "invalid_model"),
    ],
)
async def test_a_session_that_cannot_be_is_told_why_and_closed(model, headers, code):
    with LocalServer(pace_ms=0) as server:
        sent = {"authorization": f"Bearer {server.api_key}", **headers}
        async with talk(server, model, headers=sent, greeted=False) as client:
            closed = await client.closed()

    assert [frame["error"]["code"] for frame in client.frames] == [code]
    assert closed == (4000, f"invalid_request_error.{code}")


@pytest.mark.parametrize("script", [VoiceScript(strict=False), Script(strict=False)], ids=["voice", "chat"])
async def test_a_script_takes_the_name_that_the_code_under_test_uses(script):
    with LocalServer(script) as server:
        async with talk(server, "gpt-realtime-2.1", greeted=False) as client:
            created = await client.find("session.created")

    assert created["session"]["model"] == "gpt-realtime-2.1"


def test_whoever_asks_in_http_is_told_how_to_ask(server):
    answer = ask(server, method="GET", path="/v1/realtime?model=local-realtime")

    assert answer.status == 426
    assert answer.error["code"] == "upgrade_required"
    assert "ws://" in answer.error["message"]


async def test_nothing_is_compressed_even_for_those_who_offer_it(server):
    async with talk(server, compression="deflate") as client:
        assert client.socket.response.headers.get("sec-websocket-extensions") is None


async def test_a_message_of_64_mebibytes_is_taken_and_refused_in_words(server):
    async with talk(server) as client:
        await client.send("input_audio_buffer.append", audio="A" * (64 * 1024 * 1024))
        error = (await client.next())["error"]

    assert MESSAGE_LIMIT_BYTES > 64 * 1024 * 1024
    assert error["code"] == "string_above_max_length"


async def test_sessions_are_held_side_by_side():
    with LocalServer(VoiceScript(stays_open(), say("Hi."), strict=False)) as server:
        async with talk(server) as one, talk(server) as other:
            await one.say("hello")
            await one.find("response.created")
            await other.say("hello")
            assert words_of(await other.until("response.done")) == "Hi."
            assert server.active_sessions == 2

        assert eventually(lambda: server.active_sessions == 0)


async def test_a_session_ends_when_its_time_is_over():
    with LocalServer(VoiceScript(), session_limit_s=0.3) as server:
        async with talk(server) as client:
            closed = await client.closed()

    assert closed == (1001, "Your session hit the maximum duration of 1 minutes.")


async def test_a_server_that_closes_ends_its_sessions():
    server = LocalServer(VoiceScript(stays_open())).start()
    async with talk(server) as client:
        await client.say("hello")
        await client.find("response.created")

        await asyncio.get_running_loop().run_in_executor(None, server.close)

        assert await client.closed() == (1001, "the local model server is closing")


async def test_a_server_that_closes_waits_for_nobody_who_does_not_listen():
    server = LocalServer(VoiceScript(say("word " * 5000))).start()
    async with talk(server, max_queue=1) as client:
        await client.say("hello")
        await client.find("response.output_audio.delta")

        await asyncio.get_running_loop().run_in_executor(None, server.close)

        assert server.active_sessions == 0


async def test_time_is_over_also_for_those_who_do_not_listen(monkeypatch):
    monkeypatch.setattr(session, "_LAST_WORD_S", 0.1)
    with LocalServer(VoiceScript(say("word " * 5000)), session_limit_s=2.0) as server:
        async with talk(server, max_queue=1) as client:
            await client.say("hello")
            await client.find("response.output_audio.delta")

            assert await asyncio.get_running_loop().run_in_executor(
                None, eventually, lambda: not server.active_sessions
            )


async def test_a_client_that_vanishes_ends_its_session_and_what_was_said(server):
    with LocalServer(VoiceScript(say("word " * 2000, times_real_time=1.0))) as server:
        async with talk(server) as client:
            await client.say("hello")
            await client.find("response.output_audio.delta")
            client.socket.transport.abort()

        assert eventually(lambda: server.active_sessions == 0)


async def test_both_endpoints_may_have_a_script_each():
    with LocalServer(Script(text("In writing.")), voice_script=VoiceScript(say("Aloud."))) as server:
        async with talk(server) as client:
            await client.say("hello")
            said = words_of(await client.until("response.done"))
        written = ask(server, {"model": "m", "messages": [{"role": "user", "content": "hello"}]})

    assert said == "Aloud."
    assert written.frame["choices"][0]["message"]["content"] == "In writing."


def test_where_speech_alone_is_scripted_nobody_is_asked_in_writing(server):
    answer = ask(server, {"model": "m", "messages": [{"role": "user", "content": "hello"}]})

    assert answer.error["code"] == "unexpected_request"


async def test_an_error_of_ours_ends_the_session_with_a_word(monkeypatch, caplog):
    from intentional_nb.local.realtime.scripted import ScriptedVoice

    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(ScriptedVoice, "obeyed", broken)
    with LocalServer(VoiceScript()) as server:
        async with talk(server) as client:
            await client.send("input_audio_buffer.clear")
            closed = await client.closed()

    assert closed == (1011, "the local voice had an error")
    assert "a spoken session broke off" in caplog.text


async def test_frames_that_are_not_text_are_refused_and_the_session_goes_on(server):
    async with talk(server) as client:
        await client.socket.send(b"\0\1")
        error = (await client.next())["error"]
        await client.send("input_audio_buffer.clear")
        cleared = await client.next()

    assert error["message"] == "Expected a text WebSocket message; binary frames are not supported."
    assert cleared["type"] == "input_audio_buffer.cleared"
