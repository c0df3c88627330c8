"""Sentences said in other ways: a description as the user would say it, a question as its answer."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["as_statement", "in_first_person", "phrasings", "to_user"]

_VERB = (
    r"is|are|was|were|has|have|does|did|do|can|cannot|can't|could|would|will|may|gave|said|named|told|chose|picked"
    r"|found|lost|got"
    r"|no longer|already|still|just|also|explicitly|clearly|only|about|either|seems|\w{3,}s|\w{3,}ed"
)
_SUBJECT = re.compile(rf"^(?:the |a |an )?\w+ (?=(?:{_VERB})\b)", re.IGNORECASE)
_SAYING = re.compile(
    r"^(?:(?:explicitly|clearly|politely|already|also|just) )?(?:says?|said|states?|asks?|asked|mentions?|tells?"
    r"|thinks?|gives?|gave|named?"
    r"|names|describes?|complains?|reports?|indicates?|expresses|explains|confirms|wants?(?: to)?|would like(?: to)?"
    r"|needs?(?: to)?"
    r"|wishes(?: to)?)(?: (?:that|to|for|about|whether|if|us|the bot))* ",
    re.IGNORECASE,
)
_FIRST_PERSON = tuple(
    (re.compile(rf"\b{third}\b", re.IGNORECASE), first)
    for third, first in (
        (r"(?:he/she|he or she|they) (?:are|is)", "I am"),
        (r"they're", "I'm"),
        (r"they(?:'ve| have)", "I have"),
        (r"(?:themselves|himself|herself)", "myself"),
        (r"(?:his or her|his/her|their|theirs)", "my"),
        (r"(?:he or she|they)", "I"),
        (r"them", "me"),
    )
)


@lru_cache(maxsize=4096)
def phrasings(description: str) -> tuple[str, ...]:
    """A description as it stands, without its subject, and as the user might say it.

    >>> phrasings("The user wants to change their address")
    ('The user wants to change their address', 'wants to change their address', 'change my address')
    """
    bare = _SUBJECT.sub("", description, count=1)
    own = in_first_person(_SAYING.sub("", bare, count=1))
    return tuple(dict.fromkeys(text.strip() for text in (description, bare, own) if text.strip()))


def in_first_person(text: str) -> str:
    """A text about "them" as one about "me"."""
    for third, first in _FIRST_PERSON:
        text = third.sub(first, text)
    return text


_STATEMENTS = tuple(
    (re.compile(pattern, re.IGNORECASE), statement)
    for pattern, statement in (
        (r"\b(?:do|did) you (.+?)\?", r"I \1"),
        (r"\bare you (.+?)\?", r"I am \1"),
        (r"\b(can|could|would|will|have|were) you (.+?)\?", r"I \1 \2"),
        (r"\b(?:shall|should|can|may) (?:i|we) (.+?)\?", r"please \1"),
        (
            r"\b(is|are|was|were|has|have|will|can) ((?:the|your|this|these|those) \w+|this|that|it|everything|all"
            r"|there) (.+?)\?",
            r"\2 \1 \3",
        ),
        (r"\b(?:does|did|do) ((?:the|your|this|these|those) \w+|this|that|it|everything|all) (.+?)\?", r"\1 \2"),
    )
)


@lru_cache(maxsize=1024)
def as_statement(question: str) -> str:
    """What a yes to the last question in the text would mean; empty when it cannot be answered with yes.

    >>> as_statement("Fine. Would you like to change your booking?")
    'I would like to change my booking'
    """
    questions = re.findall(r"[^.!?\n]*\?", question)
    if not questions:
        return ""
    last = questions[-1].strip()
    for pattern, statement in _STATEMENTS:
        if found := pattern.search(last):
            said = found.expand(statement).lower()
            said = said[0].upper() + said[1:] if said.startswith("i ") else said
            return re.sub(r"\byou\b", "me", re.sub(r"\byour\b", "my", said))
    return ""


_SECOND_PERSON = tuple(
    (re.compile(pattern, re.IGNORECASE), second)
    for pattern, second in (
        (
            r"\b(?:the|a|an) (?:user|customer|caller|patient|candidate|guest|visitor|pupil|student|client|person|player"
            r"|applicant|traveller|traveler)'s\b",
            "your",
        ),
        (
            r"\b(?:the|a|an) (?:user|customer|caller|patient|candidate|guest|visitor|pupil|student|client|person|player"
            r"|applicant|traveller|traveler)\b",
            "you",
        ),
        (r"\b(?:his or her|his/her|their)\b", "your"),
        (r"\btheirs\b", "yours"),
        (r"\b(?:themselves|himself or herself)\b", "yourself"),
        (r"\b(?:he or she|he/she|they|them)\b", "you"),
    )
)
_AGREEMENT = (
    (r"\byou (?:is|'s)\b", "you are"),
    (r"\byou was\b", "you were"),
    (r"\byou has\b", "you have"),
    (r"\byou does\b", "you do"),
    (r"\byou doesn't\b", "you don't"),
    (r"\byou isn't\b", "you aren't"),
    (r"\byou hasn't\b", "you haven't"),
    (
        r"\b(you(?: (?:really|still|already|also|currently|usually|often))?) (live|want|need|like|work|prefer|agree"
        r"|come|speak|know|think|feel|hope|mean|play|eat|drink|own|use|stay|plan|look|travel|arrive|leave|pay|expect"
        r"|remember|accept|confirm|call|bring|sleep|study)s\b",
        r"\1 \2",
    ),
)


def to_user(text: str) -> str:
    """A text about the user as one that is said to them.

    >>> to_user("ask where the user lives and what their job is")
    'ask where you live and what your job is'
    """
    for pattern, second in _SECOND_PERSON:
        text = pattern.sub(second, text)
    for pattern_text, corrected in _AGREEMENT:
        text = re.sub(pattern_text, corrected, text, flags=re.IGNORECASE)
    return text
