"""Bots in front of scripted models."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from intentional_nb.bots.direct import DirectToLLMBotStructure
from intentional_nb.bots.voice import VoiceBotStructure
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.local.realtime.script import VoiceScript
from intentional_nb.local.script import Script
from intentional_nb.local.server import LocalServer
from tests.clients.conftest import CONVERSATION


@pytest.fixture
def scripted() -> Iterator[Any]:
    """Make a bot for a script; at the end every step must have been used."""
    with contextlib.ExitStack() as stack:

        def make(*steps: Any, conversation: Any = None, tools: Any = (), **llm: Any) -> DirectToLLMBotStructure:
            server = stack.enter_context(LocalServer(Script(*steps)))
            config = {"llm": {"name": "local-chat", "base_url": server.base_url, **llm}}
            router = IntentRouter(conversation or CONVERSATION, tools=tools)
            return stack.enter_context(DirectToLLMBotStructure(config, router, api_key=server.api_key))

        yield make


@pytest.fixture
def speaking(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Make a bot that speaks for a script; at the end every step must have been used."""
    monkeypatch.setattr("intentional_nb.clients.patience.FIRST_WAIT_S", 0.02)
    with contextlib.ExitStack() as stack:

        def make(
            *steps: Any, conversation: Any = None, tools: Any = (), script: Any = None, **llm: Any
        ) -> VoiceBotStructure:
            written = VoiceScript(*steps, **(script or {}))
            make.scripts.append(written)  # type: ignore[attr-defined]
            server = stack.enter_context(LocalServer(written, times_real_time=None))
            config = {"llm": {"name": "local-realtime", "base_url": server.base_url, **llm}}
            router = IntentRouter(conversation or CONVERSATION, tools=tools)
            return stack.enter_context(VoiceBotStructure(config, router, api_key=server.api_key))

        make.scripts = []  # type: ignore[attr-defined]
        yield make
