/** What is known of a stage or of a way, beside the drawing. */

import { h, iconButton, toClipboard } from "./page/elements.js";
import { helpParts } from "./stage_graph_help.js";
import { kindIcon } from "./stage_graph_icons.js";
import { createPast } from "./stage_graph_past.js";
import { nameOf, timesWords } from "./stage_graph_steps.js";

/**
 * @param {{openStage: (id: string) => void, openWays: (ways: string[]) => void, close: () => void, say: (words: string) => void}} actions
 */
export function createSide(actions) {
  const title = h("h2", { class: "inb-s-title", tabindex: "-1" });
  const names = ["marks", "about", "leads", "comes", "model"];
  const sections = names.map((name) => createSection(`inb-s-${name}`));
  const past = createPast();
  const body = h("div", { class: "inb-s-text", tabindex: "0", role: "group", "aria-label": "Details" }, ...sections.map((section) => section.node), past.node);
  const node = h(
    "aside",
    { class: "inb-s-side", hidden: true, "aria-label": "Details" },
    h("div", { class: "inb-s-top" }, title, iconButton("cross", "Close (Escape)", actions.close)),
    body,
  );
  let shown = "";
  /** The ways of the stage that is shown. @type {ReturnType<typeof createWayRow>[]} */
  let rows = [];

  /** @param {string} name @param {() => HTMLElement[]} build @param {any} inputs */
  function section(name, build, inputs) {
    sections[names.indexOf(name)].draw(JSON.stringify([shown, name, inputs]), build);
  }

  /** @param {string[]} drawn */
  function clear(drawn) {
    for (const name of names.filter((other) => !drawn.includes(other))) section(name, () => [], null);
  }

  /** @param {Stage} stage @param {StageView} view @param {Marks} marks @param {ToldMove[]} moves */
  function drawStage(stage, view, marks, moves) {
    const stages = new Map(view.graph.stages.map((other) => [other.id, other]));
    const leads = view.graph.ways.filter((way) => way.from.includes(stage.id));
    const comes = view.graph.ways.filter((way) => way.to === stage.id);
    const open = new Set(marks.now ? view.reachable.map(([way]) => way) : []);
    const returns = marks.now ? stages.get(view.path.at(-1) ?? "") : undefined;
    const told = view.told[stage.id];
    section("marks", () => marksParts(stage, marks), [stage.unreachable, marks]);
    section("about", () => aboutParts(stage), stage);
    section("leads", () => leadsParts(leads), leads);
    for (const row of rows) {
      const target = stages.get(row.way.to ?? "") ?? returns;
      const where = row.way.to === null ? `back to ${returns ? nameOf(returns) : "where it came from"}` : target ? nameOf(target) : "";
      row.set(where, view.taken[row.way.id] ?? 0, marks.now && !open.has(row.way.id));
    }
    section("comes", () => comesParts(comes, stages), comes);
    section("model", () => modelParts(told), told ?? null);
    past.draw(shown, moves.filter((move) => move.from === stage.id || move.to === stage.id), {
      title: "What happened here", nothing: "Nothing yet: the conversation has not been here.",
    });
  }

  /** @param {Way[]} ways @param {StageView} view @param {ToldMove[]} moves */
  function drawWays(ways, view, moves) {
    const stages = new Map(view.graph.stages.map((other) => [other.id, other]));
    const ids = new Set(ways.map((way) => way.id));
    const count = ways.reduce((sum, way) => sum + (view.taken[way.id] ?? 0), 0);
    section("leads", () => waysParts(ways, view, stages), [ways, ways.map((way) => view.taken[way.id])]);
    past.draw(shown, moves.filter((move) => move.way !== null && ids.has(move.way)), {
      title: `Taken ${timesWords(count)}`, nothing: "Not taken yet.",
    });
    clear(["leads"]);
  }

  // -- parts

  /** @param {Stage} stage @param {Marks} marks */
  function marksParts(stage, marks) {
    const chips = [
      marks.now && ["now", "The conversation stands here"],
      marks.trail && ["trail", `On the trail, place ${marks.trail}`],
      marks.visits && ["visits", `Entered ${timesWords(marks.visits)}`],
      marks.open && ["open", "Can be reached from here"],
      stage.unreachable && ["lost", "Cannot be reached"],
    ];
    return chips.filter(Boolean).map((chip) => h("span", { class: "inb-s-chip", "data-kind": chip[0] }, chip[1]));
  }

  /** @param {Stage} stage */
  function aboutParts(stage) {
    const parts = [labelled("Goal", stage.goal), labelled("Description", stage.description ?? "")];
    if (stage.examples?.length) parts.push(labelled("For example", stage.examples.map((text) => `“${text}”`).join(" · ")));
    if (stage.tools?.length) parts.push(labelled("Tools", stage.tools.join(", ")));
    return /** @type {HTMLElement[]} */ (parts.filter(Boolean));
  }

  /** @param {Way[]} ways */
  function leadsParts(ways) {
    rows = ways.map((way) => createWayRow(way, actions.openWays));
    const nodes = (/** @type {boolean} */ isJump) => rows.filter(({ way }) => (way.kind === "jump") === isJump).map((row) => row.node);
    return [["Outcomes", nodes(false)], ["Jumps", nodes(true)]].flatMap(([words, some]) => (some.length ? [heading(/** @type {string} */ (words)), ...some] : []));
  }

  /** @param {Way[]} ways @param {StageView} view @param {Map<string, Stage>} stages */
  function waysParts(ways, view, stages) {
    return ways.map((way) => {
      const target = stages.get(way.to ?? "");
      const sources = way.from.length === 1 ? nameOf(/** @type {Stage} */ (stages.get(way.from[0]))) : `any of ${way.from.length} stages`;
      const where = target ? nameOf(target) : "where it came from";
      return h(
        "div",
        { class: "inb-s-way-card" },
        h("div", { class: "inb-s-route" }, stageLink(way.from.length === 1 ? way.from[0] : null, sources), kindIcon(way.kind), stageLink(way.to, where)),
        h("div", {}, h("code", {}, way.choice), ` · ${way.kind} · ${view.taken[way.id] ? `taken ${timesWords(view.taken[way.id])}` : "not taken yet"}`),
        way.when && h("p", { class: "inb-s-when" }, way.when),
        way.examples.length > 0 && h("p", { class: "inb-s-when" }, way.examples.map((text) => `“${text}”`).join(" · ")),
      );
    });
  }

  /** @param {Way[]} ways @param {Map<string, Stage>} stages */
  function comesParts(ways, stages) {
    const sources = [...new Set(ways.flatMap((way) => way.from))].map((id) => stages.get(id)).filter(Boolean);
    if (sources.length === 0) return [];
    const links = sources.map((stage) => stageLink(/** @type {Stage} */ (stage).id, nameOf(/** @type {Stage} */ (stage))));
    return [heading("Comes from"), h("div", { class: "inb-s-links" }, ...links)];
  }

  /** @param {string | null} id @param {string} name */
  function stageLink(id, name) {
    if (id === null) return h("span", { class: "inb-s-name" }, name);
    return h("button", { type: "button", class: "inb-s-link", "data-focus": `stage ${id}`, onclick: () => actions.openStage(id) }, name);
  }

  /** @param {Told | undefined} told */
  function modelParts(told) {
    if (!told) return [heading("What the model is told"), h("p", { class: "inb-s-when" }, "Asking the kernel…")];
    const how = { sent: `as sent in turn ${told.turn}`, now: "as the model has it now", preview: "as it would be when the user speaks here" }[told.how];
    const schemas = `[\n${told.tools.map((tool) => tool.schema).join(",\n")}\n]`;
    const count = `${told.tools.length} tool schema${told.tools.length === 1 ? "" : "s"}`;
    return [
      heading("System prompt", how, copyButton("Copy the system prompt", told.prompt)),
      h("pre", { class: "inb-s-pre", tabindex: "0", role: "group", "aria-label": "System prompt" }, told.shown ?? told.prompt),
      heading(count, "", told.tools.length > 0 && copyButton("Copy the tool schemas", schemas)),
      ...told.tools.map((tool) =>
        h(
          "details",
          { class: "inb-s-tool" },
          h("summary", { "data-focus": `tool ${tool.name}` }, h("code", {}, tool.name), h("span", { class: "inb-s-when" }, tool.description)),
          h("pre", { class: "inb-s-pre", tabindex: "0", role: "group", "aria-label": `Schema of ${tool.name}` }, tool.schema),
        )),
    ];
  }

  /** @param {string} label @param {string} text */
  function copyButton(label, text) {
    const button = iconButton("copy", label, async () => {
      if (await toClipboard(text)) actions.say("Copied");
    });
    button.dataset.focus = label;
    return button;
  }

  return {
    node,
    /** The details of what is selected; nothing for nothing. @param {Selection} selection @param {StageView} view @param {Map<string, Marks>} marks @param {ToldMove[]} moves */
    draw(selection, view, marks, moves) {
      const before = shown;
      shown = selection ? `${selection.kind} ${selection.kind === "ways" ? selection.ways.join(" ") : selection.kind === "stage" ? selection.id : ""}` : "";
      node.hidden = !shown;
      if (!selection) return;
      if (shown !== before) body.scrollTop = 0;
      if (selection.kind === "stage") {
        const stage = view.graph.stages.find((other) => other.id === selection.id);
        if (!stage) return;
        title.textContent = nameOf(stage);
        drawStage(stage, view, marks.get(stage.id) ?? { now: false, trail: "", visits: 0, open: false }, moves);
      } else if (selection.kind === "ways") {
        const ways = view.graph.ways.filter((way) => selection.ways.includes(way.id));
        title.textContent = ways.length === 1 ? ways[0].choice : `${ways.length} ways`;
        drawWays(ways, view, moves);
      } else {
        title.textContent = { help: "How to read and use this", problems: "Problems of the graph", changes: "What changed in the graph" }[selection.kind];
        const lines = selection.kind === "changes" ? view.changed : view.graph.problems;
        section("about", () => (selection.kind === "help" ? helpParts() : listParts(selection.kind, view)), lines);
        clear(["about"]);
      }
      past.node.hidden = !["stage", "ways"].includes(selection.kind);
    },
    focus: () => title.focus(),
  };

  /** @param {string} kind @param {StageView} view */
  function listParts(kind, view) {
    if (kind === "changes") return [h("ul", { class: "inb-s-list" }, ...view.changed.map((line) => h("li", { class: "inb-s-change" }, line)))];
    const rows = view.graph.problems.map((problem) =>
      h("li", { class: "inb-s-problem", "data-kind": problem.severity }, h("strong", {}, problem.severity), " ", problem.text, problem.stage && h("div", { class: "inb-s-links" }, stageLink(problem.stage, nameOf(/** @type {Stage} */ (view.graph.stages.find((stage) => stage.id === problem.stage)))))));
    return [h("ul", { class: "inb-s-list" }, ...rows)];
  }
}

/** One way out of a stage. @param {Way} way @param {(ways: string[]) => void} openWays */
function createWayRow(way, openWays) {
  const where = h("span", { class: "inb-s-where" });
  const times = h("span", { class: "inb-s-times", hidden: true });
  const node = h(
    "button",
    { type: "button", class: "inb-s-row", "data-focus": way.id, "data-kind": way.kind, onclick: () => openWays([way.id]) },
    kindIcon(way.kind),
    h("span", { class: "inb-s-what" }, h("code", {}, way.choice), where, way.when && h("span", { class: "inb-s-when" }, way.when)),
    times,
  );
  let drawn = "";
  return {
    way,
    node,
    /** @param {string} target @param {number} count @param {boolean} isShut whether it is not offered at the moment */
    set(target, count, isShut) {
      const now = `${target} ${count} ${isShut}`;
      if (now === drawn) return;
      drawn = now;
      where.textContent = (way.kind === "jump" ? "" : ` → ${target}`) + (isShut ? " · not offered now" : "");
      node.toggleAttribute("data-shut", isShut);
      times.hidden = count === 0;
      times.textContent = `×${count}`;
      times.title = `taken ${timesWords(count)}`;
    },
  };
}

/** A part that is made anew only when what it shows has changed; the focus stays where it was. @param {string} name */
function createSection(name) {
  const node = h("div", { class: name });
  let drawn = "";
  return {
    node,
    /** @param {string} inputs @param {() => HTMLElement[]} build */
    draw(inputs, build) {
      if (inputs === drawn) return;
      drawn = inputs;
      const active = node.contains(document.activeElement) ? /** @type {any} */ (document.activeElement) : null;
      const open = [...node.querySelectorAll("details[open] > summary")].map((summary) => summary.dataset.focus);
      node.replaceChildren(...build());
      for (const summary of node.querySelectorAll("details > summary")) {
        if (open.includes(summary.dataset.focus)) summary.parentElement.open = true;
      }
      const focus = active?.dataset.focus;
      if (focus) [...node.querySelectorAll("[data-focus]")].find((other) => other.dataset.focus === focus)?.focus({ preventScroll: true });
    },
  };
}

/** @param {string} words @param {string} [more] @param {HTMLElement | false} [button] */
function heading(words, more = "", button = false) {
  return h("h3", { class: "inb-s-heading" }, h("span", {}, words), more && h("small", {}, more), button);
}

/** @param {string} label @param {string} text */
function labelled(label, text) {
  return text ? h("div", {}, h("h3", { class: "inb-s-heading" }, label), h("p", { class: "inb-s-para" }, text)) : null;
}
