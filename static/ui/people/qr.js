/**
 * A QR code on the page: dark on light in either theme, because cameras expect that.
 */
import { MARGIN, encodeQr, pathOf } from "../../model/qr.js";
import { h } from "../dom.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * Draws a text; null if it is too long for a code.
 * @param {string} text
 * @param {string} label what a screen reader says
 */
export function qrCode(text, label) {
  const code = encodeQr(text);
  if (code === null) return null;
  const side = code.size + 2 * MARGIN;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${side} ${side}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  svg.setAttribute("shape-rendering", "crispEdges");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", pathOf(code));
  svg.append(path);
  return h("div", { class: "qr" }, svg);
}
