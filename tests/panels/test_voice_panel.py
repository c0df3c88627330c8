from __future__ import annotations

import pytest

from intentional_nb.audio.clip import Clip
from intentional_nb.bots.transcript import TextEntry
from intentional_nb.errors import AudioError
from intentional_nb.events import (
    ErrorOccurred,
    ModelConnected,
    ModelDisconnected,
    ReplyText,
    SessionReconnecting,
    SpeechStarted,
    UserTranscribed,
)
from intentional_nb.panels.voice import VoicePanel
from tests.panels.conftest import Page, PlayedBot
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
    shown = Page(panel)
    shown.send("hello")
    shown.wait_for(lambda view: view["address"])
    return shown


def asked(bot, *kinds):
    return [what for what in bot.asked if what[0] in kinds]


# -- making one


def test_a_bot_that_does_not_speak_is_refused():
    with pytest.raises(TypeError, match=r"needs a bot that speaks, as load_bot\(…, modality='audio_stream'\) makes it"):
        VoicePanel(PlayedBot())


def test_something_that_is_no_bot_is_refused():
    with pytest.raises(TypeError, match=r"got 'bot\.yml'"):
        VoicePanel("bot.yml")


def test_an_argument_that_there_is_not_is_named(bot):
    with pytest.raises(TypeError, match="'suggestions'"):
        VoicePanel(bot, suggestions=["hi"])


def test_the_way_to_the_sound_is_no_trait(bot, panel, page):
    assert set(panel.options) == {"title", "height", "placeholder", "control"}
    assert page.view["address"]["path"] not in str(panel.get_state())


def test_nothing_listens_before_a_page_says_hello(bot, panel):
    bot.emit(ModelConnected(model="m", base_url="u"))

    assert panel._view()["address"] is None


# -- what the page is told


def test_the_state_of_the_conversation_is_told(bot, page):
    bot.state = "thinking"
    bot.emit(SpeechStarted(item_id="i", at_ms=0))

    talk = page.wait_for(lambda view: view["talk"]["hearing"])["talk"]

    quiet = {"again": None, "ended": None, "loading": None}
    assert talk == {"state": "thinking", "hearing": True, "mode": "open", **quiet}


def test_a_lost_session_is_told_with_its_reason_until_there_is_another(bot, page):
    bot.emit(SessionReconnecting(attempt=2, wait_s=1, reason="the server went \u202e away", close_code=1006))
    talk = page.wait_for(lambda view: view["talk"]["again"])["talk"]
    assert talk["again"] == {"attempt": 2, "reason": "the server went [U+202E] away", "code": 1006}

    bot.emit(ModelConnected(model="m", base_url="u", is_again=True))

    page.wait_for(lambda view: view["talk"]["again"] is None)


def test_the_end_of_a_session_is_told_with_code_and_reason(bot, page):
    bot.emit(ModelDisconnected(reason="60 minutes are over", close_code=1001))

    talk = page.wait_for(lambda view: view["talk"]["ended"])["talk"]

    assert talk["ended"] == {"reason": "60 minutes are over", "code": 1001}


def test_a_spoken_turn_is_there_before_its_words(bot, page):
    number = bot.hear("item")
    view = page.wait_for(lambda view: view["turns"])
    assert (view["turns"][0]["user"], view["turns"][0]["speech"]) == ("", "waiting")

    bot.emit(UserTranscribed(turn=number, item_id="item", text="I would", is_final=False))
    page.wait_for(lambda view: view["turns"][0]["speech"] == "partial")
    bot.emit(UserTranscribed(turn=number, item_id="item", text="I would like tea", is_final=True))

    view = page.wait_for(lambda view: view["turns"][0]["speech"] == "final")
    assert view["turns"][0]["user"] == "I would like tea"


def test_sound_alone_is_no_news_for_the_view(bot, page):
    bot.hear("item")
    page.wait_for(lambda view: view["turns"])
    before = len(page.data.messages())

    for _ in range(200):
        bot.sound("reply", bytes(960))
    bot.emit(ReplyText(turn=1, delta="done"))

    page.wait_for(lambda view: view["turns"][0]["entries"])
    assert len([m for m in page.data.messages()[before:] if m["kind"] != "line"]) < 10


def test_the_first_page_does_not_let_the_bot_speak(bot, page):
    page.send("ping")

    assert bot.asked == []


# -- how one talks


@pytest.mark.parametrize(
    ("configured", "mode"),
    [({}, "open"), ({"turn_detection": "none"}, "hold"), ({"turn_detection": None}, "hold")],
)
def test_the_panel_begins_as_the_conversations_file_says(configured, mode):
    panel = VoicePanel(PlayedVoiceBot(**configured))

    assert panel._view()["talk"]["mode"] == mode
    panel.close()


def test_holding_a_button_leaves_it_to_the_user_when_a_turn_ends(bot, page):
    page.send("mode", how="hold")
    page.wait_for(lambda view: view["talk"]["mode"] == "hold" and asked(bot, "detection"))
    page.send("mode", how="open")

    page.wait_for(lambda view: view["talk"]["mode"] == "open" and len(asked(bot, "detection")) == 2)
    assert asked(bot, "detection") == [("detection", "none"), ("detection", "server_vad")]


def test_the_detection_of_the_file_comes_back(bot):
    semantic = {"type": "semantic_vad", "eagerness": "low"}
    bot = PlayedVoiceBot(turn_detection=semantic)
    page = Page(VoicePanel(bot))
    page.send("mode", how="hold")
    page.send("mode", how="open")
    page.send("hello")

    page.wait_for(lambda view: len(asked(bot, "detection")) == 2)

    assert asked(bot, "detection")[-1] == ("detection", semantic)
    page.panel.close()


def test_a_choice_that_the_server_does_not_take_does_not_hold_and_is_told(bot, page):
    bot.refuses = RuntimeError("no such detection")

    page.send("mode", how="hold")

    view = page.wait_for(lambda view: view["alerts"])
    assert view["alerts"][0]["text"] == "RuntimeError: no such detection"
    assert page.wait_for(lambda view: view["talk"]["mode"] == "open")


def test_a_button_that_was_only_tapped_is_explained(bot, page, panel):
    line = LinePage(panel, "line").hello()
    line.say("talk", down=True)
    line.say("talk", down=False)
    line.wait_for(lambda: ("commit",) in bot.asked)

    bot.committed.set_exception(AudioError("too little was said", expected="more", found="less"))

    assert "too little was said" in page.wait_for(lambda view: view["alerts"])["alerts"][0]["text"]


# -- clips


def clip_pieces(page, *pieces, name="hello.wav"):
    for index, piece in enumerate(pieces):
        page.send("clip", clip="c1", name=name, index=index, count=len(pieces), buffers=[piece])


def test_a_clip_is_said_when_all_of_it_has_come_and_waits_until_its_turn(bot, page):
    page.send("clip", clip="c1", name="hello.wav", index=1, count=2, buffers=[b"\2\0" * 12_000])
    assert asked(bot, "clip") == []
    page.send("clip", clip="c1", name="hello.wav", index=0, count=2, buffers=[b"\1\0" * 12_000])

    view = page.wait_for(lambda view: view["queue"])
    assert view["queue"][0]["text"] == "hello.wav, 1.0 s"
    assert view["busy"]
    assert asked(bot, "clip") == [("clip", Clip(b"\1\0" * 12_000 + b"\2\0" * 12_000))]

    bot.hear("item")
    assert page.wait_for(lambda view: view["turns"])["queue"] == []


def test_a_clip_that_cannot_be_said_is_told(bot, page):
    clip_pieces(page, bytes(9600))
    page.wait_for(lambda view: view["queue"])

    bot.clips[0].set_exception(AudioError("no speech was heard"))

    view = page.wait_for(lambda view: view["alerts"])
    assert view["alerts"][0]["text"].startswith("no speech was heard")
    assert view["queue"] == []


def test_an_error_of_its_turn_is_not_told_twice(bot, page):
    clip_pieces(page, bytes(9600))
    page.wait_for(lambda view: view["queue"])
    number = bot.hear("item")
    bot.emit(ErrorOccurred(error="overloaded", where="model", turn=number))
    bot.fall_silent("failed")

    bot.clips[0].set_exception(RuntimeError("overloaded"))

    view = page.wait_for(lambda view: not view["queue"] and view["turns"] and not view["busy"])
    assert view["alerts"] == []


def test_a_bot_that_takes_no_clip_is_told_and_nothing_waits(bot, page):
    bot.refuses = RuntimeError("the bot was closed")

    clip_pieces(page, bytes(9600))

    view = page.wait_for(lambda view: view["alerts"])
    assert view["alerts"][0]["text"] == "RuntimeError: the bot was closed"
    assert page.wait_for(lambda view: not view["queue"])


@pytest.mark.parametrize(("index", "count", "buffers"), [(2, 2, [b""]), (-1, 2, [b""]), (0, 1, []), (0, 1, [b"", b""])])
def test_a_piece_that_makes_no_sense_is_told(page, index, count, buffers):
    page.send("clip", clip="c", name="x.wav", index=index, count=count, buffers=buffers)

    assert "a piece of 'x.wav'" in page.wait_for(lambda view: view["alerts"])["alerts"][0]["text"]


def test_a_clip_that_is_too_long_is_told(bot, page):
    clip_pieces(page, bytes(6_100_000))

    assert "'hello.wav' is too long" in page.wait_for(lambda view: view["alerts"])["alerts"][0]["text"]
    assert asked(bot, "clip") == []


# -- stopping and clearing


def test_stop_on_the_page_that_has_the_sound_is_told_by_the_page_itself(bot, page, panel):
    line = LinePage(panel).hello()
    bot.hear("user")
    bot.sound("a")
    line.wait_for(line.speech)

    page.send("stop")
    line.say("flushed", epoch=line.epoch, item=1, samples=2400)

    line.wait_for(lambda: ("flushed", "a", 100) in bot.asked)
    assert asked(bot, "interrupt") == []


def test_stop_on_another_page_silences_the_one_that_has_the_sound(bot, panel, page):
    line = LinePage(panel, "elsewhere").hello()
    bot.hear("user")
    bot.sound("a")
    line.wait_for(line.speech)

    page.send("stop")

    line.wait_for(lambda: line.heard("flush"))
    assert asked(bot, "interrupt") == []


def test_stop_while_nothing_sounds_interrupts_the_bot(bot, page):
    bot.hear("user")

    page.send("stop")

    assert page.wait_for(lambda view: ("interrupt",) in bot.asked)


@pytest.mark.parametrize(("state", "begins"), [("listening", True), ("idle", False)])
def test_clearing_lets_the_bot_begin_anew_where_there_is_a_session(bot, page, state, begins):
    bot.exchange("one", "1")
    bot.state = state

    page.send("clear")

    expected = [("reset",), *([("start",)] if begins else [])]
    page.wait_for(lambda view: not view["turns"] and len(asked(bot, "reset", "start")) == len(expected))
    assert asked(bot, "reset", "start") == expected


def test_a_command_that_makes_no_sense_is_told(page):
    page.send("dance")

    assert "does not know: 'dance'" in page.wait_for(lambda view: view["alerts"])["alerts"][0]["text"]


def test_sound_that_makes_no_sense_harms_nothing(page, panel):
    for content in ({"kind": "line"}, {"kind": "line", "client": 7, "first": "x", "parts": None}):
        page.data.handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})

    assert page.wait_for(lambda view: True)["alerts"] == []


# -- what stays


def test_the_frozen_conversation_can_be_listened_to_where_that_is_asked_for(bot, panel):
    number = bot.hear("item", "hello")
    bot.fall_silent()
    bot.sounds = {(number, "user"): Clip.silence(500), (number, "bot"): Clip.silence(1000)}

    with_sound, without = panel.freeze(audio=True), panel.freeze()

    assert with_sound.html.count("<audio ") == 2
    assert "<audio" not in without.html
    assert repr(with_sound) == "VoicePanel('Coffee', turns=1): 2 recordings, 1.5 s, 96 kB of this notebook"
    assert repr(without) == "VoicePanel('Coffee', turns=1)"


def test_the_words_of_a_spoken_turn_are_in_the_copy_when_they_come_late(bot, panel, page):
    number = bot.hear("item")
    bot.emit(ReplyText(turn=number, delta="Yes"))
    bot.fall_silent()
    assert bot.transcript[0].entries == (TextEntry("Yes"),)
    assert "…" in panel.freeze().html

    bot.emit(UserTranscribed(turn=number, item_id="item", text="Is it late?", is_final=True))

    assert "Is it late?" in panel.freeze().html
