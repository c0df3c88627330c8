/**
 * Panels side by side.
 *
 * The kernel tells the ids of their models, from left to right. The only command is
 *
 *   dismiss {alert}        the person has read it
 */

import { createAnnouncer } from "./page/announcer.js";
import { createBanners } from "./page/banners.js";
import { h, keepToItself } from "./page/elements.js";
import { createPlaces } from "./page/places.js";
import { createSession } from "./page/session.js";
import { createWidget } from "./page/widget.js";

/**
 * @param {HTMLElement} el
 * @param {any} options
 * @param {any} session
 */
function createPanel(el, options, session) {
  const places = createPlaces(session.manager, options.parts);
  const status = createAnnouncer();
  const banners = createBanners(session, status.say);
  const [, alerts] = banners.nodes; // how the kernel is doing, each part says itself
  const root = h(
    "section",
    { class: "inb-whole inb-abreast", "aria-label": "Side by side" },
    alerts, h("div", { class: "inb-abreast-row" }, ...places.nodes), status.node,
  );
  el.replaceChildren(root);
  keepToItself(root);
  const unwatch = session.watch(banners.draw);
  return () => {
    places.remove();
    unwatch();
  };
}

export default createWidget(
  (model) => Object.assign(createSession(model, { name: "beside" }), { manager: model.widget_manager }),
  createPanel,
);
