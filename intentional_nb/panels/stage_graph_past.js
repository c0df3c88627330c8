/** What happened in a stage or on a way, move by move, the latest first. Only what is new is made. */

import { h } from "./page/elements.js";
import { moveWords } from "./page/words.js";
import { kindIcon } from "./stage_graph_icons.js";

const MOST_ROWS = 40; // until somebody asks for all

/** Made once: asking for it anew takes long. @type {Intl.DateTimeFormat | null} */
let clock = null;

/** @param {Date} moment */
function timeWords(moment) {
  clock ??= new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return clock.format(moment);
}

export function createPast() {
  const title = h("h3", { class: "inb-s-heading" });
  const list = h("ol", { class: "inb-s-list" });
  const nothing = h("p", { class: "inb-s-when" });
  const all = h("button", { type: "button", class: "inb-small inb-s-all", hidden: true, onclick: () => {
    isWhole = true;
    drawRows();
  } });
  const node = h("div", { class: "inb-s-past" }, title, list, nothing, all);
  /** @type {Map<string, {node: HTMLElement, now: string}>} */
  let rows = new Map();
  /** @type {ToldMove[]} */
  let moves = [];
  let subject = "";
  let isWhole = false;

  function drawRows() {
    const shown = (isWhole ? moves : moves.slice(-MOST_ROWS)).toReversed();
    const before = rows;
    rows = new Map();
    for (const move of shown) {
      const now = `${move.user} ${move.source} ${move.target}`;
      const known = before.get(move.key);
      rows.set(move.key, known?.now === now ? known : { node: pastRow(move), now });
    }
    for (const [key, row] of before) if (rows.get(key) !== row) row.node.remove();
    let place = list.firstChild;
    for (const { node: row } of rows.values()) {
      if (row === place) place = row.nextSibling;
      else list.insertBefore(row, place);
    }
    all.hidden = shown.length === moves.length;
    all.textContent = `Show all ${moves.length}`;
  }

  return {
    node,
    /** @param {string} of what it is about @param {ToldMove[]} now @param {{title: string, nothing: string}} words */
    draw(of, now, words) {
      if (of !== subject) [subject, isWhole] = [of, false];
      moves = now;
      title.hidden = list.hidden = moves.length === 0;
      nothing.hidden = moves.length > 0;
      title.textContent = words.title;
      nothing.textContent = words.nothing;
      drawRows();
    },
  };
}

/** @param {ToldMove} move */
function pastRow(move) {
  const words = moveWords(/** @type {any} */ (move));
  const moment = new Date(move.at);
  const isRefused = move.kind === "refused";
  const choice = move.choice || "nothing";
  const how = isRefused ? `refused ${choice}` : move.kind === "jump" ? "jump" : `${words.label} ${move.choice}`.trim();
  return h(
    "li",
    { class: "inb-s-move", "data-kind": move.kind },
    h("span", { class: "inb-s-turn" }, `Turn ${move.n}`, h("time", { datetime: moment.toISOString() }, timeWords(moment))),
    h(
      "span",
      { class: "inb-s-path", title: `chose ${choice} from: ${move.options.join(", ") || "nothing"}` },
      move.source, kindIcon(move.kind), isRefused ? null : move.target, h("span", { class: "inb-s-kind" }, how),
    ),
    move.user === null ? null : h("q", { class: "inb-s-said" }, move.user || "(not recognised)"),
  );
}
