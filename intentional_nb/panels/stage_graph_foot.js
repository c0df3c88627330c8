/** Below the drawing: where the conversation stands, where it would return to, what moved it last, and how long it took. */

import { h, iconButton } from "./page/elements.js";
import { icon } from "./page/icons.js";
import { createWaterfall } from "./page/waterfall.js";
import { moveWords } from "./page/words.js";
import { nameOf } from "./stage_graph_steps.js";

/** @param {{openStage: (id: string) => void, openWays: (ways: string[]) => void, showChanges: () => void}} actions */
export function createFoot(actions) {
  const trail = h("div", { class: "inb-s-trail", role: "group", "aria-label": "Where the conversation stands, and would return to" });
  const last = h("button", { type: "button", class: "inb-s-last" });
  const changes = h("button", { type: "button", class: "inb-s-changed", hidden: true, onclick: actions.showChanges });
  const timesButton = iconButton("clock", "Where the time of the latest turn went", () => setTimes(times.hidden), "inb-tiny inb-s-clock");
  const times = h("div", { class: "inb-s-clocked", hidden: true });
  const node = h("div", { class: "inb-s-foot" }, trail, changes, last, timesButton);
  /** @type {{n: number, draw: (times: Times, now: number) => void} | null} */
  let waterfall = null;
  /** @type {StageView["times"]} */
  let timed = null;
  let drawn = "";
  /** What a click on the last move opens. @type {() => void} */
  let open = () => {};
  last.addEventListener("click", () => open());

  /** @param {boolean} isOpen */
  function setTimes(isOpen) {
    times.hidden = !isOpen;
    timesButton.setAttribute("aria-expanded", String(isOpen));
    drawTimes();
  }

  function drawTimes() {
    timesButton.hidden = !timed;
    if (!timed || times.hidden) return;
    if (waterfall?.n !== timed.n) {
      const { node: bars, draw } = createWaterfall(`Where the time of turn ${timed.n} went`);
      waterfall = { n: timed.n, draw };
      times.replaceChildren(h("div", { class: "inb-s-turn" }, `Turn ${timed.n}`), bars);
    }
    waterfall.draw(timed, timed.now ?? timed.ms ?? 0);
  }

  /** @param {StageView} view */
  function drawTrail(view) {
    const stages = new Map(view.graph.stages.map((stage) => [stage.id, stage]));
    const places = [
      { id: view.now, name: view.stage, place: 0 },
      ...view.path.map((id, at) => ({ id, name: view.trail[at], place: at + 1 })).reverse(),
    ];
    const now = JSON.stringify(places);
    if (now === drawn) return;
    drawn = now;
    trail.replaceChildren(...places.flatMap(({ id, name, place }) => {
      const stage = stages.get(id ?? "");
      const words = stage ? nameOf(stage) : name;
      const label = place ? `${words}, to return to, place ${place}` : `${words}, the conversation stands here`;
      const chip = h(
        "button",
        { type: "button", class: "inb-s-place", "data-kind": place ? "trail" : "now", title: label, "aria-label": label, disabled: !stage, onclick: () => stage && actions.openStage(stage.id) },
        place > 0 && h("span", { class: "inb-s-number" }, String(place)), h("span", { class: "inb-s-words" }, words),
      );
      return place ? [icon("back"), chip] : [chip];
    }));
  }

  /** @param {ToldMove | undefined} move */
  function drawLast(move) {
    last.disabled = !move;
    if (!move) {
      last.replaceChildren(h("span", { class: "inb-s-nothing" }, "No move yet"));
      return;
    }
    const words = moveWords(/** @type {any} */ (move));
    const isRefused = move.kind === "refused";
    open = () => (move.way ? actions.openWays([move.way]) : move.from && actions.openStage(move.from));
    last.title = `Turn ${move.n}: chose ${move.choice || "nothing"} from ${move.options.join(", ") || "nothing"}`;
    last.replaceChildren(
      h("span", { class: "inb-s-turn" }, `Turn ${move.n}`),
      h("span", { class: "inb-s-path" }, move.source, h("span", { class: "inb-s-icon", "data-kind": move.kind }, icon(/** @type {any} */ (words.icon))), isRefused ? `refused ${move.choice || "nothing"}` : move.target),
      move.user ? h("q", { class: "inb-s-said" }, move.user) : "",
    );
  }

  setTimes(false);
  let lastKey = "";
  return {
    node,
    times,
    /** @param {StageView} view @param {ToldMove[]} moves */
    draw(view, moves) {
      drawTrail(view);
      if (timed !== view.times) {
        timed = view.times;
        drawTimes();
      }
      const move = moves.at(-1);
      const key = move ? `${move.key} ${move.user}` : "none";
      if (key !== lastKey) drawLast(move);
      lastKey = key;
      changes.hidden = view.changed.length === 0;
      changes.textContent = `graph changed (${view.changed.length})`;
    },
  };
}
