"""What a client can get wrong, in OpenAI's words: clients look for these codes, and some for the sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = [
    "Mistake",
    "above",
    "already_active",
    "below",
    "buffer_too_small",
    "item_exists",
    "missing",
    "model_is_settled",
    "no_such_call",
    "no_such_item",
    "no_such_previous",
    "not_audio",
    "not_base64",
    "not_cancellable",
    "not_json",
    "not_one_of",
    "one_modality",
    "too_large",
    "too_long",
    "tracing_is_settled",
    "truncated_too_late",
    "unknown",
    "voice_is_settled",
    "wrong_session",
    "wrong_type",
]


class Mistake(Exception):
    """A client's event cannot be obeyed; it is answered with an ``error`` event, and the session goes on.

    Attributes:
        message: What is wrong, for people.
        code: The machine-readable reason, or None.
        param: The field to blame, or None.
    """

    def __init__(self, message: str, code: str | None = None, param: str | None = None) -> None:
        self.message = message
        self.code = code
        self.param = param
        super().__init__(message)


# ---- the shape of an event


def not_json() -> Mistake:
    """The frame is no JSON."""
    return Mistake("Invalid event: failed to parse JSON value.", "invalid_json")


def missing(param: str) -> Mistake:
    """A field is not there."""
    return Mistake(f"Missing required parameter: '{param}'.", "missing_required_parameter", param)


def unknown(param: str) -> Mistake:
    """A field that the protocol does not have."""
    return Mistake(f"Unknown parameter: '{param}'.", "unknown_parameter", param)


def wrong_type(param: str, wanted: str, found: Any) -> Mistake:
    """A value of another type than the protocol has."""
    message = f"Invalid type for '{param}': expected {wanted}, but got {_named(found)} instead."
    return Mistake(message, "invalid_type", param)


def not_one_of(param: str, found: object, values: Sequence[str]) -> Mistake:
    """A word that is none of those that the protocol has."""
    if len(values) == 1:
        return Mistake(f"Invalid value: '{found}'. Value must be '{values[0]}'.", "invalid_value", param)
    *others, last = [f"'{value}'" for value in values]
    comma = "," if len(others) > 1 else ""
    listed = f"{', '.join(others)}{comma} and {last}"
    return Mistake(f"Invalid value: '{found}'. Supported values are: {listed}.", "invalid_value", param)


def below(param: str, kind: str, least: float, found: float) -> Mistake:
    """A number that is too small; `kind` is ``integer`` or ``decimal``."""
    message = f"Invalid '{param}': {kind} below minimum value. Expected a value >= {least}, but got {found} instead."
    return Mistake(message, f"{kind}_below_min_value", param)


def above(param: str, kind: str, most: float, found: float) -> Mistake:
    """A number that is too large; `kind` is ``integer`` or ``decimal``."""
    message = f"Invalid '{param}': {kind} above maximum value. Expected a value <= {most}, but got {found} instead."
    return Mistake(message, f"{kind}_above_max_value", param)


def too_long(param: str, most: int, found: int) -> Mistake:
    """A text with too many characters."""
    message = (
        f"Invalid '{param}': string too long. Expected a string with maximum length {most}, "
        f"but got a string with length {found} instead."
    )
    return Mistake(message, "string_above_max_length", param)


def too_large(param: str, most: int, found: int) -> Mistake:
    """An object with too many properties."""
    message = (
        f"Invalid '{param}': too many properties. Expected an object with at most {most} properties, "
        f"but got an object with {found} properties instead."
    )
    return Mistake(message, "object_above_max_properties", param)


def not_base64(param: str) -> Mistake:
    """Audio that cannot be decoded."""
    message = f"Invalid '{param}'. Expected base64-encoded audio bytes (mono PCM16 at 24kHz) but got an invalid value."
    return Mistake(message, "invalid_value", param)


# ---- the state of the session


def wrong_session() -> Mistake:
    """A session that converses was sent the settings of one that only transcribes."""
    message = "Passing a transcription session update event to a realtime session is not allowed."
    return Mistake(message, "invalid_parameter", "session.type")


def model_is_settled(model: str) -> Mistake:
    """The model is chosen by the address of the session."""
    message = f"Cannot update a session's model: this session's model is '{model}'."
    return Mistake(message, "invalid_value", "session.model")


def tracing_is_settled() -> Mistake:
    """Tracing cannot change any more."""
    return Mistake("Cannot update a session's tracing once it is on.", "invalid_value", "session.tracing")


def one_modality() -> Mistake:
    """Text and audio exclude each other: audio brings its transcript."""
    message = "Invalid modalities: ['text', 'audio']. Supported combinations are: ['text'] and ['audio']."
    return Mistake(message, "invalid_value")


def voice_is_settled() -> Mistake:
    """The voice cannot change any more."""
    message = "Cannot update a conversation's voice if assistant audio is present."
    return Mistake(message, "cannot_update_voice")


def buffer_too_small(found_ms: float) -> Mistake:
    """Less audio than can be committed."""
    message = (
        "Error committing input audio buffer: buffer too small. "
        f"Expected at least 100ms of audio, but buffer only has {found_ms:.2f}ms of audio."
    )
    return Mistake(message, "input_audio_buffer_commit_empty")


def already_active(response_id: str) -> Mistake:
    """One response at a time writes to the conversation."""
    message = (
        f"Conversation already has an active response in progress: {response_id}. "
        "Wait until the response is finished before creating a new one."
    )
    return Mistake(message, "conversation_already_has_active_response")


def not_cancellable() -> Mistake:
    """Nothing is being said; harmless, since a cancel crosses the end of its response on the wire."""
    return Mistake("Cancellation failed: no active response found", "response_cancel_not_active")


def no_such_item(doing: str, item_id: str) -> Mistake:
    """The item is not in the conversation; `doing` is ``deleting``, ``retrieving`` or ``truncating``."""
    code = {"deleting": "delete", "retrieving": "retrieve", "truncating": "truncate"}[doing]
    message = f"Error {doing} item: the item with id '{item_id}' does not exist."
    return Mistake(message, f"item_{code}_invalid_item_id")


def no_such_previous(item_id: str) -> Mistake:
    """There is no item to put the new one after."""
    message = f"Error adding item: the previous item with id '{item_id}' does not exist."
    return Mistake(message, "item_create_invalid_previous_item_id")


def item_exists(item_id: str) -> Mistake:
    """The id is taken."""
    message = f"Error adding item: an item with id '{item_id}' already exists."
    return Mistake(message, "item_create_duplicate_item_id")


def no_such_call(call_id: str) -> Mistake:
    """An output for a call that the conversation does not hold."""
    return Mistake(f"Tool call ID '{call_id}' not found in conversation.", "invalid_tool_call_id")


def not_audio() -> Mistake:
    """Only what the model spoke can be truncated."""
    return Mistake("Only model output audio messages can be truncated", "unsupported_content_type")


def truncated_too_late(has_ms: int, wanted_ms: int) -> Mistake:
    """The item is shorter than the point at which it should be cut."""
    message = f"Audio content of {has_ms}ms is already shorter than {wanted_ms}ms"
    return Mistake(message, "invalid_value", "audio_end_ms")


def _named(found: Any) -> str:
    if found is None:
        return "null"
    for kinds, name in (
        (bool, "a boolean"),
        (int, "an integer"),
        (float, "a decimal"),
        (str, "a string"),
        (list, "an array"),
    ):
        if isinstance(found, kinds):
            return name
    return "an object"
