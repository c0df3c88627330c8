import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.markup import blocks, markdown_to_html
from intentional_nb.markup.blocks import MOST_CELLS, WINDOW, mended, parser
from tests.markup.reading import read

PIECES = [
    *("a", "b c", "\n", "\n\n", "- ", "* ", "+ ", "1. ", "2", "10) ", "> ", "# ", "##", "```", "```py\n", "~~~"),
    *("  ", "    ", "\t", "|", "| a | b |\n", "|---|---|\n", "---", "===", "***", "**", "~~", "`", "[a](http://b)"),
    *("[a]: http://x\n", "\r\n", "\r", " ", "\\", "<b>", "![x](y)", "\x00", "\u2028", "\x0c", "\x85"),
]
documents = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)

ANSWER = """# Opening hours

We are open **every day** but *Sunday*:

| day | from | to |
|-----|-----:|---:|
| Mon | 9    | 18 |

1. Ring the `bell`
2. Wait

   a little

```python
def ring():

    return "ding"
```
Then [come in](https://example.org).
"""


def shape(text):
    return [(token.type, token.tag, token.content, token.level) for token in parser().parse(text)]


def test_an_answer_is_cut_at_its_paragraphs_tables_lists_and_code():
    starts = [block.split("\n")[0] for block in blocks(ANSWER)]

    assert starts == [
        "# Opening hours",
        "We are open **every day** but *Sunday*:",
        "| day | from | to |",
        "1. Ring the `bell`",
        "```python",
        "Then [come in](https://example.org).",
    ]


def test_no_text_has_no_blocks():
    assert blocks("") == []
    assert "".join(blocks("\n \n")) == "\n \n"


@given(documents)
def test_the_blocks_joined_are_the_text(text):
    assert "".join(blocks(text)) == text


@given(documents)
def test_a_block_means_alone_what_it_means_in_its_place(text):
    assert [item for block in blocks(text) for item in shape(block)] == shape(text)


@given(documents)
def test_the_html_of_the_blocks_is_that_of_the_text(text):
    assert "".join(markdown_to_html(block) for block in blocks(text)) == markdown_to_html(text)


@settings(max_examples=300)
@given(documents, st.data())
def test_what_is_appended_changes_only_the_last_block(text, data):
    beginning = text[: data.draw(st.integers(0, len(text)))]

    final = blocks(beginning)[:-1]

    assert blocks(text)[: len(final)] == final


@pytest.mark.parametrize("at", range(len(ANSWER)))
def test_at_every_character_of_an_answer_all_but_the_last_block_are_final(at):
    final = blocks(ANSWER[:at])[:-1]

    assert blocks(ANSWER)[: len(final)] == final


@pytest.mark.parametrize("delta", [1, 3, 50])
def test_going_on_from_the_last_block_alone_gives_the_same_blocks(delta):
    finished, tail = [], ""

    for at in range(0, len(ANSWER), delta):
        *more, tail = blocks(tail + ANSWER[at : at + delta])
        finished += more

    assert [*finished, tail] == blocks(ANSWER)


def test_a_text_longer_than_the_window_is_cut_like_a_short_one():
    text = "".join(f"paragraph {number}\n\n" for number in range(WINDOW // 10))

    assert len(text) > WINDOW
    assert blocks(text) == [f"paragraph {number}\n\n" for number in range(WINDOW // 10)]


def test_a_block_longer_than_the_window_is_one_with_what_follows():
    text = "first\n\n" + "word " * (WINDOW // 4) + "\n\nlast"

    assert [len(block) for block in blocks(text)] == [7, len(text) - 7]


def test_a_table_that_would_be_filled_up_without_end_is_text():
    columns = MOST_CELLS // 10
    wide = "|a" * columns + "|\n" + "|-" * columns + "|\n" + "|\n" * 20

    assert "table" not in read(markdown_to_html(wide)).tags
    assert "table" in read(markdown_to_html(wide[: -2 * 15])).tags


# ---- texts that still grow


@pytest.mark.parametrize(
    ("begun", "tags"),
    [
        ("| a | b", ["table", "thead", "tr", "th", "th"]),
        ("| a | b |\n|--", ["table", "thead", "tr", "th", "th"]),
        ("see **the bo", ["p", "strong"]),
        ("see **the bold*", ["p", "strong"]),
        ("see **the bold**", ["p", "strong"]),
        ("see *the sl", ["p", "em"]),
        ("see ~~the ol", ["p", "s"]),
        ("run `ls -", ["p", "code"]),
        ("run `ls **", ["p", "code"]),
        ("- one\n- **tw", ["ul", "li", "li", "strong"]),
        ("These:\n-", ["p"]),
        ("These:\n==", ["p"]),
        ("These:\n1.", ["p"]),
        ("2 * 3 and 4 * 5", ["p"]),
        (r"a \*\*b", ["p"]),
    ],
)
def test_what_has_begun_looks_as_it_will(begun, tags):
    assert read(markdown_to_html(begun, is_growing=True)).tags == tags


def test_a_link_that_has_begun_is_its_text():
    for begun in ("see [the menu", "see [the menu](http", "see ![the menu](https://example.org/a"):
        assert read(markdown_to_html(begun, is_growing=True)).text == "see the menu\n"


def test_code_grows_line_by_line_and_its_end_does_not_flash_up():
    code = "```python\nif **x:\n    y = 1\n```"

    shown = [read(markdown_to_html(code[:at], is_growing=True)).text for at in range(len("```python\n"), len(code))]

    assert all("`" not in text and shown[-1].startswith(text.rstrip("\n")) for text in shown)


def test_only_the_last_block_is_mended():
    html = markdown_to_html("an **open end\n\nand **another", is_growing=True)

    assert read(html).tags == ["p", "p", "strong"]
    assert "an **open end" in read(html).text


@pytest.mark.parametrize("block", blocks(ANSWER))
def test_a_block_that_is_finished_looks_the_same_while_it_may_still_grow(block):
    assert markdown_to_html(block, is_growing=True) == markdown_to_html(block)


@given(documents)
def test_mending_makes_nothing_that_is_not_allowed(text):
    assert not read(markdown_to_html(text, is_growing=True)).forbidden


def test_mending_knows_where_the_last_paragraph_begins():
    assert mended("- a **b\n\n  and `c") == "- a **b\n\n  and `c`"
