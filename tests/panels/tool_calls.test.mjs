// The pure parts of the tool calls' page; run by test_page_side.py, or by hand: node --test tests/panels
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const {
  applyAll, argumentsLine, callSentence, countsOf, doingWords, exported, inLine, isRouting, laidOut, matches, newsOf, partsOf,
  passes, shownOf, stateOf, statusWords,
} = await load("tool_calls.js");

const tool = (more = {}) => ({
  k: "tool", id: "1.0", part: 0, stage: "here", status: "ok", ms: 12, call: "c1", name: "weather", arguments: '{"city": "Oslo"}', output: "snow", ...more,
});
const route = (more = {}) => ({
  k: "route", id: "1.1", part: 1, stage: "here", status: "ok", kind: "jump", source: "here", target: "menu", choice: "menu",
  options: ["menu", "paid"], trail: ["here"], said: "What is there?", ms: 321, ...more,
});
const written = (more = {}) => ({
  k: "written", id: "1.w0", part: 1, stage: "here", status: "writing", routing: false, call: "w", name: "weather", arguments: '{"ci', ...more,
});
const turn = (...entries) => ({ n: 1, user: "Is it warm in Oslo?", status: "running", at: 1000, ms: 0, entries });

test("arguments that grow are put after those that were there", () => {
  const view = { turns: [turn(tool(), written())] };
  const grown = applyAll(view, [["grow", 1, 1, 'ty"']]);
  assert.equal(grown.turns[0].entries[1].arguments, '{"city"');
  assert.equal(view.turns[0].entries[1].arguments, '{"ci', "a view is never changed");
});

// ---- what kind, and how it is doing

test("each call is of one kind, and does in one of a few ways", () => {
  assert.deepEqual([tool(), route(), written(), written({ routing: true })].map(isRouting), [false, true, false, true]);
  const states = { writing: "writing", running: "running", ok: "ok", dropped: "stopped", cancelled: "stopped" };
  for (const [status, state] of Object.entries(states)) assert.equal(stateOf({ status }), state);
  for (const status of ["error", "invalid", "unknown", "timeout", "refused"]) assert.equal(stateOf({ status }), "failed");
});

test("the status is said in words", () => {
  assert.equal(statusWords(written()), "arguments…");
  assert.equal(statusWords(written({ status: "dropped" })), "never made");
  assert.equal(statusWords(tool({ status: "timeout" })), "timed out");
  assert.equal(statusWords(route()), "jump");
  assert.equal(statusWords(route({ kind: "outcome" })), "moved");
});

test("a call is one sentence", () => {
  assert.equal(callSentence(tool()), "Tool weather: done after 12 ms");
  assert.equal(callSentence(route()), "Routing: from here to menu, jump menu");
  assert.equal(callSentence(route({ kind: "refused", status: "refused", choice: "moon" })), "Routing: moon was refused in here");
  assert.equal(callSentence(route({ kind: "refused", status: "refused", choice: "" })), "Routing: nothing was refused in here");
  assert.equal(callSentence(written({ routing: true, name: "classify_response" })), "Routing classify_response: arguments…");
});

test("what would hide is shown, where it differs", () => {
  assert.equal(shownOf(tool({ name: "a\u202eb", shown: { name: "a[U+202E]b" } }), "name"), "a[U+202E]b");
  assert.equal(shownOf(tool(), "name"), "weather");
  assert.equal(shownOf(written(), "output"), "");
});

// ---- which are wanted

test("filters leave calls of their kind", () => {
  const all = [tool(), tool({ status: "error" }), route(), route({ status: "refused", kind: "refused" }), written({ routing: true }), tool({ status: "cancelled" })];
  assert.deepEqual(countsOf([turn(...all)]), { all: 6, tools: 3, routing: 3, failed: 2 });
  assert.ok(all.every((entry) => passes(entry, "all")));
});

test("a search finds words anywhere in a call, in any order, and in what the user said", () => {
  const found = (query, entry = tool()) => matches(entry, turn(entry), query);
  assert.ok(found(""));
  assert.ok(found("  "));
  assert.ok(found("OSLO weather"));
  assert.ok(found("snow"));
  assert.ok(found("warm"));
  assert.ok(!found("snow rain"));
  assert.ok(found("paid menu", route()));
  assert.ok(found("sleet", tool({ runs: [{ run: 1, status: "ok", output: "sleet", ms: 1 }] })));
  assert.ok(matches(route(), { user: null }, "jump"));
  assert.ok(!matches(route(), { user: null }, "snow"));
});

// ---- texts

test("arguments stand in a line with their names", () => {
  assert.equal(argumentsLine('{\n  "city": "Oslo",\n  "days": [1, 2]\n}'), "city: Oslo · days: [1,2]");
  assert.equal(argumentsLine(""), "no arguments");
  assert.equal(argumentsLine("{}"), "no arguments");
  assert.equal(argumentsLine('{"broken": '), '{"broken":');
  assert.equal(argumentsLine("[1, 2]"), "[1, 2]");
  assert.equal(argumentsLine("null"), "null");
});

test("a long text is cut in a line, and JSON is laid out where there is room", () => {
  assert.equal(inLine("a\n\n  b"), "a b");
  assert.equal(inLine("x".repeat(301)).length, 301);
  assert.ok(inLine("x".repeat(301)).endsWith("…"));
  assert.equal(inLine("x".repeat(300)), "x".repeat(300));
  assert.ok(inLine(`${" ".repeat(700)}end`).endsWith("…"), "what is not looked at may be there");
  assert.equal(laidOut('{"a":1}'), '{\n  "a": 1\n}');
  assert.equal(laidOut("{a}"), "{a}");
  assert.equal(laidOut("snow"), "snow");
});

const keys = (entry) => partsOf(entry).map((part) => part.key);

test("a card has what is known, and runs beside the result", () => {
  assert.deepEqual(keys(tool({ status: "running" })), ["arguments"]);
  const runs = [{ run: 4, status: "running", output: "", ms: 0 }, { run: 5, status: "error", output: "no", ms: 8 }];
  assert.deepEqual(keys(tool({ runs })), ["arguments", "output", "run 4", "run 5"]);
  const [, output, first, second] = partsOf(tool({ status: "error", output: "gone", runs }));
  assert.deepEqual([output.label, output.state], ["Error", "failed"]);
  assert.equal(first.label, "Run again: runs; the model is not told");
  assert.deepEqual([second.label, second.all], ["Run again: failed, 8 ms; the model is not told", "no"]);
});

test("while arguments are written their end is seen", () => {
  const [part] = partsOf(written({ arguments: `start${"x".repeat(300)}end` }));
  assert.ok(part.line.startsWith("…") && part.line.endsWith("end"));
  assert.ok(part.all.startsWith("start"));
});

// ---- copies

test("a tool's call is copied with its arguments as JSON", () => {
  assert.deepEqual(exported(tool({ runs: [{ run: 1, status: "ok", output: "sleet", ms: 3 }] }), turn()), {
    turn: 1, user: "Is it warm in Oslo?", request: 0, stage: "here", kind: "tool", name: "weather", call_id: "c1", arguments: { city: "Oslo" },
    status: "ok", output: "snow", duration_ms: 12, run_again: [{ status: "ok", output: "sleet", duration_ms: 3 }],
  });
  assert.equal(exported(tool({ arguments: "{" }), turn()).arguments, "{");
  assert.deepEqual(exported(tool({ arguments: "" }), turn()).arguments, {});
});

test("a routing call is copied with options, choice and words", () => {
  assert.deepEqual(exported(route({ kind: "refused", why: "No." }), turn()), {
    turn: 1, user: "Is it warm in Oslo?", request: 1, stage: "here", kind: "routing", move: "refused", source: "here", target: "menu",
    options: ["menu", "paid"], choice: "menu", trail: ["here"], user_text: "What is there?", refused_because: "No.", duration_ms: 321,
  });
});

test("what is only written is copied as far as it came", () => {
  const copy = exported(written(), turn());
  assert.deepEqual([copy.kind, copy.status, copy.arguments], ["tool", "writing", '{"ci']);
  assert.ok(!("output" in copy));
});

// ---- news

test("the header says what is going on", () => {
  assert.equal(doingWords([turn(tool(), written())]), "Writing arguments…");
  assert.equal(doingWords([turn(tool({ status: "running" }))]), "Running weather…");
  assert.equal(doingWords([turn(tool({ status: "running" }), tool({ status: "running" }))]), "Running 2 tools…");
  assert.equal(doingWords([turn(tool())]), "");
  assert.equal(doingWords([]), "");
});

test("what ended since is news, and nothing is for a page that knew nothing", () => {
  const first = newsOf(null, [turn(tool(), tool({ id: "1.1", status: "running" }))]);
  assert.deepEqual(first.ended, []);

  const ended = tool({ id: "1.1", status: "error" });
  const second = newsOf(first.states, [turn(tool(), ended, written())]);
  assert.deepEqual(second.ended, [ended]);
  assert.deepEqual(newsOf(second.states, [turn(tool(), ended, written())]).ended, []);
});

test("calls of before that are asked for are no news", () => {
  const late = { ...turn(tool({ id: "5.0" })), n: 5 };
  const { states } = newsOf(null, [late]);
  assert.deepEqual(newsOf(states, [turn(tool()), late]).ended, []);
  const later = { ...turn(tool({ id: "6.0" })), n: 6 };
  assert.deepEqual(newsOf(states, [late, later]).ended.map((entry) => entry.id), ["6.0"]);
  assert.deepEqual(newsOf(newsOf(null, []).states, [turn(tool())]).ended.length, 1);
});

test("a run that goes on is no news, and one that ended is", () => {
  const run = (status) => tool({ runs: [{ run: 1, status, output: "", ms: 0 }] });
  const { states, ended } = newsOf(newsOf(null, [turn(tool())]).states, [turn(run("running"))]);
  assert.deepEqual(ended, []);
  assert.deepEqual(newsOf(states, [turn(run("ok"))]).ended, [run("ok")]);
});
