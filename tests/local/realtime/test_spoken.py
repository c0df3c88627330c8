"""The voice model with its own ears and voice; what it thinks comes from a chat script."""

from __future__ import annotations

import re

import pytest

from intentional_nb.local import speech
from intentional_nb.local.realtime.spoken import NOT_UNDERSTOOD
from intentional_nb.local.script import (
    Script,
    Step,
    calls,
    dropped,
    mentions,
    prompted,
    rate_limited,
    returned,
    says,
    stalled,
    text,
)
from intentional_nb.local.server import LocalServer
from tests.local.realtime.talking import audio_of, talk, updating, words_of
from tests.local.realtime.voices import needs_speech, quiet, recognised, spoken
from tests.wire.realtime.serving import shapes, typed

TABLE = "I would like a table for two people, please."
LONG = "This is one sentence that takes its time. Here is another one, which nobody will hear. And a third."
TRANSCRIBED = {"transcription": {"model": "whisper-1"}}
COMPLETED = "conversation.item.input_audio_transcription.completed"


def serving(*steps, **options) -> LocalServer:
    return LocalServer(Script(*steps), times_real_time=None, **options)


@needs_speech
async def test_a_spoken_turn_is_understood_and_answered_aloud():
    with serving(Step(text("For which day?"), expect=mentions("table for two people"))) as server:
        async with talk(server) as client:
            await client.send("session.update", **updating(**TRANSCRIBED))
            await client.append(spoken(TABLE) + quiet(800))
            frames = await client.until("response.done")

    kinds = shapes(frames)
    assert kinds.index("response.created") < kinds.index(COMPLETED) < kinds.index("response.output_item.added")
    shown = next(frame["transcript"] for frame in frames if frame["type"] == COMPLETED)
    pieces = [frame["delta"] for frame in frames if frame["type"] == COMPLETED.replace("completed", "delta")]
    assert "table for two people" in shown
    assert "".join(pieces) == shown
    assert words_of(frames) == "For which day?"
    assert "which day" in recognised(audio_of(frames))


@needs_speech
async def test_the_same_speech_makes_the_same_frames():
    def without_ids(frames):
        told = re.sub(r"(event|item|resp|sess|conv|call)_[0-9a-f]{20,}", r"\1", repr(frames))
        return re.sub(r"'expires_at': \d+", "", told)

    heard = []
    for chunk_ms in (40, 100):
        with serving(text("For which day? And at what time?")) as server:
            async with talk(server) as client:
                await client.send("session.update", **updating(**TRANSCRIBED))
                await client.append(spoken(TABLE) + quiet(800), chunk_ms)
                await client.until("rate_limits.updated")
                heard.append(without_ids(client.frames))

    assert heard[0] == heard[1]


@needs_speech
async def test_a_turn_can_be_ended_by_hand():
    with serving(Step(text("For which day?"), expect=mentions("table"))) as server:
        async with talk(server) as client:
            await client.send("session.update", **updating(turn_detection=None))
            await client.append(spoken(TABLE))
            await client.send("input_audio_buffer.commit")
            await client.send("response.create")
            frames = await client.until("response.done")

    assert words_of(frames) == "For which day?"


@needs_speech
async def test_who_was_not_understood_is_asked_again():
    with serving() as server:
        async with talk(server) as client:
            await client.send("session.update", **updating(turn_detection=None, **TRANSCRIBED))
            await client.append(quiet(600))
            await client.send("input_audio_buffer.commit")
            await client.send("response.create")
            frames = await client.until("response.done")

    assert next(frame["transcript"] for frame in frames if frame["type"] == COMPLETED) == ""
    assert words_of(frames) == NOT_UNDERSTOOD


@needs_speech
async def test_sound_goes_out_in_short_frames_with_the_words_that_begin_in_them():
    with serving(text(LONG)) as server:
        async with talk(server) as client:
            await client.say("hello")
            frames = await client.until("response.done")

    sizes = [len(frame["delta"]) for frame in frames if frame["type"] == "response.output_audio.delta"]
    assert max(sizes) == 4800 * 4 // 3
    assert words_of(frames) == LONG
    told = [frame["delta"] for frame in frames if frame["type"] == "response.output_audio_transcript.delta"]
    assert len(told) > 10
    assert frames[-1]["response"]["usage"]["output_token_details"]["audio_tokens"] == round(
        len(audio_of(frames)) / 48 / 50
    )


@needs_speech
async def test_what_was_heard_is_what_the_model_remembers_having_said():
    def heard_half(request):
        said = request["messages"][-2]["content"]
        return LONG.startswith(said) and 0 < len(said) < len(LONG) / 2

    with serving(text(LONG), Step(text("All right."), expect=heard_half)) as server:
        async with talk(server) as client:
            await client.say("hello")
            item = (await client.find("response.done"))["response"]["output"][0]
            await client.send("conversation.item.truncate", item_id=item["id"], content_index=0, audio_end_ms=900)
            await client.say("stop")
            assert words_of(await client.until("response.done")) == "All right."


@needs_speech
async def test_a_cancel_ends_the_sound_at_once():
    with LocalServer(Script(text(LONG)), times_real_time=1.0) as server:
        async with talk(server) as client:
            await client.say("hello")
            await client.find("response.output_audio.delta")
            await client.send("response.cancel")
            frames = await client.until("response.done")
            await client.send("input_audio_buffer.clear")
            after = await client.until("input_audio_buffer.cleared")

    assert frames[-1]["response"]["status"] == "cancelled"
    assert len(audio_of(client.frames)) / 48 < 1500
    assert audio_of(after) == b""


@needs_speech
async def test_the_speed_of_a_session_is_that_of_its_voice():
    lengths = []
    for speed in (0.8, 1.4):
        with serving(text("How many people will come?")) as server:
            async with talk(server) as client:
                await client.send("session.update", session={"type": "realtime", "audio": {"output": {"speed": speed}}})
                await client.say("hello")
                lengths.append(len(audio_of(await client.until("response.done"))))

    assert lengths[0] > lengths[1] * 1.3


@needs_speech
async def test_words_can_be_given_that_are_to_be_said_exactly():
    with serving() as server:
        async with talk(server) as client:
            instructions = "Say this, word for word, and nothing else:\n\nGood morning! Shall we begin?"
            await client.send("response.create", response={"instructions": instructions})
            frames = await client.until("response.done")

    assert words_of(frames) == "Good morning! Shall we begin?"
    assert "good morning" in recognised(audio_of(frames)).lower()


@needs_speech
async def test_a_tool_is_called_and_its_result_is_told():
    script = [
        Step(calls(("look", {"city": "Turin"}), ("book", {}), text="One moment."), expect=says("hello")),
        Step(text("It is sunny."), expect=returned("sunny", "booked")),
    ]
    with serving(*script) as server:
        async with talk(server) as client:
            await client.say("hello")
            message, *made = (await client.find("response.done"))["response"]["output"]
            for call, told in zip(made, ["sunny", "booked"], strict=True):
                output = {"type": "function_call_output", "call_id": call["call_id"], "output": told}
                await client.send("conversation.item.create", item=output)
            await client.send("response.create")
            said = words_of(await client.until("response.done"))

    assert message["content"][0]["transcript"] == "One moment."
    assert [call["name"] for call in made] == ["look", "book"]
    assert said == "It is sunny."


async def test_a_response_goes_by_its_own_instructions_and_input():
    asked = {"output_modalities": ["text"], "instructions": "Be brief.", "input": [typed("hello")]}
    with serving(Step(text("Hi."), expect=[prompted("Be brief."), says("hello")])) as server:
        async with talk(server) as client:
            await client.send("conversation.item.create", item=typed("something else"))
            await client.send("response.create", response=asked)

            assert words_of(await client.until("response.done")) == "Hi."


async def test_responses_beside_the_conversation_come_in_parallel():
    with serving(stalled(), text("Beside.")) as server:
        async with talk(server) as client:
            await client.say("hello")
            first = (await client.find("response.created"))["response"]["id"]
            apart = {"conversation": "none", "output_modalities": ["text"], "metadata": {"for": "a test"}}
            await client.send("response.create", response=apart)
            done = (await client.find("response.done"))["response"]
            await client.send("response.cancel")
            cancelled = (await client.find("response.done"))["response"]

    assert (done["conversation_id"], done["metadata"]) == (None, {"for": "a test"})
    assert done["output"][0]["content"][0]["text"] == "Beside."
    assert (cancelled["id"], cancelled["status"]) == (first, "cancelled")


@pytest.mark.parametrize(
    ("reply", "status", "reason", "code"),
    [
        (rate_limited(), "failed", None, "rate_limit_exceeded"),
        (text("One two", finish_reason="length"), "incomplete", "max_output_tokens", None),
        (text("One two", finish_reason="content_filter"), "incomplete", "content_filter", None),
    ],
)
async def test_what_becomes_of_the_thinking_becomes_of_the_response(reply, status, reason, code):
    with serving(reply) as server:
        async with talk(server) as client:
            await client.say("hello", response={"output_modalities": ["text"]})
            done = (await client.find("response.done"))["response"]

    details = done["status_details"]
    assert (done["status"], details["reason"]) == (status, reason)
    assert (details["error"] or {}).get("code") == code


async def test_a_connection_that_breaks_in_the_thinking_breaks():
    with serving(dropped()) as server:
        async with talk(server) as client:
            await client.say("hello", response={"output_modalities": ["text"]})

            assert (await client.closed())[0] == 1006


async def test_an_error_in_the_thinking_is_told_in_the_response(caplog):
    class Broken(Script):
        def answer(self, request):
            raise ZeroDivisionError("by nothing")

    with LocalServer(Broken(strict=False)) as server:
        async with talk(server) as client:
            await client.say("hello", response={"output_modalities": ["text"]})
            done = (await client.find("response.done"))["response"]
            await client.send("input_audio_buffer.clear")
            after = await client.find("input_audio_buffer.cleared")

    assert done["status_details"]["error"]["message"].endswith("ZeroDivisionError: by nothing")
    assert after["type"] == "input_audio_buffer.cleared"
    assert "the local voice could not go on" in caplog.text


async def test_the_language_of_the_local_model_answers_in_a_session():
    with LocalServer(pace_ms=0) as server:
        async with talk(server) as client:
            await client.say("Good morning!", response={"output_modalities": ["text"]})
            frames = await client.until("response.done")

    assert len(words_of(frames)) > 5
    assert frames[-1]["response"]["status"] == "completed"


# ---- without the speech extra


@pytest.fixture
def mute(monkeypatch):
    told = 'to hear and speak, run pip install "intentional-nb[voice]"'
    monkeypatch.setattr(speech, "is_installed", lambda: False)
    monkeypatch.setattr(speech, "notice", lambda: told)
    return told


async def test_without_speech_the_model_writes_and_says_so(mute):
    with serving(text("Hi there.")) as server:
        async with talk(server) as client:
            await client.send("session.update", session={"type": "realtime", "output_modalities": ["audio"]})
            await client.say("hello")
            frames = await client.until("response.done")

        assert server.voice_notice == mute

    assert client.frames[0]["session"]["output_modalities"] == ["text"]
    assert frames[0]["session"]["output_modalities"] == ["text"]
    assert frames[-1]["response"]["output"][0]["content"] == [{"type": "output_text", "text": "Hi there."}]


async def test_without_speech_audio_is_answered_once_with_what_to_do(mute):
    with serving(text("Hi there.")) as server:
        async with talk(server) as client:
            await client.append(quiet(400))
            error = (await client.find("error"))["error"]
            await client.append(quiet(400))
            await client.say("hello")
            rest = await client.until("response.done")

    assert error["message"] == mute
    assert error["code"] == "speech_not_installed"
    assert "error" not in shapes(rest)
    assert words_of(rest) == "Hi there."


async def test_without_speech_a_turn_that_was_spoken_cannot_be_answered(mute):
    with serving() as server:
        async with talk(server) as client:
            await client.send("session.update", **updating(turn_detection=None, **TRANSCRIBED))
            await client.append(quiet(400))
            await client.send("input_audio_buffer.commit")
            await client.send("response.create")
            frames = await client.until("response.done")

    failed = next(frame for frame in frames if frame["type"] == COMPLETED.replace("completed", "failed"))
    assert failed["error"]["message"] == mute
    assert frames[-1]["response"]["status_details"]["error"]["message"] == mute


async def test_without_speech_a_transcript_of_the_client_stands_for_its_audio(mute):
    audio = {"type": "input_audio", "audio": "AAAA" * 2000, "transcript": "hello"}
    with serving(Step(text("Hi."), expect=says("hello"))) as server:
        async with talk(server) as client:
            await client.send("conversation.item.create", item={"type": "message", "role": "user", "content": [audio]})
            await client.send("response.create")

            assert words_of(await client.until("response.done")) == "Hi."
