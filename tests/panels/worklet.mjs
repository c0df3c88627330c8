// An audio worklet's processor in plain Node: its few globals stand in for the audio thread, and the test is its clock.

const QUANTUM = 128;

/**
 * @param {(makeResampler: any) => void} worklet registers the processor
 * @param {any} makeResampler
 * @param {{rateHz?: number, options?: object}} given
 */
export function runWorklet(worklet, makeResampler, { rateHz = 24_000, options = {} } = {}) {
  const posted = [];
  let Processor = null;
  globalThis.sampleRate = rateHz;
  globalThis.currentFrame = 0;
  globalThis.currentTime = 0;
  globalThis.AudioWorkletProcessor = class {
    constructor() {
      this.port = { postMessage: (message) => posted.push(structuredClone(message)), onmessage: null };
    }
  };
  globalThis.registerProcessor = (_, made) => {
    Processor = made;
  };
  worklet(makeResampler);
  const processor = new Processor({ processorOptions: options });
  let isOpen = true;

  return {
    posted,
    get isOpen() {
      return isOpen;
    },
    /** What the processor posted of this type. @param {string} type */
    of: (type) => posted.filter((message) => message.type === type),
    /** A message from the page. @param {object} data */
    tell: (data) => processor.port.onmessage({ data }),
    /** The audio thread was late: the clock goes on, but nothing is asked for. @param {number} frames */
    miss(frames) {
      globalThis.currentFrame += frames;
      globalThis.currentTime = globalThis.currentFrame / rateHz;
    },
    /** One quantum: what goes in, channel by channel; what comes out. @param {Float32Array[]} [input] */
    step(input = []) {
      globalThis.currentTime = globalThis.currentFrame / rateHz;
      const output = [new Float32Array(QUANTUM), new Float32Array(QUANTUM)];
      isOpen = processor.process([input], [output]);
      globalThis.currentFrame += QUANTUM;
      return output[0];
    },
    /** Many quanta; what came out. @param {number} samples at least so many @returns {Float32Array} */
    play(samples) {
      const parts = [];
      for (let at = 0; at < samples; at += QUANTUM) parts.push(...this.step());
      return Float32Array.from(parts);
    },
    /** Take up these samples. @param {Float32Array} samples */
    hear(samples) {
      for (let at = 0; at < samples.length; at += QUANTUM) this.step([samples.subarray(at, at + QUANTUM)]);
    },
  };
}
