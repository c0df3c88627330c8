/**
 * The chat panel: one bot's conversation, live in a notebook cell.
 *
 * What all panels' pages have in common is in the folder `page`: how messages are numbered (`store.js`), how commands
 * reach the kernel (`line.js`), how turns are drawn (`turn.js`). The commands of this panel are
 *
 *   send {text}            say this to the bot
 *   stop {}                interrupt the reply, withdraw what waits
 *   retry {turn, text}     take back this turn and all after it, and say this
 *   edit {turn, text}      the same, with other words
 *   clear {}               forget the conversation
 *   earlier {}             show more of the older turns
 *   dismiss {alert}        the person has read it
 *
 * and it is told, besides numbered messages,
 *
 *   keep {model, html}     the transcript for the notebook's file
 *   broken {text}          the kernel could not make the view
 */

import { createAnnouncer } from "./page/announcer.js";
import { createBanners } from "./page/banners.js";
import { createComposer } from "./page/composer.js";
import { createConversation } from "./page/conversation.js";
import { h, iconButton, keepToItself } from "./page/elements.js";
import { createQuestion, createStageChip, createTimes } from "./page/header.js";
import { createSession } from "./page/session.js";
import { createWidget } from "./page/widget.js";
import { activity } from "./page/words.js";

/**
 * Draw the panel into an element.
 * @param {HTMLElement} el
 * @param {any} options
 * @param {ReturnType<typeof createSession>} session
 */
function createPanel(el, options, session) {
  const id = `inb-${Math.random().toString(36).slice(2, 8)}`;
  const status = createAnnouncer();
  const stage = createStageChip();
  const doing = h("span", { class: "inb-doing" });
  const times = createTimes(() => root);
  const clear = iconButton("clear", "Clear the conversation", () => question.ask());
  const head = h(
    "div",
    { class: "inb-head" },
    h("span", { class: "inb-dot", "aria-hidden": "true" }),
    h("strong", { class: "inb-title", id }, options.title),
    stage.node,
    doing,
    h("span", { class: "inb-tools" }, times, clear),
  );
  const question = createQuestion({
    label: "Clear the conversation?", words: "Forget the whole conversation?", yes: "Clear", no: "Keep", asker: clear,
    done() {
      session.clear();
      composer.field.focus();
    },
  });
  const banners = createBanners(session, status.say);
  const conversation = createConversation(session, {
    edit: (turn, text) => {
      conversation.stick();
      session.sayAgain("edit", turn, text);
    },
    retry: (turn) => {
      conversation.stick();
      session.sayAgain("retry", turn, turn.user ?? "");
    },
    say: status.say,
  });
  const suggestions = h(
    "div",
    { class: "inb-suggestions", role: "group", "aria-label": "Suggested messages" },
    ...options.suggestions.map((/** @type {string} */ words) =>
      h("button", { type: "button", class: "inb-suggestion", onclick: () => composer.send(words) }, words)),
  );
  const composer = createComposer(session, {
    placeholder: options.placeholder,
    sent: conversation.stick,
    stopped: () => status.say("Stopping"),
  });
  const root = h(
    "section",
    { class: "inb-panel inb-chat", "aria-labelledby": id },
    head, question.node, ...banners.nodes, conversation.node, suggestions, composer.node, status.node,
  );
  root.style.setProperty("--inb-height", options.height);
  el.replaceChildren(root);

  keepToItself(root);
  const knock = () => session.line.ping();
  root.addEventListener("pointerenter", knock);
  root.addEventListener("focusin", knock);

  function draw() {
    const { view } = session.store;
    const isBusy = session.isBusy && !session.isOff;
    root.classList.toggle("inb-busy", isBusy);
    root.classList.toggle("inb-off", session.isOff);
    root.dataset.health = session.line.health;
    conversation.draw();
    banners.draw();
    stage.draw(view);
    doing.textContent = session.line.health === "gone" ? "Disconnected" : activity(view, session.pending);
    clear.disabled = session.isOff || view.turns.length + view.hidden === 0;
    const hasSpoken = view.turns.some((turn) => turn.user !== null) || view.hidden > 0;
    suggestions.hidden = hasSpoken || isBusy || session.isOff || options.suggestions.length === 0;
    composer.draw();
    status.follow(view, conversation.textOf);
    conversation.settle();
  }

  draw();
  composer.open();
  return session.watch(draw);
}

export default createWidget((model) => createSession(model, { name: "chat" }), createPanel);
