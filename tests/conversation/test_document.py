from __future__ import annotations

import datetime

import pytest

from intentional_nb.conversation.document import Document, Entry, from_data, from_yaml


def codes(document: Document) -> list[tuple[str, int | None]]:
    return [(problem.code, problem.line) for problem in document.problems]


def plain(text: str) -> object:
    document = from_yaml(text)
    assert not document.problems
    assert document.root is not None
    return document.root.plain()


def test_a_value_knows_the_line_of_its_key_and_an_item_its_own():
    document = from_yaml("one: 1\ntwo:\n  - a\n  - b\nthree: |\n  long\n  text\n")

    root = document.root.value
    assert [root[key].line for key in ("one", "two", "three")] == [1, 2, 5]
    assert [item.line for item in root["two"].value] == [3, 4]


def test_scalars_have_their_meaning_and_are_remembered_as_written():
    document = from_yaml("yes: no\nn: 017\nday: 2026-11-23\n")

    root = document.root.value
    assert root["yes"] == Entry(False, 1, "no")
    assert (root["n"].value, root["n"].text) == (15, "017")
    assert root["day"].value == datetime.date(2026, 11, 23)


@pytest.mark.parametrize("scalar", ["2026-99-99", "=", "1:99:99:99", "0x", "9" * 5000])
def test_what_only_looks_like_a_number_or_a_date_does_not_stop_the_reader(scalar):
    document = from_yaml(f"a: {scalar}\n")

    assert document.root.value["a"].text == scalar
    assert not document.problems


def test_anchors_and_merge_keys_work():
    text = """
    base: &base {a: 1, b: 2}
    more: &more {b: 3, c: 4}
    one: {<<: *base, b: 9}
    two: {<<: [*base, *more]}
    same: *base
    """

    assert plain(text) == {
        "base": {"a": 1, "b": 2},
        "more": {"b": 3, "c": 4},
        "one": {"a": 1, "b": 9},
        "two": {"a": 1, "b": 2, "c": 4},
        "same": {"a": 1, "b": 2},
    }


def test_a_key_that_appears_twice_is_told_with_both_lines():
    document = from_yaml("a: 1\nb: 2\na: 3\n")

    assert codes(document) == [("duplicate-key", 3)]
    assert "first on line 1" in document.problems[0].message


def test_a_key_that_overrides_a_merged_one_is_no_duplicate():
    assert codes(from_yaml("x: &x {a: 1}\ny: {a: 2, <<: *x}\n")) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: b: c\n", 1),
        ("a: 1\n  b: 2\n", 2),
        ("a:\n\t- b\n", 2),
        ("a: [1, 2\n", 2),
        ("a: *missing\n", 1),
        ("a: 'open\n", 2),
        ("a: 1\n---\nb: 2\n", 2),
        ("a: 1\nb: \x07\n", 2),
        ("a: &x [*x]\nb: 2\n", None),
        ('a: "\\UFFFFFFFF"\n', None),
        ("a: !!python/object/apply:os.getcwd []\n", 1),
        ("a: !mine b\n", 1),
        ("a: !!bool maybe\nb: !!timestamp soon\nc: !!int ''\nd: !mine {}\n", 4),
        ("a: 1\n? [x, y]\n: b\n", 2),
        ("<<: 1\n", 1),
        ("<<: [{a: 1}, 2]\n", 1),
    ],
)
def test_bad_yaml_is_told_with_its_line(text, line):
    document = from_yaml(text)

    assert [problem.line for problem in document.problems] == [line]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{a: " * 5000,
        "- " * 5000 + "x",
        "\n".join(" " * depth + "a:" for depth in range(2000)),
        "a: " + "x" * 2_000_000,
        "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)),
        "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 10)),
        "a: &a {b: *a}\n",
        "a: &a {<<: *a}\n",
    ],
    ids=["brackets", "braces", "dashes", "indents", "long", "aliases", "merges", "itself", "merged-itself"],
)
def test_a_hostile_file_is_refused_before_it_grows(text):
    document = from_yaml(text)

    assert document.root is None
    assert {problem.code for problem in document.problems} <= {"too-large", "bad-yaml"}
    assert document.problems


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n"])
def test_an_empty_file_has_no_value_and_no_fault_of_form(text):
    document = from_yaml(text)

    assert document.root is None or document.root.value is None
    assert document.problems == ()


def test_a_dict_is_read_like_a_file_and_stays_as_it_is():
    inner = {"b": (1, "two")}
    data = {"a": inner, 3: None}

    document = from_data(data)

    assert document.root.plain() == {"a": {"b": [1, "two"]}, "3": None}
    assert data == {"a": {"b": (1, "two")}, 3: None}
    assert data["a"] is inner


def test_a_key_of_a_dict_must_be_text():
    document = from_data({True: 1, None: 2})

    assert [code for code, _ in codes(document)] == ["bad-key", "bad-key"]
    assert "quote yes, no, on and off" in document.problems[0].message


def test_a_dict_that_contains_itself_is_refused():
    data = {}
    data["again"] = data

    assert codes(from_data(data)) == [("too-large", None)]
