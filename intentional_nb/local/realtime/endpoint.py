"""The WebSocket endpoint ``/v1/realtime``: who may open a session, and all sessions that are open.

Like OpenAI's, it opens the connection before it looks at the request, so that a client is refused in an event that says
why, and then by a close code: 4000, with the error's type and code as the reason.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

import msgspec
from aiohttp import web

from intentional_nb.local.realtime.model import REALTIME_MODEL, VoiceModel
from intentional_nb.local.realtime.session import Dialect, VoiceSession
from intentional_nb.local.reply import ErrorReply, RefusedRequest
from intentional_nb.wire.realtime import server_frames as frames
from intentional_nb.wire.realtime.server import ServerHalf, new_id
from intentional_nb.wire.realtime.server_errors import Mistake

log = logging.getLogger(__name__)

__all__ = ["MESSAGE_LIMIT_BYTES", "RealtimeApi", "key_in_protocols"]

MESSAGE_LIMIT_BYTES: Final = 128 * 1024 * 1024

_PROTOCOL: Final = "realtime"
_KEY_PROTOCOL: Final = "openai-insecure-api-key."
"""Browsers cannot send headers with a WebSocket; they put the key among the protocols that they offer."""

_GOODBYE_S: Final = 1.0
"""How long a client may take to answer when the connection is closed."""

_FAREWELL_S: Final = 0.25
"""How long all of them may take when the server closes."""


class RealtimeApi:
    """The endpoint, over one model.

    Args:
        model: Who hears, thinks and speaks.
        session_limit_s: How long a session may last.
        dialect: As a session's.
    """

    def __init__(self, model: VoiceModel, *, session_limit_s: float = 3600.0, dialect: Dialect | None = None) -> None:
        self.model = model
        self._limit_s = session_limit_s
        self._dialect = dialect
        self._sessions: set[VoiceSession] = set()

    @property
    def active_sessions(self) -> int:
        """Sessions that are open at this moment."""
        return len(self._sessions)

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """Open a session and hold it to its end."""
        socket = web.WebSocketResponse(
            protocols=(_PROTOCOL,), compress=False, max_msg_size=MESSAGE_LIMIT_BYTES, timeout=_GOODBYE_S
        )
        if not socket.can_prepare(request):
            message = f"there is a WebSocket at {request.path}; open it as one, with ws:// instead of http://"
            raise RefusedRequest(ErrorReply(426, message, code="upgrade_required"))
        await socket.prepare(request)
        refusal = self._refusal(request)
        if refusal is not None:
            await _refuse(socket, refusal)
            return socket
        self.model.prepare()
        name, expires_at = request.query["model"], int(time.time() + self._limit_s)
        half = ServerHalf(name, expires_at=expires_at, speaks=self.model.speaks)
        session = VoiceSession(socket, half, self.model, limit_s=self._limit_s, dialect=self._dialect)
        self._sessions.add(session)
        try:
            await session.run(request)
        except ConnectionError:
            pass  # the client has gone, which is how sessions end
        # The connection is a WebSocket by now: an error of ours cannot be answered any more, only told by its end.
        except Exception:
            log.exception("a spoken session broke off")
            await socket.close(code=1011, message=b"the local voice had an error")
        finally:
            self._sessions.discard(session)
        return socket

    async def close(self, app: web.Application) -> None:
        """End all sessions when the server does: with a word where the client listens, and soon in any case."""
        sessions = list(self._sessions)
        for session in sessions:
            session.close(1001, "the local model server is closing")
        if sessions:
            await asyncio.wait(
                [asyncio.ensure_future(session.ended.wait()) for session in sessions], timeout=_FAREWELL_S
            )
        for session in list(self._sessions):
            session.drop()

    def _refusal(self, request: web.Request) -> Mistake | None:
        if "realtime" in request.headers.get("openai-beta", ""):
            message = (
                "The Realtime beta API is no longer supported; leave out the OpenAI-Beta header to use the GA API."
            )
            return Mistake(message, "beta_api_shape_disabled")
        name = request.query.get("model")
        if not name:
            message = f"You must provide a model parameter, for example {request.path}?model={REALTIME_MODEL}"
            return Mistake(message, "missing_model")
        if not self.model.knows(name):
            message = f'Model "{name}" is not supported in realtime mode; this server has "{REALTIME_MODEL}".'
            return Mistake(message, "invalid_model", "model")
        return None


def key_in_protocols(request: web.Request) -> str:
    """Find the key that a browser offers as a protocol; empty when there is none."""
    offered = request.headers.get("sec-websocket-protocol", "").split(",")
    keys = [name.strip().removeprefix(_KEY_PROTOCOL) for name in offered if name.strip().startswith(_KEY_PROTOCOL)]
    return keys[0] if keys else ""


async def _refuse(socket: web.WebSocketResponse, refusal: Mistake) -> None:
    frame = frames.error(refusal.message, code=refusal.code, param=refusal.param)
    await socket.send_str(msgspec.json.encode(frames.numbered(frame, new_id("event"))).decode())
    await socket.close(code=4000, message=f"invalid_request_error.{refusal.code}".encode())
