"""Markdown that nobody vouches for, as HTML that may be put into a page.

The rule: tags and attributes are only ever written here, from a short list. HTML in the source stays text; a link leads
to http, https or mailto and nowhere else; nothing is fetched by showing the result, so an image becomes a link to it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from intentional_nb.markup.blocks import WINDOW, blocks, mended, parser
from intentional_nb.markup.code import code_block
from intentional_nb.markup.plain import escape, visible

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

__all__ = ["markdown_to_html"]

LONGEST_MARKDOWN = WINDOW
"""In characters; a longer text is shown as it was written."""
LONGEST_SHOWN = 300_000
"""In characters; the rest is left out, and the reader told so."""
LONGEST_PARAGRAPH = 20_000
"""In characters; a longer one is shown without emphasis and links."""
MOST_BRACKETS = 1_000
"""In a block's paragraphs: finding out which of them make links takes time that grows with each."""

_SAFE_LINK = re.compile(r"(?:https?://(?![^/?#]*@)[^/\\?#@]|mailto:[^/\\])", re.IGNORECASE)


def markdown_to_html(text: str, *, is_growing: bool = False) -> str:
    """The Markdown as HTML that is safe to put into any page, whoever wrote it.

    CommonMark with tables and strikethrough, without HTML and without reference links: a definition that is yet to come
    would change what is already on the screen. So the HTML of a text is that of its `blocks`, one after the other.

    Args:
        text: Markdown.
        is_growing: More is to come, so what was begun at the end (a table, emphasis, a link) is shown as it will look.
    """
    if len(text) > LONGEST_MARKDOWN:
        return _as_written(text)
    parts = blocks(text)
    if is_growing and parts:
        parts[-1] = mended(parts[-1])
    return "".join(_block_html(part) for part in parts)


@lru_cache(maxsize=128)
def _block_html(block: str) -> str:
    markdown = _markdown()
    env: EnvType = {"brackets": 0}
    tokens = markdown.parse(block, env)
    if any(token.level >= markdown.options["maxNesting"] - 2 for token in tokens):
        # Below its limit the parser drops text without a word.
        return _as_written(block)
    return str(markdown.renderer.render(tokens, markdown.options, env))


def _as_written(text: str) -> str:
    left_out = len(text) - LONGEST_SHOWN
    note = f"<p><em>… {left_out:,} more characters are not shown</em></p>\n" if left_out > 0 else ""
    shown = escape(visible(text[:LONGEST_SHOWN]))
    return f'<pre style="white-space:pre-wrap;overflow-wrap:anywhere">{shown}</pre>\n{note}'


@cache
def _markdown() -> MarkdownIt:
    markdown = parser()
    markdown.core.ruler.at("inline", _inline)
    markdown.validateLink = is_safe_link  # type: ignore[method-assign]
    for kind, rule in RULES.items():
        markdown.add_render_rule(kind, rule)
    return markdown


def is_safe_link(url: str) -> bool:
    """Whether a click may lead there: an absolute http, https or mailto address, and none that hides its host.

    >>> is_safe_link("https://example.org/a"), is_safe_link("https://bank.example@evil.example")
    (True, False)
    """
    return _SAFE_LINK.match(url) is not None


def _inline(state: StateCore) -> None:
    """Parses what stands in paragraphs, unless it is made to be slow: that stays as it was written."""
    from markdown_it.token import Token

    for token in state.tokens:
        if token.type != "inline":
            continue
        token.children = []
        state.env["brackets"] += token.content.count("[")
        if len(token.content) > LONGEST_PARAGRAPH or state.env["brackets"] > MOST_BRACKETS:
            token.children.append(Token("text", "", 0, content=token.content))
        else:
            state.md.inline.parse(token.content, state.md, state.env, token.children)


# One rule for each kind of token that is not written by its name alone. The renderer hands itself over first.


def _text(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    return escape(visible(tokens[index].content))


def _code_inline(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    return f"<code>{escape(visible(tokens[index].content))}</code>"


def _code_block(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    return code_block(tokens[index].content)


def _fence(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    language = [*tokens[index].info.split(maxsplit=1), ""][0]
    return code_block(tokens[index].content, language)


def _link_open(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    opening = _link_start(str(tokens[index].attrs["href"]))
    env["open_link"] = opening
    return opening


def _link_close(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    return "</a>" if env.pop("open_link") else ""


def _image(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    token = tokens[index]
    shown = escape(visible(self.renderInlineAsText(token.children, options, env) or "image"))
    opening = "" if env.get("open_link") else _link_start(str(token.attrs["src"]))
    return f"{opening}{shown}</a>" if opening else shown


def _link_start(url: str) -> str:
    """The tag, or nothing when the address may not be followed; the parser lets empty ones through."""
    if not is_safe_link(url):
        return ""
    # The title says where it leads, whatever the link's text pretends.
    place = escape(visible(url))
    return f'<a href="{place}" title="{place}" target="_blank" rel="noopener noreferrer nofollow">'


RULES = {
    "text": _text,
    "code_inline": _code_inline,
    "code_block": _code_block,
    "fence": _fence,
    "link_open": _link_open,
    "link_close": _link_close,
    "image": _image,
}
