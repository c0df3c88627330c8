"""A bot that speaks, played by the test, and a page's end of its audio line, over the panel's comm."""

from __future__ import annotations

import concurrent.futures
import struct
import time
from collections.abc import Callable
from typing import Any

from intentional_nb.audio.clip import Clip
from intentional_nb.bots.transcript import Turn
from intentional_nb.events import ReplyAudio, ReplyEnded, ReplyStarted, TurnEnded, TurnStarted
from tests.panels.conftest import PlayedBot, RecordingComm

__all__ = ["LinePage", "PlayedVoiceBot"]

SECOND = bytes(48_000)


class PlayedPlayer:
    """Notes what it is told."""

    def __init__(self, asked: list[tuple[Any, ...]]) -> None:
        self.asked = asked

    def note_played(self, item_id: str, played_ms: float) -> None:
        self.asked.append(("played", item_id, played_ms))

    def flushed(self, item_id: str | None, played_ms: float = 0) -> None:
        self.asked.append(("flushed", item_id, played_ms))

    def detach(self) -> None:
        self.asked.append(("detach",))


class PlayedVoiceBot(PlayedBot):
    """A bot that speaks as the test wants it to.

    Attributes:
        state: What it says of itself.
        heard: The samples that came.
        sounds: What `audio` gives, by turn and side.
    """

    def __init__(self, **llm: Any) -> None:
        super().__init__()
        self.config = {"llm": llm}
        self.state = "idle"
        self.refuses_session: Exception | None = None
        self.heard = b""
        self.sounds: dict[tuple[int, str], Clip] = {}
        self.clips: dict[int, concurrent.futures.Future[Turn]] = {}

    # what the test plays

    def hear(self, item_id: str, text: str = "") -> int:
        """Start a spoken turn."""
        self._numbers += 1
        self.emit(TurnStarted(turn=self._numbers, user_text=text, stage=self.stage, item_id=item_id))
        self.emit(ReplyStarted(turn=self._numbers))
        return self._numbers

    def sound(self, item_id: str, pcm: bytes = SECOND) -> None:
        """Speak."""
        self.emit(ReplyAudio(turn=self._numbers, item_id=item_id, pcm=pcm))

    def fall_silent(self, status: Any = "completed") -> None:
        """End the turn."""
        self.emit(ReplyEnded(turn=self._numbers, status=status, text=""))
        self.emit(TurnEnded(turn=self._numbers, status=status, stage=self.stage, duration_ms=5))

    # what is asked of it

    def connect(self) -> None:
        self.asked.append(("connect",))
        if self.refuses_session is not None:
            raise self.refuses_session

    def attach_player(self) -> PlayedPlayer:
        self.asked.append(("attach",))
        return PlayedPlayer(self.asked)

    def stream_audio(self, pcm: bytes) -> None:
        self.heard += pcm

    def expect_microphone(self) -> None:
        self.asked.append(("microphone",))

    def commit_audio(self) -> concurrent.futures.Future[Turn]:
        self.asked.append(("commit",))
        self.committed: concurrent.futures.Future[Turn] = concurrent.futures.Future()
        return self.committed

    def clear_audio(self) -> None:
        self.asked.append(("clear",))

    def set_turn_detection(self, detection: Any) -> None:
        self.asked.append(("detection", detection))
        if self.refuses is not None:
            raise self.refuses

    def submit_audio(self, clip: Clip) -> concurrent.futures.Future[Turn]:
        self.asked.append(("clip", clip))
        if self.refuses is not None:
            raise self.refuses
        return self.clips.setdefault(len(self.clips), concurrent.futures.Future())

    def audio(self, turn: int, who: str = "bot") -> Clip:
        return self.sounds.get((turn, who), Clip(b""))


class LinePage:
    """A page's end of the audio line, over the panel's comm.

    Attributes:
        client: The page's id.
        epoch: What the kernel last said.
    """

    def __init__(self, panel: Any, client: str = "page") -> None:
        self.client = client
        self.epoch = 0
        self._known = RecordingComm.all[panel.model_id]
        self._sent = 0
        self._seq = 0

    def hello(self, **rest: Any) -> LinePage:
        """Say hello and wait for the answer."""
        before = len(self.heard("welcome", "bye"))
        self.urgent("hello", client=self.client, got=0, **rest)
        self.wait_for(lambda: len(self.heard("welcome", "bye")) > before)
        for welcome in self.heard("welcome")[-1:]:
            self.epoch = welcome["epoch"]
        return self

    def urgent(self, kind: str, **rest: Any) -> None:
        """Say what belongs to the line itself."""
        self._post([], [{"kind": kind, **rest}], [])

    def say(self, kind: str, **rest: Any) -> None:
        """Say something else."""
        self._sent += 1
        self._post([{"kind": kind, **rest}], [], [])

    def talk(self, pcm: bytes) -> None:
        """Send microphone sound."""
        self._sent += 1
        frame = struct.pack("<III", 1, self._seq, 0) + pcm
        self._seq += 1
        self._post([0], [], [frame])

    def _post(self, parts: list[Any], urgent: list[Any], buffers: list[bytes]) -> None:
        content = {"kind": "line", "client": self.client, "first": self._sent, "parts": parts, "urgent": urgent}
        self._known.handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": buffers})

    def parts(self) -> list[Any]:
        """All that came: messages as they are, speech as ``(epoch, item, pcm)``."""
        found: list[Any] = []
        for message, buffers in zip(self._known.messages(), self._known.buffers, strict=False):
            if message["kind"] == "line" and message["to"] == self.client:
                found += message["urgent"]
                found += [_speech(buffers[part]) if isinstance(part, int) else part for part in message["parts"]]
        return found

    def _told(self) -> list[Any]:
        return [part if isinstance(part, dict) else (*part[:2], len(part[2])) for part in self.parts()]

    def heard(self, *kinds: str) -> list[dict[str, Any]]:
        """The messages of these kinds."""
        return [part for part in self.parts() if isinstance(part, dict) and part["kind"] in kinds]

    def speech(self) -> list[tuple[int, int, bytes]]:
        """The speech, pieces of one item joined."""
        joined: list[tuple[int, int, bytes]] = []
        for epoch, item, pcm in (part for part in self.parts() if isinstance(part, tuple)):
            if joined and joined[-1][:2] == (epoch, item):
                joined[-1] = (epoch, item, joined[-1][2] + pcm)
            else:
                joined.append((epoch, item, pcm))
        return joined

    def wait_for(self, condition: Callable[[], Any], timeout_s: float = 30.0) -> Any:
        """The first true value of ``condition()``."""
        deadline = time.monotonic() + timeout_s
        while not (value := condition()):
            assert time.monotonic() < deadline, f"waited in vain; the page got {self._told()}"
            time.sleep(0.005)
        return value


def _speech(frame: bytes) -> tuple[int, int, bytes]:
    kind, epoch, item = struct.unpack_from("<III", frame)
    assert kind == 2
    return epoch, item, frame[12:]
