"""The local model's HTTP side: who may ask, what can be asked, and sending the answer.

Everything is answered in OpenAI's shape, refusals too. The server speaks to programs on this machine only: each request
needs the key, must name a loopback address as its host (so that a web page cannot get here by a name of its own that
points at this machine), and must not come from a page of another origin.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from aiohttp import web

from intentional_nb.local.incoming import prompt_tokens, read_chat_request
from intentional_nb.local.model import MODEL, ChatModel
from intentional_nb.local.realtime.endpoint import RealtimeApi, key_in_protocols
from intentional_nb.local.realtime.model import REALTIME_MODEL
from intentional_nb.local.reply import ErrorReply, ModelReply, RefusedRequest, SilentReply
from intentional_nb.local.streaming import Piece, completion, encode, error_body, stream
from intentional_nb.wire.chat_frames import Frame, ReplyFrames, model_frame, models_frame

__all__ = ["BODY_LIMIT_BYTES", "ChatApi"]

BODY_LIMIT_BYTES: Final = 32 * 1024 * 1024

_WRITE_BYTES = 16 * 1024
"""Chunks that need no pause between them are sent together, up to about this much."""

_MODELS = (MODEL, REALTIME_MODEL)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
_STREAM_HEADERS = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = logging.getLogger(__name__)


class ChatApi:
    """The endpoints, over one model.

    Args:
        model: Who answers.
        api_key: What each request must carry as its bearer token.
        realtime: Where spoken sessions are held.
    """

    def __init__(self, model: ChatModel, api_key: str, realtime: RealtimeApi) -> None:
        self._model = model
        self._api_key = api_key.encode()
        self._realtime = realtime
        self._created = int(time.time())
        self.active_replies = 0
        """Chat requests that are being answered at this moment."""

    def app(self) -> web.Application:
        """Build the application; other endpoints of the local model can be added to its router."""
        app = web.Application(client_max_size=BODY_LIMIT_BYTES, middlewares=[_in_openai_shape, self._guard])
        app.on_response_prepare.append(_give_id)
        app.router.add_post("/v1/chat/completions", self.chat)
        app.router.add_get("/v1/models", self.models)
        app.router.add_get("/v1/models/{name:.+}", self.model)
        app.router.add_get("/v1/realtime", self._realtime.connect)
        app.on_shutdown.append(self._realtime.close)
        return app

    async def models(self, request: web.Request) -> web.Response:
        """List what can be asked."""
        return _json(models_frame([self._model_frame(name) for name in _MODELS]))

    async def model(self, request: web.Request) -> web.Response:
        """Describe one model."""
        name = request.match_info["name"]
        if name not in _MODELS:
            raise _unknown_model(name, *_MODELS)
        return _json(self._model_frame(name))

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """Answer a chat request, streamed or whole."""
        asked = read_chat_request(await _body(request))
        if not self._model.knows(asked["model"]):
            raise _unknown_model(asked["model"], MODEL)
        with self._counted():
            answer = await self._model.answer(asked)
            if isinstance(answer, ErrorReply):
                raise RefusedRequest(answer)
            if isinstance(answer, SilentReply):
                return await _leave(request, web.Response(), answer.ending)
            frames = _frames(asked)
            if asked.get("stream") and "plain_json" not in answer.quirks:
                return await _send_stream(request, asked, answer, frames)
            return await _send_whole(request, asked, answer, frames)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self.active_replies += 1
        try:
            yield
        finally:
            self.active_replies -= 1

    def _model_frame(self, name: str) -> Frame:
        return model_frame(name, created=self._created, owner="intentional_nb")

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        host = request.headers.get("host", "")
        if host.rpartition(":")[0] not in _LOOPBACK and host not in _LOOPBACK:
            message = f"this server is asked as 127.0.0.1 or localhost, not as {host!r}"
            raise RefusedRequest(ErrorReply(403, message, code="forbidden_host"))
        origin = request.headers.get("origin")
        if origin is not None and origin != f"http://{host}":
            message = f"requests from web pages of another origin are refused: {origin!r}"
            raise RefusedRequest(ErrorReply(403, message, code="forbidden_origin"))
        kind, _, token = _credentials(request).partition(" ")
        # Headers are bytes: whatever is not UTF-8 in them must fail the comparison, not the server.
        sent = token.strip().encode(errors="surrogateescape")
        if kind.lower() != "bearer" or not hmac.compare_digest(sent, self._api_key):
            said = "is not this server's" if token else "is missing: send it as 'Authorization: Bearer KEY'"
            raise RefusedRequest(ErrorReply(401, f"the API key {said}", code="invalid_api_key"))
        return await handler(request)


def _credentials(request: web.Request) -> str:
    key = key_in_protocols(request)
    return request.headers.get("authorization", f"Bearer {key}" if key else "")


@web.middleware
async def _in_openai_shape(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except RefusedRequest as refused:
        return _refusal(refused.reply)
    except web.HTTPException as error:
        return _refusal(_from_http(request, error))
    except ConnectionError:
        raise  # the client has gone: nobody is left to be told
    # Whatever goes wrong in the model must reach the client as an answer that says so, not as silence.
    except Exception as error:
        log.exception("the local model could not answer")
        message = f"the local model could not answer: {type(error).__name__}: {error}"
        return _refusal(ErrorReply(500, message, "server_error"))


async def _give_id(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["x-request-id"] = f"req_{secrets.token_hex(16)}"


def _from_http(request: web.Request, error: web.HTTPException) -> ErrorReply:
    asked = f"{request.method} {request.path}"
    if error.status == 404:
        return ErrorReply(404, f"there is nothing at {asked}; the base URL of this server ends with /v1")
    if error.status == 405:
        allowed = error.headers.get("allow", "")
        message = f"{asked} is not possible; allowed here: {allowed}"
        return ErrorReply(405, message, code="method_not_supported", headers=(("allow", allowed),))
    if error.status == 413:
        message = f"the request's body is longer than {BODY_LIMIT_BYTES} bytes"
        return ErrorReply(413, message, code="request_too_large")
    return ErrorReply(error.status, f"{asked}: {error.reason}")


def _refusal(reply: ErrorReply) -> web.Response:
    return _json(error_body(reply), reply.status, dict(reply.headers))


def _json(frame: Frame, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=encode(frame), status=status, headers=headers, content_type="application/json")


def _unknown_model(name: str, *known: str) -> RefusedRequest:
    message = f"the model {name!r} does not exist here; this server has {' and '.join(map(repr, known))}"
    return RefusedRequest(ErrorReply(404, message, param="model", code="model_not_found"))


async def _body(request: web.Request) -> bytes:
    if request.content_type != "application/json":
        message = f"the request's body must be application/json, not {request.content_type}"
        raise RefusedRequest(ErrorReply(415, message, code="unsupported_media_type"))
    # Refused by its announced length, before a byte of it is kept.
    if (length := request.content_length or 0) > BODY_LIMIT_BYTES:
        raise web.HTTPRequestEntityTooLarge(BODY_LIMIT_BYTES, length)
    try:
        return await request.read()
    except web.RequestPayloadError as error:
        raise RefusedRequest(ErrorReply(400, f"the request's body cannot be read: {error}")) from error


def _frames(asked: dict[str, Any]) -> ReplyFrames:
    options = asked.get("stream_options") or {}
    return ReplyFrames(
        f"chatcmpl-{secrets.token_hex(12)}",
        asked["model"],
        int(time.time()),
        usage_asked=bool(options.get("include_usage")),
    )


async def _send_whole(
    request: web.Request, asked: dict[str, Any], reply: ModelReply, frames: ReplyFrames
) -> web.StreamResponse:
    if reply.error is not None:
        raise RefusedRequest(reply.error)
    told = completion(reply, frames, prompt_tokens=prompt_tokens(asked), choices=asked.get("n") or 1)
    response = _json(told)
    if reply.ending == "done":
        return response
    body = encode(told)
    half = body[: len(body) // 2]
    if reply.ending == "malformed":
        return web.Response(body=half, content_type="application/json")
    begun = web.StreamResponse(headers={"content-type": "application/json", "content-length": str(len(body))})
    await begun.prepare(request)
    await begun.write(half)
    return await _leave(request, begun, reply.ending)


async def _send_stream(
    request: web.Request, asked: dict[str, Any], reply: ModelReply, frames: ReplyFrames
) -> web.StreamResponse:
    # Counting a long history takes a while, and nobody sees the count of a stream that does not tell its usage.
    counted = prompt_tokens(asked) if frames.usage_asked or reply.quirks else 0
    pieces = stream(reply, frames, prompt_tokens=counted, choices=asked.get("n") or 1)
    response = web.StreamResponse(headers=_STREAM_HEADERS)
    response.enable_chunked_encoding()
    await response.prepare(request)
    await _write(response, pieces)
    if reply.ending in ("dropped", "stalled"):
        return await _leave(request, response, reply.ending)
    await response.write_eof()
    return response


async def _write(response: web.StreamResponse, pieces: Iterable[Piece]) -> None:
    waiting = bytearray()
    for sent, pause_ms in pieces:
        if pause_ms or len(waiting) >= _WRITE_BYTES:
            if waiting:
                await response.write(bytes(waiting))
                waiting.clear()
            # Also without a pause: other requests get their turn between the writes of a long reply.
            await asyncio.sleep(pause_ms / 1000)
        waiting += sent
    await response.write(bytes(waiting))


async def _leave(request: web.Request, response: web.StreamResponse, ending: str) -> web.StreamResponse:
    """Break off an answer: close the connection, or keep it until the client or the server goes."""
    if ending == "stalled":
        await asyncio.Event().wait()
    if request.transport is not None:
        request.transport.close()
    return response
