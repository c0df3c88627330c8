"""Names, places and free text found in sentences, as a tool's argument wants them."""

from __future__ import annotations

import re

from intentional_nb.local.language.acts import acts
from intentional_nb.local.language.kinds import called, is_made_of_names, stranger_words

__all__ = ["bare_text", "find_name", "find_place", "find_text", "is_bare_answer", "join"]

_LINK = r"(?:de|del|della|di|da|la|le|el|los|las|san|santa|saint|st|sur|am|an|der|von|van|of|the|on|upon)"
_PLACE = re.compile(rf"(?:[A-Z][\w'’.-]*)(?:[ -](?:(?:{_LINK}[ -])*[A-Z][\w'’-]*))*")
_PREPOSITION = (
    r"\b(?:in|from|near|at|to|around|outside|for|live in|based in|downtown|visit|visiting"
    r"|reach)\s+(?:the (?:city|town|village) of |downtown |central |the )?"
)
_LOWER = r"\b(?:in|from|near|weather (?:for|at))\s+(?:the (?:city|town|village) of |downtown |central )?"
_NOT_A_PLACE = re.compile(
    r"^(?:I|I'm|I'll|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|January|February|March|April|May|June"
    r"|July|August"
    r"|September|October|November|December|My|The|A|An|In|It|It's|We|Yes|No|Sure|Ok|Okay|Hi|Hello|Please)$"
)
_OPENERS = re.compile(
    r"^(?:(?:yes|yeah|no|well|sure|ok|okay|oh|um+|hi|hello|hey|please|actually|sorry|so)\b[,.! ]*)+", re.IGNORECASE
)
_FILLER = re.compile(
    r"^(?:it's|it is|that's|i(?:'d| would) (?:say|like)|i(?:'ll| will) (?:have|take)|i want|give me|make it|maybe"
    r"|just|about|because of|because)\s+",
    re.IGNORECASE,
)


def find_name(text: str) -> str | None:
    """The person's name that the text tells: "Hi, I'm marco" -> "Marco"."""
    said = called(text.replace("’", "'").strip())
    if said is None:
        return None
    words = re.split(
        r"[,;!?]|\.\s|\s+(?:and|but|from|for|by|with|please|here|who|because|i)\b", said, flags=re.IGNORECASE
    )[0]
    names = [word.strip(".!") for word in words.split()][:5]
    if not names:
        return None
    return " ".join(name[0].upper() + name[1:] if name.islower() else name for name in names)


def find_place(text: str, before: str = _PREPOSITION) -> str | None:
    """The place that the text names: "I live in New York now" -> "New York".

    Args:
        text: What the user said.
        before: Pattern of what stands in front of it; a short text may also be the place and nothing else.
    """
    plain = text.replace("’", "'").strip()
    first = re.split(r",|\bin\b", bare_text(plain))[0].strip()
    if before == _PREPOSITION and first and "?" not in plain and is_made_of_names(first):
        return _capitalised(first)
    rests = [plain[match.end() :] for match in re.finditer(before, plain, re.IGNORECASE)]
    for rest in rests:
        written = _PLACE.match(rest)
        if written and not _NOT_A_PLACE.match(written[0].split()[0]):
            return written[0].rstrip(".")
    # Whoever writes without capitals: "to fly" must not become a place, so fewer prepositions count.
    rests = [plain[match.end() :] for match in re.finditer(_LOWER if before == _PREPOSITION else before, plain)]
    return next((place for rest in rests if (place := _lower_case_place(rest))), None)


def _lower_case_place(rest: str) -> str | None:
    words: list[str] = []
    for word in re.findall(r"[^\W\d_][\w'-]*|[,.;!?]", rest)[:4]:
        if not stranger_words(word):
            break
        words.append(word)
    return _capitalised(" ".join(words)) if words else None


def _capitalised(words: str) -> str:
    return " ".join(word[0].upper() + word[1:] if word.islower() else word for word in words.split())


def find_text(text: str, name: str) -> str | None:
    """Free text for a parameter: what is quoted, or what follows the words that announce it.

    >>> find_text("Remind me to buy milk", "task"), find_text('Note: "call Ada"', "note")
    ('buy milk', 'call Ada')
    """
    if quoted := re.search(r"[\"“]([^\"”]+)[\"”]", text):
        return quoted[1].strip()
    plain = text.replace("’", "'").strip().rstrip(".!?")
    if re.search(r"expression|formula|equation", name):
        sum_said = re.search(
            r"\b(?:what is|what's|calculate|compute|evaluate|how much is)\s+(.+)$", plain, re.IGNORECASE
        )
        return sum_said[1] if sum_said else None
    spoken = re.escape(name.replace("_", " "))
    for pattern in (
        rf"\b{spoken}\s*(?:is|are|:|=|should be|would be)\s+(.+)$",
        r"\b(?:search for|search|look up|look for|google|find(?: me)?|remind me (?:to|about)|tell me about|called"
        r"|titled|named|saying|says|to say|about|regarding|because)\s+(?:the |a |an )?(.+)$",
        r"\b(?:add|note|write(?: down)?|remember|translate|summari[sz]e|order|buy|play|create|send|post|open"
        r"|book)\s+(?:that |me |a |an |the |us )?(.+?)(?: (?:to|into|in|on|from) (?:my|the|a|your|our)\b.*)?$",
    ):
        if found := re.search(pattern, plain, re.IGNORECASE):
            return found[1].strip(" :\"'") or None
    return None


def bare_text(text: str) -> str:
    """An answer without its opening words: "Well, it's about my dog." -> "about my dog"."""
    plain = _OPENERS.sub("", text.replace("’", "'").strip()).strip()
    return _FILLER.sub("", plain).rstrip(".!").strip()


def is_bare_answer(text: str) -> bool:
    """Whether the text can be the answer to a question and nothing else."""
    return (
        bool(text) and "?" not in text and not any(act.settles_nothing or act.name == "refusing" for act in acts(text))
    )


def join(items: list[str], last: str = "and") -> str:
    """Items as people list them.

    >>> join(["tea", "milk", "a cup"])
    'tea, milk and a cup'
    """
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"
