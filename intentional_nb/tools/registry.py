"""Tools by id: those handed over by name, then every `Tool` subclass that was imported."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable, Mapping
from typing import Any

from intentional_nb.tools.tool import Tool

__all__ = ["known_ids", "nearest_name", "resolve"]


def resolve(tool_id: str, options: Mapping[str, Any], extra: Iterable[Tool] = ()) -> Tool:
    """The tool that a conversation file calls ``tool_id``.

    Args:
        tool_id: As in the file.
        options: The rest of the file's entry, passed to the constructor of a `Tool` subclass; its lists and mappings
            as copies, so that what the tool does with them changes no conversation.
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
    _import_own_tools()

    return Tool.registered[tool_id](**{name: _copied(value) for name, value in options.items()})


def _copied(value: Any) -> Any:
    """The value with lists and mappings of its own; what is in them may be anything, and is the same."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def known_ids(extra: Iterable[Tool] = ()) -> list[str]:
    """Every id that `resolve` would find, sorted."""
    _import_own_tools()

    return sorted({*Tool.registered, *(tool.id or tool.name for tool in extra)})


def nearest_name(name: str, names: Iterable[str]) -> str | None:
    """The one of ``names`` that looks most like ``name``, or None when none is near."""
    return next(iter(difflib.get_close_matches(name, list(names), n=1)), None)


def _import_own_tools() -> None:
    """Register the tools that come with the package; only when asked for, since few conversations use them."""
    importlib.import_module("intentional_nb.tools.end")
    importlib.import_module("intentional_nb.tools.samples")
