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
from intentional_nb.clients.chat_completion import ChatCompletionAPIClient
from intentional_nb.clients.settings import SUGGESTED_MODEL
from intentional_nb.conversation.loading import read_config
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.errors import ConfigError
from intentional_nb.events import Notice
from intentional_nb.tools.tool import Tool

__all__ = ["load_bot"]


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
    local model needs no key and no network. Where nobody asked for either, a printed sentence says which it is.

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
    llm = _decided(_merged(config.bot.get("llm") or {}, given), notices)
    router = IntentRouter(config.graph, tools=tuple(tools))
    bot = _made({**config.bot, "llm": llm}, router, notices)
    for text in notices:
        bot.emit(Notice(text=text))
        # In the foreground, while the cell runs that asked: nobody listens to the bot's events yet.
        print(text)  # noqa: T201
    return bot


def _merged(file: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The ``llm`` section: what the call gives wins over the file."""
    said = {key: value for key, value in given.items() if value is not None}
    if said.get("client", file.get("client")) != file.get("client"):
        return said  # the file's model and address are not meant for another client
    return {**file, **said}


def _decided(llm: dict[str, Any], notices: list[str]) -> dict[str, Any]:
    """The section with a client: where nobody names one, OpenAI's when anything points to it, else the local one."""
    if llm.get("client"):
        return llm
    if any(llm.get(key) for key in ("name", "base_url", "api_key_name")):
        return {**llm, "client": "openai"}
    if os.environ.get("OPENAI_API_KEY", "").strip():
        notices.append(f"No model is named: asking OpenAI's {SUGGESTED_MODEL!r} with the key in OPENAI_API_KEY.")
        return {**llm, "client": "openai", "name": SUGGESTED_MODEL}
    notices.append("No model is named and no key is set: using the local model, which needs neither.")
    return {**llm, "client": "local"}


def _made(config: Mapping[str, Any], router: IntentRouter, notices: list[str]) -> BotStructure:
    kind, client = config.get("type") or DirectToLLMBotStructure.name, config["llm"]["client"]
    if kind != DirectToLLMBotStructure.name:
        known = DirectToLLMBotStructure.name
        raise ConfigError(f"unknown bot type {kind!r}; there is {known!r}", field="bot.type", value=kind)
    if client == "local":
        server = local_server()
        notices += [server.notice] if server.notice else []
        llm = {**config["llm"], "name": LOCAL_MODEL, "base_url": server.base_url}
        bot = DirectToLLMBotStructure({**config, "llm": llm}, router, api_key=server.api_key)
    elif client == ChatCompletionAPIClient.name:
        bot = DirectToLLMBotStructure(config, router)
    else:
        known = f"'local' and {ChatCompletionAPIClient.name!r}"
        raise ConfigError(f"unknown client {client!r}; there are {known}", field="bot.llm.client", value=client)
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
