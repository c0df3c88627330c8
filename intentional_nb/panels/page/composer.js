/** The text field at the foot of a panel, with its buttons to send and to stop. */

import { h } from "./elements.js";
import { icon } from "./icons.js";

/** @param {KeyboardEvent} event */
export function isSendKey(event) {
  // While an input method composes, Enter accepts its suggestion; 229 is how some browsers say so.
  return event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
}

/** @param {HTMLTextAreaElement} field */
export function grow(field) {
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight + 2, 200)}px`;
}

/**
 * @param {ReturnType<typeof createSession>} session
 * @param {{placeholder: string, sent: () => void, stopped: () => void}} given what to do besides when people send or stop
 */
export function createComposer(session, { placeholder, sent, stopped }) {
  const field = h("textarea", { class: "inb-field", dir: "auto", rows: "1", placeholder, "aria-label": "Message", spellcheck: "true" });
  const go = h("button", { type: "submit", class: "inb-go", title: "Send (Enter)", "aria-label": "Send" }, icon("send"));
  const halt = h("button", { type: "button", class: "inb-go inb-halt", title: "Stop (Escape)", "aria-label": "Stop", hidden: true, onclick: () => stop() }, icon("stop"));
  const node = h("form", { class: "inb-composer", onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault();
    send(field.value);
  } }, field, go, halt);
  field.value = session.draft;

  field.addEventListener("input", () => {
    session.draft = field.value;
    grow(field);
    draw();
  });
  field.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape" && session.canStop) {
      event.preventDefault();
      stop();
    } else if (isSendKey(event)) {
      event.preventDefault();
      send(field.value);
    }
  });

  /** @param {string} words */
  function send(words) {
    const text = words.trim();
    if (!text || session.isOff) return;
    if (words === field.value) {
      field.value = session.draft = "";
      grow(field);
    }
    sent();
    session.say(text);
    field.focus();
  }

  function stop() {
    session.stop();
    stopped();
    field.focus();
  }

  function draw() {
    if (field.value !== session.draft) {
      field.value = session.draft;
      grow(field);
    }
    const canStop = session.canStop && !session.isOff;
    halt.hidden = !canStop;
    // What is sent meanwhile waits for its turn.
    const isEmpty = field.value.trim() === "";
    go.hidden = canStop && isEmpty;
    go.disabled = session.isOff || isEmpty;
  }

  return { node, field, send, draw, open: () => grow(field) };
}
