"""The chat panel: a bot's conversation in a notebook cell, with everything that leads to its answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from intentional_nb.bots.structure import BotStructure
from intentional_nb.events import ErrorOccurred, Event, Notice, TurnStarted
from intentional_nb.markup import visible
from intentional_nb.panels.base import Panel
from intentional_nb.panels.bundle import bundle
from intentional_nb.panels.desk import Desk
from intentional_nb.panels.entries import TurnViews, turn_changes
from intentional_nb.panels.saved import StaticTranscript
from intentional_nb.panels.transcript_html import WrittenTurns, transcript_html

__all__ = ["ChatPanel"]

_FOLDER = Path(__file__).parent
_LENGTH = re.compile(r"\d+(\.\d+)?(px|em|rem|vh|%)")

SHOWN_TURNS = 40
"""Turns that a page holds; it asks for that many more at a time."""
LONGEST_MESSAGE = 200_000
"""Characters that a page may send as one message."""


class ChatPanel(Panel):
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
        self.bot = bot
        self._title = title or _title_of(bot)
        self._opens = opening
        self._shown = SHOWN_TURNS
        self._views = TurnViews()
        self._written = WrittenTurns()
        super().__init__(
            {
                "title": visible(self._title),
                "suggestions": _suggestions(suggestions),
                "height": _css_length(height),
                "placeholder": placeholder,
            }
        )
        self._desk = Desk(bot, self._coalescer.touch)
        for notice in bot.notices:
            self._desk.alert(notice, "notice")
        self._at_close += (bot.subscribe(self._note),)

    def __repr__(self) -> str:
        return f"ChatPanel({self._title!r}, turns={len(self.bot.transcript)})"

    def freeze(self) -> StaticTranscript:
        """The conversation so far as plain HTML: what a saved notebook keeps, for a cell of its own.

        It has no times in it, so that a notebook executed again comes out the same.
        """
        turns, stage = self.bot.transcript.turns, self.bot.stage
        html = transcript_html(turns, title=self._title, stage=stage, written=self._written)
        return StaticTranscript(html, repr(self))

    # -- what it shows

    def _view(self) -> dict[str, Any]:
        turns = self.bot.transcript.turns
        shown = turns[-self._shown :]
        desk = self._desk.view()
        return {
            "stage": visible(self.bot.stage),
            "trail": [visible(stage) for stage in self.bot.trail],
            "busy": bool(desk["queue"]) or any(turn.status == "running" for turn in turns[-1:]),
            "hidden": len(turns) - len(shown),
            "closed": self.bot.is_closed,
            **desk,
            "turns": self._views.of(shown),
        }

    def _changes(self, old: dict[str, Any], new: dict[str, Any]) -> list[Any]:
        state = {name: value for name, value in new.items() if name != "turns" and old[name] != value}
        return ([["state", state]] if state else []) + turn_changes(old["turns"], new["turns"])

    def _is_settled(self) -> bool:
        return not any(turn.status == "running" for turn in self.bot.transcript.turns[-1:])

    def _note(self, event: Event) -> None:
        # Called in the bot's own thread: only take note.
        if isinstance(event, TurnStarted):
            self._desk.note(event)
        elif isinstance(event, Notice):
            self._desk.alert(event.text, "notice")
        elif isinstance(event, ErrorOccurred) and self._is_settled():
            self._desk.alert(event.error)
        self._coalescer.touch()

    def _fail(self, error: Exception) -> None:
        self._desk.alert(f"{type(error).__name__}: {error}")

    # -- what people do

    def _opened(self) -> None:
        if self._opens:
            self._commands.submit(self._start)

    def _start(self) -> None:
        if not self.bot.is_closed:
            self.bot.start()

    def _do(self, kind: str, message: Mapping[str, Any]) -> None:
        command = str(message["command"])
        match kind:
            case "send":
                text = str(message["text"])
                self._commands.submit(lambda: self._say(command, text))
            case "stop":
                self._desk.stop()
            case "retry" | "edit":
                number, text = int(message["turn"]), str(message["text"])
                self._commands.submit(lambda: self._say(command, text, instead_of=number))
            case "clear":
                self._commands.submit(lambda: self._clear(command))
            case "earlier":
                self._shown += SHOWN_TURNS
                self._coalescer.touch()
            case "dismiss":
                self._desk.dismiss(int(message["alert"]))
            case _:
                raise ValueError(f"the page sent a command that this panel does not know: {kind!r:.60}")

    def _say(self, command: str, text: str, instead_of: int | None = None) -> None:
        try:
            _check_message(text)
            if instead_of is not None:
                self.bot.rewind(instead_of)
        except Exception as error:  # of the bot: whatever it is, the words go back to where they were typed
            self._desk.take(command)
            # The text of a KeyError comes in quotes.
            self._desk.give_back(command, text, str(error.args[0]) if isinstance(error, KeyError) else str(error))
        else:
            self._desk.say(command, text)

    def _clear(self, command: str) -> None:
        self._desk.take(command)
        self._shown = SHOWN_TURNS
        self.bot.reset()
        if self._opens:
            self._start()


def _title_of(bot: BotStructure) -> str:
    source = bot.graph.source
    return Path(source).stem.replace("_", " ").replace("-", " ").capitalize() if source else "Chat"


def _suggestions(suggestions: Iterable[str]) -> list[str]:
    if isinstance(suggestions, str):
        raise TypeError(f"suggestions must be a list of messages, got the single text {suggestions!r:.60}")
    return [str(suggestion) for suggestion in suggestions]


def _css_length(height: int | str) -> str:
    if isinstance(height, int) and not isinstance(height, bool) and height > 0:
        return f"{height}px"
    if isinstance(height, str) and _LENGTH.fullmatch(height):
        return height
    raise ValueError(f"height must be pixels or a CSS length such as '60vh', got {height!r}")


def _check_message(text: str) -> None:
    if not text.strip():
        raise ValueError("a message must not be empty")
    if len(text) > LONGEST_MESSAGE:
        raise ValueError(f"a message may have {LONGEST_MESSAGE:,} characters, this one has {len(text):,}")
