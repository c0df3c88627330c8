"""Values for a tool's parameters, found in what the user said: one function for each kind of value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from intentional_nb.local.language.dates import find_days
from intentional_nb.local.language.free_text import bare_text, find_name, find_place, find_text, is_bare_answer
from intentional_nb.local.language.kinds import CODE, EMAIL, PHONE, URL, asked
from intentional_nb.local.language.matching import content_words, stem
from intentional_nb.local.language.numbers import Found, find_numbers
from intentional_nb.local.language.options import human
from intentional_nb.local.language.parameters import Parameter, typed_kind
from intentional_nb.local.language.polarity import bare_answer, polarity
from intentional_nb.local.language.times import find_durations, find_times

__all__ = ["Said", "find_value"]


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the user and what the bot had said before it."""

    text: str
    question: str = ""


def find_value(parameter: Parameter, one: Said, today: date, wanted: Sequence[Parameter]) -> Any:
    """The value for the parameter that a message tells; None when it tells none.

    Args:
        parameter: What is looked for.
        one: The message.
        today: What relative days are counted from.
        wanted: All parameters of the tool: a number that could be for two of them is for none.
    """
    kind = parameter.kind
    text = _corrected(one.text)
    if kind in ("date", "time", "datetime"):
        text = _wished(text)
    is_asked = bool(_FINDERS.get(kind)) and kind in asked(one.question)
    rivals = _rivals(wanted)
    if parameter in rivals and len(rivals) > 1 and len(numbers := _free_numbers(text, today)) == len(rivals):
        return _counted(parameter, [numbers[rivals.index(parameter)]])
    if kind in ("name", "age", "number", "text", "place") and not _is_due(parameter, one, wanted, is_asked):
        return None
    if kind == "text":
        return _free(parameter, one, text)
    if kind == "enum":
        return _listed(parameter, text)
    if kind == "boolean":
        return _truth(parameter, one)
    if kind == "array":
        return _several(parameter, one, today)
    finder = _FINDERS.get(kind)
    return finder(parameter, text, today) if finder else None


def _is_due(parameter: Parameter, one: Said, wanted: Sequence[Parameter], is_asked: bool) -> bool:
    """Whether an open kind of value may be taken from the message: many a word could be a name."""
    if is_asked or parameter.kind in ("place", "name"):
        return True
    if parameter.kind == "text":
        return parameter.is_required or bool(
            set(content_words(human(parameter.name))) & set(content_words(one.question))
        )
    return _has_cue(parameter, one.text) or (parameter.is_required and len(_rivals(wanted)) == 1)


def _rivals(wanted: Sequence[Parameter]) -> list[Parameter]:
    """The required parameters that take any number."""
    return [other for other in wanted if other.kind in ("number", "age") and other.is_required]


def _corrected(text: str) -> str:
    """The text without what it takes back: "not Monday", "Monday, no wait, Tuesday"."""
    later = re.split(
        r"\b(?:no,? wait|wait,? no|actually,? no|i mean|rather|or better)\b[,:]?\s", text, flags=re.IGNORECASE
    )[-1]
    kept = re.sub(
        r"\b(?:instead of|rather than|not)\s+(?:on |at |the )?[\w:]+(?=[,.;]|$| but)", " ", later, flags=re.IGNORECASE
    )
    return kept if kept.strip(" ,.") else text


def _wished(text: str) -> str:
    """The text without the clauses that rule something out: "I can't on Monday, but Tuesday is fine"."""
    clauses = re.split(r"(?<!\d)[.,;!?](?!\d)|\b(?:but|so|because)\b", text)
    return ", ".join(clause for clause in clauses if not _RULES_OUT.search(clause.lower().replace("’", "'")))


_RULES_OUT = re.compile(
    r"n't\b|\bnot\b|\bcannot\b|\bbusy\b|\bunavailable\b|\bno longer\b|\bimpossible\b|\bexcept\b|\bon holiday\b"
    r"|\bnever\b"
)


def _day(parameter: Parameter, text: str, today: date) -> str | None:
    days = find_days(text, today)
    is_end = re.search(r"\b(?:end|until|to|return|check ?out|last|finish|due)\b", human(parameter.name))
    is_range = len(days) > 1 and is_end
    if is_end and len(days) == 1 and not re.search(r"\b(?:until|till|by|to|return|back|out)\b", text.lower()):
        return days[0].value.isoformat() if re.search(r"due|finish|\bend\b", human(parameter.name)) else None
    return days[1 if is_range else 0].value.isoformat() if days else None


def _clock(parameter: Parameter, text: str, today: date) -> str | None:
    clocks = find_times(text)
    is_end = re.search(r"\b(?:end|until|to|closing|finish)\b", human(parameter.name))
    if not clocks or (is_end and len(clocks) == 1):
        return None
    form = "%H:%M:%S" if re.search(r"hh:mm:ss", parameter.told, re.IGNORECASE) else "%H:%M"
    return clocks[1 if is_end else 0].value.strftime(form)


def _moment(parameter: Parameter, text: str, today: date) -> str | None:
    days, clocks = find_days(text, today), find_times(text)
    if not days or not clocks:
        return None
    return datetime.combine(days[0].value, clocks[0].value).isoformat()


def _number(parameter: Parameter, text: str, today: date) -> int | float | None:
    numbers = _free_numbers(text, today)
    near = [number for number in numbers if _has_cue(parameter, text[max(0, number.start - 20) : number.end + 20])]
    return _counted(parameter, near or numbers)


def _free_numbers(text: str, today: date) -> list[Found]:
    """The numbers that are not part of a day or a time."""
    taken = [(day.start, day.end) for day in find_days(text, today)]
    taken += [(clock.start, clock.end) for clock in find_times(text)]
    return [one for one in find_numbers(text) if not any(one.start < end and start < one.end for start, end in taken)]


def _counted(parameter: Parameter, numbers: Sequence[Found]) -> int | float | None:
    """The first of the numbers that the schema takes, as the type it asks for."""
    for number in numbers:
        if _within(number.value, parameter.schema):
            return int(number.value) if typed_kind(parameter.schema) == "integer" else number.value
    return None


def _within(value: float, schema: Mapping[str, Any]) -> bool:
    if typed_kind(schema) == "integer" and value != int(value):
        return False
    low, high = schema.get("minimum"), schema.get("maximum")
    return not (isinstance(low, int | float) and value < low) and not (isinstance(high, int | float) and value > high)


def _has_cue(parameter: Parameter, text: str) -> bool:
    return bool(set(content_words(parameter.told)) & set(content_words(text)))


def _length(parameter: Parameter, text: str, today: date) -> int | float | None:
    spans = find_durations(text)
    if not spans:
        return _number(parameter, text, today) if len(text.split()) <= 3 else None
    told = parameter.told.lower()
    for word, seconds in (
        ("second", 1),
        ("minute", 60),
        ("hour", 3600),
        ("day", 86400),
        ("night", 86400),
        ("week", 604800),
    ):
        if word in told:
            amount = spans[0].total_seconds() / seconds
            return int(amount) if amount == int(amount) else amount
    return _number(parameter, text, today)


def _span(parameter: Parameter, text: str, today: date) -> str | None:
    spans = find_durations(text)
    return f"PT{int(spans[0].total_seconds())}S" if spans else None


def _matched(pattern: re.Pattern[str]) -> Callable[[Parameter, str, date], str | None]:
    def find(parameter: Parameter, text: str, today: date) -> str | None:
        found = pattern.search(text)
        return found[0].strip() if found else None

    return find


def _place(parameter: Parameter, text: str, today: date) -> str | None:
    name = human(parameter.name)
    if re.search(r"\b(?:from|origin|departure|start|source|pick ?up)\b", name):
        return find_place(text, r"\b(?:from|leaving|departing|starting in)\s+")
    if re.search(r"\b(?:to|destination|arrival|end|target|drop ?off)\b", name):
        return find_place(text, r"\b(?:to|towards|visit|visiting|arriving in|reach)\s+") or find_place(
            text, r"\b(?:in)\s+"
        )
    return find_place(text)


def _free(parameter: Parameter, one: Said, text: str) -> str | None:
    about = set(content_words(human(parameter.name))) & set(content_words(one.question))
    if about and "?" in one.question and is_bare_answer(text) and not bare_answer(text):
        return bare_text(text)
    return find_text(text, parameter.name)


_FINDERS: dict[str, Callable[[Parameter, str, date], Any]] = {
    "date": _day,
    "time": _clock,
    "datetime": _moment,
    "number": _number,
    "money": _number,
    "age": _number,
    "duration": _length,
    "span": _span,
    "email": _matched(EMAIL),
    "phone": _matched(PHONE),
    "url": _matched(URL),
    "code": _matched(CODE),
    "place": _place,
    "name": lambda parameter, text, today: find_name(text),
}


def _listed(parameter: Parameter, text: str) -> Any:
    """The one listed value that the text names; the longest of those that overlap."""
    values = parameter.schema.get("enum") or [parameter.schema.get("const")]
    spoken = f" {' '.join(_spoken_words(text))} "
    found = [value for value in values if f" {' '.join(_spoken_words(str(value)))} " in spoken]
    return max(found, key=lambda value: len(str(value)), default=None)


def _spoken_words(text: str) -> list[str]:
    """Stems of all words: an everyday word such as "s" or "no" may be a listed value."""
    return [stem(word) for word in re.findall(r"[^\W_]+", text.lower())]


def _truth(parameter: Parameter, one: Said) -> bool | None:
    if re.fullmatch(r"(?:is )?(?:on|enabled?|active|power|switched on|turned on)", human(parameter.name)):
        switched = re.search(r"\b(on|off|enable|disable|activate|deactivate|start|stop)\b", one.text.lower())
        return switched[0] in ("on", "enable", "activate", "start") if switched else None
    about = set(content_words(parameter.told))
    if about & set(content_words(one.question)) and (answer := bare_answer(one.text) or polarity(one.text)):
        return answer > 0
    if set(content_words(human(parameter.name))) & set(content_words(one.text)):
        return polarity(one.text) >= 0
    return None


def _several(parameter: Parameter, one: Said, today: date) -> list[Any] | None:
    items = parameter.schema.get("items")
    item = Parameter(parameter.name, items if isinstance(items, Mapping) else {}, is_required=True)
    if item.kind == "enum":
        spoken = set(_spoken_words(one.text))
        return [value for value in item.schema.get("enum", []) if spoken.issuperset(_spoken_words(str(value)))] or None
    if item.kind in ("number", "integer", "age"):
        return [number.value for number in find_numbers(one.text)] or None
    if item.kind == "date":
        return [day.value.isoformat() for day in find_days(one.text, today)] or None
    if typed_kind(item.schema) != "string":
        return None
    is_asked = bool(set(content_words(parameter.told)) & set(content_words(one.question)))
    text = bare_text(one.text) if is_asked and is_bare_answer(one.text) else find_text(one.text, parameter.name)
    parts = re.split(r"\s*(?:,|;|\band\b|&)\s*", text) if text else []
    return [part for part in parts if part] or None
