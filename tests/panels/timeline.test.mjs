// The pure parts of the timeline's page; run by test_page_side.py, or by hand: node --test tests/panels
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { isTurnOpen, longestOf, placeOf, scaleOf, ticksOf, turnSentence, whenWords } = await load("timeline.js");

const bar = (from, to, more = {}) => ({ k: "request", label: "Reply", name: "", from, to, first: null, ...more });
const times = (entries, more = {}) => ({ ms: 100, first: null, waited: null, now: null, tokens: "", cost: "–", entries, ...more });

test("the scale goes from the first moment to the last", () => {
  assert.deepEqual(scaleOf(times([bar(5, 40), bar(50, 90)]), 0), { from: 0, to: 100 });
  assert.deepEqual(scaleOf(times([bar(-500, 0), bar(10, 4100)]), 0), { from: -500, to: 4100 });
});

test("the scale of a turn that runs goes up to now", () => {
  assert.deepEqual(scaleOf(times([bar(5, null)], { ms: null }), 700), { from: 0, to: 700 });
  assert.deepEqual(scaleOf(times([], { ms: null }), 0), { from: 0, to: 1 });
});

test("ticks are round, few, and one of them is the beginning of the turn", () => {
  assert.deepEqual(ticksOf({ from: 0, to: 3124 }), [0, 1000, 2000, 3000]);
  assert.deepEqual(ticksOf({ from: -520, to: 4100 }), [0, 1000, 2000, 3000, 4000]);
  for (const to of [1, 7, 99, 100, 101, 1234, 60_000, 1e7]) {
    for (const from of [0, -3, -5000]) {
      const ticks = ticksOf({ from, to });
      assert.ok(ticks.includes(0), `${from} ${to}`);
      assert.ok(ticks.length <= 6, `${ticks}`);
      assert.ok(ticks.every((tick) => tick >= from && tick <= to), `${ticks}`);
    }
  }
});

test("a bar lies where it began and is as wide as it took", () => {
  const scale = { from: -100, to: 900 };
  assert.deepEqual(placeOf(bar(100, 300), scale), { left: 20, width: 20, waited: 0 });
  assert.deepEqual(placeOf(bar(100, 300, { first: 250 }), scale), { left: 20, width: 20, waited: 75 });
  assert.deepEqual(placeOf(bar(400, null), scale), { left: 50, width: 50, waited: 0 });
});

test("nothing of a bar lies outside it, whatever the clocks said", () => {
  const scale = { from: 0, to: 100 };
  assert.equal(placeOf(bar(10, 20, { first: 5 }), scale).waited, 0);
  assert.equal(placeOf(bar(10, 20, { first: 99 }), scale).waited, 100);
  assert.equal(placeOf(bar(10, 10, { first: 10 }), scale).waited, 0);
});

test("when a bar began is told in words", () => {
  assert.equal(whenWords(bar(12, 20)), "began at 12 ms");
  assert.equal(whenWords(bar(-520, 0)), "began 520 ms before the turn");
  assert.equal(whenWords(bar(1895, 3120, { first: 2304 })), "began at 1.9 s, first words after 409 ms");
});

test("a turn is one sentence", () => {
  const turn = { n: 3, status: "completed", ...times([]) };
  assert.equal(turnSentence({ ...turn, ms: 1730, waited: 1280 }), "Turn 3 took 1.7 s, first words after 1.3 s");
  assert.equal(turnSentence({ ...turn, status: "cancelled" }), "Turn 3 took 100 ms, cancelled");
});

test("the longest turn gives the strips their common scale", () => {
  const turns = [{ n: 1, ...times([bar(-50, 10)]) }, { n: 2, ...times([], { ms: null }) }];
  assert.equal(longestOf(turns, () => 70), 150);
  assert.equal(longestOf(turns, () => 700), 700);
  assert.equal(longestOf([], () => 0), 1);
});

test("the newest turn is open unless somebody has closed it", () => {
  assert.equal(isTurnOpen(2, 2, new Map()), true);
  assert.equal(isTurnOpen(1, 2, new Map()), false);
  assert.equal(isTurnOpen(2, 2, new Map([[2, false]])), false);
  assert.equal(isTurnOpen(1, 2, new Map([[1, true]])), true);
});
