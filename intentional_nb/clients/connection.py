"""One streamed request to a Chat Completions server: connecting, retrying, and saying what went wrong.

The `openai` package makes the connection (credentials, proxies, certificates, pooling). Requests are sent on its HTTP
client directly: its own request path costs several times more CPU than everything else in a turn, and its retries
cannot be seen.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from time import time
from typing import TYPE_CHECKING, Any

from intentional_nb.clients.patience import may_pass
from intentional_nb.clients.secret import blotted
from intentional_nb.clients.settings import ChatSettings
from intentional_nb.errors import ClientError, ConnectError, RateLimitError, RefusedError, ReplyTimeoutError
from intentional_nb.wire.chat import error_from_body
from intentional_nb.wire.sse import SseDecoder

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

__all__ = ["Connection", "RetryListener"]

RetryListener = Callable[[int, float, ClientError], None]
"""Told of each retry: the number of the try that failed, the seconds to wait, and why."""

CONNECT_TIMEOUT_S = 5.0
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
"""A server that asks for a longer pause is not waited for: a notebook must not hang for minutes."""
DRAIN_S = 0.1
"""How long to wait for the end of the body after ``[DONE]``, so that the connection can be used again."""


@dataclass(frozen=True, slots=True)
class _Line:
    """An open line to the server: it belongs to the event loop in which it was made."""

    sdk: AsyncOpenAI
    http: httpx2.AsyncClient
    url: httpx2.URL
    headers: list[tuple[str, str]] = field(repr=False)  # the key is among them
    extensions: dict[str, Any]
    loop: asyncio.AbstractEventLoop | None


class Connection:
    """Sends requests to one server and streams the answers.

    Attributes:
        settings: Where and how.
    """

    def __init__(self, settings: ChatSettings) -> None:
        self.settings = settings
        self._line: _Line | None = None

    @property
    def sdk(self) -> AsyncOpenAI:
        """The `openai` client that makes the connection; it belongs to the event loop that is running."""
        return self._open_line().sdk

    def _open_line(self) -> _Line:
        loop = _running_loop()
        if self._line is None or self._line.loop is not loop:
            self._line = _opened(self.settings, loop)
        return self._line

    async def close(self) -> None:
        """Close the pooled connections."""
        line, self._line = self._line, None
        if line is not None and line.loop is _running_loop():
            await line.http.aclose()

    async def stream(self, body: bytes, on_retry: RetryListener) -> AsyncIterator[list[bytes]]:
        """Send a request and give the payloads of the answer's server-sent events as they come.

        Args:
            body: The request's JSON.
            on_retry: Told before each wait.

        Raises:
            RefusedError: The server answered with an error; `RateLimitError` for too many requests.
            ConnectError: Nobody answers, or the connection broke.
            ReplyTimeoutError: Nothing came for the configured time.
        """
        import httpx2

        response = await self._open(body, on_retry)
        try:
            if "json" in response.headers.get("content-type", ""):
                yield [await response.aread()]  # a server that does not stream
                return
            async for payloads in _payloads(response):
                yield payloads
        except httpx2.TimeoutException as error:
            raise self._timed_out() from error
        except httpx2.TransportError as error:
            text = f"the connection to {self.settings.base_url} broke before the reply was complete"
            raise ConnectError(f"{text} ({_cause(error)})", url=self.settings.base_url) from error
        finally:
            await response.aclose()

    async def _open(self, body: bytes, on_retry: RetryListener) -> httpx2.Response:
        """The first answer that is not a passing failure."""
        for attempt in itertools.count(1):
            try:
                return await self._send(body)
            except ClientError as error:
                wait_s = _wait_before_retry(error, attempt)
                if attempt > self.settings.max_retries or wait_s is None:
                    raise
                on_retry(attempt, wait_s, error)
                await asyncio.sleep(wait_s)
        raise AssertionError("unreachable")

    async def _send(self, body: bytes) -> httpx2.Response:
        import httpx2

        try:
            line = self._open_line()
            request = httpx2.Request("POST", line.url, headers=line.headers, content=body, extensions=line.extensions)
            response = await line.http.send(request, stream=True)
            if response.is_success:
                return response
            await response.aread()
        except httpx2.TimeoutException as error:
            if isinstance(error, httpx2.ConnectTimeout):
                raise self._unreachable(error) from error
            raise self._timed_out() from error
        except (httpx2.TransportError, httpx2.InvalidURL) as error:
            raise self._unreachable(error) from error
        raise self._refused(response)

    def _refused(self, response: httpx2.Response) -> RefusedError:
        try:
            body: Any = response.json()
        except ValueError:
            body = response.text
        if isinstance(body, dict | str):
            body = blotted(body, self.settings.api_key)
        error = error_from_body(body, status=response.status_code, request_id=response.headers.get("x-request-id"))
        if "x-should-retry" in response.headers:
            error.should_retry = response.headers["x-should-retry"] == "true"
        if isinstance(error, RateLimitError):
            error.retry_after_s = _retry_after_s(response.headers)
        return error

    def _unreachable(self, error: Exception) -> ConnectError:
        url = self.settings.base_url
        return ConnectError(
            f"no model answers at {url} ({_cause(error)}); is the address right and the server running?", url=url
        )

    def _timed_out(self) -> ReplyTimeoutError:
        seconds = self.settings.timeout_s
        waited = f"the model at {self.settings.base_url} sent nothing for {seconds:g} seconds"
        return ReplyTimeoutError(f"{waited}; 'timeout' sets how long to wait", seconds=seconds)


def _opened(settings: ChatSettings, loop: asyncio.AbstractEventLoop | None) -> _Line:
    import httpx2
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient

    timeout = httpx2.Timeout(settings.timeout_s, connect=min(CONNECT_TIMEOUT_S, settings.timeout_s))
    http = DefaultAsyncHttpxClient(timeout=timeout)
    sdk = AsyncOpenAI(api_key=settings.api_key, base_url=settings.base_url, timeout=timeout, http_client=http)
    # The SDK's x-stainless-* headers describe it to OpenAI's statistics; each costs time in every request.
    headers = [
        (name, value)
        for name, value in {**sdk.default_headers, **sdk.auth_headers, "Accept": "text/event-stream"}.items()
        if isinstance(value, str) and not name.lower().startswith("x-stainless")
    ]
    url = httpx2.URL(f"{settings.base_url}/chat/completions")
    return _Line(sdk, http, url, headers, {"timeout": timeout.as_dict()}, loop)


async def _payloads(response: httpx2.Response) -> AsyncIterator[list[bytes]]:
    """The payloads up to ``[DONE]`` or the end of the body, as many together as arrived together."""
    decoder = SseDecoder()
    chunks = response.aiter_bytes()
    async for chunk in chunks:
        payloads = decoder.feed(chunk)
        if payloads:
            yield payloads
            if payloads[-1] == b"[DONE]":
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(DRAIN_S):
                        async for _ in chunks:
                            pass
                return
    rest = decoder.flush()
    if rest:
        yield rest


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _cause(error: BaseException) -> str:
    """The innermost message; HTTP libraries wrap the system's own words several times."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error) or type(error).__name__


def _wait_before_retry(error: ClientError, attempt: int) -> float | None:
    """Seconds to wait before the next try; None when trying again would not help."""
    if not (isinstance(error, ConnectError) or (isinstance(error, RefusedError) and may_pass(error))):
        return None
    if isinstance(error, RateLimitError) and error.retry_after_s is not None:
        return error.retry_after_s if error.retry_after_s <= LONGEST_WAIT_S else None
    return min(8.0, FIRST_WAIT_S * 2.0 ** (attempt - 1)) * random.uniform(0.75, 1.0)


def _retry_after_s(headers: Any) -> float | None:
    """What ``retry-after-ms`` or ``retry-after`` (seconds or a date, RFC 9110 §10.2.3) ask for."""
    with contextlib.suppress(KeyError, ValueError):
        return max(0.0, float(headers["retry-after-ms"]) / 1000)
    value = headers.get("retry-after", "")
    with contextlib.suppress(ValueError):
        return max(0.0, float(value))
    with contextlib.suppress(ValueError, TypeError):
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    return None
