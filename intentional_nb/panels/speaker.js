/**
 * The loudspeaker: plays 24 kHz PCM16 as it comes, knows to the sample what was played, and falls silent at once.
 *
 * One queue, in order of arrival; each piece belongs to an `item` of an `epoch`. An item begins when 100 ms of it are
 * there, or all of it. When its sound does not come in time, that is an underrun: the silence is counted, and made up
 * for in the pauses of the speech, by leaving out as much of them, so that the delay does not stay.
 *
 * Two counts of an item, both in samples at 24 kHz:
 *
 *   samples  handed to the audio device: exact. After a flush nothing can call these back, so they will have been heard.
 *   heard    those that have left the loudspeaker by now: `samples` less what is on its way through the device. The
 *            browser tells (`getOutputTimestamp`) which moment of the context is coming out of the device and when that
 *            was so; the moment at which the last sample counted was rendered is known as well, and the difference is
 *            on its way. Where it does not tell, `outputLatency` is taken, and else nothing.
 *
 * States: `off`, `starting`, `ready`, `playing`, `blocked` (the browser wants a click before it lets a page sound; call
 * `resume` in its handler) and `failed`.
 */

import { createResampler } from "./resampler.js";

const SPEAKER_RATE_HZ = 24_000;
const SPEAKER_PLAYED_MS = 100; // between two reports of one item
const SPEAKER_FLUSH_MS = 250; // then a context that stands still is not waited for

// ---- in the audio thread -------------------------------------------------------------------------------------------

/**
 * The processor; its text is what runs in the audio thread.
 *
 *   in   push {epoch, item, pcm} · end {epoch, item} · flush {id, before}
 *   out  tick {…} 20 times a second while something sounds · done {…} when an item is over · flushed {id, …}
 *
 * where … is {epoch, item, samples, at, level, buffered}, `at` being the context's time when the last of them sounds.
 * @param {typeof createResampler} makeResampler
 */
export function speakerWorklet(makeResampler) {
  const RATE_HZ = 24_000;
  const QUANTUM = 128;
  const QUIET = 160; // of 32768: what may be left out of a pause
  const LONGEST = 600 * RATE_HZ; // that may wait
  const PATIENCE = 0.3; // seconds after which what there is of an item begins

  /** One item: what has come of it, and how far it is played. */
  class Item {
    constructor(epoch, item) {
      this.epoch = epoch;
      this.item = item;
      this.chunks = [];
      this.offset = 0; // in the first chunk
      this.received = 0;
      this.taken = 0; // of those received
      this.skipped = 0; // of those taken, left out
      this.sounded = 0; // samples at the context's rate
      this.debt = 0; // of silence at this item's underruns, at 24 kHz
      this.isEnded = false;
      this.resampler = sampleRate === RATE_HZ ? null : makeResampler(RATE_HZ, sampleRate);
      this.ready = new Float32Array(0); // resampled, not yet sounded
      this.isDrained = false;
    }

    /** How much has been played, counted in what came. */
    get samples() {
      if (!this.resampler) return this.taken;
      return Math.min(this.received, this.skipped + Math.floor((this.sounded * RATE_HZ) / sampleRate));
    }

    get left() {
      return this.received - this.taken;
    }

    get isOver() {
      return this.isEnded && this.left === 0 && this.ready.length === 0 && (!this.resampler || this.isDrained);
    }

    push(pcm) {
      this.chunks.push(pcm);
      this.received += pcm.length;
    }

    /** The next samples of what came, at most so many. */
    take(count) {
      const length = Math.min(count, this.chunks[0].length - this.offset);
      const part = this.chunks[0].subarray(this.offset, this.offset + length);
      this.offset += length;
      this.taken += length;
      if (this.offset === this.chunks[0].length) {
        this.chunks.shift();
        this.offset = 0;
      }
      return part;
    }

    /** Fill `output` from `start`; gives how many samples that were. */
    read(output, start) {
      let at = start;
      while (at < output.length) {
        const count = this.resampler ? this.readResampled(output, at) : this.readPlain(output, at);
        if (count === 0) break;
        at += count;
      }
      this.sounded += at - start;
      return at - start;
    }

    readPlain(output, at) {
      if (this.left === 0) return 0;
      const part = this.take(output.length - at);
      for (let i = 0; i < part.length; i++) output[at + i] = part[i] / 32768;
      return part.length;
    }

    readResampled(output, at) {
      while (this.ready.length === 0) {
        if (this.left > 0) this.ready = this.resampler.push(Float32Array.from(this.take(QUANTUM), (value) => value / 32768));
        else if (this.isEnded && !this.isDrained) {
          this.isDrained = true;
          this.ready = this.resampler.flush();
        } else return 0;
      }
      const part = this.ready.subarray(0, output.length - at);
      output.set(part, at);
      this.ready = this.ready.subarray(part.length);
      return part.length;
    }

    /** Leave out a quantum of a pause; whether there was one. */
    skip() {
      const [first] = this.chunks;
      if (!first || first.length - this.offset < QUANTUM) return false;
      for (let i = this.offset; i < this.offset + QUANTUM; i++) if (Math.abs(first[i]) > QUIET) return false;
      this.take(QUANTUM);
      this.skipped += QUANTUM;
      this.debt -= QUANTUM;
      return true;
    }
  }

  class Speaker extends AudioWorkletProcessor {
    constructor(options) {
      super();
      this.prebuffer = Math.round((RATE_HZ * options.processorOptions.prebufferMs) / 1000);
      /** @type {Item[]} */
      this.queue = [];
      this.before = 0; // epochs that are not played any more
      this.isSounding = false;
      this.needed = this.prebuffer; // before the first item of the queue sounds
      this.since = null; // when its first sample came
      this.isStarving = false;
      this.gap = 0; // samples of silence since sound was due
      this.tail = null; // what still fades after a flush
      this.isOpen = true;
      this.wasQuiet = false;
      this.counts = { underruns: 0, silence: 0, skipped: 0, dropped: 0 };
      this.power = 0;
      this.powerOf = 0;
      this.level = 0;
      this.port.onmessage = ({ data }) => this.obey(data);
    }

    // -- from the page

    obey(data) {
      if (data.type === "push") this.push(data);
      if (data.type === "end") this.end(data);
      if (data.type === "flush") this.flush(data);
      if (data.type === "close") this.isOpen = false;
    }

    push({ epoch, item, pcm }) {
      if (epoch < this.before) return;
      const last = this.find(epoch, item) ?? this.add(epoch, item);
      if (this.queue.reduce((sum, { left }) => sum + left, 0) + pcm.length > LONGEST) this.counts.dropped += pcm.length;
      else if (!last.isEnded) last.push(pcm);
    }

    end({ epoch, item }) {
      if (epoch < this.before) return;
      (this.find(epoch, item) ?? this.add(epoch, item)).isEnded = true;
    }

    flush({ id, before }) {
      this.before = Math.max(this.before, before);
      const [first] = this.queue;
      let report = { epoch: this.before, item: null, samples: 0 };
      if (first && first.epoch < this.before) {
        // The last quantum that sounds fades out: cut off, it would click.
        const fade = new Float32Array(QUANTUM);
        if (this.isSounding && first.read(fade, 0) > 0) this.tail = fade.map((value, i) => value * (1 - (i + 1) / QUANTUM));
        report = { epoch: first.epoch, item: first.item, samples: first.samples };
        this.isSounding = false;
        this.settle();
      }
      this.queue = this.queue.filter(({ epoch }) => epoch >= this.before);
      this.say("flushed", { id, ...report });
    }

    find(epoch, item) {
      return this.queue.find((known) => known.epoch === epoch && known.item === item);
    }

    add(epoch, item) {
      const made = new Item(epoch, item);
      this.queue.push(made);
      return made;
    }

    // -- to the loudspeaker

    process(_, [channels]) {
      const output = channels[0];
      let at = 0;
      if (this.tail) {
        output.set(this.tail.subarray(0, output.length));
        at = output.length;
        this.tail = null;
      }
      while (at < output.length && this.queue.length > 0) {
        const item = this.queue[0];
        if (!this.isSounding && !this.begin(item)) break;
        this.catchUp(item);
        at += item.read(output, at);
        if (item.isOver) this.finish();
        else if (at < output.length) this.starve();
      }
      if (this.isStarving) this.gap += output.length - at;
      for (let i = 1; i < channels.length; i++) channels[i].set(output);
      this.measure(output);
      return this.isOpen;
    }

    /** Whether an item may sound now. */
    begin(item) {
      if (item.left === 0 && !item.isEnded) return false;
      this.since ??= currentTime;
      const isReady = item.left >= this.needed || item.isEnded || currentTime - this.since >= PATIENCE;
      if (!isReady) return false;
      if (this.isStarving && item.left > 0) {
        item.debt += Math.round((this.gap * RATE_HZ) / sampleRate);
        this.counts.underruns += 1;
        this.counts.silence += this.gap;
      }
      this.settle();
      this.isSounding = true;
      return true;
    }

    /** An item's sound has not come in time; or it was its last, and its end has not. */
    starve() {
      this.settle();
      this.isSounding = false;
      this.isStarving = true;
      this.needed = this.prebuffer / 2;
    }

    settle() {
      this.needed = this.prebuffer;
      this.since = null;
      this.isStarving = false;
      this.gap = 0;
    }

    finish() {
      const item = this.queue.shift();
      this.say("done", { epoch: item.epoch, item: item.item, samples: item.samples });
      const next = this.queue[0];
      this.settle();
      // What is there already joins without a pause.
      this.isSounding = Boolean(next) && (next.left >= this.needed || next.isEnded);
    }

    catchUp(item) {
      while (this.wasQuiet && item.debt >= QUANTUM && item.left >= this.prebuffer + QUANTUM && item.skip()) {
        this.counts.skipped += QUANTUM;
      }
    }

    measure(output) {
      let power = 0;
      for (const value of output) power += value * value;
      this.wasQuiet = power / output.length < (QUIET / 32768) ** 2;
      this.power += power;
      this.powerOf += output.length;
      if (this.powerOf < sampleRate / 20) return;
      const before = this.level;
      this.level = Math.sqrt(this.power / this.powerOf);
      this.power = this.powerOf = 0;
      const [first] = this.queue;
      const { level } = this;
      if (first?.sounded > 0) this.say("tick", { epoch: first.epoch, item: first.item, samples: first.samples, level });
      else if (before > 0 || level > 0) this.say("tick", { epoch: 0, item: null, samples: 0, level });
    }

    say(type, rest) {
      const at = (currentFrame + QUANTUM) / sampleRate;
      const buffered = this.queue.reduce((sum, { left }) => sum + left, 0);
      this.port.postMessage({ type, at, buffered, counts: { ...this.counts }, ...rest });
    }
  }

  registerProcessor("inb-speaker", Speaker);
}

// ---- what has been heard -------------------------------------------------------------------------------------------

/**
 * How many of an item's samples have left the loudspeaker.
 * @param {{samples: number, at: number}} report what was rendered, and when in the context's time its last sample sounds
 * @param {{contextTime?: number, performanceTime?: number} | null | undefined} stamp of `getOutputTimestamp`
 * @param {number} nowMs of the same clock as `performanceTime`
 * @param {number} latencyS to be taken where there is no stamp
 */
export function heardSamples({ samples, at }, stamp, nowMs, latencyS) {
  let behindS = latencyS;
  if (stamp?.performanceTime && stamp.contextTime !== undefined) {
    behindS = at - (stamp.contextTime + (nowMs - stamp.performanceTime) / 1000);
  }
  return Math.max(0, Math.min(samples, Math.round(samples - behindS * SPEAKER_RATE_HZ)));
}

// ---- the loudspeaker -----------------------------------------------------------------------------------------------

/**
 * @typedef {{epoch: number, item: number | null, samples: number, heard: number, done?: boolean}} Played
 * @param {{
 *   onPlayed?: (report: Played) => void,
 *   onLevel?: (level: number) => void,
 *   onState?: (state: {state: string, reason: string}) => void,
 *   prebufferMs?: number, volume?: number, host?: any,
 * }} given
 */
export function createSpeaker(given = {}) {
  const host = given.host ?? globalThis;
  let volume = given.volume ?? 1;
  let told = { state: "off", reason: "" };
  /** @type {any} */
  let context = null;
  /** @type {any} */
  let node = null;
  /** @type {any} */
  let gain = null;
  /** @type {Promise<boolean> | null} */
  let starting = null;
  /** What came before the worklet was there. @type {any[]} */
  let early = [];
  let before = 0; // epochs that are not played any more
  let newest = 0;
  let flushes = 0;
  let lastPlayedMs = -Infinity;
  let isPlaying = false;
  let stats = { underruns: 0, silence: 0, skipped: 0, dropped: 0, buffered: 0 };
  /** @type {Map<number, (report: any) => void>} */
  const waiting = new Map();
  let last = { epoch: 0, item: null, samples: 0, at: 0 };

  function tell(state, reason = "") {
    if (told.state === state && told.reason === reason) return;
    told = { state, reason };
    given.onState?.(told);
  }

  function review() {
    if (!node) return;
    if (context.state === "running") tell(isPlaying ? "playing" : "ready");
    else if (context.state !== "closed") tell("blocked");
  }

  function heard(report) {
    const stamp = context?.getOutputTimestamp?.();
    return heardSamples(report, stamp, host.performance.now(), context?.outputLatency || context?.baseLatency || 0);
  }

  function hear(data) {
    stats = { ...data.counts, buffered: data.buffered };
    const { epoch, item, samples, at } = data;
    if (data.type === "flushed") return waiting.get(data.id)?.(data);
    if (data.type === "tick") {
      given.onLevel?.(data.level);
      isPlaying = item !== null;
      if (isPlaying) last = { epoch, item, samples, at };
    }
    if (data.type === "done") {
      isPlaying = data.buffered > 0;
      given.onPlayed?.({ epoch, item, samples, heard: samples, done: true });
    } else if (isPlaying && host.performance.now() - lastPlayedMs >= SPEAKER_PLAYED_MS) {
      lastPlayedMs = host.performance.now();
      given.onPlayed?.({ epoch, item, samples, heard: heard(data) });
    }
    return review();
  }

  function post(message, transfer = []) {
    if (node) node.port.postMessage(message, transfer);
    else early.push(message);
  }

  async function open() {
    tell("starting");
    try {
      try {
        context = new host.AudioContext({ sampleRate: SPEAKER_RATE_HZ, latencyHint: "interactive" });
      } catch {
        context = new host.AudioContext({ latencyHint: "interactive" });
      }
      const mine = context;
      const text = `(${speakerWorklet})(${createResampler});`;
      const url = host.URL.createObjectURL(new host.Blob([text], { type: "text/javascript" }));
      try {
        await mine.audioWorklet.addModule(url);
      } finally {
        host.URL.revokeObjectURL(url);
      }
      if (mine !== context) return false;
      build();
      return true;
    } catch (error) {
      await speaker.close();
      tell("failed", String(error?.message ?? error));
      return false;
    }
  }

  function build() {
    gain = context.createGain();
    gain.gain.value = volume;
    gain.connect(context.destination);
    node = new host.AudioWorkletNode(context, "inb-speaker", {
      numberOfInputs: 0,
      outputChannelCount: [1],
      processorOptions: { prebufferMs: given.prebufferMs ?? 100 },
    });
    node.port.onmessage = ({ data }) => hear(data);
    node.connect(gain);
    context.onstatechange = review;
    for (const message of early) node.port.postMessage(message);
    early = [];
    context.resume?.()?.catch?.(() => {}); // not awaited: without a click it never ends
    review();
  }

  const speaker = {
    get state() {
      return told;
    },
    /** Underruns, samples of silence at them, samples left out to make up, samples dropped, samples waiting. */
    get stats() {
      return stats;
    },
    get volume() {
      return volume;
    },
    set volume(value) {
      volume = Math.max(0, Math.min(1, value));
      gain?.gain.setTargetAtTime(volume, context.currentTime, 0.015);
    },
    /** Get ready to play; in the handler of a click where that is possible. @returns {Promise<boolean>} */
    start() {
      starting ??= open();
      return starting;
    },
    /** Go on after `blocked`; to be called in the handler of a click. */
    async resume() {
      await speaker.start();
      await context?.resume();
      review();
    },
    /** @param {{epoch: number, item: number, pcm: Int16Array}} speech its buffer is taken over */
    push({ epoch, item, pcm }) {
      if (epoch < before || !starting) return;
      newest = Math.max(newest, epoch);
      post({ type: "push", epoch, item, pcm }, [pcm.buffer]);
    },
    /** No more of this item will come. @param {{epoch: number, item: number}} which */
    end({ epoch, item }) {
      if (epoch >= before && starting) post({ type: "end", epoch, item });
    },
    /**
     * Silence at once. Everything of earlier epochs is dropped, also what still comes of them.
     * @param {number} [epoch] that begins; by default the one after the newest that came
     * @returns {Promise<Played>} what had been played of the first item that is dropped; `item` is null without one
     */
    flush(epoch) {
      before = Math.max(before, epoch ?? newest + 1);
      newest = Math.max(newest, before - 1);
      isPlaying = false;
      const nothing = { epoch: before - 1, item: null, samples: 0, heard: 0 };
      if (!node) {
        early = early.filter((message) => message.epoch >= before);
        return Promise.resolve(nothing);
      }
      const id = ++flushes;
      return new Promise((resolve) => {
        const settle = (report) => {
          waiting.delete(id);
          host.clearTimeout(timer);
          const { epoch: of, item, samples } = report;
          resolve(item === null ? nothing : { epoch: of, item, samples, heard: heard(report) });
          review();
        };
        // A context that was stopped may not answer: then what it last told holds.
        const timer = host.setTimeout(() => settle(last.epoch < before && last.epoch > 0 ? last : nothing), SPEAKER_FLUSH_MS);
        waiting.set(id, settle);
        node.port.postMessage({ type: "flush", id, before });
      });
    },
    /** Let go of the device. */
    async close() {
      const closing = context;
      node?.port.postMessage({ type: "close" });
      node?.disconnect();
      if (closing) closing.onstatechange = null;
      context = node = gain = starting = null;
      early = [];
      isPlaying = false;
      tell("off");
      if (closing && closing.state !== "closed") await closing.close();
    },
  };

  return speaker;
}
