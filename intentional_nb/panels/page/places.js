/** Places for panels within a panel. Each has its own model and its own messages; here it is only shown. */

import { h } from "./elements.js";

/**
 * @param {any} manager
 * @param {string[]} models the ids of the panels' models
 */
export function createPlaces(manager, models) {
  const nodes = models.map(() => h("div", { class: "inb-place" }, h("p", { class: "inb-place-empty" }, "Loading…")));
  /** @type {any[]} */
  const views = [];
  let isGone = false;

  /** @param {string} id @param {HTMLElement} place */
  async function show(id, place) {
    try {
      const view = await manager.create_view(await manager.get_model(id));
      if (isGone) return view.remove();
      views.push(view);
      place.replaceChildren(view.el);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      place.replaceChildren(h("p", { class: "inb-place-empty" }, `This part cannot be shown here: ${why}. Run the cell again.`));
    }
  }

  models.forEach((id, i) => show(id, nodes[i]));
  return {
    nodes,
    remove() {
      isGone = true;
      for (const view of views) view.remove();
    },
  };
}
