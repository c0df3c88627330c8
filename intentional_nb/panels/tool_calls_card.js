/** One call: what it is, how it is doing, what went in and what came out. */

import { h, iconButton, quiet, toClipboard } from "./page/elements.js";
import { icon } from "./page/icons.js";
import { duration, moveWords } from "./page/words.js";
import { argumentsLine, callSentence, exported, inLine, isRouting, laidOut, shownOf, stateOf, statusWords } from "./tool_calls_words.js";

const TAIL = 240; // characters of the arguments that are seen while they are written
const FEW_OPTIONS = 8;

/**
 * A text with a label; in a closed card a line or two of it, in an open one all.
 */
function createPart() {
  const label = h("div", { class: "inb-label" });
  const text = h("pre", { class: "inb-c-text", dir: "auto" });
  const node = h("div", { class: "inb-c-part" }, label, text);
  return {
    node,
    /** @param {{label: string, line: string, all: string, state?: string, isOpen: boolean}} given */
    draw({ label: words, line, all, state = "", isOpen }) {
      if (label.textContent !== words) label.textContent = words;
      node.dataset.state = state;
      node.classList.toggle("inb-c-open", isOpen);
      const wanted = isOpen ? all || "(nothing)" : line || "(nothing)";
      if (text.textContent !== wanted) text.textContent = wanted;
      if (isOpen) {
        text.setAttribute("tabindex", "0");
        text.setAttribute("role", "group");
        text.setAttribute("aria-label", words);
        quiet(text);
      } else {
        for (const name of ["tabindex", "role", "aria-label"]) text.removeAttribute(name);
      }
    },
  };
}

/**
 * What a call consists of, as texts with labels.
 * @param {CallEntry} entry
 * @returns {{key: string, label: string, line: string, all: string, state?: string, isExtra?: boolean}[]}
 */
export function partsOf(entry) {
  if (entry.k === "route") {
    const said = shownOf(entry, "said");
    const choice = shownOf(entry, "choice");
    return [
      { key: "choice", label: "Choice, as the model wrote it", line: "", all: choice, isExtra: true },
      { key: "said", label: "The user's words", line: inLine(said), all: said || "(not known when it was decided)", isExtra: true },
      { key: "trail", label: "Trail after it, the stages to return to", line: "", all: entry.trail.join(" › ") || "(nowhere to return to)", isExtra: true },
    ];
  }
  const given = shownOf(entry, "arguments");
  if (entry.k === "written") {
    const tail = given.length > TAIL ? `…${given.slice(-TAIL)}` : given;
    return [{ key: "arguments", label: entry.status === "writing" ? "Arguments, as they come" : "Arguments, as far as they came", line: entry.status === "writing" ? tail : inLine(given), all: given }];
  }
  const output = shownOf(entry, "output");
  const parts = [{ key: "arguments", label: "Arguments", line: argumentsLine(given), all: given || "no arguments" }];
  if (entry.status !== "running") {
    const state = stateOf(entry);
    parts.push({ key: "output", label: state === "failed" ? "Error" : "Result", line: inLine(output), all: laidOut(output), state });
  }
  for (const run of entry.runs ?? []) {
    const is = run.status === "running" ? "runs" : `${statusWords({ k: "tool", ...run })}, ${duration(run.ms)}`;
    const out = run.status === "running" ? "…" : shownOf(run, "output");
    parts.push({ key: `run ${run.run}`, label: `Run again: ${is}; the model is not told`, line: inLine(out), all: laidOut(out), state: stateOf(run) });
  }
  return parts;
}

/** From where to where, and the options that there were. */
function createWay() {
  const way = h("div", { class: "inb-c-way" });
  const why = h("div", { class: "inb-c-why" });
  const options = h("ul", { class: "inb-c-options", role: "list", "aria-label": "Options" });
  const node = h("div", {}, why, options);

  /** @param {string} option @param {boolean} isChosen */
  const chip = (option, isChosen) =>
    h("li", { class: isChosen ? "inb-c-chosen" : "" }, isChosen && icon("check"), option, isChosen && h("span", { class: "inb-sr" }, " (chosen)"));

  return {
    node, way,
    /** @param {RouteCall} entry @param {boolean} isOpen */
    draw(entry, isOpen) {
      const words = moveWords(/** @type {any} */ (entry));
      const isRefused = entry.kind === "refused";
      const choice = shownOf(entry, "choice");
      way.replaceChildren(
        h("span", { class: "inb-sr" }, "Routing: "),
        h("code", {}, shownOf(entry, "source")),
        h("span", { class: "inb-c-arrow" }, icon(/** @type {any} */ (words.icon))),
        h("span", { class: "inb-sr" }, isRefused ? " refused " : " to "),
        h("code", { class: "inb-c-target" }, isRefused ? inLine(choice) || "no choice" : shownOf(entry, "target")),
      );
      why.hidden = !entry.why;
      why.textContent = entry.why ?? "";
      const isChosen = (/** @type {string} */ option) => option === choice && !isRefused;
      const few = entry.options.filter((option, index) => isOpen || index < FEW_OPTIONS || isChosen(option));
      const left = entry.options.length - few.length;
      options.hidden = entry.options.length === 0;
      options.replaceChildren(
        ...few.map((option) => chip(option, isChosen(option))),
        ...(left > 0 ? [h("li", { class: "inb-c-rest" }, `${left} more`)] : []),
      );
    },
  };
}

/**
 * Draws one call and keeps it up to date.
 * @param {{say: (words: string) => void, again: (entry: ToolCallEntry) => void, isOff: () => boolean}} actions
 */
export function createCard(actions) {
  /** @type {CallEntry | null} */
  let entry = null;
  /** @type {CallTurn | null} */
  let turn = null;
  let isOpen = false;
  /** @type {Map<string, ReturnType<typeof createPart>>} */
  const parts = new Map();

  const mark = h("span", { class: "inb-c-mark" });
  const name = h("code", { class: "inb-c-name" });
  const pill = h("span", { class: "inb-pill inb-c-pill" });
  const took = h("span", { class: "inb-tool-took" });
  const way = createWay();
  const body = h("div", { class: "inb-c-parts" });
  const more = h("button", { type: "button", class: "inb-c-button", "aria-expanded": "false", onclick: () => {
    isOpen = !isOpen;
    draw();
  } });
  const again = h("button", { type: "button", class: "inb-c-button inb-c-again", onclick: () => {
    if (entry?.k === "tool" && again.getAttribute("aria-disabled") !== "true") actions.again(entry);
  } }, icon("retry"), h("span", {}, "Run again"));
  const copy = iconButton("copy", "Copy as JSON", async () => {
    if (!entry || !turn) return;
    const isDone = await toClipboard(JSON.stringify(exported(entry, turn), null, 2));
    actions.say(isDone ? "Copied as JSON" : "The browser did not allow copying");
  });
  const head = h("div", { class: "inb-c-head" }, mark, name, way.way, pill, took);
  const foot = h("div", { class: "inb-c-foot" }, more, again, copy);
  const node = h("div", { class: "inb-c-card", role: "listitem" }, head, way.node, body, foot);

  function draw() {
    if (!entry) return;
    const label = entry.k === "route" ? "routing" : shownOf(entry, "name");
    node.dataset.state = stateOf(entry);
    node.dataset.kind = isRouting(entry) ? "routing" : "tool";
    node.dataset.move = entry.k === "route" ? entry.kind : "";
    node.setAttribute("aria-label", callSentence(entry));
    mark.replaceChildren(icon(isRouting(entry) ? "arrow" : "tool"));
    name.textContent = label;
    mark.hidden = name.hidden = entry.k === "route";
    way.way.hidden = entry.k !== "route";
    pill.textContent = statusWords(entry);
    took.textContent = entry.ms && entry.status !== "running" ? duration(entry.ms) : "";
    took.hidden = took.textContent === "";
    way.node.hidden = entry.k !== "route";
    if (entry.k === "route") way.draw(entry, isOpen);
    drawParts();
    more.textContent = isOpen ? "Show less" : "Show all";
    more.setAttribute("aria-expanded", String(isOpen));
    more.setAttribute("aria-label", `${more.textContent} of ${label}`);
    copy.setAttribute("aria-label", `Copy ${label} as JSON`);
    drawAgain(label);
  }

  function drawParts() {
    const wanted = partsOf(/** @type {CallEntry} */ (entry)).filter((part) => isOpen || !part.isExtra);
    const keys = new Set(wanted.map((part) => part.key));
    for (const [key, part] of parts) {
      if (keys.has(key)) continue;
      part.node.remove();
      parts.delete(key);
    }
    for (const given of wanted) {
      let part = parts.get(given.key);
      if (!part) {
        part = createPart();
        parts.set(given.key, part);
      }
      part.draw({ ...given, isOpen });
      if (part.node.parentNode !== body) body.append(part.node);
    }
    body.hidden = wanted.length === 0;
  }

  /** @param {string} label */
  function drawAgain(label) {
    const call = entry?.k === "tool" ? entry : null;
    again.hidden = !call?.again;
    const isRunning = (call?.runs ?? []).some((run) => run.status === "running");
    // Not `disabled`, which would take the focus away from who has just pressed it.
    again.setAttribute("aria-disabled", String(isRunning || actions.isOff()));
    again.setAttribute("aria-label", `Run ${label} again with these arguments`);
    again.title = "Run again with these arguments; the model is not told";
  }

  return {
    node,
    /** @param {CallEntry} next @param {CallTurn} ofTurn */
    update(next, ofTurn) {
      turn = ofTurn;
      if (next === entry) {
        if (next.k === "tool" && next.again) drawAgain(shownOf(next, "name"));
        return;
      }
      entry = next;
      draw();
    },
  };
}
