"""Everything that can happen in a conversation, as frozen values.

A bot tells of each event in order. Within a turn the order is: `TurnStarted`, `ReplyStarted`, then any number of
`RequestStarted`, `ReplyText`, `ToolArguments`, `ToolCallStarted`, `ToolCallEnded`, `RouteDecision`, `PromptUpdated`,
`UsageReported`, `RetryScheduled` and `ErrorOccurred`, then `ReplyEnded` and `TurnEnded`. There is one
`ReplyStarted`/`ReplyEnded` pair in a turn, however many requests it takes. `ToolArguments` come while the model still
writes a call, before its `ToolCallStarted` or `RouteDecision`.

In a spoken conversation a turn begins when the user's speech was taken over, before it is known what was said: its
`UserTranscribed` may come at any time later, also after the reply. `ReplyAudio` stands beside `ReplyText`, which then
is the transcript of the speech. A reply is heard later than it is made: `ReplyHeard` or `ReplyInterrupted` tell what
reached the user, and may come after the turn has ended. `SpeechStarted` and `SpeechEnded` belong to no turn.

Fields can be read as attributes or, as handlers written for Intentional do, by key: ``event["delta"]``.
"""

from __future__ import annotations

from intentional_nb.events.base import Event
from intentional_nb.events.names import event_name, handler_names
from intentional_nb.events.session import (
    ErrorOccurred,
    FrameUnrecognised,
    ModelConnected,
    ModelDisconnected,
    Notice,
    RateLimitsReported,
    RetryScheduled,
    SessionReconnecting,
    UsageReported,
)
from intentional_nb.events.speech import (
    ReplyAudio,
    ReplyHeard,
    ReplyInterrupted,
    ReplyTranscribed,
    SpeechEnded,
    SpeechStarted,
    UserTranscribed,
)
from intentional_nb.events.turns import (
    ConversationEnded,
    ConversationReset,
    ConversationRewound,
    GraphSwapped,
    PromptUpdated,
    ReplyEnded,
    ReplyStarted,
    ReplyStatus,
    ReplyText,
    RequestStarted,
    RouteDecision,
    RouteKind,
    ToolArguments,
    ToolCallEnded,
    ToolCallStarted,
    ToolStatus,
    TurnEnded,
    TurnStarted,
)

__all__ = [
    "ConversationEnded",
    "ConversationReset",
    "ConversationRewound",
    "ErrorOccurred",
    "Event",
    "FrameUnrecognised",
    "GraphSwapped",
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
    "ToolArguments",
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
