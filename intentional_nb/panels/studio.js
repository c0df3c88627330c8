/** The studio: the panels of one bot in one place, in the order conversation, stage graph, tool calls, timeline. */

import { h } from "./page/elements.js";
import { createSplitter } from "./page/splitter.js";
import { createTabs } from "./page/tabs.js";
import { createWhole } from "./page/whole.js";

/** @param {HTMLElement[]} parts @param {any} options */
function layOutStudio([conversation, graph, toolCalls, timeline], options) {
  const root = h("section", { class: "inb-whole inb-studio", "aria-label": `Studio: ${options.title}` });
  root.style.setProperty("--inb-studio-height", options.height);
  const tabs = createTabs("Details", [["Tool calls", toolCalls], ["Timeline", timeline]]);
  const splitter = createSplitter("Width of the conversation", (percent) => root.style.setProperty("--inb-split", `${percent}%`));
  const content = h(
    "div",
    { class: "inb-studio-row" },
    h("div", { class: "inb-studio-talk" }, conversation), splitter, h("div", { class: "inb-studio-watch" }, graph, tabs.node),
  );
  return { root, content };
}

export default createWhole("studio", layOutStudio);
