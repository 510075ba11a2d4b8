/** What tests of public and private rooms share at the level of the worker. */

/** @typedef {import("./member.js").Member} Member */

/** A room of the first, which the others are in. @param {Member} owner @param {Member[]} others @param {{ kind?: "public" | "private", name: string, topic?: string, history?: string }} how */
export async function hall(owner, others, { kind = "public", name, topic = "", history = kind === "public" ? "shared" : "from_joining" }) {
  const { room, channel } = await owner.ask("conversation_create", { kind, accounts: [], name, topic, history });
  await owner.until(() => owner.conversation(room)?.state === "ready", "the room");
  for (const other of others) await (kind === "public" ? joins(other, room) : invited(owner, other, room));
  return { room, channel };
}

/** Comes into an open room. @param {Member} who @param {string} room */
export async function joins(who, room) {
  await who.ask("conversation_join", { room });
  await who.until(() => who.conversation(room)?.state === "ready", "the room");
}

/** Is invited, and comes in. @param {Member} by @param {Member} who @param {string} room */
export async function invited(by, who, room) {
  await by.ask("conversation_invite", { room, account: who.account });
  const { invitation } = await who.until(() => who.list.invitations.find((/** @type {any} */ each) => each.room === room), "the invitation");
  await who.ask("conversation_answer", { invitation, accept: true });
  await who.until(() => who.conversation(room)?.state === "ready", "the room");
}

/** A channel by its name. @param {Member} of @param {string} room @param {string} name */
export const channelNamed = (of, room, name) => of.conversation(room)?.channels.find((/** @type {any} */ each) => each.name === name);

/** Makes a channel that all of these see. @param {Member} by @param {string} room @param {string} name @param {Member[]} others @returns {Promise<string>} */
export async function makesChannel(by, room, name, others) {
  const { channel } = await by.ask("conversation_channel_create", { room, name, topic: "" });
  for (const each of [by, ...others]) await each.until(() => channelNamed(each, room, name)?.channel === channel, `the channel ${name}`);
  return channel;
}

/** @param {Member} from @param {string} room @param {string} channel @param {string} text */
export const say = (from, room, channel, text) => from.ask("conversation_send", { room, channel, content: { type: "text", text } });

/** Where somebody's rows of a channel are. @param {Member} of @param {string} room @param {string} channel */
export const placeOf = (of, room, channel) => (of.engine.conversation(room).main.id === channel ? room : channel);

/** @param {Member} of @param {string} room @param {string} channel @param {...string} texts */
export const sees = (of, room, channel, ...texts) => of.shows(placeOf(of, room, channel), ...texts);

/** The role of an account, as somebody's signed chain has it. @param {Member} of @param {string} room @param {Member} who */
export const roleOf = (of, room, who) => of.conversation(room)?.members.find((/** @type {any} */ { account }) => account === who.account)?.role;
