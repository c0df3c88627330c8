from __future__ import annotations

import pytest

from intentional_nb.events import (
    ConversationReset,
    ModelDisconnected,
    ReplyInterrupted,
    SpeechEnded,
    SpeechStarted,
    ToolCallStarted,
)
from intentional_nb.panels.voice import VoicePanel
from intentional_nb.panels.voice_bridge import TAIL_MS
from tests.panels.voice_bot import LinePage, PlayedVoiceBot


@pytest.fixture
def bot():
    return PlayedVoiceBot()


@pytest.fixture
def panel(bot):
    made = VoicePanel(bot, title="Coffee")
    yield made
    made.close()


@pytest.fixture
def page(panel):
    return LinePage(panel).hello()


def asked(bot, *kinds):
    return [what for what in bot.asked if what[0] in kinds]


def has_asked(bot, *what):
    return lambda: what in bot.asked


def speak(bot, page, *items):
    """Let the bot begin a turn and say these items."""
    bot.hear("user")
    for item in items:
        bot.sound(item)
    page.wait_for(lambda: len({number for _, number, _ in page.speech()}) == len(items))


# -- the bot is heard


def test_a_page_that_says_hello_is_a_player(bot, page):
    assert asked(bot, "attach") == [("attach",)]


def test_what_the_bot_says_reaches_the_page_one_number_for_each_item(bot, page):
    bot.hear("user")
    for item, value in [("long_id_a", 1), ("long_id_a", 2), ("long_id_b", 3)]:
        bot.sound(item, bytes([value, 0]) * 24_000)

    page.wait_for(lambda: sum(len(pcm) for *_, pcm in page.speech()) == 144_000)

    assert [(item, len(pcm), set(pcm)) for _, item, pcm in page.speech()] == [
        (1, 96_000, {0, 1, 2}),
        (2, 48_000, {0, 3}),
    ]
    assert [(end["item"]) for end in page.heard("end")] == [1]


def test_an_item_is_over_when_a_tool_is_called_and_when_the_reply_ends(bot, page):
    speak(bot, page, "a")
    bot.emit(ToolCallStarted(turn=1, call_id="c", name="look", arguments={}))
    page.wait_for(lambda: page.heard("end"))
    bot.sound("b")

    bot.fall_silent()

    assert page.wait_for(lambda: [end["item"] for end in page.heard("end")] == [1, 2])


def test_without_a_page_nothing_is_sent_and_nobody_is_a_player(bot, panel):
    bot.hear("user")
    bot.sound("a")
    bot.fall_silent()

    page = LinePage(panel).hello()

    assert page.speech() == []
    assert bot.asked == [("attach",)]


def test_the_bot_is_told_how_much_was_played_in_milliseconds(bot, page):
    speak(bot, page, "a")

    page.say("played", epoch=page.epoch, item=1, samples=12_000)
    page.say("played", epoch=page.epoch, item=1, samples=24_000, done=True)

    assert page.wait_for(lambda: asked(bot, "played") == [("played", "a", 500), ("played", "a", 1000)])


def test_a_report_of_an_item_that_nobody_knows_is_harmless(bot, page):
    page.say("played", epoch=page.epoch, item=77, samples=12_000)
    page.say("start")

    page.wait_for(has_asked(bot, "connect"))
    assert asked(bot, "played") == []


# -- the user interrupts


def test_the_page_is_silenced_when_the_user_speaks_and_the_bot_told_exactly_what_was_heard(bot, page):
    speak(bot, page, "a", "b")

    bot.emit(SpeechStarted(item_id="next", at_ms=0))
    (flush,) = page.wait_for(lambda: page.heard("flush"))
    page.say("flushed", epoch=page.epoch, item=1, samples=10_101)

    page.wait_for(has_asked(bot, "flushed", "a", 10_101 / 24))
    assert flush["epoch"] == page.epoch + 1


def test_a_user_who_speaks_while_nothing_sounds_interrupts_nothing(bot, page):
    speak(bot, page, "a")
    bot.fall_silent()
    page.say("played", epoch=page.epoch, item=1, samples=24_000, done=True)
    page.wait_for(lambda: asked(bot, "played"))

    bot.emit(SpeechStarted(item_id="next", at_ms=0))
    bot.sound("b")

    page.wait_for(lambda: page.speech()[-1][1] == 2)
    assert page.heard("flush") == []


def test_what_is_said_after_an_interruption_is_of_another_epoch(bot, page):
    speak(bot, page, "a")
    bot.emit(SpeechStarted(item_id="next", at_ms=0))

    bot.sound("b")

    assert page.wait_for(lambda: page.speech()[-1][:2] == (page.epoch + 1, 2))


def test_a_page_that_falls_silent_by_itself_interrupts(bot, page):
    speak(bot, page, "a")

    page.say("flushed", epoch=page.epoch, item=1, samples=2_400)

    assert page.wait_for(has_asked(bot, "flushed", "a", 100))


def test_a_page_that_falls_silent_before_anything_sounds_interrupts_too(bot, page):
    bot.hear("user")

    page.say("flushed", epoch=page.epoch, item=None, samples=0)

    assert page.wait_for(has_asked(bot, "flushed", None, 0))


def test_a_bot_that_was_interrupted_from_a_cell_is_silent_and_not_interrupted_again(bot, page):
    speak(bot, page, "a")

    bot.emit(ReplyInterrupted(turn=1, item_id="a", heard_ms=300, received_ms=1000))
    page.wait_for(lambda: page.heard("flush"))
    page.say("flushed", epoch=page.epoch, item=1, samples=9_600)

    page.wait_for(has_asked(bot, "played", "a", 400))
    assert asked(bot, "flushed") == []


def test_the_page_is_silent_when_the_conversation_is_forgotten(bot, page):
    speak(bot, page, "a")

    bot.emit(ConversationReset())

    assert page.wait_for(lambda: page.heard("flush"))


# -- the user is heard


def test_the_microphone_is_heard_between_start_and_stop_only(bot, page):
    page.talk(b"\1\0" * 960)
    page.say("start")
    page.talk(b"\2\0" * 960)
    page.say("stop")
    page.talk(b"\3\0" * 960)
    page.say("start")

    page.wait_for(lambda: asked(bot, "connect") == [("connect",)] * 2)
    assert set(bot.heard) == {0, 2}


def test_the_bot_expects_the_microphone_before_its_first_sound(bot, page):
    page.say("start")
    page.talk(b"\1\0" * 960)
    page.wait_for(lambda: bot.heard)

    assert ("microphone",) in bot.asked


def test_letting_go_of_the_microphone_in_mid_speech_sounds_like_having_finished(bot, page):
    page.say("start")
    page.talk(b"\2\0" * 960)
    page.wait_for(lambda: bot.heard)
    bot.emit(SpeechStarted(item_id="i", at_ms=0))

    page.say("stop")

    page.wait_for(lambda: len(bot.heard) == 1920 + TAIL_MS * 48)
    assert set(bot.heard[1920:]) == {0}


def test_letting_go_of_the_microphone_in_silence_sends_nothing_more(bot, page):
    page.say("start")
    bot.emit(SpeechStarted(item_id="i", at_ms=0))
    bot.emit(SpeechEnded(item_id="i", at_ms=900))

    page.say("stop")
    page.say("start")

    page.wait_for(lambda: len(asked(bot, "connect")) == 2)
    assert bot.heard == b""


def test_a_button_that_is_held_makes_a_message_of_what_is_said(bot, page, panel):
    page.say("start")
    page.say("talk", down=True)
    page.wait_for(has_asked(bot, "clear"))
    assert panel._bridge.is_hearing

    page.say("talk", down=False)

    page.wait_for(has_asked(bot, "commit"))
    assert not panel._bridge.is_hearing
    assert asked(bot, "clear", "commit") == [("clear",), ("commit",)]


def test_a_button_that_is_held_when_the_page_goes_makes_a_message_too(bot, page):
    page.say("start")
    page.say("talk", down=True)
    page.wait_for(has_asked(bot, "clear"))

    page.urgent("away")

    page.wait_for(has_asked(bot, "detach"))
    assert ("commit",) in bot.asked


def test_when_no_session_can_be_opened_the_page_lets_go_of_the_microphone_and_is_told_why(bot, page, panel):
    bot.refuses_session = RuntimeError("nobody answers")

    page.say("start")

    page.wait_for(lambda: page.heard("release"))
    page.talk(bytes(1920))
    page.say("talk", down=True)
    page.wait_for(has_asked(bot, "clear"))
    assert bot.heard == b""
    (alert,) = page.wait_for(lambda: panel._desk.view()["alerts"])
    assert alert["text"] == "RuntimeError: nobody answers"


def test_when_the_session_ends_for_good_the_page_lets_go_of_the_microphone(bot, page):
    page.say("start")
    page.wait_for(has_asked(bot, "connect"))

    bot.emit(ModelDisconnected(reason="over", close_code=1001))

    assert page.wait_for(lambda: page.heard("release"))


def test_a_session_that_ends_while_nobody_talks_is_nothing_to_the_page(bot, page):
    bot.emit(ModelDisconnected(reason="over", close_code=1000))
    page.say("start")

    page.wait_for(has_asked(bot, "connect"))
    assert page.heard("release") == []


# -- pages come and go


def test_what_a_page_that_is_gone_had_not_played_was_not_heard(bot, page):
    speak(bot, page, "a")
    page.say("played", epoch=page.epoch, item=1, samples=4_800)

    page.urgent("away")

    page.wait_for(has_asked(bot, "detach"))
    assert asked(bot, "played", "flushed", "detach") == [("played", "a", 200), ("flushed", None, 0), ("detach",)]


def test_a_page_that_goes_while_nothing_sounds_interrupts_nothing(bot, page):
    page.urgent("away")

    page.wait_for(has_asked(bot, "detach"))
    assert asked(bot, "flushed") == []


def lose_sight(bot, panel, page):
    """Let nothing have been heard of the page for long, as when its browser was busy or its computer slept."""
    panel._bridge.line._reception._heard_s -= 60
    page.wait_for(has_asked(bot, "detach"))


def test_a_page_that_is_heard_of_again_hears_the_bot_and_is_heard_without_doing_anything(bot, page, panel):
    page.say("start")
    page.talk(b"\1\0" * 960)
    page.wait_for(lambda: bot.heard)
    lose_sight(bot, panel, page)

    page.talk(b"\2\0" * 960)
    page.wait_for(lambda: set(bot.heard) == {0, 1, 2})
    speak(bot, page, "a")

    assert asked(bot, "attach", "detach") == [("attach",), ("detach",), ("attach",)]
    assert page.wait_for(lambda: asked(bot, "connect") == [("connect",)] * 2)


def test_a_page_that_let_go_of_its_microphone_while_it_was_away_is_believed(bot, page, panel):
    page.say("start")
    page.wait_for(has_asked(bot, "connect"))
    lose_sight(bot, panel, page)

    page.say("stop")
    page.talk(b"\2\0" * 960)
    page.say("talk", down=True)

    page.wait_for(has_asked(bot, "clear"))
    assert bot.heard == b""


def test_a_button_that_is_still_held_by_a_page_that_is_back_makes_another_message(bot, page, panel):
    page.say("start")
    page.say("talk", down=True)
    page.wait_for(has_asked(bot, "clear"))
    lose_sight(bot, panel, page)

    page.talk(b"\2\0" * 960)
    page.say("talk", down=False)

    page.wait_for(lambda: len(asked(bot, "commit")) == 2)
    assert asked(bot, "clear", "commit") == [("clear",), ("commit",)] * 2


def test_another_page_is_not_taken_for_one_that_talks(bot, page, panel):
    page.say("start")
    page.wait_for(has_asked(bot, "connect"))
    lose_sight(bot, panel, page)

    second = LinePage(panel, "second").hello()
    second.talk(b"\2\0" * 960)
    second.say("talk", down=True)

    page.wait_for(has_asked(bot, "clear"))
    assert bot.heard == b""


def test_a_page_that_tells_on_its_return_what_it_had_played_interrupts_nothing(bot, page, panel):
    bot.hear("user")
    lose_sight(bot, panel, page)

    page.urgent("ping", at=1, got=0)
    (flush,) = page.wait_for(lambda: page.heard("flush"))
    page.say("flushed", epoch=flush["epoch"] - 1, item=None, samples=0)
    page.say("start")

    page.wait_for(has_asked(bot, "connect"))
    assert asked(bot, "flushed") == []


def test_what_the_bot_says_before_the_page_has_told_of_its_silence_can_be_interrupted_too(bot, page):
    speak(bot, page, "a")
    bot.emit(SpeechStarted(item_id="next", at_ms=0))
    page.wait_for(lambda: page.heard("flush"))
    bot.sound("b")
    page.say("flushed", epoch=page.epoch, item=1, samples=10_101)
    page.wait_for(lambda: asked(bot, "flushed"))

    bot.emit(SpeechStarted(item_id="another", at_ms=900))

    assert page.wait_for(lambda: len(page.heard("flush")) == 2)


def test_two_panels_of_one_bot_have_one_line_and_one_page_has_the_sound(bot, page):
    other = VoicePanel(bot)
    second = LinePage(other, "second").hello()
    assert [bye["reason"] for bye in second.heard("bye")] == ["owned"]

    second.hello(take=True)
    speak(bot, second, "a")

    assert [bye["reason"] for bye in page.heard("bye")] == ["taken"]
    assert page.speech() == []
    assert asked(bot, "attach", "detach") == [("attach",), ("detach",), ("attach",)]
    other.close()


def test_the_line_is_there_as_long_as_one_panel_is(bot, panel, page):
    other = VoicePanel(bot)

    other.close()
    speak(bot, page, "a")
    assert page.heard("bye") == []
    assert asked(bot, "detach") == []
    panel.close()

    page.wait_for(lambda: panel._bridge.line.client is None)
    assert asked(bot, "detach") == [("detach",)]


def test_a_panel_made_after_all_others_were_closed_has_a_line_of_its_own(bot, panel):
    first = panel._bridge
    panel.close()

    again = VoicePanel(bot)

    assert again._bridge is not first
    assert LinePage(again, "new").hello().heard("welcome")
    again.close()
