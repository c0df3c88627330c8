"""Where a text is cut to be spoken: at the ends of sentences, and very long ones at commas.

Sentence by sentence, so that the first is heard while the second is made.
"""

from __future__ import annotations

import re

from intentional_nb.local.speech.plain_words import blocks

__all__ = ["LONGEST", "sentences"]

LONGEST = 240
"""Characters in one breath; about 15 s."""

_END = re.compile(r"([.!?…]+|[。！？])[\"”’')\]]*(?:\s+|$)|(?<=[。！？])")
_ABBREVIATIONS = """
mr mrs ms dr prof st mt gen gov sen rep capt lt col sgt rev hon dept jan feb apr jun jul aug sep sept oct nov dec
e.g i.e eg ie cf vs approx fig vol nos al
"""
_NEVER_LAST = frozenset(_ABBREVIATIONS.split())
"""What comes next belongs to them."""
_NUMBERED = frozenset(["no", "p", "pp", "ch", "art"])
"""What comes next belongs to them if it is a number."""
_INITIAL = re.compile(r"(?:^|[\s(\"“])[A-HJ-Z]\.$")
_LIST_NUMBER = re.compile(r"^\d{1,3}\.$")
_BREATH = re.compile(r"(?<=[,;:—–)])\s+")


def sentences(text: str) -> list[str]:
    """The sentences of a text as they are to be spoken and shown as spoken: Markdown and emoji are gone.

    Args:
        text: Markdown or plain text, of any length.

    Returns:
        In order; each has a letter or a digit in it, and `LONGEST` characters at most if it has a blank to be cut at.

    >>> sentences("Dr. Rossi is in at **10:00**, i.e. now! Shall I ask? 🙂")
    ['Dr. Rossi is in at 10:00, i.e. now!', 'Shall I ask?']
    """
    found = [piece for block in blocks(text) for sentence in _split(block) for piece in _breaths(sentence)]
    return [piece for piece in found if any(map(str.isalnum, piece))]


def _split(block: str) -> list[str]:
    found, start = [], 0
    for end in _END.finditer(block):
        if end.end() > start and _is_end(block[start : end.end()].rstrip(), block[end.end() :]):
            found.append(block[start : end.end()].strip())
            start = end.end()
    rest = block[start:].strip()
    return [*found, rest] if rest else found


def _is_end(sentence: str, following: str) -> bool:
    if not following:
        return True
    if following[0].islower():
        return False
    closed = sentence.rstrip("\"”’')]")
    if not closed.endswith(".") or closed.endswith(".."):
        return True
    word = closed.split()[-1].lstrip("(\"“‘'[").rstrip(".").lower()
    if word in _NEVER_LAST or (word in _NUMBERED and following[0].isdigit()):
        return False
    return not (_INITIAL.search(closed) or _LIST_NUMBER.match(closed))


def _breaths(sentence: str) -> list[str]:
    """A very long sentence in pieces: at the last comma that is far enough, else at the last blank."""
    pieces = []
    while len(sentence) > LONGEST:
        commas = [mark.end() for mark in _BREATH.finditer(sentence, 0, LONGEST) if mark.end() > LONGEST // 3]
        cut = commas[-1] if commas else sentence.rfind(" ", 1, LONGEST + 1)
        if cut <= 0:
            break
        pieces.append(sentence[:cut].strip())
        sentence = sentence[cut:].strip()
    return [*pieces, sentence]
