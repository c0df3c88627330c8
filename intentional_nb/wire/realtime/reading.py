"""What each frame of the server says: one flat table from its wire type to a happening.

A field that is missing, or not of its type, counts as empty. `None` in the table's place of a reader means that the
frame says nothing that another frame does not say better; `names.KEPT` tells of those that mean nothing here at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from intentional_nb.wire.calls import ToolCall
from intentional_nb.wire.realtime.beta import ga_item, ga_session
from intentional_nb.wire.realtime.call_ledger import ItemCall
from intentional_nb.wire.realtime.decoding import from_base64
from intentional_nb.wire.realtime.faults import is_fatal
from intentional_nb.wire.realtime.happenings import (
    ArgumentsDelta,
    AudioCleared,
    AudioCommitted,
    AudioDelta,
    AudioDone,
    CallCompleted,
    ErrorTold,
    Happening,
    IdleTimedOut,
    ItemAdded,
    ItemDeleted,
    ItemDone,
    ItemRetrieved,
    ItemTruncated,
    RateLimits,
    RealtimeUsage,
    ResponseBegan,
    ResponseEnded,
    ResponseStatus,
    SessionCreated,
    SessionUpdated,
    SpeechBegan,
    SpeechStopped,
    TextDelta,
    TextDone,
    TranscriptDelta,
    TranscriptDone,
    UserTranscript,
    UserTranscriptDelta,
    UserTranscriptFailed,
)

__all__ = ["READERS", "ItemCreated", "OutputAdded", "OutputDone", "PartAdded"]

Frame = Mapping[str, Any]

_LARGEST = 2**53


class ItemCreated(ItemAdded, frozen=True):
    """``conversation.item.created``, which the beta sent, and some servers still do, in the place of added and done."""

    @property
    def is_done(self) -> bool:
        """Whether the item is complete already: then no other frame will say so."""
        return self.item.get("status") == "completed"


class OutputAdded(Happening, frozen=True):
    """``response.output_item.added``: a response has begun an item. Changes state only."""

    response_id: str
    item: Frame
    item_id: str


class OutputDone(Happening, frozen=True):
    """``response.output_item.done``: a response has finished an item; a call in it comes out as `CallCompleted`."""

    response_id: str
    item: Frame
    item_id: str
    call: CallCompleted | None


class PartAdded(Happening, frozen=True):
    """``response.content_part.added``: which part of an item will be its audio. Changes state only."""

    item_id: str
    content_index: int
    is_audio: bool


def text(frame: Frame, key: str) -> str:
    value = frame.get(key)
    return value if isinstance(value, str) else ""


def number(frame: Frame, key: str) -> int:
    """A whole number, rounded; 0 when there is none, or none that can be meant."""
    value = frame.get(key)
    return round(value) if isinstance(value, int | float) and abs(value) < _LARGEST else 0


def mapping(frame: Frame, key: str) -> Frame:
    value = frame.get(key)
    return value if isinstance(value, Mapping) else {}


def maybe(frame: Frame, key: str) -> str | None:
    """A text that is not empty."""
    return text(frame, key) or None


def item_id(frame: Frame) -> str:
    return text(frame, "item_id") or text(mapping(frame, "item"), "id")


def response_id(frame: Frame) -> str:
    return text(frame, "response_id") or text(mapping(frame, "response"), "id")


def _session(frame: Frame) -> dict[str, Any]:
    return ga_session(mapping(frame, "session"))


def _session_created(frame: Frame) -> SessionCreated:
    session = _session(frame)
    return SessionCreated(session, text(session, "id"), number(session, "expires_at") or None)


def _item(frame: Frame) -> Frame:
    return ga_item(mapping(frame, "item"))


def _failed_transcript(frame: Frame) -> UserTranscriptFailed:
    error = mapping(frame, "error")
    return UserTranscriptFailed(item_id(frame), text(error, "message") or text(error, "code") or "no reason given")


def _response_began(frame: Frame) -> ResponseBegan:
    response = mapping(frame, "response")
    return ResponseBegan(response_id(frame), _is_detached(response), dict(mapping(response, "metadata")))


def _is_detached(response: Frame) -> bool:
    """Whether a response names no conversation: as one out of band does, but with some servers all do."""
    return response.get("conversation_id", "") is None


def _response_ended(frame: Frame) -> ResponseEnded:
    response = mapping(frame, "response")
    details = mapping(response, "status_details")
    error = mapping(details, "error") or mapping(response, "error")
    kind, code = text(error, "type"), text(error, "code")
    calls = _calls(response.get("output"))
    return ResponseEnded(
        response_id=response_id(frame),
        status=_STATUSES.get(text(response, "status"), "failed"),
        reason=text(details, "reason"),
        error_code=code or kind,
        error_message=text(error, "message"),
        calls=tuple(one.call for one in calls),
        call_item_ids={one.call.call_id: one.item_id for one in calls},
        usage=_usage(response.get("usage")),
        is_out_of_band=_is_detached(response),
        is_fatal=is_fatal(kind, code),
        metadata=dict(mapping(response, "metadata")),
    )


_STATUSES: dict[str, ResponseStatus] = {
    "completed": "completed",
    "cancelled": "cancelled",
    "canceled": "cancelled",
    "failed": "failed",
    "incomplete": "incomplete",
    "": "completed",  # a server that does not say; one that fails says so
}


def _usage(usage: Any) -> RealtimeUsage | None:
    if not isinstance(usage, Mapping):
        return None
    incoming = mapping(usage, "input_token_details")
    return RealtimeUsage(
        input_tokens=number(usage, "input_tokens"),
        output_tokens=number(usage, "output_tokens"),
        cached_tokens=number(incoming, "cached_tokens"),
        input_audio_tokens=number(incoming, "audio_tokens"),
        output_audio_tokens=number(mapping(usage, "output_token_details"), "audio_tokens"),
        cached_audio_tokens=number(mapping(incoming, "cached_tokens_details"), "audio_tokens"),
    )


def _call(item: Frame) -> ItemCall | None:
    """The call in an item, if it holds one that was written to its end."""
    if item.get("type") != "function_call" or item.get("status") not in (None, "completed"):
        return None
    call_id = text(item, "call_id") or text(item, "id")
    return ItemCall(ToolCall(call_id, text(item, "name"), text(item, "arguments")), text(item, "id"))


def _calls(output: Any) -> list[ItemCall]:
    """The calls among the items that a response has made."""
    items = [item for item in output if isinstance(item, Mapping)] if isinstance(output, list) else []
    return [call for call in map(_call, items) if call is not None]


def _output_done(frame: Frame) -> OutputDone:
    item = _item(frame)
    found = _call(item)
    call = CallCompleted(response_id(frame), found.call, found.item_id) if found else None
    return OutputDone(response_id(frame), item, item_id(frame), call)


def _error(frame: Frame) -> ErrorTold:
    error = frame.get("error", frame)
    details: Frame = error if isinstance(error, Mapping) else {"message": str(error)}
    kind = "" if details is frame else text(details, "type")
    return ErrorTold(
        message=text(details, "message") or text(details, "code") or "the server gave no explanation",
        kind=kind,
        code=str(details.get("code") or ""),
        param=str(details.get("param") or ""),
        event_id=text(details, "event_id") or text(frame, "event_id"),
    )


def _rate_limits(frame: Frame) -> RateLimits:
    limits = frame.get("rate_limits")
    return RateLimits(tuple(one for one in limits if isinstance(one, Mapping)) if isinstance(limits, list) else ())


def _audio_delta(frame: Frame) -> AudioDelta | None:
    """One that did not fit `decoding.AudioFrame`; None when its audio cannot be read."""
    pcm = from_base64(frame.get("delta"))
    return None if pcm is None else AudioDelta(response_id(frame), item_id(frame), pcm)


def _part_added(frame: Frame) -> PartAdded:
    is_audio = "audio" in text(mapping(frame, "part"), "type")
    return PartAdded(item_id(frame), number(frame, "content_index"), is_audio)


READERS: dict[str, Callable[[Frame], Happening | None] | None] = {
    "conversation.created": None,  # tells the id of the conversation; there is but one
    "conversation.item.added": lambda frame: ItemAdded(_item(frame), item_id(frame), maybe(frame, "previous_item_id")),
    "conversation.item.created": lambda frame: ItemCreated(
        _item(frame), item_id(frame), maybe(frame, "previous_item_id")
    ),
    "conversation.item.deleted": lambda frame: ItemDeleted(item_id(frame)),
    "conversation.item.done": lambda frame: ItemDone(_item(frame), item_id(frame), maybe(frame, "previous_item_id")),
    "conversation.item.input_audio_transcription.completed": lambda frame: UserTranscript(
        item_id(frame), text(frame, "transcript"), mapping(frame, "usage") or None
    ),
    "conversation.item.input_audio_transcription.delta": lambda frame: UserTranscriptDelta(
        item_id(frame), text(frame, "delta")
    ),
    "conversation.item.input_audio_transcription.failed": _failed_transcript,
    "conversation.item.retrieved": lambda frame: ItemRetrieved(_item(frame), item_id(frame)),
    "conversation.item.truncated": lambda frame: ItemTruncated(
        item_id(frame), number(frame, "content_index"), number(frame, "audio_end_ms")
    ),
    "error": _error,
    "input_audio_buffer.cleared": lambda _: AudioCleared(),
    "input_audio_buffer.committed": lambda frame: AudioCommitted(item_id(frame), maybe(frame, "previous_item_id")),
    "input_audio_buffer.speech_started": lambda frame: SpeechBegan(item_id(frame), number(frame, "audio_start_ms")),
    "input_audio_buffer.speech_stopped": lambda frame: SpeechStopped(item_id(frame), number(frame, "audio_end_ms")),
    "input_audio_buffer.timeout_triggered": lambda frame: IdleTimedOut(
        item_id(frame), number(frame, "audio_start_ms"), number(frame, "audio_end_ms")
    ),
    "rate_limits.updated": _rate_limits,
    "response.content_part.added": _part_added,
    "response.content_part.done": None,  # the part's own done has said it
    "response.created": _response_began,
    "response.done": _response_ended,
    "response.function_call_arguments.delta": lambda frame: ArgumentsDelta(
        response_id(frame), text(frame, "call_id") or item_id(frame), text(frame, "delta"), item_id(frame)
    ),
    "response.function_call_arguments.done": None,  # also sent when the response is cancelled: says nothing reliable
    "response.output_audio.delta": _audio_delta,
    "response.output_audio.done": lambda frame: AudioDone(response_id(frame), item_id(frame)),
    "response.output_audio_transcript.delta": lambda frame: TranscriptDelta(
        response_id(frame), item_id(frame), text(frame, "delta")
    ),
    "response.output_audio_transcript.done": lambda frame: TranscriptDone(
        response_id(frame), item_id(frame), text(frame, "transcript")
    ),
    "response.output_item.added": lambda frame: OutputAdded(response_id(frame), _item(frame), item_id(frame)),
    "response.output_item.done": _output_done,
    "response.output_text.delta": lambda frame: TextDelta(response_id(frame), item_id(frame), text(frame, "delta")),
    "response.output_text.done": lambda frame: TextDone(response_id(frame), item_id(frame), text(frame, "text")),
    "session.created": _session_created,
    "session.updated": lambda frame: SessionUpdated(_session(frame)),
}
"""By wire type: how to read the frame; None where it says nothing that another frame does not say better."""
