/** Which part of the drawing is seen, and how large: moved by hand, by keys, by buttons, and by the conversation. */

export const LARGEST = 2.5;
const SMALLEST = 0.08;
const MARGIN_PX = 26; // around the drawing, where badges stick out
const NEAR_PX = 46; // closer to the border than that counts as out of sight
const FOOT_PX = 62; // likewise below, where the buttons are
const READABLE = 0.62; // a drawing that fits at this size is shown whole at first
const USUAL = 0.9;
const GLIDE_MS = 320;

/**
 * @typedef {{x: number, y: number, k: number}} At the drawing's corner on the canvas, and the scale
 * @typedef {{width: number, height: number}} Size
 */

/** The whole drawing in the middle, never larger than drawn. @param {Size} sheet @param {Size} room @returns {At} */
export function fitted(sheet, room) {
  const k = Math.max(
    SMALLEST,
    Math.min(1, (room.width - 2 * MARGIN_PX) / sheet.width, (room.height - 2 * MARGIN_PX) / sheet.height),
  );
  return { k, x: (room.width - sheet.width * k) / 2, y: (room.height - sheet.height * k) / 2 };
}

/** Larger or smaller, with one point of the canvas staying where it is. @param {At} at @param {number} factor @param {number} x @param {number} y @returns {At} */
export function zoomed(at, factor, x, y) {
  const k = Math.min(LARGEST, Math.max(SMALLEST, at.k * factor));
  const real = k / at.k;
  return { k, x: x - (x - at.x) * real, y: y - (y - at.y) * real };
}

/** A point of the drawing in the middle. @param {At} at @param {{x: number, y: number}} point @param {Size} room @returns {At} */
export function centred(at, point, room) {
  return { k: at.k, x: room.width / 2 - point.x * at.k, y: room.height / 2 - point.y * at.k };
}

/**
 * Moved as little as shows a box whole; left alone where it is seen already.
 * @param {At} at
 * @param {{x: number, y: number, width: number, height: number}} box x and y are its middle
 * @param {Size} room
 * @returns {At}
 */
export function revealing(at, box, room) {
  /** @param {number} start @param {number} end @param {number} far @param {number} after */
  const shift = (start, end, far, after) => {
    const spare = (far - (end - start)) / 2;
    if (spare <= 0) return spare - start;
    const [first, last] = [Math.min(NEAR_PX, spare), far - Math.min(after, spare)];
    if (start < first) return first - start;
    return end > last ? last - end : 0;
  };
  const [left, top] = [at.x + (box.x - box.width / 2) * at.k, at.y + (box.y - box.height / 2) * at.k];
  const dx = shift(left, left + box.width * at.k, room.width, NEAR_PX);
  const dy = shift(top, top + box.height * at.k, room.height, FOOT_PX);
  return dx || dy ? { k: at.k, x: at.x + dx, y: at.y + dy } : at;
}

/** Kept from being moved out of sight altogether. @param {At} at @param {Size} sheet @param {Size} room @returns {At} */
export function kept(at, sheet, room) {
  /** @param {number} place @param {number} long @param {number} far */
  const within = (place, long, far) => Math.min(far - Math.min(60, far / 3), Math.max(Math.min(60, far / 3) - long, place));
  return { k: at.k, x: within(at.x, sheet.width * at.k, room.width), y: within(at.y, sheet.height * at.k, room.height) };
}

/** What is seen first: all of it where that can be read, else the part around a point. @param {Size} sheet @param {Size} room @param {{x: number, y: number} | null} point @returns {At} */
export function opening(sheet, room, point) {
  const whole = fitted(sheet, room);
  if (whole.k >= READABLE || !point) return whole;
  const at = centred({ x: 0, y: 0, k: USUAL }, point, room);
  /** As much of the drawing as there is room for, rather than empty ground. @param {number} place @param {number} long @param {number} far */
  const filled = (place, long, far) =>
    long + 2 * MARGIN_PX <= far ? (far - long) / 2 : Math.min(MARGIN_PX, Math.max(far - long - MARGIN_PX, place));
  return {
    k: USUAL,
    x: filled(at.x, sheet.width * USUAL, room.width),
    y: filled(at.y, sheet.height * USUAL, room.height),
  };
}

export function wantsNoMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/**
 * @param {HTMLElement} canvas
 * @param {{moved: (at: At, room: Size) => void, handled: () => void}} told when something moved, and when a person did it
 */
export function createCamera(canvas, { moved, handled }) {
  /** @type {At} */
  let at = { x: 0, y: 0, k: 1 };
  /** @type {Size} */
  let sheet = { width: 1, height: 1 };
  /** @type {Size} */
  let room = { width: 0, height: 0 };
  /** What should be seen first. @type {{x: number, y: number} | null} */
  let wanted = null;
  let isWhole = false; // the whole drawing is shown, also when the canvas changes its size
  let glide = 0;

  /** @param {At} next @param {boolean} [gliding] */
  function go(next, gliding = false) {
    cancelAnimationFrame(glide);
    if (!gliding || wantsNoMotion()) return show(next);
    const [start, since] = [at, performance.now()];
    const step = () => {
      const part = Math.min(1, (performance.now() - since) / GLIDE_MS);
      const eased = 1 - (1 - part) ** 3;
      const mix = (/** @type {number} */ a, /** @type {number} */ b) => a + (b - a) * eased;
      show({ x: mix(start.x, next.x), y: mix(start.y, next.y), k: mix(start.k, next.k) });
      if (part < 1) glide = requestAnimationFrame(step);
    };
    step();
  }

  /** @param {At} next */
  function show(next) {
    at = next;
    moved(at, room);
  }

  /** @param {number} dx @param {number} dy */
  function pan(dx, dy) {
    isWhole = false;
    handled();
    go(kept({ ...at, x: at.x + dx, y: at.y + dy }, sheet, room));
  }

  /** @param {number} factor @param {number} [x] @param {number} [y] */
  function zoom(factor, x = room.width / 2, y = room.height / 2) {
    isWhole = false;
    go(kept(zoomed(at, factor, x, y), sheet, room));
  }

  /** Show another drawing. @param {Size} size @param {{x: number, y: number} | null} point what should be seen */
  function open(size, point) {
    [sheet, wanted] = [size, point];
    room = { width: canvas.clientWidth, height: canvas.clientHeight };
    const first = opening(sheet, room, point);
    isWhole = first.k === fitted(sheet, room).k;
    go(first);
  }

  function fit() {
    isWhole = true;
    go(fitted(sheet, room), true);
  }

  /** Take note of how large the canvas is; what is in the middle stays there. */
  function measure() {
    const before = room;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!width || !height) return; // in a tab that is not seen: it comes back as it was
    room = { width, height };
    const whole = fitted(sheet, room);
    const [dx, dy] = [(room.width - before.width) / 2, (room.height - before.height) / 2];
    if (!before.width || !before.height) open(sheet, wanted);
    else if (!dx && !dy) return;
    // What could be read is not made too small for it: rather, a part of it is seen.
    else if (isWhole && (whole.k >= READABLE || at.k < READABLE)) go(whole);
    else go(kept({ ...at, x: at.x + dx, y: at.y + dy }, sheet, room));
  }

  const stopPointers = followPointers(canvas, pan, zoom);
  const observer = new ResizeObserver(measure);
  observer.observe(canvas);

  return {
    pan,
    zoom,
    fit,
    open,
    measure,
    /** Move as little as shows a box. @param {{x: number, y: number, width: number, height: number}} box */
    reveal(box) {
      if (isWhole && at.k === fitted(sheet, room).k) return;
      const next = revealing(at, box, room);
      if (next !== at) go(next, true);
    },
    /** Bring a point into the middle. @param {{x: number, y: number}} point @param {boolean} [gliding] */
    centre(point, gliding = true) {
      isWhole = false;
      go(kept(centred(at, point, room), sheet, room), gliding);
    },
    stop() {
      cancelAnimationFrame(glide);
      observer.disconnect();
      stopPointers();
    },
  };
}

/**
 * Drag to move, turn the wheel with Ctrl or the command key to zoom; without it the notebook scrolls.
 * @param {HTMLElement} canvas
 * @param {(dx: number, dy: number) => void} pan
 * @param {(factor: number, x: number, y: number) => void} zoom
 */
function followPointers(canvas, pan, zoom) {
  /** @type {{id: number, x: number, y: number, isDrag: boolean} | null} */
  let held = null;
  let wasDrag = false;
  const listeners = new AbortController();
  const on = (/** @type {string} */ name, /** @type {(event: any) => void} */ listener, /** @type {object} */ more = {}) =>
    canvas.addEventListener(name, listener, { signal: listeners.signal, ...more });

  on("pointerdown", (event) => {
    wasDrag = false;
    if (event.button === 0 && !event.target.closest("button, input, .inb-s-map")) {
      held = { id: event.pointerId, x: event.clientX, y: event.clientY, isDrag: false };
    }
  });
  on("pointermove", (event) => {
    if (held?.id !== event.pointerId) return;
    const [dx, dy] = [event.clientX - held.x, event.clientY - held.y];
    if (!held.isDrag && Math.hypot(dx, dy) < 4) return;
    if (!held.isDrag) {
      held.isDrag = wasDrag = true;
      canvas.setPointerCapture(event.pointerId);
      canvas.classList.add("inb-s-dragging");
    }
    [held.x, held.y] = [event.clientX, event.clientY];
    pan(dx, dy);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    on(name, () => {
      held = null;
      canvas.classList.remove("inb-s-dragging");
    });
  }
  // The click that ends a drag opens nothing.
  on("click", (event) => {
    if (wasDrag) event.stopPropagation();
    wasDrag = false;
  }, { capture: true });
  on("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const { left, top } = canvas.getBoundingClientRect();
    const lines = event.deltaMode === 1 ? 20 : 1;
    zoom(Math.exp(-Math.max(-100, Math.min(100, event.deltaY * lines)) / 220), event.clientX - left, event.clientY - top);
  }, { passive: false });
  return () => listeners.abort();
}
