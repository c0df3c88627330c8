"""The user talks over the bot: it is cut where it was heard last, and remembers no more than that."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.events import (
    ErrorOccurred,
    ReplyAudio,
    ReplyEnded,
    ReplyHeard,
    ReplyInterrupted,
    SpeechStarted,
    TurnEnded,
    TurnStarted,
)
from intentional_nb.local.realtime.script import (
    VoiceScript,
    VoiceStep,
    begin,
    done,
    pause,
    say,
    says,
    tone,
    transcript,
    truncated,
)
from intentional_nb.local.server import LocalServer
from tests.clients.spoken import Spoken

STORY = "Once upon a time there was a bot that talked and talked. " * 10
WORDS = "One two three four five six seven eight."
WORDS_MS = 60 * len(WORDS)


async def told_in_full(spoken, text=WORDS, **options):
    """A reply that has come as a whole and is being played."""
    stage = spoken(say(text), **options)
    await stage.client.connect()
    await stage.say("hello")
    [item_id] = {event.item_id for event in stage.told.of(ReplyAudio)}
    return stage, item_id


async def test_the_model_forgets_what_was_not_heard_to_the_millisecond(spoken):
    stage, item_id = await told_in_full(spoken)
    stage.client.note_played(item_id, 700)

    await stage.client.handle_interruption(712)

    [cut] = await stage.sent("conversation.item.truncate")
    assert (cut["item_id"], cut["audio_end_ms"], cut["content_index"]) == (item_id, 712, 0)
    [told] = stage.told.of(ReplyInterrupted)
    assert (told.turn, told.item_id, told.heard_ms, told.received_ms) == (1, item_id, 712, WORDS_MS)
    assert WORDS.startswith(told.heard_text)
    assert told.heard_text == "One two"
    assert stage.client.conversation[1]["heard_text"] == "One two"
    assert [event.status for event in stage.told.of(TurnEnded)] == ["completed"], "it was over before"
    assert not stage.script.sent("response.cancel")


async def test_a_reply_that_is_being_made_is_cancelled_and_cut(spoken):
    stage = spoken(say(STORY, times_real_time=4), VoiceStep(say("Yes?"), expect=truncated(100, 100)))
    await stage.client.connect()
    await stage.client.send({"text_message": {"role": "user", "content": "a story"}})
    await stage.told.count(ReplyAudio, 5)

    await stage.client.handle_interruption(100)
    sounds = len(stage.told.of(ReplyAudio))

    [ended] = stage.told.of(ReplyEnded)
    assert (ended.status, ended.turn) == ("cancelled", 1)
    assert STORY.startswith(ended.text)
    assert stage.told.of(ReplyInterrupted)[0].heard_ms == 100
    await stage.say("hello")
    assert len({event.item_id for event in stage.told.of(ReplyAudio)[sounds:]}) == 1, "nothing more of the first came"
    assert stage.told.of(ReplyEnded)[1].text == "Yes?"
    assert not stage.told.of(ErrorOccurred)


async def test_what_nobody_has_heard_yet_is_taken_away_as_a_whole(spoken):
    stage, item_id = await told_in_full(spoken)

    await stage.client.handle_interruption(0)

    assert [event["item_id"] for event in await stage.sent("conversation.item.delete")] == [item_id]
    assert not stage.script.sent("conversation.item.truncate")
    [told] = stage.told.of(ReplyInterrupted)
    assert (told.heard_ms, told.heard_text) == (0, "")
    await stage.holds(lambda: [role for role, _ in stage.said_to_model] == ["user"])


async def test_what_was_played_to_its_end_is_left_alone(spoken):
    stage, item_id = await told_in_full(spoken)
    stage.client.note_played(item_id, 500)
    stage.client.note_played(item_id, WORDS_MS)
    stage.client.note_played(item_id, WORDS_MS)

    await stage.client.handle_interruption(WORDS_MS)
    await stage.client.handle_interruption()

    [heard] = stage.told.of(ReplyHeard)
    assert (heard.turn, heard.item_id, heard.heard_ms) == (1, item_id, WORDS_MS)
    assert not stage.told.of(ReplyInterrupted)
    assert not stage.script.sent("conversation.item.truncate")


async def test_without_a_player_all_that_came_counts_as_heard(spoken):
    stage = spoken(say(STORY, times_real_time=4))
    await stage.client.connect()
    await stage.client.send({"text_message": {"role": "user", "content": "a story"}})
    await stage.told.count(ReplyAudio, 5)

    await stage.client.handle_interruption()

    [told] = stage.told.of(ReplyInterrupted)
    assert told.heard_ms == told.received_ms == stage.heard_ms() > 0
    assert (await stage.sent("conversation.item.truncate"))[0]["audio_end_ms"] == told.heard_ms


async def test_an_item_is_heard_only_when_all_of_it_has_come(spoken):
    stage = spoken([VoiceStep([say("Hi.", breaks_off_after_ms=100), pause(80), say("And so on."), done()])])
    await stage.client.connect()
    await stage.client.send({"text_message": {"role": "user", "content": "hello"}})
    first = (await stage.told.count(ReplyAudio))[0].item_id
    await stage.told.until(lambda: stage.heard_ms(first) >= 100)

    stage.client.note_played(first, stage.heard_ms(first))

    assert not stage.told.of(ReplyHeard), "more of it may come"
    await stage.turn_over(1)
    assert [event.item_id for event in stage.told.of(ReplyHeard)] == [first]


async def test_items_after_the_one_that_was_playing_are_not_heard_at_all(spoken):
    stage = spoken([VoiceStep([say("Let me see."), say("Here it is."), say("Anything else?")])])
    await stage.client.connect()
    await stage.say("hello")
    first, second, third = dict.fromkeys(event.item_id for event in stage.told.of(ReplyAudio))
    stage.client.note_played(first, stage.heard_ms(first))
    stage.client.note_played(second, 100)

    await stage.client.handle_interruption(120)

    assert [event.item_id for event in stage.told.of(ReplyHeard)] == [first]
    assert [(e.item_id, e.heard_ms, e.received_ms) for e in stage.told.of(ReplyInterrupted)] == [
        (second, 120, stage.heard_ms(second)),
        (third, 0, stage.heard_ms(third)),
    ]
    [cut] = await stage.sent("conversation.item.truncate")
    [gone] = await stage.sent("conversation.item.delete")
    assert (cut["item_id"], cut["audio_end_ms"], gone["item_id"]) == (second, 120, third)


async def test_speech_over_the_bot_ends_its_turn_and_begins_the_next(spoken):
    stage = spoken(
        say(STORY, times_real_time=4),
        VoiceStep([transcript("Stop!"), say("Fine.")], expect=truncated(200, 200)),
    )
    await stage.client.connect()
    await stage.client.send({"text_message": {"role": "user", "content": "a story"}})
    await stage.told.count(ReplyAudio, 10)

    await stage.speak(tone(300))
    await stage.told.count(SpeechStarted)
    await stage.client.handle_interruption(200)
    await stage.speak(bytes(48 * 800))
    await stage.turn_over(2)

    assert [(event.turn, event.status) for event in stage.told.of(ReplyEnded)] == [(1, "cancelled"), (2, "completed")]
    assert [event.turn for event in stage.told.of(TurnStarted)] == [1, 2]


async def test_a_players_report_that_comes_late_does_not_silence_the_answer(spoken):
    stage = spoken(
        say(WORDS),
        VoiceStep([transcript("Stop!"), begin(), pause(60), say("Fine.")]),
    )
    await stage.client.connect()
    await stage.say("hello")
    [item_id] = {event.item_id for event in stage.told.of(ReplyAudio)}
    stage.client.note_played(item_id, 300)

    await stage.speak()
    await stage.told.count(TurnStarted, 2)
    stage.client.note_played(item_id, 480)
    await stage.client.handle_interruption(480, turn=1)
    await stage.turn_over(2)

    assert stage.told.of(ReplyInterrupted)[0].heard_ms == 480
    assert (await stage.sent("conversation.item.truncate"))[0]["audio_end_ms"] == 480
    assert [event.status for event in stage.told.of(ReplyEnded)] == ["completed", "completed"]
    assert stage.told.of(ReplyEnded)[1].text == "Fine."


async def test_who_stops_the_bot_before_it_says_anything_gets_no_answer(spoken):
    stage = spoken(VoiceStep([begin(), pause(10_000)]), VoiceStep(say("Hi."), expect=says("hello again")))
    await stage.client.connect()
    await stage.client.send({"text_message": {"role": "user", "content": "hello"}})
    await stage.sent("response.create")

    await stage.client.handle_interruption()
    await stage.say("hello again")

    assert [event.status for event in stage.told.of(ReplyEnded)] == ["cancelled", "completed"]
    assert not stage.told.of(ReplyInterrupted)
    assert not stage.told.of(ErrorOccurred)


async def test_interrupting_silence_is_harmless(spoken):
    stage = spoken(say("Hi."))
    await stage.client.connect()

    await stage.client.handle_interruption()
    await stage.client.handle_interruption(300)
    await stage.say("hello")

    assert stage.told.text == "Hi."
    assert [event["type"] for event in stage.script.events] == [
        "session.update",
        "conversation.item.create",
        "response.create",
    ]


@pytest.mark.parametrize("wrong", [-50, 10**9])
async def test_a_player_that_counts_wrongly_does_no_harm(spoken, wrong):
    stage, item_id = await told_in_full(spoken)
    stage.client.note_played(item_id, wrong)

    await stage.client.handle_interruption(wrong)
    await stage.holds(lambda: stage.client.is_connected)

    cuts = [event["audio_end_ms"] for event in stage.script.sent("conversation.item.truncate")]
    assert all(0 < cut <= WORDS_MS for cut in cuts)
    assert not stage.told.of(ErrorOccurred)


@settings(max_examples=15, deadline=None)
@given(reports=st.lists(st.integers(-10, 3000), max_size=4), played_ms=st.none() | st.integers(-10, 3000))
def test_whatever_is_reported_the_server_is_told_what_was_heard_and_never_more_than_came(reports, played_ms):
    async def play():
        script = VoiceScript(say(WORDS), strict=False)
        with LocalServer(script) as server:
            stage = Spoken(server, script)
            await stage.client.connect()
            await stage.say("hello")
            [item_id] = {event.item_id for event in stage.told.of(ReplyAudio)}
            for report in reports:
                stage.client.note_played(item_id, report)
            was_heard = bool(stage.told.of(ReplyHeard))
            await stage.client.handle_interruption(played_ms)
            await stage.client.disconnect()
            return stage, was_heard

    stage, was_heard = asyncio.run(play())

    heard, cut = stage.told.of(ReplyHeard), stage.told.of(ReplyInterrupted)
    assert len(heard) + len(cut) == 1, "each item is settled exactly once"
    assert was_heard == any(report >= WORDS_MS for report in reports)
    if cut:
        wanted = WORDS_MS if played_ms is None else min(max(0, played_ms), WORDS_MS)
        assert cut[0].heard_ms == wanted < WORDS_MS
    assert not stage.told.of(ErrorOccurred)
