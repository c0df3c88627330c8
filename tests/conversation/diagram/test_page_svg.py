"""The drawing that becomes a part of a page, and its style sheet."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings

from intentional_nb.conversation.diagram import page_sheet, to_page_svg, to_svg
from intentional_nb.conversation.diagram.palette import DARK, LIGHT
from intentional_nb.conversation.graph import START, ConversationGraph, Stage
from intentional_nb.conversation.position import Position
from tests.conversation.diagram.drawings import BROKEN, HOSTILE, INTERVIEW, Drawing, any_graphs, forbidden, words


def shapes(svg):
    root = Drawing(svg).root
    return [
        (node.get("d"), node.get("width"))
        for kind in ("rect", "path")
        for node in root.iter(f"{{http://www.w3.org/2000/svg}}{kind}")
        if (node.get("class") or "").endswith(("-box", "-path", "-tip"))
    ]


def classes(svg):
    nodes = Drawing(svg).root.iter()
    return {name for node in nodes for name in (node.get("class") or "").split()}


@pytest.mark.parametrize("direction", ["TB", "LR"])
def test_it_is_the_picture_without_what_surrounds_it(direction):
    page, whole = to_page_svg(INTERVIEW, direction=direction), to_svg(INTERVIEW, direction=direction, legend=False)

    assert shapes(page) == shapes(whole)
    assert not {"inb-g-card", "inb-g-legend"} & classes(page)
    assert "<style" not in page


def test_its_classes_are_none_that_a_panel_has():
    own = {name for name in classes(to_page_svg(INTERVIEW)) if not name.startswith(("inb-g-", "is-", "has-"))}

    assert own == set()


def test_problems_are_marked_and_nothing_else():
    page = Drawing(to_page_svg(BROKEN))

    assert page.stage("island").get("class") == "inb-g-stage is-unreachable"
    assert classes(to_page_svg(INTERVIEW)).isdisjoint({"is-now", "is-trail", "is-visited", "is-gone"})


@settings(max_examples=25)  # each of them starts Graphviz
@given(any_graphs)
def test_no_graph_brings_anything_but_shapes_and_words(graph):
    assert forbidden(to_page_svg(graph)) == []


def test_a_name_that_looks_like_classes_stays_a_name():
    name = ' class="inb-box" inb-name'
    graph = ConversationGraph((Stage(name, goal=name, accessible_from=(START,)),))

    group = Drawing(to_page_svg(graph)).stage(name)

    assert group.get("class") == "inb-g-stage"
    assert words(group).startswith(name.strip())


def test_hostile_names_bring_nothing_that_runs():
    assert forbidden(to_page_svg(HOSTILE)) == []


def test_the_sheet_has_every_colour_for_light_and_for_dark():
    sheet = page_sheet()
    colours = set(re.findall(r"#[0-9a-f]{6}", sheet))

    assert f"light-dark({LIGHT.now}, {DARK.now})" in sheet
    assert {LIGHT.trail, DARK.trail, LIGHT.muted, DARK.back} <= colours
    assert "url(" not in sheet


def test_every_rule_of_the_sheet_is_about_such_drawings_alone():
    selectors = [part.strip() for rule in re.findall(r"([^{}]+)\{", page_sheet()) for part in rule.split(",")]

    assert selectors
    assert [selector for selector in selectors if not selector.startswith(".inb-g-page ")] == []


def test_it_lies_where_a_picture_with_a_position_does():
    assert shapes(to_page_svg(INTERVIEW)) == shapes(to_svg(INTERVIEW, position=Position("age"), legend=False))
