"""Conversations for tests: two by hand, and strategies that make any valid one."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from intentional_nb.conversation.graph import ALL, BACKTRACK, END, START

TRAVEL: dict[str, Any] = {
    "background": "You sell train tickets.",
    "initial_message": "Where to?",
    "stages": {
        "where": {
            "accessible_from": "_start_",
            "goal": "Find out where the traveller goes.",
            "outcomes": {
                "place_named": {
                    "description": "the traveller names a station",
                    "move_to": "pay",
                    "examples": ["to Basel"],
                }
            },
        },
        "pay": {
            "goal": "Get the ticket paid.",
            "outcomes": {"paid": {"description": "the ticket is paid", "move_to": "_end_"}},
        },
        "timetable": {
            "accessible_from": ["where", "pay"],
            "description": "the traveller asks when trains leave",
            "goal": "Tell when trains leave.",
            "examples": ["when is the next one?"],
            "outcomes": {"told": {"description": "the traveller knows enough", "move_to": "_backtrack_"}},
        },
        "complaint": {
            "accessible_from": "_all_",
            "description": "the traveller complains about the service",
            "goal": "Listen.",
            "outcomes": {
                "calmed": {"description": "the traveller is calm again", "move_to": "_backtrack_"},
                "furious": {"description": "the traveller walks off", "move_to": "_end_"},
            },
        },
    },
}
"""Every kind of move, and nothing that the checks mind."""

simple_names = st.sampled_from("abcdef")

visible_names = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=12).filter(
    lambda name: name.isprintable() and name not in (START, ALL, END, BACKTRACK)
)
sentences = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30).filter(str.strip)
some_sentences = st.lists(sentences, max_size=2)


@st.composite
def conversations(draw: st.DrawFn, *, names: st.SearchStrategy[str] = simple_names, most: int = 5) -> dict[str, Any]:
    """The ``conversation`` section of a file in which nothing is an error."""
    stages = draw(st.lists(names, min_size=1, max_size=most, unique=True))
    start = draw(st.sampled_from(stages))
    targets = st.sampled_from([*stages, END, BACKTRACK])
    outcome = st.fixed_dictionaries(
        {"description": sentences, "move_to": targets}, optional={"examples": some_sentences}
    )
    return {
        "background": draw(st.just("") | sentences),
        "initial_message": draw(st.none() | sentences),
        "stages": {
            name: {
                "goal": draw(sentences),
                "description": draw(sentences),
                "accessible_from": [
                    *([START] if name == start else []),
                    *draw(st.lists(st.sampled_from([*stages, ALL]), max_size=2)),
                ],
                "not_accessible_from": draw(st.lists(st.sampled_from(stages), max_size=1)),
                "outcomes": draw(
                    st.dictionaries(st.sampled_from([*stages, "yes", "no"]) | visible_names, outcome, max_size=3)
                ),
                "say": draw(some_sentences),
                "examples": draw(some_sentences),
                "custom_template": draw(st.none() | st.none() | sentences),
            }
            for name in stages
        },
    }


yaml_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6) | st.integers(), inner, max_size=3),
    max_leaves=8,
)
"""Anything that YAML or a careless program can hand over."""

known_keys = st.sampled_from(
    [
        *("interface", "modality", "plugins", "bot", "llm", "type", "client", "conversation", "background"),
        *("initial_message", "stages", "goal", "description", "accessible_from", "not_accessible_from", "outcomes"),
        *("tools", "custom_template", "say", "examples", "move_to", "id", "a", "b", "_start_", "_all_", "_end_"),
    ]
)

nearly_conversations = st.recursive(
    yaml_values | known_keys,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(known_keys, inner, max_size=6),
    max_leaves=25,
)
"""Values that get far into the reader before anything is wrong with them."""
