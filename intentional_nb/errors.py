"""Every error that this package raises on purpose.

    IntentionalError
    ├── GraphError (ValueError)      the conversation graph is wrong: .problems lists everything found
    ├── ConfigError (ValueError)     the bot's configuration is wrong: .field .value
    ├── AudioError (ValueError)      not the audio that was said: .expected .found
    ├── RoutingError (ValueError)    a choice that the stage does not offer: .stage .choice .options
    ├── DiagramError                 no picture of a graph could be made: Graphviz is missing or gave up
    ├── NothingToUndoError (LookupError)  no update of the graph is left to undo
    ├── ToolError                    raise it in a tool: its text goes to the model as the tool's answer
    ├── BotClosedError               the bot was closed
    ├── ClientError                  no usable answer from the model
    │   ├── ConnectError             nobody answers, or the connection broke: .url
    │   ├── SessionClosedError       a spoken session ended and cannot go on: .close_code .reason
    │   ├── ReplyTimeoutError        the model stopped sending: .seconds
    │   ├── RefusedError             the server said no: .status .code .param .request_id
    │   │   └── RateLimitError       … because of too many requests or tokens: .retry_after_s
    │   └── RemoteProtocolError      the server sent something that is not the protocol: .frame
    └── ServerError                  the local model server could not start or has stopped
        └── ScriptError              a scripted model met a request it did not expect, or was not used up

A message says what happened, where, with which value, and what would be right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from intentional_nb.conversation.problems import Problem

__all__ = [
    "AudioError",
    "BotClosedError",
    "ClientError",
    "ConfigError",
    "ConnectError",
    "DiagramError",
    "GraphError",
    "IntentionalError",
    "NothingToUndoError",
    "RateLimitError",
    "RefusedError",
    "RemoteProtocolError",
    "ReplyTimeoutError",
    "RoutingError",
    "ScriptError",
    "ServerError",
    "SessionClosedError",
    "ToolError",
]


class IntentionalError(Exception):
    """Base of every error raised on purpose by this package."""


class GraphError(IntentionalError, ValueError):
    """The conversation graph cannot be used.

    Attributes:
        problems: Everything that the checks found, errors first, warnings included.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ConfigError(IntentionalError, ValueError):
    """The bot's configuration cannot be used.

    Attributes:
        field: Dotted path of the setting, for example ``bot.llm.name``; None when no single one is to blame.
        value: What stood there; never a key or another secret.
    """

    def __init__(self, message: str, *, field: str | None = None, value: object = None) -> None:
        self.field = field
        self.value = value
        super().__init__(message)


class AudioError(IntentionalError, ValueError):
    """Audio that is not what it should be.

    Attributes:
        expected: What would be right, in words.
        found: What it is, in words.
    """

    def __init__(self, message: str, *, expected: str = "", found: str = "") -> None:
        self.expected = expected
        self.found = found
        super().__init__(message)


class RoutingError(IntentionalError, ValueError):
    """A choice that the current stage does not offer.

    Attributes:
        stage: Where the conversation stands.
        choice: What was chosen.
        options: The names that would have been legal.
    """

    def __init__(self, stage: str, choice: str, options: Sequence[str]) -> None:
        self.stage = stage
        self.choice = choice
        self.options = tuple(options)
        legal = ", ".join(repr(name) for name in self.options) or "none: the conversation stays here"
        super().__init__(f"Unknown outcome {choice!r} for stage {stage!r}; legal choices: {legal}")


class DiagramError(IntentionalError):
    """No picture could be made of a graph: Graphviz is missing or gave up."""


class NothingToUndoError(IntentionalError, LookupError):
    """The bot's graph was not updated, or every update is undone."""


class ToolError(IntentionalError):
    """Raise it inside a tool to answer the model with this text instead of a result."""


class BotClosedError(IntentionalError):
    """The bot was closed and takes no more messages."""


class ClientError(IntentionalError):
    """The model gave no usable answer."""


class ConnectError(ClientError):
    """Nobody answers at the model's address, or the connection broke before the reply was complete.

    Attributes:
        url: The address asked.
    """

    def __init__(self, message: str, *, url: str) -> None:
        self.url = url
        super().__init__(message)


class SessionClosedError(ClientError):
    """A spoken session was closed and could not be opened again.

    Attributes:
        close_code: The WebSocket's close code, or None when there was none.
        reason: The server's words, or what happened to the connection.
    """

    def __init__(self, message: str, *, close_code: int | None = None, reason: str = "") -> None:
        self.close_code = close_code
        self.reason = reason
        super().__init__(message)


class ReplyTimeoutError(ClientError):
    """The model sent nothing for too long.

    Attributes:
        seconds: How long the client had waited.
    """

    def __init__(self, message: str, *, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(message)


class RefusedError(ClientError):
    """The server answered with an error instead of a reply.

    Attributes:
        status: HTTP status; None when the error came inside a stream that had started well.
        code: The server's machine-readable code, such as ``invalid_api_key``, or None.
        param: The request field it complains about, or None.
        request_id: The server's id of the request, for its support, or None.
        should_retry: Whether the server wants the request again, where it says so, else None.
    """

    should_retry: bool | None = None

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        param: str | None = None,
        request_id: str | None = None,
    ) -> None:
        self.status = status
        self.code = code
        self.param = param
        self.request_id = request_id
        super().__init__(message)


class RateLimitError(RefusedError):
    """Too many requests or tokens, and the retries are used up.

    Attributes:
        retry_after_s: Seconds the server asked to wait, or None.
    """

    retry_after_s: float | None = None


class RemoteProtocolError(ClientError):
    """The server sent something that is not the protocol.

    Attributes:
        frame: The first 500 characters of what it sent.
    """

    def __init__(self, message: str, *, frame: str) -> None:
        self.frame = frame[:500]
        super().__init__(message)


class ServerError(IntentionalError):
    """The local model server could not start or has stopped."""


class ScriptError(ServerError):
    """A scripted model met a request it did not expect, or some of its steps were never used.

    Attributes:
        remaining: Descriptions of the steps that were not used.
    """

    def __init__(self, message: str, *, remaining: Sequence[str] = ()) -> None:
        self.remaining = tuple(remaining)
        super().__init__(message)
