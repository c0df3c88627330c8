"""Turns found in audio, over the wire; the ear of scripts tells loud from quiet, so nothing here needs a model."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest

from intentional_nb.local.realtime.script import (
    VoiceScript,
    VoiceStep,
    fails,
    say,
    silence,
    spoke,
    tone,
    transcript,
)
from intentional_nb.local.realtime.scripted import ScriptedVoice
from intentional_nb.local.server import LocalServer
from intentional_nb.wire.realtime import server_shapes
from intentional_nb.wire.realtime.server_checks import whole
from intentional_nb.wire.realtime.server_response import Failure
from tests.local.asking import eventually
from tests.local.realtime.talking import talk, updating, words_of
from tests.wire.realtime.serving import shapes

QUIET_MS = bytes(48)
HEARD = [
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
]


def quiet(length_ms: int) -> bytes:
    return QUIET_MS * length_ms


def speech(before_ms: int = 600, length_ms: int = 800, after_ms: int = 700) -> bytes:
    return quiet(before_ms) + tone(length_ms) + quiet(after_ms)


async def test_a_turn_is_found_and_answered():
    with LocalServer(VoiceScript(VoiceStep(say("Hi."), expect=spoke(1000, 2000)))) as server:
        async with talk(server) as client:
            await client.append(speech())
            frames = await client.until("response.done")

    assert shapes(frames)[:6] == [*HEARD, "response.created"]
    started, stopped = frames[0], frames[1]
    assert (started["audio_start_ms"], stopped["audio_end_ms"]) == (300, 1900)
    assert started["item_id"] == frames[2]["item_id"] == frames[3]["item"]["id"]


async def test_the_item_holds_the_speech_with_what_was_just_before_and_the_silence_after():
    with LocalServer(VoiceScript(silence())) as server:
        async with talk(server) as client:
            await client.append(speech())
            item_id = (await client.find("input_audio_buffer.committed"))["item_id"]
            await client.send("conversation.item.retrieve", item_id=item_id)
            item = (await client.find("conversation.item.retrieved"))["item"]

    assert b64decode(item["content"][0]["audio"]) == quiet(300) + tone(800) + quiet(500)


@pytest.mark.parametrize("chunk_ms", [10, 33, 5000])
async def test_turns_do_not_depend_on_how_the_audio_is_cut(chunk_ms):
    with LocalServer(VoiceScript()) as server:
        async with talk(server) as client:
            await client.send(
                "session.update", **updating(turn_detection={"type": "server_vad", "create_response": False})
            )
            await client.append(speech() + speech(), chunk_ms)
            frames = await client.until("input_audio_buffer.committed", 2)

    times = [f.get("audio_start_ms", f.get("audio_end_ms")) for f in frames if "speech_st" in f["type"]]
    assert times == [300, 1900, 2400, 4000]


@pytest.mark.parametrize(
    ("detection", "padding_ms", "silence_ms"),
    [
        ({"type": "server_vad", "prefix_padding_ms": 100, "silence_duration_ms": 200}, 100, 200),
        ({"type": "semantic_vad", "eagerness": "high"}, 300, 500),
        ({"type": "semantic_vad", "eagerness": "auto"}, 300, 800),
        ({"type": "semantic_vad", "eagerness": "low"}, 300, 1500),
    ],
)
async def test_a_session_says_how_long_a_silence_ends_a_turn(detection, padding_ms, silence_ms):
    with LocalServer(VoiceScript(silence())) as server:
        async with talk(server) as client:
            await client.send("session.update", **updating(turn_detection=detection))
            await client.find("session.updated")
            await client.append(speech(after_ms=1600))
            frames = await client.until("input_audio_buffer.speech_stopped")

    assert (frames[0]["audio_start_ms"], frames[-1]["audio_end_ms"]) == (600 - padding_ms, 1400 + silence_ms)


async def test_without_detection_a_turn_ends_when_the_client_says_so():
    step = VoiceStep(transcript("A table for two."), on="committed", expect=spoke(800, 800))
    with LocalServer(VoiceScript(step, say("Hi."))) as server:
        async with talk(server) as client:
            await client.send("session.update", **updating(turn_detection=None))
            await client.append(tone(800))
            await client.send("input_audio_buffer.commit")
            frames = await client.until("conversation.item.input_audio_transcription.completed")
            await client.send("response.create")
            said = words_of(await client.until("response.done"))

    assert shapes(frames)[:4] == ["session.updated", *HEARD[2:]]
    assert frames[-1]["transcript"] == "A table for two."
    assert said == "Hi."


async def test_what_was_cleared_is_not_part_of_any_turn():
    with LocalServer(VoiceScript(silence())) as server:
        async with talk(server) as client:
            await client.append(quiet(200) + tone(800))
            await client.find("input_audio_buffer.speech_started")
            await client.send("input_audio_buffer.clear")
            await client.find("input_audio_buffer.cleared")

            await client.append(speech())
            frames = await client.until("input_audio_buffer.speech_stopped")

    assert [frame["type"] for frame in frames] == HEARD[:2]
    assert (frames[0]["audio_start_ms"], frames[1]["audio_end_ms"]) == (1300, 2900)


async def test_a_turn_committed_by_hand_is_over_and_the_next_one_is_found():
    with LocalServer(VoiceScript(VoiceStep(silence(), expect=spoke(1300, 1700)))) as server:
        async with talk(server) as client:
            await client.append(quiet(400) + tone(800))
            started = await client.find("input_audio_buffer.speech_started")
            await client.send("input_audio_buffer.commit")
            committed = await client.find("input_audio_buffer.committed")
            await client.append(speech())
            frames = await client.until("input_audio_buffer.committed")

    assert committed["item_id"] == started["item_id"]
    assert [frame["type"] for frame in frames if frame["type"] in HEARD[:3]] == HEARD[:3]
    assert frames[-1]["previous_item_id"] == committed["item_id"]


async def test_detection_that_changes_in_the_middle_begins_afresh():
    with LocalServer(VoiceScript(silence())) as server:
        async with talk(server) as client:
            await client.append(quiet(400) + tone(600))
            await client.find("input_audio_buffer.speech_started")
            await client.send(
                "session.update", **updating(turn_detection={"type": "semantic_vad", "eagerness": "high"})
            )
            await client.find("session.updated")
            await client.append(tone(400) + quiet(600))
            frames = await client.until("input_audio_buffer.committed")

    assert [frame["type"] for frame in frames] == HEARD[:3]
    assert frames[0]["audio_start_ms"] == 1000  # not the padding: what came before belongs to nobody


async def test_speech_breaks_in_on_what_is_said():
    script = VoiceScript(say("word " * 400, times_real_time=1.0), VoiceStep(say("Yes?"), expect=spoke()))
    with LocalServer(script) as server:
        async with talk(server) as client:
            await client.say("hello")
            await client.find("response.output_audio.delta")
            await client.append(speech())
            frames = await client.until("response.done")
            again = await client.until("response.done")

    cut = frames[-1]["response"]
    assert (cut["status"], cut["status_details"]["reason"]) == ("cancelled", "turn_detected")
    assert shapes(frames).index("input_audio_buffer.speech_started") < shapes(frames).index(
        "response.output_audio.done"
    )
    assert words_of(again) == "Yes?"


async def test_an_open_microphone_fills_no_memory():
    with LocalServer(VoiceScript(silence())) as server:
        async with talk(server) as client:
            await client.append(quiet(60_000), 1000)
            await client.append(speech())
            await client.find("input_audio_buffer.committed")
            [session] = server._running.realtime._sessions

            # The turn ends a moment before all of the silence after it has been heard.
            assert eventually(lambda: session.half.buffer.clock_ms == 62_100)
            assert session.half.buffer.length_ms < 2000


async def test_an_open_microphone_that_nobody_can_hear_fills_no_memory_either(monkeypatch):
    async def detector(self, detection):
        raise Failure("no ears", code="deaf")

    monkeypatch.setattr(ScriptedVoice, "detector", detector)
    with LocalServer(VoiceScript()) as server:
        async with talk(server) as client:
            await client.append(quiet(100))
            assert (await client.find("error"))["error"]["code"] == "deaf"
            await client.append(quiet(60_000), 1000)
            [session] = server._running.realtime._sessions

            assert eventually(lambda: session.half.buffer.clock_ms == 60_100)
            assert eventually(lambda: session.half.buffer.length_ms < 2000)


async def test_a_script_that_is_to_hear_nothing_hears_nothing():
    with LocalServer(VoiceScript(hears=False)) as server:
        async with talk(server) as client:
            await client.append(speech())
            await client.send("input_audio_buffer.clear")

            assert (await client.next())["type"] == "input_audio_buffer.cleared"


async def test_the_users_silence_is_noticed_after_what_was_said(monkeypatch):
    monkeypatch.setitem(server_shapes._SERVER_VAD, "idle_timeout_ms", whole(1))  # the protocol's least is five seconds
    # Long enough that it is not over before the next event comes, on a busy machine too.
    detection = {"type": "server_vad", "idle_timeout_ms": 2000}
    script = VoiceScript(fails("no"), say("Hi."), VoiceStep(say("Are you there?"), expect=spoke(1200, 2000)))
    with LocalServer(script) as server:
        async with talk(server) as client:
            await client.send("session.update", **updating(turn_detection=detection))
            await client.say("hello")
            await client.find("response.done")
            await client.append(quiet(2300))
            await client.send("response.create")
            await client.find("response.done")
            frames = await client.until("response.done")

    assert shapes(frames)[1:5] == ["input_audio_buffer.timeout_triggered", *HEARD[2:]]
    assert (frames[1]["audio_start_ms"], frames[1]["audio_end_ms"]) == (300, 2300)
    assert words_of(frames) == "Are you there?"


async def test_speech_in_an_item_of_the_client_counts_as_spoken():
    audio = b64encode(tone(500)).decode()
    item = {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": audio}]}
    with LocalServer(VoiceScript(VoiceStep(say("Hi."), expect=spoke(500, 500)))) as server:
        async with talk(server) as client:
            await client.send("conversation.item.create", item=item)
            await client.send("response.create")
            done = await client.find("response.done")

    assert done["response"]["usage"]["input_token_details"]["audio_tokens"] == 5
