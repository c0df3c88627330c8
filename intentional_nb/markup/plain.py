"""Plain text for a page: escaped, and with nothing hidden in it."""

from __future__ import annotations

import html
import re

__all__ = ["escape", "printable", "visible"]

_EMOJI = "\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\U0001f000-\U0001faff"
_LETTERS_THAT_JOIN = "\u0600-\u06ff\u0700-\u074f\u0750-\u077f\u08a0-\u08ff\u0900-\u0dff\u1820-\u18aa"
_IDEOGRAPHS = "\u3400-\u9fff\U00020000-\U0003134f"

# Invisible characters that belong where they stand: dropping them would break an emoji or a word.
_AT_HOME = "|".join(
    (
        "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f",  # flags of regions
        f"[{_EMOJI}][\ufe0e\ufe0f]?(?:\u200d[{_EMOJI}][\ufe0e\ufe0f]?)*",
        "[0-9#*\xa9\xae\u203c\u2049\u2122\u2139\u3030\u303d\u3297\u3299][\ufe0e\ufe0f]",
        f"[{_LETTERS_THAT_JOIN}](?:[\u200c\u200d](?=[{_LETTERS_THAT_JOIN}]))",
        "[\u0900-\u0dff][\u200c\u200d]",
        "[\u1820-\u18aa][\u180b-\u180d]",
        f"[{_IDEOGRAPHS}][\ufe00-\ufe02\U000e0100-\U000e01ef]",
    )
)

_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF)
)
_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f"  # without tab and newline
_HIDDEN = (
    _CONTROLS + "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, line separators, bidi
    "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\ud800-\udfff"  # halves of a character: they cannot even be encoded
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff" + _NONCHARACTERS
)
_OBEYED = re.compile(f"[{_CONTROLS}]")
_SUSPECT = re.compile(f"[{_HIDDEN}]")
_SORT_OUT = re.compile(f"({_AT_HOME})|[{_HIDDEN}]")
_UNREPRESENTABLE = re.compile("[\x00\ud800-\udfff]")


def escape(text: str) -> str:
    """The text for use between HTML tags or in a quoted attribute.

    NUL and lone surrogates, which no HTML document can hold, become U+FFFD.

    >>> escape('<a title="x">')
    '&lt;a title=&quot;x&quot;&gt;'
    """
    return html.escape(_UNREPRESENTABLE.sub("\ufffd", text), quote=True)


def visible(text: str) -> str:
    r"""The text with every character that would hide something replaced by its number.

    Bidirectional controls, zero-width and other invisible characters become ``[U+202E]`` and the like, so that a
    reader sees what a program sees. Those that an emoji, a Persian or an Indic word is made with stay. Line ends become
    newlines.
    Applying it twice changes nothing more.

    >>> visible("pay\u200bpal")
    'pay[U+200B]pal'
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not _SUSPECT.search(text):
        return text
    return _SORT_OUT.sub(lambda found: found[1] or _number(found[0]), text)


def printable(text: str) -> str:
    r"""A piece of a text, with the number in place of every character that a terminal would obey and not print.

    `visible` is for whole texts: what joins two letters would be alone at the end of a piece.

    >>> printable("a\x1b[2Jb")
    'a[U+001B][2Jb'
    """
    return _OBEYED.sub(lambda found: _number(found[0]), text.replace("\r\n", "\n"))


def _number(character: str) -> str:
    return f"[U+{ord(character):04X}]"
