"""What follows a response that calls: its tools run, the router moves, and each call is answered exactly once."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from intentional_nb.clients.call_events import call_ended, call_started, decisions
from intentional_nb.clients.dialogue import Dialogue
from intentional_nb.clients.session_prompt import StagePrompt
from intentional_nb.clients.spoken_turn import SpokenTurn
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.events import Event
from intentional_nb.tools.end import EndConversationTool
from intentional_nb.tools.running import ToolResult, ToolRunner
from intentional_nb.wire.calls import ToolCall
from intentional_nb.wire.realtime.happenings import ResponseEnded

__all__ = ["FollowUp"]

MOVED = "ok"
NOT_TAKEN = "Error: the conversation has moved on before this call could be taken."


class FollowUp:
    """The calls of one response."""

    def __init__(
        self,
        turn: SpokenTurn,
        ended: ResponseEnded,
        *,
        offered: StagePrompt,
        router: IntentRouter,
        dialogue: Dialogue,
        emit: Callable[[Event], None],
        settle_prompt: Callable[[], Awaitable[None]],
    ) -> None:
        """Prepare it.

        Args:
            turn: The turn in which the model called.
            ended: The response, which is completed.
            offered: What the model was told and offered when it began the response.
            router: Moves the conversation.
            dialogue: Takes the answers.
            emit: Told of every event.
            settle_prompt: Waits until the model has the prompt of the router's stage.
        """
        self._turn, self._ended, self._offered, self._tools = turn, ended, offered, offered.tools
        self._router, self._dialogue, self._emit, self._settle_prompt = router, dialogue, emit, settle_prompt
        self._half = dialogue.half  # the session in which the calls were made
        self._runner = ToolRunner(self._tool_started, self._tool_ended)
        self._unanswered = {call.call_id: call for call in ended.calls}
        self._answers: dict[str, str] = {}  # the items of the answers, by call id

    async def run(self) -> Literal["ask", "over"]:
        """Run the ordinary tools side by side, then let the router move.

        Returns:
            What comes next: the model is asked again, or it has ended the conversation.

        Raises:
            ClientError: The model could not be told of the new stage; every call is answered all the same.
        """
        routing = [call for call in self._ended.calls if call.name == self._router.name]
        ordinary = [call for call in self._ended.calls if call.name != self._router.name]
        if ordinary:
            for result in await self._runner.run(ordinary, self._tools):
                self._answer(result.call, result.output)
        if self.has_ended:
            self.cut()
            return "over"
        if routing:
            await self._route(routing)
        return "ask"

    @property
    def has_ended(self) -> bool:
        """Whether the model has ended the conversation with one of the calls."""
        return any(
            isinstance(self._tools.get(result.call.name), EndConversationTool) and result.status == "ok"
            for result in self._runner.results.values()
        )

    def cut(self) -> None:
        """Stop at once: by its ``on_interrupt`` a running tool stops or goes on, and no call stays unanswered."""
        self._runner.interrupt()
        for call in list(self._unanswered.values()):
            result = self._runner.results.get(call.call_id)
            self._answer(call, result.output if result is not None else NOT_TAKEN)
            if result is None:
                self._dialogue.forget(self._items_of(call))

    def refuse(self, reason: str) -> None:
        """Run nothing: every call is answered with the reason."""
        for call in list(self._unanswered.values()):
            self._answer(call, f"Error: {reason}")

    async def _route(self, calls: Sequence[ToolCall]) -> None:
        duration_ms = (time.perf_counter() - self._turn.asked.at) * 1000
        told = list(
            decisions(
                self._router,
                calls,
                offered=self._offered.options,
                turn=self._turn.number,
                user_text=self._turn.user_text or "",
                duration_ms=duration_ms,
            )
        )
        for decision in told:
            self._emit(decision)
        await self._settle_prompt()
        first, *others = calls
        is_refused = told[0].kind == "refused"
        self._answer(first, self._router.refusal_text(told[0]) if is_refused else MOVED)
        if is_refused:
            self._turn.scratch += self._items_of(first)
        else:
            self._dialogue.forget([*self._items_of(first), *self._turn.scratch])
            self._turn.scratch.clear()
        for call in others:
            self._answer(call, NOT_TAKEN)
            self._dialogue.forget(self._items_of(call))

    def _answer(self, call: ToolCall, output: str) -> None:
        if self._unanswered.pop(call.call_id, None) is None:
            return
        if call.name == self._router.name and self._half is not self._dialogue.half:
            return  # no trace of a routing call is kept, and a new session never knew of it
        self._answers[call.call_id] = self._dialogue.answer(call, output, made_in=self._half)

    def _items_of(self, call: ToolCall) -> list[str]:
        """The items of a call and its answer."""
        items = [self._ended.call_item_ids.get(call.call_id, ""), self._answers.get(call.call_id, "")]
        return [item_id for item_id in items if item_id]

    def _tool_started(self, call: ToolCall) -> None:
        self._emit(call_started(self._turn.number, call))

    def _tool_ended(self, result: ToolResult) -> None:
        for event in call_ended(self._turn.number, result):
            self._emit(event)
        answer_id = self._answers.get(result.call.call_id)
        if answer_id is not None:  # it outlived an interruption: the model should know how it ended
            told = {"type": "function_call_output", "call_id": result.call.call_id, "output": result.output}
            self._answers[result.call.call_id] = self._dialogue.correct(answer_id, told)
