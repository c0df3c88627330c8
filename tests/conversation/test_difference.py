from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.conversation.difference import Change, carried_over, difference
from intentional_nb.conversation.loading import load_graph
from intentional_nb.conversation.position import Position, advance, options, start_position
from intentional_nb.errors import GraphError
from tests.conversation.graphs import TRAVEL, conversations

OLD = load_graph(TRAVEL)


def changed(**stages):
    conversation = copy.deepcopy(TRAVEL)
    for name, stage in stages.items():
        if stage is None:
            del conversation["stages"][name]
        else:
            conversation["stages"][name] = {**conversation["stages"].get(name, {}), **stage}
    return conversation


def renamed(old, new):
    """TRAVEL with one stage under another name, everywhere."""
    conversation = copy.deepcopy(TRAVEL)
    stages = conversation["stages"]
    conversation["stages"] = {new if name == old else name: stage for name, stage in stages.items()}
    for stage in stages.values():
        froms = stage.get("accessible_from", [])
        if isinstance(froms, list):
            stage["accessible_from"] = [new if name == old else name for name in froms]
        for outcome in stage["outcomes"].values():
            outcome["move_to"] = new if outcome["move_to"] == old else outcome["move_to"]
    return load_graph(conversation)


def test_equal_graphs_do_not_differ():
    same = difference(OLD, load_graph(copy.deepcopy(TRAVEL)))

    assert not same
    assert str(same) == "no change"


def test_the_order_of_stages_is_no_change():
    conversation = copy.deepcopy(TRAVEL)
    conversation["stages"] = dict(reversed(conversation["stages"].items()))

    assert not difference(OLD, load_graph(conversation))


def test_each_change_is_told_on_a_line_of_its_own():
    refused = {"description": "the traveller will not pay", "move_to": "_end_"}
    conversation = changed(
        pay={"goal": "Get five euros.", "outcomes": {**TRAVEL["stages"]["pay"]["outcomes"], "refused": refused}},
        weather={"accessible_from": "_all_", "description": "it rains", "goal": "Talk about it."}
        | {"outcomes": {"done": {"description": "enough of it", "move_to": "_backtrack_"}}},
        complaint=None,
    )
    conversation["background"] = "You sell bus tickets."

    assert str(difference(OLD, load_graph(conversation))).splitlines() == [
        "~ conversation, background: 'You sell train tickets.' -> 'You sell bus tickets.'",
        "~ stage 'pay', goal: 'Get the ticket paid.' -> 'Get five euros.'",
        "+ stage 'pay', outcomes.refused",
        "+ stage 'weather'",
        "- stage 'complaint'",
    ]


def test_a_stage_under_another_name_is_one_change_whoever_leads_there():
    found = difference(OLD, renamed("pay", "till"))

    assert str(found) == "~ stage 'pay' is now 'till'"
    assert found.renamed == {"pay": "till"}


def test_two_stages_that_say_the_same_are_not_taken_for_renamed():
    twin = {"goal": "g", "outcomes": {"x": {"description": "d", "move_to": "_end_"}}}
    first = {"accessible_from": "_start_", "goal": "s", "outcomes": {}}
    for name in ("a", "b"):
        first["outcomes"][name] = {"description": f"to the stage {name}", "move_to": name}
    old = load_graph({"stages": {"first": first, "a": twin, "b": twin}})
    other = copy.deepcopy(first)
    other["outcomes"]["a"]["move_to"], other["outcomes"]["b"]["move_to"] = "c", "e"
    new = load_graph({"stages": {"first": other, "c": twin, "e": twin}})

    assert difference(old, new).renamed == {}


def test_a_position_that_is_still_there_is_kept():
    position = Position("complaint", ("where", "timetable"))

    assert carried_over(position, OLD, load_graph(changed(pay={"goal": "Be paid."}))) == position


def test_a_position_follows_renamed_stages():
    moved = carried_over(Position("complaint", ("pay", "where", "pay")), OLD, renamed("pay", "till"))

    assert moved == Position("complaint", ("till", "where", "till"))


@pytest.mark.parametrize(
    ("position", "role"),
    [
        (Position("complaint"), "the conversation stands in stage 'complaint', which is gone"),
        (Position("pay", ("complaint",)), "the conversation would return to stage 'complaint', which is gone"),
    ],
)
def test_a_stage_that_is_gone_is_refused_until_one_takes_its_place(position, role):
    new = load_graph(changed(complaint=None))

    with pytest.raises(GraphError) as caught:
        carried_over(position, OLD, new)

    assert role in str(caught.value)
    assert "stages={'complaint': NAME}" in str(caught.value)
    place = carried_over(position, OLD, new, stages={"complaint": "timetable"})
    assert "timetable" in (place.stage, *place.trail)


def test_a_stage_can_be_taken_off_the_trail_but_not_from_under_the_conversation():
    new = load_graph(changed(complaint=None))

    position = Position("pay", ("complaint", "where"))
    assert carried_over(position, OLD, new, stages={"complaint": None}) == Position("pay", ("where",))
    with pytest.raises(GraphError, match="the conversation stands in stage 'complaint'"):
        carried_over(Position("complaint"), OLD, new, stages={"complaint": None})


def test_the_place_given_must_exist_and_the_nearest_name_is_told():
    with pytest.raises(GraphError, match="no stage 'pays'") as caught:
        carried_over(Position("complaint"), OLD, load_graph(changed(complaint=None)), stages={"complaint": "pays"})

    assert caught.value.problems[0].suggestion == "pay"


@given(conversations(), conversations(), st.lists(st.integers(0, 5), max_size=8))
def test_any_position_is_carried_over_to_a_legal_one_or_refused(before, after, choices):
    old, new = load_graph(before, strict=False), load_graph(after, strict=False)
    position = start_position(old)
    for choice in choices:
        if legal := options(old, position):
            position = advance(old, position, legal[choice % len(legal)].name)

    try:
        moved = carried_over(position, old, new)
    except GraphError:
        assert {position.stage, *position.trail} - set(new.by_name)
        return
    assert {moved.stage, *moved.trail} <= set(new.by_name)
    assert len(moved.trail) == len(position.trail)


@given(conversations(), conversations())
def test_graphs_that_do_not_differ_offer_the_same_choices_everywhere(before, after):
    old, new = load_graph(before, strict=False), load_graph(after, strict=False)
    is_same = not difference(old, new)

    assert is_same == (not difference(new, old))
    if is_same:
        assert set(old.by_name) == set(new.by_name)
        for name in old.by_name:
            assert set(options(old, Position(name))) == set(options(new, Position(name)))


def test_options_of_tools_are_not_told_since_one_may_be_a_key():
    def equipped(*tools):
        return load_graph(changed(pay={"tools": list(tools)}))

    before = equipped({"id": "till", "api_key": "sk-of-somebody"}, "clock")
    other_key = difference(before, equipped({"id": "till", "api_key": "sk-of-another"}, "clock"))
    other_tools = difference(before, equipped("clock"))

    assert str(other_key) == "~ stage 'pay', tools: other options of 'till'"
    assert str(other_tools) == "~ stage 'pay', tools: ['till', 'clock'] -> ['clock']"
    assert "sk-of" not in repr([*other_key, *other_tools])


LONG = "You sell train tickets in a small station by the sea, and are patient and brief with everybody who asks."


@pytest.mark.parametrize(
    ("goal", "told"),
    [
        (LONG.replace("brief", "verbose"), "'…patient and brief with everyb…' -> '…patient and verbose with everyb…'"),
        (f"{LONG} Never argue.", "'…dy who asks.' -> '…dy who asks. Never argue.'"),
        (LONG.removesuffix(" who asks."), "'…th everybody who asks.' -> '…th everybody'"),
    ],
)
def test_of_long_texts_the_part_is_told_that_differs(goal, told):
    found = difference(load_graph(changed(pay={"goal": LONG})), load_graph(changed(pay={"goal": goal})))

    assert str(found) == f"~ stage 'pay', goal: {told}"


@given(*[st.text("ab .'\n", max_size=size) for size in (120, 16, 16, 120)])
def test_what_is_told_of_two_texts_differs_as_they_do(begin, before, after, end):
    change = Change("changed", "pay", "goal", f"{begin}{before}{end}", f"{begin}{after}{end}")

    old, new = str(change).removeprefix("~ stage 'pay', goal: ").split(" -> ")

    assert (old == new) == (before == after)
    assert max(len(old), len(new)) <= 62
