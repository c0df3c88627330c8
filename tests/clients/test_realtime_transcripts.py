"""What the user said, told whenever it comes, in whatever order."""

from intentional_nb.events import ReplyEnded, TurnEnded, TurnStarted, UserTranscribed
from intentional_nb.local.realtime.script import (
    VoiceStep,
    done,
    frame,
    say,
    transcript,
    transcript_fails,
    until,
)


def finals(stage):
    return [(event.turn, event.text, event.error) for event in stage.told.of(UserTranscribed) if event.is_final]


async def test_words_before_the_reply(spoken):
    stage = spoken(VoiceStep([transcript("Hello bot."), say("Hi.")]))
    await stage.client.connect()

    await stage.speak()
    await stage.turn_over(1)

    assert finals(stage) == [(1, "Hello bot.", "")]
    assert stage.told.shapes().index("user_transcribed") < stage.told.shapes().index("reply_text")


async def test_words_long_after_the_reply_find_their_turn(spoken):
    stage = spoken(
        VoiceStep([say("Hi."), done(), until("response.create"), transcript("Hello bot.")]),
        say("Yes."),
    )
    await stage.client.connect()
    await stage.speak()
    await stage.turn_over(1)

    await stage.say("are you there?")
    await stage.told.until(lambda: finals(stage))

    assert finals(stage) == [(1, "Hello bot.", "")]
    assert [event.turn for event in stage.told.of(TurnEnded)] == [1, 2]
    await stage.holds(lambda: stage.said_to_model[0] == ("user", "Hello bot."))


async def test_words_of_a_later_turn_may_come_first(spoken):
    stage = spoken(
        say("One."),
        VoiceStep([transcript("second", item=1), transcript("first", item=0), say("Two.")]),
    )
    await stage.client.connect()

    await stage.speak()
    await stage.turn_over(1)
    await stage.speak()
    await stage.turn_over(2)

    assert finals(stage) == [(2, "second", ""), (1, "first", "")]
    assert [text for role, text in stage.said_to_model if role == "user"] == ["first", "second"]


async def test_words_that_were_not_understood_are_told_as_such_and_the_turn_goes_on(spoken):
    stage = spoken(VoiceStep([transcript_fails("too noisy"), say("Pardon?")]))
    await stage.client.connect()

    await stage.speak()
    await stage.turn_over(1)

    assert finals(stage) == [(1, "", "too noisy")]
    assert stage.told.of(ReplyEnded)[0].status == "completed"


async def test_words_that_come_before_their_item_wait_for_it(spoken):
    early = {
        "type": "conversation.item.input_audio_transcription.completed",
        "item_id": "item_early",
        "content_index": 0,
        "transcript": "Early.",
        "usage": {"type": "duration", "seconds": 1},
    }
    committed = {"type": "input_audio_buffer.committed", "item_id": "item_early", "previous_item_id": None}
    stage = spoken(VoiceStep([frame(early), frame(committed), say("Hi.")], on="input_audio_buffer.append"))
    await stage.client.connect()

    await stage.speak(bytes(48 * 40))
    await stage.turn_over(1)

    assert finals(stage) == [(1, "Early.", "")]
    assert stage.told.of(TurnStarted)[0].item_id == "item_early"
    assert stage.told.between("turn_started", "user_transcribed") == [
        "turn_started",
        "reply_started",
        "usage_reported",
        "user_transcribed",
    ]


async def test_the_last_word_on_an_item_is_final(spoken):
    stage = spoken(VoiceStep([transcript("Hello."), transcript("Hallo?"), transcript_fails("lost"), say("Hi.")]))
    await stage.client.connect()

    await stage.speak()
    await stage.turn_over(1)

    assert finals(stage) == [(1, "Hello.", "")]
    assert stage.told.of(UserTranscribed)[-1].is_final


async def test_without_transcription_turns_work_and_no_words_are_told(spoken):
    stage = spoken(say("Hi."), say("Hi again."), transcription_model="none")
    await stage.client.connect()

    await stage.speak()
    await stage.turn_over(1)
    await stage.speak()
    await stage.turn_over(2)

    assert stage.script.sent("session.update")[0]["session"]["audio"]["input"]["transcription"] is None
    assert not stage.told.of(UserTranscribed)
