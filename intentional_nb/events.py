"""Everything that can happen in a conversation, as frozen values.

A bot tells of each event in order. Within a turn the order is: `TurnStarted`, `ReplyStarted`, then any number of
`RequestStarted`, `ReplyText`, `ToolCallStarted`, `ToolCallEnded`, `RouteDecision`, `PromptUpdated`, `UsageReported`,
`RetryScheduled` and `ErrorOccurred`, then `ReplyEnded` and `TurnEnded`. There is one `ReplyStarted`/`ReplyEnded` pair
in a turn, however many requests it takes.

In a spoken conversation a turn begins when the user's speech was taken over, before it is known what was said: its
`UserTranscribed` may come at any time later, also after the reply. `ReplyAudio` stands beside `ReplyText`, which then
is the transcript of the speech. A reply is heard later than it is made: `ReplyHeard` or `ReplyInterrupted` tell what
reached the user, and may come after the turn has ended. `SpeechStarted` and `SpeechEnded` belong to no turn.

Fields can be read as attributes or, as handlers written for Intentional do, by key: ``event["delta"]``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal

__all__ = [
    "ConversationEnded",
    "ConversationReset",
    "ConversationRewound",
    "ErrorOccurred",
    "Event",
    "FrameUnrecognised",
    "ModelConnected",
    "ModelDisconnected",
    "Notice",
    "PromptUpdated",
    "RateLimitsReported",
    "ReplyAudio",
    "ReplyEnded",
    "ReplyHeard",
    "ReplyInterrupted",
    "ReplyStarted",
    "ReplyStatus",
    "ReplyText",
    "ReplyTranscribed",
    "RequestStarted",
    "RetryScheduled",
    "RouteDecision",
    "RouteKind",
    "SessionReconnecting",
    "SpeechEnded",
    "SpeechStarted",
    "ToolCallEnded",
    "ToolCallStarted",
    "ToolStatus",
    "TurnEnded",
    "TurnStarted",
    "UsageReported",
    "UserTranscribed",
    "event_name",
    "handler_names",
]

ReplyStatus = Literal["completed", "truncated", "cancelled", "refused", "filtered", "failed"]
"""How a reply ended.

``completed``: the model was done. ``truncated``: a length limit, or the stream ended without saying why. ``cancelled``:
the user interrupted. ``refused``: the model declined to answer. ``filtered``: the provider's filter cut it. ``failed``:
an error, told by an `ErrorOccurred`.
"""

RouteKind = Literal["outcome", "jump", "backtrack", "end", "refused"]
"""What a router call did; ``refused`` means that the choice was not legal and the stage stays."""

ToolStatus = Literal["ok", "error", "invalid", "unknown", "timeout", "cancelled"]
"""How a tool call ended; ``invalid`` means that the arguments did not fit and the tool did not run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened.

    Attributes:
        handler_name: The ``on_…`` name under which `BotStructure.on` handlers receive it.
    """

    handler_name: ClassVar[str] = "*"

    @property
    def type(self) -> str:
        """The class name in snake case: the event's name in panels, logs and recordings."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()

    def __getitem__(self, key: str) -> Any:
        if key in self.keys():
            return getattr(self, key)
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def keys(self) -> list[str]:
        """The names that can be read by key."""
        return [item.name for item in fields(self)]

    def get(self, key: str, default: Any = None) -> Any:
        """The field ``key``, or ``default`` when this event has none of that name."""
        return self[key] if key in self.keys() else default


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConnected(Event):
    """The model answered for the first time, or a session was opened.

    Attributes:
        session_id: The server's id of the session; empty for a turn-based client.
        is_again: Whether an earlier session was lost, and this one was told what had been said.
    """

    handler_name: ClassVar[str] = "on_model_connection"
    model: str
    base_url: str
    session_id: str = ""
    is_again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDisconnected(Event):
    """The client let go of the model, or a session ended for good.

    Attributes:
        reason: Why, in the server's words where it gave any.
        close_code: The WebSocket's close code (RFC 6455 §7.4); None for a turn-based client.
    """

    handler_name: ClassVar[str] = "on_model_disconnection"
    reason: str = ""
    close_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionReconnecting(Event):
    """A session was lost and another will be opened; position and what was said are kept.

    Attributes:
        attempt: The number of the coming try, from 1.
        wait_s: Seconds until then.
        reason: Why the session was lost.
        close_code: The WebSocket's close code, or None where there was none.
    """

    handler_name: ClassVar[str] = "on_session_reconnecting"
    attempt: int
    wait_s: float
    reason: str
    close_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechStarted(Event):
    """The server hears the user speak.

    Attributes:
        item_id: The conversation item that the speech will become.
        at_ms: Where in the audio sent in this session the speech begins, in milliseconds.
    """

    handler_name: ClassVar[str] = "on_vad_detects_user_speech_started"
    item_id: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechEnded(Event):
    """The server hears that the user has stopped; the fields are those of `SpeechStarted`."""

    handler_name: ClassVar[str] = "on_vad_detects_user_speech_ended"
    item_id: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Event):
    """A sentence that people should read, such as that the local model is used."""

    handler_name: ClassVar[str] = "on_notice"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnStarted(Event):
    """A turn began.

    Attributes:
        turn: Number of the turn, from 1, never used twice by one bot.
        user_text: What the user said; None when the bot opens the conversation, empty while speech is not transcribed.
        stage: Where the conversation stands.
        item_id: The conversation item of the user's speech; None for what was typed.
    """

    handler_name: ClassVar[str] = "on_turn_started"
    turn: int
    user_text: str | None
    stage: str
    item_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTranscribed(Event):
    """What the user said, as far as it has been recognised.

    Attributes:
        turn: The turn that the speech began; it may have ended.
        item_id: The conversation item.
        text: All that is known of it so far, not only what is new.
        is_final: Whether nothing more will come.
        error: Why nothing was recognised, where that failed.
    """

    handler_name: ClassVar[str] = "on_user_speech_transcribed"
    turn: int
    item_id: str
    text: str
    is_final: bool
    error: str = ""

    @property
    def transcript(self) -> str:
        """The text, under the name that Intentional gave it."""
        return self.text

    def keys(self) -> list[str]:
        """The fields, and ``transcript``."""
        return [*Event.keys(self), "transcript"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnded(Event):
    """The bot fell silent and takes the next message."""

    handler_name: ClassVar[str] = "on_turn_ended"
    turn: int
    status: ReplyStatus
    stage: str
    duration_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyStarted(Event):
    """The model was asked for this turn's reply."""

    handler_name: ClassVar[str] = "on_model_starts_generating_response"
    turn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestStarted(Event):
    """A request was sent to the model, or a session's server began a response by itself.

    Attributes:
        part: The number of the request in its turn, from 0; `ReplyText.part` names the same.
    """

    handler_name: ClassVar[str] = "on_request_started"
    turn: int
    part: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyText(Event):
    """A piece of the reply's text.

    Attributes:
        delta: The new characters; never empty.
        part: Which request of the turn it came from, from 0. Text of another part is another paragraph.
    """

    handler_name: ClassVar[str] = "on_text_message_from_model"
    turn: int
    delta: str
    part: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyAudio(Event):
    """A piece of the reply's speech, which comes faster than it can be played.

    Attributes:
        item_id: The conversation item that it is part of.
        pcm: 16-bit little-endian mono samples; never empty.
        rate_hz: Samples per second.
        part: As in `ReplyText`.
    """

    handler_name: ClassVar[str] = "on_audio_message_from_model"
    turn: int
    item_id: str
    pcm: bytes = field(repr=False)
    rate_hz: int = 24_000
    part: int = 0

    @property
    def delta(self) -> bytes:
        """The samples, under the name that Intentional gave them."""
        return self.pcm

    def keys(self) -> list[str]:
        """The fields, and ``delta``."""
        return [*Event.keys(self), "delta"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyTranscribed(Event):
    """All words of one spoken item of the reply; `ReplyText` gave them piece by piece."""

    handler_name: ClassVar[str] = "on_model_speech_transcribed"
    turn: int
    item_id: str
    text: str
    part: int = 0

    @property
    def transcript(self) -> str:
        """The text, under the name that Intentional gave it."""
        return self.text

    def keys(self) -> list[str]:
        """The fields, and ``transcript``."""
        return [*Event.keys(self), "transcript"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyHeard(Event):
    """A spoken item of the reply was played to its end.

    Attributes:
        heard_ms: How long it is, in milliseconds.
    """

    handler_name: ClassVar[str] = "on_reply_heard"
    turn: int
    item_id: str
    heard_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyInterrupted(Event):
    """The user spoke, or pressed stop, while a spoken item of the reply was being played.

    Attributes:
        heard_ms: How much of it was really played, in milliseconds.
        received_ms: How much the model had made.
        heard_text: About what the user heard: the transcript in proportion to the time.
    """

    handler_name: ClassVar[str] = "on_reply_interrupted"
    turn: int
    item_id: str
    heard_ms: int
    received_ms: int
    heard_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyEnded(Event):
    """The reply is over.

    Attributes:
        text: All of the turn's text, parts joined by a blank line.
        reason: Why it ended, in a sentence, where ``status`` alone leaves that open.
    """

    handler_name: ClassVar[str] = "on_model_stops_generating_response"
    turn: int
    status: ReplyStatus
    text: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallStarted(Event):
    """The model called a tool other than the router.

    Attributes:
        arguments: What the model sent, decoded; the text itself under ``_raw`` when it is not a JSON object.
    """

    handler_name: ClassVar[str] = "on_tool_invoked"
    turn: int
    call_id: str
    name: str
    arguments: Mapping[str, Any]

    @property
    def args(self) -> Mapping[str, Any]:
        """The arguments, under the name that Intentional gave them."""
        return self.arguments

    def keys(self) -> list[str]:
        """The fields, and ``args``."""
        return [*Event.keys(self), "args"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallEnded(Event):
    """A tool call has its answer.

    Attributes:
        output: The text that goes to the model: the result, or what went wrong.
        duration_ms: From the start of the call to its answer.
    """

    handler_name: ClassVar[str] = "on_tool_finished"
    turn: int
    call_id: str
    name: str
    status: ToolStatus
    output: str
    duration_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteDecision(Event):
    """The model called the intent router.

    Attributes:
        source: The stage in which the call was made.
        target: The stage that holds after it; equal to ``source`` when the choice was refused.
        kind: What sort of move it was.
        options: The names that the model could choose from.
        choice: What it chose, as it wrote it.
        user_text: The user's words that led to it.
        trail: The stages to return to, after the decision, oldest first.
        duration_ms: From sending the request to the decision.
    """

    handler_name: ClassVar[str] = "on_route_decision"
    turn: int
    source: str
    target: str
    kind: RouteKind
    options: tuple[str, ...]
    choice: str
    user_text: str
    trail: tuple[str, ...] = ()
    duration_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptUpdated(Event):
    """The model has a new system prompt and new tools.

    Attributes:
        tools: Names of the tools, the router among them.
    """

    handler_name: ClassVar[str] = "on_system_prompt_updated"
    stage: str
    prompt: str
    tools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationEnded(Event):
    """The ``end_conversation`` tool ran; position, trail and the model's history start afresh."""

    handler_name: ClassVar[str] = "on_conversation_ended"
    turn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationReset(Event):
    """`BotStructure.reset` forgot everything and went back to the first stage."""

    handler_name: ClassVar[str] = "on_conversation_reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationRewound(Event):
    """`BotStructure.rewind` took back turn ``turn`` and all after it."""

    handler_name: ClassVar[str] = "on_conversation_rewound"
    turn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageReported(Event):
    """The server said how many tokens a request took; one event a request, where it says so.

    Attributes:
        input_audio_tokens: Those of ``input_tokens`` that are audio.
        output_audio_tokens: Those of ``output_tokens`` that are audio.
    """

    handler_name: ClassVar[str] = "on_usage"
    turn: int
    model: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    input_audio_tokens: int = 0
    output_audio_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitsReported(Event):
    """What the server still allows in this session.

    Attributes:
        limits: As the server tells them: ``name``, ``limit``, ``remaining``, ``reset_seconds``.
    """

    handler_name: ClassVar[str] = "on_rate_limits"
    limits: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameUnrecognised(Event):
    """The server sent a frame of a kind that is not known here; it changes nothing.

    Attributes:
        frame_type: The ``type`` that it has.
        frame: All of it.
    """

    handler_name: ClassVar[str] = "on_unrecognised_frame"
    frame_type: str
    frame: Mapping[str, Any] = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryScheduled(Event):
    """A request failed in a way that may pass, and will be sent again.

    Attributes:
        attempt: The number of the try that failed, from 1.
        wait_s: Seconds until the next try.
        status: HTTP status, or None when there was no answer.
    """

    handler_name: ClassVar[str] = "on_retry"
    turn: int
    attempt: int
    wait_s: float
    reason: str
    status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorOccurred(Event):
    """Something failed; the conversation can go on.

    Attributes:
        error: The message, safe to show: no key in it.
        where: What was being done: ``model``, ``tool NAME``, ``handler NAME``.
        turn: The turn it belongs to, or None.
        exception: The exception itself, for programs.
    """

    handler_name: ClassVar[str] = "on_error"
    error: str
    where: str
    turn: int | None = None
    exception: BaseException | None = field(default=None, compare=False)


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
