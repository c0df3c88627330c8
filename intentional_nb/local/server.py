"""The local model server: a Chat Completions endpoint on this machine, in a thread of its own."""

from __future__ import annotations

import asyncio
import errno
import logging
import secrets
import threading
from concurrent.futures import Future
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from intentional_nb.errors import ServerError
from intentional_nb.local.model import ChatModel, LanguageModel, ScriptedModel
from intentional_nb.local.script import Script

if TYPE_CHECKING:
    from intentional_nb.local.http import ChatApi

__all__ = ["LocalServer"]

_HOST: Final = "127.0.0.1"
_GRACE_S = 0.05
"""How long replies that are under way may still go on when the server closes."""


class LocalServer:
    """A model that is always there: it speaks OpenAI's Chat Completions on 127.0.0.1.

    Without a script it answers in its own words, from the request alone. With one it says what the script tells it;
    leaving a ``with`` block then raises `ScriptError` when the script was not followed to its end.

        with LocalServer() as server:
            client = OpenAI(base_url=server.base_url, api_key=server.api_key)

    Args:
        script: What to say, for tests and demonstrations.
        port: Where to listen; 0 finds a free port.
        api_key: What clients must send; None makes one up.
        pace_ms: Pause before each word of a streamed reply; a script's replies have their own.
    """

    def __init__(
        self,
        script: Script | None = None,
        *,
        port: int = 0,
        api_key: str | None = None,
        pace_ms: float = 12.0,
    ) -> None:
        if api_key is not None and not api_key.strip():
            raise ServerError("the local model server needs a key that is not empty; leave api_key out to get one")
        self._script = script
        self._wanted_port = port
        self._api_key = api_key or f"local-{secrets.token_urlsafe(24)}"
        self._pace_ms = pace_ms
        self._running: _Running | None = None
        # start and close may be called from several threads.
        self._lock = threading.Lock()

    @property
    def base_url(self) -> str:
        """Where clients find it, for example ``http://127.0.0.1:41234/v1``."""
        return f"http://{_HOST}:{self._must_run().port}/v1"

    @property
    def api_key(self) -> str:
        """What clients must send."""
        return self._api_key

    @property
    def notice(self) -> str | None:
        """One sentence for people about what this model lacks, or None when it lacks nothing."""
        return self._must_run().model.notice

    @property
    def active_replies(self) -> int:
        """Requests that are being answered at this moment; 0 when the server is closed."""
        running = self._running
        return running.api.active_replies if running else 0

    def start(self) -> LocalServer:
        """Listen, and return when requests are answered; a server that runs already goes on.

        Raises:
            ServerError: The port is taken, or this machine lets nobody listen.
        """
        with self._lock:
            if self._running is None:
                self._running = _Running(self._model(), self._api_key, self._wanted_port)
        return self

    def close(self) -> None:
        """Stop listening and break off what is being said; nothing happens when the server does not run."""
        with self._lock:
            running, self._running = self._running, None
        if running is not None:
            running.stop()

    def __enter__(self) -> LocalServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if self._script is not None and error is None:
            self._script.assert_complete()

    def __repr__(self) -> str:
        running = self._running
        return f"<LocalServer {self.base_url}>" if running else "<LocalServer, not running>"

    def _model(self) -> ChatModel:
        return LanguageModel(self._pace_ms) if self._script is None else ScriptedModel(self._script)

    def _must_run(self) -> _Running:
        if self._running is None:
            raise ServerError("the local model server does not run; call start() or use it in a with statement")
        return self._running


class _Running:
    """One run of the server, from listening to its thread's end."""

    def __init__(self, model: ChatModel, api_key: str, port: int) -> None:
        from intentional_nb.local.http import ChatApi

        self.model = model
        self.api: ChatApi = ChatApi(model, api_key)
        self._loop = asyncio.new_event_loop()
        self._stopped = asyncio.Event()
        ready: Future[int] = Future()
        self._thread = threading.Thread(
            target=self._run, args=(port, ready), name="intentional-local-server", daemon=True
        )
        self._thread.start()
        try:
            self.port = ready.result()
        except (OSError, OverflowError) as error:
            self._thread.join()
            model.close()
            raise ServerError(_cannot_listen(port, error)) from error

    def stop(self) -> None:
        """End the thread, from any other."""
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()
        self.model.close()

    def _run(self, port: int, ready: Future[int]) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve(port, ready))
        finally:
            self._loop.close()

    async def _serve(self, port: int, ready: Future[int]) -> None:
        from aiohttp import web

        # Handlers tell their own errors; what is left to tell is noise that strangers make on the port.
        quiet = logging.getLogger(f"{__name__}.noise")
        quiet.setLevel(logging.CRITICAL)
        options: dict[str, Any] = {"access_log": None, "handler_cancellation": True, "shutdown_timeout": _GRACE_S}
        runner = web.AppRunner(self.api.app(), logger=quiet, **options)
        try:
            await runner.setup()
            site = web.TCPSite(runner, _HOST, port)
            await site.start()
        # Whoever called start() is told.
        except BaseException as error:
            ready.set_exception(error)
        else:
            ready.set_result(site.port)
            await self._stopped.wait()
        finally:
            await runner.cleanup()


def _cannot_listen(port: int, error: OSError | OverflowError) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"port {port} of {_HOST} is taken by another program; choose another, or 0 for any free one"
    return f"the local model server cannot listen on port {port} of {_HOST}: {error}"
