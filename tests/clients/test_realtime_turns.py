"""Turns without a fault: typed, spoken, from a clip, pushed to talk, opened by the bot, brought about by silence."""

import asyncio
from pathlib import Path

import pytest

from intentional_nb.audio.wav import to_wav
from intentional_nb.errors import AudioError, RefusedError, SessionClosedError
from intentional_nb.events import (
    ModelConnected,
    PromptUpdated,
    RateLimitsReported,
    ReplyAudio,
    ReplyEnded,
    ReplyText,
    ReplyTranscribed,
    SessionReconnecting,
    SpeechEnded,
    SpeechStarted,
    TurnEnded,
    TurnStarted,
    UsageReported,
    UserTranscribed,
)
from intentional_nb.local.realtime.script import (
    VoiceStep,
    appended,
    done,
    drop,
    incomplete,
    limits,
    pause,
    prompted,
    say,
    says,
    spoke,
    stays_silent,
    tone,
    transcript,
)
from tests.clients.spoken import SPEECH, said, silence_ms


async def test_a_typed_turn_is_told_in_order(spoken):
    stage = spoken(VoiceStep(say("Hi there."), expect=says("hello")))
    await stage.client.connect()

    await stage.say("hello")

    assert stage.told.between("turn_started", "turn_ended") == [
        "turn_started",
        "reply_started",
        "request_started",
        *["reply_text", "reply_audio"] * 2,
        "reply_transcribed",
        "usage_reported",
        "reply_ended",
        "turn_ended",
    ]
    assert stage.told.of(TurnStarted)[0].user_text == "hello"
    assert stage.told.of(ReplyEnded)[0].text == stage.told.text == "Hi there."
    assert stage.said_to_model == [("user", "hello"), ("assistant", "Hi there.")]


async def test_speech_makes_a_turn_whose_words_come_later(spoken):
    stage = spoken(VoiceStep([say("Good morning."), done(), transcript("Hello bot.")], expect=spoke(500)))
    await stage.client.connect()

    await stage.speak()
    await stage.told.until(lambda: [e for e in stage.told.of(UserTranscribed) if e.is_final])

    [began], [ended] = stage.told.of(SpeechStarted), stage.told.of(SpeechEnded)
    [turn] = stage.told.of(TurnStarted)
    assert (began.item_id, ended.item_id) == (turn.item_id, turn.item_id)
    assert began.at_ms < ended.at_ms < len(SPEECH) // 48
    assert (turn.turn, turn.user_text) == (1, "")
    heard = stage.told.of(UserTranscribed)
    assert [(e.text, e.is_final) for e in heard] == [("Hello", False), ("Hello bot.", False), ("Hello bot.", True)]
    assert {(e.turn, e.item_id) for e in heard} == {(1, turn.item_id)}
    assert stage.told.events.index(stage.told.of(TurnEnded)[0]) < stage.told.events.index(heard[-1])
    assert stage.script.audio == SPEECH


async def test_the_bots_speech_comes_with_its_words(spoken):
    stage = spoken(say("One two three."))
    await stage.client.connect()

    await stage.say("count")

    audio, words = stage.told.of(ReplyAudio), stage.told.of(ReplyText)
    [item_id] = {event.item_id for event in audio}
    assert b"".join(event.pcm for event in audio) == tone(60 * len("One two three."))
    assert {(event.turn, event.rate_hz, event.part) for event in audio} == {(1, 24_000, 0)}
    assert "".join(event.delta for event in words) == "One two three."
    [transcribed] = stage.told.of(ReplyTranscribed)
    assert (transcribed.item_id, transcribed.text, transcribed.turn) == (item_id, "One two three.", 1)


async def test_a_written_reply_has_no_sound(spoken):
    stage = spoken(say("Hi."), output_modalities="text")
    await stage.client.connect()

    await stage.say("hello")

    assert stage.told.text == "Hi."
    assert not stage.told.of(ReplyAudio)


async def test_a_clip_is_followed_by_the_silence_that_ends_it(spoken, tmp_path: Path):
    clip = tmp_path / "hello.wav"
    clip.write_bytes(to_wav(tone(700), 24_000))
    stage = spoken(VoiceStep(say("Hi."), expect=spoke(600)), VoiceStep(say("Hi."), expect=spoke(600)))
    await stage.client.connect()

    await stage.client.send({"audio_message": clip})
    await stage.turn_over(1)
    await stage.client.send({"audio_message": clip.read_bytes()})
    await stage.turn_over(2)

    assert [event.item_id is None for event in stage.told.of(TurnStarted)] == [False, False]
    assert stage.client.input_ms == 2 * (700 + 1000)


async def test_a_clip_at_another_rate_is_resampled(spoken):
    import numpy

    stage = spoken(VoiceStep(say("Hi."), expect=spoke(450, 550)), turn_detection="none")
    await stage.client.connect()
    wave = (numpy.sin(numpy.arange(8000) / 5) * 9000).astype("int16")

    await stage.client.send({"audio_message": (wave, 16_000)})
    await stage.turn_over(1)

    assert stage.client.input_ms == 500


async def test_what_is_no_audio_is_refused_and_the_session_goes_on(spoken):
    stage = spoken(say("Hi."))
    await stage.client.connect()

    with pytest.raises(AudioError):
        await stage.client.send({"audio_message": b"no wave at all"})
    with pytest.raises(AudioError):
        await stage.client.send({"audio_stream": b"odd"})
    with pytest.raises(ValueError, match=r"audio_stream.*audio_message.*text_message"):
        await stage.client.send({"video": 1})
    await stage.say("hello")

    assert stage.told.text == "Hi."


async def test_push_to_talk_makes_a_turn_when_the_user_says_so(spoken):
    stage = spoken(VoiceStep([transcript("Hi."), say("Hello.")], expect=spoke(400, 600)), turn_detection="none")
    await stage.client.connect()

    assert not await stage.client.commit_audio(), "nothing was said yet"
    await stage.speak(tone(300))
    await stage.client.clear_audio()
    await stage.speak(tone(90))
    assert not await stage.client.commit_audio(), "a server takes nothing under 100 ms"
    await stage.speak(tone(410))
    assert await stage.client.commit_audio()
    await stage.turn_over(1)

    assert [event["type"] for event in stage.script.events if "append" not in event["type"]] == [
        "session.update",
        "input_audio_buffer.clear",
        "input_audio_buffer.commit",
        "response.create",
    ]
    assert not stage.told.of(SpeechStarted)


async def test_a_clip_that_is_too_short_to_be_said_is_refused(spoken):
    stage = spoken(turn_detection="none")
    await stage.client.connect()

    with pytest.raises(AudioError, match="40 ms"):
        await stage.client.send({"audio_message": to_wav(tone(40), 24_000)})


async def test_who_finds_the_end_of_speech_can_be_changed(spoken):
    stage = spoken(VoiceStep(say("One."), expect=spoke(500)), VoiceStep(say("Two."), expect=spoke(500)))
    await stage.client.connect()
    await stage.client.set_turn_detection("none")
    await stage.speak()
    await stage.client.commit_audio()
    await stage.turn_over(1)

    await stage.client.set_turn_detection("server_vad")
    await stage.speak()
    await stage.turn_over(2)

    assert stage.told.text == "One.Two."
    assert [event.item_id is not None for event in stage.told.of(SpeechStarted)] == [True], "the first was pushed"


async def test_a_way_to_find_the_end_of_speech_that_is_refused_does_not_hold(spoken):
    stage = spoken(VoiceStep(say("One."), expect=spoke(500)), turn_detection="none")
    await stage.client.connect()

    with pytest.raises(RefusedError, match="threshold"):
        await stage.client.set_turn_detection({"type": "server_vad", "threshold": 7})
    await stage.client.send({"audio_message": to_wav(tone(600), 24_000)})

    assert (await stage.turn_over(1)).status == "completed"


async def test_a_way_to_find_the_end_of_speech_that_is_chosen_while_the_session_is_opened_holds(spoken):
    stage = spoken(
        VoiceStep(pause(300), on="session.update"), VoiceStep(say("One."), expect=spoke(500)), turn_detection="none"
    )
    connecting = asyncio.create_task(stage.client.connect())
    await stage.sent("session.update")
    await stage.client.set_turn_detection("server_vad")
    await connecting
    await stage.speak()

    assert (await stage.turn_over(1)).status == "completed"


async def test_what_is_pushed_is_answered_although_the_server_finds_the_end_of_speech_too(spoken):
    stage = spoken(VoiceStep(say("One."), expect=spoke(500)), VoiceStep(say("Two."), expect=spoke(500)))
    await stage.client.connect()

    await stage.speak(tone(600))
    assert await stage.client.commit_audio()
    await stage.turn_over(1)
    await stage.speak()
    await stage.turn_over(2)

    assert stage.told.text == "One.Two."


@pytest.fixture
async def losing(spoken):
    """A client with push to talk whose session is about to be lost; the next one answers what is said."""
    lost = VoiceStep(drop(), on="input_audio_buffer.clear")
    stage = spoken(lost, VoiceStep(say("One."), expect=spoke(500)), turn_detection="none")
    await stage.client.connect()
    await stage.client.clear_audio()
    return stage


async def test_what_was_pushed_while_no_session_was_open_is_answered_by_the_next_in_any_case(losing):
    await losing.told.count(SessionReconnecting)

    await losing.speak(tone(600))
    assert await losing.client.commit_audio()
    await losing.client.set_turn_detection("server_vad")

    assert (await losing.turn_over(1)).status == "completed"


async def test_a_way_to_find_the_end_of_speech_that_a_lost_session_did_not_hear_of_holds_in_the_next(losing):
    await losing.client.set_turn_detection("server_vad")
    await losing.told.count(ModelConnected, 2)
    await losing.speak()

    assert (await losing.turn_over(1)).status == "completed"


async def test_a_server_that_only_listens_is_asked_to_answer(spoken):
    detection = {"type": "server_vad", "create_response": False}
    stage = spoken(say("Hi."), turn_detection=detection)
    await stage.client.connect()

    await stage.speak()
    await stage.turn_over(1)

    assert len(stage.script.sent("response.create")) == 1


async def test_the_bot_opens_the_conversation_word_for_word(spoken):
    line = "Welcome! What would you like?"
    stage = spoken(VoiceStep(say(line), expect=prompted(f"word for word, and nothing else:\n\n{line}")), say("Sure."))
    await stage.client.connect()

    number = await stage.client.open(line)
    await stage.say("a coffee")

    [opened, answered] = stage.told.of(TurnStarted)
    assert (number, opened.turn, opened.user_text) == (1, 1, None)
    assert answered.user_text == "a coffee"
    assert stage.said_to_model == [("assistant", line), ("user", "a coffee"), ("assistant", "Sure.")]
    asked = stage.script.sent("response.create")[0]["response"]
    assert (asked["tools"], asked["tool_choice"]) == ([], "none")


async def test_a_long_silence_lets_the_bot_speak_by_itself(spoken):
    silent = VoiceStep(stays_silent(100), on="input_audio_buffer.append", expect=appended(200))
    stage = spoken(say("Hi."), silent, say("Still there?"))
    await stage.client.connect()
    await stage.say("hello")

    await stage.speak(silence_ms(200))
    await stage.turn_over(2)

    turn = stage.told.of(TurnStarted)[1]
    assert turn.user_text is None
    assert not stage.told.of(UserTranscribed)
    assert stage.told.text == "Hi.Still there?"


async def test_turns_are_numbered_in_the_order_of_the_conversation(spoken):
    stage = spoken(say("One."), VoiceStep([transcript("two"), say("Two.")]), say("Three."))
    await stage.client.connect()

    await stage.say("one")
    await stage.speak()
    await stage.turn_over(2)
    await stage.say("three")

    assert [(event.turn, event.user_text) for event in stage.told.of(TurnStarted)] == [
        (1, "one"),
        (2, ""),
        (3, "three"),
    ]
    assert [turn["turn"] for turn in stage.client.conversation] == [1, 1, 2, 2, 3, 3]
    assert stage.client.turn == 3


async def test_words_typed_while_the_bot_speaks_interrupt_it(spoken):
    stage = spoken(say("A very long story. " * 20, times_real_time=4), VoiceStep(say("Fine."), expect=says("stop")))
    await stage.client.connect()
    await stage.client.send({"text_message": {"role": "user", "content": "tell me a story"}})
    await stage.told.count(ReplyAudio, 3)

    await stage.say("stop")

    first, second = stage.told.of(ReplyEnded)
    assert (first.turn, first.status, second.turn, second.status) == (1, "cancelled", 2, "completed")
    assert [event.turn for event in stage.told.of(TurnEnded)] == [1, 2]
    assert stage.script.sent("response.cancel")


@pytest.mark.parametrize(("reason", "status"), [("max_output_tokens", "truncated"), ("content_filter", "filtered")])
async def test_replies_that_are_cut_are_told_apart(spoken, reason, status):
    stage = spoken([VoiceStep([say("Hel"), incomplete(reason)])])
    await stage.client.connect()

    ended = stage.told.of
    await stage.say("hello")

    assert (ended(ReplyEnded)[0].status, ended(ReplyEnded)[0].text) == (status, "Hel")
    assert ended(ReplyEnded)[0].reason


async def test_usage_and_limits_are_told(spoken):
    told = {"name": "tokens", "limit": 100, "remaining": 3, "reset_seconds": 0.5}
    stage = spoken([VoiceStep([limits(told), say("Hi.")])])
    await stage.client.connect()

    await stage.speak(said())
    await stage.turn_over(1)

    [usage] = stage.told.of(UsageReported)
    assert (usage.turn, usage.model) == (1, "gpt-realtime")
    assert usage.input_audio_tokens > 0
    assert 0 < usage.output_audio_tokens < usage.output_tokens
    assert stage.told.of(RateLimitsReported)[0].limits == (told,)


async def test_before_the_session_nothing_can_be_said(spoken):
    stage = spoken()

    for data in ({"audio_stream": b"\0\0"}, {"audio_message": (b"", 1)}, {"text_message": {"content": "hi"}}):
        with pytest.raises(SessionClosedError, match=r"connect\(\)"):
            await stage.client.send(data)
    with pytest.raises(SessionClosedError):
        await stage.client.open("Welcome.")
    await stage.client.handle_interruption(100)
    stage.client.note_played("item", 100)

    assert stage.told.events == []


async def test_a_response_of_several_items_is_one_reply_in_paragraphs(spoken):
    stage = spoken([VoiceStep([say("First."), say("Second.")])])
    await stage.client.connect()

    await stage.say("hello")

    assert [event.text for event in stage.told.of(ReplyTranscribed)] == ["First.", "Second."]
    assert len({event.item_id for event in stage.told.of(ReplyAudio)}) == 2
    assert stage.told.of(ReplyEnded)[0].text == stage.told.text == "First.\n\nSecond."


async def test_an_update_of_the_prompt_waits_until_the_model_has_it(spoken):
    stage = spoken(VoiceStep(say("Cash?"), expect=prompted("Ask how to pay")))
    await stage.client.connect()
    stage.router.route({"outcome": "chosen"})

    await stage.client.update_system_prompt()

    [updated] = stage.told.of(PromptUpdated)
    assert (updated.stage, updated.tools) == ("pay", ("classify_response",))
    assert stage.client.system_prompt == updated.prompt
    assert list(stage.client.tools) == ["classify_response"]
    await stage.say("hello")


async def test_a_prompt_of_ones_own_stands_for_the_first_stage(spoken):
    stage = spoken(
        VoiceStep(say("Arr."), expect=prompted("Speak like a pirate.")), system_prompt="Speak like a pirate."
    )

    assert stage.client.system_prompt == "Speak like a pirate."
    await stage.client.connect()
    await stage.say("hello")


async def test_many_callers_may_wait_at_once(spoken):
    stage = spoken(say("Welcome."), say("Yes?"))
    await stage.client.connect()

    opening = asyncio.create_task(stage.client.open("Welcome."))
    await stage.told.count(TurnStarted)
    await stage.say("hello")

    assert await opening == 1
    assert [event.status for event in stage.told.of(ReplyEnded)] == ["cancelled", "completed"]
