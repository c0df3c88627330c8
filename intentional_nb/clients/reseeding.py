"""What a new session is told of an earlier one: who said what, as far as the other has heard it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from intentional_nb.wire.calls import ToolCall
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


def reseeded(items: Sequence[Item], heard_text: Callable[[Item], str]) -> list[dict[str, Any]]:
    """The items that tell a new session what happened in an earlier one, in order, under the same ids.

    Words that the user spoke come written; of the bot's speech comes what was heard, and what may still be playing;
    audio does not come. Speech that was never recognised and replies of which nothing was heard are left out, and so
    are calls without an answer.

    Args:
        items: The earlier conversation.
        heard_text: What of an item has reached the user.
    """
    answered = {str(item.facts.get("call_id")) for item in items if item.kind == "function_call_output"}
    called = {str(item.facts.get("call_id")) for item in items if item.kind == "function_call"}
    told: list[dict[str, Any]] = []
    for item in items:
        is_cut = item.speech is not None and item.speech.is_closed
        told += _retold(item, heard_text(item) if is_cut else item.text, pairs=answered & called)
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


def _message(role: str, kind: str, text: str, item_id: str | None) -> dict[str, Any]:
    item = {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}
    return {"id": item_id, **item} if item_id is not None else item
