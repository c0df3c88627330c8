"""The local model's language: a Chat Completions request in, words and tool calls out, from the request alone.

`respond` decides in this order: a call that the request forces, the result of a tool to report, a tool that the stage
is about, an outcome to report to the routing tool, another tool that the user asks for, and otherwise words. It is a
pure function of the request (and of the day, when the request states none), so a conversation can be repeated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from intentional_nb.local.language import embedding
from intentional_nb.local.language.calling import (
    Plan,
    ends_conversation,
    forced_call,
    is_named,
    latest_results,
    plan,
    results,
)
from intentional_nb.local.language.choosing import Situation, choose, rank
from intentional_nb.local.language.goals import says_goodbye
from intentional_nb.local.language.matching import Matcher, default_matcher
from intentional_nb.local.language.options import Option, find_router
from intentional_nb.local.language.reporting import is_failure, report
from intentional_nb.local.language.request import Request, ToolCall
from intentional_nb.local.language.schemas import instance
from intentional_nb.local.language.settling import settled_by
from intentional_nb.local.language.slots import conversation
from intentional_nb.local.language.speaking import ask_for, goodbye, next_line, speak

__all__ = ["Reply", "ToolCall", "load", "notice", "respond", "words"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model answers.

    Attributes:
        text: What it says; empty when it only calls tools.
        tool_calls: What it calls, in order.
        finish_reason: ``stop``, ``tool_calls`` or ``length``.
    """

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str = "stop"


def load() -> None:
    """Bring the sentence model into memory, once; requests that come earlier wait for it."""
    default_matcher()


def notice() -> str | None:
    """One sentence for people when words are matched instead of meaning; None when meaning is."""
    return embedding.notice()


def words(text: str) -> list[str]:
    """The text in pieces for a stream: each a word with the blanks before it.

    >>> words("Good  morning, Ada.")
    ['Good', '  morning,', ' Ada.']
    """
    return re.findall(r"\s*\S+|\s+$", text)


def respond(request: Mapping[str, Any], *, today: date | None = None, matcher: Matcher | None = None) -> Reply:
    """Answer a Chat Completions request.

    Args:
        request: The body as sent; whatever is malformed in it counts as not said.
        today: What "tomorrow" is counted from; by default the day that the request states, or else the real one.
        matcher: How texts are compared; by default by meaning, when the model is there.
    """
    read = Request.read(request)
    turn = _Turn(read, today or read.today or date.today(), matcher or default_matcher())
    return _cut(turn.reply(), read)


class _Turn:
    """One request being answered."""

    def __init__(self, request: Request, today: date, matcher: Matcher) -> None:
        self.request, self.today, self.matcher = request, today, matcher
        offered = request.functions if request.tool_choice != "none" else ()
        self.router = find_router(request) if offered else None
        self.functions = [one for one in offered if not self.router or one.name != self.router.name]
        self.options: Sequence[Option] = self.router.options if self.router else ()

    def reply(self) -> Reply:
        choice = self.request.tool_choice
        if choice not in ("auto", "none"):
            return self._forced(choice)
        last = self.request.last
        is_told = last is not None and last.role in ("tool", "function")
        reply = self._after_results() if is_told else self._answer()
        if self.request.response_format.get("type") in ("json_object", "json_schema") and not reply.tool_calls:
            return Reply(self._json(reply.text))
        return reply

    def _forced(self, choice: str) -> Reply:
        """``required`` or the name of a function: the reply must call."""
        if choice == "required":
            free = self._answer()
            if free.tool_calls:
                return free
        if self.options and (choice == "required" or (self.router and choice == self.router.name)):
            return self._route(rank(self.options, self._situation(), self.matcher)[0].option)
        wanted = [one for one in self.functions if choice in ("required", one.name)]
        call = forced_call(self.request, wanted, self.today, self.matcher)
        return _calls(call) if call else self._answer()

    def _answer(self) -> Reply:
        """The user has spoken, or a stage was entered."""
        goal = self.request.prompt.goal
        ending = next((one for one in self.functions if ends_conversation(one)), None)
        if ending and says_goodbye(goal):
            return _calls(ToolCall(ending.name, {}), goodbye(self.request))
        planned = plan(self.request, self.functions, self.today, self.matcher)
        if planned and planned.call and planned.is_meant:
            return _calls(planned.call)
        is_telling = planned is not None and planned.is_meant and planned.is_news
        chosen = choose(self.options, self._situation(), self.matcher, is_sure=is_telling) if self.options else None
        if chosen:
            return self._route(chosen)
        if planned and planned.call:
            return _calls(planned.call)
        return Reply(self._words(planned))

    def _words(self, planned: Plan | None) -> str:
        if planned and planned.missing and (planned.is_news or not self.request.prompt.goal):
            return ask_for(planned.missing)
        return speak(self.request, self.matcher)

    def _situation(self) -> Situation:
        request = self.request
        return Situation(
            text=request.user_texts[-1] if request.user_texts else "",
            question=request.question,
            goal=request.prompt.goal,
            today=self.today,
            is_just_entered=request.prompt.is_just_entered,
        )

    def _route(self, option: Option, text: str = "") -> Reply:
        assert self.router is not None
        return _calls(ToolCall(self.router.name, {self.router.parameter: option.name}), text)

    def _after_results(self) -> Reply:
        """Tools have answered: a routing tool's complaint is mended, another tool's answer is told."""
        told = latest_results(self.request)
        call, message = told[-1]
        if self.router and call.name == self.router.name:
            return self._after_refusal(message.text)
        text = " ".join(report(made.name, answer.text) for made, answer in told)
        settled = settled_by(call.name, message.text, self.options, self.matcher)
        if settled:
            return self._route(settled, text)
        return Reply(f"{text} {self._going_on(call, message.text, text)}".strip())

    def _after_refusal(self, complaint: str) -> Reply:
        """The routing tool did not take the choice: choose again among what it says is legal."""
        tried = (
            {made.arguments.get(self.router.parameter) for made, _ in results(self.request)} if self.router else set()
        )
        named = [one for one in self.options if re.search(rf"(?<![\w-]){re.escape(one.name)}(?![\w-])", complaint)]
        left = [one for one in named or self.options if one.name not in tried]
        chosen = choose(left, self._situation(), self.matcher) if left else None
        return self._route(chosen) if chosen else Reply(speak(self.request, self.matcher))

    def _going_on(self, call: ToolCall, output: str, told: str) -> str:
        """What to add to a report so that the conversation goes on."""
        function = next((one for one in self.functions if one.name == call.name), None)
        if told.endswith("?") or not self.request.prompt.goal:
            return ""
        if function and is_named(function, self.request.prompt.goal):
            return "" if is_failure(output) or not self.options else "Is that all right?"
        return next_line(self.request)

    def _json(self, text: str) -> str:
        wanted = self.request.response_format.get("json_schema")
        schema = wanted.get("schema") if isinstance(wanted, Mapping) else None
        if not isinstance(schema, Mapping):
            return json.dumps({"reply": text}, ensure_ascii=False)
        value = instance(schema, conversation(self.request), self.today)
        return json.dumps(value, ensure_ascii=False)


def _calls(call: ToolCall, text: str = "") -> Reply:
    return Reply(text, (call,), "tool_calls")


def _cut(reply: Reply, request: Request) -> Reply:
    """The reply up to a stop sequence, and no longer than the request allows; a word counts as a token."""
    text = reply.text
    for stop in request.stop:
        text = text.split(stop, 1)[0]
    pieces = words(text)
    if request.max_tokens is not None and len(pieces) > request.max_tokens:
        return Reply("".join(pieces[: request.max_tokens]), (), "length")
    return replace(reply, text=text)
