/**
 * The view as a value: what the kernel has told of it so far, and how the next message changes it.
 *
 *   snapshot {epoch, seq, for, view}  everything; `for` lists the pages that asked
 *   update {epoch, seq, ops}          what changed since number `seq - 1`; at most 30 a second
 *
 * `ops` are arrays: ["state", fields] · ["drop", [n, …]] · ["turn", turn] · ["set", n, fields] ·
 * ["entry", n, index, entry] · ["text", n, index, keep, html] · ["grow", n, index, arguments].
 *
 * Strings under `html` were made by the kernel's sanitising renderer and are the only ones that become elements;
 * every other string is shown as text, whatever it holds.
 *
 * @typedef {{k: "text", html: string[], more?: number, cut?: {ms: number, unheard: string}}} TextEntry of interrupted
 *   speech, `html` is what was heard and `cut` what was not
 * @typedef {{k: "tool", name: string, preview: string, arguments: string, status: string, output: string, ms: number}} ToolEntry
 * @typedef {{k: "route", kind: string, source: string, target: string, choice: string, options: string[],
 *            trail: string[], ms: number}} RouteEntry
 * @typedef {{k: "error", text: string, where: string}} ErrorEntry
 * @typedef {{k: "notice", text: string}} NoticeEntry
 * @typedef {TextEntry | ToolEntry | RouteEntry | ErrorEntry | NoticeEntry} Entry
 * @typedef {{n: number, user: string | null, shown?: string, status: string, at: number, ms: number, entries: Entry[],
 *            speech?: "waiting" | "partial" | "final" | "nothing" | "failed", why?: string}} Turn `speech` tells how much
 *   is known of what the user said; a typed turn has none
 * @typedef {{alert: number, kind: "error" | "notice", text: string}} Alert
 * @typedef {{command: string, text: string}} Message
 * @typedef {{stage: string, trail: string[], busy: boolean, hidden: number, closed: boolean,
 *            queue: Message[], taken: string[], returned: Message[], alerts: Alert[], turns: Turn[]}} View
 * @typedef {{epoch: string | null, seq: number, inSync: boolean, view: View}} Store
 * @typedef {{command: string, text: string, turn: number | null}} Pending
 */

/** What a panel's view has not, such as messages where nothing is said. @type {View} */
const NOTHING = {
  stage: "", trail: [], busy: false, hidden: 0, closed: false, queue: [], taken: [], returned: [], alerts: [], turns: [],
};

/**
 * @param {object} [more] what a panel's view has besides
 * @returns {Store}
 */
export function emptyStore(more = {}) {
  return { epoch: null, seq: 0, inSync: false, view: { ...NOTHING, ...more } };
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
    return { store: { epoch, seq, inSync: true, view: { ...NOTHING, ...message.view } }, ask: false };
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
    case "grow":
      return changeEntry(view, rest[0], rest[1], (entry) => ({ ...entry, arguments: entry.arguments + rest[2] }));
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
