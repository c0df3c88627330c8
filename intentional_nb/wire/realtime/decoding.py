"""From the bytes of a frame to something typed, in one pass where it matters.

Audio deltas come fifty times a second, in base64; `decode` turns their samples into bytes while it parses. Text,
transcript and argument deltas are typed as well. All else is rare, and becomes a plain dict. A delta that does not fit
its type, because a server leaves a field out or writes null, becomes a dict too, to be read with patience.
"""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64
from typing import Any, TypeAlias

import msgspec

from intentional_nb.errors import RemoteProtocolError

__all__ = ["ArgumentsFrame", "AudioFrame", "Delta", "TextFrame", "TranscriptFrame", "decode", "from_base64"]


class AudioFrame(msgspec.Struct, tag_field="type", tag="response.output_audio.delta", gc=False):
    """``response.output_audio.delta``."""

    delta: bytes
    item_id: str = ""
    response_id: str = ""
    content_index: int = 0


class _BetaAudioFrame(AudioFrame, tag="response.audio.delta", gc=False):
    pass


class TextFrame(msgspec.Struct, tag_field="type", tag="response.output_text.delta", gc=False):
    """``response.output_text.delta``."""

    delta: str
    item_id: str = ""
    response_id: str = ""


class _BetaTextFrame(TextFrame, tag="response.text.delta", gc=False):
    pass


class TranscriptFrame(msgspec.Struct, tag_field="type", tag="response.output_audio_transcript.delta", gc=False):
    """``response.output_audio_transcript.delta``."""

    delta: str
    item_id: str = ""
    response_id: str = ""


class _BetaTranscriptFrame(TranscriptFrame, tag="response.audio_transcript.delta", gc=False):
    pass


class ArgumentsFrame(msgspec.Struct, tag_field="type", tag="response.function_call_arguments.delta", gc=False):
    """``response.function_call_arguments.delta``."""

    delta: str
    call_id: str = ""
    item_id: str = ""
    response_id: str = ""


Delta: TypeAlias = AudioFrame | TextFrame | TranscriptFrame | ArgumentsFrame
"""The frames that are frequent enough to be typed; those of the beta are subclasses."""

_decode_delta = msgspec.json.Decoder(
    AudioFrame | _BetaAudioFrame | TextFrame | _BetaTextFrame | TranscriptFrame | _BetaTranscriptFrame | ArgumentsFrame,
).decode
_decode_any = msgspec.json.Decoder().decode


def decode(frame: str | bytes) -> Delta | dict[str, Any]:
    """Parse a frame.

    Raises:
        RemoteProtocolError: It is no JSON object with a ``type``.
    """
    try:
        delta: Delta = _decode_delta(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _decode_object(frame)
    return delta


def _decode_object(frame: str | bytes) -> dict[str, Any]:
    try:
        told = _decode_any(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _not_the_protocol(f"that cannot be read ({error})", frame) from error
    if not isinstance(told, dict):
        raise _not_the_protocol("that is no JSON object", frame)
    if not isinstance(told.get("type"), str):
        raise _not_the_protocol("that does not say its type", frame)
    return told


def _not_the_protocol(what: str, frame: str | bytes) -> RemoteProtocolError:
    start = frame[:500]
    text = start.decode("utf-8", "replace") if isinstance(start, bytes) else start
    return RemoteProtocolError(f"the server sent a frame {what}", frame=text)


def from_base64(text: Any) -> bytes | None:
    """Bytes from base64 that may lack its padding; None when there is no making sense of it."""
    if not isinstance(text, str):
        return None
    try:
        return a2b_base64(text + "=" * (-len(text) % 4), strict_mode=True)
    except (Base64Error, ValueError):
        return None
