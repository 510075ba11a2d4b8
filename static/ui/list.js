/**
 * A keyed list: elements stay with their keys, so that focus, selection and scroll survive a change around them.
 */

/** @type {WeakMap<Element, { key: string, value: unknown }>} what each element was drawn from */
const DRAWN = new WeakMap();

/**
 * Makes the children of `parent` show `values` in order. An element whose key and value are unchanged is left alone; one with
 * a new value is replaced in place.
 * @template V
 * @param {Element} parent holds nothing but this list
 * @param {readonly V[]} values
 * @param {(value: V) => string} keyOf unique among the values
 * @param {(value: V) => Element} draw
 * @param {(a: V, b: V) => boolean} [same] whether two values look the same
 * @param {HTMLElement} [heir] what has the focus when the last element goes that had it; without one nothing takes it over
 */
export function reconcile(parent, values, keyOf, draw, same = Object.is, heir = undefined) {
  /** @type {Map<string, Element>} */
  const old = new Map();
  for (const child of Array.from(parent.children)) {
    const drawn = DRAWN.get(child);
    if (drawn !== undefined) old.set(drawn.key, child);
  }
  /** @type {Element[]} */
  const wanted = values.map((value) => {
    const key = keyOf(value);
    const there = old.get(key);
    if (there !== undefined && same(/** @type {V} */ (DRAWN.get(there)?.value), value)) {
      old.delete(key);
      return there;
    }
    const fresh = draw(value);
    DRAWN.set(fresh, { key, value });
    if (there !== undefined) {
      old.delete(key);
      replace(there, fresh);
    }
    return fresh;
  });
  const gone = new Set(old.values());
  for (const each of gone) {
    if (heir !== undefined) passFocus(each, heir, gone);
    each.remove();
  }
  place(parent, wanted);
}

/**
 * Hands the focus on before a row goes that has it: to the same control of the row behind it, or before it, or another control there; where
 * no row is left, to an heir.
 * @param {Element} row
 * @param {HTMLElement} heir
 * @param {ReadonlySet<Element>} [gone] rows that go, too
 */
export function passFocus(row, heir, gone = new Set()) {
  const focused = document.activeElement;
  if (focused === null || !row.contains(focused)) return;
  const next = beside(row, "nextElementSibling", gone) ?? beside(row, "previousElementSibling", gone);
  const name = focused.getAttribute("data-control");
  const same = name === null ? null : next?.querySelector(`[data-control="${name}"]`);
  const control = same ?? next?.querySelector("button");
  if (control instanceof HTMLElement) control.focus();
  else heir.focus();
}

/** @param {Element} row @param {"nextElementSibling" | "previousElementSibling"} way @param {ReadonlySet<Element>} gone */
function beside(row, way, gone) {
  let next = row[way];
  while (next !== null && gone.has(next)) next = next[way];
  return next;
}

/** @param {Element} parent @param {Element[]} wanted */
function place(parent, wanted) {
  let next = parent.firstElementChild;
  for (const element of wanted) {
    if (element === next) next = next.nextElementSibling;
    else parent.insertBefore(element, next);
  }
}

/** Puts one element where another was; focus goes to what now stands for the focused control. @param {Element} there @param {Element} fresh */
function replace(there, fresh) {
  const focused = typeof document !== "undefined" && there.contains(document.activeElement) ? document.activeElement : null;
  there.replaceWith(fresh);
  if (focused === null) return;
  const name = focused.getAttribute("data-control");
  const heir = name === null ? null : fresh.querySelector(`[data-control="${name}"]`);
  if (heir instanceof HTMLElement) heir.focus();
  else if (fresh instanceof HTMLElement) fresh.focus();
}
