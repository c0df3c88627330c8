from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from intentional_nb.conversation.diagram import layout
from intentional_nb.panels import drawings
from intentional_nb.panels.drawings import Drawings, drawing_view
from tests.browser.lab import wait_until
from tests.panels.stage_samples import SHOP, city


@pytest.fixture
def made():
    """Drawings, with how often something changed and what failed."""

    class Made:
        def __init__(self):
            self.changes = 0
            self.errors = []
            self.drawings = Drawings(SHOP, self.change, self.errors.append)

        def change(self):
            self.changes += 1

        def wait(self):
            wait_until(lambda: not self.drawings.is_drawing, "the drawing")
            return self.drawings.now

    return Made()


def edited():
    return replace(SHOP, stages=(replace(SHOP.stages[0], goal="Something else."), *SHOP.stages[1:]))


def test_nothing_is_drawn_before_it_is_wanted(made):
    assert made.drawings.now.pictures == {}
    assert not made.drawings.is_drawing


def test_a_direction_is_drawn_once_however_often_it_is_wanted(made, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        drawings, "drawing_view", lambda graph, direction: drawn.append(direction) or {"key": direction}
    )

    for direction in ("TB", "TB", "LR", "TB"):
        made.drawings.want(direction)

    assert made.wait().pictures == {"TB": {"key": "TB"}, "LR": {"key": "LR"}}
    assert drawn == ["TB", "LR"]
    assert made.changes == 2


def test_another_graph_takes_the_place_of_the_first_in_every_direction_that_was_wanted(made):
    made.drawings.want("TB")
    made.drawings.want("LR")
    before = made.wait()

    made.drawings.follow(edited())

    after = made.wait()
    assert after.map.graph == edited()
    assert after.pictures.keys() == {"TB", "LR"}
    assert after.pictures["TB"]["key"] != before.pictures["TB"]["key"]


def test_the_first_graph_is_shown_until_the_next_is_drawn(made, monkeypatch):
    made.drawings.want("TB")
    first = made.wait()
    may_draw = threading.Event()
    real = drawing_view
    monkeypatch.setattr(drawings, "drawing_view", lambda *given: may_draw.wait(10) and real(*given))

    made.drawings.follow(edited())
    assert made.drawings.is_drawing
    assert made.drawings.now is first
    may_draw.set()

    assert made.wait().map.graph == edited()


def test_what_cannot_be_drawn_is_told_and_the_next_one_drawn(made, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(drawings, "drawing_view", lambda *given: 1 / 0)
        made.drawings.want("TB")
        made.wait()
    wait_until(lambda: made.errors, "the error")

    made.drawings.follow(edited())

    assert "svg" in made.wait().pictures["TB"]
    assert [type(error) for error in made.errors] == [ZeroDivisionError]


def test_the_same_graph_has_the_same_key_and_another_direction_another():
    one, same, other = drawing_view(SHOP, "TB"), drawing_view(SHOP, "TB"), drawing_view(SHOP, "LR")

    assert one == same
    assert len({one["key"], other["key"], drawing_view(edited(), "TB")["key"]}) == 3


def test_without_graphviz_there_is_text_and_the_reason(monkeypatch):
    monkeypatch.setattr(layout, "find_graphviz", lambda: None)

    view = drawing_view(city(2, 2, 1), "TB")

    assert view["mermaid"].startswith("flowchart TD")
    assert "neither graphviz-pure nor dot is there" in view["reason"]
    assert "svg" not in view
