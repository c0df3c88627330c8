"""From a conversation file, a dict or a graph to a bot that can be talked to."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterable, Mapping
from typing import Any

from intentional_nb.bots import runtime
from intentional_nb.bots.direct import DirectToLLMBotStructure
from intentional_nb.bots.local_model import LOCAL_MODEL, local_server
from intentional_nb.bots.structure import BotStructure
from intentional_nb.conversation.loading import read_config
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.errors import ConfigError
from intentional_nb.events import Notice
from intentional_nb.tools.tool import Tool

__all__ = ["load_bot"]

DEFAULT_MODEL = "gpt-6-luna"
"""The model asked when a key is set and nobody names one."""


def load_bot(
    source: Any,
    *,
    client: str | None = None,
    model: str | None = None,
    base_url: str | None = None,
    api_key_name: str | None = None,
    tools: Iterable[Tool] = (),
    **options: Any,
) -> BotStructure:
    """Make a bot from a conversation.

    Which model it talks to: what the arguments say, else the file's ``bot.llm`` section; where neither says anything,
    OpenAI when the environment variable ``OPENAI_API_KEY`` holds a key, and the local model when it does not. The
    local model needs no key and no network; a notice says when it is used.

    Args:
        source: Path of a YAML file, YAML text, a dict, a graph, or the builder `Conversation`.
        client: ``local`` or ``openai``.
        model: The model's name.
        base_url: Address of a server that speaks Chat Completions, ending in ``/v1`` for most.
        api_key_name: Environment variable that holds the key.
        tools: Tools that the stages name, besides the registered ones.
        **options: More entries of the ``llm`` section, such as ``timeout`` or ``temperature``.

    Raises:
        GraphError: The conversation cannot be used; lists everything that is wrong with it.
        ConfigError: The bot's settings cannot be used; says which.
        ServerError: The local model could not start.
    """
    config = read_config(source)
    notices = _import_plugins(config.plugins)
    given = {"client": client, "name": model, "base_url": base_url, "api_key_name": api_key_name, **options}
    llm = {**config.bot.get("llm", {}), **{key: value for key, value in given.items() if value is not None}}
    if client is not None and client != config.bot.get("llm", {}).get("client"):
        # Another client than the file's: the file's model and address are not meant for it.
        llm = {key: value for key, value in given.items() if value is not None}
    router = IntentRouter(config.graph, tools=tuple(tools))
    bot = _make_bot(config.bot.get("type") or DirectToLLMBotStructure.name, config.bot, llm, router, notices)
    for text in notices:
        bot.emit(Notice(text=text))
    return bot


def _make_bot(
    kind: str, config: Mapping[str, Any], llm: dict[str, Any], router: IntentRouter, notices: list[str]
) -> BotStructure:
    if kind != DirectToLLMBotStructure.name:
        known = DirectToLLMBotStructure.name
        raise ConfigError(f"unknown bot type {kind!r}; there is {known!r}", field="bot.type", value=kind)
    client = llm.pop("client", None) or _default_client(llm)
    if client == "local":
        return _local_bot(config, llm, router, notices)
    if client != "openai":
        raise ConfigError(
            f"unknown client {client!r}; there are 'local' and 'openai'", field="bot.llm.client", value=client
        )
    if "name" not in llm and not llm.get("base_url"):
        llm["name"] = DEFAULT_MODEL
        notices.append(f"No model is named: asking OpenAI's {DEFAULT_MODEL!r} with your key.")
    bot = DirectToLLMBotStructure({**config, "llm": {"client": client, **llm}}, router)
    runtime.submit(bot.llm.warm_up())
    return bot


def _default_client(llm: Mapping[str, Any]) -> str:
    """The client when nobody names one: OpenAI's when anything points to it."""
    asks = any(llm.get(key) for key in ("name", "base_url", "api_key_name"))
    return "openai" if asks or os.environ.get("OPENAI_API_KEY", "").strip() else "local"


def _local_bot(
    config: Mapping[str, Any], llm: dict[str, Any], router: IntentRouter, notices: list[str]
) -> BotStructure:
    server = local_server()
    notices.append("Using the local model: it needs no key and no network, and is no match for a real one.")
    if server.notice:
        notices.append(server.notice)
    settings = {**llm, "client": "local", "name": LOCAL_MODEL, "base_url": server.base_url}
    bot = DirectToLLMBotStructure({**config, "llm": settings}, router, api_key=server.api_key)
    runtime.submit(bot.llm.warm_up())
    return bot


def _import_plugins(names: Iterable[str]) -> list[str]:
    """Import what the file lists under ``plugins``; a missing one is only told, since often nothing needs it."""
    notices = []
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as error:
            notices.append(f"Plugin {name!r} cannot be imported ({error}); going on without it.")
    return notices
