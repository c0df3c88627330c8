"""Drawings read back, and graphs to draw: sound, broken, hostile and huge."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from hypothesis import strategies as st

from intentional_nb import examples
from intentional_nb.conversation.graph import ALL, BACKTRACK, END, START, ConversationGraph, Outcome, Stage
from intentional_nb.conversation.loading import load_graph
from tests.conversation.graphs import TRAVEL

__all__ = ["BROKEN", "HOSTILE", "HOSTILE_NAMES", "INTERVIEW", "TRAVELLING", "Drawing", "any_graphs", "chain"]

_SVG = "{http://www.w3.org/2000/svg}"

TRAVELLING = load_graph(TRAVEL)
INTERVIEW = load_graph(examples.path("interview"))

HOSTILE_NAMES = (
    *('"', "'", "\\", 'a"b', "a\\", "\\N", "\\n\\l\\G", "</title></svg><script>alert(1)</script>", "]]>", "<!--"),
    *(
        "&amp;",
        "&#106;",
        "%%",
        "#quot;",
        "; rm -rf",
        "{a|b}",
        "<b>x</b>",
        "a\nb\r\nc\td",
        "\x00\x1b[31m",
        "\u202egnp.exe",
    ),
    *(
        "\ud800",
        "\uffff",
        "\u2028",
        "年齢の確認",
        "\U0001f469\u200d\U0001f680" * 9,
        "ЖЖЖЖ" * 20,
        "a" * 300,
        "word " * 60,
    ),
    *("under_score_" * 30, "end", "graph", "subgraph", "strict", "1. list", "- item", "_start_x", " ", "x" * 90_000),
)

HOSTILE = ConversationGraph(
    tuple(
        Stage(
            name,
            goal=f"goal of {name}",
            description=name,
            accessible_from=(START,) if place == 0 else (ALL,) if place % 7 == 0 else (),
            outcomes=(
                Outcome(name, name, HOSTILE_NAMES[(place + 1) % len(HOSTILE_NAMES)]),
                Outcome(f"{name} back", name, BACKTRACK),
                Outcome(f"{name} away", name, f"{name}?"),
            ),
        )
        for place, name in enumerate(HOSTILE_NAMES)
    )
)

BROKEN = ConversationGraph(
    (
        Stage("hello", accessible_from=(START,), outcomes=(Outcome("typo", "d", "wolrd"), Outcome("ok", "d", "world"))),
        Stage("world", accessible_from=("nobody",), outcomes=(Outcome("done", "d", END),)),
        Stage("island", goal="Nobody comes here.", outcomes=(Outcome("ferry", "d", "world"),)),
    )
)


def chain(length: int, *, most_detours: int = 0) -> ConversationGraph:
    """Stages one after the other, with detours from anywhere."""
    names = [f"step_{number}" for number in range(length)]
    story = [
        Stage(name, "Go on.", accessible_from=(START,) * (place == 0), outcomes=(Outcome("next", "d", after),))
        for place, (name, after) in enumerate(zip(names, [*names[1:], END], strict=True))
    ]
    detours = [
        Stage(f"detour_{number}", "Listen.", "d", (ALL,), outcomes=(Outcome("back", "d", BACKTRACK),))
        for number in range(most_detours)
    ]
    return ConversationGraph((*story, *detours))


_names = st.sampled_from(["a", "b", "c", "d", "e", START, END, ALL, BACKTRACK, *HOSTILE_NAMES[:-1]]) | st.text(
    max_size=9
)
_places = st.lists(st.sampled_from(["a", "b", "c", "d", "e", "nowhere", START, ALL, END]) | _names, max_size=5).map(
    tuple
)
_outcomes = st.builds(Outcome, _names, st.text(max_size=9), _names)
_stages = st.builds(
    Stage,
    _names,
    goal=st.text(max_size=20),
    description=st.text(max_size=9),
    accessible_from=_places,
    not_accessible_from=_places,
    outcomes=st.lists(_outcomes, max_size=4).map(tuple),
)
any_graphs = st.lists(_stages, max_size=6).map(lambda stages: ConversationGraph(tuple(stages)))
"""Any stages at all: names twice or empty, ways from and to nowhere, no start or several."""


class Drawing:
    """An SVG as one would ask about it."""

    def __init__(self, svg: str) -> None:
        self.root = ET.fromstring(svg)
        self.style = self.root.findtext(f"{_SVG}style") or ""

    def groups(self, class_: str) -> list[ET.Element]:
        """The groups of that class, in the order of drawing."""
        return [g for g in self.root.iter(f"{_SVG}g") if class_ in (g.get("class") or "").split()]

    def stage(self, name: str) -> ET.Element:
        [group] = [g for g in self.root.iter(f"{_SVG}g") if g.get("data-stage") == name]
        return group

    def choices(self) -> list[str]:
        return [g.get("data-choice") or "" for g in self.groups("inb-choice") if g.get("data-choice")]

    def ways(self, class_: str) -> list[tuple[str, str]]:
        """From where to where the lines of that class lead."""
        return [(g.get("data-from", ""), g.get("data-to", "")) for g in self.groups(class_) if g.get("data-from")]

    @property
    def text(self) -> str:
        return " ".join("".join(t.itertext()) for t in self.root.iter(f"{_SVG}text"))

    @property
    def places(self) -> list[dict[str, str]]:
        """Where every box and line lies."""
        shapes = [*self.root.iter(f"{_SVG}rect"), *self.root.iter(f"{_SVG}path")]
        kept = [s for s in shapes if s.get("class") in ("inb-box", "inb-card", "inb-path", "inb-tip")]
        return [{name: value for name, value in s.items() if name != "class"} for s in kept]


def words(group: ET.Element) -> str:
    """What is written in a group, its lines joined."""
    return " ".join("".join(t.itertext()) for t in group.iter(f"{_SVG}text"))


def tooltip(group: ET.Element) -> str:
    return group.findtext(f"{_SVG}title") or ""


def forbidden(svg: str) -> list[str]:
    """What a drawing must not hold: anything that runs, and anything from elsewhere."""
    root = ET.fromstring(svg)
    tags = {"svg", "title", "style", "defs", "pattern", "g", "rect", "path", "text"}
    found = [element.tag for element in root.iter() if element.tag.removeprefix(_SVG) not in tags]
    for element in root.iter():
        found += [name for name in element.attrib if re.match(r"on|href|.*\}href|src|style", name)]
    style = root.findtext(f"{_SVG}style") or ""
    found += re.findall(r"@import|@font-face|url\((?!#inb-hatching-)|http|expression|<", style)
    return found
