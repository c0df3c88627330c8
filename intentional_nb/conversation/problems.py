"""What is wrong with a conversation: one value for each finding, and a report of them all."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

__all__ = ["Problem", "Severity", "found", "nearest", "report", "shown", "sorted_problems"]

Severity = Literal["error", "warning"]
"""An ``error`` keeps the conversation from being used; a ``warning`` is worth a look."""

WARNINGS = frozenset(
    {
        "dead-end",
        "empty-trail",
        "no-end",
        "other-interface",
        "other-setting",
        "self-move",
        "shadowed-stage",
        "similar-descriptions",
        "unreachable",
    }
)
"""The codes that are warnings wherever they occur; all others are errors."""

_LONGEST_COMPARED = 100
_LONGEST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding.

    Attributes:
        code: What sort of problem it is, such as ``unknown-target``; stable, for programs.
        severity: ``error`` or ``warning``.
        message: What is wrong and where, for people.
        stage: The stage that it is in, or None.
        field: Dotted path inside the stage, or inside the file when there is no stage; None for all of it.
        value: What stands there: the scalar itself, or the beginning of anything longer as text.
        suggestion: The valid name that looks most like the value, or None.
        file: The file's name as it was given, or None.
        line: Line in the file, from 1, or None.
    """

    code: str
    severity: Severity
    message: str
    stage: str | None = None
    field: str | None = None
    value: Any = None
    suggestion: str | None = None
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        ending = f"; did you mean {self.suggestion!r}?" if self.suggestion is not None else ""
        return f"{self._place()}{self.severity} [{self.code}] {self.message}{ending}"

    def _place(self) -> str:
        if self.file is not None:
            return f"{self.file}: " if self.line is None else f"{self.file}:{self.line}: "
        return "" if self.line is None else f"line {self.line}: "

    @property
    def is_error(self) -> bool:
        """Whether it keeps the conversation from being used."""
        return self.severity == "error"

    def to_dict(self) -> dict[str, Any]:
        """All attributes, ready for JSON."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


def found(
    code: str,
    message: str,
    *,
    stage: str | None = None,
    field: str | None = None,
    value: Any = None,
    suggestion: str | None = None,
    line: int | None = None,
) -> Problem:
    """A problem with the severity of its code, and a value short enough to show."""
    severity: Severity = "warning" if code in WARNINGS else "error"
    if not isinstance(value, str | int | float | bool | None):
        value = shown(value)
    return Problem(code, severity, message, stage, field, value, suggestion, None, line)


def shown(value: object) -> str:
    """The value as it may stand in a message: never long, whatever it is.

    >>> shown("a" * 1000)
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaa...aaaaaaaaaaaaaaaaaaaaaaaaaaaaa'"
    """
    try:
        text = _SHORT.repr(value)
    except ValueError:  # a number with more digits than Python writes out
        text = f"a huge {type(value).__name__}"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 62
_SHORT.maxlevel = 3


def nearest(name: str, valid: Collection[str]) -> str | None:
    """The valid name that looks most like ``name``, or None when none is near.

    >>> nearest("adress", ["name", "address"])
    'address'
    """
    if len(name) > _LONGEST_COMPARED:
        return None
    by_folded = {candidate.casefold(): candidate for candidate in valid if len(candidate) <= _LONGEST_COMPARED}
    close = difflib.get_close_matches(name.casefold(), by_folded, n=1)
    return by_folded[close[0]] if close else None


def sorted_problems(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Errors before warnings, each in the order of the file."""
    return tuple(sorted(problems, key=lambda item: (not item.is_error, item.line or 0)))


def report(problems: Sequence[Problem]) -> str:
    """The problems one a line, errors first, with a last line that counts them.

    >>> report([])
    'no problems found'
    """
    if not problems:
        return "no problems found"
    errors = sum(problem.is_error for problem in problems)
    counts = [_count(errors, "error"), _count(len(problems) - errors, "warning")]
    lines = [str(problem) for problem in sorted_problems(problems)]
    return "\n".join([*lines, ", ".join(text for text in counts if text)])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""
