/**
 * The page side of a panel of one's own: all but what it draws.
 *
 * This file and what it imports become the scope in which the author's script finds `panel` and `h`. The commands are
 *
 *   do {what, data}        the script has sent this
 *   dismiss {alert}        the person has read it
 *
 * @typedef {{names: string[], busy: boolean, closed: boolean}} OwnView with each part of the author's view as `own_NAME`
 * @typedef {(given: {el: HTMLElement, h: typeof h, send: (what: string, data?: any) => void}) => (view: any) => void} Draw
 */

import { createAnnouncer } from "./page/announcer.js";
import { createBanners } from "./page/banners.js";
import { h, keepToItself, quiet } from "./page/elements.js";
import { createSession } from "./page/session.js";
import { createWidget } from "./page/widget.js";

/**
 * What a script exports.
 * @param {Draw} draw called once for each view of the panel; gives what shows its data
 */
export function panel(draw) {
  return createWidget(
    (/** @type {any} */ model) => createSession(model, { name: "own", view: { names: [] } }),
    (/** @type {HTMLElement} */ el, /** @type {any} */ options, /** @type {any} */ session) => createOwnPanel(el, options, session, draw),
  );
}

/**
 * @param {HTMLElement} el
 * @param {any} options
 * @param {ReturnType<typeof createSession>} session
 * @param {Draw} draw
 */
function createOwnPanel(el, options, session, draw) {
  const id = `inb-${Math.random().toString(36).slice(2, 8)}`;
  const status = createAnnouncer();
  const banners = createBanners(session, status.say);
  const doing = h("span", { class: "inb-doing" });
  const trouble = h("div", { class: "inb-banner inb-alert", "data-kind": "error", role: "alert", hidden: true });
  const head = h(
    "div",
    { class: "inb-head" },
    h("span", { class: "inb-dot", "aria-hidden": "true" }), h("strong", { class: "inb-title", id }, options.title), doing,
  );
  const scrolls = options.height ? { tabindex: "0", role: "group", "aria-labelledby": id } : {};
  const body = h("div", { class: "inb-own-body", ...scrolls });
  const root = h(
    "section",
    { class: `inb-panel inb-own ${options.scope}`, "aria-labelledby": id },
    head, ...banners.nodes, trouble, body, status.node,
  );
  if (options.height) root.style.setProperty("--inb-height", options.height);
  root.classList.toggle("inb-own-grows", !options.height);
  el.replaceChildren(root);
  keepToItself(root);
  // Whatever the script has made, and whenever: what has the focus keeps its keys.
  root.addEventListener("focusin", (event) => quiet(/** @type {Element} */ (event.target)));
  const knock = () => session.line.ping();
  root.addEventListener("pointerenter", knock);
  root.addEventListener("focusin", knock);

  /** @type {((view: any) => void) | undefined} */
  let show;
  let shown = "";

  /** @param {() => void} work the author's */
  function guard(work) {
    try {
      work();
      trouble.hidden = true;
    } catch (error) {
      console.error(error);
      trouble.textContent = `The script of this panel failed: ${error}`;
      trouble.hidden = false;
    }
  }

  function drawAll() {
    banners.draw();
    const { store, isOff, line } = session;
    if (store.epoch === null) return;
    root.classList.toggle("inb-busy", store.view.busy && !isOff);
    root.classList.toggle("inb-off", isOff);
    root.dataset.health = line.health;
    doing.textContent = line.health === "gone" ? "Disconnected" : store.view.closed ? "Closed" : store.view.busy ? "Thinking…" : "";
    const view = ownView(/** @type {any} */ (store.view));
    const text = JSON.stringify(view);
    if (text === shown || !show) return;
    shown = text;
    guard(() => show?.(view));
  }

  guard(() => {
    const drawn = draw({ el: body, h, send: (what, data = null) => void session.line.send("do", { what, data }) });
    if (typeof drawn !== "function") throw new TypeError("what panel() is given must return a function that shows a view");
    show = drawn;
  });
  drawAll();
  return session.watch(drawAll);
}

/** What the author's `view()` has returned. @param {OwnView & Record<string, any>} view */
function ownView(view) {
  return Object.fromEntries(view.names.map((name) => [name, view[`own_${name}`]]));
}
