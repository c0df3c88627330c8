"""The turns of a spoken conversation: one runs at a time, from what the user said to the model's silence.

Everything here happens at once when something is told; only tools, and the confirmation of a new prompt, are waited
for, in a task of their own.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection
from typing import Any

from intentional_nb.clients.dialogue import Dialogue
from intentional_nb.clients.follow_up import FollowUp
from intentional_nb.clients.session_prompt import SessionPrompt
from intentional_nb.clients.spoken_turn import SpokenTurn
from intentional_nb.clients.watchdog import Watchdog
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.errors import ClientError, RefusedError, ReplyTimeoutError
from intentional_nb.events import ConversationEnded, ErrorOccurred, Event, ReplyStatus, RetryScheduled
from intentional_nb.wire.realtime.happenings import ResponseBegan, ResponseEnded

__all__ = ["Turns"]

MAX_REQUESTS = 12
"""Responses in one turn; the last one offers no tools, so that the model must speak."""
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 8.0
STUCK_S = 5.0
"""How long a model that was given up may take to take its response back."""
UNDECIDED_S = 1.0
"""After speech that led to no turn, how long to wait before the model goes on with the last one."""


class Turns:
    """Begins turns, asks for responses, follows up on them, and ends turns.

    Attributes:
        running: The turn that runs; None between turns.
        number: Number of the latest turn; 0 before the first.
        is_user_speaking: Whether the user speaks at this moment: then no turn goes on after its tools.
        watchdog: Ends a turn in which the model says nothing for too long.
    """

    def __init__(
        self,
        router: IntentRouter,
        dialogue: Dialogue,
        prompt: SessionPrompt,
        emit: Callable[[Event], None],
        *,
        timeout_s: float,
        max_retries: int,
        before_forgetting: Callable[[], Collection[str]],
        on_stuck: Callable[[], None],
    ) -> None:
        """Prepare; no turn runs.

        Args:
            router: Knows the stage, and moves.
            dialogue: Where the model is told things.
            prompt: Follows the router.
            emit: Told of every event.
            timeout_s: How long the model may say nothing.
            max_retries: How often in a turn a response that failed in passing is asked for again.
            before_forgetting: Called when a conversation is over; gives the items that are not settled yet.
            on_stuck: Called when the model has not even taken back a response that was given up.
        """
        self.running: SpokenTurn | None = None
        self.number = 0
        self.is_user_speaking = False
        self.watchdog = Watchdog(timeout_s, self._is_owed, self._silence)
        self._is_away = False  # whether no session is open: what is asked for will be when one is
        self._router, self._dialogue, self._prompt, self._emit = router, dialogue, prompt, emit
        self._max_retries = max_retries
        self._before_forgetting, self._on_stuck = before_forgetting, on_stuck
        self._responses = 0  # how often one has begun or ended
        self._follow_up: FollowUp | None = None
        self._task: asyncio.Task[None] | None = None  # of the running turn: a follow-up or a pause

    # A turn begins, and ends.

    def begin(self, user_text: str | None, *, item_id: str | None = None) -> SpokenTurn:
        """Begin a turn; one that runs is over with that.

        Args:
            user_text: What the user said, empty while that is not known; None when the bot speaks unasked.
            item_id: The item of the user's speech.
        """
        self.cut("the user went on", new_item_id=item_id)
        self.number += 1
        turn = self.running = SpokenTurn(self.number, user_text, item_id, self._emit)
        if item_id is not None:
            self._dialogue.past.note(item_id, turn.number)
        turn.begin(self._router.current_stage_name)
        if user_text is not None:
            self._router.begin_turn(user_text, turn=turn.number)
            self._prompt.push()
        self.watchdog.watch()
        return turn

    def cut(self, reason: str, *, new_item_id: str | None = None) -> None:
        """End the turn that runs, if one does: the user interrupted.

        Args:
            reason: In words.
            new_item_id: What the user has said meanwhile; it is not forgotten, should a conversation be over with this.
        """
        turn = self.running
        if turn is None:
            return
        self._stop(turn, new_item_id)
        self._end(turn, "cancelled", reason)

    def fail(self, error: ClientError, *, is_told: bool = False) -> None:
        """End the turn that runs, if one does: there is no reply.

        Args:
            error: Why.
            is_told: Whether people were told of the error before.
        """
        turn = self.running
        if turn is None:
            return
        if not is_told:
            self._emit(ErrorOccurred(turn=turn.number, error=str(error), where="model", exception=error))
        self._stop(turn)
        self._end(turn, "failed", str(error))

    def _stop(self, turn: SpokenTurn, new_item_id: str | None = None) -> None:
        """Stop what goes on in a turn; a conversation that the model has ended in it is over all the same."""
        follow_up, self._follow_up = self._follow_up, None
        task, self._task = self._task, None
        if follow_up is not None:
            follow_up.cut()
        if task is not None:
            task.cancel()
        self._dialogue.cancel()
        if turn.is_goodbye or (follow_up is not None and follow_up.has_ended):
            self._end_conversation(turn, new_item_id)

    def _end(self, turn: SpokenTurn, status: ReplyStatus, reason: str = "") -> None:
        self.running = None
        self.watchdog.sleep()
        self._dialogue.forget(turn.scratch)
        turn.end(status, self._router.current_stage_name, reason)
        asyncio.get_running_loop().call_soon(self._expect_user_soon, turn)

    def _expect_user_soon(self, turn: SpokenTurn) -> None:
        """What must be said to end a turn goes first: working out a prompt takes longer than an interruption may."""
        if self.running is None and self.number == turn.number:
            self.expect_user()

    def expect_user(self) -> None:
        """Let the model have the prompt for what the user says next: it may answer speech before we are told of it."""
        self._router.begin_turn("", turn=self.number + 1)
        self._prompt.push()

    # The model is asked, and responds.

    def ask(self, **params: Any) -> None:
        """Ask for the turn's next response."""
        turn = self.running
        assert turn is not None
        turn.asked.params, turn.waits_for = params, "model"
        if self._is_away:
            return
        if turn.said.parts >= MAX_REQUESTS - 1:
            params = {**params, "tool_choice": "none"}
        if not turn.response_id:  # else the server makes one of its own, and ours comes after it
            turn.request()
        turn.asked.ask_id = self._dialogue.ask(params)
        self.watchdog.watch()

    def user_fell_silent(self) -> None:
        """The user's speech is over; when no turn comes of it, the model goes on with the last one."""
        self.is_user_speaking = False
        turn = self.running
        if turn is not None and turn.waits_for == "user":
            asyncio.get_running_loop().call_later(UNDECIDED_S, self._go_on, turn)

    def _go_on(self, turn: SpokenTurn) -> None:
        if self.running is turn and turn.waits_for == "user" and not self.is_user_speaking:
            self.ask(**turn.asked.params)

    def began(self, told: ResponseBegan) -> None:
        """The model begins a response."""
        self._responses += 1
        is_ours = self.running is not None and self.running.asked.ask_id in told.ask_ids
        if told.is_out_of_band or (told.ask_ids and not is_ours):
            return  # beside the conversation, or asked for by a turn that is over and being cancelled
        turn = self.running or self.begin(None)
        turn.waits_for = "model" if turn.waits_for == "user" else turn.waits_for
        if not is_ours or turn.said.is_anything:
            turn.request()  # the server's own, or ours after one of the server's own
        turn.response_id, turn.offered = told.response_id, self._prompt.current

    def ended(self, told: ResponseEnded) -> None:
        """A response is over."""
        self._responses += 1
        turn = self.running
        if turn is None or told.is_out_of_band or told.response_id != turn.response_id:
            return
        turn.response_id = ""
        if turn.asked.ask_id in told.ask_ids:
            turn.asked.ask_id = ""
        if told.status == "completed":
            self._completed(turn, told)
        elif told.status == "cancelled":
            self.cut("the user spoke" if told.reason == "turn_detected" else "the user interrupted")
        elif told.status == "incomplete":
            is_filtered = told.reason == "content_filter"
            why = "the provider's filter cut it" if is_filtered else f"the server cut it: {told.reason or 'no reason'}"
            self._finish(turn, "filtered" if is_filtered else "truncated", why)
        else:
            self._failed(turn, told)

    def _completed(self, turn: SpokenTurn, told: ResponseEnded) -> None:
        if told.calls:
            self._follow(turn, told)
        elif turn.waits_for == "model" and not turn.asked.ask_id:  # else this was the server's own, and ours is to come
            self._finish(turn, "completed")

    def _finish(self, turn: SpokenTurn, status: ReplyStatus, reason: str = "") -> None:
        if turn.is_goodbye:
            self._end_conversation(turn)
        self._end(turn, status, reason)

    def _failed(self, turn: SpokenTurn, told: ResponseEnded) -> None:
        words = told.error_message or told.error_code or told.reason or "no explanation given"
        if not told.is_fatal and not turn.said.is_anything and turn.retries < self._max_retries:
            turn.retries += 1
            wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (turn.retries - 1))
            self._emit(RetryScheduled(turn=turn.number, attempt=turn.retries, wait_s=wait_s, reason=words))
            turn.waits_for = "pause"
            self._task = asyncio.create_task(self._pause(wait_s))
        else:
            self.fail(RefusedError(f"the model's response failed: {words}", code=told.error_code or None))

    async def _pause(self, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        self._task = None
        if self.running is not None:
            self.ask(**self.running.asked.params)

    def refused(self, ask_ids: Collection[str], error: ClientError) -> None:
        """Responses that were asked for will not come; people were told of the error."""
        turn = self.running
        if turn is None or turn.asked.ask_id not in ask_ids:
            return
        turn.asked.ask_id = ""
        if not turn.response_id:
            self.fail(error, is_told=True)

    # The model calls.

    def _follow(self, turn: SpokenTurn, told: ResponseEnded) -> None:
        follow_up = FollowUp(
            turn,
            told,
            offered=turn.offered or self._prompt.current,
            router=self._router,
            dialogue=self._dialogue,
            emit=self._emit,
            settle_prompt=self._prompt.settle,
        )
        if self._follow_up is not None:
            follow_up.refuse("other tools are still running")
            return
        if turn.said.parts >= MAX_REQUESTS or turn.is_goodbye:
            follow_up.refuse("no tools can be used now")
            self._finish(turn, *_end_of_calls(turn))
            return
        turn.waits_for = "tools"
        self._follow_up = follow_up
        self._task = asyncio.create_task(self._followed(turn, follow_up))

    async def _followed(self, turn: SpokenTurn, follow_up: FollowUp) -> None:
        try:
            outcome = await follow_up.run()
        except ClientError as error:
            self._task = None  # this one, which must not cancel itself
            self.fail(error, is_told=True)
            return
        except Exception as error:  # whatever broke, people must see it and the turn must end in order
            self._task = None
            self.fail(ClientError(f"{type(error).__name__}: {error}"))
            return
        self._task = self._follow_up = None
        if outcome == "ask" and self.is_user_speaking:
            turn.asked.params, turn.waits_for = {}, "user"  # they may be about to begin another turn
            self.watchdog.watch()
        elif outcome == "ask":
            self.ask()
        elif turn.said.is_anything:
            self._end_conversation(turn)
            self._end(turn, "completed")
        else:
            turn.is_goodbye = True
            self.ask(tool_choice="none")

    def _end_conversation(self, turn: SpokenTurn, new_item_id: str | None = None) -> None:
        """The conversation is over; the next one begins with the user's next words, and knows nothing of this one."""
        turn.is_goodbye = False
        self._dialogue.finish(turn.number, but=new_item_id, unsettled=self._before_forgetting())
        self._emit(ConversationEnded(turn=turn.number))

    # The session, and the server's silence.

    def lost(self) -> None:
        """The session is lost: a reply that was being spoken is over, one that was waited for will be again."""
        turn = self.running
        self.is_user_speaking, self._is_away = False, True
        self.watchdog.sleep()
        if turn is None or turn.waits_for != "model":
            return
        if turn.response_id and turn.said.is_anything:
            self._finish(turn, "truncated", "the session was lost while the bot spoke")
        else:
            turn.response_id = turn.asked.ask_id = ""

    def found(self, *, is_heard_again: bool) -> None:
        """Another session is open: what was waited for is asked for again.

        Args:
            is_heard_again: Whether the turn's speech is said again, so that the server will answer it.
        """
        self._is_away = False
        turn = self.running
        if turn is None:
            return
        self.watchdog.watch()
        if turn.waits_for == "user":
            self.user_fell_silent()
        elif turn.waits_for == "model" and not is_heard_again:
            self.ask(**turn.asked.params)

    def _is_owed(self) -> bool:
        return self.running is not None and self.running.waits_for in ("model", "user")

    def _silence(self) -> None:
        turn = self.running
        if turn is not None and turn.waits_for == "user":  # a microphone that was cut off never falls silent
            self.user_fell_silent()
            return
        seconds = self.watchdog.timeout_s
        waited = f"the model sent nothing for {seconds:g} seconds; 'timeout' sets how long to wait"
        self.fail(ReplyTimeoutError(waited, seconds=seconds))
        asyncio.get_running_loop().call_later(min(seconds, STUCK_S), self._see_whether_stuck, self._responses)

    def _see_whether_stuck(self, responses: int) -> None:
        """A response that never comes, and cannot be cancelled, would keep all later ones waiting."""
        if responses == self._responses and self._dialogue.half.is_busy and not self._is_away:
            self._on_stuck()

    async def close(self) -> None:
        """Stop the turn that runs."""
        task = self._task
        self.cut("the session was closed")
        if task is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({task})


def _end_of_calls(turn: SpokenTurn) -> tuple[ReplyStatus, str]:
    if turn.is_goodbye:
        return "completed", ""
    return "truncated", f"the model went on calling tools after {MAX_REQUESTS} responses"
