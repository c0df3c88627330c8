/**
 * Tool calls: every call of a bot's model as it happens, live in a notebook cell.
 *
 * What all panels' pages have in common is in the folder `page`: how messages are numbered (`store.js`), and how commands
 * reach the kernel (`line.js`). The commands of this panel are
 *
 *   again {call}           run this call's tool again; the kernel has the arguments
 *   earlier {}             more of the calls that came before
 *   dismiss {alert}        the person has read it
 *
 * Every text is there as it is, to be copied; where something would hide in it, `shown` has it made visible.
 *
 * @typedef {{id: string, part: number, stage: string, status: string, ms?: number, shown?: Record<string, string>}} AnyCall
 *   calls with the same `part` were made in one reply
 * @typedef {{run: number, status: string, output: string, ms: number, shown?: Record<string, string>}} Run
 * @typedef {AnyCall & {k: "tool", call: string, name: string, arguments: string, output: string, ms: number,
 *            again?: boolean, runs?: Run[]}} ToolCallEntry
 * @typedef {AnyCall & {k: "route", kind: string, source: string, target: string, choice: string, options: string[],
 *            trail: string[], said: string, why?: string, ms: number}} RouteCall
 * @typedef {AnyCall & {k: "written", call: string, name: string, arguments: string, routing: boolean}} WrittenCall
 * @typedef {ToolCallEntry | RouteCall | WrittenCall} CallEntry
 * @typedef {{n: number, user: string | null, shown?: string, status: string, at: number, ms: number,
 *            entries: CallEntry[], times?: Times}} CallTurn
 */

import { createAnnouncer } from "./page/announcer.js";
import { createBanners } from "./page/banners.js";
import { h, iconButton, keepToItself, toClipboard } from "./page/elements.js";
import { followWhenResized } from "./page/follow.js";
import { icon } from "./page/icons.js";
import { createSession } from "./page/session.js";
import { createWidget } from "./page/widget.js";
import { createTurnOfCalls } from "./tool_calls_turn.js";
import { FILTERS, callSentence, countsOf, doingWords, exported, newsOf } from "./tool_calls_words.js";

const END_PX = 48; // this close to the end counts as the end

/**
 * The calls in the middle, which stay at the end while they grow unless people look at something else.
 * @param {ReturnType<typeof createSession>} session
 * @param {{say: (words: string) => void}} given
 */
function createCalls(session, { say }) {
  /** @type {Map<number, ReturnType<typeof createTurnOfCalls>>} */
  const turns = new Map();
  let isStuck = true;
  const actions = {
    say,
    again: (/** @type {ToolCallEntry} */ entry) => session.line.send("again", { call: entry.id }),
    isOff: () => session.isOff,
  };
  const earlier = h("button", { type: "button", class: "inb-small inb-earlier", onclick: () => session.line.send("earlier") });
  const left = h("p", { class: "inb-notice inb-c-left" });
  const flow = h("div", {});
  const empty = h("div", { class: "inb-empty" });
  const log = h("div", { class: "inb-log inb-c-log", role: "region", "aria-label": "Calls", tabindex: "0" }, earlier, left, empty, flow);
  const jump = h("button", { type: "button", class: "inb-jump", hidden: true, onclick: () => stick() }, icon("down"), "Jump to latest");
  const node = h("div", { class: "inb-middle" }, log, jump);
  log.addEventListener("scroll", () => {
    isStuck = log.scrollHeight - log.scrollTop - log.clientHeight < END_PX;
    if (isStuck) jump.hidden = true;
  });
  followWhenResized(log, () => isStuck);

  function stick() {
    isStuck = true;
    jump.hidden = true;
    log.scrollTop = log.scrollHeight;
    log.focus();
  }

  /** @param {CallTurn[]} wanted */
  function drawTurns(wanted) {
    const present = new Set(wanted.map((turn) => turn.n));
    for (const [n, turn] of turns) {
      if (present.has(n)) continue;
      turn.node.remove();
      turns.delete(n);
    }
    let place = flow.firstChild;
    for (const turn of wanted) {
      let part = turns.get(turn.n);
      if (!part) turns.set(turn.n, (part = createTurnOfCalls(actions)));
      part.update(turn);
      if (part.node === place) place = place.nextSibling;
      else flow.insertBefore(part.node, place);
    }
  }

  return {
    node,
    /** @param {any} view @param {string} filter @param {string} query @returns {[CallEntry, CallTurn][]} what is seen */
    draw(view, filter, query) {
      const height = log.scrollHeight;
      drawTurns(view.turns);
      const seen = view.turns.flatMap((/** @type {CallTurn} */ turn) => (turns.get(turn.n)?.sift(filter, query) ?? []).map((entry) => [entry, turn]));
      earlier.hidden = !view.more;
      earlier.textContent = `Show earlier calls (${view.hidden.toLocaleString("en")} not shown)`;
      left.hidden = view.more || view.hidden === 0;
      left.textContent = `${view.hidden.toLocaleString("en")} earlier calls are not shown; bot.transcript has them all.`;
      empty.hidden = seen.length > 0;
      empty.textContent = view.turns.length ? "No call is like that." : "No tool has been called yet.";
      if (isStuck) log.scrollTop = log.scrollHeight;
      else if (log.scrollHeight > height) jump.hidden = false;
      return seen;
    },
  };
}

/**
 * Which calls are looked at.
 * @param {() => void} changed
 */
function createSieve(changed) {
  const sieve = { filter: "all", query: "" };
  const field = h("input", {
    type: "search", class: "inb-c-search", placeholder: "Search name, arguments, result", "aria-label": "Search calls", spellcheck: "false",
    oninput: () => {
      sieve.query = field.value;
      changed();
    },
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Escape" || !field.value) return;
      event.preventDefault();
      field.value = sieve.query = "";
      changed();
    },
  });
  const buttons = FILTERS.map(([key, label]) => {
    const count = h("span", { class: "inb-c-count" });
    const node = h("button", { type: "button", class: "inb-c-filter", "data-filter": key, onclick: () => {
      sieve.filter = key;
      changed();
    } }, label, " ", count);
    return { key, node, count };
  });
  const group = h("div", { class: "inb-c-filters", role: "group", "aria-label": "Which calls" }, ...buttons.map(({ node }) => node));
  const seen = h("span", { class: "inb-c-seen" });
  const node = h("div", { class: "inb-c-bar" }, group, field, seen);
  return Object.assign(sieve, {
    node,
    /** @param {CallTurn[]} turns @param {number} count of those that are seen */
    draw(turns, count) {
      const counts = countsOf(turns);
      for (const button of buttons) {
        button.node.setAttribute("aria-pressed", String(button.key === sieve.filter));
        button.count.textContent = String(counts[button.key]);
      }
      const words = count === counts.all ? "" : `${count} of ${counts.all}`;
      if (seen.textContent !== words) seen.textContent = words;
      return words;
    },
  });
}

/**
 * Draw the panel into an element.
 * @param {HTMLElement} el
 * @param {any} options
 * @param {ReturnType<typeof createSession>} session
 */
function createPanel(el, options, session) {
  const id = `inb-${Math.random().toString(36).slice(2, 8)}`;
  const status = createAnnouncer();
  /** @type {Map<string, string> | null} */
  let states = null;
  let epoch = "";
  /** @type {[CallEntry, CallTurn][]} */
  let seen = [];

  const doing = h("span", { class: "inb-doing" });
  const copy = iconButton("copy", "Copy all shown calls as JSON", async () => {
    const isDone = await toClipboard(JSON.stringify(seen.map(([entry, turn]) => exported(entry, turn)), null, 2));
    status.say(isDone ? `Copied ${seen.length} call${seen.length === 1 ? "" : "s"} as JSON` : "The browser did not allow copying");
  });
  const head = h(
    "div",
    { class: "inb-head" },
    h("span", { class: "inb-dot", "aria-hidden": "true" }),
    h("strong", { class: "inb-title", id }, options.title),
    doing,
    h("span", { class: "inb-tools" }, copy),
  );
  const banners = createBanners(session, status.say);
  const calls = createCalls(session, { say: status.say });
  const sieve = createSieve(() => {
    const words = draw();
    status.say(words ? `${words} calls` : "All calls");
  });
  const root = h("section", { class: "inb-panel inb-calls", "aria-labelledby": id }, head, ...banners.nodes, sieve.node, calls.node, status.node);
  root.style.setProperty("--inb-height", options.height);
  el.replaceChildren(root);
  keepToItself(root);
  const knock = () => session.line.ping();
  root.addEventListener("pointerenter", knock);
  root.addEventListener("focusin", knock);

  /** What a person who does not see the panel is told. @param {CallTurn[]} turns */
  function tell(turns) {
    const isSame = epoch === session.store.epoch;
    const news = newsOf(isSame ? states : null, turns);
    states = news.states;
    epoch = /** @type {string} */ (session.store.epoch);
    const last = news.ended.at(-1);
    if (last) status.say(callSentence(last));
  }

  function draw() {
    banners.draw();
    root.classList.toggle("inb-off", session.isOff);
    root.dataset.health = session.line.health;
    const view = /** @type {any} */ (session.store.view);
    root.classList.toggle("inb-busy", view.busy && !session.isOff);
    if (session.store.epoch === null) return "";
    seen = calls.draw(view, sieve.filter, sieve.query);
    copy.disabled = seen.length === 0;
    doing.textContent = session.line.health === "gone" ? "Disconnected" : view.closed ? "Closed" : doingWords(view.turns) || (view.busy ? "Thinking…" : "");
    tell(view.turns);
    return sieve.draw(view.turns, seen.length);
  }

  draw();
  return session.watch(draw);
}

export default createWidget((model) => createSession(model, { name: "calls", view: { more: false } }), createPanel);
