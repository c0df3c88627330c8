/** The canvas: the drawing with its marks, the camera, and the stages that can be reached with the keyboard. */

import { h } from "./page/elements.js";
import { createCamera } from "./stage_graph_camera.js";
import { importDrawing, s } from "./stage_graph_drawing.js";
import { toolButton } from "./stage_graph_icons.js";
import { createMap } from "./stage_graph_map.js";
import { createMarks, runMoves } from "./stage_graph_marks.js";
import { isArrow, neighbours, nextStage, waysByKey } from "./stage_graph_steps.js";

const STEP_PX = 70; // what an arrow key with Shift moves the drawing

/**
 * @param {{
 *   openStage: (id: string) => void, openWays: (ways: string[]) => void, close: () => boolean, find: () => void,
 * }} actions
 */
export function createPicture(actions) {
  /** @type {Drawing | null} */
  let drawing = null;
  /** @type {ReturnType<typeof createMarks> | null} */
  let marks = null;
  /** @type {StageView["graph"] | null} */
  let graph = null;
  /** @type {Map<string, string[]>} */
  let ways = new Map();
  let key = "";
  let here = /** @type {string | null} */ (null); // where the conversation stands
  let at = ""; // the stage that has the focus, or would have it
  let hovered = "";
  let isSeen = false; // whether it is on the page, where letters can be measured
  /** @type {{stage?: string, ways?: string[]}} */
  let selected = {};

  const above = s("g", { class: "inb-s-above", "aria-hidden": "true" });
  const layer = s("g", {});
  const sheet = s("svg", { class: "inb-s-sheet", role: "group" }, layer);
  const map = createMap((point) => {
    follow(false);
    camera.centre(point, false);
  });
  const following = toolButton("here", "Follow the conversation", () => {
    follow(following.getAttribute("aria-pressed") !== "true");
    if (isFollowing()) showHere();
  });
  const tools = h(
    "div",
    { class: "inb-s-zoom", role: "group", "aria-label": "View" },
    following,
    toolButton("fit", "Show the whole graph (0)", () => fit()),
    toolButton("zoomOut", "Smaller (−)", () => camera.zoom(1 / 1.25)),
    toolButton("zoomIn", "Larger (+)", () => camera.zoom(1.25)),
  );
  const node = h("div", { class: "inb-s-canvas" }, sheet, map.node, tools);
  const camera = createCamera(node, {
    moved(place, room) {
      layer.setAttribute("transform", `translate(${place.x.toFixed(2)} ${place.y.toFixed(2)}) scale(${place.k.toFixed(4)})`);
      node.classList.toggle("inb-s-far", place.k < 0.5);
      map.see(place, room);
      if (room.width > 0 && !isSeen) marks?.settle();
      isSeen = room.width > 0;
    },
    handled: () => follow(false),
  });
  follow(true);

  /** @param {boolean} on */
  function follow(on) {
    following.setAttribute("aria-pressed", String(on));
  }

  function isFollowing() {
    return following.getAttribute("aria-pressed") === "true";
  }

  function showHere() {
    const box = drawing?.stages.get(here ?? "");
    if (box) camera.centre(box);
  }

  function fit() {
    follow(false);
    camera.fit();
  }

  /** @param {string} id */
  function reveal(id) {
    const box = drawing?.stages.get(id);
    if (box) camera.reveal(box);
  }

  /** Make a stage the one that the Tab key leads to. @param {string} id */
  function setTabStop(id) {
    drawing?.stages.get(at)?.node.setAttribute("tabindex", "-1");
    at = id;
    drawing?.stages.get(at)?.node.setAttribute("tabindex", "0");
  }

  /** @param {string} id */
  function focus(id) {
    const box = drawing?.stages.get(id);
    if (!box) return;
    follow(false);
    box.node.focus({ preventScroll: true });
    camera.reveal(box);
  }

  // -- drawing

  /** @param {Picture} picture @param {StageView} view */
  function redraw(picture, view) {
    const hadFocus = sheet.contains(document.activeElement);
    key = picture.key;
    graph = view.graph;
    drawing = importDrawing(picture.svg ?? "");
    marks = createMarks(drawing, graph);
    ways = waysByKey(graph.ways, drawing.lines);
    for (const { node: stage } of drawing.stages.values()) {
      stage.setAttribute("role", "button");
      stage.setAttribute("tabindex", "-1");
    }
    for (const [name, part] of [...drawing.lines, ...drawing.labels, ...drawing.marks]) {
      part.node.classList.toggle("inb-s-way", ways.has(name));
    }
    above.replaceChildren();
    layer.replaceChildren(drawing.layer, above);
    sheet.setAttribute("aria-label", `Conversation graph, ${graph.stages.filter((stage) => !stage.end).length} stages. Arrow keys go from stage to stage, Enter opens one.`);
    map.open(drawing);
    const stop = [at, view.now ?? "", ...drawing.stages.keys()].find((id) => drawing?.stages.has(id)) ?? "";
    setTabStop(stop);
    camera.open(drawing, drawing.stages.get(view.now ?? stop) ?? null);
    if (hadFocus) drawing.stages.get(at)?.node.focus({ preventScroll: true });
    emphasise();
  }

  /** Show what belongs to the stage that is looked at: its lines, and their labels. */
  function emphasise() {
    if (!drawing || !graph) return;
    const focused = /** @type {any} */ (document.activeElement)?.closest?.("[data-stage]")?.dataset.key;
    const stages = new Set([selected.stage, hovered, sheet.contains(document.activeElement) ? focused : ""]);
    const chosen = new Set(selected.ways ?? []);
    const near = graph.ways.filter((way) => chosen.has(way.id) || stages.has(way.to ?? "") || way.from.some((id) => stages.has(id) && isOwn(way, id)));
    const lit = new Set(near.flatMap((way) => [way.id, way.line]));
    for (const [name, part] of [...drawing.lines, ...drawing.labels]) part.node.classList.toggle("is-near", lit.has(name));
    for (const [id, box] of drawing.stages) box.node.classList.toggle("is-selected", id === selected.stage);
    for (const [name, part] of drawing.labels) part.node.classList.toggle("is-selected", chosen.has(name));
  }

  /** Whether the line of a way is drawn from this stage; a jump from anywhere is drawn from nowhere. @param {Way} way @param {string} id */
  function isOwn(way, id) {
    return drawing?.lines.get(way.line)?.from === id;
  }

  // -- what people do

  /** @param {Event} event */
  function partAt(event) {
    return /** @type {any} */ (event.target).closest?.("[data-key]")?.dataset.key ?? "";
  }

  sheet.addEventListener("click", (/** @type {Event} */ event) => {
    const part = partAt(event);
    if (drawing?.stages.has(part)) actions.openStage(part);
    else if (ways.has(part)) actions.openWays(ways.get(part) ?? []);
  });
  sheet.addEventListener("pointerover", (/** @type {Event} */ event) => {
    const part = partAt(event);
    const stage = drawing?.stages.has(part) ? part : "";
    if (stage === hovered) return;
    hovered = stage;
    emphasise();
  });
  sheet.addEventListener("pointerleave", () => {
    hovered = "";
    emphasise();
  });
  // Not on the drawing itself: one that listens to the focus can get it.
  node.addEventListener("focusin", (/** @type {Event} */ event) => {
    const part = partAt(event);
    if (drawing?.stages.has(part)) setTabStop(part);
    emphasise();
  });
  node.addEventListener("focusout", () => queueMicrotask(emphasise));
  sheet.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !typed(event)) return;
    event.preventDefault();
  });

  /** @param {KeyboardEvent} event @returns {boolean} whether the key means something here */
  function typed(event) {
    if (isArrow(event.key)) return event.shiftKey ? panned(event.key) : stepped(event.key);
    switch (event.key) {
      case "Enter":
      case " ":
        actions.openStage(at);
        return true;
      case "Escape":
        return actions.close();
      case "Home":
        if (here) focus(here);
        return true;
      case "+":
      case "=":
        camera.zoom(1.25);
        return true;
      case "-":
        camera.zoom(1 / 1.25);
        return true;
      case "0":
        fit();
        return true;
      case "/":
        actions.find();
        return true;
      default:
        return false;
    }
  }

  /** @param {string} key */
  function panned(key) {
    const [dx, dy] = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[key] ?? [0, 0];
    camera.pan(dx * STEP_PX, dy * STEP_PX);
    return true;
  }

  /** @param {string} arrow */
  function stepped(arrow) {
    if (!drawing || !graph) return false;
    const next = nextStage(at, arrow, drawing.stages, neighbours(graph.ways, at));
    if (next) focus(next);
    return true;
  }

  return {
    node,
    focus,
    reveal,
    /** Draw what has changed. @param {Picture} picture @param {StageView} view @param {Map<string, Marks>} of @param {ToldMove[]} moves @param {ToldMove[]} added */
    draw(picture, view, of, moves, added) {
      const isNew = picture.key !== key;
      if (isNew) redraw(picture, view);
      if (!drawing || !marks) return;
      graph = view.graph;
      const last = moves.findLast((move) => move.kind !== "refused");
      marks.draw(view, of, last?.way ?? null);
      map.draw(of);
      if (view.now !== here && here !== null && !isNew && isFollowing()) reveal(view.now ?? "");
      if (view.now !== here && !sheet.contains(document.activeElement) && view.now) setTabStop(view.now);
      here = view.now;
      if (!isNew) runMoves(drawing, above, view.graph.ways, added);
    },
    /** @param {{stage?: string, ways?: string[]}} next */
    select(next) {
      selected = next;
      emphasise();
      camera.measure(); // the details beside it have come or gone
      if (next.stage) reveal(next.stage);
    },
    /** Give the focus back to a stage. @param {string} [id] */
    refocus(id = at) {
      drawing?.stages.get(id)?.node.focus({ preventScroll: true });
    },
    stop: () => camera.stop(),
  };
}
