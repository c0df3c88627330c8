"""Where a conversation stands and has been as plain HTML that any page can hold: a picture, and the moves in words.

What front ends leave of HTML that they do not trust is what `transcript_html` tells; an image is kept, too.
"""

from __future__ import annotations

from intentional_nb.bots.turn import Turn
from intentional_nb.conversation import diagram
from intentional_nb.conversation.position import Position
from intentional_nb.events import RouteDecision
from intentional_nb.markup import escape, visible
from intentional_nb.panels.entries import shortened
from intentional_nb.panels.stage_journey import Past
from intentional_nb.panels.stage_map import StageMap

__all__ = ["MOST_MOVES", "stage_graph_html"]

MOST_MOVES = 100
"""Moves that stand in a notebook's file; of more, the last."""

_ROOT = "max-width:1100px;font-size:14px;line-height:1.5"
_HEAD = "padding:2px 0 6px;margin-bottom:8px;border-bottom:1px solid rgba(128,128,128,.35)"
_MOVES = "margin:8px 0;font-size:13px"
_ROW = "margin:3px 0;overflow-wrap:anywhere"
_DIM = "opacity:.8"

_ARROWS = {"outcome": "→", "jump": "↷", "backtrack": "↩", "end": "→", "refused": "⊘"}


def stage_graph_html(past: Past, stage_map: StageMap, position: Position, *, title: str, direction: str) -> str:
    """The picture of the graph with what happened in it, for a notebook's file.

    It has no times in it, so that a notebook executed again comes out the same.

    Args:
        past: The conversation so far.
        stage_map: The graph.
        position: Where the conversation stands.
        title: Stands above it.
        direction: Where the story goes in the picture.
    """
    graph = stage_map.graph
    visits = past.entered(position.stage)
    picture = diagram.html(
        graph, position=position, visits=visits, moves=dict(past.moves), problems=graph.problems, direction=direction
    )
    head = f"<b>{_plain(title)}</b> · stage <code>{_plain(position.stage)}</code>"
    if position.trail:
        trail = " › ".join(f"<code>{_plain(stage)}</code>" for stage in position.trail)
        head += f' <span style="{_DIM}">· to return to: {trail}</span>'
    return f'<div class="inb-static" style="{_ROOT}">{_block("div", _HEAD, head)}{picture}{_told(past)}</div>'


def _told(past: Past) -> str:
    """Every move in words, for those who do not see the picture and for those who want to know why."""
    moves = [(turn, decision) for turn in past.turns for decision in turn.route]
    if not moves:
        return ""
    rows = "".join(_block("div", _ROW, _move(turn, decision)) for turn, decision in moves[-MOST_MOVES:])
    if past.decisions > MOST_MOVES:
        rows = _block("div", _ROW, f"… {past.decisions - MOST_MOVES:,} earlier moves are left out") + rows
    count = f"{past.decisions} decision{'' if past.decisions == 1 else 's'}"
    return f'<details style="{_MOVES}" open><summary>{count} of the model</summary>{rows}</details>'


def _move(turn: Turn, decision: RouteDecision) -> str:
    source, target = f"<code>{_plain(decision.source)}</code>", f"<code>{_plain(decision.target)}</code>"
    choice = _plain(shortened(decision.choice, 80))
    arrow = _ARROWS[decision.kind]
    if decision.kind == "refused":
        way = f"{arrow} {choice} is no way out of {source}"
    else:
        way = f"{source} {arrow} {target} · {decision.kind} {choice}"
    words = turn.user_text or decision.user_text
    said = f' <span dir="auto" style="{_DIM}">“{_plain(shortened(words, 300))}”</span>' if words else ""
    return f"Turn {turn.number}: {way}{said}"


def _plain(text: str) -> str:
    return escape(visible(text))


def _block(tag: str, style: str, inner: str) -> str:
    return f'<{tag} style="{style}">{inner}</{tag}>'
