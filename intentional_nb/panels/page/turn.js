/** One turn: what the user said, what followed, and what can be done with it. */

import { grow, isSendKey } from "./composer.js";
import { h, iconButton, toClipboard } from "./elements.js";
import { DRAW } from "./entries.js";
import { icon } from "./icons.js";
import { duration, endWords, isEnding, userWords } from "./words.js";

/**
 * What people can do with a turn; what is left out is not offered.
 * @typedef {{
 *   edit?: (turn: Turn, text: string) => void, retry?: (turn: Turn) => void, say: (words: string) => void,
 * }} TurnActions
 */

/**
 * Draws one turn and keeps it up to date, touching only what changed.
 * @param {TurnActions} actions
 */
export function createTurn(actions) {
  /** @type {Turn | null} */
  let shown = null;
  /** @type {{entry: Entry | null, node: HTMLElement, update: (entry: any) => void}[]} */
  let parts = [];
  let isEditing = false;

  const said = document.createTextNode("");
  const remark = h("span", { class: "inb-remark" });
  const words = h("div", { class: "inb-words", dir: "auto" }, said, remark);
  const time = h("time", { class: "inb-time" });
  const userActions = h(
    "div",
    { class: "inb-actions" },
    iconButton("copy", "Copy message", async () => {
      if (await toClipboard(shown?.user ?? "")) actions.say("Copied");
    }),
    actions.edit && iconButton("edit", "Edit and send again", () => openEditor()),
  );
  const bubble = h("div", { class: "inb-user" }, h("span", { class: "inb-sr" }, "You: "), words);
  const user = h("div", { class: "inb-user-row" }, bubble, h("div", { class: "inb-beside" }, time, userActions));
  const body = h("div", { class: "inb-entries" });
  const ending = h("span", { class: "inb-ending" });
  const tryAgain = () => shown && actions.retry?.(shown);
  const retry = h("button", { type: "button", class: "inb-small inb-retry", onclick: tryAgain }, icon("retry"), "Try again");
  const botActions = h(
    "div",
    { class: "inb-actions" },
    iconButton("copy", "Copy reply", async () => {
      const texts = [...body.querySelectorAll(":scope > .inb-text")].map((node) => node.innerText.trim());
      if (await toClipboard(texts.join("\n\n"))) actions.say("Copied");
    }),
    actions.retry && iconButton("retry", "Take this turn back and try again", tryAgain, "inb-tiny inb-again"),
  );
  const took = h("span", { class: "inb-time" });
  const foot = h("div", { class: "inb-foot" }, ending, retry, botActions, took);
  const node = h("div", { class: "inb-turn" }, user, body, foot);

  function openEditor() {
    if (isEditing || !shown) return;
    const turn = shown;
    isEditing = true;
    const close = () => {
      isEditing = false;
      editor.node.remove();
      user.hidden = false;
    };
    const editor = createEditor(turn.user ?? "", {
      close,
      giveUp() {
        close();
        user.querySelector("[aria-label='Edit and send again']")?.focus();
      },
      send(text) {
        close();
        actions.edit?.(turn, text);
      },
    });
    user.hidden = true;
    user.before(editor.node);
    editor.open();
  }

  /** @param {Turn} turn */
  function update(turn) {
    if (turn === shown) return;
    if (shown === null || turn.user !== shown.user || turn.speech !== shown.speech || turn.why !== shown.why) updateUser(turn);
    if (shown === null || turn.at !== shown.at) {
      const moment = new Date(turn.at);
      time.textContent = moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
      time.setAttribute("datetime", moment.toISOString());
      time.setAttribute("title", moment.toLocaleString());
    }
    if (shown === null || turn.entries !== shown.entries) updateEntries(turn.entries);
    const isOver = turn.status !== "running";
    node.dataset.status = turn.status;
    ending.textContent = endWords(turn);
    turn.entries.forEach((entry, index) => {
      parts[index].node.hidden = isEnding(turn, entry);
    });
    foot.hidden = !isOver;
    botActions.firstChild.hidden = !turn.entries.some((entry) => entry.k === "text");
    retry.hidden = turn.status !== "failed" || turn.user === null || !actions.retry;
    took.textContent = turn.ms > 0 ? duration(turn.ms) : "";
    shown = turn;
  }

  /** @param {Turn} turn */
  function updateUser(turn) {
    user.hidden = turn.user === null || isEditing;
    const known = userWords(turn);
    said.data = known.text;
    remark.textContent = known.remark;
    remark.hidden = !known.remark;
    userActions.hidden = !known.text;
    node.classList.toggle("inb-opening", turn.user === null);
  }

  /** @param {Entry[]} entries */
  function updateEntries(entries) {
    entries.forEach((entry, index) => {
      let part = parts[index];
      if (!part || part.entry?.k !== entry.k) {
        const made = { entry: null, ...DRAW[entry.k]() };
        part ? part.node.replaceWith(made.node) : body.append(made.node);
        parts[index] = part = made;
      }
      if (part.entry !== entry) {
        part.update(entry);
        part.entry = entry;
      }
    });
    for (const part of parts.slice(entries.length)) part.node.remove();
    parts = parts.slice(0, entries.length);
  }

  return { node, update };
}

/**
 * The field in which a message is written anew.
 * @param {string} words
 * @param {{close: () => void, giveUp: () => void, send: (text: string) => void}} actions
 */
function createEditor(words, actions) {
  const field = h("textarea", { class: "inb-field inb-edit-field", dir: "auto", rows: "2", "aria-label": "Edit message" });
  field.value = words;
  const send = () => {
    const text = field.value.trim();
    if (text) actions.send(text);
  };
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      actions.giveUp();
    } else if (isSendKey(event)) {
      event.preventDefault();
      send();
    }
  });
  field.addEventListener("input", () => grow(field));
  const node = h(
    "div",
    { class: "inb-editor" },
    field,
    h(
      "div",
      { class: "inb-editor-row" },
      h("span", { class: "inb-hint" }, "This message and all after it are taken back."),
      h("button", { type: "button", class: "inb-small", onclick: actions.close }, "Cancel"),
      h("button", { type: "button", class: "inb-small inb-primary", onclick: send }, "Send"),
    ),
  );
  return {
    node,
    open() {
      grow(field);
      field.focus();
      field.setSelectionRange(field.value.length, field.value.length);
    },
  };
}
