/**
 * Icons: 16 × 16, 1.5 stroke, in the colour of the text around them.
 */

const SVG = "http://www.w3.org/2000/svg";

/** Paths by name. */
const PATHS = Object.freeze({
  room: "M6.25 2.5 4.75 13.5M11.25 2.5 9.75 13.5M2.75 5.75h11M2.25 10.25h11",
  send: "M2.5 8h10.25M8.5 3.75 12.75 8 8.5 12.25",
  people: "M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM1.75 13.5c.2-2.4 1.9-3.75 4.25-3.75s4.05 1.35 4.25 3.75M10.5 2.75a2.4 2.4 0 0 1 0 4.5M12 10.1c1.3.5 2.1 1.6 2.25 3.4",
  details: "M2.25 3h11.5v10H2.25zM9.75 3v10",
  back: "M9.75 3.5 5.25 8l4.5 4.5",
  menu: "M2.5 4.25h11M2.5 8h11M2.5 11.75h11",
  close: "M4 4l8 8M12 4l-8 8",
  plus: "M8 3v10M3 8h10",
  gear: "M2.5 4.75h6.25M12.25 4.75h1.25M2.5 11.25h1.25M7.25 11.25h6.25M10.5 6.5a1.75 1.75 0 1 0 0-3.5 1.75 1.75 0 0 0 0 3.5ZM5.5 13a1.75 1.75 0 1 0 0-3.5A1.75 1.75 0 0 0 5.5 13Z",
  help: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM6.25 6.25C6.4 5.2 7.1 4.75 8 4.75c1 0 1.75.6 1.75 1.5 0 1.4-1.75 1.35-1.75 2.75M8 11.2v.05",
  exit: "M6.25 13.5h-3.5v-11h3.5M10.25 4.75 13.5 8l-3.25 3.25M13.25 8H6.5",
  key: "M5.25 13a2.75 2.75 0 1 0 0-5.5 2.75 2.75 0 0 0 0 5.5ZM7.25 8.25 13 2.5M10.75 4.75l2 2",
  seal: "M4 7.25h8v6.25H4zM5.5 7V5a2.5 2.5 0 0 1 5 0v2",
  down: "M8 2.75v10.5M3.75 9 8 13.25 12.25 9",
  retry: "M13 8a5 5 0 1 1-1.5-3.55M13.25 2v3h-3",
  clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 4.75V8l2.25 1.5",
  warn: "M8 2.25 14.25 13.25H1.75ZM8 6.5v3.25M8 11.45v.05",
  gap: "M2.5 8h2M7 8h2M11.5 8h2M5 3.5l1.5 2M11 12.5l-1.5-2",
  offline: "M2 2l12 12M5 9.4a4.3 4.3 0 0 1 2-1.1M2.5 6.6a8.2 8.2 0 0 1 2.2-1.5M8 12.4v.05M10.9 9.3a4 4 0 0 0-.6-.5M13.5 6.6A8.3 8.3 0 0 0 7.3 4.3",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM10.5 10.5l3 3",
  bin: "M3 4.5h10M6.5 4.25V2.75h3v1.5M4.25 4.75l.6 8.75h6.3l.6-8.75",
  check: "M3 8.5 6.25 11.75 13 4.5",
});

/** @typedef {keyof typeof PATHS} IconName */

/**
 * Draws an icon; it says nothing to a screen reader, its button does.
 * @param {IconName} name
 */
export function icon(name) {
  return drawn(PATHS[name]);
}

/** Draws a path as an icon. @param {string} d */
export function drawn(d) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", d);
  svg.append(path);
  return svg;
}
