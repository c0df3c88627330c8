/** What is shown where no picture could be drawn: why, the stages in words, and the graph as Mermaid text. */

import { h, iconButton, toClipboard } from "./page/elements.js";
import { nameOf, stageWords } from "./stage_graph_steps.js";

/** @param {{openStage: (id: string) => void, say: (words: string) => void}} actions */
export function createWordsOnly(actions) {
  const reason = h("p", { class: "inb-s-reason" });
  const list = h("ul", { class: "inb-s-stages" });
  const text = h("pre", { class: "inb-s-pre", tabindex: "0", role: "group", "aria-label": "Mermaid text" });
  const copy = iconButton("copy", "Copy the Mermaid text", async () => {
    if (await toClipboard(text.textContent ?? "")) actions.say("Copied");
  });
  const node = h(
    "div",
    { class: "inb-s-plain", hidden: true, tabindex: "0", role: "group", "aria-label": "The graph in words" },
    reason, h("h3", { class: "inb-s-heading" }, "Stages"), list, h("h3", { class: "inb-s-heading" }, h("span", {}, "Mermaid"), copy), text,
  );
  let drawn = "";

  return {
    node,
    /** @param {Picture} picture @param {StageView} view @param {Map<string, Marks>} marks */
    draw(picture, view, marks) {
      const now = JSON.stringify([picture.key, [...marks]]);
      if (now === drawn) return;
      drawn = now;
      reason.textContent = `No picture can be drawn: ${picture.reason}.`;
      text.textContent = picture.mermaid ?? "";
      const focused = node.contains(document.activeElement) ? /** @type {any} */ (document.activeElement).dataset.stage : undefined;
      list.replaceChildren(...view.graph.stages.map((stage) => row(stage, marks.get(stage.id))));
      if (focused) [...list.querySelectorAll("[data-stage]")].find((button) => button.dataset.stage === focused)?.focus();
    },
  };

  /** @param {Stage} stage @param {Marks | undefined} of */
  function row(stage, of) {
    const marks = of ?? { now: false, trail: "", visits: 0, open: false };
    const words = stageWords(stage, marks).slice(nameOf(stage).length + 2);
    return h(
      "li",
      {},
      h("button", { type: "button", class: "inb-s-link", "data-stage": stage.id, "aria-current": marks.now ? "step" : undefined, onclick: () => actions.openStage(stage.id) }, nameOf(stage)),
      words && h("span", { class: "inb-s-when" }, words),
    );
  }
}
