"""What a panel shows across itself until somebody has read it: errors and notices."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Literal

from intentional_nb.errors import IntentionalError
from intentional_nb.markup import visible

__all__ = ["Alerts"]

SHOWN = 5
"""Alerts that are kept; of more, the latest."""


class Alerts:
    """Sentences for people, each until it is dismissed. Any thread may use it."""

    def __init__(self, changed: Callable[[], object]) -> None:
        """Start with none.

        Args:
            changed: Called when `view` has changed.
        """
        self._changed = changed
        self._alerts: deque[dict[str, Any]] = deque(maxlen=SHOWN)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def view(self) -> list[dict[str, Any]]:
        """What the page is told, oldest first."""
        with self._lock:
            return list(self._alerts)

    def add(self, text: str, kind: Literal["error", "notice"] = "error") -> None:
        """Show a sentence; what is shown already is shown once, as the latest."""
        alert = {"alert": next(self._numbers), "kind": kind, "text": visible(text)}
        with self._lock:
            others = [known for known in self._alerts if (known["kind"], known["text"]) != (kind, alert["text"])]
            self._alerts = deque([*others, alert], maxlen=SHOWN)
        self._changed()

    def fail(self, error: Exception) -> None:
        """Show an error: the package's own are sentences, others need their names."""
        self.add(str(error) if isinstance(error, IntentionalError) else f"{type(error).__name__}: {error}")

    def dismiss(self, alert: int) -> None:
        """Somebody has read it."""
        with self._lock:
            self._alerts = deque((known for known in self._alerts if known["alert"] != alert), maxlen=SHOWN)
        self._changed()
