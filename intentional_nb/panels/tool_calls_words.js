/** What the page says of calls, which of them are wanted, and how they are copied: functions without elements. */

import { duration, moveWords, toolWords } from "./page/words.js";

const LONGEST_LINE = 300; // characters of a text in a card that is not opened

/** Which calls can be looked at: a key, and what its button says. */
export const FILTERS = /** @type {const} */ ([["all", "All"], ["tools", "Tools"], ["routing", "Routing"], ["failed", "Failed"]]);

/** A text with nothing hidden in it, where it differs from the text itself. @param {any} view @param {string} name */
export function shownOf(view, name) {
  return view.shown?.[name] ?? view[name] ?? "";
}

/** @param {CallEntry} entry */
export function isRouting(entry) {
  return entry.k === "route" || (entry.k === "written" && entry.routing);
}

/**
 * How a call or a run of it is doing, coarsely: in words there are more ways to fail.
 * @param {{status: string}} entry
 * @returns {"writing" | "running" | "ok" | "stopped" | "failed"}
 */
export function stateOf({ status }) {
  switch (status) {
    case "writing":
    case "running":
    case "ok":
      return status;
    case "dropped":
    case "cancelled":
      return "stopped";
    default:
      return "failed";
  }
}

/** @param {CallEntry} entry */
export function statusWords(entry) {
  if (entry.status === "writing") return "arguments…";
  if (entry.status === "dropped") return "never made";
  if (entry.k === "route") return entry.kind === "outcome" ? "moved" : moveWords(/** @type {any} */ (entry)).label;
  return toolWords(entry.status);
}

/** A call in a sentence. @param {CallEntry} entry */
export function callSentence(entry) {
  if (entry.k === "route") {
    const choice = shownOf(entry, "choice").slice(0, LONGEST_LINE) || "nothing";
    if (entry.kind === "refused") return `Routing: ${choice} was refused in ${shownOf(entry, "source")}`;
    return `Routing: from ${shownOf(entry, "source")} to ${shownOf(entry, "target")}, ${entry.kind} ${choice}`;
  }
  const kind = isRouting(entry) ? "Routing" : "Tool";
  return `${kind} ${shownOf(entry, "name")}: ${statusWords(entry)}${entry.ms ? ` after ${duration(entry.ms)}` : ""}`;
}

/** @param {CallEntry} entry @param {string} filter */
export function passes(entry, filter) {
  switch (filter) {
    case "tools":
      return !isRouting(entry);
    case "routing":
      return isRouting(entry);
    case "failed":
      return stateOf(entry) === "failed";
    default:
      return true;
  }
}

/**
 * Whether each of the words is somewhere in a call, or in what the user said.
 * @param {CallEntry} entry
 * @param {{user: string | null}} turn
 * @param {string} query
 */
export function matches(entry, turn, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const any = /** @type {any} */ (entry);
  const texts = ["name", "call", "arguments", "output", "choice", "source", "target", "kind", "said", "why"].map((key) => any[key]);
  texts.push(...(any.options ?? []), ...(any.runs ?? []).map((/** @type {Run} */ run) => run.output), turn.user);
  const all = texts.filter(Boolean).join("\n").toLowerCase();
  return words.every((word) => all.includes(word));
}

/** How many calls each filter leaves. @param {CallTurn[]} turns */
export function countsOf(turns) {
  const entries = turns.flatMap((turn) => turn.entries);
  return Object.fromEntries(FILTERS.map(([key]) => [key, entries.filter((entry) => passes(entry, key)).length]));
}

/** Arguments in a line, each with its name; what is no JSON object, as it is. @param {string} text */
export function argumentsLine(text) {
  if (!text) return "no arguments";
  try {
    const given = JSON.parse(text);
    if (given === null || typeof given !== "object" || Array.isArray(given)) return inLine(text);
    const parts = Object.entries(given).map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
    return inLine(parts.join(" · ") || "no arguments");
  } catch {
    return inLine(text);
  }
}

/** A text in a line, and not all of it when it is long. @param {string} text */
export function inLine(text) {
  const line = text.slice(0, LONGEST_LINE * 2).replace(/\s+/g, " ").trim();
  return line.length > LONGEST_LINE || text.length > LONGEST_LINE * 2 ? `${line.slice(0, LONGEST_LINE)}…` : line;
}

/** A text laid out for reading: JSON on several lines. @param {string} text */
export function laidOut(text) {
  if (!/^\s*[{[]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/**
 * A call as people copy it.
 * @param {CallEntry} entry
 * @param {CallTurn} turn
 */
export function exported(entry, turn) {
  const where = { turn: turn.n, user: turn.user, request: entry.part, stage: entry.stage };
  if (entry.k === "route") {
    const { source, target, kind, options, choice, trail, said, why } = entry;
    return { ...where, kind: "routing", move: kind, source, target, options, choice, trail, user_text: said, ...(why ? { refused_because: why } : {}), duration_ms: entry.ms };
  }
  const kind = isRouting(entry) ? "routing" : "tool";
  const call = { ...where, kind, name: entry.name, call_id: entry.call, arguments: parsed(entry.arguments), status: entry.status };
  if (entry.k === "written") return call;
  const runs = (entry.runs ?? []).map((run) => ({ status: run.status, output: run.output, duration_ms: run.ms }));
  return { ...call, output: entry.output, duration_ms: entry.ms, ...(runs.length ? { run_again: runs } : {}) };
}

/** @param {string} text */
function parsed(text) {
  try {
    return text ? JSON.parse(text) : {};
  } catch {
    return text;
  }
}

/** What the header says. @param {CallTurn[]} turns */
export function doingWords(turns) {
  const entries = turns.at(-1)?.entries ?? [];
  if (entries.some((entry) => entry.status === "writing")) return "Writing arguments…";
  const running = entries.filter((entry) => entry.status === "running");
  if (running.length > 1) return `Running ${running.length} tools…`;
  return running.length ? `Running ${shownOf(running[0], "name")}…` : "";
}

/**
 * The calls that came to an end, or ran again, since the states that are known; and the states now.
 * @param {Map<string, string> | null} known
 * @param {CallTurn[]} turns
 */
export function newsOf(known, turns) {
  /** @type {Map<string, string>} */
  const states = new Map();
  /** @type {CallEntry[]} */
  const ended = [];
  const latest = Math.max(...[...(known?.keys() ?? [])].map((id) => Number.parseInt(id)));
  for (const [entry, n] of turns.flatMap((turn) => turn.entries.map((entry) => /** @type {const} */ ([entry, turn.n])))) {
    const state = [entry, ...(("runs" in entry && entry.runs) || [])].map((one) => one.status).join();
    states.set(entry.id, state);
    const isEarlier = !known?.has(entry.id) && n < latest; // it was asked for
    const isNew = known !== null && known.get(entry.id) !== state && !isEarlier;
    if (isNew && !/writing|running/.test(state)) ended.push(entry);
  }
  return { states, ended };
}
