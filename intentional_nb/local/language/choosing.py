"""Which of the offered choices the user's words settle, if any.

Evidence of several kinds is added up for each choice: likeness to its description and examples, whether both say yes
or no, whether the message is the kind of answer that the choice is about, names and limits that the choice spells out,
and what the message does (asking, waiting, not knowing). The best choice is taken when it has enough; otherwise the
bot stays and asks again, which costs one more question where a wrong turn costs the conversation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache

from intentional_nb.local.language.acts import Act, acts, is_question, takes_questions, wants_something
from intentional_nb.local.language.kinds import asked, given, gives_something, said
from intentional_nb.local.language.matching import Matcher, content_words
from intentional_nb.local.language.numbers import find_numbers
from intentional_nb.local.language.options import Option, human
from intentional_nb.local.language.phrasing import as_statement, phrasings
from intentional_nb.local.language.polarity import bare_answer, leading_answer, polarity

__all__ = ["Choice", "Situation", "choose", "rank"]

# What a piece of evidence weighs, in units of the matcher's spread. Round numbers: they are judgements, not a fit.
SIGN = 0.18
CONTRADICTION = 0.7
LEADING_ANSWER = 0.15
BARE_ANSWER = 0.45
RIGHT_KIND = 0.4
OTHER_KIND = -0.1
OPEN_ANSWER = 0.06
ABOUT_THE_ACT = 0.15
BESIDE_THE_POINT = -0.35
QUESTION_TAKEN = 0.03
QUESTION_NOT_TAKEN = -0.13
NAMED = 0.2
NOT_NAMED = -0.12
WITHIN_LIMIT = 0.5
BEYOND_LIMIT = -0.45
SHARED_WORDS = 0.1
SOME_ANSWER = 0.2
WORD_FOR_WORD = 0.6
JUMP = -0.05

SURE = 0.55
"""Score of a plain case."""
CERTAIN = 0.7
"""Likeness to an example that leaves no doubt, when a stage was entered only after the words were said."""


@dataclass(frozen=True)
class Situation:
    """What was said, and what it answers.

    Attributes:
        text: The user's message.
        question: What the bot said before it; empty when nothing.
        goal: What the bot is after.
        today: What relative days are counted from.
        is_just_entered: Whether the words were said before the choices were on offer.
    """

    text: str
    question: str = ""
    goal: str = ""
    today: date = field(default_factory=date.today)
    is_just_entered: bool = False

    @cached_property
    def acts(self) -> tuple[Act, ...]:
        """What the message does."""
        return acts(self.text)

    @cached_property
    def bare(self) -> int:
        """1 for a mere yes, -1 for a mere no."""
        return bare_answer(self.text)

    @cached_property
    def leading(self) -> int:
        """1 when the message begins with a yes, -1 when with a no."""
        return leading_answer(self.text)

    @cached_property
    def sign(self) -> float:
        """Whether the message says yes or no."""
        return polarity(self.text)

    @cached_property
    def is_question(self) -> bool:
        """Whether the message asks for information."""
        return is_question(self.text)

    @cached_property
    def is_answer(self) -> bool:
        """Whether the message unmistakably tells a name, a number, a day or the like."""
        return any(
            said(kind, self.text, self.today) >= 0.95
            for kind in ("name", "age", "place", "date", "time", "email", "phone")
        )

    @cached_property
    def wanted(self) -> frozenset[str]:
        """The kinds of answer that the bot is waiting for."""
        return asked(self.question) | asked(self.goal)

    @cached_property
    def words(self) -> frozenset[str]:
        """The message's words that carry its subject."""
        return frozenset(content_words(self.text))


@dataclass(frozen=True, slots=True)
class Choice:
    """An option and how much speaks for it, in the matcher's units."""

    option: Option
    score: float


def choose(
    options: Sequence[Option], situation: Situation, matcher: Matcher, *, is_sure: bool = False
) -> Option | None:
    """The option that the message settles, or None when it settles none.

    Args:
        options: The legal choices.
        situation: What was said.
        matcher: How texts are compared.
        is_sure: Take nothing that is less than plain, because the message is also good for something else.
    """
    if situation.is_just_entered:
        options = [option for option in options if _is_certain(option, situation, matcher)]
    ranked = rank(options, situation, matcher)
    best = next((choice for choice in ranked if not _CATCH_ALL.search(choice.option.description.lower())), None)
    if best:
        bar = _bar(best.option, matcher)
        if best.score >= (max(SURE * matcher.spread, bar) if is_sure else bar):
            return best.option
    # Some graphs have an outcome for everything that fits no other one.
    rest = [choice.option for choice in ranked if best is None or choice.option is not best.option]
    return next((one for one in rest if _CATCH_ALL.search(one.description.lower()) and not is_sure), None)


_CATCH_ALL = re.compile(
    r"\bnone of (?:the|these)\b|\boff.?topic\b|\bunrelated\b|\birrelevant\b|\b(?:does not|doesn't|do not) fit\b"
    r"|\b(?:is|was|are) unclear\b|\bcannot be (?:understood|classified)\b|\bany other (?:answer|message|reply|case)\b"
    r"|\b(?:says|said|asks|about|is|does) (?:something|anything) else\W*$"
)


def _bar(option: Option, matcher: Matcher) -> float:
    return matcher.threshold + (matcher.with_examples if option.examples else 0.0)


def rank(options: Sequence[Option], situation: Situation, matcher: Matcher) -> list[Choice]:
    """All options, best first; the order of the request decides between equals."""
    if not situation.text:
        return [Choice(option, 0.0) for option in options]
    weigh = _weigh_bare if situation.bare else _weigh
    choices = []
    for option in options:
        likeness, evidence = weigh(option, situation, matcher)
        evidence += _shared_words(option, situation, options) + (JUMP if option.is_jump else 0.0)
        evidence += WORD_FOR_WORD if _is_example(situation.text, option) else 0.0
        choices.append(Choice(option, likeness + evidence * matcher.spread))
    return sorted(choices, key=lambda choice: -choice.score)


def _weigh(option: Option, situation: Situation, matcher: Matcher) -> tuple[float, float]:
    return _likeness(option, situation.text, matcher), (
        SIGN * situation.sign * _sign(option)
        + LEADING_ANSWER * situation.leading * _sign(option)
        + _kind(option, situation)
        + _acts(option, situation)
        + _named(option, situation)
        + _limit(option, situation)
    )


def _weigh_bare(option: Option, situation: Situation, matcher: Matcher) -> tuple[float, float]:
    """A yes or no on its own means what was asked: "Shall I move it?" - "Yes" is "please move it"."""
    likeness = 0.3 * _likeness(option, situation.text, matcher)
    statement = as_statement(situation.question)
    meant = _likeness(option, statement, matcher) if statement else 0.0
    agreement = situation.bare * _sign(option)
    if agreement < 0:
        return likeness, -BARE_ANSWER
    if agreement > 0:
        return likeness + 0.25 * meant, BARE_ANSWER * (0.6 + 0.4 * agreement)
    return likeness + (0.5 * meant if situation.bare > 0 else 0.0), 0.0


def _likeness(option: Option, text: str, matcher: Matcher) -> float:
    sign = polarity(text)
    told = [*phrasings(option.description), human(option.name)]
    about = sum(matcher.alike(text, phrase) for phrase in told) / len(told) * _agreement(sign, _sign(option))
    if not option.examples:
        return about
    near = max(matcher.alike(text, example) * _agreement(sign, polarity(example)) for example in option.examples)
    return 0.5 * about + 0.5 * near


def _is_example(text: str, option: Option) -> bool:
    """Whether somebody said one of the option's examples, word for word."""
    said = re.findall(r"\w+", text.lower())
    return any(said == re.findall(r"\w+", example.lower()) for example in option.examples)


def _agreement(sign: float, other: float) -> float:
    """What is left of a likeness between a yes and a no: "I can" and "I can't" share every word but one."""
    return 1.0 - CONTRADICTION * min(1.0, -2 * sign * other) if sign * other < 0 else 1.0


@lru_cache(maxsize=4096)
def _sign(option: Option) -> float:
    if _NOT_KNOWING.search(option.description.lower()):
        return 0.0
    own = polarity(option.description) or polarity(human(option.name))
    if own or not option.examples:
        return own
    signs = [polarity(example) for example in option.examples]
    agree = all(sign > 0 for sign in signs) or all(sign < 0 for sign in signs)
    return sum(signs) / len(signs) if agree else 0.0


_NOT_KNOWING = re.compile(r"\b(?:not|n't) (?:know|sure|certain|decided?)\b|\bunsure\b|\bundecided\b|\bhesitat")
"""Options about not knowing: neither a yes nor a no."""


def _kind(option: Option, situation: Situation) -> float:
    kinds = given(option.description, option.name)
    if not kinds:
        return _open_answer(option, situation)
    certainty = max(said(kind, situation.text, situation.today) for kind in kinds)
    if not certainty:
        return OTHER_KIND
    # A likely answer to another question than the one asked is worth less.
    expected = certainty == 1 or not situation.wanted or kinds & situation.wanted
    return RIGHT_KIND * certainty * (1.0 if expected else 0.6)


def _open_answer(option: Option, situation: Situation) -> float:
    """For options about an answer of no particular kind."""
    if situation.is_question or situation.acts or option.is_jump or not gives_something(option.description):
        return 0.0
    if situation.is_answer:
        return SOME_ANSWER
    return OPEN_ANSWER if situation.sign >= 0 else 0.0


def _acts(option: Option, situation: Situation) -> float:
    total = 0.0
    for act in situation.acts:
        if act.meant.search(option.description.lower()):
            total += ABOUT_THE_ACT
        elif act.settles_nothing:
            total += BESIDE_THE_POINT
    if situation.is_question and not situation.acts:
        if takes_questions(option.description, option.examples):
            total += QUESTION_TAKEN
        elif not wants_something(option.description):
            total += QUESTION_NOT_TAKEN
    return total


def _named(option: Option, situation: Situation) -> float:
    """Names in a description ("it is Jupiter") that the message repeats, or in a short answer does not."""
    names = {name.lower() for name in re.findall(r"(?<=[a-z,] )[A-Z][a-z]+\b", option.description)}
    if not names:
        return 0.0
    words = re.findall(r"\w+", situation.text.lower())
    if names.intersection(words):
        return NAMED
    return NOT_NAMED if len(words) <= 4 else 0.0


_LIMIT = re.compile(
    r"\b(?P<way>under|below|less than|younger than|fewer than|at most|up to|no more than|over|above|more than"
    r"|older than"
    r"|at least|greater than) (?:the age of )?(?P<bound>\d+)\b"
    r"|\b(?P<least>\d+)(?: \w+)? (?:or|and) (?P<beyond>older|over|more|above|younger|under|less|fewer|below)\b"
)
_UPWARDS = frozenset(["over", "above", "more than", "older than", "at least", "greater than", "older", "more"])
_STRICT = frozenset(
    [
        "under",
        "below",
        "less than",
        "younger than",
        "fewer than",
        "over",
        "above",
        "more than",
        "older than",
        "greater than",
    ]
)


def _limit(option: Option, situation: Situation) -> float:
    """Limits in a description ("under 18") against the number in the message."""
    limit = _LIMIT.search(option.description.lower())
    numbers = find_numbers(situation.text) if limit else []
    if not limit or not numbers:
        return 0.0
    way = limit["way"] or limit["beyond"]
    bound = int(limit["bound"] or limit["least"])
    value = numbers[0].value
    is_met = (value == bound and not (limit["way"] and way in _STRICT)) or (
        value > bound if way in _UPWARDS else value < bound
    )
    return WITHIN_LIMIT if is_met else BEYOND_LIMIT


def _shared_words(option: Option, situation: Situation, options: Sequence[Option]) -> float:
    """Words that message and option share, those of a single option counting most."""
    shared = situation.words & _words(option)
    others = [_words(other) for other in options if other is not option]
    rarity = sum(1 / (1 + sum(word in bag for bag in others)) for word in shared)
    return SHARED_WORDS * min(1.0, rarity / 2)


@lru_cache(maxsize=4096)
def _words(option: Option) -> frozenset[str]:
    return frozenset(content_words(" ".join((option.description, option.name, *option.examples))))


def _is_certain(option: Option, situation: Situation, matcher: Matcher) -> bool:
    """Whether words said before the stage began settle it beyond doubt: nobody had asked yet."""
    text = situation.text
    if situation.bare or len(text.split()) < 3 or situation.acts:
        return False
    if max((matcher.alike(text, example) for example in option.examples), default=0.0) >= CERTAIN:
        return not option.is_jump
    kinds = given(option.description, option.name)
    return any(said(kind, text, situation.today) >= 0.95 for kind in kinds)
