/** Panels side by side, from left to right. */

import { h } from "./page/elements.js";
import { createWhole } from "./page/whole.js";

/** @param {HTMLElement[]} parts */
function layOutBeside(parts) {
  const root = h("section", { class: "inb-whole inb-abreast", "aria-label": "Side by side" });
  return { root, content: h("div", { class: "inb-abreast-row" }, ...parts) };
}

export default createWhole("beside", layOutBeside);
