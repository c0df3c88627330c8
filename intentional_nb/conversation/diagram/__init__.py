"""Pictures of conversation graphs: SVG, DOT and Mermaid, with where a conversation stands and what the checks found.

From a graph `drafting` makes a `picture` (what is shown), `dot` writes it down for Graphviz, `layout` asks Graphviz
where everything lies, and `svg` draws it. The same graph gives the same bytes, on every machine. A page that follows a
conversation draws no picture anew: it gets one once (`to_page_svg`), and `ways` tell it which parts a choice goes by.

Four options are the same everywhere. ``position`` is where a conversation stands: its stage and its trail are marked.
``visits`` says how often each stage was entered, ``moves`` how often each choice was taken, by stage and choice;
`tally` counts both. ``problems`` are those to mark, the graph's own if None.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, get_args

from intentional_nb.conversation.diagram.dot import dot_of
from intentional_nb.conversation.diagram.drafting import draft
from intentional_nb.conversation.diagram.layout import Layout, find_graphviz, lay_out
from intentional_nb.conversation.diagram.mermaid import mermaid_of
from intentional_nb.conversation.diagram.page import image, in_words, source
from intentional_nb.conversation.diagram.palette import DARK, LIGHT
from intentional_nb.conversation.diagram.styles import page_sheet, theme_of
from intentional_nb.conversation.diagram.svg import page_svg_of, svg_of
from intentional_nb.conversation.diagram.ways import Way, Ways, ways_of
from intentional_nb.errors import DiagramError

if TYPE_CHECKING:
    from intentional_nb.conversation.graph import ConversationGraph
    from intentional_nb.conversation.position import Position
    from intentional_nb.conversation.problems import Problem
    from intentional_nb.events import RouteDecision

__all__ = [
    "Direction",
    "Way",
    "Ways",
    "find_graphviz",
    "html",
    "page_sheet",
    "tally",
    "to_dot",
    "to_mermaid",
    "to_page_svg",
    "to_svg",
    "ways_of",
]

Direction = Literal["TB", "LR", "BT", "RL"]
"""Where the story goes: from top to bottom, from left to right, or against that."""

_SIDEWAYS = ("LR", "RL")

Visits = Mapping[str, int]
Moves = Mapping[tuple[str, str], int]


def to_dot(
    graph: ConversationGraph,
    *,
    position: Position | None = None,
    visits: Visits | None = None,
    moves: Moves | None = None,
    problems: Sequence[Problem] | None = None,
    dark: bool = False,
    direction: str = "TB",
) -> str:
    """The picture in the language of Graphviz, ready for any of its programs.

    Args:
        graph: Any graph, sound or broken.
        position: Where a conversation stands.
        visits: How often each stage was entered.
        moves: How often each choice was taken.
        problems: Those to mark.
        dark: Whether it will lie on a dark page.
        direction: One of `Direction`.
    """
    picture = draft(graph, position=position, visits=visits, moves=moves, problems=problems)
    return dot_of(picture, DARK if dark else LIGHT, _checked(direction))


def to_svg(
    graph: ConversationGraph,
    *,
    position: Position | None = None,
    visits: Visits | None = None,
    moves: Moves | None = None,
    problems: Sequence[Problem] | None = None,
    dark: bool | None = False,
    direction: str = "TB",
    legend: bool = True,
) -> str:
    """The picture as SVG, on a card of its own, so that it can be read on any page.

    Everything lies at the same place whatever the position, the counts and the problems are.

    Args:
        graph: Any graph, sound or broken.
        position: Where a conversation stands.
        visits: How often each stage was entered.
        moves: How often each choice was taken.
        problems: Those to mark.
        dark: Whether it will lie on a dark page; None for whatever the reader's system prefers.
        direction: One of `Direction`.
        legend: Whether the lines are explained below the picture.

    Raises:
        DiagramError: Graphviz is not installed, or gave up.
    """
    picture = draft(graph, position=position, visits=visits, moves=moves, problems=problems)
    layout = _layout(graph, direction)
    return svg_of(picture, layout, theme=theme_of(dark), has_legend=legend, is_sideways=direction in _SIDEWAYS)


def to_page_svg(graph: ConversationGraph, *, direction: str = "TB") -> str:
    """The picture as SVG that becomes a part of a page, which marks on it where a conversation stands.

    Everything lies where `to_svg` puts it, and has the same ids; nothing is marked but the graph's problems. The page
    needs the rules of `page_sheet`.

    Args:
        graph: Any graph, sound or broken.
        direction: One of `Direction`.

    Raises:
        DiagramError: Graphviz is not installed, or gave up.
    """
    return page_svg_of(draft(graph), _layout(graph, direction), is_sideways=direction in _SIDEWAYS)


def _layout(graph: ConversationGraph, direction: str) -> Layout:
    return lay_out(dot_of(draft(graph, problems=()), LIGHT, _checked(direction)))


def to_mermaid(graph: ConversationGraph, *, position: Position | None = None) -> str:
    """The picture as Mermaid text; needs no Graphviz."""
    return mermaid_of(draft(graph, position=position))


def html(
    graph: ConversationGraph,
    *,
    position: Position | None = None,
    visits: Visits | None = None,
    moves: Moves | None = None,
    problems: Sequence[Problem] | None = None,
    dark: bool | None = False,
    direction: str = "TB",
    legend: bool = True,
) -> str:
    """The picture as an ``<img>``, with what it shows in words as its ``alt``; an untrusted notebook keeps both.

    Takes what `to_svg` takes. The card is light unless told otherwise: a notebook's theme is not known here, and a page
    need not follow the reader's system. Where Graphviz is missing it is the Mermaid text, and says so.
    """
    words = in_words(draft(graph, position=position, visits=visits, moves=moves, problems=problems))
    try:
        svg = to_svg(
            graph,
            position=position,
            visits=visits,
            moves=moves,
            problems=problems,
            dark=dark,
            direction=direction,
            legend=legend,
        )
    except DiagramError as error:
        return source(to_mermaid(graph, position=position), str(error))
    return image(svg, words)


def tally(decisions: Iterable[RouteDecision]) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """How often each stage was entered, and how often each choice was taken there, for ``visits`` and ``moves``.

    The stage in which a conversation begins counts as entered; what was refused does not count.
    """
    visits: Counter[str] = Counter()
    moves: Counter[tuple[str, str]] = Counter()
    stands_in: str | None = None
    for decision in decisions:
        if decision.source != stands_in:
            visits[decision.source] += 1
        if decision.kind != "refused":
            visits[decision.target] += 1
            moves[decision.source, decision.choice] += 1
        stands_in = decision.target
    return visits, moves


def _checked(direction: str) -> str:
    if direction not in get_args(Direction):
        raise ValueError(f"direction {direction!r} is none of {', '.join(get_args(Direction))}")
    return direction
