"""Text that nobody vouches for, made safe to show: what the model wrote, what users typed, names from a file.

`escape` and `visible` are for plain text; `markdown_to_html` is the one way from a model's Markdown to HTML;
`blocks` cuts a growing message so that only its end has to be rendered again.
"""

from intentional_nb.markup.blocks import blocks
from intentional_nb.markup.plain import escape, printable, visible
from intentional_nb.markup.render import markdown_to_html

__all__ = ["blocks", "escape", "markdown_to_html", "printable", "visible"]
