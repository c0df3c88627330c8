"""Kinds of answer: which kind a description or a question asks for, and whether a message is one.

"Marco" means little to a sentence encoder; to "the user said their name" it is the answer. `asked` reads the kinds out
of a description, goal or question, `said` tells how surely a message holds an answer of a kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from intentional_nb.local.language.acts import is_refusal
from intentional_nb.local.language.dates import find_days
from intentional_nb.local.language.numbers import find_numbers
from intentional_nb.local.language.times import find_durations, find_times

__all__ = [
    "CODE",
    "EMAIL",
    "PHONE",
    "URL",
    "asked",
    "called",
    "given",
    "gives_something",
    "is_made_of_names",
    "said",
    "stranger_words",
]

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
PHONE = re.compile(r"(?<![\w.-])\+?\(?\d[\d\s().-]{5,17}\d(?![\w-])")
URL = re.compile(r"\bhttps?://\S+|\bwww\.\S+", re.IGNORECASE)
CODE = re.compile(r"\b\d{3}[ -]\d{3}\b|\b(?=[A-Za-z-]*\d)[A-Za-z\d][A-Za-z\d-]{3,}\b")
_MONEY = re.compile(
    r"[$€£]\s?\d|\b\d[\d,.]*\s?(?:k\b|euros?|dollars?|pounds?|bucks|usd|eur|gbp)|\b(?:euros?|dollars?|pounds)\b"
)

_ASKED = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("email", r"\be-?mail"),
        ("phone", r"\b(?:phone|mobile|cell(?:phone)?|telephone|contact number|whatsapp)\b"),
        ("url", r"\b(?:url|website address|link)\b"),
        ("age", r"\b(?:age|aged|how old|years old|year of birth)\b"),
        (
            "date",
            r"\b(?:dates?|which day|what day|a day|the day|weekday|birthday|born"
            r"|(?<!from )(?<!up to )when (?:they|you|the))\b",
        ),
        (
            "time",
            r"\b(?:what|which) (?:time|hour)\b|(?<!has )(?<!have )(?<!no )(?<!first )(?<!last )"
            r"(?<!any )(?<!more )(?<!on )(?<!in )(?<!at )(?<!of )(?<!this )(?<!enough )"
            r"\b(?:(?:a |the |which |what |new |preferred |pick-?up |arrival |departure )*time|hour|slot"
            r"|what time)\b(?! (?:off|out|for the|is up))",
        ),
        (
            "duration",
            r"\b(?:duration|how long|number of (?:nights|days|weeks|hours)|how many (?:nights|days|weeks"
            r"|hours))\b",
        ),
        ("money", r"\b(?:budget|amount|salary|income|price they|how much (?:money|they|you|would))\b"),
        (
            "number",
            r"\b(?:numbers? of|how many|quantity|party size|head ?count|rating|score|size of the (?:group"
            r"|party)|how large"
            r"|weight|height)\b",
        ),
        (
            "code",
            r"\b(?:codes?|(?:order|booking|account|policy|tracking|ticket|reference|customer|membership|card"
            r"|serial|reservation|case"
            r"|registration|passport|licen[cs]e) (?:numbers?|id|reference)|booking reference|id number|reference"
            r"|plate)\b",
        ),
        (
            "place",
            r"\b(?:city|cities|town|village|country|where (?:they|you|he|she|the \w+) (?:lives?|is|are|want"
            r"|would|come)"
            r"|from where|address|location|place of|destination|region|neighbou?rhood|street|postcode|zip)\b",
        ),
        (
            "name",
            r"\b(?:names?|surname|nickname|who they are|who is (?:calling|speaking)|how to call"
            r"|how they are called|what they are called)\b",
        ),
    )
)

_GIVING = re.compile(
    r"\b(?:gives?|gave|given|giving|says?|said|saying|states?|stated|provides?|provided|providing|tells?|told|names?"
    r"|named|mentions?"
    r"|mentioned|answers?|answered|shares?|shared|enters?|entered|specif(?:y|ies|ied)|selects?|selected|picks?|picked"
    r"|chooses?|chose|chosen|reports?"
    r"|reported|spells?|spelled|indicates?|indicated|suppl(?:y|ies|ied)|offers to|offered|reveals?|introduces?"
    r"|introduced|proposes?"
    r"|proposed|suggests?|suggested|replies|replied|responds?|responded|types?|typed|received|collected|known|learned"
    r"|obtained|got)\b"
)
_NOT_GIVING = re.compile(
    r"\b(?:not|n't|never|no longer|refus\w+|declin\w+|without|asks?|asked|asking|wants? to (?:change|correct|know|fix"
    r"|update)"
    r"|corrects?|wrong|incorrect|prefers? (?:not|to stay)|unwilling|reluctant|avoids?|instead of|forgot(?:ten)?"
    r"|questions?|under|over|below"
    r"|above|younger|older|less|more|at least|at most)\b"
)

_COMMON_TEXT = """
a about actually after again ago all almost already also always am an and any anything are around as ask at away
back bad be because been before being best better big book both but buy by bye call can cancel change check
close come could day days dear did do does doing don't done down each eat else end enough every everything
exactly far few find fine first for found free friend from gave get give go goes going good goodbye got great
had happy has have haven't he hear hello help her here hey hi him his hold home hope hour hours how huh i idea
if in is isn't it its it's i'm i'll i've i'd just keep kind know last late later least leave left less let let's
like little live long look lot lots love made make many maybe me mean meet might mine minute minutes moment
money month months more most move much must my myself name need needs never new next nice no none nope not
nothing now of off ok okay old on once one only open or order other others our out over own part pay people
perhaps person place please possible problem put question quite rather read ready really reason right said same
say second see seems send she short should show since small so some somebody someone something somewhere soon
sorry speak start stay still stop stuff such sure take talk tell than thank thanks that that's the their them
then there there's these they they're thing things think this those though time to today together tomorrow too
tonight true try two under until up us use very wait want wants was way we week weeks well went were what what's
when where which while who why will wish with without won't work working works would wow wrong yeah year years
yep yes yesterday yet you you're your yours three four five six seven eight nine ten anyway hm hmm um uh er erm
oh ah interesting interested available busy tired married single from male female vegan vegetarian afraid alone
able allergic hungry sick ill driving running looking calling trying having moving waiting using getting leaving
coming making feeling thinking asking tall young cold hot ready done serious certain confident lost stuck
unemployed retired student teacher doctor nurse engineer developer programmer skip pass next lunch weather joke
joking kidding morning afternoon evening night haha lol cool awesome amazing excellent perfect terrible awful
horrible average medium large red blue green black white yellow monday tuesday wednesday thursday friday
saturday sunday january february march april june july august september october november december spring summer
autumn winter middle centre center capital sea mountains airport station hotel airport end beginning case fact
front general advance touch charge bed trouble hurry house flat apartment office school university town city
village country street sandwich meeting eleven twelve twenty thirty forty fifty sixty hundred bank account
company pizza card cash
"""
_COMMON = frozenset(_COMMON_TEXT.split())

_NAMED = re.compile(
    r"\b(?:my (?:full |first |last )?name(?:'s| is| would be)|i(?:'m| am) called|they call me|people call me"
    r"|(?:you (?:can|may) |just |please )*call me"
    r"|i go by|name(?:'s| is)|the name is|the name's|everyone calls me)[: ]+(?P<rest>\S.*)",
    re.IGNORECASE,
)
_OPENERS = re.compile(
    r"^(?:(?:hi|hello|hey|well|yes|yeah|sure|ok|okay|oh|um+|of course|good (?:morning|afternoon|evening))\b[,!. ]*)+",
    re.IGNORECASE,
)
_CALLED = re.compile(r"^(?:i'm|i am|im|it's|it is|this is|here is)\s+(?P<rest>.+?)[.!]*$", re.I)
_PLACED = re.compile(
    r"\b(?:in|from|near|at|to|around|outside|live in|based in|living in|located in|moved to|downtown|central"
    r"|close to)\s+(?:the (?:city|town|village)"
    r" of |downtown |central |the )?(?P<rest>[^\W\d_][\w'-]*)",
    re.IGNORECASE,
)


def asked(text: str) -> frozenset[str]:
    """The kinds of answer that a description, a goal or a question is about.

    >>> sorted(asked("Find out the user's name and age"))
    ['age', 'name']
    """
    plain = text.lower().replace("_", " ").replace("’", "'")
    plain = re.sub(r"\be-?mail address", "email", plain)
    return frozenset(kind for kind, pattern in _ASKED if pattern.search(plain))


def given(description: str, name: str = "") -> frozenset[str]:
    """The kinds of answer that an option's description says the user has given; empty for refusals and questions."""
    told = f"{description} ({name})"
    if not gives_something(told):
        return frozenset()
    return asked(re.sub(r"\bname[sd]? (?=an?\b|the\b|their\b|another\b)", "", told.lower()))


def gives_something(description: str) -> bool:
    """Whether an option is about the user having answered."""
    plain = description.lower().replace("_", " ").replace("’", "'")
    return bool(_GIVING.search(plain)) and not _NOT_GIVING.search(plain)


def stranger_words(text: str) -> list[str]:
    """The words that are not everyday English: names, places, brands."""
    return [word for word in re.findall(r"[^\W\d_][\w'’-]*", text) if word.lower().replace("’", "'") not in _COMMON]


def said(kind: str, text: str, today: date) -> float:
    """How surely the text holds an answer of that kind, from 0 to 1."""
    plain = text.replace("’", "'").strip()
    if kind in ("name", "place"):
        return _name(plain) if kind == "name" else _place(plain)
    return 1.0 if _HOLDS[kind](plain, today) else 0.0


def called(text: str) -> str | None:
    """What the speaker says they are called, with what follows it; None when they do not say."""
    if (named := _NAMED.search(text)) and stranger_words(named["rest"].split()[0]):
        return named["rest"]
    if is_refusal(text) or "?" in text:
        return None
    clauses = re.split(r"[,;]|\. |\b(?:and|but|from|in|speaking|here|without|with)\b", _OPENERS.sub("", text))
    for clause in clauses:
        introduced = _CALLED.match(clause.strip())
        if introduced and is_made_of_names(introduced["rest"]):
            return introduced["rest"]
    bare = _OPENERS.sub("", text)
    return bare if is_made_of_names(bare) else None


def _name(text: str) -> float:
    if called(text) is None:
        return 0.0
    return 1.0 if _NAMED.search(text) else 0.9 if is_made_of_names(_OPENERS.sub("", text)) else 0.95


def _place(text: str) -> float:
    if "?" in text or is_refusal(text):
        return 0.0
    found = [placed["rest"] for placed in _PLACED.finditer(text) if stranger_words(placed["rest"])]
    if found and (found[0][0].isupper() or len(text.split()) <= 6):
        return 1.0
    return (
        0.9
        if is_made_of_names(re.sub(r",? in ", ", ", text)) or re.match(r"\d+ [A-Z]|[A-Z][\w ]+ \d+\b", text)
        else 0.0
    )


def is_made_of_names(text: str) -> bool:
    """Whether the text is a name and nothing else: up to four words, none or one of them everyday English."""
    words = re.findall(r"[^\W_][\w'’.-]*", text)
    if not 1 <= len(words) <= 4 or any(char.isdigit() for char in text):
        return False
    strangers = len(stranger_words(text))
    return strangers == len(words) or (
        strangers >= 1 and strangers >= len(words) - 1 and all(w[0].isupper() for w in words)
    )


def _age(text: str, today: date) -> bool:
    if find_days(text, today) or find_times(text):
        return False
    numbers = [found.value for found in find_numbers(text)]
    says_so = re.search(r"\b(?:years?|yrs?|yo|old|turned|aged?|i'm|i am|im|turning|almost|nearly|just)\b", text.lower())
    return any(1 <= value <= 120 for value in numbers) and bool(says_so or len(text.split()) <= 4)


_HOLDS: dict[str, Callable[[str, date], bool]] = {
    "age": _age,
    "date": lambda text, today: bool(find_days(text, today)),
    "time": lambda text, today: bool(find_times(text)),
    "duration": lambda text, today: bool(find_durations(text)) or text.isdigit(),
    "number": lambda text, today: bool(find_numbers(text)),
    "money": lambda text, today: bool(_MONEY.search(text.lower()) or (find_numbers(text) and len(text.split()) <= 4)),
    "email": lambda text, today: bool(EMAIL.search(text)),
    "phone": lambda text, today: bool(PHONE.search(text)),
    "url": lambda text, today: bool(URL.search(text)),
    "code": lambda text, today: bool(CODE.search(text)),
}
