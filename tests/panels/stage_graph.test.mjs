// The pure parts of the stage graph's page; run by test_page_side.py, or by hand: node --test tests/panels
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const {
  addedMoves, bend, centred, fitted, isArrow, kept, marksOf, matching, moveSentence, movesOf, nameOf, neighbours,
  nextStage, opening, revealing, stageWords, waysByKey, zoomed,
} = await load("stage_graph.js");

const stage = (name, more = {}) => ({ id: `stage-${name}`, name, goal: "", ...more });
const way = (from, choice, to, more = {}) => ({
  id: `outcome-${choice}`, line: `line-${choice}`, kind: "outcome", choice, from: [from].flat(), to, when: "", examples: [], ...more,
});
const move = (choice, more = {}) => ({
  kind: "outcome", source: "a", target: "b", choice, from: "stage-a", to: "stage-b", way: `outcome-${choice}`, options: [], ms: 1, ...more,
});
const view = (turns, more = {}) => ({
  now: "stage-a", path: [], reachable: [], visits: {}, taken: {}, turns,
  graph: { stages: [stage("a"), stage("b")], ways: [], problems: [], renamed: {} }, ...more,
});
const turn = (n, ...entries) => ({ n, user: `words ${n}`, at: 1000 * n, entries });

// ---- moves

test("moves are told in order, each with the turn's words and time", () => {
  const moves = movesOf(view([turn(1, move("x"), move("y")), turn(4, move("z"))]));
  assert.deepEqual(moves.map(({ key, n, user, at }) => [key, n, user, at]), [
    ["1.0", 1, "words 1", 1000], ["1.1", 1, "words 1", 1000], ["4.0", 4, "words 4", 4000],
  ]);
});

const keys = (...names) => names.map((key) => ({ key }));

test("moves that have come are those after the last one known", () => {
  assert.deepEqual(addedMoves(keys("1.0"), keys("1.0", "1.1", "2.0")), keys("1.1", "2.0"));
  assert.deepEqual(addedMoves([], keys("1.0")), keys("1.0"));
  assert.deepEqual(addedMoves(keys("1.0"), keys("1.0")), []);
});

test("nothing has come for a page that knew nothing, nor when moves were taken back", () => {
  assert.deepEqual(addedMoves(null, keys("1.0", "2.0")), []);
  assert.deepEqual(addedMoves(keys("1.0", "2.0"), keys("1.0")), []);
  assert.deepEqual(addedMoves(keys("1.0", "2.0"), []), []);
});

test("a move is one sentence", () => {
  assert.equal(moveSentence(move("paid", { kind: "end", target: "_end_" })), "From a to _end_: the end, paid");
  assert.equal(moveSentence(move("b", { kind: "jump" })), "From a to b: a jump, b");
  assert.equal(moveSentence(move("moon", { kind: "refused" })), "moon was refused in a");
});

// ---- arrow keys

const places = new Map([
  ["top", { x: 0, y: 0 }], ["left", { x: -100, y: 100 }], ["right", { x: 100, y: 100 }], ["bottom", { x: 0, y: 200 }], ["far", { x: 20, y: 900 }],
]);

test("an arrow leads to the neighbour that lies that way", () => {
  assert.equal(nextStage("top", "ArrowDown", places, new Set(["far"])), "far");
  assert.equal(nextStage("left", "ArrowRight", places, new Set(["right", "bottom"])), "right");
  assert.equal(nextStage("bottom", "ArrowUp", places, new Set(["left", "top"])), "top");
});

test("without a neighbour that way it leads to the nearest stage that lies there", () => {
  assert.equal(nextStage("top", "ArrowDown", places, new Set()), "bottom");
  assert.equal(nextStage("right", "ArrowLeft", places, new Set(["far"])), "left");
});

test("where nothing lies it leads nowhere", () => {
  assert.equal(nextStage("top", "ArrowUp", places, new Set(["bottom"])), null);
  assert.equal(nextStage("nobody", "ArrowUp", places, new Set()), null);
  assert.equal(nextStage("top", "Enter", places, new Set(["bottom"])), null);
  assert.equal(isArrow("toString"), false);
});

test("every stage can be come to with arrows from every other one", () => {
  const seen = new Set(["top"]);
  for (const id of seen) {
    for (const key of ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]) {
      const next = nextStage(id, key, places, new Set());
      if (next) seen.add(next);
    }
  }
  assert.equal(seen.size, places.size);
});

test("neighbours are where a move leads to and where one comes from", () => {
  const ways = [way("a", "x", "b"), way(["b", "c", "d"], "j", "a"), way("a", "back", null), way("a", "self", "a"), way("x", "y", "z")];
  assert.deepEqual([...neighbours(ways, "a")].sort(), ["b", "c", "d"]);
});

// ---- finding

const some = [stage("ask_name", { goal: "Learn the name." }), stage("rename"), stage("city", { goal: "Ask where they live." }), stage("_end_", { end: true })];
const found = (typed) => matching(some, typed).map((one) => one.name);

test("names that begin with what was typed come first, then names and goals that hold it", () => {
  assert.deepEqual(found("ask"), ["ask_name", "city"]);
  assert.deepEqual(found("name"), ["ask_name", "rename"]);
  assert.deepEqual(found("re"), ["rename", "city"]);
});

test("spaces, underscores and capitals make no difference, and nothing typed finds all", () => {
  assert.deepEqual(found("ASK-name "), ["ask_name"]);
  assert.deepEqual(found("  "), some.map((one) => one.name));
  assert.deepEqual(found("zebra"), []);
  assert.deepEqual(found("end"), ["_end_"]);
});

// ---- marks

test("a stage says what it is and what happened there", () => {
  const marks = { now: true, trail: "1, 3", visits: 2, open: false };
  assert.equal(stageWords(stage("a"), marks), "a, the conversation stands here, on the trail, place 1, 3, entered 2 times");
  assert.equal(stageWords(stage("", { unreachable: true }), { ...marks, now: false, trail: "", visits: 0, open: true }), "(no name), can be reached from here, cannot be reached");
  assert.equal(nameOf(stage("_end_", { end: true })), "end");
});

test("marks are those of the view, a stage that is twice on the trail with both places", () => {
  const marks = marksOf(view([], { path: ["stage-b", "stage-a", "stage-b"], visits: { "stage-a": 3 }, reachable: [["w", "stage-b"]] }));
  assert.deepEqual(marks.get("stage-a"), { now: true, trail: "2", visits: 3, open: false });
  assert.deepEqual(marks.get("stage-b"), { now: false, trail: "1, 3", visits: 0, open: true });
});

test("a line stands for all its ways, a label for its own, a mark for those that come or go there", () => {
  const lines = new Map([["line", { from: "stage-a", to: "mark-back" }], ["jump", { from: "mark-any", to: "stage-a" }]]);
  const ways = [way("a", "x", null, { line: "line" }), way("a", "y", null, { line: "line" }), way(["b"], "a", "a", { id: "jump", line: "jump" })];
  const known = waysByKey(ways, lines);
  assert.deepEqual(known.get("line"), ["outcome-x", "outcome-y"]);
  assert.deepEqual(known.get("mark-back"), ["outcome-x", "outcome-y"]);
  assert.deepEqual(known.get("outcome-x"), ["outcome-x"]);
  assert.deepEqual(known.get("jump"), ["jump"]);
  assert.deepEqual(known.get("mark-any"), ["jump"]);
});

// ---- the camera

const sheet = { width: 1000, height: 2000 };
const room = { width: 500, height: 400 };
const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-6, `${a} is not ${b}`);

test("all of a drawing fits and lies in the middle, and is never blown up", () => {
  const at = fitted(sheet, room);
  assert.ok(at.k * sheet.height <= room.height && at.k * sheet.width <= room.width);
  near(at.x + (at.k * sheet.width) / 2, room.width / 2);
  near(at.y + (at.k * sheet.height) / 2, room.height / 2);
  assert.equal(fitted({ width: 10, height: 10 }, room).k, 1);
});

test("the point under the pointer stays where it is while zooming, within limits", () => {
  const before = { x: 12, y: -30, k: 0.7 };
  const after = zoomed(before, 1.5, 200, 100);
  near((200 - before.x) / before.k, (200 - after.x) / after.k);
  near((100 - before.y) / before.k, (100 - after.y) / after.k);
  assert.ok(zoomed(before, 1e9, 0, 0).k <= 2.5 && zoomed(before, 1e-9, 0, 0).k >= 0.05);
});

test("a drawing that cannot be read as a whole opens around the point that matters", () => {
  const at = opening(sheet, room, { x: 500, y: 1000 });
  assert.equal(at.k, 0.9);
  near(at.y + 1000 * at.k, room.height / 2);
  assert.deepEqual(opening({ width: 300, height: 300 }, room, { x: 1, y: 1 }), fitted({ width: 300, height: 300 }, room));
  assert.ok(opening(sheet, room, { x: 0, y: 0 }).y > 0, "no empty ground above the first stage, but a margin");
});

test("a box that is seen leaves the camera alone, and another is moved into sight", () => {
  const at = { x: 0, y: 0, k: 1 };
  const box = (x, y) => ({ x, y, width: 100, height: 40 });
  assert.equal(revealing(at, box(250, 200), room), at);
  for (const [x, y] of [[-300, 200], [900, 200], [250, -50], [250, 900]]) {
    const next = revealing(at, box(x, y), room);
    assert.ok(next.x + x - 50 >= 0 && next.x + x + 50 <= room.width, `${x} lies across`);
    assert.ok(next.y + y - 20 >= 0 && next.y + y + 20 <= room.height, `${y} lies down`);
  }
});

test("a box larger than the canvas is shown in the middle rather than tugged about", () => {
  const at = revealing({ x: 0, y: 0, k: 1 }, { x: 400, y: 300, width: 900, height: 900 }, room);
  assert.deepEqual(revealing(at, { x: 400, y: 300, width: 900, height: 900 }, room), at);
});

test("a drawing can be dragged only so far that some of it is still seen", () => {
  const away = kept({ x: 9999, y: -9999, k: 1 }, sheet, room);
  assert.ok(away.x < room.width && away.y + sheet.height > 0);
  near(centred({ x: 0, y: 0, k: 2 }, { x: 10, y: 20 }, room).x + 20, room.width / 2);
});

test("a curve between two boxes begins and ends at their edges", () => {
  const [one, other] = [{ x: 0, y: 0, width: 100, height: 40 }, { x: 400, y: 0, width: 100, height: 40 }];
  const numbers = bend(one, other).match(/-?[\d.]+/g).map(Number);
  assert.ok(numbers[0] > 45 && numbers[0] < 60);
  assert.ok(numbers[4] > 340 && numbers[4] < 355);
  assert.ok(!bend(one, { ...one }).includes("NaN"));
});
