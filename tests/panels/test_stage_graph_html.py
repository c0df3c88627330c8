from __future__ import annotations

import base64
import re

from intentional_nb.conversation.diagram import layout
from intentional_nb.conversation.position import Position
from intentional_nb.panels.stage_graph_html import MOST_MOVES, stage_graph_html
from intentional_nb.panels.stage_journey import Journey
from intentional_nb.panels.stage_map import StageMap
from tests.conversation.diagram.drawings import HOSTILE, Drawing
from tests.panels.samples import move, turn
from tests.panels.stage_samples import SHOP, talk
from tests.panels.test_transcript_html import KEPT_ATTRIBUTES, KEPT_TAGS, Tags


def html(graph=SHOP, *said, direction="TB"):
    turns, position = talk(graph, *said)
    return drawn(turns, graph, position, title="Shop", direction=direction)


def drawn(turns, graph, position, **words):
    shown = StageMap(graph)
    return stage_graph_html(Journey(shown).past(turns), shown, position, **words)


def picture(text):
    return Drawing(base64.b64decode(re.search(r"base64,([^\"]+)", text)[1]).decode())


SAID = (("what is there?", "menu"), ("I see", "told"), ("a tea", "ordered"), ("and?", "menu"))


def test_the_picture_marks_where_the_conversation_is_and_has_been():
    drawing = picture(html(SHOP, *SAID))

    assert "is-now" in drawing.stage("menu").get("class")
    assert "is-trail" in drawing.stage("pay").get("class")
    assert "×2" in drawing.text
    assert [label.get("data-choice") for label in drawing.groups("is-gone") if label.get("data-choice")] == [
        "ordered",
        "told",
    ]


def test_every_decision_stands_there_in_words_with_what_the_user_said():
    text = html(SHOP, *SAID, ("fly me", "moon"))

    assert "stage <code>menu</code>" in text
    assert "to return to: <code>pay</code>" in text
    assert "5 decisions of the model" in text
    assert "Turn 1: <code>order</code> ↷ <code>menu</code> · jump menu" in text
    assert "“a tea”" in text
    assert "⊘ moon is no way out of <code>menu</code>" in text
    places = [text.index(f"Turn {number}:") for number in range(1, 6)]
    assert places == sorted(places)


def test_a_conversation_that_has_not_begun_is_a_picture_alone():
    text = html()

    assert "<details" not in text
    assert "<img" in text


def test_it_is_always_the_same():
    assert html(SHOP, *SAID) == html(SHOP, *SAID)


def test_the_direction_is_that_of_the_panel():
    assert html(SHOP, *SAID, direction="LR") != html(SHOP, *SAID)


def test_very_many_decisions_are_cut_and_counted():
    text = html(SHOP, *[("?", "menu"), ("!", "told")] * MOST_MOVES)

    assert f"… {MOST_MOVES} earlier moves are left out" in text
    assert text.count("Turn ") == MOST_MOVES


def test_only_what_an_untrusted_notebook_keeps_is_used_whatever_names_and_words_are():
    hostile = "<script>alert(1)</script>\" onload='x' \u202e"
    names = [stage.name for stage in HOSTILE.stages]
    moves = [
        move(kind, source, target, hostile, (hostile,))
        for kind, source, target in zip(["jump", "refused", "end"] * len(names), names, names[1:], strict=False)
    ]
    position = Position(names[1], tuple(names[2:5]))

    text = drawn([turn(1, hostile, *moves)], HOSTILE, position, title=hostile, direction="TB")

    found = Tags(text).found
    assert {tag for tag, _ in found} <= {*KEPT_TAGS, "img"}
    assert {name for _, attributes in found for name in attributes} <= {*KEPT_ATTRIBUTES, "alt", "src", "open"}
    assert [attributes["src"][:26] for tag, attributes in found if tag == "img"] == ["data:image/svg+xml;base64,"]
    assert "\u202e" not in text


def test_without_graphviz_the_text_of_the_graph_stands_there(monkeypatch):
    monkeypatch.setattr(layout, "find_graphviz", lambda: None)

    text = html(SHOP, ("a tea", "ordered"))

    assert "flowchart TD" in text
    assert "neither graphviz-pure nor dot is there" in text
    assert "1 decision of the model" in text
