/**
 * Where in a channel which epoch was the newest: what stands behind a later one than its own was sealed with an older key, by
 * somebody who may have been removed since (docs/protocol.md §14.10).
 */

/** The rises of the epochs of one channel, whatever the order in which they come to light. */
export class EpochPlaces {
  /** Each is of a later epoch than all before it. @type {Array<{ sequence: number, epoch: number }>} ascending */
  #rises = [];

  /**
   * Takes note that a commit or message of an epoch stands at a place.
   * @param {number} sequence
   * @param {number} epoch
   * @returns {boolean} whether what stands behind it is to be looked at anew
   */
  note(sequence, epoch) {
    // Something as late stands here or in front of it: nothing changes.
    if (this.#newestBefore(sequence + 1) >= epoch) return false;
    const before = this.#rises.filter((rise) => rise.sequence < sequence);
    const later = this.#rises.filter((rise) => rise.sequence >= sequence && rise.epoch > epoch);
    this.#rises = [...before, { sequence, epoch }, ...later];
    return true;
  }

  /** Whether something of a later epoch stands in front of a place. @param {number} sequence @param {number} epoch */
  isBehind(sequence, epoch) {
    return this.#newestBefore(sequence) > epoch;
  }

  /** Places of an epoch later than all before them, ascending. */
  get rises() {
    return /** @type {ReadonlyArray<{ sequence: number, epoch: number }>} */ (this.#rises);
  }

  /** What stands before a place is forgotten: that what is left is later than it shows nothing. @param {number} place */
  forgetBefore(place) {
    this.#rises = this.#rises.filter(({ sequence }) => sequence >= place);
  }

  clear() {
    this.#rises = [];
  }

  /** The newest epoch in front of a place, 0 for none. @param {number} place */
  #newestBefore(place) {
    return this.#rises.findLast(({ sequence }) => sequence < place)?.epoch ?? 0;
  }
}
