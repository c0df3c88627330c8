"""Bots that follow a conversation graph, in a notebook.

The public names are below. Each is loaded when it is first used: ``import intentional_nb`` takes a moment only, and
what is slow to import (the model's client, the panels) waits until it is wanted.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from intentional_nb import audio, errors, events, examples
    from intentional_nb.audio.clip import Clip
    from intentional_nb.audio.playback import play
    from intentional_nb.bots import prices
    from intentional_nb.bots.direct import DirectToLLMBotStructure
    from intentional_nb.bots.loading import load_bot
    from intentional_nb.bots.structure import BotStructure
    from intentional_nb.bots.transcript import Transcript, Turn
    from intentional_nb.bots.voice import VoiceBotStructure
    from intentional_nb.clients.base import ContinuousStreamModelClient, TurnBasedModelClient
    from intentional_nb.clients.chat_completion import ChatCompletionAPIClient
    from intentional_nb.clients.realtime import RealtimeAPIClient
    from intentional_nb.conversation.builder import Conversation
    from intentional_nb.conversation.graph import ConversationGraph
    from intentional_nb.conversation.loading import load_graph
    from intentional_nb.conversation.router import IntentRouter
    from intentional_nb.errors import (
        AudioError,
        BotClosedError,
        ClientError,
        ConfigError,
        ConnectError,
        DiagramError,
        GraphError,
        IntentionalError,
        NothingToUndoError,
        RateLimitError,
        RefusedError,
        RemoteProtocolError,
        ReplyTimeoutError,
        RoutingError,
        ScriptError,
        ServerError,
        SessionClosedError,
        ToolError,
    )
    from intentional_nb.local import script
    from intentional_nb.local.realtime import script as voice_script
    from intentional_nb.local.realtime.script import VoiceScript, VoiceStep
    from intentional_nb.local.script import Script, Step
    from intentional_nb.local.server import LocalServer
    from intentional_nb.panels.chat import ChatPanel
    from intentional_nb.panels.own import BotPanel
    from intentional_nb.panels.side_by_side import SideBySide
    from intentional_nb.panels.stage_graph import StageGraph
    from intentional_nb.panels.studio import Studio
    from intentional_nb.panels.timeline import Timeline
    from intentional_nb.panels.tool_calls import ToolCalls
    from intentional_nb.panels.voice import VoicePanel
    from intentional_nb.tools.function import tool
    from intentional_nb.tools.tool import Tool, ToolParameter, to_openai_tool

__all__ = [
    "AudioError",
    "BotClosedError",
    "BotPanel",
    "BotStructure",
    "ChatCompletionAPIClient",
    "ChatPanel",
    "ClientError",
    "Clip",
    "ConfigError",
    "ConnectError",
    "ContinuousStreamModelClient",
    "Conversation",
    "ConversationGraph",
    "DiagramError",
    "DirectToLLMBotStructure",
    "GraphError",
    "IntentRouter",
    "IntentionalError",
    "LocalServer",
    "NothingToUndoError",
    "RateLimitError",
    "RealtimeAPIClient",
    "RefusedError",
    "RemoteProtocolError",
    "ReplyTimeoutError",
    "RoutingError",
    "Script",
    "ScriptError",
    "ServerError",
    "SessionClosedError",
    "SideBySide",
    "StageGraph",
    "Step",
    "Studio",
    "Timeline",
    "Tool",
    "ToolCalls",
    "ToolError",
    "ToolParameter",
    "Transcript",
    "Turn",
    "TurnBasedModelClient",
    "VoiceBotStructure",
    "VoicePanel",
    "VoiceScript",
    "VoiceStep",
    "audio",
    "errors",
    "events",
    "examples",
    "load_bot",
    "load_graph",
    "play",
    "prices",
    "script",
    "to_openai_tool",
    "tool",
    "voice_script",
]

__version__ = "0.1.0"

_HOMES = {
    "audio.clip": ("Clip",),
    "audio.playback": ("play",),
    "bots.direct": ("DirectToLLMBotStructure",),
    "bots.loading": ("load_bot",),
    "bots.structure": ("BotStructure",),
    "bots.transcript": ("Transcript", "Turn"),
    "bots.voice": ("VoiceBotStructure",),
    "clients.base": ("ContinuousStreamModelClient", "TurnBasedModelClient"),
    "clients.chat_completion": ("ChatCompletionAPIClient",),
    "clients.realtime": ("RealtimeAPIClient",),
    "conversation.builder": ("Conversation",),
    "conversation.graph": ("ConversationGraph",),
    "conversation.loading": ("load_graph",),
    "conversation.router": ("IntentRouter",),
    "errors": tuple(name for name in __all__ if name.endswith("Error")),
    "local.realtime.script": ("VoiceScript", "VoiceStep"),
    "local.script": ("Script", "Step"),
    "local.server": ("LocalServer",),
    "panels.chat": ("ChatPanel",),
    "panels.own": ("BotPanel",),
    "panels.voice": ("VoicePanel",),
    "panels.side_by_side": ("SideBySide",),
    "panels.stage_graph": ("StageGraph",),
    "panels.studio": ("Studio",),
    "panels.timeline": ("Timeline",),
    "panels.tool_calls": ("ToolCalls",),
    "tools.function": ("tool",),
    "tools.tool": ("Tool", "ToolParameter", "to_openai_tool"),
}
"""Where each public name lives; a test compares it with the imports above, which type checkers read."""

_MODULES = {
    "audio": "audio",
    "errors": "errors",
    "events": "events",
    "examples": "examples",
    "prices": "bots.prices",
    "script": "local.script",
    "voice_script": "local.realtime.script",
}
"""The modules among the public names."""

_HOME_OF = {name: f"{__name__}.{module}" for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        value = getattr(import_module(_HOME_OF[name]), name)
    elif name in _MODULES:
        value = import_module(f"{__name__}.{_MODULES[name]}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value  # the next look-up does not come here
    return value


def load_ipython_extension(ipython: Any) -> None:
    """Called by ``%load_ext intentional_nb``: brings the magics of `intentional_nb.magics`."""
    from intentional_nb.magics import ConversationMagics

    ipython.register_magics(ConversationMagics)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
