"""A turn: what the user said, what the bot answers and calls, where the conversation moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from intentional_nb.events.base import Event

__all__ = [
    "ConversationEnded",
    "ConversationReset",
    "ConversationRewound",
    "GraphSwapped",
    "PromptUpdated",
    "ReplyEnded",
    "ReplyStarted",
    "ReplyStatus",
    "ReplyText",
    "RequestStarted",
    "RouteDecision",
    "RouteKind",
    "ToolArguments",
    "ToolCallEnded",
    "ToolCallStarted",
    "ToolStatus",
    "TurnEnded",
    "TurnStarted",
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
class TurnEnded(Event):
    """The bot fell silent and takes the next message."""

    handler_name: ClassVar[str] = "on_turn_ended"
    turn: int
    status: ReplyStatus
    stage: str
    duration_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolArguments(Event):
    """The model writes the arguments of a call, to a tool or to the router; to be shown, and never to be acted on.

    Together the pieces are what the model sent, to the character. A call whose reply is cut is never made, and of one
    that came all at once there may be no piece.

    Attributes:
        call_id: The call's id, as in its `ToolCallStarted`; a `RouteDecision`, which has none, is that of the call to
            the router that was written first.
        name: The name of the tool, or of the router.
        delta: The new characters of the JSON text; never empty.
    """

    handler_name: ClassVar[str] = "on_tool_arguments"
    turn: int
    call_id: str
    name: str
    delta: str


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
class GraphSwapped(Event):
    """The conversation goes on in another graph, which is the bot's graph from now on.

    Attributes:
        changes: What changed, in words, one for each change.
        stage: Where the conversation stands in the new graph.
    """

    handler_name: ClassVar[str] = "on_graph_swapped"
    changes: tuple[str, ...]
    stage: str
