/**
 * The voice panel: a spoken conversation with a bot, live in a notebook cell.
 *
 * Two lines lead to the kernel. The panel's own carries the view and commands, as in all panels (folder `page`): those
 * of the chat panel without `retry` and `edit`, and
 *
 *   mode {how}                             "open": the microphone stays open; "hold": hold a button to talk
 *   clip {clip, name, index, count}        a piece of a sound file, in the buffer: to be heard as the user's speech
 *
 * The other one carries the sound and what is urgent (`voice_sound.js`); where the page cannot reach the kernel by a
 * socket it travels on the panel's comm too, as messages of kind `line`.
 *
 * The view has, besides the conversation,
 *
 *   talk {state, hearing, mode, again, ended, loading}   what the spoken conversation is doing (`voice_words.js`)
 *   address {port, path}                                 where the other line is
 */

import { createAnnouncer } from "./page/announcer.js";
import { createBanners } from "./page/banners.js";
import { createComposer } from "./page/composer.js";
import { createConversation } from "./page/conversation.js";
import { h, iconButton, keepToItself } from "./page/elements.js";
import { createQuestion, createStageChip, createTimes } from "./page/header.js";
import { createSession } from "./page/session.js";
import { createWidget } from "./page/widget.js";
import { createMicrophoneHelp, createVoiceBanners } from "./voice_banners.js";
import { createDock, createLamp, talkWithSpace } from "./voice_dock.js";
import { createSound } from "./voice_sound.js";
import { NO_TALK } from "./voice_words.js";

/** @param {any} model */
function createVoiceSession(model) {
  const session = createSession(model, {
    name: "voice",
    view: { talk: NO_TALK, address: null },
    heard: (message, buffers) => {
      if (message.kind === "line") sound.receiveComm(message, buffers);
    },
    changed: () => follow(),
    seen(isSeen) {
      isShown = isSeen;
      if (isSeen) follow();
      else sound.close();
    },
  });
  const { say, stop } = session;
  let isShown = false; // on this page, by at least one view
  let isLoud = true;
  let wantsToTalk = false; // the button, or Space, is held
  /** What was chosen on this page and the kernel has not told yet. @type {"open" | "hold" | null} */
  let chosen = null;
  const sound = createSound({
    client: session.line.client,
    comm: (message, buffers) => model.send(message, undefined, buffers),
    changed: () => session.changed(),
  });

  /** Let the sound follow what the kernel tells. */
  function follow() {
    const { view } = session.store;
    const { state, reason } = sound.state.line;
    if (chosen === view.talk.mode) chosen = null;
    sound.use(chosen ?? view.talk.mode);
    if (session.line.health === "gone") {
      if (state !== "closed") sound.close();
    } else if (isShown && view.address && state === "closed" && reason === "") {
      sound.open(view.address);
    }
  }

  const more = {
    sound,
    get talk() {
      const { talk } = session.store.view;
      return chosen ? { ...talk, mode: chosen } : talk;
    },
    get isLoud() {
      return isLoud;
    },
    /** Whether this page sounds when the bot speaks. */
    get isHeard() {
      return isLoud && sound.state.line.state === "open" && ["ready", "playing"].includes(sound.state.speaker.state);
    },
    /** Whether there is something to be stopped: a reply that is made, or one that is heard. */
    get canStop() {
      return session.isBusy || sound.state.speaker.state === "playing";
    },
    /** @param {string} text typed; like talking, it interrupts the bot */
    say(text) {
      sound.wake();
      if (sound.state.speaker.state === "playing") sound.silence();
      say(text);
    },
    stop() {
      sound.silence();
      stop();
    },
    /** Switch the microphone on or off; in the handler of a click. */
    toggle() {
      if (sound.state.isOpen || sound.state.mic.state === "starting") sound.stop();
      else sound.start();
    },
    /** Talk, as long as something is held. @param {boolean} down */
    async hold(down) {
      wantsToTalk = down;
      if (down && !sound.state.isOpen && !(await sound.start())) return;
      if (wantsToTalk === down) sound.hold(down);
    },
    /** @param {"open" | "hold"} mode */
    use(mode) {
      chosen = mode;
      session.line.send("mode", { how: mode });
      session.changed();
    },
    /** @param {boolean} on */
    turnUp(on) {
      isLoud = on;
      sound.turnUp(on);
      session.changed();
    },
  };
  return Object.defineProperties(session, Object.getOwnPropertyDescriptors(more));
}

/**
 * Draw the panel into an element.
 * @param {HTMLElement} el
 * @param {any} options
 * @param {ReturnType<typeof createVoiceSession>} session
 */
function createVoicePanel(el, options, session) {
  const { sound } = session;
  const id = `inb-${Math.random().toString(36).slice(2, 8)}`;
  const status = createAnnouncer();
  const stage = createStageChip();
  const lamp = createLamp(sound);
  const times = createTimes(() => root);
  const clear = iconButton("clear", "Clear the conversation", () => question.ask());
  const head = h(
    "div",
    { class: "inb-head" },
    h("span", { class: "inb-dot", "aria-hidden": "true" }),
    h("strong", { class: "inb-title", id }, options.title),
    stage.node,
    lamp.node,
    h("span", { class: "inb-tools" }, times, clear),
  );
  const question = createQuestion({
    label: "Clear the conversation?", words: "Forget the whole conversation?", yes: "Clear", no: "Keep", asker: clear,
    done() {
      sound.silence();
      session.clear();
      dock.button.focus();
    },
  });
  const hearing = h("div", { class: "inb-user-row inb-hearing", hidden: true, "aria-hidden": "true" }, h("div", { class: "inb-user inb-unsure" }, h("span", { class: "inb-wave" }, h("i"), h("i"), h("i"), h("i"), h("i"))));
  const banners = createBanners(session, status.say);
  const voiceBanners = createVoiceBanners(session, status.say);
  const conversation = createConversation(session, { say: status.say }, { empty: "Nothing has been said yet.", after: [hearing] });
  const help = createMicrophoneHelp(session, status.say);
  const dock = createDock(session, status.say);
  const composer = createComposer(session, {
    placeholder: options.placeholder,
    sent: conversation.stick,
    stopped: () => status.say("Stopping"),
  });
  const root = h(
    "section",
    { class: "inb-panel inb-voice", "aria-labelledby": id },
    head, question.node, ...banners.nodes, ...voiceBanners.nodes, conversation.node, help.node, dock.node, composer.node, status.node,
  );
  root.style.setProperty("--inb-height", options.height);
  el.replaceChildren(root);

  const endSpace = talkWithSpace(root, dock.button, session);
  keepToItself(root);
  const knock = () => session.line.ping();
  root.addEventListener("pointerenter", knock);
  root.addEventListener("focusin", knock);
  // The first click or key anywhere in the panel lets it sound.
  for (const name of ["pointerdown", "keydown"]) root.addEventListener(name, () => sound.wake(), { capture: true });
  root.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape" || event.defaultPrevented || !session.canStop) return;
    event.preventDefault();
    session.stop();
    status.say("Stopping");
  });

  function draw() {
    const { view } = session.store;
    const isBusy = session.isBusy && !session.isOff;
    root.classList.toggle("inb-busy", isBusy);
    root.classList.toggle("inb-off", session.isOff);
    root.dataset.health = session.line.health;
    hearing.hidden = !session.talk.hearing;
    conversation.draw();
    banners.draw();
    voiceBanners.draw();
    stage.draw(view);
    lamp.draw();
    clear.disabled = session.isOff || view.turns.length + view.hidden === 0;
    const isHelpless = help.draw();
    dock.node.classList.toggle("inb-helpless", isHelpless);
    root.dataset.state = dock.draw();
    composer.draw();
    // What is heard need not be told.
    if (!session.isHeard) status.follow(view, conversation.textOf);
    conversation.settle();
  }

  draw();
  composer.open();
  const undo = [session.watch(draw), dock.animate(), endSpace];
  return () => undo.forEach((call) => call());
}

export default createWidget(createVoiceSession, createVoicePanel);
