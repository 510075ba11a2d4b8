/**
 * What was read of a vault's items, and what is wrong with them (docs/protocol.md §14.6): the page and the rooms have one each, for
 * the kinds that they need.
 */
/** @typedef {import("./vault_item.js").ItemName} ItemName */

/**
 * @typedef {{ name: ItemName, number: number, content: Record<string, any>, forgetAt?: number | null }} Entry an opened item; forgetAt: when it is deleted
 *
 * An item that is not as it should be, by its `seenKey`, empty where its name cannot be read. `vault_corrupt`: it does not open;
 * `other_key`: it is sealed under an item key that this root does not have; `vault_rolled_back`: this device has seen a newer one, or
 * has seen it and it was left out.
 * @typedef {{ key: string, number: number, fault: "vault_corrupt" | "vault_rolled_back" | "other_key" }} BadItem number: the highest known
 * @typedef {{ entries: Entry[], bad: BadItem[] }} OpenedItems
 *
 * `vault_corrupt` it does not open; `vault_rolled_back` this device has seen it, or a newer one, and the server does not give it.
 * @typedef {"vault_corrupt" | "vault_rolled_back"} Fault
 *
 * How items come here; each throws what its caller is to hear of.
 * @typedef {object} Ways
 * @property {(fields: { kind: number, after?: string }) => Promise<{ ok: Record<string, any>, tail: Uint8Array }>} page `vault.items`
 * @property {(takes: { reading: string }) => Promise<unknown>} begin
 * @property {(takes: { reading: string, tail: Uint8Array, ends: ItemName["kind"] | null }) => Promise<OpenedItems>} open
 * @property {() => Promise<unknown>} renew reads the root anew
 */

/** Kinds by their byte. @type {Readonly<Record<number, ItemName["kind"]>>} */
const KINDS = Object.freeze({ 1: "epoch_secret", 2: "read_mark", 3: "pin", 4: "room_head", 5: "preference" });
/** Kinds by which others are judged: one that is wrong is replaced by nothing but its user's decision. @type {ReadonlySet<ItemName["kind"]>} */
const JUDGING = new Set(/** @type {ItemName["kind"][]} */ (["pin", "room_head"]));

/** An item's name as one text, under which its number is remembered. @param {ItemName} name */
export function seenKey(name) {
  return JSON.stringify(Object.values(name));
}

/** The kind in such a text. @param {string} key @returns {ItemName["kind"]} */
export function kindOf(key) {
  return JSON.parse(key)[0];
}

/** Items of some kinds. */
export class Items {
  #reader;
  #ways;
  /** @type {Map<string, Entry>} */
  #entries = new Map();
  /** @type {Map<string, { number: number, fault: Fault }>} */
  #faults = new Map();
  /** @type {Map<number, string>} */
  #revisions = new Map();

  /** @param {string} reader tells one reader from another @param {Ways} ways */
  constructor(reader, ways) {
    this.#reader = reader;
    this.#ways = ways;
  }

  get entries() {
    return [...this.#entries.values()];
  }

  /** Names of what is wrong, as `seenKey` writes them; an empty one of what nobody can read. */
  get wrong() {
    return [...this.#faults.keys()];
  }

  /** The worst that is wrong. @returns {Fault | null} */
  get trouble() {
    const faults = [...this.#faults.values()].map(({ fault }) => fault);
    return faults.includes("vault_rolled_back") ? "vault_rolled_back" : (faults[0] ?? null);
  }

  /** @param {ItemName} name @returns {Entry | undefined} */
  get(name) {
    return this.#entries.get(seenKey(name));
  }

  /** Lets go of what was to be deleted by now. @param {number} now */
  forget(now) {
    for (const [key, { forgetAt = null }] of this.#entries) if (forgetAt !== null && forgetAt <= now) this.#entries.delete(key);
  }

  /** @param {ItemName} name @returns {Fault | null} */
  fault(name) {
    return this.#faults.get(seenKey(name))?.fault ?? null;
  }

  /**
   * The number of an item that takes the place of what is there; null where what is wrong is for its user to decide.
   * @param {ItemName} name @param {boolean} [decided] @returns {number | null}
   */
  nextNumber(name, decided = false) {
    const wrong = this.#faults.get(seenKey(name));
    if (wrong !== undefined && JUDGING.has(name.kind) && !decided) return null;
    return Math.max(this.get(name)?.number ?? 0, wrong?.number ?? 0) + 1;
  }

  /** Takes an item that opened, or that the server took. @param {Entry} entry */
  put(entry) {
    const key = seenKey(entry.name);
    if ((this.#entries.get(key)?.number ?? 0) > entry.number) return;
    this.#entries.set(key, entry);
    if ((this.#faults.get(key)?.number ?? Infinity) <= entry.number) this.#faults.delete(key);
  }

  /** Reads what is new of a kind; the first time all of it, and names what the server leaves out. Throws as the ways do. @param {number} kind */
  async read(kind) {
    const from = this.#revisions.get(kind);
    const reading = `${this.#reader} ${kind}`;
    // What was seen before the server is asked has to be there.
    await this.#ways.begin({ reading });
    let renewed = false;
    for (let after = from; ; ) {
      const { ok, tail } = await this.#ways.page(after === undefined ? { kind } : { kind, after });
      const ends = ok.more !== true && from === undefined ? KINDS[kind] : null;
      let opened = await this.#ways.open({ reading, tail, ends });
      if (!renewed && opened.bad.some(({ fault }) => fault === "other_key")) {
        // An item key that is not known here stands in a newer root, or nowhere.
        renewed = true;
        await this.#ways.renew();
        opened = await this.#ways.open({ reading, tail, ends });
      }
      this.#take(opened);
      after = String(ok.revision);
      if (ok.more !== true) return void this.#revisions.set(kind, after);
    }
  }

  /** @param {OpenedItems} opened */
  #take({ entries, bad }) {
    for (const entry of entries) this.put(entry);
    for (const { key, number, fault } of bad) {
      if ((this.#faults.get(key)?.number ?? 0) <= number) this.#faults.set(key, { number, fault: fault === "other_key" ? "vault_corrupt" : fault });
    }
  }
}
