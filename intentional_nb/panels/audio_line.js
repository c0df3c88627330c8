/**
 * The audio line, page side: sound and urgent messages between this page and the kernel, whatever way there is.
 *
 *   page -> kernel  hello {client, got, take} · ping {at, got} · got {n, again} · away {}          the line itself
 *                   microphone sound, played, flushed, start, stop, talk, mute, …                numbered, from 1
 *   kernel -> page  welcome {epoch, n, again, got} · pong {at, sent, got} · bye {reason, silent_ms}   the line itself
 *                   speech, end, flush, skip, …                                                    numbered, from n + 1
 *
 * Three ways are tried in turn: a WebSocket straight to the kernel's machine where that is this machine, one through
 * Jupyter's proxy, and the panel's comm. Whatever way is taken, each side keeps what the other has not acknowledged,
 * and sends it again after a change of the way; so a socket that dies loses nothing. On the comm several messages
 * travel as one: `{kind: "line", client | to, first, parts, urgent}`, where a number in `parts` is the index of a buffer.
 *
 * States: `closed`, `connecting`, `open`, `lost` (nothing was heard of the kernel for three seconds, or no way leads
 * there: let go of the microphone; it is tried on) and `elsewhere` (another page has the audio; `take` takes it).
 */

const AUDIO_LINE_RATE_HZ = 24_000;
const AUDIO_LINE_PING_MS = 1000;
const AUDIO_LINE_TICK_MS = 500;
const AUDIO_LINE_LOST_MS = 2300; // without a sign of life; with the time between two looks, three seconds
const AUDIO_LINE_TRY_MS = { direct: 3000, proxy: 2000, comm: 2500 }; // for a way to prove itself
const AUDIO_LINE_AGAIN_MS = 1000; // between two rounds of tries, growing
const AUDIO_LINE_OWNER_MS = 1200; // an owner not heard of for longer may be a page that is gone
const AUDIO_LINE_KEPT_BYTES = 168_000; // of microphone sound not acknowledged: three and a half seconds
const AUDIO_LINE_KEPT_PARTS = 4000;
const AUDIO_LINE_GOT_BYTES = 120_000; // of speech, after which it is acknowledged without waiting for a ping
const AUDIO_LINE_POST_MS = 34; // between two messages on the comm
const AUDIO_LINE_FULL_MS = 100; // of microphone sound, that are worth a message on the comm
const AUDIO_LINE_LATE_MS = 150; // then less is, too

// ---- messages ------------------------------------------------------------------------------------------------------

/**
 * A piece of microphone sound as a frame.
 * @param {number} seq @param {number} lostSamples before it @param {Int16Array} pcm
 */
export function packMicrophone(seq, lostSamples, pcm) {
  const frame = new ArrayBuffer(12 + 2 * pcm.length);
  const header = new DataView(frame);
  header.setUint32(0, 1, true);
  header.setUint32(4, seq, true);
  header.setUint32(8, lostSamples, true);
  new Int16Array(frame, 12).set(pcm);
  return frame;
}

/**
 * What a frame of speech holds; null for any other.
 * @param {ArrayBuffer | ArrayBufferView} frame
 * @returns {{epoch: number, item: number, pcm: Int16Array} | null}
 */
export function unpackSpeech(frame) {
  const bytes = ArrayBuffer.isView(frame) ? new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength) : new Uint8Array(frame);
  if (bytes.length < 12 || bytes.length % 2) return null;
  const header = new DataView(bytes.buffer, bytes.byteOffset, 12);
  if (header.getUint32(0, true) !== 2) return null;
  // A copy: whoever plays it hands the buffer over, and it may be part of a larger one at an odd place.
  return { epoch: header.getUint32(4, true), item: header.getUint32(8, true), pcm: new Int16Array(bytes.slice(12).buffer) };
}

// ---- addresses -----------------------------------------------------------------------------------------------------

/**
 * Where this Jupyter server's pages begin, with a slash at the end.
 * @param {any} document @param {any} location
 */
export function pageBaseUrl(document, location) {
  try {
    const { baseUrl } = JSON.parse(document.getElementById("jupyter-config-data")?.textContent ?? "{}");
    if (baseUrl) return withSlash(baseUrl);
  } catch {
    // Not the page of a Jupyter application: its address is left to go by.
  }
  const told = document.body?.dataset?.baseUrl;
  if (told) return withSlash(decodeURIComponent(told));
  return location.pathname.match(/^(.*?\/)(?:lab|doc|notebooks|tree|nbclassic|voila|edit|consoles)(?:\/|$)/)?.[1] ?? "/";

  function withSlash(path) {
    const { pathname } = new URL(path, location.href);
    return pathname.endsWith("/") ? pathname : `${pathname}/`;
  }
}

/**
 * The sockets worth trying, best first.
 * @param {{port: number, path: string} | null | undefined} address
 * @param {any} location @param {string} baseUrl
 */
export function audioLineUrls(address, location, baseUrl) {
  if (!address?.port) return [];
  const urls = [];
  // `localhost` is not said here: it may mean ::1, where nobody listens.
  if (["localhost", "127.0.0.1", "[::1]"].includes(location.hostname)) {
    urls.push({ way: "direct", url: `ws://127.0.0.1:${address.port}${address.path}` });
  }
  if (/^https?:$/.test(location.protocol)) {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    urls.push({ way: "proxy", url: `${scheme}://${location.host}${baseUrl}proxy/${address.port}${address.path}` });
  }
  return urls;
}

// ---- ways ----------------------------------------------------------------------------------------------------------

/**
 * @typedef {{ready: () => void, part: (part: any) => void, gone: () => void}} LineEvents
 *   `part` is given a message, or a frame of speech
 * @typedef {{urgent: (message: object) => void, part: (part: any, number: number) => void, isFull: () => boolean,
 *            close: () => void}} LineWay
 */

/**
 * @param {string} url @param {LineEvents} events @param {any} host
 * @returns {LineWay}
 */
function openSocketWay(url, events, host) {
  const socket = new host.WebSocket(url);
  let isDone = false;
  const gone = () => {
    if (!isDone) events.gone();
    isDone = true;
  };
  socket.binaryType = "arraybuffer";
  socket.onopen = () => isDone || events.ready();
  socket.onmessage = ({ data }) => {
    if (isDone) return;
    try {
      events.part(typeof data === "string" ? JSON.parse(data) : data);
    } catch (error) {
      // Whoever answers there is not our kernel; or a listener failed, which must not end the line.
      console.warn("intentional_nb: a message of the audio line was not understood", error);
    }
  };
  socket.onclose = socket.onerror = gone;
  const send = (part) => {
    if (socket.readyState === 1) socket.send(part instanceof ArrayBuffer ? part : JSON.stringify(part));
  };
  return {
    urgent: send,
    part: send,
    isFull: () => socket.bufferedAmount > AUDIO_LINE_KEPT_BYTES,
    close() {
      isDone = true;
      socket.close();
    },
  };
}

/**
 * The comm: few messages, since each makes the whole front end work.
 * @param {(message: object, buffers: ArrayBuffer[]) => void} send @param {string} client @param {LineEvents} events
 * @param {{now: () => number, later: (work: () => void, ms: number) => any}} clock
 * @returns {LineWay & {receive: (message: any, buffers: any[]) => void}}
 */
function openCommWay(send, client, events, clock) {
  let queue = /** @type {any[]} */ ([]);
  let isUrgent = false; // something in it should not wait
  let soundBytes = 0;
  let first = 0;
  let urgent = /** @type {object[]} */ ([]);
  let lastMs = -Infinity;
  let isDue = false;
  let isLate = false;
  let isDone = false;
  clock.later(() => isDone || events.ready(), 0);

  function plan() {
    if (isDue || isDone) return;
    const isFull = soundBytes >= (AUDIO_LINE_FULL_MS * 2 * AUDIO_LINE_RATE_HZ) / 1000;
    if (urgent.length > 0 || isUrgent || isFull) {
      isDue = true;
      clock.later(post, Math.max(0, lastMs + AUDIO_LINE_POST_MS - clock.now()));
    } else if (!isLate) {
      // A little sound, or how far the loudspeaker is: more will come, but need not.
      isLate = true;
      const before = lastMs;
      clock.later(() => {
        isLate = false;
        if (isDue || queue.length === 0) return;
        if (lastMs === before) post();
        else plan();
      }, AUDIO_LINE_LATE_MS);
    }
  }

  function post() {
    isDue = false;
    if (isDone) return;
    lastMs = clock.now();
    const buffers = queue.filter((part) => part instanceof ArrayBuffer);
    let index = 0;
    const parts = queue.map((part) => (part instanceof ArrayBuffer ? index++ : part));
    const message = { kind: "line", client, first, parts, urgent };
    queue = [];
    urgent = [];
    isUrgent = false;
    soundBytes = 0;
    try {
      send(message, buffers);
    } catch {
      isDone = true; // the front end has let go of the kernel
      events.gone();
    }
  }

  return {
    urgent(message) {
      urgent.push(message);
      plan();
    },
    part(part, number) {
      if (queue.length === 0) first = number;
      queue.push(part);
      if (part instanceof ArrayBuffer) soundBytes += part.byteLength;
      else if (part.kind !== "played" || part.done) isUrgent = true;
      plan();
    },
    isFull: () => false,
    close() {
      if (urgent.length > 0) post();
      isDone = true;
    },
    /** A message of kind `line` that came on the comm. @param {any} message @param {any[]} buffers */
    receive(message, buffers) {
      if (isDone || message.to !== client) return;
      for (const part of message.urgent) events.part(part);
      message.parts.forEach((part, index) => {
        if (!isDone) events.part(typeof part === "number" ? buffers[part] : part, message.first + index);
      });
    },
  };
}

// ---- the line ------------------------------------------------------------------------------------------------------

/** What belongs to the line itself and has no number. */
const AUDIO_LINE_OWN = ["welcome", "pong", "bye"];

/**
 * @param {{
 *   address?: {port: number, path: string} | null,
 *   comm?: ((message: object, buffers: ArrayBuffer[]) => void) | null,
 *   onSpeech: (speech: {epoch: number, item: number, pcm: Int16Array}) => void,
 *   onMessage: (message: any) => void,
 *   onState: (state: {state: string, way: string, reason: string}) => void,
 *   client?: string, baseUrl?: string, ways?: string[], host?: any,
 *   now?: () => number, later?: (work: () => void, ms: number) => any,
 * }} given `comm` sends on the panel's comm; what comes there of kind `line` is given to `receiveComm`. `onMessage` gets
 *   `welcome` (its `epoch` begins: flush up to it), `flush`, `end`, and whatever else the kernel sends. `ways` limits
 *   what is tried.
 */
export function createAudioLine(given) {
  const host = given.host ?? globalThis;
  const now = given.now ?? (() => performance.now());
  const later = given.later ?? ((work, ms) => setTimeout(work, ms));
  const client = given.client ?? Math.random().toString(36).slice(2, 12);

  let told = { state: "closed", way: "", reason: "" };
  let way = /** @type {LineWay | null} */ (null); // in use, or being tried
  let wayName = "";
  let isUp = false; // the way in use has proved itself
  let round = 0; // tells what belongs to an earlier way
  let tries = 0; // rounds in vain
  let wantsAll = false; // take the audio from another page
  let isTicking = false;

  let got = 0; // the number of the latest message from the kernel
  let gotBytes = 0; // since it was last told
  let askedMs = -Infinity;
  let kept = /** @type {any[]} */ ([]); // sent or to be sent, not acknowledged
  let keptBytes = 0;
  let acked = 0; // the number of the last one that is not in `kept` any more
  let seq = 0;
  let lostSamples = 0;
  let counts = { sent: 0, lostChunks: 0, lostSamples: 0, gaps: 0, opened: 0 };

  let quietMs = 0; // since the last sign of life, as far as this page looked
  let pingMs = 0;
  let tickMs = 0;
  let trip = NaN;

  function tell(state, reason = "") {
    const name = state === "open" ? wayName : "";
    if (told.state === state && told.way === name && told.reason === reason) return;
    told = { state, way: name, reason };
    given.onState(told);
  }

  // -- finding a way

  function ways() {
    const baseUrl = given.baseUrl ?? (host.document ? pageBaseUrl(host.document, host.location) : "/");
    const sockets = host.WebSocket && host.location ? audioLineUrls(given.address, host.location, baseUrl) : [];
    const all = given.comm ? [...sockets, { way: "comm", url: "" }] : sockets;
    return all.filter((one) => !given.ways || given.ways.includes(one.way));
  }

  function leave() {
    round += 1;
    isUp = false;
    way?.close();
    way = null;
  }

  function search(index = 0) {
    const one = ways()[index];
    if (!one) return searchLater();
    leave();
    const mine = round;
    let isTried = false;
    const next = () => {
      if (mine !== round || isUp || isTried) return;
      isTried = true;
      search(index + 1);
    };
    const events = {
      ready: () => mine === round && greet(),
      part: (part, number) => mine === round && hear(part, number),
      gone: () => (mine === round && isUp ? search() : next()),
    };
    wayName = one.way;
    try {
      if (one.way === "comm") way = openCommWay(/** @type {any} */ (given.comm), client, events, { now, later });
      else way = openSocketWay(one.url, events, host);
    } catch {
      return next(); // the page's security policy may forbid it
    }
    return later(next, AUDIO_LINE_TRY_MS[one.way]);
  }

  function searchLater() {
    // The last way is left open meanwhile: a kernel that is busy with a cell answers on its comm when it is done.
    const mine = round;
    tries += 1;
    isUp = false;
    lose("unreachable");
    later(() => mine === round && !isUp && told.state === "lost" && search(), AUDIO_LINE_AGAIN_MS * Math.min(8, 2 ** (tries - 1)));
  }

  function greet() {
    way?.urgent({ kind: "hello", client, got, take: wantsAll });
  }

  // -- from the kernel

  function hear(part, number) {
    quietMs = -Math.min(now() - tickMs, AUDIO_LINE_TICK_MS); // the next look counts from the one before
    const message = part instanceof ArrayBuffer || ArrayBuffer.isView(part) ? null : part;
    if (message && AUDIO_LINE_OWN.includes(message.kind)) return handle(message);
    if (!isUp) return undefined;
    if (number !== undefined && number <= got) return undefined; // came before
    if (number !== undefined && number > got + 1) return askAgain();
    got += 1;
    gotBytes += message ? 100 : part.byteLength;
    if (gotBytes >= AUDIO_LINE_GOT_BYTES) acknowledge();
    return deliver(message, part);
  }

  function deliver(message, part) {
    if (message) {
      if (message.kind !== "skip") given.onMessage(message);
      return;
    }
    const speech = unpackSpeech(part);
    if (speech) given.onSpeech(speech);
  }

  function acknowledge() {
    gotBytes = 0;
    way?.urgent({ kind: "got", n: got });
  }

  /** Something is missing: what comes after it will come again. */
  function askAgain() {
    if (now() - askedMs < 300) return;
    askedMs = now();
    counts.gaps += 1;
    way?.urgent({ kind: "got", n: got, again: true });
  }

  function handle(message) {
    if (message.kind === "welcome") return welcome(message);
    if (message.kind === "bye") return takeLeave(message);
    trip = now() - message.at;
    forget(message.got);
    // Everything up to `sent` was under way before this answer: on a way that can lose something, it is lost.
    if (isUp && wayName === "comm" && message.sent > got) askAgain();
    return undefined;
  }

  function welcome(message) {
    if (isUp) return; // the answer to a hello that was said twice
    isUp = true;
    tries = 0;
    wantsAll = false;
    if (message.again) forget(message.got);
    else begin(message);
    counts.opened += 1;
    pingMs = now();
    tell("open");
    given.onMessage(message);
    kept.forEach((part, index) => way?.part(part, acked + index + 1));
    tick();
  }

  /** No kernel for now. What was said to it is not said later, when it would mean something else. */
  function lose(reason) {
    if (told.state !== "connecting" && told.state !== "open") return;
    for (const part of kept) if (part instanceof ArrayBuffer) countLost(new DataView(part));
    kept = kept.map((part) => (part instanceof ArrayBuffer ? { kind: "skip" } : part));
    keptBytes = 0;
    tell("lost", reason);
    tick();
  }

  /** The kernel knows nothing of this page, or nothing any more: then what was said to nobody is not said now. */
  function begin(message) {
    got = message.n;
    acked = message.got;
    if (told.state === "connecting") return;
    for (const part of kept) if (part instanceof ArrayBuffer) countLost(new DataView(part));
    kept = kept.filter((part) => !(part instanceof ArrayBuffer));
    keptBytes = 0;
  }

  function countLost(frame) {
    const samples = (frame.byteLength - 12) / 2;
    counts.lostChunks += 1;
    counts.lostSamples += samples;
    lostSamples += samples + frame.getUint32(8, true);
  }

  function forget(number) {
    while (acked < number && kept.length > 0) {
      const part = kept.shift();
      if (part instanceof ArrayBuffer) keptBytes -= part.byteLength;
      acked += 1;
    }
  }

  function takeLeave({ reason, silent_ms: silentMs = 0 }) {
    leave();
    if (reason === "closed") return tell("closed", reason);
    const mine = round;
    if (reason === "owned" && silentMs > AUDIO_LINE_OWNER_MS && told.state !== "elsewhere") {
      return later(() => mine === round && search(), 500);
    }
    return tell("elsewhere", reason);
  }

  // -- to the kernel

  /** Keep a part until it is acknowledged, and send it now if there is a way. @param {any} part */
  function put(part) {
    kept.push(part);
    if (part instanceof ArrayBuffer) keptBytes += part.byteLength;
    if (isUp) way?.part(part, acked + kept.length);
  }

  // -- time

  function tick() {
    if (isTicking) return;
    isTicking = true;
    tickMs = now();
    later(() => {
      isTicking = false;
      look();
      if (told.state === "open" || told.state === "lost") tick();
    }, AUDIO_LINE_TICK_MS);
  }

  /** Ask whether the kernel is there, and see whether it was. Timers of a page that nobody sees are slow: sound helps. */
  function look() {
    // A page that was busy itself has yet to read what came meanwhile; only one that is hidden looks seldom otherwise.
    quietMs += Math.min(now() - tickMs, AUDIO_LINE_TICK_MS * (host.document?.hidden ? 2 : 1));
    tickMs = now();
    if (isUp && now() - pingMs >= AUDIO_LINE_PING_MS) {
      pingMs = now();
      gotBytes = 0;
      way?.urgent({ kind: "ping", at: now(), got });
    }
    if (told.state === "open" && quietMs >= AUDIO_LINE_LOST_MS) {
      lose("silent");
      search();
    }
  }

  return {
    client,
    get state() {
      return told;
    },
    /** Milliseconds to the kernel and back, and what was lost so far. */
    get stats() {
      return { ...counts, tripMs: trip };
    },
    /** Find a way to the kernel. */
    open() {
      if (told.state !== "closed") return;
      tell("connecting");
      tries = 0;
      search();
    },
    /** Take the audio from the page that has it. */
    take() {
      wantsAll = true;
      tell("connecting");
      search();
    },
    /** Say something that must arrive. @param {{kind: string, [name: string]: any}} message */
    send(message) {
      if (kept.length < AUDIO_LINE_KEPT_PARTS) put(message);
    },
    /**
     * Send microphone sound; while a way is still being looked for, it waits.
     * @param {Int16Array} pcm @param {number} [lost] samples before it that are missing
     */
    sendAudio(pcm, lost = 0) {
      if (told.state !== "open" && told.state !== "connecting") return;
      lostSamples += lost;
      counts.lostSamples += lost;
      if (keptBytes > AUDIO_LINE_KEPT_BYTES || way?.isFull()) {
        counts.lostChunks += 1;
        counts.lostSamples += pcm.length;
        lostSamples += pcm.length;
      } else {
        put(packMicrophone(seq++, lostSamples, pcm));
        counts.sent += 1;
        lostSamples = 0;
      }
      if (now() - tickMs > AUDIO_LINE_TICK_MS) look();
    },
    /** What came on the panel's comm of kind `line`. @param {any} message @param {any[]} [buffers] */
    receiveComm(message, buffers = []) {
      if (way && "receive" in way) /** @type {any} */ (way).receive(message, buffers);
    },
    /** Tell the kernel that this page lets go, and do. */
    close() {
      if (isUp) way?.urgent({ kind: "away" });
      leave();
      kept = [];
      keptBytes = 0;
      tell("closed");
    },
  };
}
