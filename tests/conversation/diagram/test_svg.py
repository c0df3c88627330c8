import os
import sys
from subprocess import run

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.conversation.diagram import to_svg
from intentional_nb.conversation.diagram.layout import lay_out
from intentional_nb.conversation.graph import ALL, BACKTRACK, END, START, ConversationGraph, Outcome, Stage
from intentional_nb.conversation.position import Position
from intentional_nb.conversation.problems import Problem
from tests.conversation.diagram.drawings import (
    BROKEN,
    HOSTILE,
    INTERVIEW,
    TRAVELLING,
    Drawing,
    any_graphs,
    chain,
    forbidden,
    tooltip,
    words,
)


@pytest.fixture(scope="module")
def travelling():
    return Drawing(to_svg(TRAVELLING))


def test_every_stage_is_drawn_with_its_name_its_goal_and_an_id(travelling):
    for stage in TRAVELLING.stages:
        group = travelling.stage(stage.name)
        assert group.get("id") == f"stage-{stage.name}"
        assert words(group).startswith(stage.name)
        assert stage.goal in words(group)
        assert stage.goal in tooltip(group)


def test_the_tools_of_a_stage_are_named():
    assert "uses reschedule_interview" in words(Drawing(to_svg(INTERVIEW)).stage("reschedule"))


def test_the_beginning_and_the_end_are_marked(travelling):
    [start] = travelling.groups("inb-start")[:1]
    [end] = travelling.groups("inb-end")

    assert ("mark-start", "stage-where") in travelling.ways("inb-line")
    assert words(travelling.groups("inb-start")[-1]) == "start"
    assert start is not None
    assert words(end) == "end"
    assert end.get("data-stage") == END
    assert [rect.get("class") for rect in end.iter("{http://www.w3.org/2000/svg}rect")] == [
        "inb-halo",
        "inb-rim",
        "inb-box",
    ]


def test_every_outcome_is_on_its_line(travelling):
    assert travelling.choices() == ["place_named", "paid", "told", "calmed", "furious"]
    assert set(travelling.ways("inb-outcome")) == {
        ("stage-where", "stage-pay"),
        ("stage-pay", "stage-_end_"),
        ("stage-complaint", "stage-_end_"),
    }
    assert "the traveller names a station" in tooltip(travelling.groups("inb-choice")[0])


def test_outcomes_that_lead_the_same_way_share_a_line():
    drawing = Drawing(to_svg(INTERVIEW))

    assert drawing.ways("inb-outcome").count(("stage-age", "stage-city")) == 1
    assert {"age_given", "age_declined"} <= set(drawing.choices())


def test_a_jump_from_everywhere_is_one_dashed_line(travelling):
    assert [way for way in travelling.ways("inb-jump") if way[1] == "stage-complaint"] == [
        ("mark-any", "stage-complaint")
    ]
    assert words(travelling.groups("inb-any")[0]) == "from any stage"
    assert ".inb-jump .inb-path { stroke-dasharray: 6 4 }" in travelling.style


def test_a_jump_from_a_few_stages_comes_from_each_of_them(travelling):
    assert [way for way in travelling.ways("inb-jump") if way[1] == "stage-timetable"] == [
        ("stage-where", "stage-timetable"),
        ("stage-pay", "stage-timetable"),
    ]


def test_a_jump_from_many_stages_is_one_line_from_a_box_that_names_them():
    names = tuple(f"step_{number}" for number in range(5))
    graph = ConversationGraph((*chain(5).stages, Stage("help", "g", "d", accessible_from=names)))

    drawing = Drawing(to_svg(graph))
    [box] = drawing.groups("inb-some")

    assert drawing.ways("inb-jump") == [("mark-some", "stage-help")]
    assert words(box).startswith("from 5 stages step_0, step_1")
    assert "step_4" in tooltip(box)


def test_the_stages_that_a_jump_from_everywhere_leaves_out_are_named():
    drawing = Drawing(to_svg(INTERVIEW))
    [jump] = [g for g in drawing.groups("inb-jump") if g.get("data-line", "").endswith("to-stage-reschedule")]

    assert "except" in words(jump)
    assert "correct_information" in words(jump)


def test_a_backtrack_is_a_dotted_line_to_where_it_came_from(travelling):
    assert travelling.ways("inb-backtrack") == [
        ("stage-timetable", "mark-back-stage-timetable"),
        ("stage-complaint", "mark-back-stage-complaint"),
    ]
    assert [words(box) for box in travelling.groups("inb-back")] == ["back to where it came from"] * 2
    assert ".inb-backtrack .inb-path { stroke-dasharray: 0.1 4; stroke-linecap: round" in travelling.style


def test_many_jumps_from_everywhere_make_as_many_lines_as_stages():
    graph = chain(40, most_detours=20)

    assert len(Drawing(to_svg(graph)).ways("inb-jump")) == 20


def test_the_legend_explains_the_lines_that_there_are(travelling):
    [legend] = travelling.groups("inb-legend")
    [short] = Drawing(to_svg(chain(2))).groups("inb-legend")

    assert words(legend) == "outcome jump backtrack"
    assert words(short) == "outcome"
    assert not Drawing(to_svg(TRAVELLING, legend=False)).groups("inb-legend")


# ---- a conversation on it

POSITION = Position("complaint", ("where", "timetable", "where"))
VISITS = {"where": 2, "timetable": 1, "complaint": 3, END: 1}
MOVES = {("where", "complaint"): 2, ("where", "timetable"): 1, ("complaint", "calmed"): 4}


@pytest.fixture(scope="module")
def followed():
    return Drawing(to_svg(TRAVELLING, position=POSITION, visits=VISITS, moves=MOVES))


def test_the_current_stage_stands_out(followed):
    assert [group.get("data-stage") for group in followed.groups("is-now")] == ["complaint"]
    assert words(followed.groups("inb-now-badge")[0]) == "now"
    assert ".is-now .inb-box" in followed.style


def test_the_trail_is_numbered_oldest_first(followed):
    trail = {
        group.get("data-stage"): words(group.find(".//*[@class='inb-trail-badge']"))
        for group in followed.groups("is-trail")
    }

    assert trail == {"where": "1, 3", "timetable": "2"}


def test_visits_and_moves_are_counted(followed):
    counts = {group.get("data-stage"): words(group).split()[-1] for group in followed.groups("is-visited")}

    assert counts == {"where": "×2", "timetable": "×1", "complaint": "×3", END: "×1"}
    assert [words(group) for group in followed.groups("inb-choice") if "is-gone" in group.get("class")] == ["calmed ×4"]
    assert {way for way in followed.ways("is-gone")} == {
        ("mark-any", "stage-complaint"),
        ("stage-where", "stage-timetable"),
        ("stage-complaint", "mark-back-stage-complaint"),
    }


def test_nothing_moves_when_the_conversation_does(followed):
    elsewhere = Drawing(to_svg(TRAVELLING, position=Position("where"), problems=()))

    assert elsewhere.places == followed.places
    assert elsewhere.root.get("viewBox") == followed.root.get("viewBox")


def test_the_end_can_be_where_it_stands():
    assert "is-now" in Drawing(to_svg(TRAVELLING, position=Position(END))).stage(END).get("class")


def test_a_position_that_is_not_in_the_graph_is_not_drawn():
    drawing = Drawing(to_svg(TRAVELLING, position=Position("gone", ("gone too",)), visits={"gone": 1}))

    assert not drawing.groups("is-now") + drawing.groups("is-trail") + drawing.groups("is-visited")


# ---- trouble


def test_a_target_that_does_not_exist_is_a_broken_line_to_a_box_of_its_name():
    drawing = Drawing(to_svg(BROKEN))

    assert [words(box) for box in drawing.groups("inb-unknown")] == ["nobody", "wolrd"]
    assert set(drawing.ways("inb-broken")) == {("unknown-nobody", "stage-world"), ("stage-hello", "unknown-wolrd")}
    assert "stroke-dasharray" in drawing.style.partition(".inb-unknown .inb-box")[2].split("}")[0]
    assert "broken" in words(drawing.groups("inb-legend")[0])


def test_a_stage_that_cannot_be_reached_is_hatched():
    drawing = Drawing(to_svg(BROKEN))

    assert [group.get("data-stage") for group in drawing.groups("is-unreachable") if group.get("data-stage")] == [
        "island"
    ]
    assert drawing.root.find(".//{http://www.w3.org/2000/svg}pattern").get("id") == "inb-hatching-light"
    assert ".is-unreachable .inb-box { fill: url(#inb-hatching-light)" in drawing.style


def test_problems_are_marked_where_they_are_and_counted():
    problems = [
        Problem("unknown-target", "error", "outcome 'typo' leads nowhere", stage="hello"),
        Problem("dead-end", "warning", "a dead end", stage="world"),
        Problem("unknown-key", "error", "what is 'foo'?"),
    ]

    drawing = Drawing(to_svg(BROKEN, problems=problems))

    assert tooltip(drawing.stage("hello").find(".//*[@class='inb-error-badge']")) == "outcome 'typo' leads nowhere"
    assert tooltip(drawing.stage("world").find(".//*[@class='inb-warning-badge']")) == "a dead end"
    [notice] = [group for group in drawing.groups("inb-error-badge") if words(group) != "!"]
    assert words(notice) == "2 errors, 1 warning"
    assert tooltip(notice) == "what is 'foo'?"


def test_the_graphs_own_problems_are_marked_unless_others_are_given():
    from intentional_nb.conversation.loading import load_graph

    graph = load_graph({"stages": {"a": {"accessible_from": "_start_", "goal": "g"}}}, strict=False)

    assert Drawing(to_svg(graph)).groups("inb-warning-badge")
    assert not Drawing(to_svg(graph, problems=())).groups("inb-warning-badge")


@pytest.mark.parametrize(("stages", "says"), [((), "no stages"), ((Stage("a"),), "no start stage")])
def test_a_graph_without_a_beginning_says_so(stages, says):
    drawing = Drawing(to_svg(ConversationGraph(stages)))

    assert says in drawing.text
    assert not drawing.groups("is-unreachable")


def test_several_beginnings_and_equal_names_are_all_drawn():
    graph = ConversationGraph((Stage("a", accessible_from=(START,)), Stage("a", accessible_from=(START,))))

    drawing = Drawing(to_svg(graph))

    assert [way[1] for way in drawing.ways("inb-start")] == ["stage-a", "stage-a-2"]


# ---- hostile words


def test_hostile_names_are_text_and_nothing_else():
    svg = to_svg(HOSTILE, position=Position('"', ("\\", "'")))

    assert not forbidden(svg)
    assert "[U+202E]gnp.exe" in Drawing(svg).text
    assert "\u202e" not in svg
    assert "<script>" not in svg


def test_a_long_name_is_cut_but_whole_in_its_tooltip():
    name = "under_score_" * 20
    group = Drawing(to_svg(ConversationGraph((Stage(name, accessible_from=(START,)),)))).stage(name)

    assert words(group).endswith("…")
    assert len(words(group)) < 80
    assert tooltip(group).startswith(name)


@settings(max_examples=60, deadline=None)
@given(any_graphs, st.booleans())
def test_any_graph_can_be_drawn(graph, dark):
    position = Position(graph.stages[0].name, ("a", "nowhere")) if graph.stages else None

    svg = to_svg(graph, position=position, visits={"a": 1}, moves={("a", "b"): 2}, dark=dark)

    assert not forbidden(svg)
    assert len([g for g in Drawing(svg).root.iter() if g.get("data-stage") is not None]) >= len(graph.stages)
    ids = [element.get("id") for element in Drawing(svg).root.iter() if element.get("id")]
    assert len(set(ids)) == len(ids)


# ---- form


def test_the_same_graph_gives_the_same_bytes_in_every_process():
    code = (
        "import sys; from tests.conversation.diagram.drawings import HOSTILE, INTERVIEW;"
        "from intentional_nb.conversation.diagram import to_svg, to_mermaid;"
        "sys.stdout.buffer.write((to_svg(INTERVIEW) + to_svg(HOSTILE) + to_mermaid(HOSTILE)).encode())"
    )
    outputs = {
        run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }

    assert len(outputs) == 1
    assert to_svg(INTERVIEW).encode() in outputs.pop()


def test_a_second_drawing_does_not_ask_graphviz_again():
    graph = chain(7)
    to_svg(graph)
    before = lay_out.__globals__["_lay_out"].cache_info()

    to_svg(graph, position=Position("step_3"), dark=True)

    after = lay_out.__globals__["_lay_out"].cache_info()
    assert (after.hits, after.misses) == (before.hits + 1, before.misses)


@pytest.mark.parametrize(("dark", "theme"), [(False, "light"), (True, "dark"), (None, "auto")])
def test_the_theme_is_bound_to_the_drawing(dark, theme):
    drawing = Drawing(to_svg(TRAVELLING, dark=dark))

    assert drawing.root.get("class") == f"inb-graph inb-{theme}"
    assert ("prefers-color-scheme: dark" in drawing.style) == (dark is None)
    rules = [line for line in drawing.style.splitlines() if line.endswith("}") and line != "}"]
    assert all(f".inb-{theme} " in line for line in rules)


def test_a_direction_can_be_chosen_and_a_wrong_one_is_named():
    def size(direction):
        return [float(side) for side in Drawing(to_svg(chain(9), direction=direction)).root.get("viewBox").split()[2:]]

    assert size("TB")[0] < size("TB")[1]
    assert size("LR")[0] > size("LR")[1]
    with pytest.raises(ValueError, match="direction 'up' is none of TB, LR, BT, RL"):
        to_svg(TRAVELLING, direction="up")


@pytest.mark.parametrize("graph", [INTERVIEW, chain(60, most_detours=12), HOSTILE], ids=["ten", "sixty", "hostile"])
def test_no_box_lies_on_another_and_all_lie_on_the_card(graph):
    drawing = Drawing(to_svg(graph))
    boxes = [
        [float(shape[side]) for side in ("x", "y", "width", "height")]
        for shape in (s for s in drawing.places if "rx" in s)
    ][1:-1]
    width, height = (float(side) for side in drawing.root.get("viewBox").split()[2:])

    for place, (x, y, w, h) in enumerate(boxes):
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height
        for u, v, a, b in boxes[:place]:
            assert x + w <= u or u + a <= x or y + h <= v or v + b <= y


def test_a_tangle_is_drawn_in_reasonable_time_with_straight_lines():
    names = [f"s{number}" for number in range(40)]
    tangle = ConversationGraph(
        tuple(
            Stage(
                name,
                accessible_from=(START,) if place == 0 else (ALL,),
                outcomes=(
                    *(Outcome(f"o{k}", "d", names[(place * 7 + k * 11) % 40]) for k in range(5)),
                    Outcome("b", "d", BACKTRACK),
                ),
            )
            for place, name in enumerate(names)
        )
    )

    assert not forbidden(to_svg(tangle))
