/**
 * The kernel's drawing as elements of the page.
 *
 * It comes as text, and becomes elements without innerHTML: the text is read as XML, in a document of its own where
 * nothing runs and nothing is fetched, and of that only elements and attributes that a drawing is made of are made anew
 * here. So even a text that our renderer did not write could do no more than draw.
 */

import { quiet } from "./page/elements.js";

const SVG_NAMES = "http://www.w3.org/2000/svg";
const TAGS = new Set(["g", "rect", "path", "text", "title"]);
const ATTRIBUTES = new Set([
  "class", "x", "y", "width", "height", "rx", "d", "font-size", "font-weight", "text-anchor",
  "data-stage", "data-choice", "data-line", "data-from", "data-to",
]);
const BADGE_PX = 17;

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function s(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG_NAMES, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/**
 * @param {Element} given
 * @returns {Element | null}
 */
function copied(given) {
  if (given.namespaceURI !== SVG_NAMES || !TAGS.has(given.localName)) return null;
  const node = document.createElementNS(SVG_NAMES, given.localName);
  for (const { name, value } of given.attributes) {
    if (ATTRIBUTES.has(name)) node.setAttribute(name, value);
    // Two views of one graph may lie on a page, where an id may stand once.
    else if (name === "id") node.setAttribute("data-key", value);
  }
  for (const child of given.childNodes) {
    if (child.nodeType === Node.ELEMENT_NODE) node.append(copied(/** @type {Element} */ (child)) ?? "");
    else if (child.nodeType === Node.TEXT_NODE && ["text", "title"].includes(given.localName)) node.append(child.data);
  }
  return node;
}

/**
 * @typedef {{node: any, x: number, y: number, width: number, height: number}} Box x and y are its middle
 * @typedef {{node: any, path: any, from: string, to: string}} Line
 * @typedef {{node: any, path?: undefined}} Label
 * @typedef {{layer: any, width: number, height: number, stages: Map<string, Box>, marks: Map<string, Box>,
 *            lines: Map<string, Line>, labels: Map<string, Label>}} Drawing
 *
 * @param {string} text
 * @returns {Drawing}
 */
export function importDrawing(text) {
  const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
  const root = parsed.documentElement;
  const size = (root.getAttribute("viewBox") ?? "").split(" ").map(Number);
  if (parsed.doctype || root.namespaceURI !== SVG_NAMES || root.localName !== "svg" || !size.slice(2).every((side) => side > 0)) {
    throw new Error("the kernel sent something that is no drawing");
  }
  const layer = s("g", { class: "inb-g-page", "font-family": root.getAttribute("font-family") ?? "sans-serif" });
  for (const child of root.children) layer.append(copied(child) ?? "");
  /** @type {Drawing} */
  const drawing = {
    layer, width: size[2], height: size[3], stages: new Map(), marks: new Map(), lines: new Map(), labels: new Map(),
  };
  for (const node of layer.children) note(node, drawing);
  return drawing;
}

/** @param {any} node @param {Drawing} drawing */
function note(node, drawing) {
  const key = node.dataset.key;
  const path = node.querySelector(":scope > path");
  const box = node.querySelector(":scope > .inb-g-box");
  if (path) {
    const { from, to } = node.dataset;
    drawing.lines.set(key, { node, path, from, to });
    // A line is too thin to be hit.
    node.append(s("path", { class: "inb-s-hit", d: path.getAttribute("d") ?? "" }));
    node.setAttribute("aria-hidden", "true");
  } else if (box) {
    const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(box.getAttribute(name)));
    const place = { node, x: x + width / 2, y: y + height / 2, width, height };
    const isStage = node.dataset.stage !== undefined;
    (isStage ? drawing.stages : drawing.marks).set(key, place);
    if (!isStage) node.setAttribute("aria-hidden", "true");
    else quiet(node);
  } else {
    for (const label of node.querySelectorAll(":scope > [data-choice]")) drawing.labels.set(label.dataset.key, { node: label });
    node.setAttribute("aria-hidden", "true");
  }
}

/**
 * A pill with a word or a number, its middle at a point.
 * @param {string} kind
 * @param {string} words
 * @param {number} x
 * @param {number} y
 * @param {string} tooltip
 */
export function badge(kind, words, x, y, tooltip) {
  const width = Math.max(words.length * 6.2 + 10, BADGE_PX);
  return s(
    "g",
    { class: `inb-g-${kind}-badge` },
    s("title", {}, tooltip),
    s("rect", { class: "inb-g-badge", x: x - width / 2, y: y - BADGE_PX / 2, width, height: BADGE_PX, rx: BADGE_PX / 2 }),
    s("text", { class: "inb-g-badge-text", x, y: y + 3.5, "font-size": 10, "font-weight": "bold", "text-anchor": "middle" }, words),
  );
}

/**
 * The mark that says how often a way was taken, at an end of its label or in the middle of its line.
 * @param {Label | Line} part
 * @param {Iterable<Box>} boxes what it should not lie below
 */
export function countMark(part, boxes) {
  const ground = s("rect", { class: "inb-g-ground", height: 13.2, rx: 3 });
  const text = s("text", { class: "inb-g-label", "font-size": 11, "text-anchor": "middle" });
  const node = s("g", { class: "inb-s-count" }, ground, text);
  /** Where it lies, once the label's letters have been measured. @type {{from: number, to: number, y: number} | null} */
  let ends = null;

  function place() {
    const words = text.textContent;
    const width = words.length * 6.2 + 4;
    const { from, to, y, isMeasured } = ends ? { ...ends, isMeasured: true } : part.path ? middleOf(part.path) : labelEnds(part.node);
    if (isMeasured) ends = { from, to, y };
    const left = part.path ? from - width / 2 : [to, from - width].find((x) => !liesBelow(boxes, x, width, y)) ?? to;
    ground.setAttribute("x", left.toFixed(1));
    ground.setAttribute("y", (y - 6.6).toFixed(1));
    ground.setAttribute("width", width.toFixed(1));
    text.setAttribute("x", (left + width / 2).toFixed(1));
    text.setAttribute("y", (y + 3.8).toFixed(1));
  }

  return {
    node,
    /** @param {number} count */
    set(count) {
      text.textContent = `×${count}`;
      place();
    },
    /** The drawing is on the page now: letters can be measured that could not be before. */
    settle() {
      if (!ends) place();
    },
  };
}

/** Whether a box lies where a mark would. @param {Iterable<Box>} boxes @param {number} left @param {number} width @param {number} y */
function liesBelow(boxes, left, width, y) {
  return [...boxes].some((box) => left < box.x + box.width / 2 + 3 && left + width > box.x - box.width / 2 - 3 && Math.abs(y - box.y) < box.height / 2 + 6);
}

/** @param {any} path */
function middleOf(path) {
  const { x, y } = path.getPointAtLength(path.getTotalLength() / 2);
  return { from: x, to: x, y, isMeasured: true };
}

/** The ends of a label's last row, which is as wide as the reader's letters are. @param {any} node */
function labelEnds(node) {
  const ground = [...node.querySelectorAll(":scope > .inb-g-ground")].at(-1);
  const text = [...node.querySelectorAll(":scope > text")].at(-1);
  const [left, top, wide, high] = ["x", "y", "width", "height"].map((name) => Number(ground.getAttribute(name)));
  const middle = Number(text.getAttribute("x"));
  const half = text.getComputedTextLength() / 2;
  return {
    from: Math.min(left + 2, middle - half - 2), to: Math.max(left + wide - 2, middle + half + 2), y: top + high / 2,
    isMeasured: half > 0,
  };
}

/**
 * A curve from the edge of one box to the edge of another, for a move that no line shows.
 * @param {Box} one
 * @param {Box} other
 */
export function bend(one, other) {
  const [dx, dy] = [other.x - one.x, other.y - one.y];
  const far = Math.hypot(dx, dy) || 1;
  const aside = Math.min(70, far / 4);
  const middle = { x: (one.x + other.x) / 2 - (dy / far) * aside, y: (one.y + other.y) / 2 + (dx / far) * aside };
  const start = edge(one, middle);
  const end = edge(other, middle);
  return `M${start.x.toFixed(1)} ${start.y.toFixed(1)}Q${middle.x.toFixed(1)} ${middle.y.toFixed(1)} ${end.x.toFixed(1)} ${end.y.toFixed(1)}`;
}

/** Where the way from the middle of a box to a point leaves the box. @param {Box} box @param {{x: number, y: number}} point */
function edge(box, point) {
  const [dx, dy] = [point.x - box.x, point.y - box.y];
  const reach = Math.min(
    dx ? (box.width / 2 + 4) / Math.abs(dx) : Infinity,
    dy ? (box.height / 2 + 4) / Math.abs(dy) : Infinity,
    1,
  );
  return { x: box.x + dx * reach, y: box.y + dy * reach };
}
