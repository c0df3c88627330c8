from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.local.speech.plain_words import blocks

words = st.lists(st.text(string.ascii_letters, min_size=1, max_size=8), min_size=1, max_size=8).map(" ".join)


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("**bold** and __bold__ and ***both***", "bold and bold and both"),
        ("*soft*, _soft_ and ~~gone~~", "soft, soft and gone"),
        ("2 * 3 * 4 in snake_case_names", "2 * 3 * 4 in snake_case_names"),
        ("`code` and ``more `code` ``", "code and more `code`"),
        ('[our page](https://a.b/c "title") ![a cat](cat.png)', "our page a cat"),
        ("see https://www.example.com/a/b?c=d#e.", "see example.com."),
        ("(at http://example.com/x) or <https://a.org/b>", "(at example.com) or a.org"),
        ("write to <mailto:a@b.org>", "write to a@b.org"),
        ("line<br/>break, <b>bold</b>, x<y and a>b", "line break, bold, x<y and a>b"),
        ("fish &amp; chips", "fish & chips"),
        (r"\*not soft\* but a C:\path", r"*not soft* but a C:\path"),
        ("Hi 👋🏽 there 👨‍👩‍👧! 5 ⭐️", "Hi there! 5"),
        ("20 °C costs ½ €, © us, a → b", "20 °C costs ½ €, © us, a → b"),
    ],
)
def test_marks_go_and_words_stay(markdown, plain):
    assert blocks(markdown) == [plain]


def test_blocks_are_kept_apart_and_broken_lines_joined():
    text = "# Title\nfirst\nline\n\n> said\n* one\n- [x] two\n  and more\n3. three\n---\n\nlast"

    assert blocks(text) == ["Title", "first line", "said", "one", "two and more", "3. three", "last"]


def test_tables_are_read_row_by_row():
    assert blocks("| day | from |\n|-----|:----:|\n| Monday | 10:00 |") == ["day, from", "Monday, 10:00"]


def test_fences_go_and_what_is_between_them_stays():
    assert blocks("So:\n```python\nprint(1)\n```\ndone") == ["So:", "print(1)", "done"]


def test_pictures_alone_are_nothing():
    assert blocks("🎉\n\n***\n\n") == []


@given(
    st.lists(words, max_size=5), st.sampled_from(["{}", "**{}**", "- {}", "# {}", "`{}`", "[{}](x)", "> {}", "{} 🎉"])
)
def test_words_survive_every_mark(paragraphs, mark):
    assert blocks("\n\n".join(map(mark.format, paragraphs))) == paragraphs


@given(st.text(max_size=200))
def test_any_text_has_an_end(text):
    assert all(block and block == " ".join(block.split()) for block in blocks(text))
