"""Whether a tool's result alone settles one of the choices, before the user has said anything about it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from intentional_nb.local.language.matching import Matcher, content_words
from intentional_nb.local.language.options import Option, human
from intentional_nb.local.language.polarity import polarity
from intentional_nb.local.language.reporting import is_failure, report, spoken

__all__ = ["settled_by"]

ABOUT_IT = 0.42
"""Likeness of a description to what the tool did from which it is about that."""

_FAILURE = re.compile(
    r"\b(?:fail\w*|error\w*|refus\w*|reject\w*|den(?:ied|ies)|impossible|unavailable|un\w+ful|wrong|invalid|no longer"
    r"|taken|declined)\b|n't\b|\bnot\b|\bcannot\b|\bno\b"
)
_NEEDS_THE_USER = re.compile(
    r"\b(?:user|customer|caller|patient|candidate|guest|visitor|pupil|student|client|person|they|he|she"
    r"|their) (?:\w+ )?(?:agrees?|accepts?|confirms?|likes?"
    r"|is|are|has|have|wants?|says?|asks?|gives?|tells?|prefers?|knows?|names?|decides?|chooses?|thanks?|finds?"
    r"|refuses?|declines?|would|will|can|does)\b|\bnothing against\b"
)


def settled_by(tool: str, output: str, options: Sequence[Option], matcher: Matcher) -> Option | None:
    """The option that the tool's output shows to hold; None when the user must be heard first.

    Args:
        tool: The tool's name.
        output: What it answered.
        options: The legal choices.
        matcher: How texts are compared.
    """
    failed = is_failure(output)
    told = f"{human(tool)} failed: {spoken(output)}" if failed else f"{human(tool)}: {report(tool, output)}"
    own = set(content_words(human(tool)))
    found = [
        (likeness, option)
        for option in options
        if not _NEEDS_THE_USER.search(option.description.lower())
        and own & set(content_words(f"{option.description} {human(option.name)}"))
        and _is_about_failure(option) == failed
        and (likeness := matcher.alike(told, option.description)) >= ABOUT_IT * matcher.spread
    ]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _is_about_failure(option: Option) -> bool:
    plain = f"{option.description} {human(option.name)}".lower()
    return bool(_FAILURE.search(plain)) or polarity(option.description) < 0
