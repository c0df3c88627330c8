"""A conversation file that is followed: whenever it was saved, the bot goes on in what it says now.

The file is looked at a few times a second. That takes no more than one call to the file system, and works for every
editor and on every disk, network ones included, where a system's own notices of changes do not; so there is no need
for a library with compiled parts.
"""

from __future__ import annotations

import os
import stat
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from intentional_nb.bots import runtime
from intentional_nb.errors import BotClosedError, ConfigError

__all__ = ["LOOK_EVERY_S", "FileWatch", "Look", "Sighting", "check_can_be_followed"]

LOOK_EVERY_S = 0.25
"""How often the file is looked at. What changed must look the same twice before it is read: nobody is writing then."""
PATIENT_LOOKS = 12
"""A file that is gone or empty for so many looks is not being saved: people are told."""
STOP_S = 5.0
"""How long `FileWatch.stop` waits for an update that is under way."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a glance at the file showed; None for what is not there.

    Attributes:
        stamp: When it was changed, how long it is, and which file it is: editors put a new one in the place of the old.
    """

    stamp: tuple[int, int, int] | None

    @classmethod
    def at(cls, path: Path) -> Look:
        """Look."""
        try:
            found = path.stat()
        except OSError:
            return cls(None)
        if not stat.S_ISREG(found.st_mode):
            return cls(None)
        return cls((found.st_mtime_ns, found.st_size, found.st_ino))

    @property
    def is_whole(self) -> bool:
        """Whether there is anything to read: who saves a file may empty or remove it first."""
        return self.stamp is not None and self.stamp[1] > 0


class Sighting:
    """Decides after each look whether the file is to be read: once for each change, when it has come to rest."""

    def __init__(self, first: Look) -> None:
        self._read = self._last = first
        self._same = 0  # how often it has looked as it did before

    def is_due(self, look: Look) -> bool:
        """Whether to read it now."""
        self._same = self._same + 1 if look == self._last else 0
        self._last = look
        if look == self._read or self._same < (1 if look.is_whole else PATIENT_LOOKS):
            return False
        self._read = look
        return True


def check_can_be_followed(path: Path) -> None:
    """Complain of what never comes to an end when it is read.

    Raises:
        ConfigError: It is a pipe or a device.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):  # whoever reads it says why that cannot be done
        return
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        text = f"cannot follow {str(path)!r}: it is a pipe or a device, and only a file can be followed"
        raise ConfigError(text, field="path", value=str(path))


class Closable(Protocol):
    """A bot, as far as a watch needs to know it."""

    is_closed: bool


class FileWatch:
    """Follows a conversation file until it is stopped, or the bot is closed or gone; also a context manager.

    It does not keep the bot: one that nobody has any more is followed no more.

    Attributes:
        path: The file.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        bot: Closable,
        update: Callable[[Any, str], object],
        on_error: Callable[[Any, Exception], None],
        *,
        first: Look,
    ) -> None:
        """Begin to follow, in a thread.

        Args:
            path: The file.
            bot: Whose file it is.
            update: Called with the bot and the path when the file has changed; may raise.
            on_error: Told what ``update`` raised.
            first: How the file looked when it was read last.
        """
        self.path = Path(path)
        self._place = self.path.absolute()  # the same file also when the notebook goes to another folder
        self._bot, self._update, self._on_error = weakref.ref(bot), update, on_error
        self._sighting = Sighting(first)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=f"watch {self.path.name}", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r}, {'following' if self.is_running else 'stopped'})"

    @property
    def is_running(self) -> bool:
        """Whether the file is being followed."""
        bot = self._bot()
        return not self._stopped.is_set() and bot is not None and not bot.is_closed

    def stop(self) -> None:
        """Follow it no more; harmless when that was said before."""
        self._stopped.set()
        # From where an update is waited for, or told of, its end cannot be waited for as well.
        if threading.current_thread() is not self._thread and not runtime.is_background_thread():
            self._thread.join(STOP_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _follow(self) -> None:
        while not self._stopped.wait(LOOK_EVERY_S) and self.is_running:
            if self._sighting.is_due(Look.at(self._place)):
                self._read()

    def _read(self) -> None:
        bot = self._bot()
        if bot is None:
            return
        path = self.path if self.path.absolute() == self._place else self._place
        try:
            check_can_be_followed(path)
            self._update(bot, str(path))
        except BotClosedError:
            return
        except Exception as error:  # of the file, a tool, the server: people are told, and the bot goes on
            self._on_error(bot, error)
