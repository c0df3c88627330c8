/** What the lines and marks mean, and what the keys do. */

import { h } from "./page/elements.js";
import { badge, s } from "./stage_graph_drawing.js";

const KEYS = [
  ["Arrows", "go from stage to stage, along its ways where there are any"],
  ["Enter", "open a stage"],
  ["Escape", "close it"],
  ["Home", "go to where the conversation stands"],
  ["Shift + arrows", "move the picture; or drag it"],
  ["+ and −", "larger, smaller; or Ctrl and the wheel"],
  ["0", "show the whole graph"],
  ["/", "find a stage"],
];

export function helpParts() {
  const lines = [
    [line("outcome"), "An outcome: the model reports it, and the conversation moves on."],
    [line("jump"), "A jump: the user asks for something else; the stage that is left goes on the trail."],
    [line("backtrack"), "A backtrack: back to the last stage on the trail."],
    [pill("now", "now"), "Where the conversation stands."],
    [pill("trail", "1"), "On the trail: stages to return to, the oldest is 1."],
    [pill("visits", "×2"), "How often a stage was entered, or a way taken."],
    [ring(), "Can be reached with the user's next message."],
  ];
  return [
    h("dl", { class: "inb-s-legend" }, ...lines.flatMap(([sample, words]) => [h("dt", {}, sample), h("dd", {}, words)])),
    h("h3", { class: "inb-s-heading" }, "Keys"),
    h("dl", { class: "inb-s-keys" }, ...KEYS.flatMap(([keys, words]) => [h("dt", {}, h("kbd", {}, keys)), h("dd", {}, words)])),
    h("p", { class: "inb-s-when" }, "Click on a stage to see what the model is told there; click on a way, or its name, to see each time that it was taken."),
  ];
}

/** @param {...any} parts */
function sample(...parts) {
  return s("svg", { class: "inb-g-page inb-s-sample", width: 44, height: 20, viewBox: "-22 -10 44 20", "aria-hidden": "true" }, ...parts);
}

/** @param {string} kind */
function line(kind) {
  return sample(s("g", { class: `inb-g-line inb-g-${kind}` }, s("path", { class: "inb-g-path", d: "M-19 0H9" }), s("path", { class: "inb-g-tip", d: "M9 -3.6L19 0L9 3.6Z" })));
}

/** @param {string} kind @param {string} words */
function pill(kind, words) {
  return sample(badge(kind, words, 0, 0, ""));
}

function ring() {
  const box = { x: -14, y: -6, width: 28, height: 12, rx: 4 };
  const halo = { x: -17, y: -9, width: 34, height: 18, rx: 6 };
  return sample(s("g", { class: "inb-s-reach" }, s("g", { class: "inb-g-stage is-open" }, s("rect", { class: "inb-g-halo", ...halo }), s("rect", { class: "inb-g-box", ...box }))));
}
