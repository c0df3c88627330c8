/**
 * The microphone: 24 kHz PCM16 in pieces, with their loudness, and in one word why there is none.
 *
 * States: `off`, `starting`, `live`, `muted` (by the user), `silenced` (by the device or the system), `suspended` (the
 * browser wants a click first) and `failed`, with one of these reasons:
 *
 *   insecure      the page came over http from another machine: browsers give no microphone there
 *   unsupported   this browser cannot do it
 *   blocked       the front end does not let its outputs have a microphone
 *   denied        the person, or the browser for them, said no
 *   none          there is no microphone
 *   in_use        another program has it, or the system does not give it
 *   unplugged     it was there and is gone
 *   failed        anything else; `detail` holds the browser's words
 */

import { createResampler } from "./resampler.js";

const MICROPHONE_RATE_HZ = 24_000;

// ---- in the audio thread -------------------------------------------------------------------------------------------

/**
 * The processor; its text is what runs in the audio thread. Posts `{pcm, level, lost}` for each full piece: samples,
 * their root mean square in 0..1, and how many samples the browser skipped before them. After muting, some silence still
 * goes out, so that whoever listens for the end of speech hears it; then nothing does.
 * @param {typeof createResampler} makeResampler
 */
export function microphoneWorklet(makeResampler) {
  const RATE_HZ = 24_000;

  class Microphone extends AudioWorkletProcessor {
    constructor(options) {
      super();
      const { chunkMs, tailMs } = options.processorOptions;
      this.size = Math.round((RATE_HZ * chunkMs) / 1000);
      this.tail = Math.round((RATE_HZ * tailMs) / 1000);
      this.resampler = makeResampler(sampleRate, RATE_HZ);
      this.frame = null; // that must come next; a device that is just being opened may skip some
      this.settling = sampleRate / 10;
      this.lost = 0;
      this.isMuted = false;
      this.isOpen = true;
      this.quiet = 0; // samples since muting
      this.begin();
      this.port.onmessage = ({ data }) => {
        if (data.type === "mute") this.mute(data.on);
        if (data.type === "close") this.isOpen = false;
      };
    }

    begin() {
      this.chunk = new Int16Array(this.size);
      this.filled = 0;
      this.power = 0;
    }

    mute(on) {
      // What was said before stays in the piece, and what is said after begins one.
      if (!on && this.quiet >= this.tail) this.begin();
      this.isMuted = on;
      this.quiet = 0;
    }

    process([channels]) {
      const length = channels?.[0]?.length ?? 128;
      this.settling -= length;
      if (this.settling < 0 && this.frame !== null && currentFrame > this.frame) this.lost += currentFrame - this.frame;
      this.frame = currentFrame + length;
      this.take(this.resampler.push(this.mix(channels, length)));
      return this.isOpen;
    }

    mix(channels, length) {
      if (this.isMuted || !channels?.length) return new Float32Array(length);
      if (channels.length === 1) return channels[0];
      return channels[0].map((_, i) => channels.reduce((sum, channel) => sum + channel[i], 0) / channels.length);
    }

    take(samples) {
      for (const sample of samples) {
        if (this.isMuted && ++this.quiet > this.tail) continue;
        const clipped = Math.max(-1, Math.min(1, sample));
        this.chunk[this.filled++] = Math.round(clipped < 0 ? clipped * 32768 : clipped * 32767);
        this.power += clipped * clipped;
        if (this.filled === this.size) this.post();
      }
    }

    post() {
      const level = Math.sqrt(this.power / this.size);
      const lost = Math.round((this.lost * RATE_HZ) / sampleRate);
      this.port.postMessage({ pcm: this.chunk, level, lost }, [this.chunk.buffer]);
      this.lost = 0;
      this.begin();
    }
  }

  registerProcessor("inb-microphone", Microphone);
}

// ---- what can go wrong ---------------------------------------------------------------------------------------------

/**
 * Why there can be no microphone on this page, or "" when there can be.
 * @param {any} host the page's global object
 */
export function microphoneObstacle(host) {
  if (host.isSecureContext === false) return "insecure";
  if (!host.navigator?.mediaDevices?.getUserMedia || !host.AudioContext || !host.AudioWorkletNode) return "unsupported";
  return "";
}

/**
 * The word for what the browser threw.
 * @param {any} error
 * @param {any} host the page's global object
 */
export function microphoneReason(error, host) {
  switch (error?.name) {
    case "NotAllowedError":
    case "SecurityError":
    case "PermissionDeniedError":
      return isMicrophoneBlocked(error, host) ? "blocked" : "denied";
    case "NotFoundError":
    case "DevicesNotFoundError":
    case "OverconstrainedError":
      return "none";
    case "NotReadableError":
    case "TrackStartError":
    case "AbortError":
      return "in_use";
    default:
      return "failed";
  }
}

/** A refusal by the frame around this page has the name of a person's refusal. @param {any} error @param {any} host */
function isMicrophoneBlocked(error, host) {
  const policy = host.document?.permissionsPolicy ?? host.document?.featurePolicy;
  if (policy?.allowsFeature) return !policy.allowsFeature("microphone");
  return /polic|feature/i.test(String(error.message));
}

// ---- the microphone ------------------------------------------------------------------------------------------------

/**
 * @typedef {{state: string, reason: string, detail: string, label: string, deviceId: string,
 *            rateHz: number, echoCancellation: boolean | null}} MicrophoneState
 * @param {{
 *   onChunk: (chunk: {pcm: Int16Array, lostSamples: number}) => void,
 *   onLevel?: (level: number) => void,
 *   onState?: (state: MicrophoneState) => void,
 *   onDevices?: (devices: {id: string, label: string}[]) => void,
 *   deviceId?: string, chunkMs?: number, tailMs?: number, processing?: boolean, host?: any,
 * }} given `processing`: echo cancellation, noise suppression and automatic gain
 */
export function createMicrophone(given) {
  const host = given.host ?? globalThis;
  let wanted = given.deviceId ?? "";
  let isMuted = false;
  let run = 0; // tells what belongs to a start that was given up
  /** @type {any} */
  let stream = null;
  /** @type {any} */
  let context = null;
  /** @type {any} */
  let node = null;
  /** @type {MicrophoneState} */
  let told = { state: "off", reason: "", detail: "", label: "", deviceId: "", rateHz: 0, echoCancellation: null };

  function tell(change) {
    told = { ...told, reason: "", detail: "", ...change };
    given.onState?.(told);
  }

  function fail(reason, detail = "") {
    release();
    tell({ state: "failed", reason, detail });
    return false;
  }

  /** Let go of the device: after this the browser's own lamp is out. */
  function release() {
    run += 1;
    for (const track of stream?.getTracks() ?? []) {
      track.onended = track.onmute = track.onunmute = null;
      track.stop();
    }
    if (context) context.onstatechange = null;
    node?.port.postMessage({ type: "close" });
    node?.disconnect();
    const closing = context && context.state !== "closed" ? context.close() : Promise.resolve();
    stream = context = node = null;
    return Promise.resolve(closing).catch(() => {});
  }

  /** What the state is while the device is ours. */
  function present() {
    const track = stream.getAudioTracks()[0];
    if (context.state !== "running") return "suspended";
    if (isMuted) return "muted";
    return track.muted ? "silenced" : "live";
  }

  function review() {
    if (node && present() !== told.state) tell({ state: present() });
  }

  function applyMute() {
    for (const track of stream?.getAudioTracks() ?? []) track.enabled = !isMuted;
    node?.port.postMessage({ type: "mute", on: isMuted });
  }

  async function open(id) {
    const processing = given.processing ?? true;
    const audio = { channelCount: 1, echoCancellation: processing, noiseSuppression: processing, autoGainControl: processing };
    const media = host.navigator.mediaDevices;
    if (!id) return media.getUserMedia({ audio });
    try {
      return await media.getUserMedia({ audio: { ...audio, deviceId: { exact: id } } });
    } catch (error) {
      // The one that was chosen is not there any more: any other is better than none.
      if (microphoneReason(error, host) !== "none") throw error;
      return media.getUserMedia({ audio });
    }
  }

  /** A context at 24 kHz; at the browser's own rate where that is refused for this device. */
  function connect(mediaStream) {
    for (const options of [{ sampleRate: MICROPHONE_RATE_HZ }, {}]) {
      let made = null;
      try {
        made = new host.AudioContext(options);
        return { made, source: made.createMediaStreamSource(mediaStream) };
      } catch (error) {
        made?.close();
        if (!("sampleRate" in options)) throw error;
      }
    }
    throw new Error("unreachable");
  }

  async function listen(mine) {
    const { made, source } = connect(stream);
    context = made;
    const text = `(${microphoneWorklet})(${createResampler});`;
    const url = host.URL.createObjectURL(new host.Blob([text], { type: "text/javascript" }));
    try {
      await made.audioWorklet.addModule(url);
    } finally {
      host.URL.revokeObjectURL(url);
    }
    if (mine !== run) return false;
    node = new host.AudioWorkletNode(made, "inb-microphone", {
      outputChannelCount: [1],
      processorOptions: { chunkMs: given.chunkMs ?? 40, tailMs: given.tailMs ?? 1000 },
    });
    node.port.onmessage = ({ data }) => {
      if (mine !== run) return;
      given.onChunk({ pcm: data.pcm, lostSamples: data.lost });
      given.onLevel?.(data.level);
    };
    source.connect(node);
    node.connect(made.destination); // silence; some browsers run only what leads there
    made.onstatechange = review;
    made.resume?.()?.catch?.(() => {}); // not awaited: without a click it never ends
    return true;
  }

  const microphone = {
    get state() {
      return told;
    },
    /** Whether the device is in use: what a lamp must show. */
    get isOpen() {
      return (stream?.getTracks() ?? []).some((track) => track.readyState === "live");
    },
    /** Ask for the microphone; in the handler of a click where that is possible. @returns {Promise<boolean>} */
    async start() {
      await release();
      const mine = run;
      const obstacle = microphoneObstacle(host);
      if (obstacle) return fail(obstacle);
      tell({ state: "starting" });
      try {
        const opened = await open(wanted);
        if (mine !== run) {
          for (const track of opened.getTracks()) track.stop();
          return false;
        }
        stream = opened;
        if (!(await listen(mine))) return false;
      } catch (error) {
        return mine === run ? fail(microphoneReason(error, host), String(error?.message ?? error)) : false;
      }
      const track = stream.getAudioTracks()[0];
      if (track.readyState === "ended") return fail("unplugged"); // meanwhile: that is not told any more
      track.onended = () => fail("unplugged");
      track.onmute = track.onunmute = review;
      applyMute();
      const settings = track.getSettings?.() ?? {};
      tell({
        state: present(), label: track.label, deviceId: settings.deviceId ?? "", rateHz: context.sampleRate,
        echoCancellation: settings.echoCancellation ?? null,
      });
      watchDevices();
      return true;
    },
    /** Let go of the device. */
    async stop() {
      const closed = release();
      if (told.state !== "off") tell({ state: "off" });
      await closed;
    },
    /** Send nothing more, but keep the device; takes no time to undo. @param {boolean} on */
    mute(on) {
      isMuted = on;
      applyMute();
      review();
    },
    /** Go on after `suspended`; to be called in the handler of a click. */
    async resume() {
      await context?.resume();
      review();
    },
    /** Use another device from now on. @param {string} id "" for the browser's choice */
    async choose(id) {
      wanted = id;
      return node ? microphone.start() : true;
    },
    /** The microphones there are; without names until one was used. */
    async devices() {
      const all = (await host.navigator?.mediaDevices?.enumerateDevices?.()) ?? [];
      const inputs = all.filter((device) => device.kind === "audioinput" && device.deviceId);
      return inputs.map((device, index) => ({ id: device.deviceId, label: device.label || `Microphone ${index + 1}` }));
    },
    /** Let go of everything. */
    async close() {
      host.navigator?.mediaDevices?.removeEventListener?.("devicechange", tellDevices);
      await microphone.stop();
    },
  };

  async function tellDevices() {
    given.onDevices?.(await microphone.devices());
  }

  function watchDevices() {
    if (!given.onDevices) return;
    host.navigator.mediaDevices.addEventListener?.("devicechange", tellDevices);
    tellDevices();
  }

  return microphone;
}
