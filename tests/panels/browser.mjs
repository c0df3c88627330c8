// What the page's sound needs of a browser, played by the test.

/** @param {string} name of an error as browsers throw it @param {string} [message] */
export const named = (name, message = "") => Object.assign(new Error(message), { name });

/** A browser that the test plays: what was opened and what is still open. */
export function browser({ open = async () => {}, load = () => {}, refusesRate = false } = {}) {
  const made = { tracks: [], contexts: [], nodes: [], asked: [], listeners: [] };
  class Track {
    constructor() {
      Object.assign(this, { readyState: "live", enabled: true, muted: false, label: "Mic" });
      made.tracks.push(this);
    }
    stop() {
      this.readyState = "ended";
    }
    getSettings() {
      return { deviceId: "one", echoCancellation: true };
    }
  }
  class Context {
    constructor({ sampleRate = 48_000 } = {}) {
      Object.assign(this, { sampleRate, state: "running", destination: {}, audioWorklet: { addModule: async () => load() } });
      made.contexts.push(this);
    }
    createMediaStreamSource() {
      if (refusesRate && this.sampleRate === 24_000) throw named("NotSupportedError");
      return { connect() {} };
    }
    createGain() {
      return { gain: { value: 1, setTargetAtTime() {} }, connect() {} };
    }
    async resume() {}
    async close() {
      this.state = "closed";
    }
  }
  class Node {
    constructor(context) {
      Object.assign(this, { context, told: [], port: { postMessage: (message) => this.told.push(message) } });
      made.nodes.push(this);
    }
    connect() {}
    disconnect() {}
  }
  made.host = {
    isSecureContext: true,
    AudioContext: Context,
    AudioWorkletNode: Node,
    Blob,
    performance,
    setTimeout,
    clearTimeout,
    URL: { createObjectURL: () => "blob:", revokeObjectURL() {} },
    navigator: {
      mediaDevices: {
        async getUserMedia(constraints) {
          made.asked.push(constraints.audio);
          await open(constraints.audio);
          const tracks = [new Track()];
          return { getTracks: () => tracks, getAudioTracks: () => tracks };
        },
        async enumerateDevices() {
          return [
            { kind: "audioinput", deviceId: "one", label: "" },
            { kind: "audiooutput", deviceId: "out", label: "Loudspeaker" },
            { kind: "audioinput", deviceId: "two", label: "Headset" },
            { kind: "audioinput", deviceId: "", label: "" },
          ];
        },
        addEventListener: (name, listener) => made.listeners.push([name, listener]),
        removeEventListener: (name, listener) => {
          made.listeners = made.listeners.filter(([, known]) => known !== listener);
        },
      },
    },
  };
  made.isReleased = () =>
    made.tracks.every((track) => track.readyState === "ended") && made.contexts.every((context) => context.state === "closed");
  return made;
}
