"""Who plays the bot's speech, how far they have come, and what becomes of it when the user speaks.

With a player the user can interrupt: it falls silent at once and tells how much it had really rendered, and exactly
that much is what the model will remember having said. Without one, all that came counts as heard.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol

from intentional_nb.bots import runtime

__all__ = ["REPORT_S", "Player", "Playing", "Voice"]

REPORT_S = 0.5
"""How long a player may take to say what it had rendered; then its last report counts."""
OVERDUE_S = 3.0
"""How much later a report may come and still be the answer to that question."""
SETTLED = 64
"""Items remembered of which it is known how much was heard: a player may speak of one once more."""


class Voice(Protocol):
    """The part of a client that makes the bot's speech, as far as it is about what was heard."""

    def note_played(self, item_id: str, played_ms: int) -> None:
        """Take note of how much of an item was played."""

    async def handle_interruption(self, length_to_interruption: int | None = None, *, turn: int | None = None) -> None:
        """Stop, and forget what was not heard; leave the response to a later turn alone."""


class Player:
    """A player that is attached to a bot. Calling it detaches it."""

    def __init__(self, playing: Playing) -> None:
        self._playing = playing

    def note_played(self, item_id: str, played_ms: float) -> None:
        """So much of an item was rendered so far; harmless when nothing is new."""
        self._playing.note_played(item_id, played_ms)

    def flushed(self, item_id: str | None, played_ms: float = 0) -> None:
        """The player fell silent, and had rendered so much of the item that was playing; None when none was."""
        self._playing.flushed(item_id, played_ms)

    def detach(self) -> None:
        """Nobody plays any more; harmless when detached before."""
        self._playing.detach(self)

    __call__ = detach


class Playing:
    """All players of a bot, and their latest reports. It may be used from any thread.

    Attributes:
        last: The item reported last, and how many milliseconds of it were played.
    """

    def __init__(
        self,
        voice: Voice,
        *,
        turn_of: Callable[[str], int | None],
        on_played: Callable[[str, float], None],
        on_players: Callable[[bool], None],
    ) -> None:
        """Start with no player.

        Args:
            voice: Is told what was heard.
            turn_of: Knows the turn in which an item was said.
            on_played: Is told of each report.
            on_players: Is told when there is a player, and when there is none any more.
        """
        self.last: tuple[str | None, float] = (None, 0.0)
        self._settled: deque[str] = deque(maxlen=SETTLED)
        self._voice, self._turn_of = voice, turn_of
        self._on_played, self._on_players = on_played, on_players
        self._players: list[Player] = []
        self._asked: Future[None] | None = None  # a player owes its report
        self._overdue: tuple[int, float] | None = None  # the turn of a report that did not come in time, and when
        self._lock = threading.Lock()

    @property
    def has_player(self) -> bool:
        """Whether anybody plays."""
        return bool(self._players)

    def attach(self) -> Player:
        """Somebody plays from now on."""
        player = Player(self)
        with self._lock:
            self._players.append(player)
        self._on_players(True)
        return player

    def detach(self, player: Player) -> None:
        """Somebody plays no more."""
        with self._lock:
            if player not in self._players:
                return
            self._players.remove(player)
        if not self._players:
            self._on_players(False)

    # -- what was heard

    def note_played(self, item_id: str, played_ms: float) -> None:
        """So much of an item was rendered so far."""
        if item_id not in self._settled:
            self.last = item_id, played_ms
        self._on_played(item_id, played_ms)
        _on_loop(lambda: self._voice.note_played(item_id, int(played_ms)))

    def flushed(self, item_id: str | None, played_ms: float = 0) -> None:
        """A player fell silent: what it had not rendered was not heard."""
        if item_id is not None:
            self.note_played(item_id, played_ms)
        _on_loop(lambda: self._answer(item_id))

    def settle(self, item_id: str) -> None:
        """It is known how much of an item was heard."""
        self._settled.append(item_id)
        if self.last[0] == item_id:
            self.last = None, 0.0

    def forget(self) -> None:
        """What was said does not count any more, and neither does what was heard of it."""
        self.last = None, 0.0

    # -- being interrupted

    def ask(self, *, is_sounding: bool) -> bool:
        """The user has begun to speak: a player that has something to play owes a report from now on.

        Args:
            is_sounding: Whether there is something to play.

        Returns:
            Whether `user_speaks` is to follow; not while an earlier report is owed, which will do.
        """
        if self._asked is not None:
            return False
        if self._players and is_sounding:
            self._asked = Future()
        return True

    async def user_speaks(self, turn: int) -> None:
        """What the bot said is cut where it was heard last, once that is known.

        Args:
            turn: The latest turn; what the user says may be the next one, and answered, before the report comes.
        """
        if self._asked is not None:
            report = asyncio.wrap_future(self._asked)
            await asyncio.wait({report}, timeout=REPORT_S)
            self._overdue = None if report.done() else (turn, time.monotonic())
            self._asked = None
        await self.interrupt(turn=turn)

    def _answer(self, item_id: str | None) -> None:
        if self._asked is not None and not self._asked.done():
            self._asked.set_result(None)
            return
        overdue, self._overdue = self._overdue, None
        turn = self._turn_of(item_id) if item_id is not None else None
        if turn is None and overdue is not None and time.monotonic() - overdue[1] < OVERDUE_S:
            turn = overdue[0]
        runtime.submit(self.interrupt(turn=turn))

    async def interrupt(self, heard_ms: int | None = None, *, turn: int | None = None) -> None:
        """Stop what is being said.

        Args:
            heard_ms: How much of it was heard; None for the player's last report, or all that came without a player.
            turn: The turn that is meant, and what was said before; None for whatever is being said.
        """
        if heard_ms is None and self._players:
            heard_ms = int(self.last[1])
        await self._voice.handle_interruption(heard_ms, turn=turn)


def _on_loop(callback: Callable[[], None]) -> None:
    if runtime.is_background_thread():
        callback()
    else:
        runtime.call_soon(callback)
