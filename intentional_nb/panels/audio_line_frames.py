"""What goes over the audio line, as bytes and text: the same on a WebSocket and on a comm.

    binary  12 bytes of header, then PCM16 at 24 kHz
                page -> kernel  <u32 1><u32 seq><u32 lost_samples>  from the microphone
                kernel -> page  <u32 2><u32 epoch><u32 item>        speech
    text    a JSON object with a `kind`

On a comm several of them travel in one message, in order: ``parts`` holds texts as objects, and for each binary one the
index of its buffer. Nothing here does I/O.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Frame", "Microphone", "from_envelope", "read_message", "read_microphone", "speech_frame", "to_envelope"]

Frame = str | bytes
"""One message of the line: text is JSON, bytes are audio."""

_HEADER = struct.Struct("<III")
_MICROPHONE, _SPEECH = 1, 2
_LARGEST = 2**53  # the page's numbers are exact up to here

_FIELDS: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "hello": {"client": str, "got": int},
    "ping": {"at": (int, float), "got": int},
    "got": {"n": int},
    "away": {},
    "start": {},
    "stop": {},
    "talk": {"down": bool},
    "mute": {"on": bool},
    "played": {"epoch": int, "item": int, "samples": int},
    "flushed": {"epoch": int, "item": (int, type(None)), "samples": int},
}
"""What a message of each known kind must hold; other kinds may hold anything."""


@dataclass(frozen=True, slots=True)
class Microphone:
    """A piece of what the microphone took up.

    Attributes:
        seq: Its number on the page, from 0.
        lost_samples: Samples that the page lost just before it.
        pcm: The sound.
    """

    seq: int
    lost_samples: int
    pcm: bytes


def speech_frame(epoch: int, item: int, pcm: bytes) -> bytes:
    """A piece of the bot's speech, for the page's player."""
    return _HEADER.pack(_SPEECH, epoch, item) + pcm


def read_microphone(frame: bytes) -> Microphone:
    """What the page's microphone module sent.

    Raises:
        ValueError: It is something else.
    """
    if len(frame) < _HEADER.size or len(frame) % 2:
        raise ValueError(f"a microphone frame of {len(frame)} bytes: 12 and whole samples are needed")
    kind, seq, lost_samples = _HEADER.unpack_from(frame)
    if kind != _MICROPHONE:
        raise ValueError(f"a binary frame of kind {kind} from a page: only {_MICROPHONE}, the microphone, may come")
    return Microphone(seq, lost_samples, frame[_HEADER.size :])


def read_message(text: str) -> dict[str, Any]:
    """The object that a text frame holds.

    Raises:
        ValueError: It is no object with a kind, or lacks what its kind must hold.
    """
    try:
        message = json.loads(text)
    except RecursionError as error:
        raise ValueError("a message nested too deeply") from error
    return _checked(message)


def to_envelope(
    client: str, first: int, frames: Sequence[Frame], urgent: Sequence[str]
) -> tuple[dict[str, Any], list[bytes]]:
    """One message of a comm for all these frames, with its buffers.

    Args:
        client: The page that is meant; others ignore the message.
        first: The number of the first of ``frames``.
        frames: Numbered frames.
        urgent: Texts that have no number.
    """
    buffers = [frame for frame in frames if isinstance(frame, bytes)]
    indexes = iter(range(len(buffers)))
    parts = [json.loads(frame) if isinstance(frame, str) else next(indexes) for frame in frames]
    message = {
        "kind": "line",
        "to": client,
        "first": first,
        "parts": parts,
        "urgent": [json.loads(text) for text in urgent],
    }
    return message, buffers


def from_envelope(message: Mapping[str, Any], buffers: Iterable[Any]) -> tuple[int, list[Frame], list[dict[str, Any]]]:
    """What a page sent in one message of a comm: the number of the first frame, the frames, and messages without one.

    Raises:
        ValueError: It is not such a message.
    """
    held = [bytes(buffer) for buffer in buffers]
    first, parts, urgent = message.get("first"), message.get("parts"), message.get("urgent", [])
    if not _fits(first, int) or not isinstance(parts, list) or not isinstance(urgent, list):
        raise ValueError("a message of the line needs a number, its parts and what is urgent")
    frames: list[Frame] = []
    for part in parts:
        if isinstance(part, int) and not 0 <= part < len(held):
            raise ValueError(f"part {part} of a message with {len(held)} buffers")
        frames.append(held[part] if isinstance(part, int) else json.dumps(part))
    return int(first or 0), frames, [_checked(item) for item in urgent]


def _checked(message: Any) -> dict[str, Any]:
    if not isinstance(message, dict) or not isinstance(message.get("kind"), str):
        raise ValueError("a message of the line is an object with a kind")
    for name, kind in _FIELDS.get(message["kind"], {}).items():
        if name not in message or not _fits(message[name], kind):
            raise ValueError(f"{message['kind']!r} needs a {name!r}, got {message.get(name)!r:.60}")
    return message


def _fits(value: Any, kind: type | tuple[type, ...]) -> bool:
    kinds = kind if isinstance(kind, tuple) else (kind,)
    if isinstance(value, bool):
        return bool in kinds
    if isinstance(value, int | float) and not 0 <= value <= _LARGEST:
        return False  # also what is not a number at all
    return isinstance(value, kinds)
