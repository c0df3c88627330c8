"""The picture as SVG: one file with everything in it, that looks alike wherever it is shown.

Whatever follows a conversation finds its way by these: a stage's group has ``data-stage`` (its name), an ``id`` made from
it, and the classes ``is-now``, ``is-trail``, ``is-visited``; an outcome's label has ``data-choice``; a line ``is-gone``.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import batched

from intentional_nb.conversation.diagram.layout import Layout, Point
from intentional_nb.conversation.diagram.lettering import width_of
from intentional_nb.conversation.diagram.picture import LABEL_SIZE, LINE_HEIGHT, NAME_SIZE, SMALL_SIZE, Box, Line, Picture
from intentional_nb.conversation.diagram.styles import Theme, style_sheet
from intentional_nb.markup import escape, visible

__all__ = ["svg_of"]
