"""The colours of a diagram, once for a light page and once for a dark one."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DARK", "LIGHT", "PAIRS", "Palette"]


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by what they are for. No two are alike, so that a colour also says what it stands for.

    Attributes:
        card: The ground on which all lies.
        rim: The line around the card.
        stage: The inside of a stage.
        border: The line around a stage.
        name: A stage's name.
        goal: A stage's goal, tools and other small print.
        outcome: The lines of outcomes.
        label: The names of outcomes.
        jump: Jumps, and where they come from.
        back: Backtracks, and where they go.
        start: Where the conversation begins.
        end: Where it ends.
        on_dark: Text on `start`, `end`, `now`, `error` and `warning`.
        now: The stage in which the conversation stands.
        halo: The ring around it.
        trail: Stages to return to: their border and number.
        visited: The inside of a stage in which the conversation has been.
        muted: The inside of a stage that cannot be reached.
        hatch: The lines across it.
        error: What keeps the conversation from being used.
        warning: What is worth a look.
    """

    card: str
    rim: str
    stage: str
    border: str
    name: str
    goal: str
    outcome: str
    label: str
    jump: str
    back: str
    start: str
    end: str
    on_dark: str
    now: str
    halo: str
    trail: str
    visited: str
    muted: str
    hatch: str
    error: str
    warning: str


LIGHT = Palette(
    card="#fbfcfe",
    rim="#e1e7ef",
    stage="#ffffff",
    border="#74849b",
    name="#111a2b",
    goal="#4a5769",
    outcome="#55637a",
    label="#27344a",
    jump="#7a35d6",
    back="#0d756c",
    start="#14773a",
    end="#323f55",
    on_dark="#fefefe",
    now="#1d5bd8",
    halo="#a9c6fb",
    trail="#1f5fc4",
    visited="#eaf2fe",
    muted="#eef0f3",
    hatch="#d5dae2",
    error="#c3241f",
    warning="#9a5200",
)

DARK = Palette(
    card="#171b23",
    rim="#2b323f",
    stage="#222936",
    border="#7686a0",
    name="#f2f5fa",
    goal="#aab6c8",
    outcome="#97a5bb",
    label="#d0d8e4",
    jump="#b794f9",
    back="#3ec9b8",
    start="#4ec97f",
    end="#c3cddb",
    on_dark="#0c121c",
    now="#74aaff",
    halo="#2f528c",
    trail="#84b2fb",
    visited="#24354f",
    muted="#262a32",
    hatch="#39404c",
    error="#ff8f87",
    warning="#f0b45c",
)

PAIRS = (
    *(("name", ground, 4.5) for ground in ("stage", "visited", "muted", "hatch")),
    *(("goal", ground, 4.5) for ground in ("card", "stage", "visited", "muted", "hatch")),
    *((text, "card", 4.5) for text in ("label", "jump", "back", "error", "warning", "name")),
    *(("on_dark", ground, 4.5) for ground in ("start", "end", "now", "error", "warning", "trail", "jump", "back")),
    *((line, "card", 3.0) for line in ("border", "outcome", "start", "end", "trail", "now")),
)
"""What stands on what, and the contrast that it needs to be read: 4.5 for text, 3 for lines."""
