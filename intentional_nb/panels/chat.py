"""The chat panel: a bot's conversation in a notebook cell, with everything that leads to its answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from intentional_nb.bots.structure import BotStructure
from intentional_nb.panels.bundle import bundle
from intentional_nb.panels.conversation import ConversationPanel

__all__ = ["ChatPanel"]

_FOLDER = Path(__file__).parent


class ChatPanel(ConversationPanel):
    """A live chat with a bot; the last expression of a cell, or ``display(panel)``, shows it.

    Any number of panels may show one bot; what is said elsewhere, in a cell or in another panel, appears in all.
    The saved notebook keeps a plain transcript.

    Attributes:
        bot: The bot.
    """

    _esm = bundle(_FOLDER / "chat.js")
    _css = bundle(_FOLDER / "chat.css")

    def __init__(
        self,
        bot: BotStructure,
        *,
        title: str | None = None,
        suggestions: Iterable[str] = (),
        height: int | str = 520,
        placeholder: str = "Write a message",
        opening: bool = True,
    ) -> None:
        """Make a panel; nothing is shown yet.

        Args:
            bot: The bot to chat with.
            title: Stands above the conversation; by default the name of the conversation's file.
            suggestions: Messages offered before the user has said anything.
            height: Pixels, or a CSS length such as ``"60vh"``.
            placeholder: Stands in the empty text field.
            opening: Let the bot say its opening line, if it has one, when a page first shows the panel.

        Raises:
            TypeError: ``bot`` is not a bot, ``suggestions`` is a single text, or an argument's name is not known.
            ValueError: ``height`` is not a length.
        """
        if not isinstance(bot, BotStructure):
            raise TypeError(f"a chat panel needs a bot, as load_bot makes it, got {bot!r:.100}")
        self._opens = opening
        options = {"suggestions": _suggestions(suggestions)}
        super().__init__(bot, options, title=title, height=height, placeholder=placeholder)

    def _opened(self) -> None:
        if self._opens:
            self._commands.submit(self._start)

    def _start(self) -> None:
        if not self.bot.is_closed:
            self.bot.start()

    def _cleared(self) -> None:
        if self._opens:
            self._start()

    def _do(self, kind: str, message: Mapping[str, Any], buffers: Any) -> None:
        if kind in ("retry", "edit"):
            command, number, text = str(message["command"]), int(message["turn"]), str(message["text"])
            self._commands.submit(lambda: self._say(command, text, instead_of=number))
        else:
            super()._do(kind, message, buffers)


def _suggestions(suggestions: Iterable[str]) -> list[str]:
    if isinstance(suggestions, str):
        raise TypeError(f"suggestions must be a list of messages, got the single text {suggestions!r:.60}")
    return [str(suggestion) for suggestion in suggestions]
