/**
 * The studio: the panels of one bot side by side.
 *
 * Each part is a panel by itself, with its own model and its own messages; here they are only given their places. The
 * kernel tells the ids of their models, in the order conversation, stage graph, tool calls, timeline.
 */

import { h, keepToItself } from "./page/elements.js";
import { createSession } from "./page/session.js";
import { createSplitter } from "./page/splitter.js";
import { createTabs } from "./page/tabs.js";
import { createWidget } from "./page/widget.js";

/**
 * @param {HTMLElement} el
 * @param {any} options
 * @param {any} session
 */
function createPanel(el, options, session) {
  const places = options.parts.map(() => h("div", { class: "inb-place" }, h("p", { class: "inb-place-empty" }, "Loading…")));
  const [conversation, graph, toolCalls, timeline] = places;
  const tabs = createTabs("Details", [["Tool calls", toolCalls], ["Timeline", timeline]]);
  const left = h("div", { class: "inb-studio-talk" }, conversation);
  const right = h("div", { class: "inb-studio-watch" }, graph, tabs.node);
  const splitter = createSplitter("Width of the conversation", (percent) => root.style.setProperty("--inb-split", `${percent}%`));
  const root = h(
    "section",
    { class: "inb-studio", "aria-label": `Studio: ${options.title}` },
    h("div", { class: "inb-studio-row" }, left, splitter, right),
  );
  root.style.setProperty("--inb-studio-height", options.height);
  el.replaceChildren(root);
  keepToItself(root);

  let isGone = false;
  /** @type {any[]} */
  const views = [];

  /** @param {string} id @param {HTMLElement} place */
  async function show(id, place) {
    try {
      const model = await session.manager.get_model(id);
      if (isGone) return;
      const view = await session.manager.create_view(model);
      if (isGone) return view.remove();
      views.push(view);
      place.replaceChildren(view.el);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      place.replaceChildren(h("p", { class: "inb-place-empty" }, `This part cannot be shown here: ${why}. Run the cell again.`));
    }
  }

  options.parts.forEach((/** @type {string} */ id, /** @type {number} */ i) => show(id, places[i]));
  const unwatch = session.watch(() => {});
  return () => {
    isGone = true;
    for (const view of views) view.remove();
    unwatch();
  };
}

export default createWidget(
  (model) => Object.assign(createSession(model, { name: "studio" }), { manager: model.widget_manager }),
  createPanel,
);
