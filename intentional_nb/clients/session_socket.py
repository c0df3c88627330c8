"""The WebSocket of a Realtime session: opening it, and saying in words why it does not open or why it closed."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from intentional_nb.clients.secret import blotted
from intentional_nb.clients.voice_settings import VoiceSettings
from intentional_nb.errors import ClientError, ConnectError, SessionClosedError
from intentional_nb.wire.chat import error_from_body

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection
    from websockets.exceptions import ConnectionClosed, InvalidStatus

__all__ = ["SessionSocket"]

OPEN_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 1.0
"""How long a server may take to say goodbye; a stop button must not hang."""
PING_INTERVAL_S = 20.0
PING_TIMEOUT_S = 60.0
"""Long: a session must outlive a minute in which the network stands still."""

_CODES = {
    1000: "the server closed it",
    1001: "the server went away",
    1006: "the connection broke",
    1009: "a message was too big",
    1011: "the server failed",
    1012: "the server restarts",
    1013: "the server is overloaded",
}
"""What a close code means where the server gives no reason (RFC 6455 §7.4.1)."""


class SessionSocket:
    """An open WebSocket to a Realtime server.

    It never compresses, since base64 audio hardly shrinks, and takes messages of any size, since a server may send an
    item's whole audio. Someone must always be reading: only then is the closing handshake seen.

    Attributes:
        gone: What `send` and `receive` raise when the socket is closed; `why` says why it is.
        was_deaf: Whether it was closed because the server did not answer a ping; known after `why`.
    """

    def __init__(self, connection: ClientConnection, secret: str, gone: type[ConnectionClosed]) -> None:
        self.gone = gone
        self.was_deaf = False
        self._connection = connection
        self._secret = secret

    @classmethod
    async def open(cls, settings: VoiceSettings) -> SessionSocket:
        """Connect.

        Raises:
            RefusedError: The server said no, in its own words; `RateLimitError` for too many requests.
            ConnectError: Nobody answers, or whoever answers does not speak WebSocket.
        """
        from websockets.asyncio.client import connect
        from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

        class Direct(connect):
            def process_redirect(self, exc: Exception) -> Exception:
                """Go nowhere else: the key is meant for this address only."""
                return exc

        try:
            connection = await Direct(
                settings.url,
                additional_headers={"Authorization": f"Bearer {settings.api_key}"},
                proxy=None if settings.is_near else True,
                compression=None,
                max_size=None,
                max_queue=None,
                open_timeout=min(OPEN_TIMEOUT_S, settings.timeout_s),
                close_timeout=CLOSE_TIMEOUT_S,
                ping_interval=PING_INTERVAL_S,
                ping_timeout=PING_TIMEOUT_S,
            )
            return cls(connection, settings.api_key, ConnectionClosed)
        except InvalidStatus as error:
            refusal = _refused(error, settings)
        except TimeoutError as error:
            raise _unreachable(settings, "it does not answer in time") from error
        # An ImportError is a SOCKS proxy's: its package is not installed.
        except (OSError, InvalidHandshake, ImportError) as error:
            raise _unreachable(settings, _cause(error)) from error
        # Raised here, so that it does not drag the answer along: some servers repeat the key in it.
        raise refusal

    # Both are called fifty times a second and more: the library's own coroutine is handed on as it is.

    def send(self, frame: bytes) -> Awaitable[None]:
        """Send a frame, waiting while the network is slower than we are."""
        return self._connection.send(frame, text=True)

    def receive(self) -> Awaitable[bytes]:
        """The next frame."""
        return self._connection.recv(decode=False)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Say goodbye, and let go after a second whether the server answers or not; harmless when closed."""
        await self._connection.close(code, reason)

    def why(self, closed: ConnectionClosed) -> SessionClosedError:
        """Why the socket is closed: the server's close frame counts, then our own, then that there was none."""
        frame = closed.rcvd or closed.sent
        code = frame.code if frame is not None else 1006
        reason = blotted(frame.reason if frame is not None else "", self._secret)
        self.was_deaf = closed.rcvd is None and reason == "keepalive ping timeout"
        if self.was_deaf:
            reason = f"the server did not answer a ping for {PING_TIMEOUT_S:g} seconds"
        reason = reason or _CODES.get(code, "no reason given")
        return SessionClosedError(f"the session was closed: {reason} (code {code})", close_code=code, reason=reason)


def _refused(error: InvalidStatus, settings: VoiceSettings) -> ClientError:
    text = (error.response.body or b"").decode(errors="replace")
    try:
        body: Any = json.loads(text)
    except ValueError:
        body = text.strip() or error.response.reason_phrase
    if isinstance(body, dict | str):
        body = blotted(body, settings.api_key)
    request_id = error.response.headers.get("x-request-id")
    return error_from_body(body, status=error.response.status_code, request_id=request_id)


def _unreachable(settings: VoiceSettings, why: str) -> ConnectError:
    url = settings.base_url
    return ConnectError(f"no model answers at {url} ({why}); is the address right and the server running?", url=url)


def _cause(error: BaseException) -> str:
    """The innermost message: libraries wrap the system's own words."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error) or type(error).__name__
