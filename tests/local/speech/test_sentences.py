from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.local.speech.sentences import LONGEST, sentences

plain = st.lists(
    st.text(string.ascii_letters + string.digits + ",.:;!?'\"", min_size=1, max_size=12), min_size=1, max_size=90
).map(" ".join)


def letters(text):
    """The words of a text without marks, and without those that are nothing else."""
    return list(filter(None, ("".join(filter(str.isalnum, word)) for word in text.split())))


@pytest.mark.parametrize(
    "pieces",
    [
        ["Hello there.", "How are you?", "Fine!"],
        ["Dr. Rossi and Mrs. St. John live on 5 Main St. there, i.e. e.g. here."],
        ["It costs $3.50 at 10:00.", "Is that OK?"],
        ["At 5 p.m. we eat.", "At 6 p.m.", "We drink."],
        ["I see… maybe.", "Well... no.", "Hm…", "Yes."],
        ["J. K. Rowling wrote it.", "It is I.", "You know."],
        ["Really?!", "Yes!!!", "OK"],
        ['He said "Stop!" and left.', '"Why?" she asked.', '"Go."', "(Really.)", "Yes."],
        ["No. 5 is alive.", "The answer is no.", "See p. 7 or fig. 3."],
        ["The U.S. is big.", "Version 2.0.1 is out.", "Mail a.b@c.org now."],
        ["日本語です。", "はい。"],
        ["no end at all"],
    ],
)
def test_a_text_is_cut_at_the_ends_of_its_sentences(pieces):
    assert sentences(" ".join(pieces)) == pieces


def test_items_of_a_list_are_sentences():
    assert sentences("Bring:\n\n1. Milk\n2. Bread. And butter.") == ["Bring:", "1. Milk", "2. Bread.", "And butter."]


def test_what_has_no_words_is_not_spoken():
    assert sentences("") == sentences("...") == sentences("👍 *** —") == []
    assert sentences("Yes. 👍 No!") == ["Yes.", "No!"]


def test_very_long_sentences_are_cut_at_commas():
    text = "a house with a garden, " * 20 + "and a dog."

    found = sentences(text)

    assert len(found) == 2
    assert all(piece.endswith(("garden,", "dog.")) for piece in found)


def test_long_sentences_without_commas_are_cut_at_blanks_and_endless_words_not_at_all():
    assert max(map(len, sentences("word " * 200))) <= LONGEST
    assert sentences("x" * 1000) == ["x" * 1000]


@given(plain)
def test_no_word_is_lost_or_moved(text):
    assert letters(" ".join(sentences(text))) == letters(text)


@given(plain)
def test_every_sentence_can_be_said_in_one_breath(text):
    assert all(len(sentence) <= LONGEST for sentence in sentences(text))


@given(plain)
def test_a_sentence_is_a_sentence(text):
    for sentence in sentences(text):
        assert " ".join(sentences(sentence)) == sentence
