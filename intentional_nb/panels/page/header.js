/** Parts of a panel's header, and the question that some of its buttons ask. */

import { h, iconButton } from "./elements.js";

/** Where the conversation stands. */
export function createStageChip() {
  const stage = h("code", { class: "inb-stage" });
  const node = h("span", { class: "inb-stage-chip" }, h("span", { class: "inb-sr" }, "Stage: "), stage);
  return {
    node,
    /** @param {View} view */
    draw(view) {
      stage.textContent = view.stage;
      node.hidden = !view.stage;
      node.title = view.trail.length ? `Trail, the stages to return to: ${view.trail.join(" › ")}` : "The stage in which the conversation stands";
    },
  };
}

/** The button that shows when things were said. @param {() => HTMLElement} root */
export function createTimes(root) {
  const button = iconButton("clock", "Show times", () => {
    const on = root().classList.toggle("inb-with-times");
    button.setAttribute("aria-pressed", String(on));
  }, "inb-tiny inb-times");
  button.setAttribute("aria-pressed", "false");
  return button;
}

/**
 * A question across the panel, with two answers.
 * @param {{label: string, words: string, yes: string, no: string, asker: HTMLElement, done: () => void}} given
 */
export function createQuestion({ label, words, yes, no, asker, done }) {
  const accept = h("button", { type: "button", class: "inb-small inb-danger", onclick: () => {
    show(false);
    done();
  } }, yes);
  const refuse = h("button", { type: "button", class: "inb-small", onclick: () => show(false) }, no);
  const node = h("div", { class: "inb-banner inb-question", role: "group", "aria-label": label, hidden: true }, h("span", {}, words), accept, refuse);
  node.addEventListener("keydown", (event) => {
    if (event.key === "Escape") show(false);
  });

  /** @param {boolean} isAsking */
  function show(isAsking) {
    node.hidden = !isAsking;
    (isAsking ? refuse : asker).focus();
  }

  return { node, ask: () => show(true) };
}
