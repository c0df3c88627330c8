from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.clients.past import Past


def item(item_id):
    return {"id": item_id, "type": "message"}


def test_turns_are_taken_back_with_their_items():
    past = Past()
    for item_id, turn in (("a", 1), ("b", 1), ("c", 2), ("d", 3)):
        past.note(item_id, turn)

    assert past.take_back(2) == (["c", "d"], [])
    assert past.turns == {"a": 1, "b": 1}


def test_the_first_word_on_an_item_counts():
    past = Past()
    past.note("a", 1)
    past.note("a", 2)

    assert past.turns == {"a": 1}


def test_a_conversation_that_was_over_is_told_again_up_to_there():
    past = Past()
    for item_id, turn in (("a", 1), ("b", 2), ("c", 3), ("d", 4)):
        past.note(item_id, turn)
    past.finish(3, [item("a"), item("b"), item("c")])
    past.note("e", 4)

    assert past.take_back(3) == (["c", "d", "e"], [item("a"), item("b")])
    assert past.take_back(3) == ([], []), "it is not over any more"


def test_conversations_before_are_left_alone():
    past = Past()
    past.note("a", 1)
    past.finish(1, [item("a")])
    past.note("b", 2)
    past.finish(2, [item("b")])
    past.note("c", 3)

    assert past.take_back(3) == (["c"], [])
    assert past.take_back(2) == (["b"], [])


@given(
    st.lists(st.tuples(st.text("abcdef", min_size=1, max_size=2), st.integers(1, 9)), max_size=20), st.integers(0, 10)
)
def test_what_is_left_is_exactly_what_came_before(items, turn):
    past = Past()
    for item_id, number in items:
        past.note(item_id, number)
    before = dict(past.turns)

    gone, _ = past.take_back(turn)

    assert past.turns == {item_id: number for item_id, number in before.items() if number < turn}
    assert set(gone) == set(before) - set(past.turns)
