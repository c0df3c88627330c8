"""The settings of a Realtime client, read and checked once, and the session that they ask for."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlsplit

from msgspec import UNSET, UnsetType

from intentional_nb.clients.options import base_url_option, number_option, text_option
from intentional_nb.clients.secret import KEY_VARIABLE, key_option, refuse_key
from intentional_nb.errors import ConfigError
from intentional_nb.wire.realtime.session import Settings

__all__ = ["SUGGESTED_VOICE_MODEL", "VoiceSettings", "read_turn_detection"]

SUGGESTED_VOICE_MODEL = "gpt-realtime-2.1"
"""OpenAI's speaking model for those who name none."""
SUGGESTED_TRANSCRIPTION_MODEL = "gpt-transcribe"
"""OpenAI's model that writes down what the user says."""
DEFAULT_VOICE = "alloy"

_OWN = (
    *("client", "name", "api_key_name", "base_url", "timeout", "max_retries", "voice", "system_prompt", "language"),
    *("turn_detection", "transcription_model", "output_modalities", "speed", "noise_reduction", "close_after"),
)
"""Settings of the client itself; every other one is a field of the session."""

_LONGEST_WAIT_MS = {"low": 8000, "medium": 4000, "auto": 4000, "high": 2000}
"""How long semantic VAD waits for more at most, by its ``eagerness``."""
_SILENCE_MS = 500
"""The server VAD's ``silence_duration_ms`` where nobody sets one."""
_MARGIN_MS = 500
"""What a server may need beyond the silence that ends a turn, to notice it."""


@dataclass(frozen=True)
class VoiceSettings:
    """What a Realtime client needs to know.

    Attributes:
        model: The model's name.
        base_url: Where the server is, over http(s) or ws(s), ending in ``/v1`` for most.
        api_key: Sent as the bearer token; never shown.
        api_key_name: The environment variable that it came from.
        voice: The voice that speaks.
        system_prompt: Takes the place of the first stage's prompt; None leaves that to the router.
        turn_detection: How the server finds out that the user has finished; None leaves that to `commit_audio`.
        transcription_model: The model that writes down what the user says; None leaves that out.
        language: Of the user's speech, such as ``en``; empty leaves it to the model.
        output_modality: ``audio``, which comes with its transcript, or ``text``.
        speed: How fast the voice speaks, 0.25 to 1.5; None leaves it to the server.
        noise_reduction: Of the microphone's sound; None switches it off, `UNSET` leaves it to the server.
        timeout_s: How long to wait for the server's next word while it owes one, in seconds.
        max_retries: How often in a row a lost session is opened again.
        close_after_s: After how many seconds a session in which nothing is said is closed; 0 keeps it open.
        session_options: Fields added to the session, such as ``max_output_tokens``.
    """

    model: str
    base_url: str
    api_key: str = field(repr=False)
    api_key_name: str = KEY_VARIABLE
    voice: str = DEFAULT_VOICE
    system_prompt: str | None = None
    turn_detection: Mapping[str, Any] | None = field(default_factory=lambda: {"type": "server_vad"})
    transcription_model: str | None = SUGGESTED_TRANSCRIPTION_MODEL
    language: str = ""
    output_modality: str = "audio"
    speed: float | None = None
    noise_reduction: str | Mapping[str, Any] | UnsetType | None = UNSET
    timeout_s: float = 60.0
    max_retries: int = 5
    close_after_s: float = 0.0
    session_options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, config: Mapping[str, Any], *, api_key: str | None = None) -> VoiceSettings:
        """Check the ``llm`` section of a conversation file.

        Args:
            config: The section; not changed.
            api_key: The key itself, for callers that have it; the environment is not asked then.

        Raises:
            ConfigError: A setting is missing or cannot be used; says which and what would be right.
        """
        refuse_key(config)
        model = _model(config)
        return cls(
            model=model,
            base_url=_address(base_url_option(config)),
            api_key=_sendable(api_key or key_option(config)),
            api_key_name=text_option(config, "api_key_name") or KEY_VARIABLE,
            voice=text_option(config, "voice") or DEFAULT_VOICE,
            system_prompt=text_option(config, "system_prompt"),
            turn_detection=read_turn_detection(config.get("turn_detection", "server_vad")),
            transcription_model=_transcription_model(config),
            language=text_option(config, "language") or "",
            output_modality=_modality(config.get("output_modalities", "audio")),
            speed=_speed(config),
            noise_reduction=_noise_reduction(config.get("noise_reduction", UNSET)),
            timeout_s=number_option(config, "timeout", 60.0),
            max_retries=int(number_option(config, "max_retries", 5)),
            close_after_s=number_option(config, "close_after", 0.0),
            session_options={key: value for key, value in config.items() if key not in _OWN},
        )

    @property
    def url(self) -> str:
        """Where the session is opened: a WebSocket address with the model in it."""
        parts = urlsplit(self.base_url)
        scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
        path = parts.path if parts.path.endswith("/realtime") else f"{parts.path}/realtime"
        query = "&".join(filter(None, [parts.query, f"model={quote(self.model)}"]))
        return f"{scheme}://{parts.netloc}{path}?{query}"

    @property
    def is_near(self) -> bool:
        """Whether the server is on this machine, so that no proxy stands between."""
        host = urlsplit(self.base_url).hostname or ""
        return host in ("localhost", "::1") or host.startswith("127.")

    @property
    def server_answers(self) -> bool:
        """Whether the server makes a response by itself once the user has spoken."""
        return self.turn_detection is not None and self.turn_detection.get("create_response", True) is not False

    @property
    def closing_silence_ms(self) -> int:
        """How much silence makes the server's turn detection sure that a clip is over; 0 without turn detection."""
        detection = self.turn_detection
        if detection is None:
            return 0
        if detection.get("type") == "semantic_vad":
            return _LONGEST_WAIT_MS.get(detection.get("eagerness", "auto"), 8000) + _MARGIN_MS
        return int(detection.get("silence_duration_ms") or _SILENCE_MS) + _MARGIN_MS

    def with_turn_detection(self, value: Any) -> VoiceSettings:
        """The same settings with another turn detection, in any form that the file may have.

        Raises:
            ConfigError: It cannot be used.
        """
        return replace(self, turn_detection=read_turn_detection(value))

    def session(self, prompt: str, tools: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """All that a new session is told.

        Args:
            prompt: The system prompt.
            tools: Definitions of the tools.
        """
        return Settings(
            instructions=prompt,
            tools=tools,
            tool_choice="auto",
            output=self.output_modality,
            voice=self.voice,
            speed=UNSET if self.speed is None else self.speed,
            turn_detection=self.turn_detection,
            transcription=self.transcription_model,
            language=self.language,
            noise_reduction=self.noise_reduction,
            input_format="audio/pcm",
            output_format="audio/pcm",
            extra=self.session_options,
        ).to_session()


def read_turn_detection(value: Any) -> dict[str, Any] | None:
    """The turn detection that a file or a program names.

    Args:
        value: ``server_vad``, ``semantic_vad``, ``none`` or None, or a mapping with ``type`` and the server's fields.

    Returns:
        As the server takes it; None for none.

    Raises:
        ConfigError: It is something else.

    >>> read_turn_detection("semantic_vad")
    {'type': 'semantic_vad'}
    """
    if value is None or value == "none":
        return None
    if value in ("server_vad", "semantic_vad"):
        return {"type": value}
    if isinstance(value, Mapping) and isinstance(value.get("type"), str):
        return dict(value)
    raise ConfigError(
        "'turn_detection' must be 'server_vad', 'semantic_vad', 'none', or a mapping with one of the first two as "
        f"its 'type', got {value!r}",
        field="bot.llm.turn_detection",
        value=value,
    )


def _model(config: Mapping[str, Any]) -> str:
    name = text_option(config, "name")
    if not name:
        raise ConfigError(
            f"RealtimeAPIClient needs a 'name': the model to use, for example {SUGGESTED_VOICE_MODEL!r}",
            field="bot.llm.name",
        )
    if "realtime" not in name:
        raise ConfigError(
            f"{name!r} is not a realtime model, which RealtimeAPIClient (client 'openai_realtime') needs; "
            f"set 'client: openai' (ChatCompletionAPIClient) or name one such as {SUGGESTED_VOICE_MODEL!r}",
            field="bot.llm.name",
            value=name,
        )
    return name


def _address(url: str) -> str:
    with contextlib.suppress(ValueError):  # such as a port that is no number
        parts = urlsplit(url)
        is_whole = parts.scheme in ("http", "https", "ws", "wss") and parts.hostname and (parts.port or True)
        if is_whole and not parts.username:
            return url
    # What stands before an @ is a password more often than not: it is not repeated.
    shown = url.rpartition("@")[2]
    raise ConfigError(
        f"'base_url' must be an address over http, https, ws or wss without a user name, such as "
        f"'https://api.openai.com/v1', got {shown!r}",
        field="bot.llm.base_url",
        value=shown,
    )


def _sendable(key: str) -> str:
    if key.isascii() and key.isprintable() and " " not in key:
        return key
    raise ConfigError(
        "the API key holds a space, a line break or a letter that cannot be sent; was it copied whole?",
        field="bot.llm.api_key_name",
    )


def _transcription_model(config: Mapping[str, Any]) -> str | None:
    if "transcription_model" not in config:
        return SUGGESTED_TRANSCRIPTION_MODEL
    model = text_option(config, "transcription_model")
    return None if model == "none" else model


def _modality(value: Any) -> str:
    wanted = [value] if isinstance(value, str) else value
    if isinstance(wanted, list | tuple) and len(wanted) == 1 and wanted[0] in ("audio", "text"):
        return str(wanted[0])
    raise ConfigError(
        f"'output_modalities' must be 'audio', which comes with its transcript, or 'text', got {value!r}",
        field="bot.llm.output_modalities",
        value=value,
    )


def _speed(config: Mapping[str, Any]) -> float | None:
    if config.get("speed") is None:
        return None
    speed = number_option(config, "speed", 1.0)
    if 0.25 <= speed <= 1.5:
        return speed
    raise ConfigError(f"'speed' must be between 0.25 and 1.5, got {speed!r}", field="bot.llm.speed", value=speed)


def _noise_reduction(value: Any) -> str | Mapping[str, Any] | UnsetType | None:
    if value is None or value == "none":
        return None
    if isinstance(value, UnsetType):
        return UNSET
    if value in ("near_field", "far_field"):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise ConfigError(
        f"'noise_reduction' must be 'near_field', 'far_field' or 'none', got {value!r}",
        field="bot.llm.noise_reduction",
        value=value,
    )
