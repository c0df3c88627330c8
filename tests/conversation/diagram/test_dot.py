import json
import re
from subprocess import run

import pytest
from hypothesis import given, settings

from intentional_nb.conversation.diagram import find_graphviz, to_dot
from intentional_nb.conversation.diagram.palette import DARK, LIGHT
from intentional_nb.conversation.position import Position
from tests.conversation.diagram.drawings import BROKEN, HOSTILE, INTERVIEW, TRAVELLING, any_graphs


def laid_out(dot):
    """What Graphviz understands: the labels of nodes and edges, by their ids."""
    answer = json.loads(run([find_graphviz(), "-Tjson"], input=dot.encode(), capture_output=True, check=True).stdout)
    nodes = {item["id"]: item for item in answer.get("objects", []) if "id" in item}
    edges = {item["id"]: item for item in answer.get("edges", []) if "id" in item}
    return nodes, edges


def test_graphviz_understands_every_stage_and_outcome():
    nodes, edges = laid_out(to_dot(TRAVELLING))

    assert {f"stage-{name}" for name in ("where", "pay", "timetable", "complaint", "_end_")} <= nodes.keys()
    assert edges["outcome-stage-where-to-stage-pay"]["label"].split() == ["place_named"]
    assert edges["jump-mark-any-to-stage-complaint"]["style"] == "dashed"
    assert edges["backtrack-stage-complaint-to-mark-back-stage-complaint"]["style"] == "dotted"
    assert nodes["stage-_end_"]["peripheries"] == "2"


def test_hostile_names_do_not_break_out_of_their_strings():
    nodes, _ = laid_out(to_dot(HOSTILE))

    assert sum(key.startswith("stage-") for key in nodes) == len(HOSTILE.stages)
    assert not any("URL" in node or "href" in node or "image" in node for node in nodes.values())


def test_a_backslash_and_an_entity_are_shown_as_they_are_written():
    tooltips = {node.get("tooltip", "").split("\\n")[0] for node in laid_out(to_dot(HOSTILE))[0].values()}

    assert "&amp;" in {tip.replace("&amp;amp;", "&amp;") for tip in tooltips}
    assert {r"\\N", r"a\\"} <= tooltips | {tip.replace("\\", "\\\\") for tip in tooltips}


def test_where_the_conversation_stands_is_coloured():
    nodes, _ = laid_out(to_dot(TRAVELLING, position=Position("pay", ("where",)), visits={"timetable": 1}))

    assert nodes["stage-pay"]["fillcolor"] == LIGHT.now
    assert nodes["stage-where"]["color"] == LIGHT.trail
    assert nodes["stage-timetable"]["fillcolor"] == LIGHT.visited


def test_trouble_is_coloured():
    nodes, edges = laid_out(to_dot(BROKEN))

    assert nodes["unknown-wolrd"]["color"] == LIGHT.error
    assert edges["outcome-stage-hello-to-unknown-wolrd"]["color"] == LIGHT.error
    assert "dashed" in nodes["stage-island"]["style"]


def test_a_dark_page_has_its_own_colours():
    dark = set(re.findall("#[0-9a-f]{6}", to_dot(INTERVIEW, dark=True)))

    assert dark <= {getattr(DARK, name) for name in DARK.__slots__}


def test_the_text_is_one_statement_a_line():
    lines = to_dot(HOSTILE).splitlines()

    assert lines[0] == "digraph conversation {"
    assert lines[-1] == "}"
    assert all(line.startswith("  ") and line.endswith(("]", "}")) for line in lines[1:-1])


@settings(max_examples=25, deadline=None)
@given(any_graphs)
def test_any_graph_can_be_laid_out(graph):
    assert laid_out(to_dot(graph))


def test_a_wrong_direction_is_named():
    with pytest.raises(ValueError, match="direction 'left' is none of"):
        to_dot(TRAVELLING, direction="left")
