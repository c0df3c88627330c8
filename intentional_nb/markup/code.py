"""Program text in colours that stand in the HTML itself, so that they survive where style sheets are stripped."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from intentional_nb.markup.plain import escape, visible

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

__all__ = ["BACKGROUND", "COLOURS", "LANGUAGES", "TEXT", "code_block"]

BACKGROUND = "#1e2430"
TEXT = "#e6e9ef"
COLOURS = {
    "Comment": "#9fb0c3",
    "Keyword": "#d3a4f5",
    "Keyword.Constant": "#f5b77f",
    "Literal.Number": "#f5b77f",
    "Literal.String": "#a9d99a",
    "Literal.String.Escape": "#7fd6c9",
    "Literal.String.Interpol": "#7fd6c9",
    "Name.Attribute": "#f2cf82",
    "Name.Builtin": "#7fd6c9",
    "Name.Class": "#f2cf82",
    "Name.Decorator": "#f2cf82",
    "Name.Exception": "#f2cf82",
    "Name.Function": "#8cbcff",
    "Name.Tag": "#8cbcff",
    "Operator.Word": "#d3a4f5",
    "Generic.Deleted": "#ff9d9d",
    "Generic.Heading": "#8cbcff",
    "Generic.Inserted": "#a9d99a",
    "Generic.Subheading": "#8cbcff",
}
"""By kind of token. They stand on `BACKGROUND`, a dark card that a light page and a dark one both bear."""

_SAME_AS = {
    "bash": "sh shell zsh console",
    "css": "",
    "d": "c c++ cpp h",
    "dart": "",
    "diff": "patch",
    "docker": "dockerfile",
    "dot": "graphviz gv",
    "go": "golang",
    "graphql": "",
    "html": "svg",
    "http": "",
    "ini": "cfg",
    "javascript": "js jsx mjs",
    "json": "json5 jsonc jsonl",
    "julia": "jl",
    "kotlin": "kt",
    "latex": "tex",
    "php": "",
    "pycon": "",
    "python": "py py3 python3 ipython",
    "r": "",
    "ruby": "rb",
    "rust": "rs",
    "scala": "",
    "sql": "",
    "swift": "",
    "toml": "",
    "typescript": "ts tsx",
    "vala": "c# cs csharp java",
    "xml": "",
    "yaml": "yml",
}
LANGUAGES = {name: lexer for lexer, names in _SAME_AS.items() for name in (lexer, *names.split())}
"""What a fence may say, and the lexer for it.

Only lexers whose time grows moderately with hostile text, as the tests try out: hence relatives for C and Java.
"""

LONGEST_PIECE = 2_000
"""In characters. A lexer's time can grow with the square of what it is given, so it is given pieces."""
LONGEST_LINE = 500
"""In characters; a piece with a longer line is shown in one colour."""

_CARD = f"background-color:{BACKGROUND};color:{TEXT}"
_PRE = f"{_CARD};padding:10px 12px;border-radius:6px;overflow-x:auto;line-height:1.45"


def code_block(code: str, language: str = "") -> str:
    """The code as ``<pre><code>``, in colours when its language is one of `LANGUAGES`."""
    code = visible(code)
    lexer = LANGUAGES.get(language.lower())
    if lexer is None:
        inner, attribute = escape(code), ""
    else:
        inner, attribute = "".join(_coloured(piece, lexer) for piece in _pieces(code)), f' class="language-{lexer}"'
    return f'<pre style="{_PRE}"><code{attribute} style="{_CARD}">{inner}</code></pre>\n'


def _pieces(code: str) -> Iterator[str]:
    """The code cut where something new seems to begin: at a line without indentation after an empty one."""
    piece, is_after_a_gap = "", False
    for line in code.splitlines(keepends=True):
        is_new = is_after_a_gap and not line[0].isspace() and len(piece) > LONGEST_PIECE // 2
        if piece and (is_new or len(piece) + len(line) > LONGEST_PIECE):
            yield piece
            piece = ""
        piece += line
        is_after_a_gap = not line.strip()
    yield piece


@lru_cache(maxsize=128)
def _coloured(code: str, lexer: str) -> str:
    if any(len(line) > LONGEST_LINE for line in code.splitlines()):
        return escape(code)
    parts: list[str] = []
    open_colour: str | None = None
    for kind, text in _lexer(lexer).get_tokens(code):
        colour = _colour(kind)
        if colour != open_colour and text.strip():
            # Spaces have no colour of their own: they stay in the span that is open.
            parts.append(("</span>" if open_colour else "") + (f'<span style="color:{colour}">' if colour else ""))
            open_colour = colour
        parts.append(escape(text))
    return "".join(parts) + ("</span>" if open_colour else "")


@cache
def _lexer(name: str) -> Lexer:
    from pygments.lexers import get_lexer_by_name

    # Left to itself a lexer drops empty lines at both ends, which in a growing block makes the text jump.
    return get_lexer_by_name(name, stripnl=False, ensurenl=False)


@cache
def _colour(kind: _TokenType) -> str | None:
    """The colour of a kind of token, or that of the nearest kind it is a sort of."""
    parts = tuple(kind)
    for length in range(len(parts), 0, -1):
        colour = COLOURS.get(".".join(parts[:length]))
        if colour:
            return colour
    return None
