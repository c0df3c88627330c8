/** Sound files in place of a microphone: decoded here by the browser, sent to the kernel in pieces. */

const CLIP_RATE_HZ = 24_000;
const LONGEST_CLIP_S = 120;
const PIECE_BYTES = 480_000; // ten seconds

/**
 * The samples of several channels as one, 16 bits each.
 * @param {Float32Array[]} channels
 */
export function toPcm(channels) {
  const pcm = new Int16Array(channels[0]?.length ?? 0);
  for (let i = 0; i < pcm.length; i++) {
    let sum = 0;
    for (const channel of channels) sum += channel[i];
    const sample = Math.max(-1, Math.min(1, sum / channels.length));
    pcm[i] = Math.round(sample < 0 ? sample * 32768 : sample * 32767);
  }
  return pcm;
}

/**
 * What a file holds, at 24 kHz.
 * @param {File} file
 * @returns {Promise<Int16Array>}
 * @throws {Error} in words for people
 */
export async function readClip(file) {
  // A context that renders nothing: decoding changes the rate to its own.
  const context = new OfflineAudioContext(1, 1, CLIP_RATE_HZ);
  let sound;
  try {
    sound = await context.decodeAudioData(await file.arrayBuffer());
  } catch {
    throw new Error(`${file.name} holds no sound that this browser can read`);
  }
  if (sound.duration > LONGEST_CLIP_S) {
    throw new Error(`${file.name} is ${Math.round(sound.duration)} s long; a clip may have ${LONGEST_CLIP_S} s`);
  }
  return toPcm(Array.from({ length: sound.numberOfChannels }, (_, index) => sound.getChannelData(index)));
}

/**
 * Send a clip to the kernel, to be heard as the user's speech.
 * @param {{send: (kind: string, rest: object, buffers: ArrayBuffer[]) => string}} line
 * @param {string} name @param {Int16Array} pcm
 */
export function sendClip(line, name, pcm) {
  const clip = Math.random().toString(36).slice(2, 10);
  const bytes = pcm.buffer;
  const count = Math.max(1, Math.ceil(bytes.byteLength / PIECE_BYTES));
  for (let index = 0; index < count; index++) {
    line.send("clip", { clip, name, index, count }, [bytes.slice(index * PIECE_BYTES, (index + 1) * PIECE_BYTES)]);
  }
}
