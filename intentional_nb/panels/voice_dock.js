/** The foot of the voice panel: the button to talk, how one talks, what is heard of both sides, and how it stands. */

import { h, iconButton } from "./page/elements.js";
import { icon } from "./page/icons.js";
import { lampWords, voiceState } from "./voice_words.js";

const METER_STEP_MS = 250; // between two values told to people who do not see the meters

/**
 * @param {any} session of the voice panel
 * @param {(words: string) => void} say tells people who do not see it
 */
export function createDock(session, say) {
  const { sound } = session;
  let spoken = "";

  // the button
  const symbol = h("span", { class: "inb-mic-symbol" });
  const button = h("button", { type: "button", class: "inb-mic" }, h("span", { class: "inb-mic-ring", "aria-hidden": "true" }), symbol);
  const words = h("div", { class: "inb-voice-words" });
  const hint = h("div", { class: "inb-voice-hint" });

  // how one talks
  const ways = ["open", "hold"].map((mode) =>
    h("button", { type: "button", class: "inb-way", "data-mode": mode, onclick: () => session.use(mode) }, mode === "open" ? "Open mic" : "Hold to talk"));
  const modes = h("div", { class: "inb-ways", role: "group", "aria-label": "How you talk" }, ...ways);
  const device = h("select", { class: "inb-device", "aria-label": "Microphone", onchange: () => sound.choose(device.value) });
  const mute = iconButton("microphone", "Mute the microphone", () => sound.mute(!sound.state.isMuted), "inb-round inb-mute");
  const loud = iconButton("sound", "Switch the bot's voice off", () => session.turnUp(!session.isLoud), "inb-round inb-loud");
  const input = createMeter("Your level");
  const output = createMeter("Bot's level");

  const node = h(
    "div",
    // So that Space reaches it after a click beside a button.
    { class: "inb-dock", tabindex: "-1" },
    h("div", { class: "inb-dock-side inb-dock-mine" }, modes, h("div", { class: "inb-dock-row" }, mute, input.node)),
    h("div", { class: "inb-dock-middle" }, button, words, hint),
    h("div", { class: "inb-dock-side inb-dock-bots" }, device, h("div", { class: "inb-dock-row" }, output.node, loud)),
  );
  talkWith(button, session);

  function drawButton(talk) {
    const { isOpen, isHeld } = sound.state;
    const isHolding = talk.mode === "hold";
    const label = isHolding
      ? isHeld ? "Talking; let go when you are done" : "Hold to talk (Space)"
      : isOpen ? "Stop the microphone" : "Start talking";
    setAttributes(button, { "aria-label": label, title: label, "aria-pressed": String(isHolding ? isHeld : isOpen) });
    button.disabled = session.isOff;
    const name = isOpen && !isHolding ? "stop" : "microphone";
    if (symbol.dataset.name !== name) {
      symbol.dataset.name = name;
      symbol.replaceChildren(icon(name));
    }
  }

  function drawSides(talk) {
    const { devices, isMuted, isOpen, mic } = sound.state;
    for (const way of ways) way.setAttribute("aria-pressed", String(way.dataset.mode === talk.mode));
    for (const way of ways) way.disabled = session.isOff;
    drawToggle(mute, isMuted, isMuted ? "muted" : "microphone", isMuted ? "Let the microphone be heard" : "Mute the microphone");
    mute.disabled = !isOpen;
    drawToggle(loud, !session.isLoud, session.isLoud ? "sound" : "soundless", session.isLoud ? "Switch the bot's voice off" : "Switch the bot's voice on");
    device.classList.toggle("inb-absent", devices.length < 2);
    const key = JSON.stringify([devices, mic.deviceId]);
    if (device.dataset.key !== key) {
      device.dataset.key = key;
      device.replaceChildren(...devices.map(({ id, label }) => h("option", { value: id, selected: id === mic.deviceId }, label)));
    }
  }

  function drawState(talk) {
    const state = voiceState(talk, sound.state, { health: session.line.health, isClosed: session.store.view.closed });
    words.textContent = state.words;
    hint.textContent = state.hint;
    const whole = [state.words, state.hint].filter(Boolean).join(". ");
    // What the bot says is heard, and why there is no microphone is told at length: neither need be told here.
    const isTold = state.state === "speaking" || sound.state.mic.state === "failed";
    if (spoken && whole !== spoken && !isTold) say(whole);
    spoken = whole;
    return state.state;
  }

  return {
    node,
    button,
    /** @returns {string} the state, for the panel's colours */
    draw() {
      const talk = session.talk;
      drawButton(talk);
      drawSides(talk);
      return drawState(talk);
    },
    /** Show the levels as long as the panel is there. @returns {() => void} what ends it */
    animate() {
      let frame = 0;
      const step = () => {
        frame = requestAnimationFrame(step);
        input.show(sound.state.isMuted ? 0 : sound.levels.input);
        output.show(sound.levels.output);
        node.style.setProperty("--inb-loudness", String(Math.max(input.shown, output.shown).toFixed(3)));
      };
      step();
      return () => cancelAnimationFrame(frame);
    },
  };
}

/** It is lit exactly as long as this page has the microphone. @param {any} sound */
export function createLamp(sound) {
  const words = h("span", {});
  const node = h("span", { class: "inb-lamp" }, h("span", { class: "inb-lamp-light", "aria-hidden": "true" }), words);
  return {
    node,
    draw() {
      node.dataset.lit = String(sound.state.isOpen);
      node.dataset.muted = String(sound.state.isMuted);
      words.textContent = lampWords(sound.state);
    },
  };
}

/** @param {HTMLElement} toggle @param {boolean} isOn @param {string} name of its icon @param {string} label */
function drawToggle(toggle, isOn, name, label) {
  setAttributes(toggle, { "aria-pressed": String(isOn), "aria-label": label, title: label });
  if (toggle.dataset.icon === name) return;
  toggle.dataset.icon = name;
  toggle.replaceChildren(icon(name));
}

/** @param {HTMLElement} node @param {Record<string, string>} attributes */
function setAttributes(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  }
}

/**
 * How loud something is, from 0 to 1. It follows at once upwards, and falls slowly.
 * @param {string} label
 */
function createMeter(label) {
  const bar = h("span", { class: "inb-meter-bar" });
  const node = h("span", { class: "inb-meter", role: "meter", "aria-label": label, "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": "0", title: label }, bar);
  let shown = 0;
  let toldAt = 0;
  return {
    node,
    get shown() {
      return shown;
    },
    /** @param {number} level root mean square in 0..1 */
    show(level) {
      const height = loudness(level);
      const next = height > shown ? height : shown + (height - shown) * 0.18;
      if (next >= 0.004 || shown > 0) {
        shown = next < 0.004 ? 0 : next;
        bar.style.transform = `scaleX(${shown.toFixed(3)})`;
      }
      if (performance.now() - toldAt < METER_STEP_MS) return;
      toldAt = performance.now();
      setAttributes(node, { "aria-valuenow": String(Math.round(shown * 100)) });
    },
  };
}

/**
 * A level as the ear takes it: from 50 dB below full scale to full scale.
 * @param {number} level root mean square in 0..1
 */
export function loudness(level) {
  return level <= 0 ? 0 : Math.max(0, Math.min(1, 1 + (20 * Math.log10(level)) / 50));
}

/**
 * Let a button, and Space wherever nothing else takes it, start and stop the microphone, or talk as long as it is held.
 * @param {HTMLElement} button @param {any} session
 */
function talkWith(button, session) {
  const isHolding = () => session.talk.mode === "hold";
  let isByPointer = false;
  button.addEventListener("pointerdown", (event) => {
    if (!isHolding() || event.button !== 0) return;
    isByPointer = true;
    button.setPointerCapture(event.pointerId);
    session.hold(true);
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
    button.addEventListener(name, () => {
      if (isByPointer) session.hold(false);
    });
  }
  button.addEventListener("click", (event) => {
    const wasHeld = isByPointer && event.detail > 0;
    isByPointer = false;
    if (wasHeld && isHolding()) return;
    // A click that no pointer made: of Enter, or of a screen reader, which cannot hold.
    if (isHolding()) session.hold(!session.sound.state.isHeld);
    else session.toggle();
    event.preventDefault();
  });
}

/**
 * Space talks, in the whole panel but where it writes or presses something else.
 * @param {HTMLElement} root @param {HTMLElement} button @param {any} session
 */
export function talkWithSpace(root, button, session) {
  /** @param {KeyboardEvent} event */
  const isOurs = (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    return event.key === " " && (target === button || !target.closest("button, input, select, summary, textarea, a"));
  };
  root.addEventListener("keydown", (event) => {
    if (!isOurs(event) || session.talk.mode !== "hold") return;
    event.preventDefault();
    if (!event.repeat) session.hold(true);
  });
  root.addEventListener("keyup", (event) => {
    if (event.key !== " " || session.talk.mode !== "hold") return;
    if (isOurs(event)) event.preventDefault(); // else the button would be clicked
    session.hold(false);
  });
  const letGo = () => session.hold(false);
  root.addEventListener("focusout", (event) => {
    if (session.talk.mode === "hold" && !root.contains(/** @type {Node} */ (event.relatedTarget))) letGo();
  });
  addEventListener("blur", letGo);
  return () => removeEventListener("blur", letGo);
}
