/** What a spoken conversation is doing, and what is in its way: in one word, for colours, and in sentences. */

/**
 * What the page itself knows of the sound.
 * @typedef {{
 *   mic: {state: string, reason: string, detail: string, deviceId: string, label: string, echoCancellation: boolean | null},
 *   isOpen: boolean, isMuted: boolean, isHeld: boolean,
 *   line: {state: string, way: string, reason: string},
 *   speaker: {state: string, reason: string}, isWaitingToSound: boolean,
 *   devices: {id: string, label: string}[],
 * }} Sound
 * @typedef {{
 *   state: string, hearing: boolean, mode: "open" | "hold",
 *   again: null | {attempt: number, reason: string, code: number | null},
 *   ended: null | {reason: string, code: number | null},
 *   loading: null | {text: string, share: number | null},
 * }} Talk
 */

/** @type {Sound} */
export const SILENCE = {
  mic: { state: "off", reason: "", detail: "", deviceId: "", label: "", echoCancellation: null },
  isOpen: false, isMuted: false, isHeld: false,
  line: { state: "closed", way: "", reason: "" },
  speaker: { state: "off", reason: "" }, isWaitingToSound: false,
  devices: [],
};

/** @type {Talk} */
export const NO_TALK = { state: "idle", hearing: false, mode: "open", again: null, ended: null, loading: null };

/**
 * The state, of which there are `idle`, `connecting`, `listening`, `muted`, `thinking`, `speaking`, `reconnecting` and
 * `error`, in words that are shown large, and a hint below them.
 * @param {Talk} talk what the kernel tells
 * @param {Sound} sound
 * @param {{health: string, isClosed: boolean}} kernel
 * @returns {{state: string, words: string, hint: string}}
 */
export function voiceState(talk, sound, kernel) {
  return trouble(talk, sound, kernel) ?? activityOfBot(talk, sound) ?? readiness(talk, sound);
}

/** @param {Talk} talk @param {Sound} sound @param {{health: string, isClosed: boolean}} kernel */
function trouble(talk, sound, kernel) {
  if (kernel.health === "gone") return stateOf("error", "Disconnected", "The kernel is gone");
  if (kernel.isClosed || talk.state === "closed") return stateOf("idle", "Closed", "");
  if (sound.line.state === "lost") return stateOf("error", "No connection to the kernel", "The microphone was let go of");
  if (talk.again) return stateOf("reconnecting", "Reconnecting…", reconnectWords(talk.again));
  if (talk.state === "reconnecting") return stateOf("reconnecting", "Reconnecting…", "");
  if (sound.mic.state === "starting") return stateOf("connecting", "Waiting for the microphone…", "Your browser may ask you first");
  if (talk.loading) return stateOf("connecting", "Loading the voice…", "");
  if (talk.state === "connecting") return stateOf("connecting", "Connecting…", "");
  if (isBroken(talk.ended) && talk.state === "idle") return stateOf("error", "The session has ended", "Click to open another");
  return null;
}

/** @param {Talk} talk @param {Sound} sound */
function activityOfBot(talk, sound) {
  const canInterrupt = sound.isOpen && !sound.isMuted && talk.mode === "open";
  if (sound.isHeld || talk.hearing) return stateOf("listening", "Listening…", sound.isHeld ? "Let go when you are done" : "");
  if (sound.speaker.state === "playing") return stateOf("speaking", "Speaking", canInterrupt ? "Talk to interrupt" : "");
  if (talk.state === "speaking" && sound.line.state !== "open") return stateOf("speaking", "Speaking", "");
  if (talk.state === "thinking") return stateOf("thinking", "Thinking…", "");
  return null;
}

/** @param {Talk} talk @param {Sound} sound */
function readiness(talk, sound) {
  switch (sound.mic.state) {
    case "live":
      if (talk.state === "idle") return stateOf("connecting", "Connecting…", "");
      if (talk.mode === "open") return stateOf("listening", "Listening", "Just talk");
      return stateOf("idle", "Hold to talk", "The button, or Space");
    case "muted":
      if (sound.isMuted) return stateOf("muted", "Muted", "Nobody hears you");
      return stateOf("idle", "Hold to talk", "The button, or Space");
    case "silenced":
      return stateOf("error", "The microphone is silent", "It is switched off on the device or by the system");
    case "suspended":
      return stateOf("idle", "Click to go on", "The browser has paused the sound");
    case "failed":
      return stateOf("error", "No microphone", "Click to try again");
    default:
      return stateOf("idle", "Ready", talk.mode === "open" ? "Click to talk" : "Hold to talk");
  }
}

/** @param {string} state @param {string} words @param {string} hint */
function stateOf(state, words, hint) {
  return { state, words, hint };
}

/** @param {{attempt: number, reason: string}} again */
function reconnectWords({ attempt, reason }) {
  return [reason, attempt > 1 ? `try ${attempt}` : ""].filter(Boolean).join(" · ");
}

/**
 * Why the session has ended, where that is worth telling.
 * @param {Talk["ended"]} ended
 */
export function endedWords(ended) {
  if (!ended || (!ended.reason && !isBroken(ended))) return "";
  const why = [ended.reason, isBroken(ended) ? `(code ${ended.code})` : ""].filter(Boolean).join(" ");
  return `The session has ended: ${why}. Talk or write to open another.`;
}

/** Whether a session ended otherwise than it should: 1000 is a WebSocket's normal end. @param {Talk["ended"]} ended */
function isBroken(ended) {
  return ended !== null && ended.code !== null && ended.code !== 1000;
}

/** What the lamp says. @param {Sound} sound */
export function lampWords(sound) {
  if (!sound.isOpen) return "Microphone off";
  return sound.isMuted ? "Microphone muted" : "Microphone on";
}

/**
 * What people can do when there is no microphone, by the reason that `microphone.js` gives.
 * @param {{reason: string, detail: string}} mic
 * @param {{protocol: string, hostname: string, port: string}} place of the page
 * @returns {{title: string, help: string, again: boolean} | null} `again`: whether trying once more may help
 */
export function microphoneHelp({ reason, detail }, place) {
  switch (reason) {
    case "":
      return null;
    case "insecure":
      return {
        title: "No microphone over plain http",
        help: `Browsers give a microphone only to pages that come over https or from this computer. Open the notebook over https, or reach ${place.hostname} through a tunnel: ssh -L ${place.port || "8888"}:localhost:${place.port || "8888"} ${place.hostname}, then http://localhost:${place.port || "8888"}.`,
        again: false,
      };
    case "unsupported":
      return { title: "This browser gives no microphone", help: "A current Chrome, Edge, Firefox or Safari does.", again: false };
    case "blocked":
      return {
        title: "No microphone in this front end",
        help: "It does not let what stands in a notebook use the microphone; Visual Studio Code is one of those. Open the notebook in JupyterLab in a browser to talk.",
        again: false,
      };
    case "denied":
      return {
        title: "The microphone was not allowed",
        help: "Allow it for this page, with the symbol beside the page's address, and try again.",
        again: true,
      };
    case "none":
      return { title: "No microphone was found", help: "Plug one in, or switch it on, and try again.", again: true };
    case "in_use":
      return { title: "The microphone is in use", help: "Another program has it, or the system does not give it. Close that program and try again.", again: true };
    case "unplugged":
      return { title: "The microphone is gone", help: "It was unplugged or taken away. What you had said is kept; plug it in and start again.", again: true };
    default:
      return { title: "The microphone could not be started", help: detail || "The browser gave no reason.", again: true };
  }
}

/**
 * Why the bot may hear itself, or "" when it does not.
 * @param {Sound} sound
 * @param {"open" | "hold"} mode
 */
export function echoWords(sound, mode) {
  const mayEcho = sound.isOpen && mode === "open" && sound.mic.echoCancellation === false;
  return mayEcho ? "This microphone does not cancel echo: wear headphones, or hold to talk, or the bot may interrupt itself." : "";
}
