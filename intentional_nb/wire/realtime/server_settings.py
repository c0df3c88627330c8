"""The settings of a session: what they are at first, and how an update changes them.

An update is a part of the settings: what it leaves out stays as it is, what it sets to null becomes what it was at
first. Objects are merged, lists are replaced. An update that is wrong anywhere changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from intentional_nb.wire.realtime.server_errors import (
    model_is_settled,
    one_modality,
    tracing_is_settled,
    voice_is_settled,
)
from intentional_nb.wire.realtime.server_frames import Frame

__all__ = ["INSTRUCTIONS", "ResponseSettings", "SessionSettings", "check_modalities"]

INSTRUCTIONS: Final = "You are a helpful assistant. Answer briefly, in a friendly tone."
"""What the model goes by where the client says nothing."""

_PCM: Final = {"type": "audio/pcm", "rate": 24_000}
_DETECTION: Final[dict[str, dict[str, Any]]] = {
    "server_vad": {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 500,
        "idle_timeout_ms": None,
        "create_response": True,
        "interrupt_response": True,
    },
    "semantic_vad": {
        "type": "semantic_vad",
        "eagerness": "auto",
        "create_response": True,
        "interrupt_response": True,
    },
}
_MERGED = ("audio", "input", "output", "transcription", "noise_reduction")
"""Objects whose fields are settings of their own; any other is one setting as a whole."""


class SessionSettings:
    """What the client has set, over what it found.

    Args:
        model: The model's name, which never changes.
        session_id: The session's id.
        expires_at: Seconds since 1970 at which the session ends.
        speaks: Whether the model has a voice; without one it answers in text whatever it is asked for.
    """

    def __init__(self, model: str, *, session_id: str, expires_at: int, speaks: bool = True) -> None:
        self._first = _first(model)
        self._set = self._first
        self._marks = {"id": session_id, "expires_at": expires_at}
        self._speaks = speaks

    @property
    def frame(self) -> Frame:
        """All settings, as the session's events show them."""
        shown = {"type": "realtime", "object": "realtime.session", **self._marks, **self._set}
        return shown | {"output_modalities": self.output_modalities}

    @property
    def output_modalities(self) -> list[str]:
        """``["audio"]`` or ``["text"]``."""
        wanted: list[str] = self._set["output_modalities"]
        return wanted if self._speaks else ["text"]

    @property
    def turn_detection(self) -> Mapping[str, Any] | None:
        """How turns are told apart; None when the client does it."""
        found: Mapping[str, Any] | None = self._set["audio"]["input"]["turn_detection"]
        return found

    @property
    def transcription(self) -> Mapping[str, Any] | None:
        """How the user's words are shown; None when they are not."""
        found: Mapping[str, Any] | None = self._set["audio"]["input"]["transcription"]
        return found

    @property
    def voice(self) -> Any:
        """The name of the voice, or its id in an object."""
        return self._set["audio"]["output"]["voice"]

    @property
    def speaks(self) -> bool:
        """Whether the model has a voice."""
        return self._speaks

    def __getitem__(self, name: str) -> Any:
        return self._set[name]

    def update(self, patch: Mapping[str, Any], *, has_spoken: bool = False) -> None:
        """Change what `patch` names; it has the shape of a session.

        Raises:
            Mistake: It changes what is settled.
        """
        changed = _merged(self._set, patch, self._first)
        changed.pop("type", None)
        if changed["model"] != self._set["model"]:
            raise model_is_settled(self._set["model"])
        if has_spoken and changed["audio"]["output"]["voice"] != self.voice:
            raise voice_is_settled()
        if self._set["tracing"] is not None and changed["tracing"] != self._set["tracing"]:
            raise tracing_is_settled()
        check_modalities(changed["output_modalities"])
        self._set = changed


@dataclass(frozen=True, slots=True)
class ResponseSettings:
    """What one response goes by: the session's settings, and over them what was asked for it alone."""

    output_modalities: list[str]
    instructions: str
    tools: list[Mapping[str, Any]]
    tool_choice: Any
    parallel_tool_calls: bool | None
    max_output_tokens: Any
    metadata: Mapping[str, str] | None
    voice: Any
    format: Mapping[str, Any]
    speed: float
    is_out_of_band: bool = False

    @classmethod
    def of(cls, session: SessionSettings, asked: Mapping[str, Any]) -> ResponseSettings:
        """Lay what a ``response.create`` asks for over the session's settings.

        Raises:
            Mistake: The modalities exclude each other.
        """
        output = (asked.get("audio") or {}).get("output") or {}

        def chosen(name: str) -> Any:
            return _chosen(asked.get(name), session[name])

        modalities = check_modalities(chosen("output_modalities"))
        return cls(
            output_modalities=modalities if session.speaks else ["text"],
            instructions=chosen("instructions"),
            tools=chosen("tools"),
            tool_choice=chosen("tool_choice"),
            parallel_tool_calls=chosen("parallel_tool_calls"),
            max_output_tokens=chosen("max_output_tokens"),
            metadata=asked.get("metadata"),
            voice=_chosen(output.get("voice"), session.voice),
            format=_chosen(output.get("format"), session["audio"]["output"]["format"]),
            speed=session["audio"]["output"]["speed"],
            is_out_of_band=asked.get("conversation") == "none",
        )

    @property
    def has_audio(self) -> bool:
        """Whether the response is spoken."""
        return "audio" in self.output_modalities


def check_modalities(wanted: list[str]) -> list[str]:
    """Hold the rule that a response is either written or spoken.

    Raises:
        Mistake: Both are wanted, or neither.
    """
    if len(set(wanted)) != 1:
        raise one_modality()
    return wanted[:1]


def _first(model: str) -> dict[str, Any]:
    return {
        "model": model,
        "output_modalities": ["audio"],
        "instructions": INSTRUCTIONS,
        "tools": [],
        "tool_choice": "auto",
        "parallel_tool_calls": None,
        "reasoning": None,
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "audio": {
            "input": {
                "format": _PCM,
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": _DETECTION["server_vad"],
            },
            "output": {"format": _PCM, "voice": "marin", "speed": 1.0},
        },
        "include": None,
    }


def _merged(now: Mapping[str, Any], patch: Mapping[str, Any], first: Mapping[str, Any]) -> dict[str, Any]:
    """Copy `now` with what `patch` changes; nulls stand for what was there at `first`."""
    changed = dict(now)
    for name, value in patch.items():
        default = first.get(name)
        if name == "turn_detection":
            changed[name] = _detection(now[name], value)
        elif value is None:
            changed[name] = default
        elif name in _MERGED and isinstance(value, Mapping):
            changed[name] = _merged(now.get(name) or {}, value, default or {})
        else:
            changed[name] = value
    return changed


def _detection(now: Mapping[str, Any] | None, told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if told is None:
        return None  # null is a way of its own: the client says when a turn ends
    defaults = _DETECTION[told["type"]]
    base = now if now and now["type"] == told["type"] else defaults
    return {name: _chosen(told.get(name, base[name]), default) for name, default in defaults.items()}


def _chosen(value: Any, otherwise: Any) -> Any:
    return otherwise if value is None else value
