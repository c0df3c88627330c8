/** A panel that is made of panels: what all of these do, whatever the places of their parts. */

import { createAnnouncer } from "./announcer.js";
import { createBanners } from "./banners.js";
import { keepToItself } from "./elements.js";
import { createPlaces } from "./places.js";
import { createSession } from "./session.js";
import { createWidget } from "./widget.js";

/**
 * The kernel tells the ids of the parts' models, in order. The only command is
 *
 *   dismiss {alert}        the person has read it
 *
 * @param {string} name
 * @param {(parts: HTMLElement[], options: any) => {root: HTMLElement, content: HTMLElement}} layOut gives the outermost
 *   element, and what is in it
 */
export function createWhole(name, layOut) {
  return createWidget(
    (model) => Object.assign(createSession(model, { name }), { manager: model.widget_manager }),
    (el, options, session) => {
      const places = createPlaces(session.manager, options.parts);
      const status = createAnnouncer();
      const banners = createBanners(session, status.say);
      const { root, content } = layOut(places.nodes, options);
      const [, alerts] = banners.nodes; // how the kernel is doing, each part says itself
      root.append(alerts, content, status.node);
      el.replaceChildren(root);
      keepToItself(root);
      const unwatch = session.watch(banners.draw);
      return () => {
        places.remove();
        unwatch();
      };
    },
  );
}
