/** The whole drawing in a corner of the canvas, with a frame around what is seen; for pointers only. */

import { s } from "./stage_graph_drawing.js";
import { h } from "./page/elements.js";

const WIDEST_PX = 112;
const HIGHEST_PX = 84;

/** @param {(point: {x: number, y: number}) => void} go called with the point of the drawing that should be seen */
export function createMap(go) {
  const svg = s("svg", {});
  const frame = s("rect", { class: "inb-s-frame" });
  const node = h("div", { class: "inb-s-map", "aria-hidden": "true", hidden: true }, svg);
  /** @type {Map<string, any>} */
  const spots = new Map();
  let sheet = { width: 1, height: 1 };
  let scale = 1;

  /** @param {PointerEvent} event */
  function point(event) {
    const { left, top } = svg.getBoundingClientRect();
    go({ x: (event.clientX - left) / scale, y: (event.clientY - top) / scale });
  }
  svg.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    svg.setPointerCapture(event.pointerId);
    point(event);
  });
  svg.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    if (svg.hasPointerCapture(event.pointerId)) point(event);
  });

  return {
    node,
    /** @param {Drawing} drawing */
    open(drawing) {
      sheet = drawing;
      scale = Math.min(WIDEST_PX / sheet.width, HIGHEST_PX / sheet.height);
      for (const [name, side] of [["width", sheet.width], ["height", sheet.height]]) svg.setAttribute(name, (Number(side) * scale).toFixed(1));
      svg.setAttribute("viewBox", `0 0 ${sheet.width} ${sheet.height}`);
      spots.clear();
      for (const [id, { x, y, width, height }] of drawing.stages) {
        spots.set(id, s("rect", { class: "inb-s-spot", x: x - width / 2, y: y - height / 2, width, height, rx: 8 }));
      }
      svg.replaceChildren(...spots.values(), frame);
    },
    /** @param {Map<string, Marks>} marks */
    draw(marks) {
      for (const [id, spot] of spots) {
        const of = marks.get(id);
        const kind = of?.now ? "now" : of?.visits ? "visited" : "";
        if (spot.dataset.kind !== kind) spot.dataset.kind = kind;
      }
    },
    /** @param {At} at @param {Size} room */
    see(at, room) {
      const [x, y] = [-at.x / at.k, -at.y / at.k];
      const [width, height] = [room.width / at.k, room.height / at.k];
      const slack = 12;
      node.hidden = x <= slack && y <= slack && x + width >= sheet.width - slack && y + height >= sheet.height - slack;
      if (node.hidden) return;
      for (const [name, value] of Object.entries({ x, y, width, height })) frame.setAttribute(name, value.toFixed(1));
    },
  };
}
