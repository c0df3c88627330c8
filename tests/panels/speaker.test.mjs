// The loudspeaker of the page side: its worklet in plain Node, and the rest over a browser that the test plays.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";
import { runWorklet } from "./worklet.mjs";

const { createResampler, createSpeaker, heardSamples, speakerWorklet } = await load("speaker.js");

const MS = 24; // samples
const worklet = (given = {}) => runWorklet(speakerWorklet, createResampler, { options: { prebufferMs: 100 }, ...given });

/** Samples that are all different, none of them silent. */
const speech = (count, from = 1000) => Int16Array.from({ length: count }, (_, i) => from + (i % 20_000));
const push = (audio, pcm, item = 1, epoch = 1) => audio.tell({ type: "push", epoch, item, pcm: pcm.slice() });
const end = (audio, item = 1, epoch = 1) => audio.tell({ type: "end", epoch, item });
const flush = (audio, before, id = 1) => {
  audio.tell({ type: "flush", id, before });
  return audio.of("flushed").at(-1);
};
const sounding = (output) => Int16Array.from(output.filter((sample) => sample !== 0), (sample) => Math.round(sample * 32768));

// ---- in the audio thread

test("an item comes out as it came in, sample for sample, and is told when it is over", () => {
  const audio = worklet();
  const pcm = speech(10_000);
  push(audio, pcm.subarray(0, 3333));
  push(audio, pcm.subarray(3333));
  end(audio);

  assert.deepEqual(sounding(audio.play(12_000)), pcm);
  assert.deepEqual(audio.of("done").map(({ epoch, item, samples }) => [epoch, item, samples]), [[1, 1, 10_000]]);
});

test("an item begins when 100 ms of it are there, when all of it is, or when it has waited long enough", () => {
  const early = worklet();
  push(early, speech(99 * MS));
  assert.equal(sounding(early.play(1000)).length, 0);
  push(early, speech(1 * MS));
  assert.ok(sounding(early.play(1000)).length > 0);

  const short = worklet();
  push(short, speech(20 * MS));
  end(short);
  assert.equal(sounding(short.play(1000)).length, 20 * MS);

  const patient = worklet();
  push(patient, speech(20 * MS));
  assert.equal(sounding(patient.play(290 * MS)).length, 0);
  assert.equal(sounding(patient.play(100 * MS)).length, 20 * MS);
});

test("items that are there follow each other without a gap", () => {
  const audio = worklet();
  push(audio, speech(5000), 1);
  end(audio, 1);
  push(audio, speech(5000, 9000), 2);
  end(audio, 2);

  const output = [...audio.play(11_000)];
  const first = output.findIndex((sample) => sample !== 0);

  assert.ok(output.slice(first, first + 10_000).every((sample) => sample !== 0));
  assert.deepEqual(audio.of("done").map(({ item, samples }) => [item, samples]), [[1, 5000], [2, 5000]]);
});

test("while an item sounds it tells twenty times a second how far it is and how loud", () => {
  const audio = worklet();
  push(audio, new Int16Array(24_000).fill(16_384));
  end(audio);
  audio.play(24_000);

  const ticks = audio.of("tick").filter(({ item }) => item === 1);
  assert.ok(ticks.length >= 17 && ticks.length <= 20, `${ticks.length}`);
  assert.ok(ticks.every(({ samples }, i) => i === 0 || samples - ticks[i - 1].samples === 1280)); // whole quanta
  assert.ok(ticks.slice(2).every(({ level }) => Math.abs(level - 0.5) < 1e-3));
});

test("when an item is over the level falls to nothing, once", () => {
  const audio = worklet();
  push(audio, speech(4800));
  end(audio);
  audio.play(48_000);
  const after = audio.of("tick").filter(({ item }) => item === null);
  assert.equal(after.at(-1).level, 0);
  assert.ok(after.length <= 2);
});

test("a flush fades what sounds within one quantum and counts it to the sample", () => {
  const audio = worklet();
  const pcm = speech(48_000);
  push(audio, pcm);
  const before = sounding(audio.play(6400));

  const report = flush(audio, 2);
  const fade = audio.step();
  const after = audio.play(6400);

  assert.deepEqual([report.epoch, report.item, report.samples], [1, 1, before.length + 128]);
  assert.deepEqual(before, pcm.slice(0, before.length));
  assert.ok(fade.every((sample, i) => Math.abs(sample) <= pcm[before.length + i] / 32768));
  assert.equal(fade.at(-1), 0);
  assert.ok(after.every((sample) => sample === 0));
  assert.deepEqual(audio.of("done"), []);
});

test("a flush before an item sounds says that nothing of it was played", () => {
  const audio = worklet();
  push(audio, speech(10 * MS), 7);
  audio.play(256);
  const { item, samples } = flush(audio, 2);
  assert.deepEqual([item, samples], [7, 0]);
});

test("a flush when nothing is there says so", () => {
  const audio = worklet();
  assert.equal(flush(audio, 2).item, null);
  push(audio, speech(4800), 1, 2);
  end(audio, 1, 2);
  audio.play(9600);
  assert.equal(flush(audio, 3).item, null);
});

test("what still comes of an earlier epoch is not played, and what is of the new one is", () => {
  const audio = worklet();
  push(audio, speech(9600), 1, 1);
  audio.play(1280);
  flush(audio, 2);
  push(audio, speech(9600), 1, 1);
  end(audio, 1, 1);
  push(audio, speech(4800, 2000), 2, 2);
  end(audio, 2, 2);

  audio.step(); // the fade
  assert.deepEqual(sounding(audio.play(9600)), speech(4800, 2000));
  assert.deepEqual(audio.of("done").map(({ item }) => item), [2]);
});

test("a flush leaves alone what belongs to the epoch that begins", () => {
  const audio = worklet();
  push(audio, speech(4800), 1, 5);
  end(audio, 1, 5);
  assert.equal(flush(audio, 5).item, null);
  assert.equal(sounding(audio.play(9600)).length, 4800);
});

test("sound that comes too late is an underrun: the silence is counted and nothing is lost", () => {
  const audio = worklet();
  const pcm = speech(9600);
  push(audio, pcm.subarray(0, 2400));
  const first = audio.play(4800);
  push(audio, pcm.subarray(2400));
  end(audio);
  const second = audio.play(9600);

  assert.deepEqual(sounding(Float32Array.from([...first, ...second])), pcm);
  const { counts } = audio.of("done")[0];
  assert.equal(counts.underruns, 1);
  assert.equal(counts.silence, first.length - 2400);
});

test("an end that comes after the last sound is no underrun", () => {
  const audio = worklet();
  push(audio, speech(2400));
  audio.play(9600);
  end(audio);
  audio.play(256);
  assert.equal(audio.of("done")[0].samples, 2400);
  assert.equal(audio.of("done")[0].counts.underruns, 0);
});

test("an underrun is made up for in the pauses, and the place in the item stays right", () => {
  const audio = worklet();
  const pause = new Int16Array(9600);
  push(audio, speech(2400));
  audio.play(4800);
  push(audio, pause);
  push(audio, speech(4800));
  end(audio);
  const late = audio.play(24_000);

  const { counts, samples } = audio.of("done")[0];
  assert.equal(samples, 2400 + 9600 + 4800);
  assert.ok(counts.silence - counts.skipped < 128, `${counts.silence} late, ${counts.skipped} left out`);
  assert.deepEqual(sounding(late), speech(4800));
});

test("a pause is not left out when little waits behind it", () => {
  const audio = worklet();
  push(audio, speech(2400));
  audio.play(4800);
  push(audio, new Int16Array(2400));
  audio.play(2560);
  assert.equal(audio.of("tick").at(-1).counts.skipped, 0);
});

test("at another rate, what was left out of a pause still counts as its place in the item", () => {
  const audio = worklet({ rateHz: 48_000 });
  push(audio, speech(2400));
  audio.play(19_200);
  push(audio, new Int16Array(9600));
  push(audio, speech(24_000));
  const after = sounding(audio.play(24_000)).length + 128;

  const { samples, counts } = flush(audio, 2);
  assert.ok(counts.skipped > 2400, `${counts.skipped}`);
  assert.ok(Math.abs(samples - (2400 + 9600 + after / 2)) < 64, `${samples}, ${after}`); // filters ring a little
});

test("speech itself is never left out", () => {
  const audio = worklet();
  push(audio, speech(2400));
  audio.play(4800);
  push(audio, speech(9600, 3000));
  end(audio);
  assert.equal(sounding(audio.play(24_000)).length, 9600);
  assert.equal(audio.of("done")[0].counts.skipped, 0);
});

test("what waits is bounded", () => {
  const audio = worklet();
  for (let minute = 0; minute < 11; minute++) push(audio, speech(60 * 24_000));
  end(audio);
  audio.play(2400);
  const { buffered, counts } = audio.of("tick").at(-1);
  assert.ok(buffered <= 600 * 24_000);
  assert.equal(counts.dropped, 60 * 24_000);
});

for (const rateHz of [44_100, 48_000, 96_000]) {
  test(`at ${rateHz} Hz an item takes its time, keeps its pitch and is counted at 24 kHz`, () => {
    const audio = worklet({ rateHz });
    const tone = Int16Array.from({ length: 24_000 }, (_, i) => Math.round(16_384 * Math.sin((2 * Math.PI * 440 * i) / 24_000)));
    for (let at = 0; at < tone.length; at += 2400) push(audio, tone.subarray(at, at + 2400));
    end(audio);
    const output = audio.play(1.2 * rateHz);

    assert.deepEqual(audio.of("done").map(({ samples }) => samples), [24_000]);
    const start = output.findIndex((sample) => sample !== 0);
    const worst = (shift) => {
      let most = 0;
      for (let i = 300; i < rateHz - 300; i++) {
        most = Math.max(most, Math.abs(output[start + shift + i] - 0.5 * Math.sin((2 * Math.PI * 440 * i) / rateHz)));
      }
      return most;
    };
    assert.ok(Math.min(worst(-1), worst(0)) < 1e-3); // where a sine begins is one sample of nothing
    const ticks = audio.of("tick").filter(({ item }) => item === 1);
    assert.ok(ticks.every(({ samples }, i) => i === 0 || Math.abs(samples - ticks[i - 1].samples - 1200) < 140));
  });

  test(`at ${rateHz} Hz a flush counts what sounded`, () => {
    const audio = worklet({ rateHz });
    push(audio, speech(24_000));
    const before = audio.play(0.3 * rateHz);
    const { samples } = flush(audio, 2);
    const sounded = sounding(before).length + 128;
    assert.ok(Math.abs(samples - (sounded * 24_000) / rateHz) < 2, `${samples}, ${sounded}`);
  });
}

test("a closed processor ends", () => {
  const audio = worklet();
  audio.step();
  assert.equal(audio.isOpen, true);
  audio.tell({ type: "close" });
  audio.step();
  assert.equal(audio.isOpen, false);
});

// ---- what has been heard

test("what is on its way through the device has not been heard", () => {
  const report = { samples: 24_000, at: 2 };
  // 50 ms ago the moment 1.9 came out of the device: now it is 1.95, and 50 ms are on their way.
  assert.equal(heardSamples(report, { contextTime: 1.9, performanceTime: 950 }, 1000, 0.3), 24_000 - 50 * MS);
  assert.equal(heardSamples(report, null, 1000, 0.25), 18_000);
  assert.equal(heardSamples(report, { contextTime: 0, performanceTime: 0 }, 1000, 0), 24_000);
  assert.equal(heardSamples({ samples: 100, at: 2 }, { contextTime: 1, performanceTime: 1000 }, 1000, 0), 0);
  assert.equal(heardSamples(report, { contextTime: 5, performanceTime: 1000 }, 1000, 0), 24_000);
});

// ---- over a browser that the test plays

function browser({ state = "running", answers = true } = {}) {
  const made = { contexts: [], nodes: [], now: 0, timers: [] };
  class Context {
    constructor(options) {
      const gain = { value: 1, setTargetAtTime: (value) => (gain.value = value) };
      Object.assign(this, { options, state, destination: {}, currentTime: 0, baseLatency: 0.01 });
      this.audioWorklet = { addModule: async () => made.load?.() };
      this.createGain = () => ({ gain, connect() {} });
      this.gain = gain;
      made.contexts.push(this);
    }
    async resume() {
      if (made.allows) this.state = "running";
    }
    async close() {
      this.state = "closed";
    }
  }
  class Node {
    constructor() {
      this.told = [];
      this.port = { postMessage: (message) => this.hear(message) };
      made.nodes.push(this);
    }
    hear(message) {
      this.told.push(message);
      const report = { epoch: 1, item: 4, samples: 4800, at: 0, buffered: 0, counts: {} };
      if (message.type === "flush" && answers) queueMicrotask(() => this.port.onmessage({ data: { type: "flushed", id: message.id, ...report } }));
    }
    say(data) {
      this.port.onmessage({ data: { at: 0, buffered: 0, counts: {}, level: 0, ...data } });
    }
    connect() {}
    disconnect() {}
  }
  made.host = {
    AudioContext: Context,
    AudioWorkletNode: Node,
    Blob,
    URL: { createObjectURL: () => "blob:", revokeObjectURL() {} },
    performance: { now: () => made.now },
    setTimeout: (work) => made.timers.push(work),
    clearTimeout() {},
  };
  return made;
}

function speaker(played) {
  const states = [];
  const reports = [];
  const made = createSpeaker({
    host: played.host,
    onState: (told) => states.push(told.state),
    onPlayed: (report) => reports.push(report),
  });
  return { made, states, reports };
}

test("what comes while the worklet is being loaded is played once it is there", async () => {
  const played = browser();
  const { made, states } = speaker(played);
  const started = made.start();
  made.push({ epoch: 1, item: 1, pcm: speech(10) });
  made.end({ epoch: 1, item: 1 });

  assert.equal(await started, true);
  assert.deepEqual(played.nodes[0].told.map(({ type }) => type), ["push", "end"]);
  assert.deepEqual(states, ["starting", "ready"]);
});

test("a speaker that was never started keeps nothing", async () => {
  const played = browser();
  const { made } = speaker(played);
  made.push({ epoch: 1, item: 1, pcm: speech(10) });
  await made.start();
  assert.deepEqual(played.nodes[0].told, []);
});

test("a flush while the worklet is being loaded drops what waits for it", async () => {
  const played = browser();
  const { made } = speaker(played);
  const started = made.start();
  made.push({ epoch: 1, item: 1, pcm: speech(10) });
  assert.equal((await made.flush()).item, null);
  await started;
  assert.deepEqual(played.nodes[0].told, []);
});

test("reports come at most ten times a second, and always at the end", async () => {
  const played = browser();
  const { made, reports } = speaker(played);
  await made.start();
  for (let tick = 0; tick < 20; tick++) {
    played.now = tick * 50;
    played.nodes[0].say({ type: "tick", epoch: 1, item: 1, samples: tick * 1200 });
  }
  played.nodes[0].say({ type: "done", epoch: 1, item: 1, samples: 24_000 });

  assert.equal(reports.length, 11);
  assert.deepEqual(reports.at(-1), { epoch: 1, item: 1, samples: 24_000, heard: 24_000, done: true });
  assert.equal(reports[5].samples - reports[5].heard, 240); // the 10 ms that its context says are on their way
});

test("a flush tells what was played, and earlier epochs are dropped before they reach the worklet", async () => {
  const played = browser();
  const { made, states } = speaker(played);
  await made.start();
  made.push({ epoch: 1, item: 4, pcm: speech(10) });
  played.nodes[0].say({ type: "tick", epoch: 1, item: 4, samples: 100 });

  const { epoch, item, samples } = await made.flush();
  made.push({ epoch: 1, item: 4, pcm: speech(10) });
  made.end({ epoch: 1, item: 4 });
  made.push({ epoch: 2, item: 5, pcm: speech(10) });

  assert.deepEqual([epoch, item, samples], [1, 4, 4800]);
  assert.deepEqual(played.nodes[0].told.map(({ type, epoch: of, before }) => [type, of ?? before]), [["push", 1], ["flush", 2], ["push", 2]]);
  assert.deepEqual(states, ["starting", "ready", "playing", "ready"]);
});

test("a context that stands still does not keep a flush waiting", async () => {
  const played = browser({ answers: false });
  const { made } = speaker(played);
  await made.start();
  made.push({ epoch: 1, item: 4, pcm: speech(10) });
  played.nodes[0].say({ type: "tick", epoch: 1, item: 4, samples: 2400 });

  const flushed = made.flush(3);
  for (const work of played.timers) work();

  assert.deepEqual((await flushed).samples, 2400);
});

test("a page that may not sound yet says so, and a click lets it", async () => {
  const played = browser({ state: "suspended" });
  const { made, states } = speaker(played);
  await made.start();
  assert.equal(made.state.state, "blocked");

  played.allows = true;
  await made.resume();

  assert.deepEqual(states, ["starting", "blocked", "ready"]);
});

test("a browser without worklets is told as a failure, and leaves nothing open", async () => {
  const played = browser();
  played.load = () => Promise.reject(new Error("no worklets"));
  const { made } = speaker(played);

  assert.equal(await made.start(), false);
  assert.deepEqual(made.state, { state: "failed", reason: "no worklets" });
  assert.equal(played.contexts[0].state, "closed");
});

test("volume is kept within its bounds and over a restart", async () => {
  const played = browser();
  const { made } = speaker(played);
  made.volume = 7;
  assert.equal(made.volume, 1);
  made.volume = 0.25;
  await made.start();
  assert.equal(played.contexts[0].gain.value, 0.25);
  made.volume = 0.5;
  assert.equal(played.contexts[0].gain.value, 0.5);
});

test("a close lets go of the device, and it can be started again", async () => {
  const played = browser();
  const { made, states } = speaker(played);
  await made.start();
  await made.close();
  assert.equal(played.contexts[0].state, "closed");
  await made.start();
  assert.deepEqual(states, ["starting", "ready", "off", "starting", "ready"]);
  assert.equal(played.contexts.length, 2);
});
