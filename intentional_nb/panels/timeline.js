/**
 * The timeline: where the time of each turn went, live in a notebook cell.
 *
 * What all panels' pages have in common is in the folder `page`: how messages are numbered (`store.js`), how commands
 * reach the kernel (`line.js`), how one turn's spans are drawn (`waterfall.js`). The only command of this panel is
 *
 *   dismiss {alert}        the person has read it
 *
 * While a turn runs, its bars grow by the page's own clock: the kernel tells only when something begins or ends.
 *
 * @typedef {Times & {n: number, user: string | null, status: string, stages: string[]}} TimedTurn
 * @typedef {{busy: boolean, closed: boolean, hidden: number, alerts: Alert[], totals: string, notes: string[],
 *            turns: TimedTurn[]}} TimelineView
 */

import { createAnnouncer } from "./page/announcer.js";
import { createBanners } from "./page/banners.js";
import { h, keepToItself, plainKey } from "./page/elements.js";
import { followWhenResized } from "./page/follow.js";
import { createSession } from "./page/session.js";
import { createWaterfall, scaleOf } from "./page/waterfall.js";
import { createWidget } from "./page/widget.js";
import { duration } from "./page/words.js";

const TICK_MS = 100; // between two drawings of a turn that runs
const CALM_TICK_MS = 1000; // the same for people who want less motion
const NEAR = 40; // pixels from the end at which the newest turn is still followed

/** What a turn took, in one sentence. @param {TimedTurn} turn */
export function turnSentence(turn) {
  const waited = turn.waited === null ? "" : `, first words after ${duration(turn.waited)}`;
  const status = turn.status === "completed" ? "" : `, ${turn.status}`;
  return `Turn ${turn.n} took ${duration(turn.ms ?? 0)}${waited}${status}`;
}

/** How long the longest of these turns is. @param {TimedTurn[]} turns @param {(turn: TimedTurn) => number} nowOf */
export function longestOf(turns, nowOf) {
  return Math.max(1, ...turns.map((turn) => lengthOf(scaleOf(turn, nowOf(turn)))));
}

/** @param {Scale} scale */
function lengthOf({ from, to }) {
  return to - from;
}

/**
 * Which turns are open: the newest, and those that somebody has opened.
 * @param {number} n
 * @param {number | undefined} newest
 * @param {Map<number, boolean>} chosen
 */
export function isTurnOpen(n, newest, chosen) {
  return chosen.get(n) ?? n === newest;
}

/** A turn's line, and its waterfall below it. @param {(n: number, isOpen: boolean) => void} choose */
function createTimedTurn(choose) {
  /** @type {TimedTurn | null} */
  let shown = null;
  let heardAt = 0; // by the page's clock
  /** @type {ReturnType<typeof createWaterfall> | null} */
  let waterfall = null;
  const number = h("span", { class: "inb-t-number" });
  const words = h("span", { class: "inb-t-words", dir: "auto" });
  const stages = h("span", { class: "inb-t-stages" });
  const state = h("span", { class: "inb-pill inb-t-status", hidden: true });
  const strip = h("span", { class: "inb-strip", "aria-hidden": "true" });
  const took = h("span", { class: "inb-t-took" });
  const summary = h(
    "summary",
    { class: "inb-t-line", onclick: toggle },
    number, h("span", { class: "inb-t-said" }, words, stages, state), strip, took,
  );
  const facts = h("div", { class: "inb-t-facts" });
  const body = h("div", { class: "inb-t-body" });
  const node = h("details", { class: "inb-t-turn" }, summary, body);

  /** @param {Event} event */
  function toggle(event) {
    event.preventDefault(); // which turns are open is decided in one place
    if (shown) choose(shown.n, !node.open);
  }

  /** @param {TimedTurn} turn */
  function nowOf(turn) {
    return turn.ms ?? (turn.now ?? 0) + performance.now() - heardAt;
  }

  /** @param {TimedTurn} turn */
  function drawLine(turn) {
    number.textContent = `Turn ${turn.n}`;
    words.textContent = turn.user ?? "the bot begins";
    words.classList.toggle("inb-t-quiet", turn.user === null);
    stages.replaceChildren(...turn.stages.flatMap((stage, index) => [index ? " → " : "", h("code", {}, stage)]));
    state.textContent = turn.status;
    state.hidden = turn.status === "completed" || turn.status === "running";
    node.dataset.status = turn.status;
    const cost = turn.cost === "–" ? "not known" : turn.cost;
    const parts = [
      turn.waited === null ? null : ["First words", `after ${duration(turn.waited)}`],
      turn.ms === null ? null : ["Done", `after ${duration(turn.ms)}`],
      turn.tokens ? ["Tokens", turn.tokens] : null,
      turn.tokens ? ["Cost", cost] : null,
    ];
    facts.replaceChildren(
      ...parts.filter((part) => part !== null).map(([name, value]) => h("span", {}, h("span", { class: "inb-t-fact" }, name), " ", value)),
    );
  }

  /** @param {TimedTurn} turn @param {number} now */
  function drawStrip(turn, now) {
    const { from, to } = scaleOf(turn, now);
    const share = (/** @type {number} */ ms) => `calc(${ms.toFixed(1)} / var(--inb-longest) * 100%)`;
    strip.replaceChildren(
      ...turn.entries.map((bar) =>
        h("span", { "data-kind": bar.k, style: `left: ${share(bar.from - from)}; width: ${share((bar.to ?? to) - bar.from)}` })),
    );
  }

  return {
    node,
    summary,
    nowOf,
    get turn() {
      return shown;
    },
    /** @param {TimedTurn} turn @param {boolean} isOpen */
    draw(turn, isOpen) {
      const isOther = turn !== shown;
      if (isOther) {
        if (turn.now !== shown?.now) heardAt = performance.now();
        shown = turn;
        drawLine(turn);
      }
      if (isOpen && !waterfall) {
        waterfall = createWaterfall(`Where the time of turn ${turn.n} went`);
        body.replaceChildren(waterfall.node, facts);
      }
      if (isOther || isOpen !== node.open) this.tick(isOpen);
      if (node.open !== isOpen) node.open = isOpen;
    },
    /** The present has moved on. @param {boolean} [isOpen] */
    tick(isOpen = node.open) {
      if (!shown) return;
      const now = nowOf(shown);
      const text = duration(shown.ms ?? now) + (shown.ms === null ? "…" : "");
      if (took.textContent !== text) took.textContent = text;
      drawStrip(shown, now);
      if (isOpen) waterfall?.draw(shown, now);
    },
  };
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
  const banners = createBanners(session, status.say);
  /** @type {Map<number, boolean>} */
  const chosen = new Map();
  /** @type {Map<number, ReturnType<typeof createTimedTurn>>} */
  const rows = new Map();
  let running = -1; // the number of the turn that was running when the panel was drawn last
  let isFollowing = true;

  const doing = h("span", { class: "inb-doing" });
  const all = h("button", { type: "button", class: "inb-small", onclick: () => chooseAll() }, "Open all");
  const head = h(
    "div",
    { class: "inb-head" },
    h("span", { class: "inb-dot", "aria-hidden": "true" }),
    h("strong", { class: "inb-title", id }, options.title), doing, h("span", { class: "inb-tools" }, all),
  );
  const empty = h("p", { class: "inb-empty" }, "Nothing has been said yet. Each turn appears here while it runs.");
  const hidden = h("p", { class: "inb-notice", hidden: true });
  const list = h("div", { class: "inb-t-list" });
  const log = h("div", { class: "inb-t-log", tabindex: "0", role: "group", "aria-label": "Turns" }, empty, hidden, list);
  const totals = h("div", { class: "inb-t-totals" });
  const notes = h("div", { class: "inb-t-notes" });
  const foot = h("div", { class: "inb-t-foot", hidden: true }, totals, notes);
  const root = h(
    "section",
    { class: "inb-panel inb-timeline", "aria-labelledby": id },
    head, ...banners.nodes, log, foot, status.node,
  );
  root.style.setProperty("--inb-height", options.height);
  el.replaceChildren(root);
  keepToItself(root);
  const knock = () => session.line.ping();
  root.addEventListener("pointerenter", knock);
  root.addEventListener("focusin", knock);
  log.addEventListener("scroll", () => {
    isFollowing = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
  });
  followWhenResized(log, () => isFollowing);
  list.addEventListener("keydown", moveFocus);
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const timer = setInterval(tick, isCalm ? CALM_TICK_MS : TICK_MS);

  /** @returns {TimelineView} */
  function view() {
    return /** @type {any} */ (session.store.view);
  }

  /** Arrow keys lead from turn to turn. @param {KeyboardEvent} event */
  function moveFocus(event) {
    const lines = [...rows.values()].map((row) => row.summary);
    const at = lines.indexOf(event.target);
    const goal = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: lines.length - 1 }[plainKey(event)];
    if (at < 0 || goal === undefined || !lines[goal]) return;
    event.preventDefault();
    lines[goal].focus();
  }

  function isAllOpen() {
    return view().turns.every((turn) => isTurnOpen(turn.n, view().turns.at(-1)?.n, chosen));
  }

  function chooseAll() {
    const isOpen = !isAllOpen();
    for (const turn of view().turns) chosen.set(turn.n, isOpen);
    draw();
  }

  /** @param {number} n @param {boolean} isOpen */
  function choose(n, isOpen) {
    chosen.set(n, isOpen);
    draw();
  }

  function tick() {
    const last = [...rows.values()].at(-1);
    if (last?.turn?.status !== "running" || session.isOff || !root.isConnected) return;
    last.tick();
    setLongest();
    follow();
  }

  function setLongest() {
    const nowOf = (/** @type {TimedTurn} */ turn) => rows.get(turn.n)?.nowOf(turn) ?? 0;
    root.style.setProperty("--inb-longest", longestOf(view().turns, nowOf).toFixed(1));
  }

  function follow() {
    if (isFollowing) log.scrollTop = log.scrollHeight;
  }

  function drawTurns() {
    const { turns } = view();
    for (const [n, row] of rows) {
      if (turns.some((turn) => turn.n === n)) continue;
      row.node.remove();
      rows.delete(n);
      chosen.delete(n);
    }
    for (const turn of turns) {
      let row = rows.get(turn.n);
      if (!row) {
        row = createTimedTurn(choose);
        rows.set(turn.n, row);
        list.append(row.node);
      }
      row.draw(turn, isTurnOpen(turn.n, turns.at(-1)?.n, chosen));
    }
    setLongest();
  }

  function draw() {
    banners.draw();
    if (session.store.epoch === null) return;
    const shown = view();
    root.classList.toggle("inb-busy", shown.busy && !session.isOff);
    root.classList.toggle("inb-off", session.isOff);
    root.dataset.health = session.line.health;
    doing.textContent = session.line.health === "gone" ? "Disconnected" : shown.closed ? "Closed" : shown.busy ? "Thinking…" : "";
    empty.hidden = shown.turns.length > 0;
    hidden.hidden = shown.hidden === 0;
    hidden.textContent = `${shown.hidden} earlier turn${shown.hidden === 1 ? " is" : "s are"} in bot.turns`;
    all.hidden = shown.turns.length < 2;
    drawTurns();
    all.textContent = isAllOpen() ? "Close all" : "Open all";
    foot.hidden = shown.turns.length === 0;
    totals.textContent = shown.totals;
    notes.textContent = shown.notes.join(" · ");
    tell(shown.turns.at(-1));
    follow();
  }

  /** Tell people who do not see it that a turn has ended. @param {TimedTurn | undefined} last */
  function tell(last) {
    if (last && last.status !== "running" && last.n === running) status.say(turnSentence(last));
    running = last?.status === "running" ? last.n : -1;
  }

  draw();
  const stop = session.watch(draw);
  return () => {
    clearInterval(timer);
    stop();
  };
}

export default createWidget(
  (model) => createSession(model, { name: "timeline", view: { totals: "", notes: [] } }),
  createPanel,
);
