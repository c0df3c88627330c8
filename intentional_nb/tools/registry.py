"""Tools by id: those handed over by name, then every `Tool` subclass that was imported."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from intentional_nb.tools.tool import Tool

__all__ = ["known_ids", "nearest_id", "resolve"]


def resolve(tool_id: str, options: Mapping[str, Any], extra: Iterable[Tool] = ()) -> Tool:
    """The tool that a conversation file calls ``tool_id``.

    Args:
        tool_id: As in the file.
        options: The rest of the file's entry, passed to the constructor of a `Tool` subclass.
        extra: Tools that take part by their `id` or `name`, before the registered ones.

    Raises:
        KeyError: No tool has this id.
        TypeError: The tool does not take ``options``.
    """
    for tool in extra:
        if tool_id in (tool.id, tool.name):
            if options:
                raise TypeError(f"tool {tool_id!r} takes no options, got {sorted(options)}")
            return tool
    import intentional_nb.tools.samples  # noqa: F401  (registers the tools that come with the package)

    return Tool.registered[tool_id](**options)


def known_ids(extra: Iterable[Tool] = ()) -> list[str]:
    """Every id that `resolve` would find, sorted."""
    import intentional_nb.tools.samples  # noqa: F401  (as above)

    return sorted({*Tool.registered, *(tool.id or tool.name for tool in extra)})


def nearest_id(tool_id: str, extra: Iterable[Tool] = ()) -> str | None:
    """The known id that looks most like ``tool_id``, or None when none is near."""
    return next(iter(difflib.get_close_matches(tool_id, known_ids(extra), n=1)), None)
