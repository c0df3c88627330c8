/** The conversation in the middle of a panel: its turns, what waits, and which part of it is in view. */

import { h } from "./elements.js";
import { followWhenResized } from "./follow.js";
import { icon } from "./icons.js";
import { createTurn } from "./turn.js";

const NEAR_PX = 48; // this close to the end counts as the end

/**
 * @param {ReturnType<typeof createSession>} session
 * @param {TurnActions} actions
 * @param {{empty?: string, after?: HTMLElement[]}} [given] words for when nothing was said, and what follows the turns
 */
export function createConversation(session, actions, { empty: nothing = "Nothing has been said yet.", after = [] } = {}) {
  /** @type {Map<number, ReturnType<typeof createTurn>>} */
  const turns = new Map();
  let isStuck = true;
  let height = 0; // of all that was in the log before it was drawn anew
  /** What was last drawn of what waits. @type {any} */
  const drawn = {};

  const earlier = h("button", { type: "button", class: "inb-small inb-earlier", hidden: true, onclick: () => session.line.send("earlier") });
  const flow = h("div", { class: "inb-flow" });
  const waiting = h("div", { class: "inb-waiting" });
  const typing = h("div", { class: "inb-typing", hidden: true, "aria-hidden": "true" }, h("i"), h("i"), h("i"));
  const empty = h("div", { class: "inb-empty" }, nothing);
  const log = h(
    "div",
    // Read out at once, every word of a growing reply would be spoken several times: the status line speaks instead.
    { class: "inb-log", role: "log", "aria-live": "off", "aria-label": "Conversation", tabindex: "0" },
    earlier, empty, flow, waiting, ...after, typing,
  );
  const jump = h("button", { type: "button", class: "inb-jump", hidden: true, onclick: () => stick() }, icon("down"), "Jump to latest");
  const node = h("div", { class: "inb-middle" }, log, jump);

  log.addEventListener("scroll", () => {
    isStuck = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_PX;
    if (isStuck) jump.hidden = true;
  });
  followWhenResized(log, () => isStuck);

  /** Go to the end, and stay there as it grows. */
  function stick() {
    isStuck = true;
    jump.hidden = true;
    log.scrollTop = log.scrollHeight;
  }

  function drawTurns() {
    const { view } = session.store;
    const present = new Set(view.turns.map((turn) => turn.n));
    for (const [n, turn] of turns) {
      if (!present.has(n)) {
        turn.node.remove();
        turns.delete(n);
      }
    }
    const leaving = Math.min(...session.pending.map((message) => message.turn ?? Infinity));
    let before = null;
    for (const turn of view.turns) {
      let part = turns.get(turn.n);
      if (!part) {
        part = createTurn(actions);
        turns.set(turn.n, part);
      }
      part.update(turn);
      part.node.classList.toggle("inb-last", turn === view.turns.at(-1));
      part.node.classList.toggle("inb-leaving", turn.n >= leaving);
      const place = before ? before.nextSibling : flow.firstChild;
      if (part.node !== place) flow.insertBefore(part.node, place);
      before = part.node;
    }
  }

  function drawWaiting() {
    const { queue } = session.store.view;
    if (drawn.queue === queue && drawn.pending === session.pending) return;
    Object.assign(drawn, { queue, pending: session.pending });
    const known = new Set(queue.map((message) => message.command));
    const messages = [...queue, ...session.pending.filter((message) => !known.has(message.command))];
    waiting.replaceChildren(
      ...messages.map((message) =>
        h("div", { class: "inb-user-row" }, h("div", { class: "inb-user inb-unsure" }, h("span", { class: "inb-sr" }, "You, waiting: "), h("div", { class: "inb-words", dir: "auto" }, message.text)))),
    );
  }

  return {
    node,
    stick,
    /** The text of what the bot said in turn `n`. @param {number} n */
    textOf(n) {
      return [...(turns.get(n)?.node.querySelectorAll(".inb-text") ?? [])].map((node) => node.textContent).join(" ").trim();
    },
    draw() {
      const { view } = session.store;
      const isBusy = session.isBusy && !session.isOff;
      height = log.scrollHeight;
      drawTurns();
      drawWaiting();
      log.setAttribute("aria-busy", String(isBusy));
      const last = view.turns.at(-1);
      const isQuiet = last?.status !== "running" || !["text"].includes(last.entries.at(-1)?.k ?? "");
      typing.hidden = !(isBusy && isQuiet && session.line.health === "live");
      empty.hidden = view.turns.length + view.hidden + session.pending.length + view.queue.length > 0;
      earlier.hidden = view.hidden === 0;
      earlier.textContent = `Show earlier turns (${view.hidden})`;
    },
    /** To be called when the whole panel is drawn: only then is it known how much room there is. */
    settle() {
      if (isStuck) log.scrollTop = log.scrollHeight;
      else if (log.scrollHeight > height) jump.hidden = false;
    },
  };
}
