"""The modules that a conversation file lists under ``plugins``."""

from __future__ import annotations

import importlib
from collections.abc import Iterable

from intentional_nb.errors import ConfigError

__all__ = ["import_plugins"]


def import_plugins(names: Iterable[str]) -> list[str]:
    """Import them; a missing one is only told, since often nothing needs it.

    Returns:
        What people should be told.

    Raises:
        ConfigError: A name is none that a module can have, or the module fails while it is imported.
    """
    notices = []
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as error:
            notices.append(f"Plugin {name!r} cannot be imported ({error}); going on without it.")
        except Exception as error:  # of the module, which may be anybody's
            text = f"plugin {name!r} cannot be imported: {type(error).__name__}: {error}"
            raise ConfigError(text, field="plugins", value=name) from error
    return notices
