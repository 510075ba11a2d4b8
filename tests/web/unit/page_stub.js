/** As much of a page as a part of the timeline is drawn with, and events that a test makes. */

class PageElement {
  children = [];
  parent = null;
  attributes = new Map();
  listeners = new Map();
  hidden = false;
  disabled = false;
  text = "";

  constructor(tag = "sw-file") {
    this.tag = tag;
  }

  get className() {
    return this.attributes.get("class") ?? "";
  }

  set className(value) {
    this.attributes.set("class", value);
  }

  get textContent() {
    return this.text + this.children.map((child) => (typeof child === "string" ? child : child.textContent)).join("");
  }

  set textContent(value) {
    this.children = [value];
  }

  setAttribute(name, value) {
    this.attributes.set(name, value);
    if (name === "disabled" || name === "hidden") this[name] = true;
    if (name === "value") this.value = value;
  }

  removeAttribute(name) {
    this.attributes.delete(name);
  }

  getAttribute(name) {
    return this.attributes.get(name) ?? null;
  }

  addEventListener(name, listener) {
    this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener]);
  }

  removeEventListener(name, listener) {
    this.listeners.set(name, (this.listeners.get(name) ?? []).filter((each) => each !== listener));
  }

  get firstElementChild() {
    return this.children.find((child) => child instanceof PageElement) ?? null;
  }

  get nextElementSibling() {
    return this.#beside(1);
  }

  get previousElementSibling() {
    return this.#beside(-1);
  }

  get isConnected() {
    return globalThis.document.body.contains(this);
  }

  /** @param {1 | -1} by */
  #beside(by) {
    const all = this.parent?.children.filter((child) => child instanceof PageElement) ?? [];
    return all[all.indexOf(this) + by] ?? null;
  }

  append(...children) {
    for (const child of children) {
      if (child instanceof PageElement) child.#comesTo(this);
      this.children.push(child);
    }
  }

  insertBefore(element, next) {
    element.#comesTo(this);
    this.children.splice(next === null ? this.children.length : this.children.indexOf(next), 0, element);
  }

  replaceWith(element) {
    this.parent.insertBefore(element, this);
    this.remove();
  }

  /** What had the focus has it no more, as in a document. */
  remove() {
    this.parent?.children.splice(this.parent.children.indexOf(this), 1);
    this.parent = null;
    if (this.contains(globalThis.document.activeElement)) globalThis.document.activeElement = globalThis.document.body;
  }

  /** @param {PageElement} parent */
  #comesTo(parent) {
    this.parent?.children.splice(this.parent.children.indexOf(this), 1);
    this.parent = parent;
  }

  prepend(...children) {
    const before = this.children;
    this.children = [];
    this.append(...children, ...before);
  }

  replaceChildren() {
    for (const child of this.children) if (child instanceof PageElement) child.parent = null;
    this.children = [];
  }

  contains(other) {
    return other === this || this.children.some((child) => child instanceof PageElement && child.contains(other));
  }

  showModal() {}

  close() {
    this.fire("close");
  }

  /** `tag`, `.class`, `[attribute]` or `[attribute=value]` of what is below. */
  querySelector(selector) {
    const [, attribute, value] = /^\[([\w-]+)(?:="?([^"\]]*)"?)?\]$/.exec(selector) ?? [];
    const isIt = (each) => (attribute !== undefined ? value === undefined ? each.getAttribute(attribute) !== null : each.getAttribute(attribute) === value : selector.startsWith(".") ? each.className.split(" ").includes(selector.slice(1)) : each.tag === selector);
    for (const child of this.children.filter((each) => each instanceof PageElement)) {
      const found = isIt(child) ? child : child.querySelector(selector);
      if (found !== null) return found;
    }
    return null;
  }

  focus() {
    globalThis.document.activeElement = this;
  }

  /** Tells its listeners; gives whether the default was prevented. @param {string} name @param {object} [more] */
  fire(name, more = {}) {
    let prevented = false;
    for (const listener of this.listeners.get(name) ?? []) listener({ ...more, preventDefault: () => (prevented = true) });
    return prevented;
  }
}

/** @param {import("node:test").TestContext} t */
export function page(t) {
  const make = (tag) => new PageElement(tag);
  const body = make("body");
  const stub = { document: { createElement: make, createElementNS: (_, tag) => make(tag), activeElement: body, querySelector: (selector) => body.querySelector(selector), getElementById: (id) => body.querySelector(`[id=${id}]`), body }, HTMLElement: PageElement, Node: PageElement, customElements: { get: () => undefined, define: () => {} } };
  for (const [name, value] of Object.entries(stub)) {
    Object.defineProperty(globalThis, name, { value, configurable: true });
    t.after(() => delete globalThis[name]);
  }
  return body;
}
