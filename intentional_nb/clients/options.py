"""Reading single entries of the ``llm`` section of a conversation file, for every client."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from intentional_nb.errors import ConfigError

__all__ = ["OPENAI_URL", "base_url_option", "number_option", "text_option"]

OPENAI_URL = "https://api.openai.com/v1"


def text_option(config: Mapping[str, Any], key: str) -> str | None:
    """The text under ``key``; None where there is none.

    Raises:
        ConfigError: It is something else than text.
    """
    value = config.get(key)
    if value is None or isinstance(value, str):
        return value
    raise ConfigError(f"'{key}' must be text, got {value!r}", field=f"bot.llm.{key}", value=value)


def number_option(config: Mapping[str, Any], key: str, default: float) -> float:
    """The number under ``key``, 0 or more.

    Raises:
        ConfigError: It is something else.
    """
    value = config.get(key, default)
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return value
    raise ConfigError(f"'{key}' must be a number, 0 or more, got {value!r}", field=f"bot.llm.{key}", value=value)


def base_url_option(config: Mapping[str, Any]) -> str:
    """Where the server is: ``base_url``, else ``OPENAI_BASE_URL`` of the environment, else OpenAI.

    An empty variable counts as unset: that is how many set-ups say "not used".

    Raises:
        ConfigError: ``base_url`` is not text.
    """
    address = text_option(config, "base_url") or os.environ.get("OPENAI_BASE_URL", "").strip() or OPENAI_URL
    return address.rstrip("/")
