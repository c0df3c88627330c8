from __future__ import annotations

import dataclasses

import pytest

from intentional_nb.conversation.graph import END
from intentional_nb.conversation.loading import load_graph
from intentional_nb.conversation.position import Position
from tests.conversation.graphs import TRAVEL

GRAPH = load_graph(TRAVEL)


def test_the_end_is_a_stage_with_one_tool():
    end = GRAPH.by_name[END]

    assert [use.id for use in end.tools] == ["end_conversation"]
    assert end not in GRAPH.stages


@pytest.mark.parametrize(
    ("stage", "jumps"),
    [
        ("where", ["timetable", "complaint"]),
        ("timetable", ["complaint"]),
        ("complaint", []),
        (END, []),
    ],
)
def test_jumps_lead_neither_to_oneself_nor_from_the_end(stage, jumps):
    assert [other.name for other in GRAPH.jumps_from(stage)] == jumps


def test_an_excluded_stage_cannot_jump():
    complaint = {**TRAVEL["stages"]["complaint"], "not_accessible_from": ["pay"]}
    graph = load_graph({"stages": {**TRAVEL["stages"], "complaint": complaint}})

    assert [stage.name for stage in graph.jumps_from("pay")] == ["timetable"]
    assert [stage.name for stage in graph.jumps_from("where")] == ["timetable", "complaint"]


def test_a_graph_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        GRAPH.background = "other"
    with pytest.raises(TypeError):
        GRAPH.by_name["where"] = GRAPH.start


def test_a_graph_has_a_short_repr_that_stays_the_same():
    assert repr(GRAPH) == "ConversationGraph(4 stages, start 'where')"
    assert repr(load_graph({"stages": {"a": {}}}, strict=False)) == "ConversationGraph(1 stage, start None)"


def test_a_graph_draws_itself_with_what_is_going_on():
    plain = GRAPH.to_svg()

    assert plain.lstrip().startswith("<")
    assert all(stage.name in plain for stage in GRAPH.stages)
    assert GRAPH.to_svg(position=Position("pay", ("where",))) != plain != GRAPH.to_svg(dark=True)
    assert "timetable" in GRAPH.to_dot()


def test_problems_and_source_do_not_make_graphs_different():
    other = dataclasses.replace(GRAPH, source="elsewhere.yml", problems=())

    assert other == GRAPH


def test_a_graph_displays_itself_as_a_picture_and_as_its_name():
    bundle = GRAPH._repr_mimebundle_()

    assert bundle["text/plain"] == "ConversationGraph(4 stages, start 'where')"
    assert "data:image/svg+xml;base64," in bundle["text/html"]
    assert "<script" not in bundle["text/html"]
    assert "timetable" in GRAPH.to_mermaid()
