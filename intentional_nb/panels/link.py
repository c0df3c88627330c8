"""The line between a panel in the kernel and the pages that show it: numbers one way, acknowledgements the other."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

__all__ = ["Link"]

REMEMBERED = 2_000
"""Commands remembered, so that one that is delivered twice is carried out once."""


class Link:
    """What has been sent to the pages and what has come from them. Any thread may use it.

    A page can be reloaded, opened twice, or cut off for a while, and messages can be lost or repeated on the way.
    Numbered messages let a page notice a gap and ask for everything; ids of commands let the kernel notice a
    repetition.

    Attributes:
        epoch: Tells this panel's messages from those of an earlier one that a server may still replay.
        pages: Ids of the pages that have ever said hello.
        seq: The number of the latest message.
    """

    def __init__(self) -> None:
        self.epoch = secrets.token_hex(4)
        self.pages: set[str] = set()
        self.seq = 0
        self._present: set[str] = set()  # pages that have not said that they left
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def number(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """The message with the epoch and the next number."""
        with self._lock:
            self.seq += 1
            return {"epoch": self.epoch, "seq": self.seq, **message}

    def is_new(self, command: str) -> bool:
        """Whether this command comes for the first time; from now on it does not."""
        with self._lock:
            if command in self._seen:
                return False
            self._seen[command] = None
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
            return True

    def greet(self, page: str) -> None:
        """Note that a page said hello."""
        with self._lock:
            self.pages.add(page)
            self._present.add(page)

    def leave(self, page: str) -> bool:
        """Note that a page shows the panel no more; whether another still may."""
        with self._lock:
            self._present.discard(page)
            return bool(self._present)
