// The microphone of the page side: its worklet in plain Node, and the rest over a browser that the test plays.
import assert from "node:assert/strict";
import { test } from "node:test";
import { browser, named } from "./browser.mjs";
import { load } from "./load.mjs";
import { runWorklet } from "./worklet.mjs";

const { createMicrophone, createResampler, microphoneObstacle, microphoneReason, microphoneWorklet } = await load("microphone.js");

const ramp = (count) => Float32Array.from({ length: count }, (_, i) => ((i % 1000) - 500) / 1000);
const pcm = (sample) => Math.round(sample < 0 ? sample * 32768 : sample * 32767);
const worklet = (given = {}) =>
  runWorklet(microphoneWorklet, createResampler, { options: { chunkMs: 40, tailMs: 100 }, ...given });

// ---- in the audio thread

test("every sample comes out once and in order, in pieces of 40 ms", () => {
  const audio = worklet();
  const samples = ramp(128 * 75);
  audio.hear(samples);
  assert.deepEqual(audio.posted.map(({ pcm: piece }) => piece.length), new Array(10).fill(960));
  assert.deepEqual(audio.posted.flatMap(({ pcm: piece }) => [...piece]), [...samples].map(pcm));
});

test("what is louder than a sample can hold is clipped", () => {
  const audio = worklet();
  audio.hear(new Float32Array(960).map((_, i) => (i % 2 ? 3 : -3)));
  assert.deepEqual([...new Set(audio.posted[0].pcm)].sort((a, b) => a - b), [-32768, 32767]);
});

test("a piece tells how loud it is", () => {
  const audio = worklet();
  audio.hear(new Float32Array(960).fill(0.5));
  audio.hear(new Float32Array(960));
  assert.ok(Math.abs(audio.posted[0].level - 0.5) < 0.04); // 960 is no whole number of quanta
  assert.ok(audio.posted[1].level < 0.2);
});

test("several channels become one", () => {
  const audio = worklet();
  for (let i = 0; i < 8; i++) audio.step([new Float32Array(128).fill(0.5), new Float32Array(128).fill(-0.25)]);
  assert.deepEqual([...new Set(audio.posted[0].pcm)], [pcm(0.125)]);
});

test("a device that gives nothing is silence, so that time goes on", () => {
  const audio = worklet();
  for (let i = 0; i < 8; i++) audio.step([]);
  assert.deepEqual([...new Set(audio.posted[0].pcm)], [0]);
  assert.equal(audio.posted[0].level, 0);
});

test("frames that the browser skipped are counted in the next piece, and only there", () => {
  const audio = worklet();
  audio.hear(ramp(3072));
  audio.miss(256);
  audio.hear(ramp(2048));
  assert.deepEqual(audio.posted.map(({ lost }) => lost), [0, 0, 0, 256, 0]);
});

test("what a device skips while it is being opened is not missed", () => {
  const audio = worklet();
  audio.hear(ramp(128));
  audio.miss(1024);
  audio.hear(ramp(2048));
  assert.deepEqual(audio.posted.map(({ lost }) => lost), [0, 0]);
});

test("a context of another rate gives 24 kHz all the same, and counts what it skipped in that", () => {
  const audio = worklet({ rateHz: 48_000 });
  audio.hear(new Float32Array(5120).fill(0.25));
  audio.miss(960);
  audio.hear(new Float32Array(4096).fill(0.25));
  assert.deepEqual(audio.posted.map(({ lost }) => lost), [0, 0, 480, 0]);
  assert.deepEqual([...new Set(audio.posted[1].pcm)], [pcm(0.25)]);
});

test("after muting some silence still goes out, and then nothing until it ends", () => {
  const audio = worklet();
  audio.hear(new Float32Array(1024).fill(0.5));
  audio.tell({ type: "mute", on: true });
  audio.hear(new Float32Array(24_000).fill(0.5));
  const sent = audio.posted.flatMap(({ pcm: piece }) => [...piece]);
  assert.ok(sent.length >= 1024 + 2400 - 960 && sent.length <= 1024 + 2400, `${sent.length}`);
  assert.deepEqual([...new Set(sent.slice(1024))], [0]);

  audio.tell({ type: "mute", on: false });
  const before = audio.posted.length;
  audio.hear(new Float32Array(1024).fill(0.5));
  assert.deepEqual([...new Set(audio.posted[before].pcm)], [pcm(0.5)]);
});

test("unmuting at once loses nothing of what was said before", () => {
  const audio = worklet();
  audio.hear(new Float32Array(896).fill(0.5));
  audio.tell({ type: "mute", on: true });
  audio.tell({ type: "mute", on: false });
  audio.hear(new Float32Array(128).fill(0.25));
  assert.deepEqual([...new Set(audio.posted[0].pcm)], [pcm(0.5), pcm(0.25)]);
});

test("a closed processor ends", () => {
  const audio = worklet();
  audio.step();
  assert.equal(audio.isOpen, true);
  audio.tell({ type: "close" });
  audio.step();
  assert.equal(audio.isOpen, false);
});

// ---- what can go wrong

test("a page without a microphone says why", () => {
  const able = { isSecureContext: true, navigator: { mediaDevices: { getUserMedia() {} } }, AudioContext: 1, AudioWorkletNode: 1 };
  assert.equal(microphoneObstacle(able), "");
  assert.equal(microphoneObstacle({ ...able, isSecureContext: false, navigator: {} }), "insecure");
  assert.equal(microphoneObstacle({ ...able, navigator: {} }), "unsupported");
  assert.equal(microphoneObstacle({ ...able, AudioWorkletNode: undefined }), "unsupported");
});

const policy = (allows) => ({ document: { featurePolicy: { allowsFeature: () => allows } } });

for (const [word, error, host] of [
  ["denied", named("NotAllowedError", "Permission denied"), policy(true)],
  ["blocked", named("NotAllowedError", "Permission denied"), policy(false)],
  ["blocked", named("NotAllowedError", "disallowed by permissions policy"), {}],
  ["denied", named("NotAllowedError", "The request is not allowed by the user agent"), {}],
  ["none", named("NotFoundError"), {}],
  ["none", named("OverconstrainedError"), {}],
  ["in_use", named("NotReadableError"), {}],
  ["in_use", named("AbortError"), {}],
  ["failed", named("TypeError"), {}],
  ["failed", undefined, {}],
]) {
  test(`${error?.name ?? "nothing"} (${error?.message ?? ""}) means ${word}`, () => assert.equal(microphoneReason(error, host), word));
}

// ---- over a browser that the test plays

function microphone(played, given = {}) {
  const states = [];
  const chunks = [];
  const made = createMicrophone({
    host: played.host,
    onChunk: (chunk) => chunks.push(chunk),
    onState: ({ state, reason }) => states.push(reason ? `${state}: ${reason}` : state),
    ...given,
  });
  return { made, states, chunks };
}

test("a start asks for a cleaned voice at 24 kHz, and a stop lets go of everything", async () => {
  const played = browser();
  const { made, states } = microphone(played);

  assert.equal(await made.start(), true);
  assert.deepEqual(played.asked, [{ channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true }]);
  assert.equal(made.state.rateHz, 24_000);
  assert.equal(made.isOpen, true);

  await made.stop();
  assert.equal(made.isOpen, false);
  assert.ok(played.isReleased());
  assert.deepEqual(states, ["starting", "live", "off"]);
});

test("what the worklet posts is handed on, and after a stop nothing is", async () => {
  const played = browser();
  const { made, chunks } = microphone(played);
  await made.start();
  const { onmessage } = played.nodes[0].port;

  onmessage({ data: { pcm: new Int16Array(960), level: 0.1, lost: 3 } });
  await made.stop();
  onmessage({ data: { pcm: new Int16Array(960), level: 0.1, lost: 0 } });

  assert.deepEqual(chunks.map(({ lostSamples }) => lostSamples), [3]);
});

test("a stop while the person is still being asked lets go of what they grant", async () => {
  let grant = () => {};
  const played = browser({ open: () => new Promise((resolve) => (grant = resolve)) });
  const { made, states } = microphone(played);

  const started = made.start();
  await new Promise(setImmediate);
  await made.stop();
  grant();

  assert.equal(await started, false);
  assert.equal(played.tracks.length, 1);
  assert.ok(played.isReleased());
  assert.deepEqual(states, ["starting", "off"]);
});

test("a browser that refuses 24 kHz for the device runs at its own rate", async () => {
  const played = browser({ refusesRate: true });
  const { made } = microphone(played);

  assert.equal(await made.start(), true);
  assert.equal(made.state.rateHz, 48_000);
  assert.deepEqual(played.contexts.map(({ state }) => state), ["closed", "running"]);
});

test("a chosen device that is gone is replaced by another", async () => {
  const played = browser({
    open: async ({ deviceId }) => {
      if (deviceId) throw named("OverconstrainedError");
    },
  });
  const { made } = microphone(played, { deviceId: "gone" });

  assert.equal(await made.start(), true);
  assert.deepEqual(played.asked.map(({ deviceId }) => deviceId), [{ exact: "gone" }, undefined]);
});

test("a refusal is told in a word and holds nothing", async () => {
  const played = browser({
    open: async () => {
      throw named("NotAllowedError", "Permission denied");
    },
  });
  const { made, states } = microphone(played);

  assert.equal(await made.start(), false);
  assert.deepEqual(states, ["starting", "failed: denied"]);
  assert.ok(played.isReleased());
});

test("a device that is unplugged is told and let go of", async () => {
  const played = browser();
  const { made, states } = microphone(played);
  await made.start();

  played.tracks[0].onended();

  assert.deepEqual(states.at(-1), "failed: unplugged");
  assert.ok(played.isReleased());
  assert.equal(await made.start(), true);
});

test("a device that goes while it is being started is told, and not taken for one that hears", async () => {
  const played = browser({ load: () => played.tracks[0].stop() });
  const { made, states } = microphone(played);

  assert.equal(await made.start(), false);

  assert.deepEqual(states, ["starting", "failed: unplugged"]);
  assert.ok(played.isReleased());
});

test("muting keeps the device, holds over a restart, and is not what the device itself does", async () => {
  const played = browser();
  const { made, states } = microphone(played);
  made.mute(true);
  await made.start();

  assert.deepEqual(states.at(-1), "muted");
  assert.equal(played.tracks[0].enabled, false);
  assert.equal(made.isOpen, true);

  made.mute(false);
  assert.deepEqual([states.at(-1), played.tracks[0].enabled], ["live", true]);
  played.tracks[0].muted = true;
  played.tracks[0].onmute();
  assert.deepEqual(states.at(-1), "silenced");
});

test("a context that the browser holds back waits for a click", async () => {
  const played = browser();
  const { made, states } = microphone(played);
  const started = made.start();
  await new Promise(setImmediate);
  played.contexts[0].state = "suspended";
  played.contexts[0].onstatechange?.();
  await started;
  assert.equal(states.at(-1), "suspended");

  played.contexts[0].state = "running";
  await made.resume();

  assert.equal(states.at(-1), "live");
});

test("the microphones are listed with names, and again when one comes or goes", async () => {
  const played = browser();
  const lists = [];
  const { made } = microphone(played, { onDevices: (devices) => lists.push(devices) });
  await made.start();
  await new Promise(setImmediate);
  assert.deepEqual(lists, [[{ id: "one", label: "Microphone 1" }, { id: "two", label: "Headset" }]]);

  played.listeners[0][1]();
  await new Promise(setImmediate);
  assert.equal(lists.length, 2);

  await made.close();
  assert.deepEqual(played.listeners, []);
});

test("another device is used from the moment it is chosen", async () => {
  const played = browser();
  const { made } = microphone(played);
  await made.start();

  await made.choose("two");

  assert.deepEqual(played.asked.map(({ deviceId }) => deviceId), [undefined, { exact: "two" }]);
  assert.deepEqual(played.tracks.map(({ readyState }) => readyState), ["ended", "live"]);
});
