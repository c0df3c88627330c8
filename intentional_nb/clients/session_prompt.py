"""The prompt and the tools that the model has, and those that it should have: one follows the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from intentional_nb.clients.voice_session import VoiceSession
from intentional_nb.conversation.position import Option, start_position
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.errors import ClientError, ReplyTimeoutError, SessionClosedError
from intentional_nb.events import ErrorOccurred, Event, PromptUpdated
from intentional_nb.tools.tool import Tool, to_openai_tool

__all__ = ["SessionPrompt", "StagePrompt"]


@dataclass(frozen=True, slots=True)
class StagePrompt:
    """What the model is told of a stage.

    Attributes:
        stage: Its name.
        text: The system prompt.
        definitions: The tools, as the Realtime API takes them.
        tools: The tools, by name; the router is among them where there is a choice.
        options: What the router lets it choose from.
    """

    stage: str
    text: str
    definitions: list[dict[str, Any]]
    tools: Mapping[str, Tool] = field(compare=False)
    options: tuple[Option, ...] = field(compare=False)


class SessionPrompt:
    """Keeps the session's prompt and tools those of the router's current stage.

    Attributes:
        current: What the model has; before a session is open, what it will get.
    """

    def __init__(self, router: IntentRouter, first_prompt: str | None, emit: Callable[[Event], None]) -> None:
        """Start with the first stage.

        Args:
            router: Knows the stage.
            first_prompt: Takes the place of the first stage's own prompt.
            emit: Told when the model has another prompt.
        """
        self._router = router
        self._first_prompt = first_prompt
        self._emit = emit
        self._worked_out: tuple[Any, StagePrompt] | None = None
        self.current = self.wanted()
        self._session: VoiceSession | None = None
        self._sent: StagePrompt | None = None  # on its way
        self._update: asyncio.Task[None] | None = None
        self._next_session: asyncio.Future[None] | None = None  # what waits for one

    def wanted(self) -> StagePrompt:
        """What the model should have now; worked out anew only when the conversation stands elsewhere."""
        router = self._router
        where = router.position, router.just_entered, router.options()
        if self._worked_out is None or self._worked_out[0] != where:
            self._worked_out = where, self.told_by(router)
        return self._worked_out[1]

    def told_by(self, router: IntentRouter) -> StagePrompt:
        """What the model should have if ``router`` were the session's."""
        is_first = self._first_prompt is not None and router.position == start_position(router.graph)
        text = self._first_prompt if is_first and self._first_prompt is not None else router.get_prompt()
        tools = router.current_tools()
        definitions = [to_openai_tool(tool) for tool in tools.values()]
        return StagePrompt(router.current_stage_name, text, definitions, tools, router.options())

    def refresh(self) -> None:
        """A tool or a prompt may have changed although the conversation stands where it did."""
        self._worked_out = None

    def opened(self, session: VoiceSession, told: StagePrompt) -> None:
        """A session is open, and this is what it was told."""
        is_news = told != self.current
        self._session, self.current = session, told
        if is_news:
            self._tell(told)
        waiting, self._next_session = self._next_session, None
        if waiting is not None and not waiting.done():
            waiting.set_result(None)
        self.push()

    def lost(self) -> None:
        """No session is open any more; the next one will be told what is wanted then."""
        self._session, self._sent, self._update = None, None, None

    def over(self, error: ClientError) -> None:
        """There will be no other session."""
        self.lost()
        waiting, self._next_session = self._next_session, None
        if waiting is not None and not waiting.done():
            waiting.set_exception(error)

    def push(self) -> asyncio.Task[None] | None:
        """Send what is wanted, if the model does not have it; what is said after this comes after it.

        Returns:
            Ends when the server has confirmed it, as `VoiceSession.update`; None when there is nothing to send, or no
            session to send it to.
        """
        if self._session is None:
            return None
        wanted = self.wanted()
        if wanted == (self._sent or self.current):
            return self._update if self._sent else None
        self._sent = wanted
        told = {"instructions": wanted.text, "tools": wanted.definitions}
        sent = self._session.update(told, then=lambda: self._confirmed(wanted))
        self._update = asyncio.create_task(self._watched(wanted, sent))
        self._update.add_done_callback(lambda done: done.cancelled() or done.exception())  # perhaps nobody waits
        return self._update

    async def propose(self, wanted: StagePrompt, agreed: Callable[[], None]) -> None:
        """Let the model have a prompt that is not the router's yet.

        Args:
            wanted: The prompt.
            agreed: Makes it the router's; called as soon as the server has confirmed it, before anything else that it
                tells. When it raises, or nobody waits any more, the model gets back what it should have.

        Raises:
            RefusedError: The server said no; the model has what it had.
            ReplyTimeoutError: The server does not confirm it.
            SessionClosedError: There is no session, or it ended; ``agreed`` was not called.
        """
        if self._session is None:
            raise SessionClosedError("there is no session with the model")
        if self._sent is None and wanted == self.current:  # what changes is told to the model in other stages
            agreed()
            self.refresh()
            self.current = self.wanted() if self.wanted() == wanted else wanted
            return
        told = {"instructions": wanted.text, "tools": wanted.definitions}
        outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def confirmed() -> None:
            self.current = wanted
            if not outcome.done():  # else nobody waits any more
                _settle(outcome, agreed)
            self.refresh()
            self.current = self.wanted() if self.wanted() == wanted else wanted
            self._tell(wanted)
            self.push()

        sent = self._session.update(told, then=confirmed)
        try:
            await sent
            outcome.result()
        finally:
            if not outcome.done():
                outcome.cancel()

    def _confirmed(self, wanted: StagePrompt) -> None:
        self.current = wanted
        if self._sent is wanted:
            self._sent = None
        self._tell(wanted)

    async def _watched(self, wanted: StagePrompt, sent: asyncio.Task[None]) -> None:
        try:
            await sent
        except SessionClosedError:
            raise
        except ClientError as error:
            if self._sent is wanted:
                self._sent = None
            if isinstance(error, ReplyTimeoutError):  # a refusal was told when it came
                self._emit(ErrorOccurred(error=str(error), where="model", exception=error))
            raise

    def _tell(self, prompt: StagePrompt) -> None:
        self._emit(PromptUpdated(stage=prompt.stage, prompt=prompt.text, tools=tuple(prompt.tools)))

    async def settle(self) -> None:
        """Wait until the model has what is wanted, in whichever session.

        Raises:
            RefusedError: The server said no.
            ReplyTimeoutError: The server does not confirm it.
            SessionClosedError: The session ended, and there will be no other.
        """
        while True:
            sent = self.push()
            if sent is not None:
                try:
                    await asyncio.shield(sent)
                except SessionClosedError:
                    continue  # the next session is told by its first settings
            elif self._session is not None:
                return
            else:
                if self._next_session is None:
                    self._next_session = asyncio.get_running_loop().create_future()
                await asyncio.shield(self._next_session)


def _settle(outcome: asyncio.Future[None], action: Callable[[], None]) -> None:
    """Do something now, for somebody who hears of it later."""
    try:
        action()
    except Exception as error:  # whatever it is, it belongs to the one who waits
        outcome.set_exception(error)
        outcome.exception()  # should nobody wait after all
    else:
        outcome.set_result(None)
