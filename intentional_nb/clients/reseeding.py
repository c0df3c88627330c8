"""What a new session is told of an earlier one: who said what, as far as the other has heard it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from intentional_nb.wire.calls import ToolCall
from intentional_nb.wire.realtime.client import ClientHalf
from intentional_nb.wire.realtime.items import Item

__all__ = ["call_items", "reply_item", "reseeded", "user_item"]


def user_item(text: str, item_id: str | None = None) -> dict[str, Any]:
    """What the user said, written."""
    return _message("user", "input_text", text, item_id)


def reply_item(text: str, item_id: str | None = None) -> dict[str, Any]:
    """What the bot said, written: a client cannot put speech of the assistant into a conversation."""
    return _message("assistant", "output_text", text, item_id)


def call_items(call: ToolCall, output: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A tool call and its answer, for a session in which the call was not made."""
    made = {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments}
    return made, {"type": "function_call_output", "call_id": call.call_id, "output": output}


def reseeded(
    half: ClientHalf, unconfirmed: Iterable[Mapping[str, Any]] = (), *, without: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """The items that tell a new session what happened in an earlier one, in order, under the same ids.

    Words that the user spoke come written; of the bot's speech comes what was heard, and what may still be playing;
    audio does not come. Speech that was never recognised and replies of which nothing was heard are left out, and so
    are calls without an answer.

    Args:
        half: What is known of the earlier session.
        unconfirmed: Items that it was given and did not confirm.
        without: Ids of items to leave out.
    """
    left_out = set(without)
    known = {item.item_id for item in half.items}
    items = [*half.items, *(_unsent(item) for item in unconfirmed if item.get("id") not in known)]
    answered = {str(item.facts.get("call_id")) for item in items if item.kind == "function_call_output"}
    called = {str(item.facts.get("call_id")) for item in items if item.kind == "function_call"}
    told: list[dict[str, Any]] = []
    for item in items:
        if item.item_id not in left_out:
            is_cut = item.speech is not None and item.speech.is_closed
            told += _retold(item, half.heard_text(item.item_id) if is_cut else item.text, pairs=answered & called)
    return told


def _retold(item: Item, heard: str, *, pairs: set[str]) -> Iterator[dict[str, Any]]:
    call_id = str(item.facts.get("call_id"))
    if item.kind in ("function_call", "function_call_output"):
        if call_id in pairs:
            fields = ("type", "call_id", "name", "arguments", "output")
            yield {"id": item.item_id, **{key: item.facts[key] for key in fields if key in item.facts}}
    elif heard.strip() and item.role == "assistant":
        yield reply_item(heard, item.item_id)
    elif heard.strip() and item.role in ("user", "system"):
        yield _message(item.role, "input_text", heard, item.item_id)


def _unsent(item: Mapping[str, Any]) -> Item:
    made = Item(str(item["id"]))
    made.learn(item)
    return made


def _message(role: str, kind: str, text: str, item_id: str | None) -> dict[str, Any]:
    item = {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}
    return {"id": item_id, **item} if item_id is not None else item
