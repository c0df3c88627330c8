"""What people asked of a bot in one panel, from the moment it arrives until its turn is in the transcript."""

from __future__ import annotations

import concurrent.futures
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from intentional_nb.bots.structure import BotStructure
from intentional_nb.bots.transcript import Turn
from intentional_nb.events import TurnStarted
from intentional_nb.panels.alerts import Alerts

__all__ = ["Desk"]

REMEMBERED = 50
"""Commands of which the page is told that they were taken over."""
RETURNED = 20
"""Messages not taken that a page may still fetch back."""


@dataclass(slots=True)
class _Message:
    text: str
    future: concurrent.futures.Future[Turn] | None = None
    has_started: bool = False


class Desk:
    """Messages on their way to the bot, and errors that belong to no turn. Any thread may use it.

    Everything is done at once or handed to the bot: nothing here waits for a reply.

    Attributes:
        alerts: The errors, and notices.
    """

    def __init__(self, bot: BotStructure, changed: Callable[[], None]) -> None:
        """Start with an empty desk.

        Args:
            bot: Gets the messages.
            changed: Called when `view` has changed.
        """
        self._bot = bot
        self._changed = changed
        self._messages: dict[str, _Message] = {}  # by command, oldest first; until the turn has begun
        self._taken: deque[str] = deque(maxlen=REMEMBERED)
        self._returned: deque[dict[str, str]] = deque(maxlen=RETURNED)
        self.alerts = Alerts(changed)
        self._lock = threading.Lock()

    def view(self) -> dict[str, Any]:
        """What the page is told: messages waiting and returned, commands taken over, errors to show."""
        with self._lock:
            waiting = [(command, message) for command, message in self._messages.items() if not message.has_started]
            return {
                "queue": [{"command": command, "text": message.text} for command, message in waiting],
                "taken": list(self._taken),
                "returned": list(self._returned),
                "alerts": self.alerts.view(),
            }

    def take(self, command: str) -> None:
        """A command is being carried out: the page need not show it as pending any more."""
        with self._lock:
            self._taken.append(command)
        self._changed()

    def say(self, command: str, text: str) -> None:
        """Give a message to the bot; when it does not take it, the words go back with the reason."""
        message = _Message(text)
        with self._lock:
            self._messages[command] = message
            self._taken.append(command)
        try:
            message.future = self._bot.submit(text)
        except Exception as error:  # a bot of any kind: whatever it says must not lose what was typed
            self.give_back(command, text, str(error))
            return
        message.future.add_done_callback(lambda future: self._done(command, message, future))
        self._changed()

    def withdraw(self) -> None:
        """Give back the messages that still wait."""
        with self._lock:
            waiting = [message.future for message in self._messages.values() if not message.has_started]
        for future in waiting:
            if future is not None:
                future.cancel()

    def note(self, event: TurnStarted) -> None:
        """A turn has begun: if it is that of a message from here, the message waits no longer."""
        with self._lock:
            for message in self._messages.values():
                if not message.has_started and message.text == event.user_text:
                    message.has_started = True
                    return

    def give_back(self, command: str, text: str, reason: str | None = None) -> None:
        """Return a message to the page that sent it, with the reason unless the person knows it."""
        with self._lock:
            self._messages.pop(command, None)
            self._returned.append({"command": command, "text": text})
        if reason is None:
            self._changed()
        else:
            self.alerts.add(reason)

    def _done(self, command: str, message: _Message, future: concurrent.futures.Future[Turn]) -> None:
        with self._lock:
            self._messages.pop(command, None)
        error = None if future.cancelled() else future.exception()
        # An error of a turn stands in the transcript; without a turn, this is the only place to tell of it.
        if not message.has_started and (error is not None or future.cancelled()):
            self.give_back(command, message.text, None if error is None else str(error))
        self._changed()
