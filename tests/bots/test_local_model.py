from __future__ import annotations

import threading

import pytest

from intentional_nb.bots import local_model
from intentional_nb.local import speech
from intentional_nb.local.server import LocalServer
from tests.local.asking import eventually


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch):
    with LocalServer() as server:
        monkeypatch.setattr(local_model, "_server", server)
        yield server


def test_the_local_voice_is_loading_until_it_can_hear(server, monkeypatch):
    may_go_on = threading.Event()
    monkeypatch.setattr(speech, "is_installed", lambda: True)
    monkeypatch.setattr(speech, "notice", lambda: None)
    monkeypatch.setattr(speech, "load", lambda on_progress: may_go_on.wait(20))
    url = server.base_url

    assert not local_model.voice_is_loading(url)
    server.prepare_voice()
    assert local_model.voice_is_loading(url)
    assert local_model.voice_notice(url) == "the local voice is being made ready"
    assert not local_model.voice_is_loading("http://127.0.0.1:1/v1")

    may_go_on.set()
    assert eventually(lambda: not local_model.voice_is_loading(url))


def test_a_voice_that_is_not_installed_is_not_waited_for(server, monkeypatch):
    monkeypatch.setattr(speech, "is_installed", lambda: False)
    monkeypatch.setattr(speech, "notice", lambda: "nothing is there")
    server.prepare_voice()

    assert not local_model.voice_is_loading(server.base_url)
    assert local_model.voice_notice(server.base_url) == "nothing is there"


def test_a_server_that_was_closed_has_no_voice(server):
    url = server.base_url
    server.close()

    assert not local_model.voice_is_loading(url)
    assert local_model.voice_notice(url) is None
