"""The dialect of the beta, which OpenAI has ended and other servers still speak: GA's frames by their old names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from intentional_nb.wire.realtime.server_frames import Frame

__all__ = ["to_beta"]

_NAMES: Final = {
    "response.output_text.delta": "response.text.delta",
    "response.output_text.done": "response.text.done",
    "response.output_audio.delta": "response.audio.delta",
    "response.output_audio.done": "response.audio.done",
    "response.output_audio_transcript.delta": "response.audio_transcript.delta",
    "response.output_audio_transcript.done": "response.audio_transcript.done",
    "conversation.item.added": "conversation.item.created",
}
_UNKNOWN: Final = ("conversation.item.done", "input_audio_buffer.timeout_triggered")
_PARTS: Final = {"output_text": "text", "output_audio": "audio"}
_FORMATS: Final = {"audio/pcm": "pcm16", "audio/pcmu": "g711_ulaw", "audio/pcma": "g711_alaw"}


def to_beta(frame: Frame) -> Frame | None:
    """Turn a frame of GA into what a server of the beta sends; None where it sends nothing."""
    if frame["type"] in _UNKNOWN:
        return None
    told = frame | {"type": _NAMES.get(frame["type"], frame["type"])}
    if "session" in told:
        told["session"] = _session(told["session"])
    if "item" in told:
        told["item"] = _item(told["item"])
    if "response" in told:
        told["response"] = _response(told["response"])
    return told


def _session(session: Mapping[str, Any]) -> Frame:
    heard, spoken = session["audio"]["input"], session["audio"]["output"]
    return {
        "id": session["id"],
        "object": "realtime.session",
        "model": session["model"],
        "expires_at": session["expires_at"],
        "modalities": _modalities(session["output_modalities"]),
        "instructions": session["instructions"],
        "voice": spoken["voice"],
        "speed": spoken["speed"],
        "input_audio_format": _FORMATS[heard["format"]["type"]],
        "output_audio_format": _FORMATS[spoken["format"]["type"]],
        "input_audio_transcription": heard["transcription"],
        "input_audio_noise_reduction": heard["noise_reduction"],
        "turn_detection": heard["turn_detection"],
        "tools": session["tools"],
        "tool_choice": session["tool_choice"],
        "temperature": 0.8,
        "max_response_output_tokens": session["max_output_tokens"],
    }


def _response(response: Mapping[str, Any]) -> Frame:
    told = {name: value for name, value in response.items() if name not in ("output_modalities", "audio")}
    output = response["audio"]["output"]
    return told | {
        "modalities": _modalities(response["output_modalities"]),
        "voice": output["voice"],
        "output_audio_format": _FORMATS[output["format"]["type"]],
        "temperature": 0.8,
        "output": [_item(item) for item in response["output"]],
    }


def _item(item: Mapping[str, Any]) -> Frame:
    if "content" not in item:
        return dict(item)
    content = [part | {"type": _PARTS.get(part["type"], part["type"])} for part in item["content"]]
    return dict(item) | {"content": content}


def _modalities(wanted: list[str]) -> list[str]:
    return ["text", "audio"] if "audio" in wanted else wanted
