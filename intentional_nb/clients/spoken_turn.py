"""One turn of a spoken conversation: its beginning, its words and its end are told once each, in order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from intentional_nb.clients.session_prompt import StagePrompt
from intentional_nb.events import (
    Event,
    ReplyEnded,
    ReplyStarted,
    ReplyStatus,
    ReplyText,
    RequestStarted,
    ToolArguments,
    TurnEnded,
    TurnStarted,
)
from intentional_nb.wire.calls import ToolCall

__all__ = ["Asked", "Said", "SpokenTurn", "WaitsFor"]

WaitsFor = Literal["model", "tools", "user", "pause"]
"""What a turn waits for: the model's response; its tools and what comes of them; the user, who is speaking and may be
about to begin another turn; or a pause before a response that failed in passing is asked for again."""


@dataclass(slots=True)
class Asked:
    """The response that was asked for last.

    Attributes:
        ask_id: What `ClientHalf.ask` returned for it; empty when there is none, or it is over.
        params: How it was asked for.
        at: When it was asked for or began, by `time.perf_counter`.
    """

    ask_id: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    at: float = field(default_factory=time.perf_counter)


class Said:
    """What was said in a turn: one part for each response, and in it a paragraph for each item.

    Attributes:
        part: The number of the response that is being made, from 0.
    """

    def __init__(self) -> None:
        self.part = 0
        self._parts: list[list[str]] = []
        self._has_sounded = False
        self._speaking_id = ""  # the item that spoke last

    @property
    def parts(self) -> int:
        """How many responses there were."""
        return len(self._parts)

    @property
    def is_anything(self) -> bool:
        """Whether the response that is being made has said anything."""
        return self._has_sounded or bool(self._parts and self._parts[-1])

    @property
    def text(self) -> str:
        """All of it, parts joined by a blank line."""
        return "\n\n".join("".join(part) for part in self._parts if part)

    def begin_part(self) -> None:
        """Another response is asked for, or begins unasked."""
        self.part = len(self._parts)
        self._parts.append([])
        self._has_sounded = False

    def add(self, delta: str, item_id: str) -> str:
        """Words of an item; gives them with what parts them from the item before."""
        if self._parts[-1] and item_id != self._speaking_id:
            delta = f"\n\n{delta}"
        self._speaking_id = item_id
        self._parts[-1].append(delta)
        return delta

    def sound(self) -> None:
        """The response has audio."""
        self._has_sounded = True


class SpokenTurn:
    """What is known of a turn while it runs.

    Attributes:
        number: The turn's number.
        user_text: What the user said, as far as it is known; None when the bot speaks unasked.
        item_id: The item of the user's speech; None for what was typed.
        said: What the bot has said.
        response_id: The response that is being made; empty while none is.
        asked: The response that was asked for.
        offered: What the model had been told and offered when it began the response; None before the first.
        waits_for: What it waits for.
        retries: How many responses failed in passing.
        scratch: Items that the model sees in this turn only.
        is_goodbye: Whether the model has ended the conversation and says its last words.
        over: Set when the turn is over.
    """

    def __init__(self, number: int, user_text: str | None, item_id: str | None, emit: Callable[[Event], None]) -> None:
        self.number = number
        self.user_text = user_text
        self.item_id = item_id
        self.said = Said()
        self.response_id = ""
        self.asked = Asked()
        self.offered: StagePrompt | None = None
        self.waits_for: WaitsFor = "model"
        self.retries = 0
        self.scratch: list[str] = []
        self.is_goodbye = False
        self.over = asyncio.Event()
        self._began_at = time.perf_counter()
        self._emit = emit
        self._written: dict[tuple[int, str], int] = {}  # characters of each call's arguments that were told

    def begin(self, stage: str) -> None:
        """Tell that it begins."""
        self._emit(TurnStarted(turn=self.number, user_text=self.user_text, stage=stage, item_id=self.item_id))
        self._emit(ReplyStarted(turn=self.number))

    def request(self) -> None:
        """Another response is asked for, or begins unasked."""
        self.said.begin_part()
        self.asked.at = time.perf_counter()
        self._emit(RequestStarted(turn=self.number, part=self.said.part))

    def say(self, delta: str, item_id: str) -> None:
        """Words of an item of the response."""
        self._emit(ReplyText(turn=self.number, delta=self.said.add(delta, item_id), part=self.said.part))

    def write(self, call_id: str, name: str, delta: str) -> None:
        """The model writes a call: more of its arguments."""
        key = (self.said.part, call_id)
        self._written[key] = self._written.get(key, 0) + len(delta)
        self._emit(ToolArguments(turn=self.number, call_id=call_id, name=name, delta=delta))

    def wrote(self, call: ToolCall) -> None:
        """A call is written to its end: what was not told of its arguments is told now."""
        rest = call.arguments[self._written.get((self.said.part, call.call_id), 0) :]
        if rest:
            self.write(call.call_id, call.name, rest)

    def end(self, status: ReplyStatus, stage: str, reason: str = "") -> None:
        """Tell that it is over."""
        self._emit(ReplyEnded(turn=self.number, status=status, text=self.said.text, reason=reason))
        duration_ms = (time.perf_counter() - self._began_at) * 1000
        self._emit(TurnEnded(turn=self.number, status=status, stage=stage, duration_ms=duration_ms))
        self.over.set()
