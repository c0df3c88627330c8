"""The modules that a conversation file lists under ``plugins``."""

from __future__ import annotations

import importlib
from collections.abc import Iterable

__all__ = ["import_plugins"]


def import_plugins(names: Iterable[str]) -> list[str]:
    """Import them; a missing one is only told, since often nothing needs it.

    Returns:
        What people should be told.
    """
    notices = []
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as error:
            notices.append(f"Plugin {name!r} cannot be imported ({error}); going on without it.")
    return notices
