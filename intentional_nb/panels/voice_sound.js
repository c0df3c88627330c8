/**
 * The sound of one panel on this page: microphone, loudspeaker, and the line that joins them with the kernel.
 *
 * What it says on the line, beside sound: start {} · stop {} · talk {down} · mute {on} · played {epoch, item, samples} ·
 * flushed {epoch, item, samples}. What it does when told: welcome, flush {epoch} (silence, and `flushed` back with what
 * was played to the sample), end {epoch, item} and release {} (nobody listens: let go of the microphone).
 */

import { createAudioLine } from "./audio_line.js";
import { createMicrophone, microphoneObstacle, microphoneReason } from "./microphone.js";
import { createSpeaker } from "./speaker.js";
import { SILENCE } from "./voice_words.js";

const LAST_PIECE_MS = 250; // after which the last piece of what was said will not come any more
const LAST_PIECES = 2; // of the microphone after letting go: the one being filled, and one that was on its way

/**
 * @param {{client: string, comm: (message: object, buffers: ArrayBuffer[]) => void, changed: () => void, host?: any}} given
 */
export function createSound(given) {
  const host = given.host ?? globalThis;
  const levels = { input: 0, output: 0 };
  /** @type {Sound} */
  let now = SILENCE;
  /** @type {"open" | "hold"} */
  let mode = "open";
  let epoch = 0; // that this page plays; the kernel's may be one behind, until it knows that the page fell silent
  let isWanted = false; // the user has switched the microphone on
  let closing = 0; // pieces that still belong to what was said before letting go
  /** @type {any} */
  let lastPiece = null;
  /** Where the kernel listens: known once the view has come. */
  const address = { port: 0, path: "" };

  /** @param {Partial<typeof SILENCE>} change */
  function set(change) {
    now = { ...now, ...change, isOpen: microphone.isOpen };
    given.changed();
  }

  // ---- the three parts

  const speaker = createSpeaker({
    host,
    onPlayed: (report) => line.send({ kind: "played", ...report }),
    onLevel: (level) => {
      levels.output = level;
    },
    onState: (state) => set({ speaker: state, ...(state.state === "blocked" ? {} : { isWaitingToSound: false }) }),
  });

  const microphone = createMicrophone({
    host,
    onChunk: ({ pcm, lostSamples }) => takePiece(pcm, lostSamples),
    onLevel: (level) => {
      levels.input = level;
    },
    onState: (mic) => {
      if (mic.state === "off" || mic.state === "failed") levels.input = 0;
      if (mic.state === "failed") letGo();
      set({ mic });
    },
    onDevices: (devices) => set({ devices }),
  });

  const line = createAudioLine({
    host,
    address,
    client: given.client,
    comm: given.comm,
    onSpeech(speech) {
      if (now.speaker.state === "off") speaker.start();
      speaker.push(speech);
      if (now.speaker.state !== "ready" && now.speaker.state !== "playing") set({ isWaitingToSound: true });
    },
    onMessage: hear,
    onState(state) {
      if (state.state === "lost" || state.state === "elsewhere" || state.state === "closed") {
        release();
        speaker.flush();
      }
      set({ line: state });
    },
  });

  // ---- from the kernel

  /** @param {any} message */
  async function hear(message) {
    switch (message.kind) {
      case "welcome":
        epoch = message.epoch;
        // A kernel that knows nothing of this page any more must be told that somebody is talking.
        if (!message.again) {
          speaker.flush(epoch);
          if (isWanted) line.send({ kind: "start" });
        }
        break;
      case "flush":
        // This page may have fallen silent by itself, and told: that is not to be told twice.
        if (message.epoch > epoch) await fallSilent(message.epoch);
        break;
      case "end":
        speaker.end(message);
        break;
      case "release":
        release();
        set({});
        break;
      default: // of a later kernel
    }
  }

  /** Silence at once, and tell the kernel what was heard. @param {number} next the epoch that begins by that */
  async function fallSilent(next) {
    epoch = next;
    line.send({ kind: "flushed", ...(await speaker.flush(next)) });
  }

  // ---- the microphone

  /** @param {Int16Array} pcm @param {number} lostSamples */
  function takePiece(pcm, lostSamples) {
    if (mode === "hold" && !now.isHeld && closing === 0) return;
    line.sendAudio(pcm, lostSamples);
    if (closing > 0 && --closing === 0) finishTalk();
  }

  /** All of what was said is on its way: the kernel may answer it. */
  function finishTalk() {
    host.clearTimeout(lastPiece);
    lastPiece = null;
    closing = 0;
    line.send({ kind: "talk", down: false });
  }

  /** The microphone sends nothing more; what was said till now is said. */
  function letGo() {
    if (now.isHeld || closing > 0) finishTalk();
    if (isWanted) line.send({ kind: "stop" });
    isWanted = false;
    now = { ...now, isHeld: false };
  }

  function release() {
    letGo();
    microphone.stop();
  }

  function applyMute() {
    microphone.mute(now.isMuted || (mode === "hold" && !now.isHeld));
  }

  const sound = {
    levels,
    get state() {
      return now;
    },
    /** @param {{port: number, path: string} | null} told where the kernel listens; opens the line */
    open(told) {
      if (told) Object.assign(address, told);
      line.open();
    },
    /** @param {"open" | "hold"} next */
    use(next) {
      if (next === mode) return;
      if (now.isHeld) sound.hold(false);
      mode = next;
      applyMute();
    },
    /** Why there can be no microphone here, as far as that is known without asking for it. */
    obstacle() {
      const reason = microphoneObstacle(host);
      if (reason) return reason;
      const refusal = { name: "NotAllowedError", message: "" };
      return microphoneReason(refusal, host) === "blocked" ? "blocked" : "";
    },
    /** Begin to talk; in the handler of a click. */
    async start() {
      sound.wake();
      // A line that is lost is tried again at once; should that fail, it lets go of the microphone as it did before.
      if (now.line.state === "elsewhere" || now.line.state === "lost") line.take();
      else line.open();
      applyMute();
      const isOn = await microphone.start();
      if (isOn && !isWanted) {
        isWanted = true;
        line.send({ kind: "start" });
      }
      set({});
      return isOn;
    },
    /** Let go of the microphone. */
    stop() {
      release();
      set({});
    },
    /** @param {boolean} on */
    mute(on) {
      now = { ...now, isMuted: on };
      applyMute();
      line.send({ kind: "mute", on });
      set({});
    },
    /** The button to talk is held down, or let go of. @param {boolean} down */
    hold(down) {
      if (down === now.isHeld) return;
      if (down) {
        if (closing > 0) finishTalk();
        sound.silence();
        line.send({ kind: "talk", down: true });
      } else {
        closing = LAST_PIECES;
        lastPiece = host.setTimeout(() => closing > 0 && finishTalk(), LAST_PIECE_MS);
      }
      now = { ...now, isHeld: down };
      applyMute();
      set({});
    },
    /** Silence the bot at once, and tell the kernel what was heard. */
    silence() {
      return fallSilent(epoch + 1);
    },
    /** @param {string} id of a microphone */
    choose(id) {
      return microphone.choose(id);
    },
    /** Whether the bot is heard on this page. @param {boolean} on */
    turnUp(on) {
      speaker.volume = on ? 1 : 0;
    },
    /** Let the page sound; in the handler of a click or a key. */
    wake() {
      speaker.resume();
      if (now.mic.state === "suspended") microphone.resume();
    },
    /** Take the sound from the page that has it. */
    take() {
      sound.wake();
      line.take();
    },
    /** @param {any} message of kind `line`, from the panel's comm @param {any[]} buffers */
    receiveComm(message, buffers) {
      line.receiveComm(message, buffers);
    },
    /** Let go of everything; `open` begins again. */
    close() {
      release();
      microphone.close();
      line.close();
      speaker.close();
    },
  };
  return sound;
}
