/** Changing the sample rate of a stream: for browsers that will not run their audio at 24 kHz. */

/**
 * A streaming resampler: a sinc of 16 zero crossings to each side under a Blackman window, one set of weights for each
 * position that an output can have between two inputs. However a stream is cut, the pieces joined are the same; nothing
 * is delayed but for the half window that must be known. Its text also runs inside worklets: it uses nothing from here.
 * @param {number} fromHz
 * @param {number} toHz
 * @returns {{push: (samples: Float32Array) => Float32Array, flush: () => Float32Array}}
 */
export function createResampler(fromHz, toHz) {
  if (fromHz === toHz) return { push: (samples) => samples, flush: () => new Float32Array(0) };

  const divisor = (a, b) => (b === 0 ? a : divisor(b, a % b));
  const common = divisor(Math.round(fromHz), Math.round(toHz));
  const up = Math.round(toHz) / common;
  const down = Math.round(fromHz) / common;
  const cutoff = Math.min(1, toHz / fromHz) * 0.95; // a little room below the lower half rate for the filter's slope
  const half = Math.ceil(16 / cutoff);
  const taps = 2 * half;

  const weights = Array.from({ length: up }, (_, phase) => {
    const row = new Float32Array(taps);
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const t = tap - half + 1 - phase / up;
      const turn = Math.PI * cutoff * t;
      const sinc = t === 0 ? 1 : Math.sin(turn) / turn;
      const x = Math.PI * (t / half);
      row[tap] = sinc * Math.max(0, 0.42 + 0.5 * Math.cos(x) + 0.08 * Math.cos(2 * x));
      sum += row[tap];
    }
    return row.map((weight) => weight / sum);
  });

  let held = new Float32Array(half - 1); // silence before the beginning
  let index = 0; // of the next output's first input in `held`
  let phase = 0;
  let taken = 0; // inputs so far
  let given = 0; // outputs so far

  function work(samples, most) {
    const input = new Float32Array(held.length + samples.length);
    input.set(held);
    input.set(samples, held.length);
    const room = Math.max(0, Math.ceil(((input.length - taps - index + 1) * up - phase) / down));
    const output = new Float32Array(Math.min(room, most));
    for (let i = 0; i < output.length; i++) {
      const row = weights[phase];
      let sum = 0;
      for (let tap = 0; tap < taps; tap++) sum += row[tap] * input[index + tap];
      output[i] = sum;
      phase += down;
      index += Math.floor(phase / up);
      phase %= up;
    }
    const passed = Math.min(index, input.length);
    held = input.slice(passed);
    index -= passed;
    given += output.length;
    return output;
  }

  return {
    push(samples) {
      taken += samples.length;
      return work(samples, Infinity);
    },
    /** What the end of the stream still gives: in all, ceil(inputs * toHz / fromHz) samples. */
    flush() {
      return work(new Float32Array(taps), Math.ceil((taken * up) / down) - given);
    },
  };
}
