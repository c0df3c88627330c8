// The sound of a page, over a browser and a kernel that the test plays.
import assert from "node:assert/strict";
import { test } from "node:test";
import { browser } from "./browser.mjs";
import { load } from "./load.mjs";

const { createSound } = await load("voice_sound.js");

/** A page whose comm leads to a kernel that answers, or not. */
function page({ isThere = true } = {}) {
  const played = browser();
  const kernel = { isThere, heard: [] };
  const made = createSound({
    client: "page",
    host: played.host,
    changed() {},
    comm(message, buffers) {
      if (!kernel.isThere) throw new Error("no kernel");
      for (const part of message.parts) kernel.heard.push(typeof part === "number" ? buffers[part] : part);
      for (const { kind, at } of message.urgent) {
        if (kind === "hello") kernel.say({ kind: "welcome", epoch: 1, n: 0, again: false, got: 0 });
        if (kind === "ping") kernel.say({ kind: "pong", at, sent: 0, got: 0 });
      }
    },
  });
  kernel.say = (urgent) => made.receiveComm({ kind: "line", to: "page", first: 1, parts: [], urgent: [urgent] }, []);
  return { made, kernel, played };
}

/** @param {() => unknown} condition to wait for */
async function until(condition) {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, `waited in vain for ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("a microphone that is switched on is told to the kernel, and when it is switched off", async () => {
  const { made, kernel } = page();
  made.open(null);

  assert.equal(await made.start(), true);
  await until(() => kernel.heard.some(({ kind }) => kind === "start"));
  made.stop();
  await until(() => kernel.heard.some(({ kind }) => kind === "stop"));

  assert.equal(made.state.isOpen, false);
  made.close();
});

test("no microphone stays on while no way leads to the kernel", async () => {
  const { made, kernel, played } = page({ isThere: false });
  made.open(null);
  await until(() => made.state.line.state === "lost");

  await made.start();

  await until(() => made.state.line.state === "lost" && !made.state.isOpen);
  assert.ok(played.tracks.every(({ readyState }) => readyState === "ended"));
  kernel.isThere = true;
  assert.equal(await made.start(), true);
  await until(() => made.state.line.state === "open");
  assert.equal(made.state.isOpen, true);
  made.close();
});

test("a page that is closed hears no more of microphones that come and go", async () => {
  const { made, played } = page();
  made.open(null);
  await made.start();
  assert.equal(played.listeners.length, 1);

  made.close();

  assert.deepEqual(played.listeners, []);
  assert.ok(played.tracks.every(({ readyState }) => readyState === "ended"));
});
