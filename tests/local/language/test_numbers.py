from __future__ import annotations

import pytest

from intentional_nb.local.language.numbers import find_numbers, ordinal


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("32", [32]),
        ("I'm forty-one.", [41]),
        ("two hundred and five", [205]),
        ("one thousand two hundred", [1200]),
        ("1,500 euros", [1500]),
        ("3.5 kg", [3.5]),
        ("-4 degrees", [-4]),
        ("a dozen eggs", [12]),
        ("five, six", [5, 6]),
        ("I'm Marco, 32, from Milan", [32]),
        ("room B12", []),
        ("1" * 40, []),
        ("", []),
    ],
)
def test_numbers_are_found_in_digits_and_words(text, values):
    assert [found.value for found in find_numbers(text)] == values


def test_a_number_tells_where_it_stands():
    found = find_numbers("about twenty two people")[0]

    assert (found.start, found.end) == (6, 16)


@pytest.mark.parametrize(("word", "rank"), [("third", 3), ("21st", 21), ("twenty-first", 21), ("thirtieth", 30)])
def test_ordinals_have_a_rank(word, rank):
    assert ordinal(word) == rank


def test_other_words_have_no_rank():
    assert ordinal("house") is None
    assert ordinal("") is None
