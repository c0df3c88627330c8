"""The studio of a bot that speaks, where people use it: microphone, hot swap and fork in a real JupyterLab.

The page's microphone is one that the test speaks into when the bot listens, so that a slow machine only takes longer;
how Chromium's own fake microphone is heard, `test_voice_lab.py` tells.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from intentional_nb import examples
from intentional_nb.local import speech
from tests.browser.accessibility import violations
from tests.browser.lab import NotebookPage, wait_until

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install 'intentional-nb[dev]'"
)
expect = playwright.expect
pytestmark = [
    pytest.mark.skipif(not speech.is_installed(), reason=speech.notice() or ""),
    pytest.mark.timeout(400),
    pytest.mark.slow,
]

PATIENCE_S = 60
PATIENCE_MS = PATIENCE_S * 1000

SHOW = """
from pathlib import Path
from intentional_nb import ChatPanel, SideBySide, VoicePanel, examples, load_bot
from intentional_nb.local.speech import load

load()
bot = load_bot(examples.path("interview_spoken"), modality="audio_stream")
seen = []
bot.subscribe(seen.append)
text = Path(examples.path("interview_spoken")).read_text(encoding="utf-8")
bot.studio()
"""
UPDATE = """
text = text.replace("Learn the candidate's name.", "Learn the candidate's first name.")
text = text.replace("And how old are you? You need not say.", "Splendid. " + "This is a very long sentence. " * 12)
bot.update(text)
"""
"""Of the stage in which the conversation stands, and of what is said in the next one, which takes long to say."""
UPDATE_WHILE_SPEAKING = """
text = text.replace("Learn how old the candidate is; they need not answer.", "Ask for the age politely.")
text = text.replace("Thank you. Is that all correct?", "Shall I write it down?")
bot.update(text)
"""
FORK = """
fork = bot.fork(modality="text_messages")
SideBySide(VoicePanel(bot, title="spoken", height=460), ChatPanel(fork, title="written", height=460))
"""

MICROPHONE = """
window.tracks = [];
navigator.mediaDevices.getUserMedia = async () => {
  const context = new AudioContext();
  const end = context.createMediaStreamDestination();
  window.speak = async (wav) => {
    const bytes = Uint8Array.from(atob(wav), (character) => character.charCodeAt(0));
    const buffer = await context.decodeAudioData(bytes.buffer);
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(end);
    source.start();
    await new Promise((done) => { source.onended = done; });
  };
  window.tracks.push(...end.stream.getTracks());
  return end.stream;
};
"""


class Talk:
    """A notebook with the studio in its first cell, and somebody who speaks to it."""

    def __init__(self, page: NotebookPage) -> None:
        self.page = page
        self.shown = page.page.locator(".inb-studio")
        self.graph = self.shown.locator(".inb-stages")
        self.voice = self.shown.locator(".inb-voice")

    def value(self, expression: str):
        """A value of the kernel."""
        return json.loads(self.page.ask(f"import json; print(json.dumps({expression}, default=str))"))

    def begin(self) -> None:
        self.voice.locator(".inb-mic").click()
        expect(self.voice.locator(".inb-lamp")).to_have_attribute("data-lit", "true", timeout=PATIENCE_MS)
        self.wait_for("listening")

    def wait_for(self, state: str) -> None:
        wait_until(lambda: self.value("bot.state") == state, f"the bot to be {state}", PATIENCE_S)

    def say(self, name: str) -> None:
        """Speak into the microphone."""
        wav = base64.b64encode(Path(examples.path(name)).read_bytes()).decode()
        self.page.page.evaluate("(wav) => window.speak(wav)", wav)

    def expect_at(self, stage: str) -> None:
        """Conversation and graph show where it stands."""
        expect(self.voice.locator(".inb-stage")).to_have_text(stage, timeout=PATIENCE_MS)
        expect(self.graph.locator(".is-now")).to_have_attribute("data-stage", stage, timeout=PATIENCE_MS)

    def expect_goal(self, stage: str, goal: str) -> None:
        """The graph shows what is to be reached in a stage."""
        expect(self.graph.locator(f'[data-stage="{stage}"]')).to_contain_text(goal, timeout=PATIENCE_MS)

    def confirmed(self) -> str:
        """The prompt that the server has confirmed since the latest change of the graph."""
        told = "[[event.type, getattr(event, 'prompt', '')] for event in seen]"
        types, prompts = zip(*self.value(told), strict=True)
        swapped = len(types) - types[::-1].index("graph_swapped")
        return prompts[types.index("prompt_updated", swapped)]

    def lamps(self) -> list[str]:
        """Of all panels for the voice: whether they say that the microphone is on."""
        return self.page.page.locator(".inb-lamp").evaluate_all("nodes => nodes.map((node) => node.dataset.lit)")

    def clear(self, cell: int) -> None:
        """Clear a cell's output."""
        script = "panel.content.activeCellIndex = argument; await app.commands.execute('notebook:clear-cell-output');"
        self.page.evaluate(script, cell)

    def expect_released(self) -> None:
        """No microphone is in use."""
        self.page.page.wait_for_function("window.tracks.every((track) => track.readyState === 'ended')")


@pytest.fixture
def talk(lab, tab):
    page = NotebookPage(lab, tab, lab.notebook([SHOW, UPDATE, UPDATE_WHILE_SPEAKING, FORK]))
    page.page.add_init_script(MICROPHONE)
    page.open()
    page.run(0)
    page.page.wait_for_selector(".inb-studio .inb-mic")
    yield Talk(page)
    page.close()


def test_a_spoken_conversation_is_followed_changed_and_forked_and_the_microphone_let_go_of(talk):
    page = talk.page
    talk.begin()

    # All views follow.
    talk.say("available.wav")
    talk.expect_at("name")
    talk.wait_for("listening")
    call = talk.shown.locator(".inb-calls .inb-c-card").last
    expect(call.locator(".inb-c-chosen")).to_contain_text("available")
    expect(talk.shown.locator(".inb-calls .inb-c-said").last).to_contain_text("make it")

    # Another graph, from another cell: confirmed by the server when the cell has ended, and the graph is drawn anew.
    page.run(1)
    assert "first name" in talk.confirmed()
    talk.expect_goal("name", "first name")

    # And once more while the bot speaks, in what was just put into the graph; it goes on to speak.
    talk.say("name.wav")
    talk.expect_at("age")
    talk.wait_for("speaking")
    page.run(2)
    assert talk.value("bot.state") == "speaking"
    assert "Ask for the age politely." in talk.confirmed()
    talk.expect_goal("age", "politely")

    # Spoken to, it stops; the reply is that of the newest graph.
    talk.say("age.wav")
    expect(talk.voice.locator(".inb-log")).to_contain_text("interrupted here", timeout=PATIENCE_MS)
    talk.expect_at("confirm")
    talk.wait_for("listening")
    expect(talk.voice.locator(".inb-log")).to_contain_text("Shall I write it down?")

    # Where the time of the spoken turn went.
    talk.shown.get_by_role("tab", name="Timeline").click()
    bars = talk.shown.locator(".inb-t-turn").last.locator(".inb-wf-label")
    expect(bars).to_have_text(["End of speech", "Transcript", "Routing", "Reply", "Heard"], timeout=PATIENCE_MS)
    assert violations(page.page, ".inb-studio") == []

    # One step back.
    page.ask("bot.undo()")
    talk.expect_goal("age", "need not answer")
    talk.expect_goal("name", "first name")

    # A second bot goes on in writing; the sound stays where it is.
    page.run(3)
    page.ask("fork.say('Yes, that is all correct.')")
    written = page.page.get_by_role("region", name="written", exact=True)
    expect(written).to_contain_text("Yes, that is all correct.", timeout=PATIENCE_MS)
    expect(written).to_contain_text("I am 27 years old.")
    expect(page.page.get_by_role("region", name="spoken", exact=True)).to_contain_text("Shall I write it down?")
    expect(talk.voice).not_to_contain_text("Yes, that is all correct.")
    wait_until(lambda: talk.lamps() == ["true", "false"], "the microphone to be the first panel's")
    talk.clear(3)
    expect(page.page.locator(".inb-lamp")).to_have_count(1)
    assert talk.lamps() == ["true"]

    # The microphone is let go of when nobody sees its lamp any more, and when the kernel is gone.
    talk.clear(0)
    talk.expect_released()
    page.run(0)
    talk.begin()
    page.run(0)
    talk.expect_released()
    talk.begin()
    page.restart_kernel()
    talk.expect_released()
    expect(talk.voice.locator(".inb-lamp")).to_have_attribute("data-lit", "false", timeout=PATIENCE_MS)
    assert len(page.evaluate("return window.tracks.map((track) => track.readyState);")) == 3
    assert page.problems == []
