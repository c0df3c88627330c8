"""Whole conversations by voice where people hold them: a microphone, a real kernel, a real page, the local voice.

Chromium's fake microphone plays a file of spoken sentences with pauses between them; what reaches the page's
loudspeaker is recorded there and recognised again.
"""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest

from intentional_nb import Clip, examples
from intentional_nb.audio import resample
from intentional_nb.local import speech
from tests.browser.lab import NotebookPage, wait_until
from tests.browser.sound import RATE_HZ, TAP, write_wav

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install 'intentional-nb[dev]'"
)
expect = playwright.expect
pytestmark = [
    pytest.mark.skipif(not speech.is_installed(), reason=speech.notice() or ""),
    pytest.mark.timeout(300),
    pytest.mark.slow,
]

SHORT = ((10, "available.wav"), (18, "name.wav"), (26, "age.wav"), (34, "correct.wav"))
LONG = (
    *((10, "available.wav"), (18, "name.wav"), (26, "thursday.wav"), (34, "friday.wav")),
    *((40, "thanks.wav"), (48, "age.wav"), (56, "correct.wav")),
)
"""When each sentence is said, in seconds after the microphone was opened. ``thanks`` is said while the bot still tells
that the interview was moved."""

SHOW = """
import time
from intentional_nb import VoicePanel, examples, load_bot
from intentional_nb.local.speech import load

load()
bot = load_bot(examples.path("interview_spoken"))
seen = []
bot.subscribe(lambda event: seen.append((time.time(), event)))
panel = VoicePanel(bot)
panel
"""
SLEEP = """
slept_from = time.time()
time.sleep(7)
slept_to = time.time()
"""

WATCH_TRACKS = """
window.tracks = [];
const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (...asked) => {
  const stream = await getUserMedia(...asked);
  window.tracks.push(...stream.getTracks());
  return stream;
};
"""
NO_SOCKETS = """
const Real = WebSocket;
window.WebSocket = class extends Real {
  constructor(url, ...rest) {
    const { host, pathname } = new URL(url);
    if (host !== location.host || pathname.includes('/proxy/')) throw new DOMException('refused', 'SecurityError');
    super(url, ...rest);
  }
};
"""
"""A page whose security policy lets it speak to its own server only: neither a port of the kernel nor a proxy to it."""


def spoken(path: Path, said) -> Path:
    """The file that the microphone plays."""
    samples = np.zeros((said[-1][0] + 8) * RATE_HZ, dtype="<i2")
    for at_s, name in said:
        clip = Clip.read(examples.path(name)).array
        samples[at_s * RATE_HZ : at_s * RATE_HZ + len(clip)] = clip
    return write_wav(path, samples)


class Conversation:
    """A notebook with a voice panel in it, spoken to by the microphone's file."""

    def __init__(self, page: NotebookPage) -> None:
        self.page = page
        self.flushed: list[dict] = []
        self.lines: list[str] = []
        page.page.on("websocket", self._listen)

    def _listen(self, socket) -> None:
        if "kernels" not in socket.url:
            self.lines.append(socket.url)
            socket.on("framesent", self._note)

    def _note(self, frame) -> None:
        message = json.loads(frame) if isinstance(frame, str) else {}
        if message.get("kind") == "flushed" and message.get("item") is not None:
            self.flushed.append(message)

    def begin(self) -> None:
        self.page.page.locator(".inb-mic").click()
        wait_until(lambda: self.value("bot.state") not in ("idle", "connecting"), "the session to be open", 60)

    def value(self, expression: str):
        """A value of the kernel."""
        return json.loads(self.page.ask(f"import json; print(json.dumps({expression}, default=str))"))

    def wait_for_the_end(self, timeout_s: float) -> None:
        ended = "any(event.type == 'conversation_ended' for _, event in seen)"

        def is_over() -> bool:
            self.page.page.wait_for_timeout(500)
            return self.value(ended)

        try:
            wait_until(is_over, "the end of the conversation", timeout_s)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.page.ask('print(bot.transcript)')}") from error

    def said(self) -> list[str]:
        return [text for text in self.value("[turn.user_text for turn in bot.transcript]") if text]

    def moves(self) -> list[str]:
        return self.value("[move.target for turn in bot.transcript for move in turn.route if move.kind != 'refused']")

    def heard(self) -> str:
        """What a listener at the loudspeaker understands."""
        from intentional_nb.local.speech.recognition import recognise

        wait_until(lambda: self.value("bot.state") != "speaking", "the bot to fall silent", 30)
        words = []
        for tap in self.page.evaluate("await window.tap.ready(); return await window.tap.take();", timeout_s=60):
            samples = np.frombuffer(base64.b64decode(tap["samples"]), dtype="<f4")
            pcm = np.clip(np.rint(samples * 32767), -32768, 32767).astype("<i2").tobytes()
            words.append(recognise(resample(pcm, tap["rateHz"], RATE_HZ)))
        return " ".join(words).lower()


@pytest.fixture
def conversation(lab, listening, tmp_path_factory):
    """Call it with the sentences to say: a notebook in a browser that hears them, its panel shown."""
    opened = []
    recordings = {}

    def open_notebook(said, *scripts: str, app: str = "lab") -> Conversation:
        if said not in recordings:
            recordings[said] = spoken(tmp_path_factory.mktemp("said") / "said.wav", said)
        page = NotebookPage(lab, listening(recordings[said]), lab.notebook([SHOW, SLEEP]), app=app)
        for script in (TAP, WATCH_TRACKS, *scripts):
            page.page.add_init_script(script)
        opened.append(page)
        talk = Conversation(page.open())
        page.run(0)
        page.page.wait_for_selector(".inb-mic")
        return talk

    yield open_notebook
    for page in opened:
        page.close()


def test_a_conversation_by_voice_with_a_detour_a_tool_and_an_interruption(conversation):
    talk = conversation(LONG)
    talk.begin()
    begun = "sum(event.type == 'speech_started' for _, event in seen)"
    wait_until(lambda: talk.value(begun) >= 2, "the second sentence", 60)
    talk.page.run(1, wait=False)  # seconds in which the kernel's main thread does nothing else

    talk.wait_for_the_end(120)

    # What was understood, in the order in which it was said, and where it led.
    said = talk.said()
    assert len(said) == 7, said
    expected = ["can make it", "my name is", "can't come on thursday", "friday", "thank", "27", "correct"]
    assert [word in text.lower() for word, text in zip(expected, said, strict=True)] == [True] * 7, said
    assert talk.moves() == ["name", "age", "reschedule", "age", "confirm", "_end_"]
    tools = "[entry.name for turn in bot.transcript for entry in turn.entries if type(entry).__name__ == 'ToolEntry']"
    assert talk.value(tools) == ["reschedule_interview", "end_conversation"]

    # The page shows the same, each side in its place.
    bubbles = talk.page.page.locator(".inb-turn .inb-user .inb-words").filter(has_text=re.compile(r"\S"))
    expect(bubbles).to_have_text(said)

    # Talking over the bot cut it at the very sample that the page had played last.
    cut = talk.value("[(e.heard_ms, e.received_ms) for _, e in seen if e.type == 'reply_interrupted']")
    assert cut
    assert [heard for heard, _ in cut] == [message["samples"] * 1000 // RATE_HZ for message in talk.flushed]
    assert all(0 < heard < received for heard, received in cut)

    # The sleeping cell held nothing up: the sentence was understood and answered while it slept.
    slept = "[e.type for at, e in seen if slept_from < at < slept_to]"
    assert {"speech_ended", "turn_started", "user_transcribed", "reply_audio"} <= set(talk.value(slept))

    # And the bot was really heard.
    heard = talk.heard()
    words = ("marigold", "thursday", "your name", "how old", "which day", "goodbye")
    assert [word for word in words if word not in heard] == [], heard
    assert talk.page.problems == []


def test_the_same_over_the_notebooks_own_connection(conversation):
    talk = conversation(SHORT, NO_SOCKETS)
    talk.begin()

    talk.wait_for_the_end(100)

    assert talk.lines == []
    assert talk.moves() == ["name", "age", "confirm", "_end_"]
    assert len(talk.said()) == 4
    heard = talk.heard()
    assert [word for word in ("marigold", "your name", "how old", "goodbye") if word not in heard] == [], heard


def test_the_same_in_notebook_7(conversation):
    talk = conversation(SHORT, app="notebooks")
    talk.begin()

    talk.wait_for_the_end(100)

    assert talk.moves() == ["name", "age", "confirm", "_end_"]
    assert len(talk.said()) == 4


def test_a_restart_of_the_kernel_releases_the_microphone(conversation):
    talk = conversation(SHORT)
    talk.begin()
    page = talk.page.page
    assert page.evaluate("window.tracks.map((track) => track.readyState)") == ["live"]
    page.wait_for_selector(".inb-lamp[data-lit='true']")

    talk.page.restart_kernel()

    page.wait_for_function("window.tracks.every((track) => track.readyState === 'ended')", timeout=15_000)
    page.wait_for_selector(".inb-lamp[data-lit='false']")
    expect(page.locator(".inb-health")).to_contain_text("restarted")
