"""What the panels that show a conversation have in common, whether it is typed or spoken."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from intentional_nb.bots.structure import BotStructure
from intentional_nb.events import ErrorOccurred, Event, Notice, TurnStarted
from intentional_nb.markup import visible
from intentional_nb.panels.base import Panel
from intentional_nb.panels.desk import Desk
from intentional_nb.panels.entries import TurnViews, turn_changes
from intentional_nb.panels.frame import css_length, title_of
from intentional_nb.panels.saved import StaticTranscript
from intentional_nb.panels.transcript_html import WrittenTurns, transcript_html

__all__ = ["LONGEST_MESSAGE", "SHOWN_TURNS", "ConversationPanel"]

SHOWN_TURNS = 40
"""Turns that a page holds; it asks for that many more at a time."""
LONGEST_MESSAGE = 200_000
"""Characters that a page may send as one message."""


class ConversationPanel(Panel):
    """A live view of a bot's transcript, with a field to type in.

    Attributes:
        bot: The bot.
    """

    def __init__(
        self,
        bot: BotStructure,
        options: Mapping[str, Any],
        *,
        title: str | None,
        height: int | str,
        placeholder: str,
    ) -> None:
        self.bot = bot
        self._title = title or title_of(bot, "Chat")
        self._shown = SHOWN_TURNS
        self._views = TurnViews()
        self._written = WrittenTurns()
        frame = {"title": visible(self._title), "height": css_length(height), "placeholder": placeholder}
        super().__init__({**frame, **options})
        self._desk = Desk(bot, self._coalescer.touch)
        for notice in bot.notices:
            self._desk.alerts.add(notice, "notice")
        self._at_close += (bot.subscribe(self._note),)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._title!r}, turns={len(self.bot.transcript)})"

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
        queue = [*desk["queue"], *self._queued()]
        return {
            "stage": visible(self.bot.stage),
            "trail": [visible(stage) for stage in self.bot.trail],
            "busy": bool(queue) or any(turn.status == "running" for turn in turns[-1:]),
            "hidden": len(turns) - len(shown),
            "closed": self.bot.is_closed,
            **desk,
            "queue": queue,
            **self._state(),
            "turns": self._views.of(shown),
        }

    def _state(self) -> dict[str, Any]:
        """What the page is told besides the conversation."""
        return {}

    def _queued(self) -> list[dict[str, str]]:
        """Messages that wait besides those on the desk: ``command`` and ``text`` of each."""
        return []

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
            self._desk.alerts.add(event.text, "notice")
        elif isinstance(event, ErrorOccurred) and self._is_settled():
            self._desk.alerts.add(event.error)
        self._coalescer.touch()

    def _fail(self, error: Exception) -> None:
        self._desk.alerts.fail(error)

    # -- what people do

    def _do(self, kind: str, message: Mapping[str, Any], buffers: Any) -> None:
        command = str(message["command"])
        match kind:
            case "send":
                text = str(message["text"])
                self._commands.submit(lambda: self._say(command, text))
            case "stop":
                self._desk.withdraw()
                self._interrupt(message)
            case "clear":
                self._commands.submit(lambda: self._clear(command))
            case "earlier":
                self._shown += SHOWN_TURNS
                self._coalescer.touch()
            case "dismiss":
                self._desk.alerts.dismiss(int(message["alert"]))
            case _:
                raise ValueError(f"the page sent a command that this panel does not know: {kind!r:.60}")

    def _interrupt(self, message: Mapping[str, Any]) -> None:
        """Stop the reply that is being given."""
        self.bot.interrupt()

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
        self._desk.withdraw()  # what waits was not meant for the next conversation
        self._shown = SHOWN_TURNS
        self.bot.reset()
        self._cleared()

    @abstractmethod
    def _cleared(self) -> None:
        """Called, in a thread of its own, when the conversation begins anew."""


def _check_message(text: str) -> None:
    if not text.strip():
        raise ValueError("a message must not be empty")
    if len(text) > LONGEST_MESSAGE:
        raise ValueError(f"a message may have {LONGEST_MESSAGE:,} characters, this one has {len(text):,}")
