import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.conversation.diagram.lettering import balanced, one_line, width_of, wrapped

any_text = st.text(st.characters(exclude_categories=[]), max_size=120)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("short", ["short"]),
        ("", [""]),
        ("two words", ["two words"]),
        ("a goal that goes on", ["a goal that goes", "on"]),
        ("ask_to_continue_later", ["ask_to_", "continue_later"]),
        ("say correct_information", ["say correct_", "information"]),
        ("one two three four five six seven", ["one two three", "four five six", "seven"]),
        ("one two three four five six seven eight nine ten", ["one two three", "four five six", "seven eight nin…"]),
        ("iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii", ["iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii", "ii"]),
    ],
)
def test_lines_end_where_a_reader_would_end_them(text, lines):
    assert wrapped(text, 10, 78, 3) == lines


@given(any_text, st.integers(30, 200), st.integers(1, 4))
def test_no_line_is_wider_than_it_may_be(text, widest, most_lines):
    lines = wrapped(text, 10, widest, most_lines)

    assert 1 <= len(lines) <= most_lines
    assert all(width_of(line, 10) <= widest for line in lines)


@given(any_text)
def test_what_fits_is_shown_completely(text):
    assert "".join("".join(wrapped(text, 1, 200, 4)).split()) == "".join(one_line(text).split())


def test_an_emoji_made_of_several_is_not_cut_apart():
    astronaut = "\U0001f469\u200d\U0001f680"

    assert all(set(line.replace(astronaut, "")) <= {"…"} for line in wrapped(astronaut * 9, 10, 60, 2))


def test_balanced_lines_are_of_much_the_same_width():
    assert balanced("back to where it came from", 11, 130, 3) == ["back to where", "it came from"]
    assert balanced("short", 11, 130, 3) == ["short"]
    assert balanced("word " * 90, 11, 130, 3)[-1].endswith("…")


@given(any_text)
def test_a_line_has_no_line_end_and_nothing_hidden(text):
    line = one_line(text)

    assert line == line.strip()
    assert not set(line) & set("\n\r\t\u200b\u202e\ud800")


def test_an_absurdly_long_text_is_cut():
    assert one_line("a" * 100, longest=10) == "a" * 10 + "…"


def test_wide_letters_count_as_wide_and_accents_as_nothing():
    assert width_of("年", 10) > width_of("m", 10) > width_of("i", 10)
    assert width_of("e\u0301", 10) == width_of("e", 10)
    assert width_of("ab", 10, is_bold=True) > width_of("ab", 10)
