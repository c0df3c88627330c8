"""Which ordinary tool to call, with which arguments, and what to ask when one is missing.

A tool is called when the stage's goal names it or the user's words fit what it does, and only with arguments that the
user gave. A call whose answer is already there is not made again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from intentional_nb.local.language.acts import is_question, is_request
from intentional_nb.local.language.matching import Matcher, content_words
from intentional_nb.local.language.options import human
from intentional_nb.local.language.parameters import Parameter
from intentional_nb.local.language.phrasing import phrasings
from intentional_nb.local.language.polarity import bare_answer, polarity
from intentional_nb.local.language.reporting import is_failure
from intentional_nb.local.language.request import Function, Message, Request, ToolCall
from intentional_nb.local.language.slots import Filled, Said, conversation, fill

__all__ = ["Plan", "ends_conversation", "forced_call", "is_named", "latest_results", "plan", "results"]

FITS = 0.34
"""Likeness to what a tool does from which the user's words mean it."""


NAMED = 0.2
"""Added when the words hold the whole name of the tool."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do about a tool.

    Attributes:
        function: The tool.
        call: The call to make; None while arguments are missing.
        missing: What to ask for first; None when the call can be made.
        is_meant: Whether the stage's goal names the tool, so that it is what the bot is here for.
        is_news: Whether the user's last message told one of the arguments.
    """

    function: Function
    call: ToolCall | None
    missing: Parameter | None
    is_meant: bool
    is_news: bool = False


def ends_conversation(function: Function) -> bool:
    """Whether the tool closes the conversation."""
    told = f"{human(function.name)} {function.description}".lower()
    return bool(
        re.search(r"\b(?:end|close|finish|terminate|hang up)\b.{0,12}\b(?:conversation|chat|call|dialog)", told)
    ) and (not function.required)


def plan(request: Request, functions: Sequence[Function], today: date, matcher: Matcher) -> Plan | None:
    """The tool that should be called now or once its arguments are known; None when none fits."""
    said = _since_last_result(request)
    if not said:
        return None
    plans = [found for function in functions if (found := _plan(request, function, said, today, matcher))]
    return max(plans, key=lambda pair: pair[0])[1] if plans else None


def _plan(
    request: Request, function: Function, said: Sequence[Said], today: date, matcher: Matcher
) -> tuple[float, Plan] | None:
    if ends_conversation(function):
        return None
    text = said[0].text
    is_meant = is_named(function, request.prompt.goal)
    fit = _fit(function, text, matcher)
    filled = fill(function, said, today)
    if not is_meant and (
        fit < _bar(function, text, filled) * matcher.spread or not _asks_for_it(function, text, filled)
    ):
        return None
    if bare_answer(text) < 0 or (is_meant and polarity(text) < -0.6 and not filled.is_news):
        return None
    if filled.missing:
        wants_it = is_meant or fit >= 1.25 * FITS * matcher.spread
        return (fit + is_meant, Plan(function, None, filled.missing[0], is_meant, filled.is_news)) if wants_it else None
    call = ToolCall(function.name, filled.arguments)
    is_due = filled.is_news or (
        not function.required and (not is_meant or fit >= FITS * matcher.spread or _is_ordered(request))
    )
    if not is_due or _was_made(call, request):
        return None
    return fit + is_meant + 1.0, Plan(function, call, None, is_meant, filled.is_news)


def forced_call(request: Request, functions: Sequence[Function], today: date, matcher: Matcher) -> ToolCall | None:
    """The best call when the request leaves no choice: what the user did not tell is left out, or is all they said."""
    said = conversation(request) or [Said("")]
    if not functions:
        return None
    function = max(functions, key=lambda one: _fit(one, said[0].text, matcher) if said[0].text else 0.0)
    filled = fill(function, said, today)
    texts = {parameter.name: said[0].text for parameter in filled.missing if parameter.kind == "text" and said[0].text}
    return ToolCall(function.name, {**filled.arguments, **texts})


def results(request: Request) -> list[tuple[ToolCall, Message]]:
    """Every call in the messages with its answer, in order."""
    calls: dict[str, ToolCall] = {}
    found: list[tuple[ToolCall, Message]] = []
    for message in request.talk:
        calls.update(zip(message.call_ids, message.calls, strict=True))
        if message.role in ("tool", "function"):
            found.append((calls.get(message.answers, ToolCall(message.answers, {})), message))
    return found


def latest_results(request: Request) -> list[tuple[ToolCall, Message]]:
    """The answers that end the messages: those of parallel calls come together."""
    count = 0
    for message in reversed(request.talk):
        if message.role not in ("tool", "function"):
            break
        count += 1
    return results(request)[-count:] if count else []


def _since_last_result(request: Request) -> list[Said]:
    """What the user said, newest first, back to the last tool that did its work: what it used is settled."""
    said = conversation(request)
    after = 0
    for message in reversed(request.talk):
        if message.role in ("tool", "function") and not is_failure(message.text):
            return said[: max(1, after)]
        after += message.role == "user" and bool(message.text)
    return said


def _fit(function: Function, text: str, matcher: Matcher) -> float:
    told = [human(function.name), *phrasings(function.description.split(". ")[0])[:1]]
    own = set(content_words(human(function.name)))
    # A long request is little like a tool's short description as a whole, but it names what it wants.
    named = len(own & set(content_words(text))) / len(own) if own else 0.0
    return max(matcher.alike(text, phrase) for phrase in told) + NAMED * named * matcher.spread


def _bar(function: Function, text: str, filled: Filled) -> float:
    """How well a tool must fit; less when its name is in the words and nothing is missing for a call."""
    is_spoken_of = bool(set(content_words(human(function.name))) & set(content_words(text)))
    return 0.6 * FITS if is_spoken_of and filled.is_news and not filled.missing else FITS


def _asks_for_it(function: Function, text: str, filled: Filled) -> bool:
    """Whether the words ask for something; a statement that merely resembles a tool does not call it."""
    if function.required and filled.arguments and filled.is_news:
        return True
    own = set(content_words(human(function.name)))
    return bool(is_question(text) or is_request(text) or own & set(content_words(text)))


def is_named(function: Function, goal: str) -> bool:
    """Whether a stage's goal names the tool."""
    return bool(goal) and (function.name in goal or human(function.name) in human(goal))


def _is_ordered(request: Request) -> bool:
    """Whether the goal tells to call the tool without waiting for the user."""
    return bool(re.search(r"\b(?:call|use|run|look up|first)\b", request.prompt.goal.lower()))


def _was_made(call: ToolCall, request: Request) -> bool:
    """Whether the same call has its answer already; one without arguments may be made again in another turn."""
    made = results(request) if call.arguments else latest_results(request)
    return any(old.name == call.name and old.arguments == call.arguments for old, _ in made)
