/** What all views of one panel on this page share: the kernel's view, what was typed, and the line to the kernel. */

import { leaveDraft, takeDraft } from "./drafts.js";
import { GRACE_MS, REST_MS, createLine } from "./line.js";
import { keepTranscript } from "./saved.js";
import { emptyStore, receive, stillPending } from "./store.js";

/**
 * @param {any} model
 * @param {{
 *   name: string, view?: object, heard?: (message: any, buffers: DataView[]) => void,
 *   changed?: () => void, seen?: (isSeen: boolean) => void,
 * }} more the panel's name, what its view has besides the conversation, and what to do with messages of other kinds than
 *   every panel's, when anything has changed, and when the first view is drawn or the last one removed
 */
export function createSession(model, more) {
  const options = model.get("options");
  /** @type {Set<() => void>} */
  const watchers = new Set();
  const shelf = `inb-${more.name}-draft:${location.pathname}:${options.title}`;
  /** Messages that the bot did not take and that are back in the text field. @type {Set<string>} */
  const restored = new Set();
  let isAway = true; // no view is left, or there is none yet
  let isConnected = false;
  /** @type {any} */
  let control = null;

  const session = {
    store: emptyStore(more.view),
    /** @type {Pending[]} */
    pending: [],
    draft: takeDraft(shelf),
    trouble: "", // what the kernel could not do for the view
    line: createLine({
      send: (message, buffers) => (control ?? model).send(control ? message : { ...message, alone: true }, undefined, buffers),
      sendOther: (message, buffers) => model.send(control ? message : { ...message, alone: true }, undefined, buffers),
      changed: () => {
        if (session.line.health === "gone") giveBack();
        session.changed();
      },
    }),

    get isBusy() {
      return session.store.view.busy || session.pending.length > 0;
    },
    /** Whether there is something to be stopped. */
    get canStop() {
      return session.isBusy;
    },
    /** Whether there is nobody to talk to any more. */
    get isOff() {
      return session.line.health === "gone" || session.store.view.closed;
    },
    /** Whether there is a view of the panel on this page. */
    get isSeen() {
      return watchers.size > 0;
    },
    /** Draw all views anew. */
    changed() {
      more.changed?.();
      for (const draw of watchers) draw();
      listen();
    },
    /** @param {() => void} draw */
    watch(draw) {
      watchers.add(draw);
      if (isAway && isConnected) askForAll();
      isAway = false;
      if (watchers.size === 1) more.seen?.(true);
      return () => {
        watchers.delete(draw);
        if (watchers.size > 0) return;
        isAway = true;
        more.seen?.(false);
        session.line.send("away");
      };
    },
    /** @param {string} text */
    say(text) {
      session.pending = [...session.pending, { command: session.line.send("send", { text }), text, turn: null }];
      session.changed();
    },
    /** @param {"edit" | "retry"} kind @param {Turn} turn @param {string} text */
    sayAgain(kind, turn, text) {
      const command = session.line.send(kind, { turn: turn.n, text });
      session.pending = [...session.pending, { command, text, turn: turn.n }];
      session.changed();
    },
    stop() {
      session.line.send("stop");
    },
    clear() {
      session.line.send("clear");
    },
    /** @param {any} message @param {DataView[]} [buffers] */
    hear(message, buffers = []) {
      switch (message.kind) {
        case "ack":
          return answered(message);
        case "keep":
          return keepTranscript(model.widget_manager, message.model, message.html);
        case "broken":
          session.trouble = message.text;
          return session.changed();
        case "snapshot":
        case "update":
          return take(message);
        default:
          return more.heard?.(message, buffers);
      }
    },
    /** @param {any} other the control model, or null when there is none */
    connect(other) {
      control = other;
      control?.on("msg:custom", session.hear);
      isConnected = true;
      askForAll();
      // By now the front end has opened its side channel: an answer to this one lets the kernel use it.
      setTimeout(() => session.line.send("ping"), 900);
    },
  };

  let isListening = false;
  let asked = 0; // times in a row that everything was asked for

  /** @param {any} message */
  function take(message) {
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
    session.changed();
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

  /** Not without a view: pages still get the models of cells that have been run again since. */
  function askForAll() {
    if (!session.isSeen || session.line.unanswered("hello") > 0) return;
    asked += 1;
    session.line.send("hello");
  }

  /** The kernel will never take what is pending: it goes back to where it was typed, and to the panel that follows. */
  function giveBack() {
    session.draft = [...session.pending.map((message) => message.text), session.draft].filter(Boolean).join("\n");
    session.pending = [];
    leaveDraft(shelf, session.draft);
  }

  addEventListener("pagehide", () => {
    if (session.isSeen) session.line.send("away");
  });
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) askForAll();
  });

  return session;
}
