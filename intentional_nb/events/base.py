"""The base of all events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, ClassVar

__all__ = ["Event"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened.

    Attributes:
        handler_name: The ``on_…`` name under which `BotStructure.on` handlers receive it.
    """

    handler_name: ClassVar[str] = "*"

    @property
    def type(self) -> str:
        """The class name in snake case: the event's name in panels, logs and recordings."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()

    def __getitem__(self, key: str) -> Any:
        if key in self.keys():
            return getattr(self, key)
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def keys(self) -> list[str]:
        """The names that can be read by key."""
        return [item.name for item in fields(self)]

    def get(self, key: str, default: Any = None) -> Any:
        """The field ``key``, or ``default`` when this event has none of that name."""
        return self[key] if key in self.keys() else default
