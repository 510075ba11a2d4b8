/**
 * Where in a channel the commits of the room's chain stand. Each has a place in every channel that is written in, before whatever is
 * sealed under it; a server that keeps one back from a channel, or shows them in another order, is found out by that
 * (docs/protocol.md §14.10).
 */

/** The commits of one channel. */
export class CommitPlaces {
  /** @type {Array<{ sequence: number, n: number }>} ascending by place */
  #places = [];

  /** Takes note that a commit of the chain stands at a place. @param {number} sequence @param {number} n */
  note(sequence, n) {
    const at = this.#places.findIndex((each) => each.sequence >= sequence);
    if (this.#places[at]?.sequence === sequence) return;
    this.#places.splice(at < 0 ? this.#places.length : at, 0, { sequence, n });
  }

  /** The first place behind which commits stand twice or go back; null where they ascend. */
  get disorder() {
    return this.#places.find(({ n }, at) => at > 0 && this.#places[at - 1].n >= n)?.sequence ?? null;
  }

  /**
   * The first place that shows that a commit was left out; null where none does. What reading begins with shows nothing of what stands
   * before it.
   * @param {ReadonlyArray<{ sequence: number }>} rises places of an epoch later than all before them, ascending
   * @param {boolean} isMain in a main channel every commit has a place; in others none as long as they are archived
   */
  leftOut(rises, isMain) {
    const here = new Set(this.#places.map(({ sequence }) => sequence));
    const without = rises.slice(1).find(({ sequence }) => !here.has(sequence));
    if (without !== undefined) return without.sequence;
    if (!isMain) return null;
    return this.#places.find(({ n }, at) => at > 0 && n > this.#places[at - 1].n + 1)?.sequence ?? null;
  }

  /** What stands before a place shows nothing any more: the room has forgotten it. @param {number} place */
  forgetBefore(place) {
    this.#places = this.#places.filter(({ sequence }) => sequence >= place);
  }

  clear() {
    this.#places = [];
  }
}
