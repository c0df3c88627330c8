/**
 * The chat panel: one bot's conversation, live in a notebook cell.
 *
 * Messages, page -> kernel. They go to the control model, which is handled beside a running cell where the kernel can
 * do that, and once more to the panel's own model when no answer comes. Each has `kind`, `client` (this page) and
 * `command` (made here, so that what arrives twice is done once).
 *
 *   hello {}               here I am, or: a number is missing; answered by a snapshot
 *   ping {}                are you there?
 *   away {}                nobody sees the panel on this page any more, until the next hello
 *   send {text}            say this to the bot
 *   stop {}                interrupt the reply, withdraw what waits
 *   retry {turn, text}     take back this turn and all after it, and say this
 *   edit {turn, text}      the same, with other words
 *   clear {}               forget the conversation
 *   earlier {}             show more of the older turns
 *   dismiss {alert}        the person has read it
 *
 * Messages, kernel -> page:
 *
 *   ack {command, seq}                a command has arrived; the number of the latest message so far
 *   snapshot {epoch, seq, for, view}  everything; `for` lists the pages that asked
 *   update {epoch, seq, ops}          what changed since number `seq - 1`; at most 30 a second
 *   keep {model, html}                the transcript for the notebook's file
 *   broken {text}                     the kernel could not make the view
 *
 * `ops` are arrays: ["state", fields] · ["drop", [n, …]] · ["turn", turn] · ["set", n, fields] ·
 * ["entry", n, index, entry] · ["text", n, index, keep, html].
 *
 * Strings under `html` were made by the kernel's sanitising renderer and are the only ones that become elements;
 * every other string is shown as text, whatever it holds.
 *
 * @typedef {{k: "text", html: string[], more?: number}} TextEntry
 * @typedef {{k: "tool", name: string, preview: string, arguments: string, status: string, output: string, ms: number}} ToolEntry
 * @typedef {{k: "route", kind: string, source: string, target: string, choice: string, options: string[],
 *            trail: string[], ms: number}} RouteEntry
 * @typedef {{k: "error", text: string, where: string}} ErrorEntry
 * @typedef {{k: "notice", text: string}} NoticeEntry
 * @typedef {TextEntry | ToolEntry | RouteEntry | ErrorEntry | NoticeEntry} Entry
 * @typedef {{n: number, user: string | null, shown?: string, status: string, at: number, ms: number, entries: Entry[]}} Turn
 * @typedef {{alert: number, kind: "error" | "notice", text: string}} Alert
 * @typedef {{command: string, text: string}} Message
 * @typedef {{stage: string, trail: string[], busy: boolean, hidden: number, closed: boolean,
 *            queue: Message[], taken: string[], returned: Message[], alerts: Alert[], turns: Turn[]}} View
 * @typedef {{epoch: string | null, seq: number, inSync: boolean, view: View}} Store
 * @typedef {{command: string, text: string, turn: number | null}} Pending
 */

// ---- the view as a value -------------------------------------------------------------------------------------------

/** @type {View} */
const NOTHING = {
  stage: "", trail: [], busy: false, hidden: 0, closed: false, queue: [], taken: [], returned: [], alerts: [], turns: [],
};

/** @returns {Store} */
export function emptyStore() {
  return { epoch: null, seq: 0, inSync: false, view: NOTHING };
}

/**
 * The store after a numbered message, and whether the page must ask for everything.
 *
 * Numbers that were seen before and messages of an earlier panel change nothing: a server may replay them.
 * @param {Store} store
 * @param {any} message
 * @param {string} [client] this page, which need not read what only others asked for
 * @returns {{store: Store, ask: boolean}}
 */
export function receive(store, message, client) {
  const { kind, epoch, seq } = message;
  const isSame = epoch === store.epoch;
  if (kind === "snapshot") {
    if (isSame && seq <= store.seq) return { store, ask: false };
    const isForOthers = client !== undefined && !message.for.includes(client);
    if (isForOthers && isSame && store.inSync && seq === store.seq + 1) return { store: { ...store, seq }, ask: false };
    return { store: { epoch, seq, inSync: true, view: message.view }, ask: false };
  }
  if (kind !== "update") return { store, ask: false };
  if (isSame && seq <= store.seq) return { store, ask: false };
  if (!isSame || !store.inSync || seq !== store.seq + 1) {
    return { store: { ...store, inSync: false }, ask: true };
  }
  return { store: { ...store, seq, view: applyAll(store.view, message.ops) }, ask: false };
}

/**
 * @param {View} view
 * @param {any[][]} ops
 * @returns {View}
 */
export function applyAll(view, ops) {
  return ops.reduce(applyOne, view);
}

/**
 * @param {View} view
 * @param {any[]} op
 * @returns {View}
 */
function applyOne(view, op) {
  const [name, ...rest] = op;
  switch (name) {
    case "state":
      return { ...view, ...rest[0] };
    case "drop":
      return { ...view, turns: view.turns.filter((turn) => !rest[0].includes(turn.n)) };
    case "turn":
      return { ...view, turns: withTurn(view.turns, rest[0]) };
    case "set":
      return changeTurn(view, rest[0], (turn) => ({ ...turn, ...rest[1] }));
    case "entry":
      return changeEntry(view, rest[0], rest[1], () => rest[2]);
    case "text":
      return changeEntry(view, rest[0], rest[1], (entry) => ({
        k: "text",
        html: [...(entry?.html ?? []).slice(0, rest[2]), ...rest[3]],
      }));
    default:
      return view;
  }
}

/** @param {Turn[]} turns @param {Turn} turn */
function withTurn(turns, turn) {
  return [...turns.filter((other) => other.n !== turn.n), turn].sort((a, b) => a.n - b.n);
}

/** @param {View} view @param {number} n @param {(turn: Turn) => Turn} change */
function changeTurn(view, n, change) {
  return { ...view, turns: view.turns.map((turn) => (turn.n === n ? change(turn) : turn)) };
}

/** @param {View} view @param {number} n @param {number} index @param {(entry: any) => Entry} change */
function changeEntry(view, n, index, change) {
  return changeTurn(view, n, (turn) => {
    const entries = [...turn.entries];
    entries[index] = change(entries[index]);
    return { ...turn, entries };
  });
}

/**
 * The messages still pending once the kernel has told what it has taken over.
 * @param {Pending[]} pending
 * @param {View} view
 */
export function stillPending(pending, view) {
  return pending.filter((message) => !view.taken.includes(message.command));
}

// ---- words ---------------------------------------------------------------------------------------------------------

/** @param {number} ms */
export function duration(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** @param {RouteEntry} move */
export function moveWords(move) {
  switch (move.kind) {
    case "jump":
      return { icon: "jump", label: "jump", detail: "" };
    case "backtrack":
      return { icon: "back", label: "back", detail: move.choice };
    case "end":
      return { icon: "end", label: "end", detail: move.choice };
    case "refused":
      return { icon: "refused", label: "refused", detail: move.choice };
    default:
      return { icon: "arrow", label: "", detail: move.choice };
  }
}

/** @param {string} status of a tool call */
export function toolWords(status) {
  const words = {
    running: "running", ok: "done", error: "failed", invalid: "wrong arguments",
    unknown: "no such tool", timeout: "timed out", cancelled: "stopped",
  };
  return words[status] ?? status;
}

/**
 * How a turn ended, when not as it should: in words, with the reason that the transcript gives.
 * @param {Turn} turn
 */
export function endWords(turn) {
  const words = {
    truncated: "The reply was cut off", cancelled: "Stopped", refused: "The model declined to answer",
    filtered: "The provider's filter cut the reply", failed: "No reply",
  };
  const notice = /** @type {NoticeEntry | undefined} */ (turn.entries.find((entry) => isEnding(turn, entry)));
  const reason = turn.status === "cancelled" ? "" : notice?.text.slice(turn.status.length);
  return (words[turn.status] ?? "") + (reason ?? "");
}

/** Whether an entry only says how the turn ended. @param {Turn} turn @param {Entry} entry */
function isEnding(turn, entry) {
  return entry.k === "notice" && (entry.text === turn.status || entry.text.startsWith(`${turn.status}: `));
}

/**
 * What the header says the bot is doing.
 * @param {View} view
 * @param {Pending[]} pending
 */
export function activity(view, pending) {
  const last = view.turns.at(-1);
  if (last?.status === "running") {
    const entry = last.entries.at(-1);
    if (entry?.k === "tool" && entry.status === "running") return `Running ${entry.name}…`;
    return entry?.k === "text" ? "Replying…" : "Thinking…";
  }
  if (pending.length > 0) return "Sending…";
  if (view.queue.length > 0) return "Waiting for its turn…";
  return view.closed ? "Closed" : "Ready";
}

// ---- the line to the kernel ----------------------------------------------------------------------------------------

const AGAIN_MS = 1200; // then a command is sent a second time, the other way
const BUSY_MS = 2000; // then the person is told that the kernel is busy
const LOST_MS = 30_000; // then the person is told that it may be gone
const REST_MS = 5000; // between two pings
const GRACE_MS = 1500; // for a message that is on its way

/**
 * Delivers commands and says how the kernel is doing: "live", "busy" (does not answer), "silent" (for long), "gone".
 * @param {{
 *   send: (message: object) => void, sendOther: (message: object) => void, changed: () => void,
 *   now?: () => number, later?: (work: () => void, ms: number) => any, client?: string,
 * }} ways
 */
export function createLine(ways) {
  const now = ways.now ?? (() => performance.now());
  const later = ways.later ?? setTimeout;
  const client = ways.client ?? Math.random().toString(36).slice(2, 10);
  /** @type {Map<string, {message: any, since: number, again: boolean}>} */
  const open = new Map();
  let count = 0;
  let isWatching = false;
  let lastPing = -Infinity;
  let health = "live";

  function setHealth(next) {
    if (next === health) return;
    health = next;
    ways.changed();
  }

  function attempt(way, message) {
    try {
      way(message);
      return true;
    } catch {
      // The front end has let go of the kernel that this panel belongs to; it will not come back.
      setHealth("gone");
      return false;
    }
  }

  function watch() {
    if (isWatching || open.size === 0) return;
    isWatching = true;
    later(look, 200);
  }

  function look() {
    isWatching = false;
    if (health === "gone") return;
    let oldest = 0;
    for (const command of open.values()) {
      const age = now() - command.since;
      oldest = Math.max(oldest, age);
      if (age >= AGAIN_MS && !command.again) {
        command.again = true;
        attempt(ways.sendOther, command.message);
      }
    }
    if (health !== "gone") setHealth(oldest >= LOST_MS ? "silent" : oldest >= BUSY_MS ? "busy" : "live");
    watch();
  }

  return {
    client,
    get health() {
      return health;
    },
    /** @param {string} kind @param {object} [rest] @returns {string} the command's id */
    send(kind, rest = {}) {
      const command = `${client}-${++count}`;
      const message = { kind, client, command, ...rest };
      open.set(command, { message, since: now(), again: false });
      attempt(ways.send, message);
      watch();
      return command;
    },
    /** Ask whether the kernel is there, not too often; also lets it answer the next command beside a running cell. */
    ping() {
      if (health === "gone" || open.size > 0 || now() - lastPing < REST_MS) return;
      lastPing = now();
      this.send("ping");
    },
    /** @param {string} command @returns {boolean} whether it was open */
    acknowledge(command) {
      const wasOpen = open.delete(command);
      if (health !== "gone" && open.size === 0) setHealth("live");
      return wasOpen;
    },
    /** Commands of this kind that no kernel has answered yet. @param {string} kind */
    unanswered(kind) {
      return [...open.values()].filter((command) => command.message.kind === kind).length;
    },
    gone() {
      setHealth("gone");
    },
  };
}

// ---- elements ------------------------------------------------------------------------------------------------------

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  send: "M8 13V3M3.5 7.5 8 3l4.5 4.5",
  stop: "M4.5 4.5h7v7h-7z",
  copy: "M5.5 5.5h7v8h-7zM3.5 10.5v-8h7",
  edit: "M3 13l.7-3L11 2.7 13.3 5 6 12.3zM9.5 4.2l2.3 2.3",
  retry: "M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3",
  clock: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M8 5v3.2l2 1.3",
  clear: "M3 4.5h10M6.5 4V2.5h3V4M4.5 4.5l.6 9h5.8l.6-9M6.7 7v4M9.3 7v4",
  arrow: "M2.5 8h10.5M9 4l4 4-4 4",
  jump: "M2.5 11.5C3 6.5 8 4 12.5 6M9.8 3.3 12.8 6 9.8 8.8",
  back: "M13 12.5V10A3.5 3.5 0 0 0 9.5 6.5H3M6.5 3 3 6.5 6.5 10",
  end: "M4 13.5v-11M4 3h8l-2 2.7L12 8.5H4",
  refused: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M4.2 4.2l7.6 7.6",
  tool: "M6 3C4 3 5 7 3 8c2 1 1 5 3 5M10 3c2 0 1 4 3 5-2 1-1 5-3 5",
  down: "M8 3v10M3.5 8.5 8 13l4.5-4.5",
  check: "M3 8.5 6.5 12 13 4.5",
  cross: "M4 4l8 8M12 4l-8 8",
};

/** @param {keyof typeof ICONS} name */
function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 16 16", class: "inb-icon", "aria-hidden": "true" })) {
    svg.setAttribute(key, value);
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/**
 * An element. Whatever can have the focus says itself that JupyterLab's shortcuts are off: on a focused button, typing
 * `d d` would delete the cell, and the same attribute on an ancestor does not help.
 * @param {string} tag
 * @param {Record<string, any>} [attributes] `class`, `on…` listeners, and attributes; undefined and false are left out
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {any}
 */
function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false || value === null) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  if (["button", "textarea", "summary"].includes(tag) || "tabindex" in attributes) quiet(node);
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** @param {Element} node */
function quiet(node) {
  node.setAttribute("data-lm-suppress-shortcuts", "true");
}

/** @param {string} name @param {string} label @param {() => void} action @param {string} [style] */
function iconButton(name, label, action, style = "inb-tiny") {
  return h("button", { type: "button", class: style, title: label, "aria-label": label, onclick: action }, icon(/** @type {any} */ (name)));
}

/**
 * Put a block of the kernel's HTML into an element. The one place where a string becomes elements.
 * @param {HTMLElement} node
 * @param {string} html
 */
function setBlock(node, html) {
  node.innerHTML = html;
  for (const link of node.querySelectorAll("a")) quiet(link);
  for (const wide of node.querySelectorAll("pre, table")) {
    if (wide.tagName === "TABLE") {
      const frame = h("div", { class: "inb-table", tabindex: "0", role: "group", "aria-label": "Table" });
      wide.replaceWith(frame);
      frame.append(wide);
    } else {
      wide.setAttribute("tabindex", "0");
      wide.setAttribute("role", "group");
      wide.setAttribute("aria-label", "Code");
      quiet(wide);
    }
  }
}

/** @param {string} text */
async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Not allowed, or not a secure page: the old way still works there.
    const field = h("textarea", { class: "inb-sr" });
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

// ---- one turn ------------------------------------------------------------------------------------------------------

/**
 * Draws one turn and keeps it up to date, touching only what changed.
 * @param {{edit: (turn: Turn, text: string) => void, retry: (turn: Turn) => void, say: (words: string) => void}} actions
 */
function createTurn(actions) {
  /** @type {Turn | null} */
  let shown = null;
  /** @type {{entry: Entry | null, node: HTMLElement, update: (entry: any) => void}[]} */
  let parts = [];
  let isEditing = false;

  const words = h("div", { class: "inb-words" });
  const time = h("time", { class: "inb-time" });
  const userActions = h(
    "div",
    { class: "inb-actions" },
    iconButton("copy", "Copy message", async () => {
      if (await toClipboard(shown?.user ?? "")) actions.say("Copied");
    }),
    iconButton("edit", "Edit and send again", () => openEditor()),
  );
  const bubble = h("div", { class: "inb-user" }, h("span", { class: "inb-sr" }, "You: "), words);
  const user = h("div", { class: "inb-user-row" }, bubble, h("div", { class: "inb-beside" }, time, userActions));
  const body = h("div", { class: "inb-entries" });
  const ending = h("span", { class: "inb-ending" });
  const retry = h("button", { type: "button", class: "inb-small inb-retry", onclick: () => shown && actions.retry(shown) }, icon("retry"), "Try again");
  const botActions = h(
    "div",
    { class: "inb-actions" },
    iconButton("copy", "Copy reply", async () => {
      const texts = [...body.querySelectorAll(":scope > .inb-text")].map((node) => node.innerText.trim());
      if (await toClipboard(texts.join("\n\n"))) actions.say("Copied");
    }),
    iconButton("retry", "Take this turn back and try again", () => shown && actions.retry(shown), "inb-tiny inb-again"),
  );
  const took = h("span", { class: "inb-time" });
  const foot = h("div", { class: "inb-foot" }, ending, retry, botActions, took);
  const node = h("div", { class: "inb-turn" }, user, body, foot);

  function openEditor() {
    if (isEditing || !shown) return;
    const turn = shown;
    isEditing = true;
    const field = h("textarea", { class: "inb-field inb-edit-field", rows: "2", "aria-label": "Edit message" });
    field.value = turn.user ?? "";
    const close = () => {
      isEditing = false;
      editor.remove();
      user.hidden = false;
    };
    const send = () => {
      const text = field.value.trim();
      if (!text) return;
      close();
      actions.edit(turn, text);
    };
    field.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        close();
        user.querySelector("[aria-label='Edit and send again']")?.focus();
      } else if (isSendKey(event)) {
        event.preventDefault();
        send();
      }
    });
    field.addEventListener("input", () => grow(field));
    const editor = h(
      "div",
      { class: "inb-editor" },
      field,
      h(
        "div",
        { class: "inb-editor-row" },
        h("span", { class: "inb-hint" }, "This message and all after it are taken back."),
        h("button", { type: "button", class: "inb-small", onclick: close }, "Cancel"),
        h("button", { type: "button", class: "inb-small inb-primary", onclick: send }, "Send"),
      ),
    );
    user.hidden = true;
    user.before(editor);
    grow(field);
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  }

  /** @param {Turn} turn */
  function update(turn) {
    if (turn === shown) return;
    if (shown === null || turn.user !== shown.user) {
      user.hidden = turn.user === null || isEditing;
      words.textContent = turn.shown ?? turn.user ?? "";
      node.classList.toggle("inb-opening", turn.user === null);
    }
    if (shown === null || turn.at !== shown.at) {
      const moment = new Date(turn.at);
      time.textContent = moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
      time.setAttribute("datetime", moment.toISOString());
      time.setAttribute("title", moment.toLocaleString());
    }
    if (shown === null || turn.entries !== shown.entries) updateEntries(turn.entries);
    const isOver = turn.status !== "running";
    node.dataset.status = turn.status;
    ending.textContent = endWords(turn);
    turn.entries.forEach((entry, index) => {
      parts[index].node.hidden = isEnding(turn, entry);
    });
    foot.hidden = !isOver;
    botActions.firstChild.hidden = !turn.entries.some((entry) => entry.k === "text");
    retry.hidden = turn.status !== "failed" || turn.user === null;
    took.textContent = turn.ms > 0 ? duration(turn.ms) : "";
    shown = turn;
  }

  /** @param {Entry[]} entries */
  function updateEntries(entries) {
    entries.forEach((entry, index) => {
      let part = parts[index];
      if (!part || part.entry?.k !== entry.k) {
        const made = { entry: null, ...DRAW[entry.k]() };
        part ? part.node.replaceWith(made.node) : body.append(made.node);
        parts[index] = part = made;
      }
      if (part.entry !== entry) {
        part.update(entry);
        part.entry = entry;
      }
    });
    for (const part of parts.slice(entries.length)) part.node.remove();
    parts = parts.slice(0, entries.length);
  }

  return { node, update };
}

/** How each kind of entry is drawn: a node, and a function that brings it up to date. */
const DRAW = {
  text() {
    const node = h("div", { class: "inb-text" });
    const more = h("p", { class: "inb-more" });
    /** @type {string[]} */
    let html = [];
    return {
      node,
      /** @param {TextEntry} entry */
      update(entry) {
        entry.html.forEach((block, index) => {
          if (block === html[index]) return;
          let holder = /** @type {HTMLElement} */ (node.children[index]);
          if (!holder || holder === more) {
            holder = h("div", { class: "inb-block" });
            node.insertBefore(holder, node.children[index] ?? null);
          }
          setBlock(holder, block);
        });
        for (const extra of [...node.querySelectorAll(":scope > .inb-block")].slice(entry.html.length)) extra.remove();
        html = entry.html;
        more.textContent = entry.more ? `… ${entry.more.toLocaleString("en")} more characters; bot.transcript has them all` : "";
        if (entry.more) node.append(more);
        else more.remove();
      },
    };
  },

  tool() {
    const name = h("code", { class: "inb-tool-name" });
    const preview = h("span", { class: "inb-tool-preview" });
    const status = h("span", { class: "inb-pill" });
    const took = h("span", { class: "inb-tool-took" });
    const summary = h("summary", {}, icon("tool"), name, preview, status, took);
    const inside = h("div", { class: "inb-tool-body" });
    const node = h("details", { class: "inb-tool" }, summary, inside);
    /** @param {string} label @param {string} text */
    const part = (label, text) => [h("div", { class: "inb-label" }, label), h("pre", { tabindex: "0", role: "group", "aria-label": label }, text)];
    return {
      node,
      /** @param {ToolEntry} entry */
      update(entry) {
        name.textContent = entry.name;
        preview.textContent = entry.preview;
        node.dataset.status = entry.status;
        status.textContent = toolWords(entry.status);
        took.textContent = entry.status === "running" ? "" : duration(entry.ms);
        inside.replaceChildren(
          ...(entry.arguments ? part("Arguments", entry.arguments) : [h("div", { class: "inb-label" }, "No arguments")]),
          ...(entry.status === "running" ? [] : part(entry.status === "ok" ? "Result" : "Error", entry.output || "(nothing)")),
        );
      },
    };
  },

  route() {
    const node = h("div", { class: "inb-move" });
    return {
      node,
      /** @param {RouteEntry} move */
      update(move) {
        const words = moveWords(move);
        node.dataset.kind = move.kind;
        node.title = [
          `chose ${move.choice || "nothing"} from: ${move.options.join(", ") || "nothing"}`,
          move.trail.length ? `trail: ${move.trail.join(" › ")}` : "",
          `${duration(move.ms)}`,
        ].filter(Boolean).join("\n");
        const isRefused = move.kind === "refused";
        node.replaceChildren(
          h(
            "span",
            { class: "inb-move-words" },
            h("span", { class: "inb-sr" }, isRefused ? "Move refused in stage " : "Stage "),
            h("code", {}, move.source),
            h("span", { class: "inb-move-icon" }, icon(/** @type {any} */ (words.icon))),
            isRefused ? null : h("span", { class: "inb-sr" }, " to "),
            isRefused ? null : h("code", { class: "inb-move-target" }, move.target),
            words.label ? h("span", { class: "inb-move-label" }, words.label) : null,
            words.detail ? h("span", { class: "inb-move-choice" }, words.detail) : null,
          ),
        );
      },
    };
  },

  error() {
    const text = h("span", {});
    const where = h("code", {});
    const node = h("div", { class: "inb-error" }, h("div", {}, h("strong", {}, "Something failed"), " in ", where), text);
    return {
      node,
      /** @param {ErrorEntry} entry */
      update(entry) {
        text.textContent = entry.text;
        where.textContent = entry.where;
      },
    };
  },

  notice() {
    const node = h("div", { class: "inb-notice" });
    return {
      node,
      /** @param {NoticeEntry} entry */
      update(entry) {
        node.textContent = entry.text;
      },
    };
  },
};

// ---- the panel -----------------------------------------------------------------------------------------------------

/** @param {KeyboardEvent} event */
function isSendKey(event) {
  // While an input method composes, Enter accepts its suggestion; 229 is how some browsers say so.
  return event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
}

/** @param {HTMLTextAreaElement} field */
function grow(field) {
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight + 2, 200)}px`;
}

const NEAR_PX = 48; // this close to the end counts as the end

/**
 * Draw the panel into an element.
 * @param {HTMLElement} el
 * @param {any} options
 * @param {ReturnType<typeof createSession>} session
 */
function createPanel(el, options, session) {
  /** @type {Map<number, ReturnType<typeof createTurn>>} */
  const turns = new Map();
  let isStuck = true;
  let lastSpoken = "";
  /** @type {number | null} */
  let spokenTurn = null;
  const id = `inb-${Math.random().toString(36).slice(2, 8)}`;

  // header
  const stage = h("code", { class: "inb-stage" });
  const doing = h("span", { class: "inb-doing" });
  const times = iconButton("clock", "Show times", () => {
    const on = root.classList.toggle("inb-with-times");
    times.setAttribute("aria-pressed", String(on));
  }, "inb-tiny inb-times");
  times.setAttribute("aria-pressed", "false");
  const clear = iconButton("clear", "Clear the conversation", () => askToClear(true));
  const head = h(
    "div",
    { class: "inb-head" },
    h("span", { class: "inb-dot", "aria-hidden": "true" }),
    h("strong", { class: "inb-title", id }, options.title),
    h("span", { class: "inb-stage-chip", title: "The stage in which the conversation stands" }, h("span", { class: "inb-sr" }, "Stage: "), stage),
    doing,
    h("span", { class: "inb-tools" }, times, clear),
  );

  // banners
  const health = h("div", { class: "inb-banner inb-health", hidden: true });
  const yes = h("button", { type: "button", class: "inb-small inb-danger", onclick: () => {
    askToClear(false);
    session.clear();
    field.focus();
  } }, "Clear");
  const no = h("button", { type: "button", class: "inb-small", onclick: () => askToClear(false) }, "Keep");
  const question = h("div", { class: "inb-banner inb-question", role: "group", "aria-label": "Clear the conversation?", hidden: true }, h("span", {}, "Forget the whole conversation?"), yes, no);
  question.addEventListener("keydown", (event) => {
    if (event.key === "Escape") askToClear(false);
  });
  const alerts = h("div", { class: "inb-alerts" });

  // conversation
  const earlier = h("button", { type: "button", class: "inb-small inb-earlier", hidden: true, onclick: () => session.line.send("earlier") });
  const flow = h("div", { class: "inb-flow" });
  const waiting = h("div", { class: "inb-waiting" });
  const typing = h("div", { class: "inb-typing", hidden: true, "aria-hidden": "true" }, h("i"), h("i"), h("i"));
  const empty = h("div", { class: "inb-empty" }, "Nothing has been said yet.");
  const log = h(
    "div",
    // Read out at once, every word of a growing reply would be spoken several times: the status line speaks instead.
    { class: "inb-log", role: "log", "aria-live": "off", "aria-label": "Conversation", tabindex: "0" },
    earlier, empty, flow, waiting, typing,
  );
  const jump = h("button", { type: "button", class: "inb-jump", hidden: true, onclick: () => stick() }, icon("down"), "Jump to latest");
  const suggestions = h(
    "div",
    { class: "inb-suggestions", role: "group", "aria-label": "Suggested messages" },
    ...options.suggestions.map((/** @type {string} */ words) =>
      h("button", { type: "button", class: "inb-suggestion", onclick: () => send(words) }, words)),
  );

  // composer
  const field = h("textarea", { class: "inb-field", rows: "1", placeholder: options.placeholder, "aria-label": "Message", spellcheck: "true" });
  const go = h("button", { type: "submit", class: "inb-go", title: "Send (Enter)", "aria-label": "Send" }, icon("send"));
  const halt = h("button", { type: "button", class: "inb-go inb-halt", title: "Stop (Escape)", "aria-label": "Stop", hidden: true, onclick: () => stop() }, icon("stop"));
  const composer = h("form", { class: "inb-composer", onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault();
    send(field.value);
  } }, field, go, halt);

  const status = h("div", { class: "inb-sr", role: "status", "aria-live": "polite" });
  const root = h(
    "section",
    { class: "inb-chat", "aria-labelledby": id },
    head, question, health, alerts, h("div", { class: "inb-middle" }, log, jump), suggestions, composer, status,
  );
  root.style.setProperty("--inb-height", options.height);
  field.value = session.draft;
  el.replaceChildren(root);

  // ---- what people do

  field.addEventListener("input", () => {
    session.draft = field.value;
    grow(field);
    drawControls();
  });
  field.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape" && session.isBusy) {
      event.preventDefault();
      stop();
    } else if (isSendKey(event)) {
      event.preventDefault();
      send(field.value);
    }
  });
  log.addEventListener("scroll", () => {
    isStuck = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_PX;
    if (isStuck) jump.hidden = true;
  });
  // JupyterLab would move the focus to the cell, run it, or take a typed letter for a command.
  for (const name of ["keydown", "keyup", "keypress", "mousedown", "dblclick"]) {
    root.addEventListener(name, (event) => {
      const isShortcut = (event.ctrlKey || event.metaKey) && event.key !== "Enter";
      if (!isShortcut) event.stopPropagation();
    });
  }
  const knock = () => session.line.ping();
  root.addEventListener("pointerenter", knock);
  root.addEventListener("focusin", knock);

  /** @param {string} words */
  function say(words) {
    if (status.textContent !== words) status.textContent = words;
  }

  /** @param {string} words */
  function send(words) {
    const text = words.trim();
    if (!text || isOff()) return;
    if (words === field.value) {
      field.value = session.draft = "";
      grow(field);
    }
    stick();
    session.say(text);
    field.focus();
  }

  function isOff() {
    return session.line.health === "gone" || session.store.view.closed;
  }

  function stop() {
    session.stop();
    say("Stopping");
    field.focus();
  }

  /** @param {boolean} isAsking */
  function askToClear(isAsking) {
    question.hidden = !isAsking;
    (isAsking ? no : clear).focus();
  }

  function stick() {
    isStuck = true;
    jump.hidden = true;
    log.scrollTop = log.scrollHeight;
  }

  const actions = {
    edit: (/** @type {Turn} */ turn, /** @type {string} */ text) => {
      stick();
      session.sayAgain("edit", turn, text);
    },
    retry: (/** @type {Turn} */ turn) => {
      stick();
      session.sayAgain("retry", turn, turn.user ?? "");
    },
    say,
  };

  // ---- drawing

  /** What was last drawn of the parts that are drawn whole. @type {any} */
  const drawn = {};

  function drawTurns() {
    const { view } = session.store;
    const present = new Set(view.turns.map((turn) => turn.n));
    for (const [n, turn] of turns) {
      if (!present.has(n)) {
        turn.node.remove();
        turns.delete(n);
      }
    }
    const leaving = Math.min(...session.pending.map((message) => message.turn ?? Infinity));
    let before = null;
    for (const turn of view.turns) {
      let part = turns.get(turn.n);
      if (!part) {
        part = createTurn(actions);
        turns.set(turn.n, part);
      }
      part.update(turn);
      part.node.classList.toggle("inb-last", turn === view.turns.at(-1));
      part.node.classList.toggle("inb-leaving", turn.n >= leaving);
      const place = before ? before.nextSibling : flow.firstChild;
      if (part.node !== place) flow.insertBefore(part.node, place);
      before = part.node;
    }
  }

  function drawWaiting() {
    const { queue } = session.store.view;
    if (drawn.queue === queue && drawn.pending === session.pending) return;
    Object.assign(drawn, { queue, pending: session.pending });
    const known = new Set(queue.map((message) => message.command));
    const messages = [...queue, ...session.pending.filter((message) => !known.has(message.command))];
    waiting.replaceChildren(
      ...messages.map((message) =>
        h("div", { class: "inb-user-row" }, h("div", { class: "inb-user inb-unsure" }, h("span", { class: "inb-sr" }, "You, waiting: "), h("div", { class: "inb-words" }, message.text)))),
    );
  }

  function drawAlerts() {
    // Not at every word of a reply: the focus may be on one of the buttons.
    if (drawn.alerts === session.store.view.alerts) return;
    drawn.alerts = session.store.view.alerts;
    alerts.replaceChildren(
      ...session.store.view.alerts.map((alert) =>
        h("div", { class: "inb-banner inb-alert", "data-kind": alert.kind }, h("span", {}, alert.text), iconButton("cross", "Dismiss", () => session.line.send("dismiss", { alert: alert.alert })))),
    );
  }

  function drawHealth() {
    const words = HEALTH[session.line.health]?.(session.pending.length > 0) ?? session.trouble;
    health.hidden = !words;
    root.dataset.health = session.line.health;
    if (health.textContent === words) return;
    health.textContent = words;
    if (words) say(words);
  }

  function drawControls() {
    const { view } = session.store;
    const isBusy = session.isBusy && !isOff();
    root.classList.toggle("inb-busy", isBusy);
    root.classList.toggle("inb-off", isOff());
    log.setAttribute("aria-busy", String(isBusy));
    stage.textContent = view.stage;
    stage.parentElement.hidden = !view.stage;
    stage.parentElement.title = view.trail.length ? `Trail, the stages to return to: ${view.trail.join(" › ")}` : "The stage in which the conversation stands";
    doing.textContent = session.line.health === "gone" ? "Disconnected" : activity(view, session.pending);
    halt.hidden = !isBusy;
    // What is sent meanwhile waits for its turn.
    const isEmpty = field.value.trim() === "";
    go.hidden = isBusy && isEmpty;
    go.disabled = isOff() || isEmpty;
    clear.disabled = isOff() || view.turns.length + view.hidden === 0;
    const last = view.turns.at(-1);
    const isQuiet = last?.status !== "running" || !["text"].includes(last.entries.at(-1)?.k ?? "");
    typing.hidden = !(isBusy && isQuiet && session.line.health === "live");
    const hasSpoken = view.turns.some((turn) => turn.user !== null) || view.hidden > 0;
    suggestions.hidden = hasSpoken || isBusy || isOff() || options.suggestions.length === 0;
    empty.hidden = view.turns.length + view.hidden + session.pending.length + view.queue.length > 0;
    earlier.hidden = view.hidden === 0;
    earlier.textContent = `Show earlier turns (${view.hidden})`;
  }

  function speak() {
    const last = session.store.view.turns.at(-1);
    if (!last) return;
    const words = last.status === "running" ? "The bot is replying" : "";
    if (words && words !== lastSpoken) say(words);
    if (!words && spokenTurn === last.n && lastSpoken) {
      const text = [...(turns.get(last.n)?.node.querySelectorAll(".inb-text") ?? [])].map((node) => node.textContent).join(" ").trim();
      const end = endWords(last);
      say([end, text ? `The bot said: ${text.slice(0, 600)}` : ""].filter(Boolean).join(". ") || "The bot has finished");
    }
    lastSpoken = words;
    spokenTurn = last.n;
  }

  function draw() {
    const height = log.scrollHeight;
    drawTurns();
    drawWaiting();
    drawAlerts();
    drawHealth();
    drawControls();
    speak();
    if (field.value !== session.draft) {
      field.value = session.draft;
      grow(field);
      drawControls();
    }
    if (isStuck) log.scrollTop = log.scrollHeight;
    else if (log.scrollHeight > height) jump.hidden = false;
  }

  draw();
  grow(field);
  return session.watch(draw);
}

const HEALTH = {
  live: null,
  busy: (/** @type {boolean} */ hasMessage) =>
    hasMessage
      ? "The kernel is busy with a cell; your message is waiting and will be sent when it is free."
      : "The kernel is busy with a cell and does not answer yet.",
  silent: () => "The kernel has not answered for a while: it is busy with a long cell, or it is gone. If it was restarted, run this cell again.",
  gone: () => "Disconnected: the kernel was restarted or is gone. Run this cell again to go on; what you typed stays here.",
};

// ---- the session: what all views of one panel share ----------------------------------------------------------------

const HANDED_OVER = "inb-chat-draft:";

/**
 * @param {any} model
 */
function createSession(model) {
  const options = model.get("options");
  /** @type {Set<() => void>} */
  const watchers = new Set();
  const shelf = `${HANDED_OVER}${location.pathname}:${options.title}`;
  /** Messages that the bot did not take and that are back in the text field. @type {Set<string>} */
  const restored = new Set();
  let isAway = false; // no view is left
  /** @type {any} */
  let control = null;

  const session = {
    store: emptyStore(),
    /** @type {Pending[]} */
    pending: [],
    draft: takeDraft(shelf),
    trouble: "", // what the kernel could not do for the view
    line: createLine({
      send: (message) => (control ?? model).send(control ? message : { ...message, alone: true }),
      sendOther: (message) => model.send(control ? message : { ...message, alone: true }),
      changed: () => {
        if (session.line.health === "gone") giveBack();
        changed();
      },
    }),

    get isBusy() {
      return session.store.view.busy || session.pending.length > 0;
    },
    /** @param {() => void} draw */
    watch(draw) {
      watchers.add(draw);
      if (isAway) askForAll();
      isAway = false;
      return () => {
        watchers.delete(draw);
        if (watchers.size > 0) return;
        isAway = true;
        session.line.send("away");
      };
    },
    /** @param {string} text */
    say(text) {
      session.pending = [...session.pending, { command: session.line.send("send", { text }), text, turn: null }];
      changed();
    },
    /** @param {"edit" | "retry"} kind @param {Turn} turn @param {string} text */
    sayAgain(kind, turn, text) {
      const command = session.line.send(kind, { turn: turn.n, text });
      session.pending = [...session.pending, { command, text, turn: turn.n }];
      changed();
    },
    stop() {
      session.line.send("stop");
    },
    clear() {
      session.line.send("clear");
    },
    /** @param {any} message */
    hear(message) {
      if (message.kind === "ack") return answered(message);
      if (message.kind === "keep") return keepTranscript(model.widget_manager, message.model, message.html);
      if (message.kind === "broken") {
        session.trouble = message.text;
        return changed();
      }
      const { store, ask } = receive(session.store, message, session.line.client);
      if (ask) askForAll();
      if (store === session.store) return;
      session.store = store;
      session.trouble = "";
      session.pending = stillPending(session.pending, store.view);
      for (const { command, text } of store.view.returned) {
        if (!command.startsWith(`${session.line.client}-`) || restored.has(command)) continue;
        restored.add(command);
        session.draft = [session.draft, text].filter(Boolean).join("\n");
      }
      changed();
    },
    /** @param {any} other the control model, or null when there is none */
    connect(other) {
      control = other;
      control?.on("msg:custom", session.hear);
      askForAll();
      // By now the front end has opened its side channel: an answer to this one lets the kernel use it.
      setTimeout(() => session.line.send("ping"), 900);
    },
  };

  let isListening = false;
  let asked = 0; // times in a row that everything was asked for

  function changed() {
    for (const draw of watchers) draw();
    listen();
  }

  /** While a reply is being given, a message that is lost, the last one even, shows in the answer to a ping. */
  function listen() {
    if (isListening || !session.isBusy || watchers.size === 0) return;
    isListening = true;
    setTimeout(() => {
      isListening = false;
      if (session.isBusy) session.line.ping();
      listen();
    }, REST_MS);
  }

  /** @param {{command: string, seq: number}} answer */
  function answered({ command, seq }) {
    if (!session.line.acknowledge(command)) return; // another page's
    // What was sent before the answer is on its way: if it does not come soon, it was lost.
    setTimeout(() => {
      if (!session.store.inSync || session.store.seq < seq) askForAll();
      else asked = 0;
    }, GRACE_MS * 2 ** Math.min(asked, 5));
  }

  function askForAll() {
    if (session.line.unanswered("hello") > 0) return;
    asked += 1;
    session.line.send("hello");
  }

  /** The kernel will never take what is pending: it goes back to where it was typed, and to the panel that follows. */
  function giveBack() {
    session.draft = [...session.pending.map((message) => message.text), session.draft].filter(Boolean).join("\n");
    session.pending = [];
    leaveDraft(shelf, session.draft);
  }

  return session;
}

/** @param {string} shelf */
function takeDraft(shelf) {
  try {
    const draft = sessionStorage.getItem(shelf) ?? "";
    sessionStorage.removeItem(shelf);
    return draft;
  } catch {
    return ""; // no storage in this frame
  }
}

/** @param {string} shelf @param {string} draft */
function leaveDraft(shelf, draft) {
  try {
    if (draft) sessionStorage.setItem(shelf, draft);
  } catch {
    // No storage in this frame: the words stay in the panel's own field.
  }
}

/**
 * Put the transcript into the notebook, in the output that follows the panel's own. In JupyterLab only, and needed
 * there because after a reload of the page it drops the kernel's updates of outputs.
 * @param {any} manager
 * @param {string} modelId
 * @param {string} html
 */
export function keepTranscript(manager, modelId, html) {
  try {
    const cells = manager?.context?.model?.cells;
    for (let i = 0; i < (cells?.length ?? 0); i++) {
      const outputs = cells.get(i).outputs;
      for (let k = 0; k + 1 < (outputs?.length ?? 0); k++) {
        const view = outputs.get(k).data?.["application/vnd.jupyter.widget-view+json"];
        const next = outputs.get(k + 1).toJSON();
        const old = next.data?.["text/html"];
        if (view?.model_id === modelId && String(old).includes("inb-static") && old !== html) {
          outputs.set(k + 1, { ...next, data: { ...next.data, "text/html": html } });
        }
      }
    }
  } catch (error) {
    console.warn("intentional_nb: the transcript could not be put into the notebook", error);
  }
}

export default () => {
  /** @type {ReturnType<typeof createSession>} */
  let session;
  return {
    /** @param {{model: any, signal?: AbortSignal}} given */
    initialize({ model }) {
      session = createSession(model);
      model.on("msg:custom", session.hear);
      // After a restart of the kernel a message cannot be sent: trying is the only way to know.
      model.on("comm_live_update", () => session.line.send("hello"));
      const { control } = model.get("options");
      // Not awaited: until this function returns no message is delivered.
      Promise.resolve(model.widget_manager?.get_model?.(control)).then(
        (other) => session.connect(other ?? null),
        () => session.connect(null),
      );
    },
    /** @param {{model: any, el: HTMLElement}} given */
    render({ model, el }) {
      return createPanel(el, model.get("options"), session);
    },
  };
};
