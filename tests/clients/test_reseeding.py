from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.clients.reseeding import call_items, reply_item, reseeded, user_item
from intentional_nb.wire.calls import ToolCall
from intentional_nb.wire.realtime.items import Item, Speech


def known(item_id, words=(), speech=None, **facts):
    return Item(item_id, {"type": "message", **facts}, list(words), speech=speech)


def told(*items, heard=lambda item: item.heard_text(48)):
    return reseeded(items, heard)


def test_words_are_told_in_order_under_the_same_ids():
    assert told(
        known("a", ["Hel", "lo"], role="user"),
        known("b", ["Hi."], role="assistant"),
        known("c", ["Be quick."], role="system"),
    ) == [
        user_item("Hello", "a"),
        reply_item("Hi.", "b"),
        {"id": "c", "type": "message", "role": "system", "content": [{"type": "input_text", "text": "Be quick."}]},
    ]


def test_of_speech_that_was_cut_only_what_was_heard_is_told():
    cut = Speech(received_bytes=48_000, heard_ms=500, is_closed=True)
    playing = Speech(received_bytes=48_000, heard_ms=500)

    assert told(
        known("a", ["one two three four"], cut, role="assistant"),
        known("b", ["one two three four"], playing, role="assistant"),
    ) == [reply_item("one two", "a"), reply_item("one two three four", "b")]


def test_what_has_no_words_is_left_out():
    unheard = Speech(received_bytes=48_000, heard_ms=0, is_closed=True)

    assert told(known("a", role="user"), known("b", ["Hi."], unheard, role="assistant"), known("c", ["  "])) == []


def test_calls_are_told_with_their_answers_and_not_without():
    made, answer = call_items(ToolCall("1", "pay", '{"a": 1}'), "paid")
    items = [
        known("x", type="function_call", call_id="1", name="pay", arguments='{"a": 1}', status="completed"),
        known("y", type="function_call", call_id="2", name="run", arguments="{}"),
        known("z", type="function_call_output", call_id="1", output="paid"),
        known("w", type="function_call_output", call_id="3", output="of nothing"),
    ]

    assert told(*items) == [{"id": "x", **made}, {"id": "z", **answer}]


@given(st.lists(st.tuples(st.sampled_from(["user", "assistant", "system"]), st.sampled_from(["", " ", "a", "b c"]))))
def test_telling_it_again_changes_nothing(lines):
    items = [known(f"i{number}", [text], role=role) for number, (role, text) in enumerate(lines)]
    once = told(*items)

    again = []
    for item in once:
        learnt = Item(item["id"])
        learnt.learn(item)
        again.append(learnt)

    assert told(*again) == once
    assert [item["id"] for item in once] == [item.item_id for item in items if item.text.strip()]
