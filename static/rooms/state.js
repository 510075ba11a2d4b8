/**
 * What a room is called and what its members keep there: its newest state and settings, taken as they come, and sealed anew for each
 * epoch (docs/protocol.md §14.14).
 */
import { OpenError } from "../crypto/errors.js";
import { RoomError } from "../crypto/room/errors.js";
import { isOverMembers } from "../crypto/room/room_record.js";
import { checkOnceHeld, nextSettings, signSettings, takeSettings } from "../crypto/room/settings.js";
import { checkRoomState, openRoomState, parseRoomState, signRoomState } from "../crypto/room/state.js";
import { emptySettings, emptyState } from "../crypto/room/state_content.js";
import { Refused } from "../keys/failure.js";
import { ServerRefusal } from "./page.js";
import { Turn } from "./turn.js";
/** @typedef {import("../crypto/room/settings.js").RoomSettings} RoomSettings */
/** @typedef {import("../crypto/room/state_content.js").Resource} Resource */
/** @typedef {import("../crypto/room/state_content.js").SettingsContent} SettingsContent */
/** @typedef {import("./chain_keeper.js").ChainKeeper} ChainKeeper */
/** @typedef {import("./secrets.js").Secrets} Secrets */
/** @typedef {import("./session.js").Session} Session */

/** How often a change meets another one before it is given up. */
const TRIES = 6;

/**
 * What is changed of a state: its settings, by who may, or its resources; nothing where it is only sealed anew.
 * @typedef {{ settings?: (content: SettingsContent) => SettingsContent, resources?: (list: Resource[]) => Resource[] }} Change
 */

/** One room's state. */
export class RoomStateKeeper {
  #session;
  #room;
  #keeper;
  #secrets;
  #turn = new Turn();
  /** Number of the newest state that was taken, and its epoch. */
  #seen = { number: 0, n: 0 };
  /** Number that the next one is to follow by the server's word: one that is refused can be replaced. */
  #there = 0;
  /** Epoch of a newer one whose key was not here. @type {number | null} */
  #waitsFor = null;
  #content = emptyState();
  /** @type {{ settings: RoomSettings, content: SettingsContent } | null} */
  #settings = null;
  /** Settings that held once, as far as is known here: they are carried along, for those who know them. @type {RoomSettings | null} */
  #unconfirmed = null;
  /** Called when the name is another one. @type {() => void} */
  onChange = () => {};
  /** Called when a state or its settings do not hold. @type {() => void} */
  onRefused = () => {};
  /** Begins the next epoch where the newest one is over, before somebody changes something. @type {() => Promise<void>} */
  prepare = async () => {};

  /** @param {Session} session @param {string} room @param {ChainKeeper} keeper @param {Secrets} secrets */
  constructor(session, room, keeper, secrets) {
    this.#session = session;
    this.#room = room;
    this.#keeper = keeper;
    this.#secrets = secrets;
  }

  /** What owners and admins have said of the room, as far as it was taken. @returns {SettingsContent} */
  get settings() {
    return this.#settings?.content ?? emptySettings();
  }

  /** The room's name; empty where it has none. */
  get name() {
    return this.settings.name;
  }

  /** What members keep here, in their order. @returns {readonly Resource[]} */
  get resources() {
    return this.#content.resources;
  }

  /** What is pinned in the room. */
  get pins() {
    return this.#settings?.content.pins ?? [];
  }

  /** The epoch for which the state that is known was sealed; null where none is, or a newer one cannot be read yet. */
  get sealedIn() {
    return this.#seen.number === 0 || this.#waits !== null ? null : this.#seen.n;
  }

  /** Reads the newest state. Throws a `ServerRefusal`, or as `ChainKeeper.catchUp` does. */
  catchUp() {
    return this.#turn.take(() => this.#read());
  }

  /** Takes a state that an event brought. @param {Uint8Array} record */
  take(record) {
    return this.#turn.take(() => this.#take(record));
  }

  /**
   * Seals the state for the newest epoch, if nobody has, and signs settings anew that need it. Whoever is first does it.
   * @returns {Promise<void>}
   */
  refresh() {
    return this.#turn.take(() => this.#refresh());
  }

  /**
   * Signs other settings. Throws `Refused` (`not_allowed`, `state_conflict`), a `SealError`, or a `ServerRefusal`.
   * @param {(content: SettingsContent) => SettingsContent} change
   */
  async change(change) {
    await this.prepare();
    return this.#turn.take(() => this.#write({ settings: change }));
  }

  /**
   * Changes the list of resources: what others changed meanwhile stays, since it is done to the newest list. Throws as `change` does, or
   * what `change` throws.
   * @param {(list: Resource[]) => Resource[]} change
   */
  async changeResources(change) {
    await this.prepare();
    return this.#turn.take(() => this.#write({ resources: change }));
  }

  async #read() {
    const { ok, tail } = await this.#session.page.call("rooms.state", { room: this.#room });
    if (Number(ok.number) <= this.#seen.number || tail.length === 0) return;
    this.#there = Number(ok.number);
    await this.#take(tail);
  }

  /** @param {Uint8Array} record */
  async #take(record) {
    try {
      const state = parseRoomState(record);
      if (state.number <= this.#seen.number) return;
      this.#waitsFor = null;
      if (state.n > this.#keeper.verified.head.n) await this.#keeper.catchUp();
      await this.#keeper.judge((chain, keysets) => checkRoomState(state, chain, keysets, this.#seen));
      this.#there = Math.max(this.#there, state.number);
      const secret = await this.#secrets.of(state.n);
      if (secret === null) this.#waitsFor = state.n;
      else await this.#open(state, secret);
    } catch (error) {
      if (!(error instanceof RoomError) && !(error instanceof OpenError)) throw error;
      // Where keys or its commit are not shown it is judged another time.
      if (!isUnjudged(error)) this.onRefused();
    }
  }

  /** @param {import("../crypto/room/state.js").RoomState} state @param {Uint8Array<ArrayBuffer>} secret */
  async #open(state, secret) {
    const { settings, content } = await openRoomState(state, secret);
    this.#seen = { number: state.number, n: state.n };
    this.#content = content;
    if (settings !== null) await this.#takeSettings(settings);
    this.onChange();
  }

  /** @param {RoomSettings} settings */
  async #takeSettings(settings) {
    const known = this.#settings?.settings ?? null;
    try {
      const content = await this.#keeper.judge((chain, keysets) => takeSettings(settings, chain, keysets, known));
      this.#settings = { settings, content };
      this.#unconfirmed = null;
    } catch (error) {
      if (!(error instanceof RoomError) && !(error instanceof OpenError)) throw error;
      if (isUnjudged(error)) return;
      // Older ones were put in by who had not seen the newest, and are put right by the next who seals. Whoever knew those that are not
      // confirmed signs them anew; anything else that is wrong with them is named.
      if (error.cause === "not_confirmed") this.#unconfirmed = (await this.#heldOnce(settings)) ? settings : this.#unconfirmed;
      else if (error.cause !== "older") this.onRefused();
    }
  }

  /** What any member could have made up binds nobody. @param {RoomSettings} settings */
  async #heldOnce(settings) {
    try {
      await this.#keeper.judge((chain, keysets) => checkOnceHeld(settings, chain, keysets));
      return true;
    } catch (error) {
      if (error instanceof RoomError || error instanceof OpenError) return false;
      throw error;
    }
  }

  async #refresh() {
    const { head } = this.#keeper.verified;
    const own = head.record.members.get(this.#session.account);
    if (own === undefined || this.#seen.number === 0 || this.#waits !== null) return;
    const confirms = isOverMembers(own.role) && (await this.#isToConfirm());
    // One that is refused hides the known one from whoever comes.
    if (this.#seen.n === head.n && this.#there <= this.#seen.number && !confirms) return;
    await this.#write(confirms ? { settings: (content) => content } : {}).catch((error) => {
      // Another member was first, or will be.
      if (!(error instanceof Refused) && !(error instanceof ServerRefusal && !error.isUnknown)) throw error;
    });
  }

  /** Whether the settings known here are by somebody whom newcomers do not believe any more. */
  async #isToConfirm() {
    const known = this.#settings?.settings;
    if (known === undefined) return false;
    try {
      await this.#keeper.judge((chain, keysets) => takeSettings(known, chain, keysets, null));
      return false;
    } catch (error) {
      if (error instanceof RoomError) return error.cause === "not_confirmed";
      throw error;
    }
  }

  /** @param {Change} change */
  async #write(change) {
    const isNothing = change.settings === undefined && change.resources === undefined;
    for (let tries = 1; ; tries++) {
      const expected = Math.max(this.#seen.number, this.#there);
      const { state, settings, content } = await this.#sealed(change, expected + 1);
      try {
        await this.#session.page.call("rooms.set_state", { room: this.#room, expected: String(expected) }, state);
        this.#seen = { number: expected + 1, n: this.#keeper.verified.head.n };
        this.#waitsFor = null;
        this.#settings = settings;
        this.#content = content;
        if (change.settings !== undefined) this.#unconfirmed = null;
        return this.onChange();
      } catch (error) {
        const isPassing = error instanceof ServerRefusal && (error.code === "state_conflict" || error.code === "stale_epoch");
        if (!isPassing || tries === TRIES) throw error;
        await this.#keeper.catchUp();
        await this.#read();
        if (isNothing && this.#seen.n === this.#keeper.verified.head.n && this.#there <= this.#seen.number) return;
      }
    }
  }

  /** Epoch of a newer state whose key may come; of one that is forgotten none does, to anybody. */
  get #waits() {
    return this.#waitsFor !== null && this.#secrets.isOver(this.#waitsFor) ? null : this.#waitsFor;
  }

  /** Whether there is a newer state that another member can read, and seals anew: it is not to be lost. */
  get #isAwaited() {
    const { head, history } = this.#keeper.verified;
    const n = this.#waits;
    return n !== null && [...head.record.members.keys()].some((account) => account !== this.#session.account && history.memberAt(n, account) !== null);
  }

  /** @param {Change} change @param {number} number */
  async #sealed(change, number) {
    const chain = this.#keeper.verified;
    const { account: author } = this.#session;
    const own = chain.head.record.members.get(author);
    const keys = own === undefined ? null : await this.#session.own.signing(own.fingerprint);
    const secret = await this.#secrets.of(chain.head.n);
    if (own === undefined || keys === null || secret === null || this.#isAwaited) throw new Refused("waiting_for_key");
    if (change.settings !== undefined && !isOverMembers(own.role)) throw new Refused("not_allowed");
    const madeAt = this.#session.now();
    const settings = change.settings === undefined ? this.#settings : await this.#signed(change.settings, keys, madeAt);
    const content = change.resources === undefined ? this.#content : { ...this.#content, resources: change.resources(this.#content.resources) };
    const carried = settings?.settings ?? this.#unconfirmed;
    const of = { author, number, madeAt, settings: carried, content, secret };
    return { state: await signRoomState(keys, chain, of), settings, content };
  }

  /** @param {(content: SettingsContent) => SettingsContent} change @param {import("../crypto/signature.js").SigningKeys} keys @param {number} madeAt */
  async #signed(change, keys, madeAt) {
    const { account: author } = this.#session;
    const content = change(this.#settings?.content ?? emptySettings());
    const number = nextSettings(this.#settings?.settings ?? null, this.#keeper.verified);
    return { settings: await signSettings(keys, this.#keeper.verified, { author, number, madeAt, content }), content };
  }
}

/** Whether keys or a commit are missing by which it is judged. @param {RoomError | OpenError} error */
function isUnjudged(error) {
  return error instanceof RoomError && (error.unknownKeys !== null || error.cause === "unknown_epoch");
}
