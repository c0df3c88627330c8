"""The audio engine of the page in a real browser: real worklets, Chromium's fake microphone, a real line."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from intentional_nb.bots import runtime
from tests.browser.lab import wait_until
from tests.browser.sound import EnginePage, noise, offset_of, to_page, tone, write_wav
from tests.panels.line_page import Heard

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install 'intentional-nb[dev]'")

PCM = "(text) => new Int16Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer)"


@pytest.fixture(scope="module")
def spoken():
    """What the microphone hears."""
    return noise(12)


@pytest.fixture(scope="module")
def ears(listening, tmp_path_factory, spoken):
    """A browser profile that hears it."""
    return listening(write_wav(tmp_path_factory.mktemp("wav") / "noise.wav", spoken))


@pytest.fixture
def engine():
    """Call it with a browser profile: the engine on a blank page."""
    opened = []

    def open_engine(context, **settings):
        opened.append(EnginePage(context, **settings))
        return opened[-1]

    yield open_engine
    for page in opened:
        page.close()


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture
def line(heard):
    """A real line, in this process."""
    made = heard.line()
    yield made
    made.close()
    assert heard.errors == []


# -- the microphone

LISTEN = """
  const chunks = [];
  const states = [];
  const microphone = audio.createMicrophone({
    processing: false, ...argument,
    onChunk: ({ pcm, lostSamples }) => chunks.push({ pcm, lostSamples }),
    onState: ({ state, reason }) => states.push([state, reason].filter(Boolean).join(' ')),
  });
  const until = async (condition) => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
  };
"""


def test_the_microphone_hears_every_sample_at_24_khz(engine, ears, spoken):
    page = engine(ears)

    found = page.run(
        LISTEN
        + """
        await microphone.start();
        await until(() => chunks.length >= 75);
        const { rateHz, label, deviceId } = microphone.state;
        await microphone.stop();
        return { chunks: chunks.map(({ pcm }) => [...pcm]), lost: chunks.map(({ lostSamples }) => lostSamples),
                 states, rateHz, label, isOpen: microphone.isOpen };"""
    )

    assert found["states"] == ["starting", "live", "off"]
    assert found["rateHz"] == 24_000
    assert found["label"]
    assert found["isOpen"] is False
    assert {len(chunk) for chunk in found["chunks"]} == {960}
    heard = np.concatenate(found["chunks"])[-48_000:]
    # A busy machine makes Chromium itself drop some: most parts fit, each after the one before.
    places = [offset_of(part, spoken) for part in np.split(heard, 20)]
    fitting = [at for at, match in places if match > 0.95]
    assert len(fitting) >= 16
    assert fitting == sorted(fitting)


def test_a_tone_keeps_its_pitch(engine, listening, tmp_path_factory):
    page = engine(listening(write_wav(tmp_path_factory.mktemp("wav") / "tone.wav", tone(1000, 6))))

    samples = page.run(
        LISTEN
        + """
        await microphone.start();
        await until(() => chunks.length >= 50);
        await microphone.stop();
        return chunks.slice(25, 50).flatMap(({ pcm }) => [...pcm]);"""
    )

    spectrum = np.abs(np.fft.rfft(np.array(samples) * np.hanning(len(samples))))
    assert np.argmax(spectrum) * 24_000 / len(samples) == pytest.approx(1000, abs=1)


def test_a_browser_that_runs_at_another_rate_hears_the_same(engine, ears, spoken):
    page = engine(ears)

    found = page.run(
        """const Context = window.AudioContext;
        window.AudioContext = class extends Context {
          constructor(options) { super(options?.sampleRate === 24000 ? { ...options, sampleRate: 44100 } : options); }
        };"""
        + LISTEN
        + """
        await microphone.start();
        await until(() => chunks.length >= 60);
        const { rateHz } = microphone.state;
        await microphone.stop();
        return { rateHz, samples: chunks.slice(-25).flatMap(({ pcm }) => [...pcm]) };"""
    )

    assert found["rateHz"] == 44_100
    places = [offset_of(part, spoken) for part in np.split(np.array(found["samples"]), 10)]
    assert sum(match > 0.95 for _, match in places) >= 8


def test_a_muted_microphone_is_silent_and_speaks_again_at_once(engine, ears):
    page = engine(ears)

    found = page.run(
        LISTEN
        + """
        await microphone.start();
        await until(() => chunks.length >= 25);
        const loudness = ({ pcm }) => Math.max(...pcm.map(Math.abs));
        let from = chunks.length;
        microphone.mute(true);
        await until(() => chunks.slice(from).some((chunk) => loudness(chunk) === 0));
        from = chunks.length;
        await until(() => chunks.length >= from + 3);
        const quiet = chunks.slice(from, from + 3).map(loudness);
        const isOpen = microphone.isOpen;
        microphone.mute(false);
        from = chunks.length;
        await until(() => chunks.slice(from).some((chunk) => loudness(chunk) > 0));
        from = chunks.length + 1;
        await until(() => chunks.length >= from + 3);
        const again = chunks.slice(from, from + 3).map(loudness);
        await microphone.stop();
        return { quiet, isOpen, again, states };"""
    )

    assert found["quiet"] == [0, 0, 0]
    assert found["isOpen"]
    assert min(found["again"]) > 1000
    assert found["states"] == ["starting", "live", "muted", "live", "off"]


def test_a_track_that_ends_is_a_microphone_that_was_unplugged(engine, ears):
    page = engine(ears)

    states = page.run(
        LISTEN
        + """
        const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        let track;
        navigator.mediaDevices.getUserMedia = async (wanted) => {
          const stream = await open(wanted);
          [track] = stream.getAudioTracks();
          return stream;
        };
        await microphone.start();
        track.stop();
        track.dispatchEvent(new Event('ended')); // as the browser does when the device goes
        return states;"""
    )

    assert states == ["starting", "live", "failed unplugged"]


@pytest.mark.parametrize(
    ("arguments", "settings", "reason"),
    [
        (["--use-fake-device-for-media-stream", "--deny-permission-prompts"], {}, "denied"),
        (["--use-fake-device-for-media-stream"], {"headers": {"Permissions-Policy": "microphone=()"}}, "blocked"),
        (["--host-resolver-rules=MAP notlocal.test 127.0.0.1"], {"url": "http://notlocal.test/blank"}, "insecure"),
    ],
)
def test_why_there_is_no_microphone_is_told_in_a_word(engine, launch, arguments, settings, reason):
    context = launch(*arguments).new_context()
    page = engine(context, **settings)

    states = page.run(LISTEN + "await microphone.start(); return [states.at(-1), microphone.isOpen];")

    assert states == [f"failed {reason}", False]
    context.close()


def test_a_machine_without_a_microphone_is_told_from_one_that_was_denied(engine, chromium):
    context = chromium.new_context(permissions=["microphone"])
    page = engine(context)
    inputs = page.run(
        "return (await navigator.mediaDevices.enumerateDevices()).filter(d => d.kind === 'audioinput').length;"
    )
    if inputs:
        pytest.skip("this machine has a microphone")

    assert page.run(LISTEN + "await microphone.start(); return states;") == ["starting", "failed none"]
    context.close()


# -- the loudspeaker

SPEAK = f"""
  const pcm = {PCM};
  const played = [];
  const states = [];
  const speaker = audio.createSpeaker({{
    onPlayed: (report) => played.push(report), onState: ({{ state }}) => states.push(state),
  }});
  const until = async (condition) => {{
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  }};
  await speaker.start();
  await window.tap.ready();
"""


def test_speech_reaches_the_loudspeaker_sample_for_sample(engine, ears):
    page = engine(ears)
    speech = noise(2, seed=2)

    found = page.run(
        SPEAK
        + """
        const whole = pcm(argument);
        for (let at = 0; at < whole.length; at += 2400) {
          speaker.push({ epoch: 1, item: 1, pcm: whole.slice(at, at + 2400) });
        }
        speaker.end({ epoch: 1, item: 1 });
        await until(() => played.at(-1)?.done);
        return { played, states, stats: speaker.stats };""",
        to_page(speech),
    )

    assert found["played"][-1] == {"epoch": 1, "item": 1, "samples": len(speech), "heard": len(speech), "done": True}
    counts = [report["samples"] for report in found["played"]]
    assert counts == sorted(counts)
    assert all(report["heard"] <= report["samples"] for report in found["played"])
    assert found["states"] == ["starting", "ready", "playing", "ready"]
    assert found["stats"]["underruns"] == 0
    (output,) = page.sounded()
    assert np.array_equal(output, np.trim_zeros(speech))


@pytest.mark.parametrize("after_ms", [40, 333, 1000])
def test_a_flush_is_silence_at_once_and_counts_to_the_sample(engine, ears, after_ms):
    page = engine(ears)
    speech = np.abs(noise(4, seed=3)) + 1  # no sample is silent: each that sounds can be counted

    found = page.run(
        SPEAK
        + """
        speaker.push({ epoch: 1, item: 7, pcm: pcm(argument.speech) });
        speaker.end({ epoch: 1, item: 7 });
        await until(() => window.tap.sounded() > 0);
        await new Promise((resolve) => setTimeout(resolve, argument.after));
        const tap = [...window.tap.taps.values()][0];
        const asked = tap.context.currentTime;
        const report = await speaker.flush();
        speaker.push({ epoch: 1, item: 7, pcm: pcm(argument.speech) });
        await new Promise((resolve) => setTimeout(resolve, 300));
        return { report, silence: tap.lastFrame / 24000 - asked, sounded: tap.sounded, played };""",
        {"speech": to_page(speech), "after": after_ms},
    )

    report = found["report"]
    # The very last sample of the fade is silence itself.
    assert (report["epoch"], report["item"], report["samples"]) == (1, 7, found["sounded"] + 1)
    assert report["heard"] <= report["samples"]
    assert not any(told.get("done") for told in found["played"])
    (output,) = page.sounded()
    assert np.array_equal(output[:-127], speech[: len(output) - 127])
    assert found["silence"] < 0.15  # by the sound's own clock


def test_a_new_epoch_sounds_right_after_a_flush(engine, ears):
    page = engine(ears)
    first, second = np.abs(noise(3, seed=4)) + 1, np.abs(noise(1, seed=5)) + 1

    page.run(
        SPEAK
        + """
        speaker.push({ epoch: 1, item: 1, pcm: pcm(argument[0]) });
        await until(() => window.tap.sounded() > 4800);
        speaker.flush(2);
        speaker.push({ epoch: 2, item: 2, pcm: pcm(argument[1]) });
        speaker.end({ epoch: 2, item: 2 });
        await until(() => played.at(-1)?.done);
        await new Promise((resolve) => setTimeout(resolve, 100));""",
        [to_page(first), to_page(second)],
    )

    (output,) = page.sounded()
    assert np.array_equal(output[-len(second) :], second)


def test_a_page_that_nobody_touched_says_that_it_may_not_sound_until_somebody_clicks(engine, chromium):
    context = chromium.new_context()
    words = []
    script = """
      const speaker = audio.createSpeaker({ onState: ({ state }) => console.log('state', state) });
      document.querySelector('#go').onclick = () => speaker.resume();
      await speaker.start();
    """
    # What Playwright evaluates in a page counts as a touch: what the page logs is read instead.
    context.on("console", lambda message: words.append(message.text))
    page = engine(context, script=script)
    page.page.wait_for_event("console", lambda message: message.text == "state blocked") if not words else None
    assert "state ready" not in words

    page.page.locator("#go").click()

    wait_until(lambda: page.page.wait_for_timeout(20) or "state ready" in words, "the speaker to be ready")
    assert [word for word in words if word.startswith("state")] == ["state starting", "state blocked", "state ready"]
    context.close()


# -- the line

TALK = f"""
  const pcm = {PCM};
  const states = [];
  const speech = [];
  const messages = [];
  window.sent = 0;
  const line = (window.line = audio.createAudioLine({{
    address: argument.address, client: 'page',
    onSpeech: ({{ pcm: piece, ...rest }}) => speech.push({{ ...rest, pcm: [...piece] }}),
    onMessage: (message) => messages.push(message),
    onState: ({{ state, way, reason }}) => states.push([state, way, reason].filter(Boolean).join(' ')),
  }}));
  const microphone = audio.createMicrophone({{
    processing: false,
    onChunk: ({{ pcm: piece, lostSamples }}) => {{
      if (line.state.state === 'open') window.sent += piece.length;
      line.sendAudio(piece, lostSamples);
    }},
  }});
  const until = async (condition) => {{
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
  }};
  line.open();
  await until(() => line.state.state === 'open');
"""


def address_of(line):
    address = line.open()
    return {"port": address.port, "path": address.path}


def test_microphone_and_speech_cross_a_socket_and_nothing_is_lost(engine, ears, line, heard, spoken):
    page = engine(ears)
    address = address_of(line)

    found = page.run(
        TALK
        + """
        await microphone.start();
        await until(() => window.sent >= 24000 * 3);
        await microphone.stop();
        return { states, sent: window.sent, stats: line.stats };""",
        {"address": address},
    )
    wait_until(lambda: sum(map(len, heard.audio)) == 2 * found["sent"], "all of the microphone")

    assert found["states"] == ["connecting", "open direct"]
    assert (line.way, line.client) == ("direct", "page")
    assert (line.counts.lost_chunks, line.counts.garbage) == (0, 0)
    samples = np.frombuffer(b"".join(heard.audio), "<i2")[-48_000:]
    places = [offset_of(part, spoken) for part in np.split(samples, 20)]
    fitting = [at for at, match in places if match > 0.95]
    assert len(fitting) >= 16
    assert fitting == sorted(fitting)


def test_a_socket_that_dies_is_replaced_and_nothing_is_lost(engine, ears, line, heard):
    page = engine(ears)
    address = address_of(line)
    page.run(
        "const Socket = window.WebSocket; window.sockets = [];"
        "window.WebSocket = class extends Socket { constructor(url) { super(url); window.sockets.push(this); } };"
        + TALK
        + "await microphone.start(); window.talk = { states, speech, microphone };",
        {"address": address},
    )
    wait_until(lambda: len(heard.audio) > 10, "the microphone")
    speech = noise(2, seed=6)

    for piece in np.split(speech[:24_000], 10):
        line.speak(1, piece.tobytes())
    page.run("window.sockets[0].close();")
    for piece in np.split(speech[24_000:], 10):
        line.speak(1, piece.tobytes())
    line.end(1)
    found = page.run(
        """const { states, speech, microphone } = window.talk;
        const enough = window.sent + 24000;
        while (window.sent < enough || speech.length < 20) await new Promise((resolve) => setTimeout(resolve, 20));
        await microphone.stop();
        return { states, speech, sent: window.sent, stats: window.line.stats, sockets: window.sockets.length };"""
    )
    wait_until(lambda: sum(map(len, heard.audio)) == 2 * found["sent"], "all of the microphone")

    assert found["sockets"] == 2
    assert found["states"] == ["connecting", "open direct"]
    assert found["stats"]["opened"] == 2
    assert np.array_equal(np.concatenate([piece["pcm"] for piece in found["speech"]]), speech)
    assert (line.counts.lost_chunks, line.counts.garbage) == (0, 0)
    assert heard.lost == []
    assert [message.get("again") for message in heard.messages] == [False, True]


def test_a_page_whose_security_policy_forbids_other_hosts_finds_no_socket_and_says_so(engine, ears, line):
    page = engine(ears, headers={"Content-Security-Policy": "connect-src 'self'"})

    found = page.run(
        TALK.replace("=== 'open'", "=== 'lost'") + "return { states, lost: line.state };", {"address": address_of(line)}
    )

    assert found["lost"] == {"state": "lost", "way": "", "reason": "unreachable"}


def test_a_kernel_that_stands_still_loses_the_microphone_and_is_found_again(engine, ears, line, heard):
    page = engine(ears)
    page.run(
        TALK
        + """
        window.talk = { states, microphone };
        await microphone.start();""",
        {"address": address_of(line)},
    )
    wait_until(lambda: heard.audio, "the microphone")
    goes_on = threading.Event()

    runtime.call_soon(lambda: goes_on.wait(30))
    found = page.run(
        """const { states, microphone } = window.talk;
        while (window.line.state.state !== 'lost') await new Promise((resolve) => setTimeout(resolve, 20));
        await microphone.stop();
        return [states, microphone.isOpen];"""
    )
    goes_on.set()

    assert found == [["connecting", "open direct", "lost silent"], False]
    states = page.run(
        """while (window.line.state.state !== 'open') await new Promise((resolve) => setTimeout(resolve, 20));
        return window.talk.states;"""
    )
    assert states[-1] == "open direct"
    wait_until(lambda: line.client == "page", "the page to own the audio again")


def test_a_page_that_was_stuck_hears_what_is_said_now_not_what_was_said_meanwhile(engine, ears, line, heard):
    page = engine(ears)
    page.run(
        TALK + "window.talk = { states, speech, messages };",
        {"address": address_of(line)},
    )
    epoch = line.epoch

    page.page.evaluate(
        "() => { setTimeout(() => { const end = performance.now() + 4500; while (performance.now() < end); }) }"
    )
    wait_until(lambda: line.speak(1, bytes(2400)) or heard.lost, "the page to be missed")
    assert heard.lost == ["silent"]
    wait_until(lambda: line.client == "page", "the page to be back")
    line.speak(2, b"ab" * 1200)

    found = page.run(
        """const { states, speech, messages } = window.talk;
        while (speech.at(-1)?.item !== 2) await new Promise((resolve) => setTimeout(resolve, 20));
        return { states, last: speech.at(-1).epoch, flush: messages.at(-1) };"""
    )
    assert found["states"] == ["connecting", "open direct"]
    assert found["last"] == epoch + 1
    assert found["flush"] == {"kind": "flush", "epoch": epoch + 1}
    assert heard.messages[-1]["again"] is True
