"""Times of day and lengths of time said in words: "half past three", "at 3", "15:30", "tomorrow morning", "an hour"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time, timedelta

from intentional_nb.local.language.numbers import find_numbers

__all__ = ["Clock", "find_durations", "find_times"]

_HOUR = r"(?P<hour>\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_MINUTES = (
    r"(?P<minutes>\d{1,2}|(?:twenty|thirty|forty|fifty)(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?"
    r"|five|ten|fifteen|oh five)"
)
_HALF = r"(?P<half> ?(?:a\.?m\.?|p\.?m\.?)(?![a-z])| (?:o'clock )?in the (?:morning|afternoon|evening)| at night)?"

_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:\b|(?<=\dt))(?P<hour>\d{{1,2}})[:h](?P<minutes>[0-5]\d)(?::\d\d)?(?!\d){_HALF}",
        rf"(?<=\bat )(?P<hour>\d{{1,2}})\.(?P<minutes>[0-5]\d)(?!\d){_HALF}",
        rf"\b(?P<share>half|quarter|twenty[- ]five|twenty|ten|five|\d{{1,2}})(?: minutes?)? (?P<side>past|to"
        rf"|after) {_HOUR}\b{_HALF}",
        rf"\bhalf (?P<british>)(?P<hour>one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b{_HALF}",
        rf"\b{_HOUR}(?: {_MINUTES})? ?(?P<half>a\.?m\.?|p\.?m\.?)(?![a-z])",
        rf"\b{_HOUR}(?: {_MINUTES})? (?P<half>(?:o'clock )?in the (?:morning|afternoon|evening)|at night)\b",
        rf"\b{_HOUR} o'?clock\b{_HALF}",
        rf"\b(?:at|around|about|from|after|before|by|until|till) (?:about |around )?{_HOUR}(?: {_MINUTES})?\b"
        r"(?! (?:years?|people|persons?|days?|weeks?|months?|minutes?|hours?|euros?|dollars?|percent|least|guests?"
        r"|of))",
        r"\b(?P<word>noon|midday|midnight)\b",
        r"\b(?P<part>morning|afternoon|evening|tonight)\b",
    )
)

_PARTS = {"morning": 9, "afternoon": 15, "evening": 19, "tonight": 20}
"""The hour that stands for a part of the day when nobody says a more exact one."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day, where the text says it, and whether it is more than a part of the day."""

    value: time
    start: int
    end: int
    is_exact: bool = True


def find_times(text: str) -> list[Clock]:
    """Every time of day named in the text, in order; parts of the day ("morning") only when nothing exact is said.

    An hour without a half of the day is one of the day's working hours: 8 to 11 in the morning, 12 to 7 after noon.

    >>> [str(clock.value) for clock in find_times("half past three, or 9 in the evening")]
    ['15:30:00', '21:00:00']
    """
    plain = re.sub(r"\bgood (morning|afternoon|evening)", lambda m: " " * len(m[0]), text.lower().replace("’", "'"))
    found: list[Clock] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(plain):
            clock = _clock(match, plain)
            if clock and not any(clock.start < other.end and other.start < clock.end for other in found):
                found.append(clock)
    exact = [clock for clock in found if clock.is_exact]
    return sorted(exact or found, key=lambda clock: clock.start)


def _clock(match: re.Match[str], text: str) -> Clock | None:
    groups = match.groupdict()
    if part := groups.get("part"):
        return Clock(time(_PARTS[part]), match.start(), match.end(), is_exact=False)
    if word := groups.get("word"):
        return Clock(time(0 if word == "midnight" else 12), match.start(), match.end())
    hour = _number(match["hour"])
    minutes = _minutes(groups)
    if "british" in groups:
        minutes = 30
    if minutes < 0:
        hour, minutes = hour - 1 or 12, 60 + minutes
    hour = _hour_of_day(hour, groups.get("half") or "", text)
    return Clock(time(hour, minutes), match.start(), match.end()) if hour < 24 and minutes < 60 else None


def _minutes(groups: dict[str, str | None]) -> int:
    if share := groups.get("share"):
        count = {"half": 30, "quarter": 15}.get(share) or _number(share)
        return -count if groups["side"] == "to" else count
    said = groups.get("minutes")
    return _number(said.replace("oh ", "")) if said else 0


def _hour_of_day(hour: int, half: str, text: str) -> int:
    half = half.replace(".", "").strip() or _part_of_day(text)
    if half.endswith(("pm", "afternoon", "evening", "tonight")) or half == "at night":
        return hour + 12 if hour < 12 else hour
    if half.endswith(("am", "morning")):
        return 0 if hour == 12 else hour
    return hour + 12 if 1 <= hour <= 7 else hour


def _part_of_day(text: str) -> str:
    # "three in the afternoon" and "in the afternoon, at three" alike.
    if re.search(r"\d\d:\d\d", text):
        return "am"  # written out in full it is on the 24-hour clock
    part = re.search(r"\b(morning|afternoon|evening|tonight)\b", text)
    return part[0] if part else ""


def _number(word: str) -> int:
    found = find_numbers(word)
    return int(found[0].value) if found else 0


_UNITS_S = {
    "second": 1,
    "minute": 60,
    "min": 60,
    "hour": 3600,
    "hr": 3600,
    "day": 86400,
    "night": 86400,
    "week": 604800,
}


def find_durations(text: str) -> list[timedelta]:
    """Every length of time in the text, in order.

    >>> find_durations("an hour and a half"), find_durations("for three nights")
    ([datetime.timedelta(seconds=5400)], [datetime.timedelta(days=3)])
    """
    found: list[timedelta] = []
    pattern = (
        r"\b(half an?|an?|[\w.-]+)(?: more)? (second|minute|min|hour|hr|day|night|week)s?\b(?: and a (half|quarter))?"
    )
    for match in re.finditer(pattern, text.lower()):
        numbers = find_numbers(match[1])
        count = numbers[0].value if numbers else {"half": 0.5, "a": 1.0, "an": 1.0}.get(match[1].split()[0])
        if count is not None:
            count += {"half": 0.5, "quarter": 0.25}.get(match[3] or "", 0)
            found.append(timedelta(seconds=count * _UNITS_S[match[2]]))
    return found
