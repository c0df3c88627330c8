/**
 * The studio: the panels of one bot in one place.
 *
 * The kernel tells the ids of their models, in the order conversation, stage graph, tool calls, timeline. The only
 * command is
 *
 *   dismiss {alert}        the person has read it
 */

import { createAnnouncer } from "./page/announcer.js";
import { createBanners } from "./page/banners.js";
import { h, keepToItself } from "./page/elements.js";
import { createPlaces } from "./page/places.js";
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
  const places = createPlaces(session.manager, options.parts);
  const [conversation, graph, toolCalls, timeline] = places.nodes;
  const status = createAnnouncer();
  const banners = createBanners(session, status.say);
  const [, alerts] = banners.nodes; // how the kernel is doing, each part says itself
  const tabs = createTabs("Details", [["Tool calls", toolCalls], ["Timeline", timeline]]);
  const splitter = createSplitter("Width of the conversation", (percent) => root.style.setProperty("--inb-split", `${percent}%`));
  const row = h(
    "div",
    { class: "inb-studio-row" },
    h("div", { class: "inb-studio-talk" }, conversation), splitter, h("div", { class: "inb-studio-watch" }, graph, tabs.node),
  );
  const root = h(
    "section",
    { class: "inb-whole inb-studio", "aria-label": `Studio: ${options.title}` },
    alerts, row, status.node,
  );
  root.style.setProperty("--inb-studio-height", options.height);
  el.replaceChildren(root);
  keepToItself(root);
  const unwatch = session.watch(banners.draw);
  return () => {
    places.remove();
    unwatch();
  };
}

export default createWidget(
  (model) => Object.assign(createSession(model, { name: "studio" }), { manager: model.widget_manager }),
  createPanel,
);
