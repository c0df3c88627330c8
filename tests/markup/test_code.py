import time
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.markup.code import BACKGROUND, COLOURS, LANGUAGES, TEXT, code_block
from tests.contrast import contrast
from tests.markup.reading import read

PROGRAM = '''def greet(name: str) -> str:
    """Say hello."""
    return f"Hello {name}"  # politely
'''


@pytest.mark.parametrize("colour", [TEXT, *COLOURS.values()])
def test_every_colour_is_readable_on_the_card(colour):
    assert contrast(colour, BACKGROUND) >= 4.5


def test_a_program_is_coloured_and_stays_what_it_was():
    page = read(code_block(PROGRAM, "python"))

    assert page.text == PROGRAM + "\n"
    assert page.tags.count("span") > 5
    assert not page.forbidden


@pytest.mark.parametrize("language", ["", "klingon", "python' onload='x", "../python", "PYTHON"])
def test_an_unknown_language_is_shown_in_one_colour(language):
    page = read(code_block(PROGRAM, language))

    assert page.text == PROGRAM + "\n"
    assert ("span" in page.tags) == (language.lower() in LANGUAGES)
    assert not page.forbidden


@pytest.mark.parametrize("language", sorted(set(LANGUAGES.values())))
@settings(deadline=None, max_examples=20)  # the first one loads the lexer
@given(text=st.text(max_size=40))
def test_code_of_any_language_is_shown_completely(language, text):
    page = read(code_block(text.replace("\r", ""), language))

    assert not page.forbidden
    assert page.text.count("\n") >= text.count("\n")


def test_long_code_is_coloured_to_its_end():
    program = "\n\n".join(PROGRAM.replace("greet", f"greet_{number}") for number in range(100))

    page = read(code_block(program, "py"))

    assert page.text == program + "\n"
    assert page.tags.count("span") > 100 * 5


def test_what_was_coloured_stays_as_it_was_when_code_is_appended():
    program = "\n\n".join(PROGRAM.replace("greet", f"greet_{number}") for number in range(100))
    half = code_block(program[: len(program) // 2], "py")

    assert code_block(program, "py").startswith(half[: len(half) - 3000])


HOSTILE = [
    *('"', "'", "\\", "`", "<", "(", "{", "[", "/*", "//", "#", "'''", '"""', "a", "a ", "\n", "  \n", " a\n  b\n"),
    *("&", "%", "$", "@", "@@", ": ", "a: ", "::", "a.b", "-", "+++ ", "<!--", "${", "{{", "f'{", 'r#"', "0x", "1e"),
]


@pytest.mark.parametrize("language", sorted(set(LANGUAGES.values())))
def test_hostile_code_takes_no_longer_than_some_pages_of_honest_code(language):
    honest = _seconds(lambda: [code_block(PROGRAM * 30 + f"# {number}\n" * 30, "python") for number in range(25)])

    for unit in HOSTILE:
        hostile = partial(code_block, (unit * 20_000)[:20_000], language)
        assert min(_seconds(hostile) for _ in range(2)) < 20 * honest


def _seconds(do):
    started = time.perf_counter()
    do()
    return time.perf_counter() - started
