"""Whatever people do in whatever order, the events keep their promises and the bot still answers at the end."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.clients import patience
from intentional_nb.events import ReplyAudio, ReplyEnded, ToolCallStarted
from intentional_nb.local.realtime.script import VoiceScript, VoiceStep, calls, drop, mentions, say, transcript
from intentional_nb.local.server import LocalServer
from intentional_nb.tools.function import tool
from tests.clients.spoken import Spoken, assert_in_order, said, silence_ms, tone
from tests.clients.test_faults import one_stage


@tool
async def wait(ms: int = 30) -> str:
    """Wait a little."""
    await asyncio.sleep(ms / 1000)
    return "waited"


@tool(on_interrupt="keep")
async def order() -> str:
    """Order something."""
    await asyncio.sleep(0.02)
    return "ordered"


def script():
    story = say("Once upon a time there was a bot that talked.", times_real_time=20)
    return VoiceScript(
        [VoiceStep(drop(), on="input_audio_buffer.clear")] * 12,
        [VoiceStep(transcript("I am speaking."), on="committed")] * 40,
        [VoiceStep(say("The end."), expect=mentions("the end"))] * 9,
        [VoiceStep(calls(("wait", {})), expect=mentions("wait"))] * 6,
        [VoiceStep(calls(("wait", {}), ("order", {})), expect=mentions("order"))] * 6,
        [VoiceStep(story)] * 60,
        strict=False,
    )


async def type_a_word(stage, text="hello"):
    await stage.client.send({"text_message": {"role": "user", "content": text}})


ACTIONS = {
    "type": type_a_word,
    "ask for a tool": lambda stage: type_a_word(stage, "please wait"),
    "ask for two tools": lambda stage: type_a_word(stage, "please order"),
    "speak": lambda stage: stage.speak(said(200)),
    "begin to speak": lambda stage: stage.speak(tone(200)),
    "fall silent": lambda stage: stage.speak(silence_ms(600)),
    "stop": lambda stage: stage.client.handle_interruption(),
    "stop at once": lambda stage: stage.client.handle_interruption(0),
    "stop midway": lambda stage: stage.client.handle_interruption(150),
    "play": lambda stage: play(stage),
    "lose the session": lambda stage: stage.client.clear_audio(),
    "move on": lambda stage: asyncio.sleep(0.02),
}


async def play(stage):
    sounds = stage.told.of(ReplyAudio)
    if sounds:
        stage.client.note_played(sounds[-1].item_id, stage.heard_ms(sounds[-1].item_id) // 2)


@pytest.fixture(autouse=True)
def _quickly(monkeypatch):
    monkeypatch.setattr(patience, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(patience, "HEALTHY_S", 0.0)
    monkeypatch.setattr("intentional_nb.clients.turns.UNDECIDED_S", 0.05)


async def walk(steps):
    written = script()
    with LocalServer(written) as server:
        conversation = one_stage("wait", "order")
        stage = Spoken(server, written, tools=(wait, order), conversation=conversation, timeout=10)
        await stage.client.connect()
        for step in steps:
            await ACTIONS[step](stage)
        for _ in range(9):  # what was said just before may still become a turn and interrupt this one
            await type_a_word(stage, "the end")
            number = stage.client.turn
            if (await stage.turn_over(number)).status == "completed":
                break
        await stage.client.disconnect()
        return stage, number


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(sorted(ACTIONS)), max_size=10))
def test_any_walk_ends_well(steps):
    stage, number = asyncio.run(walk(steps))

    assert_in_order(stage.told.events)
    ends = {event.turn: event for event in stage.told.of(ReplyEnded)}
    assert ends[number].status == "completed"
    assert ends[number].text.endswith("The end."), "the server may have answered what was said just before as well"
    assert len(ends) == stage.client.turn, "every turn has ended"
    for event in stage.told.of(ToolCallStarted):
        assert event.turn in ends


async def test_a_long_walk_with_everything_in_it():
    steps = ["type", "play", "stop midway", "ask for two tools", "move on", "begin to speak", "lose the session"]
    steps += [
        "fall silent",
        "move on",
        "ask for a tool",
        "lose the session",
        "type",
        "stop at once",
        "speak",
        "move on",
    ]

    stage, _ = await walk(steps * 2)

    assert_in_order(stage.told.events)
