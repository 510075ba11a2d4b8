/**
 * What the page asks of one conversation.
 */
import { randomId } from "../wire/ids.js";
import { encodeContent } from "../crypto/room/content.js";
import { RoomError } from "../crypto/room/errors.js";
import { Refused } from "../keys/failure.js";
import { leave } from "./leaving.js";
import { pin, thread } from "./message_requests.js";
import { changePolicy, changeRole, remove, rotate, transfer, unban } from "./plans.js";
import { report } from "./reporting.js";
import { changeResource } from "./resources.js";
/** @typedef {import("../crypto/room/content.js").KnownContent} KnownContent */
/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./engine.js").Engine} Engine */
/** @typedef {import("./outbox.js").Letter} Letter */
/** @typedef {import("./requests.js").RoomRequests} RoomRequests */

/**
 * Answers one request; throws what `failureOf` names.
 * @param {Engine} engine
 * @param {Conversation} conversation
 * @param {keyof RoomRequests} ask
 * @param {any} takes
 * @returns {Promise<any>}
 */
export async function answerRoom(engine, conversation, ask, takes) {
  switch (ask) {
    case "conversation_send":
      return send(engine, conversation, takes);
    case "conversation_rows":
      return conversation.channel(takes.channel).before(takes.before, takes.count);
    case "conversation_resource":
      return resource(engine, conversation, takes.change);
    case "conversation_thread":
      return thread(conversation.channel(takes.channel), takes);
    case "conversation_invite":
      return engine.invitations.invite(conversation.keeper, takes.account, conversation.face.name);
    case "conversation_epochs":
      return epochs(conversation, takes);
    case "conversation_channel_create": {
      const channel = await conversation.face.createChannel(takes);
      await conversation.refollow();
      return { channel };
    }
    default:
      await carryOut(engine, conversation, ask, takes);
      return {};
  }
}

/**
 * Does what gives nothing back.
 * @param {Engine} engine
 * @param {Conversation} conversation
 * @param {keyof RoomRequests} ask
 * @param {any} takes
 * @returns {Promise<unknown>}
 */
async function carryOut(engine, conversation, ask, takes) {
  const { committing, keeper, face, grants, secrets } = conversation;
  switch (ask) {
    case "conversation_retry":
      return retry(engine, conversation, takes);
    case "conversation_read":
      return conversation.channel(takes.channel).read(takes.sequence);
    case "conversation_typing":
      return conversation.channel(takes.channel).typing(takes.on);
    case "conversation_leave":
      await leave(engine.session, keeper);
      return engine.drop(conversation.room);
    case "conversation_remove":
      return committing.commit(remove(takes.account, takes.ban));
    case "conversation_role":
      return committing.commit(changeRole(takes.account, takes.role));
    case "conversation_rename":
      return face.rename(nameAndTopic(takes));
    case "conversation_unban":
      return committing.commit(unban(takes.account));
    case "conversation_transfer":
      return committing.commit(transfer(takes.account, engine.session.account));
    case "conversation_policy":
      return committing.commit(changePolicy(takes.policy));
    case "conversation_archive":
      return face.archive(takes.archived);
    case "conversation_channel_change":
      return face.changeChannel(takes.channel, takes.change);
    case "conversation_channel_archive":
      return face.archiveChannel(takes.channel, takes.archived);
    case "conversation_pin":
      return pin(conversation, takes);
    case "conversation_report":
      return report(engine.session, conversation, takes);
    case "conversation_rotate":
      return committing.commit(rotate(keeper.verified.head.n));
    case "conversation_ask_keys":
      return grants.ask(secrets.missingEpochs);
    case "conversation_decide_keys":
      return grants.decide(takes.request, takes.grant, takes.reason);
    case "conversation_decide":
      return decide(engine, conversation, takes.kind);
    case "conversation_look":
      return look(engine, conversation);
    default:
      throw new Refused("internal");
  }
}

/** @param {Engine} engine @param {Conversation} conversation @param {RoomRequests["conversation_send"]["takes"]} takes */
async function send({ outbox, session }, conversation, { channel, content: wanted }) {
  const { rows, id } = conversation.channel(channel);
  // Of several edits the highest counts, and the page does not know how many there were.
  const content = wanted.type === "edit" ? { ...wanted, revision: rows.nextRevision(wanted.hash) } : wanted;
  // What nobody would read is not put where it would wait for ever.
  encodeContent(content);
  const place = id === conversation.main.id ? {} : { channel: id };
  const letter = { message: randomId(), room: conversation.room, ...place, at: session.now(), failed: null, content };
  await outbox.add(letter);
  return { message: letter.message };
}

/** Changes the list of resources, and says so in the timeline. @param {Engine} engine @param {Conversation} conversation @param {import("./requests.js").ResourceChange} change */
async function resource(engine, conversation, change) {
  const { account } = engine.session;
  const { action, ...done } = await changeResource(conversation, { account, at: engine.session.now() }, change);
  if (action !== null) await send(engine, conversation, { room: conversation.room, content: { type: "resource", action, ...done } });
  return { resource: done.resource };
}

/** A failed one again, or given up, as one that is held back; an edit or deletion is named by the message that it is about, too. @param {Engine} engine @param {Conversation} conversation @param {RoomRequests["conversation_retry"]["takes"]} takes */
async function retry({ outbox, files }, conversation, { message, again }) {
  const { room } = conversation;
  const isAbout = (/** @type {KnownContent} */ content) => "message" in content && content.message === message;
  const isHeld = (/** @type {Letter} */ letter) => letter.content.type === "edit" && conversation.channels.get(letter.channel ?? conversation.main.id)?.holds(letter) === true;
  const named = outbox.of(room).filter((letter) => letter.message === message || ((letter.failed !== null || isHeld(letter)) && isAbout(letter.content)));
  for (const letter of named) {
    if (!again) await outbox.remove(letter);
    // What its file is missing of goes first.
    else if (files.isUnderWay(letter)) await files.answer("conversation_file_again", { room, message: letter.message, blob: null });
    else await outbox.mark(letter, null);
  }
}

/** Goes on with what this vault knows, as far as alarms of one kind are about; an older room is not for its user to decide. @param {Engine} engine @param {Conversation} conversation @param {import("./requests.js").Alarm["kind"]} kind */
async function decide(engine, conversation, kind) {
  await conversation.keeper.decide(kind);
  conversation.alarms.lift(kind, (n) => kind !== "rolled_back" || n === null);
  await engine.catchUp(conversation);
}

/** Looks once more whether the server shows an older room, or gives what the vault kept. Throws a `ServerRefusal`, or `Refused`. @param {Engine} engine @param {Conversation} conversation */
async function look(engine, conversation) {
  const { alarms, keeper } = conversation;
  await engine.session.vault.refresh();
  const isNewest = await alarms.guard(() => keeper.catchUp());
  alarms.lift("rolled_back", (n) => (n === null ? !keeper.isHeadLost : isNewest));
  await engine.catchUp(conversation);
}

/** @param {{ name?: string, topic?: string }} takes */
const nameAndTopic = ({ name, topic }) => ({ ...(name === undefined ? {} : { name }), ...(topic === undefined ? {} : { topic }) });

/** Versions of the room's key, the newest first; older commits are read where they are asked for. @param {Conversation} conversation @param {RoomRequests["conversation_epochs"]["takes"]} takes */
async function epochs({ keeper }, { before, count }) {
  const to = Math.min(keeper.verified.head.n, (before ?? Infinity) - 1);
  const from = Math.max(1, to - count + 1);
  const entries = await keeper.judge(({ history }) => {
    if (history.isBefore(from)) throw new RoomError("older");
    return Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => history.entry(to - at));
  });
  const shown = entries.flatMap((entry) => (entry === undefined ? [] : [{ n: entry.n, by: entry.author, time: entry.madeAt, reason: entry.reason }]));
  return { epochs: shown, more: from > 1 };
}
