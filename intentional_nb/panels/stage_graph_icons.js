/** Small pictures of the stage graph's tools, drawn like those of all panels. */

import { h } from "./page/elements.js";
import { icon } from "./page/icons.js";
import { moveWords } from "./page/words.js";

const TOOLS = {
  zoomIn: "M8 3.5v9M3.5 8h9",
  zoomOut: "M3.5 8h9",
  fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  here: "M8 3.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M8 1v4M8 11v4M1 8h4M11 8h4",
  find: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.3 10.3l3.5 3.5",
  TB: "M8 2.5v10.5M4.5 9.5 8 13l3.5-3.5",
  LR: "M2.5 8h10.5M9.5 4.5 13 8l-3.5 3.5",
  reach: "M2.5 8H5c3.2 0 2.8-4.2 6-4.2h1.6M5 8c3.2 0 2.8 4.2 6 4.2h1.6M10.8 1.8l2.2 2-2.2 2M10.8 10.2l2.2 2-2.2 2",
  help: "M5.8 6a2.2 2.2 0 1 1 3.4 1.8c-.8.5-1.2.9-1.2 1.9M8 12.4v.01",
};

/** @param {keyof typeof TOOLS} name */
export function toolIcon(name) {
  const drawn = icon("arrow");
  drawn.firstElementChild?.setAttribute("d", TOOLS[name]);
  return drawn;
}

/** @param {keyof typeof TOOLS} name @param {string} label @param {() => void} action @param {string} [style] */
export function toolButton(name, label, action, style = "inb-tiny") {
  return h("button", { type: "button", class: style, title: label, "aria-label": label, onclick: action }, toolIcon(name));
}

/** What sort of move it is. @param {string} kind */
export function kindIcon(kind) {
  const words = moveWords(/** @type {any} */ ({ kind, choice: "" }));
  return h("span", { class: "inb-s-icon", "data-kind": kind }, icon(/** @type {any} */ (words.icon)));
}
