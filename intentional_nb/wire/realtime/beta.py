"""Shapes of the beta, turned into those of GA.

OpenAI ended the beta in May 2026; other servers still speak it, wholly or in places. A shape that is GA's already comes
through as it is, so everything from a server may be sent through here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["ga_item", "ga_session"]

_FORMATS: Mapping[str, Mapping[str, Any]] = {
    "pcm16": {"type": "audio/pcm", "rate": 24_000},
    "g711_ulaw": {"type": "audio/pcmu"},
    "g711_alaw": {"type": "audio/pcma"},
}
_INPUT = {
    "input_audio_format": "format",
    "input_audio_transcription": "transcription",
    "input_audio_noise_reduction": "noise_reduction",
    "turn_detection": "turn_detection",
}
_OUTPUT = {"output_audio_format": "format", "voice": "voice", "speed": "speed"}
_TOP = {"modalities": "output_modalities", "max_response_output_tokens": "max_output_tokens"}
_FLAT = {*_INPUT, *_OUTPUT, *_TOP}
_PARTS = {"text": "output_text", "audio": "output_audio"}


def ga_session(session: Mapping[str, Any]) -> dict[str, Any]:
    """A session's settings in the shape of GA.

    >>> ga_session({"voice": "sage", "turn_detection": None, "instructions": "Be kind."})
    {'instructions': 'Be kind.', 'audio': {'input': {'turn_detection': None}, 'output': {'voice': 'sage'}}}
    """
    if not _FLAT & session.keys():
        return dict(session)
    turned = {_TOP.get(key, key): value for key, value in session.items() if key not in {*_INPUT, *_OUTPUT}}
    audio = _mapping(session.get("audio"))
    turned["audio"] = {
        "input": {**_moved(session, _INPUT), **_mapping(audio.get("input"))},
        "output": {**_moved(session, _OUTPUT), **_mapping(audio.get("output"))},
    }
    modalities = turned.get("output_modalities")
    if isinstance(modalities, list) and "audio" in modalities:
        turned["output_modalities"] = ["audio"]  # the beta said ["text", "audio"]; speech always has its transcript
    return turned


def _moved(session: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    found = {new: session[old] for old, new in names.items() if old in session}
    if isinstance(found.get("format"), str):
        found["format"] = _FORMATS.get(found["format"], found["format"])
    return found


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def ga_item(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """A conversation item whose parts are called as in GA.

    >>> ga_item({"role": "assistant", "content": [{"type": "audio", "transcript": "Hi"}]})["content"]
    [{'type': 'output_audio', 'transcript': 'Hi'}]
    """
    content = item.get("content")
    if item.get("role") != "assistant" or not isinstance(content, list):
        return item
    if not any(isinstance(part, Mapping) and part.get("type") in _PARTS for part in content):
        return item
    return {**item, "content": [_ga_part(part) for part in content]}


def _ga_part(part: Any) -> Any:
    if isinstance(part, Mapping) and part.get("type") in _PARTS:
        return {**part, "type": _PARTS[part["type"]]}
    return part
