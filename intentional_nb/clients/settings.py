"""The settings of a Chat Completions client, read and checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from intentional_nb.clients.options import base_url_option, number_option, text_option
from intentional_nb.clients.secret import KEY_VARIABLE, key_option, refuse_key
from intentional_nb.errors import ConfigError

__all__ = ["SUGGESTED_MODEL", "ChatSettings"]

_OWN = ("client", "name", "api_key_name", "base_url", "timeout", "max_retries")
"""Settings of the client itself; every other one is a field of each request."""

SUGGESTED_MODEL = "gpt-6-luna"
"""OpenAI's model for those who name none: cheap, and one that takes tools over Chat Completions."""


@dataclass(frozen=True)
class ChatSettings:
    """What a Chat Completions client needs to know.

    Attributes:
        model: The model's name.
        base_url: Where the server is, ending in ``/v1`` for most.
        api_key: Sent as the bearer token; never shown.
        api_key_name: The environment variable that it came from.
        timeout_s: How long to wait for the next piece of a reply, in seconds.
        max_retries: How often a request that failed in passing is sent again.
        request_options: Fields added to every request, such as ``temperature``.
    """

    model: str
    base_url: str
    api_key: str = field(repr=False)
    api_key_name: str = "OPENAI_API_KEY"
    timeout_s: float = 60.0
    max_retries: int = 2
    request_options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, config: Mapping[str, Any], *, api_key: str | None = None) -> ChatSettings:
        """Check the ``llm`` section of a conversation file.

        Args:
            config: The section; not changed.
            api_key: The key itself, for callers that have it; the environment is not asked then.

        Raises:
            ConfigError: A setting is missing or cannot be used; says which and what would be right.
        """
        refuse_key(config)
        return cls(
            model=_model(config),
            base_url=base_url_option(config),
            api_key=api_key or key_option(config),
            api_key_name=text_option(config, "api_key_name") or KEY_VARIABLE,
            timeout_s=number_option(config, "timeout", 60.0),
            max_retries=int(number_option(config, "max_retries", 2)),
            request_options={key: value for key, value in config.items() if key not in _OWN},
        )


def _model(config: Mapping[str, Any]) -> str:
    name = text_option(config, "name")
    if not name:
        raise ConfigError(
            f"ChatCompletionAPIClient needs a 'name': the model to use, for example {SUGGESTED_MODEL!r}",
            field="bot.llm.name",
        )
    if "realtime" in name:
        raise ConfigError(
            f"{name!r} is a realtime model, which ChatCompletionAPIClient (client 'openai') cannot use; "
            "set 'client: openai_realtime' (RealtimeAPIClient) or name a chat model",
            field="bot.llm.name",
            value=name,
        )
    return name
