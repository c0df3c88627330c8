"""A tool's answer in a sentence: JSON, lists, dates and errors said as people say them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from intentional_nb.local.language.free_text import join
from intentional_nb.local.language.options import human
from intentional_nb.local.language.phrasing import to_user

__all__ = ["is_failure", "report", "summary"]

LONGEST_REPORT = 1500
"""Characters of a tool's plain text that are repeated."""

_FAILED = re.compile(
    r"^(?:error|failed|failure|exception|invalid)\b|^tool '|\b(?:error|failed|fails|failure|invalid|not found"
    r"|not possible|impossible|unavailable|not available"
    r"|cannot|can't|could not|couldn't|unable to|denied|refused|rejected|must be|must not|not allowed|already taken"
    r"|fully booked|no longer)\b|\bask for another\b",
    re.IGNORECASE,
)
_BAD_STATUS = re.compile(
    r"^(?:error|failed|failure|rejected|denied|refused|unavailable|not[ _]found|invalid|conflict|ko|false)$",
    re.IGNORECASE,
)
_GOOD_STATUS = re.compile(r"^(?:ok|okay|success|successful|done|completed?|true|200)$", re.IGNORECASE)
_STATUS_KEYS = ("status", "state", "result", "outcome")
_ERROR_KEYS = ("error", "errors", "reason", "message", "detail", "details")
_MESSAGE_KEYS = ("message", "text", "answer", "summary", "description", "result", "output", "response")
_ADVICE = re.compile(
    r"[;.,]?\s*\b(?:please )?ask(?: the (?:user|customer|candidate|person))?(?: for)? (?P<what>[^.;]+)\.?$",
    re.IGNORECASE,
)


def read(output: str) -> Any:
    """The output as JSON when it is JSON, else as text."""
    try:
        return json.loads(output)
    except (ValueError, RecursionError):
        return output


def is_failure(output: str) -> bool:
    """Whether the output tells that the tool did not do it."""
    value = read(output)
    if isinstance(value, Mapping):
        if (
            any(value.get(key) for key in ("error", "errors", "exception"))
            or value.get("success") is False
            or value.get("ok") is False
        ):
            return True
        return any(isinstance(value.get(key), str) and bool(_BAD_STATUS.match(value[key])) for key in _STATUS_KEYS)
    return isinstance(value, str) and bool(_FAILED.search(value))


def report(name: str, output: str) -> str:
    """The sentence for the user.

    Args:
        name: The tool's name, which often tells what was done to what.
        output: What the tool answered.

    >>> report("reschedule_interview", '{"status": "rescheduled", "date": "2026-12-01", "time": "15:30"}')
    'Done: the interview is rescheduled for Tuesday 1 December 2026 at 15:30.'
    """
    value = read(output)
    if is_failure(output):
        return _failure(value)
    if isinstance(value, Mapping):
        return _record(name, value)
    if isinstance(value, bool) or value is None or value == "":
        return "No." if value is False else "Done."
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _listing(value)
    text = spoken(value)
    text = text if len(text) <= LONGEST_REPORT else f"{text[:LONGEST_REPORT]}…"
    if re.search(r"\b(?:date|time|day|now|clock)\b", human(name)) and not re.search(r"\b(?:is|are|it's)\b", text):
        return _sentence(f"It is {text}")
    if isinstance(value, int | float):
        return f"The answer is {text}."
    return _sentence(text)


def summary(name: str, output: str) -> str:
    """What the tool did, in words to compare descriptions with."""
    if is_failure(output):
        return f"{human(name)} failed, it did not work: {spoken(read(output))}"
    return f"{human(name)} succeeded: {report(name, output)}"


def _failure(value: Any) -> str:
    said = value
    if isinstance(value, Mapping):
        said = next((value[key] for key in _ERROR_KEYS if value.get(key) and value[key] is not True), "")
        if isinstance(said, Mapping):
            said = said.get("message") or ""
    text = re.sub(
        r"^(?:error|tool '[^']*'( failed)?|\w+(?:Error|Exception))\s*:\s*",
        "",
        spoken(said).strip(),
        flags=re.IGNORECASE,
    )
    advice = _ADVICE.search(text)
    if advice:
        text = text[: advice.start()]
    told = (
        f"I'm sorry, that did not work: {text.strip().rstrip('.')}."
        if text.strip()
        else "I'm sorry, that did not work."
    )
    return f"{told} Could you give me {to_user(advice['what'].strip())}?" if advice else told


def _record(name: str, value: Mapping[str, Any]) -> str:
    rest = {key: item for key, item in value.items() if item not in (None, "", [], {}) and not str(key).startswith("_")}
    status = next((rest.pop(key) for key in _STATUS_KEYS if isinstance(rest.get(key), str | bool)), None)
    for key in ("success", "ok"):
        succeeded = rest.pop(key, None)
        status = succeeded if status is None else status
    message = next((rest[key] for key in _MESSAGE_KEYS if isinstance(rest.get(key), str) and " " in rest[key]), None)
    if message:
        return _sentence(message)
    done = _done(name, status)
    when = _when(rest)
    facts = join([f"{human(str(key))} {spoken(item)}" for key, item in rest.items()][:8])
    if done:
        return _sentence(f"{done}{when}" + (f" ({facts})" if facts else ""))
    told = f"{facts}{when}".strip()
    return _sentence(f"Here is what I found: {told}") if told else "Done."


def _done(name: str, status: object) -> str:
    """Words such as "Done: the interview is rescheduled", from the tool's name and a status that is a word."""
    if status is None:
        return ""
    if not isinstance(status, str) or _GOOD_STATUS.match(status) or not re.fullmatch(r"[\w -]+", status):
        return "Done" if status is True or (isinstance(status, str) and _GOOD_STATUS.match(status)) else ""
    _, _, thing = human(name).partition(" ")
    word = human(status)
    return (
        f"Done: the {thing} is {word}" if thing and word.endswith(("ed", "en", "nt", "ld", "de")) else f"Done: {word}"
    )


def _when(rest: dict[str, Any]) -> str:
    day = next((rest.pop(key) for key in ("date", "day", "new_date") if isinstance(rest.get(key), str)), None)
    clock = next((rest.pop(key) for key in ("time", "new_time", "hour") if isinstance(rest.get(key), str)), None)
    return (f" for {spoken(day)}" if day else "") + (f" at {spoken(clock)}" if clock else "")


def _listing(items: Sequence[Any]) -> str:
    if not items:
        return "I found nothing."
    names = [spoken(_label(item)) for item in items[:6]]
    more = len(items) - len(names)
    return _sentence(f"I found {join([*names, f'{more} more'] if more else names)}")


def _label(item: Any) -> Any:
    if not isinstance(item, Mapping):
        return item
    key = next((key for key in ("name", "title", "label", "summary", "id") if item.get(key)), None)
    return item[key] if key else item


def spoken(value: Any) -> str:
    """A value as it is said: dates in words, lists with commas, records as "key value"."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return join([f"{human(str(key))} {spoken(item)}" for key, item in list(value.items())[:6]])
    if isinstance(value, Sequence) and not isinstance(value, str):
        return join([spoken(item) for item in value[:6]])
    return _plain_date(str(value))


def _plain_date(text: str) -> str:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        try:
            return _day(date.fromisoformat(text))
        except ValueError:
            return text
    if re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*", text):
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return text
        return f"{_day(moment.date())} at {moment:%H:%M}"
    if re.fullmatch(r"\d\d:\d\d:\d\d", text):
        try:
            return f"{time.fromisoformat(text):%H:%M}"
        except ValueError:
            return text
    return text


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
