"""One turn over Chat Completions: ask the model, run what it calls, move where it routes, until it only speaks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from intentional_nb.clients.call_events import call_ended, call_started, decisions
from intentional_nb.clients.history import History, Message, assistant_message, tool_message
from intentional_nb.conversation.position import Option
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.errors import ClientError
from intentional_nb.events import (
    ConversationEnded,
    ErrorOccurred,
    Event,
    ReplyEnded,
    ReplyStarted,
    ReplyStatus,
    ReplyText,
    RequestStarted,
    ToolArguments,
    TurnEnded,
    TurnStarted,
)
from intentional_nb.tools.end import EndConversationTool
from intentional_nb.tools.running import ToolResult, ToolRunner
from intentional_nb.tools.tool import Tool
from intentional_nb.wire.calls import ToolCall
from intentional_nb.wire.chat import ChatReply, ReplyAccumulator

__all__ = ["Ask", "ChatTurn"]

MAX_REQUESTS = 12
"""Requests in one turn; the last one offers no tools, so that the model must speak."""


class Ask(Protocol):
    """Sends a request; gives the reply's text as it comes and leaves the whole reply in the accumulator."""

    def __call__(
        self, messages: Sequence[Message], tools: Mapping[str, Tool], reply: ReplyAccumulator
    ) -> AsyncIterator[str]:
        """Ask the model for one reply."""


class ChatTurn:
    """One message of the user and all that follows until the bot falls silent.

    Attributes:
        number: The turn's number.
        user_text: What the user said.
        heard_characters: How much of the reply reached the user before the interruption; None for all of it.
    """

    def __init__(
        self,
        number: int,
        user_text: str,
        *,
        router: IntentRouter,
        history: History,
        ask: Ask,
        emit: Callable[[Event], None],
        refresh_prompt: Callable[[], str],
    ) -> None:
        """Prepare the turn.

        Args:
            number: The turn's number.
            user_text: What the user said.
            router: Moves the conversation.
            history: Grows by this turn.
            ask: Sends a request.
            emit: Is told of every event.
            refresh_prompt: Takes the prompt of the router's current stage and returns it.
        """
        self.number = number
        self.user_text = user_text
        self.heard_characters: int | None = None
        self._router, self._history = router, history
        self._ask, self._emit, self._refresh_prompt = ask, emit, refresh_prompt
        self._parts: list[str] = []  # what was said, one text for each request
        self._kept_parts = 0  # how many of them the history has
        self._scratch: list[Message] = []  # refused routing calls: the model sees them in this turn only
        self._answers: dict[str, Message] = {}  # answers that the history has, by call id
        self._runner = ToolRunner(self._tool_started, self._tool_ended)
        self._has_ended = False  # whether the model has ended the conversation
        self._written: set[str] = set()  # ids of calls whose arguments people were told of

    async def run(self) -> ReplyStatus:
        """Take the turn.

        Returns:
            How the reply ended.

        Raises:
            ClientError: The model gave no usable answer; the turn is over, the user's message is kept.
            asyncio.CancelledError: The user interrupted; the history holds what was said until then.
        """
        started = time.perf_counter()
        self._emit(TurnStarted(turn=self.number, user_text=self.user_text, stage=self._router.current_stage_name))
        self._emit(ReplyStarted(turn=self.number))
        status: ReplyStatus = "failed"
        reason = ""
        try:
            self._history.add_user(self.user_text)
            self._router.begin_turn(self.user_text, turn=self.number)
            status, reason = await self._converse()
        except asyncio.CancelledError:
            status, reason = "cancelled", "the user interrupted"
            raise
        except Exception as error:  # whatever broke, people must see it and the turn must end in order
            reason = str(error) if isinstance(error, ClientError) else f"{type(error).__name__}: {error}"
            self._emit(ErrorOccurred(turn=self.number, error=reason, where="model", exception=error))
            raise
        finally:
            self._keep_said()
            if self._has_ended:
                self._forget()
            text = "\n\n".join(part for part in self._parts if part)
            self._emit(ReplyEnded(turn=self.number, status=status, text=text, reason=reason))
            duration_ms = (time.perf_counter() - started) * 1000
            stage = self._router.current_stage_name
            self._emit(TurnEnded(turn=self.number, status=status, stage=stage, duration_ms=duration_ms))
        return status

    async def _converse(self) -> tuple[ReplyStatus, str]:
        for number in range(1, MAX_REQUESTS + 1):
            # Anew for each request: the graph may have been changed since the one before.
            prompt, offered = self._refresh_prompt(), self._router.options()
            tools = self._router.current_tools() if number < MAX_REQUESTS else {}
            asked = time.perf_counter()
            reply = await self._request(prompt, tools)
            if not reply.calls:
                return reply.status, reply.reason
            routing = [call for call in reply.calls if call.name == self._router.name]
            ordinary = [call for call in reply.calls if call.name != self._router.name]
            if ordinary:
                await self._run_tools(reply.text, ordinary, tools)
            if self._has_ended:
                if not self._parts[-1]:  # the model closed it without a last word
                    await self._request(prompt, {})
                return "completed", ""
            if routing:
                self._route(routing, offered, (time.perf_counter() - asked) * 1000)
        return "truncated", f"the model went on calling tools after {MAX_REQUESTS} requests"

    async def _request(self, prompt: str, tools: Mapping[str, Tool]) -> ChatReply:
        messages = [{"role": "system", "content": prompt}, *self._history.messages, *self._said(), *self._scratch]
        accumulator = ReplyAccumulator(self._arguments_grew)
        part = len(self._parts)
        self._parts.append("")
        self._emit(RequestStarted(turn=self.number, part=part))
        async for delta in self._ask(messages, tools, accumulator):
            self._parts[part] += delta
            self._emit(ReplyText(turn=self.number, delta=delta, part=part))
        reply = accumulator.result()
        if reply.text != self._parts[part]:  # a refusal's words do not come as text
            self._emit(ReplyText(turn=self.number, delta=reply.text, part=part))
            self._parts[part] = reply.text
        return reply

    def _said(self, end: int | None = None) -> list[Message]:
        """What was said in this turn and is not in the history yet, as the message that the history will have."""
        text = "\n\n".join(part for part in self._parts[self._kept_parts : end] if part)
        return [assistant_message(text)] if text else []

    def _keep_said(self, parts: int | None = None) -> None:
        """Put what the user saw into the history: the first ``parts`` parts, or all."""
        end = len(self._parts) if parts is None else parts
        for message in self._said(end):
            said = message["content"]
            if self.heard_characters is not None:
                before = sum(map(len, self._parts[: self._kept_parts]))
                said = said[: max(0, self.heard_characters - before)]
            self._history.add_reply(said)
        self._kept_parts = end

    async def _run_tools(self, text: str, calls: Sequence[ToolCall], tools: Mapping[str, Tool]) -> None:
        """Run ordinary calls and remember them."""
        calls = self._with_fresh_ids(calls)
        for call in calls:
            if call.call_id not in self._written and call.arguments:
                self._arguments_grew(call.call_id, call.name, call.arguments)
        try:
            await self._runner.run(calls, tools)
        finally:  # interrupted or not, each call has its answer here
            self._keep_said(len(self._parts) - 1)
            outputs = {call.call_id: self._runner.results[call.call_id].output for call in calls}
            self._answers |= self._history.add_calls(text, calls, outputs)
            self._kept_parts = len(self._parts)
            ended = [call for call in calls if isinstance(tools.get(call.name), EndConversationTool)]
            self._has_ended = any(self._runner.results[call.call_id].status == "ok" for call in ended)

    def _with_fresh_ids(self, calls: Sequence[ToolCall]) -> list[ToolCall]:
        """The calls, renamed where an id comes again for another call: some servers count from 1 in each reply."""
        fresh: list[ToolCall] = []
        for call in calls:
            taken = {result.call.call_id: result.call for result in self._runner.results.values()}
            taken |= {item.call_id: item for item in fresh}
            number, renamed = 2, call
            while renamed.call_id in taken and taken[renamed.call_id] != renamed:
                renamed = replace(call, call_id=f"{call.call_id}-{number}")
                number += 1
            if renamed not in fresh:
                fresh.append(renamed)
        return fresh

    def _arguments_grew(self, call_id: str, name: str, delta: str) -> None:
        if name != self._router.name:
            if call_id in self._runner.results:
                return  # the id comes again: whether for the same call is known when the call is whole
            self._written.add(call_id)
        self._emit(ToolArguments(turn=self.number, call_id=call_id, name=name, delta=delta))

    def _tool_started(self, call: ToolCall) -> None:
        self._emit(call_started(self.number, call))

    def _tool_ended(self, result: ToolResult) -> None:
        if result.call.call_id in self._answers:  # it outlived an interruption: the model should know how it ended
            self._answers[result.call.call_id]["content"] = result.output
        for event in call_ended(self.number, result):
            self._emit(event)

    def _route(self, calls: Sequence[ToolCall], offered: Sequence[Option], duration_ms: float) -> None:
        told = decisions(
            self._router,
            calls,
            offered=offered,
            turn=self.number,
            user_text=self.user_text,
            duration_ms=duration_ms,
        )
        first = next(told)
        self._emit(first)
        if first.kind == "refused":
            refusal = self._router.refusal_text(first)
            self._scratch += [assistant_message("", calls[:1]), tool_message(calls[0].call_id, refusal)]
        else:
            self._scratch.clear()
        for decision in told:
            self._emit(decision)

    def _forget(self) -> None:
        """The conversation is over, also when its last word was interrupted or never came."""
        self._history.clear()
        self._emit(ConversationEnded(turn=self.number))
        self._refresh_prompt()
