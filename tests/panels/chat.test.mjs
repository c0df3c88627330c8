// The pure parts of the pages of panels that show a conversation; run by test_page_side.py, or by hand: node --test tests/panels
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const {
  activity, applyAll, createLine, duration, emptyStore, endWords, keepTranscript, moveWords, receive, stillPending,
} = await load("chat.js");

const turn = (n, ...entries) => ({ n, user: `message ${n}`, status: "completed", at: 0, ms: 0, entries });
const text = (...html) => ({ k: "text", html });
const view = (...turns) => ({
  stage: "a", trail: [], busy: false, hidden: 0, closed: false, queue: [], taken: [], returned: [], alerts: [], turns,
});
const snapshot = (seq, shown, epoch = "e") => ({ kind: "snapshot", epoch, seq, for: [], view: shown });
const update = (seq, ops, epoch = "e") => ({ kind: "update", epoch, seq, ops });

function through(...messages) {
  return messages.reduce(
    ({ store, asks }, message) => {
      const step = receive(store, message);
      return { store: step.store, asks: [...asks, step.ask] };
    },
    { store: emptyStore(), asks: [] },
  );
}

/** A kernel line whose clock the test moves, and whose messages it reads. */
function line() {
  const made = { sent: [], other: [], changes: 0, now: 0, due: [], fails: false };
  const deliver = (where) => (message) => {
    if (made.fails) throw new Error("Cannot send");
    where.push(message);
  };
  made.line = createLine({
    send: deliver(made.sent),
    sendOther: deliver(made.other),
    changed: () => made.changes++,
    now: () => made.now,
    later: (work, ms) => made.due.push([made.now + ms, work]),
    client: "page",
  });
  made.pass = (ms) => {
    const end = made.now + ms;
    for (;;) {
      made.due.sort(([a], [b]) => a - b);
      if (made.due.length === 0 || made.due[0][0] > end) break;
      const [at, work] = made.due.shift();
      made.now = at;
      work();
    }
    made.now = end;
  };
  return made;
}

// ---- numbered messages

test("an update before any snapshot is not used, and everything is asked for", () => {
  const { store, asks } = through(update(7, [["state", { stage: "b" }]]));
  assert.deepEqual(asks, [true]);
  assert.equal(store.view.stage, "");
});

test("a snapshot is the view, and the next number goes on from it", () => {
  const { store, asks } = through(snapshot(3, view()), update(4, [["state", { stage: "b" }]]));
  assert.deepEqual(asks, [false, false]);
  assert.equal(store.view.stage, "b");
});

test("a missing number stops the updates until the next snapshot", () => {
  const { store, asks } = through(
    snapshot(1, view()),
    update(3, [["state", { stage: "lost" }]]),
    update(4, [["state", { stage: "lost" }]]),
    snapshot(5, { ...view(), stage: "whole" }),
    update(6, [["state", { stage: "on" }]]),
  );
  assert.deepEqual(asks, [false, true, true, false, false]);
  assert.equal(store.view.stage, "on");
});

test("a message that comes twice is used once", () => {
  const add = update(2, [["turn", turn(1)]]);
  const { store, asks } = through(snapshot(1, view()), add, add, snapshot(1, view()));
  assert.deepEqual(asks, [false, false, false, false]);
  assert.equal(store.view.turns.length, 1);
});

test("an update of an earlier panel that is replayed asks for everything and changes nothing", () => {
  const { store, asks } = through(snapshot(1, view()), update(2, [["state", { stage: "old" }]], "before"));
  assert.deepEqual(asks, [false, true]);
  assert.equal(store.view.stage, "a");
});

test("what only another page asked for is not read by a page that has it all", () => {
  const have = receive(emptyStore(), snapshot(1, view(turn(1))), "me").store;
  const asked = (...pages) => ({ ...snapshot(2, view(turn(1))), for: pages });
  assert.equal(receive(have, asked("other"), "me").store.view, have.view);
  assert.equal(receive(have, asked("other"), "me").store.seq, 2);
  assert.notEqual(receive(have, asked("other", "me"), "me").store.view, have.view);
  assert.notEqual(receive({ ...have, inSync: false }, asked("other"), "me").store.view, have.view);
});

test("a message of an unknown kind is left alone", () => {
  const { store, asks } = through(snapshot(1, view()), { kind: "later_invention" });
  assert.deepEqual(asks, [false, false]);
  assert.equal(store.seq, 1);
});

// ---- operations

test("turns are kept in the order of their numbers, whatever order they come in", () => {
  const shown = applyAll(view(turn(5)), [["turn", turn(6)], ["turn", turn(2)]]);
  assert.deepEqual(shown.turns.map((t) => t.n), [2, 5, 6]);
});

test("dropping takes away just the turns named", () => {
  assert.deepEqual(applyAll(view(turn(1), turn(2), turn(3)), [["drop", [2, 3]]]).turns.map((t) => t.n), [1]);
});

test("setting changes a turn's fields and leaves its entries", () => {
  const [changed] = applyAll(view(turn(1, text("x"))), [["set", 1, { status: "failed" }]]).turns;
  assert.equal(changed.status, "failed");
  assert.deepEqual(changed.entries, [text("x")]);
});

test("a growing text keeps its finished blocks", () => {
  const before = view(turn(1, text("<p>one</p>", "<p>tw</p>")));
  const [grown] = applyAll(before, [["text", 1, 0, 1, ["<p>two</p>", "<p>three</p>"]]]).turns;
  assert.deepEqual(grown.entries[0].html, ["<p>one</p>", "<p>two</p>", "<p>three</p>"]);
});

test("a text can be an entry's first operation", () => {
  const [grown] = applyAll(view(turn(1)), [["text", 1, 0, 0, ["<p>a</p>"]]]).turns;
  assert.deepEqual(grown.entries, [text("<p>a</p>")]);
});

test("what an operation does not touch is the same object, so that it is not drawn again", () => {
  const before = view(turn(1, text("x")), turn(2, text("y"), text("z")));
  const after = applyAll(before, [["entry", 2, 1, text("new")]]);
  assert.equal(after.turns[0], before.turns[0]);
  assert.equal(after.turns[1].entries[0], before.turns[1].entries[0]);
  assert.notEqual(after.turns[1].entries[1], before.turns[1].entries[1]);
});

test("an operation for a turn that is gone does nothing", () => {
  const before = view(turn(1));
  assert.deepEqual(applyAll(before, [["entry", 9, 0, text("x")], ["set", 9, { status: "x" }], ["from_the_future"]]), before);
});

// ---- the line to the kernel

test("a command carries an id of its own and the page's name", () => {
  const { line: it, sent } = line();
  it.send("send", { text: "hi" });
  it.send("stop");
  assert.deepEqual(sent, [
    { kind: "send", client: "page", command: "page-1", text: "hi" },
    { kind: "stop", client: "page", command: "page-2" },
  ]);
});

test("a command that is answered in time is sent once and the kernel counts as live", () => {
  const made = line();
  const command = made.line.send("send", { text: "hi" });
  made.pass(100);
  made.line.acknowledge(command);
  made.pass(60_000);
  assert.equal(made.other.length, 0);
  assert.equal(made.line.health, "live");
});

test("a command that is not answered goes the other way too, under the same id", () => {
  const made = line();
  made.line.send("send", { text: "hi" });
  made.pass(3_000);
  assert.equal(made.other.length, 1);
  assert.deepEqual(made.other, made.sent);
});

test("a command that is lost both ways is sent again, over each in turn, more and more seldom", () => {
  const made = line();
  const command = made.line.send("send", { text: "hi" });
  const counts = [3, 10, 30, 90, 120, 3600].map((second) => {
    made.pass(second * 1000 - made.now);
    return [made.sent.length, made.other.length];
  });
  assert.deepEqual(counts, [[1, 1], [2, 1], [2, 2], [3, 2], [3, 3], [5, 4]]);
  assert.equal(new Set([...made.sent, ...made.other].map((message) => message.command)).size, 1);
  made.line.acknowledge(command);
  made.pass(36_000_000);
  assert.deepEqual([made.sent.length, made.other.length], [5, 4]);
});

test("what would mean something else much later is sent twice at most", () => {
  for (const kind of ["stop", "away"]) {
    const made = line();
    made.line.send(kind);
    made.pass(3_600_000);
    assert.deepEqual([made.sent.length, made.other.length], [1, 1]);
  }
});

test("two seconds without an answer count as busy, half a minute as silence, and an answer ends it", () => {
  const made = line();
  const command = made.line.send("send", { text: "hi" });
  made.pass(1_900);
  assert.equal(made.line.health, "live");
  made.pass(400);
  assert.equal(made.line.health, "busy");
  made.pass(30_000);
  assert.equal(made.line.health, "silent");
  made.line.acknowledge(command);
  assert.equal(made.line.health, "live");
});

test("the kernel counts as busy as long as one command is open", () => {
  const made = line();
  const [first, second] = [made.line.send("send", { text: "a" }), made.line.send("stop")];
  made.pass(3_000);
  made.line.acknowledge(first);
  assert.equal(made.line.health, "busy");
  made.line.acknowledge(second);
  assert.equal(made.line.health, "live");
});

test("a message that cannot be sent means that the kernel is gone for good", () => {
  const made = line();
  made.fails = true;
  const command = made.line.send("ping");
  made.line.acknowledge(command);
  made.pass(60_000);
  assert.equal(made.line.health, "gone");
  assert.equal(made.changes, 1);
});

test("pings keep their distance and do not pile up", () => {
  const made = line();
  const pings = () => new Set(made.sent.map(({ command }) => command)).size;
  made.now = 10_000;
  made.line.ping();
  made.line.ping();
  assert.equal(pings(), 1);
  made.pass(20_000);
  made.line.ping();
  assert.equal(pings(), 1, "one that is not answered is enough");
  made.line.acknowledge(made.sent[0].command);
  made.line.ping();
  assert.equal(pings(), 2);
});

test("a message stays pending until the kernel names it", () => {
  const pending = [{ command: "page-1", text: "a", turn: null }, { command: "page-2", text: "b", turn: null }];
  assert.deepEqual(stillPending(pending, { ...view(), taken: ["page-1"] }), [pending[1]]);
});

// ---- words

test("durations are short and have a unit", () => {
  assert.deepEqual([0.4, 12, 999, 1000, 61_500].map(duration), ["0 ms", "12 ms", "999 ms", "1.0 s", "1 min 2 s"]);
  assert.deepEqual([999.7, 59_960, 119_800].map(duration), ["1.0 s", "1 min 0 s", "2 min 0 s"], "rounded as a whole");
});

test("the header says what the bot does", () => {
  const running = (...entries) => view({ ...turn(1, ...entries), status: "running" });
  const tool = { k: "tool", name: "look_up", status: "running" };
  assert.equal(activity(view(), []), "Ready");
  assert.equal(activity(view(), [{ command: "c", text: "a", turn: null }]), "Sending…");
  assert.equal(activity({ ...view(), queue: [{ command: "c", text: "a" }] }, []), "Waiting for its turn…");
  assert.equal(activity(running(), []), "Thinking…");
  assert.equal(activity(running(tool), []), "Running look_up…");
  assert.equal(activity(running(tool, text("x")), []), "Replying…");
  assert.equal(activity({ ...view(), closed: true }, []), "Closed");
});

test("every kind of move and every end of a reply has its words", () => {
  const kinds = ["outcome", "jump", "backtrack", "end", "refused"];
  assert.equal(new Set(kinds.map((kind) => moveWords({ kind, choice: "x" }).icon)).size, kinds.length);
  assert.equal(endWords(turn(1)), "");
  for (const status of ["truncated", "cancelled", "refused", "filtered", "failed"]) {
    assert.notEqual(endWords({ ...turn(1), status }), "");
  }
});

test("the reason that a reply ended early is given where it says more than the end itself", () => {
  const ended = (status, notice) => ({ ...turn(1, text("x"), { k: "notice", text: notice }), status });
  assert.equal(endWords(ended("truncated", "truncated: a length limit")), "The reply was cut off: a length limit");
  assert.equal(endWords(ended("cancelled", "cancelled: the user interrupted")), "Stopped");
  assert.equal(endWords(ended("truncated", "trying again")), "The reply was cut off");
});

// ---- the notebook's copy

function notebook(...outputs) {
  const made = { written: [] };
  const list = outputs.map((data) => ({ data, toJSON: () => ({ output_type: "display_data", data, metadata: {} }) }));
  const area = { length: list.length, get: (k) => list[k], set: (k, output) => made.written.push([k, output]) };
  made.manager = { context: { model: { cells: { length: 1, get: () => ({ outputs: area }) } } } };
  return made;
}

const VIEW = "application/vnd.jupyter.widget-view+json";
const live = { [VIEW]: { model_id: "m1" } };
const copy = { "text/html": '<div class="inb-static">old</div>', "text/plain": "x" };

test("the transcript is put into the output after the panel's own", () => {
  const { manager, written } = notebook({ "text/plain": "before" }, live, copy);
  keepTranscript(manager, "m1", "<div>new</div>");
  assert.equal(written.length, 1);
  assert.equal(written[0][0], 2);
  assert.deepEqual(written[0][1].data, { "text/html": "<div>new</div>", "text/plain": "x" });
});

test("another panel's copy, an output that is no copy, and one that is the same are left alone", () => {
  for (const [outputs, html] of [
    [[{ [VIEW]: { model_id: "m2" } }, copy], "new"],
    [[live, { "text/html": "<b>mine</b>" }], "new"],
    [[live, copy], copy["text/html"]],
  ]) {
    const { manager, written } = notebook(...outputs);
    keepTranscript(manager, "m1", html);
    assert.equal(written.length, 0);
  }
});

test("a front end without a notebook model is no error", () => {
  keepTranscript(undefined, "m1", "x");
  keepTranscript({ context: null }, "m1", "x");
});
