/** What things are called on the page. */

/** @param {number} ms */
export function duration(ms) {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
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
export function isEnding(turn, entry) {
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

/**
 * What is known of the user's words: `text`, and a remark where that is not all.
 * @param {Turn} turn
 */
export function userWords(turn) {
  const text = turn.shown ?? turn.user ?? "";
  switch (turn.speech) {
    case "waiting":
    case "partial":
      return { text, remark: "…" };
    case "nothing":
      return { text, remark: "(nothing was recognised)" };
    case "failed":
      return { text, remark: `(not recognised: ${turn.why})` };
    default:
      return { text, remark: "" };
  }
}
