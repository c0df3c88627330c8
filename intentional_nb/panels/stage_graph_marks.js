/** What the conversation did, marked on the drawing: only what has changed is touched, and nothing moves. */

import { wantsNoMotion } from "./stage_graph_camera.js";
import { badge, bend, countMark, s } from "./stage_graph_drawing.js";
import { stageWords, timesWords } from "./stage_graph_steps.js";

const RUN_MS = 1400;
const NEXT_RUN_MS = 450;
const MOST_RUNS = 5;

/**
 * @param {Drawing} drawing
 * @param {StageView["graph"]} graph
 */
export function createMarks(drawing, graph) {
  const stages = new Map(graph.stages.map((stage) => [stage.id, stage]));
  /** @type {Map<string, Marks>} */
  const shown = new Map();
  /** @type {Map<string, any[]>} */
  const badges = new Map();
  const parts = partsOf(drawing, graph.ways);

  /** @param {string} id @param {Marks} marks */
  function mark(id, marks) {
    const box = drawing.stages.get(id);
    const stage = stages.get(id);
    const before = shown.get(id);
    if (!box || !stage || (before && isSame(before, marks))) return;
    shown.set(id, marks);
    const { node } = box;
    node.classList.toggle("is-now", marks.now);
    node.classList.toggle("is-trail", marks.trail !== "");
    node.classList.toggle("is-visited", marks.visits > 0);
    node.classList.toggle("is-open", marks.open);
    node.setAttribute("aria-label", stageWords(stage, marks));
    if (marks.now) node.setAttribute("aria-current", "step");
    else node.removeAttribute("aria-current");
    if (before && before.now === marks.now && before.trail === marks.trail && before.visits === marks.visits) return;
    for (const old of badges.get(id) ?? []) old.remove();
    badges.set(id, badgesOf(box, marks));
    node.append(...(badges.get(id) ?? []));
  }

  return {
    /** @param {StageView} view @param {Map<string, Marks>} marks @param {string | null} last the way taken last */
    draw(view, marks, last) {
      for (const [id, of] of marks) mark(id, of);
      const open = new Set(view.reachable.map(([way]) => way));
      for (const part of parts) part.draw(view.taken, open, last);
    },
    /** The drawing is on the page now. */
    settle() {
      for (const part of parts) part.settle();
    },
  };
}

/** @param {Marks} a @param {Marks} b */
function isSame(a, b) {
  return a.now === b.now && a.trail === b.trail && a.visits === b.visits && a.open === b.open;
}

/** @param {Box} box @param {Marks} marks */
function badgesOf(box, marks) {
  const [left, right] = [box.x - box.width / 2, box.x + box.width / 2];
  const [upper, lower] = [box.y - box.height / 2, box.y + box.height / 2];
  const made = [];
  if (marks.now) made.push(badge("now", "now", left + 14, upper, "The conversation stands here."));
  if (marks.trail) {
    made.push(badge("trail", marks.trail, left + (marks.now ? 44 : 6), upper, `On the trail, place ${marks.trail}: a backtrack can return here.`));
  }
  if (marks.visits) made.push(badge("visits", `×${marks.visits}`, right - 6, lower, `Entered ${timesWords(marks.visits)}.`));
  return made;
}

/**
 * Lines, labels and the marks that backtracks lead to, each with the ways that it stands for.
 * @param {Drawing} drawing
 * @param {Way[]} ways
 */
function partsOf(drawing, ways) {
  /** @type {Map<any, {part: any, ways: string[], counts: boolean}>} */
  const found = new Map();
  const add = (/** @type {any} */ part, /** @type {string} */ way, /** @type {boolean} */ counts) => {
    if (!part) return;
    const known = found.get(part) ?? { part, ways: [], counts };
    known.ways.push(way);
    found.set(part, known);
  };
  for (const way of ways) {
    const line = drawing.lines.get(way.line);
    const label = drawing.labels.get(way.id);
    add(label, way.id, true);
    add(line, way.id, !label);
    if (line) add(drawing.marks.get(line.to), way.id, false);
  }
  return [...found.values()].map(({ part, ways: own, counts }) => createPart(part, own, counts ? [...drawing.stages.values()] : null));
}

/** @param {any} part @param {string[]} ways @param {Box[] | null} boxes what must not hide how often they were taken; null where that is not shown */
function createPart(part, ways, boxes) {
  let drawn = "";
  /** Made when it is needed. @type {ReturnType<typeof countMark> | null} */
  let mark = null;
  return {
    /** @param {Record<string, number>} taken @param {Set<string>} open @param {string | null} last */
    draw(taken, open, last) {
      const count = ways.reduce((sum, way) => sum + (taken[way] ?? 0), 0);
      const isOpen = ways.some((way) => open.has(way));
      const isLast = last !== null && ways.includes(last);
      const now = `${count} ${isOpen} ${isLast}`;
      if (now === drawn) return;
      drawn = now;
      part.node.classList.toggle("is-gone", count > 0);
      part.node.classList.toggle("is-open", isOpen);
      part.node.classList.toggle("is-last", isLast);
      if (!boxes) return;
      if (count > 0) {
        mark ??= countMark(part, boxes);
        mark.set(count);
        if (!mark.node.isConnected) part.node.append(mark.node);
      } else {
        mark?.node.remove();
      }
    },
    settle: () => mark?.settle(),
  };
}

/**
 * Let moves be seen once, one after the other: along their lines, or straight across where no line leads from the one
 * stage to the other. Nothing at all for people who want no motion.
 * @param {Drawing} drawing
 * @param {any} above where they run
 * @param {Way[]} ways
 * @param {ToldMove[]} moves
 */
export function runMoves(drawing, above, ways, moves) {
  if (wantsNoMotion()) return;
  moves.filter((move) => move.kind !== "refused").slice(-MOST_RUNS).forEach((move, place) => {
    const d = runOf(drawing, ways, move);
    if (!d) return;
    const path = s("path", { class: "inb-s-run", "data-kind": move.kind, d });
    above.append(path);
    const long = path.getTotalLength();
    const steps = [
      { strokeDasharray: `0 ${long}`, opacity: 0.2 },
      { strokeDasharray: `${long} 0`, opacity: 1, offset: 0.5 },
      { strokeDasharray: `${long} 0`, opacity: 1, offset: 0.7 },
      { strokeDasharray: `${long} 0`, opacity: 0 },
    ];
    const run = path.animate(steps, { duration: RUN_MS, delay: place * NEXT_RUN_MS, easing: "ease-out", fill: "both" });
    run.finished.finally(() => path.remove()).catch(() => {});
  });
}

/** @param {Drawing} drawing @param {Way[]} ways @param {ToldMove} move */
function runOf(drawing, ways, move) {
  const line = drawing.lines.get(ways.find((way) => way.id === move.way)?.line ?? "");
  if (line && line.from === move.from && line.to === move.to) return line.path.getAttribute("d");
  const [from, to] = [drawing.stages.get(move.from ?? ""), drawing.stages.get(move.to ?? "")];
  return from && to && from !== to ? bend(from, to) : "";
}
