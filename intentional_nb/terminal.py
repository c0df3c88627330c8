"""A chat with a bot in a terminal: what the bot says as it comes, and the moves it makes on the way."""

from __future__ import annotations

import queue
import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

from intentional_nb import events
from intentional_nb.clients.base import ContinuousStreamModelClient
from intentional_nb.markup import printable, visible

if TYPE_CHECKING:
    from concurrent.futures import Future

    from intentional_nb.bots.structure import BotStructure

__all__ = ["chat"]

_HELP = "Ctrl+C interrupts the bot, Ctrl+D or /quit leaves, /reset starts over."
_SPOKEN = "This bot speaks. Here you read and write; in a notebook, VoicePanel(bot) lets you hear it and talk to it."


def chat(source: str | None = None) -> int:
    """Talk to the bot of the file ``source``, or to the shipped interview, until the user leaves.

    Returns:
        The program's exit code.
    """
    from intentional_nb import examples
    from intentional_nb.bots.loading import load_bot

    _use_line_editing()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a bot may say what the terminal has no letters for
    with load_bot(source or examples.path("interview")) as bot:
        return Chat(bot).run()


def _use_line_editing() -> None:
    try:
        import readline  # noqa: F401  input() uses it: arrows, history
    except ImportError:
        return


class Chat:
    """One bot in one terminal.

    Attributes:
        bot: The bot.
    """

    def __init__(self, bot: BotStructure) -> None:
        self.bot = bot
        self._screen = Screen()
        self._events: queue.SimpleQueue[events.Event] = queue.SimpleQueue()
        bot.subscribe(self._events.put)

    def run(self) -> int:
        """Ask and answer until the user leaves."""
        self._screen.note(_HELP)
        if isinstance(getattr(self.bot, "llm", None), ContinuousStreamModelClient):
            self._screen.note(_SPOKEN)
        self._open()
        while True:
            try:
                text = input("you> ").strip()
            except EOFError:
                print()
                return 0
            except KeyboardInterrupt:
                print()
                self._screen.note("Ctrl+D leaves.")
                continue
            if text in ("/quit", "/exit"):
                return 0
            if text == "/reset":
                self._reset()
            elif text in ("/help", "/?"):
                self._screen.note(_HELP)
            elif text:
                self._wait_for(self.bot.submit(text))

    def _open(self) -> None:
        self.bot.start()
        self._show_what_came()

    def _reset(self) -> None:
        self.bot.reset()
        self._screen.note("A new conversation.")
        self._open()

    def _wait_for(self, turn: Future[Any]) -> None:
        while True:
            try:
                # Short waits: on some systems a longer one does not notice Ctrl+C.
                self._screen.show(self._events.get(timeout=0.1))
            except queue.Empty:
                if turn.done():
                    break
            except KeyboardInterrupt:
                self.bot.interrupt()
        self._screen.end_line()

    def _show_what_came(self) -> None:
        while not self._events.empty():
            self._screen.show(self._events.get())
        self._screen.end_line()


class Screen:
    """Events as lines of a terminal; moves and tool calls dimmed where the terminal can."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()
        self._part: int | None = None
        self._show_by_type: dict[type[events.Event], Callable[[Any], None]] = {
            events.ReplyText: self._text,
            events.RouteDecision: self._route,
            events.ToolCallEnded: self._tool,
            events.ReplyEnded: self._ended,
            events.RetryScheduled: lambda event: self.note(f"{event.reason}; again in {event.wait_s:.0f} s"),
            events.SessionReconnecting: lambda event: self.note(f"{event.reason}; again in {event.wait_s:.0f} s"),
            events.ErrorOccurred: lambda event: self.note(f"{event.where}: {event.error}"),
            events.Notice: lambda event: self.note(event.text),
            events.ConversationEnded: lambda event: self.note(
                "The conversation is over; the next message opens another."
            ),
        }

    def show(self, event: events.Event) -> None:
        """Print what a person should see of ``event``, which may be nothing."""
        show = self._show_by_type.get(type(event))
        if show is not None:
            show(event)

    def note(self, text: str) -> None:
        """Print a remark that nobody in the conversation said."""
        self.end_line()
        for line in visible(text).splitlines():
            print(f"\033[2m     {line}\033[0m" if self._is_terminal else f"     {line}")
        sys.stdout.flush()

    def end_line(self) -> None:
        """Leave the line of the reply, if one is open."""
        if self._part is not None:
            print(flush=True)
            self._part = None

    def _text(self, event: events.ReplyText) -> None:
        if event.part != self._part:
            self.end_line()
            print("bot> ", end="")
            self._part = event.part
        print(printable(event.delta), end="", flush=True)

    def _route(self, event: events.RouteDecision) -> None:
        if event.kind == "refused":
            self.note(f"✗ {event.source}: {event.choice!r} is not a choice here")
        else:
            self.note(f"→ {event.target} ({event.kind} {event.choice!r})")

    def _tool(self, event: events.ToolCallEnded) -> None:
        outcome = "" if event.status == "ok" else f" ({event.status})"
        self.note(f"⚙ {event.name}{outcome}: {event.output}")

    def _ended(self, event: events.ReplyEnded) -> None:
        if event.status != "completed":
            self.note(f"({event.status}{': ' + event.reason if event.reason else ''})")
