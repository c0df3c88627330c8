/** The calls of one turn under its heading: a row for each request, and where the time went. */

import { h } from "./page/elements.js";
import { userWords } from "./page/words.js";
import { createWaterfall } from "./page/waterfall.js";
import { createCard } from "./tool_calls_card.js";
import { matches, passes } from "./tool_calls_words.js";

/** @param {Parameters<typeof createCard>[0]} actions */
export function createTurnOfCalls(actions) {
  /** @type {CallTurn | null} */
  let shown = null;
  /** @type {ReturnType<typeof createCard>[]} */
  const cards = [];
  /** By the number of the request. @type {Map<number, HTMLElement>} */
  const rows = new Map();
  /** @type {ReturnType<typeof createWaterfall> | null} */
  let waterfall = null;
  let wasOff = false;
  /** What was sifted last, and what was seen then. @type {{key: unknown[], wanted: CallEntry[]}} */
  let sifted = { key: [], wanted: [] };

  const number = h("strong", {});
  const said = h("span", { class: "inb-c-said", dir: "auto" });
  const heading = h("div", { class: "inb-c-heading", role: "heading", "aria-level": "4" }, number, " ", said);
  const times = h("button", { type: "button", class: "inb-c-button", "aria-expanded": "false", hidden: true, onclick: () => {
    setTimes(times.getAttribute("aria-expanded") !== "true");
  } }, "Where the time went");
  const flow = h("div", { class: "inb-c-rows" });
  const node = h("div", { class: "inb-c-turn" }, h("div", { class: "inb-c-top" }, heading, times), flow);

  /** @param {boolean} isOpen */
  function setTimes(isOpen) {
    times.setAttribute("aria-expanded", String(isOpen));
    waterfall?.node.remove();
    waterfall = isOpen ? createWaterfall(`Where the time of turn ${shown?.n} went`) : null;
    if (waterfall) flow.before(waterfall.node);
    drawTimes();
  }

  function drawTimes() {
    const known = shown?.times;
    times.hidden = !known;
    if (waterfall && known) waterfall.draw(known, known.now ?? known.ms ?? Math.max(0, ...known.entries.map((bar) => bar.to ?? bar.from)));
  }

  /** @param {number} part */
  function rowOf(part) {
    let row = rows.get(part);
    if (!row) {
      row = h("div", { class: "inb-c-row", role: "list" });
      rows.set(part, row);
      const after = [...rows.keys()].filter((other) => other > part).sort((a, b) => a - b)[0];
      flow.insertBefore(row, after === undefined ? null : rows.get(after) ?? null);
    }
    return row;
  }

  /** @param {CallTurn} turn */
  function update(turn) {
    if (turn === shown && wasOff === actions.isOff()) return; // most turns, whenever something happens in one
    wasOff = actions.isOff();
    if (turn !== shown) {
      const words = userWords(/** @type {any} */ (turn));
      number.textContent = `Turn ${turn.n}`;
      const wanted = turn.user === null ? "the bot speaks first" : [words.text && `“${words.text}”`, words.remark].filter(Boolean).join(" ");
      if (said.textContent !== wanted) said.textContent = wanted;
    }
    shown = turn;
    while (cards.length > turn.entries.length) cards.pop()?.node.remove();
    turn.entries.forEach((entry, index) => {
      cards[index] ??= createCard(actions);
      cards[index].update(entry, turn);
      const row = rowOf(entry.part);
      if (cards[index].node.parentNode !== row) row.append(cards[index].node);
    });
    for (const [part, row] of rows) {
      const count = row.childElementCount;
      row.setAttribute("aria-label", count > 1 ? `${count} calls of one reply` : "1 call");
      row.classList.toggle("inb-c-several", count > 1);
      if (count > 0) continue;
      row.remove();
      rows.delete(part);
    }
    drawTimes();
  }

  return {
    node,
    update,
    /**
     * Hide what is not wanted.
     * @param {string} filter
     * @param {string} query
     * @returns {CallEntry[]} what is seen
     */
    sift(filter, query) {
      const turn = /** @type {CallTurn} */ (shown);
      const key = [turn, filter, query];
      if (key.every((part, index) => part === sifted.key[index])) return sifted.wanted;
      const wanted = turn.entries.filter((entry) => passes(entry, filter) && matches(entry, turn, query));
      turn.entries.forEach((entry, index) => {
        cards[index].node.hidden = !wanted.includes(entry);
      });
      for (const row of rows.values()) row.hidden = [...row.children].every((card) => /** @type {HTMLElement} */ (card).hidden);
      node.hidden = wanted.length === 0;
      sifted = { key, wanted };
      return wanted;
    },
  };
}
