"""Days said in words: "next Tuesday", "the 5th of March", "in two weeks", "2026-12-01".

One table of patterns, most explicit first; each pattern has a function that makes a day of what it found. A day
without a year is the next one to come, for a talk about plans is a talk about the future.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from intentional_nb.local.language.numbers import find_numbers, ordinal

__all__ = ["Day", "find_days", "stated_today"]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS_TEXT = """
january february march april may june july august september october november december
"""
MONTHS = _MONTHS_TEXT.split()  # "may" counts only beside a day number

# Short forms are also words ("I sat down"), so they count only in front of what follows a day.
_WEEKDAY = (
    r"(?P<weekday>(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
    r"|(?:mon|tues?|wed|thur?s?|fri|sat|sun)(?=\.|,|$| at\b| \d| morning| afternoon| evening| next))"
)
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_RANK = (
    r"(?P<day>(?:\d{1,2}(?:st|nd|rd|th)?)|(?:twenty[- ]|thirty[- ])?(?:first|second|third|fourth|fifth|sixth|seventh"
    r"|eighth|ninth)|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth"
    r"|nineteenth|twentieth|thirtieth)"
)
_YEAR = r"(?:,? (?P<year>(?:19|20)\d\d)\b)?"


@dataclass(frozen=True, slots=True)
class Day:
    """A day and where the text says it."""

    value: date
    start: int
    end: int


def find_days(text: str, today: date) -> list[Day]:
    """Every day named in the text, in order; a stretch of text is read once, by the first pattern that fits.

    >>> [str(day.value) for day in find_days("the 5th of March or next Tuesday", date(2026, 11, 23))]
    ['2027-03-05', '2026-12-01']
    """
    plain = text.lower().replace("’", "'")
    found: list[Day] = []
    for pattern, to_day in _PATTERNS:
        for match in pattern.finditer(plain):
            if any(match.start() < day.end and day.start < match.end() for day in found):
                continue
            value = to_day(match, today)
            if value is not None:
                found.append(Day(value, match.start(), match.end()))
    return sorted(found, key=lambda day: day.start)


def stated_today(text: str) -> date | None:
    """The day that a prompt calls today, such as "Today is Monday 23 November 2026" or "Current date: 2026-11-23".

    Prompts give it so that relative days can be understood; without a full date there is nothing to go by.
    """
    for match in re.finditer(
        r"\b(?:today(?:'s date)?|current (?:date|day|time)[\w ]{0,30}|the date|now)\b[ \t]*(?:is|:|=)", text, re.I
    ):
        rest = text[match.end() : match.end() + 60].split("\n")[0]
        # Far in the past, so that a day without a year cannot pass for this one.
        days = [day.value for day in find_days(rest, date(1, 1, 1)) if day.value.year > 1900]
        if days:
            return days[0]
    return None


def _iso(match: re.Match[str], today: date) -> date | None:
    return _valid(int(match["year"]), int(match["month"]), int(match["day"]))


def _numeric(match: re.Match[str], today: date) -> date | None:
    # Day first, as most of the world writes it, unless only month first makes a date.
    first, second, year = int(match["first"]), int(match["second"]), match["year"]
    day, month = (second, first) if second > 12 else (first, second)
    if year is None:
        return _next(month, day, today)
    return _valid(int(year) + (2000 if len(year) == 2 else 0), month, day)


def _day_of_month(match: re.Match[str], today: date) -> date | None:
    month = next(number for number, name in enumerate(MONTHS, start=1) if name.startswith(match["month"][:3]))
    day = _rank(match["day"])
    return _valid(int(match["year"]), month, day) if match["year"] else _next(month, day, today)


def _relative(match: re.Match[str], today: date) -> date | None:
    offsets = {"today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1}
    return _shifted(today, 2 if match["after"] else offsets[match["word"]])


def _in_a_while(match: re.Match[str], today: date) -> date | None:
    amount = match["amount"]
    numbers = find_numbers(amount)
    count = int(numbers[0].value) if numbers else 1
    if not 0 <= count <= 1000:
        return None
    if match["unit"].startswith("month"):
        months = today.month - 1 + count
        year, month = today.year + months // 12, months % 12 + 1
        return next((day for end in range(4) if (day := _valid(year, month, today.day - end))), None)
    return _shifted(today, count * {"d": 1, "w": 7, "f": 14}[match["unit"][0]])


def _weekday(match: re.Match[str], today: date) -> date | None:
    wanted = next(number for number, name in enumerate(WEEKDAYS) if name.startswith(match["weekday"][:3]))
    monday = today.toordinal() - today.weekday()
    if match["which"] == "next" or match["week"] == "next week" or match["before"] == "next week":
        return date.fromordinal(monday + 7 + wanted)
    ahead = (wanted - today.weekday()) % 7
    if match["which"] == "this" and ahead == 0:
        return today
    return _shifted(today, (ahead or 7) + (7 if match["later"] else 0))


def _rank_only(match: re.Match[str], today: date) -> date | None:
    day = _rank(match["day"])
    for ahead in range(3):
        months = today.month - 1 + ahead
        found = _valid(today.year + months // 12, months % 12 + 1, day)
        if found and found >= today:
            return found
    return None


def _rank(word: str) -> int:
    return int(word) if word.isdigit() else (ordinal(word) or 0)


def _next(month: int, day: int, today: date) -> date | None:
    # Eight years ahead there is a 29th of February again.
    years = (today.year + ahead for ahead in range(9))
    return next((found for year in years if (found := _valid(year, month, day)) and found >= today), None)


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _shifted(day: date, days: int) -> date | None:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return None


def _compiled() -> Iterator[tuple[re.Pattern[str], Callable[[re.Match[str], date], date | None]]]:
    rows: list[tuple[str, Callable[[re.Match[str], date], date | None]]] = [
        (r"(?<!\d)(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)", _iso),
        (r"(?<![\d/.])(?P<first>\d{1,2})(?P<by>[/.-])(?P<second>\d{1,2})(?P=by)(?P<year>\d{4}|\d\d)(?!\d)", _numeric),
        (r"(?<![\d/.])(?!24/7)(?P<first>\d{1,2})/(?P<second>\d{1,2})(?P<year>(?!))?(?![\d/])", _numeric),
        (rf"\b(?:{_WEEKDAY},? )?(?:the )?{_RANK}(?: day)? (?:of )?{_MONTH}\b{_YEAR}", _day_of_month),
        (rf"\b(?:{_WEEKDAY},? )?{_MONTH} (?:the )?{_RANK}\b{_YEAR}", _day_of_month),
        (r"\b(?P<after>the day after )?(?P<word>tomorrow|today|tonight|yesterday)\b", _relative),
        (r"\bin (?P<amount>an?|the|[\w-]+(?: [\w-]+)?) (?P<unit>days?|weeks?|fortnight|months?)\b(?:'s)?", _in_a_while),
        (r"\b(?P<amount>an?|[\w-]+) (?P<unit>days?|weeks?|months?) from (?:now|today)\b", _in_a_while),
        (
            rf"\b(?P<later>a week (?:on|from) )?(?:on )?(?:(?P<before>next week),? (?:on )?)?(?:the )?"
            rf"(?P<which>this|next|coming|following)? ?(?:coming )?\b{_WEEKDAY}\b(?: of)?(?: (?P<week>next week"
            rf"|this week))?",
            _weekday,
        ),
        (
            rf"\b(?:on )?the {_RANK}(?<=[a-z])\b(?! (?:floor|time|one|thing|question|option|person|place|week))",
            _rank_only,
        ),
    ]
    for pattern, to_day in rows:
        yield re.compile(pattern), to_day


_PATTERNS = tuple(_compiled())
