"""Which model a bot talks to, and by which client: what the call says, what the file says, and what is left to us."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from intentional_nb.bots.local_model import LOCAL_VOICE_MODEL
from intentional_nb.clients.settings import SUGGESTED_MODEL
from intentional_nb.clients.voice_settings import SUGGESTED_VOICE_MODEL
from intentional_nb.conversation.fields import MODALITIES
from intentional_nb.errors import ConfigError

__all__ = ["Choice", "Client", "choose"]

Client = Literal["local", "openai", "openai_realtime"]

WRITTEN, SPOKEN = MODALITIES

_REMOTE: Mapping[str, tuple[Client, str]] = {
    WRITTEN: ("openai", SUGGESTED_MODEL),
    SPOKEN: ("openai_realtime", SUGGESTED_VOICE_MODEL),
}
"""The client for models elsewhere, and the model for those who name none."""


@dataclass(frozen=True)
class Choice:
    """What was decided.

    Attributes:
        client: The client's name in conversation files.
        llm: The ``llm`` section for it.
        is_spoken: Whether the conversation is spoken.
        notices: What people should be told of it.
    """

    client: Client
    llm: dict[str, Any]
    is_spoken: bool
    notices: tuple[str, ...] = field(default=())


def choose(
    file: Mapping[str, Any], file_modality: str, given: Mapping[str, Any], modality: str | None = None
) -> Choice:
    """Decide.

    Args:
        file: The file's ``llm`` section.
        file_modality: What the file says about how people talk to the bot.
        given: What the call says about the model; entries that are None say nothing.
        modality: What the call says about how people talk to the bot.

    Raises:
        ConfigError: There is no such client or modality, or the two do not go together; says what does.
    """
    if modality is not None and modality not in MODALITIES:
        known = " and ".join(map(repr, MODALITIES))
        raise ConfigError(f"unknown modality {modality!r}; there are {known}", field="modality", value=modality)
    said = {key: value for key, value in given.items() if value is not None}
    llm = _merged(file, said)
    wanted = modality or file_modality
    client = llm.get("client")
    if client is None:
        return _left_to_us(llm, wanted)
    if client not in ("local", "openai", "openai_realtime"):
        known = "'local', 'openai' and 'openai_realtime'"
        raise ConfigError(f"unknown client {client!r}; there are {known}", field="bot.llm.client", value=client)
    if client == "local":
        names_a_voice = modality is None and llm.get("name") == LOCAL_VOICE_MODEL
        return Choice(client, llm, wanted == SPOKEN or names_a_voice)
    if modality is not None and "client" not in said and client != _REMOTE[modality][0]:
        return _other_client(llm, said, modality)
    _check(client, wanted, is_asked_for=modality is not None)
    return Choice(client, llm, client == "openai_realtime")


def _merged(file: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """The ``llm`` section: what the call gives wins over the file."""
    if said.get("client", file.get("client")) != file.get("client"):
        return dict(said)  # the file's model and address are not meant for another client
    return {**file, **said}


def _left_to_us(llm: dict[str, Any], wanted: str) -> Choice:
    """Where nobody names a client: OpenAI's when anything points to it, else the local one."""
    name = llm.get("name")
    is_spoken = wanted == SPOKEN or (isinstance(name, str) and "realtime" in name)
    client, suggested = _REMOTE[SPOKEN if is_spoken else WRITTEN]
    if any(llm.get(key) for key in ("name", "base_url", "api_key_name")):
        return Choice(client, {**llm, "client": client}, is_spoken)
    if os.environ.get("OPENAI_API_KEY", "").strip():
        notice = f"No model is named: asking OpenAI's {suggested!r} with the key in OPENAI_API_KEY."
        return Choice(client, {**llm, "client": client, "name": suggested}, is_spoken, (notice,))
    what = "voice" if is_spoken else "model"
    notice = f"No model is named and no key is set: using the local {what}, which needs neither."
    return Choice("local", {**llm, "client": "local"}, is_spoken, (notice,))


def _other_client(llm: Mapping[str, Any], said: Mapping[str, Any], modality: str) -> Choice:
    """The call wants to talk in another way than the file's client can."""
    client, suggested = _REMOTE[modality]
    if llm.get("base_url"):
        raise ConfigError(
            f"modality {modality!r} needs another client than {llm['client']!r}, and a model of that server which it "
            f"can use: say client={client!r} and model=… as well",
            field="modality",
            value=modality,
        )
    kept = {key: llm[key] for key in ("api_key_name", "timeout", "max_retries") if key in llm}
    section = {**kept, "client": client, "name": suggested, **said}
    notice = f"{llm.get('name')!r} is not for modality {modality!r}: asking OpenAI's {suggested!r} instead."
    return Choice(client, section, modality == SPOKEN, () if "name" in said else (notice,))


def _check(client: str, wanted: str, *, is_asked_for: bool) -> None:
    """A client that speaks may stand in a file that does not say so; any other mismatch is a mistake."""
    right = _REMOTE[wanted][0]
    if client == right or (client == "openai_realtime" and not is_asked_for):
        return
    raise ConfigError(
        f"client {client!r} cannot be used with modality {wanted!r}; that needs 'client: {right}', or 'client: local'",
        field="bot.llm.client",
        value=client,
    )
