"""Tool calls: collected while a response is made, handed out when it is completed, answered once each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from intentional_nb.wire.calls import ToolCall

__all__ = ["CallLedger", "ItemCall"]


@dataclass(frozen=True, slots=True)
class ItemCall:
    """A call and the conversation item that holds it."""

    call: ToolCall
    item_id: str


class CallLedger:
    """The calls of a session.

    ``response.function_call_arguments.done`` starts nothing: it is also sent when a response is cancelled. A call is
    handed out with the end of its response, and only if that was completed.
    """

    def __init__(self) -> None:
        self._collected: dict[str, dict[str, ItemCall]] = {}  # by response id, then by call id
        self._handed_out: dict[str, str] = {}  # call id → item id
        self._answered: set[str] = set()

    def collect(self, response_id: str, call: ToolCall, item_id: str) -> bool:
        """Note a call that the model has written to its end; False when it was noted before."""
        calls = self._collected.setdefault(response_id, {})
        if call.call_id in calls:
            return False
        calls[call.call_id] = ItemCall(call, item_id)
        return True

    def hand_out(self, response_id: str, output: Sequence[ItemCall], *, is_completed: bool) -> tuple[ItemCall, ...]:
        """The calls to run now that a response has ended: in the order of its output, then of their arrival."""
        collected = self._collected.pop(response_id, {})
        if not is_completed:
            return ()
        calls: Mapping[str, ItemCall] = {**{one.call.call_id: one for one in output}, **collected}
        fresh = [one for one in calls.values() if self._handed_out.get(one.call.call_id) != one.item_id]
        for one in fresh:
            self._handed_out[one.call.call_id] = one.item_id
            self._answered.discard(one.call.call_id)  # some servers begin to count anew in each response
        return tuple(fresh)

    def answer(self, call_id: str) -> None:
        """Note that a call has its answer.

        Raises:
            ValueError: It had one before.
        """
        if call_id in self._answered:
            raise ValueError(f"call {call_id!r} has been answered already; a call takes one answer")
        self._answered.add(call_id)
