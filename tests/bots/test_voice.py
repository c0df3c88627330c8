"""A bot that speaks, in front of a scripted server that really listens."""

import _thread
import asyncio
import threading
import wave

import numpy as np
import pytest

from intentional_nb.audio import Clip
from intentional_nb.bots import runtime
from intentional_nb.bots.transcript import TextEntry, ToolEntry
from intentional_nb.bots.voice import VoiceBotStructure
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.errors import AudioError, BotClosedError, ClientError, ConfigError, ConnectError, RefusedError
from intentional_nb.events import (
    ConversationReset,
    ErrorOccurred,
    ModelDisconnected,
    ReplyAudio,
    ReplyHeard,
    ReplyInterrupted,
    SpeechStarted,
    TurnEnded,
    TurnStarted,
)
from intentional_nb.local.realtime import script as does
from intentional_nb.local.realtime.script import VoiceStep, calls, say, spoke, tone, transcript
from intentional_nb.local.server import LocalServer
from intentional_nb.local.speech import loading
from intentional_nb.tools.function import tool
from tests.clients.conftest import CONVERSATION
from tests.clients.test_faults import one_stage

GREETED = {**CONVERSATION, "initial_message": "Welcome!"}
HUM = Clip(tone(800))
"""What a user says: the scripted server takes whatever is loud for speech."""


def route(outcome):
    return calls(("classify_response", {"outcome": outcome}))


def heard(text, *actions):
    """The user's speech is understood, and then something is done."""
    return VoiceStep([transcript(text), *actions], expect=spoke())


class Watch:
    """Waits for an event, in the test's thread."""

    def __init__(self, bot, fits):
        self._seen = threading.Event()
        self._bot, self._fits = bot, fits
        self.events = []
        bot.subscribe(self._note)

    def _note(self, event):
        self.events.append(event)
        if self._fits(event):
            self._seen.set()

    def wait(self):
        assert self._seen.wait(20), [event.type for event in self.events]


def watch(bot, kind, **fields):
    return Watch(bot, lambda event: isinstance(event, kind) and all(event[key] == fields[key] for key in fields))


def settled(check):
    """Wait until something holds."""
    for _ in range(2000):
        if check():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never came to hold")


# ---- typing


def test_a_typed_message_opens_the_session_and_is_answered_in_speech(speaking):
    bot = speaking(say("Welcome!"), route("chosen"), say("Cash or card?"), conversation=GREETED)
    assert bot.state == "idle"

    turn = bot.say("a coffee")

    assert (turn.text, turn.status, turn.stage_before, turn.stage_after) == (
        "Cash or card?",
        "completed",
        "order",
        "pay",
    )
    assert [turn.text for turn in bot.transcript] == ["Welcome!", "Cash or card?"]
    assert (bot.state, bot.stage, bot.is_busy) == ("listening", "pay", False)
    assert bot.audio(turn).duration_ms == pytest.approx(13 * 60, abs=1)


def test_the_opening_line_is_spoken_once_however_the_session_is_opened(speaking):
    bot = speaking(say("Welcome!"), say("Sure."), conversation=GREETED)

    opening = bot.connect()

    assert (opening.text, opening.user_text, bot.start(), bot.connect()) == ("Welcome!", None, None, None)
    assert bot.say("a coffee").text == "Sure."


async def test_everything_can_be_awaited_on_any_loop(speaking):
    bot = speaking(say("Welcome!"), say("Sure."), heard("Tea.", say("With milk?")), conversation=GREETED)

    opening = await bot.aconnect()
    typed = await bot.send_text("a coffee")
    spoken = await asyncio.to_thread(lambda: asyncio.run(bot.send_audio(HUM)))
    await bot.adisconnect()

    assert (opening.text, typed.text, spoken.text, bot.state) == ("Welcome!", "Sure.", "With milk?", "idle")


async def test_the_events_of_one_turn_can_be_iterated(speaking):
    bot = speaking(say("Hello."))

    events = [event async for event in bot.stream("hi")]

    assert (events[0].type, events[0].user_text) == ("turn_started", "hi")
    assert "".join(event.delta for event in events if event.type == "reply_text") == "Hello."
    assert any(isinstance(event, ReplyAudio) for event in events)
    assert isinstance(events[-1], TurnEnded)


def test_messages_wait_for_each_other(speaking):
    bot = speaking(say("One."), say("Two."), heard("c", say("Three.")))

    futures = [bot.submit("a"), bot.submit("b"), bot.submit_audio(HUM)]

    assert [future.result(20).text for future in futures] == ["One.", "Two.", "Three."]


# ---- speaking


def test_a_clip_is_heard_understood_and_answered(speaking):
    bot = speaking(heard("A coffee, please.", route("chosen")), say("Cash?"))

    turn = bot.speak(HUM)

    assert (turn.user_text, turn.text, turn.stage_after) == ("A coffee, please.", "Cash?", "pay")
    assert turn.item_id is not None
    assert bot.audio(turn, "user") == HUM


def test_a_clip_may_be_a_file_or_an_array(speaking, tmp_path):
    bot = speaking(heard("one", say("One.")), heard("two", say("Two.")))
    path = HUM.save(tmp_path / "hum.wav")

    from_file = bot.speak(path)
    from_array = bot.speak((HUM.array, 24_000))

    assert (from_file.user_text, from_array.user_text) == ("one", "two")


def test_a_clip_of_nothing_is_told_and_the_next_one_works(speaking, monkeypatch):
    monkeypatch.setattr("intentional_nb.bots.user_audio.NO_SPEECH_S", 0.3)
    bot = speaking(heard("Tea.", say("With milk?")))

    with pytest.raises(AudioError, match=r"no speech was heard in Clip\(1.0 s"):
        bot.speak(Clip.silence(1000))

    assert bot.speak(HUM).text == "With milk?"


@pytest.mark.parametrize(("loading", "asked"), [([True, True, False], 3), ([True] * 9, 4)], ids=["done", "for ever"])
def test_speech_is_waited_for_while_the_local_voice_is_made_ready_but_not_for_ever(
    speaking, monkeypatch, loading, asked
):
    left = list(loading)
    monkeypatch.setattr("intentional_nb.bots.user_audio.NO_SPEECH_S", 0.25)
    monkeypatch.setattr("intentional_nb.bots.user_audio.LOADING_S", 1.25)
    monkeypatch.setattr("intentional_nb.bots.user_audio.voice_is_loading", lambda url: left.pop(0))
    bot = speaking(script={"hears": False})

    with pytest.raises(AudioError, match="no speech was heard"):
        bot.speak(HUM)

    assert len(loading) - len(left) == asked


def test_what_is_no_audio_is_refused_before_anything_is_sent(speaking):
    bot = speaking()

    with pytest.raises(AudioError, match="WAV"):
        bot.speak(b"no audio at all")
    with pytest.raises(AudioError):
        bot.stream_audio(b"odd")

    assert bot.state == "idle"


def test_two_sentences_in_one_clip_are_two_turns_and_the_last_one_is_waited_for(speaking):
    first = VoiceStep([transcript("A coffee."), does.begin(), does.stays_open()], expect=spoke())
    bot = speaking(first, heard("No, a tea.", say("A tea, then.")))

    turn = bot.speak(HUM + Clip.silence(700) + HUM)

    assert (turn.number, turn.user_text, turn.text) == (2, "No, a tea.", "A tea, then.")
    assert bot.transcript[0].status == "cancelled"


def test_words_that_come_late_are_waited_for_a_little(speaking):
    bot = speaking(VoiceStep([say("Cash?"), does.done(), does.pause(200), transcript("A coffee.")], expect=spoke()))

    assert bot.speak(HUM).user_text == "A coffee."


def test_speech_that_nobody_understood_says_why(speaking):
    bot = speaking(VoiceStep([does.transcript_fails("too noisy"), say("Pardon?")], expect=spoke()))

    turn = bot.speak(HUM)

    assert (turn.user_text, turn.transcription_error, turn.text) == ("", "too noisy", "Pardon?")


def test_a_tool_is_called_by_voice(speaking):
    @tool
    def double(x: int) -> int:
        """Double a number."""
        return 2 * x

    bot = speaking(
        heard("Double two.", say("Let me see."), calls(("double", {"x": 2}))),
        VoiceStep(say("Four."), expect=does.returned("4")),
        tools=(double,),
        conversation=one_stage("double"),
    )

    turn = bot.speak(HUM)

    assert [type(entry) for entry in turn.entries] == [TextEntry, ToolEntry, TextEntry]
    assert turn.text == "Let me see.\n\nFour."
    assert len({entry.item_id for entry in turn.entries if isinstance(entry, TextEntry)}) == 2


# ---- a microphone


def microphone(bot, clip, chunk_ms=40):
    for start in range(0, len(clip.pcm), chunk_ms * 48):
        bot.stream_audio(clip.pcm[start : start + chunk_ms * 48])


def test_a_microphone_opens_the_session_and_is_answered(speaking):
    bot = speaking(say("Welcome!"), heard("A coffee.", say("Cash?")), conversation=GREETED)
    opened = watch(bot, TurnEnded, turn=1)
    answered = watch(bot, TurnEnded, turn=2)

    microphone(bot, Clip.silence(200))
    opened.wait()
    microphone(bot, HUM + Clip.silence(700))
    answered.wait()

    assert [turn.text for turn in bot.transcript] == ["Welcome!", "Cash?"]
    settled(lambda: bot.transcript[1].user_text == "A coffee.")
    assert bot.audio(2, "user").duration_ms == pytest.approx(200 + 800 + 500, abs=1)


@pytest.mark.parametrize("how", ["typed", "a clip", "a microphone"])
def test_a_session_that_nobody_uses_is_closed_and_opened_again_at_the_next_word(speaking, how):
    answer = heard("A coffee.", say("Cash?")) if how != "typed" else say("Cash?")
    bot = speaking(say("Welcome!"), answer, conversation=GREETED)
    closed = watch(bot, ModelDisconnected, is_unused=True)
    answered = watch(bot, TurnEnded, turn=2)
    bot.start()
    runtime.call_soon(bot.llm._keeper._unused)
    closed.wait()
    assert bot.state == "idle"

    if how == "typed":
        bot.say("a coffee")
    elif how == "a clip":
        bot.speak(HUM)
    else:
        microphone(bot, HUM + Clip.silence(700))
    answered.wait()

    assert [turn.text for turn in bot.transcript] == ["Welcome!", "Cash?"]


def test_a_microphone_that_is_switched_on_is_heard_from_its_first_sound_on(speaking):
    bot = speaking(heard("A coffee.", say("Cash?")))
    answered = watch(bot, TurnEnded, turn=1)
    bot.start()
    bot.disconnect()
    microphone(bot, HUM)  # that runs on

    bot.expect_microphone()
    microphone(bot, HUM + Clip.silence(700))
    answered.wait()

    assert bot.audio(1, "user").duration_ms == pytest.approx(800 + 500, abs=1)


def test_a_session_that_cannot_be_opened_is_not_tried_again_for_what_the_microphone_heard_meanwhile(speaking):
    bot = speaking()
    tries, has_heard = [], threading.Event()

    async def connect():
        tries.append(1)
        await asyncio.to_thread(has_heard.wait, 20)
        raise ConnectError("nobody answers", url="")

    bot.llm.connect = connect
    opening = runtime.submit(bot._open())
    settled(lambda: tries)

    bot.stream_audio(bytes(1920))
    settled(lambda: not bot._user._live._waiting)
    has_heard.set()
    with pytest.raises(ConnectError):
        opening.result(20)
    settled(lambda: not bot._user._live._is_sending)

    assert tries == [1]


def test_by_default_a_session_is_closed_after_ten_minutes_without_a_word(speaking):
    assert speaking().llm.config["close_after"] == 600
    assert speaking(close_after=0).llm.config["close_after"] == 0


def test_a_clip_is_not_torn_apart_by_a_microphone_that_runs(speaking):
    bot = speaking(heard("A coffee.", say("Cash?")))
    bot.start()
    running = threading.Event()
    hiss = Clip(b"\1\0" * 960).pcm  # too quiet for speech

    def stream():
        while not running.is_set():
            bot.stream_audio(hiss)
            running.wait(0.001)

    thread = threading.Thread(target=stream)
    thread.start()
    turn = bot.speak(HUM)
    running.set()
    thread.join()

    assert HUM.pcm in speaking.scripts[0].audio
    assert HUM.pcm in bot.audio(turn, "user").pcm


def test_push_to_talk(speaking):
    bot = speaking(heard("A coffee.", say("Cash?")), heard("Yes.", say("Thanks.")))
    bot.start()
    bot.set_turn_detection("none")

    microphone(bot, HUM)
    first = bot.commit_audio().result(20)
    microphone(bot, Clip(tone(300)))
    second = bot.commit_audio().result(20)

    assert [(turn.user_text, turn.text) for turn in (first, second)] == [("A coffee.", "Cash?"), ("Yes.", "Thanks.")]
    assert [bot.audio(turn, "user").duration_ms for turn in (first, second)] == [800, 300]


def test_a_press_too_short_is_told_and_harmless(speaking):
    bot = speaking(heard("A coffee.", say("Cash?")), turn_detection="none")
    bot.stream_audio(Clip(tone(40)).pcm)

    with pytest.raises(AudioError, match="less than 100 ms"):
        bot.commit_audio().result(20)

    microphone(bot, HUM)
    assert bot.commit_audio().result(20).text == "Cash?"


def test_what_is_cleared_was_not_said(speaking):
    bot = speaking(heard("A coffee.", say("Cash?")), turn_detection="none")

    microphone(bot, HUM)
    bot.clear_audio()
    microphone(bot, Clip(tone(300)))
    turn = bot.commit_audio().result(20)

    assert bot.audio(turn, "user").duration_ms == 300


def test_a_turn_detection_that_there_is_not_is_refused(speaking):
    with pytest.raises(ConfigError, match="turn_detection"):
        speaking().set_turn_detection("mind_reading")


def test_after_the_session_was_closed_a_microphone_does_not_open_it(speaking):
    bot = speaking(say("Hello."), say("Hello again."))
    bot.say("hi")

    bot.disconnect()
    microphone(bot, HUM)

    assert bot.state == "idle"
    assert bot.say("hi").text == "Hello again."
    assert bot.state == "listening"


def test_a_microphone_tries_once_to_reach_a_server_that_is_not_there(speaking):
    bot = speaking(base_url="http://127.0.0.1:9/v1")
    told = watch(bot, ErrorOccurred, where="microphone")

    microphone(bot, HUM)
    told.wait()
    microphone(bot, HUM)

    with pytest.raises(ConnectError):
        bot.say("hello")
    assert [event.where for event in told.events if isinstance(event, ErrorOccurred)] == [
        *("model", "microphone"),
        "model",
    ]


def test_a_microphone_does_not_open_a_session_that_ended_for_good(speaking):
    bot = speaking(VoiceStep(does.close(4000, "enough")), max_retries=0)
    with pytest.raises(ClientError, match="enough"):
        bot.say("hi")

    microphone(bot, HUM)

    assert (bot.state, speaking.scripts[0].connections) == ("idle", 1)


# ---- interrupting


def test_an_interruption_without_a_player_keeps_all_that_came(speaking):
    bot = speaking(say("One two three.", breaks_off_after_ms=400))
    came = watch(bot, ReplyAudio)

    future = bot.submit("count")
    came.wait()
    settled(lambda: bot.audio(1).duration_ms >= 400)
    bot.interrupt()
    turn = future.result(20)

    assert turn.status == "cancelled"
    settled(lambda: bot.transcript[0].is_interrupted)
    entry = bot.transcript[0].entries[0]
    assert entry.heard_ms == entry.received_ms == bot.audio(1).duration_ms


def test_the_model_forgets_what_a_player_did_not_play(speaking):
    bot = speaking(
        say("I can offer you Monday or Tuesday."),
        VoiceStep(expect=does.truncated(300, 300), on="conversation.item.truncate"),
    )
    player = bot.attach_player()
    spoke_to_its_end = watch(bot, TurnEnded)
    cut = watch(bot, ReplyInterrupted)
    bot.say("when?")
    spoke_to_its_end.wait()
    assert bot.state == "speaking", "it was made, but not heard yet"

    player.note_played(bot.transcript[0].entries[0].item_id, 200)
    bot.interrupt(heard_ms=300)
    cut.wait()

    entry = bot.transcript[0].entries[0]
    assert (entry.heard_ms, entry.received_ms, entry.is_interrupted) == (300, 34 * 60, True)
    assert entry.heard == "I can"
    assert "— (interrupted after 0.3 s; not heard: offer you Monday or Tuesday.)" in str(bot.transcript)
    assert bot.audio(1).duration_ms == 300
    assert bot.audio(1, as_heard=False).duration_ms == 34 * 60
    settled(lambda: bot.state == "listening")


def test_what_was_played_to_its_end_was_heard(speaking):
    bot = speaking(say("Yes."))
    player = bot.attach_player()
    told = watch(bot, ReplyHeard)
    bot.say("when?")

    player.note_played(bot.transcript[0].entries[0].item_id, 240)
    told.wait()

    assert bot.transcript[0].entries[0] == TextEntry("Yes.", 0, bot.transcript[0].entries[0].item_id, 240, 240)
    assert bot.state == "listening"


def test_who_speaks_over_the_bot_asks_the_player_how_far_it_came(speaking):
    bot = speaking(say("I can offer you Monday or Tuesday."), heard("Neither.", say("Then Friday.")))
    player = bot.attach_player()
    bot.say("when?")
    item = bot.transcript[0].entries[0].item_id
    player.note_played(item, 400)
    bot.subscribe(lambda event: player.flushed(item, 500) if isinstance(event, SpeechStarted) else None)

    turn = bot.speak(HUM)

    assert (turn.user_text, turn.text, turn.status) == ("Neither.", "Then Friday.", "completed")
    settled(lambda: bot.transcript[0].entries[0].heard_ms == 500)
    settled(lambda: truncations(speaking) == [500])


def truncations(speaking):
    """Where the server was told to cut what it had said, in milliseconds."""
    return [event["audio_end_ms"] for event in speaking.scripts[0].sent("conversation.item.truncate")]


def test_a_player_that_says_nothing_is_taken_at_its_last_word(speaking, monkeypatch):
    monkeypatch.setattr("intentional_nb.bots.playing.REPORT_S", 0.05)
    bot = speaking(say("I can offer you Monday or Tuesday."), heard("Neither.", say("Then Friday.")))
    player = bot.attach_player()
    bot.say("when?")
    player.note_played(bot.transcript[0].entries[0].item_id, 400)

    assert bot.speak(HUM).text == "Then Friday."

    settled(lambda: bot.transcript[0].entries[0].heard_ms == 400)
    settled(lambda: truncations(speaking) == [400])


def test_a_player_that_left_is_not_asked(speaking):
    bot = speaking(say("Monday."), heard("Neither.", say("Then Friday.")))
    bot.attach_player().detach()
    bot.say("when?")

    assert bot.state == "listening"
    assert bot.speak(HUM).text == "Then Friday."
    assert not bot.transcript[0].is_interrupted


def test_cancelling_the_future_stops_the_turn(speaking):
    bot = speaking(say("One two three.", breaks_off_after_ms=400), say("Yes?"))
    came = watch(bot, ReplyAudio)

    future = bot.submit("count")
    came.wait()
    future.cancel()

    assert bot.say("hello").text == "Yes?"
    assert bot.transcript[0].status == "cancelled"


def test_interrupting_the_cell_cancels_the_turn_and_the_next_one_works(speaking):
    bot = speaking(heard("Count.", say("One two three.", breaks_off_after_ms=400)), say("Yes?"))
    sounded = threading.Event()

    def interrupt(event):
        if isinstance(event, ReplyAudio) and not sounded.is_set():
            sounded.set()
            _thread.interrupt_main()

    bot.subscribe(interrupt)

    with pytest.raises(KeyboardInterrupt):
        bot.speak(HUM)

    assert bot.transcript[0].status == "cancelled"
    assert bot.say("hello").text == "Yes?"


def test_an_answer_that_sounds_before_the_player_reports_is_left_alone(speaking):
    answer = say("Then Friday at nine.", times_real_time=6)
    bot = speaking(say("I can offer you Monday or Tuesday."), heard("Neither.", answer))
    player = bot.attach_player()
    bot.say("when?")
    item = bot.transcript[0].entries[0].item_id
    player.note_played(item, 400)
    late = []

    def report(event):
        if isinstance(event, ReplyAudio) and event.turn == 2 and not late:
            late.append(event)
            player.flushed(item, 500)

    bot.subscribe(report)

    turn = bot.speak(HUM)

    assert (turn.text, turn.status) == ("Then Friday at nine.", "completed")
    settled(lambda: bot.transcript[0].entries[0].heard_ms == 500)


def test_a_turn_that_a_microphone_began_makes_the_bot_busy(speaking):
    bot = speaking(heard("Count.", say("One two three.", breaks_off_after_ms=400)))
    began = watch(bot, ReplyAudio)

    microphone(bot, HUM + Clip.silence(700))
    began.wait()

    assert bot.is_busy
    bot.interrupt()
    settled(lambda: not bot.is_busy)


def test_the_next_conversation_may_begin_with_speech_and_is_not_greeted_in_its_midst(speaking):
    ending = [route("nothing"), calls(("end_conversation", {})), say("Bye!")]
    bot = speaking(say("Welcome!"), *ending, heard("A tea.", say("With milk?")), say("Sure."), conversation=GREETED)
    bot.say("nothing")
    assert bot.stage == "order"
    ended = watch(bot, TurnEnded)

    microphone(bot, HUM + Clip.silence(700))
    ended.wait()
    bot.say("yes")

    assert [turn.text for turn in bot.transcript] == ["Welcome!", "Bye!", "With milk?", "Sure."]


# ---- the sound of all of it


def test_the_whole_conversation_is_written_as_it_was_heard(speaking, tmp_path):
    bot = speaking(say("Welcome!"), heard("A coffee.", say("Cash?")), conversation=GREETED)
    bot.start()
    bot.speak(HUM)

    path = bot.export_audio(tmp_path / "all.wav")

    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    sounds = [np.flatnonzero(samples[:, side]) / 24 for side in (0, 1)]
    assert [round(float(edge)) for edge in (sounds[0][0], sounds[0][-1])] == [480, 480 + 800]
    assert round(float(sounds[1][-1])) == 480 + 800 + 300


def test_the_sound_of_a_turn_that_is_not_there_is_a_key_error(speaking):
    bot = speaking(say("Hello."))
    bot.say("hi")

    with pytest.raises(KeyError, match="no turn 7"):
        bot.audio(7)
    with pytest.raises(ValueError, match="'bot' or 'user'"):
        bot.audio(1, "dog")


def test_a_full_disk_is_told_once_and_the_conversation_goes_on(speaking, monkeypatch):
    def full(self, pcm):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("intentional_nb.bots.spool.Spool.append", full)
    bot = speaking(say("Hello."), say("Hello again."))
    told = watch(bot, ErrorOccurred, where="recording")

    assert [bot.say("hi").text, bot.say("hi").text] == ["Hello.", "Hello again."]

    told.wait()
    errors = [event for event in told.events if isinstance(event, ErrorOccurred)]
    assert [error.error for error in errors] == [
        "the sound of the conversation is not kept any more: [Errno 28] No space left on device"
    ]
    assert bot.audio(1).pcm == b""


# ---- going back


def test_a_turn_taken_back_is_forgotten_by_the_model_the_router_and_the_tape(speaking):
    bot = speaking(
        heard("Hello.", say("Hm.")),
        heard("Nice weather.", route("chat")),
        say("Sunny."),
        VoiceStep([transcript("A tea."), say("With milk?")], expect=[spoke(), lambda r: len(r["messages"]) == 4]),
    )
    bot.speak(HUM)
    bot.speak(HUM)
    assert bot.trail == ("order",)

    bot.rewind(2)

    assert (bot.stage, bot.trail) == ("order", ())
    assert [turn.number for turn in bot.transcript] == [1]
    turn = bot.speak(HUM)
    assert (turn.number, turn.text) == (3, "With milk?")
    assert [item["text"] for item in bot.llm.conversation] == ["Hello.", "Hm.", "A tea.", "With milk?"]


def test_a_reset_forgets_everything_and_opens_again(speaking):
    bot = speaking(say("Welcome!"), route("chosen"), say("Cash?"), say("Welcome!"), say("Yes?"), conversation=GREETED)
    seen = []
    bot.subscribe(seen.append)
    bot.say("a coffee")

    bot.reset()

    assert (bot.stage, bot.trail, len(bot.transcript)) == ("order", (), 0)
    assert ConversationReset() in seen
    settled(lambda: bot.llm.conversation == [])
    bot.say("hello")
    assert [turn.text for turn in bot.transcript] == ["Welcome!", "Yes?"]


def test_a_running_turn_can_be_taken_back(speaking):
    bot = speaking(say("One two three.", breaks_off_after_ms=400), say("Yes?"))
    came = watch(bot, ReplyAudio)
    bot.submit("count")
    came.wait()

    bot.rewind(1)

    assert len(bot.transcript) == 0
    assert bot.say("hello").text == "Yes?"


# ---- what goes wrong


def test_an_error_of_the_model_is_raised_and_kept_and_the_bot_goes_on(speaking):
    bot = speaking(does.fails("quota", code="insufficient_quota"), say("Hi."), max_retries=0)

    with pytest.raises(ClientError, match="quota"):
        bot.say("hello")

    assert (bot.transcript[0].user_text, bot.transcript[0].status) == ("hello", "failed")
    assert bot.say("again").text == "Hi."


def test_a_server_that_is_not_there_is_told_and_nothing_is_lost(speaking):
    bot = speaking(base_url="http://127.0.0.1:9/v1")

    with pytest.raises(ConnectError):
        bot.say("hello")

    assert bot.state == "idle"


def test_a_lost_session_is_opened_again_and_the_turn_goes_on(speaking):
    bot = speaking(say("Hello."), VoiceStep(does.drop()), say("Still here."))
    bot.say("hi")

    turn = bot.say("are you there?")

    assert (turn.text, turn.status) == ("Still here.", "completed")
    assert any("opening another" in getattr(entry, "text", "") for entry in turn.entries)
    assert bot.state == "listening"


def test_a_session_that_ends_for_good_ends_the_wait(speaking):
    bot = speaking(VoiceStep(does.close(4000, "enough")), max_retries=0)

    with pytest.raises(ClientError, match="enough"):
        bot.say("hi")

    assert bot.state == "idle"


def test_a_closed_bot_says_so(speaking):
    bot = speaking(say("Hello."))
    bot.say("hi")
    bot.close()
    bot.close()

    assert bot.state == "closed"
    for said in (lambda: bot.say("x"), lambda: bot.speak(HUM), lambda: bot.stream_audio(b""), bot.commit_audio):
        with pytest.raises(BotClosedError):
            said()


def test_a_handler_may_talk_to_the_bot(speaking):
    bot = speaking(route("chosen"), say("Cash?"), say("Thanks."))
    answered = []

    @bot.on("on_route_decision")
    def pay(event):
        answered.append(bot.submit("cash"))

    bot.say("a coffee")

    assert answered[0].result(20).text == "Thanks."


def test_every_turn_begins_and_ends_once(speaking):
    bot = speaking(heard("A coffee.", route("chosen")), say("Cash?"), say("Thanks."))
    seen = []
    bot.subscribe(seen.append)

    bot.speak(HUM)
    bot.say("cash")

    edges = [event for event in seen if isinstance(event, TurnStarted | TurnEnded)]
    assert [(type(event).__name__, event.turn) for event in edges] == [
        ("TurnStarted", 1),
        ("TurnEnded", 1),
        ("TurnStarted", 2),
        ("TurnEnded", 2),
    ]


def test_without_ears_one_can_type_and_a_clip_says_what_to_install(monkeypatch, capfd):
    monkeypatch.setattr("intentional_nb.local.speech.weights.missing", lambda: "a package is not there")
    monkeypatch.setattr("intentional_nb.local.speech.loading._once", type(loading._once)())
    with LocalServer() as server:
        config = {"llm": {"name": "local-realtime", "base_url": server.base_url}}
        with VoiceBotStructure(config, IntentRouter(GREETED), api_key=server.api_key) as bot:
            assert bot.say("hello").status == "completed"
            with pytest.raises(RefusedError, match=r'pip install "intentional-nb\[voice\]"'):
                bot.speak(HUM)
            assert bot.say("hello").status == "completed"

    assert capfd.readouterr().err == ""
