from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.errors import ServerError
from intentional_nb.local.language import wordpiece
from intentional_nb.local.language.wordpiece import VOCABULARY_SHA256, WordPiece, split

VOCABULARY = WordPiece.shipped()


def test_the_vocabulary_is_the_published_one():
    raw = files("intentional_nb.local.language").joinpath("wordpiece.txt").read_bytes()

    assert hashlib.sha256(raw).hexdigest() == VOCABULARY_SHA256
    assert len(VOCABULARY.ids) == 30522


def test_another_vocabulary_is_not_used(monkeypatch):
    monkeypatch.setattr(wordpiece, "VOCABULARY_SHA256", "0" * 64)

    with pytest.raises(ServerError, match="expected 000"):
        WordPiece.shipped()


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Hello, world!", [101, 7592, 1010, 2088, 999, 102]),
        ("Déjà vu", [101, 2139, 3900, 24728, 102]),
        ("unaffable", [101, 14477, 20961, 3468, 102]),
        ("", [101, 102]),
    ],
)
def test_texts_get_the_numbers_that_the_model_was_trained_with(text, tokens):
    assert VOCABULARY.encode(text) == tokens


def test_a_long_text_is_cut():
    assert len(VOCABULARY.encode("word " * 500)) == 128


def test_a_word_that_is_too_long_is_unknown():
    assert VOCABULARY.pieces("a" * 101) == ["[UNK]"]


@cache
def reference():
    tokenizers = pytest.importorskip("tokenizers")
    return tokenizers.BertWordPieceTokenizer(VOCABULARY.ids, lowercase=True)


# Letters that every version of Unicode agrees on, and some that are words by themselves.
letters = st.characters(max_codepoint=0x4FF, exclude_categories=["Cn", "Cs", "Co"]) | st.sampled_from(
    "你好、。「世界」€…“”–"
)


@settings(deadline=None)
@given(st.text(letters, max_size=30))
def test_it_cuts_as_the_reference_does(text):
    ours = [piece for word in split(text) for piece in VOCABULARY.pieces(word)]

    assert ours == reference().encode(text, add_special_tokens=False).tokens
