"""The voice panel on a blank page: the test is its kernel, also at the other end of the audio line.

The line goes over the panel's comm, since there is no socket here. The microphone is a tone of the page's own making.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Mapping
from typing import Any

from tests.browser.blank import PanelPage

__all__ = ["ADDRESS", "MICROPHONE", "VoicePage", "talk", "voice_view"]

ADDRESS = {"port": 0, "token": "", "path": ""}
"""No socket: the line goes over the comm."""

MICROPHONE = """
window.microphone = { refusal: null, tracks: [], echo: true, isGranted: true };
Object.defineProperty(navigator, 'mediaDevices', { configurable: true, value: Object.assign(new EventTarget(), {
  async getUserMedia() {
    while (!window.microphone.isGranted) await new Promise((go) => setTimeout(go, 10));
    if (window.microphone.refusal) throw new DOMException('refused', window.microphone.refusal);
    const context = new AudioContext();
    const tone = new OscillatorNode(context, { frequency: 440 });
    const end = context.createMediaStreamDestination();
    tone.connect(new GainNode(context, { gain: 0.3 })).connect(end);
    tone.start();
    const [track] = end.stream.getTracks();
    track.getSettings = () => ({ deviceId: 'mic-2', echoCancellation: window.microphone.echo });
    window.microphone.tracks.push(track);
    return end.stream;
  },
  async enumerateDevices() {
    const labels = ['Built-in microphone', 'Headset'];
    return labels.map((label, n) => ({ kind: 'audioinput', deviceId: `mic-${n + 1}`, label }));
  },
}) });
"""


def talk(**changes: Any) -> dict[str, Any]:
    """What the kernel tells of the spoken conversation."""
    quiet = {"state": "idle", "hearing": False, "mode": "open", "again": None, "ended": None, "loading": None}
    return {**quiet, **changes}


def voice_view(shown: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """A view of a conversation as the voice panel's kernel makes it."""
    return {**shown, "talk": talk(**changes), "address": ADDRESS}


class VoicePage:
    """The panel and its kernel's end of the line.

    Attributes:
        shown: The page.
        epoch: Of the kernel.
    """

    def __init__(self, shown: PanelPage) -> None:
        self.shown = shown
        self.epoch = 1
        self._count = 0

    @property
    def panel(self) -> Any:
        """The panel's element."""
        return self.shown.panel

    @property
    def button(self) -> Any:
        """The button to talk."""
        return self.panel.locator(".inb-mic")

    @property
    def words(self) -> Any:
        """The state in words."""
        return self.panel.locator(".inb-voice-words")

    def tell(self, **changes: Any) -> None:
        """Let the kernel tell another state of the conversation."""
        self.shown.update(["state", {"talk": talk(**changes)}])

    # -- the line

    def parts(self) -> list[dict[str, Any]]:
        """Everything that the page said on the line, sound left out, in order."""
        return [
            part
            for message in self.shown.sent("line", by="model")
            for part in (*message["urgent"], *message["parts"])
            if isinstance(part, dict)
        ]

    def said(self, kind: str) -> list[dict[str, Any]]:
        """What of this kind the page said on the line."""
        return [part for part in self.parts() if part["kind"] == kind]

    def wait_for(self, kind: str, count: int = 1) -> dict[str, Any]:
        """The ``count``-th of this kind on the line, waited for."""
        self.wait_until(lambda: len(self.said(kind)) >= count, f"{count} {kind!r} on the line, not {self.parts()}")
        return self.said(kind)[count - 1]

    def wait_until(self, condition: Callable[[], Any], what: str) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain for {what}"
            self.shown.page.wait_for_timeout(10)

    def sound(self) -> list[int]:
        """The samples of the microphone that reached the kernel."""
        frames = self.shown.page.evaluate(
            """() => window.fake.model.sent.flatMap((message, at) => message.kind !== 'line' ? [] :
              message.parts.filter((part) => typeof part === 'number').map((part) =>
                [...new Int16Array(window.fake.model.buffers[at][part], 12)]))"""
        )
        return [sample for frame in frames for sample in frame]

    def is_quiet(self) -> bool:
        """Whether no sound comes for a while."""
        before = len(self.sound())
        self.shown.page.wait_for_timeout(400)
        return len(self.sound()) == before

    def connect(self, **welcome: Any) -> None:
        """Take the page's hello."""
        self.wait_for("hello")
        told = {"kind": "welcome", "epoch": self.epoch, "n": self._count, "again": False, "got": 0, **welcome}
        self.urgent(told)

    def urgent(self, message: Mapping[str, Any]) -> None:
        """Say something that belongs to the line itself."""
        self._send([], [dict(message)])

    def say(self, message: Mapping[str, Any]) -> None:
        """Say something on the line."""
        self._count += 1
        self._send([dict(message)], [])

    def speak(self, item: int, ms: float, *, end: bool = True) -> None:
        """Send speech of the bot."""
        header = struct.pack("<III", 2, self.epoch, item)
        self._count += 1
        self.shown.page.evaluate(
            """([header, samples, message]) => {
              const frame = new Uint8Array(12 + 2 * samples);
              frame.set(header);
              const pcm = new Int16Array(frame.buffer, 12);
              for (let n = 0; n < samples; n++) pcm[n] = 8000 * Math.sin(n / 10);
              window.fake.model.emit('msg:custom', message, [new DataView(frame.buffer)]);
            }""",
            [list(header), round(ms * 24), self._message([0], [])],
        )
        if end:
            self.say({"kind": "end", "epoch": self.epoch, "item": item})

    def flush(self) -> None:
        """Let the kernel silence the page."""
        self.epoch += 1
        self.say({"kind": "flush", "epoch": self.epoch})

    def live(self) -> None:
        """Answer pings and commands from now on, as a kernel that lives does."""
        self.shown.page.evaluate(
            """() => {
              const { model, control } = window.fake;
              const answer = () => {
                const told = model.sent.filter(({ kind }) => kind === 'line');
                const parts = told.flatMap(({ urgent, parts }) => [...urgent, ...parts]);
                const to = told[0]?.client;
                const pong = { kind: 'pong', at: performance.now(), sent: 0, got: 0 };
                if (parts.some(({ kind }) => kind === 'ping')) {
                  model.emit('msg:custom', { kind: 'line', to, first: 0, parts: [], urgent: [pong] }, []);
                }
                for (const { command } of control.sent) control.emit('msg:custom', { kind: 'ack', command, seq: 0 });
              };
              window.living = setInterval(answer, 100);
            }"""
        )

    def die(self) -> None:
        """Answer nothing any more."""
        self.shown.page.evaluate("clearInterval(window.living)")

    def _message(self, parts: list[Any], urgent: list[Any]) -> dict[str, Any]:
        client = self.wait_for("hello")["client"]
        return {"kind": "line", "to": client, "first": self._count, "parts": parts, "urgent": urgent}

    def _send(self, parts: list[Any], urgent: list[Any]) -> None:
        self.shown.page.evaluate(
            "(message) => window.fake.model.emit('msg:custom', message, [])", self._message(parts, urgent)
        )
