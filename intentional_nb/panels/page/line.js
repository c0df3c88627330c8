/**
 * The line to the kernel: commands go out, each until it is answered.
 *
 *   page -> kernel  {kind, client, command, …}   `command` is made here, so that what arrives twice is done once
 *   kernel -> page  {kind: "ack", command, seq}  a command has arrived; the number of the latest message so far
 *
 * They go to the control model, which is handled beside a running cell where the kernel can do that, and when no answer
 * comes again, more and more seldom, in turn to the panel's own model and to it. Every panel understands
 *
 *   hello {}               here I am, or: a number is missing; answered by a snapshot
 *   ping {}                are you there?
 *   away {}                nobody sees the panel on this page any more, until the next hello
 */

const AGAIN_MS = 1200; // then a command is sent a second time, the other way
const SELDOMER = 3; // so many times later it is sent once more: few of them wait for a kernel that is busy for an hour
const AT_ONCE = ["stop", "away"]; // much later they would mean something else: these are sent twice at most
const BUSY_MS = 2000; // then the person is told that the kernel is busy
const LOST_MS = 30_000; // then the person is told that it may be gone
export const REST_MS = 5000; // between two pings
export const GRACE_MS = 1500; // for a message that is on its way

/**
 * Delivers commands and says how the kernel is doing: "live", "busy" (does not answer), "silent" (for long), "gone".
 * @param {{
 *   send: (message: object, buffers?: ArrayBuffer[]) => void,
 *   sendOther: (message: object, buffers?: ArrayBuffer[]) => void, changed: () => void,
 *   now?: () => number, later?: (work: () => void, ms: number) => any, client?: string,
 * }} ways
 */
export function createLine(ways) {
  const now = ways.now ?? (() => performance.now());
  const later = ways.later ?? setTimeout;
  const client = ways.client ?? Math.random().toString(36).slice(2, 10);
  /** @type {Map<string, {message: any, buffers?: ArrayBuffer[], since: number, againMs: number, count: number}>} */
  const open = new Map();
  let count = 0;
  let isWatching = false;
  let lastPing = -Infinity;
  let health = "live";

  function setHealth(next) {
    if (next === health) return;
    health = next;
    ways.changed();
  }

  function attempt(way, { message, buffers }) {
    try {
      way(message, buffers);
      return true;
    } catch {
      // The front end has let go of the kernel that this panel belongs to; it will not come back.
      setHealth("gone");
      return false;
    }
  }

  function watch() {
    if (isWatching || open.size === 0) return;
    isWatching = true;
    later(look, 200);
  }

  function look() {
    isWatching = false;
    if (health === "gone") return;
    let oldest = 0;
    for (const command of open.values()) {
      const age = now() - command.since;
      oldest = Math.max(oldest, age);
      if (age >= command.againMs) {
        command.againMs = AT_ONCE.includes(command.message.kind) ? Infinity : command.againMs * SELDOMER;
        attempt(command.count++ % 2 ? ways.sendOther : ways.send, command);
      }
    }
    if (health !== "gone") setHealth(oldest >= LOST_MS ? "silent" : oldest >= BUSY_MS ? "busy" : "live");
    watch();
  }

  return {
    client,
    get health() {
      return health;
    },
    /** @param {string} kind @param {object} [rest] @param {ArrayBuffer[]} [buffers] @returns {string} the command's id */
    send(kind, rest = {}, buffers) {
      const id = `${client}-${++count}`;
      const command = { message: { kind, client, command: id, ...rest }, buffers, since: now(), againMs: AGAIN_MS, count: 1 };
      open.set(id, command);
      attempt(ways.send, command);
      watch();
      return id;
    },
    /** Ask whether the kernel is there, not too often; also lets it answer the next command beside a running cell. */
    ping() {
      if (health === "gone" || open.size > 0 || now() - lastPing < REST_MS) return;
      lastPing = now();
      this.send("ping");
    },
    /** @param {string} command @returns {boolean} whether it was open */
    acknowledge(command) {
      const wasOpen = open.delete(command);
      if (health !== "gone" && open.size === 0) setHealth("live");
      return wasOpen;
    },
    /** Commands of this kind that no kernel has answered yet. @param {string} kind */
    unanswered(kind) {
      return [...open.values()].filter((command) => command.message.kind === kind).length;
    },
    gone() {
      setHealth("gone");
    },
  };
}
