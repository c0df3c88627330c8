import html
import re

import pytest
from hypothesis import given

from intentional_nb.conversation.diagram import to_mermaid
from intentional_nb.conversation.diagram.lettering import one_line
from intentional_nb.conversation.graph import START, ConversationGraph, Outcome, Stage
from intentional_nb.conversation.position import Position
from tests.conversation.diagram.drawings import BROKEN, HOSTILE, HOSTILE_NAMES, TRAVELLING, any_graphs

NODE = re.compile(r'  (\w+)(?:\("|\[\"|\(\["|\(\(\(")([^"]*)(?:"\)|"\]|"\]\)|"\)\)\))(?:::(?::(\w+)))?')
LINE = re.compile(r'  (\w+) (-->|-\.->)(?:\|"([^"]*)"\|)? (\w+)')
STYLE = re.compile(r"  (linkStyle [\d,]+|classDef \w+) [\w#:,. -]+")


def shown(text):
    """What Mermaid makes of a label: it knows numbers in place of letters."""
    return html.unescape(re.sub(r"#(\d+);", r"&#\1;", text))


def test_stages_outcomes_jumps_and_backtracks_are_told_apart():
    text = to_mermaid(TRAVELLING)

    assert '  stage_where -->|"place_named"| stage_pay' in text
    assert "  mark_start --> stage_where" in text
    assert '  stage_pay -->|"paid"| stage__end_' in text
    assert "  mark_any -.-> stage_complaint" in text
    assert "  stage_where -.-> stage_timetable" in text
    assert '  stage_complaint -.->|"calmed"| mark_back_stage_complaint' in text


def test_where_the_conversation_stands_has_a_class():
    text = to_mermaid(TRAVELLING, position=Position("complaint", ("pay",)))

    assert 'stage_complaint("complaint"):::now' in text
    assert 'stage_pay("pay"):::trail' in text
    assert "classDef now " in text


def test_trouble_has_a_class():
    text = to_mermaid(BROKEN)

    assert 'unknown_wolrd["wolrd"]:::unknown' in text
    assert 'stage_island("island"):::unreachable' in text


@pytest.mark.parametrize("name", [name for name in HOSTILE_NAMES if one_line(name)])
def test_a_hostile_name_is_shown_as_it_is(name):
    graph = ConversationGraph((Stage(name, accessible_from=(START,), outcomes=(Outcome(name, "d", name),)),))

    lines = to_mermaid(graph).splitlines()
    nodes = [shown(found[2]) for line in lines if (found := NODE.fullmatch(line))]
    labels = [shown(found[3] or "") for line in lines if (found := LINE.fullmatch(line))]

    assert one_line(name, 80) in nodes
    assert one_line(name, 80) in labels


@given(any_graphs)
def test_any_graph_makes_nothing_but_nodes_lines_and_styles(graph):
    lines = to_mermaid(graph).splitlines()

    assert lines[0] == "flowchart TD"
    assert [
        line for line in lines[1:] if not (NODE.fullmatch(line) or LINE.fullmatch(line) or STYLE.fullmatch(line))
    ] == []


def test_hostile_names_make_nothing_else_either():
    assert all(
        NODE.fullmatch(line) or LINE.fullmatch(line) or STYLE.fullmatch(line)
        for line in to_mermaid(HOSTILE).splitlines()[1:]
    )


def test_no_class_has_the_name_of_a_keyword():
    classes = re.findall(
        r"classDef (\w+)", to_mermaid(BROKEN, position=Position("hello", ("world",))) + to_mermaid(TRAVELLING)
    )

    assert not set(classes) & {"end", "start", "default", "graph", "subgraph", "style", "click"}
