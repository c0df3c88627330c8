/** Elements, and what the notebook around them must not notice. */

import { icon } from "./icons.js";

/**
 * An element. Whatever can have the focus says itself that JupyterLab's shortcuts are off: on a focused button, typing
 * `d d` would delete the cell, and the same attribute on an ancestor does not help.
 * @param {string} tag
 * @param {Record<string, any>} [attributes] `class`, `on…` listeners, and attributes; undefined and false are left out
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {any}
 */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false || value === null) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  if (["button", "input", "select", "summary", "textarea"].includes(tag) || "tabindex" in attributes) quiet(node);
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** @param {Element} node */
export function quiet(node) {
  node.setAttribute("data-lm-suppress-shortcuts", "true");
}

/** The key alone, or "" with a modifier, which makes it the browser's or the notebook's. @param {KeyboardEvent} event */
export function plainKey(event) {
  return event.altKey || event.ctrlKey || event.metaKey || event.shiftKey ? "" : event.key;
}

/** @param {string} name @param {string} label @param {() => void} action @param {string} [style] */
export function iconButton(name, label, action, style = "inb-tiny") {
  return h("button", { type: "button", class: style, title: label, "aria-label": label, onclick: action }, icon(/** @type {any} */ (name)));
}

/**
 * Put a block of the kernel's HTML into an element. The one place where a string becomes elements.
 * @param {HTMLElement} node
 * @param {string} html
 */
export function setBlock(node, html) {
  node.innerHTML = html;
  for (const link of node.querySelectorAll("a")) quiet(link);
  for (const wide of node.querySelectorAll("pre, table")) {
    if (wide.tagName === "TABLE") {
      const frame = h("div", { class: "inb-table", tabindex: "0", role: "group", "aria-label": "Table" });
      wide.replaceWith(frame);
      frame.append(wide);
    } else {
      wide.setAttribute("tabindex", "0");
      wide.setAttribute("role", "group");
      wide.setAttribute("aria-label", "Code");
      quiet(wide);
    }
  }
}

/** @param {string} text */
export async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Not allowed, or not a secure page: the old way still works there.
    const field = h("textarea", { class: "inb-sr" });
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

/**
 * Keep what is typed and clicked here from JupyterLab, which would move the focus to the cell, run it, or take a typed
 * letter for a command. Its shortcuts with Ctrl or the command key, such as save, still reach it.
 * @param {HTMLElement} root
 */
export function keepToItself(root) {
  for (const name of ["keydown", "keyup", "keypress", "mousedown", "dblclick"]) {
    root.addEventListener(name, (event) => {
      const isShortcut = (event.ctrlKey || event.metaKey) && event.key !== "Enter";
      if (!isShortcut) event.stopPropagation();
    });
  }
}
