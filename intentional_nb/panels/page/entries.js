/** How the things in a turn are drawn: what the bot said, its moves and tool calls, errors and notices. */

import { h, setBlock } from "./elements.js";
import { icon } from "./icons.js";
import { duration, moveWords, toolWords } from "./words.js";

/** How each kind of entry is drawn: a node, and a function that brings it up to date. */
export const DRAW = {
  text() {
    const node = h("div", { class: "inb-text" });
    const more = h("p", { class: "inb-more" });
    const cut = h("span", { class: "inb-cut" });
    /** @type {string[]} */
    let html = [];
    return {
      node,
      /** @param {TextEntry} entry */
      update(entry) {
        entry.html.forEach((block, index) => {
          if (block === html[index]) return;
          let holder = /** @type {HTMLElement} */ (node.children[index]);
          if (!holder?.classList.contains("inb-block")) {
            holder = h("div", { class: "inb-block", dir: "auto" });
            node.insertBefore(holder, node.children[index] ?? null);
          }
          setBlock(holder, block);
        });
        for (const extra of [...node.querySelectorAll(":scope > .inb-block")].slice(entry.html.length)) extra.remove();
        html = entry.html;
        more.textContent = entry.more ? `… ${entry.more.toLocaleString("en")} more characters; bot.transcript has them all` : "";
        if (entry.more) node.append(more);
        else more.remove();
        node.classList.toggle("inb-interrupted", Boolean(entry.cut));
        if (entry.cut) node.append(drawCut(cut, entry.cut));
        else cut.remove();
      },
    };
  },

  tool() {
    const name = h("code", { class: "inb-tool-name" });
    const preview = h("span", { class: "inb-tool-preview" });
    const status = h("span", { class: "inb-pill" });
    const took = h("span", { class: "inb-tool-took" });
    const summary = h("summary", {}, icon("tool"), name, preview, status, took);
    const inside = h("div", { class: "inb-tool-body" });
    const node = h("details", { class: "inb-tool" }, summary, inside);
    /** @param {string} label @param {string} text */
    const part = (label, text) => [h("div", { class: "inb-label" }, label), h("pre", { tabindex: "0", role: "group", "aria-label": label }, text)];
    return {
      node,
      /** @param {ToolEntry} entry */
      update(entry) {
        name.textContent = entry.name;
        preview.textContent = entry.preview;
        node.dataset.status = entry.status;
        status.textContent = toolWords(entry.status);
        took.textContent = entry.status === "running" ? "" : duration(entry.ms);
        inside.replaceChildren(
          ...(entry.arguments ? part("Arguments", entry.arguments) : [h("div", { class: "inb-label" }, "No arguments")]),
          ...(entry.status === "running" ? [] : part(entry.status === "ok" ? "Result" : "Error", entry.output || "(nothing)")),
        );
      },
    };
  },

  route() {
    const node = h("div", { class: "inb-move" });
    return {
      node,
      /** @param {RouteEntry} move */
      update(move) {
        const words = moveWords(move);
        node.dataset.kind = move.kind;
        node.title = [
          `chose ${move.choice || "nothing"} from: ${move.options.join(", ") || "nothing"}`,
          move.trail.length ? `trail: ${move.trail.join(" › ")}` : "",
          `${duration(move.ms)}`,
        ].filter(Boolean).join("\n");
        const isRefused = move.kind === "refused";
        node.replaceChildren(
          h(
            "span",
            { class: "inb-move-words" },
            h("span", { class: "inb-sr" }, isRefused ? "Move refused in stage " : "Stage "),
            h("code", {}, move.source),
            h("span", { class: "inb-move-icon" }, icon(/** @type {any} */ (words.icon))),
            isRefused ? null : h("span", { class: "inb-sr" }, " to "),
            isRefused ? null : h("code", { class: "inb-move-target" }, move.target),
            words.label ? h("span", { class: "inb-move-label" }, words.label) : null,
            words.detail ? h("span", { class: "inb-move-choice" }, words.detail) : null,
          ),
        );
      },
    };
  },

  error() {
    const text = h("span", {});
    const where = h("code", {});
    const node = h("div", { class: "inb-error" }, h("div", {}, h("strong", {}, "Something failed"), " in ", where), text);
    return {
      node,
      /** @param {ErrorEntry} entry */
      update(entry) {
        text.textContent = entry.text;
        where.textContent = entry.where;
      },
    };
  },

  notice() {
    const node = h("div", { class: "inb-notice" });
    return {
      node,
      /** @param {NoticeEntry} entry */
      update(entry) {
        node.textContent = entry.text;
      },
    };
  },
};

/**
 * Where the user interrupted the bot's speech, and the words that nobody heard.
 * @param {HTMLElement} node @param {{ms: number, unheard: string}} cut
 */
function drawCut(node, { ms, unheard }) {
  node.replaceChildren(h("span", { class: "inb-cut-mark", title: `after ${duration(ms)}` }, "interrupted here"));
  if (unheard) node.append(h("span", { class: "inb-sr" }, " Not heard: "), h("s", { class: "inb-unheard" }, unheard));
  return node;
}
