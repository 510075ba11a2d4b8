/**
 * A conversation as the page shows it.
 */
import { roomNumber } from "../crypto/numbers.js";
import { accountsIn, isOverMembers } from "../crypto/room/room_record.js";
import { haltedBy } from "./members_check.js";
import { pinnedIn } from "./pins.js";
import { shownResources } from "./resources.js";
/** @typedef {import("../crypto/room/room_record.js").RoomRecord} RoomRecord */
/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./requests.js").Conversation} Shown */
/** @typedef {import("./requests.js").RoomMember} RoomMember */
/** @typedef {import("./session.js").Session} Session */

/** What is shown of it; null before anything of it was ever verified. @param {Conversation} conversation @param {Session} session @returns {Promise<Shown | null>} */
export async function describe(conversation, session) {
  const { room, main, face, state, keeper, secrets, grants, alarms, request } = conversation;
  const head = keeper.known;
  if (head === null) return null;
  conversation.forgetting.sweepDue(conversation.channels.values());
  const { policy, members } = head.record;
  const isReset = session.keysets.isReset(session.account, members.get(session.account)?.fingerprint ?? "");
  const channels = [...conversation.channels.values()].map((channel) => channelOf(channel, face.channel(channel.id)));
  const [{ last, read, marks }] = channels;
  return {
    room,
    channel: main.id,
    channels: channels.sort((a, b) => a.position - b.position || Number(b.channel === main.id) - Number(a.channel === main.id) || a.channel.localeCompare(b.channel)),
    policy,
    kind: policy.kind,
    name: policy.kind === "direct" ? "" : face.name,
    topic: face.topic,
    archived: face.archived,
    banned: bannedOf(head.record, conversation, session),
    members: membersOf(head.record, conversation, session),
    former: formerOf(head.record, conversation, session),
    role: members.get(session.account)?.role ?? "member",
    request,
    n: head.n,
    number: await numberOf(conversation, head.hash),
    history: policy.history,
    last,
    read,
    marks,
    ...sumOf(channels, head.madeAt),
    state: alarms.stop ? "stopped" : stateOf(conversation, isReset ? "keys_reset" : secrets.missing(head.n)),
    halted: haltedBy(session, head.record),
    pins: pinnedIn(state.pins, conversation.channels),
    alarms: [...alarms.all, ...keysAlarms(head.record, session)],
    keyRequests: isOverMembers(members.get(session.account)?.role ?? null) ? grants.undecided : [],
    refusal: grants.refusal,
    resources: shownResources(state.resources),
  };
}

/** @param {import("./channel.js").Channel} channel @param {import("./face.js").ChannelFace} face @returns {import("./requests.js").ChannelState} */
function channelOf({ id, deliveries, marks, rows }, face) {
  const read = marks.own(deliveries.run);
  const { text: lastText, time: lastTime } = rows.newest;
  return { channel: id, ...face, last: deliveries.newest, read, ...rows.unreadAfter(read), lastText, lastTime, marks: marks.others };
}

/** What the list shows of a room. @param {import("./requests.js").ChannelState[]} channels @param {number} madeAt when nothing was said yet */
function sumOf(channels, madeAt) {
  const newest = channels.reduce((best, each) => (each.lastTime > best.lastTime ? each : best));
  const sum = (/** @type {"unread" | "mentioned"} */ of) => channels.reduce((all, each) => all + each[of], 0);
  return { unread: sum("unread"), mentioned: sum("mentioned"), lastText: newest.lastText, lastTime: newest.lastTime || madeAt };
}

/** Room numbers that were computed, with their commit. @type {WeakMap<Conversation, { hash: string, number: string }>} */
const numbers = new WeakMap();

/** The list is told often, and a room's number changes with its commits only. @param {Conversation} conversation @param {string} hash */
async function numberOf(conversation, hash) {
  const known = numbers.get(conversation);
  if (known?.hash === hash) return known.number;
  const number = await roomNumber(hash);
  numbers.set(conversation, { hash, number });
  return number;
}

/** @param {Conversation} conversation @param {import("./secrets.js").Missing | null} missing @returns {Shown["state"]} */
function stateOf({ isCaughtUp }, missing) {
  if (missing === "keys_reset") return "keys_reset";
  if (missing !== null) return "waiting_for_key";
  return isCaughtUp ? "ready" : "catching_up";
}

/** @param {RoomRecord} record @param {Conversation} conversation @param {Session} session @returns {RoomMember[]} */
function membersOf(record, { names }, { keysets, account: own }) {
  return accountsIn(record).map((account) => {
    const { role, fingerprint } = /** @type {import("../crypto/room/room_record.js").Member} */ (record.members.get(account));
    const name = keysets.nameOf(account) || (names.get(account) ?? "");
    return { account, name, role, fingerprint, keys: keysets.trust(account), anew: keysets.isReset(account, fingerprint), own: account === own };
  });
}

/** Who is no member any more and was heard of. @param {RoomRecord} record @param {Conversation} conversation @param {Session} session */
function formerOf({ members }, { names }, { keysets }) {
  return [...names].filter(([account]) => !members.has(account)).map(([account, name]) => ({ account, name: keysets.nameOf(account) || name }));
}

/** Who is kept out; told to those who may let them in again. @param {RoomRecord} record @param {Conversation} conversation @param {Session} session */
function bannedOf({ members, banned }, { names }, { account: own, keysets }) {
  if (!isOverMembers(members.get(own)?.role ?? null)) return [];
  return [...banned].map((account) => ({ account, name: keysets.nameOf(account) || (names.get(account) ?? "") }));
}

/** @param {RoomRecord} record @param {Session} session @returns {import("./requests.js").Alarm[]} */
function keysAlarms({ members }, { keysets }) {
  return [...keysets.alarms].filter((account) => members.has(account)).map((account) => ({ kind: "keys_alarm", account, n: null }));
}
