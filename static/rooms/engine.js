/**
 * The conversations of the signed-in account: answers `rooms/requests.js`, takes frames, and tells the page.
 */
import { channelIdOf } from "../wire/ids.js";
import { Drafts } from "../store/drafts.js";
import { Refused } from "../keys/failure.js";
import { Chores } from "./chores.js";
import { Conversation } from "./conversation.js";
import { describe } from "./describe.js";
import { answerInvitation, create, enter } from "./entering.js";
import { failureOf } from "./failure.js";
import { Invitations } from "./invitations.js";
import { Later } from "./later.js";
import { takeEvent } from "./events.js";
import { Files } from "./files/index.js";
import { leftHead } from "./kept_spans.js";
import { shownName } from "./files/names.js";
import { Outbox } from "./outbox.js";
import { Page, ServerRefusal, unlessEnded } from "./page.js";
import { listReports } from "./report_list.js";
import { answerRoom } from "./room_requests.js";
import { Session } from "./session.js";
import { Turn, forEach } from "./turn.js";
import { Verifier } from "./verifier.js";
/** @typedef {import("../store/database.js").Database} Database */
/** @typedef {import("../wire/frame.js").DeliverFrame} DeliverFrame */
/** @typedef {import("./requests.js").Outcome} Outcome */
/** @typedef {import("./requests.js").RoomRequests} RoomRequests */
/** @typedef {{ kind: "event", header: { event: string } & Record<string, any>, tail?: Uint8Array }} EventFrame */
/** @typedef {import("./session.js").OwnKeys} OwnKeys */
/** @typedef {import("./vault.js").Sealer} Sealer */

/** Rooms that are caught up at once: the server limits commands, and the page shares the connection. */
const AT_ONCE = 3;
/** How long somebody's keys that could not be read are waited for, in milliseconds. */
const SENDER_MS = 30_000;
/** How long the page takes to write an item that it has sealed, in milliseconds. */
const VAULT_MS = 1_000;
/** How long changes are gathered before the list is told, in milliseconds. */
const TELL_AFTER_MS = 30;
/** How long after a failure that is none of the connection's a room is tried again, in milliseconds. */
const AGAIN_MS = 5_000;

/** The conversations of one account at a time. */
export class Engine {
  page;
  later = new Later();
  chores = new Chores(this);
  /** One telling after the other: the last one is the newest. */
  #telling = new Turn();
  /** @type {Map<string, Conversation>} */
  conversations = new Map();
  #database;
  #sealer;
  #own;
  #verifier;
  #now;
  /** @type {Session | null} */
  #session = null;
  /** @type {Outbox | null} */
  #outbox = null;
  /** @type {Invitations | null} */
  #invitations = null;
  /** @type {Files | null} */
  #files = null;
  /** @type {Drafts | null} */
  #drafts = null;
  /** Whether it is known in which rooms the account is. */
  #roomsRead = false;
  /** Counts connections: what belongs to one that ended is given up. */
  #connection = 0;

  /**
   * @param {(message: object, given?: ArrayBuffer[]) => void} post to the page; given: buffers that the message hands over
   * @param {Database} database
   * @param {Sealer} sealer
   * @param {() => OwnKeys} own keys that are open
   * @param {Verifier} [verifier] where signatures of many messages are verified
   * @param {() => number} [now] the clock
   */
  constructor(post, database, sealer, own, verifier = new Verifier(null), now = Date.now) {
    this.page = new Page(post);
    this.#database = database;
    this.#sealer = sealer;
    this.#own = own;
    this.#verifier = verifier;
    this.#now = now;
  }

  /** The account whose conversations these are; throws `Refused` (`not_signed_in`) where nobody is. */
  get session() {
    if (this.#session === null) throw new Refused("not_signed_in");
    return this.#session;
  }

  get invitations() {
    if (this.#invitations === null) throw new Refused("not_signed_in");
    return this.#invitations;
  }

  /** What the account wrote and the server has not taken. */
  get outbox() {
    if (this.#outbox === null) throw new Refused("not_signed_in");
    return this.#outbox;
  }

  /** Files on their way. */
  get files() {
    if (this.#files === null) throw new Refused("not_signed_in");
    return this.#files;
  }

  /** What the page says about something wanted. @param {number} want @param {Outcome} outcome */
  outcome(want, outcome) {
    this.page.take(want, outcome);
  }

  /** Takes what the server sent. @param {DeliverFrame | EventFrame} frame */
  frame(frame) {
    if (this.#session === null) return;
    if (frame.kind === "event") return this.quietly(takeEvent(this, frame.header, frame.tail ?? new Uint8Array()));
    const conversation = this.#byChannel(frame.channel);
    if (conversation !== undefined) this.quietly(conversation.deliver(frame), conversation);
  }

  /**
   * Answers a request; throws what `failureOf` names.
   * @template {keyof RoomRequests} K
   * @param {K} ask
   * @param {any} takes
   * @returns {Promise<any>}
   */
  async answer(ask, takes) {
    switch (ask) {
      case "conversations_begin":
        return this.#begin(takes);
      case "conversations_end":
        return this.end();
      case "conversation_give_up":
        return this.#giveUp(takes.message);
      case "conversation_draft":
        await this.#drafts?.put(this.#shelf(takes), takes.text);
        return {};
      case "conversations_settle":
        return { settled: await this.chores.openShares() };
      case "conversations_reports":
        return listReports(this.session, takes);
      case "conversation_create":
        return create(this, takes);
      case "conversation_answer":
        return answerInvitation(this, takes);
      case "conversation_join":
        return enter(this, takes.room);
      default:
        if (ask.startsWith("conversation_file")) return this.files.answer(ask, takes);
        return answerRoom(this, this.conversation(takes.room), ask, takes);
    }
  }

  /** @param {string} room @returns {Conversation} throws `Refused` (`no_such_room`) */
  conversation(room) {
    const found = this.conversations.get(room);
    if (found === undefined) throw new Refused("no_such_room");
    return found;
  }

  /** Takes a conversation in, and catches it up. @param {string} room @param {boolean} request */
  async add(room, request) {
    const conversation = await this.#take(room, request);
    this.invitations.settled(room);
    await this.catchUp(conversation);
  }

  /** The account is in a room no more. @param {string} room */
  drop(room) {
    this.later.forget(room);
    this.conversations.get(room)?.end();
    this.conversations.delete(room);
    this.tell();
  }

  /** A task of a room for its time: with the conversation that the room has then, if the account is in it still. @param {string} room @param {(conversation: Conversation) => Promise<unknown> | void} task */
  inRoom(room, task) {
    return () => {
      const conversation = this.conversations.get(room);
      if (conversation !== undefined) return task(conversation);
    };
  }

  /** Reads what a room missed; a room that fails is tried again. @param {Conversation} conversation */
  async catchUp(conversation) {
    const connection = this.#connection;
    try {
      await conversation.catchUp();
      if (this.isHere(conversation)) this.chores.afterwards(conversation);
    } catch (error) {
      if (!this.isHere(conversation)) return;
      if (failureOf(error) === "no_such_room") return this.drop(conversation.room);
      if (connection !== this.#connection || (error instanceof ServerRefusal && error.isCut)) return;
      this.#again(conversation.room);
    }
  }

  /** @param {string} room */
  #again(room) {
    this.later.at(`again ${room}`, AGAIN_MS, this.inRoom(room, (each) => this.catchUp(each)));
  }

  /** Whether it is its room's: one that was dropped may have another by now. @param {Conversation} conversation */
  isHere(conversation) {
    return this.conversations.get(conversation.room) === conversation;
  }

  /** Tells the list, soon. */
  tell() {
    this.later.at("tell", TELL_AFTER_MS, () => this.#telling.take(() => this.#tellList()));
  }

  async #tellList() {
    if (this.#session === null) return;
    this.#files?.changed();
    const conversations = await Promise.all([...this.conversations.values()].map((each) => describe(each, this.session)));
    this.page.tell({ tell: "conversations", conversations: conversations.filter((each) => each !== null), invitations: this.invitations.shown, left: this.#left() });
  }

  /** What was written for rooms in which the account is no more. @returns {import("./requests.js").Left[]} */
  #left() {
    if (!this.#roomsRead) return [];
    return this.outbox.outside(this.conversations).flatMap(({ message, content, at }) => {
      const text = textOf(content);
      return text === undefined ? [] : [{ message, text, at }];
    });
  }

  /** What was written for such rooms and has no text is shown nowhere: nobody could take or discard it. */
  async #giveUpUnseen() {
    if (!this.outbox.leads) return;
    for (const letter of this.outbox.outside(this.conversations)) if (textOf(letter.content) === undefined) await this.outbox.remove(letter);
  }

  /** @param {string} message */
  async #giveUp(message) {
    const letter = this.outbox.letter(message);
    if (letter !== undefined) await this.outbox.remove(letter);
    this.tell();
    return {};
  }

  /** The page has changed an item of the vault, such as a pin: what is known here of it is read again, soon. */
  vaultTouched() {
    if (this.#session === null) return;
    this.later.at("vault", VAULT_MS, async () => {
      await this.session.vault.refresh();
      for (const conversation of this.conversations.values()) conversation.pump();
      this.tell();
    });
  }

  /** What fails in passing is made good by the next catching up. @param {Promise<unknown>} task @param {Conversation} [conversation] */
  quietly(task, conversation) {
    const connection = this.#connection;
    task.catch((error) => {
      const isCut = connection !== this.#connection || (error instanceof ServerRefusal && error.isCut);
      if (!isCut && conversation !== undefined && this.isHere(conversation)) this.#again(conversation.room);
    });
  }

  /** Ends: everything in memory goes, what is unsent stays. */
  end() {
    this.#connection += 1;
    this.#roomsRead = false;
    this.later.clear();
    for (const conversation of this.conversations.values()) conversation.end();
    this.conversations.clear();
    this.#outbox?.end();
    this.#files?.end();
    this.#session = this.#outbox = this.#invitations = this.#drafts = this.#files = null;
    return {};
  }

  /** @param {RoomRequests["conversations_begin"]["takes"]} takes */
  async #begin({ account, marks }) {
    if (this.#session?.account !== account) await this.#start(account);
    const { session } = this;
    session.marks = marks;
    this.#connection += 1;
    session.keysets.age();
    for (const conversation of this.conversations.values()) conversation.cut();
    await session.vault.refresh();
    this.quietly(session.keysets.pinLeft());
    await this.#readRooms();
    await this.invitations.catchUp();
    this.tell();
    this.quietly(forEach([...this.conversations.values()], AT_ONCE, (each) => this.catchUp(each)).then(() => this.chores.tellOldKeys()));
    this.files.connected();
    return {};
  }

  /** @param {string} account */
  async #start(account) {
    this.end();
    const session = new Session(account, this.page, this.#sealer, this.#own, this.#verifier, this.#now);
    const outbox = new Outbox(this.#database, account);
    this.#session = session;
    this.#outbox = outbox;
    this.#invitations = new Invitations(session);
    this.#invitations.onChange = () => this.tell();
    outbox.onChange = (rooms) => {
      for (const room of rooms) this.conversations.get(room)?.unsent();
      // Of rooms that are gone the list says what was not sent.
      if (this.#roomsRead) this.tell();
      this.#files?.changed();
    };
    this.#files = new Files(session, outbox, this.#database, (room) => this.conversations.get(room));
    await outbox.begin();
    await this.#files.begin();
    this.#drafts = new Drafts(this.#database, account);
    this.page.tell({ tell: "drafts", drafts: await this.#drafts.all() });
  }

  /** Reads which rooms there are, and what those missed that are new. */
  async readNewRooms() {
    await this.#readRooms();
    await forEach([...this.conversations.values()].filter(({ isCaughtUp }) => !isCaughtUp), AT_ONCE, (each) => this.catchUp(each));
  }

  /** The rooms that the account is in; those that it left meanwhile go. */
  async #readRooms() {
    // What comes in while that is read is in no page that was made before.
    const before = [...this.conversations.keys()];
    const here = new Set();
    for (let after = undefined; ; ) {
      const { ok } = await this.page.call("rooms.mine", after === undefined ? {} : { after });
      for (const { room, request } of ok.rooms) {
        here.add(room);
        (await this.#take(room, request === true)).request = request === true;
        after = room;
      }
      if (ok.more !== true || ok.rooms.length === 0) break;
    }
    for (const room of before) if (!here.has(room)) this.drop(room);
    await this.#noteLeft();
    this.#roomsRead = true;
    this.quietly(this.#giveUpUnseen());
  }

  /** Notes of rooms in which the account is no more until when their keys are to go. */
  async #noteLeft() {
    const { vault, now } = this.session;
    for (const room of vault.rooms) {
      if (!this.conversations.has(room)) await vault.change({ kind: "room_head", room }, (head) => leftHead(head, now())).catch(unlessEnded);
    }
  }

  /** @param {string} room @param {boolean} request */
  async #take(room, request) {
    const channel = await channelIdOf(room);
    // Looked up after the wait: an answer and an event may bring the same room at once.
    const known = this.conversations.get(room);
    if (known !== undefined) return known;
    const conversation = new Conversation(this.session, this.outbox, room, channel);
    conversation.request = request;
    conversation.isKnown = (one) => this.#byChannel(one) !== undefined;
    conversation.onChange = () => this.tell();
    conversation.onNewEpoch = () => this.chores.sealSoon(conversation);
    conversation.onUnknownSender = () => this.later.at(`sender ${room}`, SENDER_MS, this.inRoom(room, (each) => each.retry()));
    this.conversations.set(room, conversation);
    return conversation;
  }

  /** Whether every room of the account is here, with what was missed. */
  get areAllRead() {
    return this.#roomsRead && [...this.conversations.values()].every(({ isCaughtUp }) => isCaughtUp);
  }

  /** @param {string} channel */
  #byChannel(channel) {
    for (const conversation of this.conversations.values()) if (conversation.channels.has(channel)) return conversation;
  }

  /** Under what a draft is kept: of a main channel, as of a room that has one channel, the room. @param {RoomRequests["conversation_draft"]["takes"]} of */
  #shelf({ room, channel = room }) {
    return this.conversations.get(room)?.main.id === channel ? room : channel;
  }
}

/** What was written, as it is shown where its room is gone. @param {import("../crypto/room/content.js").KnownContent} content */
function textOf(content) {
  return "text" in content ? content.text : content.type === "file" ? shownName(content.name) : undefined;
}
