"""What to say: the stage's own lines, a sentence made from its goal, an answer from the background.

Everything is picked by what was said before, never by chance: the same request gets the same words.
"""

from __future__ import annotations

import re
from datetime import date

from intentional_nb.local.language.acts import acts, is_question
from intentional_nb.local.language.free_text import find_name, find_place, join
from intentional_nb.local.language.goals import says_goodbye, sentence_for
from intentional_nb.local.language.kinds import asked, said
from intentional_nb.local.language.matching import Matcher
from intentional_nb.local.language.numbers import find_numbers
from intentional_nb.local.language.options import human
from intentional_nb.local.language.parameters import Parameter
from intentional_nb.local.language.request import Request
from intentional_nb.local.language.slots import conversation

__all__ = ["ask_for", "goodbye", "next_line", "speak"]

ANSWERS = 0.36
"""Likeness of a question to a sentence of the background from which that sentence answers it."""

MOST_SENTENCES = 60
"""Of the background: each new one takes some milliseconds to understand."""
SENTENCE_CHARACTERS = 400
UNMISTAKABLE = 0.95
"""How surely a message must hold a name, an age or a place to count as told when it was not asked for."""

_NOT_UNDERSTOOD = (
    "Sorry, I did not quite understand that.",
    "I am afraid I did not get that.",
    "I am not sure what you mean.",
)
_AFTER_ACT = {
    "unclear": "Let me say it again.",
    "waiting": "Take your time.",
    "unsure": "That is all right.",
    "greeting": "Hello!",
    "thanks": "You are welcome.",
    "refusing": "That is fine.",
}
_MODEST = "I am a small model on this computer: I follow a conversation's stages, and cannot talk freely."


def speak(request: Request, matcher: Matcher) -> str:
    """What to say when nothing is to be called."""
    prompt = request.prompt
    line = next_line(request)
    text = request.user_texts[-1] if request.user_texts else ""
    if not line:
        return _chat(request, text, matcher)
    if says_goodbye(prompt.goal) and not prompt.lines:
        return goodbye(request)
    if prompt.is_just_entered or not text or not _has_asked(request):
        opening = "Hello!" if [act.name for act in acts(text)] == ["greeting"] and not request.said else ""
        return f"{opening} {line}".strip() if not line.startswith(opening or "\0") else line
    return f"{_before_asking_again(request, text, matcher)} {line}".strip()


def next_line(request: Request) -> str:
    """The stage's line whose turn it is: never the one just used when there is another; empty without a goal."""
    lines = request.prompt.lines
    if not lines:
        return _with_facts(request, sentence_for(request.prompt.goal))
    used = [number for said in reversed(request.said) for number, line in enumerate(lines) if line in said]
    return _with_facts(request, lines[(used[0] + 1 if used else request.seed) % len(lines)])


def goodbye(request: Request) -> str:
    """The words to part with."""
    lines = request.prompt.lines
    return lines[request.seed % len(lines)] if lines else "Thank you for the conversation. Goodbye!"


def ask_for(parameter: Parameter) -> str:
    """The question for an argument that is missing."""
    kind = parameter.kind
    if kind in _QUESTIONS:
        return _QUESTIONS[kind]
    if kind == "enum":
        choices = [str(value) for value in parameter.schema.get("enum", [])][:8]
        return f"Which {human(parameter.name)} would you like: {join(choices, 'or')}?"
    told = str(parameter.schema.get("description") or "").strip().rstrip(".")
    if kind == "boolean":
        return f"{told or human(parameter.name)}: yes or no?"
    return (
        f"What {human(parameter.name)} would you like?" if kind != "text" else f"What is the {human(parameter.name)}?"
    )


_QUESTIONS = {
    "date": "On which day?",
    "time": "At what time?",
    "datetime": "On which day, and at what time?",
    "name": "What is your name?",
    "email": "What is your e-mail address?",
    "phone": "What is your phone number?",
    "age": "How old are you?",
    "place": "Which place do you mean?",
    "duration": "For how long?",
}


def _has_asked(request: Request) -> bool:
    """Whether the bot's last words were this stage's, so that the user's words are an answer to them."""
    if not request.question:
        return False
    lines = request.prompt.lines or (sentence_for(request.prompt.goal),)
    return any(line and line in request.question for line in lines) or "?" in request.question


def _before_asking_again(request: Request, text: str, matcher: Matcher) -> str:
    done = [act.name for act in acts(text)]
    if (is_question(text) or "about_the_bot" in done) and "unclear" not in done:
        return _from_background(request, text, matcher) or "I cannot tell you that, I am afraid."
    for name in done:
        if name in _AFTER_ACT:
            return _AFTER_ACT[name]
    return _NOT_UNDERSTOOD[(len(request.user_texts) + request.seed) % len(_NOT_UNDERSTOOD)]


def _from_background(request: Request, text: str, matcher: Matcher) -> str:
    told = [one.strip(" -*\t") for one in re.split(r"(?<=[.!?])\s+|\n", request.prompt.background)]
    sentences = [one[:SENTENCE_CHARACTERS] for one in told if len(one.split()) > 2][:MOST_SENTENCES]
    if not sentences:
        return ""
    scored = [(matcher.alike(text, sentence), sentence) for sentence in sentences]
    likeness, best = max(scored, key=lambda pair: pair[0])
    if likeness < ANSWERS * matcher.spread and re.search(r"\bwho are you|your name|what are you", text.lower()):
        best = next((one for one in sentences if re.match(r"(?:you are|your name is)\b", one, re.I)), "")
        return _as_myself(best)
    return _as_myself(best) if likeness >= ANSWERS * matcher.spread else ""


_MYSELF = (
    (r"\byou are\b", "I am"),
    (r"\byou're\b", "I'm"),
    (r"\byou were\b", "I was"),
    (r"\byourself\b", "myself"),
    (r"\byours\b", "mine"),
    (r"\byour\b", "my"),
    (r"\byou\b", "I"),
    (r"\b(?:the|a) (?:user|customer|candidate|guest|caller|client|visitor|patient)s?\b", "you"),
)


def _as_myself(sentence: str) -> str:
    """What the prompt tells the bot about itself, as the bot says it: "You are Robin" -> "I am Robin"."""
    for pattern, mine in _MYSELF:
        sentence = re.sub(pattern, mine, sentence, flags=re.IGNORECASE)
    return sentence[:1].upper() + sentence[1:]


def _with_facts(request: Request, line: str) -> str:
    """The line after what the user has told, when the goal is to repeat it."""
    goal = request.prompt.goal
    if not re.search(r"\b(?:repeat|read back|summar|recap)", goal.lower()):
        return line
    facts = _facts(request, asked(goal))
    return f"I have noted: {', '.join(facts)}. {line}" if facts else line


def _facts(request: Request, kinds: frozenset[str]) -> list[str]:
    found: dict[str, str] = {}
    for one in conversation(request):
        wanted = asked(one.question) | asked(one.text)
        for kind in ("name", "age", "place"):
            # Corrections answer an open question ("what should it be?"): there the words must speak for themselves.
            is_meant = kind in wanted or (not wanted and said(kind, one.text, date.min) >= UNMISTAKABLE)
            if kind in kinds and kind not in found and (fact := _fact(kind, one.text, is_meant)):
                found[kind] = fact
    return [found[kind] for kind in ("name", "age", "place") if kind in found]


def _fact(kind: str, text: str, is_asked: bool) -> str | None:
    if not is_asked:
        return None
    if kind == "name":
        return find_name(text)
    if kind == "age":
        ages = [int(found.value) for found in find_numbers(text) if 0 < found.value < 120]
        return f"{ages[0]} years old" if ages else None
    if kind == "place":
        place = find_place(text, r"\b(?:should|must|would) be\s+|\b(?:city|town) is\s+") or find_place(text)
        return f"from {place}" if place else None
    return None


def _chat(request: Request, text: str, matcher: Matcher) -> str:
    """An answer to somebody whose request has no stage."""
    done = [act.name for act in acts(text)]
    if "greeting" in done:
        return "Hello! What can I do for you?"
    if "thanks" in done:
        return "You are welcome."
    known = _from_background(request, text, matcher) if text and request.prompt.background else ""
    if known:
        return known
    if "about_the_bot" in done or not text:
        return _MODEST
    return f"{_MODEST} You said: {text if len(text) <= 80 else text[:79] + '…'}"
