// The page side's line to the kernel, over sockets, a comm and a clock that the test plays.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { audioLineUrls, createAudioLine, packMicrophone, pageBaseUrl, unpackSpeech } = await load("audio_line.js");

const ADDRESS = { port: 4567, path: "/?key=abc" };
const at = (href) => new URL(href);
const page = (href, { config, base } = {}) => ({
  location: at(href),
  document: {
    getElementById: () => (config ? { textContent: config } : null),
    body: { dataset: base ? { baseUrl: base } : {} },
  },
});

function speechFrame(epoch, item, ...samples) {
  const frame = new ArrayBuffer(12 + 2 * samples.length);
  new Uint32Array(frame, 0, 3).set([2, epoch, item]);
  new Int16Array(frame, 12).set(samples);
  return frame;
}

/** A line whose clock the test moves, and whose sockets and comm it plays. */
function line({ href = "http://localhost:8888/lab", address = ADDRESS, hasComm = true, ...rest } = {}) {
  const made = { sockets: [], posts: [], states: [], messages: [], speech: [], now: 0, due: [], commFails: false };
  class Socket {
    constructor(url) {
      Object.assign(this, { url, readyState: 0, sent: [], bufferedAmount: 0 });
      if (made.refuses?.(url)) throw new Error("SecurityError");
      made.sockets.push(this);
    }
    send(data) {
      this.sent.push(typeof data === "string" ? JSON.parse(data) : data);
    }
    close() {
      this.readyState = 3;
    }
    accept() {
      this.readyState = 1;
      this.onopen();
    }
    die() {
      this.readyState = 3;
      this.onerror?.();
      this.onclose();
    }
    say(message) {
      this.onmessage({ data: message instanceof ArrayBuffer ? message : JSON.stringify(message) });
    }
    welcome(given = {}) {
      this.accept();
      this.say({ kind: "welcome", epoch: 2, n: 0, again: false, got: 0, ...given });
    }
    kinds() {
      return this.sent.map((part) => (part instanceof ArrayBuffer ? "sound" : part.kind));
    }
  }
  made.later = (work, ms) => made.due.push([made.now + ms, work]);
  made.pass = (ms) => {
    const end = made.now + ms;
    for (;;) {
      made.due.sort(([a], [b]) => a - b);
      if (made.due.length === 0 || made.due[0][0] > end) break;
      const [when, work] = made.due.shift();
      made.now = Math.max(made.now, when);
      work();
    }
    made.now = end;
  };
  /** The main thread is busy for so long; only then do the timers run. */
  made.block = (ms) => {
    made.now += ms;
    made.pass(0);
  };
  made.last = () => made.sockets.at(-1);
  made.commSays = (message, buffers = []) => made.line.receiveComm({ kind: "line", to: "me", first: 0, parts: [], urgent: [], ...message }, buffers);
  made.line = createAudioLine({
    address,
    comm: hasComm
      ? (message, buffers) => {
          if (made.commFails) throw new Error("Cannot send");
          made.posts.push({ ...message, buffers });
        }
      : null,
    onSpeech: ({ epoch, item, pcm }) => made.speech.push([epoch, item, ...pcm]),
    onMessage: (message) => made.messages.push(message),
    onState: ({ state, way, reason }) => made.states.push([state, way, reason].filter(Boolean).join(" ")),
    client: "me",
    now: () => made.now,
    later: made.later,
    ...rest,
    host: { WebSocket: Socket, ...page(href), ...rest.host },
  });
  return made;
}

function open(given) {
  const made = line(given);
  made.line.open();
  made.last().welcome();
  return made;
}

/** Let time pass while the kernel answers every ping. */
function live(made, ms, answer = {}) {
  for (let passed = 0; passed < ms; passed += 100) {
    made.pass(100);
    const socket = made.last();
    for (const part of socket.sent.filter((sent) => sent.kind === "ping" && !sent.isAnswered)) {
      part.isAnswered = true;
      socket.say({ kind: "pong", at: part.at, sent: 0, got: 0, ...answer });
    }
  }
}

// ---- messages

test("a piece of microphone sound has the header that the kernel reads", () => {
  const frame = packMicrophone(7, 5, Int16Array.of(1, -2, 3));
  assert.deepEqual([...new Uint8Array(frame)], [1, 0, 0, 0, 7, 0, 0, 0, 5, 0, 0, 0, 1, 0, 254, 255, 3, 0]);
});

test("speech is read from a buffer and from a part of one, at any place", () => {
  const frame = speechFrame(3, 9, 1, -2);
  const shifted = new Uint8Array(frame.byteLength + 1);
  shifted.set(new Uint8Array(frame), 1);
  for (const given of [frame, new DataView(frame), new DataView(shifted.buffer, 1)]) {
    const { epoch, item, pcm } = unpackSpeech(given);
    assert.deepEqual([epoch, item, ...pcm], [3, 9, 1, -2]);
  }
});

test("a frame that is not speech is none", () => {
  for (const frame of [new ArrayBuffer(4), new ArrayBuffer(13), packMicrophone(1, 0, new Int16Array(4))]) assert.equal(unpackSpeech(frame), null);
});

// ---- addresses

for (const [base, where] of [
  ["/user/me/", page("https://hub.org/user/me/lab/tree/a.ipynb", { config: '{"baseUrl": "/user/me/"}' })],
  ["/user/me/", page("https://hub.org/anything", { config: '{"baseUrl": "/user/me"}' })],
  ["/x/", page("https://hub.org/anything", { config: '{"baseUrl": "https://hub.org/x/"}' })],
  ["/classic/", page("https://hub.org/anything", { base: "/classic/" })],
  ["/user/me/", page("https://hub.org/user/me/voila/render/a.ipynb")],
  ["/user/lab-of/", page("https://hub.org/user/lab-of/lab")],
  ["/", page("http://localhost:8888/notebooks/a.ipynb")],
  ["/", page("http://localhost:8888/lab", { config: "{broken" })],
  ["/", page("https://elsewhere.org/some/page")],
]) {
  test(`the server of ${where.location.href} begins at ${base}`, () => assert.equal(pageBaseUrl(where.document, where.location), base));
}

test("a page from this machine tries the kernel's port and then the proxy; another only the proxy", () => {
  const urls = (href) => audioLineUrls(ADDRESS, at(href), "/b/").map(({ url }) => url);
  assert.deepEqual(urls("http://localhost:8888/lab"), ["ws://127.0.0.1:4567/?key=abc", "ws://localhost:8888/b/proxy/4567/?key=abc"]);
  assert.deepEqual(urls("https://hub.org/lab"), ["wss://hub.org/b/proxy/4567/?key=abc"]);
  assert.deepEqual(urls("vscode-webview://x/index.html"), []);
  assert.deepEqual(audioLineUrls({ port: 0, path: "" }, at("http://localhost/"), "/"), []);
  assert.deepEqual(audioLineUrls(null, at("http://localhost/"), "/"), []);
});

// ---- finding a way

test("the first way that proves itself is taken, and told", () => {
  const made = open();
  assert.deepEqual(made.states, ["connecting", "open direct"]);
  assert.deepEqual(made.last().sent[0], { kind: "hello", client: "me", got: 0, take: false });
  assert.equal(made.messages[0].kind, "welcome");
});

test("a refused socket leads to the next way at once", () => {
  const made = line();
  made.line.open();
  made.last().die();
  assert.equal(made.last().url, "ws://localhost:8888/proxy/4567/?key=abc");
  made.last().welcome();
  assert.deepEqual(made.states, ["connecting", "open proxy"]);
});

test("a socket that opens and then says nothing is not taken for the kernel", () => {
  const made = line();
  made.line.open();
  made.last().accept();
  made.pass(3100);
  assert.equal(made.sockets.length, 2);
  assert.equal(made.sockets[0].readyState, 3);
});

test("where the page's policy forbids sockets, the comm is taken", () => {
  const made = line();
  made.refuses = () => true;
  made.line.open();
  made.pass(0);
  assert.deepEqual(made.posts[0].urgent, [{ kind: "hello", client: "me", got: 0, take: false }]);
  made.commSays({ urgent: [{ kind: "welcome", epoch: 2, n: 0, again: false, got: 0 }] });
  assert.deepEqual(made.states, ["connecting", "open comm"]);
});

test("without any way the line is lost, and tried again less and less often", () => {
  const made = line({ hasComm: false, href: "https://hub.org/lab" });
  made.line.open();
  for (let second = 0; second < 60; second++) {
    if (made.last().readyState !== 3) made.last().die();
    made.pass(1000);
  }
  assert.deepEqual(made.states, ["connecting", "lost unreachable"]);
  assert.ok(made.sockets.length > 5 && made.sockets.length < 15, `${made.sockets.length}`);
  if (made.last().readyState !== 3) made.last().die();
  made.pass(8000);
  made.last().welcome();
  assert.equal(made.states.at(-1), "open proxy");
});

test("a kernel that is busy may answer on its comm late", () => {
  const made = line({ address: null });
  made.line.open();
  made.pass(3000);
  assert.deepEqual(made.states, ["connecting", "lost unreachable"]);
  made.commSays({ urgent: [{ kind: "welcome", epoch: 2, n: 0, again: false, got: 0 }] });
  assert.equal(made.states.at(-1), "open comm");
  const hellos = made.posts.length;
  made.commSays({ urgent: [{ kind: "welcome", epoch: 9, n: 5, again: false, got: 0 }] }); // to a hello said twice
  made.pass(900);
  assert.equal(made.messages.length, 1);
  assert.equal(made.posts.length, hellos);
});

test("a comm that cannot be sent on is no way", () => {
  const made = line({ address: null });
  made.commFails = true;
  made.line.open();
  made.pass(100);
  assert.deepEqual(made.states, ["connecting", "lost unreachable"]);
});

// ---- both directions

test("speech and messages are handed on in order, and what only fills a place is not", () => {
  const made = open();
  made.last().say(speechFrame(2, 1, 10, 20));
  made.last().say({ kind: "skip" });
  made.last().say({ kind: "end", epoch: 2, item: 1 });
  assert.deepEqual(made.speech, [[2, 1, 10, 20]]);
  assert.deepEqual(made.messages.map(({ kind }) => kind), ["welcome", "end"]);
});

test("a ping each second tells what has come", () => {
  const made = open();
  made.last().say(speechFrame(2, 1, 10));
  made.last().say(speechFrame(2, 1, 10));
  live(made, 3000);
  const pings = made.last().sent.filter(({ kind }) => kind === "ping");
  assert.equal(pings.length, 3);
  assert.equal(pings[0].got, 2);
});

test("much speech is acknowledged before the next ping", () => {
  const made = open();
  for (let i = 0; i < 6; i++) made.last().say(speechFrame(2, 1, ...new Array(12_000).fill(1)));
  assert.deepEqual(made.last().sent.filter(({ kind }) => kind === "got"), [{ kind: "got", n: 5 }]);
});

test("sound goes out with its number and what was lost before it", () => {
  const made = open();
  made.line.sendAudio(Int16Array.of(1, 2));
  made.line.sendAudio(Int16Array.of(3), 128);
  const frames = made.last().sent.filter((part) => part instanceof ArrayBuffer).map((part) => [...new Uint32Array(part, 0, 3)]);
  assert.deepEqual(frames, [[1, 0, 0], [1, 1, 128]]);
});

test("sound that the kernel does not acknowledge piles up to a bound, and what is refused is counted in the next piece", () => {
  const made = open();
  for (let i = 0; i < 120; i++) made.line.sendAudio(new Int16Array(960));
  const sent = made.last().sent.filter((part) => part instanceof ArrayBuffer).length;
  assert.ok(sent > 80 && sent < 95, `${sent}`);
  assert.equal(made.line.stats.lostChunks, 120 - sent);

  made.last().say({ kind: "pong", at: 0, sent: 0, got: sent });
  made.line.sendAudio(new Int16Array(960));
  assert.deepEqual([...new Uint32Array(made.last().sent.at(-1), 0, 3)], [1, sent, (120 - sent) * 960]);
});

test("no sound is kept for a kernel that is not looked for", () => {
  const made = line();
  made.line.sendAudio(new Int16Array(960));
  made.line.open();
  made.last().welcome();
  assert.deepEqual(made.last().kinds(), ["hello"]);
});

test("what is said while a way is being looked for is not lost", () => {
  const made = line();
  made.line.open();
  made.line.sendAudio(Int16Array.of(1));
  made.last().die();
  made.line.send({ kind: "talk", down: false });
  made.last().welcome();
  assert.deepEqual(made.last().kinds(), ["hello", "sound", "talk"]);
});

test("whatever dies when, each side gets all that the other sends, once and in order", () => {
  let state = 1;
  const next = (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const made = line({ href: "http://localhost/lab", hasComm: false });
  const kernel = { got: 0, heard: [], said: 0, sent: 0, acked: 0 };
  let said = 0;
  let read = 0; // of what the page sent on its present socket

  /** Let the kernel read some of what is on its way. @param {number} most */
  function readSome(most) {
    for (const part of made.last().sent.slice(read, read + most)) {
      read += 1;
      if (part.kind === "hello") {
        kernel.sent = part.got;
        made.last().say({ kind: "welcome", epoch: 1, n: part.got, again: kernel.heard.length > 0 || kernel.said > 0, got: kernel.got });
      } else if (part.kind === "ping") {
        made.last().say({ kind: "pong", at: part.at, sent: kernel.sent, got: kernel.got });
      } else if (part.kind !== "got") {
        kernel.got += 1;
        kernel.heard.push(part.n);
      }
    }
  }

  made.line.open();
  for (let step = 0; step < 2000; step++) {
    const socket = made.last();
    if (socket.readyState === 0) {
      read = 0;
      socket.accept();
      readSome(1);
    }
    const isUp = made.states.at(-1)?.startsWith("open") && socket.sent.length > 0;
    switch (next(6)) {
      case 0:
        made.line.send({ kind: "note", n: ++said });
        break;
      case 1:
        kernel.said += 1;
        break;
      case 2:
        if (isUp && kernel.sent < kernel.said) socket.say({ kind: "note", n: ++kernel.sent });
        break;
      case 3:
        readSome(next(4));
        break;
      case 4:
        made.pass(next(400));
        break;
      default:
        if (next(10) === 0 && socket.readyState === 1) socket.die();
    }
  }
  if (made.last().readyState === 0) {
    read = 0;
    made.last().accept();
  }
  readSome(Infinity);
  while (kernel.sent < kernel.said) made.last().say({ kind: "note", n: ++kernel.sent });

  const upTo = (count) => Array.from({ length: count }, (_, i) => i + 1);
  assert.ok(made.sockets.length > 10 && said > 100 && kernel.said > 100);
  assert.deepEqual(kernel.heard, upTo(said));
  assert.deepEqual(made.messages.filter(({ kind }) => kind === "note").map(({ n }) => n), upTo(kernel.said));
});

// ---- a way that ends

test("when a socket dies, the next takes over and nothing is lost in either direction", () => {
  const made = open();
  made.line.sendAudio(Int16Array.of(1));
  made.line.send({ kind: "talk", down: true });
  made.last().say(speechFrame(2, 1, 10));
  live(made, 1000, { got: 1 });
  made.line.sendAudio(Int16Array.of(2));
  made.sockets[0].die();
  made.line.sendAudio(Int16Array.of(3));

  const next = made.last();
  assert.notEqual(next, made.sockets[0]);
  next.welcome({ again: true, n: 1, got: 1 });

  assert.deepEqual(next.sent[0], { kind: "hello", client: "me", got: 1, take: false });
  assert.deepEqual(next.kinds(), ["hello", "talk", "sound", "sound"]);
  assert.equal(made.states.join(), "connecting,open direct");
  next.say(speechFrame(2, 1, 20));
  assert.deepEqual(made.speech, [[2, 1, 10], [2, 1, 20]]);
});

test("three seconds without a sign of life are a loss, and the kernel is looked for", () => {
  const made = open();
  live(made, 2000);
  made.pass(2400);
  assert.equal(made.states.at(-1), "open direct");
  made.pass(600);
  assert.equal(made.states.at(-1), "lost silent");
  assert.equal(made.sockets.length, 2);
});

test("a kernel that dies at once after its welcome is lost as soon", () => {
  const made = line();
  made.now = 100_000;
  made.line.open();
  made.last().welcome();
  made.pass(3000);
  assert.equal(made.states.at(-1), "lost silent");
});

test("sound that was not delivered before a loss is not delivered after it", () => {
  const made = open();
  made.line.send({ kind: "stop" });
  for (let i = 0; i < 5; i++) made.line.sendAudio(Int16Array.of(i));
  made.pass(3600);
  assert.equal(made.states.at(-1), "lost silent");

  made.last().welcome({ again: true, got: 1 });
  assert.deepEqual(made.last().kinds(), ["hello", "skip", "skip", "skip", "skip", "skip"]);
  made.line.sendAudio(Int16Array.of(9));
  assert.deepEqual([...new Uint32Array(made.last().sent.at(-1), 0, 3)], [1, 5, 5]);
});

test("a page that was busy itself reads first what came meanwhile", () => {
  const made = open();
  live(made, 1000);
  made.block(5000);
  assert.equal(made.states.at(-1), "open direct");
  live(made, 2000);
  assert.equal(made.states.at(-1), "open direct");
});

test("a page that is slow for long does not take its own slowness for the kernel's", () => {
  const made = open();
  const underWay = [];
  for (let i = 0; i < 20; i++) {
    made.block(950);
    for (const { at } of underWay.splice(0)) made.last().say({ kind: "pong", at, sent: 0, got: 0 });
    const pings = made.last().sent.filter(({ kind, isAnswered }) => kind === "ping" && !isAnswered);
    for (const ping of pings) ping.isAnswered = true;
    underWay.push(...pings);
  }
  assert.equal(made.states.join(), "connecting,open direct");
});

test("where timers are slow because nobody sees the page, three seconds are three seconds all the same", () => {
  const made = open({ host: { document: { ...page("http://localhost/").document, hidden: true } } });
  live(made, 2000);
  for (let i = 0; i < 3; i++) made.block(1000);
  assert.equal(made.states.at(-1), "lost silent");
});

test("sound keeps the pings going where timers are slow", () => {
  const made = open();
  const slow = made.due.splice(0);
  for (let i = 0; i < 50; i++) {
    made.now += 40;
    made.line.sendAudio(new Int16Array(10));
  }
  assert.equal(made.last().sent.filter(({ kind }) => kind === "ping").length, 1);
  assert.ok(slow.length > 0);
});

test("a kernel that knows nothing of the page begins anew, and old sound is not for it", () => {
  const made = open();
  for (let i = 0; i < 3; i++) made.line.sendAudio(Int16Array.of(i));
  made.line.send({ kind: "mute", on: true });
  made.last().die();
  made.last().welcome({ again: false, n: 40, got: 0, epoch: 7 });
  assert.deepEqual(made.last().kinds(), ["hello", "mute"]);
  made.last().say(speechFrame(7, 2, 5));
  live(made, 1000);
  assert.equal(made.last().sent.find(({ kind }) => kind === "ping").got, 41);
});

test("a message from whoever answers there that makes no sense changes nothing", (context) => {
  context.mock.method(console, "warn", () => {});
  const made = open();
  made.last().onmessage({ data: "HTTP/1.1 400" });
  made.last().say(new ArrayBuffer(3));
  assert.deepEqual(made.speech, []);
  assert.equal(made.states.at(-1), "open direct");
});

// ---- ownership

test("another page has the audio: it is said, and can be taken", () => {
  const made = line();
  made.line.open();
  made.last().accept();
  made.last().say({ kind: "bye", reason: "owned", silent_ms: 40 });
  assert.equal(made.states.at(-1), "elsewhere owned");
  made.pass(20_000);
  assert.equal(made.sockets.length, 1);

  made.line.take();
  made.last().accept();
  assert.equal(made.last().sent[0].take, true);
  made.last().say({ kind: "welcome", epoch: 3, n: 0, again: false, got: 0 });
  assert.equal(made.states.at(-1), "open direct");
});

test("an owner that has not been heard of lately may be a page that was reloaded: a little patience", () => {
  const made = line();
  made.line.open();
  made.last().accept();
  made.last().say({ kind: "bye", reason: "owned", silent_ms: 1900 });
  assert.equal(made.states.at(-1), "connecting");
  made.pass(600);
  made.last().welcome();
  assert.equal(made.states.at(-1), "open direct");
});

test("a page whose audio is taken by another stays silent", () => {
  const made = open();
  made.last().say({ kind: "bye", reason: "taken" });
  assert.equal(made.states.at(-1), "elsewhere taken");
  made.line.sendAudio(Int16Array.of(1));
  made.pass(20_000);
  assert.equal(made.sockets.length, 1);
});

test("a panel that is closed is told", () => {
  const made = open();
  made.last().say({ kind: "bye", reason: "closed" });
  made.pass(20_000);
  assert.equal(made.states.at(-1), "closed closed");
  assert.equal(made.sockets.length, 1);
});

test("a page that goes says so, and its line can be opened again", () => {
  const made = open();
  made.line.close();
  assert.equal(made.last().sent.at(-1).kind, "away");
  made.pass(20_000);
  assert.equal(made.sockets.length, 1);
  made.line.open();
  made.last().welcome();
  assert.deepEqual(made.states, ["connecting", "open direct", "closed", "connecting", "open direct"]);
});

// ---- the comm

function onComm() {
  const made = line({ address: null });
  made.line.open();
  made.pass(0);
  made.commSays({ urgent: [{ kind: "welcome", epoch: 2, n: 10, again: false, got: 0 }] });
  made.posts.length = 0;
  return made;
}

test("on the comm sound is sent at least 100 ms at a time, and in order", () => {
  const made = onComm();
  for (let i = 0; i < 50; i++) {
    made.line.sendAudio(new Int16Array(960).fill(i));
    made.pass(40);
  }
  const sounds = made.posts.filter(({ buffers }) => buffers.length > 0);
  assert.ok(sounds.length <= 18, `${sounds.length}`); // and one more at each ping
  const parts = sounds.flatMap(({ first, parts: indexes, buffers }) => indexes.map((index, i) => [first + i, new Int16Array(buffers[index], 12)[0]]));
  assert.deepEqual(parts, Array.from({ length: parts.length }, (_, i) => [i + 1, i]));
});

test("on the comm there are never more than thirty messages a second", () => {
  const made = onComm();
  for (let ms = 0; ms < 1000; ms += 5) {
    made.line.send({ kind: "note", n: ms });
    made.pass(5);
  }
  assert.ok(made.posts.length <= 31, `${made.posts.length}`);
  assert.ok(made.posts.flatMap(({ parts }) => parts).length >= 190);
});

test("on the comm the last of the sound does not wait for more, and how far the loudspeaker is costs no messages", () => {
  const made = onComm();
  made.line.sendAudio(new Int16Array(960));
  made.pass(100);
  assert.equal(made.posts.length, 0);
  made.pass(100);
  assert.equal(made.posts.length, 1);

  for (let tick = 0; tick < 6; tick++) {
    made.line.send({ kind: "played", epoch: 2, item: 1, samples: tick });
    made.pass(100);
  }
  assert.ok(made.posts.length <= 5, `${made.posts.length}`);
  made.line.send({ kind: "played", epoch: 2, item: 1, samples: 9, done: true });
  made.pass(34);
  assert.equal(made.posts.at(-1).parts.at(-1).done, true);
});

test("on the comm a message that is missing is asked for, and what comes twice is used once", () => {
  const made = onComm();
  const say = (first, ...parts) => made.commSays({ first, parts: parts.map((n) => ({ kind: "note", n })) });
  say(11, 11, 12);
  say(14, 14); // 13 is missing
  made.pass(50);
  assert.deepEqual(made.posts.flatMap(({ urgent }) => urgent), [{ kind: "got", n: 12, again: true }]);
  say(12, 12, 13, 14);
  say(15, 15);
  assert.deepEqual(made.messages.slice(1).map(({ n }) => n), [11, 12, 13, 14, 15]);
});

test("on the comm the last message before a pause is missed at the next ping", () => {
  const made = onComm();
  made.pass(1100);
  const ping = made.posts.flatMap(({ urgent }) => urgent).find(({ kind }) => kind === "ping");
  made.commSays({ urgent: [{ kind: "pong", at: ping.at, sent: 12, got: 0 }] });
  made.pass(50);
  assert.deepEqual(made.posts.at(-1).urgent, [{ kind: "got", n: 10, again: true }]);
});

test("what on the comm is meant for another page is not read", () => {
  const made = onComm();
  made.commSays({ to: "other", first: 11, parts: [{ kind: "note" }], urgent: [{ kind: "bye", reason: "taken" }] });
  assert.equal(made.states.at(-1), "open comm");
  assert.equal(made.messages.length, 1);
});

test("speech comes on the comm as parts of a larger buffer", () => {
  const made = onComm();
  made.commSays({ first: 11, parts: [0, { kind: "end", epoch: 2, item: 1 }] }, [new DataView(speechFrame(2, 1, 7, 8))]);
  assert.deepEqual(made.speech, [[2, 1, 7, 8]]);
  assert.equal(made.messages.at(-1).kind, "end");
});

test("a kernel that is restarted takes the line away", () => {
  const made = onComm();
  made.commFails = true;
  made.pass(3000);
  assert.equal(made.states.at(-1), "lost unreachable");
});
