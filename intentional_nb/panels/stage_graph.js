/**
 * The stage graph: one bot's conversation graph, live in a notebook cell.
 *
 * What all panels' pages have in common is in the folder `page`: how messages are numbered (`store.js`), and how commands
 * reach the kernel (`line.js`). The commands of this panel are
 *
 *   open {stage}           tell what the model is told in this stage, and keep telling
 *   shut {stage}           no more
 *   draw {direction}       a picture in this direction is wanted
 *   dismiss {alert}        the person has read it
 *
 * A picture comes once for each graph and direction, as text, and where everything lies never changes after that. What
 * happens in the conversation comes as a few ids and counts, which become classes and badges.
 *
 * @typedef {{id: string, name: string, goal: string, description?: string, examples?: string[], tools?: string[],
 *            start?: boolean, end?: boolean, unreachable?: boolean}} Stage
 * @typedef {{id: string, line: string, kind: "outcome" | "jump" | "backtrack" | "end", choice: string, from: string[],
 *            to: string | null, when: string, examples: string[]}} Way `id` is that of its label, or of its line where
 *   it has none; `to` is null where it leads to the last stage on the trail
 * @typedef {{key: string, svg?: string, mermaid?: string, reason?: string}} Picture
 * @typedef {{how: "sent" | "now" | "preview", turn: number | null, prompt: string, shown?: string,
 *            tools: {name: string, description: string, schema: string}[]}} Told
 * @typedef {{kind: string, source: string, target: string, choice: string, from: string | null, to: string | null,
 *            way: string | null, options: string[], ms: number}} Move
 * @typedef {Move & {key: string, n: number, at: number, user: string | null}} ToldMove
 * @typedef {{now: boolean, trail: string, visits: number, open: boolean}} Marks
 * @typedef {{stage: string, trail: string[], now: string | null, path: string[], reachable: [string, string][],
 *            busy: boolean, closed: boolean, drawing: boolean, hidden: number, alerts: Alert[], changed: string[],
 *            graph: {stages: Stage[], ways: Way[], renamed: Record<string, string>,
 *                    problems: {severity: string, text: string, stage: string | null}[]},
 *            visits: Record<string, number>, taken: Record<string, number>, told: Record<string, Told>, times: (Times & {n: number}) | null,
 *            turns: {n: number, user: string | null, at: number, entries: Move[]}[]}} StageView with each picture that
 *   there is as `picture_TB` and so on
 * @typedef {null | {kind: "stage", id: string, name: string} | {kind: "ways", ways: string[]} |
 *           {kind: "help" | "problems" | "changes"}} Selection
 */

import { createAnnouncer } from "./page/announcer.js";
import { createBanners } from "./page/banners.js";
import { h, keepToItself } from "./page/elements.js";
import { icon } from "./page/icons.js";
import { createSession } from "./page/session.js";
import { createWidget } from "./page/widget.js";
import { createFind } from "./stage_graph_find.js";
import { createFoot } from "./stage_graph_foot.js";
import { toolButton, toolIcon } from "./stage_graph_icons.js";
import { createPicture } from "./stage_graph_picture.js";
import { createSide } from "./stage_graph_side.js";
import { addedMoves, marksOf, moveSentence, movesOf, nameOf } from "./stage_graph_steps.js";
import { createWordsOnly } from "./stage_graph_words.js";

/** What the kernel has told before it has told anything. */
const NO_GRAPH = {
  now: null, path: [], reachable: [], drawing: true, changed: [], times: null, visits: {}, taken: {}, told: {},
  graph: { stages: [], ways: [], problems: [], renamed: {} },
};

/**
 * Draw the panel into an element.
 * @param {HTMLElement} el
 * @param {any} options
 * @param {ReturnType<typeof createSession>} session
 */
function createPanel(el, options, session) {
  const id = `inb-${Math.random().toString(36).slice(2, 8)}`;
  const status = createAnnouncer();
  let direction = options.direction;
  /** @type {Selection} */
  let selection = null;
  /** @type {ToldMove[] | null} */
  let moves = null;
  let epoch = "";
  /** @type {StageView["graph"] | null} */
  let graph = null;

  const side = createSide({ openStage, openWays, close, say: status.say });
  const picture = createPicture({ openStage, openWays, close: () => selection !== null && (close(), true), find: () => find.focus() });
  const words = createWordsOnly({ openStage, say: status.say });
  const find = createFind({
    stages: () => view().graph.stages,
    chosen(stage) {
      openStage(stage, false);
      picture.focus(stage);
    },
    left: () => picture.refocus(),
  });
  const doing = h("span", { class: "inb-doing" });
  const trouble = h("button", { type: "button", class: "inb-s-trouble", hidden: true, onclick: () => select({ kind: "problems" }) });
  const reach = toolButton("reach", "Show what can be reached from here", () => setReach(reach.getAttribute("aria-pressed") !== "true"));
  const turn = toolButton("LR", "", () => setDirection(direction === "TB" ? "LR" : "TB"));
  const help = toolButton("help", "How to read and use this", () => (selection?.kind === "help" ? close() : select({ kind: "help" })));
  const head = h(
    "div",
    { class: "inb-head" },
    h("span", { class: "inb-dot", "aria-hidden": "true" }),
    h("strong", { class: "inb-title", id }, options.title),
    trouble, doing, find.node,
    h("span", { class: "inb-tools" }, reach, turn, help),
  );
  const banners = createBanners(session, status.say);
  const foot = createFoot({ openStage, openWays, showChanges: () => select({ kind: "changes" }) });
  const root = h(
    "section",
    { class: "inb-panel inb-stages", "aria-labelledby": id },
    head, ...banners.nodes, h("div", { class: "inb-s-body" }, picture.node, words.node, side.node), foot.times, foot.node, status.node,
  );
  root.style.setProperty("--inb-height", options.height);
  el.replaceChildren(root);
  keepToItself(root);
  const knock = () => session.line.ping();
  root.addEventListener("pointerenter", knock);
  root.addEventListener("focusin", knock);
  side.node.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") close();
  });
  setReach(true);
  setDirection(direction);

  /** @returns {StageView} */
  function view() {
    return /** @type {any} */ (session.store.view);
  }

  /** @param {boolean} on */
  function setReach(on) {
    reach.setAttribute("aria-pressed", String(on));
    picture.node.classList.toggle("inb-s-reach", on);
  }

  /** @param {string} next */
  function setDirection(next) {
    const other = next === "TB" ? "LR" : "TB";
    const label = other === "TB" ? "Draw from top to bottom" : "Draw from left to right";
    direction = next;
    turn.replaceChildren(toolIcon(other));
    turn.setAttribute("aria-label", label);
    turn.title = label;
    if (session.store.epoch !== null && !pictureOf(view(), direction)) session.line.send("draw", { direction });
    if (session.store.epoch !== null) draw();
  }

  /** @param {Selection} next */
  function select(next) {
    setSelection(next);
    draw();
    emphasise();
  }

  /** @param {Selection} next */
  function setSelection(next) {
    const [before, after] = [selection, next].map((chosen) => (chosen?.kind === "stage" ? chosen.id : null));
    selection = next;
    if (before === after) return;
    if (before) session.look(before, -1);
    if (after) session.look(after, +1);
  }

  function emphasise() {
    picture.select(selection?.kind === "stage" ? { stage: selection.id } : selection?.kind === "ways" ? { ways: selection.ways } : {});
  }

  /** @param {string} id @param {boolean} [takesFocus] */
  function openStage(id, takesFocus = true) {
    const stage = view().graph.stages.find((other) => other.id === id);
    if (!stage) return;
    select({ kind: "stage", id, name: stage.name });
    if (takesFocus) side.focus();
  }

  /** @param {string[]} ways */
  function openWays(ways) {
    select({ kind: "ways", ways });
    side.focus();
  }

  function close() {
    const last = selection;
    select(null);
    if (last?.kind === "stage") picture.refocus(last.id);
    else if (last?.kind === "help") help.focus();
    else picture.refocus();
  }

  /** After a swap: what was selected stays so where it is still there. */
  function keepSelection() {
    const { stages, ways, renamed } = view().graph;
    if (selection?.kind === "stage") {
      const { name } = selection;
      const stage = stages.find((other) => other.name === name) ?? stages.find((other) => other.name === renamed[name]);
      if (!stage) status.say(`Stage ${name} is not in the graph any more`);
      setSelection(stage ? { kind: "stage", id: stage.id, name: stage.name } : null);
    } else if (selection?.kind === "ways") {
      const still = selection.ways.filter((way) => ways.some((other) => other.id === way));
      setSelection(still.length ? { kind: "ways", ways: still } : null);
    }
  }

  function draw() {
    banners.draw();
    if (session.store.epoch === null) return;
    const shown = view();
    root.classList.toggle("inb-busy", shown.busy && !session.isOff);
    root.classList.toggle("inb-off", session.isOff);
    root.dataset.health = session.line.health;
    const isOther = graph !== null && graph !== shown.graph && JSON.stringify(graph) !== JSON.stringify(shown.graph);
    graph = shown.graph;
    if (isOther) keepSelection();
    drawAll(shown);
    if (isOther) emphasise();
  }

  /** @param {StageView} shown */
  function drawAll(shown) {
    const all = movesOf(shown);
    const added = epoch === session.store.epoch ? addedMoves(moves, all) : [];
    [moves, epoch] = [all, /** @type {string} */ (session.store.epoch)];
    const marks = marksOf(shown);
    let given = pictureOf(shown, direction) ?? pictureOf(shown, direction === "TB" ? "LR" : "TB");
    try {
      if (given?.svg) picture.draw(given, shown, marks, all, added);
    } catch (error) {
      given = { key: given?.key ?? "", mermaid: "", reason: /** @type {Error} */ (error).message };
    }
    const isPlain = given?.mermaid !== undefined;
    picture.node.hidden = isPlain;
    words.node.hidden = !isPlain;
    if (given && isPlain) words.draw(given, shown, marks);
    side.draw(selection, shown, marks, all);
    foot.draw(shown, all);
    drawHead(shown, given);
    const last = added.at(-1);
    if (last) status.say(moveSentence(last));
  }

  /** @param {StageView} shown @param {Picture | undefined} given */
  function drawHead(shown, given) {
    const isLate = shown.drawing || !given;
    doing.textContent = session.line.health === "gone" ? "Disconnected" : shown.closed ? "Closed" : shown.busy ? "Thinking…" : isLate ? "Drawing…" : "";
    const { problems } = shown.graph;
    const errors = problems.filter((problem) => problem.severity === "error").length;
    trouble.hidden = problems.length === 0;
    trouble.dataset.kind = errors ? "error" : "warning";
    const counted = errors ? `${errors} error${errors === 1 ? "" : "s"}` : `${problems.length} warning${problems.length === 1 ? "" : "s"}`;
    if (trouble.textContent !== counted) trouble.textContent = counted;
    turn.disabled = given?.mermaid !== undefined;
  }

  draw();
  const stop = session.watch(draw);
  return () => {
    if (selection?.kind === "stage") session.look(selection.id, -1);
    picture.stop();
    stop();
  };
}

/** @param {any} view @param {string} direction @returns {Picture | undefined} */
function pictureOf(view, direction) {
  return view[`picture_${direction}`];
}

/** The session of every panel, and which stages are open in any view of this one. @param {any} model */
function createStageSession(model) {
  /** @type {Map<string, number>} */
  const looks = new Map();
  const session = createSession(model, { name: "stages", view: NO_GRAPH });
  return Object.assign(session, {
    /** @param {string} stage @param {number} change */
    look(stage, change) {
      const before = looks.get(stage) ?? 0;
      looks.set(stage, before + change);
      if (before === 0) session.line.send("open", { stage });
      else if (before + change === 0) session.line.send("shut", { stage });
    },
  });
}

export default createWidget(createStageSession, createPanel);
