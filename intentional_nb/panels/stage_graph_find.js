/** The field in which one types a part of a stage's name to get there. */

import { h } from "./page/elements.js";
import { toolIcon } from "./stage_graph_icons.js";
import { matching, nameOf } from "./stage_graph_steps.js";

const MOST_SHOWN = 12;

/** @param {{stages: () => Stage[], chosen: (id: string) => void, left: () => void}} given */
export function createFind({ stages, chosen, left }) {
  const id = `inb-s-${Math.random().toString(36).slice(2, 8)}`;
  /** @type {Stage[]} */
  let found = [];
  let place = -1;
  const list = h("ul", { class: "inb-s-found", role: "listbox", id, "aria-label": "Stages", hidden: true });
  const field = h("input", {
    type: "text", class: "inb-s-field", role: "combobox", placeholder: "Find a stage", "aria-label": "Find a stage",
    "aria-controls": id, "aria-expanded": "false", "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false",
  });
  const node = h("div", { class: "inb-s-find" }, toolIcon("find"), field, list);

  /** @param {boolean} isOpen */
  function show(isOpen) {
    found = isOpen ? matching(stages(), field.value).slice(0, MOST_SHOWN) : [];
    place = found.length && field.value.trim() ? 0 : -1;
    list.hidden = !isOpen || (found.length === 0 && !field.value.trim());
    field.setAttribute("aria-expanded", String(!list.hidden));
    list.replaceChildren(...found.map(option));
    if (isOpen && found.length === 0) list.append(h("li", { class: "inb-s-none", role: "option", "aria-disabled": "true", "aria-selected": "false" }, "No such stage"));
    point();
  }

  /** @param {Stage} stage @param {number} index */
  function option(stage, index) {
    return h(
      "li",
      { class: "inb-s-option", role: "option", id: `${id}-${index}`, "aria-selected": "false", onclick: () => choose(index) },
      h("span", {}, nameOf(stage)),
      stage.goal && h("span", { class: "inb-s-goal" }, stage.goal),
    );
  }

  /** Show which of them Enter would choose. */
  function point() {
    [...list.children].forEach((node, index) => node.setAttribute("aria-selected", String(index === place)));
    list.children[place]?.scrollIntoView({ block: "nearest" });
    if (place >= 0) field.setAttribute("aria-activedescendant", `${id}-${place}`);
    else field.removeAttribute("aria-activedescendant");
  }

  /** @param {number} index */
  function choose(index) {
    const stage = found[index];
    if (!stage) return;
    field.value = "";
    show(false);
    chosen(stage.id);
  }

  field.addEventListener("input", () => show(true));
  field.addEventListener("focus", () => show(true));
  field.addEventListener("blur", () => show(false));
  // A click on an option must not take the focus first: the list would be gone before it.
  list.addEventListener("pointerdown", (/** @type {Event} */ event) => event.preventDefault());
  list.addEventListener("mousedown", (/** @type {Event} */ event) => event.preventDefault());
  field.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      place = Math.max(0, Math.min(found.length - 1, place + step));
      point();
    } else if (event.key === "Enter") {
      choose(Math.max(place, 0));
    } else if (event.key === "Escape") {
      field.value = "";
      show(false);
      left();
    } else {
      return;
    }
    event.preventDefault();
  });

  return { node, focus: () => field.focus() };
}
