"""What a step of a voice script is played with: the session, and the response that the step gives."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from intentional_nb.wire.realtime.server_errors import Mistake
from intentional_nb.wire.realtime.server_response import Failure

if TYPE_CHECKING:
    from intentional_nb.local.realtime.session import VoiceSession
    from intentional_nb.wire.realtime.server_items import ServerItem
    from intentional_nb.wire.realtime.server_requests import ResponseAsked
    from intentional_nb.wire.realtime.server_response import ServerResponse

__all__ = ["Action", "Stage"]

Event = Mapping[str, Any]


class Action(Protocol):
    """One thing that a script does."""

    @property
    def begins(self) -> bool:
        """Whether it belongs to a response, which then begins as soon as it is asked for."""

    async def play(self, stage: Stage) -> None:
        """Do it."""


class Stage:
    """Where one step is played.

    Args:
        session: The session.
        asked: The response that is asked for; None where something else made the step due.
        event: The client's event that made the step due, as far as there was one.
    """

    def __init__(self, session: VoiceSession, asked: ResponseAsked | None = None, event: Event | None = None) -> None:
        self.session = session
        self.event_id: str | None = (event or {}).get("event_id") or (asked.event_id if asked else None)
        self.is_left_open = False
        """Whether the response goes on although nothing more is done for it."""
        self._asked = asked
        self._begun: ServerResponse | None = None
        self._task: asyncio.Task[None] | None = None
        self._arrived: list[Event] = []
        self._has_news = asyncio.Event()

    def response(self) -> ServerResponse:
        """The step's response, which begins when it is first needed; after its end, another one.

        Raises:
            Failure: Nobody asked for one, and the conversation has one already.
        """
        if self.begun is not None:
            return self.begun
        try:
            asked, self._asked = self._asked or self.session.half.ask({}), None
        except Mistake as mistake:
            raise Failure(f"the script wants to respond, but: {mistake.message}", code="script_error") from mistake
        self._begun = self.session.begin(asked)
        self.is_left_open = False
        self._tie()
        return self._begun

    def played_by(self, task: asyncio.Task[None]) -> None:
        """Play no more once somebody cancels the response."""
        self._task = task
        self._tie()

    def _tie(self) -> None:
        if self._task is not None and self.begun is not None:
            self.session.end_with(self.begun, self._task)

    @property
    def begun(self) -> ServerResponse | None:
        """The step's response if it has begun and is not over."""
        return self._begun if self._begun is not None and self._begun.is_active else None

    def finish(self) -> None:
        """End the response as a complete one, unless it was ended or left open."""
        if self.begun is not None and not self.is_left_open:
            self.session.finish(self.begun)

    def heard(self, at: int = -1) -> ServerItem:
        """Find an item of the user's speech, counted from the first, or from the last with numbers below 0.

        Raises:
            Failure: There is none.
        """
        spoken = [item for item in self.session.half.conversation if item.role == "user" and item.speech]
        try:
            return spoken[at]
        except IndexError:
            message = f"the script wants speech number {at} of the user, of which there are {len(spoken)} pieces"
            raise Failure(message, code="script_error") from None

    def note(self, event: Event) -> None:
        """Take an event of the client that came since the step became due."""
        self._arrived.append(event)
        self._has_news.set()

    async def until(self, type: str) -> None:
        """Wait until the client has sent an event of this type since the step became due."""
        while not any(event.get("type") == type for event in self._arrived):
            self._has_news.clear()
            await self._has_news.wait()
