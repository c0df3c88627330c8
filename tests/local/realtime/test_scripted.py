"""Scripts played over the wire: every action, seen from a client."""

from __future__ import annotations

import asyncio

import pytest

from intentional_nb.errors import ScriptError
from intentional_nb.local.realtime.script import (
    VoiceScript,
    VoiceStep,
    appended,
    begin,
    calls,
    close,
    collision,
    done,
    drop,
    error,
    expire,
    fails,
    frame,
    huge,
    incomplete,
    limits,
    malformed,
    pause,
    refuse_key,
    returned,
    say,
    sent,
    silence,
    speech_started,
    speech_stopped,
    spoke,
    stays_open,
    stays_silent,
    tone,
    transcript,
    transcript_fails,
    truncated,
    unknown_event,
    until,
    updated,
)
from intentional_nb.local.server import LocalServer
from tests.local.asking import eventually
from tests.local.realtime.talking import audio_of, talk, updating, words_of
from tests.wire.realtime.serving import shapes

TEXT = {"response": {"output_modalities": ["text"]}}


def serving(*steps, **options):
    return LocalServer(VoiceScript(*steps, **options))


async def error_of(script):
    """Ask for a response and then for something else, until the server complains; the script is not checked here."""
    server = LocalServer(script).start()
    try:
        async with talk(server) as client:
            await client.say("hello", event_id="mine")
            await client.send("input_audio_buffer.clear")
            return (await client.find("error"))["error"]
    finally:
        server.close()


async def test_words_are_spoken_as_a_tone_of_their_length():
    with serving(say("Hi there.")) as server:
        async with talk(server) as client:
            await client.say("hello")
            frames = await client.until("response.done")

    assert words_of(frames) == "Hi there."
    assert audio_of(frames) == tone(9 * 60)


async def test_words_can_have_a_sound_of_their_own():
    with serving(say("Hi.", audio=b"\1\0" * 4801)) as server:
        async with talk(server) as client:
            await client.say("hello")
            frames = await client.until("response.done")

    assert audio_of(frames) == b"\1\0" * 4801
    assert [len(f["delta"]) for f in frames if f["type"] == "response.output_audio.delta"] == [6400, 6400, 4]


@pytest.mark.parametrize(("reply", "asked"), [(say("Hi there."), TEXT), (say("Hi there.", audio=False), {})])
async def test_words_are_written_where_that_is_asked_for(reply, asked):
    with serving(reply) as server:
        async with talk(server) as client:
            await client.say("hello", **asked)
            frames = await client.until("response.done")

    assert words_of(frames) == "Hi there."
    assert audio_of(frames) == b""
    assert frames[-1]["response"]["output"][0]["content"] == [{"type": "output_text", "text": "Hi there."}]


async def test_two_calls_come_at_once_and_are_answered_before_the_next_response():
    script = VoiceScript(
        VoiceStep([say("One moment."), calls(("look", {"city": "Turin"}), ("book", "{"))]),
        VoiceStep(say("Done."), expect=returned("sunny", "booked")),
    )
    with LocalServer(script) as server:
        async with talk(server) as client:
            await client.say("hello")
            output = (await client.until("response.done"))[-1]["response"]["output"]
            for item, told in zip(output[1:], ["sunny", "booked"], strict=True):
                answer = {"type": "function_call_output", "call_id": item["call_id"], "output": told}
                await client.send("conversation.item.create", item=answer)
            await client.send("response.create")
            said = words_of(await client.until("response.done"))

    assert [(item.get("name"), item.get("arguments")) for item in output] == [
        (None, None),
        ("look", '{"city": "Turin"}'),
        ("book", "{"),
    ]
    assert said == "Done."


async def test_a_response_can_fail_or_be_incomplete():
    with serving(fails("no money", code="insufficient_quota"), VoiceStep([say("Hi."), incomplete()])) as server:
        async with talk(server) as client:
            await client.say("hello")
            failed = (await client.find("response.done"))["response"]
            await client.send("response.create")
            cut = (await client.find("response.done"))["response"]

    assert (failed["status"], failed["status_details"]["error"]["code"]) == ("failed", "insufficient_quota")
    assert (cut["status"], cut["status_details"]["reason"]) == ("incomplete", "max_output_tokens")


async def test_silence_says_nothing_not_even_that_a_response_begins():
    with serving(silence(), say("Hi.")) as server:
        async with talk(server) as client:
            await client.say("hello")
            await client.send("response.create")
            frames = await client.until("response.done")

    assert shapes(frames).count("response.created") == 1


async def test_a_response_that_stays_open_can_be_cancelled():
    with serving(VoiceStep([say("Hi."), stays_open()])) as server:
        async with talk(server) as client:
            await client.say("hello")
            await client.find("response.output_item.done")
            await client.send("response.cancel")
            done = (await client.find("response.done"))["response"]

    assert done["status"] == "cancelled"
    assert done["output"][0]["status"] == "completed"


async def test_a_cancelled_response_says_nothing_more_and_its_step_ends():
    with serving(VoiceStep([say("word " * 500, times_real_time=2.0), drop()]), say("Hi.")) as server:
        async with talk(server) as client:
            await client.say("hello")
            await client.find("response.output_audio.delta")
            await client.send("response.cancel")
            done = (await client.find("response.done"))["response"]
            await client.send("response.create")
            rest = await client.until("response.done")

    assert done["status_details"] == {"type": "cancelled", "reason": "client_cancelled", "error": None}
    assert words_of(rest) == "Hi."


async def test_a_cancel_right_behind_its_response_finds_it():
    with serving(say("word " * 100, times_real_time=1.0)) as server:
        async with talk(server) as client:
            await client.send("response.create")
            await client.send("response.cancel")

            assert (await client.find("response.done"))["response"]["status"] == "cancelled"


async def test_the_user_can_break_in_where_a_script_wants_it():
    interrupted = [say("A long answer to it.", breaks_off_after_ms=300), speech_started(), pause(1), speech_stopped()]
    script = VoiceScript(
        VoiceStep([*interrupted, transcript("Stop!")]),
        VoiceStep(say("All right."), expect=spoke(0, 0)),
    )
    with LocalServer(script) as server:
        async with talk(server) as client:
            await client.say("hello")
            frames = await client.until("response.done")
            rest = await client.until("response.done")

    assert words_of(frames) == "A long"
    assert len(audio_of(frames)) == 300 * 48
    assert frames[-1]["response"]["status_details"]["reason"] == "turn_detected"
    assert words_of(rest) == "All right."
    assert "conversation.item.input_audio_transcription.completed" in shapes(rest)


async def test_the_user_can_break_in_while_a_tool_runs():
    script = VoiceScript(
        VoiceStep([calls(("slow", {})), done(), speech_started(0), speech_stopped(), transcript("Never mind.")]),
        say("As you like."),
        VoiceStep(say("By the way."), expect=returned("at last")),
    )
    with LocalServer(script) as server:
        async with talk(server) as client:
            await client.say("hello")
            call = (await client.find("response.done"))["response"]["output"][0]
            said = words_of(await client.until("response.done"))
            answer = {"type": "function_call_output", "call_id": call["call_id"], "output": "at last"}
            await client.send("conversation.item.create", item=answer)
            await client.send("response.create")
            late = words_of(await client.until("response.done"))

    assert (said, late) == ("As you like.", "By the way.")


async def test_a_call_can_be_broken_off_in_the_middle():
    arguments = {"text": "something that takes several pieces to tell"}
    with serving(VoiceStep([calls(("write", arguments), breaks_off_after=2), speech_started(0)])) as server:
        async with talk(server) as client:
            await client.say("hello")
            frames = await client.until("response.done")

    told = next(f for f in frames if f["type"] == "response.function_call_arguments.done")
    assert told["arguments"] == '{"text": "something that takes s'
    assert frames[-1]["response"]["output"][0]["status"] == "incomplete"


async def test_transcripts_come_late_and_in_any_order():
    kind = "conversation.item.input_audio_transcription"
    step = VoiceStep([say("Hi."), done(), transcript("second"), transcript("first", item=0, in_pieces=False)])
    with serving(step, VoiceStep(transcript_fails("too quiet"), on="response.cancel")) as server:
        async with talk(server) as client:
            await client.send("session.update", **updating(turn_detection=None))
            ids = []
            for _ in range(2):
                await client.append(tone(200))
                await client.send("input_audio_buffer.commit")
                ids.append((await client.find("input_audio_buffer.committed"))["item_id"])
            await client.send("response.create")
            await client.find("response.done")
            late = await client.until(f"{kind}.completed", 2)
            await client.send("response.cancel")
            failed = await client.find(f"{kind}.failed")

    told = [(f["item_id"], f["transcript"]) for f in late if f["type"] == f"{kind}.completed"]
    assert told == [(ids[1], "second"), (ids[0], "first")]
    assert (failed["item_id"], failed["error"]["message"]) == (ids[1], "too quiet")


async def test_silence_of_the_user_can_be_noticed_at_will():
    with serving(
        VoiceStep(stays_silent(), on="input_audio_buffer.append", expect=appended(200)), say("Hello?")
    ) as server:
        async with talk(server) as client:
            await client.append(bytes(48 * 240))
            frames = await client.until("response.done")

    assert shapes(frames)[0] == "input_audio_buffer.timeout_triggered"
    assert words_of(frames) == "Hello?"


async def test_errors_name_the_event_that_they_answer():
    script = VoiceScript(
        VoiceStep(error("not now", code="busy"), on="session.update", expect=updated(instructions="x")),
        collision("resp_7"),
        VoiceStep([begin(), error("on the way", type="server_error"), say("Hi.")]),
    )
    with LocalServer(script) as server:
        async with talk(server) as client:
            await client.send("session.update", session={"type": "realtime", "instructions": "x"}, event_id="one")
            first = (await client.find("error"))["error"]
            await client.send("response.create", event_id="two")
            second = (await client.find("error"))["error"]
            await client.send("response.create")
            third = await client.until("response.done")

    assert (first["code"], first["event_id"]) == ("busy", "one")
    assert (second["code"], second["event_id"]) == ("conversation_already_has_active_response", "two")
    assert "resp_7" in second["message"]
    assert shapes(third)[:2] == ["response.created", "error"]


async def test_frames_of_any_shape_are_sent_as_they_are():
    told = {"type": "odd", "event_id": "e"}
    step = VoiceStep(
        [frame(told), frame("[1"), unknown_event(mood="glad"), malformed(), huge(2), limits({"name": "tokens"})]
    )
    with serving(step) as server:
        async with talk(server, checked=False) as client:
            await client.send("response.create")
            raw = [await client.socket.recv() for _ in range(6)]

    assert raw[0] == '{"type":"odd","event_id":"e"}'
    assert raw[1] == "[1"
    assert '"mood":"glad"' in raw[2]
    assert raw[3].startswith('{"type": "response.output_audio.delta"')
    assert len(raw[4]) > 2 * 1024 * 1024
    assert '"rate_limits":[{"name":"tokens"}]' in raw[5]


async def test_a_dropped_connection_has_no_close_code_of_its_own():
    with serving(VoiceStep([say("Hi.", breaks_off_after_ms=100), drop()])) as server:
        async with talk(server) as client:
            await client.say("hello")
            await client.find("response.output_audio.delta")

            assert await client.closed() == (1006, "")


@pytest.mark.parametrize(
    ("action", "told"),
    [
        (close(1011, "internal error"), (1011, "internal error")),
        (close(1001, "bye"), (1001, "bye")),
        (expire(), (1001, "Your session hit the maximum duration of 60 minutes.")),
    ],
)
async def test_a_connection_is_closed_with_the_code_and_the_reason_that_a_script_wants(action, told):
    with serving(VoiceStep(action, on="input_audio_buffer.append")) as server:
        async with talk(server) as client:
            await client.append(tone(40))

            assert await client.closed() == told


async def test_a_key_can_be_refused_as_openai_refuses_it():
    with serving(VoiceStep(refuse_key(), on="connect"), VoiceStep(say("Hi."))) as server:
        async with talk(server, greeted=False) as client:
            closed = await client.closed()
        async with talk(server) as client:
            await client.say("hello")
            await client.find("response.done")

    assert closed == (3000, "invalid_request_error.invalid_api_key")
    assert server._voice_script.connections == 2


async def test_a_script_goes_on_over_connections_that_break():
    with serving(VoiceStep(drop(), on="input_audio_buffer.append", expect=appended(100)), say("Again.")) as server:
        async with talk(server) as client:
            await client.append(tone(200))
            assert (await client.closed())[0] == 1006
        async with talk(server) as client:
            await client.say("hello")
            said = words_of(await client.until("response.done"))

    assert said == "Again."


async def test_a_script_can_wait_for_what_the_client_does():
    waiting = VoiceStep([say("One two three."), done(), until("conversation.item.truncate"), close(1000)])
    step = VoiceStep(expect=truncated(100, 200), on="conversation.item.truncate")
    with serving(waiting, step) as server:
        async with talk(server) as client:
            await client.say("hello")
            item = (await client.find("response.done"))["response"]["output"][0]
            await client.send("conversation.item.truncate", item_id=item["id"], content_index=0, audio_end_ms=150)
            closed = await client.closed()

    assert closed[0] == 1000


async def test_an_unexpected_response_is_an_error_on_the_wire_and_at_the_end():
    script = VoiceScript(VoiceStep(say("Hi."), expect=sent("response.cancel")))
    told = await error_of(script)

    with pytest.raises(ScriptError, match="a response was asked for that step 1"):
        script.assert_complete()
    assert (told["code"], told["event_id"]) == ("unexpected_request", "mine")
    assert "- the client sends response.cancel" in told["message"]


@pytest.mark.parametrize(
    ("actions", "told"),
    [
        ([speech_stopped()], "who is not speaking"),
        ([transcript("x")], "of which there are 0 pieces"),
    ],
)
async def test_an_action_that_cannot_be_is_told_at_once_and_at_the_end(actions, told):
    script = VoiceScript(VoiceStep(actions))

    assert told in (await error_of(script))["message"]

    with pytest.raises(ScriptError, match=told):
        script.assert_complete()


async def test_a_script_cannot_respond_twice_at_the_same_time():
    script = VoiceScript(stays_open(), VoiceStep(say("Two."), on="input_audio_buffer.clear"))

    assert "Conversation already has an active response" in (await error_of(script))["message"]

    with pytest.raises(ScriptError, match="Conversation already has an active response"):
        script.assert_complete()


async def test_a_script_may_speak_without_having_been_asked():
    with serving(VoiceStep([say("One."), done(), say("Two.")], on="input_audio_buffer.clear")) as server:
        async with talk(server) as client:
            await client.send("input_audio_buffer.clear")
            frames = await client.until("response.done", 2)

    assert words_of(frames) == "One.Two."


async def test_a_server_of_the_beta_uses_its_names():
    script = VoiceScript(VoiceStep([say("Hi."), calls(("book", {}))]), say("Bye.", audio=False), dialect="beta")
    with LocalServer(script) as server:
        async with talk(server, checked=False) as client:
            await client.say("hello")
            await client.until("response.done")
            await client.send("response.create")
            await client.until("response.done")
            kinds = {frame["type"] for frame in client.frames}

    assert {"response.audio.delta", "response.audio_transcript.done", "response.text.delta"} < kinds
    assert "conversation.item.created" in kinds
    assert not {kind for kind in kinds if "output_audio" in kind or "output_text" in kind}
    assert not {"conversation.item.added", "conversation.item.done"} & kinds
    session = client.frames[0]["session"]
    assert (session["modalities"], session["input_audio_format"], session["voice"]) == (
        ["text", "audio"],
        "pcm16",
        "marin",
    )
    assert "audio" not in session
    item = next(f["item"] for f in client.frames if f["type"] == "response.output_item.done")
    assert item["content"][0]["type"] == "audio"


async def test_events_of_any_shape_are_recorded_and_refused():
    odd = ['{"type": "input_audio_buffer.append", "audio": 3}', "[1]", "{}", '{"type": ["x"]}', '{"type": "x"']
    with serving() as server:
        async with talk(server) as client:
            for sent_frame in odd:
                await client.socket.send(sent_frame)
            frames = await client.until("error", 5)

    assert [frame["error"]["code"] for frame in frames] == [
        "invalid_type",
        "invalid_event",
        "missing_required_parameter",
        "invalid_value",
        "invalid_json",
    ]


async def test_the_record_can_be_read_while_the_server_plays():
    script = VoiceScript(stays_open())
    with LocalServer(script) as server:
        async with talk(server) as client:
            await client.append(tone(120))
            await client.socket.send("not json")
            await client.send("response.create", event_id="mine")
            await client.find("response.created")

            assert eventually(lambda: script.audio == tone(120))
            assert [event["type"] for event in script.events][-1] == "response.create"
            assert script.connections == 1


async def test_what_is_sent_waits_for_a_client_that_does_not_read():
    with serving(say("word " * 4000)) as server:
        async with talk(server, checked=False, max_queue=1) as client:
            await client.say("hello")
            await client.find("response.created")
            [session] = server._running.realtime._sessions
            loop = asyncio.get_running_loop()
            assert await loop.run_in_executor(None, eventually, lambda: session.outbox._size > 1_000_000)
            await client.send("response.cancel")
            frames = await client.until("response.done")

    assert frames[-1]["response"]["status"] == "cancelled"
    assert len(audio_of(frames)) < 20_000_000  # of 57 600 000
