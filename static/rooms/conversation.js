/**
 * One conversation: its chain, keys, channels, state and outbox, brought together. What comes is taken one after the other; live
 * frames wait until what was missed is there (docs/protocol.md §14.10).
 */
import { isId } from "../crypto/room/json.js";
import { Refused } from "../keys/failure.js";
import { Alarms } from "./alarms.js";
import { ChainKeeper } from "./chain_keeper.js";
import { Channel } from "./channel.js";
import { Committing } from "./committing.js";
import { Face, MOST_CHANNELS } from "./face.js";
import { Forgetting } from "./forgetting.js";
import { Grants } from "./grants.js";
import { checkMembers } from "./members_check.js";
import { whatIsDue } from "./plans.js";
import { Secrets } from "./secrets.js";
import { RoomStateKeeper } from "./state.js";
import { Turn } from "./turn.js";
/** @typedef {import("../wire/frame.js").DeliverFrame} DeliverFrame */
/** @typedef {import("./outbox.js").Outbox} Outbox */
/** @typedef {import("./session.js").Session} Session */

/** Reasons for which somebody commits at once; for the others whoever sends next does. */
const AT_ONCE = new Set(["joined", "left", "bad_share", "rekeyed"]);

/** After how long it is tried again to delete what is due, in milliseconds. */
const FORGET_AGAIN_MS = 60_000;

/** One conversation of the signed-in account. */
export class Conversation {
  room;
  keeper;
  secrets;
  forgetting;
  grants;
  state;
  face;
  committing;
  alarms;
  /** The channel that every room has. */
  main;
  /** By id, the main one first. @type {Map<string, Channel>} */
  channels = new Map();
  /** Whether a stranger began it and nothing was written here yet. */
  request = false;
  /** Names by account, as the server says them, where the keys were not read. @type {Map<string, string>} */
  names = new Map();
  /** Called when the list of conversations shows something else. @type {() => void} */
  onChange = () => {};
  /** Called when another member's commit was taken. @type {() => void} */
  onNewEpoch = () => {};
  /** Called when something that was said is judged by what the server did not show, or newer keys of one's own could not be read. @type {() => void} */
  onUnknownSender = () => {};
  /** Whether a channel is this room's or another's already: a server that says it is both's is not believed. @type {(channel: string) => boolean} */
  isKnown = (channel) => this.channels.has(channel);
  #session;
  #outbox;
  #turn = new Turn();
  /** Own shares that came before their commits. @type {Map<number, { wrap: number, share: Uint8Array }>} */
  #shares = new Map();
  /** @type {{ n: number, reason: string } | null} */
  #due = null;
  /** The newest commit for which everything was done that follows from one: it stands in each channel, and is taken once. */
  #settled = 0;
  /** @type {number | null} */
  #nextDue = null;
  #ready = false;
  #hasEnded = false;

  /** @param {Session} session @param {Outbox} outbox @param {string} room @param {string} channel the main one */
  constructor(session, outbox, room, channel) {
    this.#session = session;
    this.#outbox = outbox;
    this.room = room;
    this.keeper = new ChainKeeper(session, room);
    this.secrets = new Secrets(session, room, this.keeper);
    this.forgetting = new Forgetting(session, room, this.keeper, this.secrets);
    this.grants = new Grants(session, room, this.keeper, this.secrets);
    this.state = new RoomStateKeeper(session, room, this.keeper, this.secrets);
    this.face = new Face(session, room, this.keeper, this.state);
    this.committing = new Committing(session, room, this.keeper, this.secrets);
    this.alarms = new Alarms(() => this.changed());
    this.main = this.#open(channel, channel);
    this.#listen();
  }

  /** Whether what was missed is here, and nothing stops the room. */
  get isReady() {
    return this.#ready && !this.alarms.stop && this.#members().has(this.#session.account);
  }

  /** Whether it was caught up since the connection began. */
  get isCaughtUp() {
    return this.#ready;
  }

  /** The connection ended: what is on its way waits for the next one. */
  cut() {
    this.#ready = false;
  }

  /** Reads what was missed, then takes live frames. Throws a `ServerRefusal`, or `Refused`. */
  catchUp() {
    this.#ready = false;
    return this.#turn.take(() => this.#catchUp());
  }

  /** Takes a live frame. @param {DeliverFrame} frame */
  deliver(frame) {
    // Before its turn comes the chain may have gone on.
    const newest = this.keeper.chain?.head.n ?? 0;
    return this.#turn.take(async () => {
      await this.channels.get(frame.channel)?.take(frame, newest);
      if ((frame.flags & 0b10) !== 0 && this.keeper.verified.head.n > this.#settled) await this.#settle();
    });
  }

  /** One of its channels. @param {string} [id] of the main one where none is given @returns {Channel} throws `Refused` (`no_such_room`) */
  channel(id = this.main.id) {
    const channel = this.channels.get(id);
    if (channel === undefined) throw new Refused("no_such_room");
    return channel;
  }

  /** The own share of an epoch whose commit is about to come. @param {number} n @param {number} wrap @param {Uint8Array} share */
  share(n, wrap, share) {
    this.#shares.set(n, { wrap, share });
  }

  /** A commit is due. @param {number} n @param {string} reason */
  due(n, reason) {
    this.#due = { n, reason };
  }

  /** Whether what is due waits for nobody who sends. */
  get isDueAtOnce() {
    return this.#due !== null && AT_ONCE.has(this.#due.reason);
  }

  /** Commits if that is due. Throws as `Committing.commit` does. */
  async commitDue() {
    const due = this.#due;
    if (due === null) return;
    await this.committing.commit(whatIsDue(due.n, due.reason, this.#session.keysets.get(this.#session.account)));
    if (this.#due === due) this.#due = null;
  }

  /** Whether the newest key is over, with which a room in which nobody writes forgets what it is called and what its members keep there. */
  get isStateDue() {
    return this.isReady && !this.request && this.forgetting.isHeadOver && this.state.sealedIn !== null;
  }

  /** Begins the next epoch, for which the state is sealed, if that is due. Throws as `Committing.commit` does. */
  async keepState() {
    if (this.isStateDue) await this.#prepare();
  }

  /** Keys, secrets or vault have changed: tries what could not be read. */
  retry() {
    return this.#turn.take(async () => {
      if (this.keeper.chain === null) return;
      this.secrets.lookAgain();
      await this.#retryDeliveries();
      await this.state.catchUp();
      this.pump();
    });
  }

  /** What is unsent has changed; sends what may go. */
  unsent() {
    for (const channel of this.channels.values()) channel.unsent();
  }

  /** Deletes what is due; gives when something will be, or null. Throws as `Forgetting.sweep` does. @returns {Promise<number | null>} */
  forget() {
    return this.#turn.take(async () => {
      if (this.keeper.chain === null) return null;
      try {
        await this.#forget();
      } finally {
        this.changed();
      }
      return this.#nextDue;
    });
  }

  /** When something is due, as far as is known; null never. */
  get nextDue() {
    return this.#nextDue;
  }

  pump() {
    for (const channel of this.channels.values()) channel.pump();
  }

  /** Tells what is other than before, unless it has ended: another one may be in its place. */
  changed() {
    if (this.#hasEnded) return;
    for (const channel of this.channels.values()) channel.tellRows();
    this.onChange();
  }

  /** Nothing more is to be told. */
  end() {
    this.#ready = false;
    this.#hasEnded = true;
    for (const channel of this.channels.values()) channel.end();
    this.onChange = this.onNewEpoch = this.onUnknownSender = () => {};
  }

  #members() {
    return this.keeper.chain?.head.record.members ?? /** @type {Map<string, import("../crypto/room/room_record.js").Member>} */ (new Map());
  }

  async #catchUp() {
    const { page } = this.#session;
    if (this.keeper.isForked && !this.alarms.stop) this.alarms.add("fork", null);
    if (this.keeper.isHeadLost) this.alarms.add("rolled_back", null);
    if (!(await this.alarms.guard(() => this.keeper.catchUp())) && this.keeper.chain === null) return this.changed();
    this.onChange();
    const { ok } = await page.call("rooms.follow", { room: this.room });
    if (Number(ok.n) > this.keeper.verified.head.n) await this.alarms.guard(() => this.keeper.catchUp());
    await this.#forget();
    this.secrets.letIn();
    await this.secrets.of(this.keeper.verified.head.n);
    this.face.take(ok);
    this.#due = typeof ok.due === "string" ? { n: Number(ok.n), reason: ok.due } : null;
    for (const stands of this.#follow(ok.channels)) await stands.channel.catchUp(stands.run, stands.sequence);
    await this.grants.catchUp();
    await this.#retryDeliveries();
    await this.state.catchUp();
    await this.#lookForChannels();
    await this.keeper.keep();
    // Other devices and the next start know it by the vault, which may not have taken it when it was shown.
    if (!this.keeper.isForked && this.alarms.all.some(({ kind }) => kind === "fork")) await this.keeper.noteFork(this.keeper.otherHistory);
    for (const { marks } of this.channels.values()) await marks.flush();
    this.#ready = true;
    this.#settled = this.keeper.verified.head.n;
    this.alarms.reached(this.#settled);
    this.#look();
    this.#wake();
    this.unsent();
  }

  /** Where each channel stands by the server's word; channels that are new here are followed from now on. None ever goes: one that is not named any more is kept back. @param {any[]} told */
  #follow(told) {
    const named = new Set(told.map(({ channel }) => channel));
    for (const id of this.channels.keys()) if (!named.has(id)) this.alarms.add("channel_withheld", null, null, id);
    for (const { channel } of told) if (this.channels.size < MOST_CHANNELS && isId(channel) && !this.isKnown(channel)) this.#open(channel);
    return [...this.channels.values()].map((channel) => {
      const stands = told.find((each) => each.channel === channel.id);
      return { channel, run: String(stands?.run ?? ""), sequence: Number(stands?.sequence ?? 0) };
    });
  }

  /** Channels that owners and admins have signed and the server does not name, though it is asked once more: they are there before they are signed. */
  async #lookForChannels() {
    const missing = () => this.state.settings.channels.filter(({ id }) => !this.channels.has(id));
    if (missing().length === 0) return;
    await this.#followAgain();
    for (const { id } of missing()) this.alarms.add("channel_withheld", null, null, id);
  }

  async #followAgain() {
    const { ok } = await this.#session.page.call("rooms.follow", { room: this.room });
    this.face.take(ok);
    for (const stands of this.#follow(ok.channels)) await stands.channel.catchUp(stands.run, stands.sequence);
  }

  /** There are other channels than before. Throws a `ServerRefusal`, or `Refused`. */
  refollow() {
    return this.#turn.take(async () => {
      // Catching up follows anyway.
      if (!this.#ready) return;
      await this.#followAgain();
      this.unsent();
    });
  }

  /** What could not be read is tried again, in every channel. */
  async #retryDeliveries() {
    for (const { deliveries } of this.channels.values()) await deliveries.retry();
  }

  /** Names what is missing, in every channel. */
  #look() {
    for (const channel of this.channels.values()) channel.look();
  }

  /** Deletes what is due, of everything that is here. */
  async #forget() {
    // Where the vault does not take it now, once more in a while.
    this.#nextDue = this.#session.now() + FORGET_AGAIN_MS;
    this.#nextDue = await this.forgetting.sweep(this.channels.values());
  }

  /** After a commit: its secret, the vault, and the state of the room in the new epoch. */
  async #settle() {
    const { n } = this.keeper.verified.head;
    await this.secrets.of(n, this.#shares.get(n));
    // Those of commits that are still to come are wanted then.
    for (const of of this.#shares.keys()) if (of <= n) this.#shares.delete(of);
    await this.keeper.keep();
    // Another policy may hold, and the epoch before has ended.
    await this.#forget();
    await this.#retryDeliveries();
    this.#settled = n;
    this.onNewEpoch();
    this.alarms.reached(n);
    this.#look();
    this.changed();
    this.#wake();
    this.pump();
  }

  /** Slow mode may be over meanwhile, or hold somebody no more who has another role now. */
  #wake() {
    for (const channel of this.channels.values()) channel.wake();
  }

  /** A channel of this room. @param {string} id @param {string} [main] */
  #open(id, main = this.main.id) {
    const channel = new Channel(this.#around(main), id);
    this.channels.set(id, channel);
    return channel;
  }

  /** @param {string} main @returns {import("./channel.js").Around} */
  #around(main) {
    const { keeper, secrets, alarms, room, forgetting } = this;
    return {
      room,
      main,
      session: this.#session,
      outbox: this.#outbox,
      keeper,
      secrets,
      alarms,
      forgetting,
      sweepDue: () => this.forgetting.sweepDue(this.channels.values()),
      isMember: (account) => this.#members().has(account),
      isReady: () => this.isReady,
      isQuiet: () => this.request,
      isDue: () => this.#due !== null,
      hasEnded: () => this.#hasEnded,
      prepare: () => this.#prepare(),
      named: (account, name) => this.names.set(account, name),
      unknownSender: () => this.onUnknownSender(),
      elsewhere: (shown, n, commit) => this.#elsewhere(shown, n, commit),
      wrote: () => (this.request = false),
      changed: () => this.onChange(),
      inTurn: (task) => this.#turn.take(task),
    };
  }

  #listen() {
    this.keeper.onStopped = ({ alarm, n, other }) => {
      if (alarm === "fork") return this.#elsewhere("fork", n, other);
      // Of a member it is said whose keys they are.
      if (alarm !== "keys_alarm" || ![...this.#members().keys()].some((one) => this.keeper.isSwapped(one))) this.alarms.add(alarm, null, n);
    };
    this.keeper.spans = () => this.forgetting.spans();
    this.secrets.isOver = (n) => this.forgetting.isOver(n);
    this.secrets.dueAt = (n) => this.forgetting.secretDueAt(n);
    this.secrets.onBadShare = (n) => this.#badShare(n);
    this.secrets.onEarlyShare = () => this.onUnknownSender();
    this.state.onChange = () => this.changed();
    this.state.prepare = async () => {
      if (this.forgetting.isHeadOver) await this.#prepare();
    };
    this.face.onChange = () => this.onChange();
    this.state.onRefused = () => this.alarms.add("state_refused", null);
    this.grants.onKeys = () => this.retry().catch(() => {});
    this.grants.onRequests = () => this.onChange();
    this.grants.onNote = (note) => {
      this.main.rows.note(this.#session.now(), note);
      this.changed();
    };
    this.grants.onFork = (commit) => this.#elsewhere("fork", null, commit);
    this.grants.onFalseKeys = (account, n) => this.alarms.set("false_keys", this.alarms.newest("false_keys").set(account, n));
    this.committing.onCommitted = () => {
      this.keeper.keep().catch(() => {});
      this.state.refresh().catch(() => {});
      this.changed();
      // What was to be sealed between the commit and its secret waits for nothing else.
      this.pump();
    };
  }

  /** Another history was shown, or a commit is held back, unless the user decided against that. @param {"fork" | "commit_withheld"} shown @param {number | null} n @param {string | null} commit */
  #elsewhere(shown, n, commit) {
    if (commit !== null && !this.keeper.isNews(shown, commit, n)) return;
    this.alarms.add(shown, null, n);
    if (shown === "fork") this.keeper.noteFork(commit).catch(() => {});
  }

  /** Asks another member for what the own share should have given. @param {number} n */
  #badShare(n) {
    const isNewest = n === this.keeper.chain?.head.n;
    const said = isNewest ? this.#session.page.call("epochs.bad_share", { room: this.room, n: String(n) }) : Promise.resolve();
    said.then(() => this.grants.ask([n])).catch(() => {});
  }

  async #prepare() {
    await this.commitDue();
    // Also where who asked to come in or leave thought better of it.
    if (this.forgetting.isHeadOver) {
      this.#due = { n: this.keeper.verified.head.n, reason: "age" };
      await this.commitDue();
    }
    await checkMembers(this.#session, this.keeper.verified.head.record);
  }
}
