"""The studio: a conversation and everything that leads to it, in one place."""

from __future__ import annotations

from pathlib import Path

from intentional_nb.bots.structure import BotStructure
from intentional_nb.markup import visible
from intentional_nb.panels.bundle import bundle
from intentional_nb.panels.chat import ChatPanel
from intentional_nb.panels.conversation import ConversationPanel
from intentional_nb.panels.frame import css_length, title_of
from intentional_nb.panels.parts import PartsPanel
from intentional_nb.panels.saved import StaticTranscript
from intentional_nb.panels.stage_graph import StageGraph
from intentional_nb.panels.timeline import Timeline
from intentional_nb.panels.tool_calls import ToolCalls
from intentional_nb.panels.voice import VoicePanel
from intentional_nb.panels.voice_bridge import SpeakingBot

__all__ = ["Studio"]

_FOLDER = Path(__file__).parent


class Studio(PartsPanel):
    """Chat or voice, stage graph, tool calls and timeline of one bot; the last expression of a cell shows it.

    Where there is room, the conversation stands on the left and what leads to it on the right; in a narrow place one
    stands below the other. It fits a cell as well as a tab of its own, which JupyterLab makes by "Create New View for
    Cell Output". Each part is a panel, and could be shown by itself in another cell. The saved notebook keeps a plain
    copy of the conversation, the graph and the calls, one below the other.

    Attributes:
        bot: The bot.
        conversation: Where people talk with the bot: a `VoicePanel` for a bot that speaks, else a `ChatPanel`.
        graph: Where the conversation stands and has been.
        tool_calls: What the model called.
        timeline: Where the time went.
    """

    _esm = bundle(_FOLDER / "studio.js")
    _css = bundle(_FOLDER / "studio.css")

    def __init__(self, bot: BotStructure, *, title: str | None = None, height: int | str = 760) -> None:
        """Make a studio; nothing is shown yet, and no microphone asked for.

        Args:
            bot: The bot to talk with and to watch.
            title: Stands above the conversation; by default the name of the conversation's file.
            height: Of the whole where its parts stand side by side: pixels, or a CSS length such as ``"90vh"``.

        Raises:
            TypeError: ``bot`` is not a bot.
            ValueError: ``height`` is not a length.
        """
        if not isinstance(bot, BotStructure):
            raise TypeError(f"a studio needs a bot, as load_bot makes it, got {bot!r:.100}")
        self.bot = bot
        self._title = title or title_of(bot, "Conversation")
        length = css_length(height)
        self.conversation = _conversation(bot, self._title)
        self.graph = StageGraph(bot, title="Stage graph")
        self.tool_calls = ToolCalls(bot, title="Tool calls")
        self.timeline = Timeline(bot, title="Timeline")
        parts = (self.conversation, self.graph, self.tool_calls, self.timeline)
        super().__init__(parts, {"title": visible(self._title), "height": length})
        self._at_close += tuple(part.close for part in parts)

    def __repr__(self) -> str:
        return f"Studio({self._title!r}, turns={len(self.bot.transcript)}, stage={self.bot.stage!r})"

    def freeze(self) -> StaticTranscript:
        """All parts as plain HTML, one below the other: what a saved notebook keeps, for a cell of its own.

        It has no times in it, so that a notebook executed again comes out the same.
        """
        copies = (self.conversation.freeze(), self.graph.freeze(), self.tool_calls.freeze())
        return StaticTranscript("\n".join(copy.html for copy in copies), repr(self))


def _conversation(bot: BotStructure, title: str) -> ConversationPanel:
    kind = VoicePanel if isinstance(bot, SpeakingBot) else ChatPanel
    return kind(bot, title=title)
