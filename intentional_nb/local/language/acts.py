"""What a message does apart from what it says: asking back, asking to wait, not knowing, greeting, refusing.

Such messages rarely settle anything, so the bot stays where it is, unless a choice is about just that ("the user does
not know the answer").
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Act", "acts", "is_question", "is_refusal", "is_request", "takes_questions", "wants_something"]


@dataclass(frozen=True, slots=True)
class Act:
    """A kind of message.

    Attributes:
        name: One word.
        said: Matches messages that do it.
        meant: Matches descriptions of choices that are about it.
        settles_nothing: Whether such a message leaves the bot where it is when no choice is about it.
    """

    name: str
    said: re.Pattern[str]
    meant: re.Pattern[str]
    settles_nothing: bool = True


_ACTS = tuple(
    Act(name, re.compile(said), re.compile(meant), settles)
    for name, said, meant, settles in (
        (
            "unclear",
            r"^(?:what|huh|eh|sorry|pardon|excuse me|come again|hm+|um+|uh+|er+|mm+|well|so|oh)(?: me)?\W*$"
            r"|\b(?:repeat|rephrase)\b.{0,30}$|say (?:that|it) again"
            r"|(?:don't|didn't|do not|did not|can't|couldn't) (?:quite |really )?(?:understand|get (?:it|that|you"
            r"|what)|hear|follow|catch)|(?:what|how) do you mean"
            r"|what (?:does|is) that (?:mean|supposed)|what was the question|^(?:sorry, )?which \w+ do you mean"
            r"|\bi'm confused|makes no sense|elaborate",
            r"repeat|rephras|understand|understood|clarif|explan|explain|confus|unclear|hear\b|more details",
            True,
        ),
        (
            "waiting",
            r"\bhold on\b|\bhang on\b|\b(?:one|a|just a) (?:sec|second|moment|minute|mo)\b(?! ago)(?! of)|^(?:ok "
            r"|okay |please |just )*wait\b.{0,12}$"
            r"|\blet me (?:think|check|see|look)\b|\bbe right back\b|\bbear with me\b|\bgive me (?:a|some) (?:time"
            r"|sec|second|minute|moment)",
            r"\bwait|moment|pause|hold|time to think|later|busy|not ready|postpone|delay",
            True,
        ),
        (
            "unsure",
            r"^(?:hm+ |well |um+ |uh |honestly |sorry |, )*(?:i don't know|i do not know|don't know|dunno|no idea"
            r"|not sure|i'm not sure|i am not sure|no clue|i have no (?:idea|clue)"
            r"|haven't (?:got )?a clue|i haven't decided|can't decide|hard to say|i can't (?:say|tell"
            r"|remember)(?: yet)?|i can't remember|i don't remember"
            r"|i forgot|who knows|it depends"
            r"|maybe|perhaps|i'm undecided|i'm unsure|idk)(?: yet| really| sorry| at all| about (?:it|that)"
            r"| what to (?:say|choose))?\W*$",
            r"(?:not|n't) (?:know|sure|certain|remember|decide)|unsure|undecided|uncertain|no idea|hesita|doubt"
            r"|gives? up|no (?:strong |clear )?opinion"
            r"|\bhelp\b|advice|recommend|suggest|unknown|forgot|maybe|in two minds|neutral|skip",
            True,
        ),
        (
            "greeting",
            r"^(?:hi|hello|hey|howdy|greetings|good (?:morning|afternoon|evening|day)|yo|hiya)(?: (?:there|again"
            r"|everyone|all|bot|teacher|sir|madam))?\W*$"
            r"|^(?:how are you|how's it going|what's up|nice to meet you|how do you do|how was your day)\b.{0,20}$",
            r"greet|hello|small ?talk|chat",
            True,
        ),
        (
            "thanks",
            r"^(?:ok |okay |great |perfect |alright |oh )*,? ?(?:thanks|thank you|thx|cheers|many thanks"
            r"|much appreciated)(?: (?:so much|a lot|very much|for .{0,20}))?\W*$",
            r"thank|gratitude|grateful|bye|nothing else|no (?:more|further)|ends? the (?:conversation|chat|call)"
            r"|finish|\bdone\b",
            True,
        ),
        (
            "about_the_bot",
            r"\b(?:who|what) are you\b|\bwho (?:made|built|created|programmed) you\b|\bare you (?:a |an )?(?:real"
            r"|human|robot|bot|machine|ai|person|alive)"
            r"|\bwhat(?:'s| is) your (?:name|favou?rite)\b|\bhow old are you\b|\bdo you (?:like|love|have feelings"
            r"|dream)\b|\btell me (?:a joke|something funny)\b",
            r"\bbot\b|robot|assistant|identity|who (?:is|it is|they are) (?:calling|speaking|talking)|\bhuman\b|joke"
            r"|small ?talk|off.?topic|unrelated",
            True,
        ),
        (
            "refusing",
            r"\brather not\b|\bprefer not\b|none of (?:your|ur) (?:business|concern)|\bno comment\b|^skip\b"
            r"|\bwon't (?:say|tell|answer|share|give)"
            r"|(?:don't|do not|not going to|not willing to|not comfortable|wouldn't) (?:want to |like to |feel like "
            r"|wish to )?(?:tell|say|sharing|share|answer|disclos|reveal|giv)"
            r"|(?:it's|that's|is) (?:private|personal|confidential|secret)|\bnot telling\b|\bmind your own\b"
            r"|\banonymous\b|\btoo personal\b|never tells?\b|to myself\b",
            r"refus|declin|(?:not|n't) (?:want|wish|like|willing)|unwilling|prefers? (?:not|to stay)|rather not"
            r"|reject|skip|reluctan|private|anonym|without (?:giving|saying)",
            False,
        ),
    )
)

_WH = re.compile(
    r"^(?:and |but |so |well |ok |okay |hi |hello |sorry |excuse me |, )*(?:what|which|who|whose|whom|where|when|why"
    r"|how)(?:'s|'re|\b)"
)
_AUX = re.compile(
    r"^(?:and |but |so |well |ok |okay |hi |hello |sorry |excuse me |, )*(?:is|are|was|were|do|does|did|can|could"
    r"|will|would|should|may|am|has|have|isn't|aren't|don't|doesn't)"
    r" (?:i|you|we|they|he|she|it|there|this|that|these|those|the|my|your|our|any\w*|some\w*)\b"
)
_REQUEST = re.compile(
    r"\b(?:can|could|may|might|will|would) (?:i|we|you|someone|somebody|it|the|they)\b|\bplease\b|\bi(?:'d"
    r"| would) like\b|\bi (?:want|need)\b|\bis it possible to\b|\bany chance\b"
)
_TAKES_QUESTIONS = re.compile(
    r"\basks? (?:what|when|where|who|why|how|which|whether|if|about|questions?|a question|for (?:information|more"
    r"|details))|\bquestions?\b|wants? to know|wonder|inquir|enquir|curious"
    r"|information (?:about|on)|wants? (?:more )?information|does not (?:understand|know (?:how|what|where|which))"
    r"|confus"
)
_WANTS_SOMETHING = re.compile(
    r"\b(?:wants?|would like|wish\w*|needs?|looking for|looks for|interested|requests?|asks? (?:to|for|the)|tries"
    r"|seeks?|hopes?)\b"
)


def acts(text: str) -> tuple[Act, ...]:
    """The kinds of message that this one is; usually none."""
    plain = " ".join(text.lower().replace("’", "'").split())
    return tuple(act for act in _ACTS if act.said.search(plain))


def is_question(text: str) -> bool:
    """Whether the message asks for information, rather than for something to be done.

    >>> is_question("where do I park?"), is_question("Could you send two towels?"), is_question("Saturn?")
    (True, False, False)
    """
    plain = " ".join(text.lower().replace("’", "'").split())
    last = re.split(r"[.!?;]\s+", plain)[-1]
    if _WH.search(plain) or _WH.search(last):
        return True
    return bool(_AUX.search(last)) and not is_request(plain) and "?" in plain


def is_request(text: str) -> bool:
    """Whether the message asks for something to be done."""
    return bool(_REQUEST.search(text.lower().replace("’", "'")))


def takes_questions(description: str, examples: tuple[str, ...] = ()) -> bool:
    """Whether a choice is about the user asking something."""
    return bool(_TAKES_QUESTIONS.search(description.lower())) or (
        bool(examples) and all(is_question(example) for example in examples)
    )


def wants_something(description: str) -> bool:
    """Whether a choice is about something that the user wants done, which people also put as a question."""
    return bool(_WANTS_SOMETHING.search(description.lower()))


def is_refusal(text: str) -> bool:
    """Whether the user would rather not answer."""
    return any(act.name == "refusing" for act in acts(text))
