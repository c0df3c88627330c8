/** What stands across the voice panel: sound that waits for a click, another page that has it, echo, no microphone. */

import { h } from "./page/elements.js";
import { icon } from "./page/icons.js";
import { readClip, sendClip } from "./voice_clip.js";
import { echoWords, endedWords, microphoneHelp } from "./voice_words.js";

/**
 * @param {any} session of the voice panel
 * @param {(words: string) => void} say
 */
export function createVoiceBanners(session, say) {
  const { sound } = session;
  const blocked = banner("inb-sound-blocked", "The browser lets no page sound before you have clicked.", button("Enable sound", () => sound.wake(), "sound"));
  const elsewhere = banner("inb-elsewhere", "The sound of this conversation is in another tab or panel.", button("Use it here", () => sound.take()));
  const mute = banner("inb-soundless", "");
  const echo = banner("inb-echo", "");
  const ended = banner("inb-ended", "");
  const loading = banner("inb-loading", "", h("progress", { class: "inb-progress", max: "1", "aria-label": "Loading" }));
  const all = [loading, blocked, mute, elsewhere, ended, echo];
  let isEchoRead = false;
  echo.append(button("Got it", () => {
    isEchoRead = true;
    draw();
  }));

  /** @param {HTMLElement} node @param {string} words to show; none hides it */
  function show(node, words) {
    const text = /** @type {HTMLElement} */ (node.querySelector("span"));
    const isNew = Boolean(words) && (node.hidden || text.textContent !== words);
    node.hidden = !words;
    if (words) text.textContent = words;
    if (isNew && node !== loading) say(words);
  }

  function draw() {
    const { state } = sound;
    const { talk } = session;
    show(blocked, state.isWaitingToSound ? "The browser lets no page sound before you have clicked." : "");
    show(mute, state.speaker.state === "failed" ? `The bot cannot be heard on this page: ${state.speaker.reason || "its sound could not be started"}` : "");
    show(elsewhere, state.line.state === "elsewhere" ? "The sound of this conversation is in another tab or panel." : "");
    show(echo, isEchoRead ? "" : echoWords(state, talk.mode));
    show(ended, talk.state === "idle" && !session.isOff ? endedWords(talk.ended) : "");
    show(loading, talk.loading?.text ?? "");
    const progress = /** @type {HTMLProgressElement} */ (loading.querySelector("progress"));
    if (talk.loading?.share === null || talk.loading?.share === undefined) progress.removeAttribute("value");
    else progress.value = talk.loading.share;
  }

  return { nodes: all, draw };
}

/** @param {string} name @param {string} words @param {...HTMLElement} more */
function banner(name, words, ...more) {
  return h("div", { class: `inb-banner ${name}`, hidden: true }, h("span", {}, words), ...more);
}

/** @param {string} words @param {() => void} action @param {string} [symbol] */
function button(words, action, symbol) {
  return h("button", { type: "button", class: "inb-small", onclick: action }, symbol ? icon(/** @type {any} */ (symbol)) : null, words);
}

/**
 * Why there is no microphone, what to do about it, and a sound file in its place.
 * @param {any} session of the voice panel
 * @param {(words: string) => void} say
 */
export function createMicrophoneHelp(session, say) {
  const { sound } = session;
  const title = h("strong", {});
  const help = h("p", {});
  const news = h("p", { class: "inb-clip-news", role: "status" });
  const again = button("Try again", () => sound.start());
  const file = h("input", { type: "file", accept: "audio/*,video/*,.wav", class: "inb-sr", tabindex: "-1", "aria-hidden": "true" });
  const choose = button("Use a sound file", () => file.click(), "file");
  const node = h(
    "div",
    { class: "inb-no-mic", role: "group", "aria-label": "No microphone", hidden: true },
    h("span", { class: "inb-no-mic-icon", "aria-hidden": "true" }, icon("muted")),
    h("div", { class: "inb-no-mic-words" }, title, help, h("div", { class: "inb-no-mic-ways" }, choose, file, again), news),
  );
  let told = "";
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    file.value = "";
    if (!chosen) return;
    news.textContent = `Reading ${chosen.name}…`;
    try {
      sendClip(session.line, chosen.name, await readClip(chosen));
      news.textContent = `${chosen.name} was sent`;
    } catch (error) {
      news.textContent = /** @type {Error} */ (error).message;
    }
  });

  return {
    node,
    /** @returns {boolean} whether there is none */
    draw() {
      const { mic } = sound.state;
      const reason = mic.state === "failed" ? mic.reason : mic.state === "off" ? sound.obstacle() : "";
      const words = microphoneHelp({ reason, detail: mic.detail }, location);
      node.hidden = !words;
      if (!words) return false;
      title.textContent = words.title;
      help.textContent = words.help;
      again.hidden = !words.again;
      choose.disabled = session.isOff;
      if (told !== words.title) say(`${words.title}. ${words.help}`);
      told = words.title;
      return !words.again;
    },
  };
}
