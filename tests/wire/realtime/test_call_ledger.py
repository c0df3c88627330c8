import pytest

from intentional_nb.wire.calls import ToolCall
from intentional_nb.wire.realtime.call_ledger import CallLedger, ItemCall


def one(call_id, item_id=None):
    return ItemCall(ToolCall(call_id, "look", "{}"), item_id or f"item of {call_id}")


def collected(*calls, response_id="r"):
    ledger = CallLedger()
    for call in calls:
        ledger.collect(response_id, call.call, call.item_id)
    return ledger


def test_calls_are_handed_out_with_the_end_of_their_response():
    ledger = collected(one("a"), one("b"))
    ledger.collect("other", one("c").call, "i")

    assert ledger.hand_out("r", [], is_completed=True) == (one("a"), one("b"))
    assert ledger.hand_out("r", [], is_completed=True) == ()


def test_the_order_is_that_of_the_output():
    ledger = collected(one("a"), one("b"), one("c"))

    assert ledger.hand_out("r", [one("b"), one("a")], is_completed=True) == (one("b"), one("a"), one("c"))


def test_calls_that_only_the_output_tells_of_are_handed_out_too():
    assert CallLedger().hand_out("r", [one("a")], is_completed=True) == (one("a"),)


def test_no_call_of_a_response_that_was_not_completed_is_handed_out():
    ledger = collected(one("a"))

    assert ledger.hand_out("r", [one("a")], is_completed=False) == ()
    assert ledger.hand_out("r", [], is_completed=True) == ()


def test_a_call_is_collected_once():
    ledger = CallLedger()

    assert [ledger.collect("r", one("a").call, "i") for _ in range(2)] == [True, False]


def test_a_call_that_comes_again_in_another_response_is_not_run_again():
    ledger = collected(one("a"))
    ledger.hand_out("r", [], is_completed=True)

    assert ledger.hand_out("r2", [one("a")], is_completed=True) == ()


def test_another_call_under_the_same_id_is_run_and_answered():
    ledger = collected(one("call_1", "i1"))
    ledger.hand_out("r", [], is_completed=True)
    ledger.answer("call_1")

    assert ledger.hand_out("r2", [one("call_1", "i2")], is_completed=True) == (one("call_1", "i2"),)
    ledger.answer("call_1")


def test_a_call_takes_one_answer():
    ledger = CallLedger()
    ledger.answer("a")

    with pytest.raises(ValueError, match="'a' has been answered already"):
        ledger.answer("a")
