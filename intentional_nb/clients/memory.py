"""What a model remembers, in a form that any client can take over: chapters of messages, each with its turn.

A chapter is a conversation from its beginning to its end; the last one goes on. Earlier ones are forgotten, and kept
for who takes back the turn that ended one. Messages have the form of the Chat Completions API.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from intentional_nb.clients.history import History, HistoryMark, Message, assistant_message, tool_message
from intentional_nb.clients.reseeding import call_items, reply_item, user_item
from intentional_nb.wire.calls import ToolCall

__all__ = ["Chapter", "as_items", "as_messages", "chapters_of", "in_history", "until"]


@dataclass(frozen=True, slots=True)
class Chapter:
    """A conversation.

    Attributes:
        messages: Each with the turn that it belongs to, which never goes back.
        last_turn: The turn that ended the conversation; None while it goes on.
    """

    messages: tuple[tuple[int, Message], ...] = ()
    last_turn: int | None = None

    def length_before(self, turn: int) -> int:
        """How many messages there were before a turn."""
        return bisect_left(self.messages, turn, key=itemgetter(0))


def until(chapters: Sequence[Chapter], turn: int) -> tuple[Chapter, ...]:
    """What was remembered before a turn."""
    kept = [chapter for chapter in chapters if chapter.last_turn is not None and chapter.last_turn < turn]
    now = chapters[len(kept)]
    return (*kept, Chapter(now.messages[: now.length_before(turn)]))


# Written conversations.


def chapters_of(history: History, marks: Mapping[int, HistoryMark], ends: Sequence[int]) -> tuple[Chapter, ...]:
    """The chapters of a history.

    Args:
        history: The messages of the conversation that goes on.
        marks: The moment before each turn, by its number.
        ends: The turns that ended a conversation, oldest first.
    """
    chapters, after = [], 0
    for end in (*ends, None):
        turns = [turn for turn in sorted(marks) if after < turn and (end is None or turn <= end)]
        messages = history.messages if end is None else marks[turns[-1]].messages
        bounds = [marks[turn].length for turn in turns]
        parts = zip(turns, bounds, [*bounds, len(messages)][1:], strict=True)
        numbered = [(turn, dict(message)) for turn, start, stop in parts for message in messages[start:stop]]
        chapters.append(Chapter(tuple(numbered), end))
        after = end or after
    return tuple(chapters)


def in_history(chapters: Sequence[Chapter], turns: Iterable[int]) -> tuple[list[Message], dict[int, HistoryMark]]:
    """The messages of the conversation that goes on, and the moment before each of some turns."""
    lists = [[dict(message) for _, message in chapter.messages] for chapter in chapters]
    marks = {}
    for turn in turns:
        place = next(
            place for place, chapter in enumerate(chapters) if chapter.last_turn is None or turn <= chapter.last_turn
        )
        marks[turn] = HistoryMark(lists[place], chapters[place].length_before(turn))
    return lists[-1], marks


# Spoken conversations.


def as_messages(items: Iterable[Mapping[str, Any]], turns: Mapping[str, int]) -> tuple[tuple[int, Message], ...]:
    """Items of a spoken conversation as messages; each call is followed by its answer, one without is left out.

    Args:
        items: In their order.
        turns: The turn of each item, by its id; one that is not known belongs to that of the item before.
    """
    found: list[tuple[int, Message]] = []
    calls: dict[str, tuple[int, ToolCall]] = {}
    turn = 0
    for item in items:
        turn = turns.get(str(item["id"]), turn)
        call_id = str(item.get("call_id"))
        if item["type"] == "function_call":
            calls[call_id] = turn, ToolCall(call_id, str(item["name"]), str(item["arguments"]))
        elif item["type"] == "function_call_output":
            if call_id in calls:
                made_in, call = calls[call_id]
                found.append((made_in, assistant_message("", [call])))
                found.append((made_in, tool_message(call_id, str(item["output"]))))
        else:
            text = "".join(str(part.get("text", "")) for part in item["content"])
            found.append((turn, {"role": item["role"], "content": text}))
    return tuple(sorted(found, key=lambda numbered: numbered[0]))


def as_items(messages: Iterable[tuple[int, Message]]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Messages as items of a spoken conversation."""
    for turn, message in messages:
        text = message.get("content") or ""
        if message["role"] == "tool":
            yield turn, {"type": "function_call_output", "call_id": message["tool_call_id"], "output": text}
        elif message["role"] != "assistant":
            yield turn, {**user_item(text), "role": message["role"]}
        elif text:
            yield turn, reply_item(text)
        for made in message.get("tool_calls", ()):
            call = ToolCall(made["id"], made["function"]["name"], made["function"]["arguments"])
            yield turn, call_items(call, "")[0]
