// The page side's streaming resampler; run by test_page_side.py, or by hand: node --test tests/panels
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { createResampler } = await load("resampler.js");

const RATES = [[48_000, 24_000], [44_100, 24_000], [16_000, 24_000], [24_000, 48_000], [24_000, 44_100], [24_000, 96_000]];

const tone = (hz, rateHz, count, level = 0.5) =>
  Float32Array.from({ length: count }, (_, i) => level * Math.sin((2 * Math.PI * hz * i) / rateHz));

/** Numbers that are always the same: a test must fail again when it is run again. */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function through(fromHz, toHz, pieces) {
  const resampler = createResampler(fromHz, toHz);
  const parts = [...pieces.map((piece) => resampler.push(piece)), resampler.flush()];
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

function cut(samples, next) {
  const pieces = [];
  for (let at = 0; at < samples.length; ) {
    const length = 1 + Math.floor(next() * 300);
    pieces.push(samples.slice(at, at + length));
    at += length;
  }
  return pieces;
}

test("a stream that has the right rate already is left as it is", () => {
  const samples = tone(440, 24_000, 100);
  assert.equal(createResampler(24_000, 24_000).push(samples), samples);
});

for (const [fromHz, toHz] of RATES) {
  test(`${fromHz} to ${toHz}: however a stream is cut, the same comes out`, () => {
    const next = numbers(fromHz + toHz);
    const samples = Float32Array.from({ length: 3000 }, () => next() * 2 - 1);
    const whole = through(fromHz, toHz, [samples]);
    for (let round = 0; round < 5; round++) assert.deepEqual(through(fromHz, toHz, cut(samples, next)), whole);
  });

  test(`${fromHz} to ${toHz}: as much time comes out as went in`, () => {
    for (const count of [0, 1, 2, 17, 240, 1001]) {
      const samples = new Float32Array(count);
      assert.equal(through(fromHz, toHz, [samples]).length, Math.ceil((count * toHz) / fromHz));
    }
  });

  test(`${fromHz} to ${toHz}: a tone keeps its pitch, its level and its place`, () => {
    const output = through(fromHz, toHz, [tone(1000, fromHz, fromHz)]);
    const ideal = tone(1000, toHz, toHz);
    // Not at the ends, where the silence around the stream is heard as well.
    for (let i = 200; i < toHz - 200; i++) assert.ok(Math.abs(output[i] - ideal[i]) < 1e-4, `${i}: ${output[i]}, ${ideal[i]}`);
  });
}

test("what 24 kHz cannot hold is taken out, not folded into what can be heard", () => {
  const output = through(48_000, 24_000, [tone(15_000, 48_000, 9600)]);
  assert.ok(Math.max(...output.slice(200, -200).map(Math.abs)) < 1e-3);
});

test("a constant stays what it is", () => {
  const output = through(44_100, 24_000, [new Float32Array(4410).fill(0.25)]);
  for (const sample of output.slice(100, -100)) assert.ok(Math.abs(sample - 0.25) < 1e-6);
});

test("its text runs by itself, as it must inside a worklet", () => {
  const made = new Function(`return ${createResampler}`)();
  assert.equal(made(48_000, 24_000).push(new Float32Array(480)).length > 200, true);
});
