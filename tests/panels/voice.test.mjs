// The pure parts of the voice panel's page side; run by test_page_side.py, or by hand: node --test tests/panels
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const {
  NO_TALK, SILENCE, echoWords, endedWords, lampWords, loudness, microphoneHelp, toPcm, userWords, voiceState,
} = await load("voice.js");

const KERNEL = { health: "live", isClosed: false };
const talk = (changes) => ({ ...NO_TALK, ...changes });
const sound = ({ mic = "off", line = "open", speaker = "ready", ...rest } = {}) => ({
  ...SILENCE, ...rest, mic: { ...SILENCE.mic, state: mic }, line: { state: line, way: "", reason: "" }, speaker: { state: speaker, reason: "" },
});
const live = (rest = {}) => sound({ mic: "live", isOpen: true, ...rest });
const state = (...given) => voiceState(...given, KERNEL).state;
const words = (...given) => voiceState(...given, KERNEL).words;

// ---- states

test("with nothing going on the panel is ready, and says how to begin", () => {
  assert.deepEqual(voiceState(NO_TALK, sound(), KERNEL), { state: "idle", words: "Ready", hint: "Click to talk" });
  assert.equal(voiceState(talk({ mode: "hold" }), sound(), KERNEL).hint, "Hold to talk");
});

test("each thing that a conversation does has its state", () => {
  assert.equal(state(talk({ state: "connecting" }), live()), "connecting");
  assert.equal(state(talk({ state: "listening" }), live()), "listening");
  assert.equal(state(talk({ state: "listening", hearing: true }), live()), "listening");
  assert.equal(state(talk({ state: "thinking" }), live()), "thinking");
  assert.equal(state(talk({ state: "speaking" }), live({ speaker: "playing" })), "speaking");
  assert.equal(state(talk({ state: "reconnecting" }), live()), "reconnecting");
  assert.equal(state(NO_TALK, sound({ mic: "starting" })), "connecting");
  assert.equal(state(NO_TALK, sound({ mic: "failed" })), "error");
});

test("somebody who talks to nobody yet is being connected", () => {
  assert.equal(words(talk({ state: "idle" }), live()), "Connecting…");
});

test("the bot speaks as long as it is heard here, whatever the kernel says by then", () => {
  assert.equal(state(talk({ state: "listening" }), live({ speaker: "playing" })), "speaking");
  assert.equal(state(talk({ state: "thinking" }), live({ speaker: "playing" })), "speaking");
  assert.equal(state(talk({ state: "speaking" }), live()), "listening");
});

test("on a page that has not the sound the bot speaks when the kernel says so", () => {
  assert.equal(state(talk({ state: "speaking" }), sound({ line: "elsewhere" })), "speaking");
});

test("a user who speaks is listened to, whatever else goes on", () => {
  assert.equal(state(talk({ state: "speaking", hearing: true }), live({ speaker: "playing" })), "listening");
  assert.equal(state(talk({ state: "thinking", mode: "hold" }), live({ isHeld: true })), "listening");
});

test("what is wrong with the kernel comes before everything else", () => {
  const busy = talk({ state: "speaking" });
  assert.equal(voiceState(busy, live(), { health: "gone", isClosed: false }).words, "Disconnected");
  assert.equal(voiceState(busy, live(), { health: "live", isClosed: true }).words, "Closed");
  assert.equal(state(busy, sound({ line: "lost" })), "error");
});

test("a lost session is told with its reason, and how often it was tried", () => {
  const lost = (attempt) => voiceState(talk({ state: "reconnecting", again: { attempt, reason: "gone away", code: 1006 } }), live(), KERNEL);
  assert.equal(lost(1).hint, "gone away");
  assert.equal(lost(3).hint, "gone away · try 3");
});

test("a session that ended as it should is none of the errors, any other end is", () => {
  const ended = (code) => state(talk({ ended: { reason: "", code } }), sound());
  assert.deepEqual([1000, null, 1001, 4000].map(ended), ["idle", "idle", "error", "error"]);
});

test("a microphone that is on but not heard says why", () => {
  assert.equal(words(talk({ state: "listening" }), sound({ mic: "muted", isOpen: true, isMuted: true })), "Muted");
  assert.equal(words(talk({ state: "listening", mode: "hold" }), sound({ mic: "muted", isOpen: true })), "Hold to talk");
  assert.equal(words(talk({ state: "listening" }), sound({ mic: "silenced", isOpen: true })), "The microphone is silent");
});

test("that one may interrupt is only said where one can", () => {
  const hint = (given, how = {}) => voiceState(talk({ state: "speaking", ...how }), given, KERNEL).hint;
  assert.equal(hint(live({ speaker: "playing" })), "Talk to interrupt");
  assert.equal(hint(live({ speaker: "playing" }), { mode: "hold" }), "");
  assert.equal(hint(live({ speaker: "playing", isMuted: true })), "");
  assert.equal(hint(sound({ speaker: "playing" })), "");
});

// ---- words

test("the lamp tells whether the microphone is open, and nothing else", () => {
  assert.deepEqual(
    [sound(), live(), live({ isMuted: true }), sound({ isMuted: true })].map(lampWords),
    ["Microphone off", "Microphone on", "Microphone muted", "Microphone off"],
  );
});

test("every reason that there is no microphone has its own words, and says what to do", () => {
  const place = { protocol: "http:", hostname: "big.example", port: "8890" };
  const reasons = ["insecure", "unsupported", "blocked", "denied", "none", "in_use", "unplugged", "failed"];
  const helps = reasons.map((reason) => microphoneHelp({ reason, detail: "" }, place));
  assert.equal(new Set(helps.map(({ title }) => title)).size, reasons.length);
  assert.ok(helps.every(({ help }) => help.length > 20));
  assert.match(helps[0].help, /ssh -L 8890:localhost:8890 big\.example/);
  assert.equal(microphoneHelp({ reason: "", detail: "" }, place), null);
});

test("trying again is offered only where it may help", () => {
  const place = { protocol: "https:", hostname: "x", port: "" };
  const again = (reason) => microphoneHelp({ reason, detail: "" }, place).again;
  assert.deepEqual(["insecure", "unsupported", "blocked"].map(again), [false, false, false]);
  assert.deepEqual(["denied", "none", "in_use", "unplugged", "failed"].map(again), [true, true, true, true, true]);
});

test("a browser's own words are shown where there are no others", () => {
  assert.equal(microphoneHelp({ reason: "failed", detail: "Device exploded" }, { hostname: "x", port: "" }).help, "Device exploded");
});

test("echo is only spoken of while the bot could hear itself", () => {
  const echoing = (given, mode = "open") => echoWords({ ...live(given), mic: { ...SILENCE.mic, echoCancellation: given?.echo ?? false } }, mode) !== "";
  assert.equal(echoing(), true);
  assert.equal(echoing({ echo: true }), false);
  assert.equal(echoing({ isOpen: false }), false);
  assert.equal(echoing({}, "hold"), false);
  assert.equal(echoWords(live(), "open"), "", "a browser that does not say is believed");
});

test("the end of a session is told where there is something to tell", () => {
  assert.equal(endedWords(null), "");
  assert.equal(endedWords({ reason: "", code: 1000 }), "");
  assert.match(endedWords({ reason: "60 minutes are over", code: 1001 }), /60 minutes are over \(code 1001\)/);
  assert.match(endedWords({ reason: "closed by hand", code: 1000 }), /: closed by hand\. Talk/);
});

test("what is known of the user's words is told from what is not", () => {
  const said = (user, rest) => userWords({ user, ...rest });
  assert.deepEqual(said("hi", {}), { text: "hi", remark: "" });
  assert.deepEqual(said("", { speech: "waiting" }), { text: "", remark: "…" });
  assert.deepEqual(said("I wou", { speech: "partial" }), { text: "I wou", remark: "…" });
  assert.deepEqual(said("I would", { speech: "final" }), { text: "I would", remark: "" });
  assert.deepEqual(said("", { speech: "nothing" }), { text: "", remark: "(nothing was recognised)" });
  assert.deepEqual(said("", { speech: "failed", why: "no model" }), { text: "", remark: "(not recognised: no model)" });
  assert.equal(said("a\u200bb", { shown: "a[U+200B]b" }).text, "a[U+200B]b");
});

// ---- numbers

test("loudness goes from silence to full scale as the ear does", () => {
  assert.equal(loudness(0), 0);
  assert.equal(loudness(1), 1);
  assert.equal(loudness(2), 1);
  assert.equal(loudness(0.0001), 0);
  assert.ok(loudness(0.03) > 0.3 && loudness(0.03) < 0.5, "quiet speech is well to be seen");
});

test("the channels of a clip become one, clipped and not wrapped", () => {
  const [left, right] = [Float32Array.of(1, -1, 0.5, 3), Float32Array.of(1, -1, -0.5, 3)];
  assert.deepEqual([...toPcm([left, right])], [32767, -32768, 0, 32767]);
  assert.deepEqual([...toPcm([Float32Array.of(0.25)])], [8192]);
  assert.equal(toPcm([]).length, 0);
});
