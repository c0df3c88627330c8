/**
 * One turn's spans as a waterfall: a row for each, with its name, a bar on a common scale, and how long it took.
 *
 * `timeline_view.py` makes what is drawn. All times are milliseconds after the turn began; what came before that, such
 * as the end of the user's speech, is negative.
 *
 * @typedef {{k: "listening" | "transcript" | "request" | "routing" | "tool" | "playing", label: string, name: string,
 *            from: number, to: number | null, first: number | null}} Bar `to` is null while it goes on; `first` is when
 *   the first words came
 * @typedef {{ms: number | null, first: number | null, waited: number | null, now: number | null, tokens: string,
 *            cost: string, entries: Bar[]}} Times `ms` is null while the turn runs, and `now` the present then
 * @typedef {{from: number, to: number}} Scale
 */

import { h } from "./elements.js";
import { duration } from "./words.js";

const STEPS = [1, 2, 5, 10];

/**
 * From the first moment of a turn to its last.
 * @param {Times} times
 * @param {number} now
 * @returns {Scale}
 */
export function scaleOf(times, now) {
  const ends = times.entries.flatMap((bar) => [bar.from, bar.to ?? bar.from, bar.first ?? bar.from]);
  const from = Math.min(0, ...ends);
  return { from, to: Math.max(from + 1, times.ms === null ? now : times.ms, ...ends) };
}

/**
 * Round moments on a scale, the beginning of the turn among them.
 * @param {Scale} scale
 * @param {number} [most]
 */
export function ticksOf(scale, most = 5) {
  const { from, to } = scale;
  const least = Math.max(1, (to - from) / most);
  const ten = 10 ** Math.floor(Math.log10(least));
  const step = ten * /** @type {number} */ (STEPS.find((factor) => factor * ten >= least * (1 - 1e-9)));
  const ticks = [];
  for (let count = Math.ceil(from / step) + 0; count * step <= to; count++) ticks.push(count * step);
  return ticks;
}

/**
 * Where a bar lies, in hundredths of the scale, and how much of it was waiting for the first words.
 * @param {Bar} bar
 * @param {Scale} scale
 */
export function placeOf(bar, scale) {
  const whole = scale.to - scale.from;
  const end = bar.to ?? scale.to;
  const first = bar.first === null ? bar.from : Math.min(Math.max(bar.first, bar.from), end);
  const part = (/** @type {number} */ ms) => (100 * ms) / whole;
  return { left: part(bar.from - scale.from), width: part(end - bar.from), waited: end > bar.from ? (100 * (first - bar.from)) / (end - bar.from) : 0 };
}

/** When it began, and when the first words came. @param {Bar} bar */
export function whenWords(bar) {
  const began = bar.from < 0 ? `began ${duration(-bar.from)} before the turn` : `began at ${duration(bar.from)}`;
  return bar.first === null ? began : `${began}, first words after ${duration(Math.max(0, bar.first - bar.from))}`;
}

/** @param {Bar} bar @param {number} end the present, while it goes on */
function tookWords(bar, end) {
  return duration(Math.max(0, (bar.to ?? end) - bar.from)) + (bar.to === null ? "…" : "");
}

/** A number as style sheets read it. @param {number} share */
const percent = (share) => `${share.toFixed(3)}%`;

/** @param {string} label what is drawn, for those who do not see it */
export function createWaterfall(label) {
  const axis = h("div", { class: "inb-wf-axis", "aria-hidden": "true" });
  const rows = h("ul", { class: "inb-wf-rows", role: "list", "aria-label": label });
  const node = h("div", { class: "inb-wf" }, axis, rows);
  /** @type {ReturnType<typeof createRow>[]} */
  let drawn = [];

  /** @param {Times} times @param {Scale} scale */
  function drawAxis(times, scale) {
    const whole = scale.to - scale.from;
    const place = (/** @type {number} */ ms) => `left: ${percent((100 * (ms - scale.from)) / whole)}`;
    const marks = ticksOf(scale).map((ms) => h("span", { class: "inb-wf-tick", style: place(ms) }, h("span", {}, ms === 0 ? "0" : ms < 0 ? `−${duration(-ms)}` : duration(ms))));
    if (times.first !== null) marks.push(h("span", { class: "inb-wf-first", style: place(times.first) }));
    axis.replaceChildren(h("span", { class: "inb-wf-lines" }, ...marks));
  }

  return {
    node,
    /**
     * @param {Times} times
     * @param {number} now the present, in milliseconds after the turn began
     */
    draw(times, now) {
      const scale = scaleOf(times, now);
      drawAxis(times, scale);
      while (drawn.length > times.entries.length) drawn.pop()?.node.remove();
      times.entries.forEach((bar, index) => {
        if (!drawn[index]) {
          drawn[index] = createRow();
          rows.append(drawn[index].node);
        }
        drawn[index].draw(bar, scale, now);
      });
    },
  };
}

function createRow() {
  const label = h("span", { class: "inb-wf-label" });
  const name = h("code", {});
  const when = h("span", { class: "inb-sr" });
  const took = h("span", { class: "inb-wf-took" });
  const waited = h("span", { class: "inb-wf-waited" });
  const bar = h("span", { class: "inb-wf-bar" }, waited);
  const node = h(
    "li",
    { class: "inb-wf-row" },
    h("span", { class: "inb-wf-name" }, h("span", { class: "inb-wf-key", "aria-hidden": "true" }), label, " ", name),
    h("span", { class: "inb-wf-track", "aria-hidden": "true" }, bar),
    took, when,
  );
  return {
    node,
    /** @param {Bar} shown @param {Scale} scale @param {number} now */
    draw(shown, scale, now) {
      node.dataset.kind = shown.k;
      node.classList.toggle("inb-wf-open", shown.to === null);
      write(label, shown.label);
      write(name, shown.name);
      name.hidden = shown.name === "";
      write(took, tookWords(shown, now));
      write(when, `, ${whenWords(shown)}`);
      node.title = `${shown.label} ${shown.name}`.trim() + `: ${whenWords(shown)}, took ${took.textContent}`;
      const place = placeOf(shown, scale);
      bar.style.left = percent(place.left);
      bar.style.width = percent(place.width);
      waited.style.width = percent(place.waited);
    },
  };
}

/** @param {HTMLElement} node @param {string} text */
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
