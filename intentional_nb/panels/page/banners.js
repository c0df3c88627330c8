/** What stands across the panel when people must know it: how the kernel is doing, errors and notices of no turn. */

import { h, iconButton } from "./elements.js";

const HEALTH = {
  live: null,
  busy: (/** @type {boolean} */ hasMessage) =>
    hasMessage
      ? "The kernel is busy with a cell; your message is waiting and will be sent when it is free."
      : "The kernel is busy with a cell and does not answer yet.",
  silent: () => "The kernel has not answered for a while: it is busy with a long cell, or it is gone. If it was restarted, run this cell again.",
  gone: () => "Disconnected: the kernel was restarted or is gone. Run this cell again to go on; what you typed stays here.",
};

const TOLD = Symbol.for("intentional_nb: what was told of the kernel last");
const ONCE_MS = 10_000;

/** Whether no panel on this page has just told this of the kernel: all of them would. @param {string} words */
function isNews(words) {
  const page = /** @type {any} */ (globalThis);
  const last = page[TOLD];
  const now = performance.now();
  if (last?.words === words && now - last.at < ONCE_MS) return false;
  page[TOLD] = { words, at: now };
  return true;
}

/**
 * @param {ReturnType<typeof createSession>} session
 * @param {(words: string) => void} say tells people who do not see it
 */
export function createBanners(session, say) {
  const health = h("div", { class: "inb-banner inb-health", hidden: true });
  const alerts = h("div", { class: "inb-alerts" });
  /** @type {Alert[] | null} */
  let drawn = null;

  function drawAlerts() {
    // Not at every word of a reply: the focus may be on one of the buttons.
    if (drawn === session.store.view.alerts) return;
    drawn = session.store.view.alerts;
    alerts.replaceChildren(
      ...drawn.map((alert) =>
        h("div", { class: "inb-banner inb-alert", "data-kind": alert.kind }, h("span", {}, alert.text), iconButton("cross", "Dismiss", () => session.line.send("dismiss", { alert: alert.alert })))),
    );
  }

  function drawHealth() {
    const words = HEALTH[session.line.health]?.(session.pending.length > 0) ?? session.trouble;
    health.hidden = !words;
    if (health.textContent === words) return;
    health.textContent = words;
    if (!words) return;
    if (words === session.trouble) say(words);
    // A panel in a tab that is not chosen would tell it to nobody.
    else if (health.parentElement?.checkVisibility?.() !== false && isNews(words)) say(words);
  }

  return {
    nodes: [health, alerts],
    draw() {
      drawAlerts();
      drawHealth();
    },
  };
}
