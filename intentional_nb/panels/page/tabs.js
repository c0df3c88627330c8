/** One of several things at a time, chosen by its name. */

import { h, plainKey } from "./elements.js";

/**
 * Tabs, as ARIA's authoring practices describe them: one tab stop, arrow keys choose. What is not chosen stays as it is.
 * @param {string} label
 * @param {[string, HTMLElement][]} entries name and content of each
 */
export function createTabs(label, entries) {
  const id = `inb-tabs-${Math.random().toString(36).slice(2, 8)}`;
  const tabs = entries.map(([name], i) =>
    h("button", { type: "button", role: "tab", class: "inb-tab", id: `${id}-tab-${i}`, "aria-controls": `${id}-${i}`, onclick: () => choose(i) }, name));
  const contents = entries.map(([, content], i) =>
    h("div", { role: "tabpanel", class: "inb-tab-content", id: `${id}-${i}`, "aria-labelledby": `${id}-tab-${i}` }, content));
  const bar = h("div", { role: "tablist", class: "inb-tab-bar", "aria-label": label, onkeydown: move }, ...tabs);
  const node = h("div", { class: "inb-tabs" }, bar, ...contents);
  let chosen = 0;

  /** @param {number} i */
  function choose(i) {
    chosen = i;
    tabs.forEach((tab, k) => {
      tab.setAttribute("aria-selected", String(k === i));
      tab.tabIndex = k === i ? 0 : -1;
      contents[k].hidden = k !== i;
    });
  }

  /** @param {KeyboardEvent} event */
  function move(event) {
    const last = tabs.length - 1;
    const next = { ArrowRight: chosen === last ? 0 : chosen + 1, ArrowLeft: chosen === 0 ? last : chosen - 1, Home: 0, End: last }[plainKey(event)];
    if (next === undefined) return;
    event.preventDefault();
    choose(next);
    tabs[next].focus();
  }

  choose(0);
  return { node };
}
