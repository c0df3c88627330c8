"""From a conversation file, a dict or a graph to a bot that can be talked to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from intentional_nb.bots import runtime
from intentional_nb.bots.choosing import Choice, choose
from intentional_nb.bots.direct import DirectToLLMBotStructure
from intentional_nb.bots.local_model import LOCAL_MODEL, LOCAL_VOICE_MODEL, local_server
from intentional_nb.bots.plugins import import_plugins
from intentional_nb.bots.structure import BotStructure
from intentional_nb.conversation.loading import read_config
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.errors import ConfigError
from intentional_nb.events import Notice
from intentional_nb.tools.tool import Tool

if TYPE_CHECKING:
    from intentional_nb.bots.voice import VoiceBotStructure

__all__ = ["load_bot", "make_bot"]


def load_bot(
    source: Any,
    *,
    client: str | None = None,
    model: str | None = None,
    modality: str | None = None,
    base_url: str | None = None,
    api_key_name: str | None = None,
    tools: Iterable[Tool] = (),
    **options: Any,
) -> BotStructure:
    """Make a bot from a conversation.

    Which model it talks to: what the arguments say, else the file's ``bot.llm`` section; where neither says anything,
    OpenAI when the environment variable ``OPENAI_API_KEY`` holds a key, and the local model when it does not. The
    local model needs no key and no network. Where nobody asked for either, a printed sentence says which it is.

    It is a bot to speak with, a `VoiceBotStructure`, when ``modality`` is ``audio_stream`` in the file or here, or when
    the client is ``openai_realtime``.

    Args:
        source: Path of a YAML file, YAML text, a dict, a graph, or the builder `Conversation`.
        client: ``local``, ``openai`` or ``openai_realtime``.
        model: The model's name.
        modality: ``text_messages`` or ``audio_stream``, whatever the file says.
        base_url: Address of a server that speaks Chat Completions or Realtime, ending in ``/v1`` for most.
        api_key_name: Environment variable that holds the key.
        tools: Tools that the stages name, besides the registered ones.
        **options: More entries of the ``llm`` section, such as ``timeout``, ``temperature`` or ``voice``.

    Raises:
        GraphError: The conversation cannot be used; lists everything that is wrong with it.
        ConfigError: The bot's settings cannot be used; says which.
        ServerError: The local model could not start.
    """
    config = read_config(source)
    notices = import_plugins(config.plugins)
    given = {"client": client, "name": model, "base_url": base_url, "api_key_name": api_key_name, **options}
    choice = choose(config.bot.get("llm") or {}, config.modality, given, modality)
    notices += choice.notices
    router = IntentRouter(config.graph, tools=tuple(tools))
    bot = make_bot(config.bot, choice, router, notices)
    bot.note_file(config.bot)
    for text in notices:
        bot.emit(Notice(text=text))
        # In the foreground, while the cell runs that asked: nobody listens to the bot's events yet.
        print(text)  # noqa: T201
    return bot


def make_bot(
    section: Mapping[str, Any], choice: Choice, router: IntentRouter, notices: list[str], *, api_key: str | None = None
) -> DirectToLLMBotStructure | VoiceBotStructure:
    """The bot of a choice.

    Args:
        section: The ``bot`` section of the conversation file.
        choice: Which model.
        router: Knows the graph.
        notices: Grows by what people should be told.
        api_key: The key itself, for callers that have it; the environment is not asked then.

    Raises:
        ConfigError: The bot's settings cannot be used; says which.
        ServerError: The local model could not start.
    """
    known = DirectToLLMBotStructure.name
    kind = section.get("type") or known
    if kind != known:
        raise ConfigError(f"unknown bot type {kind!r}; there is {known!r}", field="bot.type", value=kind)
    make = _maker(choice)  # first: while its modules are imported here, no other thread should import them too
    llm = choice.llm
    if choice.client == "local":
        server = local_server()
        name, missing = LOCAL_MODEL, [server.notice]
        if choice.is_spoken:
            server.prepare_voice()
            name, missing = LOCAL_VOICE_MODEL, [*missing, None if server.speaks else server.voice_notice]
        notices += filter(None, missing)
        llm, api_key = {**llm, "name": name, "base_url": server.base_url}, server.api_key
    bot = make({**section, "llm": llm}, router, api_key=api_key)
    runtime.submit(bot.llm.warm_up())
    return bot


def _maker(choice: Choice) -> type[DirectToLLMBotStructure] | type[VoiceBotStructure]:
    if not choice.is_spoken:
        return DirectToLLMBotStructure
    from intentional_nb.bots.voice import VoiceBotStructure  # takes a moment, which only who speaks should wait

    return VoiceBotStructure
