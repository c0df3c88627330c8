"""Whether a sentence says yes or no, and whether it is pleased or not.

Sentence embeddings place "it works" and "it doesn't work" side by side, so the sign of a sentence is read from its
words: a small table of words that carry one, flipped by negations in front of them.
"""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["bare_answer", "leading_answer", "plain_words", "polarity"]

_YES = """yes yeah yep yup yea aye sure ok okay okey alright absolutely definitely certainly indeed exactly precisely
correct affirmative agreed totally gladly"""
_NO = "no nope nah negative"

_GOOD = """accept accepts accepted accurate agree agrees agreed approve approves available confirm confirms confirmed
enjoy enjoyed enjoys excellent fantastic fast favourable fine fixed free gladly good great happy helped helpful helps
help ideal interested keen like liked likes love loved lovely nice perfect pleasant pleased positive ready right
safe satisfied solved succeeded success successful successfully super true valid well willing wonderful work
worked working works worth yes convinced finished complete completed delighted amazing awesome brilliant
impressed smooth smoothly suits fits continue possible able"""
_BAD = """angry annoyed awful bad badly broke broken cancel cancelled cancels complain complains complaint complaints
crash crashed crashes damaged dead decline declined declines defective deny denies dirty disagree disagrees
disappointed disappointing disaster dislike dislikes dissatisfied error errors fail failed failing fails failure
false faulty frustrated hate hated horrible impossible inaccurate incorrect invalid issue issues mistake
mistakes negative objects object poor problem problems refuse refused refuses reject rejected rejects rude sad
slow stuck stop stops terrible trouble unable unacceptable unavailable unfortunately unhappy unsatisfied
unsuccessful unwilling upset useless withdraw withdraws worse worst wrong afraid quit delayed nothing nobody
nowhere"""

_VALUES: dict[str, float] = {
    **dict.fromkeys(_GOOD.split(), 0.7),
    **dict.fromkeys(_BAD.split(), -0.7),
    **dict.fromkeys(_YES.split(), 1.0),
    **dict.fromkeys(_NO.split(), -1.0),
}

_NEGATIONS_TEXT = """
not no never without neither nor hardly cannot don't without nobody none
"""
_NEGATIONS = frozenset(_NEGATIONS_TEXT.split())
_REACH = 4
"""Words after a negation that it may flip."""

# Idioms whose words would add up to something else: (pattern, what to read instead).
_IDIOMS = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"\b(no|not a|without any?) (problem|trouble|worries|doubt|issue)s?\b", " yes "),
        (r"\b(why not|by all means|go ahead|go on|sounds good|works for me|fine by me|i'm in|count me in)\b", " yes "),
        (
            r"\b(of course|that's me|spot on|you got it|all set|let's go|let's do (it|this)|fire away)\b(?! not)",
            " yes ",
        ),
        (r"\b(please do|i do|i am|i can|i did|i have|it is|it does|it did|that's it)(?=\s*[.,!]|\s*$)", " yes "),
        (r"\b(of course not|no way|not really|not quite|not exactly|not at all|no thanks?|no thank you)\b", " no "),
        (r"\b(rather|prefer) not( to)?\b", " no "),
        (r"\b(none|any) of your (business|concern)\b", " no "),
        (r"\b(not only|no matter|not just|no later|if not|whether or not|or not|no more than)\b", " "),
        (r"\b(right|free) (now|away|after|before|trial|of charge|of)\b", " "),
        (r"\b(help|stop) (me|you)\b", " "),
        (r"\b(would|i'd|'d|you|looks?|feels?|sounds?|something|what's it|it) like\b", " "),
        (r"\b(as well|well,|how well|good (morning|afternoon|evening|day|night))", " "),
        (r"\b(decided|advise|vote|am|are|is) against\b", " no "),
        (r"\bleave (me|us) alone\b", " no "),
        (r"\bno longer\b", " not "),
        (r"\b(not|never) (mind|bothered)\b", " no "),
        (r"\bnot bad\b", " good "),
        (
            r"\b(nothing|no objections?|not anything|nobody has anything) (against|wrong|to (add|correct|change"
            r"|complain))\b",
            " yes ",
        ),
        (r"\b(to|can|could|must|should|let me|please) correct\b", " wrong "),  # the verb, not "that is correct"
        (r"\b(no|without) (changes|corrections|complaints|objections|errors|mistakes|problems)\b", " yes "),
        (r"\bno\.? ?\d+\b", " "),
        (
            r"\b(too|so) (expensive|late|long|young|far|much|slow|small|big|high|hard|difficult|complicated|noisy|loud"
            r"|busy)\b",
            " bad ",
        ),
    )
)

_CONTRACTION = re.compile(r"\b(\w+)n't\b|\b(can)not\b|\b(wo)n't\b")
_WORD = re.compile(r"[a-z']+|[.,;:!?]")
_BARE_YES = re.compile(
    r"^(oh |well |um |hm+ |ah )?(yes|yeah|yep|yup|yea|aye|sure( thing)?|ok(ay)?|alright|all right|absolutely"
    r"|definitely|certainly"
    r"|indeed|exactly|precisely|correct|right|of course|affirmative|agreed|go ahead|please do|sounds good|perfect|fine"
    r"|great|deal|by all means|true|why not|i do|i am|i can|i will|i did|i would|i have|it is|it does|it did|they are"
    r"|that's (right|correct|true|fine|it|me|ok|okay|good)|that is (right|correct|true|fine|ok)|y|yess+|no problem)"
    r"(,? (yes|yeah|please|sure|of course|thanks|thank you|i do|i am|i can|it is|that's right|go ahead|absolutely"
    r"|definitely|let's do it|let's go|indeed|correct|that's correct|ok|okay|exactly|i have|i did|i will|i would"
    r"|we do|we are|we can|we have))*$"
)
_BARE_NO = re.compile(
    r"^(?:(?:oh|well|um|hm+|ah|sorry|unfortunately|sadly|i'm afraid|absolutely|certainly|definitely),? )*(no|not|nope"
    r"|nah|negative|not really|not at all|of course not|no way|never|not (now|yet"
    r"|today"
    r"|quite|exactly|anymore)|i don't( think so)?|i do not|i'm not|i am not|i can't|i cannot|i won't|i didn't|i haven't"
    r"|it (isn't|is not|doesn't|didn't|hasn't)|that's (wrong|incorrect|not right|not true)|wrong|incorrect|false|n|nay"
    r"|no thanks|no thank you|i'm afraid not)"
    r"(,? (no|thanks|thank you|sorry|not really|i don't|i can't|i'm not|it isn't|it doesn't|i do not|not at all"
    r"|i didn't"
    r"|it didn't|please|i'm afraid|absolutely not|not yet|i don't think so))*$"
)


def plain_words(text: str) -> str:
    """Lower case, straight apostrophes, single spaces."""
    return " ".join(text.replace("’", "'").replace("‘", "'").lower().split())


def bare_answer(text: str) -> int:
    """1 when the text is a yes and nothing else, -1 when it is a no and nothing else, 0 otherwise.

    >>> bare_answer("Yes, please!"), bare_answer("Not really."), bare_answer("Yes, on Monday")
    (1, -1, 0)
    """
    said = plain_words(text)
    if re.search(r"[^\W_a-z]", said):
        return 0  # a number, or letters of another alphabet: "I am 36" says more than "I am"
    plain = re.sub(r"[^a-z', ]+", "", said).strip(" ,")
    plain = re.sub(r"\s*,\s*", ", ", plain)
    if _BARE_YES.match(plain):
        return 1
    return -1 if _BARE_NO.match(plain) else 0


def leading_answer(text: str) -> int:
    """1 when the text begins with a yes, -1 when with a no, whatever follows; 0 otherwise.

    >>> leading_answer("No, I'm working that day"), leading_answer("No problem")
    (-1, 0)
    """
    plain = plain_words(text)
    for pattern, _ in _IDIOMS[:1]:
        if pattern.match(plain):
            return 0
    if re.match(r"(?:yes|yeah|yep|yup|sure|of course|certainly|absolutely)\b(?! not)", plain):
        return 1
    return (
        -1
        if re.match(r"(?:no|nope|nah|sorry,? no)\b(?=\s*[,.!;-]|\s+(?:i|we|it|that|they|he|she|you|thank)\b)", plain)
        else 0
    )


@lru_cache(maxsize=4096)
def polarity(text: str) -> float:
    """From -1 (no, displeased) over 0 (neither, or cannot be told) to 1 (yes, pleased).

    What follows a "but" counts twice: people end on what they mean.

    >>> polarity("that isn't correct") < 0 < polarity("no mistakes there")
    True
    """
    plain = plain_words(text)
    for pattern, instead in _IDIOMS:
        plain = pattern.sub(instead, plain)
    plain = _CONTRACTION.sub(lambda found: f"{found[1] or found[2] or 'will'} not", plain)
    total = sum((2 if part else 1) * _value(clause) for part, clause in enumerate(re.split(r"\bbut\b", plain)))
    return max(-1.0, min(1.0, total))


def _value(clause: str) -> float:
    total, negated = 0.0, 0
    for word in _WORD.findall(clause):
        if word in ".,;:!?":
            total += -0.5 if negated else 0.0
            negated = 0
        elif word in _VALUES and word not in ("no", "negative"):
            total += -_VALUES[word] if negated else _VALUES[word]
            negated = 0
        elif word in _NEGATIONS:
            total += -0.5 if negated else 0.0
            negated = _REACH
        elif negated:
            negated -= 1
            total += 0.0 if negated else -0.5
    return total + (-0.7 if negated else 0.0)
