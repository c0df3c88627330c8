"""What a session is set to: from plain settings to the session object, and what of it may change when.

A ``session.update`` leaves alone what it does not name, so a setting is either unsaid (`UNSET`), or said; None is said,
and clears it. Lists and the kinds of turn detection are replaced as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET, UnsetType

__all__ = [
    "UNSET",
    "Settings",
    "bytes_per_ms",
    "differences",
    "ends_turns_itself",
    "merged",
    "permitted",
    "without",
]

Session = dict[str, Any]

_DEFAULT_BYTES_PER_MS = 48.0
_RATES_HZ = range(4_000, 200_000)
_WHOLE = {"turn_detection", "transcription", "format", "voice", "tool_choice", "tracing", "truncation", "prompt"}
"""Objects that are one value: half of one means nothing, or something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A session's settings by their plain names; what is not given is left to the server.

    Attributes:
        instructions: The system prompt.
        tools: In the Realtime form: ``type``, ``name``, ``description``, ``parameters`` side by side.
        tool_choice: ``auto``, ``none``, ``required``, or the object that names one tool.
        output: ``audio`` for speech with its transcript, or ``text``.
        voice: A name, or ``{"id": …}`` for one's own.
        speed: 0.25 to 1.5 times as fast.
        turn_detection: ``server_vad``, ``semantic_vad``, ``none`` or None for push to talk, or the whole object.
        transcription: The model that writes down what the user says, the whole object, or None for no transcripts.
        language: Of the user's speech, as ISO-639-1 says it; only with a transcription model.
        transcription_prompt: Words that the transcription should expect; only with a transcription model.
        noise_reduction: ``near_field``, ``far_field``, the whole object, or None for none.
        input_format: ``audio/pcm`` is 24 000 Hz; the whole object where a server wants another rate.
        output_format: As ``input_format``.
        max_output_tokens: For one response, or ``inf``.
        reasoning_effort: Of models that reason.
        parallel_tool_calls: Of models that reason.
        truncation: What to drop when the conversation grows too long: ``auto``, ``disabled``, or the object.
        extra: More fields of the session object; they win over the ones above.
    """

    instructions: str | UnsetType = UNSET
    tools: Sequence[Mapping[str, Any]] | UnsetType = UNSET
    tool_choice: str | Mapping[str, Any] | UnsetType = UNSET
    output: str | UnsetType = UNSET
    voice: str | Mapping[str, Any] | UnsetType = UNSET
    speed: float | UnsetType = UNSET
    turn_detection: str | Mapping[str, Any] | UnsetType | None = UNSET
    transcription: str | Mapping[str, Any] | UnsetType | None = UNSET
    language: str = ""
    transcription_prompt: str = ""
    noise_reduction: str | Mapping[str, Any] | UnsetType | None = UNSET
    input_format: str | Mapping[str, Any] | UnsetType = UNSET
    output_format: str | Mapping[str, Any] | UnsetType = UNSET
    max_output_tokens: int | str | UnsetType = UNSET
    reasoning_effort: str | UnsetType = UNSET
    parallel_tool_calls: bool | UnsetType = UNSET
    truncation: str | Mapping[str, Any] | UnsetType = UNSET
    extra: Mapping[str, Any] | None = None

    def to_session(self) -> Session:
        """The session object of GA, with only what was said.

        >>> Settings(voice="marin", turn_detection="none").to_session()
        {'type': 'realtime', 'audio': {'input': {'turn_detection': None}, 'output': {'voice': 'marin'}}}
        """
        incoming = {
            "format": _format(self.input_format),
            "transcription": self._transcription(),
            "noise_reduction": _typed(self.noise_reduction),
            "turn_detection": None if self.turn_detection == "none" else _typed(self.turn_detection),
        }
        outgoing = {"format": _format(self.output_format), "voice": self.voice, "speed": self.speed}
        session = {
            "type": "realtime",
            "instructions": self.instructions,
            "output_modalities": UNSET if self.output is UNSET else [self.output],
            "audio": _said({"input": _said(incoming) or UNSET, "output": _said(outgoing) or UNSET}) or UNSET,
            "tools": UNSET if isinstance(self.tools, UnsetType) else [dict(tool) for tool in self.tools],
            "tool_choice": self.tool_choice,
            "max_output_tokens": self.max_output_tokens,
            "reasoning": UNSET if self.reasoning_effort is UNSET else {"effort": self.reasoning_effort},
            "parallel_tool_calls": self.parallel_tool_calls,
            "truncation": self.truncation,
        }
        return merged(_said(session), self.extra or {})

    def _transcription(self) -> Any:
        if not isinstance(self.transcription, str):
            return self.transcription
        more = {"language": self.language, "prompt": self.transcription_prompt}
        return {"model": self.transcription, **{key: value for key, value in more.items() if value}}


def _said(fields: Mapping[str, Any]) -> Session:
    return {key: value for key, value in fields.items() if value is not UNSET}


def _typed(value: Any) -> Any:
    return {"type": value} if isinstance(value, str) else value


def _format(value: Any) -> Any:
    return {"type": value, "rate": 24_000} if value == "audio/pcm" else _typed(value)


def merged(session: Mapping[str, Any], update: Mapping[str, Any]) -> Session:
    """The settings after an update: objects field by field, all else, and None, as it stands in the update."""
    result = dict(session)
    for key, value in update.items():
        known = result.get(key)
        if isinstance(value, Mapping) and isinstance(known, Mapping) and key not in _WHOLE:
            result[key] = merged(known, value)
        else:
            result[key] = value
    return result


def differences(known: Mapping[str, Any], wanted: Mapping[str, Any]) -> Session:
    """The smallest update that leads from the settings ``known`` to those ``wanted``, with no ``type``.

    What ``wanted`` does not name stays as it is. An object that the server has filled up with defaults counts as the
    same when all that is wanted of it is so.

    >>> differences({"instructions": "a", "tools": []}, {"instructions": "b", "tools": []})
    {'instructions': 'b'}
    """
    result: Session = {}
    for key, value in wanted.items():
        here = known.get(key, UNSET)
        if key == "type" or _is_same(here, value):
            continue
        if isinstance(value, Mapping) and isinstance(here, Mapping) and key not in _WHOLE:
            result[key] = differences(here, value)
        else:
            result[key] = value
    return result


def _is_same(here: Any, wanted: Any) -> bool:
    if isinstance(here, Mapping) and isinstance(wanted, Mapping):
        return all(_is_same(here.get(key, UNSET), value) for key, value in wanted.items())
    return bool(here == wanted)


def permitted(update: Mapping[str, Any], *, has_spoken: bool, is_responding: bool) -> tuple[Session, Session, Session]:
    """Sort an update by what the server takes.

    ``model`` never changes in a session; ``voice`` not after the first audio of the assistant, whatever it is set to;
    ``speed`` not while a response is active.

    Args:
        update: The settings wanted.
        has_spoken: Whether the assistant has made any audio in this session.
        is_responding: Whether a response is active or asked for.

    Returns:
        What can be sent now, what must wait until no response is active, and what needs another session.
    """
    output = _output(update)
    never = {key: update[key] for key in ("model",) if key in update}
    never |= {"voice": output["voice"]} if has_spoken and "voice" in output else {}
    later = {"speed": output["speed"]} if is_responding and "speed" in output else {}
    now = without(update, {*never, *later})
    return now, {"audio": {"output": later}} if later else {}, never


def without(update: Mapping[str, Any], names: set[str]) -> Session:
    """An update that says nothing of ``model``, ``voice`` or ``speed``, as far as they are named."""
    result = {key: value for key, value in update.items() if key == "audio" or key not in names}
    output = {key: value for key, value in _output(update).items() if key not in names}
    if output != _output(update):
        audio = {**result["audio"], "output": output}
        audio = {key: value for key, value in audio.items() if key != "output" or output}
        result = {key: value for key, value in {**result, "audio": audio}.items() if key != "audio" or audio}
    return result


def _output(session: Mapping[str, Any]) -> Mapping[str, Any]:
    return _at(session, "audio", "output") or {}


def _at(session: Mapping[str, Any], *path: str) -> Mapping[str, Any] | None:
    found: Any = session
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else None


def ends_turns_itself(session: Mapping[str, Any]) -> bool:
    """Whether the server finds the end of the user's speech by itself, as far as the settings tell."""
    incoming = _at(session, "audio", "input") or {}
    return incoming.get("turn_detection", UNSET) is not None


def bytes_per_ms(session: Mapping[str, Any], direction: str) -> float:
    """How many bytes a millisecond of audio takes, ``input`` or ``output``; PCM at 24 000 Hz where nothing is said."""
    found = _at(session, "audio", direction, "format") or {}
    if found.get("type") in ("audio/pcmu", "audio/pcma"):
        return 8.0
    rate = found.get("rate")
    return rate / 500 if isinstance(rate, int) and rate in _RATES_HZ else _DEFAULT_BYTES_PER_MS
