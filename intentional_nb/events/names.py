"""The names under which handlers are added, and what other versions of Intentional call them."""

from __future__ import annotations

from intentional_nb.events.base import Event

__all__ = ["event_name", "handler_names"]

_ALIASES = {
    "on_llm_connection": "on_model_connection",
    "on_llm_disconnection": "on_model_disconnection",
    "on_llm_starts_generating_response": "on_model_starts_generating_response",
    "on_llm_stops_generating_response": "on_model_stops_generating_response",
    "on_text_message_from_llm": "on_text_message_from_model",
    "on_audio_message_from_llm": "on_audio_message_from_model",
    "on_vad_detects_user_speech_started_ended": "on_vad_detects_user_speech_ended",
    "on_user_speech_started": "on_vad_detects_user_speech_started",
    "on_user_speech_ended": "on_vad_detects_user_speech_ended",
    "on_llm_speech_transcribed": "on_model_speech_transcribed",
}
"""Names that other versions of Intentional use, and what they are called here."""


def event_name(name: str) -> str:
    """The handler name that ``name`` stands for: itself, or what an older or newer Intentional called it.

    >>> event_name("on_llm_connection")
    'on_model_connection'
    """
    return _ALIASES.get(name, name)


def handler_names() -> frozenset[str]:
    """Every name under which a handler can be added, the wildcard ``*`` included."""
    return frozenset({"*", *(kind.handler_name for kind in Event.__subclasses__())})
