"""The voice panel's page side alone: the test is its kernel, and the other end of its audio line."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from intentional_nb.bots.transcript import TextEntry
from intentional_nb.panels.entries import TurnViews
from tests.browser.accessibility import violations
from tests.browser.voice_page import MICROPHONE, VoicePage, voice_view
from tests.panels.samples import OPENING, cut, spoken, turn, view, walk

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install 'intentional-nb[dev]'"
)
expect = playwright.expect

OPTIONS = {"title": "Interview", "height": "620px", "placeholder": "Or write"}
INSECURE = "Object.defineProperty(window, 'isSecureContext', { value: false });"


@pytest.fixture
def voice(blank):
    """Call it for a panel on a blank page, already told what to show; ``joined``: the kernel has taken its hello."""

    def open_voice(shown=None, *, joined=True, talk=None, script="", **settings):
        page = VoicePage(blank("voice", OPTIONS, script=MICROPHONE + script, **settings))
        page.shown.acknowledge(page.shown.wait_for("hello"))
        page.shown.snapshot(voice_view(shown or view([OPENING]), **(talk or {})))
        if joined:
            page.connect()
            page.live()
        return page

    return open_voice


@pytest.fixture
def talking(voice):
    """Call it for a panel whose microphone is on."""

    def open_talking(*given, **settings):
        page = voice(*given, **settings)
        page.button.click()
        expect(lamp(page)).to_have_attribute("data-lit", "true")
        return page

    return open_talking


def lamp(page):
    return page.panel.locator(".inb-lamp")


def status(page):
    return page.panel.locator(":scope > section > [role=status]")


def panel_state(page):
    return page.panel.locator(".inb-voice").get_attribute("data-state")


def tracks(page):
    """Whether each microphone that the page was given is still in use."""
    return page.shown.page.evaluate("window.microphone.tracks.map((track) => track.readyState === 'live')")


def button(page, name):
    return page.panel.get_by_role("button", name=name, exact=True)


def only(n, user, *entries, **rest):
    return TurnViews().of([spoken(n, user, *entries, **rest)])[0]


# -- the microphone


def test_no_microphone_is_asked_for_before_somebody_wants_to_talk(voice):
    page = voice()

    page.shown.page.wait_for_timeout(100)

    assert tracks(page) == []
    expect(lamp(page)).to_have_text("Microphone off")
    expect(page.words).to_have_text("Ready")


def test_a_click_starts_the_microphone_and_what_it_hears_reaches_the_kernel(talking):
    page = talking()

    page.wait_for("start")
    page.wait_until(lambda: len(page.sound()) > 12_000, "half a second of sound")

    samples = page.sound()[4_000:]
    ups = sum(a < 0 <= b for a, b in pairwise(samples))
    assert ups / (len(samples) / 24_000) == pytest.approx(440, rel=0.1)
    expect(page.button).to_have_attribute("aria-pressed", "true")
    expect(lamp(page)).to_have_text("Microphone on")


def test_a_second_click_lets_go_of_the_microphone_at_once(talking):
    page = talking()
    page.wait_for("start")

    page.button.click()

    page.wait_for("stop")
    assert tracks(page) == [False]
    expect(lamp(page)).to_have_attribute("data-lit", "false")
    expect(button(page, "Start talking")).to_be_visible()


def test_muting_sends_silence_and_no_sound_after_it_and_keeps_the_microphone(talking):
    page = talking()
    page.wait_for("start")

    button(page, "Mute the microphone").click()
    expect(page.words).to_have_text("Muted")
    page.wait_until(lambda: not any(page.sound()[-12_000:]) and page.is_quiet(), "silence, and then the sound's end")
    assert tracks(page) == [True]
    expect(lamp(page)).to_have_text("Microphone muted")
    expect(button(page, "Let the microphone be heard")).to_have_attribute("aria-pressed", "true")


def test_the_lamp_is_out_while_the_person_is_still_asked(voice):
    page = voice()
    page.shown.page.evaluate("window.microphone.isGranted = false")

    page.button.click()

    expect(page.words).to_have_text("Waiting for the microphone…")
    expect(lamp(page)).to_have_attribute("data-lit", "false")
    page.shown.page.evaluate("window.microphone.isGranted = true")
    expect(lamp(page)).to_have_attribute("data-lit", "true")


def test_another_microphone_can_be_chosen(talking):
    page = talking()
    choice = page.panel.get_by_label("Microphone", exact=True)
    expect(choice).to_have_value("mic-2")
    assert choice.locator("option").all_inner_texts() == ["Built-in microphone", "Headset"]

    choice.select_option("Built-in microphone")

    page.wait_until(lambda: tracks(page) == [False, True], "another microphone")
    expect(lamp(page)).to_have_attribute("data-lit", "true")
    assert len(page.said("start")) == 1


@pytest.mark.parametrize(
    ("refusal", "title"),
    [
        ("NotAllowedError", "The microphone was not allowed"),
        ("NotFoundError", "No microphone was found"),
        ("NotReadableError", "The microphone is in use"),
        ("OddError", "The microphone could not be started"),
    ],
)
def test_a_microphone_that_is_not_there_is_explained_and_can_be_tried_again(voice, refusal, title):
    page = voice()
    page.shown.page.evaluate(f"window.microphone.refusal = '{refusal}'")
    page.button.click()
    expect(page.panel.locator(".inb-no-mic strong")).to_have_text(title)
    expect(status(page)).to_contain_text(title)
    assert page.said("start") == []

    page.shown.page.evaluate("window.microphone.refusal = null")
    button(page, "Try again").click()

    expect(lamp(page)).to_have_attribute("data-lit", "true")
    expect(page.panel.locator(".inb-no-mic")).to_be_hidden()


def test_a_page_that_came_over_plain_http_says_so_before_anybody_clicks(voice):
    page = voice(script=INSECURE)

    expect(page.panel.locator(".inb-no-mic")).to_contain_text("ssh -L")
    expect(button(page, "Use a sound file")).to_be_visible()
    expect(page.button).to_be_hidden()


def test_a_front_end_that_gives_no_microphone_says_so_before_anybody_clicks(voice):
    blocked = "Object.defineProperty(document, 'permissionsPolicy', { value: { allowsFeature: () => false } });"

    page = voice(script=blocked)

    expect(page.panel.locator(".inb-no-mic strong")).to_have_text("No microphone in this front end")


def test_a_microphone_that_is_taken_away_ends_in_a_clear_state(talking):
    page = talking()
    page.wait_for("start")

    page.shown.page.evaluate("window.microphone.tracks[0].dispatchEvent(new Event('ended'))")

    page.wait_for("stop")
    expect(page.panel.locator(".inb-no-mic strong")).to_have_text("The microphone is gone")
    expect(lamp(page)).to_have_attribute("data-lit", "false")
    assert panel_state(page) == "error"


def test_a_sound_file_stands_in_for_a_microphone(voice, tmp_path):
    from intentional_nb.audio.clip import Clip
    from intentional_nb.audio.wav import to_wav

    path = tmp_path / "hello.wav"
    path.write_bytes(to_wav(b"\x00\x20" * 48_000, rate_hz=48_000))
    page = voice(script=INSECURE)

    with page.shown.page.expect_file_chooser() as chooser:
        button(page, "Use a sound file").click()
    chooser.value.set_files(path)

    clip = page.shown.wait_for("clip")
    assert (clip["name"], clip["index"], clip["count"]) == ("hello.wav", 0, 1)
    pcm = page.shown.page.evaluate(
        """() => {
          const at = window.fake.control.sent.findIndex(({ kind }) => kind === 'clip');
          return [...new Uint8Array(window.fake.control.buffers[at][0])];
        }"""
    )
    assert Clip(bytes(pcm)).duration_ms == pytest.approx(1000, abs=5)
    assert Clip(bytes(pcm)).level.rms == pytest.approx(0.25, abs=0.01)
    expect(page.panel.locator(".inb-clip-news")).to_have_text("hello.wav was sent")


def test_a_file_without_sound_is_told(voice, tmp_path):
    path = tmp_path / "notes.wav"
    path.write_text("no sound here")
    page = voice(script=INSECURE)

    page.panel.locator("input[type=file]").set_input_files(path)

    expect(page.panel.locator(".inb-clip-news")).to_have_text("notes.wav holds no sound that this browser can read")
    assert page.shown.sent("clip") == []


# -- the bot's voice


def test_what_the_bot_says_is_played_and_what_was_played_is_told(voice):
    page = voice()
    page.button.focus()

    page.speak(1, 400)

    played = page.wait_for("played")
    page.wait_until(lambda: page.said("played")[-1].get("done"), "its end")
    last = page.said("played")[-1]
    assert (played["epoch"], played["item"]) == (1, 1)
    assert (last["item"], last["samples"]) == (1, 9600)


def test_the_panel_shows_that_the_bot_speaks_for_as_long_as_it_is_heard(voice):
    page = voice()

    page.speak(1, 4000)

    expect(page.words).to_have_text("Speaking")
    page.wait_until(lambda: page.said("played")[-1:] and page.said("played")[-1].get("done"), "its end")
    expect(page.words).to_have_text("Ready")


def test_the_kernel_silences_the_page_and_is_told_to_the_sample_what_was_heard(voice):
    page = voice()
    page.speak(1, 5000)
    page.wait_for("played")

    page.flush()

    flushed = page.wait_for("flushed")
    assert (flushed["epoch"], flushed["item"]) == (1, 1)
    assert page.said("played")[-1]["samples"] <= flushed["samples"] < 120_000
    expect(page.words).to_have_text("Ready")


def test_what_still_comes_of_an_interrupted_reply_is_not_played(voice):
    page = voice()
    page.speak(1, 3000)
    page.wait_for("played")
    page.flush()
    page.wait_for("flushed")
    before = len(page.said("played"))

    page.epoch = 1
    page.speak(1, 1000)
    page.epoch = 2
    page.speak(2, 200)

    page.wait_until(lambda: page.said("played")[-1].get("done"), "the next reply")
    assert {report["item"] for report in page.said("played")[before:]} == {2}


@pytest.mark.parametrize("way", ["button", "escape"])
def test_stop_silences_the_bot_at_once_and_says_what_was_heard(voice, way):
    page = voice()
    page.speak(1, 5000)
    page.wait_for("played")

    if way == "button":
        button(page, "Stop").click()
    else:
        page.button.press("Escape")

    flushed = page.wait_for("flushed")
    assert (flushed["epoch"], flushed["item"]) == (1, 1)
    page.shown.wait_for("stop")
    # The kernel, which is told of it, tells the page to be silent: that is not to be answered once more.
    page.flush()
    page.shown.page.wait_for_timeout(100)
    assert len(page.said("flushed")) == 1


def test_writing_interrupts_the_bot_as_talking_does(voice):
    page = voice()
    page.speak(1, 5000)
    page.wait_for("played")

    field = page.panel.get_by_label("Message", exact=True)
    field.fill("wait")
    field.press("Enter")

    assert page.wait_for("flushed")["item"] == 1
    assert page.shown.wait_for("send")["text"] == "wait"


def test_the_bots_voice_can_be_switched_off_on_this_page(voice):
    page = voice()

    button(page, "Switch the bot's voice off").click()

    expect(button(page, "Switch the bot's voice on")).to_have_attribute("aria-pressed", "true")


def test_sound_that_waits_for_a_click_says_so(voice):
    # A context that a click has not yet allowed to sound.
    script = """
      const Real = window.AudioContext;
      window.isAllowed = false;
      addEventListener('pointerdown', () => { window.isAllowed = true; }, { capture: true });
      window.AudioContext = class extends Real {
        get state() { return window.isAllowed ? super.state : 'suspended'; }
        async resume() { if (window.isAllowed) { await super.resume(); this.onstatechange?.(); } }
      };
    """
    page = voice(script=script)
    page.speak(1, 500)
    expect(page.panel.locator(".inb-sound-blocked")).to_contain_text("before you have clicked")

    button(page, "Enable sound").click()

    expect(page.panel.locator(".inb-sound-blocked")).to_be_hidden()


# -- holding a button


def test_holding_the_button_sends_what_is_said_meanwhile_only(talking):
    page = talking(talk={"mode": "hold", "state": "listening"})
    page.wait_for("start")
    page.shown.page.wait_for_timeout(300)
    assert page.sound() == []

    page.button.hover()
    page.shown.page.mouse.down()
    expect(page.words).to_have_text("Listening…")
    page.wait_until(lambda: len(page.sound()) > 12_000, "sound")
    page.shown.page.mouse.up()

    page.wait_until(lambda: [told["down"] for told in page.said("talk")] == [True, False], "the end of talking")
    page.wait_until(lambda: page.is_quiet(), "the sound to end")
    kinds = [part["kind"] for part in page.parts() if part["kind"] in ("start", "talk", "stop")]
    assert kinds == ["start", "talk", "talk"]


@pytest.mark.parametrize("focus", ["button", "conversation"])
def test_space_is_held_to_talk(talking, focus):
    page = talking(talk={"mode": "hold", "state": "listening"})
    (page.button if focus == "button" else page.panel.get_by_role("log")).focus()

    page.shown.page.keyboard.down(" ")
    page.wait_until(lambda: page.said("talk"), "talking")
    page.shown.page.keyboard.down(" ")
    page.shown.page.keyboard.up(" ")

    page.wait_until(lambda: [told["down"] for told in page.said("talk")] == [True, False], "the end of talking")
    expect(page.button).to_have_attribute("aria-pressed", "false")


def test_space_writes_a_space_where_one_writes(talking):
    page = talking(talk={"mode": "hold", "state": "listening"})
    field = page.panel.get_by_label("Message", exact=True)

    field.press_sequentially("a b")

    expect(field).to_have_value("a b")
    assert page.said("talk") == []


def test_enter_begins_and_ends_for_those_who_cannot_hold(talking):
    page = talking(talk={"mode": "hold", "state": "listening"})

    page.button.press("Enter")
    expect(page.button).to_have_attribute("aria-pressed", "true")
    page.button.press("Enter")

    expect(page.button).to_have_attribute("aria-pressed", "false")
    page.wait_until(lambda: [told["down"] for told in page.said("talk")] == [True, False], "the end of talking")


def test_enter_works_after_a_hold_that_the_browser_takes_for_no_click(talking):
    page = talking(talk={"mode": "hold", "state": "listening"})
    page.button.evaluate(
        """node => {
          node.setPointerCapture = () => {};
          for (const name of ['pointerdown', 'pointerup']) node.dispatchEvent(new PointerEvent(name, { button: 0 }));
        }"""
    )
    expect(page.button).to_have_attribute("aria-pressed", "false")

    page.button.press("Enter")

    expect(page.button).to_have_attribute("aria-pressed", "true")


def test_holding_starts_the_microphone_when_it_is_off(voice):
    page = voice(talk={"mode": "hold", "state": "listening"})

    page.button.hover()
    page.shown.page.mouse.down()

    page.wait_until(lambda: [told["down"] for told in page.said("talk")] == [True], "talking")
    page.shown.page.mouse.up()
    page.wait_until(lambda: [told["down"] for told in page.said("talk")] == [True, False], "the end of talking")
    expect(lamp(page)).to_have_attribute("data-lit", "true")


def test_holding_the_button_silences_the_bot(talking):
    page = talking(talk={"mode": "hold", "state": "speaking"})
    page.speak(1, 5000)
    page.wait_for("played")

    page.shown.page.keyboard.down(" ")

    assert page.wait_for("flushed")["item"] == 1
    page.shown.page.keyboard.up(" ")


def test_leaving_the_window_is_letting_go(talking):
    page = talking(talk={"mode": "hold", "state": "listening"})
    page.button.focus()
    page.shown.page.keyboard.down(" ")
    page.wait_until(lambda: page.said("talk"), "talking")

    page.shown.page.evaluate("window.dispatchEvent(new Event('blur'))")

    page.wait_until(lambda: len(page.said("talk")) == 2, "the end of talking")
    assert [told["down"] for told in page.said("talk")] == [True, False]


def test_how_one_talks_is_chosen_here_and_told_to_the_kernel(voice):
    page = voice()

    button(page, "Hold to talk").click()

    assert page.shown.wait_for("mode")["how"] == "hold"
    expect(button(page, "Hold to talk")).to_have_attribute("aria-pressed", "true")
    expect(button(page, "Open mic")).to_have_attribute("aria-pressed", "false")
    page.tell(mode="hold")
    page.tell(mode="open")
    expect(button(page, "Open mic")).to_have_attribute("aria-pressed", "true")


def test_a_kernel_to_which_nobody_listens_lets_the_page_let_go_of_the_microphone(talking):
    page = talking()
    page.wait_for("start")

    page.say({"kind": "release"})

    expect(lamp(page)).to_have_attribute("data-lit", "false")
    assert tracks(page) == [False]


# -- who has the sound


def test_a_second_tab_says_where_the_sound_is_and_can_take_it(voice):
    page = voice(joined=False)
    page.wait_for("hello")
    page.urgent({"kind": "bye", "reason": "owned", "silent_ms": 10})
    expect(page.panel.locator(".inb-elsewhere")).to_be_visible()

    button(page, "Use it here").click()

    page.wait_until(lambda: page.said("hello")[-1].get("take") is True, "a hello that takes")
    page.urgent({"kind": "welcome", "epoch": 3, "n": 0, "again": False, "got": 0})
    expect(page.panel.locator(".inb-elsewhere")).to_be_hidden()


def test_a_tab_whose_sound_is_taken_lets_go_of_the_microphone(talking):
    page = talking()

    page.urgent({"kind": "bye", "reason": "taken"})

    expect(lamp(page)).to_have_attribute("data-lit", "false")
    assert tracks(page) == [False]
    expect(page.panel.locator(".inb-elsewhere")).to_be_visible()


def test_the_microphone_is_let_go_of_soon_after_the_kernel_has_died(talking):
    page = talking()

    page.die()

    page.wait_until(lambda: tracks(page) == [False], "the microphone to be let go of")
    expect(lamp(page)).to_have_attribute("data-lit", "false")
    expect(page.words).to_have_text("No connection to the kernel")


def test_a_kernel_that_is_gone_for_good_ends_everything(talking):
    page = talking()

    page.shown.lose_the_kernel()

    expect(page.words).to_have_text("Disconnected")
    assert tracks(page) == [False]
    expect(page.button).to_be_disabled()
    assert page.shown.problems == []


def test_a_view_that_is_removed_lets_go_of_everything_and_can_come_back(talking):
    page = talking()

    page.shown.page.evaluate("window.cleanup()")

    assert tracks(page) == [False]
    page.wait_for("away")
    page.shown.page.evaluate("window.draw(document.querySelector('#panel'))")
    page.wait_for("hello", 2)
    page.urgent({"kind": "welcome", "epoch": 4, "n": 0, "again": False, "got": 0})
    expect(page.words).to_have_text("Ready")


# -- captions


def test_a_spoken_turn_is_there_before_its_words_and_in_its_place(voice):
    page = voice(view([OPENING]))
    page.shown.update(["turn", only(2, "", is_transcribed=False, status="running")])
    said = page.panel.locator(".inb-words:visible")
    expect(said).to_have_text("…")

    page.shown.update(["entry", 2, 0, only(2, "", TextEntry("Nice to meet you."))["entries"][0]])
    page.shown.update(["set", 2, {"user": "My name", "speech": "partial"}])
    expect(said).to_have_text("My name…")
    page.shown.update(["set", 2, {"user": "My name is Ada", "speech": "final"}])

    expect(said).to_have_text("My name is Ada")
    text = page.panel.get_by_role("log").inner_text()
    assert text.index("Hello!") < text.index("My name is Ada") < text.index("Nice to meet you.")


def test_what_was_not_heard_of_a_reply_is_struck_out_where_it_was_interrupted(voice):
    page = voice(view([turn(1, "hi", cut("I would suggest the green tea", "I would suggest"))]))

    reply = page.panel.locator(".inb-text")

    assert " ".join(reply.inner_text().split()) == "I would suggest interrupted here Not heard: the green tea"
    expect(reply.locator("s")).to_have_text("the green tea")
    tops = reply.locator("p, .inb-cut-mark, s").evaluate_all("nodes => nodes.map((n) => n.getBoundingClientRect().top)")
    assert max(tops) - min(tops) < 8, "all in one line"


def test_a_reply_that_is_interrupted_while_it_is_shown_is_marked(voice):
    page = voice(view([turn(1, "hi", TextEntry("I would suggest the green tea"))]))

    page.shown.update(["entry", 1, 0, only(1, "hi", cut("I would suggest the green tea", "I would"))["entries"][0]])

    expect(page.panel.locator(".inb-cut-mark")).to_have_text("interrupted here")
    expect(page.panel.locator("s")).to_have_text("suggest the green tea")


def test_somebody_who_speaks_is_seen_before_the_turn_begins(voice):
    page = voice()
    hearing = page.panel.locator(".inb-hearing")
    expect(hearing).to_be_hidden()

    page.tell(state="listening", hearing=True)

    expect(hearing).to_be_visible()
    expect(page.words).to_have_text("Listening…")


def test_moves_and_tool_calls_stand_in_the_flow_as_in_the_chat_panel(voice):
    page = voice(view(walk()))

    expect(page.panel.locator(".inb-move")).to_have_count(5)
    expect(page.panel.locator("details.inb-tool")).to_have_count(3)
    expect(page.panel.locator(".inb-stage-chip")).to_contain_text("ask_name")


def test_a_spoken_turn_cannot_be_edited_or_asked_for_again(voice):
    page = voice(view(walk()))

    expect(page.panel.get_by_label("Edit and send again")).to_have_count(0)
    expect(page.panel.get_by_role("button", name="Try again", exact=True).locator("visible=true")).to_have_count(0)


# -- states


@pytest.mark.parametrize(
    ("talk", "state", "words"),
    [
        ({"state": "connecting"}, "connecting", "Connecting…"),
        ({"state": "thinking"}, "thinking", "Thinking…"),
        (
            {"state": "reconnecting", "again": {"attempt": 1, "reason": "r", "code": 1006}},
            "reconnecting",
            "Reconnecting…",
        ),
        ({"ended": {"reason": "too long", "code": 1001}}, "error", "The session has ended"),
        ({"state": "closed"}, "idle", "Closed"),
    ],
)
def test_each_state_is_told_in_words_and_for_colours_and_aloud(voice, talk, state, words):
    page = voice()

    page.tell(**talk)

    expect(page.words).to_have_text(words)
    assert panel_state(page) == state
    expect(status(page)).to_contain_text(words)


def test_loading_shows_how_far_it_is(voice):
    page = voice(talk={"state": "connecting", "loading": {"text": "Loading the local voice", "share": 0.4}})

    expect(page.panel.locator(".inb-loading")).to_contain_text("Loading the local voice")
    assert page.panel.get_by_role("progressbar").evaluate("node => node.value") == 0.4
    page.tell(state="listening")
    expect(page.panel.locator(".inb-loading")).to_be_hidden()


def test_the_end_of_a_session_tells_why(voice):
    page = voice(talk={"ended": {"reason": "60 minutes are over", "code": 1001}})

    expect(page.panel.locator(".inb-ended")).to_contain_text("60 minutes are over (code 1001)")


def test_a_microphone_that_echoes_is_warned_of_until_it_is_read(talking):
    page = talking(script="window.microphone.echo = false;")
    expect(page.panel.locator(".inb-echo")).to_contain_text("headphones")

    button(page, "Got it").click()

    expect(page.panel.locator(".inb-echo")).to_be_hidden()


def test_the_meters_follow_both_sides(talking):
    page = talking()
    mine = page.panel.get_by_role("meter", name="Your level")
    bots = page.panel.get_by_role("meter", name="Bot's level")
    page.wait_until(lambda: int(mine.get_attribute("aria-valuenow")) > 40, "a level of the microphone")

    page.speak(1, 4000)

    page.wait_until(lambda: int(bots.get_attribute("aria-valuenow")) > 40, "a level of the bot")
    page.button.click()
    page.wait_until(lambda: int(mine.get_attribute("aria-valuenow")) == 0, "the level to fall")
    assert page.shown.problems == []


# -- keyboard, screen readers, looks


def test_what_the_bot_says_is_not_read_out_over_its_own_voice(voice):
    page = voice()
    page.button.focus()
    page.speak(1, 300)
    page.wait_for("played")

    page.shown.update(["turn", only(2, "hi", TextEntry("Hello there"), status="running")])
    page.shown.update(["set", 2, {"status": "completed"}])

    assert "Hello there" not in status(page).inner_text()


def test_what_the_bot_says_is_read_out_where_it_cannot_be_heard(voice):
    page = voice()

    page.shown.update(["turn", only(2, "hi", TextEntry("Hello there"), status="running")])
    page.shown.update(["set", 2, {"status": "completed"}])

    expect(status(page)).to_have_text("The bot said: Hello there")


def test_what_has_the_focus_keeps_its_keys_from_the_notebook(talking):
    page = talking(view(walk(), hidden=1))
    focusable = "a, button, input, select, textarea, summary, pre, [tabindex]"

    bare = page.panel.locator(focusable).evaluate_all(
        """nodes => nodes
          .filter((node) => !node.hasAttribute('data-lm-suppress-shortcuts'))
          .map((node) => node.outerHTML)"""
    )

    assert bare == []


def test_keys_and_clicks_do_not_reach_the_notebook(voice):
    page = voice()
    page.shown.page.evaluate(
        """() => {
          window.reached = [];
          for (const name of ['keydown', 'keyup', 'mousedown']) {
            document.body.addEventListener(name, (event) => window.reached.push(`${name} ${event.key ?? ''}`));
          }
        }"""
    )

    page.button.click()
    for key in ["d", "d", "a", " ", "Enter", "Escape", "ArrowDown"]:
        page.button.press(key)

    assert page.shown.page.evaluate("window.reached") == []


def test_everything_can_be_reached_with_the_keyboard_in_the_order_in_which_it_stands(talking):
    page = talking()
    page.panel.get_by_role("log").focus()
    names = []
    for _ in range(9):
        page.shown.page.keyboard.press("Tab")
        names.append(
            page.shown.page.evaluate(
                "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
            )
        )

    wanted = [
        *("Open mic", "Hold to talk", "Mute the microphone", "Stop the microphone"),
        *("Microphone", "Switch the bot's voice off", "Message"),
    ]
    assert [name for name in names if name in wanted] == wanted


SHOWN = {
    "idle": {},
    "listening": {"state": "listening"},
    "thinking": {"state": "thinking"},
    "speaking": {"state": "speaking", "hearing": True},
    "reconnecting": {"state": "reconnecting", "again": {"attempt": 2, "reason": "went away", "code": 1006}},
    "ended": {"ended": {"reason": "too long", "code": 1001}},
    "loading": {"state": "connecting", "loading": {"text": "Loading", "share": None}},
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [420, 900])
def test_axe_finds_nothing_wrong_in_any_state(talking, theme, width):
    conversation = [
        *walk(),
        spoken(6, "", is_transcribed=False),
        spoken(7, "", TextEntry("x"), transcription_error="busy"),
        turn(8, "hi", cut("I would suggest the green tea", "I would")),
    ]
    shown = view(conversation, alerts=[{"alert": 1, "kind": kind, "text": "hm"} for kind in ("error", "notice")])
    page = talking(shown, theme=theme, width=width, script="window.microphone.echo = false;")

    for name, talk in SHOWN.items():
        page.tell(**talk)
        page.shown.page.wait_for_timeout(20)
        assert violations(page.shown.page, "#panel") == [], name


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [420, 900])
def test_axe_finds_nothing_wrong_where_something_is_in_the_way(voice, theme, width):
    page = voice(joined=False, theme=theme, width=width, talk={"mode": "hold"})
    page.wait_for("hello")
    page.urgent({"kind": "bye", "reason": "owned", "silent_ms": 10})
    page.shown.page.evaluate("window.microphone.refusal = 'NotAllowedError'")
    page.button.click()
    expect(page.panel.locator(".inb-no-mic")).to_be_visible()
    assert violations(page.shown.page, "#panel") == []

    page.shown.lose_the_kernel()

    expect(page.words).to_have_text("Disconnected")
    assert violations(page.shown.page, "#panel") == []


@pytest.mark.parametrize("width", [320, 420, 640, 900])
def test_nothing_sticks_out_at_the_side(talking, width):
    long = "w" * 300
    turns = [turn(1, "u" * 300, cut(long, "w" * 20)), spoken(2, "", transcription_error=long)]
    shown = view(turns, stage="s" * 90)
    again = {"attempt": 2, "reason": long, "code": 1006}

    page = talking(shown, width=width, talk={"state": "reconnecting", "again": again})

    for selector in (".inb-voice", ".inb-log", ".inb-dock", ".inb-head"):
        node = page.panel.locator(selector)
        assert node.evaluate("node => node.scrollWidth - node.clientWidth") <= 0, selector


OVERLAPPING = """
(node) => {
  const all = [...node.querySelectorAll('button, select, .inb-meter')];
  const boxes = all.filter((one) => one.checkVisibility({ visibilityProperty: true })).map((one) => {
    const { left, right, top, bottom } = one.getBoundingClientRect();
    return { name: one.getAttribute('aria-label') ?? one.textContent, left, right, top, bottom };
  });
  const cover = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  return boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => cover(a, b)).map((b) => [a.name, b.name]));
}
"""


@pytest.mark.parametrize("width", [230, 270, 320, 381, 420, 621, 900])
def test_nothing_covers_anything_in_a_narrow_column(talking, width):
    page = talking(view([OPENING], stage="availability"), width=width)
    expect(page.panel.locator(".inb-device")).to_be_visible()

    assert page.panel.locator(".inb-dock").evaluate(OVERLAPPING) == []
    assert page.panel.locator(".inb-way").last.evaluate("node => node.scrollWidth <= node.clientWidth")
    assert page.panel.locator(".inb-title").evaluate("node => node.scrollWidth <= node.clientWidth")
    if width >= 270:
        assert page.panel.locator(".inb-stage-chip").evaluate("node => node.scrollWidth <= node.clientWidth")


@pytest.mark.parametrize("width", [330, 600])
@pytest.mark.parametrize("is_fixed", [False, True])
def test_in_a_low_panel_some_of_the_conversation_is_seen_and_everything_can_be_reached(talking, width, is_fixed):
    page = talking(view([turn(n, f"words {n}") for n in range(1, 20)]), width=width)
    panel, log = page.panel.locator(".inb-voice"), page.panel.locator(".inb-log")
    whole = "min-height: 0; height: 300px" if is_fixed else "--inb-height: 300px"
    panel.evaluate("(node, style) => { node.style.cssText = style; }", whole)

    assert log.bounding_box()["height"] >= 100
    assert log.evaluate("node => node.scrollHeight > node.clientHeight")  # it does not grow with what was said
    field = page.panel.get_by_role("textbox")
    field.scroll_into_view_if_needed()
    frame, at = panel.bounding_box(), field.bounding_box()
    assert at["y"] + at["height"] <= frame["y"] + frame["height"]
    assert frame["height"] <= (300 if is_fixed else 520)


def test_the_button_to_talk_stands_in_the_middle(voice):
    for width in (420, 900):
        page = voice(width=width)
        panel, at = page.panel.bounding_box(), page.button.bounding_box()

        assert at["x"] + at["width"] / 2 == pytest.approx(panel["x"] + panel["width"] / 2, abs=2)
        assert at["width"] >= 60


def test_nothing_moves_for_those_who_do_not_want_it(voice):
    page = voice(talk={"state": "thinking", "hearing": True})
    moving = "node => getComputedStyle(node).animationName"
    wave, ring = page.panel.locator(".inb-wave i").first, page.panel.locator(".inb-mic-ring")

    assert [wave.evaluate(moving), ring.evaluate(moving)] == ["none", "none"]
    page.tell(state="thinking")
    page.shown.page.emulate_media(reduced_motion="no-preference")
    assert re.match("inb-wave", wave.evaluate(moving))
    assert ring.evaluate(moving) == "inb-pulse"
