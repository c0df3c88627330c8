/** What is told to people who do not see the panel: short sentences, one at a time. */

import { h } from "./elements.js";
import { endWords } from "./words.js";

const LONGEST = 600; // characters of a reply that are read out

export function createAnnouncer() {
  const node = h("div", { class: "inb-sr", role: "status", "aria-live": "polite" });
  let last = "";
  /** @type {number | null} */
  let turn = null;

  /** @param {string} words */
  function say(words) {
    if (node.textContent !== words) node.textContent = words;
  }

  return {
    node,
    say,
    /**
     * Tell that the bot replies, and once it has, what it said.
     * @param {View} view
     * @param {(n: number) => string} textOf
     */
    follow(view, textOf) {
      const latest = view.turns.at(-1);
      if (!latest) return;
      const words = latest.status === "running" ? "The bot is replying" : "";
      if (words && words !== last) say(words);
      if (!words && turn === latest.n && last) {
        const text = textOf(latest.n);
        const end = endWords(latest);
        say([end, text ? `The bot said: ${text.slice(0, LONGEST)}` : ""].filter(Boolean).join(". ") || "The bot has finished");
      }
      last = words;
      turn = latest.n;
    },
  };
}
