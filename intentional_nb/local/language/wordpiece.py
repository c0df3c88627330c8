"""Text to token numbers, as BERT's uncased models count them.

First the text is cleaned, lower-cased and cut at spaces and punctuation (`split`), then each word is cut into the
longest pieces that the vocabulary knows (`WordPiece.pieces`). Written here because the vocabulary is one text file
and the rule is short; the package that does the same brings a hub client along.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator
from importlib.resources import files

from intentional_nb.errors import ServerError

__all__ = ["VOCABULARY_SHA256", "WordPiece", "split"]

VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
"""Of ``wordpiece.txt``: 30522 lines, the line number is the token number."""

LONGEST_WORD = 100
"""Characters; longer words are unknown to the model."""

# Ranges that Unicode calls CJK ideographs: each is a word of its own.
_IDEOGRAPHS = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


def split(text: str) -> list[str]:
    """Lower-cased words without accents; every punctuation mark and ideograph stands alone.

    >>> split("Déjà vu, again?")
    ['deja', 'vu', ',', 'again', '?']
    """
    spaced = "".join(_cleaned(text))
    plain = unicodedata.normalize("NFD", spaced)
    # Character by character: a final sigma must not depend on what follows it.
    plain = "".join(char.lower() for char in plain if unicodedata.category(char) != "Mn")
    return "".join(f" {char} " if _is_punctuation(char) else char for char in plain).split()


def _cleaned(text: str) -> Iterator[str]:
    for char in text:
        if char in "\t\n\r":
            yield " "
        elif char in "\0\ufffd" or unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs"):
            continue
        elif char.isspace():
            yield " "
        elif any(low <= ord(char) <= high for low, high in _IDEOGRAPHS):
            yield f" {char} "
        else:
            yield char


def _is_punctuation(char: str) -> bool:
    # ASCII symbols such as $ and + count as punctuation for this vocabulary, though not for Unicode.
    return (char.isascii() and char.isprintable() and not char.isalnum() and char != " ") or (
        unicodedata.category(char).startswith("P")
    )


class WordPiece:
    """The vocabulary, and how words are cut into it."""

    def __init__(self, vocabulary: list[str]) -> None:
        self.ids = {piece: number for number, piece in enumerate(vocabulary)}

    @classmethod
    def shipped(cls) -> WordPiece:
        """The vocabulary in this package.

        Raises:
            ServerError: The file is not the one that the model was trained with.
        """
        raw = files(__package__).joinpath("wordpiece.txt").read_bytes()
        found = hashlib.sha256(raw).hexdigest()
        if found != VOCABULARY_SHA256:
            raise ServerError(f"wordpiece.txt has sha256 {found}, expected {VOCABULARY_SHA256}")
        return cls(raw.decode("utf-8").splitlines())

    def encode(self, text: str, *, limit: int = 128) -> list[int]:
        """Token numbers between [CLS] and [SEP], at most ``limit`` of them in all."""
        unknown = self.ids["[UNK]"]
        tokens = [self.ids.get(piece, unknown) for word in split(text) for piece in self.pieces(word)]
        return [self.ids["[CLS]"], *tokens[: limit - 2], self.ids["[SEP]"]]

    def pieces(self, word: str) -> list[str]:
        """The longest known piece from the left, again and again; ``[UNK]`` when any rest is unknown."""
        if len(word) > LONGEST_WORD:
            return ["[UNK]"]
        found: list[str] = []
        start = 0
        while start < len(word):
            mark = "##" if start else ""
            ends = range(len(word), start, -1)
            end = next((end for end in ends if mark + word[start:end] in self.ids), None)
            if end is None:
                return ["[UNK]"]
            found.append(mark + word[start:end])
            start = end
        return found
