"""What the model remembers: messages in Chat Completions form, valid for the API at every moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from intentional_nb.wire.calls import ToolCall

__all__ = ["History", "HistoryMark", "Message", "assistant_message", "tool_message", "user_message"]

Message = dict[str, Any]
"""One message in the form of the Chat Completions API."""


def user_message(content: str) -> Message:
    """What the user said."""
    return {"role": "user", "content": content}


def assistant_message(text: str, calls: Sequence[ToolCall] = ()) -> Message:
    """What the model said and called."""
    message: Message = {"role": "assistant", "content": text or None}
    if calls:
        message["tool_calls"] = [
            {
                "id": call.call_id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments or "{}"},
            }
            for call in calls
        ]
    return message


def tool_message(call_id: str, output: str) -> Message:
    """The answer to one call."""
    return {"role": "tool", "tool_call_id": call_id, "content": output}


@dataclass(frozen=True, slots=True)
class HistoryMark:
    """A moment in a `History` to go back to; cheap, since messages are shared."""

    messages: list[Message]
    length: int


class History:
    """Messages without the system prompt.

    The API refuses a tool call without its answer, so a call is only ever added together with its answers.

    Attributes:
        messages: Oldest first.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def add_user(self, content: str) -> None:
        """Add what the user said."""
        self.messages.append(user_message(content))

    def add_reply(self, text: str) -> None:
        """Add what the bot said; text of the same turn joins the message before it, empty text adds nothing."""
        if not text:
            return
        last = self.messages[-1] if self.messages else {}
        if last.get("role") == "assistant" and "tool_calls" not in last:
            last = {**last, "content": f"{last['content']}\n\n{text}"}
            self.messages[-1] = last
        else:
            self.messages.append(assistant_message(text))

    def add_calls(self, text: str, calls: Sequence[ToolCall], outputs: Mapping[str, str]) -> dict[str, Message]:
        """Add calls and their answers in one step.

        Args:
            text: What the model said before it called.
            calls: In the model's order.
            outputs: An answer for each call id.

        Returns:
            The messages with the answers, by call id; a late answer can be written into its message.
        """
        answers = {call.call_id: tool_message(call.call_id, outputs[call.call_id]) for call in calls}
        self.messages += [assistant_message(text, calls), *answers.values()]
        return answers

    def mark(self) -> HistoryMark:
        """Note this moment."""
        return HistoryMark(self.messages, len(self.messages))

    def rewind(self, mark: HistoryMark) -> None:
        """Go back to a moment noted earlier, also one before `clear`."""
        self.messages = mark.messages[: mark.length]

    def clear(self) -> None:
        """Start afresh; earlier marks keep their messages."""
        self.messages = []
