from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.panels.own_view import LONGEST_CELL, MOST_ROWS, changed_parts, parts_of, table_html

DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
VIEWS = st.dictionaries(st.text(max_size=5), DATA, max_size=5)


@given(VIEWS)
def test_any_plain_data_reaches_the_page_in_one_piece(view):
    parts = parts_of(view)

    assert json.loads(json.dumps(parts, allow_nan=False)) == parts


@given(VIEWS, VIEWS)
def test_what_changed_makes_the_new_view_of_the_old(old, new):
    before, after = parts_of(old), parts_of(new)

    shown = {**before, **changed_parts(before, after)}

    assert {name: shown[f"own_{name}"] for name in shown["names"]} == {
        name: after[f"own_{name}"] for name in after["names"]
    }


def test_a_list_that_grows_later_is_not_the_one_that_was_shown():
    rows = ["a"]
    before = parts_of({"rows": rows})
    rows.append("b")

    assert changed_parts(before, parts_of({"rows": rows})) == {"own_rows": ["a", "b"]}


def test_nothing_hidden_reaches_the_page():
    assert parts_of({"who": ["pay\u200bpal"]})["own_who"] == ["pay[U+200B]pal"]


@pytest.mark.parametrize(
    ("view", "complaint"),
    [
        ([1], r"view\(\) must return a dict, not \[1\]"),
        ({"a": [1, {2}]}, r"view\(\)\['a'\]\[1\] must be text, a number, a list or a dict .* not \{2\}"),
        ({"a": float("nan")}, r"view\(\)\['a'\] must be .* not nan"),
        ({"a": {1: 2}}, r"view\(\)\['a'\] has the key 1: a key must be text"),
    ],
)
def test_what_no_page_can_read_is_named_with_its_place(view, complaint):
    with pytest.raises(TypeError, match=complaint):
        parts_of(view)


def test_a_table_holds_text_and_no_elements():
    html = table_html([("<b>", "<script>", 3)], title="A & B")

    assert "&lt;b&gt;</th>" in html
    assert "&lt;script&gt;</td>" in html
    assert ">3</td>" in html
    assert "A &amp; B" in html


def test_a_row_without_cells_and_a_table_without_rows_are_no_errors():
    assert "Nothing to show yet." in table_html([], title="x")
    assert "<tr></tr>" in table_html([[]], title="x")


def test_a_notebook_keeps_the_end_of_a_long_table_and_the_beginning_of_a_long_text():
    html = table_html([(f"row {n}", "x" * 9_000) for n in range(MOST_ROWS + 5)], title="x")

    assert "5 earlier rows are left out" in html
    assert "row 4<" not in html
    assert "row 5<" in html
    assert len(html) < (LONGEST_CELL + 500) * MOST_ROWS
