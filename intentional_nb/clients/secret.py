"""The API key: where it comes from, and that it never comes back in what people read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from intentional_nb.clients.options import text_option
from intentional_nb.errors import ConfigError

__all__ = ["KEY_VARIABLE", "blotted", "key_option", "refuse_key"]

KEY_VARIABLE = "OPENAI_API_KEY"
"""The environment variable that holds the key where no other is named."""


def refuse_key(config: Mapping[str, Any]) -> None:
    """Take no key among the settings, which are shown, saved and sent.

    Raises:
        ConfigError: There is one; it is not repeated.
    """
    if "api_key" in config:
        raise ConfigError(
            "the API key itself must not stand among the settings, where people read it: put it in the environment "
            f"variable {KEY_VARIABLE!r}, or in another one that 'api_key_name' names",
            field="bot.llm.api_key",
        )


def key_option(config: Mapping[str, Any]) -> str:
    """The key, from the environment variable that ``api_key_name`` names.

    A server at an address of the user's own rarely wants one, so there a made-up one does, unless a variable is named.

    Raises:
        ConfigError: There is none; says in which variable it was looked for.
    """
    named = text_option(config, "api_key_name")
    variable = named or KEY_VARIABLE
    key = os.environ.get(variable, "").strip()
    if key:
        return key
    if "base_url" in config and "api_key_name" not in config:
        return "not-needed"  # the openai package wants some key
    state = "is empty" if variable in os.environ else "is not set"
    raise ConfigError(
        f"the environment variable {variable!r}, which should hold the API key, {state}; set it before the bot is "
        "loaded, name another one as 'api_key_name', or use 'client: local', which needs no key",
        field="bot.llm.api_key_name",
        value=variable,
    )


def blotted(value: Any, secret: str) -> Any:
    """The value without the key: some servers repeat it in their error.

    >>> blotted({"message": "wrong key sk-1234"}, "sk-1234")
    {'message': 'wrong key [key]'}
    """
    if isinstance(value, str):
        return value.replace(secret, "[key]") if len(secret) > 3 else value
    if isinstance(value, dict):
        return {key: blotted(item, secret) for key, item in value.items()}
    return value
