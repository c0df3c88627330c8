/** Small pictures, drawn with lines of one width. */

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  send: "M8 13V3M3.5 7.5 8 3l4.5 4.5",
  stop: "M4.5 4.5h7v7h-7z",
  copy: "M5.5 5.5h7v8h-7zM3.5 10.5v-8h7",
  edit: "M3 13l.7-3L11 2.7 13.3 5 6 12.3zM9.5 4.2l2.3 2.3",
  retry: "M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3",
  clock: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M8 5v3.2l2 1.3",
  clear: "M3 4.5h10M6.5 4V2.5h3V4M4.5 4.5l.6 9h5.8l.6-9M6.7 7v4M9.3 7v4",
  arrow: "M2.5 8h10.5M9 4l4 4-4 4",
  jump: "M2.5 11.5C3 6.5 8 4 12.5 6M9.8 3.3 12.8 6 9.8 8.8",
  back: "M13 12.5V10A3.5 3.5 0 0 0 9.5 6.5H3M6.5 3 3 6.5 6.5 10",
  end: "M4 13.5v-11M4 3h8l-2 2.7L12 8.5H4",
  refused: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M4.2 4.2l7.6 7.6",
  tool: "M6 3C4 3 5 7 3 8c2 1 1 5 3 5M10 3c2 0 1 4 3 5-2 1-1 5-3 5",
  down: "M8 3v10M3.5 8.5 8 13l4.5-4.5",
  check: "M3 8.5 6.5 12 13 4.5",
  cross: "M4 4l8 8M12 4l-8 8",
  microphone: "M8 2a2 2 0 0 0-2 2v3.6a2 2 0 0 0 4 0V4a2 2 0 0 0-2-2M3.8 7.6a4.2 4.2 0 0 0 8.4 0M8 11.8v2.4M5.8 14.2h4.4",
  muted: "M6 6.5v1.1a2 2 0 0 0 3.2 1.6M10 7.2V4a2 2 0 0 0-3.8-.9M3.8 7.6a4.2 4.2 0 0 0 6.6 3.4M12.2 7.6c0 .7-.15 1.3-.4 1.9M8 11.8v2.4M5.8 14.2h4.4M2.5 2.5l11 11",
  sound: "M2.5 6v4H5l3.5 3V3L5 6zM10.8 5.7a3.2 3.2 0 0 1 0 4.6M12.7 3.8a6 6 0 0 1 0 8.4",
  soundless: "M2.5 6v4H5l3.5 3V3L5 6zM11 6.2l3.4 3.6M14.4 6.2 11 9.8",
  headphones: "M3 10.5V8a5 5 0 0 1 10 0v2.5M3 9.5h1.8v4H4a1 1 0 0 1-1-1zM13 9.5h-1.8v4h.8a1 1 0 0 0 1-1z",
  file: "M8 10.5V3M5 5.8 8 2.8l3 3M3 10.5v2.7h10v-2.7",
};

/** @param {keyof typeof ICONS} name */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 16 16", class: "inb-icon", "aria-hidden": "true" })) {
    svg.setAttribute(key, value);
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}
