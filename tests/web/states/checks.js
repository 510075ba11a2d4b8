/**
 * What must hold wherever somebody looks. This runs in the page.
 */

/**
 * Waits until the page has drawn itself anew, then looks for faults.
 * @param {string[] | null} rules of axe that are run; null for all
 * @returns {Promise<string[]>}
 */
export async function faultsOf(rules) {
  // The page hears of another width with one frame and is laid out with the next.
  for (let i = 0; i < 2; i++) await new Promise((resolve) => requestAnimationFrame(resolve));
  const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"], ...(rules === null ? {} : { runOnly: { type: "rule", values: rules } }) });
  const rows = document.querySelectorAll(".row").length;
  return [
    ...violations.map(({ id, nodes }) => `axe: ${id} at ${nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ")}`),
    ...(globalThis.brokenPolicies ?? []).map((policy) => `policy: ${policy}`),
    ...(document.documentElement.scrollWidth > innerWidth ? ["wider than the window"] : []),
    ...(rows > 300 ? [`${rows} rows in the document`] : []),
    ...[...document.querySelectorAll("body *")].flatMap(cutOff),
  ];

  /** What of an element is not seen that should be. @param {Element} element @returns {string[]} */
  function cutOff(element) {
    const { overflowX, overflowY, textOverflow, clipPath } = getComputedStyle(element);
    if (clipPath !== "none" || element instanceof SVGElement || !element.checkVisibility({ visibilityProperty: true })) return [];
    const wide = element.scrollWidth > element.clientWidth + 1;
    const high = element.scrollHeight > element.clientHeight + 1;
    const cuts = (/** @type {string} */ overflow) => overflow === "hidden" || overflow === "clip";
    // Names that people chose may be shortened, the page's own words may not; what is typed scrolls in its box.
    const chosen = element instanceof HTMLInputElement || (textOverflow === "ellipsis" && (element.hasAttribute("dir") || element.querySelector("bdi") !== null));
    const found = [];
    if (wide && cuts(overflowX) && !chosen) found.push("cut off at its side");
    if (wide && (overflowX === "auto" || overflowX === "scroll") && !(element instanceof HTMLTextAreaElement)) found.push("scrolls sideways");
    if (high && cuts(overflowY) && textOverflow !== "ellipsis") found.push("cut off at its foot");
    return found.map((what) => `${what}: ${nameOf(element)}`);
  }

  /** @param {Element} element */
  function nameOf(element) {
    const place = element.id === "" ? "" : `#${element.id}`;
    return `${element.localName}${place}${[...element.classList].map((each) => `.${each}`).join("")} “${element.textContent?.trim().slice(0, 40)}”`;
  }
}
