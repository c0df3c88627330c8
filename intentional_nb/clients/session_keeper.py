"""Keeping a conversation in a session: opening one, opening another when it is lost, renewing it before it expires.

A session that is not used is closed after a while.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from intentional_nb.clients.conductor import Conductor
from intentional_nb.clients.patience import Patience, may_pass
from intentional_nb.clients.use_watch import UseWatch
from intentional_nb.clients.voice_session import VoiceSession, as_error
from intentional_nb.clients.voice_settings import VoiceSettings
from intentional_nb.errors import ClientError, RefusedError, SessionClosedError
from intentional_nb.events import ErrorOccurred, Event, ModelConnected, ModelDisconnected, SessionReconnecting
from intentional_nb.wire.realtime.happenings import ErrorTold

__all__ = ["SessionKeeper"]

RENEW_BEFORE_S = 300.0
"""How long before a session expires another one is opened, as soon as nobody speaks."""
RENEW_SHARE = 0.9
"""Or after this share of its life, whichever is later."""
LOOK_AGAIN_S = 0.5
"""How often to look whether nobody speaks."""


class SessionKeeper:
    """Opens sessions for a conductor, one after the other.

    Attributes:
        settings: Where and how the next one is opened.
    """

    def __init__(self, settings: VoiceSettings, conductor: Conductor, emit: Callable[[Event], None]) -> None:
        self.settings = settings
        self._conductor = conductor
        self._emit = emit
        self._patience = Patience(settings.max_retries)
        self._opening = asyncio.Lock()
        self._attempt: asyncio.Timeout | None = None  # to open one, when somebody waits for that
        self._keeping: asyncio.Task[None] | None = None
        self._finished: asyncio.Future[None] | None = None
        self._renewal: asyncio.TimerHandle | None = None
        self._use_watch = UseWatch(settings.close_after_s, lambda: conductor.use, self._unused)
        self._closing_for: ClientError | str | None = None  # why we close it: an error, or a reason to open another
        self._closing: asyncio.Task[None] | None = None
        self._was_open = False
        conductor.on_fatal = self._fatal
        conductor.on_stuck = lambda: self._close("the model did not react any more")

    @property
    def is_open(self) -> bool:
        """Whether a session is open, or will be again without anybody asking."""
        return self._keeping is not None and not self._keeping.done()

    async def connect(self) -> None:
        """Open a session, unless one is kept already.

        Raises:
            ClientError: None can be opened; says why.
        """
        async with self._opening:
            if self.is_open:
                return
            self._closing_for = None
            self._patience = Patience(self.settings.max_retries)
            try:
                async with asyncio.timeout(None) as self._attempt:
                    session = await self._open()
            except ClientError as error:
                self._emit(ErrorOccurred(error=str(error), where="model", exception=error))
                raise
            except TimeoutError:
                raise SessionClosedError("the session was closed while it was being opened", reason="closed") from None
            finally:
                self._attempt = None
            self._finished = asyncio.get_running_loop().create_future()
            self._finished.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._keeping = asyncio.create_task(self._keep(session))

    async def _open(self) -> VoiceSession:
        conductor = self._conductor
        if self._was_open or conductor.dialogue.half.session_id:
            conductor.carry_over()  # the half has been in a session, if only in one that never opened
        settings, prompt = self.settings, conductor.prompt.wanted()
        session = VoiceSession(settings, conductor.dialogue.half, conductor.happened)
        await session.open(settings.session(prompt.text, prompt.definitions))
        try:
            while self.settings is not settings:  # meanwhile another turn detection was chosen
                settings = self.settings
                await session.update(_detection(settings))
        except BaseException:  # also when the caller gives up: nobody else would hang up
            await session.close()
            raise
        self._emit(
            ModelConnected(
                model=self.settings.model,
                base_url=self.settings.base_url,
                session_id=session.half.session_id,
                is_again=self._was_open,
            )
        )
        self._was_open = True
        conductor.opened(session, prompt)
        self._plan_renewal(session.half.expires_at)
        self._use_watch.watch()
        return session

    async def disconnect(self) -> None:
        """Close the session, also one that is just being opened; harmless when there is none."""
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            attempt.reschedule(asyncio.get_running_loop().time())
        # To the end, though nobody may wait for it any more: half closed it could be neither used nor opened again.
        self._closing = asyncio.create_task(self._disconnect())
        await asyncio.shield(self._closing)

    async def _disconnect(self) -> None:
        async with self._opening:
            keeping, self._keeping = self._keeping, None
            if keeping is None or keeping.done():
                return
            keeping.cancel()
            await asyncio.wait({keeping})
            session = self._conductor.session
            if session is not None:
                session.mute()
            await self._conductor.turns.close()
            self._conductor.lost()
            self._end(ModelDisconnected(reason="closed", close_code=1000), None)
            if session is not None:
                await session.close()

    async def set_turn_detection(self, settings: VoiceSettings) -> None:
        """Let the session that is open, and all later ones, find out in another way that the user has finished.

        Args:
            settings: With another turn detection.

        Raises:
            ClientError: The server does not take it; nothing has changed.
        """
        before, session = self.settings, self._conductor.session
        self._take(settings)
        if session is None:
            return
        try:
            await session.update(_detection(settings))
        except SessionClosedError:
            return  # the next one is opened with it
        except ClientError:
            if self.settings is settings:  # else another choice was made meanwhile
                self._take(before)
            raise

    def _take(self, settings: VoiceSettings) -> None:
        self.settings = settings
        self._conductor.listening.set_turn_detection(settings)

    async def finished(self) -> None:
        """Wait until there is no session any more.

        Raises:
            ClientError: It ended for another reason than `disconnect`.
        """
        if self._finished is not None:
            await asyncio.shield(self._finished)

    def _end(self, event: ModelDisconnected, error: ClientError | None) -> None:
        if self._renewal is not None:
            self._renewal.cancel()
        self._use_watch.stop()
        self._emit(event)
        if self._finished is not None and not self._finished.done():
            if error is None:
                self._finished.set_result(None)
            else:
                self._finished.set_exception(error)

    def _unused(self) -> None:
        """Nobody waits for anything here: whoever says something at this very moment finds the session closed."""
        session, keeping = self._conductor.session, self._keeping
        if session is None or keeping is None or self._closing_for is not None:
            self._use_watch.watch()  # another one is being opened
            return
        self._keeping = None
        keeping.cancel()
        self._conductor.lost()
        self._closing = asyncio.create_task(session.close())
        reason = _unused_for(self.settings.close_after_s)
        self._end(ModelDisconnected(reason=reason, close_code=1000, is_unused=True), None)

    # A session is lost.

    async def _keep(self, session: VoiceSession) -> None:
        try:
            await self._keep_open(session)
        except Exception as error:  # whatever broke, people must see that nobody listens any more
            reason = f"{type(error).__name__}: {error}"
            gone = SessionClosedError(f"the session was given up: {reason}", reason=reason)
            self._over(gone, gone)

    async def _keep_open(self, session: VoiceSession) -> None:
        while True:
            closed = await session.closed()
            await session.close()
            self._patience.lasted(time.monotonic() - session.opened_at)
            self._conductor.lost()
            why, self._closing_for = self._closing_for, None
            if isinstance(why, ClientError) or _is_final(closed):
                self._over(why if isinstance(why, ClientError) else closed, closed)
                return
            if why is not None:
                closed = SessionClosedError(why, close_code=closed.close_code, reason=why)
            again = await self._open_again(closed, is_planned=why is not None)
            if again is None:
                return
            session = again

    async def _open_again(self, closed: SessionClosedError, *, is_planned: bool) -> VoiceSession | None:
        while (wait_s := self._patience.next_wait_s()) is not None:
            self._emit(
                SessionReconnecting(
                    attempt=self._patience.tries,
                    wait_s=0.0 if is_planned else wait_s,
                    reason=closed.reason,
                    close_code=closed.close_code,
                )
            )
            await asyncio.sleep(0 if is_planned else wait_s)
            is_planned = False
            try:
                return await self._open()
            except RefusedError as error:
                closed = _as_closed(error)
                if not may_pass(error):
                    self._over(error, closed)
                    return None
            except ClientError as error:
                closed = _as_closed(error)
        self._over(_given_up(closed, self._patience.tries), closed)
        return None

    def _over(self, error: ClientError, closed: SessionClosedError) -> None:
        self._conductor.over(error)
        self._end(ModelDisconnected(reason=closed.reason or str(error), close_code=closed.close_code), error)

    # A session is closed from our side.

    def _fatal(self, told: ErrorTold) -> None:
        """The server says that the session is of no more use: an expired one can be replaced."""
        if told.code == "session_expired":
            self._close("the session has expired")
        else:
            self._close(as_error(told))

    def _close(self, why: ClientError | str) -> None:
        session = self._conductor.session
        if session is not None and self._closing_for is None:
            self._closing_for = why
            self._closing = asyncio.create_task(session.close())

    def _plan_renewal(self, expires_at: int | None) -> None:
        if self._renewal is not None:
            self._renewal.cancel()
            self._renewal = None
        rest_s = expires_at - time.time() if expires_at is not None else 0.0
        if rest_s > 0:  # else its clock is not ours
            wait_s = max(rest_s - RENEW_BEFORE_S, rest_s * RENEW_SHARE)
            self._renewal = asyncio.get_running_loop().call_later(wait_s, self._renew)

    def _renew(self) -> None:
        if self._conductor.is_idle:
            self._close("the session was about to reach its longest time")
        else:
            self._renewal = asyncio.get_running_loop().call_later(LOOK_AGAIN_S, self._renew)


def _detection(settings: VoiceSettings) -> dict[str, Any]:
    return {"audio": {"input": {"turn_detection": settings.turn_detection}}}


def _unused_for(seconds: float) -> str:
    length = f"{seconds / 60:g} minutes" if seconds >= 120 else f"{seconds:g} seconds"
    return f"nothing was said for {length}"


def _is_final(closed: SessionClosedError) -> bool:
    """Whether the close code says that another session would be refused too.

    1008 is a matter of policy, 3000 and 3003 of the key, and from 4000 on servers refuse for reasons of their own.
    """
    code = closed.close_code or 0
    return code in (1008, 3000, 3003) or 4000 <= code <= 4999


def _as_closed(error: ClientError) -> SessionClosedError:
    return error if isinstance(error, SessionClosedError) else SessionClosedError(str(error), reason=str(error))


def _given_up(closed: SessionClosedError, tries: int) -> SessionClosedError:
    text = f"the session was lost and could not be opened again in {tries} tries; the last time: {closed.reason}"
    return SessionClosedError(text, close_code=closed.close_code, reason=closed.reason)
