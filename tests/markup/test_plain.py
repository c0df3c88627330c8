import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.markup import escape, visible
from tests.markup.reading import read

any_text = st.text(st.characters(exclude_categories=[]), max_size=60)
tricky = st.text(
    st.sampled_from(
        "a1\u202e\u200b\u200c\u200d\ufe0f\u0645\u0915\u4e00\r\n\t "
        "\U0001f469\U0001f680\U0001f3fd\U0001f3f4\U000e0067\U000e007f"
    ),
    max_size=12,
)


@pytest.mark.parametrize(
    ("hidden", "number"),
    [
        ("\u202e", "202E"),
        ("\u2066", "2066"),
        ("\u200f", "200F"),
        ("\u200b", "200B"),
        ("\u2060", "2060"),
        ("\ufeff", "FEFF"),
        ("\u00ad", "00AD"),
        ("\u3164", "3164"),
        ("\u2800", "2800"),
        ("\u2028", "2028"),
        ("\x00", "0000"),
        ("\x1b", "001B"),
        ("\x7f", "007F"),
        ("\x85", "0085"),
        ("\ud800", "D800"),
        ("\uffff", "FFFF"),
        ("\U000e0041", "E0041"),
        ("\U000e0101", "E0101"),
    ],
)
def test_what_hides_is_shown_by_its_number(hidden, number):
    assert visible(f"pay{hidden}pal") == f"pay[U+{number}]pal"


@pytest.mark.parametrize(
    "text",
    [
        "plain, tab\tand\nlines",
        "no\xa0break",
        "\U0001f469\U0001f3fd\u200d\U0001f680 astronaut",
        "\u2764\ufe0f\u200d\U0001f525 heart on fire",
        "1\ufe0f\u20e3 keycap, \u2122\ufe0f",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f Scotland",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian
        "\u0915\u094d\u200d\u0937 \u0d7a",  # Devanagari
        "\u845b\U000e0100\u57ce",  # a variant of an ideograph
        "e\u0301 \u05e9\u05dc\u05d5\u05dd \u65e5\u672c\u8a9e",
    ],
)
def test_what_belongs_where_it_stands_stays(text):
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u200db", "a[U+200D]b"),
        ("\U0001f469\u200d\u200d\U0001f680", "\U0001f469[U+200D][U+200D]\U0001f680"),
        ("\U0001f600\ufe0f\ufe0f", "\U0001f600\ufe0f[U+FE0F]"),
        ("\u0645\u200c\u200c\u0645", "\u0645[U+200C][U+200C]\u0645"),
        ("\U0001f3f4\U000e0067", "\U0001f3f4[U+E0067]"),
        ("a\ufe0f", "a[U+FE0F]"),
    ],
)
def test_what_would_belong_elsewhere_is_shown(text, shown):
    assert visible(text) == shown


def test_every_line_end_becomes_a_newline():
    assert visible("a\r\nb\rc\nd") == "a\nb\nc\nd"


@given(any_text | tricky)
def test_a_second_look_finds_nothing_more(text):
    assert visible(visible(text)) == visible(text)


@given(any_text | tricky)
def test_the_result_can_be_encoded_and_holds_no_control(text):
    shown = visible(text)

    assert shown.encode().decode() == shown
    assert all(unicodedata.category(char) != "Cc" or char in "\t\n" for char in shown)
    assert not set(shown) & set("\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


@given(any_text.filter(lambda text: "\r" not in text))
def test_escaped_text_reads_back_as_itself(text):
    page = read(f"<p>{escape(text)}</p>")

    assert page.tags == ["p"]
    assert page.text == "".join("\ufffd" if char == "\x00" or "\ud800" <= char <= "\udfff" else char for char in text)


@given(any_text)
def test_escaped_text_stays_in_its_attribute(text):
    page = read(f'<a title="{escape(text)}">x</a>')

    assert (page.tags, page.text) == (["a"], "x")
