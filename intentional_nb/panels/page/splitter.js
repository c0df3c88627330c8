/** A bar between two columns, which people move. */

import { h, plainKey } from "./elements.js";

const START = 42;
const LEAST = 25;
const MOST = 75;
const STEP = 2;

/**
 * @param {string} label
 * @param {(percent: number) => void} moved told how much of the row the first column has
 */
export function createSplitter(label, moved) {
  const node = h("div", {
    role: "separator", class: "inb-splitter", tabindex: "0", "aria-label": label, "aria-orientation": "vertical",
    "aria-valuemin": LEAST, "aria-valuemax": MOST, onkeydown: key, onpointerdown: grab, ondblclick: () => set(START),
  });
  let percent = START;

  /** @param {number} wanted */
  function set(wanted) {
    percent = Math.min(MOST, Math.max(LEAST, Math.round(wanted)));
    node.setAttribute("aria-valuenow", String(percent));
    moved(percent);
  }

  /** Whether the first column is on the right, as on pages that are read from there. */
  function isMirrored() {
    return getComputedStyle(node).direction === "rtl";
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    const step = isMirrored() ? -STEP : STEP;
    const wanted = { ArrowLeft: percent - step, ArrowRight: percent + step, Home: LEAST, End: MOST }[plainKey(event)];
    if (wanted === undefined) return;
    event.preventDefault();
    set(wanted);
  }

  /** @param {PointerEvent} event */
  function grab(event) {
    const row = node.parentElement;
    if (!row || event.button !== 0) return;
    event.preventDefault();
    node.setPointerCapture(event.pointerId);
    const follow = (/** @type {PointerEvent} */ at) => {
      const { left, right, width } = row.getBoundingClientRect();
      set(((isMirrored() ? right - at.clientX : at.clientX - left) / width) * 100);
    };
    node.addEventListener("pointermove", follow);
    node.addEventListener("lostpointercapture", () => node.removeEventListener("pointermove", follow), { once: true });
  }

  node.setAttribute("aria-valuenow", String(START));
  return node;
}
