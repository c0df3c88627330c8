"""A bot that the test plays, and a page that listens to a panel without a browser."""

from __future__ import annotations

import concurrent.futures
import threading
import time
from collections.abc import Callable
from typing import Any

import comm
import pytest
from comm.base_comm import BaseComm

from intentional_nb.bots.structure import BotStructure
from intentional_nb.bots.transcript import Turn
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.events import (
    ConversationReset,
    ConversationRewound,
    ReplyEnded,
    ReplyStarted,
    ReplyText,
    TurnEnded,
    TurnStarted,
)

GRAPH = {
    "background": "You sell coffee.",
    "stages": {
        "order": {
            "accessible_from": "_start_",
            "goal": "Take the order.",
            "outcomes": {"ordered": {"description": "They ordered.", "move_to": "pay"}},
        },
        "pay": {
            "goal": "Let them pay.",
            "outcomes": {"paid": {"description": "They paid.", "move_to": "_end_"}},
        },
    },
}


class PlayedBot(BotStructure):
    """A bot whose every event is made by the test; it notes what it is asked to do.

    Attributes:
        asked: What was asked of it, such as ``("submit", "hello")``.
        futures: What `submit` returned, by text.
    """

    def __init__(self) -> None:
        super().__init__({}, IntentRouter(GRAPH))
        self.asked: list[tuple[Any, ...]] = []
        self.futures: dict[str, concurrent.futures.Future[Turn]] = {}
        self.refuses: Exception | None = None
        self._numbers = 0

    # what the test plays

    def begin(self, text: str | None) -> int:
        """Start a turn."""
        self._numbers += 1
        self.emit(TurnStarted(turn=self._numbers, user_text=text, stage=self.stage))
        self.emit(ReplyStarted(turn=self._numbers))
        return self._numbers

    def speak(self, *deltas: str, part: int = 0) -> None:
        """Stream text."""
        for delta in deltas:
            self.emit(ReplyText(turn=self._numbers, delta=delta, part=part))

    def end(self, status: Any = "completed") -> None:
        """End the turn, and the message's future with it."""
        text = self.transcript[-1].user_text
        self.emit(ReplyEnded(turn=self._numbers, status=status, text=self.transcript[-1].text))
        self.emit(TurnEnded(turn=self._numbers, status=status, stage=self.stage, duration_ms=5))
        future = self.futures.pop(text, None) if text is not None else None
        if future is not None and not future.done():
            future.set_result(self.transcript[-1])

    def exchange(self, text: str | None, reply: str) -> None:
        """A whole turn."""
        self.begin(text)
        self.speak(reply)
        self.end()

    # what the panel asks

    @property
    def is_busy(self) -> bool:
        return bool(self.futures)

    def submit(self, text: str) -> concurrent.futures.Future[Turn]:
        self.asked.append(("submit", text))
        if self.refuses is not None:
            raise self.refuses
        self.futures[text] = concurrent.futures.Future()
        return self.futures[text]

    def interrupt(self) -> None:
        self.asked.append(("interrupt",))

    def reset(self) -> None:
        self.asked.append(("reset",))
        self.emit(ConversationReset())

    def rewind(self, turn: int) -> None:
        self.asked.append(("rewind", turn))
        self.transcript.turn(turn)
        self.emit(ConversationRewound(turn=turn))

    def start(self) -> Turn | None:
        self.asked.append(("start",))
        return None

    async def _take_turn(self, text: str, on_number: Any = None) -> Turn:
        raise NotImplementedError

    async def _open(self) -> Turn | None:
        raise NotImplementedError

    async def _update(self, source: Any, tools: Any, stages: Any) -> Any:
        raise NotImplementedError

    async def _undo(self, stages: Any) -> Any:
        raise NotImplementedError

    async def _fork(self, *arguments: Any, **options: Any) -> Any:
        raise NotImplementedError

    async def _shut_down(self) -> None:
        raise NotImplementedError


class RecordingComm(BaseComm):
    """A comm whose other end is the test."""

    all: dict[str, RecordingComm]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.published: list[tuple[dict[str, Any], threading.Thread]] = []
        self.buffers: list[list[bytes]] = []  # of the custom messages, as `messages` gives them
        super().__init__(*args, **kwargs)
        self.all[self.comm_id] = self

    def publish_msg(self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **_: Any) -> None:
        if (data or {}).get("method") == "custom":
            self.buffers.append([bytes(buffer) for buffer in buffers or ()])
        self.published.append(({"type": msg_type, **(data or {})}, threading.current_thread()))

    def messages(self) -> list[dict[str, Any]]:
        """The custom messages published here."""
        return [data["content"] for data, _ in list(self.published) if data.get("method") == "custom"]


class Page:
    """A page that shows a panel: sends commands, and keeps the view that the kernel's messages make.

    Attributes:
        view: What the page shows; None before the first snapshot.
        gaps: Numbers that were missing.
    """

    def __init__(self, panel: Any, name: str = "page") -> None:
        self.panel = panel
        self.name = name
        self.view: dict[str, Any] | None = None
        self.gaps: list[int] = []
        self._count = 0
        self._seq = 0
        self._read = 0

    @property
    def data(self) -> RecordingComm:
        """The panel's own comm."""
        return RecordingComm.all[self.panel.model_id]

    @property
    def control(self) -> RecordingComm:
        """The comm for commands."""
        return RecordingComm.all[self.panel.options["control"]]

    def send(
        self, kind: str, *, by: str = "control", command: str | None = None, buffers: Any = (), **rest: Any
    ) -> str:
        """Send a command, as the front end does."""
        self._count += 1
        command = command or f"{self.name}-{self._count}"
        content = {"kind": kind, "client": self.name, "command": command, **rest}
        message = {"content": {"data": {"method": "custom", "content": content}}, "buffers": list(buffers)}
        (self.control if by == "control" else self.data).handle_msg(message)
        return command

    def read(self) -> dict[str, Any] | None:
        """Take in what has come since, and give the view."""
        messages = self.data.messages()
        for message in messages[self._read :]:
            if "seq" not in message:
                continue
            if message["seq"] != self._seq + 1 and self.view is not None:
                self.gaps.append(message["seq"])
            self._seq = message["seq"]
            if message["kind"] == "snapshot":
                self.view = message["view"]
            elif self.view is not None:
                for operation in message["ops"]:
                    self.view = apply(self.view, operation)
        self._read = len(messages)
        return self.view

    def wait_for(self, condition: Callable[[dict[str, Any]], Any], timeout_s: float = 10.0) -> dict[str, Any]:
        """The first view for which ``condition`` holds."""
        deadline = time.monotonic() + timeout_s
        while (view := self.read()) is None or not condition(view):
            assert time.monotonic() < deadline, f"the page still shows {view}"
            time.sleep(0.005)
        return view

    def acknowledged(self) -> list[str]:
        """The commands that the kernel said have arrived."""
        return [message["command"] for message in self.control.messages() if message["kind"] == "ack"]


def apply(view: dict[str, Any], operation: list[Any]) -> dict[str, Any]:
    """The view after an operation: what ``page/store.js`` does, in Python."""
    turns = {turn["n"]: {**turn, "entries": list(turn["entries"])} for turn in view.get("turns", [])}
    match operation:
        case ["state", fields]:
            return {**view, **fields}
        case ["drop", numbers]:
            turns = {n: turn for n, turn in turns.items() if n not in numbers}
        case ["turn", turn]:
            turns[turn["n"]] = turn
        case ["set", n, fields]:
            turns[n].update(fields)
        case ["entry", n, index, entry]:
            turns[n]["entries"][index : index + 1] = [entry]
        case ["text", n, index, keep, html]:
            old = turns[n]["entries"][index]["html"]
            turns[n]["entries"][index] = {"k": "text", "html": [*old[:keep], *html]}
        case ["grow", n, index, arguments]:
            old = turns[n]["entries"][index]
            turns[n]["entries"][index] = {**old, "arguments": old["arguments"] + arguments}
        case _:
            raise AssertionError(f"an operation that no page knows: {operation}")
    return {**view, "turns": [turns[n] for n in sorted(turns)]}


@pytest.fixture
def bot() -> PlayedBot:
    return PlayedBot()


@pytest.fixture(autouse=True)
def comms(monkeypatch: pytest.MonkeyPatch) -> dict[str, RecordingComm]:
    """Every comm that is opened, by id; none of them leads to a kernel."""
    RecordingComm.all = {}
    monkeypatch.setattr(comm, "create_comm", RecordingComm)
    return RecordingComm.all
