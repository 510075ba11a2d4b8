/**
 * What conversations and people in them are called.
 */

/**
 * @typedef {import("./index.js").TalkContext} TalkContext
 * @typedef {import("./index.js").Conversation} Conversation
 */

/** How many others a group without a name is called by. */
const NAMED = 3;
/** Digits of an account's id by which a member is told from others whose keys, and with them the name, were not read yet. */
const ID_DIGITS = 8;

/** Names of the others, as the language orders them. @param {TalkContext} context @param {Conversation} conversation */
function others(context, { members }) {
  return members.filter(({ own }) => !own).map((member) => memberName(context, member)).sort((a, b) => context.words.compare(a, b));
}

/** What a member is called, never nothing: in a large room the keys of who has said nothing are not read. @param {TalkContext} context @param {{ account: string, name: string }} member */
export function memberName({ conversations, words }, { account, name }) {
  return name || conversations.nameOf(account) || words.plain("talks.unnamed", { id: account.slice(0, ID_DIGITS) });
}

/** Whether it is a room, which has channels. @param {Pick<Conversation, "kind">} conversation */
export function isRoom({ kind }) {
  return kind === "public" || kind === "private";
}

/** What a channel is called: one that nobody named, by its id. @param {TalkContext} context @param {Conversation} conversation @param {string} channel */
export function channelName({ words }, conversation, channel) {
  const name = conversation.channels.find((each) => each.channel === channel)?.name ?? "";
  if (name !== "") return name;
  return channel === conversation.channel ? words.plain("channel.main") : channel.slice(0, 8);
}

/** What a conversation is called. @param {TalkContext} context @param {Conversation} conversation */
export function titleOf(context, conversation) {
  if (conversation.kind !== "direct" && conversation.name !== "") return conversation.name;
  if (isRoom(conversation)) return context.words.plain("room.unnamed");
  const names = others(context, conversation);
  // Who has left a direct conversation is still whom it was with.
  if (names.length === 0 && conversation.kind === "direct") names.push(...(conversation.former ?? []).slice(0, 1).map(({ name }) => name));
  if (names.length === 0) return context.words.plain("talks.alone");
  if (conversation.kind === "direct") return names[0];
  const shown = names.slice(0, NAMED).join(context.words.plain("talks.between"));
  return names.length > NAMED ? context.words.plain("talks.and_more", { names: shown, count: names.length - NAMED }) : shown;
}

/** Where one writes: in a room, its channel. @param {TalkContext} context @param {Conversation} conversation @param {string} channel */
export function placeName(context, conversation, channel) {
  return isRoom(conversation) ? `# ${channelName(context, conversation, channel)}` : titleOf(context, conversation);
}

/** Somebody's name, or that they are not known. @param {TalkContext} context @param {string} account */
export function nameOf(context, account) {
  const { conversations, words } = context;
  const name = conversations.nameOf(account);
  if (name !== "") return name;
  const isMember = conversations.list.peek()?.some(({ members }) => members.some((member) => member.account === account));
  return isMember === true ? memberName(context, { account, name }) : words.say("talks.somebody");
}

/** Names of several, joined as the language joins them. @param {TalkContext} context @param {readonly string[]} accounts */
export function namesOf(context, accounts) {
  return context.words.names(accounts.map((account) => nameOf(context, account)));
}

/** Whether any other member is there. @param {TalkContext} context @param {Conversation} conversation */
export function isOnline({ conversations, people }, { members }) {
  const online = conversations.online.value;
  const friends = people.friends.list.value;
  return members.some(({ account, own }) => !own && (online.has(account) || friends?.some((friend) => friend.account === account && friend.online)));
}

/** Whether one account is there. @param {TalkContext} context @param {string} account */
export function isThere({ conversations, people }, account) {
  return conversations.online.value.has(account) || people.friends.list.value?.some((friend) => friend.account === account && friend.online) === true;
}
