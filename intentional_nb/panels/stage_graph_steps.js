/** What the stage graph works out from the kernel's view: moves, neighbours, matches, and what things are called. Pure. */

import { moveWords } from "./page/words.js";

const AXES = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

/** @param {string} key */
export function isArrow(key) {
  return Object.hasOwn(AXES, key);
}

/**
 * Every move that the page was told of, oldest first, with its turn's number, time and words.
 * @param {StageView} view
 * @returns {ToldMove[]}
 */
export function movesOf(view) {
  return view.turns.flatMap((turn) =>
    turn.entries.map((move, place) => ({ ...move, key: `${turn.n}.${place}`, n: turn.n, at: turn.at, user: turn.user })));
}

/**
 * The moves that have come since; none when some were taken back or nothing was known before.
 * @param {ToldMove[] | null} before
 * @param {ToldMove[]} after
 */
export function addedMoves(before, after) {
  if (before === null) return [];
  const last = before.at(-1);
  if (!last) return after;
  const place = after.findIndex((move) => move.key === last.key);
  return place < 0 ? [] : after.slice(place + 1);
}

/**
 * The ids of stages that one move leads to or comes from.
 * @param {Way[]} ways
 * @param {string} id
 */
export function neighbours(ways, id) {
  const found = new Set();
  for (const way of ways) {
    if (way.to === id) for (const source of way.from) found.add(source);
    if (way.to !== null && way.from.includes(id)) found.add(way.to);
  }
  found.delete(id);
  return found;
}

/**
 * The stage that an arrow key leads to: a neighbour that lies that way, else any stage that does, else none.
 * @param {string} id
 * @param {string} key
 * @param {Map<string, {x: number, y: number}>} places the middle of each stage
 * @param {Set<string>} linked its neighbours
 */
export function nextStage(id, key, places, linked) {
  const axis = AXES[key];
  const here = places.get(id);
  if (!axis || !here) return null;
  /** @param {Iterable<string>} ids @param {number} cone how far aside for each step ahead */
  const best = (ids, cone) => {
    let chosen = null;
    let least = Infinity;
    for (const other of ids) {
      const place = places.get(other);
      if (!place || other === id) continue;
      const [x, y] = [place.x - here.x, place.y - here.y];
      const ahead = x * axis[0] + y * axis[1];
      const aside = Math.abs(x * axis[1]) + Math.abs(y * axis[0]);
      if (ahead <= 1 || aside > cone * ahead) continue;
      if (ahead + 2 * aside < least) [chosen, least] = [other, ahead + 2 * aside];
    }
    return chosen;
  };
  return best(linked, 2) ?? best(places.keys(), 2) ?? best(places.keys(), Infinity);
}

/**
 * The stages that fit what was typed: those whose name begins with it first, then by name, then by goal.
 * @param {Stage[]} stages
 * @param {string} typed
 */
export function matching(stages, typed) {
  const plain = (/** @type {string} */ text) => text.toLowerCase().replace(/[\s_-]+/g, " ").trim();
  const wanted = plain(typed);
  if (!wanted) return stages;
  /** @param {Stage} stage */
  const rank = (stage) => {
    const name = plain(nameOf(stage));
    if (name.startsWith(wanted)) return 0;
    if (name.includes(wanted)) return 1;
    return plain(stage.goal).includes(wanted) ? 2 : 3;
  };
  return stages.map((stage) => ({ stage, rank: rank(stage) })).filter((found) => found.rank < 3)
    .sort((a, b) => a.rank - b.rank).map((found) => found.stage);
}

/** @param {Stage} stage */
export function nameOf(stage) {
  return stage.end ? "end" : stage.name.trim() || "(no name)";
}

/** @param {number} count */
export function timesWords(count) {
  return count === 1 ? "once" : `${count} times`;
}

/**
 * What a stage is, and what the conversation did there, for those who do not see it.
 * @param {Stage} stage
 * @param {Marks} marks
 */
export function stageWords(stage, marks) {
  return [
    nameOf(stage),
    marks.now ? "the conversation stands here" : "",
    marks.trail ? `on the trail, place ${marks.trail}` : "",
    marks.visits ? `entered ${timesWords(marks.visits)}` : "",
    marks.open ? "can be reached from here" : "",
    stage.unreachable ? "cannot be reached" : "",
  ].filter(Boolean).join(", ");
}

/** A move in one sentence. @param {ToldMove} move */
export function moveSentence(move) {
  if (move.kind === "refused") return `${move.choice || "nothing"} was refused in ${move.source}`;
  const how = { jump: "a jump", backtrack: "a backtrack", end: "the end", outcome: "an outcome" }[move.kind] ?? move.kind;
  return `From ${move.source} to ${move.target}: ${how}, ${moveWords(move).detail || move.choice}`;
}

/**
 * The marks of every stage.
 * @param {StageView} view
 * @returns {Map<string, Marks>}
 */
export function marksOf(view) {
  const open = new Set(view.reachable.map(([, stage]) => stage));
  return new Map(
    view.graph.stages.map(({ id }) => [id, {
      now: view.now === id,
      trail: view.path.flatMap((stage, place) => (stage === id ? [place + 1] : [])).join(", "),
      visits: view.visits[id] ?? 0,
      open: open.has(id),
    }]),
  );
}

/**
 * The ways of each line, and of each mark that is no stage, by its key.
 * @param {Way[]} ways
 * @param {Map<string, {from: string, to: string}>} lines
 */
export function waysByKey(ways, lines) {
  /** @type {Map<string, string[]>} */
  const found = new Map();
  const add = (/** @type {string | undefined} */ key, /** @type {string} */ way) => {
    if (key) found.set(key, [...(found.get(key) ?? []), way]);
  };
  for (const way of ways) {
    const line = lines.get(way.line);
    if (way.id !== way.line) add(way.id, way.id);
    add(way.line, way.id);
    add(line?.from, way.id);
    add(line?.to, way.id);
  }
  return found;
}
