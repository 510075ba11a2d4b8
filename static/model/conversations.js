/**
 * The end-to-end conversations of the account: what the worker tells of them, and what the page asks of it. The worker holds
 * the keys and does the work; the page lends it its connection. Begins when the keys are proven, again after each new
 * connection, and ends at signing out.
 */
import { itemKey } from "./account.js";
import { ConversationRows } from "./conversation_rows.js";
import { Drafts } from "./drafts.js";
import { Files } from "./files.js";
import { Levels, asking } from "./levels.js";
import { NotedAlarms } from "./noted_alarms.js";
import { recall, remember } from "./preferences.js";
import { Presence } from "./presence.js";
import { RoomWays } from "./room_ways.js";
import { Scope, Signal, untracked } from "./signals.js";
import { Thread } from "./thread.js";
import { Typing } from "./typing.js";

/**
 * @typedef {import("../rooms/requests.js").Conversation} Conversation
 * @typedef {import("../rooms/requests.js").ChannelState} ChannelState
 * @typedef {import("../rooms/requests.js").Alarm} Alarm
 * @typedef {import("../rooms/requests.js").Invitation} Invitation
 * @typedef {import("../rooms/requests.js").Left} Left
 * @typedef {import("../rooms/requests.js").Row} Row
 * @typedef {import("../rooms/requests.js").MessageRow} MessageRow
 * @typedef {import("../rooms/requests.js").Tell} Tell
 * @typedef {import("../rooms/requests.js").RoomRequests} RoomRequests
 * @typedef {import("../crypto/room/content.js").KnownContent} KnownContent
 * @typedef {import("./drafts.js").Draft} Draft
 *
 * What of the page's chat is needed here.
 * @typedef {Pick<import("./chat.js").Chat, "account" | "proven" | "unread" | "connection" | "onFrame" | "keyholder" | "publish"> & { rooms: Pick<import("./rooms.js").Rooms, "current" | "show" | "entered"> }} Page
 */

/** How long the vault is waited for, which says whether others may see marks; then they may not. */
const VAULT_LATE_MS = 5_000;
/** Under which the browser remembers what was on the screen, for the next load of the page. */
const LAST = "conversation";
/** The vault's item with the choice. */
const MARKS = Object.freeze({ kind: /** @type {const} */ ("preference"), name: "marks" });

/** All conversations. */
export class Conversations {
  /** The one with the newest message first; null before the first answer. @type {Signal<readonly Conversation[] | null>} */
  list = new Signal(/** @type {readonly Conversation[] | null} */ (null));
  /** @type {Signal<readonly Invitation[]>} */
  invitations = new Signal(/** @type {readonly Invitation[]} */ ([]));
  /** Texts for conversations that one is in no more. @type {Signal<readonly Left[]>} */
  left = new Signal(/** @type {readonly Left[]} */ ([]));
  /** Room of the one on the screen; null while a proxy-sealed room is. @type {Signal<string | null>} */
  current = new Signal(/** @type {string | null} */ (null));
  /** Which of its channels is on the screen; null, too, before that is known. @type {Signal<string | null>} */
  channel = new Signal(/** @type {string | null} */ (null));
  /** The thread that is shown beside it. @type {Signal<Thread | null>} */
  thread = new Signal(/** @type {Thread | null} */ (null));
  /** A message of the one on the screen that its reader wants to see. @type {Signal<{ message: string, hash?: string } | null>} */
  wanted = new Signal(/** @type {{ message: string, hash?: string } | null} */ (null));
  #presence = new Presence((accounts) => this.#ways.presence(accounts));
  /** Accounts of which the server says that they are there. */
  online = this.#presence.online;
  /** Why there are no conversations, by code, or null. @type {Signal<string | null>} */
  fault = new Signal(/** @type {string | null} */ (null));
  #noted = new NotedAlarms();
  typing = new Typing((channel, on) => void this.act("conversation_typing", { room: this.#roomOf(channel), channel, on }));
  files = new Files((ask, takes) => this.ask(ask, takes));
  levels;
  /** Called with messages of others that have just come. @type {(conversation: Conversation, rows: MessageRow[], channel: string) => void} */
  onNews = () => {};
  /** @type {(invitation: Invitation) => void} */
  onInvited = () => {};
  #page;
  #ways;
  #scope = new Scope();
  #late = new Signal(false);
  /** @type {Map<string, ConversationRows>} by channel */
  #rows = new Map();
  #drafts = new Drafts({
    keep: (channel, text) => {
      if (this.#begun !== "") void this.act("conversation_draft", { room: this.#roomOf(channel), channel, text });
    },
    shelfOf: (channel) => {
      const room = this.#roomOf(channel);
      return this.#mainOf(room) === channel ? room : channel;
    },
  });
  /** Rooms of channels that were shown, and which was last of each. */
  #shown = { rooms: /** @type {Map<string, string>} */ (new Map()), last: /** @type {Map<string, string>} */ (new Map()) };
  /** @type {Map<string, string>} of everybody who was ever named here */
  #names = new Map();
  /** Channels that were marked unread by hand, until they are shown again. @type {Set<string>} */
  #unread = new Set();
  /** Up to where the worker was asked to move marks. @type {Map<string, number>} by channel */
  #reading = new Map();
  /** Rooms where older keys were asked for by themselves. @type {Set<string>} */
  #sharedAsked = new Set();
  /** Under which proof, of whom and how the worker was asked to begin. */
  #begun = "";
  /** How many proofs there were before this account's. */
  #before = 0;
  /** Whether old keys are being dropped. */
  #dropping = false;

  /** @param {Page} page */
  constructor(page) {
    this.#page = page;
    this.levels = new Levels(page.account);
    this.#ways = new RoomWays(page, (tell) => this.#told(tell), () => this.#end("no_worker"));
    this.#scope.add(page.account.on("presence.changed", ({ account, online }) => this.#presence.told(String(account), online === true)));
    this.#scope.effect(() => this.#follow());
    this.#scope.effect(() => this.#count());
    this.#scope.effect(() => {
      const channel = this.channel.value;
      if (this.thread.peek()?.channel !== channel) this.thread.value = null;
      this.wanted.value = null;
    });
    this.#scope.effect(() => {
      if (page.rooms.current.value === null || this.current.peek() === null) return;
      this.current.value = this.channel.value = null;
      remember(LAST, null);
    });
  }

  /** Whether others see how far one has read, and that one is writing; null while that is not known. @returns {boolean | null} */
  get marks() {
    const vault = this.#page.account.vault.value;
    return vault === null ? null : vault.get(itemKey(MARKS))?.content.shown !== false;
  }

  /** Chooses that. @param {boolean} shown */
  chooseMarks(shown) {
    return this.#page.account.change(MARKS, (content) => ({ ...content, shown }));
  }

  /** @param {string} room */
  find(room) {
    return this.list.value?.find((each) => each.room === room);
  }

  /** A conversation as it stands in one of its channels: what is told of a main channel is that one's. @param {string} channel @returns {Conversation | undefined} */
  at(channel) {
    const conversation = this.list.value?.find(({ channels }) => channels.some((each) => each.channel === channel));
    const state = conversation?.channels.find((each) => each.channel === channel);
    return conversation && state && { ...conversation, ...standOf(state) };
  }

  /** Rows of a channel, read from the newest on when first asked for. @param {string} channel */
  rows(channel) {
    const there = this.#rows.get(channel);
    if (there !== undefined) return there;
    const room = this.#roomOf(channel);
    const rows = new ConversationRows((before, count) => this.ask("conversation_rows", { room, channel, before, count }));
    this.#rows.set(channel, rows);
    return rows;
  }

  /** @param {string} channel @returns {Draft} to be changed in place */
  draft(channel) {
    return this.#drafts.of(channel);
  }

  /** A draft is another one than before: its text is kept, soon. A change of something that was said is not. @param {string} channel */
  drafting(channel) {
    this.#drafts.changed(channel);
  }

  /** Keeps it as it is now: what was sent must not be found as begun by the next page. @param {string} channel */
  keepDraft(channel) {
    this.#drafts.keep(channel);
  }

  /** Whether something was begun and not sent. */
  get drafted() {
    return this.#drafts.areBegun;
  }

  /** Whether a change of something that was said is under way: that is kept nowhere. */
  get editing() {
    return this.#drafts.areEdits;
  }

  /** The alarms of one that its user has not put away. @param {Conversation} conversation */
  alarms(conversation) {
    return this.#noted.left(conversation);
  }

  /** Puts alarms away. @param {string} room @param {readonly Alarm[]} alarms */
  note(room, alarms) {
    this.#noted.note(room, alarms);
  }

  /** The name of somebody who is, or was, seen here; empty of others. @param {string} account */
  nameOf(account) {
    return this.#names.get(account) ?? "";
  }

  /** Puts one on the screen. @param {string} room @param {string | null} [channel] the one that was shown last, or the main one, if none is given */
  show(room, channel = this.#shown.last.get(room) ?? this.#mainOf(room)) {
    this.#page.rooms.show(null);
    this.current.value = room;
    this.channel.value = channel;
    if (channel === null) return;
    this.#unread.delete(channel);
    this.#shown.rooms.set(channel, room);
    this.#shown.last.set(room, channel);
    remember(LAST, channel === this.#mainOf(room) ? room : `${room} ${channel}`);
  }

  /** Shows a thread beside what is on the screen. @param {string} channel @param {string} hash of a message in it */
  openThread(channel, hash) {
    const shown = this.thread.peek();
    if (shown?.channel === channel && shown.hash === hash) return;
    const room = this.#roomOf(channel);
    const thread = new Thread({ room, channel }, hash, this.#drafts.ofThread(channel, hash), () => this.ask("conversation_thread", { room, channel, hash }));
    this.thread.value = thread;
    void thread.begin();
  }

  /** What stands at its end was seen. @param {string} channel */
  read(channel) {
    const conversation = untracked(() => this.at(channel));
    const { newest } = this.rows(channel);
    if (conversation === undefined || newest <= Math.max(conversation.read, this.#reading.get(channel) ?? 0) || this.#unread.has(channel)) return;
    this.#reading.set(channel, newest);
    void this.act("conversation_read", { room: conversation.room, channel, sequence: newest }).then((refused) => {
      if (refused !== null) this.#reading.delete(channel);
    });
  }

  /** Takes a message and all behind it as unread, until the channel is shown anew. @param {string} channel @param {number} sequence */
  markUnread(channel, sequence) {
    this.#unread.add(channel);
    this.#reading.delete(channel);
    return this.act("conversation_read", { room: this.#roomOf(channel), channel, sequence: sequence - 1 });
  }

  /** Asks for what a room's policy gives to everybody, once. @param {string} room */
  askShared(room) {
    if (this.#sharedAsked.has(room)) return;
    this.#sharedAsked.add(room);
    void this.act("conversation_ask_keys", { room }).then((refused) => {
      if (refused !== null) this.#sharedAsked.delete(room);
    });
  }

  /** @param {string} channel @param {KnownContent} content @returns {Promise<string | null>} code of why not */
  send(channel, content) {
    return this.act("conversation_send", { room: this.#roomOf(channel), channel, content });
  }

  /**
   * Asks the worker; never throws.
   * @template {keyof RoomRequests} K
   * @param {K} ask
   * @param {RoomRequests[K]["takes"]} takes
   */
  ask(ask, takes) {
    return this.#ways.ask(ask, takes);
  }

  /**
   * The same, where only the failure matters.
   * @template {keyof RoomRequests} K
   * @param {K} ask
   * @param {RoomRequests[K]["takes"]} takes
   * @returns {Promise<string | null>} code of why not, or null
   */
  async act(ask, takes) {
    const given = await this.ask(ask, takes);
    return "error" in given ? given.error.code : null;
  }

  /** Begins once more, after a fault. */
  again() {
    this.#begun = "";
    untracked(() => this.#follow());
  }

  /** Stops following the account. */
  end() {
    this.#scope.end();
  }

  /** Begins, begins anew, or ends, as it stands with the account. */
  #follow() {
    const { account, proven } = this.#page;
    const phase = account.phase.value;
    if (phase === "signed_out" || phase === "guest") return untracked(() => this.#end(null));
    const { marks } = this;
    if (phase !== "ready" || proven.value <= this.#before) return;
    if (marks === null && !this.#late.value) {
      setTimeout(() => (this.#late.value = true), VAULT_LATE_MS);
      return;
    }
    const begun = `${account.account.peek()} ${proven.value} ${marks === true}`;
    if (begun === this.#begun) return;
    this.#begun = begun;
    untracked(() => void this.#begin({ account: account.account.peek(), name: account.name.peek(), marks: marks === true }));
  }

  /** @param {RoomRequests["conversations_begin"]["takes"]} takes */
  async #begin(takes) {
    this.#names.set(takes.account, takes.name);
    this.#presence.age();
    this.fault.value = await this.act("conversations_begin", takes);
    this.#askPresence();
    for (const rows of this.#rows.values()) if (!rows.loaded.peek()) void rows.begin();
  }

  /** @param {string | null} fault */
  #end(fault) {
    this.fault.value = fault;
    if (this.#begun === "") return;
    this.#drafts.keepAll();
    this.#begun = "";
    this.#before = this.#page.proven.peek();
    this.#late.value = false;
    void this.#ways.end();
    for (const known of [this.#rows, this.#drafts, this.#shown.rooms, this.#shown.last, this.#names, this.#unread, this.#reading, this.#sharedAsked]) known.clear();
    this.typing.clear();
    this.files.clear();
    this.#noted.clear();
    this.list.value = null;
    this.invitations.value = [];
    this.left.value = [];
    this.online.value = new Set();
    this.#page.unread.value = 0;
    if (this.current.peek() !== null) this.leave();
    remember(LAST, null);
  }

  /** @param {Tell} tell */
  #told(tell) {
    if (this.#begun === "") return;
    if (tell.tell === "conversations") {
      this.left.value = tell.left;
      this.#list(tell.conversations, tell.invitations);
    } else if (tell.tell === "transfers") this.files.told(tell.transfers);
    else if (tell.tell === "drafts") this.#drafts.told(tell.drafts);
    else if (tell.tell === "old_keys") void this.#dropOldKeys(tell.spans);
    else if (tell.tell === "vault") this.#page.account.trouble.value = tell.trouble;
    else if (tell.tell === "typing") this.typing.told(tell.channel, tell.account, tell.on);
    else this.#rowsTold(tell.channel, tell.rows, tell.gone);
  }

  /** What rooms have forgotten is to be opened by nothing that the account still has. @param {import("../keys/requests.js").Span[]} spans */
  async #dropOldKeys(spans) {
    if (this.#dropping) return;
    this.#dropping = true;
    try {
      await (await this.#page.account.keys()).dropWraps(spans, () => this.#settle());
    } finally {
      this.#dropping = false;
    }
  }

  /** Opens what keys that are to go still open; whether all of it stands in the vault. */
  async #settle() {
    const answer = await this.ask("conversations_settle", {});
    return "ok" in answer && answer.ok.settled;
  }

  /** @param {string} channel @returns {string} empty where that is not known */
  #roomOf(channel) {
    const here = this.list.peek()?.find(({ channels }) => channels.some((each) => each.channel === channel));
    return here?.room ?? this.#shown.rooms.get(channel) ?? "";
  }

  /** @param {string} room */
  #mainOf(room) {
    return this.list.peek()?.find((each) => each.room === room)?.channel ?? null;
  }

  /** @param {Conversation[]} conversations @param {Invitation[]} invitations */
  #list(conversations, invitations) {
    // In a large room not everybody's name is known who is known elsewhere.
    for (const { members, former = [] } of conversations) for (const { account, name } of [...members, ...former]) if (name !== "") this.#names.set(account, name);
    for (const { inviter, inviterName } of invitations) this.#names.set(inviter, inviterName);
    const last = this.list.peek() === null ? recall(LAST) : null;
    this.list.value = conversations.toSorted((a, b) => b.lastTime - a.lastTime || a.room.localeCompare(b.room));
    this.#count();
    const before = new Set(this.invitations.peek().map(({ invitation }) => invitation));
    this.invitations.value = invitations;
    for (const each of invitations) if (!before.has(each.invitation)) this.onInvited(each);
    this.#noted.keep(conversations);
    const here = new Set(conversations.flatMap(({ channels }) => channels.map(({ channel }) => channel)));
    for (const channel of this.#rows.keys()) if (!here.has(channel)) this.#rows.delete(channel);
    this.#showAgain(conversations, last?.split(" ") ?? []);
    this.#askPresence();
  }

  /** What is on the screen stays there as long as it is; after a reload it is what was there before. @param {Conversation[]} conversations @param {string[]} last room and channel */
  #showAgain(conversations, [room, channel]) {
    const current = this.current.peek();
    const shown = conversations.find((each) => each.room === (current ?? room));
    if (shown === undefined) return current === null ? undefined : this.leave();
    const has = (/** @type {string | null | undefined} */ id) => shown.channels.some((each) => each.channel === id);
    if (has(this.channel.peek())) return;
    if (current === null && channel !== undefined) this.#shown.last.set(room, channel);
    const wanted = this.#shown.last.get(shown.room);
    if (has(wanted)) return this.show(shown.room, wanted);
    // Before it is read, nothing is known of a room's other channels.
    const isToCome = wanted !== undefined && shown.state === "catching_up";
    return this.show(shown.room, isToCome ? null : shown.channel);
  }

  /** What is unread and asks for attention. */
  #count() {
    const channels = (this.list.value ?? []).flatMap((each) => each.channels);
    this.#page.unread.value = channels.reduce((sum, each) => sum + asking(each, this.levels.of(each.channel)), 0);
  }

  /** Takes the one on the screen away from it. */
  leave() {
    this.current.value = this.channel.value = null;
    if (this.#page.rooms.current.peek() === null) this.#page.rooms.show(this.#page.rooms.entered.peek()[0] ?? null);
  }

  /** @param {string} channel @param {Row[]} rows @param {string[]} gone */
  #rowsTold(channel, rows, gone) {
    for (const row of rows) if (row.kind === "message" && !row.mine) this.typing.told(channel, row.account, false);
    if (gone.length > 0) this.#drafts.forget(channel, gone);
    this.files.forget(rows, gone);
    const thread = this.thread.peek();
    if (thread?.channel === channel) thread.take(rows, gone);
    const fresh = this.#rows.get(channel)?.take(rows, gone) ?? [];
    const conversation = this.list.peek()?.find(({ channels }) => channels.some((each) => each.channel === channel));
    // What is caught up with is history, and no news.
    if (conversation?.state !== "ready") return;
    const news = fresh.flatMap((row) => (row.kind === "message" && !row.mine ? [row] : []));
    if (news.length > 0) this.onNews(conversation, news, channel);
  }

  /** Asks who of all other members is there. */
  #askPresence() {
    const own = this.#page.account.account.peek();
    const accounts = (this.list.peek() ?? []).flatMap(({ members }) => members.map(({ account }) => account));
    this.#presence.of(accounts.filter((account) => account !== own));
  }
}

/** @param {ChannelState} channel */
function standOf({ last, read, unread, mentioned, lastText, lastTime, marks }) {
  return { last, read, unread, mentioned, lastText, lastTime, marks };
}
