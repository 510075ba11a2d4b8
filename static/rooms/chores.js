/**
 * What nothing waits for in the conversations of an account: names, the state in the newest epoch, commits that are due, and what is to
 * be forgotten.
 */
import { WRAPS_APART_MS } from "./forgetting.js";
import { keptSpans } from "./kept_spans.js";
import { rekey } from "./plans.js";
import { forEach } from "./turn.js";
/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./engine.js").Engine} Engine */
/** @typedef {import("../keys/requests.js").Span} Span */

/** Members whose keys are read for their names, without being asked for. */
const NAMED_MEMBERS = 64;
/** As how many members more others wait with the state of a new epoch, than its committer. */
const SEAL_AFTER = 8;
/** How often is looked for what is due to be forgotten, at the latest, in milliseconds. */
const FORGET_MS = 3_600_000;

/** Each is done at its time, for the conversation that a room has then. */
export class Chores {
  #engine;
  /** When it was last told which private keys are to go. */
  #oldKeysAt = -Infinity;

  /** @param {Engine} engine */
  constructor(engine) {
    this.#engine = engine;
  }

  get #later() {
    return this.#engine.later;
  }

  get #session() {
    return this.#engine.session;
  }

  /** What is due when a room has caught up. @param {Conversation} conversation */
  afterwards(conversation) {
    const { room, keeper } = conversation;
    const members = [...keeper.verified.head.record.members.keys()];
    const { keysets } = this.#session;
    if (members.length <= NAMED_MEMBERS) this.#engine.quietly(forEach(members, 2, (one) => keysets.fresh(one).catch(() => {})).then(() => this.#looked(conversation)));
    this.sealSoon(conversation);
    if (conversation.isDueAtOnce) this.#later.soon(`due ${room}`, members.length, this.#engine.inRoom(room, (each) => each.commitDue()));
    this.rekey(conversation);
    this.#forgetLater(conversation);
    this.#engine.tell();
  }

  /** The keys of its members are known: what halted may go. @param {Conversation} conversation */
  #looked(conversation) {
    conversation.pump();
    this.#engine.tell();
  }

  /** Its committer seals the state of a room for a new epoch; one who has just come in cannot read it, and whoever else can does it then. @param {Conversation} conversation */
  sealSoon({ room, keeper }) {
    this.#later.soon(`state ${room}`, keeper.verified.head.record.members.size + SEAL_AFTER, this.#engine.inRoom(room, ({ state }) => state.refresh()));
  }

  /** Puts newer keys of one's own into a room's list, signed by those that it has. @param {Conversation} conversation */
  rekey({ room, keeper }) {
    const { account, own, keysets } = this.#session;
    const { members } = keeper.verified.head.record;
    const listed = members.get(account)?.fingerprint;
    if (listed === undefined || listed === own.head.fingerprint) return;
    const rekeyed = this.#engine.inRoom(room, async ({ committing }) => committing.commit(rekey(await keysets.read(account))));
    this.#later.soon(`rekey ${room}`, members.size, rekeyed);
  }

  /** What a room forgets goes when it is due, and what comes meanwhile is due later. @param {Conversation} conversation */
  #forgetLater({ room, nextDue, isStateDue, keeper }) {
    if (isStateDue) this.#later.soon(`keep ${room}`, keeper.verified.head.record.members.size, this.#engine.inRoom(room, (each) => each.keepState()));
    const wait = nextDue === null ? FORGET_MS : Math.min(FORGET_MS, Math.max(0, nextDue - this.#session.now()));
    this.#later.at(`forget ${room}`, wait, this.#engine.inRoom(room, (each) => this.forget(each)));
  }

  /** Deletes what is due in a room. @param {Conversation} conversation */
  async forget(conversation) {
    await conversation.forget().finally(() => this.#engine.isHere(conversation) && this.#forgetLater(conversation));
    await this.tellOldKeys();
  }

  /**
   * Tells what is forgotten by now: private keys that open a share of it are to go, which the page brings about. At most once an hour, and
   * not before all rooms were read, whose shares may need the same keys.
   */
  async tellOldKeys() {
    const { conversations, page, areAllRead, session } = this.#engine;
    const at = session.now();
    // Also where there is no room left that forgets.
    this.#later.at("old keys", FORGET_MS, () => this.tellOldKeys());
    if (!areAllRead || (at >= this.#oldKeysAt && at < this.#oldKeysAt + FORGET_MS)) return;
    this.#oldKeysAt = at;
    /** @type {Span[]} */
    const spans = [];
    // A room that cannot be judged keeps nobody from forgetting what others have.
    for (const { forgetting } of conversations.values()) spans.push(...(await forgetting.overSpans().catch(() => [])));
    // Whoever is signed in by now, these are not of their rooms.
    if (this.#engine.session !== session) return;
    const { vault } = session;
    for (const room of vault.rooms) spans.push(...keptSpans(vault.head(room)).filter(({ to }) => to <= at - WRAPS_APART_MS));
    if (spans.length > 0) page.tell({ tell: "old_keys", spans });
  }

  /** Takes every grant, and opens every share, that was not opened yet; whether the secrets of all shares stand in the vault. */
  async openShares() {
    const engine = this.#engine;
    let isSettled = engine.areAllRead;
    for (const { grants, forgetting } of [...engine.conversations.values()]) {
      await grants.collect();
      if (!(await forgetting.openShares())) isSettled = false;
    }
    return isSettled && engine.areAllRead;
  }
}
