from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.bots.transcript import RouteEntry
from intentional_nb.conversation.difference import difference
from intentional_nb.conversation.graph import END, ConversationGraph
from intentional_nb.conversation.position import Position, options
from intentional_nb.panels.stage_journey import MOST_TURNS, Journey
from intentional_nb.panels.stage_map import StageMap, reachable_view
from tests.conversation.diagram.drawings import BROKEN, HOSTILE, any_graphs
from tests.panels.samples import turn
from tests.panels.stage_samples import SHOP, city, talk


@pytest.fixture
def shop():
    return StageMap(SHOP)


def renamed(graph, old, new):
    """The graph with a stage of another name."""

    def called(name):
        return new if name == old else name

    return ConversationGraph(
        tuple(
            replace(
                stage,
                name=called(stage.name),
                accessible_from=tuple(map(called, stage.accessible_from)),
                outcomes=tuple(replace(outcome, move_to=called(outcome.move_to)) for outcome in stage.outcomes),
            )
            for stage in graph.stages
        )
    )


# -- the graph


def test_a_stage_is_told_with_all_that_a_person_may_ask_about_it(shop):
    order, pay, menu, end = shop.view["stages"]

    assert order == {"id": "stage-order", "name": "order", "goal": "Find out what to brew.", "start": True}
    assert pay == {"id": "stage-pay", "name": "pay", "goal": "Get it paid."}
    assert menu["description"] == "They ask what there is."
    assert (end["name"], end["end"], end["tools"]) == (END, True, ["end_conversation"])


def test_a_way_is_told_with_when_it_is_taken(shop):
    ways = {way["id"]: way for way in shop.view["ways"]}

    ordered = ways["outcome-order-ordered"]
    assert (ordered["from"], ordered["to"], ordered["kind"]) == (["stage-order"], "stage-pay", "outcome")
    assert (ordered["when"], ordered["examples"]) == ("They say what they want.", ["a coffee, please"])
    jump = ways["jump-stage-pay-to-stage-menu"]
    assert (jump["choice"], jump["when"]) == ("menu", "They ask what there is.")
    assert ways["outcome-menu-told"]["to"] is None


def test_the_problems_of_a_broken_graph_are_told_and_what_cannot_be_reached():
    from intentional_nb.conversation.checks import check

    broken = StageMap(replace(BROKEN, problems=tuple(check(BROKEN))))

    island = next(stage for stage in broken.view["stages"] if stage["name"] == "island")
    assert island["unreachable"] is True
    errors = [problem for problem in broken.view["problems"] if problem["severity"] == "error"]
    assert any("wolrd" in problem["text"] and problem["stage"] == "stage-hello" for problem in errors)


@given(any_graphs)
def test_any_graph_can_be_told_in_ids_that_are_there(graph):
    view = StageMap(graph).view
    ids = {stage["id"] for stage in view["stages"]}

    assert len(ids) == len(view["stages"])
    for way in view["ways"]:
        assert {*way["from"]} <= ids
        assert way["to"] is None or way["to"] in ids


def test_hostile_names_can_be_sent_and_hide_nothing():
    text = str(StageMap(HOSTILE).view)

    assert not {"\u202e", "\x00", "\ud800"} & set(text)
    text.encode()


# -- the conversation in it


def test_every_stage_and_way_is_counted(shop):
    turns, position = talk(
        SHOP, ("what is there?", "menu"), ("I see", "told"), ("a tea", "ordered"), ("and?", "menu"), ("ok", "told")
    )

    view = Journey(shop).view(turns, position.stage)

    assert view["visits"] == {"stage-order": 2, "stage-menu": 2, "stage-pay": 2}
    assert view["taken"] == {
        "jump-stage-order-to-stage-menu": 1,
        "outcome-menu-told": 2,
        "outcome-order-ordered": 1,
        "jump-stage-pay-to-stage-menu": 1,
    }


def test_a_conversation_that_has_not_begun_is_in_its_first_stage_once(shop):
    assert Journey(shop).view([], "order")["visits"] == {"stage-order": 1}


def test_where_the_conversation_began_anew_counts_although_no_decision_led_there(shop):
    turns, _ = talk(SHOP, ("a tea", "ordered"), ("here", "paid"))

    view = Journey(shop).view(turns, "order")

    assert view["visits"] == {"stage-order": 2, "stage-pay": 1, "stage-_end_": 1}


def test_a_refused_choice_is_told_and_not_counted(shop):
    turns, position = talk(SHOP, ("fly me", "moon"))

    view = Journey(shop).view(turns, position.stage)

    assert (view["visits"], view["taken"]) == ({"stage-order": 1}, {})
    (move,) = view["turns"][0]["entries"]
    assert (move["kind"], move["choice"], move["way"], move["from"]) == ("refused", "moon", None, "stage-order")
    assert move["options"] == ["ordered", "menu"]


def test_a_move_is_told_with_its_turn_and_the_words_that_led_to_it(shop):
    turns, position = talk(SHOP, ("a tea\u202e", "ordered"), ("hm", ()))

    (told,) = Journey(shop).view(turns, position.stage)["turns"]

    assert (told["n"], told["user"]) == (1, "a tea[U+202E]")
    assert told["at"] == 1772366400000
    (move,) = told["entries"]
    assert (move["source"], move["target"], move["way"]) == ("order", "pay", "outcome-order-ordered")


def test_only_the_latest_turns_are_told_and_all_are_counted(shop):
    said = [("?", "menu"), ("!", "told")] * MOST_TURNS
    turns, position = talk(SHOP, *said)

    view = Journey(shop).view(turns, position.stage)

    assert (len(view["turns"]), view["hidden"]) == (MOST_TURNS, MOST_TURNS)
    assert view["visits"]["stage-menu"] == MOST_TURNS


def test_a_decision_in_a_stage_that_is_gone_is_told_and_lights_nothing(shop):
    turns, _ = talk(SHOP, ("a tea", "ordered"))
    gone = replace(turns[0].route[0], source="cellar", choice="up")

    view = Journey(shop).view([turn(1, "a tea", RouteEntry(gone))], "pay")

    assert view["turns"][0]["entries"][0]["from"] is None
    assert view["visits"] == {"stage-pay": 1}
    assert view["taken"] == {}


def test_what_happened_before_a_stage_was_renamed_counts_for_its_new_name():
    new = renamed(SHOP, "menu", "card")
    shown = StageMap(new, difference(SHOP, new).renamed)
    turns, _ = talk(SHOP, ("what is there?", "menu"), ("I see", "told"))

    view = Journey(shown).view(turns, "order")

    assert view["visits"] == {"stage-order": 2, "stage-card": 1}
    assert view["taken"] == {"jump-stage-order-to-stage-card": 1, "outcome-card-told": 1}
    assert shown.view["renamed"] == {"menu": "card"}


def test_names_that_were_swapped_back_are_found():
    shown = StageMap(SHOP, {"menu": "card", "card": "menu"})

    assert (shown.name("card"), shown.name("menu"), shown.name("nowhere")) == ("menu", "menu", "nowhere")


def test_names_that_go_round_in_a_circle_end_somewhere():
    assert StageMap(SHOP, {"a": "b", "b": "a"}).name("a") in "ab"


@given(st.data())
def test_counts_are_those_of_the_moves_whatever_the_model_chooses(data):
    graph = city(3, 4, 3)
    chosen, position = [], Position(graph.start.name)
    for _ in range(data.draw(st.integers(0, 12))):
        legal = [option.name for option in options(graph, position, without={position.stage})]
        if not legal:
            break
        chosen.append(("…", data.draw(st.sampled_from([*legal, "nonsense"]))))
        _, position = talk(graph, *chosen)
    turns, position = talk(graph, *chosen)
    moves = [decision for one in turns for decision in one.route if decision.kind != "refused"]

    past = Journey(StageMap(graph)).past(turns)
    visits, taken = past.entered(position.stage), past.moves

    assert sum(visits.values()) == len(moves) + 1
    assert sum(taken.values()) == len(moves)
    assert visits[position.stage] >= 1


# -- what can be reached


def test_what_can_be_reached_are_the_choices_of_the_next_turn(shop):
    assert reachable_view(shop, Position("order")) == [
        ["outcome-order-ordered", "stage-pay"],
        ["jump-stage-order-to-stage-menu", "stage-menu"],
    ]


def test_a_backtrack_reaches_the_last_stage_of_the_trail(shop):
    assert reachable_view(shop, Position("menu", ("order", "pay"))) == [["outcome-menu-told", "stage-pay"]]
    assert reachable_view(shop, Position("menu")) == []


def test_from_a_stage_that_is_not_in_the_graph_nothing_is_reached(shop):
    assert reachable_view(shop, Position("cellar")) == []
