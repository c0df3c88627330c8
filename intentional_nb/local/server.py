"""The local model server: Chat Completions and Realtime endpoints on this machine, in a thread of its own."""

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
from intentional_nb.local.realtime.model import REALTIME_MODEL
from intentional_nb.local.script import Script

if TYPE_CHECKING:
    from intentional_nb.local.http import ChatApi
    from intentional_nb.local.realtime.endpoint import RealtimeApi
    from intentional_nb.local.realtime.model import VoiceModel
    from intentional_nb.local.realtime.script import VoiceScript

__all__ = ["LocalServer"]

_HOST: Final = "127.0.0.1"
_GRACE_S = 0.05
"""How long replies that are under way may still go on when the server closes."""


class LocalServer:
    """A model that is always there: it speaks OpenAI's Chat Completions and Realtime on 127.0.0.1.

    Without a script it answers in its own words, from the request alone. With one it says what the script tells it;
    leaving a ``with`` block then raises `ScriptError` when the script was not followed to its end.

        with LocalServer() as server:
            client = OpenAI(base_url=server.base_url, api_key=server.api_key)

    Args:
        script: What to say, for tests and demonstrations. In a spoken session a `Script` is spoken.
        voice_script: What happens in spoken sessions, down to the single event; it may stand in the first place too.
        port: Where to listen; 0 finds a free port.
        api_key: What clients must send; None makes one up.
        pace_ms: Pause before each word of a streamed reply; a script's replies have their own.
        times_real_time: How fast speech is sent; None as fast as the client reads.
        session_limit_s: How long a spoken session may last before the server closes it.
    """

    def __init__(
        self,
        script: Script | VoiceScript | None = None,
        *,
        voice_script: VoiceScript | None = None,
        port: int = 0,
        api_key: str | None = None,
        pace_ms: float = 12.0,
        times_real_time: float | None = 4.0,
        session_limit_s: float = 3600.0,
    ) -> None:
        if api_key is not None and not api_key.strip():
            raise ServerError("the local model server needs a key that is not empty; leave api_key out to get one")
        self._script = script if isinstance(script, Script) else None
        self._voice_script = voice_script if isinstance(script, Script | None) else script
        self._wanted_port = port
        self._api_key = api_key or f"local-{secrets.token_urlsafe(24)}"
        self._pace_ms = pace_ms
        self._times_real_time = times_real_time
        self._session_limit_s = session_limit_s
        self._running: _Running | None = None
        # start and close may be called from several threads.
        self._lock = threading.Lock()

    @property
    def base_url(self) -> str:
        """Where clients find it, for example ``http://127.0.0.1:41234/v1``."""
        return f"http://{_HOST}:{self._must_run().port}/v1"

    @property
    def realtime_url(self) -> str:
        """Where spoken sessions are opened, for example ``ws://127.0.0.1:41234/v1/realtime?model=local-realtime``."""
        return f"{self.base_url.replace('http', 'ws', 1)}/realtime?model={REALTIME_MODEL}"

    @property
    def api_key(self) -> str:
        """What clients must send."""
        return self._api_key

    @property
    def notice(self) -> str | None:
        """One sentence for people about what this model lacks, or None when it lacks nothing."""
        return self._must_run().model.notice

    @property
    def voice_notice(self) -> str | None:
        """One sentence for people about what hearing and speaking lack, or how far making them ready has come."""
        return self._must_run().voice.notice

    @property
    def speaks(self) -> bool:
        """Whether everything is installed that hearing and speaking need."""
        return self._must_run().voice.speaks

    def prepare_voice(self) -> None:
        """Begin to load what hearing and speaking need, which the first session would have to wait for."""
        self._must_run().voice.prepare()

    @property
    def active_sessions(self) -> int:
        """Spoken sessions that are open at this moment; 0 when the server is closed."""
        running = self._running
        return running.realtime.active_sessions if running else 0

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
                chat = self._chat_model()
                self._running = _Running(chat, self._realtime(chat), self._api_key, self._wanted_port)
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
        for script in (self._script, self._voice_script) if error is None else ():
            if script is not None:
                script.assert_complete()

    def __repr__(self) -> str:
        running = self._running
        return f"<LocalServer {self.base_url}>" if running else "<LocalServer, not running>"

    def _chat_model(self) -> ChatModel:
        if self._script is not None:
            return ScriptedModel(self._script)
        # Where only what is spoken is scripted, nobody is to be asked in writing.
        return LanguageModel(self._pace_ms) if self._voice_script is None else ScriptedModel(Script())

    def _realtime(self, chat: ChatModel) -> RealtimeApi:
        from intentional_nb.local.realtime.endpoint import RealtimeApi

        if self._voice_script is not None:
            from intentional_nb.local.realtime.scripted import ScriptedVoice

            voice = ScriptedVoice(self._voice_script)
            return RealtimeApi(voice, session_limit_s=self._session_limit_s, dialect=voice.dialect)
        return RealtimeApi(self._spoken(chat), session_limit_s=self._session_limit_s)

    def _spoken(self, chat: ChatModel) -> VoiceModel:
        from intentional_nb.local.realtime.speech import LocalSpeech
        from intentional_nb.local.realtime.spoken import SpokenModel

        return SpokenModel(
            chat,
            LocalSpeech(),
            takes_any_name=self._script is not None,
            times_real_time=self._times_real_time,
            pace_ms=self._pace_ms,
        )

    def _must_run(self) -> _Running:
        if self._running is None:
            raise ServerError("the local model server does not run; call start() or use it in a with statement")
        return self._running


class _Running:
    """One run of the server, from listening to its thread's end."""

    def __init__(self, model: ChatModel, realtime: RealtimeApi, api_key: str, port: int) -> None:
        from intentional_nb.local.http import ChatApi

        self.model = model
        self.realtime = realtime
        self.api: ChatApi = ChatApi(model, api_key, realtime)
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
            self._give_back()
            raise ServerError(_cannot_listen(port, error)) from error

    def stop(self) -> None:
        """End the thread, from any other."""
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()
        self._give_back()

    @property
    def voice(self) -> VoiceModel:
        """Who answers in spoken sessions."""
        return self.realtime.model

    def _give_back(self) -> None:
        self.voice.close()
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
