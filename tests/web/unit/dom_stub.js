/** As much of the DOM as a keyed list needs. */

export class StubElement {
  children = [];
  parent = null;

  /** @param {string} name */
  constructor(name) {
    this.name = name;
  }

  get firstElementChild() {
    return this.children[0] ?? null;
  }

  get nextElementSibling() {
    return this.parent?.children[this.parent.children.indexOf(this) + 1] ?? null;
  }

  insertBefore(element, next) {
    element.remove();
    const at = next === null ? this.children.length : this.children.indexOf(next);
    this.children.splice(at, 0, element);
    element.parent = this;
  }

  remove() {
    const at = this.parent?.children.indexOf(this) ?? -1;
    if (at !== -1) this.parent.children.splice(at, 1);
    this.parent = null;
  }

  replaceWith(element) {
    this.parent.insertBefore(element, this);
    this.remove();
  }
}
