from __future__ import annotations

import socket
import threading

import pytest

from intentional_nb.errors import ScriptError, ServerError
from intentional_nb.local.realtime.script import VoiceScript, say
from intentional_nb.local.script import Script, stalled, text
from intentional_nb.local.server import LocalServer
from tests.local.asking import address, ask, chat, open_chat, read_until_broken


def scripted(**options) -> LocalServer:
    return LocalServer(Script(text("Hi"), strict=False), **options)


def threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("intentional-local-server")}


def test_a_started_server_has_an_address_and_a_key_and_answers():
    server = scripted().start()
    try:
        assert server.base_url.startswith("http://127.0.0.1:")
        assert server.base_url.endswith("/v1")
        assert len(server.api_key) > 20
        assert ask(server, chat()).status == 200
    finally:
        server.close()


def test_each_server_makes_up_a_key_of_its_own_unless_given_one():
    assert LocalServer().api_key != LocalServer().api_key
    with scripted(api_key="open sesame") as server:
        assert server.api_key == "open sesame"
        assert ask(server, chat()).status == 200


@pytest.mark.parametrize("key", ["", " "])
def test_an_empty_key_is_refused(key):
    with pytest.raises(ServerError, match="a key that is not empty"):
        LocalServer(api_key=key)


def test_the_key_shows_in_no_description():
    with scripted(api_key="open-sesame") as server:
        running = repr(server)

    assert running == f"<LocalServer {running[13:-1]}>"
    assert repr(server) == "<LocalServer, not running>"
    assert "sesame" not in running


@pytest.mark.parametrize("name", ["base_url", "notice", "realtime_url", "voice_notice"])
def test_a_server_that_does_not_run_says_how_to_start_it(name):
    with pytest.raises(ServerError, match=r"does not run; call start\(\)"):
        getattr(LocalServer(), name)


def test_starting_twice_is_starting_once():
    with scripted() as server:
        address = server.base_url

        assert server.start() is server
        assert server.base_url == address


def test_a_closed_server_answers_nobody_and_leaves_no_thread():
    before = threads()
    server = scripted().start()
    listened = address(server)
    assert threads() > before

    server.close()
    server.close()

    assert threads() == before
    assert server.active_replies == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(listened)


def test_a_closed_server_can_start_again():
    server = scripted()
    with server:
        pass

    with server:
        assert ask(server, chat()).status == 200


def test_closing_breaks_off_what_is_being_said():
    server = LocalServer(Script(stalled(after="Hel"), text(["word "] * 100_000, pace_ms=1))).start()
    replies = [open_chat(server, stream=True)[1] for _ in range(2)]
    begun = [reply.read1() for reply in replies]

    server.close()

    assert all(begun)
    for reply in replies:
        read_until_broken(reply)


def test_several_servers_run_side_by_side():
    with LocalServer(Script(text("one"))) as one, LocalServer(Script(text("two"))) as two:
        said = [ask(server, chat()).frame["choices"][0]["message"]["content"] for server in (two, one)]

        assert said == ["two", "one"]
        assert one.base_url != two.base_url
        assert ask(one, chat(), headers={"authorization": f"Bearer {two.api_key}"}).status == 401


def test_a_port_that_is_taken_is_named():
    with scripted() as server:
        port = address(server)[1]
        other = scripted(port=port)

        with pytest.raises(ServerError, match=rf"^port {port} of 127\.0\.0\.1 is taken by another program"):
            other.start()

    with other.start():
        assert other.base_url == f"http://127.0.0.1:{port}/v1"


def test_a_port_that_cannot_be_is_refused_and_leaves_no_thread():
    before = threads()

    with pytest.raises(ServerError, match="cannot listen on port 99999"):
        scripted(port=99_999).start()

    assert threads() == before


def test_leaving_the_block_checks_the_script():
    with pytest.raises(ScriptError, match="1 of 1 steps not used"), LocalServer(Script(text("Hi"))):
        pass


def test_leaving_the_block_with_an_error_keeps_that_error():
    with pytest.raises(ZeroDivisionError), LocalServer(Script(text("Hi"))):
        raise ZeroDivisionError


def test_closing_does_not_check_the_script():
    script = Script(text("Hi"))
    server = LocalServer(script).start()

    server.close()

    assert len(script.remaining) == 1


def test_a_scripted_server_lacks_nothing():
    with scripted() as server:
        assert server.notice is None
    with LocalServer(VoiceScript()) as server:
        assert server.voice_notice is None


def test_spoken_sessions_have_an_address_beside_the_others():
    with LocalServer(VoiceScript()) as server:
        assert server.realtime_url == f"ws{server.base_url[4:]}/realtime?model=local-realtime"
        assert server.active_sessions == 0
    assert server.active_sessions == 0


def test_leaving_the_block_checks_both_scripts():
    with (
        pytest.raises(ScriptError, match="on a response -> say 'Hi'"),
        LocalServer(Script(), voice_script=VoiceScript(say("Hi"))),
    ):
        pass
