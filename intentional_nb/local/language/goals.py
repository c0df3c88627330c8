"""A stage's goal turned into something to say: "Find out the user's name" -> "What is your name?".

Goals are written for a model that can write; this one can only rearrange. The table below covers how people word
goals; what it does not know is said as it stands, which is stiff but true.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from intentional_nb.local.language.phrasing import to_user

__all__ = ["says_goodbye", "sentence_for"]

_VERBS = (
    r"ask|find out|learn|get|collect|determine|obtain|establish|inquire|enquire|check|identify|request|know|discover"
    r"|understand|thank|say"
    r"|greet|welcome|confirm|make sure|verify|tell|inform|explain|offer|suggest|recommend|propose|help|answer|repeat"
    r"|apologi[sz]e|read back"
    r"|summari[sz]e|let|remind|invite|give|describe|introduce|wish|note|agree|call|use|encourage|propose"
)
_CLAUSES = re.compile(
    rf"(?<=[.!?])\s+|;\s*|,?\s+(?:and then|then|and|, then)\s+(?=(?:politely |kindly |briefly )?(?:{_VERBS})\b)"
    rf"|,\s*(?=(?:then )?(?:{_VERBS})\b)",
    re.IGNORECASE,
)
_OBJECT = (
    r"(?:(?: (?:the|a) (?:user|customer|caller|patient|candidate|guest|visitor|pupil|student|client|person"
    r"|player|applicant|travell?er)| them| him or her)(?!'s|’s)\b)"
)
_ADVERB = (
    r"(?:please |politely |kindly |briefly |first |warmly |gently |try to |you should |your goal is to "
    r"|the goal is to )*"
)


def says_goodbye(goal: str) -> bool:
    """Whether the goal is to part."""
    return bool(re.search(r"\b(?:goodbye|good bye|farewell|bye|end the (?:conversation|chat|call))\b", goal.lower()))


def sentence_for(goal: str) -> str:
    """One or two sentences that pursue the goal; empty for an empty goal.

    >>> sentence_for("Thank the user and find out which city they live in.")
    'Thank you! Which city do you live in?'
    """
    told: list[str] = []
    for clause in _CLAUSES.split(" ".join(goal.split())):
        said = _clause(re.sub(rf"^{_ADVERB}", "", clause.strip(" .,"), flags=re.IGNORECASE))
        if said and said not in told:
            told.append(said)
        if said.endswith("?") or len(told) == 2:
            break
    return " ".join(told) or _as_it_stands(goal)


def _clause(clause: str) -> str:
    for pattern, make in _PATTERNS:
        if found := pattern.match(clause):
            said = make(*(group or "" for group in found.groups()))
            return said[:1].upper() + said[1:]
    return ""


def _as_it_stands(goal: str) -> str:
    first = re.split(r"(?<=[.!?])\s|\n", goal.strip())[0].strip(" .")
    return f"Let us go on with this: {_lower(to_user(first))}." if first else ""


def _lower(text: str) -> str:
    return text if re.match(r"[A-Z]{2}|I\b", text) else text[:1].lower() + text[1:]


def _question(what: str) -> str:
    """A thing to learn as a question: "the user's name", "how old they are", "whether they agree"."""
    what = to_user(re.split(r",? (?:so that|in order to)\b|, to\b", what)[0]).strip()
    if found := re.match(r"(?:whether|if)(?: or not)? (.+)", what, re.IGNORECASE):
        return f"{_inverted(found[1])}?"
    if re.match(
        r"(?:what|who|which [\w ]+?) (?:happened|is|are|was|were|went|caused|called|broke|comes?|has)\b(?! you\b)",
        what,
        re.IGNORECASE,
    ):
        return f"{what}?"
    if found := re.match(
        r"((?:(?:in|at|from|on|to|for|with|by) )?(?:what|which|how (?:many|much|long|often|old|far)?|who|where|when"
        r"|why|how)\b.*?) ?\b(you|it|they|your \w+|the \w+) (\S.*|\S+)$",
        what,
        re.IGNORECASE,
    ):
        return f"{found[1].strip()} {_lower(_inverted(f'{found[2]} {found[3]}'))}?"
    if re.match(r"(?:what|which|how|who|where|when|why)\b", what, re.IGNORECASE):
        return f"{what}?"
    if found := re.match(r"(?:for |about )?(your .+)", what, re.IGNORECASE):
        is_several = re.search(r"\band\b|s$", found[1]) and not re.search(r"(?:ss|us|is|ness|address)$", found[1])
        return f"what {'are' if is_several and ' and ' not in found[1] else 'is'} {found[1]}?"
    if found := re.match(r"to (.+)", what, re.IGNORECASE):
        return f"could you please {found[1]}?"
    if found := re.match(r"about (.+)", what, re.IGNORECASE):
        return f"what can you tell me about {found[1]}?"
    return f"could you tell me {re.sub(r'^for ', '', what)}, please?"


def _inverted(clause: str) -> str:
    """A statement about "you" as a question: "you have time" -> "Do you have time"."""
    if found := re.match(
        r"(you|it|they|your [\w ]+?|the [\w ]+?|everything|all|that|this) (are|is|can|could|will|would|was|were"
        r"|should|must|may|has|have(?= (?:been|already|ever|had|got)))\b(?: not)?\s*(.*)$",
        clause,
        re.IGNORECASE,
    ):
        return f"{found[2].capitalize()} {_lower(found[1])} {found[3]}".strip()
    if found := re.match(r"you(?:'d| would) (.+)", clause, re.IGNORECASE):
        return f"Would you {found[1]}"
    if found := re.match(r"you ((?:still|already|also|really|often|usually) )?(\w+)\b(.*)$", clause, re.IGNORECASE):
        verb, is_past = _base(found[2])
        return f"{'Did' if is_past else 'Do'} you {found[1] or ''}{verb}{found[3]}"
    if found := re.match(r"((?:the|it|your|this|that)(?: \w+)??) (\w+)s\b(.*)$", clause, re.IGNORECASE):
        return f"Does {_lower(found[1])} {found[2]}{found[3]}"
    if found := re.match(r"(.+) (\w+ed)\b(.*)$", clause):
        return f"Did {_lower(found[1])} {_base(found[2])[0]}{found[3]}"
    return f"Is it right that {_lower(clause)}"


_PAST = {
    "agreed": "agree",
    "had": "have",
    "got": "get",
    "went": "go",
    "found": "find",
    "lost": "lose",
    "said": "say",
    "came": "come",
    "made": "make",
    "took": "take",
    "gave": "give",
    "did": "do",
    "saw": "see",
    "paid": "pay",
    "heard": "hear",
    "left": "leave",
}


def _base(verb: str) -> tuple[str, bool]:
    if verb in _PAST:
        return _PAST[verb], True
    if verb.endswith("ed") and not verb.endswith("eed") and len(verb) > 4:
        stem = verb[:-2]
        if verb.endswith("ied"):
            return f"{verb[:-3]}y", True
        doubled = len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "ls"
        return (
            stem[:-1]
            if doubled
            else f"{stem}e"
            if re.search(r"(?:[^aeiou][aiou]|[iu])[cdgkmnrstvz]$", stem)
            and not stem.endswith(("nt", "st", "er", "en", "it"))
            else stem
        ), True
    return (
        {"has": "have", "does": "do", "goes": "go"}.get(verb)
        or (verb[:-1] if verb.endswith("s") and not verb.endswith("ss") else verb)
    ), False


def _statement(what: str) -> str:
    what = re.sub(r"^(?:that|about)\s+", "", to_user(what).strip(), flags=re.IGNORECASE)
    if re.match(r"(?:how|why|what|where|when|who|which)\b", what, re.IGNORECASE):
        return f"let me tell you {_lower(what)}."
    return f"{what}."


def _confirmation(what: str) -> str:
    what = to_user(what).strip()
    if found := re.match(r"(?:that|whether|if)\s+(.+)", what, re.IGNORECASE):
        return f"{_inverted(found[1])}?"
    return f"can you confirm {re.sub(r'^with you ', '', what)}?" if what else "is that right?"


def _quoted(what: str) -> str:
    return f"{what.strip()}" if what.strip().endswith((".", "!", "?")) else f"{what.strip()}."


_PATTERNS: tuple[tuple[re.Pattern[str], Callable[..., str]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), make)
    for pattern, make in (
        (r"(?:say|tell|ask)[^\"“]*[\"“](.+?)[\"”]", _quoted),
        (
            r"(?:say|wish)\b.*\b(?:goodbye|good bye|bye|farewell)\b.*",
            lambda: "goodbye, and thank you for the conversation!",
        ),
        (r"(?:greet|welcome|say (?:hello|hi)|introduce)\b.*", lambda: "hello!"),
        (rf"thank{_OBJECT}?(?: for (.+))?$", lambda why: f"thank you for {to_user(why)}!" if why else "thank you!"),
        (
            rf"apologi[sz]e(?: to)?{_OBJECT}?(?: for (.+))?$",
            lambda why: f"I am sorry for {to_user(why)}." if why else "I am sorry.",
        ),
        (rf"(?:ask|request|invite|encourage|remind){_OBJECT} (to .+)$", _question),
        (
            rf"(?:confirm|verify|check|make sure|ensure)(?: with)?{_OBJECT}?,?\s*((?:that|whether|if)?\s*.*)$",
            _confirmation,
        ),
        (
            r"(?:ask(?: about| for)?|find out(?: about)?|learn(?: about)?|get(?: to know)?|collect|determine|obtain"
            r"|establish|in?quire(?: about)?|enquire(?: about)?"
            rf"|identify|request|know|discover|understand|agree on|note(?: down)?){_OBJECT}?(?:(?<=k)"
            rf"|(?<=\w)) ?(?:about |for )?(.+)$",
            _question,
        ),
        (rf"(?:offer|propose|suggest){_OBJECT}? (?:to )?(.+)$", lambda what: f"would you like {to_user(what)}?"),
        (r"recommend (.+)$", lambda what: f"I can recommend {to_user(what)}."),
        (r"(?:answer|reply to|respond to)\b.*$", lambda: "what would you like to know?"),
        (rf"(?:help|assist|support){_OBJECT} (.+)$", lambda what: f"how can I help you {to_user(what)}?"),
        (r"(?:repeat|read back|summari[sz]e)\b.*$", lambda: "is everything correct?"),
        (rf"(?:tell|inform|remind|let){_OBJECT}(?: know)? (.+)$", _statement),
        (rf"(?:explain|describe|say|announce|mention)(?: to{_OBJECT})? (.+)$", _statement),
    )
)
